#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nodes.sh LAB_DIR GPUS HOST...: starts nodes; called inside the anchor's namespaces, whose init the
# nodes become children of.
set -euo pipefail

lab=$1 gpus=$2
shift 2
for host; do
    rm -f "$lab/nodes/$host.pid"
    setsid unshare --mount --net --uts --ipc --pid --fork --kill-child \
        "${BASH_SOURCE[0]%/*}/node.sh" "$lab" "$host" "$gpus" </dev/null >>"$lab/logs/$host.init.log" 2>&1 &
done
