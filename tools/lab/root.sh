# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The lab's root: Debian with Slurm, the compiler and the exact Slurm source, made once and cached
# in $LAB_STATE/roots/KEY. KEY stands for the package list, the versions the mirror offers (asked
# once a day) and this recipe; roots that nobody uses any more are removed when a new one is made.

# root_ensure: sets ROOT to a complete root, and keeps it from being removed while this process,
# or one that inherits ROOT_FD, lives.
root_ensure() {
    local key
    lock "$LAB_STATE/roots/lock"
    root_refresh
    key=$(root_key)
    ROOT=$LAB_STATE/roots/$key
    if [[ ! -d $ROOT ]]; then
        host_tools mmdebstrap:mmdebstrap ip:iproute2
        find "$LAB_STATE/roots" -maxdepth 1 -name '*.part' -exec rm -rf --one-file-system {} +
        step "making the Debian $LAB_SUITE root with Slurm" root_make "$ROOT.part"
        step "fetching the source of Slurm $LAB_SLURM" source_fetch "$ROOT.part"
        mv "$ROOT.part" "$ROOT"
        root_prune "$key"
    fi
    exec {ROOT_FD}>"$ROOT.lock"
    flock --shared "$ROOT_FD"
    unlock "$LAB_STATE/roots/lock"
}

root_packages() { sed 's/#.*//' "$LAB_PARTS/packages" | tr -s ' \n' '\n' | sed '/^$/d' | sort -u; }

# Newer lists, if those at hand are older than a day or than the machine's sources. A machine that
# is offline keeps what it has.
root_refresh() {
    local stamp=$LAB_STATE/apt/refreshed settings
    settings=${FLIGHTBASE_LAB_MIRROR:-}\ ${FLIGHTBASE_LAB_MIRROR_SECURITY:-}
    if [[ $(cat "$stamp" 2>/dev/null) == "$settings" && -n $(find "$stamp" -mtime -1) &&
        -z $(find /etc/apt -newer "$stamp" -print -quit) ]]; then
        return 0
    fi
    host_sources
    if root_update; then
        printf '%s\n' "$settings" >"$stamp"
    elif [[ -f $stamp ]]; then
        note "flightbase-lab: the Debian mirror cannot be reached now; using what is cached"
    else
        die "the Debian mirror cannot be read: see $LAB_STEP_LOG; the sources are in $LAB_STATE/apt/sources.list"
    fi
}

root_update() { host_apt apt-get update </dev/null >>"$LAB_STEP_LOG" 2>&1; }

root_key() {
    {
        dpkg --print-architecture
        root_packages | host_apt xargs apt-cache show --no-all-versions | grep -E '^(Package|Version):'
        cat "$LAB_PARTS/root.sh" "$LAB_PARTS/source.sh"
    } | short_sum
}

root_make() {
    local apt=$LAB_STATE/apt option options=()
    while read -r option; do
        options+=("--aptopt=$option")
    done <"$apt/transport.conf"
    rm -rf --one-file-system "$1"
    bound mmdebstrap --variant=minbase --format=directory --keyring="$apt/keys" "${options[@]}" \
        --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='force-unsafe-io' --include="$(root_packages | paste -sd,)" \
        "$LAB_SUITE" "$1" "$apt/sources.list" </dev/null
    [[ $(chroot "$1" dpkg-query -W -f '${Version}' slurmctld) == "$LAB_SLURM"-* ]] ||
        die "the mirror's $LAB_SUITE has another Slurm than $LAB_SLURM: $(chroot "$1" dpkg-query -W -f '${Version}' slurmctld)"
    mkdir -p "$1/usr/src/flightbase" "$1/shared"
}

# root_prune KEY: removes the roots other than KEY that no process holds.
root_prune() {
    local root fd
    for root in "$LAB_STATE"/roots/*/; do
        root=${root%/}
        [[ $root != "$LAB_STATE/roots/$1" ]] || continue
        exec {fd}>"$root.lock"
        if flock --nonblock "$fd"; then
            rm -rf --one-file-system "$root" "$root.lock"
        fi
        exec {fd}>&-
    done
}

# root_run COMMAND...: runs COMMAND as root inside $ROOT, which stays read-only, with the build
# area ROOT_AREA (if set) on /usr/src/flightbase, fresh /proc, /dev and /tmp, and no network.
root_run() {
    bound unshare --net --ipc "$LAB_PARTS/chroot.sh" "$ROOT" "${ROOT_AREA:-}" "$@"
}
