#!/bin/sh
# A small district at work: what its simulated people do of themselves comes about. atwork.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd)
. "$(dirname "$0")/say.sh"
. "$(dirname "$0")/daemon.sh"
export LC_ALL=C.UTF-8
D=$work/district paidan=$build/paidan

# comes NAME COMMAND...: the command comes to succeed
comes() {
	name=$1
	shift
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || { is "$name" "$(tail -n 5 "$work/residents" "$work/workers")" "that"; return; }
		sleep 0.1
	done
	is "$name" yes yes
}
told() {
	grep -Eq "$1" "$work/residents"
}
# number FIELD: of the first object in which JSON on stdin has it
number() {
	grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2
}
notice_of() {
	grep -o '"notice":"[^"]*"' | head -n 1 | cut -d'"' -f4
}
progress() {
	"$paidan" --json "$1" show "$2" | sed -n 's/.*"progress":\[{\([^}]*\)}.*/\1/p' | number "$3"
}
is_all() {
	[ "$(progress "$1" "$2" answered)" = 20 ]
}
is_confirmed() {
	[ "$(progress notice "$1" confirmed)" -gt 0 ]
}
has_fulfilled() {
	"$paidan" --json listings | grep -q '"fulfilled":[1-9]'
}
in_emergency() {
	"$paidan" --json orders | grep -q '"category":4,'
}

mkdir "$D"
cat >"$D/areas.csv" <<'.'
id,parent,level,kind,name
1,0,district,plain,博山区
11,1,street,plain,城东街道
12,1,street,agency,自来水公司
111,11,community,plain,税务街社区
112,111,grid,property,税务街物业
1111,111,grid,plain,第一网格
1001,1111,microgrid,plain,第一微网格
1002,1111,microgrid,plain,第二微网格
.
{
	echo id,area,centre,address,lon,lat
	for n in 01 02 03 04 05 06 07 08 09 10; do
		echo "5001$n,1001,500101,3号院${n}室,117.8$n,36.5"
		echo "5002$n,1002,500201,4号院${n}室,117.8$n,36.6"
	done
} >"$D/households.csv"
{
	echo id,post,area,household,name,phone
	printf '%s\n' 1,administrator,1,0,刘涵颖, 2,supervisor,1,0,郑荣宁, 3,staff,11,0,张伟, 4,staff,12,0,李建国, 5,staff,111,0,王芳, \
		6,staff,112,0,赵敏, 7,grid_leader,1111,0,孙强, 8,leader,1001,0,王秀英, 9,leader,1002,0,李秀兰, 10,courier,111,0,周涛,
	for n in 01 02 03 04 05 06 07 08 09 10; do
		echo "5001$n,resident,1001,5001$n,居民甲$n,"
		echo "5002$n,resident,1002,5002$n,居民乙$n,"
	done
} >"$D/people.csv"
cat >"$D/categories.csv" <<'.'
id,name,level,urgency,accept_within_s,complete_within_s,emergency_only
3,供水供暖,microgrid,normal,60,86400,
5,公共照明,microgrid,normal,60,86400,
4,防汛险情,microgrid,emergency,60,3600,yes
.
cat >"$D/shapes.geojson" <<'.'
{"type": "FeatureCollection", "features": [
{"type": "Feature", "id": 1001, "properties": {}, "geometry": {"type": "Polygon", "coordinates":
 [[[117.7, 36.45], [117.9, 36.45], [117.9, 36.55], [117.7, 36.55], [117.7, 36.45]]]}},
{"type": "Feature", "id": 1002, "properties": {}, "geometry": {"type": "Polygon", "coordinates":
 [[[117.7, 36.55], [117.9, 36.55], [117.9, 36.65], [117.7, 36.65], [117.7, 36.55]]]}}]}
.
printf '%s\n' id,name,category,area,post,weekdays,from,to,keyword,holder,level '1,供水,3,,,,,,水,12,' >"$D/rules.csv"
printf '%s\n' id,name,area,accept_percent,complete_percent,running,lasts_s,ladder,notice,roll_call,roll_category,categories \
	1,演练,1,5,50,restart,3600,,演练开始,演练点名,3,4 >"$D/plans.csv"
"$build/paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>"$work/log" &
daemon=$!
"$paidan" import "$D" >"$work/out" 2>&1 || { cat "$work/out"; echo "not ok the district is imported"; exit 1; }
"$build/paidan-worker" district --speed 4 --unanswered 0.1 >"$work/workers" 2>&1 &
workers=$!
"$build/paidan-worker" residents --rate 20 --tell 0.001 >"$work/residents" 2>&1 &
residents=$!

notice=$("$paidan" --json notice send 1 明日停水 --want confirmation --as 2 | notice_of)
rollcall=$("$paidan" --json rollcall start 111 清点人口 --category 3 --labels 人数 --as 2 | notice_of)
comes "a roll-call is answered for every household" is_all rollcall "$rollcall"
comes "a notice is confirmed by some" is_confirmed "$notice"
visits=$("$paidan" --json visits start 111 敲门行动 --category 3 --as 2 | notice_of)
comes "every household is visited" is_all visits "$visits"
comes "a rule sends orders to an agency" told 'sent on by a rule: .* → 自来水公司'
comes "orders are found by their coordinate" told 'found by its coordinate: '
comes "couriers report with a picture" told 'reported with coordinate and picture: '
comes "orders that say the same are merged" told 'merged with one that says the same: '
comes "a neighbour follows, and agrees" told 'a neighbour agrees that it is done: '
comes "an offer and a need are matched and done" has_fulfilled
"$paidan" mode on 1 --as 2 >/dev/null
comes "the plan is on" told 'an emergency plan is on: 博山区'
comes "what nobody answers climbs" told 'nobody answered in time, it climbs: '
comes "residents urge" told 'urged: '
comes "orders for emergencies are taken" in_emergency
"$paidan" mode off 1 演练结束 --as 2 >/dev/null
comes "the plan is off" told 'the emergency plan is off: 博山区 · 演练结束'
comes "what was badly done is reopened" told 'not done, says the resident: '
kill "$residents"
wait "$residents"
is "residents end well" $? 0
has "and say what they did" "$(tail -n 1 "$work/residents")" "urged "
kill "$workers"
wait "$workers"
is "workers end well" $? 0
has "and say what they did" "$(tail -n 1 "$work/workers")" "needs met "
exit "${failed:-0}"
