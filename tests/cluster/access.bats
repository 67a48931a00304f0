#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# Directories that let in a Unix group in place of each member: made, changed both ways, kept by members' coming and
# going, and looked at by `flightbase check`. The nodes of a lab share /etc/group.

top=/shared/flightbase/workspaces/w

setup_file() {
    load lab
    teardown_groups
    root_on ctl bash -ec 'groupadd wlab; groupadd wother; gpasswd -a bob wlab' >/dev/null
}

teardown_file() {
    load lab
    teardown_groups
}

teardown_groups() { root_on ctl bash -c 'userdel dan; for group in w wlab wother; do groupdel $group; done' >/dev/null 2>&1 || true; }

setup() { load lab; }

# Every test makes and removes its own workspace w, and bob alone is in wlab.
teardown() {
    root_on ctl bash -c '! mountpoint -q "$1" || umount "$1"
        getent group wlab >/dev/null || groupadd wlab
        gpasswd -M bob wlab
        flightbase workspace delete w --purge' sh $top >/dev/null 2>&1 || true
}

fb() { root_on ctl flightbase "$@"; }

# create USERS [OPTION...]
create() { fb workspace create w --gpus 2 --manager alice --user "$@"; }

gate() { root_on ctl bash -c 'stat -c "%U %G %a" "$1"; getfacl -cpE "$1" | grep .' sh $top | paste -sd' '; }

by_group='alice wlab 770 user::rwx group::rwx other::---'

passes() { as "$1" touch $top/volume/of-"$1"; }

# said STATUS TEXT: the last `run` printed exactly this.
said() {
    [ "$status" -eq "$1" ]
    [ "$output" = "$2" ] || { printf 'said: %s\n' "$output" && return 1; }
}

missing() { printf "flightbase: workspace 'w': not yet in group '%s': %s; its directories let them in when the site has added them to the group" "$1" "$2"; }

left() { printf "flightbase: workspace 'w': still in group '%s': %s; its directories let them in until the site has removed them from the group" "$1" "$2"; }

# finds TEXT FIX: the check's error about the directories.
finds() {
    local found
    found=$(grep -F -A1 -- "error      directories $top: $1" <<<"$output") || { printf 'no "%s" in:\n%s\n' "$1" "$output" >&2; return 1; }
    [[ $found == *"fix: $2" ]] || { printf 'no fix "%s" in:\n%s\n' "$2" "$found" >&2; return 1; }
}

# check: errors about the directories of w alone.
check() { run root_on ctl bash -c 'flightbase check | grep -A1 "directories $1:"; true' sh $top; }

clean() {
    check
    [ -z "$output" ] || { printf 'found: %s\n' "$output" >&2; return 1; }
}

@test "a group that is not there, a name that is none, a word that is unknown: refused, and nothing is made" {
    run create bob --access group
    said 1 "flightbase: workspace 'w': group 'w': unknown on this machine; check the name, or create the group first"
    run create bob --access group:no-such-group
    said 1 "flightbase: workspace 'w': group 'no-such-group': unknown on this machine; check the name, or create the group first"
    run create bob --access group:a/b
    said 2 "flightbase: option '--access': group 'a/b': not a valid name: letters, digits, '_', '.', '-', '@' and '\$', starting with a letter, digit or '_', are allowed; see flightbase workspace create --help"
    run create bob --access members
    said 2 "flightbase: option '--access': 'members' is unknown: acl, group and group:NAME are allowed; see flightbase workspace create --help"
    root_on ctl bash -c '[[ ! -e /etc/flightbase/workspaces.d/w.json && ! -e $1 ]]' sh $top
    create bob >/dev/null
    run fb workspace modify w --access group
    said 1 "flightbase: workspace 'w': group 'w': unknown on this machine; check the name, or create the group first"
    [ "$(gate)" = 'alice root 770 user::rwx user:bob:rwx group::--- mask::rwx other::---' ]
    root_on ctl jq -e 'has("access") | not' /etc/flightbase/workspaces.d/w.json
}

@test "create: the group passes, and who is not in it is named and does not" {
    run create bob,carol --access group:wlab
    [ "$status" -eq 0 ]
    [[ $output == "$(missing wlab carol)
workspace 'w': make its directories in /shared/flightbase/workspaces/w for alice and group wlab
"* ]]
    [ "$(gate)" = "$by_group" ]
    passes alice
    passes bob
    run passes carol
    [[ $output == *"Permission denied"* ]]
    root_on ctl gpasswd -a carol wlab >/dev/null
    passes carol
    clean
    run fb workspace modify w
    said 0 "nothing to change"
    [ "$(fb workspace show w --json | jq -r .workspace.access)" = group:wlab ]
    fb workspace show w | grep -qx 'Access       group:wlab'
    [ "$(fb workspace list --json | jq -r '.workspaces[] | select(.name == "w").access')" = group:wlab ]
    [ "$(fb export | jq -r .workspaces.w.access)" = group:wlab ]
    run root_on ctl bash -c 'flightbase export | flightbase apply -f -'
    said 0 "nothing to change"
}

@test "members come and go without touching the gate; who is to be added to the group or removed is said" {
    create bob --access group:wlab >/dev/null
    before=$(root_on ctl stat -c %Z $top)
    run as alice flightbase workspace add-user w carol
    said 0 "$(missing wlab carol)
workspace 'w': add carol"
    root_on ctl gpasswd -a carol wlab >/dev/null
    passes carol
    run as alice flightbase workspace remove-user w carol
    said 0 "$(left wlab carol)
workspace 'w': remove carol"
    root_on ctl gpasswd -d carol wlab >/dev/null
    run as alice flightbase workspace remove-user w bob --dry-run
    said 0 "$(left wlab bob)
workspace 'w': remove bob"
    [ "$(root_on ctl stat -c %Z $top)" = "$before" ]
    # The second manager is as good as the first: nothing of the directories is to be changed.
    fb workspace modify w --manager alice,bob >/dev/null
    run as bob flightbase workspace add-user w carol
    said 0 "$(missing wlab carol)
workspace 'w': add carol"
    # The owner comes in as such; who was it needs the group from now on.
    run fb workspace set-manager w bob
    said 0 "$(missing wlab 'alice, carol')
workspace 'w': give its directories to bob
workspace 'w': make alice a manager no more"
    [ "$(gate)" = "${by_group/alice/bob}" ]
}

@test "from entries to a group and back, twice to no effect, and what was left half done is finished" {
    create bob >/dev/null
    run fb workspace modify w --access group:wlab
    said 0 "workspace 'w': let group wlab into its directories
workspace 'w': change its settings: access group:wlab (was none)"
    [ "$(gate)" = "$by_group" ]
    passes bob
    run fb workspace modify w --access group:wlab
    said 0 "nothing to change"
    # Shut with the entries still there; given to the group and not open; open with an entry too many.
    for half in 'setfacl -b -m u:bob:rwx,g::- .; chgrp root .' 'chmod 0700 .' 'setfacl -m u:bob:rwx,g:daemon:rx .' 'chgrp wother .; chmod 0777 .'; do
        root_on ctl bash -ec 'cd "$1"; eval "$2"' sh $top "$half"
        fb workspace modify w --access group:wlab >/dev/null
        [ "$(gate)" = "$by_group" ] || { printf 'after %s: %s\n' "$half" "$(gate)" && return 1; }
    done
    run fb workspace modify w --access group:wother
    said 0 "$(missing wother bob)
workspace 'w': let group wother into its directories
workspace 'w': change its settings: access group:wother (was group:wlab)"
    [ "$(gate)" = "${by_group/wlab/wother}" ]
    run fb workspace modify w --access acl
    said 0 "workspace 'w': shut its directories to group wother, let bob into its directories
workspace 'w': change its settings: access none (was group:wother)"
    [ "$(gate)" = 'alice wother 770 user::rwx user:bob:rwx group::--- mask::rwx other::---' ]
    passes bob
    run fb workspace modify w --access acl
    said 0 "nothing to change"
    # By the site's file too, to the group that is called as the workspace is.
    root_on ctl groupadd w
    run root_on ctl bash -c 'flightbase export | jq ".workspaces.w.access = \"group\"" | flightbase apply -f -'
    said 0 "$(missing w bob)
workspace 'w': let group w into its directories
workspace 'w': change its settings: access group (was none)"
    [ "$(gate)" = "${by_group/wlab/w}" ]
    run root_on ctl bash -c 'flightbase export | jq ".workspaces.w.access = \"group:a b\"" >/tmp/w.json; flightbase apply -f /tmp/w.json; status=$?; rm /tmp/w.json; exit $status'
    [ "$status" -eq 1 ]
    [[ $output =~ ^"flightbase: /tmp/w.json:"[0-9]+": workspaces.w.access: group 'a b': not a valid name: " ]]
}

@test "a manager cannot change the access, nor give the directories to a group that is not his" {
    create bob --access group:wlab >/dev/null
    run as alice flightbase workspace modify w --access acl
    [ "$status" -eq 1 ]
    [[ $output == *"that takes root on the controller: run it as root on 'ctl'" ]]
    root_on ctl chgrp root $top
    run as alice flightbase workspace modify w
    said 1 "flightbase: workspace 'w': its directories are to be given to group 'wlab', which takes root or who is in it; ask an administrator, or whoever maintains the group"
    [ "$(gate)" = "${by_group/wlab/root}" ]
    root_on ctl gpasswd -a alice wlab >/dev/null
    run as alice flightbase workspace modify w
    said 0 "workspace 'w': let group wlab into its directories"
    [ "$(gate)" = "$by_group" ]
}

@test "check: who is missing in the group and who should not be there, and what is wrong with the directory" {
    create bob --access group:wlab >/dev/null
    clean
    root_on ctl bash -ec 'gpasswd -M carol wlab; useradd -g wlab dan; cd "$1"; chgrp wother .; chmod 0701 .; setfacl -m u:carol:rx,m::rx .' sh $top >/dev/null
    check
    mend="flightbase workspace modify w"
    finds "belongs to another group than 'wlab', which it should let in" "$mend"
    finds "does not let in its group" "$mend"
    finds "has an entry for user 'carol' left, but should let in group 'wlab' alone" "$mend"
    finds "lets in others than its members" "$mend"
    finds "does not let in member 'bob', who is not in group 'wlab'" "usermod -a -G wlab bob   # or where the site keeps its groups"
    finds "lets in user 'carol' of group 'wlab', who is no member" "gpasswd -d carol wlab   # or where the site keeps its groups"
    finds "lets in user 'dan' of group 'wlab', who is no member" "usermod -g GROUP dan   # another primary group; or where the site keeps its groups"
    [ "$(grep -c ^error <<<"$output")" -eq 7 ]
    # What it says mends it.
    root_on ctl bash -ec 'for ((i = 0; i < 2; i++)); do
            flightbase check | sed -n "/directories/{n;s/ *fix: //p}" | sed "s/GROUP/daemon/" | sort -u | bash
        done' >/dev/null 2>&1
    clean
    [ "$(gate)" = "$by_group" ]
    root_on ctl bash -ec 'userdel dan; groupdel wlab'
    check
    finds "should let in group 'wlab', which this host does not know" "groupadd wlab   # or where the site keeps its groups; or flightbase workspace modify w --access acl"
    run as alice flightbase workspace add-user w carol
    said 1 "flightbase: workspace 'w': group 'wlab': unknown on this machine; check the name, or create the group first"
    fb workspace modify w --access acl >/dev/null
    clean
}

@test "a file system without access control lists will do for a group, and for nothing else" {
    create bob --access group:wlab >/dev/null
    root_on ctl mount -t ramfs none $top
    run fb workspace modify w
    [ "$status" -eq 0 ]
    [ "$(root_on ctl stat -c '%U %G %a' $top)" = 'alice wlab 770' ]
    clean
    run fb workspace modify w
    said 0 "nothing to change"
    run fb workspace modify w --access acl
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'w': $top: its file system has no access control lists; let in a Unix group, with --access group" ]]
    [ "$(root_on ctl stat -c '%U %G %a' $top)" = 'alice wlab 770' ]
}
