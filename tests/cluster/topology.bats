#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Placement inside the node: every form of request gets one island where there is one; one-GPU jobs cut
# none; a broken topology.json changes nothing. GPU indices are those of `scontrol show job -d`.

bats_require_minimum_version 1.5.0
load lab.bash

TYPES=$BATS_TEST_DIRNAME/../data/node-types

# put FILE: standard input becomes a file of the controller and of all nodes (they share /etc/flightbase).
put() { root_on ctl sh -c "cat >'$1.new' && mv '$1.new' '$1'"; }

nodes() { root_on ctl sh -c 'sinfo -h -N -o %N | sort -u -V' | wc -l; }

# topology TYPE [NODES]: the file that names all nodes (or NODES) as of this type, as the lab writes it.
topology() {
    printf '{"types":{"%s":' "$1"
    cat "$TYPES/$1.json"
    printf '},"nodes":[{"nodes":"%s","type":"%s"}]}\n' "${2:-n[1-$(nodes)]}" "$1"
}

# wear TYPE: the cluster's nodes become machines of this type with 8 GPUs.
wear() {
    topology "$1" | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired "$(nodes)"
}

# wired COUNT: the controller says that so many nodes are wired.
wired() { root_on ctl scontrol show topology 2>/dev/null | grep -q " $1 nodes wired"; }

setup_file() {
    root_on ctl cp -a /etc/flightbase/topology.json /etc/flightbase/topology.json.kept
}

teardown_file() {
    root_on ctl mv /etc/flightbase/topology.json.kept /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
}

teardown() { cancel_jobs; }

# gpus SBATCH-ARGUMENT...: submits, waits until it runs and prints its "NODES INDICES" lines, joined by '; '.
gpus() {
    local id
    id=$(submit alice --wrap 'sleep 600' "$@") && wait_job "$id" RUNNING && job_gpus "$id" | paste -sd';'
}

# expect WHAT SBATCH-ARGUMENT...: on an idle cluster; WHAT is a regular expression for all of it.
expect() {
    local got
    got=$(gpus "${@:2}")
    cancel_jobs
    [[ $got =~ ^($1)$ ]] || { printf '%s: %s, not %s\n' "${*:2}" "$got" "$1" >&2; return 1; }
}

# The forms of asking for two GPUs on a node, on one and on two nodes.
two_of() {
    local pair="n[0-9]+ ($1)" pairs="n\[[-0-9,]+\] ($1)" model
    model=$(root_on ctl sinfo -h -o %G | sed -nE 's/^gpu:([^:]+):.*/\1/p' | head -n 1)
    expect "$pair" --gres=gpu:2
    expect "$pair" --gres="gpu:$model:2"
    expect "$pair" --gpus=2
    expect "$pair" --gpus="$model:2"
    expect "$pair" --gpus-per-node=2
    expect "$pair" --gpus-per-task=1 -n2
    expect "$pair" --gpus=2 --gpus-per-task=1
    expect "$pair" --gpus=2 --ntasks-per-gpu=1
    expect "$pair" --gpus-per-socket=2 --sockets-per-node=1
    expect "$pair" --gpus=2 --cpus-per-gpu=1
    expect "$pair" --gres=gpu:2 --gres-flags=enforce-binding
    expect "$pairs" -N2 --gres=gpu:2
    expect "$pairs" -N2 --gpus-per-node=2
    expect "$pairs" -N2 --ntasks-per-node=2 --gpus-per-task=1
}

@test "the plugin is loaded and the nodes are wired" {
    run root_on ctl scontrol show config
    [[ $output == *"topology/flightbase"* ]]
    run root_on ctl scontrol show topology
    [[ $output == *"flightbase: 1 node types, $(nodes) nodes wired, 0 not, 0 leaf groups (/etc/flightbase/topology.json)"* ]]
}

@test "pairs joined by bridges: every form gets a pair" {
    wear pcie-bridge8
    two_of '0,2|1,3|4-5|6-7'
    expect 'n[0-9]+ 0-3|n[0-9]+ 4-7' --gres=gpu:4
    expect 'n[0-9]+ 0-3|n[0-9]+ 4-7' --gpus=4
}

@test "hybrid cube mesh: every form gets a pair of two lanes, four get a quad" {
    wear dgx1v
    two_of '0,3|0,4|1-2|1,5|2-3|4,7|5-6|6-7'
    expect 'n[0-9]+ 0-3|n[0-9]+ 4-7' --gres=gpu:4
    expect 'n[0-9]+ 0-3|n[0-9]+ 4-7' --gpus-per-task=1 -n4
    expect 'n[0-9]+ 0,4' --gpus-per-socket=1 --sockets-per-node=2 -n2
}

@test "behind a switch all are equal: the lowest indices" {
    wear p4d
    expect 'n[0-9]+ 0-1' --gres=gpu:2
    expect 'n[0-9]+ 0-5' --gpus=6
}

@test "on a node in use a job gets a whole pair, not two halves" {
    wear pcie-bridge8
    first=$(gpus -w n1 --gres=gpu:1)
    [ "$first" = "n1 0" ]
    [ "$(gpus -w n1 --gres=gpu:2)" = "n1 1,3" ]
    [ "$(gpus -w n1 --gpus=2)" = "n1 4-5" ]
    [ "$(gpus -w n1 --gpus-per-task=1 -n2)" = "n1 6-7" ]
    [ "$(gpus -w n1 --gpus=1)" = "n1 2" ]
}

@test "one-GPU jobs fill one island before they cut the next" {
    wear pcie-bridge8
    [ "$(gpus -w n1 --gres=gpu:1)" = "n1 0" ]
    [ "$(gpus -w n1 --gres=gpu:1)" = "n1 2" ]
    [ "$(gpus -w n1 --gpus=1)" = "n1 1" ]
    [ "$(gpus -w n1 --gpus-per-task=1 -n1)" = "n1 3" ]
    [ "$(gpus -w n1 --gres=gpu:4)" = "n1 4-7" ]
}

three_run() { [ "$(root_on ctl squeue -h -r -t R -j "$1" | wc -l)" -eq 3 ]; }

@test "arrays and heterogeneous jobs" {
    wear pcie-bridge8
    id=$(submit alice -w n1 --array=1-3 --gres=gpu:2 --wrap 'sleep 600')
    until_true 30 three_run "$id"
    run root_on ctl sh -c "scontrol show job -d $id | grep -o 'IDX:[0-9,-]*' | sort"
    [ "$output" = $'IDX:0,2\nIDX:1,3\nIDX:4-5' ]
    cancel_jobs
    id=$(submit alice -w n1 --gres=gpu:2 : -w n2 --gpus=2 --wrap 'sleep 600')
    wait_job "$id" RUNNING
    run root_on ctl sh -c "scontrol show job -d $id | grep -o 'IDX:[0-9,-]*' | sort -u"
    [ "$output" = "IDX:0,2" ]
}

@test "an exclusive job has all GPUs" {
    wear pcie-bridge8
    expect 'n[0-9]+ 0-7' --gres=gpu:2 --exclusive
}

@test "a job that cannot have an island starts all the same" {
    wear pcie-bridge8
    for _ in 1 2 3 4; do gpus -w n1 --gres=gpu:1 >/dev/null; done
    gpus -w n1 --gres=gpu:1 >/dev/null
    gpus -w n1 --gres=gpu:2 >/dev/null
    [ "$(gpus -w n1 --gres=gpu:1)" = "n1 5" ]
}

@test "p2p=off leaves the choice to Slurm" {
    wear pcie-bridge8
    id=$(submit alice --hold --gres=gpu:2 --wrap 'sleep 600')
    root_on ctl scontrol update jobid="$id" admincomment='{"flightbase":1,"p2p":"off"}'
    root_on ctl scontrol release "$id"
    wait_job "$id" RUNNING
    [[ $(job_gpus "$id") == *" 0-1" ]]
    # Not such a record: the usual choice.
    id=$(submit alice --hold --gres=gpu:2 --wrap 'sleep 600')
    root_on ctl scontrol update jobid="$id" admincomment='p2p off, please'
    root_on ctl scontrol release "$id"
    wait_job "$id" RUNNING
    [[ $(job_gpus "$id") =~ \ (0,2|1,3|4-5|6-7)$ ]]
}

@test "a broken file keeps the last good one, over reconfigure and restart" {
    wear pcie-bridge8
    { topology pcie-bridge8 | sed 's/"gpus": 8/"gpus": 9/'; } | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired "$(nodes)"
    run root_on ctl scontrol show topology
    [[ $output == *"$(nodes) nodes wired, 0 not, 0 leaf groups ("*"/flightbase_topology.json)"* ]]
    expect 'n[0-9]+ 0,2' --gres=gpu:2
    restart_slurmctld
    until_true 30 wired "$(nodes)"
    expect 'n[0-9]+ 0,2' --gres=gpu:2
    run root_on ctl sh -c 'grep -h "flightbase: topology:" /var/log/lab/ctl.slurmctld.log | tail -n 1'
    [[ $output == *"error: flightbase: topology: /etc/flightbase/topology.json:"*": types.pcie-bridge8.links"*"; the last good copy is used"* ]]
}

@test "a node in two types is refused with its line" {
    wear pcie-bridge8
    topology pcie-bridge8 | sed 's/"nodes":\[/"nodes":[{"nodes":"n2","type":"pcie-bridge8"},/' | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired "$(nodes)"
    run root_on ctl sh -c 'grep -h "flightbase: topology:" /var/log/lab/ctl.slurmctld.log | tail -n 1'
    [[ $output == *"topology.json:"*": nodes["*"].nodes: node 'n2' is named twice"* ]]
}

@test "a node that the file does not name is placed as by Slurm" {
    topology pcie-bridge8 n1 | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired 1
    [ "$(gpus -w n1 --gres=gpu:2)" = "n1 0,2" ]
    [ "$(gpus -w n2 --gres=gpu:2)" = "n2 0-1" ]
    expect 'n1 .*;n2 .*' -w 'n[1-2]' -N2 --gpus=4
}

@test "a node with another number of GPUs is placed as by Slurm, and said once" {
    said() { root_on ctl sh -c 'grep -h "another number of GPUs" /var/log/lab/ctl.slurmctld.log | wc -l'; }
    before=$(said)
    topology a100-pcie4 | put /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired "$(nodes)"
    expect 'n[0-9]+ 0-1' --gres=gpu:2
    expect 'n[0-9]+ 0-1' --gpus=2
    [ "$(said)" -eq $((before + 1)) ]
}

@test "without a file the cluster runs as without the plugin" {
    root_on ctl rm /etc/flightbase/topology.json
    root_on ctl scontrol reconfigure
    until_true 30 wired 0
    expect 'n[0-9]+ 0-1' --gres=gpu:2
    expect 'n[0-9]+ 0-1' --gpus=2
    as alice srun -N2 --gpus-per-node=1 true
}
