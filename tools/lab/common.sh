# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What every part of the lab uses: names and places, messages, progress, locks, bound processes.

LAB_STATE=${FLIGHTBASE_LAB_DIR:-/var/lib/flightbase-lab}
LAB_SUITE=trixie
LAB_SLURM=24.11.5

# Messages always reach the real stderr, also while a step's output goes to its log.
exec {LAB_ERR}>&2
LAB_STEP=
LAB_STEP_LOG=

note() { printf '%s\n' "$*" >&"$LAB_ERR"; }

die() {
    LAB_STEP=
    note "flightbase-lab: $*"
    exit 1
}

usage_error() {
    note "flightbase-lab: $*; see flightbase-lab --help"
    exit 2
}

# lab_select NAME: the variables that say where the lab called NAME keeps what.
lab_select() {
    [[ $1 =~ ^[a-z][a-z0-9-]{0,31}$ ]] ||
        usage_error "lab name '$1': use 1 to 32 of a-z, 0-9 and '-', a letter first"
    LAB_NAME=$1
    LAB_DIR=$LAB_STATE/labs/$LAB_NAME
    LAB_LOGS=$LAB_DIR/logs
}

# step TEXT CMD...: runs CMD with its output in the step log and shows one line about it: with a
# running time on a terminal, once it is done in a pipe.
step() {
    local text=$1 started=${EPOCHREALTIME/[.,]/} out err
    shift
    LAB_STEP=$text
    [[ -t $LAB_ERR ]] && printf '%s ...' "$text" >&"$LAB_ERR"
    exec {out}>&1 {err}>&2 >>"$LAB_STEP_LOG" 2>&1
    printf '== %s\n' "$text"
    "$@"
    exec >&"$out" 2>&"$err" {out}>&- {err}>&-
    LAB_STEP=
    local ms=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))
    [[ -t $LAB_ERR ]] && printf '\r\033[K' >&"$LAB_ERR"
    printf '%s (%d.%d s)\n' "$text" $((ms / 1000)) $((ms % 1000 / 100)) >&"$LAB_ERR"
}

# step_log FILE: where steps write from now on; a failed one is explained from its tail.
step_log() {
    LAB_STEP_LOG=$1
    mkdir -p "${1%/*}"
    : >"$1"
    trap step_failed EXIT
}

step_failed() {
    local rc=$?
    [[ $rc -ne 0 && -n $LAB_STEP ]] || return 0
    [[ -t $LAB_ERR ]] && printf '\r\033[K' >&"$LAB_ERR"
    note "flightbase-lab: failed: $LAB_STEP; the end of $LAB_STEP_LOG:"
    tail -n 25 "$LAB_STEP_LOG" >&"$LAB_ERR"
    exit 1
}

# lock FILE: takes FILE until unlock or the end of this process, waiting for another one's end. The
# file may have been removed by its last holder meanwhile: what was locked must still be there.
declare -A LAB_LOCKS=()
lock() {
    local fd
    mkdir -p "${1%/*}"
    while :; do
        exec {fd}>"$1"
        if ! flock --nonblock "$fd"; then
            note "flightbase-lab: waiting for another flightbase-lab ($1)"
            flock "$fd"
        fi
        [[ $1 -ef /proc/self/fd/$fd ]] && break
        exec {fd}>&-
    done
    LAB_LOCKS[$1]=$fd
}

unlock() {
    local fd=${LAB_LOCKS[$1]}
    exec {fd}>&-
    unset "LAB_LOCKS[$1]"
}

# bound CMD...: runs CMD in mount and PID namespaces of its own that end with this process, however
# it ends: neither a process nor a mount of CMD is left.
bound() {
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@"
}

# apart CMD...: runs CMD as a process group of its own, for a shell that is started for that. Told to end (TERM), it ends the group,
# which gets a few seconds to tidy up.
apart() {
    local group rc=0
    set -m
    "$@" &
    group=$!
    set +m
    trap 'group_end "$group"; exit 143' TERM
    wait "$group" || rc=$?
    trap - TERM
    return "$rc"
}

# group_end GROUP: ends all processes of a group, by force if they take longer.
group_end() {
    kill -TERM -- "-$1" 2>/dev/null || return 0
    wait_until 5 group_gone "$1" || kill -KILL -- "-$1" 2>/dev/null || true
}

group_gone() { ! kill -0 -- "-$1" 2>/dev/null; }

# process_start PID: prints the start time of a process; PID and start time name it for good.
# Fails when there is none, or only a zombie.
process_start() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The state is the first field after the command, the start time the 20th.
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    [[ $1 != Z && $1 != X ]] && printf '%s\n' "${20}"
}

# process_alive FILE: true when the process named in FILE ("PID START") runs; sets LAB_PID.
process_alive() {
    local start
    { read -r LAB_PID start <"$1"; } 2>/dev/null || return 1
    [[ $(process_start "$LAB_PID") == "$start" ]]
}

# self_name: prints "PID START" of this process as the host sees it.
self_name() {
    local stat
    read -r stat </proc/self/stat
    # shellcheck disable=SC2086
    printf '%s ' "${stat%% *}" && set -- ${stat##*) } && printf '%s\n' "${20}"
}

# short_sum: a short digest of what comes in.
short_sum() { sha256sum | cut -c1-16; }

# wait_until SECONDS CONDITION...: polls; fails when CONDITION does not become true in time.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= deadline)) || return 1
        sleep 0.05
    done
}

# close_inherited [FD]: closes what a daemon must not hold: locks, pipes of the caller; keeps FD.
close_inherited() {
    local fd
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        if ((fd > 2 && fd != 255)) && [[ $fd != "${1:-}" ]]; then
            eval "exec $fd>&-"
        fi
    done
}
