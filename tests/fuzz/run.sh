#!/bin/sh
# run.sh - fuzz the codec: run.sh BUILD SECONDS, from the project's folder. What was learnt stays in BUILD/fuzz/corpus for the next time.
# Exits 0 when nothing was found; a finding is left in BUILD/fuzz, and repeated with: BUILD/fuzz/fuzz_codec FILE
set -eu
if [ $# -ne 2 ]; then
	echo "usage: tests/fuzz/run.sh BUILD SECONDS" >&2
	exit 100
fi
build=$1 seconds=$2
fuzz=$build/fuzz
mkdir -p "$fuzz/corpus" "$fuzz/seeds"
"$build/paidan-docs" corpus "$fuzz/seeds"
${CLANG:-clang} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-Iproto tests/fuzz/fuzz_codec.c proto/*.c -lmsgpackc -o "$fuzz/fuzz_codec"
"$fuzz/fuzz_codec" -max_total_time="$seconds" -max_len=65536 -timeout=10 -dict=tests/fuzz/codec.dict -artifact_prefix="$fuzz/" \
	-print_final_stats=1 -verbosity=0 "$fuzz/corpus" "$fuzz/seeds"
echo "fuzz_codec: nothing found in $seconds s; $(ls "$fuzz/corpus" | wc -l) inputs in $fuzz/corpus"
