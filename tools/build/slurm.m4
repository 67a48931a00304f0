# SPDX-License-Identifier: GPL-2.0-or-later
# Finding Slurm, and proving that a source tree is the one the installed slurmctld was built from.
#
# job_submit and topology plugins share struct layouts with slurmctld. A tree of another release (or
# of the same release with other patches) would corrupt the controller's memory, so the tree is
# accepted only if its version equals the headers' and, where the distribution ships its objects
# (topology_default.a), if compiling it gives the same machine code.

# FB_SLURM sets SLURM_CPPFLAGS (public headers), SLURM_SOURCE_CPPFLAGS, SLURM_SOURCE_CFLAGS,
# slurmplugindir, SLURM_SOURCE, have_libslurm and the conditional HAVE_SLURM_SOURCE.
AC_DEFUN([FB_SLURM], [
AC_ARG_WITH([slurm-include],
  [AS_HELP_STRING([--with-slurm-include=DIR], [folder that holds slurm/slurm.h, or the word source: that of --with-slurm-source @<:@the compiler's@:>@])],
  [], [with_slurm_include=])
AC_ARG_WITH([slurm-source],
  [AS_HELP_STRING([--with-slurm-source=DIR], [exact source tree of the installed Slurm; without it only the SPANK plugin, the tools and the library are built])],
  [], [with_slurm_source=no])
AC_ARG_WITH([slurm-libdir],
  [AS_HELP_STRING([--with-slurm-libdir=DIR], [folder of Slurm's plugins @<:@LIBDIR/slurm-wlm or LIBDIR/slurm, whichever is there@:>@])],
  [], [with_slurm_libdir=])
AC_ARG_ENABLE([slurm-match],
  [AS_HELP_STRING([--disable-slurm-match], [do not compare the source tree with the distribution's objects])],
  [], [enable_slurm_match=yes])

SLURM_SOURCE=
AS_IF([test "x$with_slurm_source" != xno], [FB_SLURM_TREE])
AM_CONDITIONAL([HAVE_SLURM_SOURCE], [test -n "$SLURM_SOURCE"])
AC_SUBST([SLURM_SOURCE])
FB_SLURM_HEADERS

AC_MSG_CHECKING([where Slurm's plugins are])
# Debian names the folder slurm-wlm, Slurm itself slurm.
AS_IF([test -n "$with_slurm_libdir"], [slurmplugindir=$with_slurm_libdir],
  [ls -d /usr/lib/*/slurm-wlm >/dev/null 2>&1], [slurmplugindir='$(libdir)/slurm-wlm'],
  [slurmplugindir='$(libdir)/slurm'])
AC_MSG_RESULT([$slurmplugindir])
AC_SUBST([slurmplugindir])

FB_LIBSLURM
AS_IF([test -n "$SLURM_SOURCE"], [FB_SLURM_SOURCE])
])

# The tree's release, what its own configure would have written (config.h and slurm_version.h), and
# what its loader expects of the plugins (ops.sed).
AC_DEFUN([FB_SLURM_TREE], [
AC_MSG_CHECKING([for the release of the Slurm source tree])
AS_IF([test "x$with_slurm_source" = xyes || test ! -f "$with_slurm_source/META" ||
       test ! -f "$with_slurm_source/src/plugins/topology/common/eval_nodes.c"],
  [AC_MSG_RESULT([none])
   AC_MSG_ERROR([--with-slurm-source=$with_slurm_source: no Slurm source tree with topology plugins is there])])
SLURM_SOURCE=`cd "$with_slurm_source" && pwd`
fb_source_release=`sed -n 's/^ *Version:@<:@@<:@:space:@:>@@:>@*//p' "$SLURM_SOURCE/META"`
AC_MSG_RESULT([$fb_source_release])

# A source tree need not be configured: these settings are all that changes the layouts and code
# that topology and job_submit plugins see. What a configured tree has is preferred.
rm -rf plugins/slurm-config
mkdir -p plugins/slurm-config/slurm
AS_IF([test -f "$SLURM_SOURCE/config.h"],
  [cp "$SLURM_SOURCE/config.h" plugins/slurm-config/config.h],
  [cat >plugins/slurm-config/config.h <<'FBEOF'
/* Written by configure for an unconfigured Slurm source tree. */
#define NDEBUG 1
#define MULTIPLE_SLURMD 1
#define USE_ALIAS 1
#define HAVE_STRLCPY 1
#define WITH_CGROUP 1
#define HAVE___BUILTIN_BSWAP64 1
FBEOF
])
AS_IF([test ! -f "$SLURM_SOURCE/slurm/slurm_version.h"],
  [fb_hex=`echo "$fb_source_release" | awk -F. '{ printf "0x%02x%02x%02x", @S|@1, @S|@2, @S|@3 }'`
   sed "s/^#undef SLURM_VERSION_NUMBER/#define SLURM_VERSION_NUMBER $fb_hex/" \
     "$SLURM_SOURCE/slurm/slurm_version.h.in" >plugins/slurm-config/slurm/slurm_version.h])
for fb_interface in job_submit topology; do
  sed -n -f "$srcdir/tools/build/ops.sed" "$SLURM_SOURCE/src/interfaces/$fb_interface.c" \
    >plugins/slurm-config/${fb_interface}_ops.h
  AS_IF([grep loader_table plugins/slurm-config/${fb_interface}_ops.h >/dev/null], [],
    [AC_MSG_ERROR([$SLURM_SOURCE/src/interfaces/$fb_interface.c has no table of functions that tools/build/ops.sed knows])])
done
AC_CONFIG_COMMANDS([plugins/slurm-config], [:])
fb_tree_config=`pwd`/plugins/slurm-config
])

# The public headers, slurm/*.h, of one of the supported releases: the installed ones or the tree's.
# They are not clean under our warnings, so the compiler takes them as a system's.
AC_DEFUN([FB_SLURM_HEADERS], [
AS_CASE([$with_slurm_include:$SLURM_SOURCE],
  [source:], [AC_MSG_ERROR([--with-slurm-include=source needs the tree: --with-slurm-source=DIR])],
  [source:*], [SLURM_CPPFLAGS="-isystem $fb_tree_config -isystem $SLURM_SOURCE"],
  [:*|no:*|yes:*], [SLURM_CPPFLAGS=],
  [SLURM_CPPFLAGS="-isystem $with_slurm_include"])
AC_SUBST([SLURM_CPPFLAGS])

fb_save_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $SLURM_CPPFLAGS"
AC_CHECK_HEADERS([slurm/spank.h slurm/slurm_version.h], [],
  [AC_MSG_ERROR([slurm/spank.h was not found: install Slurm's headers (Debian: libslurm-dev) or name their folder with --with-slurm-include=])],
  [#include <slurm/slurm.h>])
AC_MSG_CHECKING([for the version of Slurm's headers])
fb_version_number=`printf '%s\n' '#include <slurm/slurm_version.h>' SLURM_VERSION_NUMBER | $CC -E -P $CPPFLAGS - 2>/dev/null | tail -n 1`
CPPFLAGS=$fb_save_CPPFLAGS
SLURM_RELEASE=`printf '%d.%02d.%d' $((fb_version_number >> 16)) $(((fb_version_number >> 8) & 255)) $((fb_version_number & 255))`
AC_MSG_RESULT([$SLURM_RELEASE])
# The number of libslurm.so goes with the release.
AS_CASE([$SLURM_RELEASE],
  [24.11.*], [fb_libslurm=42],
  [25.05.*], [fb_libslurm=43],
  [25.11.*], [fb_libslurm=44],
  [26.05.*], [fb_libslurm=45],
  [AC_MSG_ERROR([Slurm $SLURM_RELEASE is not supported: 24.11 to 26.05 are])])
AC_SUBST([SLURM_RELEASE])
AC_DEFINE_UNQUOTED([FB_SLURM_RELEASE], ["$SLURM_RELEASE"], [Release of Slurm that the plugins are built for])
])

# The command-line tool shares structures with libslurm: only one of the headers' release will do.
AC_DEFUN([FB_LIBSLURM], [
AC_MSG_CHECKING([for libslurm.so.$fb_libslurm])
fb_LIBS=$LIBS
LIBS="-lslurm $LIBS"
fb_needed=none
AC_LINK_IFELSE([AC_LANG_PROGRAM([[long slurm_api_version(void);]], [[return (int)slurm_api_version();]])],
  [fb_needed=`$OBJDUMP -p conftest$EXEEXT | sed -n 's/^ *NEEDED *libslurm\.so\.//p'`])
LIBS=$fb_LIBS
AS_IF([test "x$fb_needed" = "x$fb_libslurm"], [have_libslurm=yes],
  [have_libslurm="no (found: $fb_needed)"])
AC_MSG_RESULT([$have_libslurm])
])

# How job_submit and topology plugins are compiled with the tree.
AC_DEFUN([FB_SLURM_SOURCE], [
AS_IF([test "x$fb_source_release" != "x$SLURM_RELEASE"],
  [AC_MSG_ERROR([$SLURM_SOURCE is Slurm $fb_source_release, but the installed headers are $SLURM_RELEASE: the plugins must be built from the exact tree of the installed slurmctld])])
SLURM_SOURCE_CPPFLAGS="-DSLURM_PLUGIN_DEBUG -I$fb_tree_config -I$SLURM_SOURCE"
# The flags of Debian's build; where the distribution's objects are compared, only they give a match.
SLURM_SOURCE_CFLAGS="-g -O2 -fno-omit-frame-pointer -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2"
AC_SUBST([SLURM_SOURCE_CPPFLAGS])
AC_SUBST([SLURM_SOURCE_CFLAGS])
FB_SLURM_MATCH
])

AC_DEFUN([FB_SLURM_MATCH], [
AC_CHECK_TOOL([OBJCOPY], [objcopy], [no])
AC_MSG_CHECKING([whether the source tree is the installed slurmctld's])
fb_objects=
for fb_dir in "$with_slurm_libdir" /usr/lib/*/slurm-wlm /usr/lib/slurm /usr/lib64/slurm; do
  AS_IF([test -z "$fb_objects" && test -n "$fb_dir" && test -f "$fb_dir/topology_default.a"],
    [fb_objects=$fb_dir/topology_default.a])
done
fb_cet=
AS_CASE([$host_cpu], [x86_64], [fb_cet=-fcf-protection])
AS_IF([test "x$enable_slurm_match" = xno], [slurm_match="not compared (--disable-slurm-match)"],
      [test -z "$fb_objects"], [slurm_match="not compared (no topology_default.a installed; Debian: slurm-wlm-basic-plugins-dev)"],
      [$CC --version 2>/dev/null | grep -i clang >/dev/null], [slurm_match="not compared (needs the distribution's compiler, gcc)"],
      [test "x$OBJCOPY" = xno], [slurm_match="not compared (no objcopy)"],
  [mkdir -p conftest.slurm/theirs
   (cd conftest.slurm/theirs && $AR x "$fb_objects")
   slurm_match=yes
   for fb_unit in common_topo eval_nodes gres_filter gres_sched; do
     AS_IF([test -f conftest.slurm/theirs/$fb_unit.o],
       [$CC $SLURM_SOURCE_CPPFLAGS $SLURM_SOURCE_CFLAGS $fb_cet -fPIC -c "$SLURM_SOURCE/src/plugins/topology/common/$fb_unit.c" \
          -o conftest.slurm/$fb_unit.o 2>conftest.slurm/log ||
            AC_MSG_ERROR([the Slurm source tree does not compile: `head -n 1 conftest.slurm/log`])
        $OBJCOPY -O binary -j .text conftest.slurm/$fb_unit.o conftest.slurm/ours.text
        $OBJCOPY -O binary -j .text conftest.slurm/theirs/$fb_unit.o conftest.slurm/theirs.text
        cmp -s conftest.slurm/ours.text conftest.slurm/theirs.text || slurm_match="no ($fb_unit.c)"],
       [slurm_match="no ($fb_unit.o is missing in $fb_objects)"])
   done])
rm -rf conftest.slurm
AC_MSG_RESULT([$slurm_match])
AS_CASE([$slurm_match],
  ["no ("*], [AC_MSG_ERROR([$SLURM_SOURCE is not the source of the installed slurmctld: $slurm_match differs from $fb_objects. A wrong struct layout corrupts the controller. Use the tree of exactly this package version with its patches applied and the distribution's compiler (--disable-slurm-match skips this check)])])
])
