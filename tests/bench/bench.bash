# SPDX-License-Identifier: GPL-2.0-or-later
# What the benchmarks share: labs, rows, bars, output as table and JSON (README.md).
# shellcheck shell=bash

bench_name=${0##*/}
bench_lab=$(cd -P "${BASH_SOURCE[0]%/*}/../.." && pwd)/tools/flightbase-lab
bench_bars_file=${BASH_SOURCE[0]%/*}/bars.json
bench_json=''
bench_quick=0
bench_labs=()
bench_columns=()
bench_rows='[]'
bench_bars='[]'

bench_usage() {
    echo "Usage: $bench_name [--quick] [--json FILE]"
    echo
    sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0" | grep -v '^shellcheck '
    echo
    echo "  --quick      fewer rounds on a small setting: to see that it runs, not to judge"
    echo "  --json FILE  also write the result there"
}

bench_options() {
    while (($#)); do
        case $1 in
        --json)
            [[ $# -ge 2 ]] || { echo "$bench_name: --json needs a file's name" >&2; exit 2; }
            bench_json=$2
            shift
            ;;
        --quick) bench_quick=1 ;;
        -h | --help) bench_usage; exit 0 ;;
        *) echo "$bench_name: unknown argument '$1'; see --help" >&2; exit 2 ;;
        esac
        shift
    done
    command -v jq >/dev/null || apt-get install --yes --no-install-recommends jq >&2 </dev/null
    trap bench_down EXIT
}

bench_say() { echo "# $*" >&2; }

bench_up() { # lab option...
    local lab=$1
    shift
    bench_say "lab $lab"
    bench_labs+=("$lab")
    "$bench_lab" --name "$lab" down >/dev/null
    "$bench_lab" --name "$lab" up "$@" >&2 </dev/null
}

bench_down() {
    local lab
    for lab in "${bench_labs[@]}"; do
        "$bench_lab" --name "$lab" down >/dev/null || true
    done
}

root_in() { # lab command...: as root on its controller
    local lab=$1
    shift
    "$bench_lab" --name "$lab" run --user root --node ctl "$@"
}

# Accounts ws-0, ws-1, ... with quota, QOS and period, each with alice and other members; they are in slurmctld's cache at the end.
# 100 accounts at a time, each time of other people: one statement of slurmdbd must fit MariaDB's packet.
bench_populate() { # lab accounts members
    local accounts=$2 members=$3
    root_in "$1" bash -euc '
        accounts=$1 members=$2
        for ((i = 0; i < accounts; i++)); do echo "member$i:x:$((20000 + i)):100::/tmp:/bin/sh"; done >>/etc/passwd
        for ((first = 0; first < accounts; first += 100)); do
            last=$((first + 99 < accounts ? first + 99 : accounts - 1))
            users=alice$(seq -f ",member%g" -s "" $first $((first + members - 2 < accounts ? first + members - 2 : accounts - 1)))
            names=$(seq -s, -f "ws-%g" $first $last)
            sacctmgr --immediate --quiet add qos "$(seq -s, -f "ws-ws-%g" $first $last)" MaxTRESPerUser=gres/gpu=32 >/dev/null
            sacctmgr --immediate --quiet add account "$names" GrpTRES=gres/gpu=64 >/dev/null
            sacctmgr --immediate --quiet add user "$users" account="$names" >/dev/null
        done
        for ((i = 0; i < accounts; i++)); do
            echo "modify account ws-$i set qos=ws-ws-$i defaultqos=ws-ws-$i"
        done | sacctmgr --immediate --quiet >/dev/null
        for ((i = 0; i < accounts; i++)); do
            echo "{\"description\": \"workspace $i of the benchmark\", \"until\": \"2190-12-31\"}" \
                >/etc/flightbase/workspaces.d/ws-$i.json
        done
        scontrol reconfigure' populate "$accounts" "$members"
    # The cache must have them all before anything is measured.
    root_in "$1" bash -euc '
        for _ in {1..100}; do
            n=$(scontrol show assoc_mgr flags=assoc | grep -c "Account=ws-") || true
            [[ $n -ge $1 ]] && exit 0
            sleep 0.5
        done
        echo "only $n associations arrived in slurmctld" >&2; exit 1' wait $((accounts * (members < accounts ? members : accounts)))
}

bench_row_header() {
    bench_columns=("$@")
    printf '%14s' "$@"
    echo
}

bench_row() {
    local i row='{}'
    printf '%14s' "$@"
    echo
    for ((i = 0; i < ${#bench_columns[@]}; i++)); do
        row=$(jq -c --arg key "${bench_columns[i]}" --arg value "${*:i+1:1}" \
            '.[$key] = ($value | tonumber? // $value)' <<<"$row")
    done
    bench_rows=$(jq -c --argjson row "$row" '. + [$row]' <<<"$bench_rows")
}

# Median of a column over all rows; null without rows.
bench_median() { # column
    jq --arg key "$1" '[.[][$key]] | sort | if length == 0 then null
        elif length % 2 == 1 then .[length / 2 | floor]
        else (.[length / 2] + .[length / 2 - 1]) / 2 end' <<<"$bench_rows"
}

# A function of awk: median(t, n) of t[1] to t[n], which are sorted.
# shellcheck disable=SC2034,SC2016
bench_awk_median='function median(t, n,   i, j, x) {
    for (i = 2; i <= n; i++) { x = t[i]; for (j = i - 1; j && t[j] > x; j--) t[j + 1] = t[j]; t[j + 1] = x }
    return n % 2 ? t[(n + 1) / 2] : (t[n / 2] + t[n / 2 + 1]) / 2
}'

# Hold a measured value against the file of bars; a value that is missing fails.
bench_bar() { # name value
    local bar holds
    bar=$(jq -r --arg bench "$bench_name" --arg bar "$1" '.[$bench][$bar]' "$bench_bars_file")
    holds=$(jq -n --argjson value "$2" --arg bar "$bar" '($bar | split(" ")) as [$op, $limit] | ($limit | tonumber) as $l
        | if $value == null then false elif $op == ">=" then $value >= $l elif $op == "<" then $value < $l
          elif $op == "<=" then $value <= $l
          else error("bars.json: unknown comparison " + $op) end')
    bench_bars=$(jq -c --arg name "$1" --argjson value "$2" --arg bar "$bar" --argjson holds "$holds" \
        '. + [{ name: $name, value: $value, bar: $bar, holds: $holds }]' <<<"$bench_bars")
    printf 'bar: %s %s: measured %s: %s\n' "$1" "$bar" "$2" "$([[ $holds == true ]] && echo holds || echo 'DOES NOT HOLD')"
}

bench_machine() {
    printf '%s, %s cores' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
}

bench_end() {
    [[ -n $bench_json ]] || return 0
    jq -n --arg bench "$bench_name" --arg machine "$(bench_machine)" --argjson rows "$bench_rows" --argjson bars "$bench_bars" \
        '{ bench: $bench, machine: $machine, rows: $rows, bars: $bars }' >"$bench_json"
}
