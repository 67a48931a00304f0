#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# flightbase explain: for each cause a job that waits for it, and the numbers in its words. Nodes have 8 GPUs.

setup_file() {
    load lab
    make_workspace vision 8 alice bob
    make_workspace nlp 16 bob
    root_on ctl flightbase workspace modify vision --max-gpus-per-user 6 --max-gpus-per-job 7
    until_true 20 qos_known
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
    root_on ctl sacctmgr -iQ delete qos preemptible >/dev/null || true
}

setup() { load lab; }

teardown() {
    cancel_jobs
    root_on ctl bash -c 'for name in vision nlp; do f=/etc/flightbase/workspaces.d/$name.json; jq "with_entries(select(.key == \"description\"))" $f >$f.new && mv $f.new $f; done
        scontrol update PartitionName=gpu State=UP MaxTime=INFINITE
        for node in $(sinfo -h -N -t drain,drained,draining,down -o %N | sort -u); do scontrol update NodeName="$node" State=RESUME; done
        scontrol delete ReservationName=kept' 2>/dev/null || true
    until_true 20 all_idle
}

qos_known() { [[ $(root_on ctl scontrol show assoc_mgr qos=ws-vision flags=qos) == *'MaxTRESPJ=gres/gpu=7'* ]]; }

nodes() { root_on ctl sh -c 'sinfo -h -N -o %N | sort -u' | wc -l; }

all_idle() { [[ $(root_on ctl sinfo -h -N -t idle -o %N | wc -l) -eq $(nodes) ]]; }

# explain USER JOB: its screen.
explain() { as "$1" flightbase explain "$2"; }

# fact JOB PATH: a value of its JSON, as bob sees it.
fact() { as bob flightbase explain --json "$1" | as bob jq -r "$2"; }

# waits JOB REASON
waits() {
    until_true 30 test_reason "$1" "$2" || { printf 'job %s: %s\n' "$1" "$(job_field "$1" Reason)" >&2; return 1; }
}
test_reason() { [[ $(job_field "$1" Reason) == "$2" ]]; }

# running USER ARGUMENT...: a job that holds something; prints its id.
running() {
    local id
    id=$(submit "$1" --wrap 'sleep 600' "${@:2}") && wait_job "$id" RUNNING && printf '%s\n' "$id"
}

# has LINE: the screen in $output has a line that contains this.
has() {
    grep -qF -- "$1" <<<"$output" || { printf 'no "%s" in:\n%s\n' "$1" "$output" >&2; return 1; }
}

@test "quota: used of it, by whom, and when it is given back" {
    running alice --workspace=vision --gpus=5 --time=30 >/dev/null
    running bob --workspace=vision --gpus=2 >/dev/null
    id=$(submit bob --workspace=vision --gpus=4 --wrap true)
    waits "$id" AssocGrpGRES
    run explain bob "$id"
    [ "$status" -eq 0 ]
    has "'wrap' of bob: PENDING (AssocGrpGRES) since "
    has "the quota of workspace 'vision': 7 of 8 GPUs are in use, 1 left, and it asks for 4"
    has "in use by: alice 5 (1 job), bob 2 (1 job)"
    has "3 GPUs more will be free at the latest at "
    has "Asks for    4 GPUs, 1 CPU, "
    [ "${#lines[@]}" -le 24 ]
    [ "$(fact "$id" '[.causes[0].cause, .limits.quota, .limits.quota_used, .limits.users[0].user, .limits.users[0].gpus, .limits.users[1].gpus] | join(" ")')" = "quota 8 7 alice 5 2" ]
    # Who is in no workspace at all sees the same.
    run explain carol "$id"
    has "7 of 8 GPUs are in use"
}

@test "the limit of a user" {
    running alice --workspace=vision --gpus=4 >/dev/null
    id=$(submit alice --workspace=vision --gpus=3 --wrap true)
    waits "$id" QOSMaxGRESPerUser
    run explain alice "$id"
    has "the limit per user (QOS 'ws-vision'): alice uses 4 of 6 GPUs, 2 left, and it asks for 3"
    has "Limits      alice uses 4 of 6 GPUs per user, a job may use 7 GPUs"
    [ "$(fact "$id" '[.causes[0].cause, .limits.user_limit, .limits.user_used, .limits.job_limit] | join(" ")')" = "user-limit 6 4 7" ]
}

@test "another limit of the accounting: its name and numbers" {
    root_on ctl sacctmgr -iQ modify account nlp set GrpTRES=cpu=4 >/dev/null
    until_true 20 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl scontrol show assoc_mgr accounts=nlp) == *"cpu=4("* ]]'
    running bob --workspace=nlp -n3 >/dev/null
    id=$(submit bob --workspace=nlp -n2 --wrap true)
    waits "$id" AssocGrpCpuLimit
    run explain bob "$id"
    root_on ctl sacctmgr -iQ modify account nlp set GrpTRES=cpu=-1 >/dev/null
    has "GrpTRES of account 'nlp': 3 of 4 cpu are in use, and it asks for 2"
}

@test "resources: what is free, on how many nodes, and the expected start" {
    nodes=$(nodes)
    for ((i = 1; i <= nodes; i++)); do running bob --account=lab -w "n$i" --gres=gpu:6 --time=10 >/dev/null; done
    id=$(submit alice --account=lab -N2 --gres=gpu:4 --time=5 --wrap true)
    waits "$id" Resources
    run explain alice "$id"
    has "it needs 4 GPUs on each of 2 nodes; 0 of $nodes nodes have so many free"
    has "partition 'gpu': $((8 * nodes)) GPUs, $((6 * nodes)) in use, 0 out of service, $((2 * nodes)) free, at most 2 on one node"
    has "Queue       position 1 of 1 in partition gpu; those before it ask for 0 GPUs"
    until_true 30 expected "$id"
    run explain alice "$id"
    has "Start       Slurm expects 20"
    # GPUs that may lie anywhere are counted in all.
    as alice scancel "$id"
    id=$(submit alice --account=lab --gpus=$((2 * nodes + 1)) --time=5 --wrap true)
    waits "$id" Resources
    run explain alice "$id"
    has "it needs $((2 * nodes + 1)) GPUs; $((2 * nodes)) are free on the nodes it may use"
}
expected() { [[ $(fact "$1" .job.start) != null ]]; }

@test "priority: how many are before it, for how many GPUs, and what its priority is made of" {
    nodes=$(nodes)
    running bob --account=lab -N"$nodes" --gres=gpu:8 --time=10 >/dev/null
    first=$(submit alice --account=lab -N2 --gres=gpu:4 --time=5 --wrap true)
    second=$(submit alice --account=lab --gres=gpu:3 --nice=7 --time=60 --wrap true)
    waits "$first" Resources
    waits "$second" Priority
    run explain alice "$second"
    has "1 job with higher priority waits in partition 'gpu' before it, for 8 GPUs"
    has "Queue       position 2 of 2 in partition gpu; those before it ask for 8 GPUs"
    has "nice -7"
    [ "$(fact "$second" '[.queue.position, .queue.length, .queue.gpus_before, .queue.priority_parts.nice] | join(" ")')" = "2 2 8 -7" ]
}

@test "begin time" {
    id=$(submit alice --account=lab --begin=now+2hours --wrap true)
    waits "$id" BeginTime
    run explain alice "$id"
    has "it may not begin before 20"
    [[ $output =~ \(in\ (2\ h|1\ h\ 59\ min)\) ]]
    has "Queue       not in line"
}

@test "dependency: the job it waits for and how that one is; one that can never be met" {
    first=$(running alice --account=lab --time=20)
    id=$(submit alice --account=lab --dependency=afterok:"$first" --wrap true)
    waits "$id" Dependency
    run explain alice "$id"
    has "waits for afterok:$first(unfulfilled)"
    has "job $first is RUNNING until at most 20"
    as alice scancel "$first"
    waits "$id" DependencyNeverSatisfied
    run explain alice "$id"
    has "its dependency can never be met: afterok:$first"
    has "cancel it (scancel $id), or: scontrol update JobId=$id Dependency="
}

@test "held by its owner, by a manager, by an administrator" {
    id=$(submit bob --hold --workspace=vision --wrap true)
    run explain bob "$id"
    has "PENDING (JobHeldUser)"
    has "held by its owner or by a manager of its account"
    has "to let it go: scontrol release $id"
    root_on ctl scontrol hold "$id"
    waits "$id" JobHeldAdmin
    run explain bob "$id"
    has "held by an administrator, who alone can release it"
    id=$(submit bob --begin=now+1hour --workspace=vision --wrap true)
    as alice scontrol hold "$id"
    waits "$id" JobHeldUser
    run explain bob "$id"
    has "held by its owner or by a manager of its account"
}

@test "nodes that are drained: which, why, and how many GPUs are out" {
    root_on ctl scontrol update NodeName=n1 State=DRAIN Reason='broken fan'
    id=$(submit alice --account=lab -w n1 --gres=gpu:1 --wrap true)
    until_true 30 test_unavailable "$id"
    run explain alice "$id"
    has "nodes that it names (n1) are down or drained: 1"
    has "out of service: n1 with 8 GPUs (broken fan)"
    has "Slurm adds: ReqNodeNotAvail, "
    has "8 out of service (1 node)"
    [ "$(fact "$id" '[.causes[0].cause, .cluster.all.out, .cluster.out_nodes] | join(" ")')" = "nodes 8 n1" ]
}
test_unavailable() { [[ $(job_field "$1" Reason) == ReqNodeNotAvail* ]]; }

@test "partition down, and its time limit" {
    root_on ctl scontrol update PartitionName=gpu State=DOWN
    id=$(submit alice --account=lab --wrap true)
    waits "$id" PartitionDown
    run explain alice "$id"
    has "partition 'gpu' is down: jobs in it do not start until an administrator sets it up"
    root_on ctl scontrol update PartitionName=gpu State=UP
    wait_job "$id" COMPLETED
    id=$(submit alice --account=lab --hold --time=120 --wrap true)
    root_on ctl scontrol update PartitionName=gpu MaxTime=60
    root_on ctl scontrol release "$id"
    waits "$id" PartitionTimeLimit
    run explain alice "$id"
    has "its time limit is 02:00:00, but partition 'gpu' allows at most 01:00:00"
    has "shorten it: scontrol update JobId=$id TimeLimit=01:00:00"
}

@test "reservation that has not begun" {
    root_on ctl scontrol create reservation ReservationName=kept StartTime=now+60minutes Duration=60 Users=alice Nodes=n1 >/dev/null
    id=$(submit alice --account=lab --reservation=kept --wrap true)
    waits "$id" Reservation
    run explain alice "$id"
    has "reservation 'kept' begins at 20"
    [[ $output =~ begins\ at\ 20[-0-9T:]+\ \(in\ (1\ h|59\ min)\) ]]
}

@test "an array at its own limit, its waiting part and one task" {
    id=$(submit alice --account=lab --array=0-299:2%2 --wrap 'sleep 600')
    until_true 30 array_full "$id"
    run explain alice "$id"
    has "at most 2 tasks of this array run at once, 2 do, and 148 wait"
    has "Array       148 tasks wait, 2 run"
    run explain alice "${id}_0"
    has "Job         ${id}_0 'wrap' of alice: RUNNING"
    run explain alice "${id}_298"
    has "Job         ${id}_298 'wrap' of alice: PENDING (JobArrayTaskLimit)"
    run explain alice "${id}_1"
    [ "$status" -eq 1 ]
    has "flightbase: job '${id}_1': unknown to slurmctld and to slurmdbd"
}
array_full() { [[ $(fact "$1" '[.array.running, .job.reason] | join(" ")') == "2 JobArrayTaskLimit" ]]; }

@test "the end of a workspace's period" {
    root_on ctl bash -c 'echo "{\"until\":\"2099-12-31\"}" >/etc/flightbase/workspaces.d/nlp.json'
    id=$(submit bob --workspace=nlp --hold --time=60 --deadline=now+90minutes --wrap true)
    run explain bob "$id"
    has "ends 2100-01-01T00:00:00 (in "
    has "; deadline 20"
    # Slurm itself removes a job whose time is up; here the time comes only when it is expected to start.
    root_on ctl scontrol update JobId="$id" StartTime=now+60minutes
    root_on ctl scontrol release "$id"
    run explain bob "$id"
    has "and run at least 01:00:00, so begin by 20"
    [ "$(fact "$id" '[.causes[] | select(.cause == "period") | .stated] | join(" ")')" = false ]
}

@test "guarantees of other workspaces: what is free, what is lent, and for whom it is kept" {
    total=$((8 * $(nodes)))
    root_on ctl flightbase workspace modify nlp --gpus "$total" --guarantee $((total - 2))
    running bob --workspace=nlp --gpus=3 >/dev/null
    id=$(submit alice --workspace=vision --gpus=4 --wrap true)
    waits "$id" Resources
    run explain alice "$id"
    has "Why         guarantees of other workspaces: $((total - 3)) GPUs are free, $((total - 5)) of them are kept, which leaves 2, and it asks for 4"
    has "kept for: nlp $((total - 5)) (guarantee $((total - 2)), uses 3)"
    has "a job submitted with --preemptible may use them until they are wanted"
    has "; $((total - 5)) kept for guarantees of others"
    # Who borrows takes nothing away.
    running alice --workspace=vision --preemptible --gpus=1 >/dev/null
    until_true 20 lent "$id" 1
    run explain alice "$id"
    has "$((total - 4)) GPUs are free and 1 lent, $((total - 5)) of them are kept, which leaves 2"
    [ "$(fact "$id" '[.causes[0].cause, .causes[0].stated, .cluster.kept, .cluster.takable] | join(" ")')" = "guarantee true $((total - 5)) 2" ]
    root_on ctl flightbase workspace modify nlp --gpus 16 --guarantee 0
    wait_job "$id" COMPLETED
}
lent() { [[ $(fact "$1" .cluster.lent) == "$2" ]]; }

@test "a running job: nodes, GPU indices, since when and until when" {
    id=$(running alice --workspace=vision --training=advanced --training-name=resnet -N2 --gres=gpu:2 --time=30)
    run explain bob "$id"
    has "Job         $id 'wrap' of alice: RUNNING since 20"
    has "Workspace   vision: 4 of 8 GPUs in use"
    has "Training    advanced 'resnet', p2p prefer, rdma prefer"
    has "Holds       4 GPUs, "
    has " on 2 nodes: n[1-2]"
    has "GPUs        n[1-2]: $(job_gpus "$id" | head -n 1 | cut -d' ' -f2)"
    has "by its time limit 00:30:00"
    [ "$(fact "$id" '[.job.phase, .job.gpus, .holds[0].nodes] | join(" ")')" = "running 4 n[1-2]" ]
}

@test "a heterogeneous job's components" {
    id=$(submit alice --account=lab --hold --gres=gpu:1 : --gres=gpu:2 --wrap true)
    run explain alice "$id+1"
    has "Job         $id+1 'wrap' of alice: PENDING"
    has "Asks for    2 GPUs"
    has "Components  2 of this heterogeneous job; they start together"
    run explain alice "$id"
    has "Job         $id+0 "
    has "Asks for    1 GPU,"
}

@test "a finished job: from slurmctld, and from slurmdbd once that has forgotten it" {
    id=$(submit alice --workspace=vision --gpus=1 --wrap 'exit 3')
    until_true 30 test_over "$id"
    run explain bob "$id"
    has "Job         $id 'wrap' of alice: FAILED since 20"
    has "Exit        status 3"
    has "Reason      NonZeroExitCode: its exit status was not zero"
    has "Known by    slurmctld"
    root_on ctl bash -ec 'cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.away; echo MinJobAge=2 >>/etc/slurm/slurm.conf
        scontrol reconfigure'
    until_true 90 forgotten "$id"
    root_on ctl bash -ec 'mv /etc/slurm/slurm.conf.away /etc/slurm/slurm.conf; scontrol reconfigure'
    run explain bob "$id"
    has "Job         $id 'wrap' of alice: FAILED since 20"
    has "Workspace   vision"
    has "Exit        status 3"
    has "Known by    slurmdbd (slurmctld has forgotten it)"
    [ "$(fact "$id" '[.job.phase, .job.exit_status, .job.gpus, .job.from_history] | join(" ")')" = "over 3 1 true" ]
}
test_over() { [[ $(job_field "$1" JobState) == FAILED ]]; }
forgotten() { ! root_on ctl scontrol show job "$1" >/dev/null 2>&1; }

@test "what PrivateData hides is said" {
    running bob --workspace=nlp --gpus=3 >/dev/null
    other=$(submit bob --hold --account=lab --wrap true)
    id=$(submit alice --hold --workspace=vision --gpus=4 --wrap true)
    root_on ctl bash -ec 'cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.away; echo PrivateData=jobs,usage >>/etc/slurm/slurm.conf
        scontrol reconfigure'
    until_true 20 private
    run explain carol "$other"
    mine=$(explain alice "$id")
    unknown=$(explain carol 3999999 2>&1) || true
    root_on ctl bash -ec 'mv /etc/slurm/slurm.conf.away /etc/slurm/slurm.conf; scontrol reconfigure'
    [ "$status" -eq 0 ]
    # slurmdbd has a PrivateData of its own, and tells what it knows.
    has "Job         $other 'wrap' of bob: PENDING submitted 20"
    has "Known by    slurmdbd, which has not seen its end; slurmctld does not show you jobs of others (PrivateData)"
    [[ $output != *Why* ]]
    [[ $mine == *"Hidden      jobs of others, usage of others: Slurm does not show them to you (PrivateData); numbers leave them out"* ]]
    [[ $mine == *"Workspace   vision: 0 of 8 GPUs in use"* ]] # its manager sees the workspace
    [[ $unknown == *"job '3999999': unknown to slurmctld and to slurmdbd, or another user's (PrivateData hides those)"* ]]
    until_true 20 public
}
private() { [[ $(root_on ctl scontrol show config) =~ PrivateData\ *=\ *jobs,usage ]]; }
public() { [[ $(root_on ctl scontrol show config) =~ PrivateData\ *=\ *none ]]; }

@test "an unknown job, a word that is none, and too many words" {
    run explain alice 3999999
    [ "$status" -eq 1 ]
    has "flightbase: job '3999999': unknown to slurmctld and to slurmdbd; 'squeue --me' and 'sacct' list yours"
    for word in 12x 0 12_ 12_3+4 -5 ''; do
        run explain alice "$word"
        [ "$status" -eq 2 ]
    done
    run explain alice 12x
    has "flightbase: job '12x': not a job's number: give ID, ID_TASK of an array or ID+OFFSET of a heterogeneous job; see flightbase explain --help"
    run as alice flightbase explain
    [ "$status" -eq 2 ]
    has "flightbase: JOB is missing; see flightbase explain --help"
    run as alice flightbase explain 1 2
    [ "$status" -eq 2 ]
}

@test "help and completion" {
    run as alice flightbase explain --help
    [ "$status" -eq 0 ]
    has "Usage: flightbase explain JOB [OPTION...]"
    has "More: man flightbase-explain"
    [ "$(as alice flightbase --complete ex | sort | head -n 1)" = explain ]
    [ "$(as alice flightbase --complete explain --j)" = --json ]
    [ "$(as alice flightbase --complete check --v)" = --verbose ]
}

@test "without slurmctld it says so" {
    # Slurm's clients try for as long as MessageTimeout says.
    root_on ctl bash -ec 'sed "s/^MessageTimeout=.*/MessageTimeout=2/" /etc/slurm/slurm.conf >/etc/slurm/short.conf; lab-service stop slurmctld'
    run as alice env SLURM_CONF=/etc/slurm/short.conf flightbase explain 1
    root_on ctl bash -c 'rm /etc/slurm/short.conf; lab-service start slurmctld'
    [ "$status" -eq 1 ]
    has "flightbase: slurmctld: the jobs cannot be read: "
}
