# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A lab's life: up, down, status.

# cluster_up: reads NODES, GPUS, TYPE, PLUGINS. A lab that is up as asked is left as it is.
cluster_up() {
    lock "$LAB_STATE/labs/$LAB_NAME.lock"
    if cluster_is_up; then
        cluster_same_shape
        note "lab '$LAB_NAME' is up: $(cluster_words)"
        return 0
    fi
    cluster_remove
    mkdir -p "$LAB_DIR"/{upper,work,merged,shared,nodes} "$LAB_LOGS"
    chmod 0755 "$LAB_DIR"/{upper,shared}
    step_log "$LAB_LOGS/up.log"
    root_ensure
    # Slurm's daemons, which run as slurm, dump core there.
    chown "0:$(owner slurm | cut -d: -f2)" "$LAB_LOGS"
    chmod 1775 "$LAB_LOGS"
    [[ $PLUGINS == no ]] || build_flightbase
    step "writing the configuration" cluster_files
    step "starting $((NODES + 2)) nodes" cluster_start
    step "waiting for Slurm" cluster_wait
    cluster_shape >"$LAB_DIR/shape.new"
    mv "$LAB_DIR/shape.new" "$LAB_DIR/shape"
    note "lab '$LAB_NAME' is up: $(cluster_words)"
}

cluster_shape() { printf 'NODES=%q GPUS=%q TYPE=%q PLUGINS=%q\n' "$NODES" "$GPUS" "$TYPE" "$PLUGINS"; }

# cluster_is_up: true when `up` came to its end and the lab still lives.
cluster_is_up() { [[ -f $LAB_DIR/shape ]] && process_alive "$LAB_DIR/anchor.pid"; }

# What was asked for by option must be what is there; what was not asked for may be anything.
cluster_same_shape() {
    local want=$ASKED name
    for name in $want; do
        grep -qF " $name=${!name} " <<<" $(<"$LAB_DIR/shape") " ||
            die "lab '$LAB_NAME' is up with another shape ($(cluster_words)): take it down first, or choose another --name"
    done
}

# cluster_words: describes the lab that is up.
cluster_words() {
    local NODES GPUS TYPE PLUGINS
    # shellcheck disable=SC1091
    . "$LAB_DIR/shape"
    printf '%d nodes with %d GPUs' "$NODES" "$GPUS"
    [[ -z $TYPE ]] || printf ' (%s)' "$TYPE"
    [[ $PLUGINS == yes ]] || printf ', without Flightbase'
}

# The lab's own layer: the configuration, and the package-like step that lays the plugins.
cluster_files() {
    conf_write
    if [[ $PLUGINS == yes ]]; then
        tar -C "$AREA/stage" -cf - . | tar -C "$LAB_DIR/upper" --no-same-owner --skip-old-files -xf -
        build_release
    fi
}

# cluster_start: the anchor, then all nodes at once.
cluster_start() {
    (
        close_inherited "$ROOT_FD"
        exec setsid unshare --mount --pid --net --uts --ipc --fork --kill-child \
            "$LAB_PARTS/anchor.sh" "$LAB_DIR" "$ROOT" </dev/null >>"$LAB_LOGS/anchor.log" 2>&1
    ) &
    wait_until 20 anchor_ready || die "the lab's anchor did not start: $(tail -n 1 "$LAB_LOGS/anchor.log")"
    # shellcheck disable=SC2046
    nodes_start ctl login $(seq -f n%.0f "$NODES")
}

anchor_ready() { [[ -f $LAB_DIR/anchor.ready ]] && process_alive "$LAB_DIR/anchor.pid"; }

# nodes_start HOST...
nodes_start() {
    process_alive "$LAB_DIR/anchor.pid" || die "lab '$LAB_NAME' is not up"
    (
        close_inherited
        exec nsenter --target "$LAB_PID" --mount --pid --net --uts --ipc \
            "$LAB_PARTS/nodes.sh" "$LAB_DIR" "$GPUS" "$@" </dev/null
    )
}

# cluster_wait: until every node can run jobs.
cluster_wait() {
    if ! wait_until $((60 + NODES)) cluster_ready || [[ -s $LAB_LOGS/failed ]]; then
        cat "$LAB_LOGS/failed" 2>/dev/null || true
        cluster_tails >&"$LAB_ERR"
        die "lab '$LAB_NAME' did not come up; its logs are in $LAB_LOGS, flightbase-lab down removes it"
    fi
}

cluster_ready() {
    [[ ! -s $LAB_LOGS/failed ]] || return 0
    grep -qx ctl "$LAB_LOGS/started" 2>/dev/null && node_pid ctl || return 1
    [[ $(nsenter --target "$LAB_PID" --mount --pid --net --uts --ipc sinfo -h -N -t idle,mixed,alloc,completing -o %N 2>/dev/null | wc -l) -eq $NODES ]]
}

# cluster_tails: the end of each log that tells of an error, of one compute node only: the first that
# failed to start, if one did.
cluster_tails() {
    local log node
    node=$(grep -oE '^n[0-9]+' "$LAB_LOGS/failed" 2>/dev/null | head -n 1) || true
    for log in "$LAB_LOGS"/*.log; do
        [[ $log != */up.log ]] && grep -qiE 'error|fatal|fail|cannot|denied' "$log" || continue
        if [[ ${log##*/} =~ ^(n[0-9]+)\. ]]; then
            [[ -z $node || $node == "${BASH_REMATCH[1]}" ]] || continue
            node=${BASH_REMATCH[1]}
        fi
        printf -- '---- %s\n' "$log"
        tail -n "${1:-12}" "$log"
    done
}

# cluster_remove: ends the lab, whatever its state, and removes what it kept.
cluster_remove() {
    local pid
    for pid in $(cluster_anchors); do
        kill -KILL "$pid" 2>/dev/null || true
        wait_until 30 gone "$pid" || die "process $pid of lab '$LAB_NAME' does not end"
    done
    [[ -d $LAB_DIR ]] || return 0
    cluster_loops
    rm -rf --one-file-system "$LAB_DIR"
}

# cluster_anchors: the anchor and its parent (unshare), found by their command line: that also finds
# one whose `up` was killed before anything was written.
cluster_anchors() {
    local dir args
    for dir in /proc/[0-9]*; do
        { mapfile -d '' -t args <"$dir/cmdline"; } 2>/dev/null || continue
        if [[ " ${args[*]} " == *"/anchor.sh $LAB_DIR "* ]]; then
            printf '%s\n' "${dir#/proc/}"
        fi
    done
}

gone() { ! process_start "$1" >/dev/null; }

# Loop devices outlive namespaces unless they were set up to clear themselves. Those of this lab back
# on a file system of the lab (its device number is in the file "devices") or on the shared directory.
cluster_loops() {
    local name inode device
    [[ -f $LAB_DIR/devices ]] || return 0
    losetup --list --noheadings --output NAME,BACK-INO,BACK-MAJ:MIN | while read -r name inode device; do
        if grep -qx "$device" "$LAB_DIR/devices" || [[ -n $(find "$LAB_DIR/shared" -xdev -inum "$inode" -print -quit) ]]; then
            losetup --detach "$name"
        fi
    done
}

cluster_down() {
    lock "$LAB_STATE/labs/$LAB_NAME.lock"
    if [[ -d $LAB_DIR || -n $(cluster_anchors) ]]; then
        cluster_remove
        note "lab '$LAB_NAME' is down"
    else
        note "lab '$LAB_NAME' is not up"
    fi
    rm -f "$LAB_STATE/labs/$LAB_NAME.lock"
}

# Names, paths and types are of plain characters: nothing in them needs quoting.
cluster_json() {
    local NODES=0 GPUS=0 TYPE='' PLUGINS=no up=false
    if cluster_is_up; then
        up=true
        # shellcheck disable=SC1091
        . "$LAB_DIR/shape"
    fi
    printf '{"lab":"%s","up":%s,"nodes":%d,"gpus_per_node":%d,"node_type":"%s","plugins":%s,"logs":"%s","shared":"%s"}\n' \
        "$LAB_NAME" "$up" "$NODES" "$GPUS" "$TYPE" "$([[ $PLUGINS == yes ]] && printf true || printf false)" "$LAB_LOGS" \
        "$LAB_DIR/shared"
    [[ $up == true ]]
}

cluster_status() {
    if [[ $JSON == yes ]]; then
        cluster_json
        return
    fi
    if cluster_is_up; then
        printf 'lab %s is up: %s\n' "$LAB_NAME" "$(cluster_words)"
        printf 'logs: %s\nshared directory: %s\n' "$LAB_LOGS" "$LAB_DIR/shared"
        node_run ctl root sinfo -N -O "NodeHost:8,StateLong:12,CPUsState:16,Gres:16,GresUsed:28,Reason:30"
        return 0
    elif process_alive "$LAB_DIR/anchor.pid"; then
        printf 'lab %s is incomplete: its `up` has not ended, or failed; logs: %s\n' "$LAB_NAME" "$LAB_LOGS"
    else
        printf 'lab %s is not up\n' "$LAB_NAME"
    fi
    return 1
}
