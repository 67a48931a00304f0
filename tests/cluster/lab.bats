#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The lab itself: its life, its isolation, and that it is the cluster it says it is.

bats_require_minimum_version 1.5.0
load lab.bash

# The file before may have restarted slurmctld, which then waits for its nodes to register.
setup_file() { until_true 60 nodes_idle; }

nodes_idle() { [ "$(root_on ctl sinfo -h -N -o %T | grep -cx idle)" -eq 4 ]; }

second() { "$FLIGHTBASE_LAB" --name "$FLIGHTBASE_LAB_NAME-b" "$@"; }

# what_is_left NAME: prints what a lab of that name left on the machine.
what_is_left() {
    local dir=${FLIGHTBASE_LAB_DIR:-/var/lib/flightbase-lab}/labs/$1
    # A bracket, so that grep does not find itself.
    grep -lz "labs/[${1:0:1}]${1:1}" /proc/[0-9]*/cmdline 2>/dev/null || true
    grep -h " $dir/" /proc/[0-9]*/mountinfo 2>/dev/null | sort -u || true
    ls -d "$dir" "$dir.lock" 2>/dev/null || true
}

teardown() {
    second down >/dev/null 2>&1 || true
}

@test "up twice is one cluster" {
    before=$(root_on ctl cat /proc/sys/kernel/random/boot_id; root_on ctl pgrep -x 'slurmctld(-wlm)?')
    run "$FLIGHTBASE_LAB" up
    [ "$status" -eq 0 ]
    [[ $output == "lab '$FLIGHTBASE_LAB_NAME' is up: "* ]]
    after=$(root_on ctl cat /proc/sys/kernel/random/boot_id; root_on ctl pgrep -x 'slurmctld(-wlm)?')
    [ "$before" = "$after" ]
}

@test "up with another shape is refused, and says which is up" {
    run "$FLIGHTBASE_LAB" up --nodes 3
    [ "$status" -eq 1 ]
    [[ $output == *"is up with another shape (4 nodes with 8 GPUs"* ]]
}

@test "status: as words and as JSON, and exit status 1 of a lab that is not up" {
    run "$FLIGHTBASE_LAB" status
    [ "$status" -eq 0 ]
    [[ $output == "lab $FLIGHTBASE_LAB_NAME is up: 4 nodes with 8 GPUs (dgx1v)"*"n4 "*idle* ]]
    run "$FLIGHTBASE_LAB" status --json
    [ "$status" -eq 0 ]
    jq -e '.up and .nodes == 4 and .gpus_per_node == 8 and .node_type == "dgx1v" and .plugins' <<<"$output"
    run second status --json
    [ "$status" -eq 1 ]
    jq -e '.up == false and .nodes == 0' <<<"$output"
}

@test "sh is a shell on a node, by default root's on login" {
    [ "$("$FLIGHTBASE_LAB" sh n2 <<<'echo "$(id -un) $(hostname)"')" = "root n2" ]
    [ "$("$FLIGHTBASE_LAB" sh --user bob <<<'echo "$(id -un) $(hostname) $PWD"')" = "bob login /shared/home/bob" ]
}

@test "a job on four nodes reaches four hosts" {
    run as alice srun -N4 hostname
    [ "$status" -eq 0 ]
    [ "$(sort <<<"$output" | paste -sd' ')" = "n1 n2 n3 n4" ]
}

@test "each node has eight typed GPUs and their device files" {
    [ "$(root_on ctl sinfo -h -o %G | grep -cE '^gpu:[a-z0-9_-]+:8\(')" -eq 1 ]
    [ "$(root_on n1 sh -c 'ls /dev/nvidia[0-9]* | wc -l')" -eq 8 ]
    run as alice srun -N2 --gpus-per-node=2 sh -c 'echo $CUDA_VISIBLE_DEVICES | tr , "\n" | wc -l'
    [ "$output" = $'2\n2' ]
}

@test "srun offers pmix and pmi2" {
    run as alice srun --mpi=list
    [[ $output == *pmix* && $output == *pmi2* ]]
}

@test "Open MPI talks across nodes and inside one" {
    as alice sh -c 'cat >ring.c <<EOF
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	int rank, sum;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	if (!rank)
		printf("sum %d\n", sum);
	MPI_Finalize();
	return 0;
}
EOF
mpicc -o ring ring.c'
    run as alice srun --mpi=pmix -N2 --ntasks-per-node=2 ./ring
    [ "$status" -eq 0 ]
    [[ $output == *"sum 6"* ]]
}

@test "users are users: no root, their own home, the shared directory" {
    [ "$(as bob id -un)" = bob ]
    [ "$(as bob pwd)" = /shared/home/bob ]
    run as bob sudo -n true
    [ "$status" -ne 0 ]
    run as bob cat /shared/home/alice/.bashrc
    [ "$status" -ne 0 ]
    run as bob cat /etc/munge/munge.key
    [ "$status" -ne 0 ]
    run as bob sh -c 'echo x >/etc/slurm/slurm.conf'
    [ "$status" -ne 0 ]
    as carol sh -c 'echo seen >/shared/home/carol/file'
    [ "$(on carol n3 cat /shared/home/carol/file)" = seen ]
}

@test "what is a node's own stays there" {
    root_on n1 touch /tmp/here /run/here /dev/shm/here
    run root_on n2 ls /tmp/here /run/here /dev/shm/here
    [ "$status" -ne 0 ]
    [ "$(root_on n1 hostname)" = n1 ]
    [ "$(root_on n1 sh -c 'ps -e -o comm= | grep -c slurmctld || true')" -eq 0 ]
}

@test "a node has FUSE, loop devices and terminals" {
    root_on n1 test -c /dev/fuse
    root_on n1 test -b /dev/loop0
    root_on n1 sh -c 'mksquashfs /etc/slurm /tmp/image -quiet -no-progress && mkdir -p /tmp/at &&
        mount -o loop /tmp/image /tmp/at && umount /tmp/at'
    root_on n1 script -qc true /dev/null
}

@test "run passes arguments, standard streams and exit status through" {
    [ "$(as alice printf '<%s>' 'a b' '' '*' "it's" '$HOME')" = "<a b><><*><it's><\$HOME>" ]
    [ "$(printf 'one\ntwo' | as alice cat)" = $'one\ntwo' ]
    run as alice sh -c 'exit 42'
    [ "$status" -eq 42 ]
    run -127 as alice no-such-command
}

@test "wrong usage is one line and exit status 2" {
    for arguments in "" "frobnicate" "up --nodes 0" "up --nodes" "up --node-type nonesuch" "--name A_b up" "run" "down now"; do
        # shellcheck disable=SC2086
        run "$FLIGHTBASE_LAB" $arguments
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
    done
}

@test "a node that is not there is named, with those that are" {
    run "$FLIGHTBASE_LAB" run --node n9 true
    [ "$status" -eq 1 ]
    [[ $output == *"no node 'n9': ctl login n1 n2 n3 n4"* ]]
}

@test "slurmctld and slurmd can be restarted, jobs go on" {
    id=$(submit alice --wrap 'sleep 4')
    wait_job "$id" RUNNING
    restart_slurmctld
    restart_slurmd n1 n2
    wait_job "$id" COMPLETED
}

@test "other shapes: GPUs of no model, another model, no GPUs" {
    second up --nodes 1 --gpus-per-node 2 --without-plugins
    [[ $(second run sinfo -h -o %G) == "gpu:sim:2("* ]]
    second down
    second up --nodes 1 --node-type pcie-bridge8 --without-plugins
    [ "$(second run --node n1 sh -c 'ls /dev/nvidia[0-9]* | wc -l')" -eq 8 ]
    [[ $(second run sinfo -h -o %G) != *sim* ]]
    second down
    second up --nodes 1 --gpus-per-node 0 --without-plugins
    [ "$(second run sinfo -h -o %G)" = "(null)" ]
    [ "$(second run srun hostname)" = n1 ]
}

@test "the tests spare a lab that somebody made" {
    second up --nodes 1 --without-plugins
    run second test --only demo
    [ "$status" -eq 1 ]
    [[ $output == *"lab '$FLIGHTBASE_LAB_NAME-b' is up and not a test's, which takes it down: give the tests another --name"* ]]
    [ "$(second run srun hostname)" = n1 ]
}

@test "the tests compile with the given trees of Slurm, and report the releases that have none" {
    local tree=$BATS_TEST_TMPDIR/slurm
    FLIGHTBASE_SLURM_SOURCES=$tree run second test --only compile-slurm-25
    [ "$status" -eq 1 ]
    [[ $output == *"'$tree' is no source tree of Slurm: FLIGHTBASE_SLURM_SOURCES and "*"/slurm-sources hold unpacked releases"* ]]
    mkdir -p "$tree/src/slurmctld"
    printf '  Version:\t25.05.0\n' >"$tree/META"
    FLIGHTBASE_SLURM_SOURCES=$tree run second test --only compile-slurm-25
    [ "$status" -eq 1 ]
    [[ $output == *"compile Slurm 25.05.0 "*"1 FAILED"*"no Slurm source tree with topology plugins is there"* ]]
    [ -d "${FLIGHTBASE_LAB_DIR:-/var/lib/flightbase-lab}/slurm-sources" ] ||
        [[ $output == *"compile Slurm 25.11 "*"skipped: no source tree given"*" failed, 1 skipped" ]]
}

@test "install puts a new build into the lab; a node that does not come up with it is named" {
    id=$(submit alice --wrap 'sleep 600')
    wait_job "$id" RUNNING
    "$FLIGHTBASE_LAB" install
    [ "$(job_field "$id" JobState)" = RUNNING ]
    as alice scancel "$id"
    root_on n2 sh -c 'mount --bind /bin/false "$(readlink -f /usr/sbin/slurmd)"'
    run "$FLIGHTBASE_LAB" install
    root_on n2 sh -c 'umount "$(readlink -f /usr/sbin/slurmd)"'
    restart_slurmd n2
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase-lab: slurmd on n2 did not come up with the new build: see "*"/n2.slurmd.log"* ]]
}

@test "a second lab is another cluster" {
    second up --nodes 1 --without-plugins
    [ "$(second run sinfo -h -o %D)" = 1 ]
    [ "$(as alice sinfo -h -o %D)" = 4 ]
    root_on ctl touch /etc/only-in-the-first
    run second run test -e /etc/only-in-the-first
    [ "$status" -eq 1 ]
    second down
    [ "$(as alice srun hostname | wc -l)" -eq 1 ]
    [ -z "$(what_is_left "$FLIGHTBASE_LAB_NAME-b")" ]
}

@test "down after a killed up leaves nothing, whenever it was killed" {
    for pause in 0.05 0.2 0.5 1 1.5; do
        second up --nodes 2 --without-plugins >/dev/null 2>&1 3>&- &
        sleep "$pause"
        kill -KILL $!
        wait $! || true
        second down
        left=$(what_is_left "$FLIGHTBASE_LAB_NAME-b")
        [ -z "$left" ] || { printf 'after %s s: %s\n' "$pause" "$left" && false; }
    done
    run -1 grep -E '^ *(lab0|port-)' /proc/net/dev
}

@test "up after a killed up starts afresh" {
    second up --nodes 1 --without-plugins >/dev/null 2>&1 3>&- &
    sleep 0.5
    kill -KILL $!
    wait $! || true
    run second status
    [ "$status" -eq 1 ]
    second up --nodes 1 --without-plugins
    [ "$(second run srun hostname)" = n1 ]
}

@test "a loop device that was forgotten is released by down" {
    second up --nodes 1 --without-plugins
    second run --user root --node n1 sh -c 'truncate -s 1M /shared/image /var/image && losetup -f /shared/image && losetup -f /var/image'
    second down
    run losetup --list --noheadings --output BACK-FILE
    [[ $output != */shared/image* && $output != */var/image* ]]
}
