#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The soak test of libflightbase-coll (tests/soak/kills) on a small scale.

bats_require_minimum_version 1.5.0
load lab.bash

KILLS=$BATS_TEST_DIRNAME/../soak/kills

@test "25 times something goes wrong among ranks: the others end in time, with the right reason, and leave nothing" {
    run --separate-stderr "$KILLS" --lab "$FLIGHTBASE_LAB_NAME" --rounds 25 --seed 1 --logs "$BATS_TEST_TMPDIR"
    printf '%s\n' "$stderr"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ $output =~ ^"kills: 25 rounds from seed 1 in "[0-9]+" s: all as promised"$ ]]
    [ -z "$(root_on ctl squeue -h)" ]
    [ -z "$(as alice sh -c 'ls -d kills.* 2>/dev/null')" ]
}

@test "wrong usage of the soak test" {
    for arguments in --frobnicate "--rounds x" --rounds "--rounds 0" "--seed -1"; do
        # shellcheck disable=SC2086
        run "$KILLS" $arguments
        [ "$status" -eq 2 ]
        [[ $output == "kills: "*"; see --help" && ${#lines[@]} -eq 1 ]]
    done
    run "$KILLS" --help
    [ "$status" -eq 0 ]
    [[ $output == "Usage: kills [--rounds N] [--seed S]"* ]]
}
