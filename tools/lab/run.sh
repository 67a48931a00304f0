# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Commands inside the nodes of a lab that is up.

# node_pid HOST: sets LAB_PID to the node's init.
node_pid() { process_alive "$LAB_DIR/nodes/$1.pid"; }

# node_run HOST USER COMMAND...: runs COMMAND as USER, in the user's home with the user's plain
# environment. Arguments, standard streams and exit status pass through unchanged.
node_run() {
    local host=$1 user=$2
    shift 2
    node_enter "$host"
    # shellcheck disable=SC2016
    "${LAB_ENTER[@]}" setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
        /bin/sh -c 'cd && export LANG=C.UTF-8 && exec "$@"' sh "$@"
}

# node_enter HOST: sets LAB_ENTER, the command that enters the node's namespaces.
node_enter() {
    [[ $1 =~ ^[a-z0-9]+$ ]] && node_pid "$1" || node_unknown "$1"
    LAB_ENTER=(nsenter --target "$LAB_PID" --mount --uts --ipc --net --pid --)
}

node_unknown() {
    process_alive "$LAB_DIR/anchor.pid" || die "lab '$LAB_NAME' is not up"
    die "lab '$LAB_NAME' has no node '$1': $(cd "$LAB_DIR/nodes" && printf '%s ' *.pid | sed 's/\.pid//g')"
}
