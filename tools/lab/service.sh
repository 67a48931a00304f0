#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-service start|stop|restart NAME...: the daemons of a node of the lab. `start` returns when the
# daemon answers; `stop` when it is gone.
set -euo pipefail

logs=/var/log/lab
host=$(hostname)

# A daemon that is started here must not hold what the caller has open: a test would wait for its end. slurmdbd closes
# nothing itself. (255 is this script.)
for fd in "/proc/$$/fd/"*; do
    fd=${fd##*/}
    ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
done

# logfile OWNER NAME: prints the daemon's log, made so that OWNER may write it.
logfile() {
    [[ -e $logs/$host.$2.log ]] || install -o "$1" -m 0644 /dev/null "$logs/$host.$2.log"
    printf '%s' "$logs/$host.$2.log"
}

# process NAME: the pattern of its process's name. A Slurm daemon that re-executed itself for a
# reconfiguration goes by the name of the file behind Debian's alternative, slurmctld-wlm.
process() {
    case $1 in
    mariadb) printf 'mariadbd' ;;
    slurmctld) printf 'slurmctld.*' ;; # pgrep warns of patterns longer than a process's name
    slurm*) printf '%s(-wlm)?' "$1" ;;
    *) printf '%s' "$1" ;;
    esac
}

# answers NAME CONDITION...: waits until CONDITION, the sign that the daemon works; fails as soon as
# there is no process of that name.
answers() {
    local name=$1 deadline=$((SECONDS + 60)) missing=0
    shift
    until "$@" >/dev/null 2>&1; do
        if pgrep -x "$(process "$name")" >/dev/null; then missing=0; else missing=$((missing + 1)); fi
        if ((missing > 10 || SECONDS > deadline)); then
            printf 'lab-service: %s on %s did not start: see %s/%s.*.log\n' "$name" "$host" "$logs" "$host" >&2
            return 1
        fi
        sleep 0.05
    done
}

# listening PORT: looked up, not tried: a connection without a message would be an error in the log.
listening() { grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6; }

start_munged() {
    install -d -o munge -m 0755 /run/munge
    runuser -u munge -- munged --log-file="$(logfile munge munged)" --seed-file=/run/munge/munge.seed
}

start_mariadb() {
    install -d -o mysql -m 0755 /run/mysqld
    setsid mariadbd --user=mysql --log-error="$(logfile mysql mariadb)" </dev/null >/dev/null 2>&1 &
    answers mariadbd mariadb-admin --silent ping
}

start_slurmdbd() {
    install -d -o slurm -m 0755 /run/slurm
    logfile slurm slurmdbd >/dev/null
    slurmdbd
    answers slurmdbd listening 6819
}

start_slurmctld() {
    install -d -o slurm -m 0755 /run/slurm
    install -d -o slurm -m 0755 /var/spool/slurmctld
    logfile slurm slurmctld >/dev/null
    slurmctld
    answers slurmctld listening 6817
}

start_slurmd() {
    install -d -m 0755 /var/spool/slurmd
    slurmd -N "$host"
    answers slurmd listening 6818
}

stop() {
    local process deadline=$((SECONDS + 60))
    process=$(process "$1")
    pkill -x "$process" || return 0
    while pgrep -x "$process" >/dev/null; do
        if ((SECONDS > deadline)); then
            printf 'lab-service: %s on %s does not end\n' "$1" "$host" >&2
            return 1
        fi
        sleep 0.05
    done
}

usage() {
    printf 'usage: lab-service start|stop|restart munged|mariadb|slurmdbd|slurmctld|slurmd...\n' >&2
    exit 2
}

main() {
    local action=${1:-} name
    (($# > 1)) || usage
    shift
    for name; do
        [[ $name =~ ^(munged|mariadb|slurmdbd|slurmctld|slurmd)$ ]] || usage
        case $action in
        start) "start_$name" ;;
        stop) stop "$name" ;;
        restart) stop "$name" && "start_$name" ;;
        *) usage ;;
        esac
    done
}

main "$@"
