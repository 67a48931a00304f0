#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flightbase.torch with Debian's PyTorch: the backend, the hook, what a lost rank leaves, the timeline. The programs are in torch/.

bats_require_minimum_version 1.5.0
load lab.bash

setup_file() {
    tar -C "$BATS_TEST_DIRNAME" -cf - --exclude=__pycache__ torch | as alice sh -c 'rm -rf torch trace.* lost.* && tar -xf -'
}

teardown() { cancel_jobs; }

# A hang is a failure, not the end of all tests.
ranks() { as alice timeout --kill-after=10 150 srun --quiet "$@"; }

@test "two nodes of two ranks, PMI2: every collective, type and operation, groups, asynchronous calls, refusals" {
    run ranks -N2 --ntasks-per-node=2 --mpi=pmi2 python3 -W ignore torch/collectives.py
    [ "$status" -eq 0 ]
    [[ $output =~ ^[0-9]{3}" right, 0 wrong on 4 ranks"$ ]]
}

@test "two nodes of two ranks, PMIx: training equals one process and Gloo, gradients bit for bit, wire, parameters, timeline" {
    run --separate-stderr ranks -N2 --ntasks-per-node=2 --mpi=pmix python3 -W ignore torch/training.py
    [ "$status" -eq 0 ]
    [ "$output" = "112 right, 0 wrong on 4 ranks" ]
    as alice jq -e '.traceEvents[0] == {ph: "M", name: "process_name", pid: 3, args: {name: "rank 3"}}' trace.3.json
}

@test "three ranks in one node, in mapped memory: gradients bit for bit in the order of ranks" {
    run --separate-stderr ranks -N1 -n3 --mpi=pmi2 python3 -W ignore torch/training.py stages
    [ "$status" -eq 0 ]
    [ "$output" = "39 right, 0 wrong on 3 ranks" ]
}

@test "a killed rank and ranks that disagree: exceptions that say so, and timelines that are whole" {
    local rank
    as alice timeout --kill-after=10 150 srun --quiet -N2 --ntasks-per-node=1 --mpi=pmi2 python3 -W ignore torch/lost.py mismatch \
        >"$BATS_TEST_TMPDIR/mismatch" 2>&1 3>&- &
    run ranks -N2 --ntasks-per-node=2 --mpi=pmi2 --export=ALL,FLIGHTBASE_TIMELINE=lost.json python3 -W ignore torch/lost.py killed
    [ "$status" -ne 0 ]
    [ "$status" -ne 124 ]
    for rank in 0 1 3; do
        grep -qE "^rank $rank: RuntimeError: .*CollectiveError: flightbase: allreduce [0-9]+ \(avg of 90300 float\) failed: lost rank 2 \(on n2, process [0-9]+\)$" <<<"$output"
        grep -qE "^rank $rank: CollectiveError: flightbase: an earlier call failed: allreduce .* lost rank 2 " <<<"$output"
    done
    for rank in 0 1 2 3; do
        as alice jq -e '[.traceEvents[] | select(.ph == "X")] | length > 3' "lost.json.$rank"
    done
    wait
    [ "$(grep -c '^rank [01]: CollectiveError: flightbase: ranks disagree: rank 0 is in allreduce [0-9]* (sum of 1000 float), rank 1 in' "$BATS_TEST_TMPDIR/mismatch")" -eq 2 ]
    [ "$(grep -c '^rank [01]: RuntimeError: .*an earlier call failed: ranks disagree' "$BATS_TEST_TMPDIR/mismatch")" -eq 2 ]
}

@test "started by something else than srun: by MASTER_ADDR and RANK, or alone" {
    local rank starts=()
    for rank in 0 1; do
        as alice env USE_LIBUV=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29511 WORLD_SIZE=2 RANK=$rank timeout 100 \
            python3 -W ignore torch/started.py >"$BATS_TEST_TMPDIR/started.$rank" 2>&1 3>&- &
        starts+=($!)
    done
    for rank in 0 1; do
        wait "${starts[rank]}"
        [ "$(cat "$BATS_TEST_TMPDIR/started.$rank")" = "$((4 - rank)) right, 0 wrong" ]
    done
    run as alice env FLIGHTBASE_TIMELINE=alone.json timeout 100 python3 -W ignore torch/alone.py
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "13 right, 0 wrong on 1 ranks" ]
    # The manual page's example.
    sed -n '/^import torch$/,/^\.Ed/p' "$BATS_TEST_DIRNAME/../../tools/coll/flightbase-torch.7" | grep -v '^\.Ed' | as alice sh -c 'cat >train.py'
    run as alice timeout 100 python3 -W ignore train.py
    [ "$status" -eq 0 ]
    [ "$output" = "1 ranks" ]
    as alice jq -e '[.traceEvents[] | select(.name == "gradients")] | length == 10' trace.0.json
}
