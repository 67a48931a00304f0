#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# devices.sh DIR: fills DIR, a fresh tmpfs, with the device files of a node. Loop devices and FUSE
# are what image mounts need; a node's GPUs are added by node.sh.
set -euo pipefail
cd "$1"

node() { mknod -m "$2" "$1" "$3" "$4" "$5"; }
node null 666 c 1 3
node zero 666 c 1 5
node full 666 c 1 7
node random 666 c 1 8
node urandom 666 c 1 9
node tty 666 c 5 0
node fuse 666 c 10 229
node loop-control 660 c 10 237
for ((i = 0; i < 32; i++)); do
    node "loop$i" 660 b 7 "$i"
done
ln -s /proc/self/fd fd
ln -s /proc/self/fd/0 stdin
ln -s /proc/self/fd/1 stdout
ln -s /proc/self/fd/2 stderr
ln -s pts/ptmx ptmx
mkdir pts shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs shm
