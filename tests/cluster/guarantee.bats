#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guarantees of workspaces on 4 nodes of 8 GPUs: what others may not take, what is lent and comes back, and that no
# job is started or preempted in vain. vision (alice), nlp (bob) and speech (carol) have the whole cluster as quota.

setup_file() {
    load lab
    make_workspace vision 64 alice
    make_workspace nlp 64 bob
    make_workspace speech 64 carol
    # The first guarantee makes the QOS of preemptible jobs, which all workspaces' QOS preempt.
    root_on ctl flightbase workspace modify vision --guarantee 8
    root_on ctl flightbase workspace modify vision --guarantee 0
    until_true 20 as carol sbatch --test-only --workspace=speech --preemptible --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    for name in vision nlp speech; do remove_workspace "$name"; done
    root_on ctl sacctmgr -iQ delete qos preemptible >/dev/null
}

setup() { load lab; }

teardown() {
    cancel_jobs
    root_on ctl bash -c 'scontrol -o show reservation | sed -n "s/^ReservationName=\([^ ]*\) .*/\1/p" |
        while read -r name; do scontrol delete reservation="$name"; done
        scontrol delete PartitionName=whole 2>/dev/null
        scontrol update NodeName=ALL State=RESUME 2>/dev/null || true'
    guarantee vision=0 nlp=0 speech=0
}

# guarantee WORKSPACE=GPUS...: changes the settings files, nothing else, and waits until the controller knows.
guarantee() {
    local word
    for word; do
        root_on ctl bash -c 'printf "{\"guarantee\": %d}\n" "$2" >"$1.new" && mv "$1.new" "$1"' \
            guarantee "/etc/flightbase/workspaces.d/${word%=*}.json" "${word#*=}"
    done
    until_true 10 guaranteed "$(root_on ctl bash -c 'jq -s "[.[].guarantee // 0] | add" /etc/flightbase/workspaces.d/*.json')"
}

# guaranteed GPUS: the controller keeps so many for workspaces.
guaranteed() {
    local said
    said=$(root_on ctl scontrol show topology | sed -n 's/.*have guarantees, of \([0-9]*\) GPUs now.*/\1/p')
    [ "${said:-0}" -eq "$1" ]
}

# run_as USER WORKSPACE GPUS SBATCH-ARGUMENT...: a job that stays until it is cancelled; prints its id.
run_as() { submit "$1" --workspace="$2" --gpus="$3" --time=60 --wrap 'sleep 3600' "${@:4}"; }

bf_cycles() { root_on ctl sdiag | sed -n '/^Backfilling/,$s/^\tTotal cycles: *//p'; }

bf_past() { [ "$(bf_cycles)" -gt "$1" ]; }

candidates() { root_on ctl squeue -h -t PD -o %r | grep -qE '^(None|Resources|Priority)$'; }

# settle: until both schedulers have looked at all jobs that are queued now. Backfill has no cycle when nothing has
# changed since the last, nor without a job that could start; a job that runs and ends is a change.
settle() {
    local before
    before=$(bf_cycles)
    for _ in 1 2 3; do
        wait_job "$(submit alice --account=lab --wrap true)" COMPLETED
        candidates || return 0
        ! until_true 10 bf_past "$((before + 1))" || return 0
    done
    return 1
}

# quiet: no backfill cycle for longer than their interval, because nothing changes any more.
quiet() {
    local before
    before=$(bf_cycles)
    sleep 7
    [ "$(bf_cycles)" -eq "$before" ]
}

# waits ID...: each is pending, and not for another reason than resources or its place in the queue.
waits() {
    local id
    for id; do
        [ "$(job_field "$id" JobState)" = PENDING ] || { root_on ctl scontrol show job "$id" >&2; return 1; }
        [[ $(job_field "$id" Reason) =~ ^(Resources|Priority)$ ]] || { root_on ctl scontrol show job "$id" >&2; return 1; }
    done
}

running() { root_on ctl squeue -h -t R "$@" | wc -l; }

restarts() { job_field "$1" Restarts; }

@test "others wait while only guaranteed GPUs are free; jobs without GPUs run; the owner starts" {
    guarantee vision=8
    wait_job "$(run_as bob nlp 24)" RUNNING
    nlp=$(run_as bob nlp 1)
    outside=$(submit bob --account=lab --gpus=1 --wrap 'sleep 3600')
    without=$(submit bob --workspace=nlp --wrap 'sleep 3600')
    wait_job "$without" RUNNING
    settle
    waits "$nlp" "$outside"
    owner=$(run_as alice vision 8)
    wait_job "$owner" RUNNING
    # What it has had is no longer kept, and is free again when it ends.
    as alice scancel "$owner"
    settle
    waits "$nlp" "$outside"
}

@test "a workspace goes beyond its guarantee into what is left over, not into another's" {
    guarantee vision=8 nlp=8
    large=$(run_as alice vision 25)
    settle
    waits "$large"
    as alice scancel "$large"
    wait_job "$(run_as alice vision 24)" RUNNING
    wait_job "$(run_as bob nlp 8)" RUNNING
}

@test "every form of asking for GPUs is held to it" {
    guarantee vision=31
    model=$(root_on ctl sinfo -h -o %G | sed -nE 's/^gpu:([^:]+):.*/\1/p' | head -n 1)
    ids=()
    while read -r -a form; do
        ids+=("$(submit bob --workspace=nlp --wrap true "${form[@]}")")
    done <<END
--gres=gpu:2
--gres=gpu:$model:2
--gpus=2
--gpus=$model:2
--gpus-per-node=2
--gpus-per-node=1 -N2
--gpus-per-task=1 -n2
--gpus=2 --gpus-per-task=1
--gpus=2 --ntasks-per-gpu=1
--gpus-per-socket=1 --sockets-per-node=2 -n2
--tres-per-task=gres/gpu:1 -n2
--exclusive
END
    one=$(submit bob --workspace=nlp --gpus-per-task=1 -n1 --wrap true)
    settle
    waits "${ids[@]}"
    wait_job "$one" COMPLETED
    guarantee vision=0
    for id in "${ids[@]}"; do
        wait_job "$id" COMPLETED
    done
}

@test "a job that gets whole nodes takes all their GPUs, also one that asks for none" {
    guarantee vision=25
    root_on ctl scontrol create PartitionName=whole Nodes=ALL OverSubscribe=EXCLUSIVE
    for option in --partition=whole --exclusive; do
        id=$(submit bob --workspace=nlp "$option" --wrap true)
        settle
        waits "$id"
        # It keeps nobody from the nodes that it cannot have.
        wait_job "$(run_as bob nlp 7 -N1)" RUNNING
        wait_job "$(run_as alice vision 25)" RUNNING
        cancel_jobs
    done
    guarantee vision=24
    for option in --partition=whole --exclusive; do
        wait_job "$(submit bob --workspace=nlp "$option" --wrap true)" COMPLETED
    done
}

@test "an array starts as many of its tasks as there is room for" {
    guarantee vision=8
    id=$(run_as bob nlp 8 --array=0-3)
    until_true 30 bash -c "[ \"\$(\"\$FLIGHTBASE_LAB\" run --user root --node ctl squeue -h -t R -j $id | wc -l)\" -eq 3 ]"
    settle
    [ "$(running -j "$id")" -eq 3 ]
}

@test "the components of a heterogeneous job are judged together: none starts in vain" {
    guarantee vision=20
    id=$(submit bob --workspace=nlp --gpus=8 -N1 : --workspace=nlp --gpus=8 -N1 --wrap 'sleep 3600')
    settle
    settle
    waits "$id"
    [ "$(root_on ctl grep -c "Started JobId=$id+" /var/log/lab/ctl.slurmctld.log)" -eq 0 ]
    # Only backfill starts such a job, and it has to be woken.
    until_true 60 quiet
    guarantee vision=16
    wait_job "$id" RUNNING
}

@test "idle guaranteed GPUs are lent; the borrower is requeued when the owner comes, and runs again" {
    guarantee vision=8
    for node in n1 n2 n3; do others=$(run_as bob nlp 8 -w "$node") && wait_job "$others" RUNNING; done
    waiting=$(run_as carol speech 8)
    settle
    waits "$waiting"
    lent=$(run_as carol speech 8 --preemptible)
    wait_job "$lent" RUNNING
    owner=$(run_as alice vision 8)
    wait_job "$owner" RUNNING
    [ "$(job_field "$lent" JobState)" = PENDING ]
    [ "$(restarts "$lent")" -eq 1 ]
    as carol scancel "$waiting"
    as bob scancel "$others"
    # Slurm holds a requeued job for two minutes, because the nodes where it ran refuse it for so long; n3 does not.
    root_on ctl scontrol update JobId="$lent" StartTime=now
    wait_job "$lent" RUNNING
    [ "$(job_field "$lent" NodeList)" = n3 ]
}

@test "only as much as the owner wants is taken back" {
    guarantee vision=8
    for _ in 1 2 3 4; do run_as bob nlp 8 --preemptible -N1 >/dev/null; done
    until_true 30 bash -c '[ "$("$FLIGHTBASE_LAB" run --user root --node ctl squeue -h -t R -A nlp | wc -l)" -eq 4 ]'
    wait_job "$(run_as alice vision 4 -N1)" RUNNING
    wait_job "$(run_as alice vision 4 -N1)" RUNNING
    settle
    [ "$(running -A nlp)" -eq 3 ]
}

@test "two owners who come at once both get theirs" {
    guarantee vision=8 nlp=8
    for _ in 1 2 3 4; do run_as carol speech 8 --preemptible -N1 >/dev/null; done
    until_true 30 bash -c '[ "$("$FLIGHTBASE_LAB" run --user root --node ctl squeue -h -t R -A speech | wc -l)" -eq 4 ]'
    first=$(run_as alice vision 8 -N1) second=$(run_as bob nlp 8 -N1)
    wait_job "$first" RUNNING
    wait_job "$second" RUNNING
    settle
    [ "$(running -A speech)" -eq 2 ]
}

@test "a job beyond its guarantee preempts nobody for GPUs that it would not get" {
    guarantee vision=8
    borrowers=()
    for _ in 1 2 3 4; do borrowers+=("$(run_as carol speech 8 --preemptible -N1)"); done
    for id in "${borrowers[@]}"; do wait_job "$id" RUNNING; done
    beyond=$(run_as bob nlp 25)
    nodes=$(run_as bob nlp 32 -N4)
    settle
    settle
    waits "$beyond" "$nodes"
    [ "$(running -A speech)" -eq 4 ]
    for id in "${borrowers[@]}"; do [ "$(restarts "$id")" -eq 0 ]; done
    as bob scancel "$beyond" "$nodes"
    # What is left over, borrowed or not, it may have.
    wait_job "$(run_as bob nlp 24)" RUNNING
    settle
    [ "$(running -A speech)" -eq 1 ]
}

@test "the plan for a job that waits does not keep the owner out" {
    guarantee vision=8
    for node in n2 n3 n4; do wait_job "$(run_as bob nlp 8 -w "$node" --time=10)" RUNNING; done
    planned=$(run_as bob nlp 8 -N1)
    root_on ctl scontrol update JobId="$planned" Priority=4000000
    settle
    waits "$planned"
    [[ $(job_field "$planned" SchedNodeList) =~ ^n[234]$ ]]
    owner=$(run_as alice vision 8 -N1 --time=600)
    wait_job "$owner" RUNNING
    [ "$(job_field "$owner" NodeList)" = n1 ]
}

@test "a change of the settings file takes effect by itself, both ways" {
    guarantee vision=8
    wait_job "$(run_as bob nlp 24)" RUNNING
    id=$(run_as bob nlp 4)
    settle
    waits "$id"
    guarantee vision=4
    wait_job "$id" RUNNING
    guarantee vision=8
    id=$(run_as bob nlp 1)
    settle
    waits "$id"
    root_on ctl rm /etc/flightbase/workspaces.d/vision.json
    wait_job "$id" RUNNING
}

@test "a broken settings file keeps the guarantee; reconfiguration and restart keep it too" {
    guarantee vision=8
    wait_job "$(run_as bob nlp 24)" RUNNING
    id=$(run_as bob nlp 1)
    root_on ctl bash -c 'echo "{\"guarantee\": " >/etc/flightbase/workspaces.d/vision.json'
    root_on ctl scontrol reconfigure
    until_true 30 guaranteed 8
    settle
    waits "$id"
    restart_slurmctld
    until_true 30 guaranteed 8
    until_true 30 bash -c '[ "$("$FLIGHTBASE_LAB" run --user root --node ctl squeue -h -t R -A nlp | wc -l)" -eq 1 ]'
    settle
    waits "$id"
    wait_job "$(run_as alice vision 8)" RUNNING
}

@test "outside its period nothing is kept for a workspace" {
    root_on ctl bash -c 'echo "{\"guarantee\": 32, \"from\": \"2001-01-01\", \"until\": \"2001-12-31\"}" >/etc/flightbase/workspaces.d/vision.json
        echo "{\"guarantee\": 32, \"from\": \"2099-01-01\"}" >/etc/flightbase/workspaces.d/speech.json'
    until_true 10 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl scontrol show topology) == *"2 workspaces have guarantees, of 0 GPUs now"* ]]'
    wait_job "$(run_as bob nlp 32)" RUNNING
}

@test "drained nodes, and jobs that still run there, are not counted on" {
    guarantee vision=8
    lent=$(run_as carol speech 8 --preemptible -w n4)
    wait_job "$lent" RUNNING
    root_on ctl scontrol update NodeName=n4 State=DRAIN Reason=test
    id=$(run_as bob nlp 17)
    settle
    waits "$id"
    as bob scancel "$id"
    wait_job "$(run_as bob nlp 16)" RUNNING
    wait_job "$(run_as alice vision 8)" RUNNING
    [ "$(job_field "$lent" JobState)" = RUNNING ]
}

@test "reserved nodes are not counted on, and a job in the reservation is not held up" {
    guarantee vision=8
    root_on ctl scontrol create reservation ReservationName=talk StartTime=now Duration=60 Nodes=n4 Users=bob >/dev/null
    until_true 30 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl sinfo -h -n n4 -o %T) == reserved ]]'
    wait_job "$(run_as bob nlp 16)" RUNNING
    id=$(run_as bob nlp 1)
    settle
    waits "$id"
    wait_job "$(run_as bob nlp 8 --reservation=talk --time=30)" RUNNING
    wait_job "$(run_as alice vision 8)" RUNNING
}

@test "salloc, srun and test-only are held to it as well" {
    guarantee vision=32
    run as bob srun --immediate=2 --workspace=nlp --gpus=1 true
    [ "$status" -ne 0 ]
    run as bob salloc --immediate=2 --workspace=nlp --gpus=1 true
    [ "$status" -ne 0 ]
    run as bob sbatch --test-only --workspace=nlp --gpus=1 --wrap true
    [ "$status" -ne 0 ]
    as alice srun --immediate=10 --workspace=vision --gpus=32 -N4 true
    as bob srun --immediate=10 --workspace=nlp true
}
