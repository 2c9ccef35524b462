#!/bin/sh
# check-docs.sh - whether proto/PROTOCOL.md and proto/schema.json are what the tables in proto/ say now: check-docs.sh [BUILD]
# Exits 0 when they are, 1 when they are stale, 100 when BUILD/paidan-docs is missing, 111 when it failed.
set -u
docs=${1:-build}/paidan-docs
if [ ! -x "$docs" ] || [ ! -f proto/messages.def ]; then
	echo "check-docs: run it in the project's folder, after: make $docs" >&2
	exit 100
fi
fresh=$(mktemp -d) || exit 111
trap 'rm -rf "$fresh"' EXIT
"$docs" protocol >"$fresh/PROTOCOL.md" || exit 111
"$docs" schema >"$fresh/schema.json" || exit 111
stale=0
for file in PROTOCOL.md schema.json; do
	if ! diff -u "proto/$file" "$fresh/$file" >"$fresh/diff" 2>&1; then
		echo "check-docs: proto/$file is stale (- as it is, + as the tables say): make docs, and commit it" >&2
		head -n 40 "$fresh/diff" >&2
		stale=1
	fi
done
exit $stale
