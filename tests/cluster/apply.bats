#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The whole site as one file: export and apply.

setup_file() {
    load lab
    root_on ctl bash -c 'flightbase export >/tmp/site.json'
}

# As it was before.
teardown_file() {
    load lab
    cancel_jobs
    root_on ctl bash -c 'flightbase apply -f /tmp/site.json --prune; rm -rf /shared/flightbase/workspaces/{p,q}' >/dev/null 2>&1
}

setup() { load lab; }

fb() { root_on ctl flightbase "$@"; }

# apply JQ [OPTION...]: the site as it was at the start, changed by a jq program, the workspaces p and q in it.
apply() {
    root_on ctl bash -c 'jq "$1" /tmp/site.json >/tmp/wanted.json; shift; exec flightbase apply -f /tmp/wanted.json "$@"' apply "$@"
}

two='.workspaces.p = {gpus: 8, managers: ["alice"], members: ["bob"], until: "2099-01-01"} |
    .workspaces.q = {gpus: 4, max_gpus_per_user: 2, max_time: "1-00:00:00", managers: ["bob", "carol"], images: ["@shared/*"]}'

@test "a plan is printed and with --dry-run nothing is done; then it is done; then there is nothing to do" {
    run apply "$two" --dry-run
    [ "$status" -eq 0 ]
    plan=$output
    [[ $plan == *"workspace 'p': make its directories in /shared/flightbase/workspaces/p for alice
workspace 'p': create the QOS ws-p
workspace 'p': write its settings: until 2099-01-01
workspace 'p': create the account, GPUs: 8
workspace 'p': add alice (manager), add bob
workspace 'q': make its directories in /shared/flightbase/workspaces/q for bob"* ]]
    root_on ctl bash -c '[[ ! -e /etc/flightbase/workspaces.d/p.json && ! -e /shared/flightbase/workspaces/p ]]'
    [ -z "$(root_on ctl sacctmgr -nP show account p,q format=account)" ]
    run apply "$two"
    [ "$status" -eq 0 ]
    [ "$output" = "$plan" ]
    run apply "$two"
    [ "$status" -eq 0 ]
    [ "$output" = "nothing to change" ]
    as bob sbatch --test-only --workspace=p --gpus=8 --wrap true
    as carol sbatch --test-only --workspace=q --gpus=1 --wrap true
}

@test "what is exported changes nothing when it is applied, and holds all that was asked for" {
    apply "$two" >/dev/null
    run root_on ctl bash -c 'flightbase export | flightbase apply -f -'
    [ "$status" -eq 0 ]
    [ "$output" = "nothing to change" ]
    [ "$(fb export | jq -Sc '.workspaces | .p, .q')" = \
        '{"gpus":8,"managers":["alice"],"members":["bob"],"until":"2099-01-01"}
{"gpus":4,"images":["@shared/*"],"managers":["bob","carol"],"max_gpus_per_user":2,"max_time":"1-00:00:00","members":[]}' ]
    [ "$(fb export | jq -c .site)" = "$(root_on ctl jq -c . /etc/flightbase/flightbase.json)" ]
    # As members see it, it is the same.
    [ "$(as alice flightbase export)" = "$(fb export)" ]
}

@test "changes come with what was, the site's settings too, and drift is mended" {
    apply "$two" >/dev/null
    root_on ctl bash -c 'sacctmgr -iQ modify account p set grptres=gres/gpu=99; setfacl -b /shared/flightbase/workspaces/p; rm /etc/flightbase/workspaces.d/q.json' >/dev/null
    run apply "$two | .workspaces.p.until = \"2098-01-01\" | .site.min_run = \"10\""
    [ "$status" -eq 0 ]
    [[ $output == *"write the site's settings"* ]]
    [[ $output == *"workspace 'p': let bob into its directories"* ]]
    [[ $output == *"workspace 'p': change its settings: until 2098-01-01 (was 2099-01-01)"* ]]
    [[ $output == *"workspace 'p': GPUs: 8 (was 99)"* ]]
    [[ $output == *"workspace 'q': write its settings: images [\"@shared/*\"]"* ]]
    [ "$(root_on ctl jq -r .min_run /etc/flightbase/flightbase.json)" = 10 ]
    run apply "$two"
    [[ $output == *"write the site's settings"*"until 2099-01-01 (was 2098-01-01)"* ]]
}

@test "a workspace that is not in the file is named and left alone; --prune removes it, not its directories" {
    apply "$two" >/dev/null
    run apply "$two | del(.workspaces.q)"
    [ "$status" -eq 0 ]
    [[ $output == *"flightbase: left alone, as they are not in the file: "*q*"; --prune removes them"* ]]
    root_on ctl test -e /etc/flightbase/workspaces.d/q.json
    id=$(submit bob --workspace=q --gpus=1 --wrap 'sleep 300')
    wait_job "$id" RUNNING
    run apply "$two | del(.workspaces.q)" --prune
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: workspace 'q': it cannot be removed: 1 of its jobs run and 0 wait; "* ]]
    root_on ctl test -e /etc/flightbase/workspaces.d/q.json
    cancel_jobs
    until_true 30 apply "$two | del(.workspaces.q)" --prune
    [ -z "$(root_on ctl sacctmgr -nP show account q format=account)" ]
    root_on ctl bash -c '[[ ! -e /etc/flightbase/workspaces.d/q.json && -d /shared/flightbase/workspaces/q/volume ]]'
}

@test "what is wrong in the file is told with file, line and key, and nothing is changed" {
    apply "$two" >/dev/null
    before=$(fb export)
    while read -r change message; do
        run apply "$two | $change"
        [ "$status" -eq 1 ]
        [[ $output =~ ^"flightbase: /tmp/wanted.json:"[0-9]+": "(.*)$ && ${BASH_REMATCH[1]} == "$message" ]] || { printf '%s said: %s\n' "$change" "$output" && return 1; }
    done <<'EOT'
.sites={} sites: unknown key
.site.colour=1 site.colour: unknown key
.workspaces.p.colour=1 workspaces.p.colour: unknown key
.workspaces.p.colour=null workspaces.p.colour: unknown key
.workspaces.P=.workspaces.p workspaces.P: not a valid name: lower-case letters, digits and '-', starting with a letter or digit, are allowed
.workspaces.p.gpus=-1 workspaces.p.gpus: -1 is outside 0 to 1000000
.workspaces.p.gpus=99999999999 workspaces.p.gpus: 99999999999 is outside 0 to 1000000
.workspaces.p.guarantee=9 workspaces.p.guarantee: 9 GPUs guaranteed, but the quota is 8
del(.workspaces.p.managers) workspaces.p: key 'managers' is missing: a workspace needs a manager
.workspaces.p.managers=[] workspaces.p.managers: 0 elements; 1 to 10000 are allowed
.workspaces.p.members=["bob","bob"] workspaces.p.members[1]: 'bob' is there twice
.workspaces.p.members=["bo\tb"] workspaces.p.members[0]: 'bo?b' is no user's name
.workspaces.p.max_time="soon" workspaces.p.max_time: 'soon' is not a length of time: MINUTES, HH:MM:SS, D-HH or D-HH:MM:SS is expected
.workspaces.p.until="2000-01-01"|.workspaces.p.from="2001-01-01" workspaces.p.until: '2000-01-01' is not after 'from', '2001-01-01'
EOT
    run apply "$two | .workspaces.p.members = [\"nobody-here\"]"
    [ "$output" = "flightbase: workspace 'p': user 'nobody-here': unknown on this machine; check the name, or create the user first" ]
    root_on ctl bash -c 'printf "{\"workspaces\": {\"p\": {}, \"p\": {}}}" >/tmp/twice.json; truncate -s 100M /tmp/huge.json'
    run fb apply -f /tmp/twice.json
    [ "$output" = "flightbase: /tmp/twice.json:1: key 'p' appears twice" ]
    run fb apply -f /tmp/huge.json
    [ "$output" = "flightbase: /tmp/huge.json: 104857600 bytes; at most 33554432 are read" ]
    run root_on ctl bash -c 'flightbase apply -f - </tmp/huge.json'
    [ "$output" = "flightbase: standard input: at most 33554432 bytes are read" ]
    run fb apply
    [ "$status" -eq 2 ]
    [ "$output" = "flightbase: say which file with --file; see flightbase apply --help" ]
    root_on ctl rm /tmp/twice.json /tmp/huge.json
    [ "$(fb export)" = "$before" ]
}

@test "history tells who did what, since when, as a table and as JSON" {
    apply "$two" >/dev/null
    fb workspace modify p --gpus 6 --max-gpus-per-job 3
    as alice flightbase workspace add-user p carol
    as alice flightbase workspace remove-user p carol
    fb workspace set-manager p bob
    run fb workspace history p
    [ "$status" -eq 0 ]
    [ "$(tail -n 6 <<<"$output" | awk '{ $1 = ""; print }' | LC_ALL=C sort)" = " alice carol added
 alice carol removed
 root GPUs of a job: 3
 root GPUs: 6
 root alice a manager no more
 root bob made a manager" ] || { printf '%s\n' "$output" && return 1; }
    [ "$(fb workspace history p --json | jq -r '.history[-1].who')" = root ]
    [ "$(fb workspace history p --since 2199-01-01 --json | jq -c .history)" = '[]' ]
    run fb workspace history p --since yesterday
    [ "$status" -eq 2 ]
    [[ $output == "flightbase: option '--since': 'yesterday' is not a date: "* ]]
}

@test "history has the settings, too, and what was changed by hand" {
    apply "$two" >/dev/null
    fb workspace modify p --until 2188-01-02 --description first
    root_on ctl bash -c 'jq ".description = \"by hand\"" /etc/flightbase/workspaces.d/p.json >/tmp/p && cat /tmp/p >/etc/flightbase/workspaces.d/p.json'
    fb workspace modify p --until 2188-01-03
    # What slurmdbd recorded in the same second may be among them.
    rows=$(fb workspace history p --json | jq -r '.history[] | "\(.who) \(.what)" | select(test("until: 2188|by hand"))')
    printf '%s\n' "$rows"
    [ "$(wc -l <<<"$rows")" -eq 3 ]
    [[ $rows == 'root '*'until: 2188-01-02 (was '* && $rows == *'description: first'* ]]
    [ "$(tail -n 2 <<<"$rows")" = '? description: by hand (was first)
root until: 2188-01-03 (was 2188-01-02)' ]
    # Everybody who may read the settings may read it.
    as carol test -r /etc/flightbase/history.d/p.jsonl
}

@test "list shows use and state, and --names and --members what they say" {
    apply "$two" >/dev/null
    id=$(submit bob --workspace=p --gpus=3 --wrap 'sleep 300')
    wait_job "$id" RUNNING
    submit bob --workspace=p --array=0-3 --gpus=8 --wrap true
    run fb workspace list --json
    [ "$(jq -c '.workspaces[] | select(.name == "p") | [.gpus, .used, .running, .pending, .managers, .until, .state, has("members")]' <<<"$output")" = \
        '[8,3,1,4,"alice","2099-01-01","open",false]' ]
    [ "$(fb workspace list --members --json | jq '.workspaces[] | select(.name == "q") | .members')" = 2 ]
    [ "$(fb workspace list --names | grep -cx '[pq]')" = 2 ]
    cancel_jobs
    for state in early:2098-01-01:2099-01-01 ended:2001-01-01:2002-01-01; do
        IFS=: read -r word from until <<<"$state"
        fb workspace modify p --from "$from" --until "$until" >/dev/null
        [ "$(fb workspace list --json | jq -r '.workspaces[] | select(.name == "p") | .state')" = "$word" ]
    done
    fb workspace modify p --from none >/dev/null
}
