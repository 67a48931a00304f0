#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# A workspace's period: who comes too early or too late, the deadline and the minimum time of a job, jobs that Slurm
# removes because they can no longer run, and changes by users and administrators.

DENIED="Access/permission denied"

setup_file() {
    load lab
    make_workspace vision 16 alice bob
    root_on login cc -x c - -o /usr/local/bin/forge -lslurm <"$BATS_TEST_DIRNAME/forge.c"
}

teardown_file() {
    load lab
    cancel_jobs
    site '{"root": "/shared/flightbase"}'
    remove_workspace vision
}

setup() { load lab; }

teardown() { cancel_jobs; }

# write FILE JSON: below /etc/flightbase, as an editor would.
write() {
    root_on ctl bash -c 'cat >"/etc/flightbase/$1.new" && mv "/etc/flightbase/$1.new" "/etc/flightbase/$1"' write "$1" <<<"$2"
}

site() { write flightbase.json "$1"; }

# period JSON: the workspace's settings. Each carries a training type of its own for a moment, by whose refusal the
# controller shows that it has read them.
period() {
    write workspaces.d/vision.json "${1%\}}, \"training\": [\"jupyter\"]}"
    until_true 10 answers "training type 'advanced' is not allowed"
    write workspaces.d/vision.json "$1"
    until_true 10 eval '! answers "training type"'
}

answers() { [[ $(as bob sbatch --test-only --workspace=vision --wrap true 2>&1) == *"$1"* ]]; }

# at OFFSET [FORMAT]: a time of the controller's clock.
at() { root_on ctl date -d "$1" "+${2:-%FT%T}"; }

# refused TEXT OPTION...: bob's job is, with these words.
refused() {
    run as bob sbatch --output=/dev/null --workspace=vision "${@:2}" --wrap true
    [ "$status" -eq 1 ]
    [[ $output == *"error: flightbase: workspace 'vision': $1"* ]] || {
        printf '%s\nlacks: %s\n' "$output" "$1" >&2
        return 1
    }
}

# held OPTION...: bob's job, held; its id, and in the file $BATS_TEST_TMPDIR/said what the user was told.
held() {
    as bob sbatch --parsable --hold --output=/dev/null --workspace=vision "$@" --wrap 'sleep 300' 2>"$BATS_TEST_TMPDIR/said"
}

said() { [[ $(<"$BATS_TEST_TMPDIR/said") == *"sbatch: flightbase: workspace 'vision': $1"* ]]; }

silent() { [[ ! -s $BATS_TEST_TMPDIR/said ]]; }

update() { run as "$1" scontrol update JobId="$2" "${@:3}"; }

@test "without a period nothing is changed" {
    period '{"description": "always"}'
    id=$(held)
    silent
    [ "$(job_field "$id" Deadline)" = N/A ]
    [ "$(job_field "$id" TimeMin)" = N/A ]
}

@test "a job that comes too early or too late is refused with the date" {
    period '{"from": "2190-12-01", "until": "2191-06-30"}'
    refused "its period begins on 2190-12-01: it is $(at now %F)T"
    [[ $output == *" now; submit it then"* ]]
    refused "its period begins on 2190-12-01" --begin=2190-12-15
    for command in "srun --workspace=vision true" "salloc --workspace=vision true"; do
        # shellcheck disable=SC2086
        run as bob $command
        [ "$status" -eq 1 ]
        [[ $output == *"flightbase: workspace 'vision': its period begins on 2190-12-01"* ]]
    done
    run as bob forge vision /dev/null @begin_time=6950000000 @deadline=4294967294
    [[ $output == *"its period begins on 2190-12-01"* ]]
    period '{"from": "2025-01-01", "until": "2025-06-30"}'
    refused "its period ended on 2025-06-30: it is $(at now %F)T"
    [[ $output == *" now; ask an administrator to extend it"* ]]
}

@test "where the site says so, a job that comes too early waits for the start" {
    site '{"root": "/shared/flightbase", "before_start": "hold"}'
    period '{"from": "2190-12-01", "until": "2191-06-30"}'
    until_true 10 as bob sbatch --test-only --workspace=vision --time=60 --wrap true
    id=$(held --time=60)
    said "its period begins on 2190-12-01: the job waits until then"
    [ "$(job_field "$id" StartTime)" = 2190-12-01T00:00:00 ]
    [ "$(job_field "$id" Deadline)" = 2191-07-01T00:00:00 ]
    [ "$(job_field "$id" TimeMin)" = N/A ]
    # A later beginning stays.
    later=$(held --time=60 --begin=2190-12-24)
    silent
    [ "$(job_field "$later" StartTime)" = 2190-12-24T00:00:00 ]
    # Nobody but an administrator moves it before the start.
    update bob "$id" StartTime=now
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': its period begins on 2190-12-01: a job cannot begin before it; set a later StartTime"* ]]
    update alice "$id" StartTime=2190-11-30T23:59:59
    [ "$status" -eq 1 ]
    as bob scontrol update JobId="$id" StartTime=2190-12-02
    [ "$(job_field "$id" StartTime)" = 2190-12-02T00:00:00 ]
    root_on ctl scontrol update JobId="$id" StartTime=2190-11-30
    [ "$(job_field "$id" StartTime)" = 2190-11-30T00:00:00 ]
    # What does not fit between the beginning and the end is refused.
    refused "its period ends on 2191-06-30: 00:00:00 are left from when the job may begin, and it needs 01:00:00 at least; ask an administrator to extend the period" \
        --begin=2191-07-01
    site '{"root": "/shared/flightbase"}'
    until_true 10 answers "its period begins"
}

@test "the end is the job's deadline, unless the job has an earlier one" {
    period '{"until": "2190-06-30"}'
    id=$(held --time=1-00:00)
    silent
    [ "$(job_field "$id" Deadline)" = 2190-07-01T00:00:00 ]
    [ "$(job_field "$id" TimeMin)" = N/A ]
    earlier=$(held --time=60 --deadline=2189-01-01T00:00:00)
    [ "$(job_field "$earlier" Deadline)" = 2189-01-01T00:00:00 ]
    later=$(held --time=60 --deadline=2195-01-01T00:00:00)
    [ "$(job_field "$later" Deadline)" = 2190-07-01T00:00:00 ]
    # A client's "no deadline" is none of its own.
    forged=$(as bob forge vision /dev/null @deadline=4294967294 @time_limit=60 @begin_time=4102444800)
    [ "$(job_field "$forged" Deadline)" = 2190-07-01T00:00:00 ]
    array=$(held --time=60 --array=1-3)
    [ "$(job_field "$array" Deadline)" = 2190-07-01T00:00:00 ]
    het=$(held --time=60 -n1 : --workspace=vision -n1)
    [ "$(root_on ctl scontrol show job "$het" | grep -c Deadline=2190-07-01T00:00:00)" -eq 2 ]
}

@test "a date with a time zone means that zone's" {
    period '{"until": "2190-07-01T09:00+09:00"}'
    [ "$(job_field "$(held --time=60)" Deadline)" = 2190-07-01T00:00:00 ]
    period '{"until": "2190-06-30-05:30"}'
    [ "$(job_field "$(held --time=60)" Deadline)" = 2190-07-01T05:30:00 ]
    period '{"from": "2190-06-30T00:00-12:00"}'
    refused "its period begins at 2190-06-30T00:00-12:00"
}

@test "a limit that crosses the end gets the minimum time, and a notice" {
    end=$(at +3hours)
    period "{\"until\": \"$end\", \"min_run\": \"30\"}"
    id=$(held --time=1-00:00)
    said "its period ends at $end, before the job's time limit (1-00:00:00): it starts only while 00:30:00 are left, and its limit is cut to what is left then"
    [ "$(job_field "$id" Deadline)" = "$end" ]
    [ "$(job_field "$id" TimeMin)" = 00:30:00 ]
    [ "$(job_field "$id" TimeLimit)" = 1-00:00:00 ]
    # Without any limit, with the user's own minimum, and with a limit that fits.
    id=$(held)
    said "its period ends at $end, before the job's time limit (none)"
    [ "$(job_field "$id" TimeMin)" = 00:30:00 ]
    id=$(held --time=1-00:00 --time-min=10)
    silent
    [ "$(job_field "$id" TimeMin)" = 00:10:00 ]
    id=$(held --time=20)
    silent
    [ "$(job_field "$id" TimeMin)" = N/A ]
    # It runs, and ends by then.
    id=$(as bob sbatch --parsable --output=/dev/null --workspace=vision --time=1-00:00 --wrap 'sleep 300')
    wait_job "$id" RUNNING
    [[ ! $(job_field "$id" EndTime) > $end ]]
    [[ $(job_field "$id" TimeLimit) == 02:5?:00 ]]
}

@test "the default time of a partition counts as the job's limit" {
    end=$(at +3hours)
    period "{\"until\": \"$end\"}"
    # Without a default, a job gets the partition's maximum; Slurm alone would let it be cut down to a minute.
    root_on ctl scontrol update PartitionName=gpu MaxTime=40
    id=$(held)
    silent
    [ "$(job_field "$id" TimeMin)" = 00:40:00 ]
    root_on ctl scontrol update PartitionName=gpu MaxTime=UNLIMITED DefaultTime=20
    id=$(held)
    silent
    [ "$(job_field "$id" TimeLimit)" = 00:20:00 ]
    [ "$(job_field "$id" TimeMin)" = N/A ]
    root_on ctl scontrol update PartitionName=gpu DefaultTime=4:00:00
    id=$(held)
    said "its period ends at $end, before the job's time limit (04:00:00): it starts only while 01:00:00 are left"
    [ "$(job_field "$id" TimeMin)" = 01:00:00 ]
    root_on ctl scontrol reconfigure # the partition as it was
    until_true 20 as bob sbatch --test-only --account=lab --wrap true
}

@test "where not even the minimum fits before the end, the job is refused with the numbers" {
    end=$(at '+30minutes +30seconds')
    period "{\"until\": \"$end\"}"
    refused "its period ends at $end: 00:30:00 are left from when the job may begin, and it needs 01:00:00 at least; give it a --time of at most 00:30:00, or ask an administrator to extend the period" \
        --time=2:00:00
    refused "its period ends at $end: 00:30:00 are left from when the job may begin, and it needs 00:40:00 at least" --time=2:00:00 --time-min=40
    refused "its period ends at $end: 00:10:00 are left from when the job may begin" --begin="$(at +20minutes)"
    held --time=20
}

gone() { [[ $(job_field "$1" JobState) == DEADLINE ]]; }

# A submission makes Slurm look at its queue.
looked_at() {
    as alice sbatch --quiet --output=/dev/null --account=lab --wrap true
    gone "$1"
}

@test "jobs that can no longer run are removed at the deadline, and not before" {
    period "{\"until\": \"$(at +90seconds)\", \"min_run\": \"1\"}"
    id=$(as bob sbatch --parsable --output=/dev/null --workspace=vision --nodelist=n1 --gpus=1 --wrap 'sleep 300' 2>/dev/null)
    wait_job "$id" RUNNING
    waiting=$(as bob sbatch --parsable --output=/dev/null --workspace=vision --nodelist=n1 --exclusive --wrap 'sleep 300' 2>/dev/null)
    short=$(as bob sbatch --parsable --output=/dev/null --workspace=vision --nodelist=n1 --exclusive --time=1 --wrap true)
    [ "$(job_field "$waiting" JobState)" = PENDING ]
    until_true 60 looked_at "$waiting"
    gone "$short"
    [ "$(job_field "$waiting" Reason)" = DeadLine ]
    [ "$(job_field "$id" JobState)" = RUNNING ]
}

@test "a user cannot move the deadline, an administrator can, and the job is fitted to it" {
    period '{"until": "2190-06-30"}'
    id=$(held --time=1-00:00)
    for user in bob alice; do
        update "$user" "$id" Deadline=2195-01-01
        [ "$status" -eq 1 ]
        [[ $output == *"flightbase: workspace 'vision': its period ends on 2190-06-30: a job's deadline cannot be later; ask an administrator to extend the period"* ]]
    done
    update bob "$id" Deadline=2189-01-01 # within the period it is Slurm's to say
    [[ $output == *"$DENIED"* && $output != *flightbase* ]]
    [ "$(job_field "$id" Deadline)" = 2190-07-01T00:00:00 ]
    root_on ctl scontrol update JobId="$id" Deadline=2195-01-01
    [ "$(job_field "$id" Deadline)" = 2195-01-01T00:00:00 ]
    [ "$(job_field "$id" TimeMin)" = N/A ]
    # An end that the limit now crosses.
    end=$(at +3hours)
    root_on ctl scontrol update JobId="$id" Deadline="$end"
    [ "$(job_field "$id" Deadline)" = "$end" ]
    [ "$(job_field "$id" TimeMin)" = 01:00:00 ]
    # One that leaves too little: an administrator's word counts.
    end=$(at +10minutes)
    root_on ctl scontrol update JobId="$id" Deadline="$end"
    [ "$(job_field "$id" Deadline)" = "$end" ]
}

@test "a changed time limit is fitted to the period" {
    end=$(at +3hours)
    period "{\"until\": \"$end\"}"
    id=$(held --time=1:00:00)
    [ "$(job_field "$id" TimeMin)" = N/A ]
    as bob scontrol update JobId="$id" TimeLimit=1-00:00:00
    [ "$(job_field "$id" TimeMin)" = 01:00:00 ]
    # The minimum that came with it goes with it.
    as bob scontrol update JobId="$id" TimeLimit=20
    [ "$(job_field "$id" TimeLimit)" = 00:20:00 ]
    [ "$(job_field "$id" TimeMin)" = 00:20:00 ]
    update bob "$id" StartTime="$(at '+2hours +50minutes')"
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'vision': its period ends at $end: 00:0"*" are left from when the job may begin, and it needs 00:20:00 at least"* ]]
    # A minimum of 0 is none.
    as bob scontrol update JobId="$id" TimeLimit=1-00:00:00 TimeMin=0
    [ "$(job_field "$id" TimeMin)" = 01:00:00 ]
    update bob "$id" TimeMin=5:00:00
    [ "$status" -eq 1 ]
    [[ $output == *"it needs 05:00:00 at least"* ]]
    array=$(held --time=60 --array=1-3)
    run as bob scontrol update JobId="$array" TimeLimit=1-00:00:00
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: workspace 'vision': its period ends at $end, before the job's time limit (1-00:00:00)"* ]]
}

@test "a period that ends while jobs wait leaves the rest alone" {
    period '{"until": "2190-06-30"}'
    id=$(held --time=60)
    period '{"until": "2025-06-30"}'
    as bob scontrol update JobId="$id" JobName=renamed
    as bob scontrol update JobId="$id" TimeLimit=30
    [ "$(job_field "$id" TimeLimit)" = 00:30:00 ]
    as bob scontrol release "$id"
    wait_job "$id" RUNNING
}
