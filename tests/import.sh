#!/bin/sh
# The registry in bulk, against a live daemon: import.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd)
. "$(dirname "$0")/say.sh"
. "$(dirname "$0")/daemon.sh"
D=$work/district

figure() { # NAME: from stats --json, the first number after "NAME":
	"$build/paidan" stats --json | sed "s/.*\"$1\":\([0-9]*\).*/\1/"
}
# row KIND: of an import's table, the five numbers with blanks between
row() {
	awk -v kind="$1" '$1 == kind { print $2, $3, $4, $5, $6 }' "$work/out"
}
import() {
	"$build/paidan" import "$D" "$@" >"$work/out" 2>"$work/err"
}

"$build/paidan" district --preset boshan --seed 1 "$D" >/dev/null || exit 1
"$build/paidan" district --preset boshan --seed 1 "$work/again" >/dev/null || exit 1
is "the same seed makes the same bytes" "$(cat "$D"/* | cksum)" "$(cat "$work/again"/* | cksum)"
"$build/paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>"$work/log" &
daemon=$!

import --dry-run
is "a dry run says what would be added" "$(row households)" "85605 0 0 0 0"
is "a dry run changes nothing" "$(figure households)" 0
import
is "an import says what it added" "$(row areas) / $(row households) / $(row rules) / $(row shapes)" \
	"1807 0 0 0 0 / 85605 0 0 0 0 / 33 0 0 0 0 / 1151 0 0 0 0"
for expected in streets=10 urban_communities=41 grids=422 dedicated_grids=11 micro_grids=1151 households=85605 \
	centre_households=4527 leader=1151 organisations=22; do
	is "the reference district has $expected" "$(figure "${expected%=*}")" "${expected#*=}"
done
import
is "repeated, it changes nothing" "$(row areas) / $(row people)" "0 0 0 0 1807 / 0 0 0 0 88542"

sed -i 's/^1001,\(.*\),[^,]*$/1001,\1,改名的微网格/' "$D/areas.csv"
import
is "a new name is a change" "$(row areas)" "0 1 0 0 1806"
has "the new name is there" "$("$build/paidan" areas 1001)" 改名的微网格

parent=$(awk -F, '$3 == "grid" && $1 != "'"$(sed -n 's/^1001,\([0-9]*\),.*/\1/p' "$D/areas.csv")"'" { print $1; exit }' "$D/areas.csv")
sed -i "s/^1001,[0-9]*,/1001,$parent,/" "$D/areas.csv"
import
is "another area above is a move" "$(row areas)" "0 0 1 0 1806"

last=$(tail -n 1 "$D/people.csv" | cut -d, -f1)
sed -i '$d' "$D/people.csv"
import
is "who is not named any more is retired" "$(row people)" "0 0 0 1 88541"
has "and is shown as retired" "$("$build/paidan" people --json | grep "\"person\":$last,")" '"retired":true'

cp -r "$D" "$work/good"
sed -i '5s/^[0-9]*,[0-9]*,/4000000000,999999,/' "$D/areas.csv"
before=$(figure seq)
import
is "a bad row: exit code" $? 1
has "a bad row: file and line are named" "$(cat "$work/err")" "areas.csv:5"
is "a bad row: nothing was changed" "$(figure seq)" "$before"
rm -r "$D" && cp -r "$work/good" "$D"
sed -i '1s/^/\xef\xbb\xbf/; s/$/\r/' "$D/areas.csv"
import
is "a BOM and CRLF are read" "$(row areas)" "0 0 0 0 1807"
rm "$D/categories.csv"
import
has "a missing file is named" "$(cat "$work/err")" "categories.csv"
rm -r "$D" && cp -r "$work/good" "$D"

# A micro-grid that holds an order cannot be retired.
household=$(awk -F, '$2 == 1002 { print $1; exit }' "$D/households.csv")
"$build/paidan" order 灯不亮 --category 公共照明 --household "$household" >/dev/null || echo "not ok an order is taken"
grep -v '^1002,' "$work/good/areas.csv" >"$D/areas.csv"
awk -F, '$2 != 1002' "$work/good/households.csv" >"$D/households.csv"
awk -F, 'NR == FNR { if ($2 == 1002) gone[$1]; next } $3 != 1002 && !($4 in gone)' "$work/good/households.csv" \
	"$work/good/people.csv" >"$D/people.csv"
before=$(figure seq)
import
is "an area that holds an order is not retired: exit code" $? 1
has "an area that holds an order is not retired: the reason" "$(cat "$work/err")" "open orders"
is "an area that holds an order is not retired: nothing was changed" "$(figure seq)" "$before"

# Calendars and plans, as the import has left them.
cd "$work" || exit 111
paidan() {
	"$build/paidan" "$@" >out 2>err
}
echo date,kind,name >empty.csv
printf '%s\n' date,kind,name 2026-01-01,holiday,元旦 >one.csv
paidan calendar set empty.csv
is "a calendar without days: exit code" $? 1
has "a calendar without days is refused" "$(cat err)" "empty.csv: the file names no day"
paidan calendar set one.csv
is "days that would be lost: exit code" $? 1
has "days that would be lost are counted" "$(cat err)" "leaves out 38 days that are named now"
paidan calendar set one.csv --dry-run
is "a dry run says what would become of the year" "$(cat out)" "the calendar of 2026 would be set: 39 named days before, 1 now"
paidan calendar set one.csv --yes
is "the year is set when that is said" "$(cat out)" "the calendar of 2026 is set: 39 named days before, 1 now"
paidan calendar --due 2027-10-01 3workdays
has "a year without a calendar is said" "$(cat err)" "2027 has no calendar"

paidan mode on 防汛应急 --area 城东街道
has "a plan is switched on by its name" "$(cat out)" "防汛应急 is on in 城东街道 until "
paidan mode
has "plans that are on are named" "$(cat out)" "防汛应急  城东街道"
paidan mode on 1 --area 城西街道
has "a plan is on in one area at a time" "$(cat err)" "it can be on in one area at a time"
paidan mode off 防汛应急
has "a plan is switched off by its name" "$(cat out)" "防汛应急 is on no longer in 城东街道."
has "what it sent is said to end with it" "$(cat out)" "Its roll-call ends with it"

kill "$daemon"
wait "$daemon"
daemon=
"$build/paidan" verify "$work/data" >"$work/out" 2>&1
is "verify finds it sound" $? 0
exit $failed
