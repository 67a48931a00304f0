#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The order of a workspace's jobs: all start at nice 1000, their owners move them back only, the workspace's manager both ways.

setup_file() {
    load lab
    make_workspace vision 16 alice bob
    make_workspace nlp 16 carol
    root_on login cc -x c - -o /usr/local/bin/forge -lslurm <"$BATS_TEST_DIRNAME/forge.c"
    until_true 10 as bob sbatch --test-only --workspace=vision --wrap true
    until_true 10 as carol sbatch --test-only --workspace=nlp --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
}

setup() { load lab; }

teardown() { cancel_jobs; }

# waiting OPTION...: a job of bob's that is in the queue, with a priority, but cannot start.
waiting() { submit bob --workspace=vision --begin=now+1hour "$@" --wrap true; }

nice() { job_field "$1" Nice; }

update() { run as "$1" scontrol update JobId="$2" "${@:3}"; }

# denied: the last update was, by us, and the job is as it was.
denied() {
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': $1"* ]]
}

@test "jobs of workspaces start at nice 1000, others where they asked for" {
    [ "$(nice "$(waiting)")" -eq 1000 ]
    [ "$(nice "$(waiting --nice=50)")" -eq 1050 ]
    [ "$(nice "$(waiting --nice=2147483645)")" -eq 2147483645 ]
    [ "$(nice "$(submit bob --hold --account=lab --nice=7 --wrap true)")" -eq 7 ]
    run as bob sbatch --workspace=vision --nice=-1 --wrap true
    [ "$status" -ne 0 ]
    id=$(waiting --array=1-2)
    [ "$(nice "$id")" -eq 1000 ]
    id=$(waiting -n1 : --workspace=vision -n1)
    [ "$(root_on ctl scontrol show job "$id" | grep -c Nice=1000)" -eq 2 ]
    # An administrator may put one ahead from the start.
    id=$(root_on login sbatch --parsable --uid=bob --hold --output=/dev/null --workspace=vision --nice=-500 --wrap true)
    [ "$(nice "$id")" -eq 500 ]
}

@test "the owner moves a job back, and not ahead of others" {
    id=$(waiting)
    as bob scontrol update JobId="$id" Nice=3000
    [ "$(nice "$id")" -eq 3000 ]
    as bob scontrol update JobId="$id" Nice=1000
    [ "$(nice "$id")" -eq 1000 ]
    for value in 999 0; do
        update bob "$id" Nice="$value"
        denied "nice $value would move the job ahead of others: its owner may not go below 1000; ask the workspace's manager"
        [ "$(nice "$id")" -eq 1000 ]
    done
    update bob "$id" Nice=-5
    [ "$status" -eq 1 ]
    # Where a manager has moved it forward it may stay, or go back.
    as alice scontrol update JobId="$id" Nice=300
    as bob scontrol update JobId="$id" Nice=300 JobName=same
    as bob scontrol update JobId="$id" Nice=400
    [ "$(nice "$id")" -eq 400 ]
    update bob "$id" Nice=399
    denied "nice 399 would move the job ahead of others"
}

@test "there is no way around it by the priority, by top, or by the client" {
    id=$(waiting)
    priority=$(job_field "$id" Priority)
    # Slurm would give the job nice 0 along with the lower priority.
    update bob "$id" Priority=$((priority - 1))
    denied "the priority of a job cannot be set by its owner: jobs of a workspace are ordered by nice; set Nice, or ask the workspace's manager"
    [ "$(nice "$id")" -eq 1000 ]
    run as bob scontrol top "$id"
    [ "$status" -ne 0 ]
    [ "$(nice "$id")" -eq 1000 ]
    run as bob scontrol update JobId="$id" SiteFactor=100000
    [ "$status" -ne 0 ]
    # Hold and release are the owner's, and change nothing.
    as bob scontrol hold "$id"
    [ "$(job_field "$id" Reason)" = JobHeldUser ]
    as bob scontrol release "$id"
    [ "$(nice "$id")" -eq 1000 ]
    [ "$(job_field "$id" Priority)" -eq "$priority" ]
    forged=$(as bob forge vision /dev/null @begin_time="$(root_on ctl date -d +1hour +%s)" @site_factor=2148483648 @priority=4000000000)
    [ "$(nice "$forged")" -eq 1000 ]
    [ "$(job_field "$forged" Priority)" -eq "$priority" ]
    # 0 is what -2147483648 is to Slurm; it refuses that itself.
    run as bob forge vision /dev/null @nice=0
    [ "$status" -eq 1 ]
}

@test "the manager moves members' jobs both ways, and the queue follows" {
    first=$(waiting) second=$(waiting)
    [ "$(job_field "$first" Priority)" -eq "$(job_field "$second" Priority)" ]
    middle=$(job_field "$first" Priority)
    as alice scontrol update JobId="$second" Nice=0
    [ "$(job_field "$second" Priority)" -eq $((middle + 1000)) ]
    as alice scontrol update JobId="$first" Nice=1900
    [ "$(job_field "$first" Priority)" -eq $((middle - 900)) ]
    update alice "$first" Nice=-1
    [ "$status" -eq 1 ]
    # Its own jobs as well; and nobody else's.
    own=$(submit alice --workspace=vision --begin=now+1hour --wrap true)
    as alice scontrol update JobId="$own" Nice=10
    [ "$(nice "$own")" -eq 10 ]
    update carol "$second" Nice=2000
    [ "$status" -eq 1 ]
    [ "$(nice "$second")" -eq 0 ]
    foreign=$(submit carol --workspace=nlp --begin=now+1hour --wrap true)
    update alice "$foreign" Nice=2000
    [ "$status" -eq 1 ]
    [ "$(nice "$foreign")" -eq 1000 ]
    # Manager of nlp only.
    root_on ctl sacctmgr -iQ add user carol account=vision >/dev/null
    until_true 10 as carol sbatch --test-only --workspace=vision --wrap true
    guest=$(submit carol --workspace=vision --begin=now+1hour --wrap true)
    update carol "$guest" Nice=0
    denied "nice 0 would move the job ahead of others: its owner may not go below 1000"
    root_on ctl sacctmgr -iQ delete user carol account=vision >/dev/null || true
}

@test "an administrator does what Slurm lets do" {
    id=$(waiting)
    root_on ctl scontrol update JobId="$id" Nice=-20
    [ "$(nice "$id")" -eq -20 ]
    root_on ctl scontrol update JobId="$id" Nice=1000 SiteFactor=5
    [ "$(nice "$id")" -eq 1000 ]
}

@test "a job that is requeued keeps its place" {
    id=$(submit bob --workspace=vision --nice=5 --wrap 'sleep 300')
    wait_job "$id" RUNNING
    as bob scontrol requeuehold "$id"
    until_true 30 eval '[[ $(job_field "$id" JobState) == PENDING ]]'
    [ "$(nice "$id")" -eq 1005 ]
}
