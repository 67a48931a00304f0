#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# flightbase-allreduce between tasks and nodes: right results, every way to start, and no way to hang.

bats_require_minimum_version 1.5.0
load lab.bash

PROMISED=10 # seconds from a death to the end of all ranks

teardown() {
    root_on n2 ip link set eth0 up
    cancel_jobs
}

eight() { as alice srun --quiet -N2 --ntasks-per-node=4 "$@"; }

# json FILTER: holds for the JSON in $output.
json() { jq -e "$1" <<<"$output" >/dev/null || { printf '%s\n' "$output" && false; }; }

@test "two nodes of four tasks, PMI2: nccl-tests' table, nothing wrong, no loopback between nodes" {
    run --separate-stderr eight --mpi=pmi2 flightbase-allreduce -b 8 -e 4M -f 8 -n 5
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ $output == *"backend: ucx bootstrap: pmi2 ranks: 8"* ]]
    [[ $output == *"# Out of bounds values : 0 OK"* && $output == *"# Avg bus bandwidth    : "* ]]
    [ "$(grep -c '^#  Rank .* on  *n[12] via .*tcp/eth0' <<<"$output")" -eq 8 ]
    [[ $output != */lo* ]]
    # size, count, type, redop, root, then time, algbw, busbw, #wrong twice.
    [ "$(awk '!/^#/ && NF == 13 && $1 == 4 * $2 && $3 == "float" && $4 == "sum" && $5 == -1 && $9 == 0 && $13 == 0' <<<"$output" | wc -l)" -eq 7 ]
}

@test "two nodes of four tasks, PMIx: every type and operation, as JSON" {
    run --separate-stderr eight --mpi=pmix flightbase-allreduce -b 4 -e 256K -f 16 -n 2 -d all -o all --json
    [ "$status" -eq 0 ]
    json '.bootstrap == "pmix" and .ranks == 8 and .backend == "ucx"'
    json '.out_of_bounds == {count: 0, okay: true}'
    json '[.results[] | .type + .redop] | unique | length == 20'
    json 'all(.results[]; .out_of_place.nwrong == 0 and .in_place.nwrong == 0)'
    json 'all(.results[]; (.in_place.bus_bw - .in_place.alg_bw * 14 / 8 | fabs) < 1e-9)'
    json '[.devices[].hostname] == ["n1", "n1", "n1", "n1", "n2", "n2", "n2", "n2"]'
}

@test "a number of ranks that is no power of two, both algorithms, odd sizes" {
    for algorithm in ring doubling; do
        run --separate-stderr as alice env FLIGHTBASE_ALGORITHM=$algorithm \
            srun --quiet -N3 -n7 --mpi=pmi2 flightbase-allreduce -b 0 -e 100044 -i 33348 -n 1 -d double -o avg --json
        [ "$status" -eq 0 ]
        json '.ranks == 7 and .out_of_bounds.count == 0 and [.results[].count] == [0, 4168, 8337, 12505]'
    done
}

@test "ranks meet in a shared folder where srun offers nothing" {
    as alice sh -c 'rm -rf meet && mkdir -m 700 meet'
    run --separate-stderr as alice env FLIGHTBASE_RENDEZVOUS=/shared/home/alice/meet \
        srun --quiet -N2 -n4 --mpi=none flightbase-allreduce -b 1K -e 1K -n 1 --json
    [ "$status" -eq 0 ]
    json '.bootstrap == "file" and .ranks == 4 and .out_of_bounds.okay'
    [ -z "$(as alice ls meet)" ]
}

@test "tasks that cannot find each other are refused, not four programs" {
    run as alice srun --quiet -n4 --mpi=none flightbase-allreduce -b 8 -e 8
    [ "$status" -eq 1 ]
    [[ $output == *"one of 4 tasks of a step, but srun offers neither PMI2 nor PMIx: use srun --mpi=pmi2"* ]]
}

@test "one task; and none but the process itself" {
    run as alice srun --quiet -n1 --mpi=pmi2 flightbase-allreduce -b 8 -e 8
    [ "$status" -eq 0 ]
    [[ $output == *"bootstrap: pmi2 ranks: 1"* && $output == *"# Out of bounds values : 0 OK"* ]]
    run as alice flightbase-allreduce -b 8 -e 8
    [ "$status" -eq 0 ]
    [[ $output == *"bootstrap: single ranks: 1"* ]]
}

@test "wrong usage: one line from all tasks together, exit status 2" {
    for arguments in "-b 8x -e 8" "-o mulsum" "--frobnicate" "-b 2 -e 1" "-n 0" "8"; do
        # shellcheck disable=SC2086
        run as alice srun --quiet -n2 --mpi=pmi2 flightbase-allreduce $arguments
        [ "$status" -eq 2 ]
        [ "$(grep -c '^flightbase-allreduce: ' <<<"$output")" -eq 1 ]
    done
}

@test "what does not fit into memory is refused on all ranks" {
    run as alice srun --quiet -n2 --mpi=pmi2 flightbase-allreduce -b 900G -e 900G
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase-allreduce: size 966367641600: host n"*"its 2 ranks need two buffers"* ]]
    [ "$(grep -c '^flightbase-allreduce: ' <<<"$output")" -eq 1 ]
}

@test "MPI_Allreduce as the other backend" {
    run --separate-stderr as alice env OMPI_MCA_pml_ucx_tls=any OMPI_MCA_pml_ucx_devices=any \
        srun --quiet -N2 -n2 --mpi=pmix flightbase-allreduce --backend mpi -b 4 -e 256K -f 16 -n 2 -o all --json
    [ "$status" -eq 0 ]
    json '.backend == "mpi" and .out_of_bounds == {count: 0, okay: true} and (.devices[0].transports | startswith("Open MPI"))'
}

# start_endless MPI: an allreduce on two nodes of four tasks, that would go on for hours; $output_file has its words.
start_endless() {
    output_file=$BATS_TEST_TMPDIR/output
    eight --mpi="$1" flightbase-allreduce -b 1M -e 1M -n 100000000 -c 0 >"$output_file" 2>&1 3>&- &
    endless=$!
    until_true 20 grep -q 'algbw' "$output_file"
    sleep 1
}

# kill_task NODE N: SIGKILL to the N-th process of the tool there, "all" for all.
kill_task() {
    root_on "$1" bash -c 'pids=($(pgrep -x flightbase-allr))
        [[ $1 == all ]] && kill -9 "${pids[@]}" || kill -9 "${pids[$1]}"' kill "$2"
}

# ends_in_time TEXT: the step fails within the promise, with one line that holds TEXT.
ends_in_time() {
    local from=$SECONDS status=0
    wait "$endless" || status=$?
    cat "$output_file"
    ((SECONDS - from <= PROMISED)) && ((status != 0))
    [ "$(grep -c '^flightbase-allreduce: ' "$output_file")" -eq 1 ]
    grep -qE "^flightbase-allreduce: (allreduce|barrier) [0-9]+.* failed: $1" "$output_file"
}

@test "SIGKILL to one rank: all end with a line that names it (PMI2)" {
    start_endless pmi2
    kill_task n2 1
    ends_in_time 'lost rank 5 \(on n2, process [0-9]+\)$'
}

@test "SIGKILL to one rank: all end with a line that names it (PMIx)" {
    start_endless pmix
    kill_task n1 2
    ends_in_time 'lost rank 2 \(on n1, process [0-9]+\)$'
}

@test "SIGKILL to rank 0: another rank says so" {
    start_endless pmi2
    kill_task n1 0
    ends_in_time 'lost rank 0 \(on n1, process [0-9]+\)$'
}

@test "all tasks of a node at once" {
    start_endless pmi2
    kill_task n2 all
    ends_in_time 'lost ranks 4, 5, 6, 7 \(the first on n2, process [0-9]+\)$'
}

@test "a node that vanishes without a word" {
    start_endless pmi2
    root_on n2 ip link set eth0 down
    # srun itself waits longer for the node; the ranks are what is promised.
    until_true "$PROMISED" grep -qE 'lost ranks 4, 5, 6, 7 .*: the node does not answer$' "$output_file"
    until_true 5 sh -c '! "$0" run --user root --node n1 -- pgrep -x flightbase-allr >/dev/null' "$FLIGHTBASE_LAB"
    until_true 5 sh -c '! "$0" run --user root --node n2 -- pgrep -x flightbase-allr >/dev/null' "$FLIGHTBASE_LAB"
    root_on n2 ip link set eth0 up
    kill "$endless" || true
    wait "$endless" || true
}

@test "a frozen rank is named after the stall limit" {
    output_file=$BATS_TEST_TMPDIR/output
    as alice env FLIGHTBASE_STALL_TIMEOUT=3 srun --quiet -N2 -n4 --mpi=pmi2 \
        flightbase-allreduce -b 1M -e 1M -n 100000000 -c 0 >"$output_file" 2>&1 3>&- &
    endless=$!
    until_true 20 grep -q 'algbw' "$output_file"
    root_on n2 bash -c 'kill -STOP $(pgrep -x flightbase-allr | head -n 1)'
    until_true 10 grep -qE 'waits for rank [23]: alive but not answering for 3 s \(FLIGHTBASE_STALL_TIMEOUT\)' "$output_file"
    root_on n2 bash -c 'pkill -KILL -x flightbase-allr || true'
    wait "$endless" || true
}

@test "the library is there for others: header, pkg-config, the example of its manual page" {
    root_on login sh -c 'gunzip -cf /usr/share/man/man7/flightbase-coll.7*' |
        sed -n '/^\.\\" example$/,/^\.EE$/p' | sed '/^\./d; s/\\(rs/\\/g; s/\\-/-/g' >"$BATS_TEST_TMPDIR/example.c"
    as alice sh -c 'cat >example.c && cc -Wall -Werror -o example example.c $(pkg-config --cflags --libs flightbase-coll)' \
        <"$BATS_TEST_TMPDIR/example.c"
    run as alice srun --quiet -N2 -n4 --mpi=pmi2 ./example
    [ "$status" -eq 0 ]
    [ "$output" = "mean of the third element over 4 ranks: 3.5" ]
}
