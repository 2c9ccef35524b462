#!/bin/sh
# Past orders in bulk and export, against live daemons: history.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd)
. "$(dirname "$0")/say.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
maps=$root/clients/maps
baltimore=${BALTIMORE:-$root/../shared/data/baltimore-311.csv}
many=100000
[ -z "$SANITIZER" ] || many=20000
work=$(mktemp -d)
daemons=
# shellcheck disable=SC2317
end() {
	for pid in $daemons; do kill -9 "$pid" 2>/dev/null; done
	wait 2>/dev/null
	umount "$work/small" 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 111

# at NAME: paidan speaks to the daemon of this name; start and stop are of it, too
at() {
	here=$1
	export PAIDAN_CONNECT="ipc://$work/$1.l" PAIDAN_SUBSCRIBE="ipc://$work/$1.p"
}
start() {
	"$build/paidand" --data "$work/$here" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>>"$work/$here.log" &
	daemon=$!
	daemons="$daemons $daemon"
	"$build/paidan" stats >/dev/null || exit 1 # waits until it answers
}
# stop SIGNAL
stop() {
	kill "-$1" "$daemon"
	wait "$daemon" 2>/dev/null
}
# fresh NAME: an empty daemon
fresh() {
	[ -z "$daemon" ] || stop TERM
	at "$1"
	start
}
figures() { # submitted due closed late duplicate cancelled
	"$build/paidan" stats --json | python3 -c '
import json, sys
orders = json.load(sys.stdin)["orders"]
print(*(orders[name] for name in ("submitted", "due", "closed", "late", "duplicate", "cancelled")))'
}
submitted() {
	"$build/paidan" stats --json | sed 's/.*"submitted":\([0-9]*\).*/\1/'
}
areas() { # districts streets micro-grids
	"$build/paidan" stats --json | python3 -c '
import json, sys
areas = json.load(sys.stdin)["areas"]
print(areas["districts"], areas["streets"], areas["micro_grids"])'
}
history() {
	"$build/paidan" history "$@" >"$work/out" 2>"$work/err"
}
# told: imported repeated rejected, of a history --json
told() {
	python3 -c '
import json
told = json.load(open("out"))
print(told["imported"], told["repeated"], told["rejected"])'
}
# reason LINE FILE: why this line was rejected
reason() {
	python3 -c '
import csv, sys
print("; ".join(row["reason"] for row in csv.DictReader(open(sys.argv[2], newline="", encoding="utf-8")) if row["line"] == sys.argv[1]))' "$1" "$2"
}

# ---- a second format: Chicago's columns, dates and zone; made rows ----

cat >chicago.csv <<'EOF'
SR_NUMBER,SR_TYPE,SR_SHORT_CODE,STATUS,CREATED_DATE,CLOSED_DATE,STREET_ADDRESS,DUPLICATE,COMMUNITY_AREA,WARD,LATITUDE,LONGITUDE
SR1,Pothole in Street,PHF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,"121 N LASALLE ST, ""THE HALL""",false,32,42,41.883811,-87.631736
SR2,Pothole in Street,PHF,Open,01/10/2024 12:00:00 AM,,122 N LASALLE ST,true,32,42,41.8838,-87.6317
SR3,Graffiti Removal,GRAF,Canceled,2023-02-01T08:00:00.000,2023-02-02T09:30:00.000,,false,,,,
SR4,Graffiti Removal,GRAF,Completed,03/12/2023 02:30:00 AM,03/13/2023 08:00:00 AM,,false,32,42,,
SR5,Graffiti Removal,GRAF,Completed,11/05/2023 01:30:00 AM,11/05/2023 01:10:00 AM,,false,32,42,,
SR6,Graffiti Removal,GRAF,Completed,2023/07/04,07/06/2023 08:00:00 AM,,false,32,42,,
SR7,Graffiti Removal,GRAF,Completed,02/30/2023 09:15:00 PM,07/06/2023 08:00:00 AM,,false,32,42,,
SR8,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,,false,32,42,-87.631736,41.883811
SR9,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,,false,32,42,0,0
SR10,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,,false,32,42,48.85,2.35
SR11,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,,false,32,42,42,-88
SR12,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,,,false,32,42,,
SR13,Graffiti Removal,GRAF,Lost,07/04/2023 09:15:00 PM,,,false,32,42,,
SR14,Graffiti Removal,GRAF,Open,07/04/2023 09:15:00 PM
SR15,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/03/2023 09:15:00 PM,,false,32,42,,
SR16,,GRAF,Open,07/04/2023 09:15:00 PM,,,false,32,42,,
SR17,Graffiti Removal,GRAF,Open,07/04/2099 09:15:00 PM,,,false,32,42,,
SR18,Graffiti Removal,GRAF,Open,07/04/2023 09:15:00 PM,,,maybe,32,42,,
"SR19,Graffiti Removal,GRAF,Open,07/04/2023 09:15:00 PM,,,false,32,42,,
SR20,Graffiti Removal,GRAF,Completed,11/05/2023 01:50:00 AM,11/05/2023 01:10:00 AM,,false,33,42,41.9,-87.7
SR1,Pothole in Street,PHF,Completed,07/04/2023 09:15:00 PM,07/06/2023 08:00:00 AM,again,false,32,42,,
SR21,Graffiti Removal,GRAF,Completed,07/04/2023 09:15:00 PM,07/04/2099 09:15:00 PM,,false,32,42,,
EOF
at chicago
start
history chicago.csv --map "$maps/chicago-311.ini" --json --dry-run
is "a dry run finds the same rows at fault" "$? $(told)" "1 0 0 13"
is "a dry run changes nothing" "$(areas) $(submitted)" "0 0 0 0"
history chicago.csv --map "$maps/chicago-311.ini" --json
is "rows at fault cost no other one" "$? $(told)" "1 6 0 16"
is "the figures of the second format" "$(figures)" "6 0 4 0 1 1"
is "its wards and areas are made" "$(areas)" "1 1 2"
R=chicago.rejected.csv
while IFS='|' read -r line part; do
	has "line $line is rejected with its reason: $part" "$(reason "$line" $R)" "$part"
done <<'EOF'
5|there was no 03/12/2023 02:30:00 AM in America/Chicago
7|is not written as
8|there is no such month, day, hour or minute
9|swapped
11|outside of the map's bounds
12|whole degrees
13|ended: it is empty
14|"Lost" does not stand in [status]
15|5 columns, and the first row 12
16|before it was created
17|category: it is empty
18|created: The past order's times
18|future
23|ended: The past order's times
19|neither yes nor no
20|not closed
22|other contents
EOF
is "the rejected rows stand in the order of their lines, and are whole" \
	"$(python3 -c '
import csv
rows = list(csv.DictReader(open("chicago.rejected.csv", newline="", encoding="utf-8")))
lines = [int(row["line"]) for row in rows]
print(len(lines), lines == sorted(lines), all(row["reason"] for row in rows))')" "16 True True"
history chicago.csv --map "$maps/chicago-311.ini" --json
is "a second import is all repeats" "$(told)" "0 6 16"
is "a second import makes nothing" "$(areas) $(figures)" "1 1 2 6 0 4 0 1 1"
history chicago.csv --map "$maps/chicago-311.ini"
has "nothing imported has no rate" "$(sed 's/ in [0-9.]* s$/ in TIME/' out)" "imported 0, repeated 6, rejected 16 of 22 rows in TIME
"
last=$("$build/paidan" stats --json | sed 's/.*"seq": *\([0-9]*\).*/\1/')
timeout 20 "$build/paidan" watch --since $((last + 1)) >out 2>err
is "watch after an event to come is refused" "$? $(cat err)" "100 paidan watch: --since $((last + 1)): the last event is $last"
timeout 20 "$build/paidan" watch --since $((last - 1)) >out 2>err &
watching=$!
start_s=$(date +%s)
until [ -s out ] || [ $(($(date +%s) - start_s)) -gt 20 ]; do sleep 0.05; done
kill -TERM $watching
wait $watching 2>/dev/null
order=$(sed -n 's/.*, order \([0-9a-f-]*\).*/\1/p' out)
has "watch prints ids that show takes" "$("$build/paidan" show "$order" 2>&1)" "$order"
for unknown in "--area nowhere --category PHF" "--area 999999 --category PHF" "--area 1 --category nothing" \
	"--area 1 --category 999" "--household 999999 --category 1"; do
	# shellcheck disable=SC2086
	"$build/paidan" order words $unknown >out 2>&1
	is "what is not there is refused: $unknown" $? 1
done
"$build/paidan" export orders >chicago.out.csv
at_of() { # KEY COLUMN
	python3 -c '
import csv, sys
print(*(row[sys.argv[2]] for row in csv.DictReader(open("chicago.out.csv", newline="", encoding="utf-8")) if row["key"] == sys.argv[1]))' "$1" "$2"
}
is "summer time is five hours from UTC" "$(at_of SR1 submitted)" 2023-07-05T02:15:00.000Z
is "winter time is six hours from UTC" "$(at_of SR2 submitted)" 2024-01-10T06:00:00.000Z
is "of two equal times the first is meant" "$(at_of SR5 submitted)" 2023-11-05T06:30:00.000Z
is "... unless that is before the beginning" "$(at_of SR20 "done")" 2023-11-05T07:10:00.000Z
is "quotation marks and commas come through" "$(at_of SR1 place)" '121 N LASALLE ST, "THE HALL"'
is "a place comes through" "$(at_of SR1 longitude) $(at_of SR1 latitude)" "-87.6317360 41.8838110"
is "a placeholder is no place" "$(at_of SR9 longitude)" ""
is "rows without an area go to the district" "$(at_of SR3 holder) $(at_of SR3 microgrid)" "Chicago "

# ---- what is refused before anything is sent ----

refused() { # NAME EXIT PART COMMAND...
	name=$1 code=$2 part=$3
	shift 3
	history "$@"
	is "$name is refused" $? "$code"
	has "$name: what is said" "$(cat err)" "$part"
}
sed 's/{WARD}/{WARTS}/' "$maps/chicago-311.ini" >m.ini
refused "a map with a column that is not there" 1 "there is no column WARTS in chicago.csv; it has: SR_NUMBER, SR_TYPE" chicago.csv --map m.ini
sed 's/^category =/catgory =/' "$maps/chicago-311.ini" >m.ini
refused "a map with an unknown key" 100 "[order] has no key catgory; did you mean category?" chicago.csv --map m.ini
sed 's/\[times\]/[time]/' "$maps/chicago-311.ini" >m.ini
refused "a map with an unknown section" 100 "there is no section [time]; did you mean [times]?" chicago.csv --map m.ini
sed 's,America/Chicago,America/Chicagoo,' "$maps/chicago-311.ini" >m.ini
refused "a map with an unknown zone" 100 'there is no time zone "America/Chicagoo"' chicago.csv --map m.ini
sed 's/^root = .*//' "$maps/chicago-311.ini" >m.ini
refused "a map without a root" 100 "there is no root in [areas]" chicago.csv --map m.ini
sed 's/root = Chicago/root = Springfield/' "$maps/chicago-311.ini" >m.ini
refused "a map of another district" 1 "district is \"Chicago\", and the map's root is \"Springfield\"" chicago.csv --map m.ini
refused "a file that is not there" 1 "nothing.csv: cannot be read" nothing.csv --map m.ini
refused "no map" 100 "say --map MAP" chicago.csv

# ---- another encoding ----

cat >hotline.utf8.csv <<'EOF'
编号;诉求;类别;时间;办结时间;镇街;微网格
甲1;路灯不亮;公共照明;2025年03月01日 08:05;2025年03月02日 10:00;城东街道;税务街第一微网格
甲2;"垃圾;未清运";垃圾清运;2025年03月01日 09:05;;城东街道;
EOF
iconv -f UTF-8 -t GB18030 hotline.utf8.csv >hotline.csv
cat >hotline.ini <<'EOF'
[source]
name = 12345
encoding = gb18030
delimiter = ; and a remark
[order]
key = {编号}
text = {诉求}
category = {类别}
created = {时间}
ended = {办结时间}
[times]
zone = Asia/Shanghai
format = %Y年%m月%d日 %H:%M
[areas]
root = 博山区
street = {镇街}
microgrid = {微网格}
EOF
sed -i 's/^delimiter = ; and.*/delimiter = semicolon/' hotline.ini
fresh hotline
refused "a delimiter that is none" 100 "the delimiter is one character, or tab" hotline.csv --map hotline.ini
sed 's/;/\t/g' hotline.csv >hotline.tab.csv
sed -i 's/^delimiter = .*/delimiter = tab/' hotline.ini
history hotline.tab.csv --map hotline.ini --json
is "GB18030 is read when it is declared" "$? $(told)" "0 2 0 0"
has "Chinese names come through" "$("$build/paidan" areas)" "税务街第一微网格"
sed -i '/^encoding/d' hotline.ini
refused "GB18030 that is not declared" 1 "hotline.tab.csv:1: this is not UTF-8" hotline.tab.csv --map hotline.ini
sed -i 's/^delimiter/encoding = gb18O30\ndelimiter/' hotline.ini
refused "an encoding that there is not" 1 'there is no encoding "gb18O30"' hotline.tab.csv --map hotline.ini

# ---- broken off in the middle: history, paidand, Ctrl-C ----

python3 - "$many" >many.csv <<'EOF'
import sys
print("key,area,created,due,closed,kind")
for i in range(int(sys.argv[1])):
    minute, day = i % 60, 1 + i % 27
    closed = "" if i % 50 == 0 else f"2024-02-{day:02} 10:{minute:02}"
    due = "" if i % 10 == 0 else f"2024-02-{day:02} {9 + i % 3:02}:{minute:02}"
    print(f"k{i},grid {i % 300},2024-01-{day:02} 08:{minute:02},{due},{closed},kind {i % 17}")
EOF
cat >many.ini <<'EOF'
[source]
name = many
[order]
key = {key}
text = {kind} in {area}
category = {kind}
created = {created}
due = {due}
ended = {closed}
[times]
zone = UTC
format = %Y-%m-%d %H:%M
[areas]
root = Manytown
microgrid = {area}
EOF
wanted=$(python3 - <<'EOF'
import csv
rows = list(csv.DictReader(open("many.csv")))
print(len(rows), sum(r["due"] > "" for r in rows), sum(r["closed"] > "" for r in rows), sum(r["closed"] > r["due"] > "" for r in rows), 0, 0)
EOF
)
# await_some PID: until some of the orders are there; 1 if the process ended before
await_some() {
	while [ "$(submitted)" -eq 0 ]; do kill -0 "$1" 2>/dev/null || return 1; done
}
fresh killed
"$build/paidan" history many.csv --map many.ini >/dev/null 2>&1 &
importing=$!
await_some $importing
kill -9 $importing
wait $importing 2>/dev/null
some=$(submitted)
is "kill -9 of history comes in the middle" "$([ "$some" -gt 0 ] && [ "$some" -lt "$many" ] && echo yes)" yes
"$build/paidan" history many.csv --map many.ini >out 2>err &
importing=$!
sleep 0.3 # perhaps it is in the middle: that it ends well is what matters
kill -INT $importing
wait $importing
code=$?
[ $code -eq 0 ] || has "Ctrl-C says how to go on" "$(cat err)" "Say the same again to go on"
is "Ctrl-C ends in good order" "$([ $code -le 1 ] && echo yes)" yes
history many.csv --map many.ini --json
is "history goes on after a kill" "$? $(figures)" "0 $wanted"
is "nothing was taken twice" "$(told | awk -v many="$many" '{ print $1 + $2 == many, $3 }')" "1 0"

fresh crashed
"$build/paidan" history many.csv --map many.ini --json --timeout 60 >out 2>err &
importing=$!
await_some $importing
stop KILL
start
wait $importing
is "history survives a kill of paidand" "$? $(told) $(figures)" "0 $many 0 0 $wanted"
before=$(figures)
stop TERM
rm -rf "$work/crashed/book"
start
is "a replay of the journal gives the same figures" "$(figures)" "$before"
verify() {
	TMPDIR=$work/scratch "$build/paidan" verify "$@" >"$work/out" 2>"$work/err"
}
mkdir scratch
verify crashed
is "verify finds nothing" "$?" 0
has "verify asks the paidand that PAIDAN_CONNECT names" "$(cat out)" "byte for byte"
(unset PAIDAN_CONNECT && verify crashed)
is "verify knows that a paidand runs that it cannot ask" "$? $(cat err)" \
	"111 paidan verify: a paidand runs on crashed and could not be asked: say where it listens with --connect"
(unset PAIDAN_CONNECT && verify crashed --connect "ipc://$work/nobody" --timeout 0.5)
is "verify says so when nobody answers where it is told to ask" "$? $(grep -c "no paidand answers at" err)" "111 1"
mkdir alone
cp -r crashed/journal alone
verify alone
is "verify takes a journal alone" "$? $(grep -c 'there is none here' out) $(grep -c 'no paidand runs on' out)" "0 1 1"
is "verify leaves nothing behind" "$(ls scratch)" ""
TMPDIR=$work/scratch "$build/paidan" verify crashed >out 2>err &
verifying=$!
start_s=$(date +%s)
until ls scratch/paidan-verify-*/* >/dev/null 2>&1 || [ $(($(date +%s) - start_s)) -gt 20 ]; do sleep 0.01; done
kill -TERM $verifying
wait $verifying 2>/dev/null
is "verify is ended, and leaves nothing behind" "$? $(ls scratch)" "143 "

# ---- the real file ----

if [ -f "$baltimore" ]; then
	city="10000 9714 9792 1567 217 0"
	B="$maps/baltimore-311.ini"
	fresh baltimore
	history "$baltimore" --map "$B" --json
	is "Baltimore: a first import" "$? $(told) $(figures) $(areas)" "0 10000 0 0 $city 1 0 273"
	is "Baltimore: its categories" "$("$build/paidan" categories --json | grep -c '"category":')" 231
	echo "# $(sed 's/.*"orders_a_second":\([0-9]*\).*/\1/' out) orders a second"
	history "$baltimore" --map "$B" --json
	is "Baltimore: a second import" "$? $(told) $(figures) $(areas)" "0 0 10000 0 $city 1 0 273"
	stop TERM
	rm -rf "$work/baltimore/book"
	start
	is "Baltimore: after a replay" "$(figures) $(areas)" "$city 1 0 273"
	history "$baltimore" --map "$B" --json
	is "Baltimore: a third import after the replay" "$? $(told) $(figures)" "0 0 10000 0 $city"
	fresh baltimore-killed
	"$build/paidan" history "$baltimore" --map "$B" >/dev/null 2>&1 &
	importing=$!
	await_some $importing
	kill -9 $importing 2>/dev/null
	wait $importing 2>/dev/null
	stop KILL
	start
	history "$baltimore" --map "$B" --json
	is "Baltimore: after kills and a resume" "$? $(figures) $(areas)" "0 $city 1 0 273"
	"$build/paidan" export orders -o baltimore.csv 2>/dev/null
	fresh baltimore-again
	history baltimore.csv --map "$maps/paidan-export.ini" --json
	is "Baltimore: exported and read again" "$? $(told) $(figures) $(areas)" "0 10000 0 0 $city 1 0 273"
else
	echo "ok Baltimore # SKIP the file is not there: $baltimore"
fi

# ---- export: live orders ----

mkdir district
cat >district/areas.csv <<'EOF'
id,parent,level,kind,name
1,0,district,plain,博山区
2,1,street,plain,城东街道
3,2,community,urban,税务街社区
4,3,grid,plain,第一网格
11,4,microgrid,plain,第一微网格
EOF
cat >district/households.csv <<'EOF'
id,area,centre,address,lon,lat
50,11,50,税务街12号院3号楼,117.858,36.497
EOF
cat >district/people.csv <<'EOF'
id,post,area,household,name,phone
201,leader,11,50,王秀英,0533-0000001
EOF
cat >district/categories.csv <<'EOF'
id,name,level,urgency,accept_within_s,complete_within_s
1,公共照明,microgrid,normal,1800,86400
EOF
fresh live
"$build/paidan" import "$work/district" >/dev/null || exit 1
household=50 holder=11 leader=201
order() {
	"$build/paidan" order "$1" --category 公共照明 --household "$household" --json | sed 's/.*"order":"\([0-9a-f-]*\)".*/\1/'
}
one=$(order '三号楼,"二单元"楼道灯不亮')
two=$(order '路灯
不亮')
three=$(order '=1+1')
"$build/paidan" accept "$one" --as "$leader" >/dev/null
"$build/paidan" complete "$one" 已更换灯泡 --as "$leader" >/dev/null
"$build/paidan" confirm "$one" 5 >/dev/null
"$build/paidan" cancel "$three" 自己修好了 >/dev/null
"$build/paidan" accept "$two" --as "$leader" >/dev/null
"$build/paidan" export orders --format csv -o live.csv 2>err
is "export says what it wrote" "$(cat err)" "3 orders in live.csv"
"$build/paidan" export orders --format jsonl >live.jsonl
"$build/paidan" export orders --format xlsx -o live.xlsx 2>/dev/null
"$build/paidan" export events --format xlsx -o events.xlsx 2>/dev/null
"$build/paidan" export events --format csv --since 1980-01-01 >events.csv
"$build/paidan" export orders --format csv --bom | head -c 3 >bom
python3 - "$leader" "$one" "$three" <<'EOF' || failed=1
import csv, json, re, sys, zipfile
leader, one, three = sys.argv[1:]
bad = 0


def is_(name, got, wanted):
    global bad
    bad += got != wanted
    print(f"ok {name}" if got == wanted else f"not ok {name}: got {got!r}, wanted {wanted!r}")


rows = {row["id"]: row for row in csv.DictReader(open("live.csv", newline="", encoding="utf-8"))}
is_("csv has every order", len(rows), 3)
row = rows[one]
is_("csv: words", [row["text"], row["result"], row["state"], row["rating"], row["late"], row["acceptor"]],
    ['三号楼,"二单元"楼道灯不亮', "已更换灯泡", "closed", "5", "no", leader])
is_("csv: the areas from the district down", all(row[level] for level in ("district", "street", "community", "grid", "microgrid")), True)
is_("csv: a cancelled one's reason and end", [rows[three]["result"], rows[three]["done"] > ""], ["自己修好了", True])
lines = [json.loads(line) for line in open("live.jsonl", encoding="utf-8")]
is_("jsonl: an object a line", sorted(line["order"] for line in lines), sorted(rows))
is_("jsonl: words", next(line["result"] for line in lines if line["order"] == one), "已更换灯泡")
events = list(csv.DictReader(open("events.csv", newline="", encoding="utf-8")))
is_("csv of events: all of them, in their order", [int(e["seq"]) for e in events], list(range(1, len(events) + 1)))
is_("csv of events: an order's story", [e["type"] for e in events if e["order"] == one], ["submitted", "accepted", "completed", "confirmed"])
is_("a byte order mark when it is asked for", open("bom", "rb").read(), b"\xef\xbb\xbf")
book = zipfile.ZipFile("live.xlsx")
names = re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
sheet = book.read("xl/worksheets/sheet1.xml").decode()
is_("xlsx: its sheets", names, ["点单", "合计"])
is_("xlsx: frozen titles", 'state="frozen"' in sheet and 'ySplit="1"' in sheet, True)
texts = re.findall(r"<t[^>]*>([^<]*)</t>", sheet)
is_("xlsx: titles and words are Chinese", [word in texts for word in ("点单编号", "内容", "提交时间", "已关闭", "已取消", "办理中")], [True] * 6)
is_("xlsx: a text is a text, not a formula", ("=1+1" in texts, "<f>" in sheet), (True, False))
is_("xlsx: times are dates", re.search(r'<c r="O2" s="\d+"><v>4\d{4}\.\d+</v>', sheet) is not None, True)
totals = book.read("xl/worksheets/sheet2.xml").decode()
is_("xlsx: totals", ["全部点单" in totals, "按类别" in totals, "公共照明" in totals, "<v>3</v>" in totals], [True] * 4)
is_("xlsx of events: its sheets", re.findall(r'<sheet name="([^"]*)"', zipfile.ZipFile("events.xlsx").read("xl/workbook.xml").decode()), ["流水", "合计"])
sys.exit(bad > 0)
EOF
here_figures=$(figures)
is "the figures of the live orders" "$here_figures" "3 3 1 0 0 1"
is "a filter by state" "$("$build/paidan" export orders --state cancelled | grep -c "$three")" 1
is "a filter by time" "$("$build/paidan" export orders --until 2020-01-01 | wc -l)" 1
is "a filter by area" "$("$build/paidan" export orders --area "$holder" --format jsonl | wc -l)" 3
fresh live-again
history live.csv --map "$maps/paidan-export.ini" --json
is "live orders are read again" "$? $(told)" "0 3 0 0"
is "they count as before" "$(figures)" "$here_figures"
"$build/paidan" export orders >again.csv
same() {
	python3 -c '
import csv, sys
keep = "id category urgency text place district street community grid microgrid submitted due done late duplicate result".split()
print(*sorted(str([row[key] for key in keep]) for row in csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"))))' "$1"
}
is "they are written as before" "$(same again.csv)" "$(same live.csv)"

# ---- export: what goes wrong ----

"$build/paidan" export orders >/dev/full 2>err
is "a full disk ends it" $? 111
has "a full disk is said" "$(cat err)" "No space left on device"
"$build/paidan" export orders -o /nowhere/x.csv 2>err
is "a folder that is not there ends it" $? 111
has "a folder that is not there is said" "$(cat err)" "/nowhere/x.csv cannot be written: No such file or directory"
echo older >kept.csv
chmod 604 kept.csv
"$build/paidan" export orders -o kept.csv 2>err
is "an older file keeps its mode" "$? $(stat -c %a kept.csv)" "0 604"
(umask 002 && "$build/paidan" export orders -o new.csv 2>err)
is "a new one is not for everybody" "$(stat -c %a new.csv)" 640
mkdir linked
echo older >linked/to.csv
ln -s linked/to.csv link.csv
ln -s linked/nothing.csv dangling.csv
for link in link dangling; do
	"$build/paidan" export orders -o $link.csv 2>err
	is "$link: a link stays, what it names is written" "$? $(stat -c %F $link.csv) $(cmp $link.csv new.csv && echo same)" \
		"0 symbolic link same"
done
is "nothing else is left there" "$(cd linked && echo *)" "nothing.csv to.csv"
mkfifo pipe
timeout 20 cat pipe >piped.csv &
reader=$!
"$build/paidan" export orders -o pipe 2>err
is "a pipe is written" "$? $(stat -c %F pipe)" "0 fifo"
wait $reader
is "and read" "$(cmp piped.csv new.csv && echo same)" same
timeout 20 "$build/paidan" export orders --format xlsx -o pipe 2>err
is "a sheet does not go to a pipe" "$? $(cat err)" \
	"100 paidan export: pipe is no regular file: a sheet cannot be written to it"
if mknod full c 1 7 2>/dev/null && ! echo | cat 2>err >full && grep -q "No space" err; then
	"$build/paidan" export orders -o full 2>err
	is "a device that is full ends it, and stays" "$? $(stat -c %F full)" "111 character special file"
	is "a device that is full is said" "$(cat err)" "paidan export: full could not be written: No space left on device"
else
	echo "ok a full device # SKIP none can be made here"
fi
for wrong in "orders --format pdf" "things" "orders --format xlsx" "events --state closed" "orders --since yesterday" \
	"orders --since 2025-01-02 --until 2025-01-01" "orders --format jsonl --bom"; do
	# shellcheck disable=SC2086
	"$build/paidan" export $wrong >/dev/null 2>err
	is "wrong usage is said: $wrong" "$? $(grep -c '^paidan export: ' err)" "100 1"
done
mkdir small
if mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	fresh crashed
	for format in csv xlsx; do
		echo older >small/x.$format
		"$build/paidan" export orders --format $format -o small/x.$format 2>err
		is "$format: a full disk ends it" $? 111
		has "$format: a full disk is said" "$(cat err)" "No space left on device"
		is "$format: what was there stays" "$(cat small/x.$format) $(find small -type f | wc -l)" "older 1"
		rm small/x.$format
	done
else
	echo "ok a small disk # SKIP a tmpfs cannot be mounted here"
fi
exit $failed
