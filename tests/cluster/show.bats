#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031
# `flightbase user`, `node` and `workspace show`, against what squeue, scontrol and sacctmgr say.

setup_file() {
    load lab
    make_workspace vision 16 alice bob
    make_workspace nlp 8 bob
    until_true 10 as bob sbatch --test-only --workspace=nlp --wrap true
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
    submit alice --workspace=vision -w n1 --gpus=3 -t 60 --wrap 'sleep 3600'
    submit bob --workspace=nlp -w n1 --gpus=2 -t 60 --wrap 'sleep 3600'
    submit bob --workspace=nlp --gpus=8 --hold -t 60 --wrap true
    until_true 60 two_run
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
}

setup() { load lab; }

two_run() { [ "$(root_on ctl squeue -h -t R | wc -l)" -eq 2 ]; }

# json FILTER: holds for the JSON in $output.
json() { jq -e "$1" <<<"$output" >/dev/null || { printf '%s\n' "$output" && false; }; }

@test "user show: the caller by default, with roles, what is held and what is wanted" {
    run as bob flightbase user show --json
    [ "$status" -eq 0 ]
    json '[.. | objects | select(.name? == "nlp" or .workspace? == "nlp")] | length > 0'
    json '[.. | strings] | index("vision") != null'
    run as bob flightbase user show
    [ "$status" -eq 0 ]
    [[ $output == *bob* && $output == *nlp* && $output == *vision* ]]
    run as bob flightbase user show alice
    [ "$status" -eq 0 ]
    [[ $output == *alice* ]]
}

@test "user show: somebody who is not there is named, exit status 1" {
    run as bob flightbase user show nobody-of-that-name
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "flightbase: user 'nobody-of-that-name': "* ]]
}

@test "user list: who is in a workspace, with levels, GPUs and jobs" {
    run root_on ctl flightbase user list --json
    [ "$status" -eq 0 ]
    json '[.users[] | select(.name == "bob")][0] | .workspaces == 2 and .manages == 1 and .used == 2 and .wanted == 8 and .running == 1 and .pending == 1'
    json '[.users[] | select(.name == "alice")][0] | .workspaces == 1 and .manages == 1 and .used == 3'
    json '[.users[] | select(.name == "root")][0] | .level == "Administrator"'
}

@test "node list: GPUs and jobs as squeue has them, for every node" {
    run as carol flightbase node list --json
    [ "$status" -eq 0 ]
    json '[.nodes[].name] == ["n1", "n2", "n3", "n4"]'
    json '.nodes[0] | .gpus == 8 and .used == 5 and .free == 3 and .jobs == 2'
    json 'all(.nodes[1:][]; .gpus == 8 and .used == 0 and .free == 8)'
}

@test "node show: indices, wires, jobs and whose" {
    run as carol flightbase node show n1 --json
    [ "$status" -eq 0 ]
    # The indices that are in use are those that the jobs hold.
    held=$(root_on ctl scontrol -d show job | grep -oP 'IDX:\K[0-9,-]+' | tr , '\n' |
        awk -F- '{ for (i = $1; i <= $NF; i++) print i }' | sort -n | uniq -d)
    [ -z "$held" ]
    json '.used == 5 and .free == 3 and .wires.type == "dgx1v" and .usable'
    json '[.jobs[] | .user] | sort == ["alice", "bob"]'
    json '[.jobs[] | .gpus] | add == 5'
    run as carol flightbase node show n1
    [[ $output == *"GPUs         8 v100: 5 used ("*"), 3 free ("* ]]
    [[ $output == *"Wires        dgx1v"* ]]
}

@test "node show: a drained node says why, by whom, since when" {
    root_on ctl scontrol update NodeName=n4 State=DRAIN Reason="fan 3"
    run as carol flightbase node show n4
    root_on ctl scontrol update NodeName=n4 State=RESUME
    [ "$status" -eq 0 ]
    [[ $output == *"gets no work"* && $output == *"Reason       fan 3 (root, since "* ]]
}

@test "node show: a node that is not there is named, exit status 1" {
    run as carol flightbase node show n9
    [ "$status" -eq 1 ]
    [[ $output == "flightbase: node 'n9': unknown on this cluster, which has 4; "* ]]
}

@test "workspace show: quota, people, jobs; an unknown one is refused" {
    run as alice flightbase workspace show vision
    [ "$status" -eq 0 ]
    [[ $output == *"Managers     alice"* && $output == *"Members      2: alice, bob"* ]]
    [[ $output == *"GPUs         3 used, quota 16, guaranteed 0"* && $output == *"Jobs         1 running, 0 pending"* ]]
    run as alice flightbase workspace show vison
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "flightbase: workspace 'vison': "* ]]
}
