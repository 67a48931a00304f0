# SPDX-License-Identifier: GPL-2.0-or-later
# Optional libraries: each has --with-NAME (must be there), --without-NAME (not used) and the
# default, use it where it is found. FB_SUMMARY prints what was decided.

# FB_WITH(name, NAME, what it gives, test that sets fb_found=yes and NAME_CFLAGS, NAME_LIBS, package hint)
AC_DEFUN([FB_WITH], [
AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1@<:@=DIR@:>@], [$3 @<:@use if found@:>@])], [], [with_$1=check])
have_$1=no
AS_IF([test "x$with_$1" != xno], [
  fb_found=no
  $4
  have_$1=$fb_found
  AS_IF([test "x$fb_found" = xno && test "x$with_$1" != xcheck],
    [AC_MSG_ERROR([--with-$1 was asked for, but it was not found ($5)])])])
AS_IF([test "x$have_$1" = xyes], [AC_DEFINE([HAVE_$2], [1], [$3])])
AM_CONDITIONAL([HAVE_$2], [test "x$have_$1" = xyes])
AC_SUBST([$2_CFLAGS])
AC_SUBST([$2_LIBS])
])

# FB_PKG_LIBRARY(name, NAME, module): a library with pkg-config, as it finds it or in DIR
AC_DEFUN([FB_PKG_LIBRARY], [
  fb_pkg_path=$PKG_CONFIG_PATH
  AS_CASE([$with_$1], [yes|check], [],
    [for fb_dir in "$with_$1"/lib*/pkgconfig "$with_$1"/lib/*/pkgconfig "$with_$1"/share/pkgconfig; do
       AS_IF([test -d "$fb_dir"], [PKG_CONFIG_PATH="$fb_dir:$PKG_CONFIG_PATH"])
     done
     AS_IF([test "x$PKG_CONFIG_PATH" = "x$fb_pkg_path"], [AC_MSG_ERROR([--with-$1=$with_$1: no pkgconfig folder is there])])])
  export PKG_CONFIG_PATH
  PKG_CHECK_MODULES([$2], [$3], [fb_found=yes], [:])
  PKG_CONFIG_PATH=$fb_pkg_path
])

# FB_PREFIX_LIBRARY(name, NAME, header, library, function): a library without pkg-config, in the default place or in DIR
AC_DEFUN([FB_PREFIX_LIBRARY], [
  AS_CASE([$with_$1], [yes|check], [$2_CFLAGS=; fb_ldflags=],
    [$2_CFLAGS="-I$with_$1/include"
     fb_lib=$with_$1/lib
     AS_IF([ls "$with_$1"/lib64/lib$4.* >/dev/null 2>&1], [fb_lib=$with_$1/lib64])
     fb_ldflags="-L$fb_lib -Wl,-rpath,$fb_lib"])
  fb_CPPFLAGS=$CPPFLAGS; fb_LIBS=$LIBS; fb_LDFLAGS=$LDFLAGS
  CPPFLAGS="$CPPFLAGS $$2_CFLAGS"; LDFLAGS="$LDFLAGS $fb_ldflags"
  AC_CHECK_HEADER([$3], [AC_CHECK_LIB([$4], [$5], [fb_found=yes; $2_LIBS="$fb_ldflags -l$4"])])
  CPPFLAGS=$fb_CPPFLAGS; LIBS=$fb_LIBS; LDFLAGS=$fb_LDFLAGS
])

AC_DEFUN([FB_OPTIONAL_LIBRARIES], [
FB_WITH([ucx], [UCX], [UCX, the transport of the allreduce library],
  [FB_PKG_LIBRARY([ucx], [UCX], [ucx >= 1.12])], [libucx-dev])
FB_WITH([pmi2], [PMI2], [PMI2 bootstrap under srun],
  [FB_PREFIX_LIBRARY([pmi2], [PMI2], [slurm/pmi2.h], [pmi2], [PMI2_Init])], [libpmi2-0-dev])
FB_WITH([pmix], [PMIX], [PMIx bootstrap under srun],
  [FB_PKG_LIBRARY([pmix], [PMIX], [pmix >= 3])], [libpmix-dev])
FB_WITH([mpi], [MPI], [Open MPI, a reference that benchmarks run against],
  [FB_PKG_LIBRARY([mpi], [MPI], [ompi-c])
   AS_IF([test "x$fb_found" != xyes], [FB_PKG_LIBRARY([mpi], [MPI], [ompi])])], [libopenmpi-dev])
FB_WITH([mpich], [MPICH], [MPICH, another such reference],
  [FB_PKG_LIBRARY([mpich], [MPICH], [mpich])], [libmpich-dev])
FB_WITH([hwloc], [HWLOC], [hwloc, the topology of a node],
  [FB_PKG_LIBRARY([hwloc], [HWLOC], [hwloc >= 2.0])], [libhwloc-dev])
FB_WITH([expat], [EXPAT], [expat, topology files of NCCL],
  [FB_PKG_LIBRARY([expat], [EXPAT], [expat >= 2.4])], [libexpat1-dev])
FB_WITH([verbs], [VERBS], [libibverbs, InfiniBand adapters],
  [FB_PREFIX_LIBRARY([verbs], [VERBS], [infiniband/verbs.h], [ibverbs], [ibv_get_device_list])], [libibverbs-dev])
FB_WITH([smartcols], [SMARTCOLS], [libsmartcols, tables of the command-line tool],
  [FB_PKG_LIBRARY([smartcols], [SMARTCOLS], [smartcols])], [libsmartcols-dev])
FB_WITH([acl], [ACL], [libacl, the gates of the workspaces' trees],
  [FB_PREFIX_LIBRARY([acl], [ACL], [sys/acl.h], [acl], [acl_set_file])], [libacl1-dev])
AM_CONDITIONAL([HAVE_CLI], [test "x$have_libslurm$have_smartcols$have_acl" = xyesyesyes])
FB_WITH([cuda], [CUDA], [the CUDA runtime, for GPU memory],
  [FB_PREFIX_LIBRARY([cuda], [CUDA], [cuda_runtime_api.h], [cudart], [cudaMalloc])], [the CUDA toolkit])
FB_WITH([nccl], [NCCL], [NCCL, collectives on GPUs],
  [FB_PREFIX_LIBRARY([nccl], [NCCL], [nccl.h], [nccl], [ncclGetUniqueId])], [libnccl-dev])
FB_WITH([python], [PYTHON], [Python, the binding of PyTorch],
  [AS_CASE([$with_python], [yes|check], [], [PYTHON=$with_python])
   AM_PATH_PYTHON([3.9], [fb_found=yes], [:])
   FB_PYTHON_FOLDER], [python3])
FB_WITH([cmocka], [CMOCKA], [cmocka, the unit tests],
  [FB_PKG_LIBRARY([cmocka], [CMOCKA], [cmocka >= 1.1.5])], [libcmocka-dev])
])

# Where that interpreter looks for modules below the prefix, if it does: Debian's has names of its own for the folder.
AC_DEFUN([FB_PYTHON_FOLDER], [
AS_IF([test "x$fb_found" = xyes], [
  fb_prefix=$prefix
  AS_IF([test "x$fb_prefix" = xNONE], [fb_prefix=$ac_default_prefix])
  fb_folder=`$PYTHON -c 'import site, sys
prefix = sys.argv@<:@1@:>@.rstrip("/") + "/"
found = @<:@d for d in site.getsitepackages() if d.startswith(prefix) and not d.startswith(prefix + "local/")@:>@
print(found@<:@0@:>@.removeprefix(prefix) if found else "")' "$fb_prefix"`
  AS_IF([test -n "$fb_folder"], [pythondir="\${prefix}/$fb_folder"])])
])

# Every sbatch and srun loads the SPANK and the topology plugin. Linking json-c into them, where its archive
# can go into a shared object, halves what that costs (0.18 ms to 0.07 ms of sbatch's 1.5 ms).
AC_DEFUN([FB_PLUGIN_JSONC], [
AC_MSG_CHECKING([for json-c as an archive that plugins can contain])
fb_archive=`$PKG_CONFIG --variable=libdir json-c`/libjson-c.a
PLUGIN_JSONC_LIBS=$JSONC_LIBS
AS_IF([test -f "$fb_archive"], [
  cat >conftest.c <<'FBEOF'
#include <json-c/json.h>
void *fb(void) { return json_tokener_parse("{}"); }
FBEOF
  AS_IF([$CC $CFLAGS $CPPFLAGS $JSONC_CFLAGS -fPIC -shared -o conftest.so conftest.c "$fb_archive" -Wl,-z,defs 2>/dev/null],
    [PLUGIN_JSONC_LIBS=$fb_archive])
  rm -f conftest.c conftest.so])
AC_MSG_RESULT([$PLUGIN_JSONC_LIBS])
AC_SUBST([PLUGIN_JSONC_LIBS])
])

AC_DEFUN([FB_C11], [
FB_CFLAGS="-std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wno-sign-conversion"
AC_SUBST([FB_CFLAGS])
])

AC_DEFUN([FB_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
  [AS_HELP_STRING([--enable-sanitizers@<:@=thread@:>@], [build the tests (and what they link) with AddressSanitizer and UBSan, or with ThreadSanitizer])],
  [], [enable_sanitizers=no])
FB_SANITIZE=
AS_CASE([$enable_sanitizers],
  [yes], [FB_SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"],
  [thread], [FB_SANITIZE="-fsanitize=thread -fno-omit-frame-pointer"],
  [no], [],
  [AC_MSG_ERROR([--enable-sanitizers=$enable_sanitizers is unknown: nothing (AddressSanitizer and UBSan) or thread])])
AC_SUBST([FB_SANITIZE])
AC_ARG_ENABLE([fuzzers],
  [AS_HELP_STRING([--enable-fuzzers], [build tests/fuzz with libFuzzer (needs CC=clang)])],
  [], [enable_fuzzers=no])
AS_IF([test "x$enable_fuzzers" = xyes], [FB_SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"])
AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
])

AC_DEFUN([FB_SUMMARY], [
AS_IF([test -n "$SLURM_SOURCE"], [fb_slurm="$SLURM_RELEASE, source tree $SLURM_SOURCE (matches slurmctld: $slurm_match)"],
  [fb_slurm="$SLURM_RELEASE, no source tree: job_submit and topology plugins are NOT built"])
AS_ECHO(["
flightbase $PACKAGE_VERSION
  Slurm           $fb_slurm
  plugins go to   $slurmplugindir
  UCX             $have_ucx
  PMI2            $have_pmi2
  PMIx            $have_pmix
  Open MPI, MPICH $have_mpi, $have_mpich (references for benchmarks)
  CUDA, NCCL      $have_cuda, $have_nccl
  Python          $have_python${fb_folder:+ (modules go to $fb_prefix/$fb_folder)}
  hwloc, expat    $have_hwloc, $have_expat (what flightbase topo discover reads)
  libibverbs      $have_verbs
  libslurm        $have_libslurm
  libsmartcols    $have_smartcols
  libacl          $have_acl (the flightbase command needs these three)
  unit tests      $have_cmocka
  sanitizers      $enable_sanitizers
  fuzzers         $enable_fuzzers
"])
])
