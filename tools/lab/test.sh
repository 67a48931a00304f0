# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# `flightbase-lab test`: builds this checkout and runs its tests: unit tests with sanitizers, short
# fuzzing, scripts and man pages, other releases of Slurm, a release of the tree, and the cluster tests
# on labs of their own. Reads ONLY and KEEP; ends with the line "N passed, N failed".

TEST_LANES=2 # labs of the cluster tests
TEST_LABS=() # those that this run started

test_all() {
    TEST_DIR=$LAB_STATE/test/$LAB_NAME
    TEST_OUTPUT=$TEST_DIR/output
    # Two runs at once need labs of two names.
    lock "$TEST_DIR/lock"
    test_spare_labs
    slurm_trees
    step_log "$TEST_DIR/log"
    trap 'step_failed; test_end_labs' EXIT
    root_ensure
    build_area
    test_unit
    test_threads
    test_memcheck
    test_fuzz
    test_scripts
    test_pages
    test_slurm
    test_gpu
    test_release
    build_release
    test_cluster
    test_bench
    test_summary
}

# A lab of such a name that no test run made is somebody's: it stays. One that a test run left may go.
test_spare_labs() {
    local lane name
    for ((lane = 1; lane <= TEST_LANES; lane++)); do
        name=$(lane_lab "$lane")
        [[ ! -d $LAB_STATE/labs/$name || -f $TEST_DIR/lab.$name ]] ||
            die "lab '$name' is up and not a test's, which takes it down: give the tests another --name, or take it down yourself"
    done
}

# wanted FILE: whether --only lets this file's tests run.
wanted() { [[ -z $ONLY || ${1##*/} == *$ONLY* ]]; }

# wanted_sources GLOB: prints the names, without ending, of the wanted files below src.
wanted_sources() {
    local file
    for file in "$AREA"/src/$1; do
        [[ -f $file ]] && wanted "$file" || continue
        file=${file##*/}
        printf '%s\n' "${file%.*}"
    done
}

# test_build TITLE NAME TARGET ARGS...: a build that fails is one failed test.
test_build() {
    local title=$1 log=$TEST_DIR/build.log
    shift
    [[ ! -t 1 ]] || printf 'building %s ...' "$title"
    if build_tree "$@" >"$log" 2>&1 </dev/null; then
        [[ ! -t 1 ]] || printf '\r\033[K'
        return 0
    fi
    FAILED=$((FAILED + 1))
    printf '\nbuild of %s FAILED\n' "$title"
    tail -n 40 "$log" | sed 's/^/    /'
    return 1
}

test_unit() {
    local names
    mapfile -t names < <(wanted_sources 'tests/unit/test_*.c')
    ((${#names[@]})) || return 0
    test_build "the unit tests" sanitized tests --enable-sanitizers || return 0
    lanes_run unit "$(nproc)" unit_one "${names[@]}"
}

# unit_one LANE NAME
unit_one() {
    build_run env CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        sh -c "cd /usr/src/flightbase/sanitized && exec tests/unit/$2"
}

# Below, PROGRAM:TESTS, as such runs take five to twenty times as long. FLIGHTBASE_TEST_LONG is for all tests of those that start ranks.
RANK_TESTS=(test_coll_calls test_coll_groups test_coll_mapped test_coll_ranks test_coll_call_failures test_coll_failures)

# What one thread writes while others read, again with ThreadSanitizer.
THREAD_TESTS=(test_coll_threads:* test_coll_frames:* test_coll_calls:test_requests test_coll_watch:*)

test_threads() {
    local name names=() programs=()
    [[ -z ${FLIGHTBASE_TEST_LONG:-} ]] || THREAD_TESTS=(test_coll_threads:* test_coll_frames:* test_coll_watch:* "${RANK_TESTS[@]/%/:*}")
    for name in "${THREAD_TESTS[@]}"; do
        wanted "tests/unit/${name%:*}.c" && names+=("$name") programs+=("tests/unit/${name%:*}")
    done
    ((${#names[@]})) || return 0
    test_build "the unit tests with ThreadSanitizer" threads "${programs[*]}" --enable-sanitizers=thread || return 0
    lanes_run threads "$(nproc)" threads_one "${names[@]}"
}

# threads_one LANE PROGRAM:TESTS
threads_one() {
    build_run env CMOCKA_MESSAGE_OUTPUT=TAP TSAN_OPTIONS=halt_on_error=1:exitcode=66 FB_TEST_FILTER="${2#*:}" \
        sh -c "cd /usr/src/flightbase/threads && exec tests/unit/${2%:*}"
}

# Memory that is read before it was written, which gcc's sanitizers do not see.
MEMCHECK_TESTS=(test_coll_calls:test_root_ahead test_coll_groups:test_fused test_coll_mapped:test_alloc test_coll_failures:test_leaves)

test_memcheck() {
    local name names=() programs=()
    [[ -z ${FLIGHTBASE_TEST_LONG:-} ]] || MEMCHECK_TESTS=("${RANK_TESTS[@]/%/:*}")
    for name in "${MEMCHECK_TESTS[@]}"; do
        wanted "tests/unit/${name%:*}.c" && names+=("$name") programs+=("tests/unit/${name%:*}")
    done
    ((${#names[@]})) || return 0
    test_build "the unit tests for memcheck" build "${programs[*]}" || return 0
    lanes_run memcheck "$(nproc)" memcheck_one "${names[@]}"
}

# memcheck_one LANE PROGRAM:TESTS. Its process_vm_readv is not UCX's CMA's either (coll_ranks.h); a re-executed program would be
# memcheck itself.
memcheck_one() {
    build_run env CMOCKA_MESSAGE_OUTPUT=TAP UCX_TLS=^cma UCX_VFS_ENABLE=n FB_TEST_FILTER="${2#*:}" \
        sh -c "cd /usr/src/flightbase/build && exec valgrind --quiet --error-exitcode=66 tests/unit/${2%:*}"
}

test_fuzz() {
    local names
    mapfile -t names < <(wanted_sources 'tests/fuzz/fuzz_*.c')
    ((${#names[@]})) || return 0
    test_build "the fuzzers" fuzz tests --enable-fuzzers CC=clang || return 0
    lanes_run fuzz "$(nproc)" fuzz_one "${names[@]}"
}

# fuzz_one LANE NAME
fuzz_one() {
    tap_of_one "fuzz $2" build_run sh -c "mkdir /tmp/corpus && cd /usr/src/flightbase/fuzz &&
        exec tests/fuzz/$2 -max_total_time=${FLIGHTBASE_FUZZ_SECONDS:-5} -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=/tmp/ /tmp/corpus \$(ls -d ../src/tests/fuzz/seeds/${2#fuzz_} 2>/dev/null)"
}

# The shell scripts among the checkout's files, by ending or first line.
test_scripts() {
    local file
    while IFS= read -r -d '' file; do
        [[ $file == *.sh || $file == *.bash || $file == *.bats || $file == etc/completions/* ]] ||
            head -n 1 "$AREA/src/$file" | grep -qaE '^#!.*[/ ](ba)?sh( |$)' || continue
        wanted "$file" || [[ shellcheck == *$ONLY* ]] || continue
        tap_one "shellcheck $file" build_run sh -c "cd /usr/src/flightbase/src && exec shellcheck '$file'"
    done <"$AREA/files"
}

test_pages() {
    local file
    while IFS= read -r -d '' file; do
        [[ $file =~ \.[1-9]$ && -f $AREA/src/$file ]] && { wanted "$file" || [[ mandoc == *$ONLY* ]]; } || continue
        tap_one "mandoc $file" build_run mandoc -Tlint -Wwarning "/usr/src/flightbase/src/$file"
    done <"$AREA/files"
}

# Releases of Slurm that the lab's root does not have.
SLURM_OTHERS=(25.05 25.11 26.05)

# slurm_trees: sets SLURM_TREES to the source trees that FLIGHTBASE_SLURM_SOURCES names and those kept in
# $LAB_STATE/slurm-sources.
slurm_trees() {
    local tree trees
    SLURM_TREES=()
    IFS=: read -ra trees <<<"${FLIGHTBASE_SLURM_SOURCES:-}"
    for tree in "${trees[@]}" "$LAB_STATE"/slurm-sources/*/; do
        [[ -n $tree && $tree != "$LAB_STATE/slurm-sources/*/" ]] || continue
        [[ -f $tree/META && -d $tree/src/slurmctld ]] ||
            die "'$tree' is no source tree of Slurm: FLIGHTBASE_SLURM_SOURCES and $LAB_STATE/slurm-sources hold unpacked releases"
        SLURM_TREES+=("$(cd -P "$tree" && pwd)")
    done
}

# Every release that is supported: compiled where its source is given, as the root's own is, else reported.
test_slurm() {
    local tree release missing=" ${SLURM_OTHERS[*]} "
    for tree in "$ROOT/usr/src/slurm/source" "${SLURM_TREES[@]}"; do
        release=$(sed -n 's/^ *Version:[[:space:]]*//p' "$tree/META")
        missing=${missing/ ${release%.*} / }
        wanted "compile-slurm-$release" || continue
        ROOT_SLURM=$tree tap_one "compile Slurm $release" build_tree "slurm-$release" slurm \
            --with-slurm-source=/run/slurm-source --with-slurm-include=source --disable-slurm-match \
            --without-{ucx,pmi2,pmix,mpi,hwloc,expat,verbs,cuda,nccl,cmocka}
    done
    for release in $missing; do
        wanted "compile-slurm-$release" || continue
        tap_skip "compile Slurm $release" "no source tree given"
    done
}

# The NCCL module is compiled and linked where this machine has CUDA and NCCL; tests/gpu/run uses it where there is a GPU.
test_gpu() {
    local cuda=${CUDA_HOME:-/usr/local/cuda}
    wanted gpu-nccl || return 0
    if [[ -f $cuda/include/nccl.h && -f $cuda/include/cuda_runtime_api.h ]]; then
        ROOT_CUDA=$(readlink -f "$cuda") tap_one "compile NCCL module" build_run env CUDA_HOME=/run/cuda \
            /usr/src/flightbase/src/tests/gpu/run --build
    else
        tap_skip "compile NCCL module" "no CUDA with NCCL in $cuda"
    fi
}

test_release() {
    wanted distcheck || return 0
    test_build "Flightbase" build all || return 0
    tap_one distcheck build_run make -C /usr/src/flightbase/build -s --no-print-directory -j"$(nproc)" distcheck VERBOSE=1
}

# The cluster tests drive a lab from outside, as an administrator and as users. They mostly wait: each lane has a lab.
test_cluster() {
    local file lane files=()
    for file in "$LAB_SOURCE"/tests/cluster/*.bats; do
        [[ -f $file ]] && wanted "$file" && files+=("${file##*/}")
    done
    ((${#files[@]})) || return 0
    host_tools bats:bats jq:jq
    export FLIGHTBASE_LAB=$LAB_SOURCE/tools/flightbase-lab
    ((TEST_LANES <= ${#files[@]})) || TEST_LANES=${#files[@]}
    for ((lane = 1; lane <= TEST_LANES; lane++)); do test_start_lab "$lane" || return 0; done
    lanes_run cluster "$TEST_LANES" cluster_one "${files[@]}"
}

# lane_lab LANE: prints the name of its lab.
lane_lab() { (($1 == 1)) && printf '%s\n' "$LAB_NAME" || printf '%s-%d\n' "$LAB_NAME" "$1"; }

# cluster_one LANE FILE
cluster_one() {
    local rc=0
    lab_select "$(lane_lab "$1")"
    export FLIGHTBASE_LAB_NAME=$LAB_NAME
    bats --tap --timing "$LAB_SOURCE/tests/cluster/$2" || rc=$?
    ((rc == 0)) || cluster_tails 20
    return "$rc"
}

# Each benchmark on a small setting: that it runs and writes what tests/bench/README.md says, not how fast it is.
test_bench() {
    local file
    for file in "$LAB_SOURCE"/tests/bench/*; do
        [[ -x $file && -f $file ]] && wanted "$file" || continue
        host_tools jq:jq
        tap_one "bench ${file##*/}" test_one_bench "$file"
    done
}

test_one_bench() {
    local json=$TEST_DIR/bench.json
    rm -f "$json"
    "$1" --quick --json "$json" && jq -e '(.bench | length > 0) and (.machine | length > 0) and (.rows | length > 0) and
        (.bars | length > 0) and all(.bars[]; .name and .bar and (.holds | type == "boolean"))' "$json"
}

test_start_lab() {
    local log=$TEST_DIR/up.log name
    name=$(lane_lab "$1")
    "$FLIGHTBASE_LAB" --name "$name" down >"$log" 2>&1 || true
    : >"$TEST_DIR/lab.$name"
    TEST_LABS+=("$name")
    if "$FLIGHTBASE_LAB" --name "$name" up >>"$log" 2>&1; then
        sed -n '$p' "$log"
        return 0
    fi
    FAILED=$((FAILED + 1))
    printf 'the lab for the cluster tests FAILED to come up\n'
    sed 's/^/    /' "$log"
    return 1
}

test_end_labs() {
    local name
    tap_kill
    lanes_kill
    for name in "${TEST_LABS[@]}"; do
        if [[ $KEEP == yes && $FAILED -gt 0 ]]; then
            note "lab '$name' is left up; flightbase-lab --name $name down removes it"
        else
            "$FLIGHTBASE_LAB" --name "$name" down >/dev/null 2>&1 || true
            rm -f "$TEST_DIR/lab.$name"
        fi
    done
    TEST_LABS=()
}

test_summary() {
    test_end_labs
    local skipped=
    ((SKIPPED == 0)) || skipped=", $SKIPPED skipped"
    ((PASSED + FAILED + SKIPPED > 0)) || note "flightbase-lab: no test's file name contains '$ONLY'"
    printf '%d passed, %d failed%s\n' "$PASSED" "$FAILED" "$skipped"
    ((FAILED == 0 && PASSED + SKIPPED > 0)) || exit 1
}
