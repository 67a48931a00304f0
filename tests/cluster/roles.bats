#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The four roles, by the CLI and by going round it with Slurm's own tools: alice manages w, bob is its member, carol
# manages v. Slurm enforces; the CLI only says why.

setup_file() {
    load lab
    root_on ctl flightbase workspace create w --gpus 4 --manager alice --user bob --max-gpus-per-user 2
    root_on ctl flightbase workspace create v --gpus 4 --manager carol
}

teardown_file() {
    load lab
    cancel_jobs
    root_on ctl sacctmgr -iQ modify user bob set adminlevel=none >/dev/null || true
    remove_workspace w
    remove_workspace v
}

setup() { load lab; }

teardown() { cancel_jobs; }

refused() { # TEXT: the last `run` failed and said this
    [ "$status" -ne 0 ]
    [[ $output == *"$1"* ]] || { printf 'said: %s\n' "$output" && return 1; }
}

waits() { [ "$(job_field "$1" Reason)" = "$2" ]; }

limits() { # what must not change behind the administrator's back
    root_on ctl sacctmgr -nP show assoc format=account,user,grptres,qos,defaultqos where account=w,v | LC_ALL=C sort
    root_on ctl sacctmgr -nP show qos format=name,maxtrespu,maxtrespj,maxwall,flags | LC_ALL=C sort
    root_on ctl sacctmgr -nP show account withcoord format=account,coordinators where account=w,v
    root_on ctl sacctmgr -nP show user format=user,admin
}

@test "a manager adds and removes members from the login node, directory and all" {
    as alice flightbase workspace add-user w carol
    as carol sbatch --test-only --workspace=w --wrap true
    as carol touch /shared/flightbase/workspaces/w/volume/of-carol
    as alice flightbase workspace remove-user w carol
    run as carol sbatch --test-only --workspace=w --wrap true
    refused "you are not a member"
    run as carol ls /shared/flightbase/workspaces/w
    refused "Permission denied"
}

@test "a manager adds a user whom the accounting has never seen" {
    root_on ctl bash -c 'sacctmgr -iQ delete user carol; sacctmgr -nP show user carol format=user' >/dev/null
    root_on ctl flightbase workspace modify v --manager alice --user alice # carol is gone from there too
    as alice flightbase workspace add-user w carol
    as carol sbatch --test-only --workspace=w --wrap true
    as alice flightbase workspace remove-user w carol
    root_on ctl sacctmgr -iQ add user carol account=lab >/dev/null
    root_on ctl flightbase workspace modify v --manager carol --user carol
}

@test "a manager's own workspace only, and not its quota, limits, period or managers" {
    before=$(limits)
    run as alice flightbase workspace add-user v bob
    refused "flightbase: workspace 'v': add bob: that takes an administrator (Slurm's AdminLevel Operator) or a manager of the workspace; you are neither"
    run as alice flightbase workspace modify w --gpus 100
    refused "flightbase: workspace 'w': GPUs: 100 (was 4): that takes an administrator (Slurm's AdminLevel Operator); you are a manager"
    run as alice flightbase workspace modify w --max-gpus-per-user 100
    refused "flightbase: workspace 'w': GPUs of a user: 100 (was 2): that takes Slurm's AdminLevel Administrator"
    run as alice flightbase workspace modify w --until 2099-01-01
    refused "that takes root on the controller: run it as root on 'ctl'"
    run as alice flightbase workspace set-manager w bob
    refused "that takes an administrator (Slurm's AdminLevel Operator); you are a manager"
    run as alice flightbase workspace delete w
    refused "that takes an administrator"
    run as alice flightbase workspace create x --gpus 1 --manager alice
    refused "that takes an administrator"
    run as bob flightbase workspace add-user w carol
    refused "you are a member"
    [ "$(limits)" = "$before" ]
    root_on ctl bash -c '[[ ! -e /shared/flightbase/workspaces/x && ! -e /etc/flightbase/workspaces.d/x.json ]]'
}

@test "sacctmgr gives a manager no more: quota, QOS, parents, other workspaces, levels" {
    before=$(limits)
    for change in 'modify account w set grptres=gres/gpu=100' 'modify account w set grpsubmitjobs=5' 'modify qos ws-w set maxtrespu=gres/gpu=100' \
        'modify user bob where account=w set qos=normal' 'modify user bob where account=w set qos+=normal' \
        'modify user bob where account=w set defaultqos=normal' 'modify account w set parent=v' 'modify account w set qos+=normal' \
        'add user bob account=v' 'add user alice account=v' 'add coordinator account=v names=alice' 'add account x parent=root' \
        'modify user alice set adminlevel=operator' 'add user mallory account=w adminlevel=admin' 'add qos x' 'delete qos ws-w' \
        'delete account w' 'delete account v' 'delete user carol account=v' 'delete user carol'; do
        # shellcheck disable=SC2086
        as alice sacctmgr -iQ $change >/dev/null 2>&1 || true
        [ "$(limits)" = "$before" ] || { printf 'alice could: %s\n' "$change" && return 1; }
    done
}

@test "a limit that a manager sets on a member only narrows what the workspace has" {
    as alice sacctmgr -iQ modify user bob where account=w set grptres=gres/gpu=100 >/dev/null
    one=$(submit bob --workspace=w --gpus=2 --wrap 'sleep 300')
    wait_job "$one" RUNNING
    two=$(submit bob --workspace=w --gpus=1 --wrap 'sleep 300')
    until_true 20 waits "$two" QOSMaxGRESPerUser
    cancel_jobs
    root_on ctl sacctmgr -iQ modify user bob where account=w set grptres=gres/gpu=-1 >/dev/null
}

@test "a manager cancels, holds and reorders the jobs of the workspace, and nobody else's" {
    mine=$(submit bob --workspace=w --gpus=1 --hold --wrap true)
    other=$(submit carol --workspace=v --gpus=1 --hold --wrap true)
    as alice scontrol update job="$mine" nice=500
    [ "$(job_field "$mine" Nice)" = 500 ]
    as alice scontrol release "$mine"
    was=$(job_field "$other" Nice)
    for attempt in "scontrol update job=$other nice=7" "scontrol release $other" "scancel $other" "scontrol update job=$other account=w" \
        "scontrol update job=$mine account=lab"; do
        # shellcheck disable=SC2086
        run as alice $attempt
        [ "$status" -ne 0 ]
    done
    [ "$(job_field "$other" JobState) $(job_field "$other" Reason) $(job_field "$other" Nice)" = "PENDING JobHeldUser $was" ]
    again=$(submit bob --workspace=w --gpus=1 --hold --wrap true)
    as alice scancel "$again"
    wait_job "$again" CANCELLED
    # A user has his own jobs only.
    run as bob scancel "$other"
    [ "$(job_field "$other" JobState)" = PENDING ]
}

@test "of two managers the owner of the directory lets members in; the other is told so and nothing changes" {
    root_on ctl flightbase workspace modify w --manager alice,bob
    before=$(limits)
    run as bob flightbase workspace add-user w carol
    refused "flightbase: workspace 'w': its directories belong to alice, who alone lets members in; ask alice, or an administrator"
    [ "$(limits)" = "$before" ]
    as alice flightbase workspace add-user w carol
    run as bob flightbase workspace remove-user w carol
    refused "its directories belong to alice"
    as alice flightbase workspace remove-user w carol
    root_on ctl flightbase workspace set-manager w alice
}

@test "a manager cannot remove whom it is the default account of; an administrator can" {
    root_on ctl sacctmgr -iQ modify user bob set defaultaccount=w >/dev/null
    run as alice flightbase workspace remove-user w bob
    refused "flightbase: workspace 'w': it is the default account of bob; an administrator can change that, or the user: sacctmgr modify user NAME set DefaultAccount=lab"
    as bob ls /shared/flightbase/workspaces/w
    as bob sacctmgr -iQ modify user bob set defaultaccount=lab >/dev/null
    as alice flightbase workspace remove-user w bob
    as alice flightbase workspace add-user w bob
}

@test "an Operator changes quota and members, an Administrator limits too, and settings take root on the controller" {
    root_on ctl sacctmgr -iQ modify user bob set adminlevel=operator >/dev/null
    as bob flightbase workspace modify v --gpus 3
    [ "$(root_on ctl sacctmgr -nP show assoc account=v user= format=grptres)" = gres/gpu=3 ]
    run as bob flightbase workspace modify v --max-gpus-per-job 2
    refused "that takes Slurm's AdminLevel Administrator"
    root_on ctl sacctmgr -iQ modify user bob set adminlevel=administrator >/dev/null
    as bob flightbase workspace modify v --max-gpus-per-job 2
    [ "$(root_on ctl sacctmgr -nP show qos ws-v format=maxtrespj)" = gres/gpu=2 ]
    run as bob flightbase workspace modify v --description mine
    refused "flightbase: workspace 'v': change its settings: description mine (was none): that takes root on the controller: run it as root on 'ctl'"
    run root_on login flightbase workspace modify v --description mine
    refused "run it as root on 'ctl'"
    run as bob flightbase workspace add-user v alice
    refused "its directories belong to carol"
    root_on ctl sacctmgr -iQ modify user bob set adminlevel=none >/dev/null
}

@test "a manager who deletes the account by sacctmgr loses it for the members, and modify brings it back" {
    as alice sacctmgr -iQ delete account w cluster=lab >/dev/null
    run as bob sbatch --test-only --workspace=w --wrap true
    refused "you are not a member"
    root_on ctl flightbase workspace list | grep -q '^w .*incomplete'
    run root_on ctl flightbase export
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'w': left out: it has no account; complete it with workspace modify, or remove it"* ]]
    root_on ctl flightbase workspace modify w --gpus 4 --manager alice --user bob
    as bob sbatch --test-only --workspace=w --gpus=1 --wrap true
}
