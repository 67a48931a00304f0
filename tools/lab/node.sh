#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# node.sh LAB_DIR HOST GPUS: PID 1 of a node, in fresh mount, network, UTS, IPC and PID namespaces.
# Plugs the node into the lab's bridge, enters the lab's root and becomes its init (init.sh).
set -euo pipefail

. "${BASH_SOURCE[0]%/*}/common.sh"
lab=$1 host=$2 gpus=$3
self_name >"$lab/nodes/$host.pid"

# The host's /proc is still here: through it the anchor's network namespace is reached.
network() {
    local anchor address
    read -r anchor _ <"$lab/anchor.pid"
    address=$(awk -v host="$host" '$2 == host { print $1 }' "$lab/merged/etc/hosts")
    ip link set lo up
    ip link add eth0 type veth peer name "port-$host" netns "/proc/$anchor/ns/net"
    nsenter --net="/proc/$anchor/ns/net" ip link set "port-$host" master lab0 up
    ip address add "$address/16" dev eth0
    ip link set eth0 up
}

# What is a node's own; everything else of the root is common to the lab.
mounts() {
    local dir
    cd "$lab/merged"
    for dir in run dev tmp var/tmp var/spool; do
        mount -t tmpfs -o mode=0755 tmpfs "$dir"
        mountpoint -d "$dir" >>"$lab/devices"
    done
    chmod 1777 tmp var/tmp
    "${BASH_SOURCE[0]%/*}/devices.sh" dev
    mount --bind "$lab/shared" shared
    mount --bind "$lab/logs" var/log/lab
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
    mount -t proc -o nosuid,nodev,noexec proc proc
}

gpu_devices() {
    local i
    [[ $host == n* ]] || return 0
    for ((i = 0; i < gpus; i++)); do
        mknod -m 666 "dev/nvidia$i" c 1 3
    done
}

hostname "$host"
network
mounts
gpu_devices
{ ulimit -n 65536 && ulimit -l unlimited; } 2>/dev/null || true
pivot_root . mnt
umount --lazy /mnt
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    /usr/local/libexec/flightbase-lab/init "$host"
