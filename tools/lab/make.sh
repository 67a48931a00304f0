#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make.sh NAME TARGET CONFIGURE-ARGUMENTS...: runs inside the root. Brings TARGET (all, tests, programs of tests/
# by name, or slurm: what is compiled with Slurm's headers) of /usr/src/flightbase/NAME up to date with /usr/src/flightbase/src: autoreconf and configure run only
# when what they read has changed.
set -euo pipefail

area=/usr/src/flightbase
name=$1 target=$2
shift 2
cd "$area"

build_system=$(cd src && find . \( -name autom4te.cache -o -name build-aux \) -prune -o \
    \( -name configure.ac -o -name '*.am' -o -name '*.m4' ! -name aclocal.m4 \) -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [[ ! -x src/configure || $(cat src/.autoreconf.sum 2>/dev/null) != "$build_system" ]]; then
    rm -f src/.autoreconf.sum
    (cd src && autoreconf --install)
    printf '%s\n' "$build_system" >src/.autoreconf.sum
fi

configured="$build_system $(sha256sum <src/configure) $*"
if [[ ! -f $name/Makefile || $(cat "$name/.configure.sum" 2>/dev/null) != "$configured" ]]; then
    rm -rf "${name:?}"/* "$name/.configure.sum"
    (cd "$name" && ../src/configure --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
        --libdir="/usr/lib/$(gcc -print-multiarch)" --with-slurm-source=/usr/src/slurm/source "$@")
    printf '%s\n' "$configured" >"$name/.configure.sum"
fi

case $target in
all) goals=(all) ;;
tests) goals=(check TESTS=) ;;
tests/*) read -ra goals <<<"$target" ;;
# All but the link with libslurm, whose release is the root's. A warning is a change of Slurm's that matters.
slurm) goals=(--keep-going CFLAGS='-O2 -Werror' spank_flightbase.la job_submit_flightbase.la topology_flightbase.la
    libfbcli.la tools/flightbase/flightbase-main.o) ;;
esac
make -C "$name" -s --no-print-directory -j"$(nproc)" "${goals[@]}"
