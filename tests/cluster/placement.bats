#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Choice of nodes: leaf groups, nodes of several types, what jobs require of wires. Two leaf groups of two nodes; n1 and n2
# have pairs joined by bridges, n3 and n4 all GPUs behind a switch.

bats_require_minimum_version 1.5.0
load lab.bash

TYPES=$BATS_TEST_DIRNAME/../data/node-types

put() { root_on ctl sh -c "cat >'$1.new' && mv '$1.new' '$1'"; }

grouped() { root_on ctl scontrol show topology 2>/dev/null | grep -q " 4 nodes wired, 0 not, $1 leaf groups"; }

# wire FABRIC: topology.json with two types and this member "fabric", or none.
wire() {
    {
        printf '{"types":{"pairs":'
        cat "$TYPES/pcie-bridge8.json"
        printf ',"switched":'
        cat "$TYPES/p4d.json"
        printf '},%s"nodes":[{"nodes":"n[1-2]","type":"pairs"},{"nodes":"n[3-4]","type":"switched"}]}\n' "${1:+\"fabric\":$1,}"
    } | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
}

GROUPS_OF_TYPES='{"groups":[{"name":"g1","leaves":["l1"],"nodes":"n[1-2]"},{"name":"g2","leaves":["l2"],"nodes":"n[3-4]"}]}'
GROUPS_MIXED='{"groups":[{"name":"g1","leaves":["l1"],"nodes":"n[1,3]"},{"name":"g2","leaves":["l2"],"nodes":"n[2,4]"}]}'

setup_file() {
    root_on ctl cp -a /etc/flightbase/topology.json /etc/flightbase/topology.json.kept
    make_workspace placing 32 alice alice
    wire "$GROUPS_OF_TYPES"
    until_true 30 grouped 2
}

teardown_file() {
    cancel_jobs
    remove_workspace placing
    root_on ctl mv /etc/flightbase/topology.json.kept /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
}

teardown() { cancel_jobs; }

# place SBATCH-ARGUMENT...: submits, waits until it runs, and prints the id.
place() {
    local id
    id=$(submit alice --workspace=placing --wrap 'sleep 600' "$@") && wait_job "$id" RUNNING && echo "$id"
}

nodes_of() { job_field "$1" NodeList; }

pending_for() { [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Reason) == "$2" ]]; }

@test "a small job takes the smallest piece that holds it, a large one the node that is whole" {
    pair=$(place --gres=gpu:2)
    [[ $(nodes_of "$pair") == n1 ]]
    whole=$(place --gres=gpu:8)
    [[ $(nodes_of "$whole") == n[34] ]]
    more=$(place --gpus=2)
    [[ $(nodes_of "$more") == n1 ]]
    four=$(place --gpus=4)
    [[ $(nodes_of "$four") == n[34] ]]
    many=$(place --gpus=10)
    [[ $(job_field "$many" NumNodes) == 2 ]]
}

@test "a job of two nodes stays in one leaf group" {
    one=$(place -N1 -w n3 --gres=gpu:1)
    two=$(place -N2 --gres=gpu:8)
    [[ $(nodes_of "$two") == 'n[1-2]' ]]
    scancel_and_wait "$one" "$two"
    one=$(place -N1 -w n1 --gres=gpu:1)
    two=$(place -N2 --gpus-per-node=8)
    [[ $(nodes_of "$two") == 'n[3-4]' ]]
    scancel_and_wait "$one" "$two"
    one=$(place -N1 -w n1 --gres=gpu:1)
    two=$(place --gpus=16 --gpus-per-task=1 -n16)
    [[ $(nodes_of "$two") == 'n[3-4]' ]]
}

scancel_and_wait() {
    local id
    root_on ctl scancel "$@"
    for id; do until_true 30 ended "$id"; done
}
ended() { [[ -z $(root_on ctl squeue -h -j "$1" 2>/dev/null) ]]; }

@test "exclusive jobs and jobs without GPUs go by leaf groups too" {
    one=$(place -N1 -w n3 --gres=gpu:1)
    two=$(place -N2 --exclusive --gres=gpu:1)
    [[ $(nodes_of "$two") == 'n[1-2]' ]]
    scancel_and_wait "$one" "$two"
    one=$(place -N1 -w n2 --exclusive)
    two=$(place -N2 -c1 --exclusive)
    [[ $(nodes_of "$two") == 'n[3-4]' ]]
}

@test "what the user says of nodes holds: -w, -x, constraints of number, weights of the site" {
    named=$(place -N2 -w n1,n4 --gres=gpu:2)
    [[ $(nodes_of "$named") == 'n[1,4]' ]]
    without=$(place -x n1,n2 --gpus=2)
    [[ $(nodes_of "$without") == n[34] ]]
    range=$(place -N2-3 --gres=gpu:1)
    [[ $(job_field "$range" NumNodes) == 3 ]]
    cancel_jobs
    root_on ctl scontrol update nodename=n1,n2 weight=100
    light=$(place --gpus=2)
    [[ $(nodes_of "$light") == n[34] ]]
    root_on ctl scontrol update nodename=n1,n2 weight=1
}

@test "p2p=require waits for an island, and explain says so" {
    busy=$(place -w n1 --gres=gpu:8)
    island=$(submit alice --workspace=placing --p2p=require --gres=gpu:2 -w n1 --wrap 'sleep 600')
    until_true 30 pending_for "$island" Resources
    run as alice flightbase explain "$island"
    [[ $output == *"--p2p=require: it waits for 2 GPUs of a node that are P2P to each other; at most 0 such are free"* ]]
    scancel_and_wait "$busy"
    wait_job "$island" RUNNING
    [[ $(job_gpus "$island") == "n1 0,2" ]]
}

@test "p2p=require does not take GPUs of two islands, prefer does" {
    # In the end GPUs 2 and 6 of n1 are free, which are of two pairs.
    ids=()
    for gpu in 1 2 3; do ids+=("$(place -w n1 --gres=gpu:2)"); done
    single=$(place -w n1 --gres=gpu:1)
    [[ $(job_gpus "$single") == "n1 6" ]]
    root_on ctl scancel "${ids[0]}"
    until_true 30 ended "${ids[0]}"
    other=$(place -w n1 --gres=gpu:1)
    [[ $(job_gpus "$other") == "n1 7" ]]
    third=$(place -w n1 --gres=gpu:1)
    [[ $(job_gpus "$third") == "n1 0" ]]
    scancel_and_wait "$single"
    wants=$(submit alice --workspace=placing --p2p=require --gres=gpu:2 -w n1 --wrap 'sleep 600')
    until_true 30 pending_for "$wants" Resources
    run as alice flightbase explain "$wants"
    [[ $output == *"it waits for 2 GPUs of a node that are P2P to each other; at most 1 such are free, on n1"* ]]
    scancel_and_wait "$wants"
    takes=$(place -w n1 --gres=gpu:2)
    [[ $(job_gpus "$takes") == "n1 2,6" ]]
}

@test "what no node could ever give is refused at submission, with the number that could" {
    run as alice sbatch --workspace=placing --p2p=require -w n1 --gres=gpu:4 --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"Requested node configuration is not available"* ]]
    run as alice sbatch --workspace=placing --rdma=require -N3 --gres=gpu:4 --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"option '--rdma': 'require': 3 nodes: the largest leaf group of this cluster has 2; ask for fewer nodes, or use --rdma=prefer"* ]]
}

@test "rdma=require waits for a leaf group, prefer spans two" {
    place -w n1 --gres=gpu:8 >/dev/null
    place -w n3 --gres=gpu:8 >/dev/null
    spans=$(place -N2 --gres=gpu:2)
    [[ $(nodes_of "$spans") == 'n[2,4]' ]]
    waits=$(submit alice --workspace=placing --rdma=require -N2 --gres=gpu:2 --wrap 'sleep 600')
    until_true 30 pending_for "$waits" Resources
    run as alice flightbase explain "$waits"
    [[ $output == *"--rdma=require: it waits for 2 nodes of one leaf group; at most 1 have the GPUs free"* ]]
    [[ $output == *"with --rdma=prefer it would take the best that is free"* ]]
}

@test "switches=1 waits for a leaf group as long as the job wants" {
    place -w n1 --gres=gpu:8 >/dev/null
    place -w n3 --gres=gpu:8 >/dev/null
    patient=$(submit alice --workspace=placing --switches=1@60:00 -N2 --gres=gpu:2 --wrap 'sleep 600')
    hasty=$(submit alice --workspace=placing --switches=1@0:02 -N2 --gres=gpu:2 --wrap 'sleep 600')
    wait_job "$hasty" RUNNING 60
    [[ $(nodes_of "$hasty") == 'n[2,4]' ]]
    [[ $(job_field "$patient" JobState) == PENDING ]]
}

@test "explain says what was chosen: GPUs, island, leaf group, bandwidth and the best possible" {
    id=$(place -N2 --gres=gpu:2)
    run as alice flightbase explain "$id"
    echo "$output"
    [[ $output =~ "GPUs".*"NVLink island" ]]
    [[ $output =~ "modelled allreduce bandwidth "[0-9.]+" GB/s, of "[0-9.]+" at best on an empty cluster; leaf group g"[12] ]]
    run as alice flightbase explain --json "$id"
    [[ $(jq -r '.holds[0].link' <<<"$output") == NVLink ]]
    [[ $(jq -r '.wires.leaf_groups' <<<"$output") == g[12] ]]
    [[ $(jq -r '.wires.gbps > 0 and .wires.best_gbps >= .wires.gbps' <<<"$output") == true ]]
}

@test "what was asked is in the job's record" {
    id=$(place --p2p=require --rdma=require -N2 --gres=gpu:2)
    run root_on ctl scontrol show job "$id"
    [[ $output == *'"p2p":"require","rdma":"require"'* ]]
}

@test "a changed fabric counts from reconfigure on; a broken one keeps the old; running jobs stay" {
    stays=$(place -N2 --gres=gpu:8)
    before=$(job_gpus "$stays")
    nodes=$(nodes_of "$stays")
    wire "$GROUPS_MIXED"
    until_true 30 grouped 2
    [[ $(nodes_of "$stays") == "$nodes" && $(job_gpus "$stays") == "$before" ]]
    cancel_jobs
    place -N1 -w n1 --gres=gpu:1 >/dev/null
    two=$(place -N2 --gpus-per-node=8)
    [[ $(nodes_of "$two") == 'n[2,4]' ]]
    cancel_jobs
    wire '{"groups":[{"name":"g1","leaves":["l1"],"nodes":"n[1-3]"},{"name":"g2","leaves":["l2"],"nodes":"n[3-4]"}]}'
    until_true 30 root_on ctl sh -c "scontrol show topology | grep -q flightbase_topology.json"
    run root_on ctl sh -c 'grep -h "flightbase: topology:" /var/log/lab/ctl.slurmctld.log | tail -n 1'
    [[ $output == *"node 'n3' is in two leaf groups ('g1' and 'g2'); the last good copy is used"* ]]
    place -N1 -w n1 --gres=gpu:1 >/dev/null
    two=$(place -N2 --gpus-per-node=8)
    [[ $(nodes_of "$two") == 'n[2,4]' ]]
    wire "$GROUPS_OF_TYPES"
    until_true 30 grouped 2
}
