#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The options in sbatch, salloc and srun: help, syntax, precedence, and that none is ever ignored silently.

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

refused() { # message option...
    local message=$1
    shift
    run as alice sbatch "$@" --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: $message"* ]] || { echo "$output"; return 1; }
}

@test "every option is in the help of sbatch, salloc and srun, marked as ours" {
    for command in sbatch salloc srun; do
        run as alice $command --help
        for option in workspace training training-name training-share params params-parallel params-sample model image dataset \
            p2p rdma preflight preemptible checkpoint-signal idle-stop; do
            grep -A1 -- "--$option\b" <<<"$output" | grep -q '\[flightbase\]'
        done
    done
}

@test "no option collides with one of Slurm's" {
    for command in sbatch salloc srun; do
        run as alice $command --help
        [[ $output != *onflict* ]]
        [[ $output != *"provided by both"* ]]
    done
}

@test "bad syntax stops the client before anything is sent" {
    # A controller that is not there would be noticed after a while, with another message.
    root_on login bash -c '{ sed "s/^SlurmctldHost=.*/SlurmctldHost=ctl(10.77.255.1)/" /etc/slurm/slurm.conf
        echo PlugStackConfig=/etc/slurm/plugstack.conf; } >/tmp/unreachable.conf'
    run as alice env SLURM_CONF=/tmp/unreachable.conf timeout 5 sbatch --workspace=a/b --wrap true
    [ "$status" -ne 124 ]
    [[ $output == *"flightbase: option '--workspace': 'a/b': not a valid name"* ]]
}

@test "workspace names: empty, slash, upper case, too long" {
    refused "option '--workspace': '': empty: a name is needed" --workspace=
    refused "option '--workspace': '../x': not a valid name" --workspace=../x
    refused "option '--workspace': 'Vision': not a valid name: lower-case letters" --workspace=Vision
    refused "option '--workspace': 10000 characters long: at most 4096 are allowed" --workspace="$(printf 'a%.0s' {1..10000})"
    refused "option '--workspace': '$(printf 'a%.0s' {1..64})': 64 characters long: at most 63 are allowed" --workspace="$(printf 'a%.0s' {1..64})"
}

@test "options that have no effect yet say so" {
    for option in --image=ubuntu:24.04 --dataset=coco --model=resnet --params='lr=0.1,0.2' --params-parallel=2 \
        --params-sample=5:1 --training-share=run --checkpoint-signal=USR1@60 --idle-stop=30; do
        name=${option%%=*}
        refused "option '$name': has no effect in this version and is refused; leave it out" --workspace=vision "$option"
    done
    refused "option '--training': 'jupyter' has no effect in this version" --workspace=vision --training=jupyter
}

@test "their syntax is checked first" {
    refused "option '--image': 'Ubuntu:24.04': a repository's name" --image=Ubuntu:24.04
    refused "option '--dataset': 'coco:rx': only :ro and :rw" --dataset=coco:rx
    refused "option '--checkpoint-signal': 'KILL@5': unknown signal" --checkpoint-signal=KILL@5
    refused "option '--preflight': '0': 0 is outside 1 to 100" --preflight=0
    refused "option '--p2p': 'yes': unknown: prefer, require and off are allowed" --p2p=yes
}

@test "given twice, the last counts; the command line wins over #SBATCH lines" {
    id=$(submit alice --hold --workspace=nosuch --workspace=vision --wrap true)
    [ "$(job_field "$id" Account)" = vision ]
    id=$(as alice bash -c 'printf "%s\n" "#!/bin/sh" "#SBATCH --workspace=vision" "#SBATCH --training-name=script" true |
        sbatch --parsable --hold --training-name=line')
    [[ $(job_field "$id" AdminComment) == *'"workspace":"vision"'*'"name":"line"'* ]]
}

@test "the environment variable that Slurm defines for an option works like the option" {
    id=$(as alice env SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace=vision sbatch --parsable --hold --wrap true)
    [ "$(job_field "$id" Account)" = vision ]
    run as alice env SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace=A/B sbatch --hold --wrap true
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--workspace': 'A/B': not a valid name"* ]]
}

@test "an argument in plugstack.conf is refused with a clear line" {
    root_on login bash -c 'echo "required spank_flightbase.so debug" >/tmp/plugstack.conf
        { cat /etc/slurm/slurm.conf; echo PlugStackConfig=/tmp/plugstack.conf; } >/tmp/argument.conf'
    run as alice env SLURM_CONF=/tmp/argument.conf sbatch --hold --account=lab --wrap true
    [[ $output == *"flightbase: plugstack.conf: argument 'debug': unknown: the plugin takes none"* ]]
}

@test "in a crontab, where Slurm would drop them, our options are refused" {
    root_on login bash -c '{ cat /etc/slurm/slurm.conf; echo PlugStackConfig=/etc/slurm/plugstack.conf; echo ScronParameters=enable; } >/tmp/scron.conf'
    run as alice env SLURM_CONF=/tmp/scron.conf sh -c 'printf "#SCRON --workspace=vision\n* * * * * true\n" | scrontab -'
    [ "$status" -ne 0 ]
    [[ $output == *"flightbase: option '--workspace': has no effect in a crontab: Slurm does not carry it; use --account=WORKSPACE there"* ]]
}
