#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2317
# `flightbase dashboard`: its numbers against squeue's, sacctmgr's, scontrol's and sreport's; who sees what; the cache that
# viewers share; daemons that are away; the screen that refreshes.

setup_file() {
    load lab
    # More than there is: what waits for GPUs has an expected start, what waits for quota has none.
    make_workspace vision 48 alice bob
    make_workspace nlp 8 bob carol
    vision_settings 8
    settings nlp '{"description": "Language", "from": "2020-01-01", "until": "2030-12-31"}'
    until_true 10 as bob sbatch --test-only --workspace=nlp --wrap true
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
    # What runs and what waits stays as it is during the tests.
    submit alice --workspace=vision --gpus=3 -t 60 --wrap 'sleep 3600'
    submit bob --workspace=vision -N1 --gpus-per-node=2 -t 60 --wrap 'sleep 3600'
    submit bob --account=lab --gpus=1 -t 60 --wrap 'sleep 3600'
    until_true 60 running_is 3
    array=$(submit alice --workspace=vision --array=1-5 --gpus=32 -t 30 --job-name=array --wrap true)
    first=$(submit bob --workspace=vision --gpus=32 -t 30 --job-name=first --wrap true)
    last=$(submit alice --workspace=vision --gpus=32 -t 30 --job-name=last --wrap true)
    submit alice --workspace=vision --gpus=2 -t 30 --hold --job-name=held --wrap true
    submit bob --workspace=nlp --gpus=8 -t 30 --begin=now+1day --wrap true
    root_on ctl scontrol update JobId="$first" Priority=3000
    root_on ctl scontrol update JobId="$array" Priority=2000
    root_on ctl scontrol update JobId="$last" Priority=1000
    root_on ctl bash -c 'install -o root -m 0755 /dev/stdin /shared/pty' <<'PTY'
#!/bin/bash
# pty ROWS COLUMNS PICTURES KEYS COMMAND: run COMMAND on a terminal of that size, send KEYS when so many pictures have
# been drawn, print all that was written, then whether the terminal's settings are as they were. COMMAND may look at
# what was written so far in $OUT.
set -u
dir=$(mktemp -d)
export OUT=$dir/out TERM=xterm
mkfifo "$dir/keys"
pictures() { grep -o $'\033\[H' "$OUT" | wc -l; }
{
    exec 3>"$dir/keys"
    for i in {1..600}; do
        (($(pictures) < $3)) || break
        sleep 0.1
    done
    printf '%b' "$4" >&3
    exec sleep 60 # so that what is killed below is this
} >/dev/null 2>&1 &
keys=$!
script -qefc "trap : INT; stty rows $1 cols $2; stty -g >$dir/before; ( $5 ); echo status=\$?; stty -g >$dir/after" \
    "$OUT" <"$dir/keys" >/dev/null
kill $keys
cat "$OUT"
cmp -s "$dir/before" "$dir/after" && echo terminal=restored
rm -rf "$dir"
PTY
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
    root_on ctl rm -f /shared/pty
}

setup() {
    load lab
    fresh
}

settings() { # WORKSPACE JSON
    root_on ctl bash -c 'cat >"$0.new" && mv "$0.new" "$0"' "/etc/flightbase/workspaces.d/$1.json" <<<"$2"
}

vision_settings() { # GUARANTEE
    settings vision "{\"description\": \"Computer vision\", \"until\": \"$(root_on ctl date -d '+30 days' +%F)\", \"guarantee\": $1}"
}

running_is() { [[ $(root_on ctl squeue -h -t R | wc -l) -eq $1 ]]; }

# Nobody's cache is left.
fresh() { root_on login bash -c 'rm -rf /tmp/flightbase-* /run/flightbase/cache /run/user/*/flightbase'; }

# dashboard USER ARGUMENT...: as JSON, in $json; the exit status is in $status. What it says besides goes to $errors.
dashboard() {
    fresh
    status=0
    json=$(as "$1" flightbase dashboard "${@:2}" --json 2>"$BATS_TEST_TMPDIR/errors") || status=$?
    errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

# q FILTER: what jq finds in $json.
q() { root_on login jq -r "$1" <<<"$json"; }

job_infos() {
    local count
    count=$(root_on ctl sdiag | sed -nE 's/^[[:space:]]*REQUEST_JOB_INFO +\( *2003\) count:([0-9]+).*/\1/p')
    printf '%s' "${count:-0}"
}

# asked COUNT BEFORE START: the controller was asked for jobs that often since then; once more for each time that the cache's
# 4 seconds went by on a slow machine.
asked() {
    local asked=$(($(job_infos) - $2)) renewals=$(((SECONDS - $3) / 4))
    ((asked >= $1 && asked <= $1 + renewals * ($1 + 1))) || {
        printf 'asked %s times, not %s, in %s s\n' "$asked" "$1" $((SECONDS - $3)) && return 1
    }
}

@test "totals are the nodes' and squeue's" {
    dashboard root
    [ "$status" -eq 0 ]
    total=$(root_on ctl scontrol -o show nodes | sed -nE 's/.*CfgTRES=[^ ]*gres\/gpu=([0-9]+).*/\1/p' | paste -sd+ | bc)
    used=$(root_on ctl scontrol -o show nodes | sed -nE 's/.*AllocTRES=[^ ]*gres\/gpu=([0-9]+).*/\1/p' | paste -sd+ | bc)
    [ "$used" -eq 6 ]
    [ "$(q '.dashboard.gpus | "\(.total) \(.used) \(.free) \(.down) \(.outside)"')" = "$total 6 $((total - 6)) 0 1" ]
    [ "$(q .dashboard.jobs.running)" -eq "$(root_on ctl squeue -h -r -t R | wc -l)" ]
    [ "$(q .dashboard.jobs.pending)" -eq "$(root_on ctl squeue -h -r -t PD | wc -l)" ]
    [ "$(q .dashboard.jobs.pending)" -eq 9 ]
    [ "$(q '.dashboard.notes | length')" -eq 0 ]
    [ "$(q .dashboard.partial)" = false ]
}

@test "GPUs of nodes that get no work are down, those in use there are used" {
    node=$(root_on ctl squeue -h -t R -u alice -o %N)
    root_on ctl scontrol update NodeName="$node" State=DRAIN Reason=test
    dashboard root
    on_it=$(root_on ctl scontrol -o show node "$node" | sed -nE 's/.*AllocTRES=[^ ]*gres\/gpu=([0-9]+).*/\1/p')
    down=$(q .dashboard.gpus.down) used=$(q .dashboard.gpus.used) sum=$(q '.dashboard.gpus | .used + .free + .down - .total')
    root_on ctl scontrol update NodeName="$node" State=RESUME
    # Until it answers the controller's ping it gets no work ("mixed*").
    answers() { [[ $(root_on ctl sinfo -h -n "$node" -o %T) != *'*' ]]; }
    until_true 60 answers
    [ "$down" -eq $((8 - on_it)) ]
    [ "$used" -eq 6 ]
    [ "$sum" -eq 0 ]
}

@test "a workspace's line: used, wanted, jobs as squeue has them; quota as sacctmgr; period" {
    dashboard root
    line=$(q '.dashboard.workspaces[] | select(.name == "vision") | "\(.used) \(.wanted) \(.running) \(.pending) \(.quota) \(.guarantee)"')
    running=$(root_on ctl squeue -h -r -t R -A vision | wc -l) pending=$(root_on ctl squeue -h -r -t PD -A vision | wc -l)
    used=$(root_on ctl squeue -h -r -t R -A vision -O tres-alloc:100 | sed -nE 's/.*gres\/gpu=([0-9]+).*/\1/p' | paste -sd+ | bc)
    quota=$(root_on ctl sacctmgr -nP show assoc account=vision user= format=GrpTRES)
    [ "$quota" = gres/gpu=48 ]
    [ "$line" = "$used $((32 * 7 + 2)) $running $pending ${quota#*=} 8" ]
    [ "$used $running $pending" = "5 2 8" ]
    [ "$(q '.dashboard.workspaces[] | select(.name == "vision") | "\(.until) \(.days_left) \(.period)"')" = \
        "$(root_on ctl date -d '+30 days' +%F) 30 30 days left" ]
    # The busiest first.
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = "vision nlp" ]
}

@test "text says the same, in a pipe without anything of a terminal" {
    run as root flightbase dashboard
    [ "$status" -eq 0 ]
    total=$(root_on ctl scontrol -o show nodes | sed -nE 's/.*CfgTRES=[^ ]*gres\/gpu=([0-9]+).*/\1/p' | paste -sd+ | bc)
    [[ ${lines[0]} == "GPUs         $total in all: 6 used (1 outside of workspaces), $((total - 6)) free, 0 down" ]]
    [[ ${lines[1]} == "Jobs         3 running, 9 pending" ]]
    [[ $output =~ NAME\ +USED\ +QUOTA\ +GUARANTEE\ +WANTED\ +RUNNING\ +PENDING\ +UNTIL\ +PERIOD ]]
    [[ $output =~ vision\ +5\ +48\ +8\ +226\ +2\ +8\ +20..-..-..\ 30\ days\ left ]]
    [[ $output != *$'\033'* ]]
}

@test "users see their own workspaces, managers too, admins all; --all shows all" {
    dashboard alice
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = vision ]
    dashboard bob
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = "vision nlp" ]
    dashboard carol
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = nlp ]
    dashboard carol --all
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = "vision nlp" ]
    root_on ctl sacctmgr -iQ modify user carol set adminlevel=Operator >/dev/null
    dashboard carol
    root_on ctl sacctmgr -iQ modify user carol set adminlevel=None >/dev/null
    [ "$(q '[.dashboard.workspaces[].name] | join(" ")')" = "vision nlp" ]
}

@test "one workspace: people, by user, by type of training" {
    dashboard alice vision
    [ "$status" -eq 0 ]
    [ "$(q '.workspace | "\(.description)|\(.managers | join(","))|\(.members | join(","))|\(.quota)|\(.guarantee)"')" = \
        "Computer vision|alice|alice,bob|48|8" ]
    for user in alice bob; do
        used=$(root_on ctl squeue -h -r -t R -A vision -u $user -O tres-alloc:100 | sed -nE 's/.*gres\/gpu=([0-9]+).*/\1/p' | paste -sd+ | bc)
        [ "$(q ".workspace.users[] | select(.user == \"$user\") | \"\\(.used) \\(.running) \\(.pending)\"")" = \
            "$used $(root_on ctl squeue -h -r -t R -A vision -u $user | wc -l) $(root_on ctl squeue -h -r -t PD -A vision -u $user | wc -l)" ]
    done
    [ "$(q '.workspace.trainings | map("\(.training) \(.used) \(.pending)") | join(",")')" = "advanced 5 8" ]
    [ "$(q '.workspace | "\(.used) \(.wanted) \(.running_jobs) \(.pending_jobs)"')" = "5 226 2 8" ]
    [ "$(q '[.workspace.running[].job] | join(" ")')" = "$(root_on ctl squeue -h -t R -A vision -S S,i -o %i | paste -sd' ')" ]
}

@test "the queue is in the scheduler's order; arrays count their tasks, held jobs have no place" {
    dashboard alice vision
    [ "$(q '[.workspace.queue[] | "\(.name):\(.place):\(.overall):\(.tasks)"] | join(" ")')" = \
        "first:1:1:1 array:2:2:5 last:7:7:1 held:null:null:1" ]
    # squeue, sorted by priority, has the same order, the held one (priority 0) last.
    [ "$(q '[.workspace.queue[].job] | join(" ")')" = "$(root_on ctl squeue -h -t PD -A vision -S -p -o %i | paste -sd' ')" ]
    [ "$(q '.workspace.queue[] | select(.name == "first") | .priority')" -eq "$(root_on ctl squeue -h -t PD -n first -O prioritylong | tr -d ' ')" ]
    [ "$(q '.workspace.queue[] | select(.name == "held") | .reason')" = JobHeldUser ]
    # `flightbase explain` says the same place.
    for name in first array last; do
        explained+=("$(json=$(as alice flightbase explain "$(root_on ctl squeue -h -t PD -n $name -o %A | head -n 1)" --json) q .queue.position)")
    done
    [ "${explained[*]}" = "1 2 7" ]
    # A job before its begin has no place yet, but a start.
    dashboard bob nlp
    [ "$(q '.workspace.queue[0] | "\(.place) \(.reason)"')" = "null BeginTime" ]
    [ "$(q '.workspace.queue[0].start')" != null ]
}

@test "a change of priority moves a job in the queue" {
    id=$(root_on ctl squeue -h -n last -o %A)
    root_on ctl scontrol update JobId="$id" Priority=5000
    dashboard alice vision
    root_on ctl scontrol update JobId="$id" Priority=1000
    [ "$(q '[.workspace.queue[].name] | join(" ")')" = "last first array held" ]
}

@test "expected starts are the scheduler's" {
    expected() {
        dashboard alice vision
        start=$(q '.workspace.queue[] | select(.name == "first") | .start')
        [[ $start != null && $(root_on ctl date -d "$start" +%FT%T) == $(root_on ctl squeue -h -n first -o %S) ]]
    }
    # That the workspace itself has a guarantee is no reason to leave its job without a plan.
    until_true 60 expected
}

# usage TABLE ACCOUNT USER TIME SECONDS: what slurmdbd would have added up, of the member and of the cluster.
usage() {
    root_on ctl mariadb slurm_acct_db -e "
        set @gpu = (select id from tres_table where type = 'gres' and name = 'gpu');
        replace into lab_assoc_usage_$1_table (creation_time, mod_time, deleted, id, id_alt, id_tres, time_start, alloc_secs)
            select unix_timestamp(), unix_timestamp(), 0, id_assoc, 1, @gpu, unix_timestamp('$4'), $5
            from lab_assoc_table where acct = '$2' and user = '$3' and \`partition\` = '';
        replace into lab_usage_$1_table (creation_time, mod_time, deleted, id_tres, time_start, count, alloc_secs)
            values (unix_timestamp(), unix_timestamp(), 0, @gpu, unix_timestamp('$4'), 32, $5)"
}

# sreport_seconds START END: GPU-seconds of account vision by sreport.
sreport_seconds() {
    root_on ctl sreport -nP -t seconds cluster AccountUtilizationByUser accounts=vision -T gres/gpu start="$1" end="$2" \
        format=Account,Login,Used | awk -F'|' '$2 == "" { sum += $3 } END { print sum + 0 }'
}

@test "GPU-hours of 7 and 30 days are sreport's" {
    today=$(root_on ctl date +%F) hour=$(root_on ctl date +%H)
    day() { root_on ctl date -d "$today -$1 days" +%F; }
    usage day vision alice "$(day 1)" 36000
    usage day vision bob "$(day 6)" 18000
    usage day vision bob "$(day 7)" 7200    # not in the week
    usage day vision alice "$(day 29)" 3600
    usage day vision alice "$(day 30)" 360000 # not in the month
    usage day nlp carol "$(day 2)" 99000
    [[ $hour == 00 ]] || usage hour vision alice "$today 00:00:00" 900
    week=$(sreport_seconds "$(day 6)" "$today") month=$(sreport_seconds "$(day 29)" "$today") now=0
    [[ $hour == 00 ]] || now=$(sreport_seconds "$today" "$today-$hour:00:00")
    [ "$week" -eq 54000 ]
    [ "$month" -eq 64800 ]
    summed() { dashboard bob vision && [[ $(q '.workspace.gpu_hours | type') == object ]]; }
    until_true 30 summed
    hours=$(q '.workspace.gpu_hours | "\(.days_7) \(.days_30)"')
    show=$(as bob flightbase workspace show vision --json)
    text=$(as bob flightbase dashboard vision)
    [ "$hours" = "$(awk "BEGIN { printf \"%.1f %.1f\", ($week + $now) / 3600, ($month + $now) / 3600 }")" ]
    [ "$(json=$show q '.workspace.gpu_hours | "\(.days_7) \(.days_30)"')" = "$hours" ]
    [[ $text == *"GPU-hours    ${hours% *} in 7 days, ${hours#* } in 30 days (full hours, to 20"* ]]
    # A user's are those in the user's workspaces.
    json=$(as bob flightbase user show --json)
    bobs() { # START END
        root_on ctl sreport -nP -t seconds cluster UserUtilizationByAccount users=bob accounts=vision,nlp -T gres/gpu start="$1" \
            end="$2" format=Used | awk '{ sum += $1 } END { print sum + 0 }'
    }
    week=$(bobs "$(day 6)" "$today") month=$(bobs "$(day 29)" "$today") now=0
    [[ $hour == 00 ]] || now=$(bobs "$today" "$today-$hour:00:00")
    [ "$week $month" = "18000 25200" ]
    [ "$(q '.user.gpu_hours | "\(.days_7) \(.days_30)"')" = \
        "$(awk "BEGIN { printf \"%.1f %.1f\", ($week + $now) / 3600, ($month + $now) / 3600 }")" ]
}

@test "GPU-hours that slurmdbd takes long for are left to a later picture" {
    query() { root_on ctl mariadb -N -e "select $1 from information_schema.processlist where info like '$2%'"; }
    on root ctl bash -c 'setsid mariadb slurm_acct_db -e "lock tables lab_assoc_usage_day_table write; select sleep(600)" >/dev/null 2>&1 </dev/null 3>&- &'
    locked() { [[ $(query 'count(*)' 'select sleep(600)') -eq 1 ]]; }
    until_true 10 locked
    dashboard bob vision
    first="$status $(q '.workspace | "\(.gpu_hours) \(.name) \(.notes[0])"')"
    # One process asks, and whoever comes meanwhile does not wait for it either.
    json=$(as bob flightbase dashboard vision --json)
    second=$(q .workspace.gpu_hours) asking=$(query 'count(*)' 'select t3.id_assoc')
    query 'concat("kill ", id, ";")' 'select sleep(600)' | root_on ctl mariadb
    [ "$first" = "0 null vision slurmdbd is still adding up GPU-hours; look again in a moment" ]
    [ "$second" = null ]
    [ "$asking" -eq 1 ]
    come() { json=$(as bob flightbase dashboard vision --json) && [[ $(q '.workspace.gpu_hours | type') == object ]]; }
    until_true 30 come
}

@test "storage is the file system's, with --storage also the tree's" {
    dashboard alice vision
    [ "$(q .workspace.storage.path)" = /shared/flightbase/workspaces/vision ]
    [ "$(q .workspace.storage.total)" -eq "$(($(root_on login df --output=size -B1 /shared/flightbase | tail -n 1)))" ]
    [ "$(q .workspace.storage.tree_bytes)" = null ]
    as alice bash -c 'mkdir -p /shared/flightbase/workspaces/vision/volume/d && head -c 300000 /dev/zero >/shared/flightbase/workspaces/vision/volume/d/f'
    dashboard alice vision --storage
    [ "$(q .workspace.storage.tree_bytes)" -eq "$(($(root_on login du -s -B1 /shared/flightbase/workspaces/vision | cut -f1)))" ]
    [ "$(q .workspace.storage.tree_files)" -eq 1 ]
    # Who may not pass the gate is told so, and sees the rest.
    dashboard carol vision
    [ "$status" -eq 0 ]
    run as carol flightbase dashboard vision --storage
    [[ $output == *"1 directories you may not read"* ]]
    as alice rm -r /shared/flightbase/workspaces/vision/volume/d
}

@test "viewers of one user ask the controller once between them" {
    before=$(job_infos) start=$SECONDS
    as alice bash -c 'for i in {1..6}; do flightbase dashboard --json >/tmp/viewer.$i & flightbase dashboard vision >/dev/null & done; wait
        for i in {1..6}; do jq -e ".dashboard.workspaces[0].used == 5" /tmp/viewer.$i >/dev/null || exit 1; done; rm /tmp/viewer.*'
    asked 1 "$before" "$start"
    # Another user's viewers ask for themselves.
    before=$(job_infos) start=$SECONDS
    as bob bash -c 'for i in {1..6}; do flightbase dashboard >/dev/null & done; wait'
    asked 1 "$before" "$start"
}

@test "root's cache serves all users" {
    as root flightbase dashboard >/dev/null
    before=$(job_infos) start=$SECONDS
    as alice flightbase dashboard >/dev/null
    as bob flightbase dashboard >/dev/null
    asked 0 "$before" "$start"
    [ "$(root_on login stat -c '%U %a' /run/flightbase/cache/controller-lab.json)" = "root 644" ]
    # What only concerns root is root's.
    [ "$(root_on login stat -c '%U %a' /run/flightbase/cache/accounting-lab.json)" = "root 600" ]
}

@test "the cache is in the user's runtime directory, where there is a safe one" {
    root_on login install -d -o alice -m 0700 /run/user/2001
    as alice flightbase dashboard >/dev/null
    root_on login test -f /run/user/2001/flightbase/controller-lab.json
    root_on login test ! -e /tmp/flightbase-2001
    root_on login rm -rf /run/user/2001
    as alice bash -c 'mkdir -m 0700 /tmp/mine && XDG_RUNTIME_DIR=/tmp/mine flightbase dashboard >/dev/null && ls /tmp/mine/flightbase/controller-lab.json && rm -r /tmp/mine'
    # Another login's leftover, or one that others may write to, is not believed.
    as alice env XDG_RUNTIME_DIR=/root flightbase dashboard >/dev/null
    as alice env XDG_RUNTIME_DIR=/tmp flightbase dashboard >/dev/null
    root_on login test -f /tmp/flightbase-2001/controller-lab.json
    root_on login test ! -e /tmp/flightbase
    [ "$(root_on login stat -c '%U %a' /tmp/flightbase-2001)" = "alice 700" ]
}

@test "somebody else's cache directory is refused, and the dashboard works without one" {
    # What is there stays there: dashboard() must not tidy up.
    fresh() { :; }
    as bob bash -c 'mkdir /tmp/flightbase-2001 && chmod 0777 /tmp/flightbase-2001'
    dashboard alice
    [ "$status" -eq 0 ]
    [ "$(q '.dashboard.notes[0]')" = "cache '/tmp/flightbase-2001': it belongs to uid 2002, not to you (uid 2001): not used; have it removed" ]
    [ "$(q '.dashboard.workspaces[0].used')" -eq 5 ]
    [ -z "$(as bob ls /tmp/flightbase-2001)" ]
    as bob rmdir /tmp/flightbase-2001
    # A link to a place of one's own is no better.
    as alice mkdir -m 0700 /tmp/alices
    as bob ln -s /tmp/alices /tmp/flightbase-2001
    dashboard alice
    [[ $(q '.dashboard.notes[0]') == "cache '/tmp/flightbase-2001': "*": not used" ]]
    [ -z "$(as alice ls /tmp/alices)" ]
    as bob rm /tmp/flightbase-2001
    as alice rmdir /tmp/alices
    as alice mkdir -m 0770 /tmp/flightbase-2001
    dashboard alice
    [[ $(q '.dashboard.notes[0]') == *"others may get at it (mode 0770, not 0700): not used; remove it" ]]
}

@test "a cache file that is broken, of another release or linked elsewhere is replaced" {
    as alice flightbase dashboard >/dev/null
    good=$(as alice cat /tmp/flightbase-2001/controller-lab.json)
    for content in '' '{' "${good%????}" "${good/\"jobs\":[/\"jobs\":[[],}" "${good/\"flightbase\":\"/\"flightbase\":\"9}" '{"data":{}}'; do
        as alice bash -c 'cat >/tmp/flightbase-2001/controller-lab.json' <<<"$content"
        before=$(job_infos)
        run as alice flightbase dashboard --json
        [ "$status" -eq 0 ]
        [ "$(json=$output q '.dashboard.workspaces[0].used')" -eq 5 ]
        [ "$(job_infos)" -eq $((before + 1)) ]
    done
    # So that the cases fail for what they are made for.
    start=$SECONDS
    as alice flightbase dashboard >/dev/null
    before=$(job_infos)
    as alice flightbase dashboard >/dev/null
    asked 0 "$before" "$start"
    before=$(job_infos)
    as alice bash -c 'cd /tmp/flightbase-2001 && mv controller-lab.json other && ln -s other controller-lab.json'
    as alice flightbase dashboard >/dev/null
    [ "$(job_infos)" -eq $((before + 1)) ]
}

private() { # VALUE: PrivateData of slurmctld and slurmdbd; "" for none
    root_on ctl bash -c 'sed -i /PrivateData/d /etc/slurm/slurm.conf /etc/slurm/slurmdbd.conf
        [[ -z $0 ]] || for file in slurm slurmdbd; do echo "PrivateData=$0" >>/etc/slurm/$file.conf; done
        lab-service restart slurmdbd
        scontrol reconfigure' "$1"
}

@test "private data: what is hidden is not counted, and it says so" {
    private jobs,nodes,usage,users,accounts
    answers() { as bob squeue >/dev/null && as bob sacctmgr -nP show assoc >/dev/null; }
    until_true 30 answers
    dashboard bob vision
    bob=$json bob_status=$status
    dashboard bob
    overview=$json
    dashboard root vision
    root=$json
    mode=$(root_on login stat -c %a /run/flightbase/cache/controller-lab.json)
    private ''
    until_true 30 answers
    [ "$bob_status" -eq 0 ]
    # What root sees is then root's alone.
    [ "$mode" = 600 ]
    [ "$(json=$root q '.workspace | "\(.used) \(.partial) \(.quota)"')" = "5 false 48" ]
    # bob is a member, not the manager: of the jobs his own.
    [ "$(json=$bob q '.workspace | "\(.used) \(.partial) \(.quota) \(.members) \(.gpu_hours)"')" = "2 true null null null" ]
    notes=$(json=$bob q '.workspace.notes[]')
    [[ $notes == *"PrivateData hides other users' jobs: what is used and who waits is of those you may see"* ]]
    [[ $notes == *"PrivateData hides nodes: their GPUs are not counted"* ]]
    [[ $notes == *"PrivateData of slurmdbd hides accounts that you do not manage"* ]]
    # In the workspace that he manages, he sees all.
    [ "$(json=$overview q '.dashboard.workspaces[] | select(.name == "nlp") | "\(.quota) \(.pending)"')" = "8 1" ]
}

@test "slurmdbd away: the controller's part is there, and what is missing is said once" {
    root_on ctl lab-service stop slurmdbd
    dashboard bob
    all=$json all_status=$status all_errors=$errors
    dashboard bob vision
    one=$json one_status=$status
    text=$(as bob flightbase dashboard 2>&1) || true
    root_on ctl lab-service start slurmdbd
    [ "$all_status" -eq 1 ]
    [ -z "$all_errors" ]
    # Nobody knows who belongs where: all workspaces, without quotas.
    [ "$(json=$all q '[.dashboard.workspaces[] | "\(.name) \(.used) \(.quota)"] | join(",")')" = "vision 5 null,nlp 0 null" ]
    [ "$(json=$all q '.dashboard.gpus.used')" -eq 6 ]
    [ "$(json=$all q '.dashboard.notes | length')" -eq 1 ]
    [ "$(json=$all q '.dashboard.notes[0]')" = "quotas and members are missing: slurmdbd on 'ctl': Connection refused; see that it runs, then try again" ]
    [[ $text == *"note: quotas and members are missing: slurmdbd on 'ctl': Connection refused"* ]]
    [ "$one_status" -eq 1 ]
    [ "$(json=$one q '.workspace | "\(.used) \(.quota) \(.members) \(.gpu_hours)"')" = "5 null null null" ]
    [ "$(json=$one q '.workspace.queue | length')" -eq 4 ]
}

@test "slurmdbd away: what was read before is shown, and how old it is" {
    as bob flightbase dashboard vision >/dev/null
    as bob flightbase dashboard >/dev/null
    root_on ctl lab-service stop slurmdbd
    as bob bash -c 'touch -d "1 hour ago" /tmp/flightbase-2002/accounting-*.json'
    run as bob flightbase dashboard --json
    all=$output all_status=$status
    run as bob flightbase dashboard vision --json
    one=$output
    root_on ctl lab-service start slurmdbd
    [ "$all_status" -eq 1 ]
    [ "$(json=$all q '[.dashboard.workspaces[] | "\(.name) \(.quota)"] | join(",")')" = "vision 48,nlp 8" ]
    [[ $(json=$all q '.dashboard.notes[0]') == "slurmdbd on 'ctl': Connection refused; see that it runs, then try again; quotas and members are as of 20"* ]]
    [ "$(json=$one q '.workspace | "\(.quota) \(.members | length)"')" = "48 2" ]
}

# libslurm tries to reach slurmctld for MessageTimeout; the lab's 30 seconds are long to wait.
patience() { root_on ctl sed -i "s/^MessageTimeout=.*/MessageTimeout=$1/" /etc/slurm/slurm.conf; }

@test "slurmctld away: the accounting's part, or the jobs as they were" {
    as bob flightbase dashboard >/dev/null
    root_on ctl lab-service stop slurmctld
    patience 2
    as bob bash -c 'touch -d "1 hour ago" /tmp/flightbase-2002/controller-lab.json'
    run as bob flightbase dashboard --json
    old=$output old_status=$status
    fresh
    run as bob flightbase dashboard vision --json
    new=$output
    run as bob flightbase node list
    nodes=$output nodes_status=$status
    patience 30
    root_on ctl lab-service start slurmctld
    [ "$old_status" -eq 1 ]
    [ "$(json=$old q '.dashboard.gpus.used')" -eq 6 ]
    [[ $(json=$old q '.dashboard.notes[0]') == "slurmctld: the jobs cannot be read: Unable to contact slurm controller"*"; jobs and nodes are as of 20"* ]]
    [ "$(json=$new q '.workspace | "\(.quota) \(.used) \(.members | length)"')" = "48 null 2" ]
    [[ $(json=$new q '.workspace.notes[0]') == "slurmctld: the jobs cannot be read: "* ]]
    [ "$nodes_status" -eq 1 ]
    [[ $nodes == "flightbase: slurmctld: the jobs cannot be read: Unable to contact slurm controller"*"; see that it runs, then try again" ]]
}

@test "both away: one line, and nothing else" {
    root_on ctl lab-service stop slurmctld slurmdbd
    patience 2
    run as bob flightbase dashboard
    patience 30
    root_on ctl lab-service start slurmdbd slurmctld
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == "flightbase: slurmctld: the jobs cannot be read: "* ]]
}

# pty ROWS COLUMNS PICTURES KEYS COMMAND: as alice, see setup_file.
pty() { as alice /shared/pty "$@"; }

pictures() { grep -o $'\033\\[H' <<<"$output" | wc -l; }

@test "--watch: a full screen that refreshes, fits, and goes with q" {
    run pty 24 60 2 q 'flightbase dashboard vision --watch 1'
    [[ $output == *$'\033[?1049h\033[?25l\033[H\033[KWorkspace    vision: Computer vision'* ]]
    [[ $output == *$'\033[?25h\033[?1049l'*status=0* ]]
    [[ $output == *terminal=restored* ]]
    [ "$(pictures)" -ge 2 ]
    [[ $output == *"every 1 s; q ends it"* ]]
    # No line is longer than the terminal, no picture higher, and what does not fit is counted.
    picture=${output#*$'\033[H'}
    picture=${picture%%$'\033[H'*}
    picture=${picture%%$'\033[?25h'*}
    [ "$(sed 's/\x1b\[[KJ]//g; s/\r//' <<<"$picture" | wc -L)" -le 60 ]
    [ "$(wc -l <<<"$picture")" -le 24 ]
    [[ $picture =~ \+[0-9]+\ more ]]
}

@test "--watch: the default interval; an interrupt and a kill leave the terminal as it was" {
    # An interrupt goes to the whole group: the shell around it must not end with it.
    run pty 12 100 1 '\003' 'trap : INT; flightbase dashboard --watch'
    [[ $output == *"every 5 s"* ]]
    [[ $output == *$'\033[?25h\033[?1049l'*status=130*terminal=restored* ]]
    run pty 12 40 1 '' 'flightbase dashboard --watch </dev/tty & until grep -q GPUs "$OUT"; do sleep 0.1; done; kill %1; wait %1; echo killed=$?'
    [[ $output == *$'\033[?25h\033[?1049l'* ]]
    [[ $output == *killed=143*terminal=restored* ]]
}

@test "--watch: another size is drawn at once, and r draws again" {
    run pty 10 60 2 q '(until grep -q vision "$OUT"; do sleep 0.1; done; stty rows 30 cols 100 </dev/tty) & flightbase dashboard vision --watch 600'
    [[ $output == *terminal=restored* ]]
    last=${output##*$'\033[H'}
    [ "$(wc -l <<<"$last")" -gt 12 ]
    run pty 10 60 1 'rq' 'flightbase dashboard vision --watch 600'
    [[ $output == *terminal=restored* ]]
}

@test "--watch: a stop gives the terminal back, and it goes on when it is wanted again" {
    as alice bash -c 'cat >/tmp/stop' <<'STOP'
set -m # as an interactive shell has it
flightbase dashboard --watch 600
echo "stopped=$?"
(
    until [[ $(grep -o '?1049h' "$OUT" | wc -l) -ge 2 ]]; do sleep 0.1; done
    kill "$(pgrep -o -u alice -x flightbase)"
) &
fg %1
echo "ended=$?"
STOP
    run pty 12 80 1 '\032' 'bash /tmp/stop'
    as alice rm /tmp/stop
    # Left, entered again, and left.
    [[ $output == *$'\033[?1049h'*$'\033[?1049l'*stopped=147*$'\033[?1049h'*$'\033[?1049l'*ended=143*terminal=restored* ]]
}

@test "--watch with a daemon away shows why and goes with q" {
    root_on ctl lab-service stop slurmdbd
    run pty 24 200 2 q 'flightbase dashboard --watch 1'
    root_on ctl lab-service start slurmdbd
    [[ $output == *"note: quotas and members are missing: slurmdbd on 'ctl': Connection refused"* ]]
    [[ $output == *status=0*terminal=restored* ]]
}

@test "--watch in a pipe: one plain picture after the other, JSON one document a line, until nobody reads" {
    run as alice bash -c 'timeout 60 flightbase dashboard --watch 1 | tee /tmp/pictures | grep -m 2 -c "^GPUs "; echo "status=${PIPESTATUS[0]}"'
    [ "${lines[0]}" = 2 ]
    # Not that it had to be ended.
    [ "${lines[1]}" != status=124 ]
    run as alice cat /tmp/pictures
    as alice rm /tmp/pictures
    [[ $output != *$'\033'* && $output != *"q ends"* ]]
    run as alice bash -c 'timeout 60 flightbase dashboard --watch=1 --json | head -n 2 | jq -c .dashboard.gpus.used'
    [ "$output" = $'6\n6' ]
}

@test "bad command lines and names are refused with one line" {
    check() { # STATUS MESSAGE ARGUMENT...
        run as alice flightbase dashboard "${@:3}"
        [ "$status" -eq "$1" ]
        [ "${#lines[@]}" -eq 1 ]
        [[ ${lines[0]} == "flightbase: $2"* ]]
    }
    check 2 "option '--watch': 'often' is not a whole number; see flightbase dashboard --help" --watch=often
    check 2 "option '--watch': 0 is outside 1 to 86400" --watch 0
    check 2 "option '--watch': 86401 is outside 1 to 86400" --watch=86401
    check 2 "option '--storage' needs a workspace" --storage
    check 2 "option '--all' is for all workspaces, not for 'vision'" vision --all
    check 2 "'nlp' is too much" vision nlp
    check 1 "workspace 'speech': there is none of this name; \`flightbase workspace list\` shows them all" speech
    check 1 "workspace 'lab': there is none of this name" lab
    check 1 "workspace '../etc': " ../etc
    check 1 "workspace 'Vision': " Vision
    # A number is an interval only behind --watch; what is not there is not watched.
    check 1 "workspace '7': there is none of this name" 7 --watch 5
    run pty 24 80 2 q 'flightbase dashboard speech --watch'
    [[ $output == *"flightbase: workspace 'speech': there is none of this name"*status=1*terminal=restored* ]]
}

@test "a workspace whose settings are broken is shown, and why" {
    settings nlp '{"until": "never"}'
    dashboard bob nlp
    settings nlp '{"description": "Language", "from": "2020-01-01", "until": "2030-12-31"}'
    [[ $(q '.workspace.notes[0]') == *"nlp.json:1: until: "*": the settings cannot be used" ]]
    [ "$(q '.workspace | "\(.quota) \(.until)"')" = "8 null" ]
}
