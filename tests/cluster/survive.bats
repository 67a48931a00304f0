#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# What must not leave anything usable half made: daemons that are down, two administrators at once, files changed by
# hand, and a kill at any point.

setup_file() { load lab; }

setup() { load lab; }

teardown() {
    for name in mariadb:mariadbd slurmdbd:slurmdbd slurmctld:slurmctld; do
        root_on ctl pgrep "${name#*:}" >/dev/null || service start "${name%:*}"
    done
    root_on ctl bash -c 'for ((i = 0; i < 100; i++)); do
            answer=$(flightbase workspace delete w --drain --purge 2>&1) || [[ $answer == *unknown* ]] && break
            sleep 0.2
        done' >/dev/null 2>&1
}

fb() { root_on ctl flightbase "$@"; }

service() { root_on ctl lab-service "$@" 3>&-; } # a daemon must not keep bats' descriptor

nothing_there() { # of workspace w
    root_on ctl bash -c '[[ ! -e /etc/flightbase/workspaces.d/w.json && ! -e /shared/flightbase/workspaces/w ]]'
    [ -z "$(root_on ctl sacctmgr -nP show assoc account=w format=account)" ]
    [ -z "$(root_on ctl sacctmgr -nP show qos ws-w format=name)" ]
}

quota() { root_on ctl sacctmgr -nP show assoc account=w user= format=grptres; }

# refused_while SERVICE TEXT: create, modify, add-user and delete say this, change nothing, and work afterwards.
refused_while() {
    local verb
    service stop "$1"
    run fb workspace create w --gpus 1 --manager alice
    [ "$status" -eq 1 ] && [ "$output" = "flightbase: $2" ]
    service start "$1"
    nothing_there
    fb workspace create w --gpus 1 --manager alice
    before=$(fb export)
    service stop "$1"
    for verb in 'workspace modify w --gpus 2 --description x' 'workspace add-user w bob' 'workspace delete w' 'workspace history w' \
        'workspace list' export; do
        # shellcheck disable=SC2086
        run fb $verb
        [[ $status -eq 1 && $output == "flightbase: $2" ]] || {
            printf '%s: %s\n' "$verb" "$output"
            return 1
        }
    done
    service start "$1"
    [ "$(fb export)" = "$before" ]
    fb workspace modify w --gpus 2 --description x
    fb workspace add-user w bob
    as bob sbatch --test-only --workspace=w --gpus=2 --wrap true
    fb workspace delete w --purge
    nothing_there
}

@test "slurmdbd down: one clear line, nothing changed, and a retry completes" {
    refused_while slurmdbd "slurmdbd on 'ctl': Connection refused; see that it runs, then try again"
}

@test "MariaDB down: one clear line, nothing changed, and a retry completes" {
    refused_while mariadb "slurmdbd on 'ctl': Unable to connect to database; see that it runs, then try again"
}

@test "MariaDB goes away and comes back while workspaces are made: running it again completes all" {
    root_on ctl bash -c 'jq -n "{workspaces: ([range(12) | {(\"w\(.)\"): {gpus: 3, managers: [\"alice\"], members: [\"bob\", \"carol\"], description: \"\(.)\"}}] | add)}" >/tmp/w.json
        flightbase apply -f /tmp/w.json >/tmp/out 2>&1 & sleep 0.15
        lab-service stop mariadb; wait $!; echo $? >/tmp/rc; lab-service start mariadb' 3>&-
    run root_on ctl cat /tmp/out /tmp/rc
    # Stopped too late, it is done; else it says why, in one line.
    [[ $output == *0 || $(grep -c '^flightbase: [^l]' <<<"$output") -eq 1 ]] || { printf '%s\n' "$output" && return 1; }
    until_true 30 fb apply -f /tmp/w.json >/dev/null
    [ "$(fb apply -f /tmp/w.json 2>/dev/null)" = "nothing to change" ]
    [ "$(root_on ctl sacctmgr -nP show assoc format=account,user,grptres | grep -cE '^w[0-9]+\|(\|gres/gpu=3|alice\||bob\||carol\|)$')" = 48 ]
    root_on ctl bash -c 'echo "{\"workspaces\": {}}" >/tmp/w.json; flightbase apply -f /tmp/w.json --prune; rm -r /shared/flightbase/workspaces/w[0-9]*' >/dev/null
}

@test "slurmctld down: what it need not know is done, with a note, and holds when it is back" {
    service stop slurmctld
    run fb workspace create w --gpus 3 --manager alice --user bob
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: slurmctld does not answer: the change takes effect when it is back" ]]
    run fb workspace modify w --until 2099-01-01
    [ "$status" -eq 1 ]
    [ "$output" = "flightbase: slurmctld does not answer: the end of pending jobs cannot be moved; see that it runs, then try again" ]
    run fb workspace modify w --gpus 2 --guarantee 1
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: slurmctld does not answer: it was not checked that the cluster has the GPUs that are guaranteed"* ]]
    run fb workspace delete w --drain
    [ "$status" -eq 1 ]
    [ "$output" = "flightbase: slurmctld does not answer: jobs cannot be cancelled; see that it runs, then try again" ]
    service start slurmctld
    until_true 20 as bob sbatch --test-only --workspace=w --gpus=2 --wrap true
    [ "$(quota)" = gres/gpu=2 ]
}

@test "slurmctld restarts while workspaces are changed: none is lost" {
    fb workspace create w --gpus 1 --manager alice
    root_on ctl bash -c '(for i in 1 2 3; do lab-service restart slurmctld; done) >/dev/null 2>&1 &
        for ((i = 2; i < 12; i++)); do
            until flightbase workspace modify w --gpus "$i" >/dev/null 2>/tmp/why; do grep -q slurmctld /tmp/why || exit 1; sleep 0.2; done
        done; wait' 3>&-
    [ "$(quota)" = gres/gpu=11 ]
    until_true 20 as alice sbatch --test-only --workspace=w --gpus=8 --wrap true
}

@test "two administrators at once: both end well, and the result is whole" {
    root_on ctl bash -c 'for i in 1 2 3 4; do flightbase workspace create w --gpus "$i" --manager alice --user bob >"/tmp/two.$i" 2>&1 & done; wait'
    [ "$(root_on ctl cat /tmp/two.{1..4} | grep -c "it exists already; change it with workspace modify")" = 3 ]
    [ "$(root_on ctl cat /tmp/two.{1..4} | grep -c 'create the account')" = 1 ]
    root_on ctl bash -c 'for i in 5 6 7 8; do flightbase workspace modify w --gpus "$i" --description "$i" >"/tmp/two.$i" 2>&1 || echo failed >>"/tmp/two.$i" & done; wait'
    run root_on ctl grep -l failed /tmp/two.{5..8}
    [ -z "$output" ]
    # The last one's quota and description, not one of each.
    [ "$(quota)" = "gres/gpu=$(root_on ctl jq -r .description /etc/flightbase/workspaces.d/w.json)" ]
    [ "$(fb export | root_on ctl flightbase apply -f -)" = "nothing to change" ]
}

@test "without the lock, as on two hosts, members are added from everywhere and none is lost" {
    fb workspace create w --gpus 1 --manager alice
    for _ in 1 2 3; do
        root_on login bash -c 'for user in bob carol; do runuser -u alice -- flightbase workspace add-user w "$user" >"/tmp/add.$user" 2>&1 || echo failed >>"/tmp/add.$user" & done; wait'
        run root_on login grep failed /tmp/add.bob /tmp/add.carol
        [ -z "$output" ] || { root_on login cat /tmp/add.bob /tmp/add.carol && return 1; }
        [ "$(root_on ctl sacctmgr -nP show assoc account=w format=user | LC_ALL=C sort | xargs)" = 'alice bob carol' ]
        as bob ls /shared/flightbase/workspaces/w
        as carol ls /shared/flightbase/workspaces/w
        as alice flightbase workspace remove-user w bob,carol
    done
}

@test "a settings file that is gone is written anew, one that is broken is left for who broke it" {
    fb workspace create w --gpus 2 --manager alice --description first
    root_on ctl rm /etc/flightbase/workspaces.d/w.json
    run fb workspace modify w --description second
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: workspace 'w': its settings file is gone: period, guarantee and the rest start empty"* ]]
    as alice sbatch --test-only --workspace=w --wrap true
    root_on ctl bash -c 'echo "{\"until\": \"soon\"}" >/etc/flightbase/workspaces.d/w.json'
    run fb workspace modify w --description third
    [ "$status" -eq 1 ]
    [[ $output == "flightbase: workspace 'w': its settings are broken: /etc/flightbase/workspaces.d/w.json:1: until: 'soon' is not a date: "*"; mend the file, or delete it and give the settings anew" ]]
    [ "$(root_on ctl cat /etc/flightbase/workspaces.d/w.json)" = '{"until": "soon"}' ]
    fb workspace list | grep -q '^w .*broken'
    fb workspace delete w --purge
    nothing_there
}
