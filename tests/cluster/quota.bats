#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# Quota and limits of workspaces: what is over the quota waits with Slurm's reason, what can never run is refused with the
# numbers, in every form of request, at submission and in a change; GPUs outside of workspaces.

# qos WORKSPACE SETTING...: its QOS, the default of its account, with these limits; what was set before stays.
qos() {
    root_on ctl sacctmgr -iQ add qos "ws-$1" description="flightbase workspace $1" >/dev/null 2>&1 || true
    root_on ctl sacctmgr -iQ modify account "$1" set qos="ws-$1" defaultqos="ws-$1" >/dev/null || true
    (($# == 1)) || root_on ctl sacctmgr -iQ modify qos "ws-$1" set "${@:2}" >/dev/null
}

quota() { root_on ctl sacctmgr -iQ modify account "$1" set GrpTRES=gres/gpu="$2" >/dev/null; }

setup_file() {
    load lab
    make_workspace vision 8 alice bob
    make_workspace tiny 0 alice bob
    make_workspace wide 32 alice bob
    qos vision MaxTRESPerJob=gres/gpu=6 MaxTRESPerUser=gres/gpu=4 MaxWall=1-00:00:00
    qos wide
    root_on login cc -x c - -o /usr/local/bin/forge -lslurm <"$BATS_TEST_DIRNAME/forge.c"
    until_true 10 as bob sbatch --test-only --workspace=vision --wrap true
    until_true 10 as bob sbatch --test-only --workspace=tiny --wrap true
    until_true 10 as bob sbatch --test-only --workspace=wide --wrap true
}

teardown_file() {
    load lab
    site any
    cancel_jobs
    for name in vision tiny wide; do
        remove_workspace "$name"
        root_on ctl sacctmgr -iQ delete qos "ws-$name" >/dev/null || true
    done
}

setup() { load lab; }

teardown() {
    cancel_jobs
    root_on ctl scontrol update PartitionName=gpu QOS=
}

# site any|workspace: who may have GPUs; returns when the controller goes by it.
site() {
    root_on ctl bash -c 'cat >/etc/flightbase/flightbase.json.new && mv /etc/flightbase/flightbase.json{.new,}' \
        <<<"{\"root\": \"/shared/flightbase\", \"gpu_jobs\": \"$1\"}"
    if [[ $1 == any ]]; then
        until_true 10 as bob sbatch --test-only --account=lab --gpus=1 --wrap true
    else
        until_true 10 refused_as bob "only workspaces have on this site" --test-only --account=lab --gpus=1
    fi
}

# refused_as USER TEXT OPTION...: sbatch fails and says so.
refused_as() {
    local said
    ! said=$(as "$1" sbatch --output=/dev/null "${@:3}" --wrap true 2>&1) && [[ $said == *"$2"* ]]
}

# refused USER TEXT OPTION...: the same, as a test's own assertion.
refused() {
    run as "$1" sbatch --output=/dev/null "${@:3}" --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"$2"* ]] || {
        printf '%s\nlacks: %s\n' "$output" "$2" >&2
        return 1
    }
}

pends() { [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Reason) == "$2" ]]; }

gpus_of() { root_on ctl scontrol --oneliner show job "$1" | grep -oP "$2"'=\S*gres/gpu=\K[0-9]+' || echo 0; }

# Every form of request, and the GPUs that it means.
FORMS='3 --gpus=3
3 --gpus=v100:3
3 --gpus=3 -N2
2 --gres=gpu:2
1 --gres=gpu
2 --gres=gpu:v100:2
4 --gres=gpu:2 -N2
4 --gpus-per-node=2 -N2
4 --gpus-per-node=v100:2 -N2
4 --gpus-per-node=2 --gpus=4
4 --gpus-per-node=2 -n4 --ntasks-per-node=2
2 --gpus-per-node=2 -N1-1
6 --gpus-per-task=2 -n3
4 --gpus-per-task=1 -N2 --ntasks-per-node=2
4 --gpus-per-task=1 --gpus=4
2 --gpus-per-socket=1 --sockets-per-node=2
4 --gpus-per-socket=1 --sockets-per-node=2 -N2
3 --tres-per-task=cpu:2,gres/gpu:1 -n3
2 --tres-per-task=gres/gpu:v100:1 -n2
4 --ntasks-per-gpu=2 -n8
2 --ntasks-per-gpu=2 --gpus=2
8 --exclusive
16 --exclusive -N2
8 --exclusive --gpus=1
2 --nodelist=n1,n2 --gpus-per-node=1'

@test "each form of request counts as the GPUs that Slurm gives it" {
    # As many jobs as forms, all at once; each then tells what it was given.
    mapfile -t forms <<<"$FORMS"
    ids=()
    for form in "${forms[@]}"; do
        # shellcheck disable=SC2086
        ids+=("$(submit bob --workspace=wide --mem=100 ${form#* } --wrap true)")
    done
    for i in "${!forms[@]}"; do
        wait_job "${ids[i]}" COMPLETED 120
        given=$(gpus_of "${ids[i]}" AllocTRES)
        [ "$given" -eq "${forms[i]%% *}" ] || {
            echo "${forms[i]} was given $given" >&2
            return 1
        }
    done
}

@test "each form of request is refused with that number where it can never run" {
    while read -r count form; do
        s=s
        [ "$count" -gt 1 ] || s=
        # shellcheck disable=SC2086
        refused bob "flightbase: workspace 'tiny': the job asks for $count GPU$s: the quota is 0 (account 'tiny'); ask for none, or ask an administrator to raise the limit" \
            --workspace=tiny $form </dev/null
    done <<<"$FORMS"
    # Nodes in a range: at least the first number.
    refused bob "the job asks for 4 GPUs" --workspace=tiny -N2-4 --gpus-per-node=2
    # Without GPUs there is nothing to refuse.
    submit bob --hold --workspace=tiny -N2 -n4 --ntasks-per-node=2 --wrap true
}

@test "salloc and srun are refused as well" {
    for command in "srun --workspace=wide --gpus=33 true" "salloc --workspace=wide --gpus=33 true"; do
        # shellcheck disable=SC2086
        run as bob $command
        [ "$status" -eq 1 ]
        [[ $output == *"flightbase: workspace 'wide': the job asks for 33 GPUs: the quota is 32 (account 'wide'); ask for at most 32, or ask an administrator to raise the limit"* ]]
    done
}

@test "over the quota a job waits with AssocGrpGRES, and starts when there is room" {
    first=$(submit bob --workspace=vision --account=vision --gpus=4 --mem=100 --wrap 'sleep 300')
    wait_job "$first" RUNNING
    second=$(submit alice --workspace=vision --gpus=4 --mem=100 --wrap 'sleep 300')
    wait_job "$second" RUNNING
    qos vision MaxTRESPerUser=gres/gpu=-1
    third=$(submit alice --workspace=vision --gpus=4 --mem=100 --wrap 'sleep 300')
    until_true 60 pends "$third" AssocGrpGRES
    as bob scancel "$first"
    wait_job "$third" RUNNING
    # One that is requeued is held to the quota of then.
    quota vision 4
    as alice scontrol requeue "$third"
    until_true 60 eval '[[ $(job_field "$third" JobState) == PENDING ]]'
    as alice scontrol update JobId="$third" StartTime=now
    until_true 60 pends "$third" AssocGrpGRES
    quota vision 8
    qos vision MaxTRESPerUser=gres/gpu=4
}

@test "a user waits with QOSMaxGRESPerUser, and is refused what is more than a user may have" {
    first=$(submit bob --workspace=vision --gpus=3 --mem=100 --wrap 'sleep 300')
    wait_job "$first" RUNNING
    second=$(submit bob --workspace=vision --gpus=2 --mem=100 --wrap 'sleep 300')
    until_true 60 pends "$second" QOSMaxGRESPerUser
    refused bob "flightbase: workspace 'vision': the job asks for 5 GPUs: a user may use 4 (QOS 'ws-vision'); ask for at most 4, or ask an administrator to raise the limit" \
        --workspace=vision --gpus=5
}

@test "more than a job may have is refused" {
    qos vision MaxTRESPerUser=gres/gpu=-1
    until_true 10 refused_as bob "a job may use 6 (QOS 'ws-vision')" --workspace=vision --gpus=7
    refused bob "flightbase: workspace 'vision': the job asks for 7 GPUs: a job may use 6 (QOS 'ws-vision'); ask for at most 6, or ask an administrator to raise the limit" \
        --workspace=vision --gpus=7
    submit bob --hold --workspace=vision --gpus=6 --wrap true
    # The association has its own limit, which counts where the QOS has none.
    root_on ctl sacctmgr -iQ modify user bob where account=wide set MaxTRES=gres/gpu=2 >/dev/null
    until_true 10 refused_as bob "the job asks for 3 GPUs: a job may use 2 (account 'wide')" --workspace=wide --gpus=3
    submit alice --hold --workspace=wide --gpus=3 --wrap true
    root_on ctl sacctmgr -iQ modify user bob where account=wide set MaxTRES=gres/gpu=-1 >/dev/null
    qos vision MaxTRESPerUser=gres/gpu=4
}

@test "a user's own share of the quota is told from the workspace's" {
    root_on ctl sacctmgr -iQ modify user bob where account=wide set GrpTRES=gres/gpu=3 >/dev/null
    until_true 10 refused_as bob "the job asks for 4 GPUs: the quota is 3 (user 'bob')" --workspace=wide --gpus=4
    submit alice --hold --workspace=wide --gpus=4 --wrap true
    root_on ctl sacctmgr -iQ modify user bob where account=wide set GrpTRES=gres/gpu=-1 >/dev/null
    until_true 10 as bob sbatch --test-only --workspace=wide --gpus=4 --wrap true
}

@test "a longer time than a job may run is refused; what has no limit gets the longest" {
    refused bob "flightbase: workspace 'vision': the job asks for 1-00:01:00: a job may run for 1-00:00:00 (QOS 'ws-vision'); give it a --time of at most that, or ask an administrator to raise the limit" \
        --workspace=vision --time=1-00:01
    refused bob "the job asks for no time limit: a job may run for 1-00:00:00" --workspace=vision --time=UNLIMITED
    submit bob --hold --workspace=vision --time=1-00:00 --wrap true
    id=$(submit bob --hold --workspace=vision --wrap true)
    [ "$(job_field "$id" TimeLimit)" = 1-00:00:00 ]
}

@test "a quota that is raised counts at once, one that is lowered within seconds" {
    refused bob "the quota is 0" --workspace=tiny --gpus=1
    quota tiny 2
    submit bob --hold --workspace=tiny --gpus=2 --wrap true
    refused bob "the job asks for 3 GPUs: the quota is 2" --workspace=tiny --gpus=3
    quota tiny 0
    until_true 10 refused_as bob "the job asks for 1 GPU: the quota is 0" --workspace=tiny --gpus=1
}

@test "limits of a QOS that come first are the ones that count" {
    # A group limit in the QOS replaces the account's, in Slurm and here.
    qos wide GrpTRES=gres/gpu=40
    until_true 10 as bob sbatch --hold --quiet --output=/dev/null --workspace=wide --gpus=33 --wrap true
    until_true 10 refused_as bob "the job asks for 41 GPUs: the quota is 40 (QOS 'ws-wide')" --workspace=wide --gpus=41
    qos wide GrpTRES=gres/gpu=-1
    until_true 10 refused_as bob "the quota is 32 (account 'wide')" --workspace=wide --gpus=33
    # The partition's QOS comes before the job's own.
    root_on ctl sacctmgr -iQ add qos part MaxTRESPerJob=gres/gpu=7 >/dev/null
    root_on ctl scontrol update PartitionName=gpu QOS=part
    # A QOS that is newer than the plugin's snapshot is asked for.
    refused bob "the job asks for 8 GPUs: a job may use 7 (QOS 'part')" --workspace=wide --gpus=8
    qos vision MaxTRESPerUser=gres/gpu=-1
    until_true 10 as bob sbatch --hold --quiet --output=/dev/null --workspace=vision --gpus=7 --wrap true
    root_on ctl sacctmgr -iQ modify qos ws-wide set flags=OverPartQOS MaxTRESPerJob=gres/gpu=9 >/dev/null
    until_true 10 refused_as bob "the job asks for 10 GPUs: a job may use 9 (QOS 'ws-wide')" --workspace=wide --gpus=10
    root_on ctl scontrol update PartitionName=gpu QOS=
    root_on ctl sacctmgr -iQ delete qos part >/dev/null
    qos wide MaxTRESPerJob=gres/gpu=-1 flags=-1
    qos vision MaxTRESPerUser=gres/gpu=4
}

@test "the components of a heterogeneous job count together, the tasks of an array do not" {
    refused bob "1: flightbase: workspace 'wide': the job asks for 34 GPUs: the quota is 32 (account 'wide')" \
        --workspace=wide --hold --gpus=17 : --workspace=wide --gpus=17
    run as bob salloc --workspace=wide --gpus=16 : --workspace=wide --gpus=8 : --workspace=wide --gpus=9 true
    [ "$status" -eq 1 ]
    [[ $output == *"the job asks for 33 GPUs: the quota is 32"* ]]
    # As many as there are; and one workspace's GPUs are not another's.
    submit bob --hold --workspace=wide --gpus=16 : --workspace=wide --gpus=16 --wrap true
    submit bob --hold --workspace=wide --gpus=30 : --workspace=vision --gpus=4 --wrap true
    # The job before this one does not count.
    submit bob --hold --workspace=wide --gpus=32 : --workspace=wide -n1 --wrap true
    id=$(submit bob --hold --workspace=wide --gpus=32 --array=0-9 --wrap true)
    refused bob "the job asks for 33 GPUs" --hold --workspace=wide --gpus=33 --array=0-9
}

# update USER ID SETTING...: scontrol's answer in output, its exit code in status.
update() { run as "$1" scontrol update JobId="$2" "${@:3}"; }

@test "a change that raises the request beyond what can run is refused, and changes nothing" {
    id=$(submit bob --hold --workspace=vision -N1 --gres=gpu:2 --time=1:00 --wrap true)
    update bob "$id" Gres=gres/gpu:5 JobName=renamed
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': the job asks for 5 GPUs: a user may use 4 (QOS 'ws-vision'); ask for at most 4, or ask an administrator to raise the limit"* ]]
    [ "$(job_field "$id" JobName)" = wrap ]
    [ "$(gpus_of "$id" ReqTRES)" -eq 2 ]
    # The number of nodes raises it as well.
    update bob "$id" NumNodes=3
    [ "$status" -eq 1 ]
    [[ $output == *"the job asks for 6 GPUs: a user may use 4"* ]]
    update bob "$id" TimeLimit=2-00:00:00
    [ "$status" -eq 1 ]
    [[ $output == *"the job asks for 2-00:00:00: a job may run for 1-00:00:00"* ]]
    # A manager is bound by it, an administrator is not; less is always possible.
    update alice "$id" Gres=gres/gpu:5
    [ "$status" -eq 1 ]
    as bob scontrol update JobId="$id" Gres=gres/gpu:4
    [ "$(gpus_of "$id" ReqTRES)" -eq 4 ]
    root_on ctl scontrol update JobId="$id" Gres=gres/gpu:7
    as bob scontrol update JobId="$id" Gres=gres/gpu:6
    [ "$(gpus_of "$id" ReqTRES)" -eq 6 ]
}

@test "tasks and components count in a change" {
    id=$(submit bob --hold --workspace=vision -n1 --gpus-per-task=2 --wrap true)
    update bob "$id" NumTasks=3
    [ "$status" -eq 1 ]
    [[ $output == *"the job asks for 6 GPUs: a user may use 4"* ]]
    as bob scontrol update JobId="$id" NumTasks=2
    id=$(submit bob --hold --workspace=wide --gpus=16 : --workspace=wide --gres=gpu:8 --wrap true)
    update bob "$((id + 1))" NumNodes=3 # scontrol sizes no ID+COMPONENT
    [ "$status" -eq 1 ]
    [[ $output == *"the job asks for 40 GPUs: the quota is 32"* ]]
    as bob scontrol update JobId="$((id + 1))" NumNodes=2
}

@test "GPUs outside of workspaces: as the site says, at submission and in a change" {
    submit bob --hold --account=lab --gpus=1 --wrap true
    site workspace
    message="flightbase: account 'lab': the job would get GPUs, which only workspaces have on this site; add --workspace=NAME, or ask for no GPUs and no whole nodes"
    for form in --gpus=1 --gres=gpu:1 --gpus-per-node=1 "--gpus-per-task=1 -n1" "--gpus-per-socket=1 --sockets-per-node=1" \
        "--ntasks-per-gpu=1 -n1" --tres-per-task=gres/gpu:1\ -n1 --exclusive; do
        # shellcheck disable=SC2086
        refused bob "$message" --account=lab $form
    done
    # Without an account it is the user's default one.
    refused bob "$message" --gpus=1
    id=$(submit bob --hold --account=lab -n4 --wrap true)
    update bob "$id" Gres=gres/gpu:1
    [ "$status" -eq 1 ]
    [[ $output == *"$message"* ]]
    as bob scontrol update JobId="$id" NumTasks=2
    submit bob --hold --workspace=wide --gpus=1 --wrap true
    root_on ctl scontrol update JobId="$id" Gres=gres/gpu:1
    site any
}

@test "training types that the workspace does not have are refused by name" {
    root_on ctl bash -c 'cat >/etc/flightbase/workspaces.d/tiny.json' <<<'{"training": ["builtin", "jupyter"]}'
    until_true 10 refused_as bob "training type" --workspace=tiny
    refused bob "flightbase: workspace 'tiny': training type 'advanced' is not allowed in it: builtin and jupyter can be used; choose with --training, or ask an administrator to allow it" \
        --workspace=tiny --training=advanced
    root_on ctl bash -c 'cat >/etc/flightbase/workspaces.d/tiny.json' <<<'{"training": ["advanced"]}'
    until_true 10 as bob sbatch --test-only --workspace=tiny --wrap true
}

# forge ACCOUNT FIELD=VALUE...: a request that sbatch would not send.
forge() { run as bob forge "$1" /dev/null "${@:2}"; }

@test "forged requests are counted like Slurm reads them, and harm nothing" {
    forge tiny @tres_per_node=nogres/gpu:9
    [[ $output == *"the job asks for 9 GPUs: the quota is 0"* ]]
    forge tiny @tres_per_node=gres/gpu:2,gres/gpu:v100:0,license/x:4,gres/gpu:v100:3
    [[ $output == *"the job asks for 5 GPUs"* ]]
    forge tiny @tres_per_job=gres/gpu:18446744073709551614k
    [[ $output == *"the job asks for 18446744073709551615 GPUs"* ]]
    forge tiny @tres_per_task=gres/gpu:9223372036854775808 @num_tasks=2
    [[ $output == *"the job asks for 18446744073709551615 GPUs"* ]]
    forge tiny @tres_per_node=gres/gpu:4 @min_nodes=1000000000
    [[ $output == *"the job asks for 4000000000 GPUs"* ]]
    # A client cannot say that it is a component of a job that was counted before.
    forge wide @tres_per_job=gres/gpu:32 @het_job_offset=0
    [ "$status" -eq 0 ]
    forge wide @tres_per_job=gres/gpu:32 @het_job_offset=1
    [ "$status" -eq 0 ]
    # What nobody can read is Slurm's to refuse.
    for field in tres_per_job=gres/gpu: tres_per_node=gres/gpu=x tres_per_node=x*5000 tres_per_job=gres/gpu:v100:x \
        'tres_per_socket=,,,' partition=x*2000 qos=x*2000 qos=nosuch; do
        forge tiny "@$field"
        [ "$status" -eq 1 ] || [ "$(gpus_of "$output" ReqTRES)" -eq 0 ]
    done
    root_on ctl scontrol ping | grep -q UP
}
