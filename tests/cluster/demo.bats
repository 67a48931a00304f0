#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo on the tests' lab: its exit status says that each part was as it should be; here, that each part is shown.

load lab.bash

teardown() {
    cancel_jobs
    remove_workspace vision || true
}

@test "the demo shows the workspace, the submission, the placement, the allreduce and the refusal" {
    run "$FLIGHTBASE_LAB" demo
    [ "$status" -eq 0 ]
    [[ $output == *"alice@login:~\$ sbatch --workspace=vision --training=advanced -N2 --ntasks-per-node=4 --gpus-per-node=4 train.sh"*"Submitted batch job "* ]]
    [[ $output == *"GPUs 0-3 are linked by 3 x NV1, 3 x NV2"* ]]
    [[ $output == *"backend: ucx bootstrap: "*" ranks: 8"*"# Out of bounds values : 0 OK"* ]]
    [[ $output == *"bob@login:~\$ sbatch "*"flightbase: workspace 'vision': you are not a member (uid "* ]]
}
