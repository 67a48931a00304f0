# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A new build of this checkout into the lab that is up: its files, slurm.conf, a restart of the
# daemons. Jobs go on.

install_into_lab() {
    cluster_is_up || die "lab '$LAB_NAME' is not up"
    lock "$LAB_STATE/labs/$LAB_NAME.lock"
    # shellcheck disable=SC1091
    . "$LAB_DIR/shape"
    [[ $PLUGINS == yes ]] || die "lab '$LAB_NAME' is without Flightbase: take it down, then up"
    step_log "$LAB_LOGS/install.log"
    root_ensure
    build_flightbase
    step "laying it onto lab '$LAB_NAME'" install_files
    build_release
    step "restarting Slurm" install_restart
}

install_files() {
    LAB_ROOT_FILES=$LAB_DIR/update
    rm -rf "$LAB_ROOT_FILES"
    mkdir -p "$LAB_ROOT_FILES/etc/slurm"
    conf_tools
    conf_gpus
    conf_slurm
    tar -C "$AREA/stage" --exclude=./etc -cf - . | install_unpack
    tar -C "$LAB_ROOT_FILES" -cf - . | install_unpack
    rm -rf "$LAB_ROOT_FILES"
}

# tar replaces files, it does not write into them: what a daemon has mapped stays whole.
install_unpack() {
    process_alive "$LAB_DIR/anchor.pid"
    nsenter --target "$LAB_PID" --mount tar -C "$LAB_DIR/merged" --no-same-owner --no-overwrite-dir -xf -
}

install_restart() {
    local file host
    local -A restarts=()
    node_run ctl root lab-service restart slurmctld
    for file in "$LAB_DIR"/nodes/n*.pid; do
        host=${file##*/}
        host=${host%.pid}
        node_run "$host" root lab-service restart slurmd &
        restarts[$host]=$!
    done
    for host in "${!restarts[@]}"; do
        wait "${restarts[$host]}" || die "slurmd on $host did not come up with the new build: see $LAB_LOGS/$host.slurmd.log"
    done
    rm -f "$LAB_LOGS/failed"
    cluster_wait
}
