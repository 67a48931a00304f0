# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Counting single tests from TAP, the format that cmocka and bats write.

PASSED=0 FAILED=0 SKIPPED=0
TAP_PID= # what is run now

# tap_run TITLE COMMAND...: runs COMMAND, counts each test it reports, prints one line, and all of its
# output if a test failed. A crash, or fewer tests than it announced, is a failure too. A line "@took MS" of
# COMMAND's is how long they took, where they were run before.
tap_run() {
    local title=$1 line from planned=0 seen=0 failed=$FAILED passed=$PASSED rc=1 output=$TEST_OUTPUT took=
    shift
    local started=${EPOCHREALTIME/[.,]/}
    : >"$output"
    exec {from}< <(rc=0; apart "$@" 2>&1 </dev/null || rc=$?; printf '@status %d\n' "$rc")
    TAP_PID=$!
    while IFS= read -r line <&"$from"; do
        printf '%s\n' "$line" >>"$output"
        case $line in
        1..[0-9]*) planned=$((planned + ${line#1..})) ;;
        "ok "*"# "[sS][kK][iI][pP]*) SKIPPED=$((SKIPPED + 1)) seen=$((seen + 1)) ;;
        "ok "*) PASSED=$((PASSED + 1)) seen=$((seen + 1)) ;;
        "@status "*) rc=${line#@status } ;;
        "@took "*) took=${line#@took } ;;
        "not ok "*) FAILED=$((FAILED + 1)) seen=$((seen + 1)) ;;
        esac
        [[ ! -t 1 ]] || printf '\r\033[K%s %d/%d' "$title" "$seen" "$planned"
    done
    exec {from}<&-
    TAP_PID=
    [[ ! -t 1 ]] || printf '\r\033[K'
    if ((seen == 0)); then
        FAILED=$((FAILED + 1)) # it announced nothing, and ran nothing
    elif ((seen < planned)); then
        FAILED=$((FAILED + planned - seen))
    elif ((rc != 0 && failed == FAILED)); then
        FAILED=$((FAILED + 1))
    fi
    : "${took:=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))}"
    tap_report "$title" "$((PASSED - passed))" "$((FAILED - failed))" "$took" "$rc"
}

# tap_kill: ends what is run now.
tap_kill() {
    [[ -n $TAP_PID ]] || return 0
    kill "$TAP_PID" 2>/dev/null || true
    wait "$TAP_PID" 2>/dev/null || true
    TAP_PID=
}

tap_report() {
    local ms=$4
    printf '%-44s %4d passed' "$1" "$2"
    (($3 == 0)) || printf ', %d FAILED (exit status %d)' "$3" "$5"
    printf '  %d.%d s\n' $((ms / 1000)) $((ms % 1000 / 100))
    (($3 == 0)) || sed -E '/^@(status|took) /d; s/^/    /' "$TEST_OUTPUT" | tail -n 150
}

# tap_skip TITLE WHY: a test that cannot be run here.
tap_skip() {
    SKIPPED=$((SKIPPED + 1))
    printf '%-44s skipped: %s\n' "$1" "$2"
}

# tap_one TITLE COMMAND...: a command that is one test by itself.
tap_one() {
    local title=$1
    shift
    tap_run "$title" tap_of_one "$title" "$@"
}

tap_of_one() {
    local title=$1 rc=0
    shift
    printf '1..1\n'
    "$@" || rc=$?
    ((rc == 0)) && printf 'ok 1 - %s\n' "$title" || printf 'not ok 1 - %s\n' "$title"
    return "$rc"
}
