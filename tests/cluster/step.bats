#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The controller's decision on the nodes: what tasks see, and that no step gets more than its job was granted.

setup_file() {
    load lab
    make_workspace vision 16 alice
    make_workspace nlp 16 alice
    until_true 10 as alice sbatch --test-only --workspace=vision --wrap true
    until_true 10 as alice sbatch --test-only --workspace=nlp --wrap true
}

teardown_file() {
    load lab
    cancel_jobs
    remove_workspace vision
    remove_workspace nlp
}

setup() { load lab; }

# Run a script as a batch job of alice and print its output; our own options come before it.
batch() { # script option...
    local script=$1
    shift
    as alice bash -c 'out=$(mktemp ~/out.XXXXXX); printf "#!/bin/bash\n%s\n" "$1" | sbatch --quiet --wait --output="$out" "${@:2}"
        rc=$?; cat "$out"; rm -f "$out"; exit $rc' batch "$script" "$@"
}

@test "tasks on every node see the decision" {
    run as alice srun --workspace=vision --training-name=t1 -N2 bash -c 'echo $(hostname):$(env | grep ^FLIGHTBASE_ | sort | tr "\n" " ")'
    [ "$status" -eq 0 ]
    [ "$(grep -c 'n[0-9]:FLIGHTBASE_P2P=prefer FLIGHTBASE_RDMA=prefer FLIGHTBASE_TRAINING=advanced FLIGHTBASE_TRAINING_NAME=t1 FLIGHTBASE_WORKSPACE=vision' <<<"$output")" -eq 2 ]
}

@test "batch script, its steps, salloc and --export=NONE see it too" {
    run batch 'echo batch $FLIGHTBASE_WORKSPACE; srun bash -c "echo step \$FLIGHTBASE_WORKSPACE"; srun --export=NONE /bin/bash -c "echo bare \$FLIGHTBASE_WORKSPACE"' --workspace=vision
    [[ $output == *"batch vision"*"step vision"*"bare vision"* ]]
    run batch '/bin/echo batch $FLIGHTBASE_WORKSPACE' --workspace=vision --export=NONE
    [[ $output == *"batch vision"* ]]
    run as alice salloc --quiet --workspace=vision srun bash -c 'echo step $FLIGHTBASE_WORKSPACE'
    [[ $output == *"step vision"* ]]
}

@test "what the user's environment says of it does not count" {
    run as alice env FLIGHTBASE_WORKSPACE=nlp FLIGHTBASE_TRAINING_NAME=x FLIGHTBASE_P2P=off \
        srun --workspace=vision bash -c 'echo "$FLIGHTBASE_WORKSPACE:$FLIGHTBASE_TRAINING_NAME:$FLIGHTBASE_P2P"'
    [ "$output" = "vision::prefer" ]
    run as alice env FLIGHTBASE_WORKSPACE=nlp srun --account=lab bash -c 'echo "[$FLIGHTBASE_WORKSPACE]"'
    [ "$output" = "[]" ]
}

@test "--p2p=off and --rdma=off switch the wires off for NCCL and UCX" {
    run as alice srun --workspace=vision --p2p=off --rdma=off bash -c 'echo "$NCCL_P2P_DISABLE $NCCL_IB_DISABLE $UCX_TLS"'
    [ "$output" = "1 1 ^cuda_ipc,ib" ]
    run as alice srun --workspace=vision bash -c 'echo "[$NCCL_P2P_DISABLE$NCCL_IB_DISABLE$UCX_TLS]"'
    [ "$output" = "[]" ]
}

@test "a step may repeat its job's options" {
    run batch 'srun --workspace=vision --training=advanced --p2p=prefer bash -c "echo ok \$FLIGHTBASE_WORKSPACE"' --workspace=vision
    [ "$status" -eq 0 ]
    [[ $output == *"ok vision"* ]]
}

@test "a step in another workspace is refused, also when the user is a member of it" {
    run batch 'srun --workspace=nlp bash -c "echo RAN"; echo rc=$?' --workspace=vision
    [[ $output == *"flightbase: option '--workspace': 'nlp' is not what the job was granted ('vision'): a step runs inside its job; submit another job for it"* ]]
    [[ $output != *RAN* ]]
    [[ $output != *"rc=0"* ]]
}

@test "a step may switch wires off, but not on again" {
    run batch 'srun --p2p=off bash -c "echo [\$FLIGHTBASE_P2P]"' --workspace=vision
    [[ $output == *"[off]"* ]]
    run batch 'srun --p2p=prefer bash -c "echo RAN"' --workspace=vision --p2p=off
    [[ $output == *"option '--p2p': 'prefer' is not what the job was granted ('off')"* ]]
    [[ $output != *RAN* ]]
}

@test "forged SPANK variables in a step's environment are held against the decision" {
    run batch 'SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace=nlp srun bash -c "echo RAN"' --workspace=vision
    [[ $output == *"'nlp' is not what the job was granted"* ]]
    [[ $output != *RAN* ]]
    run batch '_SLURM_SPANK_OPTION_flightbase_image=x srun bash -c "echo RAN"' --account=vision
    [[ $output == *"option '--image': has no effect in this version"* ]]
    [[ $output != *RAN* ]]
}

@test "a forged variable in a batch job's environment ends that job, and harms no node" {
    run batch 'echo RAN' --account=vision --export=ALL,_SLURM_SPANK_OPTION_flightbase_workspace=nlp
    [ "$status" -eq 1 ]
    [[ $output == *"flightbase: option '--workspace': 'nlp' is not what the job was granted ('vision')"* ]]
    [[ $output != *RAN* ]]
    [ -z "$(root_on ctl sinfo -h -t drain,draining,down -o %N)" ]
}

@test "a user cannot plant a decision" {
    forged='{"flightbase":1,"workspace":"nlp","training":"advanced","p2p":"off","rdma":"off"}'
    run as alice env FLIGHTBASE_DECISION="$forged" SPANK_FLIGHTBASE_DECISION="$forged" SLURM_JOB_ACCOUNT=nlp \
        srun --workspace=vision bash -c 'echo "$FLIGHTBASE_WORKSPACE $FLIGHTBASE_P2P"'
    [ "$output" = "vision prefer" ]
    run as alice env FLIGHTBASE_DECISION="$forged" SPANK_FLIGHTBASE_DECISION="$forged" \
        srun --account=lab bash -c 'echo "[$FLIGHTBASE_WORKSPACE]"'
    [ "$output" = "[]" ]
}

@test "a client without the plugin and a forged request by the API change nothing" {
    root_on login cc -x c - -o /usr/local/bin/forge -lslurm <"$BATS_TEST_DIRNAME/forge.c"
    out=/shared/home/alice/forge.out
    # A decision for the job's own account, so that only its removal by the controller keeps it from the node.
    forged='FLIGHTBASE_DECISION={"flightbase":1,"workspace":"lab","training":"jupyter","p2p":"off","rdma":"off"}'
    id=$(as alice forge lab "$out" "$forged" "SPANK_$forged" "SPANK_SPANK_$forged")
    wait_job "$id" COMPLETED
    run as alice cat "$out"
    [ "$output" = " " ]
    forged=${forged/lab/vision}
    id=$(as alice forge vision "$out" "$forged" "SPANK_$forged")
    wait_job "$id" COMPLETED
    run as alice cat "$out"
    [ "$output" = "vision prefer" ]
}

@test "options that never met the client's check meet the controller's" {
    root_on login cc -x c - -o /usr/local/bin/forge -lslurm <"$BATS_TEST_DIRNAME/forge.c"
    refused_forge() { # message account variable...
        local message=$1
        shift
        run as alice forge "$1" /dev/null "${@:2}"
        [ "$status" -eq 1 ]
        [[ $output == *"flightbase: $message"* ]] || { echo "$output"; return 1; }
    }
    option=_SLURM_SPANK_OPTION_flightbase_
    refused_forge "workspace 'vision': conflicts with account 'lab'" lab ${option}workspace=vision
    refused_forge "option '--workspace': 'A/../B': not a valid name" vision ${option}workspace=A/../B
    refused_forge "option '--workspace': 10000 characters long" vision "${option}workspace=$(printf 'a%.0s' {1..10000})"
    refused_forge "option '--workspace': '': empty" vision ${option}workspace=
    refused_forge "option '--workspace': needs a value" vision "${option}workspace=(null)"
    refused_forge "option 'nosuch': unknown to the controller" vision ${option}nosuch=1
    refused_forge "option '--p2p': given twice" vision ${option}p2p=off ${option}p2p=prefer
    refused_forge "option '--image': has no effect in this version" vision ${option}image=ubuntu
}

@test "an option in a job without a workspace is refused on the node" {
    run batch 'SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_p2p=off srun bash -c "echo RAN"' --account=lab
    [[ $output == *"option '--p2p': job "*" runs in no workspace: submit the job with --workspace=NAME"* ]]
    [[ $output != *RAN* ]]
}

@test "components of a heterogeneous job keep their own decisions" {
    run batch 'srun --het-group=0,1 bash -c "echo [\$SLURM_PROCID \$FLIGHTBASE_P2P]"' \
        --workspace=vision -N1 : --workspace=vision --p2p=off -N1
    [ "$status" -eq 0 ]
    [[ $output == *"[0 prefer]"* ]]
    [[ $output == *"[1 off]"* ]]
}

@test "a step in one component of a heterogeneous job has that component's decision, whichever options the others had" {
    seen='bash -c "echo [\$FLIGHTBASE_WORKSPACE \$FLIGHTBASE_TRAINING_NAME \$FLIGHTBASE_P2P \$NCCL_P2P_DISABLE]"'
    steps="srun --het-group=0 $seen; srun --het-group=1 $seen"
    run batch "$steps" --workspace=vision --training-name=a --p2p=off -N1 : --workspace=nlp --training-name=b --p2p=prefer -N1
    [ "$status" -eq 0 ]
    [ "$output" = $'[vision a off 1]\n[nlp b prefer ]' ]
    run as alice salloc --quiet --workspace=vision --training-name=a --p2p=prefer -N1 : --workspace=nlp --training-name=b --p2p=off -N1 \
        bash -c "$steps"
    [ "$status" -eq 0 ]
    [ "$output" = $'[vision a prefer ]\n[nlp b off 1]' ]
}

@test "the decision on the node is root's, and gone after the job" {
    id=$(submit alice --workspace=vision -w n1 --wrap 'sleep 60')
    wait_job "$id" RUNNING
    until_true 10 root_on n1 test -f "/run/flightbase/$id"
    [ "$(root_on n1 stat -c %U:%a "/run/flightbase/$id")" = root:600 ]
    [ "$(root_on n1 stat -c %U:%a /run/flightbase)" = root:755 ]
    run on alice n1 cat "/run/flightbase/$id"
    [ "$status" -ne 0 ]
    run on alice n1 touch /run/flightbase/999999
    [ "$status" -ne 0 ]
    as alice scancel "$id"
    until_true 20 root_on n1 test ! -e "/run/flightbase/$id"
}

@test "a requeued job runs with the same decision" {
    id=$(submit alice --workspace=vision -w n1 --training-name=again --open-mode=append --output=/shared/home/alice/again.out \
        --wrap 'echo "[$SLURM_RESTART_COUNT $FLIGHTBASE_WORKSPACE $FLIGHTBASE_TRAINING_NAME]"; sleep 60')
    wait_job "$id" RUNNING
    root_on ctl scontrol requeue "$id"
    # slurmd takes no credential that was made in the second in which it revoked the last one.
    sleep 2
    until_true 60 started_again "$id"
    as alice scancel "$id"
}

# Slurm would let two minutes pass before it starts a requeued job, and takes no other time while it completes.
started_again() {
    root_on ctl scontrol update JobId="$1" StartTime=now >/dev/null 2>&1 || true
    as alice grep -q '\[1 vision again\]' again.out
}

# As slurmd would find it: nothing stands on the node for a job that the prolog could not keep a decision of.
@test "a decision that the prolog cannot keep ends in refusal, not in a job without one" {
    root_on n1 mkdir -p /run/flightbase
    root_on n1 chmod 0777 /run/flightbase
    run as alice srun --workspace=vision -w n1 bash -c 'echo RAN'
    root_on n1 chmod 0755 /run/flightbase
    [ "$status" -ne 0 ]
    [[ $output == *"the controller's decision cannot be read: /run/flightbase: not a folder that only root may write"* ]]
    [[ $output != *RAN* ]]
    [ -z "$(root_on ctl sinfo -h -t drain,draining,down -o %N)" ]
}

@test "what an earlier job with the same id left behind counts for nothing" {
    id=$(submit alice --account=lab --wrap true)
    next=$((id + 1))
    root_on n1 bash -c 'echo "{\"flightbase\":1,\"workspace\":\"vision\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}" >/run/flightbase/$1
        chmod 600 /run/flightbase/$1' stale "$next"
    run as alice srun --account=lab -w n1 bash -c 'echo "[$SLURM_JOB_ID $FLIGHTBASE_WORKSPACE]"'
    [[ $output == *"[$next ]"* ]]
}

@test "wires that a job gave up are not given up in a job that it submits" {
    run batch 'sbatch --quiet --wait --p2p=prefer --output=inner.out --wrap "echo [\$NCCL_P2P_DISABLE\$UCX_TLS]"; cat inner.out' \
        --workspace=vision --p2p=off
    [[ $output == *"[]"* ]]
    run as alice env UCX_TLS=tcp srun --workspace=vision --p2p=off bash -c 'echo $UCX_TLS'
    [ "$output" = tcp ]
    # What the user wrote is not ours to remove.
    run as alice env NCCL_IB_DISABLE=1 UCX_TLS=^ib srun --workspace=vision bash -c 'echo $NCCL_IB_DISABLE $UCX_TLS'
    [ "$output" = "1 ^ib" ]
    run as alice env UCX_TLS=tcp,cuda srun --workspace=vision --p2p=off bash -c 'echo $UCX_TLS'
    [ "$output" = ^cuda_ipc ]
}

@test "a job inside a workspace's job can go to another account, and is told how" {
    run batch 'sbatch --hold --account=lab --wrap true' --workspace=vision
    [[ $output == *"conflicts with account 'lab'"*"inside a job, unset SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace"* ]]
    run batch 'unset SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace; sbatch --hold --account=lab --wrap true' --workspace=vision
    [ "$status" -eq 0 ]
    [[ $output == *"Submitted batch job"* ]]
    # salloc's shell also has the options under the names in which they travel to the node.
    run as alice salloc --quiet --workspace=vision bash -c 'unset SLURM_SPANK__SLURM_SPANK_OPTION_flightbase_workspace
        sbatch --quiet --wait --account=lab --output=other.out --wrap "echo [\$FLIGHTBASE_WORKSPACE]" && cat other.out'
    [ "$status" -eq 0 ]
    [ "$output" = "[]" ]
}
