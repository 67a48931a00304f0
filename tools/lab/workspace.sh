#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-workspace NAME QUOTA MANAGER [MEMBER...]: makes a workspace in the lab, on ctl as root: the
# account with its GPU quota, its users and coordinator, its settings file and its directory tree.
set -euo pipefail

if (($# < 3)); then
    printf 'usage: lab-workspace NAME QUOTA MANAGER [MEMBER...]\n' >&2
    exit 2
fi
name=$1 quota=$2 manager=$3
shift 3
members=$(IFS=,; printf '%s' "$manager${*:+,$*}")

# What is there already is no error: the workspace is as asked either way.
account() {
    local answer
    answer=$(sacctmgr --immediate --quiet "$@" 2>&1) || [[ $answer =~ lready|othing\ new|"didn't affect" ]] || {
        printf '%s\n' "$answer" >&2
        return 1
    }
}

settings() {
    local file=/etc/flightbase/workspaces.d/$name.json
    printf '{"description": "workspace %s of the lab"}\n' "$name" >"$file.new"
    sync "$file.new"
    mv "$file.new" "$file"
}

# The top directory is the gate: its manager's, and one entry for each member.
tree() {
    local top=/shared/flightbase/workspaces/$name member
    mkdir -p "$top"/{images,datasets,models,volume}
    chmod 1777 "$top"/*
    chown "$manager" "$top"
    chmod 0700 "$top"
    for member; do
        setfacl -m "user:$member:rwx" "$top"
    done
}

account add account "$name" description="workspace $name" organization=flightbase parent=root
account modify account "$name" set GrpTRES=gres/gpu="$quota"
account add user "$members" account="$name"
account add coordinator account="$name" names="$manager"
tree "$@"
settings
# The controller looks for changed settings once a second.
sleep 1.1
