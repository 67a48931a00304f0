# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Everything the lab writes into a cluster's own layer before it starts: users, names, keys, and the
# configuration of Slurm, its database and Flightbase. slurm.conf is the sample of etc/ with the
# lab's lines in place of the site's.

LAB_ROOT_FILES=

# conf_write: fills $LAB_DIR/upper; reads NODES, GPUS, TYPE, PLUGINS, ROOT.
conf_write() {
    LAB_ROOT_FILES=$LAB_DIR/upper
    mkdir -p "$LAB_ROOT_FILES"/etc/{slurm/plugstack.conf.d,flightbase/workspaces.d,mysql/mariadb.conf.d} \
        "$LAB_ROOT_FILES"/{shared,var/log/lab}
    conf_users
    conf_names
    conf_munge
    conf_tools
    conf_database
    conf_gpus
    conf_slurm
    conf_flightbase
}

# owner NAME: prints a root's account as UID:GID.
owner() { awk -F: -v name="$1" '$1 == name { print $3 ":" $4 }' "$ROOT/etc/passwd"; }

conf_users() {
    local file user uid=2001
    for file in passwd group shadow; do
        cp -p "$ROOT/etc/$file" "$LAB_ROOT_FILES/etc/$file"
    done
    mkdir -p "$LAB_DIR/shared/home"
    for user in alice bob carol; do
        printf '%s:x:%d:%d:%s:/shared/home/%s:/bin/bash\n' "$user" "$uid" "$uid" "${user^}" "$user" >>"$LAB_ROOT_FILES/etc/passwd"
        printf '%s:x:%d:\n' "$user" "$uid" >>"$LAB_ROOT_FILES/etc/group"
        printf '%s:!:20000:0:99999:7:::\n' "$user" >>"$LAB_ROOT_FILES/etc/shadow"
        cp -rT "$ROOT/etc/skel" "$LAB_DIR/shared/home/$user"
        chmod 0700 "$LAB_DIR/shared/home/$user"
        chown -R "$uid:$uid" "$LAB_DIR/shared/home/$user"
        uid=$((uid + 1))
    done
}

conf_names() {
    local i
    {
        printf '127.0.0.1 localhost\n10.77.0.1 ctl\n10.77.0.2 login\n'
        for ((i = 1; i <= NODES; i++)); do
            printf '10.77.%d.%d n%d\n' $((1 + (i - 1) / 250)) $((1 + (i - 1) % 250)) "$i"
        done
    } >"$LAB_ROOT_FILES/etc/hosts"
    printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n' \
        >"$LAB_ROOT_FILES/etc/nsswitch.conf"
    printf '' >"$LAB_ROOT_FILES/etc/resolv.conf"
}

conf_munge() {
    install -d -m 0700 "$LAB_ROOT_FILES/etc/munge"
    (umask 077 && head -c 1024 /dev/urandom >"$LAB_ROOT_FILES/etc/munge/munge.key")
    chmod 0400 "$LAB_ROOT_FILES/etc/munge/munge.key"
    chown -R "$(owner munge)" "$LAB_ROOT_FILES/etc/munge"
}

conf_tools() {
    mkdir -p "$LAB_ROOT_FILES"/usr/local/{sbin,libexec/flightbase-lab} "$LAB_ROOT_FILES/etc/openmpi"
    install -m 0755 "$LAB_PARTS/init.sh" "$LAB_ROOT_FILES/usr/local/libexec/flightbase-lab/init"
    install -m 0755 "$LAB_PARTS/service.sh" "$LAB_ROOT_FILES/usr/local/sbin/lab-service"
    install -m 0755 "$LAB_PARTS/workspace.sh" "$LAB_ROOT_FILES/usr/local/sbin/lab-workspace"
    # Between nodes there is only TCP, which Open MPI's UCX layer leaves to others unless told.
    printf 'pml_ucx_tls = any\npml_ucx_devices = any\n' >"$LAB_ROOT_FILES/etc/openmpi/openmpi-mca-params.conf"
}

conf_database() {
    cat >"$LAB_ROOT_FILES/etc/mysql/mariadb.conf.d/99-lab.cnf" <<'EOF'
[mariadbd]
skip-networking
init-file = /etc/mysql/lab.sql
innodb_buffer_pool_size = 256M
innodb_lock_wait_timeout = 900
innodb_flush_log_at_trx_commit = 2
performance_schema = off
EOF
    cat >"$LAB_ROOT_FILES/etc/mysql/lab.sql" <<'EOF'
CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
EOF
    cat >"$LAB_ROOT_FILES/etc/slurm/slurmdbd.conf" <<'EOF'
DbdHost=ctl
SlurmUser=slurm
AuthType=auth/munge
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
PidFile=/run/slurm/slurmdbd.pid
LogFile=/var/log/lab/ctl.slurmdbd.log
EOF
    chmod 0600 "$LAB_ROOT_FILES/etc/slurm/slurmdbd.conf"
    chown "$(owner slurm)" "$LAB_ROOT_FILES/etc/slurm/slurmdbd.conf"
}

# conf_gpus: sets GPU_MODEL, SOCKETS, CORES (of a socket) and GPU_SOCKET (one per GPU).
conf_gpus() {
    local i
    GPU_MODEL=sim SOCKETS=2 GPU_SOCKET=()
    if [[ -n $TYPE ]]; then
        { read -r GPU_MODEL SOCKETS && read -ra GPU_SOCKET; } < <(chroot "$ROOT" jq -r '
            (.sockets // [[range(.gpus)]]) as $s | "\(.gpu) \($s | length)",
            ([range(.gpus) as $g | [$s | to_entries[] | select(.value | index($g)) | .key][0] // 0] | join(" "))' \
            <"$(type_file "$TYPE")")
    else
        for ((i = 0; i < GPUS; i++)); do
            GPU_SOCKET+=($((2 * i / GPUS)))
        done
    fi
    CORES=$(((8 * GPUS + SOCKETS - 1) / SOCKETS))
    ((CORES > 0)) || CORES=4
}

conf_slurm() {
    local etc=$LAB_ROOT_FILES/etc/slurm i
    conf_lab_lines >"$LAB_DIR/lab-lines"
    # A line of the sample counts unless the lab has one of the same name.
    awk -F= 'NR == FNR { lab[tolower($1)] = 1; next } !(tolower($1) in lab)' \
        "$LAB_DIR/lab-lines" "$LAB_SOURCE/etc/slurm.conf" >"$etc/slurm.conf"
    {
        printf '\n# ---- The lab ----\n'
        grep -v '=$' "$LAB_DIR/lab-lines"
    } >>"$etc/slurm.conf"
    for ((i = 0; i < GPUS; i++)); do
        printf 'NodeName=%s Name=gpu Type=%s File=/dev/nvidia%d Cores=%d-%d\n' "$(conf_nodes)" "$GPU_MODEL" "$i" \
            $((GPU_SOCKET[i] * CORES)) $((GPU_SOCKET[i] * CORES + CORES - 1))
    done >"$etc/gres.conf"
    printf 'CgroupPlugin=disabled\n' >"$etc/cgroup.conf"
    if [[ $PLUGINS == yes ]]; then
        cp "$LAB_SOURCE/etc/plugstack.conf" "$etc/plugstack.conf"
    fi
}

conf_nodes() { ((NODES == 1)) && printf n1 || printf 'n[1-%d]' "$NODES"; }

# The lines that are the lab's. A name without a value only takes the sample's line away.
conf_lab_lines() {
    local gres=
    ((GPUS == 0)) || gres=" Gres=gpu:$GPU_MODEL:$GPUS"
    cat <<EOF
ClusterName=lab
SlurmctldHost=ctl
AccountingStorageHost=ctl
SlurmctldLogFile=/var/log/lab/ctl.slurmctld.log
SlurmdLogFile=/var/log/lab/%h.slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,bf_continue,bf_interval=3,bf_window=10080,bf_resolution=60
KillWait=5
MailProg=/bin/true
MessageTimeout=30
NodeName=$(conf_nodes) Sockets=$SOCKETS CoresPerSocket=$CORES ThreadsPerCore=1 RealMemory=512000$gres
PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE DefMemPerCPU=1000
EOF
    ((GPUS > 0)) && printf 'DefMemPerGPU=%d\n' $((500000 / GPUS)) || printf 'DefMemPerGPU=\n'
    ((GPUS > 0)) || printf 'DefCpuPerGPU=\n'
    [[ $PLUGINS == yes ]] || printf 'JobSubmitPlugins=\nTopologyPlugin=topology/default\n'
}

conf_flightbase() {
    local etc=$LAB_ROOT_FILES/etc/flightbase
    mkdir -p "$LAB_DIR"/shared/flightbase/{shared,workspaces}
    chmod 0755 "$LAB_DIR"/shared/flightbase{,/shared,/workspaces}
    printf '{"root":"/shared/flightbase"}\n' >"$etc/flightbase.json"
    [[ -n $TYPE ]] || return 0
    chroot "$ROOT" jq --arg type "$TYPE" --arg nodes "$(conf_nodes)" \
        '{types: {($type): .}, nodes: [{nodes: $nodes, type: $type}]}' \
        <"$(type_file "$TYPE")" >"$etc/topology.json"
}

# type_file NAME: prints where the node type is described.
type_file() { printf '%s/tests/data/node-types/%s.json' "$LAB_SOURCE" "$1"; }

type_names() { (cd "$LAB_SOURCE/tests/data/node-types" 2>/dev/null && ls -- *.json) | sed 's/\.json$//' | paste -sd' '; }

# conf_type: settles TYPE and GPUS from what was asked for.
conf_type() {
    local gpus
    if [[ -z $TYPE ]]; then
        [[ $ASKED == *GPUS* || ! -f $(type_file dgx1v) ]] && return
        TYPE=dgx1v
    fi
    [[ $TYPE =~ ^[A-Za-z0-9._-]+$ && -f $(type_file "$TYPE") ]] ||
        usage_error "node type '$TYPE' is not known; there are: $(type_names)"
    gpus=$(grep -oE '"gpus" *: *[0-9]+' "$(type_file "$TYPE")" | grep -oE '[0-9]+$')
    [[ $ASKED != *GPUS* || $GPUS -eq $gpus ]] ||
        usage_error "a node of type '$TYPE' has $gpus GPUs: leave --gpus-per-node away"
    GPUS=$gpus
}
