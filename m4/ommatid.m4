dnl Macros of this package. Each stops with a sentence that names the Debian package to install.

dnl OM_REQUIRE(VARIABLE, MODULES, DEBIAN-PACKAGES [, OTHER-MODULES])
dnl Sets VARIABLE_CFLAGS and VARIABLE_LIBS from pkg-config.
AC_DEFUN([OM_REQUIRE], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    m4_ifval([$4],
      [PKG_CHECK_MODULES([$1], [$4], [],
         [AC_MSG_ERROR([$2 is missing; install it with: apt install $3])])],
      [AC_MSG_ERROR([$2 is missing; install it with: apt install $3])])
  ])
])

dnl OM_CHECK_OPTIONAL(VARIABLE, MODULE, DEBIAN-PACKAGE): sets have_VARIABLE to yes or no.
AC_DEFUN([OM_CHECK_OPTIONAL], [
  PKG_CHECK_MODULES([$1], [$2], [have_$1=yes],
    [have_$1=no; AC_MSG_WARN([$2 is missing, so make check can run no test; install it with: apt install $3])])
])

dnl OM_REQUIRE_BLIS(WITH-VALUE): BLIS has no pkg-config file in Debian. Link -lblis itself, never -lblas,
dnl which is an alternative that may be another library at run time. As installed from its sources, BLIS has its header in
dnl a folder of its own, and programs have to find the library where it is.
AC_DEFUN([OM_REQUIRE_BLIS], [
  AS_CASE([$1],
    [yes|''], [BLIS_CFLAGS=; BLIS_LIBS="-lblis"],
    [no], [AC_MSG_ERROR([libtensor needs BLIS])],
    [AS_IF([test -f "$1/include/blis.h"], [BLIS_CFLAGS="-I$1/include"],
       [test -f "$1/include/blis/blis.h"], [BLIS_CFLAGS="-I$1/include/blis"],
       [AC_MSG_ERROR([there is no blis.h in $1/include or $1/include/blis])])
     BLIS_LIBS="-L$1/lib -Wl,-rpath,$1/lib -lblis"])
  om_save_CPPFLAGS=$CPPFLAGS; om_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $BLIS_CFLAGS"
  AC_CHECK_HEADER([blis.h], [],
    [AS_IF([test -f "/usr/include/$($CC -print-multiarch 2>/dev/null)/blis-openmp/blis.h"],
      [BLIS_CFLAGS="-I/usr/include/$($CC -print-multiarch)/blis-openmp"],
      [AC_MSG_ERROR([blis.h is missing; install it with: apt install libblis-openmp-dev])])])
  LIBS="$BLIS_LIBS $LIBS"
  AC_MSG_CHECKING([for bli_sgemm_ex in BLIS])
  AC_LINK_IFELSE([AC_LANG_CALL([], [bli_sgemm_ex])], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([libblis with bli_sgemm_ex is missing; install it with: apt install libblis-openmp-dev])])
  CPPFLAGS=$om_save_CPPFLAGS; LIBS=$om_save_LIBS
  AC_SUBST([BLIS_CFLAGS])
  AC_SUBST([BLIS_LIBS])
])

AC_DEFUN([OM_REQUIRE_RANDOM123], [
  AC_CHECK_HEADER([Random123/philox.h], [],
    [AC_MSG_ERROR([Random123/philox.h is missing; install it with: apt install librandom123-dev])])
])

dnl OM_APPEND_IF_ACCEPTED(VARIABLE, FLAG)
AC_DEFUN([OM_APPEND_IF_ACCEPTED], [
  AC_MSG_CHECKING([whether $CC accepts $2])
  om_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
  CFLAGS=$om_save_CFLAGS
])

dnl Warnings, and the arithmetic contract: no contraction, no reassociation, so that the same source gives
dnl the same bits whatever the compiler; sqrt and comparisons may still be vectorised.
AC_DEFUN([OM_WARNING_FLAGS], [
  OM_CFLAGS="-std=gnu17"
  m4_foreach_w([om_flag],
    [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
     -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math],
    [OM_APPEND_IF_ACCEPTED([OM_CFLAGS], om_flag)
  ])
  AS_IF([test "x$enable_werror" = xyes], [OM_CFLAGS="$OM_CFLAGS -Werror"])
  AC_SUBST([OM_CFLAGS])
])

dnl OM_SANITIZERS(ADDRESS, THREAD): sets OM_SANITIZE. Each wants the whole program to itself.
AC_DEFUN([OM_SANITIZERS], [
  AS_CASE([$1:$2],
    [yes:yes], [AC_MSG_ERROR([--enable-asan and --enable-tsan exclude each other])],
    [yes:*], [OM_SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"],
    [*:yes], [OM_SANITIZE="-fsanitize=thread -fno-omit-frame-pointer"],
    [OM_SANITIZE=])
  AS_IF([test -n "$OM_SANITIZE"], [AC_DEFINE([OM_SANITIZED], [1], [Define to 1 when built with a sanitizer.])])
  AC_SUBST([OM_SANITIZE])
])
