#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --preemptible at submission: the QOS it stands for, who is refused and with which words, what is recorded, and that
# a job stays what it was submitted as. What preemption does is in guarantee.bats.

setup_file() {
    load lab
    sacct_quiet delete qos preemptible,scavenge || true
    make_workspace vision 16 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    sacct_quiet delete qos preemptible,scavenge
}

setup() { load lab; }

sacct_quiet() { root_on ctl sacctmgr -iQ "$@" >/dev/null; }

accepted() { as alice sbatch --test-only --workspace=vision --wrap true "$@"; }

refused() { # message option...
    local message=$1
    shift
    run as alice sbatch --hold --workspace=vision "$@" --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"error: flightbase: $message"* ]] || { echo "$output"; return 1; }
}

@test "it is refused until the QOS exists and the workspace may use it" {
    refused "option '--preemptible': QOS 'preemptible', in which preemptible jobs run, does not exist; ask an administrator to create it" \
        --preemptible
    sacct_quiet add qos preemptible
    sacct_quiet add qos scavenge
    sacct_quiet modify qos ws-vision set preempt=preemptible,scavenge
    may_not="option '--preemptible': workspace 'vision' may not use QOS 'preemptible', in which preemptible jobs run; ask an administrator to add it to the account's"
    until_true 10 refused "$may_not" --preemptible
    sacct_quiet modify account vision set qos+=preemptible
    until_true 10 accepted --preemptible
}

@test "it is recorded, and sets the QOS; who names the QOS has the same" {
    for option in --preemptible --qos=preemptible --qos=PREEMPTIBLE; do
        id=$(submit alice --hold --workspace=vision "$option" --wrap true)
        [ "$(job_field "$id" QOS)" = preemptible ]
        [ "$(job_field "$id" AdminComment)" = '{"flightbase":1,"workspace":"vision","training":"advanced","p2p":"prefer","rdma":"prefer","preemptible":true}' ]
    done
    id=$(submit alice --hold --workspace=vision --wrap true)
    [ "$(job_field "$id" QOS)" = ws-vision ]
    [[ $(job_field "$id" AdminComment) != *preemptible* ]]
}

@test "another QOS beside it is refused, and so is a list with it" {
    refused "option '--preemptible': conflicts with --qos=ws-vision: preemptible jobs run in QOS 'preemptible'; leave out --qos" \
        --preemptible --qos=ws-vision
    refused "option '--qos': 'ws-vision,preemptible' names the QOS of preemptible jobs, 'preemptible', among others: a job is preemptible or not; give --preemptible without --qos, or leave 'preemptible' out" \
        --qos=ws-vision,preemptible
    submit alice --hold --workspace=vision --preemptible --qos=preemptible --wrap true
}

@test "without a workspace it is refused, like every option" {
    run as alice sbatch --account=lab --preemptible --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--preemptible': needs a workspace, and account 'lab' is none"* ]]
}

@test "who would be cancelled instead of requeued is told so" {
    notice="flightbase: option '--preemptible': this job will be cancelled, not requeued, when its GPUs are wanted back"
    run as alice srun --workspace=vision --preemptible true
    [ "$status" -eq 0 ]
    [[ $output == *"$notice: only batch jobs are requeued"* ]]
    run as alice salloc --workspace=vision --preemptible true
    [ "$status" -eq 0 ]
    [[ $output == *"$notice: only batch jobs are requeued"* ]]
    run as alice sbatch --hold --workspace=vision --preemptible --no-requeue --wrap true
    [ "$status" -eq 0 ]
    [[ $output == *"$notice: it is submitted with --no-requeue"* ]]
    run as alice sbatch --hold --workspace=vision --preemptible --wrap true
    [ "$status" -eq 0 ]
    [[ $output != *flightbase* ]]
    sacct_quiet modify qos preemptible set preemptmode=cancel
    until_true 10 bash -c '[[ $("$FLIGHTBASE_LAB" run --user alice sbatch --hold --workspace=vision --preemptible --wrap true 2>&1) == *"'"$notice"': this cluster cancels preempted jobs"* ]]'
    sacct_quiet modify qos preemptible set preemptmode=cluster
}

@test "every component and every task is preemptible for itself" {
    id=$(submit alice --hold --workspace=vision --preemptible --array=0-1 --wrap true)
    [ "$(job_field "$id" QOS)" = preemptible ]
    id=$(submit alice --hold --workspace=vision -n1 : --workspace=vision --preemptible -n1 --wrap true)
    run root_on ctl scontrol show job "$id"
    [ "$(grep -c 'QOS=preemptible' <<<"$output")" -eq 1 ]
    [ "$(grep -c '"preemptible":true' <<<"$output")" -eq 1 ]
}

@test "a job stays preemptible or not" {
    id=$(submit alice --hold --workspace=vision --preemptible --wrap true)
    run as alice scontrol update JobId="$id" QOS=ws-vision
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: job '$id': cannot be moved out of QOS 'preemptible': a job stays preemptible or not, as it was submitted; cancel it and submit it again without --preemptible"* ]]
    as alice scontrol update JobId="$id" QOS=preemptible TimeLimit=5
    [ "$(job_field "$id" QOS)" = preemptible ]
    id=$(submit alice --hold --workspace=vision --wrap true)
    for qos in preemptible Preemptible ws-vision,preemptible; do
        run as alice scontrol update JobId="$id" QOS="$qos"
        [ "$status" -eq 1 ]
        [[ $output == *"flightbase: job '$id': cannot be moved into QOS 'preemptible'"* ]]
    done
    run root_on ctl scontrol update JobId="$id" QOS=preemptible
    [ "$status" -eq 1 ]
    [ "$(job_field "$id" QOS)" = ws-vision ]
    as alice scontrol update JobId="$id" QOS=ws-vision
}

@test "a step cannot be what its job is not" {
    run as alice salloc --workspace=vision srun --preemptible true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--preemptible': the job is not preemptible: a step runs inside its job; submit another job for it"* ]]
    as alice salloc --workspace=vision --preemptible srun true
    as alice salloc --workspace=vision --preemptible srun --preemptible true
}

@test "the QOS is the site's choice" {
    root_on ctl bash -c 'cp /etc/flightbase/flightbase.json /etc/flightbase/kept
        jq ".preemptible_qos = \"scavenge\"" /etc/flightbase/kept >/etc/flightbase/flightbase.json'
    sacct_quiet modify account vision set qos+=scavenge
    until_true 10 bash -c '[[ $("$FLIGHTBASE_LAB" run --user alice sbatch --hold --workspace=vision --preemptible --qos=preemptible --wrap true 2>&1) == *"preemptible jobs run in QOS '\''scavenge'\''"* ]]'
    until_true 10 accepted --preemptible
    id=$(submit alice --hold --workspace=vision --preemptible --wrap true)
    root_on ctl mv /etc/flightbase/kept /etc/flightbase/flightbase.json
    [ "$(job_field "$id" QOS)" = scavenge ]
    until_true 10 accepted --preemptible --qos=preemptible
}

@test "where Slurm would not preempt, it is refused" {
    root_on ctl bash -ec 'cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.away
        sed -i "/^Preempt/d" /etc/slurm/slurm.conf; lab-service restart slurmctld'
    until_true 20 root_on ctl scontrol ping
    run as alice sbatch --hold --workspace=vision --preemptible --wrap true
    root_on ctl mv /etc/slurm/slurm.conf.away /etc/slurm/slurm.conf
    restart_slurmctld
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--preemptible': slurm.conf lacks PreemptType=preempt/qos, without which lent GPUs do not come back; ask an administrator to set it"* ]]
    until_true 20 accepted --preemptible
}
