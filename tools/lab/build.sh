# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Builds this checkout inside the root, with the root's compiler, headers and Slurm source. The
# checkout stays clean: its files are copied to a build area, $LAB_STATE/build/KEY, one per path.
#   src    the checkout's files (tracked and new ones git does not ignore), times kept
#   NAME   a build tree: "build" for what the lab installs, others for tests
#   stage  what `make install` gave; cluster.sh lays it on a lab

# build_area: sets AREA, this checkout's build area, and holds it; the copy of the files is current.
build_area() {
    AREA=$LAB_STATE/build/$(printf '%s' "$LAB_SOURCE" | short_sum)
    mkdir -p "$AREA"
    lock "$AREA.lock"
    build_sync
}

build_release() { unlock "$AREA.lock"; }

# Copies new and changed files to $AREA/src and removes what is gone. Times are kept, so that make
# rebuilds exactly what changed.
build_sync() {
    mkdir -p "$AREA/src"
    build_files | sort -z >"$AREA/files.new"
    if [[ -f $AREA/files ]]; then
        comm -z -23 "$AREA/files" "$AREA/files.new" | (cd "$AREA/src" && xargs -0r rm -f --)
    fi
    tar -C "$LAB_SOURCE" --null --files-from="$AREA/files.new" -cf - | tar -C "$AREA/src" -xf -
    mv "$AREA/files.new" "$AREA/files"
}

# The checkout's files, each ended by a NUL; in an unpacked release, all files.
build_files() {
    if [[ -e $LAB_SOURCE/.git ]] && command -v git >/dev/null; then
        git -c safe.directory='*' -C "$LAB_SOURCE" ls-files -z --cached --others --exclude-standard |
            (cd "$LAB_SOURCE" && while IFS= read -r -d '' file; do
                [[ ! -e $file && ! -L $file ]] || printf '%s\0' "$file"
            done)
    else
        (cd "$LAB_SOURCE" && find . -name .git -prune -o ! -name config.status \( -type f -o -type l \) -printf '%P\0')
    fi
}

# build_run COMMAND...: runs COMMAND in the root with the build area on /usr/src/flightbase.
build_run() { ROOT_AREA=$AREA root_run "$@"; }

# build_tree NAME TARGET CONFIGURE-ARGUMENTS...: configures $AREA/NAME and makes TARGET, all or tests.
build_tree() {
    mkdir -p "$AREA/$1"
    build_run /usr/src/flightbase/src/tools/lab/make.sh "$@"
}

# build_install: makes the tree for the lab and its stage.
build_install() {
    build_tree build all
    rm -rf "$AREA/stage.new"
    mkdir "$AREA/stage.new"
    build_run make -C /usr/src/flightbase/build --no-print-directory -s install install-bench DESTDIR=/usr/src/flightbase/stage.new
    rm -rf "$AREA/stage"
    mv "$AREA/stage.new" "$AREA/stage"
}

# build_flightbase: the whole of it, for `up`.
build_flightbase() {
    [[ -f $LAB_SOURCE/configure.ac ]] ||
        die "$LAB_SOURCE has no configure.ac: nothing to build; use --without-plugins"
    build_area
    step "building Flightbase" build_install
}
