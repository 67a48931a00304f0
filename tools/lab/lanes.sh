# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Tests that mostly wait run side by side, in lanes, and are reported in order.

LANES_PIDS=()

# lanes_run TITLE LANES FUNCTION NAME...: each lane calls FUNCTION LANE NAME for the next name that no lane has taken
# yet, in a shell of its own. What FUNCTION prints is TAP, reported as "TITLE NAME".
lanes_run() {
    local title=$1 lanes=$2 function=$3 lane name
    shift 3
    LANES_DIR=$TEST_DIR/lanes
    rm -rf "$LANES_DIR"
    mkdir "$LANES_DIR"
    printf '%s\n' "$@" >"$LANES_DIR/queue"
    for ((lane = 1; lane <= lanes; lane++)); do
        apart lane_run "$function" "$lane" &
        LANES_PIDS+=("$!")
    done
    for name; do
        tap_run "$title $name" lane_told "$name"
    done
    wait "${LANES_PIDS[@]}" || true
    LANES_PIDS=()
}

# With all that they run: a test that goes on would use a lab that is taken down, and hold its locks.
lanes_kill() {
    ((${#LANES_PIDS[@]})) || return 0
    kill "${LANES_PIDS[@]}" 2>/dev/null || true
    wait "${LANES_PIDS[@]}" 2>/dev/null || true
    LANES_PIDS=()
}

lanes_alive() { kill -0 "${LANES_PIDS[@]}" 2>/dev/null; }

lane_run() {
    local name started rc
    while name=$(lane_next) && [[ -n $name ]]; do
        started=${EPOCHREALTIME/[.,]/} rc=0
        ("$1" "$2" "$name") >"$LANES_DIR/$name.output" 2>&1 </dev/null || rc=$?
        printf '%d %d\n' "$rc" "$(((${EPOCHREALTIME/[.,]/} - started) / 1000))" >"$LANES_DIR/$name.part"
        mv "$LANES_DIR/$name.part" "$LANES_DIR/$name.end"
    done
}

lane_next() {
    flock "$LANES_DIR/lock" sed -i -e '1{w /dev/stdout' -e 'd}' "$LANES_DIR/queue"
}

# lane_told NAME: prints what was printed for it, as it comes, and ends as it ends.
lane_told() {
    local output rc=1 ms=0
    until [[ -f $LANES_DIR/$1.output ]] || ! lanes_alive; do sleep 0.1; done
    exec {output}<"$LANES_DIR/$1.output"
    until [[ -f $LANES_DIR/$1.end ]] || ! lanes_alive; do
        cat <&"$output"
        sleep 0.1
    done
    cat <&"$output"
    read -r rc ms <"$LANES_DIR/$1.end"
    printf '@took %d\n' "$ms"
    return "$rc"
}
