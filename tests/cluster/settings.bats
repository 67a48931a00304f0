#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The settings files in slurmctld: a change comes in by itself, a broken file changes nothing, and nothing is lost
# across restarts and reconfigurations.

setup_file() {
    load lab
    make_workspace vision 16 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
}

setup() { load lab; }

# A test that fails half way must not leave the next one without settings.
teardown() {
    root_on ctl bash -c 'cd /etc; [[ ! -d flightbase.away ]] || { rm -rf flightbase; mv flightbase.away flightbase; }
        [[ ! -d flightbase/away ]] || { rm -rf flightbase/workspaces.d; mv flightbase/away flightbase/workspaces.d; }'
}

unset="flightbase: workspace 'vision': it has no valid settings, so that its period and limits are not known; ask an administrator to look with"

accepted() { as alice sbatch --test-only --workspace="$1" --wrap true; }

settings() { # file text: written as an editor would
    root_on ctl bash -c 'cat >"/etc/flightbase/$1"' settings "$1" <<<"$2"
}

counter() { root_on ctl jq "$1" /var/spool/slurmctld/flightbase/job_submit.json; }

broken() { [ "$(counter .settings_broken)" = "$1" ]; } # how many files are

log_lines() { # text: how often slurmctld said it
    root_on ctl grep -c -- "$1" /var/log/lab/ctl.slurmctld.log || true
}

@test "a new workspace is known within two seconds, and gone when its file is deleted" {
    root_on ctl sacctmgr -iQ add account fresh >/dev/null
    root_on ctl sacctmgr -iQ add user alice account=fresh >/dev/null
    run accepted fresh
    [[ $output == *"workspace 'fresh': unknown"* ]]
    settings workspaces.d/fresh.json '{"description": "new"}'
    until_true 3 accepted fresh
    root_on ctl rm /etc/flightbase/workspaces.d/fresh.json
    until_true 3 bash -c '! "$FLIGHTBASE_LAB" run --user alice sbatch --test-only --workspace=fresh --wrap true'
    root_on ctl sacctmgr -iQ delete account fresh >/dev/null
}

@test "a file that breaks keeps what was good, says so once with file, line and key, and is counted" {
    unknown='workspaces.d/vision.json:1: descriptoin: unknown key' twice="workspaces.d/vision.json:1: key 'description' appears twice"
    before=$(($(log_lines "$unknown") + $(log_lines "$twice")))
    for text in '{"description": "half' '{"descriptoin": "typo"}' '{"description": 7}' '[]' '' '{"description":"a","description":"b"}'; do
        settings workspaces.d/vision.json "$text"
        until_true 5 broken 1
        accepted vision
        settings workspaces.d/vision.json '{}'
        until_true 5 broken 0
    done
    [ "$(counter .settings_failures)" -ge 6 ]
    [ $(($(log_lines "$unknown") + $(log_lines "$twice"))) -eq $((before + 2)) ]
}

@test "a file of 100 MB, a FIFO and a bad name are refused, and nothing hangs" {
    root_on ctl bash -c 'cd /etc/flightbase/workspaces.d; truncate -s 100M big.json; mkfifo pipe.json; echo {} >Bad_Name.json'
    until_true 5 broken 3
    accepted vision
    root_on ctl bash -c 'cd /etc/flightbase/workspaces.d; rm big.json pipe.json Bad_Name.json'
    until_true 5 broken 0
}

@test "a file that may not be read is one fault, and nothing is written again and again" {
    state=/var/spool/slurmctld/flightbase/policy.json
    settings workspaces.d/secret.json '{}'
    until_true 5 broken 0
    root_on ctl chmod 600 /etc/flightbase/workspaces.d/secret.json
    until_true 5 broken 1
    failures=$(counter .settings_failures)
    before=$(root_on ctl stat -c '%i %y' "$state")
    sleep 3
    [ "$(root_on ctl stat -c '%i %y' "$state")" = "$before" ]
    [ "$(counter .settings_failures)" = "$failures" ]
    root_on ctl chmod 644 /etc/flightbase/workspaces.d/secret.json
    until_true 5 broken 0
    root_on ctl rm /etc/flightbase/workspaces.d/secret.json
    until_true 5 bash -c '! "$FLIGHTBASE_LAB" run --user alice sbatch --test-only --workspace=secret --wrap true 2>&1 | grep -q "not a member"'
}

@test "the last good settings survive reconfigure and restart while files are broken or missing" {
    settings workspaces.d/vision.json '{"description": '
    settings flightbase.json '{"root": 7}'
    root_on ctl scontrol reconfigure
    until_true 20 accepted vision
    restart_slurmctld
    until_true 20 accepted vision
    root_on ctl mv /etc/flightbase /etc/flightbase.away
    sleep 2 # two looks at a folder that is not there
    accepted vision
    root_on ctl mv /etc/flightbase.away /etc/flightbase
    settings flightbase.json '{"root": "/shared/flightbase"}'
    settings workspaces.d/vision.json '{}'
    # Without a submission in between: the counters tell of the repair by themselves.
    until_true 5 broken 0
    accepted vision
}

@test "without PrologFlags=Alloc or enforced associations, workspaces are refused and the rest runs" {
    for line in PrologFlags=Alloc AccountingStorageEnforce=associations; do
        root_on ctl bash -ec 'cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.away
            sed -i "/^${1%%=*}=/d" /etc/slurm/slurm.conf; lab-service restart slurmctld' without "$line"
        run accepted vision
        root_on ctl mv /etc/slurm/slurm.conf.away /etc/slurm/slurm.conf
        [ "$status" -ne 0 ]
        [[ $output == *"flightbase: workspace 'vision': slurm.conf lacks $line, without which it is not safe; ask an administrator to set it"* ]]
        [ "$(log_lines "flightbase: slurm.conf lacks $line: submissions to workspaces are refused")" -ge 1 ]
    done
    restart_slurmctld
    until_true 20 accepted vision
}

@test "with no settings at all, workspaces are refused and other jobs run" {
    root_on ctl bash -c 'lab-service stop slurmctld; mv /etc/flightbase /etc/flightbase.away
        rm /var/spool/slurmctld/flightbase/policy.json; lab-service start slurmctld'
    run accepted vision
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: workspace 'vision': the site's settings could not be read; ask an administrator to look into slurmctld's log"* ]]
    run as alice sbatch --test-only --account=vision --wrap true
    [[ $status -ne 0 && $output == *"$unset"* ]]
    as alice srun --account=lab true
    root_on ctl mv /etc/flightbase.away /etc/flightbase
    until_true 5 accepted vision
}

@test "the account of a workspace without its settings file takes no jobs" {
    outside=$(submit alice --hold --account=lab --wrap true)
    root_on ctl mv /etc/flightbase/workspaces.d/vision.json /etc/flightbase/vision.away
    until_true 5 bash -c '! "$FLIGHTBASE_LAB" run --user alice sbatch --test-only --workspace=vision --wrap true'
    # Whatever the case of its name, as Slurm takes it.
    for account in vision VISION; do
        run as alice sbatch --test-only --account=$account --wrap true
        refused="$status $output"
        [[ $refused == [1-9]*"workspace '$account': it has no valid settings, so that its period and limits are not known; ask an administrator to look with \`flightbase check\`"* ]] || break
    done
    run as alice scontrol update JobId="$outside" Account=vision
    moved="$status $output"
    run as alice scontrol update JobId="$outside" Name=still-changes
    changed=$status
    run as alice sbatch --test-only --account=lab --wrap true
    other=$status
    root_on ctl mv /etc/flightbase/vision.away /etc/flightbase/workspaces.d/vision.json
    as alice scancel "$outside"
    [[ $refused == *"workspace 'VISION': it has no valid settings"* ]]
    [[ $moved == [1-9]*"$unset"* ]]
    [ "$changed $other" = "0 0" ]
    until_true 5 as alice sbatch --test-only --account=vision --wrap true
}

@test "a folder of workspaces that vanishes changes nothing" {
    root_on ctl mv /etc/flightbase/workspaces.d /etc/flightbase/away
    until_true 5 broken 1
    accepted vision
    root_on ctl mv /etc/flightbase/away /etc/flightbase/workspaces.d
    until_true 5 broken 0
}

@test "nothing queued is lost across a restart, and its decision stays" {
    ids=()
    for i in 1 2 3 4 5; do
        ids+=("$(submit alice --hold --workspace=vision --training-name="t$i" --wrap true)")
    done
    array=$(submit alice --hold --workspace=vision --array=0-9 --wrap true)
    restart_slurmctld
    until_true 20 root_on ctl scontrol ping
    for i in 1 2 3 4 5; do
        [[ $(job_field "${ids[i - 1]}" AdminComment) == *"\"name\":\"t$i\""* ]]
    done
    [ "$(job_field "$array" Account)" = vision ]
    as alice scontrol release "${ids[0]}"
    wait_job "${ids[0]}" COMPLETED
}

@test "submissions keep working while the controller is reconfigured again and again" {
    before=$(root_on ctl squeue -h -A vision | wc -l)
    root_on ctl bash -ec 'for i in {1..8}; do scontrol reconfigure; sleep 0.5; done' &
    reconfigure=$!
    failed=0
    for _ in {1..25}; do
        as alice sbatch --quiet --hold --output=/dev/null --workspace=vision --wrap true || failed=$((failed + 1))
    done
    wait "$reconfigure"
    [ "$failed" -eq 0 ]
    [ "$(root_on ctl squeue -h -A vision | wc -l)" -eq $((before + 25)) ]
}
