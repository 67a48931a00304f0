#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-workspace NAME QUOTA MANAGER [MEMBER...]: makes a workspace in the lab as asked, whether it is
# there already or not; on ctl as root.
set -euo pipefail

if (($# < 3)); then
    printf 'usage: lab-workspace NAME QUOTA MANAGER [MEMBER...]\n' >&2
    exit 2
fi
name=$1 quota=$2 manager=$3
shift 3
options=(--gpus "$quota" --manager "$manager")
(($# == 0)) || options+=(--user "$(IFS=, && printf '%s' "$*")")

if [[ -e /etc/flightbase/workspaces.d/$name.json ]]; then
    exec flightbase workspace modify "$name" "${options[@]}"
fi
exec flightbase workspace create "$name" "${options[@]}" --description "workspace $name of the lab"
