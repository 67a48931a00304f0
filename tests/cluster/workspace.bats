#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# job_submit: which workspace a submission gets, who is refused and with which words, and that a job stays there.

setup_file() {
    load lab
    make_workspace vision 16 alice carol
    make_workspace nlp 16 bob
    until_true 10 as bob sbatch --test-only --workspace=nlp --wrap true
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
}

setup() { load lab; }

@test "a member's job gets the workspace's account and the decision as admin comment" {
    id=$(submit alice --hold --workspace=vision --training=advanced --training-name=resnet.1 --rdma=off --wrap true)
    [ "$(job_field "$id" Account)" = vision ]
    [ "$(job_field "$id" AdminComment)" = '{"flightbase":1,"workspace":"vision","training":"advanced","name":"resnet.1","p2p":"prefer","rdma":"off"}' ]
}

@test "without --workspace, an account that is a workspace counts" {
    id=$(submit alice --hold --account=vision --wrap true)
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'* ]]
}

@test "an account in upper case is the same workspace: no way around the decision" {
    id=$(submit alice --hold --account=VISION --wrap true)
    [ "$(job_field "$id" Account)" = vision ]
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'* ]]
    run as bob sbatch --account=VISION --wrap true
    [[ $output == *"flightbase: workspace 'vision': you are not a member"* ]]
}

@test "a user's default account counts when it is a workspace" {
    root_on ctl sacctmgr -iQ modify user carol set defaultaccount=vision >/dev/null
    until_true 10 bash -c '[[ $("$FLIGHTBASE_LAB" run --user root --node ctl scontrol show assoc_mgr users=carol flags=users) == *DefAccount=vision* ]]'
    id=$(submit carol --hold --wrap true)
    [ "$(job_field "$id" Account)" = vision ]
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'* ]]
    root_on ctl sacctmgr -iQ modify user carol set defaultaccount=lab >/dev/null
}

@test "a job of an account that is no workspace is left alone" {
    id=$(submit alice --hold --account=lab --wrap true)
    [ "$(job_field "$id" Account)" = lab ]
    [ -z "$(job_field "$id" AdminComment)" ]
}

@test "a non-member is refused by name of workspace, by account, and on salloc and srun" {
    message="error: flightbase: workspace 'vision': you are not a member (uid $(as bob id -u)): only members may submit to it; ask its manager or an administrator to add you"
    for command in "sbatch --workspace=vision --wrap true" "sbatch --account=vision --wrap true" \
        "srun --workspace=vision true" "salloc --workspace=vision true"; do
        # shellcheck disable=SC2086
        run as bob $command
        [ "$status" -eq 1 ]
        [[ $output == *"$message"* ]]
    done
}

@test "an unknown workspace is refused" {
    run as alice sbatch --workspace=vison --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"error: flightbase: workspace 'vison': unknown on this cluster, which has "*"; check the name, or ask an administrator to create it"* ]]
}

@test "an account without a settings file is no workspace" {
    run as alice sbatch --workspace=lab --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'lab': unknown"* ]]
}

@test "--account that names another account than the workspace is refused" {
    run as alice sbatch --workspace=vision --account=lab --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': conflicts with account 'lab': a workspace is the job's account; leave out --account"* ]]
    submit alice --hold --workspace=vision --account=vision --wrap true
}

@test "an option of ours without a workspace is refused" {
    run as alice sbatch --account=lab --p2p=off --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: option '--p2p': needs a workspace, and account 'lab' is none; add --workspace=NAME"* ]]
}

@test "each component of a heterogeneous job is decided for itself" {
    run as alice sbatch --hold --workspace=vision -n1 : --workspace=nlp -n1 --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"workspace 'nlp': you are not a member"* ]]
    id=$(submit alice --hold --workspace=vision -n1 : --workspace=vision --p2p=off -n1 --wrap true)
    run root_on ctl scontrol show job "$id"
    [ "$(grep -c 'AdminComment=.*"workspace":"vision"' <<<"$output")" -eq 2 ]
    [ "$(grep -c '"p2p":"off"' <<<"$output")" -eq 1 ]
}

@test "every task of an array has the decision" {
    id=$(submit alice --workspace=vision --array=0-3%1 --wrap 'sleep 30')
    until_true 30 bash -c "[[ \$(\"\$FLIGHTBASE_LAB\" run --user root --node ctl squeue -h -t R -j $id) ]]"
    run root_on ctl scontrol show job "$id"
    [ "$(grep -c JobId= <<<"$output")" -ge 2 ]
    [ "$(grep -c JobId= <<<"$output")" -eq "$(grep -c '"workspace":"vision"' <<<"$output")" ]
    as alice scancel "$id"
}

@test "a job cannot be moved into or out of a workspace; other changes pass and keep the decision" {
    id=$(submit alice --hold --workspace=vision --wrap true)
    run as alice scontrol update JobId="$id" Account=lab
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': job $id cannot be moved out of it: a job keeps the workspace it was submitted to; cancel it and submit it again"* ]]
    as alice scontrol update JobId="$id" JobName=renamed TimeLimit=5 Account=vision
    [ "$(job_field "$id" JobName)" = renamed ]
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'* ]]
    id=$(submit alice --hold --account=lab --wrap true)
    run as alice scontrol update JobId="$id" Account=vision
    [ "$status" -eq 1 ]
    [[ $output == *"job $id cannot be moved into it"* ]]
    run root_on ctl scontrol update JobId="$id" Account=vision
    [ "$status" -eq 1 ]
}

@test "users cannot write the admin comment themselves" {
    id=$(submit alice --hold --workspace=vision --wrap true)
    run as alice scontrol update JobId="$id" AdminComment=forged
    [ "$status" -ne 0 ]
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'* ]]
}

@test "a member who is removed is refused at once, one who is added is let in" {
    run as bob sbatch --test-only --workspace=vision --wrap true
    [ "$status" -eq 1 ]
    root_on ctl sacctmgr -iQ add user bob account=vision >/dev/null
    until_true 10 as bob sbatch --test-only --workspace=vision --wrap true
    root_on ctl sacctmgr -iQ delete user bob account=vision >/dev/null
    run as bob sbatch --test-only --workspace=vision --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"you are not a member"* ]]
}

@test "root cannot submit for a user who is no member" {
    run root_on login sbatch --hold --uid=bob --workspace=vision --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"workspace 'vision': you are not a member"* ]]
}

@test "a member replaced by another in the same second is refused" {
    root_on ctl sacctmgr -iQ add user bob account=vision >/dev/null
    until_true 10 as bob sbatch --test-only --workspace=vision --wrap true
    sleep 2 # the plugin has seen it
    root_on ctl bash -c 'sacctmgr -iQ delete user bob account=vision; sacctmgr -iQ add user dave account=vision' >/dev/null 2>&1 || true
    run as bob sbatch --hold --workspace=vision --wrap true
    [ "$status" -ne 0 ]
    # By the plugin, or, while its snapshot is older than the change, by Slurm.
    [[ $output == *"you are not a member"* || $output == *"Invalid account or account/partition combination"* ]]
}

@test "an association that is limited to a partition counts there" {
    root_on ctl sacctmgr -iQ add user bob account=vision partition=gpu >/dev/null
    until_true 10 as bob sbatch --test-only --workspace=vision --partition=gpu --wrap true
    as bob sbatch --test-only --workspace=vision --wrap true
    root_on ctl sacctmgr -iQ delete user bob account=vision >/dev/null
}
