#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill_each.sh create|delete|modify|access|remove-user: kills flightbase at the first, the second, ... system call by which it
# changes something or speaks to a daemon; looks each time that nothing half made can be used; does it again, which
# must complete it. On ctl as root; slurmctld is down, so that no run waits for it.
set -euo pipefail

calls='sendto mkdir mkdirat fchown fchmod fsetxattr rename unlink unlinkat write'
least=20 # kills

fail() {
    printf '%s, killed at %s %d: %s\n' "$verb" "$call" "$n" "$1"
    exit 1
}

show() { sacctmgr -nP show "$@"; }

# A user who has an association can submit. Then the quota, the QOS and the settings must be there.
check_half() {
    [[ -n $(show assoc account=w format=user | tr -d '\n') ]] || return 0
    [[ $(show assoc account=w user= format=grptres) =~ ^gres/gpu=[0-9]+$ ]] || fail "members without a quota"
    [[ $(show assoc account=w user=alice format=defaultqos) == ws-w ]] || fail "members without the QOS"
    [[ -n $(show qos ws-w format=name) ]] || fail "members without a QOS of that name"
    jq -e . /etc/flightbase/workspaces.d/w.json >/dev/null || fail "members without settings"
    [[ -d /shared/flightbase/workspaces/w/volume ]] || fail "members without directories"
}

check_gone() {
    [[ ! -e /etc/flightbase/workspaces.d/w.json ]] || fail "settings are left"
    [[ ! -e /shared/flightbase/workspaces/w ]] || fail "directories are left"
    [[ -z $(show assoc account=w format=account)$(show qos ws-w format=name) ]] || fail "accounting is left"
}

state() {
    show assoc account=w format=user,grptres,defaultqos | LC_ALL=C sort
    show qos ws-w format=name,maxtrespu
    show account w withcoord format=coordinators
    jq -Sc . /etc/flightbase/workspaces.d/w.json
    getfacl -cp /shared/flightbase/workspaces/w | LC_ALL=C sort
    stat -c '%n %U %G' /shared/flightbase/workspaces/w
    stat -c '%n %U %a' /shared/flightbase/workspaces/w/*
}

make() { flightbase workspace create w --gpus 3 --manager alice --user bob --max-gpus-per-user 2 >/dev/null 2>&1; }

drop() { flightbase workspace delete w --purge >/dev/null 2>&1; }

# What is killed, and what must be at the end.
act() {
    case $verb in
    create) make ;;
    delete) drop ;;
    modify) flightbase workspace modify w --gpus 5 --max-gpus-per-user 1 --description new --manager bob,alice ;;
    access) flightbase workspace modify w --access group:staff ;;
    remove-user) flightbase workspace remove-user w bob ;;
    esac
}

killed() {
    local command
    case $verb in
    create) command=(create w --gpus 3 --manager alice --user bob --max-gpus-per-user 2) ;;
    delete) command=(delete w --purge) ;;
    modify) command=(modify w --gpus 5 --max-gpus-per-user 1 --description new --manager 'bob,alice') ;;
    access) command=(modify w --access group:staff) ;;
    remove-user) command=(remove-user w bob) ;;
    esac
    local status=0
    strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
        flightbase workspace "${command[@]}" >/dev/null 2>&1 || status=$?
    ((status == 137))
}

# try: kills at the n-th $call; false when there is no n-th.
try() {
    [[ $verb == create ]] || make || fail "could not be made"
    killed 2>/dev/null || return # bash tells of each kill
    kills=$((kills + 1))
    check_half
    # Again; what was complete already is refused as such.
    act >/dev/null 2>&1 || true
    if [[ $verb == delete ]]; then
        check_gone
    else
        [[ $(state) == "$want" ]] || fail "not completed: $(diff <(printf '%s\n' "$want") <(state) | tr '\n' ' ')"
        drop || fail "could not be removed"
    fi
    rm -f /etc/flightbase/workspaces.d/w.json.new.*
}

verb=$1 kills=0 want=
# The accounting has no part in it.
[[ $verb != access ]] || calls='fchown fsetxattr rename write' least=5
drop || true
make
[[ $verb == create || $verb == delete ]] || act >/dev/null
[[ $verb == delete ]] || want=$(state)
drop
for call in $calls; do
    n=1
    while try; do
        n=$((n + 1))
    done
    drop || true
done
((kills > least)) || fail "only $kills kills: the command ended by itself too early"
printf '%s: killed at %d places\n' "$verb" "$kills"
