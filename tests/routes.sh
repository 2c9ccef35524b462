#!/bin/sh
# Polygons, rules and routes at the command line, against a live daemon: routes.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd)
. "$(dirname "$0")/say.sh"
. "$(dirname "$0")/daemon.sh"
export LC_ALL=C.UTF-8 TZ=Asia/Shanghai
cd "$work" || exit 111
paidan() {
	"$build/paidan" "$@" >out 2>err
}
# to: who would hold an order that says this: its id.
to() {
	"$build/paidan" route --category "$@" --json | sed -n 's/.*"step":"holder".*"area":\([0-9]*\).*/\1/p'
}
# why STEP: of the last answer, a table
why() {
	sed -n "s/^$1  *\([a-z_]*\)  *\([0-9-]*\)  .*/\1 \2/p" out
}

"$build/paidan" district --seed 1 made >/dev/null || exit 1
"$build/paidand" --data data --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>log &
daemon=$!
rm made/rules.csv made/shapes.geojson
paidan import made || exit 1

# square AREA WEST SOUTH EAST NORTH: a feature
square() {
	echo "{\"type\":\"Feature\",\"properties\":{\"area\":$1,\"code\":\"$1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[$2,$3],[$4,$3],[$4,$5],[$2,$5],[$2,$3]]${6-}]}}"
}
hole=',[[117.004,36.004],[117.006,36.004],[117.006,36.006],[117.004,36.006],[117.004,36.004]]'
collect() { # FEATURE...: features.geojson
	printf '{"type":"FeatureCollection","features":[%s' "$1" >features.geojson
	shift
	for feature; do printf ',%s' "$feature" >>features.geojson; done
	echo ']}' >>features.geojson
}

collect "$(square 1001 117 36 117.01 36.01 "$hole")" "$(square 1002 117.01 36 117.02 36.01)"
paidan import-shapes features.geojson --dry-run
has "a dry run says what polygons would be added" "$(cat out)" "shapes              2"
paidan import-shapes features.geojson
paidan shapes
cp out shapes.geojson
has "polygons come back with their areas' names" "$(cat out)" '"area":1001,"name":"税务街社区第一网格第一微网格"'
paidan import-shapes shapes.geojson
has "what came back changes nothing" "$(cat out)" "shapes              0          0          0          0          2"
paidan import-shapes features.geojson --key code --crs gcj02
has "coordinates of web maps are converted" "$(cat out)" "shapes              0          2"
paidan import-shapes shapes.geojson

is "a point inside" "$(to 公共照明 --at 117.001,36.001)" 1001
is "a point on the border of two" "$(to 公共照明 --at 117.01,36.005)" 1001
paidan route --category 公共照明 --at 117.0059,36.005 --explain
is "a point in a hole is in nothing" "$(why coordinate)" "nowhere 1001"
is "and near the hole's border" "$(why nearest)" "decided 1001"
paidan route --category 公共照明 --at 117.5,36.005 --explain
is "a point outside is nowhere" "$(why coordinate), $(why nearest)" "nowhere -, nowhere -"
is "and comes to the district" "$(why desk), $(why holder)" "decided 370304, by_level 370304"

collect "$(square 1003 117.015 36 117.03 36.01)"
paidan import-shapes features.geojson
is "polygons on others' ground: exit code" $? 1
has "polygons on others' ground: the two are named" "$(cat err)" "area 1002 and area 1003"
has "polygons on others' ground: the feature is named" "$(cat err)" "features.geojson: feature 1"
collect "$(square 1003 36 117 36.01 117.01)"
paidan import-shapes features.geojson
has "axes in the wrong order are seen" "$(cat err)" "longitude and latitude in the wrong order?"
printf '{"type":"FeatureCollection",\n"features":[}' >features.geojson
paidan import-shapes features.geojson
has "what is not JSON is told with its line" "$(cat err)" "line 2: this is not JSON"
paidan import-shapes nothing.geojson
is "no file: exit code" $? 1

cat >rules.csv <<'END'
id,name,category,area,post,weekdays,from,to,keyword,holder,level
10,供水,18,,,,,,停水|漏水,951,
20,商户,,,merchant,,,,,901,
30,夜间,16,城东,,12345,22:00,06:00,,,street
END
paidan import-rules rules.csv
is "a cell that is no id: exit code" $? 1
has "a cell that is no id: the line" "$(cat err)" 'rules.csv:4: area: "城东" is not a number'
sed -i 's/城东/370304001/' rules.csv
paidan import-rules rules.csv
has "rules are taken in" "$(cat out)" "rules               3"
paidan rules
has "rules are listed" "$(cat out)" "22:00-06:00"
is "a rule by words" "$(to 供水供暖 --household 500001 --text 家里停水)" 951
is "a rule by the requester's post" "$(to 公共照明 --for 7001)" 901
is "a rule by the time, before it" "$(to 消防隐患 --household 500001 --time '2025-11-28 21:59')" 401
is "a rule by the time" "$(to 消防隐患 --household 500001 --time '2025-11-29 05:59')" 370304001
is "a rule by the time, on another day" "$(to 消防隐患 --household 500001 --time '2025-11-29 22:30')" 401
paidan route --category 供水供暖 --household 500001 --text 暖气不热 --explain
is "why rules did not match" "$(why 'rule 10'), $(why 'rule 20'), $(why 'rule 30')" "keyword_missing 951, other_post 901, other_category 370304001"
sed -i '$d' rules.csv && echo '40,晚了,18,101,,,,,家里停水,952,' >>rules.csv
paidan import-rules rules.csv
has "a rule that can never match is refused" "$(cat err)" "rule 40: rule 10 stands before it"

"$build/paidan" order 家里漏水 --category 供水供暖 --household 500001 >out || exit 1
order=$(sed -n 's/^order  *//p' out)
paidan show "$order"
has "an order tells which rule chose its holder" "$(cat out)" "by rule 10"
"$build/paidan" order 路灯不亮 --category 公共照明 --at 117.001,36.001 >out || exit 1
paidan show "$(sed -n 's/^order  *//p' out)"
has "an order tells what found its area" "$(cat out)" "found by coordinate"
"$build/paidan" order 有个坑 --category 道路破损 >out
has "an order that says nothing comes to the district" "$(cat out)" 370304

paidan order 路灯坏了 --category 公共照明 --at 20.001,10.001
is "a place far from everything is taken" $? 0
has "a place far from everything is said" "$(cat err)" "in no area's polygon, and near none"
cat >far.geojson <<'END'
{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 1001, "properties": {}, "geometry": {"type": "Polygon",
 "coordinates": [[[116, 39], [116.01, 39], [116.01, 39.01], [116, 39]]]}}]}
END
paidan import-shapes far.geojson --dry-run
is "a polygon far from its households: exit code" $? 0
has "a polygon far from its households is said" "$(cat err)" "around 116.005,39.005, far from its households"
exit $failed
