# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# `flightbase-lab demo`: a workspace, a training on eight GPUs of two nodes with its allreduce, where
# it was placed, and the refusal somebody gets who is no member. What is shown is what users see; the
# exit status is 1 unless all of it is as it should be.

DEMO_SUBMIT=(sbatch --workspace=vision --training=advanced -N2 --ntasks-per-node=4 --gpus-per-node=4 train.sh)

demo() {
    cluster_up
    unlock "$LAB_STATE/labs/$LAB_NAME.lock"
    demo_check
    demo_workspace
    demo_submit
    demo_wait
    demo_result
    demo_placement
    demo_refusal
    demo_end
}

demo_say() { printf '\n# %s\n' "$*"; }

# demo_show USER NODE COMMAND...: a command as its user would type it, and what it answers. Sets ANSWER
# and returns the command's status.
demo_show() {
    local user=$1 node=$2 sign='$' status=0
    shift 2
    [[ $user != root ]] || sign='#'
    [[ $1 == sh ]] && printf '%s@%s:~%s %s\n' "$user" "$node" "$sign" "$3" ||
        printf '%s@%s:~%s %s\n' "$user" "$node" "$sign" "$*"
    ANSWER=$(node_run "$node" "$user" "$@" 2>&1 </dev/null) || status=$?
    [[ -z $ANSWER ]] || printf '%s\n' "$ANSWER"
    return "$status"
}

# demo_fail TEXT: what went wrong, and what the daemons say of it.
demo_fail() {
    cluster_tails
    die "demo: $*; the lab stays up, its logs are in $LAB_LOGS"
}

demo_check() {
    . "$LAB_DIR/shape"
    [[ $PLUGINS == yes ]] || die "lab '$LAB_NAME' is without Flightbase: take it down, or choose another --name"
    ((NODES >= 2 && GPUS >= 4)) || die "lab '$LAB_NAME' is too small for the demo, which takes 4 GPUs on each of 2 nodes"
}

demo_workspace() {
    local verb=create
    ! node_run ctl root test -e /etc/flightbase/workspaces.d/vision.json || verb=modify # of an earlier demo
    demo_say "The administrator makes the workspace 'vision': 16 GPUs, managed by alice."
    demo_show root ctl flightbase workspace "$verb" vision --gpus 16 --manager alice || demo_fail "the workspace was not made"
    demo_show root ctl flightbase workspace list
}

demo_submit() {
    demo_say "alice submits a training on 4 GPUs of each of 2 nodes."
    node_run login alice tee train.sh >/dev/null <<'EOF'
#!/bin/bash
#SBATCH --job-name=allreduce --output=train-%j.out
scontrol --details show job $SLURM_JOB_ID | grep IDX:
srun flightbase-allreduce -b 8 -e 16M -f 4
EOF
    demo_show alice login cat train.sh
    demo_show alice login "${DEMO_SUBMIT[@]}" || demo_fail "the training was refused"
    [[ $ANSWER =~ ([0-9]+)$ ]] || demo_fail "sbatch did not say a job id"
    DEMO_JOB=${BASH_REMATCH[1]}
    wait_until 10 demo_started || true
    demo_show alice login squeue
}

demo_state() { node_run login alice scontrol --oneliner show job "$DEMO_JOB" | grep -oP '\bJobState=\K\w+'; }

demo_started() { [[ $(demo_state) != PENDING ]]; }

demo_ended() { [[ ! $(demo_state) =~ ^(PENDING|CONFIGURING|RUNNING|COMPLETING)$ ]]; }

demo_wait() {
    wait_until 120 demo_ended || demo_fail "job $DEMO_JOB has not ended: $(demo_state)"
    [[ $(demo_state) == COMPLETED ]] || {
        node_run login alice cat "train-$DEMO_JOB.out" || true
        demo_fail "job $DEMO_JOB is $(demo_state)"
    }
}

# The GPUs of each node, and the links among them by the node type's wiring. Slurm tells the indices
# as long as the job has them, so the job wrote them down.
demo_placement() {
    local nodes gpus
    demo_say "Where it was: GPUs with direct links to each other (NV1 and NV2: one and two NVLinks)."
    demo_show alice login grep IDX: "train-$DEMO_JOB.out" ||
        demo_fail "job $DEMO_JOB was given no GPUs that Slurm knows by index"
    while read -r nodes gpus; do
        printf '%s: GPUs %s are linked by %s\n' "$nodes" "$gpus" "$(demo_links "$gpus")"
    done < <(sed -nE 's/^ *Nodes=([^ ]+) .*GRES=.*\(IDX:([^)]*)\).*/\1 \2/p' <<<"$ANSWER")
}

# demo_links INDICES: counts the links among the GPUs 0-3,5 of a node by their kind.
demo_links() {
    [[ -n $TYPE ]] || { printf 'wires nobody described' && return; }
    node_run login alice jq -r --arg gpus "$1" '
        [$gpus | split(",")[] | split("-") | range(.[0] | tonumber; (.[-1] | tonumber) + 1)] as $g |
        [.types[].links | .[$g[]][$g[]]] | map(select(. != "X")) | group_by(.) |
        map("\(length / 2) x \(.[0])") | join(", ")' /etc/flightbase/topology.json
}

demo_result() {
    demo_say "The allreduce of its 8 ranks."
    demo_show alice login cat "train-$DEMO_JOB.out" || demo_fail "the job left no output"
    [[ $ANSWER == *" ranks: 8"* ]] || demo_fail "the allreduce was not of 8 ranks"
    (($(grep -c '^#  Rank .* on .* via .' <<<"$ANSWER") == 8)) || demo_fail "the transports of the 8 ranks are missing"
    demo_correct <<<"$ANSWER" || demo_fail "the allreduce table is missing or has wrong elements"
}

# Every "#wrong" of the table must be 0; the header line, after its "#", names the columns.
demo_correct() {
    awk '/^#.*#wrong/ { for (i = 2; i <= NF; i++) if ($i == "#wrong") column[i - 1] = 1; next }
         /^ *[0-9]/ { rows++; for (i in column) if ($i != "0") bad++ }
         END { exit !(rows && length(column) && !bad) }'
}

demo_refusal() {
    demo_say "bob is no member of the workspace."
    node_run login bob cp /dev/null train.sh
    node_run login alice cat train.sh | node_run login bob tee train.sh >/dev/null
    ! demo_show bob login "${DEMO_SUBMIT[@]}" || demo_fail "bob, who is no member, was not refused"
    [[ $ANSWER == *"not a member"* ]] || demo_fail "bob was refused, but not told why"
}

demo_end() {
    printf '\nThe lab stays up. Try it:   flightbase-lab --name %s sh login --user alice\n' "$LAB_NAME"
    printf 'When you are done with it:  flightbase-lab --name %s down\n' "$LAB_NAME"
}
