#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# What tasks are told of their GPUs' wires (NCCL_*, UCX_*, FLIGHTBASE_*), that flightbase env tells the same, and what a
# user's environment, a node without a type and a broken topology.json do to it. Nodes are dgx1v; InfiniBand adapters are
# files in place of the kernel's.

bats_require_minimum_version 1.5.0
load lab.bash

FILE=/etc/flightbase/topology.json

setup_file() {
    root_on ctl cp -a "$FILE" "$FILE.env"
    for node in n1 n2; do make_adapters "$node"; done
    make_workspace vision 16 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
}

teardown_file() {
    cancel_jobs
    for node in n1 n2; do root_on "$node" bash -c 'umount -R -l /sys/class; rm -rf /dev/infiniband' || true; done
    root_on ctl mv "$FILE.env" "$FILE"
    remove_workspace vision
}

teardown() {
    cancel_jobs
    root_on ctl cp -a "$FILE.env" "$FILE"
}

# make_adapters NODE: /sys/class with what it has and mlx5_0 to mlx5_3, of which mlx5_3 is down.
make_adapters() {
    root_on "$1" bash -euc 'mkdir -p /run/class /dev/infiniband
        mount --rbind /sys/class /run/class
        mount -t tmpfs none /sys/class
        for folder in /run/class/*; do
            mkdir "/sys/class/${folder##*/}" && mount --bind "$folder" "/sys/class/${folder##*/}"
        done
        umount -l /run/class
        for i in 0 1 2 3; do
            nic=/sys/class/infiniband/mlx5_$i
            mkdir -p "$nic/ports/1" "$nic/device/infiniband_verbs/uverbs$i"
            echo "4: ACTIVE" >"$nic/ports/1/state"
            echo InfiniBand >"$nic/ports/1/link_layer"
            touch "/dev/infiniband/uverbs$i" && chmod 666 "/dev/infiniband/uverbs$i"
        done
        echo "1: DOWN" >/sys/class/infiniband/mlx5_3/ports/1/state'
}

# change FILTER: topology.json as jq makes it of what it is.
change() { root_on ctl sh -c 'jq "$1" "$2.env" >"$2.new" && mv "$2.new" "$2"' change "$1" "$FILE"; }

# told ARGUMENT...: what a task of alice's srun in the workspace is told, as NAME=VALUE lines in order.
told() { as alice srun --quiet --workspace=vision "$@" bash -c "$SHOW"; }
SHOW='env | grep -E "^(NCCL|UCX)_|^FLIGHTBASE_(GPUS|MODEL|RING|CORES)=" | sort'

# shown JOB [OPTION...]: the same lines of flightbase env.
shown() { as bob flightbase env "$@" | sed -nE 's/^  ([A-Z_0-9]+=)/\1/p' | sort; }

# same WHAT GOT WANTED
same() { [[ $2 == "$3" ]] || { printf '%s:\n%s\nwanted:\n%s\n' "$1" "$2" "$3" >&2; return 1; }; }

# batch SCRIPT OPTION...: runs it as alice's job and prints its output.
batch() {
    local out=/shared/home/alice/batch.$BATS_TEST_NUMBER.$RANDOM
    submit alice --workspace=vision --output="$out" "${@:2}" --wrap "$1; echo END" >/dev/null
    until_true 60 as alice grep -qsx END "$out" || { as alice cat "$out" >&2; return 1; }
    as alice sed '/^END$/d' "$out"
}

@test "two nodes: tasks are told of links, adapters and ring, and flightbase env of the same, line for line" {
    id=$(submit alice --workspace=vision -w n[1-2] -N2 --gpus-per-node=4 --output=/shared/home/alice/two.out --wrap "srun -l bash -c '$SHOW'; sleep 60")
    until_true 60 as alice grep -q '1: NCCL_P2P' two.out
    wanted='FLIGHTBASE_GPUS=0,1,2,3
FLIGHTBASE_MODEL=ring=20,net=5
FLIGHTBASE_RING=0,1,2,3
NCCL_IB_HCA==mlx5_0,mlx5_1
NCCL_NET_GDR_LEVEL=PXB
NCCL_P2P_LEVEL=NVL'
    same "task 0" "$(as alice sed -n 's/^0: //p' two.out)" "$wanted"
    same "task 1" "$(as alice sed -n 's/^1: //p' two.out)" "$wanted"
    same "flightbase env" "$(shown "$id")" "$wanted"
    same "one node" "$(shown "$id" --node n2)" "$wanted"
    run as bob flightbase env --json "$id"
    same json "$(as bob jq -r '[.job, .workspace, .p2p, .parts[0].nodes, .parts[0].type, (.parts[0].gpus | join(",")), (.parts[0].variables[] | select(.value) | .name + "=" + .value + (if .yields then "" else "!" end))] | join(" ")' <<<"$output")" \
        "$id vision prefer n[1-2] dgx1v 0,1,2,3 NCCL_P2P_LEVEL=NVL NCCL_IB_HCA==mlx5_0,mlx5_1 NCCL_NET_GDR_LEVEL=PXB FLIGHTBASE_GPUS=0,1,2,3! FLIGHTBASE_RING=0,1,2,3! FLIGHTBASE_MODEL=ring=20,net=5!"
    # Each that is not set says why.
    run as bob flightbase env "$id"
    [[ $output == *"NCCL_TOPO_FILE is not set"*"topology.json has none for type 'dgx1v'"* ]]
    run ! as bob flightbase env "$id" --node n99
    [[ $output == "flightbase: job '$id': node 'n99' is none of its nodes: it has n[1-2]" ]]
    run ! as bob flightbase env "$id" --task 0
    [[ $output == *"option '--task': its tasks have no GPUs of their own"* ]]
}

@test "one node: nothing of the network; an adapter that is down is left out" {
    same "one node" "$(told -N1 --gpus=4)" 'FLIGHTBASE_GPUS=0,1,2,3
FLIGHTBASE_MODEL=ring=20,net=5
FLIGHTBASE_RING=0,1,2,3
NCCL_P2P_LEVEL=NVL'
    run told -N2 -w n1,n2 --gpus-per-node=8 --ntasks-per-node=1
    [ "$(grep -c '^NCCL_IB_HCA==mlx5_0,mlx5_1,mlx5_2$' <<<"$output")" -eq 2 ]
    [[ $output != *NCCL_P2P_LEVEL* && $output != *NCCL_NET_GDR_LEVEL* ]]
    [[ $output == *FLIGHTBASE_RING=0,3,2,1,5,6,7,4* ]]
    same "no GPUs" "$(told -w n1,n2 -N2 -n2)" ""
}

@test "what the user wrote stays, be it at submission or in the script; what was set for the job is not the step's" {
    run as alice env NCCL_P2P_LEVEL=PHB srun --quiet --workspace=vision --gpus=4 -N1 bash -c "$SHOW; echo \$FLIGHTBASE_SET"
    [[ $output == *NCCL_P2P_LEVEL=PHB* && $output != *NVL* ]]
    run as alice env NCCL_P2P_LEVEL= srun --quiet --workspace=vision --gpus=4 -N1 bash -c 'echo "[$NCCL_P2P_LEVEL]"'
    [ "$output" = "[]" ]
    run batch 'echo $NCCL_P2P_LEVEL $NCCL_IB_HCA; export NCCL_IB_HCA=mlx5_2
        srun bash -c "echo \$NCCL_P2P_LEVEL \$NCCL_IB_HCA \$FLIGHTBASE_SET" | sort -u
        srun -N1 -n1 --gpus-per-node=1 --exact --quiet bash -c "echo [\$NCCL_P2P_LEVEL] \$NCCL_IB_HCA"' -N2 -w n[1-2] --gpus-per-node=4
    same script "$output" 'NVL =mlx5_0,mlx5_1
NVL mlx5_2 NCCL_P2P_LEVEL=NVL;NCCL_NET_GDR_LEVEL=PXB
[] mlx5_2'
    # A job in no workspace has none of what one in a workspace left in its environment.
    run as alice env NCCL_P2P_LEVEL=NVL FLIGHTBASE_SET=NCCL_P2P_LEVEL=NVL FLIGHTBASE_GPUS=1 NCCL_IB_HCA=mine srun --quiet --account=lab \
        bash -c 'echo "[$NCCL_P2P_LEVEL$FLIGHTBASE_SET$FLIGHTBASE_GPUS] $NCCL_IB_HCA"'
    [ "$output" = "[] mine" ]
}

@test "--p2p=off and --rdma=off take the hints away, too, and UCX runs on without a word" {
    id=$(submit alice --workspace=vision -w n[1-2] -N2 --gpus-per-node=2 --p2p=off --rdma=off --output=/shared/home/alice/off.out \
        --wrap "srun -l bash -c '$SHOW'; srun flightbase-allreduce -b 1K -e 64K -f 8; echo rc=\$?; sleep 60")
    until_true 60 as alice grep -q '^rc=' off.out
    wanted='FLIGHTBASE_GPUS=0,3
NCCL_IB_DISABLE=1
NCCL_NET=Socket
NCCL_NVLS_ENABLE=0
NCCL_P2P_DISABLE=1
UCX_TLS=^cuda_ipc,ib'
    same "task 1" "$(as alice sed -n 's/^1: //p' off.out | sed 's/^FLIGHTBASE_GPUS=.*/FLIGHTBASE_GPUS=0,3/')" "$wanted"
    same "flightbase env" "$(shown "$id" | sed 's/^FLIGHTBASE_GPUS=.*/FLIGHTBASE_GPUS=0,3/')" "$wanted"
    run as alice cat off.out
    [[ $output == *"rc=0"* && $output == *"via tcp/"* && $output == *"# Out of bounds values : 0 OK"* ]]
    [[ $output != *WARN* && $output != *ERROR* ]]
    # A step may give up what its job has.
    run batch 'srun -n1 --rdma=off bash -c "echo \$NCCL_P2P_LEVEL [\$NCCL_IB_HCA] \$NCCL_IB_DISABLE"' -N2 -w n[1-2] --gpus-per-node=4
    [[ $output == *"NVL [] 1"* ]]
}

@test "a component of a heterogeneous job is not alone on its one node" {
    local out=/shared/home/alice/het.out
    as alice sbatch --quiet --output="$out" --workspace=vision -w n1 --gpus-per-node=2 : --workspace=vision -w n2 --gpus-per-node=1 \
        --wrap 'echo "$SLURM_JOB_ID"; srun --het-group=1 bash -c "echo [\$NCCL_IB_HCA]"; sleep 60'
    until_true 60 as alice grep -q '\[' "$out"
    run as alice cat "$out"
    [[ ${lines[1]} =~ ^\[=mlx5_[0-9]\]$ ]]
    [[ "[$(shown "${lines[0]}+1" | sed -n 's/^NCCL_IB_HCA=//p')]" == "${lines[1]}" ]]
}

@test "forged variables change nothing but themselves" {
    wanted=$(told -N1 --gpus=4)
    run as alice env SLURM_STEP_GPUS=7 SLURM_JOB_GPUS=0,9 FLIGHTBASE_GPUS=5 FLIGHTBASE_RING=x FLIGHTBASE_SET='NCCL_P2P_LEVEL=SYS;X=1' \
        SLURM_JOB_NUM_NODES=9 SPANK_SLURM_JOB_NUM_NODES=9 srun --quiet --workspace=vision -N1 --gpus=4 bash -c "$SHOW"
    same forged "$output" "$wanted"
    long=$(printf '%0100000d' 0)
    run as alice env FLIGHTBASE_SET="$long" SLURM_STEP_GPUS="$long" srun --quiet --workspace=vision -N1 --gpus=4 bash -c "$SHOW"
    same long "$output" "$wanted"
    # A batch script has no step's GPUs, whatever it came with.
    run batch 'echo $FLIGHTBASE_GPUS' --gpus=4 -N1 --export=ALL,SLURM_STEP_GPUS=7
    [ "$output" = 0,1,2,3 ]
}

@test "cores near a task's own GPU, and NCCL's topology file where the user can read it" {
    change '.types.dgx1v += {cores: ["0-31", "32-63"], nccl_topo: "/tmp/nccl.xml"}'
    root_on n1 sh -c 'echo "<system/>" >/tmp/nccl.xml; chmod 600 /tmp/nccl.xml'
    run told -w n1 --gpus=8
    [[ $output == *FLIGHTBASE_CORES=0-31,32-63* && $output != *NCCL_TOPO_FILE* ]]
    root_on n1 chmod 644 /tmp/nccl.xml
    run told -w n1 --gpus=2
    [[ $output == *NCCL_TOPO_FILE=/tmp/nccl.xml* ]]
    id=$(submit alice --workspace=vision -w n1 -n8 --gpus-per-task=1 --output=/shared/home/alice/cores.out \
        --wrap 'srun -l bash -c "echo \$FLIGHTBASE_GPUS \$FLIGHTBASE_CORES"; sleep 60')
    until_true 60 as alice grep -q '^7: ' cores.out
    run as alice sort cores.out
    [[ ${lines[0]} == "0: 0,1,2,3,4,5,6,7 0-31" && ${lines[7]} == "7: 0,1,2,3,4,5,6,7 32-63" ]]
    [[ $(shown "$id" --task 7) == *FLIGHTBASE_CORES=32-63* ]]
    root_on n1 rm /tmp/nccl.xml
}

@test "a node without a type and a broken file: tasks run without hints, and slurmd's log has a line" {
    change '.nodes[0].nodes = "n2"'
    same "no type" "$(told -w n1 --gpus=2 | grep -v FLIGHTBASE_GPUS)" ""
    change '.types.dgx1v.links[0][1] = "NV9"'
    run as alice srun --quiet --workspace=vision -w n1 --gpus=2 bash -c 'echo "$SLURM_JOB_ID [$NCCL_P2P_LEVEL]"'
    [ "$status" -eq 0 ]
    [[ $output == *" []" ]]
    line="flightbase: job ${output% *}: $FILE:"
    until_true 10 root_on n1 grep -qF "$line" /var/log/lab/n1.slurmd.log
    [ "$(root_on n1 grep -cF "$line" /var/log/lab/n1.slurmd.log)" -eq 1 ]
    root_on n1 grep -F "$line" /var/log/lab/n1.slurmd.log | grep -q "something else back: its tasks are told nothing of the node's wires"
    id=$(submit alice --workspace=vision -w n1 --gpus=2 --wrap 'sleep 60')
    wait_job "$id" RUNNING
    run ! as bob flightbase env "$id"
    [[ $output == "flightbase: $FILE:"*links* ]]
}

@test "what the node keeps for a job is root's, and gone with it" {
    id=$(submit alice --workspace=vision -w n1 --gpus=1 --wrap 'sleep 60')
    wait_job "$id" RUNNING
    until_true 10 root_on n1 test -f "/run/flightbase/$id.wires"
    [ "$(root_on n1 stat -c %U:%a "/run/flightbase/$id.wires")" = root:600 ]
    [ "$(root_on n1 head -n 1 "/run/flightbase/$id.wires")" = 1 ]
    as alice scancel "$id"
    until_true 20 root_on n1 test ! -e "/run/flightbase/$id.wires"
}

@test "flightbase env of a job that waits, is over, is in no workspace, or is none" {
    id=$(submit alice --workspace=vision --hold --wrap true)
    run ! as alice flightbase env "$id"
    [ "$output" = "flightbase: job '$id': has no nodes yet: it is PENDING; ask again when it runs, or see \`flightbase explain $id\`" ]
    id=$(submit alice --workspace=vision --gpus=1 --wrap true)
    wait_job "$id" COMPLETED
    run ! as alice flightbase env "$id"
    [[ $output == "flightbase: job '$id': slurmctld does not tell which GPUs it has any more: it is over; ask while it runs" ]]
    id=$(submit alice --account=lab --wrap 'sleep 60')
    wait_job "$id" RUNNING
    run as bob flightbase env "$id"
    [[ $status -eq 0 && $output == *"It runs in no workspace: nothing is set."* ]]
    run ! as bob flightbase env 3999999
    [[ $output == "flightbase: job '3999999': slurmctld knows no such job"* ]]
    run -2 as bob flightbase env x
    run -2 as bob flightbase env 1 --task 16
    [[ $output == *"option '--task': 16 is outside 0 to 15"* ]]
}
