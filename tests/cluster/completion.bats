#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# Completion in bash: what is offered for each command, and that every option of --help is.

bats_require_minimum_version 1.5.0
load lab.bash

folder=$BATS_TEST_DIRNAME/../../etc/completions

# offers COMMAND WORD...: what the last word may become, sorted, on one line.
offers() {
    bash -c '. "$1/${2##*/}"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "_$(basename "$1" | tr - _)"; printf "%s\n" "${COMPREPLY[@]}"' offers "$folder" "$@" | sort | paste -sd' '
}

# In the lab, as a user with the installed files.
offers_installed() {
    as alice bash -c '. "/usr/share/bash-completion/completions/$1"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "_${1//-/_}"; printf "%s\n" "${COMPREPLY[@]}"' offers "$@" | sort | paste -sd' '
}

@test "flightbase-lab: commands, options, nodes, node types" {
    [ "$(offers flightbase-lab d)" = "demo down" ]
    [ "$(offers flightbase-lab --name x up --node)" = "--node-type --nodes" ]
    [ "$(offers flightbase-lab run --user c)" = "carol" ]
    [ "$(offers "$FLIGHTBASE_LAB" up --node-type dgx1)" = "dgx1v" ]
}

@test "flightbase-lab: every command and option of --help" {
    for word in $("$FLIGHTBASE_LAB" --help | sed '/^Example/,$d' | grep -oE '^  (--[a-z-]+|[a-z]+)'); do
        all="$(offers flightbase-lab '') $(offers flightbase-lab --) $(offers flightbase-lab up --) $(offers flightbase-lab run --) $(offers flightbase-lab test --) $(offers flightbase-lab status --)"
        [[ " $all " == *" $word "* ]] || { printf '%s is not offered\n' "$word" && false; }
    done
}

@test "flightbase-allreduce: every option of --help, and values" {
    for word in $(as alice flightbase-allreduce --help | grep -oE ' --[a-z_]+' | tr -d ' ' | sort -u); do
        [[ " $(offers_installed flightbase-allreduce --) " == *" $word "* ]] || { printf '%s is not offered\n' "$word" && false; }
    done
    [ "$(offers_installed flightbase-allreduce -o m)" = "max min" ]
}

@test "flightbase: nouns, verbs, options" {
    [[ $(offers_installed flightbase wor) == workspace ]]
    [[ " $(offers_installed flightbase workspace '') " == *" list "* ]]
    [[ $(offers_installed flightbase workspace list --js) == --json ]]
    [[ $(offers_installed flightbase workspace modify --acc) == --access ]]
    [[ $(offers_installed flightbase workspace create w --access '') == "acl group" ]]
}
