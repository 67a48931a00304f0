# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the lab needs from the machine it runs on: a few tools, and where that machine's apt finds
# Debian. The mirror, its keys and its transport settings are the machine's own.

host_check() {
    [[ $(id -u) -eq 0 ]] || die "needs root: namespaces, mounts and network devices are made"
    [[ $(uname -s) == Linux ]] || die "needs Linux"
    command -v apt-get >/dev/null || die "needs Debian 12 or 13: apt-get was not found"
}

# host_tools COMMAND:PACKAGE...: installs the packages whose commands are missing.
host_tools() {
    local pair missing=()
    for pair; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [[ ${#missing[@]} -eq 0 ]] || step "installing on this machine: ${missing[*]}" host_install "${missing[@]}"
}

host_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install --yes --no-install-recommends "$@" </dev/null && return
    apt-get update </dev/null
    apt-get install --yes --no-install-recommends "$@" </dev/null
}

# host_sources: writes $LAB_STATE/apt: sources.list for the lab's suite, the keys it is checked
# with, and apt's settings for a private state, so that the machine's own lists stay as they are.
host_sources() {
    local apt=$LAB_STATE/apt main security
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/keys"
    host_mirrors
    {
        printf 'deb %s %s main\n' "$main" "$LAB_SUITE"
        printf 'deb-src %s %s main\n' "$main" "$LAB_SUITE"
        [[ -z $security ]] || printf 'deb %s %s-security main\n' "$security" "$LAB_SUITE"
        [[ -z $security ]] || printf 'deb-src %s %s-security main\n' "$security" "$LAB_SUITE"
    } >"$apt/sources.list"
    host_keys "$apt/keys" "$main" "$security"
    # Expired or absent dates and proxies are how some sites' mirrors are; other settings are not for the lab.
    apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|Max-FutureTime|Retries|ForceIPv4|http|https)(::| )' \
        >"$apt/transport.conf" || true
    {
        cat "$apt/transport.conf"
        # APT_CONFIG is read first: the machine's own files, hooks included, are then not.
        printf 'Dir::Etc::parts "/dev/null";\nDir::Etc::main "/dev/null";\n'
        printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "/dev/null";\n' "$apt/sources.list"
        printf 'Dir::Etc::trusted "/dev/null";\nDir::Etc::trustedparts "%s";\n' "$apt/keys"
        printf 'Dir::State "%s";\nDir::State::status "/dev/null";\nDir::Cache "%s";\n' "$apt" "$apt/cache"
        printf 'Acquire::Languages "none";\nAPT::Sandbox::User "root";\nAPT::Update::Error-Mode "any";\n'
    } >"$apt/apt.conf"
}

# Sets main and security: the archives that serve the release this machine runs. apt itself reads
# its sources, so both formats and disabled entries are as it takes them. Third parties also offer
# suites by the release's name; the archive that has "-updates" as well, or says Debian, goes first.
host_mirrors() {
    local codename targets known
    main=${FLIGHTBASE_LAB_MIRROR:-} security=${FLIGHTBASE_LAB_MIRROR_SECURITY:-}
    [[ -z $main ]] || return 0
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # What is downloaded already tells its origin; a new machine has downloaded nothing.
    targets=$(for known in '' --no-release-info; do
        apt-get indextargets $known --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Identifier: Packages'
    done)
    main=$(awk -v suite="$codename" '
        $3 != "main" { next }
        $2 == suite || $2 == "stable" || $2 == "testing" || $2 == "sid" {
            if (!($1 in score)) order[++n] = $1
            score[$1] += 1 + 4 * ($4 == "Debian") + ($1 ~ /debian\/?$/)
        }
        $2 == suite "-updates" { score[$1] += 8 }
        END { for (i = 1; i <= n; i++) if (score[order[i]] > best) { best = score[order[i]]; uri = order[i] }
              print uri }' <<<"$targets")
    security=$(awk -v suite="$codename" '$3 == "main" && $2 == suite "-security" { print $1; exit }' <<<"$targets")
    [[ -n $main ]] ||
        die "no Debian archive in this machine's apt sources; name one with FLIGHTBASE_LAB_MIRROR=URI (and FLIGHTBASE_LAB_MIRROR_SECURITY=URI)"
}

# host_keys DIR URI...: gathers Debian's archive keys, and the keys named in the files that name a URI.
host_keys() {
    local dir=$1 key
    shift
    rm -f "$dir"/*
    host_key_files "$@" | sort -u | while read -r key; do
        [[ $key == *-removed-keys* || ! -f $key ]] || cp -f -- "$key" "$dir/${key//\//_}"
    done
}

host_key_files() {
    local uri file
    printf '%s\n' /usr/share/keyrings/debian-archive-*.gpg /usr/share/keyrings/debian-archive-*.pgp /etc/apt/trusted.gpg.d/*
    for uri; do
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
            [[ -n $uri && -f $file ]] && grep -qF -- "${uri%/}" "$file" || continue
            grep -oiE '^signed-by: */[^ ]+|signed-by=/[^] ]+' "$file" | grep -oE '/.*' || true
        done
    done
}

# host_apt COMMAND ARGS...: an apt tool on the lab's private sources.
host_apt() { APT_CONFIG=$LAB_STATE/apt/apt.conf "$@"; }
