#!/bin/sh
# run.sh - play every script and compare what happens with its log.
#
# Usage, from anywhere: tests/transcripts/run.sh BUILD [--write] [NAME...]
#   BUILD    where paidan-transcript is
#   --write  make the logs anew instead: look at what git diff says then
#   NAME     only these scripts, e.g. 02-race
# Prints `ok NAME` or `not ok NAME` with the differences; exits 0 when all are ok, 1 when not, 100 for wrong usage.
set -u
usage() {
	echo "usage: tests/transcripts/run.sh BUILD [--write] [NAME...]" >&2
	exit 100
}
[ $# -ge 1 ] || usage
[ -x "$1/paidan-transcript" ] || { echo "run.sh: $1/paidan-transcript is not there: make $1/paidan-transcript" >&2; exit 100; }
program=$(cd "$1" && pwd)/paidan-transcript
shift
write=
[ "${1-}" = --write ] && { write=1; shift; }
case ${1-} in -*) usage ;; esac
cd "$(dirname "$0")" || exit 111
[ $# -gt 0 ] || set -- *.script

work=$(mktemp -d) || exit 111
trap 'rm -rf "$work"' EXIT
failed=0
for script; do
	name=${script%.script}
	if [ ! -f "$name.script" ]; then
		echo "run.sh: there is no script $name.script" >&2
		exit 100
	fi
	"$program" "$name.script" >"$work/log" 2>"$work/errors"
	code=$?
	if [ $code -eq 0 ] && [ -n "$write" ]; then
		cp "$work/log" "$name.log" || exit 111
	fi
	if [ $code -eq 0 ] && diff -u "$name.log" "$work/log" >"$work/diff" 2>&1; then
		echo "ok $name"
		continue
	fi
	echo "not ok $name"
	[ $code -eq 0 ] || echo "  paidan-transcript $name.script ended with $code"
	sed 's/^/  /' "$work/errors"
	[ $code -ne 0 ] || sed 's/^/  /' "$work/diff"
	failed=1
done
exit $failed
