#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# flightbase-allreduce between tasks and nodes: right results, every way to start, and no way to hang.

bats_require_minimum_version 1.5.0
load lab.bash

PROMISED=10 # seconds from a death to the end of all ranks

teardown() {
    remove_interfaces
    root_on ctl rm -f /etc/flightbase/coll.tuning
    cancel_jobs
}

# Eight tasks on two nodes. A hang is a failure, not the end of all tests.
eight() { as alice timeout --kill-after=10 120 srun --quiet -N2 --ntasks-per-node=4 "$@"; }

# endless ARGUMENT...: srun's, in the background, for what would go on for hours; $output_file has its words. Unlike a
# command that is killed by `timeout` (exit status 124), it must end by itself.
endless() {
    output_file=$BATS_TEST_TMPDIR/output
    as alice timeout --kill-after=10 60 srun --quiet "$@" >"$output_file" 2>&1 3>&- &
    endless=$!
}

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
    json '[.results[] | .type + .redop] | unique | length == 45'
    json 'all(.results[]; .out_of_place.nwrong == 0 and .in_place.nwrong == 0)'
    json 'all(.results[]; (.in_place.bus_bw - .in_place.alg_bw * 14 / 8 | fabs) < 1e-9)'
    json '[.devices[].hostname] == ["n1", "n1", "n1", "n1", "n2", "n2", "n2", "n2"]'
}

@test "a number of ranks that is no power of two, both algorithms, odd sizes" {
    for algorithm in ring doubling halving rails; do
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

@test "nccl-tests' other options, CSV, histogram, settings that differ" {
    run --separate-stderr as alice srun --quiet -N2 -n3 --mpi=pmi2 bash -c '[ "$SLURM_PROCID" = 2 ] && export UCX_LOG_LEVEL=error
        exec flightbase-allreduce -b 4K -e 8K -i 4K -n 6 -m 2 -N 2 -u 3 -z 1 -C 1 -S 1 -I 1 -K 2 -T 20 -t 1 -g 1 -p 1 -r 0 -G 0 --histogram \
            -J /shared/home/alice/sweep.csv'
    [ "$status" -eq 0 ]
    [[ $output == *"agg iters: 2"* && $output == *"#  other settings on 1 rank, the first of them rank 2 on n2"* ]]
    [[ $output == *"# No model to judge by: rank 0 on n1 has no FLIGHTBASE_MODEL"*cputime*i_min*i_cv%* ]]
    # A date and a time, after 4 more columns for each place; two cycles.
    [ "$(awk '!/^#/ && NF == 23 && $22 ~ /^20..-..-..$/ && $9 == 0 && $17 == 0' <<<"$output" | wc -l)" -eq 4 ]
    [ "$(grep -cE '^#  (out-of|in)-place: 4 iterations, p50 [0-9.]+ p90 ' <<<"$output")" -eq 8 ]
    [ "$(awk '/^# .* us \|#/ { n += $NF } END { print n }' <<<"$output")" -eq 32 ]
    run as alice awk -F, 'NR == 1 { n = NF } NF == n && $1 == "ucx" && $2 == 3 && $6 == "float" { print $3, $4 }' sweep.csv
    [ "$(paste -sd' ' <<<"$output")" = "0 4096 0 8192 1 4096 1 8192" ]
    run --separate-stderr as alice srun --quiet -n2 --mpi=pmi2 flightbase-allreduce -b 8 -e 8 -n 1 --csv
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} == backend,ranks,cycle,size,* && ${lines[1]} == ucx,2,0,8,2,float,sum,* ]]
}

# Two nodes with two GPUs each, in a workspace: their wires have a model, the same as explain's.
@test "the placement's model, what is expected of it, every pair, and its drawing" {
    local id report
    make_workspace vision 16 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
    as alice rm -f model.json pairs.svg
    id=$(submit alice --workspace=vision -w n[1-2] -N2 --ntasks-per-node=2 --gpus-per-node=2 --output=/dev/null \
        --wrap 'srun --mpi=pmi2 flightbase-allreduce -b 8 -e 64K -f 8192 -n 3 --json --pairs --svg pairs.svg >part.json; mv part.json model.json; sleep 60')
    until_true 60 as alice test -e model.json
    output=$(as alice cat model.json)
    json '.model.bus_bw > 0 and (.results | length == 2) and all(.results[]; .percent_of_model >= 0)'
    [ "$(jq .model.bus_bw <<<"$output")" = "$(as alice flightbase explain --json "$id" | jq .wires.gbps)" ]
    cancel_jobs
    json '.pairs.of == "ranks" and .pairs.size == 65536 and [.pairs.members[].hostname] == ["n1", "n1", "n2", "n2"]'
    json '.pairs | .bandwidth == (.bandwidth | transpose) and .latency == (.latency | transpose)'
    json '.pairs | [.bandwidth[][], .latency[][]] | map(select(. != null and . > 0)) | length == 24'
    json '.pairs | .slowest.bandwidth as $least | ([.bandwidth[][] | select(.)] | min) - $least | fabs < 0.01 * $least'
    json '.environment | has("FLIGHTBASE_MODEL") and has("SLURM_MPI_TYPE")'
    run as alice cat pairs.svg
    [ "$(grep -c '<title>rank [0-3] (n[12]) and rank [0-3] (n[12]): ' <<<"$output")" -eq 12 ]
    remove_workspace vision

    run --separate-stderr as alice srun --quiet -N2 --ntasks-per-node=2 --mpi=pmi2 flightbase-allreduce -b 8 -e 64 -f 8 -n 2 --model 1000 --expect 90 --pairs=nodes
    [ "$status" -eq 1 ]
    [[ $stderr =~ ^"flightbase-allreduce: size 64: "[0-9.e-]+" GB/s is 0.0% of 1e+03 GB/s modelled, less than the 90% expected; the slowest pair is rank 0 (n1) and rank 2 (n2): "[0-9.e-]+" GB/s, 100% of the median between nodes" ]]
    [ "$(grep -c flightbase-allreduce: <<<"$stderr")" -eq 1 ]
    [[ $output == *"# Model: 1e+03 GB/s bus bandwidth, from --model"*"# Pairs of nodes (the first rank of each): 2,"*"of the model FAILED"* ]]
    run as alice srun --quiet -n2 --mpi=pmi2 flightbase-allreduce -b 8 -e 64K -f 8192 -n 2 --model 0.001 --expect 1@64K
    [ "$status" -eq 0 ]
    [[ $output == *"GB/s modelled"*"# Expected             : 1% of the model OK"* ]]
}

@test "the fastest algorithms become a table, which the library then goes by" {
    run --separate-stderr eight flightbase-allreduce --tune t.tuning -b 4K -e 4M -f 32 -n 3
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(grep -c '^# [12] nodes\? of 4 ranks, microseconds' <<<"$output")" -eq 2 ]
    [ "$(grep -cE '^ +(4096|131072|4194304) .*\*' <<<"$output")" -eq 6 ]
    # One task per node: a shape more in the same file, and the others stay.
    run --separate-stderr as alice srun --quiet -N2 flightbase-allreduce --tune t.tuning -b 64K -e 64K -n 3 --json
    json '.shapes | length == 1 and (.[0] | .nodes == 2 and .ranks_per_node == 1 and (.results[0].time | keys == ["doubling", "halving", "ring"]))'
    [ "$(as alice sed '/^#/d' t.tuning | awk '{ print $1, $2 }' | sort -u | xargs)" = "1 4 2 1 2 4" ]
    [ "$(as alice stat -c %U:%a t.tuning)" = alice:644 ]
    run --separate-stderr eight flightbase-allreduce --tune nowhere/t.tuning
    [[ $status -eq 1 && -z $output ]]
    [ "$(grep ^flightbase <<<"$stderr")" = "flightbase-allreduce: file 'nowhere/t.tuning': No such file or directory" ]
    run --separate-stderr as alice srun --quiet -N2 -n3 flightbase-allreduce --tune t.tuning
    [[ $status -eq 1 && -z $output ]]
    [[ $(grep ^flightbase <<<"$stderr") == "flightbase-allreduce: option '--tune': nodes have 2 and 1 ranks; give each the same number (--ntasks-per-node)" ]]

    # Each rank says what it would take: only rank 0's file counts.
    as alice sh -c 'echo 2 1 any doubling >two.tuning'
    run --separate-stderr as alice srun --quiet -N2 bash -c 'FLIGHTBASE_TUNING=$([ $SLURM_PROCID = 1 ] && echo broken || echo two.tuning) \
        flightbase-allreduce -b 1M -e 1M -n 2'
    [ "$status" -eq 0 ]
    as alice sh -c 'echo 2 1 any star >two.tuning'
    run as alice env FLIGHTBASE_TUNING=two.tuning srun --quiet -N2 flightbase-allreduce -b 1M -e 1M -n 2
    [ "$status" -eq 1 ]
    [[ $output == *"environment variable FLIGHTBASE_TUNING: file 'two.tuning': line 1: algorithm 'star' is unknown"* ]]
    # The site's is nobody's mistake here.
    root_on ctl cp /shared/home/alice/two.tuning /etc/flightbase/coll.tuning
    run --separate-stderr as alice srun --quiet -N2 flightbase-allreduce -b 1M -e 1M -n 2
    [ "$status" -eq 0 ]
    [ "$stderr" = "flightbase: file '/etc/flightbase/coll.tuning': line 1: algorithm 'star' is unknown: ring, doubling, halving or rails: not used; tell the administrator" ]
    run --separate-stderr as alice env FLIGHTBASE_TUNING=none srun --quiet -N2 flightbase-allreduce -b 1M -e 1M -n 2
    [[ $status -eq 0 && -z $stderr ]]
}

@test "tasks that cannot find each other are refused, not four programs" {
    run as alice srun --quiet -n4 --mpi=none flightbase-allreduce -b 8 -e 8
    [ "$status" -eq 1 ]
    [[ $output == *"one of 4 tasks of a step, but srun offers neither PMI2 nor PMIx: use srun --mpi=pmi2"* ]]
}

@test "more than 2^31 bytes" {
    [ "$(awk '$1 == "MemAvailable:" { print int($2 / 1048576) }' /proc/meminfo)" -ge 6 ] || skip "less than 6 GiB of memory"
    run --separate-stderr as alice timeout --kill-after=10 200 srun --quiet -N1 -n2 --mpi=pmi2 \
        /usr/libexec/flightbase-bench/coll-soak large allreduce 2147483659
    [ "$status" -eq 0 ]
    [ "$output" = "allreduce of 2147483659 bytes on 2 ranks: right" ]
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
    for arguments in "-b 8x -e 8" "-o mulsum" "--frobnicate" "-b 2 -e 1" "-n 0" "8" "-g 2" "--backend nonesuch" \
        "--expect 90" "--pairs=nodes" "-G 1"; do
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
        srun --quiet -N2 -n2 --mpi=pmix flightbase-allreduce --backend mpi -b 4 -e 256K -f 16 -n 2 -o all --json --pairs
    [ "$status" -eq 0 ]
    json '.backend == "mpi" and .out_of_bounds == {count: 0, okay: true} and (.devices[0].transports | startswith("Open MPI")) and .pairs.bandwidth[0][1] > 0'
    run --separate-stderr as alice srun --quiet -N1 -n2 --mpi=pmix flightbase-allreduce --backend mpi -b 8 -e 8 -n 1 -c 0 -d all --json
    json '[.results[].type] | unique == ["double", "float", "int16", "int32", "int64", "int8", "uint8"]'
    run as alice srun --quiet -N1 -n1 --mpi=pmix flightbase-allreduce --backend mpi -d half
    [ "$status" -eq 2 ]
    [[ $output == *"option '--datatype': backend 'mpi' has no such type"* ]]
    run --separate-stderr as alice srun --quiet -N2 -n2 --mpi=pmi2 flightbase-allreduce --backend mpich -b 4 -e 256K -f 16 -n 2 --json
    [ "$status" -eq 0 ]
    json '.backend == "mpich" and .out_of_bounds == {count: 0, okay: true} and (.devices[0].transports | startswith("MPICH"))'
}

# What the library does when ranks die, freeze or are cut off is kills.bats'; here is what the tool makes of it.

# start_endless MPI: an allreduce on two nodes of four tasks.
start_endless() {
    endless -N2 --ntasks-per-node=4 --mpi="$1" flightbase-allreduce -b 1M -e 1M -n 100000000 -c 0
    until_true 20 grep -q 'algbw' "$output_file"
    sleep 1
}

# kill_task NODE N: SIGKILL to the N-th process of the tool there.
kill_task() {
    root_on "$1" bash -c 'pids=($(pgrep -x flightbase-allr)) && kill -9 "${pids[$1]}"' kill "$2"
}

# ends_in_time TEXT: the step fails within the promise, with one line that holds TEXT.
ends_in_time() {
    local from=$SECONDS status=0
    wait "$endless" || status=$?
    cat "$output_file"
    [ "$((SECONDS - from))" -le "$PROMISED" ]
    [ "$status" -ne 0 ]
    [ "$status" -ne 124 ]
    [ "$(grep -c '^flightbase-allreduce: ' "$output_file")" -eq 1 ]
    grep -qE "^flightbase-allreduce: (allreduce|barrier) [0-9]+.* failed: $1" "$output_file"
}

@test "SIGKILL to one rank: all end with a line that names it (PMI2)" {
    start_endless pmi2
    kill_task n2 1
    ends_in_time 'lost rank 5 \(on n2, process [0-9]+\)$'
}

@test "SIGKILL to rank 0: another rank says so" {
    start_endless pmi2
    kill_task n1 0
    ends_in_time 'lost rank 0 \(on n1, process [0-9]+\)$'
}

# A program whose last rank comes to the second call when the file "go" is there.
compile_patient() {
    as alice sh -c 'rm -f go arrived && cat >patient.c && cc -o patient patient.c $(pkg-config --cflags --libs flightbase-coll)' <<'EOF'
#include <flightbase/coll.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	fb_coll_t *coll = NULL;
	int one[1] = { 1 };

	if (fb_coll_init(&coll) || fb_coll_allreduce(coll, one, one, 1, FB_COLL_INT32, FB_COLL_SUM))
		goto fail;
	if (fb_coll_rank(coll) == 3)
		for (fclose(fopen("arrived", "w")); access("go", F_OK);)
			usleep(50000);
	if (fb_coll_allreduce(coll, one, one, 1, FB_COLL_INT32, FB_COLL_SUM))
		goto fail;
	printf("sum %d\n", one[0]);
	return fb_coll_finalize(coll) != 0;
fail:
	printf("%s\n", fb_coll_error_text());
	return 1;
}
EOF
}

@test "a suspended job goes on when it is resumed, for however long it was" {
    local job
    compile_patient
    endless -N2 -n4 --mpi=pmi2 --export=ALL,FLIGHTBASE_STALL_TIMEOUT=8,FLIGHTBASE_LATE_TIMEOUT=8 ./patient
    until_true 20 as alice test -e arrived
    sleep 1.5
    job=$(root_on ctl squeue -h -u alice -o %A)
    root_on ctl scontrol suspend "$job"
    until_true 10 root_on n2 sh -c 'pgrep -x patient -r T >/dev/null'
    sleep 10
    root_on ctl scontrol resume "$job"
    sleep 1.5
    as alice touch go
    wait "$endless"
    [ "$(grep -c '^sum 16$' "$output_file")" -eq 4 ]
}

# one_of_four HOW MPI ARGUMENT...: four tasks on two nodes, of which task 2 does something else first.
one_of_four() {
    as alice sh -c 'cat >one_of_four && chmod +x one_of_four' <<EOF
#!/bin/sh
if [ "\$SLURM_PROCID" = 2 ]; then $1; fi
exec flightbase-allreduce -b 8 -e 8
EOF
    as alice timeout --kill-after=10 60 srun --quiet -N2 -n4 --mpi="$2" "${@:3}" ./one_of_four
}

@test "a task that dies before it meets the others: they end at the limit, or at once with srun --kill-on-bad-exit" {
    local mpi from
    for mpi in pmi2 pmix; do
        run one_of_four 'kill -9 $$' "$mpi" --export=ALL,FLIGHTBASE_START_TIMEOUT=6
        [ "$status" -ne 0 ]
        [ "$status" -ne 124 ]
        [ "$(grep -c "^flightbase-allreduce: $mpi: the ranks did not all arrive within 6 s (FLIGHTBASE_START_TIMEOUT): did one die?" \
            <<<"$output")" -eq 3 ]
        from=$SECONDS
        run one_of_four 'kill -9 $$' "$mpi" --kill-on-bad-exit
        [ "$status" -ne 0 ]
        [ "$status" -ne 124 ]
        [ "$((SECONDS - from))" -le "$PROMISED" ]
    done
}

@test "a task that cannot start says why on all of them, and they do not wait" {
    local mpi from
    for mpi in pmi2 pmix; do
        from=$SECONDS
        run one_of_four 'export UCX_TLS=nonsense' "$mpi"
        [ "$status" -eq 1 ]
        [ "$((SECONDS - from))" -le "$PROMISED" ]
        [ "$(grep -c '^flightbase-allreduce: rank 2: UCX: ' <<<"$output")" -eq 3 ]
        [ "$(grep -c '^flightbase-allreduce: UCX: ' <<<"$output")" -eq 1 ]
    done
}

INTERFACES=40
add_interfaces() {
    root_on n1 sh -c "for i in \$(seq $INTERFACES); do
        ip link add fbtest\$i type veth peer name fbpeer\$i && ip link set fbtest\$i up && ip link set fbpeer\$i up &&
            ip addr add 10.99.\$i.1/24 dev fbtest\$i || exit; done"
}
remove_interfaces() {
    for node in n1 n2; do
        root_on "$node" sh -c 'for i in $(ls /sys/class/net | grep ^fbtest); do ip link delete ${i%%@*}; done'
    done
}

# card_size NODE: bytes of the card of a rank there, that waits for another one in vain.
card_size() {
    as alice sh -c 'rm -rf meet && mkdir -m 700 meet'
    as alice timeout 60 srun --quiet -n1 -w "$1" --mpi=none --export=ALL,FLIGHTBASE_BOOTSTRAP=file,FLIGHTBASE_RANK=0,FLIGHTBASE_SIZE=2,FLIGHTBASE_RENDEZVOUS=/shared/home/alice/meet,FLIGHTBASE_START_TIMEOUT=30 \
        flightbase-allreduce -b 8 -e 8 >/dev/null 2>&1 3>&- &
    until_true 20 as alice sh -c 'ls meet | grep -qv part' 3>&-
    as alice sh -c 'stat -c %s meet/*'
    cancel_jobs
    wait "$!" || true
}

@test "a node with many network interfaces: a rank's card takes more than one PMI2 value" {
    add_interfaces
    # 1,024 characters of a value hold 750 bytes.
    [ "$(card_size n1)" -gt 1500 ]
    run --separate-stderr eight --mpi=pmi2 flightbase-allreduce -b 8 -e 64K -f 8 -n 2 --json
    [ "$status" -eq 0 ]
    json '.bootstrap == "pmi2" and .ranks == 8 and .out_of_bounds.okay'
}

@test "long messages go over all adapters that are named" {
    for node in n1 n2; do
        root_on "$node" sh -c 'for i in 0 1; do
            ip link add link eth0 name fbtest$i type macvlan mode bridge
            ip addr add 10.88.$i.'"${node#n}"'/24 dev fbtest$i
            ip link set fbtest$i up
        done'
    done
    run --separate-stderr sent UCX_NET_DEVICES=fbtest0,fbtest1
    ((lines[0] > 15000000 && lines[1] > 15000000))
    run --separate-stderr sent UCX_NET_DEVICES=fbtest0,fbtest1 UCX_MAX_EAGER_RAILS=1 UCX_MAX_RNDV_RAILS=1
    (((lines[0] > 30000000 && lines[1] < 1000000) || (lines[0] < 1000000 && lines[1] > 30000000)))
    run --separate-stderr sent UCX_NET_DEVICES=fbtest1
    ((lines[0] < 1000000 && lines[1] > 30000000))
}

# sent NAME=VALUE...: bytes that fbtest0 and fbtest1 of n1 send for the same allreduces in that environment.
sent() {
    local before after
    mapfile -t before < <(root_on n1 sh -c 'cat /sys/class/net/fbtest[01]/statistics/tx_bytes')
    as alice env "$@" srun --quiet -N2 flightbase-allreduce -b 4M -e 4M -n 3 -w 1 >&2
    mapfile -t after < <(root_on n1 sh -c 'cat /sys/class/net/fbtest[01]/statistics/tx_bytes')
    printf '%d\n' $((after[0] - before[0])) $((after[1] - before[1]))
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
