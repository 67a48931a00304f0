#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The verbs of `flightbase workspace`, as an administrator: what they do is looked at by Slurm's own tools.

setup_file() { load lab; }

teardown_file() {
    load lab
    cancel_jobs
}

setup() { load lab; }

# Every test makes and removes its own workspace w; one that fails leaves nothing to the next.
teardown() {
    root_on ctl bash -c 'scancel --account=w
        for ((i = 0; i < 100; i++)); do
            answer=$(flightbase workspace delete w --drain --purge 2>&1) || [[ $answer == *unknown* ]] && break
            sleep 0.2
        done' >/dev/null 2>&1
}

fb() { root_on ctl flightbase "$@"; }

# said TEXT: the last `run` was refused with exactly this line.
said() {
    [ "$status" -eq 1 ]
    [ "$output" = "flightbase: $1" ] || { printf 'said: %s\n' "$output" && return 1; }
}

misused() { # TEXT: as above, for wrong usage
    [ "$status" -eq 2 ]
    [[ $output == "flightbase: $1; see flightbase "* ]] || { printf 'said: %s\n' "$output" && return 1; }
}

nothing_there() { # of workspace w
    root_on ctl bash -c '[[ ! -e /etc/flightbase/workspaces.d/w.json && ! -e /shared/flightbase/workspaces/w ]]'
    [ -z "$(root_on ctl sacctmgr -nP show assoc account=w format=account)" ]
    [ -z "$(root_on ctl sacctmgr -nP show qos ws-w format=name)" ]
}

assoc() { root_on ctl sacctmgr -nP show assoc account=w format="$1" user="${2:-}"; }

qos() { root_on ctl sacctmgr -nP show qos ws-w format="$1"; }

@test "create makes directories, QOS, settings, account and members, and jobs run at once" {
    fb workspace create w --gpus 12 --manager alice --user bob --from 2026-01-01 --until 2099-06-30 --max-gpus-per-user 8 \
        --max-gpus-per-job 4 --max-time 2-00:00:00 --images 'docker.io/*,@shared/torch' --training advanced,jupyter \
        --min-run 30 --description 'the w group'
    # The site may have its QOS for preemptible jobs.
    [ "$(root_on ctl sacctmgr -nP show assoc account=w format=user,grptres,defaultqos,qos | sed 's/preemptible,//' | LC_ALL=C sort)" = \
        "alice||ws-w|ws-w
bob||ws-w|ws-w
|gres/gpu=12|ws-w|ws-w" ]
    [ "$(qos maxtrespu,maxtrespj,maxwall)" = 'gres/gpu=8|gres/gpu=4|2-00:00:00' ]
    [ "$(root_on ctl sacctmgr -nP show account w withcoord format=coordinators)" = alice ]
    [ "$(root_on ctl jq -Sc . /etc/flightbase/workspaces.d/w.json)" = \
        '{"description":"the w group","from":"2026-01-01","images":["docker.io/*","@shared/torch"],"min_run":"30","training":["advanced","jupyter"],"until":"2099-06-30"}' ]
    [ "$(root_on ctl stat -c '%U %a' /etc/flightbase/workspaces.d/w.json)" = 'root 644' ]
    [ "$(root_on ctl stat -c %U /shared/flightbase/workspaces/w)" = alice ]
    [ "$(root_on ctl getfacl -cp /shared/flightbase/workspaces/w | LC_ALL=C sort | xargs)" = \
        'group::--- mask::rwx other::--- user::rwx user:bob:rwx' ]
    [ "$(root_on ctl stat -c '%n %a %F' /shared/flightbase/workspaces/w/{images,datasets,models,volume} | grep -c '1777 directory')" = 4 ]
    as bob sbatch --test-only --workspace=w --gpus=1 --wrap true
    as bob touch /shared/flightbase/workspaces/w/volume/of-bob
    run as carol ls /shared/flightbase/workspaces/w
    [[ $output == *"Permission denied"* ]]
    run fb workspace create w --gpus 12 --manager alice
    said "workspace 'w': it exists already; change it with workspace modify"
}

@test "names, numbers, dates, users and lists that are wrong are refused, and nothing is made" {
    for name in W w_1 -w 'w w' "w'" ../w "$(printf 'w%.0s' {1..64})" $'w\x01'; do
        run fb workspace create --gpus 1 --manager alice -- "$name"
        [ "$status" -eq 2 ]
        [[ $output =~ ^"flightbase: workspace '".*"': "(not a valid name: lower-case letters, digits and \'-\', starting with a letter or digit, are allowed|64 characters long: at most 63 are allowed)"; see flightbase workspace create --help"$ ]]
    done
    create=(fb workspace create w --manager alice)
    run "${create[@]}"
    misused "workspace 'w': give its quota with --gpus"
    run fb workspace create w --gpus 3
    misused "workspace 'w': name its manager with --manager"
    run "${create[@]}" --gpus -3
    misused "option '--gpus': -3 is outside 0 to 1000000"
    run "${create[@]}" --gpus 99999999999999999999
    misused "option '--gpus': 99999999999999999999 is outside 0 to 1000000"
    run "${create[@]}" --gpus 3x
    misused "option '--gpus': '3x' is not a whole number"
    run "${create[@]}" --gpus 3 --max-time 0
    [ "$status" -eq 2 ]
    run "${create[@]}" --gpus 3 --from 2026-13-01
    misused "option '--from': '2026-13-01' is not a date: YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS] is expected, with Z or +HH:MM behind it for another time zone"
    run "${create[@]}" --gpus 3 --from 2027-01-01 --until 2026-12-31
    said "workspace 'w': its end, 2026-12-31, is not after its start, 2027-01-01"
    run "${create[@]}" --gpus 3 --guarantee 4
    said "workspace 'w': 4 GPUs guaranteed, but its quota is 3; the guarantee is at most the quota"
    run "${create[@]}" --gpus 100 --guarantee 99
    [[ $output == "flightbase: workspace 'w': 99 GPUs cannot be guaranteed: with the "*" of the others that makes "*", and the cluster has "*"; guarantee at most "* ]]
    run "${create[@]}" --gpus 3 --user nobody-here
    said "workspace 'w': user 'nobody-here': unknown on this machine; check the name, or create the user first"
    run "${create[@]}" --gpus 3 --user bob,carol,bob
    misused "option '--user': 'bob' is there twice"
    run "${create[@]}" --gpus 3 --user $'bo\tb'
    misused "option '--user': 'bo?b' is no user's name"
    run "${create[@]}" --gpus 3 --training basic
    misused "option '--training': 'basic' is unknown: advanced, builtin and jupyter are allowed"
    run "${create[@]}" --gpus 3 --images 'a,,b'
    misused "option '--images': an empty pattern"
    run "${create[@]}" --gpus 3 --description $'two\nlines'
    misused "option '--description': control characters are not allowed"
    nothing_there
}

@test "an account that is no workspace is left alone" {
    root_on ctl sacctmgr -iQ add account w description=foreign >/dev/null
    for verb in "create w --gpus 1 --manager alice" "modify w --gpus 1" "delete w" "add-user w bob"; do
        # shellcheck disable=SC2086
        run fb workspace $verb
        [ "$status" -eq 1 ]
        [[ $output == "flightbase: workspace 'w': there is an account of that name that is no workspace"* ]]
    done
    [ "$(root_on ctl sacctmgr -nP show account w format=description)" = foreign ]
    root_on ctl sacctmgr -iQ delete account w >/dev/null
    nothing_there
}

@test "modify changes limits, settings and managers, takes them away by none, and tells what was" {
    fb workspace create w --gpus 4 --manager alice --user bob --until 2099-01-01 --max-gpus-per-user 2
    run fb workspace modify w
    [ "$status" -eq 0 ] && [ "$output" = 'nothing to change' ]
    run fb workspace modify w --gpus 6 --max-gpus-per-user none --max-gpus-per-job 3 --max-time 60 --until none --description hello
    [ "$status" -eq 0 ]
    [ "$output" = "workspace 'w': GPUs of a user: no limit (was 2), GPUs of a job: 3 (was no limit), time of a job: 01:00:00 (was no limit)
workspace 'w': move the end of its pending jobs to no end
workspace 'w': change its settings: description hello (was none), until none (was 2099-01-01)
workspace 'w': GPUs: 6 (was 4)" ]
    [ "$(assoc grptres)" = gres/gpu=6 ]
    [ "$(qos maxtrespu,maxtrespj,maxwall)" = '|gres/gpu=3|01:00:00' ]
    [ "$(root_on ctl jq -c . /etc/flightbase/workspaces.d/w.json)" = '{"description":"hello"}' ]
    run fb workspace modify w --dry-run --gpus none
    [ "$output" = "workspace 'w': GPUs: no limit (was 6)" ]
    [ "$(assoc grptres)" = gres/gpu=6 ]
    fb workspace modify w --gpus none --max-gpus-per-job none --max-time none
    [ -z "$(assoc grptres)" ]
    [ "$(qos maxtrespu,maxtrespj,maxwall)" = '||' ]
    fb workspace modify w --manager bob,carol
    [ "$(root_on ctl sacctmgr -nP show account w withcoord format=coordinators)" = bob,carol ]
    [ "$(root_on ctl stat -c %U /shared/flightbase/workspaces/w)" = bob ]
    run fb workspace modify nope --gpus 1
    said "workspace 'nope': unknown; flightbase workspace list shows those that there are"
}

@test "a quota below what is in use says so and stops nothing" {
    fb workspace create w --gpus 8 --manager alice
    id=$(submit alice --workspace=w --gpus=4 --wrap 'sleep 300')
    wait_job "$id" RUNNING
    run fb workspace modify w --gpus 1
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: workspace 'w': 4 GPUs are in use, 3 above its new quota of 1; running jobs go on, and no other starts until they fit"* ]]
    [ "$(job_field "$id" JobState)" = RUNNING ]
}

@test "add-user, remove-user and set-manager change accounting and directory together" {
    fb workspace create w --gpus 8 --manager alice
    fb workspace add-user w bob,carol
    as carol sbatch --test-only --workspace=w --wrap true
    as carol ls /shared/flightbase/workspaces/w
    run fb workspace add-user w carol
    said "workspace 'w': carol: a member already; nothing was changed"
    run fb workspace add-user w carol,carol
    misused "'carol' is there twice"
    run fb workspace remove-user w alice
    said "workspace 'w': alice is a manager; let another manage it first, with workspace set-manager"
    run fb workspace remove-user w mallory
    said "workspace 'w': mallory: no member; nothing was changed"
    fb workspace remove-user w carol
    run as carol ls /shared/flightbase/workspaces/w
    [[ $output == *"Permission denied"* ]]
    run as carol sbatch --test-only --workspace=w --wrap true
    [[ $output == *"you are not a member"* ]]
    run fb workspace set-manager w carol
    said "workspace 'w': carol is no member, and only a member can manage it; let the user in first, with workspace add-user"
    fb workspace set-manager w bob
    [ "$(root_on ctl sacctmgr -nP show account w withcoord format=coordinators)" = bob ]
    [ "$(root_on ctl stat -c %U /shared/flightbase/workspaces/w)" = bob ]
    as alice ls /shared/flightbase/workspaces/w # still a member
}

@test "who has jobs is not removed, unless they are cancelled" {
    fb workspace create w --gpus 2 --manager alice --user bob
    first=$(submit bob --workspace=w --gpus=2 --wrap 'sleep 300')
    wait_job "$first" RUNNING
    second=$(submit bob --workspace=w --gpus=2 --wrap 'sleep 300')
    run fb workspace remove-user w bob
    said "workspace 'w': bob cannot be removed: 1 jobs run there and 1 wait; wait for them, or cancel them with --cancel"
    [ -n "$(assoc user bob)" ]
    fb workspace remove-user w bob --cancel
    [ -z "$(assoc user bob)" ]
    wait_job "$first" CANCELLED
    wait_job "$second" CANCELLED
}

@test "whose default account it is gets another of his as default" {
    fb workspace create w --gpus 2 --manager alice --user bob
    home=$(root_on ctl sacctmgr -nP show user bob format=defaultaccount)
    root_on ctl sacctmgr -iQ modify user bob set defaultaccount=w >/dev/null
    run fb workspace remove-user w bob
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: workspace 'w': it was the default account of bob; now that is '$home'"* ]]
    [ "$(root_on ctl sacctmgr -nP show user bob format=defaultaccount)" = "$home" ]
}

@test "delete refuses while there are jobs; --drain cancels what waits and takes no more; --reopen undoes that" {
    fb workspace create w --gpus 2 --manager alice
    first=$(submit alice --workspace=w --gpus=2 --wrap 'sleep 300')
    wait_job "$first" RUNNING
    second=$(submit alice --workspace=w --array=0-4 --gpus=2 --wrap 'sleep 300')
    run fb workspace delete w
    said "workspace 'w': it cannot be removed: 1 of its jobs run and 5 wait; wait for them, or cancel them with scancel; --drain cancels those that wait and takes no new ones"
    run fb workspace delete w --drain
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'w': 1 of its jobs run and 0 wait; it takes no new ones: remove it when they have ended, cancel them with scancel --account=w, or open it again with modify --reopen"* ]]
    [ "$(job_field "$first" JobState)" = RUNNING ]
    [ "$(job_field "$second" JobState)" = CANCELLED ]
    run as alice sbatch --workspace=w --wrap true
    [[ $output == *AssocGrpSubmitJobsLimit* ]]
    fb workspace modify w --gpus 3 # another change does not open it
    run as alice sbatch --workspace=w --wrap true
    [[ $output == *AssocGrpSubmitJobsLimit* ]]
    fb workspace modify w --reopen
    as alice sbatch --test-only --workspace=w --wrap true
    root_on ctl scancel "$first"
    wait_job "$first" CANCELLED
    until_true 30 fb workspace delete w
    root_on ctl test -d /shared/flightbase/workspaces/w/volume # never removed by default
    fb workspace create w --gpus 1 --manager alice             # and found again
    fb workspace delete w --purge
    nothing_there
    run fb workspace delete w
    said "workspace 'w': unknown; flightbase workspace list shows those that there are"
}

@test "a directory of somebody else's is not taken over, a link is not followed, and purge stays inside" {
    root_on ctl bash -c 'mkdir /shared/flightbase/workspaces/w; chown bob /shared/flightbase/workspaces/w'
    run fb workspace create w --gpus 1 --manager alice
    [[ $output == *"flightbase: workspace 'w': /shared/flightbase/workspaces/w: it belongs to bob, not to alice or root; move it away, or give it to root"* ]]
    [ "$(root_on ctl stat -c %U /shared/flightbase/workspaces/w)" = bob ]
    root_on ctl bash -c 'rmdir /shared/flightbase/workspaces/w; mkdir -p /shared/outside; touch /shared/outside/kept; ln -s /shared/outside /shared/flightbase/workspaces/w'
    run fb workspace create w --gpus 1 --manager alice
    [ "$status" -eq 1 ]
    [[ $output == *"/shared/flightbase/workspaces/w: Not a directory"* || $output == *"Too many levels"* ]]
    root_on ctl rm /shared/flightbase/workspaces/w
    fb workspace create w --gpus 1 --manager alice
    as alice bash -c 'cd /shared/flightbase/workspaces/w && rm -r images && ln -s /shared/outside images
        ln -s /shared/outside volume/link && mkdir -p volume/$(printf "d/%.0s" {1..60}) && chmod 0500 volume/d'
    run fb workspace modify w --gpus 2
    [[ $output == *"/shared/flightbase/workspaces/w/images: Not a directory"* ]]
    fb workspace delete w --purge
    root_on ctl test -e /shared/outside/kept
    root_on ctl rm -r /shared/outside
    nothing_there
}
