#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# anchor.sh LAB_DIR ROOT: PID 1 of a lab's PID namespace. In its mount namespace lies the lab's own
# layer over the cached root, in its network namespace the bridge; every node descends from it.
# When it ends, the kernel ends every process, mount, namespace, bridge and link of the lab.
set -euo pipefail

overlay_mount() {
    local layers="lowerdir=$root,upperdir=$1/upper,workdir=$1/work"
    # The layer lives as long as the lab: nothing needs to reach the disk.
    mount -t overlay overlay -o "$layers,volatile" "$lab/merged" ||
        mount -t overlay overlay -o "$layers" "$lab/merged"
}

# Where LAB_DIR's own file system cannot carry an upper layer (a container's root), memory can.
overlay() {
    overlay_mount "$lab" && return
    mkdir "$lab/memory"
    mount -t tmpfs -o mode=0755 tmpfs "$lab/memory"
    cp -a "$lab/upper" "$lab/work" "$lab/memory/"
    overlay_mount "$lab/memory"
}

main() {
    lab=$1 root=$2
    . "${BASH_SOURCE[0]%/*}/common.sh"
    self_name >"$lab/anchor.pid"
    overlay
    mountpoint -d "$lab/merged" >"$lab/devices"
    ip link set lo up
    ip link add lab0 type bridge
    ip link set lab0 up
    touch "$lab/anchor.ready"
    while :; do
        sleep infinity &
        wait
    done
}

main "$@"
exit
