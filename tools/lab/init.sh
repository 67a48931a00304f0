#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# init HOST: PID 1 of a node, inside the lab's root. Starts what the node's role needs and then
# reaps what is orphaned; lab-service starts and stops the daemons.
set -euo pipefail

# The accounts everybody has from the start: alice, bob and carol in the plain account "lab".
accounts() {
    sacctmgr --immediate --quiet add cluster lab
    sacctmgr --immediate --quiet add account lab description="no workspace" organization=lab
    sacctmgr --immediate --quiet add user alice,bob,carol account=lab
}

start() {
    mkdir -p /run/lock /run/user
    chmod 1777 /run/lock
    lab-service start munged
    case $1 in
    ctl)
        lab-service start mariadb slurmdbd
        accounts
        lab-service start slurmctld
        ;;
    n*)
        lab-service start slurmd
        ;;
    esac
}

# The node stays up for a look at what failed.
set +e
(set -e && start "$1")
started=$?
if [[ $started -eq 0 ]]; then
    printf '%s\n' "$1" >>/var/log/lab/started
else
    printf '%s: its start failed, see %s.init.log\n' "$1" "$1" >>/var/log/lab/failed
fi
while :; do
    sleep infinity &
    wait
done
