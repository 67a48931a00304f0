#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2053
# `flightbase workspace show`, `user` and `node`, against what squeue, scontrol, sinfo and sacctmgr say.

setup_file() {
    load lab
    root_on ctl flightbase workspace create vision --gpus 16 --manager alice --user bob --guarantee 4 --from 2020-01-01 \
        --until "$(root_on ctl date -d '+10 days' +%F)" --max-gpus-per-user 12 --max-gpus-per-job 8 --max-time 2-12:00:00 \
        --description 'Computer vision'
    make_workspace nlp 8 bob carol
    until_true 10 as bob sbatch --test-only --workspace=nlp --wrap true
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
    submit alice --workspace=vision -w n1 --gpus=3 -t 60 --job-name=three --wrap 'sleep 3600'
    submit bob --workspace=nlp -w n1 --gpus=2 -t 60 --job-name=two --wrap 'sleep 3600'
    submit bob --account=lab -w n2 --gpus=1 -t 60 --wrap 'sleep 3600'
    until_true 60 three_run
    submit bob --workspace=vision --array=1-4 --gpus=2 --begin=now+1day -t 60 --job-name=tomorrow --wrap true
    until_true 60 tomorrow_waits
    submit bob --workspace=nlp --gpus=8 --hold -t 60 --wrap true
    root_on ctl cp /etc/flightbase/topology.json /shared/topology.json.before
}

teardown_file() {
    load lab
    root_on ctl mv /shared/topology.json.before /etc/flightbase/topology.json
    root_on ctl sacctmgr -iQ modify user carol set adminlevel=None >/dev/null || true
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
}

setup() { load lab; }

three_run() { [ "$(root_on ctl squeue -h -t R | wc -l)" -eq 3 ]; }

tomorrow_waits() { [[ $(root_on ctl squeue -h -n tomorrow -o %r) == BeginTime ]]; }

# flightbase USER ARGUMENT...: as JSON, in $json, with the exit status in $status.
flightbase() {
    status=0
    json=$(as "$1" flightbase "${@:2}" --json) || status=$?
}

# q FILTER: what jq finds in $json.
q() { jq -r "$1" <<<"$json"; }

# gpus SQUEUE-ARGUMENT...: GPUs of the jobs that run.
gpus() {
    root_on ctl squeue -h -r -t R -O tres-alloc:200 "$@" | sed -nE 's/.*gres\/gpu=([0-9]+).*/\1/p' |
        awk '{ sum += $1 } END { print sum + 0 }'
}

jobs() { root_on ctl squeue -h -r "$@" | wc -l; }

# resume NODE: and wait for it to answer the controller's ping; until then it gets no work ("idle*").
resume() {
    root_on ctl scontrol update NodeName="$1" State=RESUME
    until_true 60 answers "$1"
}

answers() { [[ $(root_on ctl sinfo -h -n "$1" -o %T) != *'*' ]]; }

# message LINE ARGUMENT...: as carol, the command fails with this one line and nothing else.
message() {
    run as carol flightbase "${@:2}"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == $1 ]] || { printf 'said: %s\n' "$output" && return 1; }
}

@test "workspace show: settings, people and limits as the accounting has them" {
    flightbase bob workspace show vision
    [ "$status" -eq 0 ]
    [ "$(q '.workspace | "\(.name)|\(.description)|\(.from)|\(.days_left)|\(.guarantee)"')" = "vision|Computer vision|2020-01-01|10|4" ]
    [ "gres/gpu=$(q .workspace.quota)" = "$(root_on ctl sacctmgr -nP show assoc account=vision user= format=GrpTRES)" ]
    [ "$(q '.workspace.members | join("\n")')" = "$(root_on ctl sacctmgr -nP show assoc account=vision format=User | grep . | sort)" ]
    [ "$(q '.workspace.managers | join(",")')" = "$(root_on ctl sacctmgr -nP show account vision withcoord format=Coord)" ]
    limits=$(root_on ctl sacctmgr -nP show qos ws-vision format=MaxTRESPerUser,MaxTRESPerJob,MaxWall)
    [ "$limits" = "gres/gpu=12|gres/gpu=8|2-12:00:00" ]
    [ "$(q '.workspace | "\(.user_gpus) \(.job_gpus) \(.max_time)"')" = "12 8 3600" ]
    [ "$(q '.workspace.training_types | join(",")')" = advanced,builtin,jupyter ]
}

@test "workspace show: text says the same" {
    run as bob flightbase workspace show vision
    [ "$status" -eq 0 ]
    [[ $output == *"Workspace    vision: Computer vision"* ]]
    [[ $output == *"Period       2020-01-01 to 20"*": 10 days left"* ]]
    [[ $output == *"Managers     alice"* && $output == *"Members      2: alice, bob"* ]]
    [[ $output == *"GPUs         3 used, quota 16, guaranteed 4"* ]]
    [[ $output == *"Jobs         1 running, 4 pending that want 8 GPUs"* ]]
    [[ $output == *"Limits       GPUs of a user: 12, of a job: 8; time of a job: 2-12:00:00"* ]]
    [[ $output == *"Trainings    advanced, builtin, jupyter"* ]]
    [[ $output != *$'\033'* ]]
}

@test "workspace show: jobs by user, running and waiting, as squeue has them" {
    flightbase alice workspace show vision
    for user in alice bob; do
        [ "$(q ".workspace.users[] | select(.user == \"$user\") | \"\\(.used) \\(.running) \\(.pending)\"")" = \
            "$(gpus -A vision -u $user) $(jobs -A vision -u $user -t R) $(jobs -A vision -u $user -t PD)" ]
    done
    [ "$(q '.workspace.running[] | "\(.job) \(.nodes) \(.gpus)"')" = "$(root_on ctl squeue -h -t R -A vision -o '%i %N') 3" ]
    [ "$(q '.workspace.queue[] | "\(.job) \(.tasks) \(.reason)"')" = "$(root_on ctl squeue -h -t PD -A vision -o '%i 4 %r')" ]
}

@test "workspace show is of this moment: a change of the quota is there at once" {
    root_on ctl flightbase workspace modify vision --gpus 15 >/dev/null
    flightbase bob workspace show vision
    quota=$(q .workspace.quota)
    root_on ctl flightbase workspace modify vision --gpus 16 >/dev/null
    [ "$quota" -eq 15 ]
}

@test "workspace show: what is no workspace is refused with one line" {
    message "flightbase: workspace 'vison': there is none of this name; \`flightbase workspace list\` shows them all" workspace show vison
    message "flightbase: workspace 'lab': there is none of this name*" workspace show lab
    message "flightbase: workspace 'a/b': *" workspace show a/b
}

@test "user show: oneself by default; roles as the accounting has them" {
    flightbase bob user show
    [ "$status" -eq 0 ]
    [ "$(q '.user | "\(.name) \(.level) \(.manager_of | join(",")) \(.member_of | join(","))"')" = "bob None nlp nlp,vision" ]
    flightbase alice user show bob
    [ "$(q '.user | "\(.name) \(.manager_of | join(","))"')" = "bob nlp" ]
    flightbase carol user show
    [ "$(q '.user | "\(.manager_of | length) \(.member_of | join(","))"')" = "0 nlp" ]
    run as bob flightbase user show
    [ "$status" -eq 0 ]
    [[ $output == *"User         bob"*"Admin level  None"*"Manager of   1: nlp"*"Member of    2: nlp, vision"* ]]
}

@test "user show: what the user holds and wants, and where, as squeue has it" {
    flightbase bob user show
    [ "$(q '.user | "\(.used) \(.running_jobs) \(.pending_jobs) \(.wanted)"')" = "$(gpus -u bob) $(jobs -u bob -t R) $(jobs -u bob -t PD) 16" ]
    for account in lab nlp vision; do
        [ "$(q ".user.accounts[] | select(.workspace == \"$account\") | \"\\(.used) \\(.running) \\(.pending)\"")" = \
            "$(gpus -u bob -A $account) $(jobs -u bob -A $account -t R) $(jobs -u bob -A $account -t PD)" ]
    done
    [ "$(q '[.user.running[].job] | sort | join(" ")')" = "$(root_on ctl squeue -h -t R -u bob -o %i | sort | paste -sd' ')" ]
    [ "$(q '[.user.queue[].workspace] | sort | join(" ")')" = "nlp vision" ]
}

@test "user show: admin levels are sacctmgr's; root is an administrator" {
    for level in Operator Administrator; do
        root_on ctl sacctmgr -iQ modify user carol set adminlevel=$level >/dev/null
        flightbase bob user show carol
        [ "$(q .user.level)" = $level ]
    done
    root_on ctl sacctmgr -iQ modify user carol set adminlevel=None >/dev/null
    flightbase root user show
    [ "$(q '.user | "\(.name) \(.level)"')" = "root Administrator" ]
}

many_hours() {
    flightbase carol user show
    many=$(q '.user | "\(.member_of | length) \(.gpu_hours.days_7) \(.notes | length)"')
    [ "$many" = "$expected" ]
}

@test "user show: GPU-hours of one who is in many workspaces" {
    # Slurm gives an association that is made again what it had used.
    flightbase carol user show
    before=$(q '.user.gpu_hours.days_7')
    expected="20 $(jq -n "$before + 19") 0"
    root_on ctl bash -c 'names=$(seq -s, -f "many-%g" 1 19)
        sacctmgr -iQ add account "$names" >/dev/null; sacctmgr -iQ add user carol account="$names" >/dev/null
        for i in {1..19}; do echo "{}" >/etc/flightbase/workspaces.d/many-$i.json; done
        mariadb slurm_acct_db -e "
            set @gpu = (select id from tres_table where type = \"gres\" and name = \"gpu\");
            insert into lab_assoc_usage_day_table (creation_time, mod_time, deleted, id, id_tres, time_start, alloc_secs)
            select unix_timestamp(), unix_timestamp(), 0, id_assoc, @gpu, unix_timestamp(curdate() - interval 2 day), 3600
            from lab_assoc_table where user = \"carol\" and acct like \"many-%\""'
    until_true 20 many_hours || echo "workspaces, hours, notes: $many, not $expected"
    # The cache does not keep those of other workspaces.
    root_on ctl bash -c 'rm /etc/flightbase/workspaces.d/many-*.json
        mariadb slurm_acct_db -e "delete from lab_assoc_usage_day_table where id in (select id_assoc from lab_assoc_table where acct like \"many-%\")"
        sacctmgr -iQ delete account "$(seq -s, -f "many-%g" 1 19)" >/dev/null'
    [ "$many" = "$expected" ]
    flightbase carol user show
    [ "$(q '.user | "\(.member_of | length) \(.gpu_hours.days_7)"')" = "1 $before" ]
}

@test "user show: who is not there is named; without slurmdbd one line" {
    message "flightbase: user 'nobody-of-that-name': known neither to the accounting nor to this machine; check the name" \
        user show nobody-of-that-name
    root_on ctl lab-service stop slurmdbd
    run as carol flightbase user show
    root_on ctl lab-service start slurmdbd
    [ "$status" -eq 1 ]
    [ "$output" = "flightbase: slurmdbd on 'ctl': Connection refused; see that it runs, then try again" ]
}

@test "user list: who is in a workspace, and the admins, with what they hold" {
    flightbase carol user list
    [ "$status" -eq 0 ]
    [ "$(q '[.users[].name] | join(" ")')" = "alice bob carol root" ]
    [ "$(q '.users[] | select(.name == "bob") | "\(.workspaces) \(.manages) \(.used) \(.wanted) \(.running) \(.pending)"')" = \
        "2 1 $(gpus -u bob) 16 $(jobs -u bob -t R) $(jobs -u bob -t PD)" ]
    [ "$(q '.users[] | select(.name == "alice") | "\(.workspaces) \(.manages) \(.used)"')" = "1 1 $(gpus -u alice)" ]
    [ "$(q '.users[] | select(.name == "root") | "\(.level) \(.workspaces)"')" = "Administrator 0" ]
    run as carol flightbase user list
    [[ ${lines[0]} =~ ^NAME\ +LEVEL\ +WORKSPACES\ +MANAGES\ +USED\ +WANTED\ +RUNNING\ +PENDING$ ]]
    [[ ${lines[2]} =~ ^bob\ +None\ +2\ +1\ +3\ +16\ +2\ +5$ ]]
}

@test "node list: states as sinfo has them, GPUs and jobs as scontrol and squeue" {
    root_on ctl scontrol update NodeName=n4 State=DRAIN Reason='fan 3'
    flightbase carol node list
    states=$(root_on ctl sinfo -N -h -o '%N %T')
    resume n4
    [ "$status" -eq 0 ]
    [ "$(q '.nodes[] | "\(.name) \(.state)"')" = "$states" ]
    [ "$(q '.nodes[] | "\(.name) \(.gpus) \(.used) \(.free) \(.jobs)"' | paste -sd,)" = "n1 8 5 3 2,n2 8 1 7 1,n3 8 0 8 0,n4 8 0 0 0" ]
    [ "$(q '.nodes[3].reason')" = "fan 3" ]
    [ "$(q '.nodes[0].used')" -eq "$(root_on ctl scontrol -o show node n1 | sed -nE 's/.*AllocTRES=[^ ]*gres\/gpu=([0-9]+).*/\1/p')" ]
    run as carol flightbase node list
    [[ ${lines[1]} =~ ^n1\ +mixed\ +v100\ +8\ +5\ +3\ +2 ]]
}

# expand "0-2,5": a line for each.
expand() { tr , '\n' <<<"$1" | awk -F- '{ for (i = $1; i <= $NF; i++) print i }'; }

@test "node show: which GPUs are used, by which jobs, and whose" {
    flightbase carol node show n1
    [ "$status" -eq 0 ]
    for name in three two; do
        id=$(root_on ctl squeue -h -n $name -o %i)
        [ "n1 $(q ".node.jobs[] | select(.job == \"$id\") | .index")" = "$(job_gpus "$id")" ]
        [ "$(q ".node.jobs[] | select(.job == \"$id\") | \"\\(.user) \\(.workspace)\"")" = "$(root_on ctl squeue -h -j "$id" -o '%u %a')" ]
    done
    used=$(root_on ctl scontrol -d show node n1 | sed -nE 's/.*GresUsed=.*\(IDX:([^)]*)\).*/\1/p')
    [ "$(q .node.used_index)" = "$used" ]
    # Used and free together are all of them.
    [ "$({ expand "$used"; expand "$(q .node.free_index)"; } | sort -n | paste -sd' ')" = "0 1 2 3 4 5 6 7" ]
    [ "$(q '.node | "\(.type) \(.gpus) \(.used) \(.free) \(.usable)"')" = "v100 8 5 3 true" ]
    run as carol flightbase node show n1
    [[ $output == *"GPUs         8 v100: 5 used ($used), 3 free ("* ]]
}

@test "node show: a drained node says why, by whom, since when" {
    root_on ctl scontrol update NodeName=n4 State=DRAIN Reason='fan 3'
    run as carol flightbase node show n4
    flightbase carol node show n4
    when=$(root_on ctl scontrol -o show node n4 | sed -nE 's/.*Reason=fan 3 \[root@([^]]*)\].*/\1/p')
    resume n4
    [[ $output == *"State        drained: gets no work"* && $output == *"Reason       fan 3 (root, since "* ]]
    [[ $output == *"GPUs         8 v100: 0 used, 0 free"* ]]
    [ "$(q '.node | "\(.usable) \(.reason) \(.reason_user) \(.free)"')" = "false fan 3 root 0" ]
    [ "$(root_on ctl date -d "$(q .node.reason_since)" +%FT%T)" = "$when" ]
}

topology() { root_on ctl bash -c 'cat >/etc/flightbase/topology.json.new && mv /etc/flightbase/topology.json{.new,}'; }

@test "node show: wires by topology.json; without it, and when it is broken, the rest" {
    flightbase carol node show n1
    [ "$(q '.node.wires | "\(.type) \(.nvswitch) \(.levels | map("\(.link): \(.islands | join(" "))") | join("; "))"')" = \
        "dgx1v false NVLink: 0-7" ]
    # Pairs by bridges, two sockets.
    jq '{types: {bridges: .}, nodes: [{nodes: "n[1-2]", type: "bridges"}]}' "${BATS_TEST_DIRNAME}/../data/node-types/pcie-bridge8.json" | topology
    flightbase carol node show n1
    bridges=$json
    flightbase carol node show n3
    unnamed=$json
    run as carol flightbase node show n1
    text=$output
    topology <<<'{"types": 1}'
    flightbase carol node show n1
    broken=$json broken_status=$status
    root_on ctl rm /etc/flightbase/topology.json
    flightbase carol node show n1
    without=$json without_status=$status
    root_on ctl cp /shared/topology.json.before /etc/flightbase/topology.json
    [ "$(json=$bridges q '.node.wires.levels | map("\(.link): \(.islands | join(" "))") | join("; ")')" = \
        "NVLink: 0,2 1,3 4-5 6-7; across sockets: 0-7" ]
    [[ $text == *"Wires        bridges, best ring of all: "*" GB/s"*"NVLink: 0,2 | 1,3 | 4-5 | 6-7"* ]]
    # What a job got is held against the best that so many GPUs of the node can be.
    [ "$(json=$bridges q '[.node.jobs[] | .gbps <= .best_gbps] | all')" = true ]
    [ "$(json=$unnamed q .node.wires)" = null ]
    [ "$broken_status" -eq 1 ]
    [[ $(json=$broken q '.node.notes[0]') == *"topology.json:1: types: "* ]]
    [ "$(json=$broken q '.node | "\(.used) \(.wires)"')" = "5 null" ]
    [ "$without_status" -eq 0 ]
    [ "$(json=$without q '.node | "\(.used) \(.wires) \(.notes | length)"')" = "5 null 0" ]
}

@test "node show: one that is not there is named" {
    message "flightbase: node 'n9': unknown on this cluster, which has 4; \`flightbase node list\` shows them" node show n9
    run as carol flightbase node show
    [ "$status" -eq 2 ]
    [ "$output" = "flightbase: NAME is missing; see flightbase node show --help" ]
}
