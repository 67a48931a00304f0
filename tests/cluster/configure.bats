#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# configure: which Slurm source tree it takes, and with which words it refuses another one.

setup_file() {
    load lab
    tar -C "$BATS_TEST_DIRNAME/../.." --exclude=.git -cf - . |
        root_on login bash -ec 'mkdir -p /tmp/fb/src /tmp/fb/build; cd /tmp/fb/src; tar -xf -; autoreconf -i >/dev/null 2>&1'
    # A tree beside the real one that shares all files but those a test changes.
    root_on login cp -rs /usr/src/slurm/source/. /tmp/fb/other
}

teardown_file() {
    load lab
    root_on login rm -rf /tmp/fb
}

setup() { load lab; }

configure() {
    root_on login bash -c 'cd /tmp/fb/build && rm -rf ./* && ../src/configure --prefix=/usr --sysconfdir=/etc \
        --libdir=/usr/lib/x86_64-linux-gnu "$@" 2>&1' configure "$@"
}

# change FILE SED-SCRIPT: in the other tree.
change() {
    root_on login bash -ec 'cd /tmp/fb/other; cp --remove-destination "/usr/src/slurm/source/$1" "$1"; sed -i "$2" "$1"' change "$@"
}

restore() { root_on login ln -sf "/usr/src/slurm/source/$1" "/tmp/fb/other/$1"; }

@test "the exact tree is taken, and the summary says that it matches" {
    run configure --with-slurm-source=/usr/src/slurm/source
    [ "$status" -eq 0 ]
    [[ $output == *"Slurm           24.11."*"(matches slurmctld: yes)"* ]]
    [[ $output == *"plugins go to   \$(libdir)/slurm-wlm"* ]]
}

@test "a tree with another structure layout is refused" {
    # One more member in a structure that slurmctld and the topology plugin share.
    change src/interfaces/gres.h 's/^\tbitstr_t \*bits_any_sock;/\tvoid *one_more;\n&/'
    run configure --with-slurm-source=/tmp/fb/other
    [ "$status" -ne 0 ]
    [[ $output == *"error: /tmp/fb/other is not the source of the installed slurmctld: no ("*".c) differs from "*"topology_default.a. A wrong struct layout corrupts the controller."* ]]
    restore src/interfaces/gres.h
}

@test "a tree of another release is refused" {
    change META 's/^\( *Version:[ \t]*\).*/\124.11.0/'
    run configure --with-slurm-source=/tmp/fb/other
    [ "$status" -ne 0 ]
    [[ $output == *"/tmp/fb/other is Slurm 24.11.0, but the installed headers are 24.11."*": the plugins must be built from the exact tree of the installed slurmctld"* ]]
    restore META
}

@test "a folder that is no source tree is refused" {
    run configure --with-slurm-source=/tmp
    [ "$status" -ne 0 ]
    [[ $output == *"error: --with-slurm-source=/tmp: no Slurm source tree with topology plugins is there"* ]]
}

@test "the tree's own headers, of a release that is not installed" {
    run configure --with-slurm-include=source
    [ "$status" -ne 0 ]
    [[ $output == *"error: --with-slurm-include=source needs the tree: --with-slurm-source=DIR"* ]]
    change META 's/^\( *Version:[ \t]*\).*/\126.05.9/'
    run configure --with-slurm-source=/tmp/fb/other --with-slurm-include=source --disable-slurm-match
    [ "$status" -eq 0 ]
    [[ $output == *"Slurm           26.05.9, source tree /tmp/fb/other (matches slurmctld: not compared (--disable-slurm-match))"* ]]
    [[ $output == *"libslurm        no (found: 42)"* ]]
    root_on login grep -x '#define SLURM_VERSION_NUMBER 0x1a0509' /tmp/fb/build/plugins/slurm-config/slurm/slurm_version.h
    change META 's/^\( *Version:[ \t]*\).*/\124.05.1/'
    run configure --with-slurm-source=/tmp/fb/other --with-slurm-include=source
    [ "$status" -ne 0 ]
    [[ $output == *"error: Slurm 24.05.1 is not supported: 24.11 to 26.05 are"* ]]
    restore META
}

@test "a release that calls the plugins in another way does not compile" {
    change src/interfaces/topology.c 's/int (\*eval_nodes) (topology_eval_t \*topo_eval);/int (*eval_nodes)(topology_eval_t *topo_eval, int more);/'
    change src/interfaces/job_submit.c 's/int (\*submit)(job_desc_msg_t \*job_desc,/& int more,/'
    run configure --with-slurm-source=/tmp/fb/other
    [ "$status" -eq 0 ]
    run root_on login make -s -k -C /tmp/fb/build topology_flightbase.la job_submit_flightbase.la
    [ "$status" -ne 0 ]
    [[ $output == *"initialization of "*" from incompatible pointer type"*"topology_p_eval_nodes,"* ]]
    [[ $output == *"initialization of "*" from incompatible pointer type"*"job_submit,"* ]]
    change src/interfaces/topology.c 's/^static const char \*syms/static char *syms/'
    run configure --with-slurm-source=/tmp/fb/other
    [ "$status" -ne 0 ]
    [[ $output == *"error: /tmp/fb/other/src/interfaces/topology.c has no table of functions that tools/build/ops.sed knows"* ]]
    restore src/interfaces/topology.c
    restore src/interfaces/job_submit.c
}

@test "without a tree only what needs none is built, and the summary says so" {
    run configure
    [ "$status" -eq 0 ]
    [[ $output == *"no source tree: job_submit and topology plugins are NOT built"* ]]
}

@test "an optional library can be left out, and one that was asked for must be there" {
    run configure --without-ucx --without-pmix --without-mpi --without-mpich --without-python
    [ "$status" -eq 0 ]
    [[ $output == *"UCX             no"* && $output == *"PMIx            no"* && $output == *"Open MPI, MPICH no, no"* && $output == *"Python          no"* ]]
    root_on login bash -c 'cd /tmp/fb/build && make -s -j2 >/dev/null 2>&1'
    run configure --without-cmocka --without-ucx
    [ "$status" -eq 0 ]
    root_on login bash -c 'cd /tmp/fb/build && make -s -j2 check >/dev/null 2>&1'
    run configure --with-ucx=/nowhere
    [ "$status" -ne 0 ]
    [[ $output == *"error: --with-ucx=/nowhere: no pkgconfig folder is there"* ]]
    run configure --with-nccl
    [ "$status" -ne 0 ]
    [[ $output == *"error: --with-nccl was asked for, but it was not found (libnccl-dev)"* ]]
}
