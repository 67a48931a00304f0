# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the cluster tests share: acting as users and as root in the lab, jobs, workspaces, daemons.
# `tools/flightbase-lab test` sets FLIGHTBASE_LAB and FLIGHTBASE_LAB_NAME; by hand, the lab that is up
# under its usual name is used.

: "${FLIGHTBASE_LAB:=${BATS_TEST_DIRNAME:-.}/../../tools/flightbase-lab}"
export FLIGHTBASE_LAB FLIGHTBASE_LAB_NAME=${FLIGHTBASE_LAB_NAME:-lab}

# as USER COMMAND...: on the login node.
as() { "$FLIGHTBASE_LAB" run --user "$1" -- "${@:2}"; }

# root_on NODE COMMAND...
root_on() { "$FLIGHTBASE_LAB" run --user root --node "$1" -- "${@:2}"; }

# on USER NODE COMMAND...
on() { "$FLIGHTBASE_LAB" run --user "$1" --node "$2" -- "${@:3}"; }

# submit USER SBATCH-ARGUMENT...: prints the job's id.
submit() { as "$1" sbatch --parsable --output=/dev/null "${@:2}"; }

# job_field ID NAME: a field of `scontrol show job`, as JobState or Reason.
job_field() {
    root_on ctl scontrol --oneliner show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}

# wait_job ID STATE [SECONDS]: until the job is in STATE; fails at once when it ended in another.
wait_job() {
    local state deadline=$((SECONDS + ${3:-60}))
    while :; do
        state=$(job_field "$1" JobState)
        [[ $state != "$2" ]] || return 0
        if ((SECONDS > deadline)) || [[ $2 != "$state" && $state =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|DEADLINE|OUT_OF_MEMORY)$ ]]; then
            printf 'job %s is %s (%s), not %s\n' "$1" "$state" "$(job_field "$1" Reason)" "$2" >&2
            return 1
        fi
        sleep 0.1
    done
}

# job_gpus ID: prints a line "NODES INDICES" for each group of nodes of a job, as "n[1-2] 0-3".
job_gpus() {
    root_on ctl scontrol --details show job "$1" |
        sed -nE 's/^ *Nodes=([^ ]+) .*GRES=.*\(IDX:([^)]*)\).*/\1 \2/p'
}

# make_workspace NAME QUOTA MANAGER [MEMBER...]
make_workspace() { root_on ctl lab-workspace "$@"; }

# remove_workspace NAME: with its jobs and directories, whatever state it is in.
remove_workspace() {
    root_on ctl scancel --account="$1" || true
    until_true 60 root_on ctl flightbase workspace delete "$1" --drain --purge >/dev/null
}

# cancel_jobs: all of them, and waits until the nodes are free.
cancel_jobs() {
    local deadline=$((SECONDS + 60))
    root_on ctl bash -c 'squeue -h -o %A | sort -u | xargs -r scancel'
    while [[ -n $(root_on ctl squeue -h) ]]; do
        ((SECONDS <= deadline)) || return 1
        sleep 0.1
    done
}

restart_slurmctld() { root_on ctl lab-service restart slurmctld; }

# restart_slurmd NODE...
restart_slurmd() {
    local node
    for node; do
        root_on "$node" lab-service restart slurmd
    done
}

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= deadline)) || return 1
        sleep 0.1
    done
}
