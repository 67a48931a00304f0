#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# chroot.sh ROOT AREA COMMAND...: runs COMMAND in the lab's root for building and unit tests. Called
# in fresh mount, PID, network and IPC namespaces (root_run); ROOT is seen read-only, AREA is
# /usr/src/flightbase. A folder in the environment's ROOT_SLURM is /run/slurm-source, one in ROOT_CUDA /run/cuda, read-only.
set -euo pipefail

root=$1 area=$2
shift 2
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=0755 tmpfs dev
"${BASH_SOURCE[0]%/*}/devices.sh" dev
[[ -z $area ]] || mount --bind "$area" usr/src/flightbase
see() {
    [[ -n $1 ]] || return 0
    mkdir "run/$2"
    mount --bind "$1" "run/$2"
    mount -o remount,bind,ro "run/$2"
}
see "${ROOT_SLURM:-}" slurm-source
see "${ROOT_CUDA:-}" cuda
mount -o remount,bind,ro "$root"
ip link set lo up
mkdir -p tmp/home
pivot_root . mnt
umount --lazy /mnt
exec env -i HOME=/tmp/home PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 USER=root LOGNAME=root TERM="${TERM:-dumb}" "$@"
