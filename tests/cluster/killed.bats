#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flightbase killed at every point where it changes something: nothing half made can be used, and doing it again
# completes it. slurmctld is down meanwhile, so that no run waits for it.

setup_file() {
    load lab
    root_on ctl lab-service stop slurmctld
}

teardown_file() {
    load lab
    root_on ctl lab-service start slurmctld 3>&- # a daemon must not keep bats' descriptor
}

setup() { load lab; }

kill_each() { root_on ctl bash -s -- "$1" <"$BATS_TEST_DIRNAME/kill_each.sh"; }

@test "create leaves nothing half made that can be used, and completes when done again" {
    kill_each create
}

@test "modify and remove-user complete when done again" {
    kill_each modify
    kill_each access
    kill_each remove-user
}

@test "delete completes when done again" {
    kill_each delete
}
