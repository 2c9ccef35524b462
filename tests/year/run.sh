#!/bin/sh
# run.sh BUILD [DAYS] [ORDERS] [SEED] - a year of the made district at real scale, in virtual time; then a paidand on the folder, which
# replays the year, must give the same figures, and verify must find it sound.
#
# Prints `ok ...` or `not ok ...` for each check and what happened in the year; exits 0 when all is well.
set -u
build=$(cd "${1:-build}" && pwd) || exit 100
days=${2:-365} orders=${3:-100000} seed=${4:-1}
work=$(mktemp -d) || exit 111
broker=
stop() {
	[ -n "$broker" ] && kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null
	broker=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PAIDAN_CONNECT="ipc://$work/orders" LC_ALL=C.UTF-8
failed=0

check() { # check NAME COMMAND...
	name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $name"
	else
		echo "not ok $name"
		sed 's/^/  /' "$work/said"
		failed=1
	fi
}

start() {
	"$build/paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "ipc://$work/events" 2>"$work/log" &
	broker=$!
	for _ in $(seq 1200); do # a sanitizer makes the replay slow
		grep -q what=ready "$work/log" && return
		kill -0 "$broker" 2>/dev/null || break
		sleep 0.1
	done
	echo "not ok paidand starts"
	sed 's/^/  /' "$work/log"
	exit 1
}

same_figures() {
	"$build/paidan" stats --json >"$work/stats.json" && /usr/bin/env python3 - "$work/year.json" "$work/stats.json" <<'PYTHON'
import json, sys
year, stats = (json.load(open(name)) for name in sys.argv[1:])
wrong = {k: (v, stats["orders"].get(k)) for k, v in year["figures"].items() if stats["orders"].get(k) != v}
sys.exit("year and paidan stats differ: %s" % wrong if wrong else 0)
PYTHON
}

"$build/paidan" district --preset boshan --seed "$seed" "$work/registry" >/dev/null || exit 111
start
check "a district is imported" "$build/paidan" import --timeout 120 "$work/registry" # a sanitizer makes it slow
stop
begun=$(date +%s)
check "no order stands still" sh -c "'$build/paidan-year' '$work/data' --days $days --orders $orders --seed $seed >'$work/year.json'"
echo "# $days days in $(($(date +%s) - begun)) s:"
sed 's/^/# /' "$work/year.json"
begun=$(date +%s)
start
echo "# replayed in $(($(date +%s) - begun)) s, $(du -sm "$work/data/journal" | cut -f1) MiB of journal"
check "the figures are those of a replay" same_figures
check "journal, book and state agree" "$build/paidan" verify "$work/data"
exit $failed
