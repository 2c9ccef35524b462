#!/bin/sh
# All everyday tests: run.sh BUILD. Every suite prints lines of `ok NAME` and `not ok NAME`; the last line here counts them.
# SANITIZER=asan or tsan leaves out what would only be slow there.
build=$1
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0
export CMOCKA_MESSAGE_OUTPUT=tap

# suite NAME COMMAND...: run it, count its lines; a suite that ends badly without a failed line is one failure itself.
suite() {
	name=$1
	shift
	start=$(date +%s)
	"$@" >"$log/out" 2>"$log/err"
	code=$?
	ok=$(grep -c '^ok ' "$log/out")
	bad=$(grep '^not ok ' "$log/out" | grep -vc '# SKIP')
	[ $code -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
	[ $code -eq 0 ] && [ "$ok" -eq 0 ] && bad=1
	passed=$((passed + ok)) failed=$((failed + bad))
	printf '%-28s %5d passed %3d failed %4ds\n' "$name" "$ok" "$bad" $(($(date +%s) - start))
	if [ "$bad" -ne 0 ]; then
		echo "--- $* (exit $code)"
		grep -v '# SKIP' "$log/out" | grep -A 3 '^not ok ' | head -60
		tail -30 "$log/err"
		echo "---"
	fi
}

# one COMMAND...: a command that is a test itself: it passes by exit 0.
one() {
	name=$1
	shift
	"$@" && echo "ok $name" || { echo "not ok $name"; return 1; }
}

for unit in "$build"/tests/test_*; do
	case $unit in *.d | *.o) continue ;; esac
	suite "unit $(basename "$unit" | sed 's/^test_//')" "$unit"
done
suite transcripts sh tests/transcripts/run.sh "$build"
suite simulation one simulation "$build/paidan-sim" --seeds "${SIM_SEEDS:-1-200}"
suite year sh tests/year/run.sh "$build"
suite conformance python3 tests/conformance/run.py "$build"
suite conform python3 tests/conform/run.py "$build" ${SANITIZER:+c}
suite crash python3 tests/crash/crash.py "$build"
suite import sh tests/import.sh "$build"
suite routes sh tests/routes.sh "$build"
suite history sh tests/history.sh "$build"
suite top sh tests/top.sh "$build"
suite lead sh tests/lead.sh "$build"
suite "at work" sh tests/atwork.sh "$build"
suite residents python3 tests/residents.py "$build"
if [ -z "$SANITIZER" ]; then
	suite python python3 tests/python/run.py "$build"
	if why=$(sh tests/node.sh missing); then
		echo "node: left out: $why"
	else
		suite node sh tests/node.sh "$build"
	fi
	suite purity sh tests/purity.sh "$build"
	suite install sh tests/install.sh "$build"
	suite texts python3 tests/texts.py "$build"
	suite docs one "PROTOCOL.md and schema.json are those of the tables" sh tests/check-docs.sh "$build"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
