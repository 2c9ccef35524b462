#!/bin/sh
# A district's office at work, as an operator would do it with paidan's commands. For workers/run.sh:
#   BUILD=build DATA=run COMMUNITY=101 sh workers/operator.sh
# A notice to the district, a roll-call in COMMUNITY, visits in the one after it, and an emergency drill in a street: on, watched, and
# off again; then a pause of ten minutes, and anew, with the drill in the next street. DATA/district has the district's files.
# What a command is refused with goes to stderr, and the next thing is done.
build=$BUILD data=$DATA
. "$(dirname "$0")/texts.sh"
paidan=$build/paidan
office=11 drill=2 cycle=0 # a supervisor of the district; the plan of drills; how often all of it was done

trap 'kill $! 2>/dev/null; exit 0' INT TERM HUP

# A signal is not to wait for the end of it.
pause() {
	sleep "$1" &
	wait $!
}

told() {
	printf '%s  ' "$(date +%H:%M:%S)"
	say "$@"
}

# ids LEVEL KIND: the areas of a level and kind, one a line.
ids() {
	tr -d '\r' <"$data/district/areas.csv" | awk -F, -v level="$1" -v kind="$2" '$3 == level && $4 == kind { print $1 }'
}

name() {
	tr -d '\r' <"$data/district/areas.csv" | awk -F, -v id="$1" '$1 == id { print $5 }'
}

# number FIELD: of the first object in which JSON on stdin has it.
number() {
	grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2
}

# begin COMMAND...: do it as the office; its notice's id.
begin() {
	"$paidan" --json --as $office "$@" | grep -o '"notice":"[^"]*"' | head -n 1 | cut -d'"' -f4
}

# far COMMAND ID: "120 of 431"
far() {
	row=$("$paidan" --json "$1" show "$2" | sed -n 's/.*"progress":\[{\([^}]*\)}.*/\1/p')
	text "%s of %s" "$(echo "$row" | number answered)" "$(echo "$row" | number members)"
}

show_rounds() {
	told "answered so far: roll-call in %s %s, visits in %s %s" "$(name "$COMMUNITY")" "$(far rollcall "$rollcall")" "$(name "$visited")" \
		"$(far visits "$visits")"
}

show_notice() {
	row=$("$paidan" --json notice show "$notice" | sed -n 's/.*"progress":\[{\([^}]*\)}.*/\1/p')
	told "the notice to the district: delivered to %s, read by %s, confirmed by %s of %s households" "$(echo "$row" | number delivered)" \
		"$(echo "$row" | number read)" "$(echo "$row" | number confirmed)" "$(echo "$row" | number members)"
}

climbed() {
	"$paidan" --json stats "$street" | number escalated
}

run_drill() {
	effect=$("$paidan" --json mode on $drill --area "$street" --preview | head -n 2)
	before=$(climbed)
	"$paidan" mode on $drill --area "$street" --as $office >/dev/null || return
	told "emergency drill in %s: on; of %s open orders %s get other times" "$(name "$street")" "$(echo "$effect" | number open)" \
		"$(echo "$effect" | number changed)"
	pause 2
	called=$("$paidan" --json rollcall list "$street" | grep -o '"notice":"[^"]*"' | head -n 1 | cut -d'"' -f4)
	for _ in 1 2 3 4; do
		pause 4
		told "drill in %s: %s households answered, %s orders have climbed" "$(name "$street")" "$(far rollcall "$called")" \
			$(($(climbed) - before))
	done
	"$paidan" mode off $drill 演练结束 --as $office >/dev/null
	told "emergency drill in %s: off" "$(name "$street")"
}

while :; do
	streets=$(ids street plain)
	street=$(echo "$streets" | sed -n "$((2 + cycle % 9))p")
	visited=$(ids community urban | sed -n "/^$COMMUNITY\$/{n;p}")
	pause 3
	notice=$(begin notice send "$(ids district plain)" 本周六全区停水检修，请提前储水 --want confirmation --until 30m)
	pause 3
	rollcall=$(begin rollcall start "$COMMUNITY" 清点常住人口 --category 独居老人关爱 --labels 人数 --until 30m)
	visits=$(begin visits start "$visited" 十一月敲门行动 --category 独居老人关爱 --until 30m)
	for _ in 1 2 3; do
		pause 4
		show_rounds
	done
	run_drill
	show_rounds
	show_notice
	cycle=$((cycle + 1))
	pause 600
done
