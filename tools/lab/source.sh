# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Slurm's exact source, as the installed slurmctld was built from it, at /usr/src/slurm/source in
# the root. A release's upstream tar and its security patches can lie in different archives, where
# `apt-get source` does not find both; each file is looked for in each archive, and the checksum
# in apt's signed index decides.

# source_fetch ROOT
source_fetch() {
    local into=$1/usr/src/slurm version index sum file
    version=$(chroot "$1" dpkg-query -W -f '${source:Version}' slurmctld)
    index=$(host_apt apt-cache showsrc slurm-wlm | source_index "$version")
    [[ -n $index ]] || die "apt's source index has no slurm-wlm $version"
    mkdir -p "$into"
    while read -r sum file; do
        source_file "$into/$file" "$sum" "$index"
    done < <(grep -E '^[0-9a-f]{64} .*\.tar\.' <<<"$index")
    chroot "$1" bash -euo pipefail -s < <(declare -f source_unpack && printf 'cd /usr/src/slurm && source_unpack\n')
    grep -qE "^ *Version:[[:space:]]*$LAB_SLURM\$" "$into/source/META" ||
        die "the source of slurm-wlm $version is not Slurm $LAB_SLURM"
}

# source_index VERSION: from apt's stanzas, the lines "dir FOLDER" and "SHA256 FILE" of one version.
source_index() {
    awk -v version="$1" '
        function flush() { if (wanted) printf "%s", text; wanted = sums = 0; text = "" }
        /^$/ { flush(); next }
        /^[A-Z]/ { sums = /^Checksums-Sha256:/ }
        /^Version:/ { wanted = ($2 == version) }
        /^Directory:/ { text = text "dir " $2 "\n" }
        sums && /^ / { text = text $1 " " $3 "\n" }
        END { flush() }' | sort -u
}

# source_file FILE SUM INDEX: downloads one file from whichever archive has it.
source_file() {
    local uri dir
    while read -r uri; do
        while read -r dir; do
            host_apt /usr/lib/apt/apt-helper download-file "${uri%/}/$dir/${1##*/}" "$1" "SHA256:$2" </dev/null && return
        done < <(sed -n 's/^dir //p' <<<"$3")
    done < <(awk '$1 == "deb-src" { print $2 }' "$LAB_STATE/apt/sources.list")
    die "none of the archives in $LAB_STATE/apt/sources.list has ${1##*/} with the checksum of apt's index"
}

# Runs inside the root, which has patch and xz, in /usr/src/slurm.
source_unpack() {
    mkdir -p source
    tar -xf slurm-wlm_*.orig.tar.* --strip-components=1 -C source
    tar -xf slurm-wlm_*.debian.tar.* -C source
    grep -v '^[[:space:]]*\(#\|$\)' source/debian/patches/series | while read -r patch _; do
        patch --quiet --strip=1 --no-backup-if-mismatch --directory=source <"source/debian/patches/$patch"
    done
    rm -f ./*.tar.*
}
