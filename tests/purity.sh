#!/bin/sh
# purity.sh BUILD - whether the core is pure as its objects are linked: no clock, no I/O, no randomness, no variable of its own.
#
# What it calls must be its own, proto's or one of the functions listed here; what it keeps must be read-only. Each stands in
# the objects' symbol tables, so a call that creeps in is seen whichever way it was written.
# Prints ok or not ok for each; exits 0 when all is well, 1 when it is not, 100 when the libraries are not there.
set -u
build=${1:-build}
export LC_ALL=C # for sort and comm
for library in core proto; do
	if [ ! -f "$build/lib$library.a" ]; then
		echo "purity: $build/lib$library.a is not there: make $build/lib$library.a" >&2
		exit 100
	fi
done

# libc's functions whose results depend on their arguments alone; memory comes and goes, and running out of it ends the process.
libc='abort aligned_alloc calloc free madvise malloc realloc
memchr memcmp memcpy memmem memmove memset strchr strcmp strlen strncmp
qsort snprintf vsnprintf
__assert_fail __stack_chk_fail __memcpy_chk __memmove_chk __memset_chk __snprintf_chk __vsnprintf_chk'
# Put there by the compiler for sanitizers and coverage.
instruments='^__asan_|^__ubsan_|^__tsan_|^__gcov_|^_GLOBAL_OFFSET_TABLE_$'

work=$(mktemp -d) || exit 111
trap 'rm -rf "$work"' EXIT
failed=0

# check NAME FILE HINT: ok if FILE is empty.
check() {
	if [ -s "$2" ]; then
		echo "not ok $1"
		sed 's/^/  /' "$2"
		echo "  $3"
		failed=1
	else
		echo "ok $1"
	fi
}

own() { nm --defined-only --extern-only "$1" | awk 'NF == 3 { print $3 }'; }
{ own "$build/libcore.a"; own "$build/libproto.a" | grep '^pd_'; echo "$libc" | tr ' ' '\n'; } | sort -u >"$work/allowed"
nm --undefined-only "$build/libcore.a" | awk 'NF == 2 { print $2 }' | grep -Ev "$instruments" | sort -u >"$work/called"
comm -23 "$work/called" "$work/allowed" >"$work/foreign"
check "the core calls itself, proto and pure functions of libc only" "$work/foreign" \
	"these are called, too: give the core what it needs as an argument, or list them in tests/purity.sh if they are pure"

# b, d, c: variables; .data.rel.ro (constants with addresses in them) is d as well, hence by section.
nm --format=sysv "$build/libcore.a" |
	awk -F'|' '$4 ~ /OBJECT|TLS/ && $7 !~ /rodata|\.data\.rel\.ro/ && $3 !~ /U/ { gsub(/ /, "", $1); print $1 }' |
	grep -Ev '^__(asan|ubsan|odr_asan|tsan|gcov)|^\.L' | sort -u >"$work/variables"
check "the core has no variables of its own" "$work/variables" "these outlive a call: put them into struct core"
exit $failed
