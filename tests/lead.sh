#!/bin/sh
# A leader's script, without a broker and against a live one: lead.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd)
. "$(dirname "$0")/say.sh"
. "$(dirname "$0")/daemon.sh"
export LC_ALL=C.UTF-8
D=$work/district

# told NAME PATTERN: the session comes to say a line like it
told() {
	tries=0
	until grep -Eq -- "$2" "$work/said"; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { is "$1" "$(cat "$work/said")" "$2"; return; }
		sleep 0.1
	done
	is "$1" yes yes
}

out=$(timeout 20 "$build/paidan-worker" lead 1001 --wait 1 2>&1 </dev/null)
is "no broker, no input: exit 111" $? 111
is "it says so" "$out" "paidan-worker lead: no paidand answers at $PAIDAN_CONNECT"
echo 'a 1' | timeout 20 "$build/paidan-worker" lead 1001 --wait 1 2>/dev/null
is "no broker, a script: exit 111" $? 111

mkdir "$D"
printf '%s\n' id,parent,level,kind,name 1,0,district,plain,博山区 11,1,street,plain,城东街道 111,11,community,plain,税务街社区 \
	1111,111,grid,plain,第一网格 1001,1111,microgrid,plain,第一微网格 >"$D/areas.csv"
printf '%s\n' id,area,centre,address,lon,lat 500001,1001,500001,3号院101室,117.8,36.5 >"$D/households.csv"
printf '%s\n' id,post,area,household,name,phone 1,administrator,1,0,刘涵颖,1 2001,leader,1001,500001,王秀英,2 \
	700001,resident,1001,500001,郑曦秀,3 >"$D/people.csv"
printf '%s\n' id,name,level,urgency,accept_within_s,complete_within_s 3,公共照明,microgrid,normal,1800,86400 >"$D/categories.csv"
"$build/paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>"$work/log" &
daemon=$!
"$build/paidan" import "$D" >"$work/out" 2>&1 || { cat "$work/out"; echo "not ok the district is imported"; exit 1; }
order=$("$build/paidan" order 楼道灯不亮 --category 公共照明 --as 700001 | sed -n 's/^order *//p')

mkfifo "$work/typed"
"$build/paidan-worker" lead 1001 --credit 1 --wait 20 <"$work/typed" >"$work/said" 2>&1 &
session=$!
exec 7>"$work/typed"
told "an order comes" '^\[1\] normal 公共照明'
"$build/paidan" accept "$order" --as 2001 >/dev/null
told "its person accepts it elsewhere: it is in hand" '^\[1\] accepted by you elsewhere'
printf 's 1\nc 1 已更换\n' >&7
told "the story has the name of who asked" 'submitted by person 700001 郑曦秀'
told "it is completed here" '^\[1\] completed'
echo d >&7
told "a command without a number asks for it" '^which order\? d NUMBER REASON'
"$build/paidan" order 一 --category 公共照明 --as 700001 >/dev/null
order2=$("$build/paidan" order 二 --category 公共照明 --as 700001 | sed -n 's/^order *//p')
told "credit is for one order" '^      一$'
"$build/paidan" accept "$order2" --as 2001 >/dev/null
told "one that was not offered is in hand, too" '^      二$'
echo 'c 3 好' >&7
told "and is completed here" '^\[3\] completed'
printf 'a 2\nc 2 好\n' >&7
told "so is the first" '^\[2\] completed'
notice=$("$build/paidan" --json notice send 1 明日停水 --want confirmation | grep -o '"notice":"[^"]*"' | head -n 1 | cut -d'"' -f4)
told "a notice to the leader's household is shown" '^notice 1: 明日停水$'
told "and what it wants" 'please confirm it: y 1$'
echo 'y 1' >&7
told "it is confirmed" '^notice 1: confirmed$'
has "the broker knows" "$("$build/paidan" --json notice show "$notice")" '"confirmed":1'
printf 'y 7\nm 1\n' >&7
told "a notice that is not there" "^there is no notice '7' here"
rollcall=$("$build/paidan" --json rollcall start 1001 清点人口 --category 3 --labels 人数 | grep -o '"notice":"[^"]*"' | head -n 1 | cut -d'"' -f4)
told "a roll-call comes as an order" 'to be answered one by one; who is missing: m 4$'
printf 'a 4\nm 4\n' >&7
told "who is missing" '^      500001  3号院101室'
told "how many" '^\[4\] 1 is missing'
printf 't 4 500001\nt 4 500001 done 3 全家在\n' >&7
told "an answer that is none" '^write it like t 4 500001 done 3'
told "the household is answered for" '^\[4\] 500001: done$'
row=$("$build/paidan" --json rollcall answers "$rollcall")
has "with its number" "$row" '"numbers":[3'
has "and the words" "$row" '"text":"全家在"'
printf 't 4 500001 away\nm 4\nc 4 已点名\n' >&7
told "another answer is refused" '^\[4\] the answer was refused'
told "nobody is missing" '^\[4\] nobody is missing'
told "it is completed" '^\[4\] completed'
exec 7>&-
wait $session
is "a wrong command: exit 1" $? 1
told "nothing is in hand" '^you leave with no order in hand'
is "the broker has it completed" "$("$build/paidan" show "$order" | sed -n 's/^state *\([a-z]*\).*/\1/p')" completed

mkfifo "$work/waits"
"$build/paidan-worker" lead 1001 --wait 2 <"$work/waits" >"$work/said" 2>&1 &
session=$!
exec 7>"$work/waits"
told "another session" 'you act as'
kill "$daemon"
wait "$daemon"
daemon=
wait $session
is "the broker leaves a script alone: exit 111" $? 111
told "it says why" "no paidand answers at $PAIDAN_CONNECT\$"
exit "${failed:-0}"
