#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# --preflight: jobs whose nodes are fast, slow or broken, and what becomes of the job and is left on the node.

bats_require_minimum_version 1.5.0

setup_file() {
    load lab
    make_workspace vision 32 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
}

teardown_file() {
    load lab
    remove_workspace vision
}

setup() { load lab; }

teardown() {
    local node
    for node in n1 n2 n3 n4; do
        root_on "$node" bash -c 'tc qdisc del dev eth0 root; umount /usr/bin/flightbase-allreduce' >/dev/null 2>&1 || true
    done
    cancel_jobs
    root_on ctl scontrol update NodeName=ALL Comment=
    as alice rm -f preflight.out
}

# slow NODE...: what they send goes at 5 MB/s; all of the lab's others do a hundred.
slow() {
    local node
    for node; do root_on "$node" tc qdisc replace dev eth0 root tbf rate 40mbit burst 64kb latency 100ms; done
}

# break_tool NODE...: nothing can be measured there.
break_tool() {
    local node
    for node; do root_on "$node" mount --bind /dev/null /usr/bin/flightbase-allreduce; done
}

# preflight PERCENT SBATCH-ARGUMENT...: prints the job's id. What it says, and when its script starts, is in said.
preflight() {
    as alice sbatch --parsable --workspace=vision --gpus-per-node=2 --preflight="$1" --open-mode=append --output=preflight.out \
        "${@:2}" --wrap 'echo "script on $SLURM_JOB_NODELIST after $SLURM_RESTART_COUNT"'
}

waits_again() { [[ $(root_on ctl scontrol -o show job "$1") == *"JobState=PENDING Reason=BeginTime"* ]]; }

said() { as alice cat preflight.out; }

# requeued ID: the job waits for its next start, which Slurm puts off by two minutes, so that nothing of the last one is left on the
# nodes; start it as soon as that is so. Credentials count seconds: one of the second in which the last was revoked is refused.
requeued() {
    local node
    until_true 60 waits_again "$1"
    for node in n1 n2 n3 n4; do until_true 30 root_on "$node" bash -c '! pgrep -f "^slurmstepd: \[" >/dev/null'; done
    sleep 2
    root_on ctl scontrol update JobId="$1" StartTime=now
}

comment() { root_on ctl scontrol show node "$1" | sed -n 's/^ *Comment=//p'; }

@test "fast enough: one line, then the script, whose steps do not measure again" {
    id=$(as alice sbatch --parsable --workspace=vision -N3 --gpus-per-node=2 --preflight=1 --output=preflight.out \
        --wrap 'env | grep -c "FLIGHTBASE_.*PREFLIGHT"; srun -N3 -n3 true && echo ran')
    wait_job "$id" COMPLETED
    run said
    [ "${#lines[@]}" -eq 3 ]
    [[ ${lines[0]} =~ ^"flightbase: preflight: "[0-9.e-]+" GB/s bus bandwidth between hosts, "[0-9.]+"% of 2.5 modelled: passed"$ ]]
    [ "${lines[1]}" = 0 ]
    [ "${lines[2]}" = ran ]
    [ -z "$(comment n1)$(comment n2)$(comment n3)" ]
    run as alice flightbase explain "$id"
    [[ $output == *"Preflight   at least 1% of the modelled allreduce bandwidth before its program"* ]]
}

@test "nothing to measure, or no model to judge by: one line says so" {
    run --separate-stderr as alice srun --workspace=vision --gpus=1 --preflight echo ran
    [ "$status" -eq 0 ]
    [ "$output" = ran ]
    [ "$stderr" = "flightbase: preflight: one GPU: nothing to measure" ]
    run --separate-stderr as alice srun --workspace=vision -N2 --preflight echo ran
    [ "$output" = ran$'\n'ran ]
    [[ $stderr == *" GB/s bus bandwidth between hosts on n["*"]: it works, which is all that can be judged: "*": passed" ]]
}

@test "a slow node: the job is requeued without it, which explain and the node tell" {
    root_on ctl scontrol update NodeName=n2 Comment='fan [3] noisy'
    slow n2
    id=$(preflight 1 -N3)
    requeued "$id"
    run said
    [[ ${lines[0]} =~ ^"flightbase: preflight: "[0-9.e-]+" GB/s bus bandwidth between hosts, "[0-9.]+"% of 2.5 modelled, less than the 1% asked for: n2 is slow ("[0-9.e-]+" GB/s with its best peer; others "[0-9.]+")"$ ]]
    [ "${lines[1]}" = "flightbase: preflight: job '$id' is requeued without n2 (1 of 2 times)" ]
    wait_job "$id" COMPLETED
    [ "$(job_field "$id" ExcNodeList)" = n2 ]
    [[ $(said) == *"modelled: passed"$'\n'"script on n[1,3-4] after 1" ]]
    [[ $(comment n2) =~ ^"fan [3] noisy [flightbase preflight: failed 1 time, last 20"[-0-9T:]+" by job $id: "[0-9.e-]+" of 2.5 GB/s]"$ ]]
    run as alice flightbase explain "$id"
    [[ $output =~ "Preflight   requeued 1 of 2 times: n2 gave "[0-9.e-]+" of 2.5 GB/s (asked for: 1%)" ]]
    [ "$(as alice flightbase explain --json "$id" | jq -r '.preflight.requeued[0].node')" = n2 ]
    run as alice flightbase node show n2
    [[ $output == *"Preflight    failed 1 time, last 20"* ]]
    [ "$(as alice flightbase node list --json | jq -r '.nodes[] | select(.preflight_failed == 1).name')" = n2 ]
}

@test "all equally slow: nobody is excluded, and the script runs" {
    slow n1 n2 n3
    id=$(preflight 1 -N3 -w 'n[1-3]')
    wait_job "$id" COMPLETED
    [[ $(said) == *": no node of n[1-3] is slower than the others"*"job '$id' goes on: "*"script on n[1-3] after "* ]]
    [ -z "$(comment n1)$(comment n2)$(comment n3)" ]
    [ "$(job_field "$id" ExcNodeList)" = '(null)' ]
    grep -q "flightbase: job $id: preflight: slow on n\[1-3\]: .* no single node is to blame" <(root_on n1 cat /var/log/lab/n1.slurmd.log)
}

@test "broken nodes: requeued twice, then the job fails with a line that names them" {
    break_tool n2 n3 n4
    id=$(preflight 1 -N2)
    requeued "$id"
    requeued "$id"
    wait_job "$id" FAILED
    [ "$(job_field "$id" ExitCode)" = 75:0 ]
    run said
    [[ $output == *"the allreduce did not work on n[1-2], because of n2: "*"n2"* ]]
    [ "${lines[-1]}" = "flightbase: preflight: job '$id' fails on n4: it was requeued 2 times already, without n2 and n3" ]
    [[ $output != *script* ]]
    [ "$(job_field "$id" ExcNodeList)" = n2,n3 ]
    for node in n2 n3 n4; do [[ $(comment "$node") == *"failed 1 time, last "*" by job $id: did not work]" ]]; done
    run as alice flightbase explain "$id"
    [[ $output == *"requeued 2 of 2 times: n2 did not work, n3 did not work (asked for: 1%)"* ]]
}

@test "where a requeue is not allowed or could not help, the job fails and says why; the node counts" {
    break_tool n2
    id=$(preflight 1 -N2 --no-requeue)
    wait_job "$id" FAILED
    [[ $(said) == *"job '$id' fails on n2: it may not be requeued (--no-requeue)" ]]
    id=$(preflight 1 -N2 -w n2)
    wait_job "$id" FAILED
    [[ $(said) == *"job '$id' fails on n2: it asks for n2 (--nodelist); submit it without" ]]
    id=$(preflight 1 -N4)
    wait_job "$id" FAILED
    [[ $(said) == *"job '$id' fails on n2: without n2 too few nodes of its kind are left in its partition for it" ]]
    [ "$(job_field "$id" ExcNodeList)" = '(null)' ]
    [[ $(comment n2) == "[flightbase preflight: failed 3 times, last "*" by job $id: did not work]" ]]
}

@test "of an array only the task that met the node is requeued" {
    break_tool n2
    id=$(preflight 1 -N2 --exclusive --array=0-1)
    wait_job "${id}_1" COMPLETED
    until_true 30 waits_again "${id}_0"
    [ "$(job_field "${id}_0" ExcNodeList) $(job_field "${id}_1" ExcNodeList)" = "n2 (null)" ]
}

@test "srun cannot requeue: it names the node, and its program does not run" {
    break_tool n2
    run as alice srun --workspace=vision -N2 --gpus-per-node=2 --preflight=1 echo ran
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: preflight: the allreduce did not work on n[1-2], because of n2: "*"; run it again with --exclude=n2"* ]]
    [[ $output != *ran* ]]
    run as alice srun --workspace=vision -N2 --gpus-per-node=2 --exclude=n2 --preflight=1 echo ran
    [ "$status" -eq 0 ]
    [[ $output == *"modelled: passed"*ran$'\n'ran ]]
    # In a job the step is what was asked about.
    id=$(as alice sbatch --parsable --workspace=vision -N2 --gpus-per-node=2 --output=preflight.out \
        --wrap 'srun --preflight=1 true; echo "status $?"; srun echo "another"')
    wait_job "$id" COMPLETED
    [[ $(said) == *"because of n2: "*"; run the step with --exclude=n2, or another job"*"status 1"*another* ]]
    run as alice salloc --workspace=vision --preflight true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--preflight': salloc starts no program that it could be measured for; give it to srun inside the allocation"* ]]
    run as alice sbatch --workspace=vision --preflight -n1 : -n1 --wrap true
    [[ $output == *"flightbase: option '--preflight': a heterogeneous job cannot be measured as a whole"* ]]
}

@test "cancelled while it measures: it ends, and nobody is blamed" {
    root_on n2 tc qdisc replace dev eth0 root tbf rate 1mbit burst 32kb latency 400ms
    id=$(preflight 1 -N3 -w 'n[1-3]')
    until_true 30 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl squeue -h -s -o %j) == *flightbase-preflight* ]]'
    as alice scancel "$id"
    until_true 30 bash -c '[[ -z $("$FLIGHTBASE_LAB" run --user root --node ctl squeue -h) ]]'
    [ "$(job_field "$id" JobState)" = CANCELLED ]
    [ "$(job_field "$id" Restarts)" = 0 ]
    [ -z "$(comment n1)$(comment n2)$(comment n3)" ]
    [[ $(said) != *script* && $(said) != *requeued* ]]
}

@test "a report that is not a node's of the job, or comes from a user, changes nothing" {
    report='{"flightbase_preflight":1,"node":"%s","gbps":1,"model":2,"restart":0}'
    id=$(as alice sbatch --parsable --workspace=vision -N1 --exclude=n1 --gpus=1 --preflight --output=preflight.out --wrap 'sleep 60')
    wait_job "$id" RUNNING
    node=$(job_field "$id" NodeList)
    before=$(job_field "$id" AdminComment)
    run as alice scontrol update JobId="$id" AdminComment="${report/\%s/$node}"
    [ "$status" -ne 0 ]
    for other in n1 nonesuch "n[1-2]" "$node,n1"; do
        run root_on ctl scontrol update JobId="$id" AdminComment="${report/\%s/$other}"
        [ "$status" -ne 0 ]
    done
    # Of an earlier run of the job.
    run root_on ctl scontrol update JobId="$id" AdminComment="{\"flightbase_preflight\":1,\"node\":\"$node\",\"gbps\":1,\"model\":2,\"restart\":7}"
    [ "$status" -ne 0 ]
    [ "$(job_field "$id" AdminComment) $(job_field "$id" ExcNodeList)" = "$before n1" ]
    # Told twice of one run, it counts once.
    for _ in 1 2; do root_on ctl scontrol update JobId="$id" AdminComment="${report/\%s/$node}"; done
    [ "$(job_field "$id" AdminComment | jq -c '[(.requeued | length), .preflight]')" = '[1,70]' ]
    [ "$(job_field "$id" ExcNodeList)" = "n1,$node" ]
}

@test "a limit that is no number of seconds" {
    run as alice env FLIGHTBASE_PREFLIGHT_LIMIT=2m srun --workspace=vision --gpus=1 --preflight true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: preflight: FLIGHTBASE_PREFLIGHT_LIMIT: '2m' is not a whole number"* ]]
    run as alice env FLIGHTBASE_PREFLIGHT_LIMIT=4 srun --workspace=vision --gpus=1 --preflight true
    [[ $output == *"FLIGHTBASE_PREFLIGHT_LIMIT: 4 is outside 5 to 3600"* ]]
}
