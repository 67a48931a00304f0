# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/bench/placement writes for slurmctld: clusters as topology.json, and from that the files of each variant.
# shellcheck shell=bash

placement_types=$here/../data/node-types

# GB/s of an adapter as NCCL reaches it (24 an HDR port, 12 an EDR port), which the node types' files do not say. Where they name no
# adapters, one of 24 for four GPUs.
placement_gbps='{"ndv4": 24, "dgx1v": 12, "a100-pcie4": 12}'
# The order in which an administrator who knows the machines has them used: the best wired first.
placement_weights='{"ndv4": 1, "dgx1v": 2, "quads": 2, "pcie-bridge8": 3, "a100-pcie4": 4}'

# placement_type NAME: a node type; "quads", two groups of four with 4 NVLinks between any two of them, is no machine of tests/data.
placement_type() {
    if [[ $1 == quads ]]; then
        jq -n '{ description: "two quads", gpu: "v100", gpus: 8, sockets: [[0, 1, 2, 3], [4, 5, 6, 7]],
            links: [range(8) as $i | [range(8) as $j | if $i == $j then "X" elif ($i / 4 | floor) == ($j / 4 | floor) then "NV4" else "SYS" end]] }'
    else
        cat "$placement_types/$1.json"
    fi | jq -c --argjson gbps "${2:-24}" '.nics //= [range(0; .gpus; 4) as $g | { name: "mlx5_\($g / 4)", near: [range($g; [$g + 4, .gpus] | min)] }]
        | .nics[].gbps = $gbps'
}

# placement_runs CLUSTER NODES: lines "TYPE COUNT LEAF", nodes that follow each other.
placement_runs() {
    local nodes=$2 leaf=$(($2 < 512 ? 16 : 32)) sizes pattern i
    case $1 in
    superpod)
        # Nodes by leaf group in shared/data/fabrics/superpod-ndr-rail.ibnetdiscover: adapters on its IBLEAF switches that name
        # a dgx host, by the last number of the switch.
        sizes=(10 11 18 17 18 15 16 14)
        for i in "${!sizes[@]}"; do
            echo "ndv4 ${sizes[i]} $i"
        done
        ;;
    mixed)
        # Bought in batches of half a leaf: 3 of 8 behind NVSwitch, 2 with bridges, 2 DGX-1V, 1 with four PCIe cards.
        pattern=(ndv4 ndv4 ndv4 pcie-bridge8 pcie-bridge8 dgx1v dgx1v a100-pcie4)
        for ((i = 0; i * leaf / 2 < nodes; i++)); do
            echo "${pattern[i % 8]} $((leaf / 2)) $((i / 2))"
        done
        ;;
    three)
        # 24 behind NVSwitch, 20 with bridges, 20 of two quads for each 64, two or three of each in a leaf of 8.
        pattern=(ndv4 pcie-bridge8 quads ndv4 pcie-bridge8 quads ndv4 pcie-bridge8 quads ndv4 pcie-bridge8 quads ndv4 pcie-bridge8 quads ndv4)
        for ((i = 0; i < nodes; i++)); do
            echo "${pattern[i % 16]} 1 $((i / 8))"
        done
        ;;
    mingled)
        # The same machines, but of every type some in each leaf.
        pattern=(ndv4 pcie-bridge8 dgx1v ndv4 pcie-bridge8 dgx1v ndv4 a100-pcie4)
        for ((i = 0; i < nodes; i++)); do
            echo "${pattern[i % 8]} 1 $((i / leaf))"
        done
        ;;
    *)
        for ((i = 0; i * leaf < nodes; i++)); do
            echo "$1 $leaf $i"
        done
        ;;
    esac
}

# placement_topology CLUSTER NODES: topology.json.
placement_topology() {
    local type types='{}'
    for type in $(placement_runs "$1" "$2" | cut -d' ' -f1 | sort -u); do
        types=$(placement_type "$type" "$(jq -r --arg type "$type" '.[$type] // 24' <<<"$placement_gbps")" |
            jq -c --arg type "$type" --argjson types "$types" '$types + { ($type): . }')
    done
    # The rail-optimised fabric has as many links up as down on each leaf, and a leaf for each rail; the fat tree half as many.
    placement_runs "$1" "$2" | jq -R -s --argjson types "$types" \
        --argjson over "$([[ $1 == superpod ]] && echo 1 || echo 2)" --argjson rails "$([[ $1 == superpod ]] && echo 4 || echo 1)" '
        def pad: tostring | ("0000" + .)[-4:];
        [split("\n")[] | select(length > 0) | split(" ") | { type: .[0], count: (.[1] | tonumber), leaf: .[2] }]
        | reduce .[] as $run ({ at: 1, runs: [] };
            .runs += [$run + { hosts: "n[\(.at | pad)-\(.at + $run.count - 1 | pad)]" }] | .at += $run.count)
        | .runs
        | { types: $types, nodes: map({ nodes: .hosts, type }),
            fabric: { oversubscription: { leaf: $over },
                groups: (group_by(.leaf | tonumber) | map({ name: "g\(.[0].leaf)",
                    leaves: [range($rails) as $rail | .[0].leaf as $leaf | "leaf\($leaf)-\($rail)"],
                    nodes: (map(.hosts) | join(",")) })) } }'
}

# placement_files DIR VARIANT: slurm.conf, gres.conf and topology.conf beside DIR's topology.json.
placement_files() {
    local dir=$1 weights='{}' links=true plugin=$2
    case $2 in
    tuned) plugin=tree weights=$placement_weights ;;
    ours) plugin=flightbase links=false ;;
    esac
    { placement_slurm "$plugin" && placement_nodes "$weights" "$dir/topology.json"; } >"$dir/slurm.conf"
    placement_gres "$links" "$dir/topology.json" >"$dir/gres.conf"
    printf 'CgroupPlugin=disabled\n' >"$dir/cgroup.conf"
    placement_switches "$plugin" "$dir/topology.json" >"$dir/topology.conf"
}

placement_slurm() { # plugin
    cat <<EOF
ClusterName=placement
SlurmctldHost=ctl
SlurmctldPort=6827
SlurmUser=slurm
AuthType=auth/munge
StateSaveLocation=/run/slurm/placement
SlurmctldPidFile=/run/slurm/placement.pid
SlurmctldLogFile=/var/log/lab/placement.slurmctld.log
ProctrackType=proctrack/linuxproc
TopologyPlugin=topology/$1
GresTypes=gpu
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefCpuPerGPU=1
DefMemPerGPU=1000
PriorityType=priority/basic
# Every pass goes through all jobs in their order and starts what fits: nothing of it depends on the clock.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,default_queue_depth=1000000,max_sched_time=49,bf_interval=-1,bf_min_age_reserve=1000000000
MessageTimeout=99
MaxJobCount=200000
MinJobAge=10
MailProg=/bin/true
# Nodes that never come: jobs are placed and stay in state CF.
ResumeProgram=/bin/true
SuspendProgram=/bin/true
SuspendTime=INFINITE
ResumeTimeout=65000
PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE
EOF
}

# In jq: each type with its name, its nodes as a hostlist and the cores of a socket.
placement_by_type='. as $site | .types | to_entries[] | .key as $type | .value as $t
    | ([$site.nodes[] | select(.type == $type) | .nodes] | join(",")) as $hosts | (8 * $t.gpus / ($t.sockets | length)) as $cores'

placement_nodes() { # weights file
    jq -r --argjson weights "$1" "$placement_by_type"' | "NodeName=\($hosts) State=CLOUD Sockets=\($t.sockets | length) "
        + "CoresPerSocket=\($cores) RealMemory=512000 Weight=\($weights[$type] // 1) Gres=gpu:\($t.gpu):\($t.gpus)"' "$2"
}

# Links= is what AutoDetect=nvml finds: the number of NVLinks.
placement_gres() { # links file
    jq -r --argjson links "$1" "$placement_by_type"' | range($t.gpus) as $g
        | ([$t.sockets | to_entries[] | select(.value | index($g)) | .key][0]) as $socket
        | ($t.links[$g] | map(if . == "X" then "-1" elif startswith("NV") then .[2:] else "0" end) | join(",")) as $row
        | "NodeName=\($hosts) Name=gpu Type=\($t.gpu) File=/dev/nvidia\($g) Cores=\($socket * $cores)-\(($socket + 1) * $cores - 1)"
            + if $links then " Links=\($row)" else "" end' "$2"
}

placement_switches() { # plugin file
    case $1 in
    tree) jq -r '.fabric.groups | (.[] | "SwitchName=\(.name) Nodes=\(.nodes)"), "SwitchName=top Switches=\(map(.name) | join(","))"' "$2" ;;
    block)
        jq -r '.fabric.groups[] | "BlockName=\(.name) Nodes=\(.nodes)"' "$2"
        printf 'BlockSizes=%d\n' "$(placement_block "$2")"
        ;;
    esac
}

# Every block must be at least as large as the size of a block.
placement_block() {
    jq -r '[.fabric.groups[].nodes | [scan("([0-9]+)-([0-9]+)") | (.[1] | tonumber) - (.[0] | tonumber) + 1] | add] | min' "$1"
}
