#!/bin/sh
# A whole made district at work: a broker, everybody who works there, residents who submit orders and answer notices, and an operator
# (operator.sh) with a notice, a roll-call, visits and an emergency drill. For `make run`:
#   BUILD=build RATE=50 RUN_SECONDS= DATA=run sh workers/run.sh
# RATE: orders a second. RUN_SECONDS: end by itself after so many; empty: on Ctrl-C. DATA: where everything is kept.
# On a terminal `paidan top` shows it, and q ends it; PLAIN=1, or no terminal: a line a second, and what is worth telling between them.
# SPEED: how fast people work, see `paidan-worker district --help`. PAIDAN_CONNECT, PAIDAN_SUBSCRIBE: other endpoints.
# Exit: 0 when it was ended, 1 when a part failed, 100 for wrong settings.
build=${BUILD:-build} rate=${RATE:-50} seconds=${RUN_SECONDS:-} data=${DATA:-run} speed=${SPEED:-1} top=''
paidan=$build/paidan
fifos='' parts='' gone='' # gone: parts that have ended

. "$(dirname "$0")/texts.sh"

# fail CODE FORMAT WORD...
fail() {
	code=$1
	shift
	echo "run: $(text "$@")" >&2
	exit "$code"
}

show_log() {
	[ -s "$1" ] && say "the end of %s:" "$1" >&2 && tail -n 8 "$1" | sed 's/^/    /' >&2
}

# ---- parts: processes that are started here, and ended in any case ----
#
# Each is a session of its own, so that a Ctrl-C reaches this script alone, which then ends them in order; should this script be
# killed, the kernel ends them. Each holds the writing end of a fifo: when it has gone, whoever reads the other end says so on
# descriptor 3, where this script waits.

# start NAME LOG COMMAND... LOG -: no log, our own outputs; terminal: our own terminal, which it shares with this script and so gets
# its keys, its new sizes and its Ctrl-C. Both ends of the fifo are open before anybody can have gone.
start() {
	name=$1 log=$2
	shift 2
	mkfifo "$fifos/$name" || fail 1 "no fifo can be made in %s" "$fifos"
	exec 9<>"$fifos/$name"
	exec 8<"$fifos/$name"
	(
		trap '' INT TERM HUP # it ends when the part does
		cat <&8 >/dev/null 2>&1
		: >"$fifos/$name.gone"
		echo "$name" >&3
	) 9>&- &
	if [ "$log" = - ]; then
		setsid setpriv --pdeathsig TERM -- "$@" </dev/null 3>&- 8<&- &
	elif [ "$log" = terminal ]; then
		setpriv --pdeathsig TERM -- "$@" <&4 3>&- 4<&- 8<&- &
	else
		setsid setpriv --pdeathsig TERM -- "$@" </dev/null >"$log" 2>&1 3>&- 8<&- &
	fi
	echo $! >"$fifos/$name.pid"
	exec 8<&- 9>&-
}

# begin: start a part that is to be ended by stop_all.
begin() {
	parts="$1 $parts"
	start "$@"
}

pid_of() {
	cat "$fifos/$1.pid"
}

is_gone() {
	[ -e "$fifos/$1.gone" ]
}

# stop NAME: ask it to leave and wait for it; kill it when a timer of 20 s has gone before.
stop() {
	is_gone "$1" || kill -TERM "$(pid_of "$1")" 2>/dev/null
	start "timer_$1" - sleep 20
	while :; do
		case " $gone " in *" $1 "*) break ;; esac
		read -r who <&3 && gone="$gone $who"
		[ "$who" != "timer_$1" ] || kill -KILL "$(pid_of "$1")"
	done
	kill -KILL "$(pid_of "timer_$1")" 2>/dev/null
	wait "$(pid_of "timer_$1")" "$(pid_of "$1")" 2>/dev/null
}

# The last one started goes first: top, stats, told, operator, residents, district, paidand.
stop_all() {
	code=$?
	trap '' INT TERM HUP
	trap - EXIT
	for part in $parts; do
		stop "$part"
	done
	[ -z "$top" ] || tail -n 1 "$data/stats.log"
	for part in residents district; do
		case " $parts " in *" $part "*) sed -n "1! { \$ s/^/$part: /p }" "$data/$part.log" ;; esac
	done
	wait
	[ -z "$fifos" ] || rm -rf "$fifos"
	[ -z "$parts" ] || say "everything is kept in %s; run it again to go on" "$data"
	exit $code
}

# ---- what has to be there ----

check_settings() {
	case $rate in '' | *[!0-9.]* | *.*.* | .) fail 100 "RATE='%s' must be a number of orders a second, e.g. RATE=50" "$rate" ;; esac
	case $seconds in *[!0-9]* | 0*) fail 100 "RUN_SECONDS='%s' must be a whole number of seconds, e.g. RUN_SECONDS=30" "$seconds" ;; esac
	for program in paidan paidand paidan-worker; do
		[ -x "$build/$program" ] || fail 100 "%s is missing; 'make' builds it" "$build/$program"
	done
	for program in setsid setpriv mkfifo; do
		command -v $program >/dev/null || fail 100 "%s is missing (Debian packages util-linux and coreutils)" "$program"
	done
}

check_folder() {
	mkdir -p "$data" 2>/dev/null || fail 1 "the folder %s cannot be made here; choose another with DATA=FOLDER" "$data"
	if ! { echo test >"$data/.writable"; } 2>/dev/null; then
		rm -f "$data/.writable"
		fail 1 "%s cannot be written to, or its disk is full; choose another with DATA=FOLDER" "$data"
	fi
	rm -f "$data/.writable"
	fifos=$(mktemp -d) || fail 1 "there is no place for temporary files: see TMPDIR"
}

# Another broker on our ports would get the orders of this one.
check_alone() {
	if "$paidan" stats --timeout 0.5 >/dev/null 2>&1; then
		fail 1 "a paidand is running already at %s; end it, or choose other places: %s" "${PAIDAN_CONNECT:-tcp://127.0.0.1:7750}" \
			"PAIDAN_CONNECT=tcp://127.0.0.1:7760 PAIDAN_SUBSCRIBE=tcp://127.0.0.1:7761"
	fi
}

# It is moved into place whole: an interrupted one is made anew.
make_district() {
	[ -d "$data/district" ] && return
	say "making the district of Boshan in %s" "$data/district"
	rm -rf "$data/district.new"
	why=$("$paidan" district --preset boshan --seed 1 "$data/district.new" 2>&1 >/dev/null) || fail 1 "the district cannot be made: %s" "$why"
	mv "$data/district.new" "$data/district" || fail 1 "the district cannot be moved into place"
}

# ---- the parts ----

# A part failed, or left without being asked.
died() {
	wait "$(pid_of "$1")"
	code=$?
	[ -z "$top" ] || stop top # what is said now is to be seen
	[ "$1" = paidand ] || ! is_gone paidand || died paidand # the others only followed it
	echo "run: $(text "%s has ended with code %d" "$1" "$code")" >&2
	[ "$1" = stats ] || show_log "$data/$1.log"
	exit 1
}

start_broker() {
	begin paidand "$data/paidand.log" "$build/paidand" --data "$data/data" ${PAIDAN_CONNECT:+--listen "$PAIDAN_CONNECT"} \
		${PAIDAN_SUBSCRIBE:+--publish "$PAIDAN_SUBSCRIBE"}
	tries=0
	until "$paidan" stats --timeout 1 >/dev/null 2>&1; do
		is_gone paidand && died paidand
		tries=$((tries + 1))
		[ $tries -lt 120 ] || { show_log "$data/paidand.log"; fail 1 "paidand does not answer"; }
	done
}

import_district() {
	"$paidan" --json stats 2>/dev/null | grep -q '"districts":0[,}]' || return
	say "importing it"
	why=$("$paidan" import "$data/district" --timeout 120 2>&1 >/dev/null) || {
		is_gone paidand && died paidand
		fail 1 "the district cannot be imported: %s" "$why"
	}
}

# The micro-grid that is left to whoever tries it, and a household of it: the first of the district.
choose_left() {
	left=$(sed -n 2p "$data/district/households.csv" | tr -d '\r')
	household=${left%%,*}
	left=${left#*,}
	left=${left%%,*}
	community=$(tr -d '\r' <"$data/district/areas.csv" | awk -F, -v id="$left" '
		{ parent[$1] = $2; level[$1] = $3 }
		END { while (id in level && level[id] != "community") id = parent[id]; print id }')
}

tell_how() {
	order="$paidan order \"楼道里的灯不亮了\" --category 公共照明 --household $household"
	say "the district is at work, %s orders a second; logs are in %s; Ctrl-C ends it." "$rate" "$data"
	say "Micro-grid %s is left to you. In another terminal, be its leader, who accepts (a 1) and completes (c 1 RESULT):" "$left"
	echo "  $build/paidan-worker lead $left"
	say "And in a third, order something there, and see what becomes of it:"
	echo "  $order"
	echo "  $paidan watch $left"
}

can_show_top() {
	[ -z "$PLAIN" ] && [ -t 0 ] && [ -t 1 ] && tput cup 0 0 >/dev/null 2>&1
}

# Show it on the terminal, and write the lines to a log; or the lines.
show_it() {
	if ! can_show_top; then
		begin told - tail -q -n +1 -f "$data/residents.log" "$data/operator.log"
		begin stats - "$paidan" stats --every 1 ${seconds:+--count "$seconds"}
		return
	fi
	begin stats "$data/stats.log" "$paidan" stats --every 1 ${seconds:+--count "$seconds"}
	begin top terminal "$paidan" top --note " $order   $(text "(in another terminal)")"
	top=yes
}

# Wait for somebody to go: the first who does ends it all, rightly only stats after its time, and top when it is told to.
watch_over() {
	while [ -z "$gone" ]; do
		read -r who <&3 && gone="$gone $who"
	done
	first=${gone# }
	if [ "$first" = stats ] && [ -n "$seconds" ] && wait "$(pid_of stats)"; then
		return
	fi
	if [ "$first" = top ] && wait "$(pid_of top)"; then
		return
	fi
	died "$first"
}

check_settings
trap stop_all EXIT
trap 'echo; exit 0' INT
trap 'exit 0' TERM HUP
check_folder
mkfifo "$fifos/main" || fail 1 "no fifo can be made in %s" "$fifos"
exec 4<&0
exec 3<>"$fifos/main"
check_alone
make_district
start_broker
import_district
choose_left
begin district "$data/district.log" "$build/paidan-worker" district --speed "$speed" --unanswered 0.03 --except "$left"
begin residents "$data/residents.log" "$build/paidan-worker" residents --rate "$rate" --tell 30
begin operator "$data/operator.log" env BUILD="$build" DATA="$data" COMMUNITY="$community" sh "$(dirname "$0")/operator.sh"
tell_how
show_it
watch_over
