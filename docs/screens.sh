#!/bin/sh
# What people see, taken from the running programs: screens.sh BUILD [FOLDER]. For `make screens`.
#
# Starts a made district of its own (seed 1), does in terminals (tmux) what a resident, a leader and a supervisor would do, and saves
# each screen as text (NAME.txt) and as a picture (NAME.svg) in FOLDER: docs/screens, or docs/screens/zh in Chinese. LANG and
# LANGUAGE say the language. Times and the ids of orders are those of the moment; the rest is the same each time.
build=$(cd "$1" && pwd) || exit 100
here=$(cd "$(dirname "$0")" && pwd)
case ${LC_ALL:-${LANG:-}} in zh*) folder=${2:-$here/screens/zh} ;; *) folder=${2:-$here/screens} ;; esac
for program in tmux python3; do
	command -v $program >/dev/null || { echo "screens: $program is missing" >&2; exit 100; }
done
work=$(mktemp -d) || exit 111
parts=''
# shellcheck disable=SC2317
end() {
	code=$?
	for name in $terminals; do tmux -S "$work/tmux_$name" kill-server 2>/dev/null; done
	for pid in $parts; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
	exit $code
}
terminals='' columns=''
trap end EXIT
trap 'exit 130' INT TERM
export PAIDAN_CONNECT="ipc://$work/commands" PAIDAN_SUBSCRIBE="ipc://$work/events" PATH="$build:$PATH" TZ=CST-8
# A language whose locale this machine does not have is left to LANGUAGE; its characters are UTF-8 in any case.
locale -a 2>/dev/null | grep -qix "$(echo "${LC_ALL:-${LANG:-C}}" | sed 's/UTF-8/utf8/')" && utf8=$(locale charmap) || utf8=''
[ "$utf8" = UTF-8 ] || { unset LC_ALL; export LC_CTYPE=C.UTF-8; }
unset NO_COLOR TMUX ENV
mkdir -p "$folder"

fail() {
	echo "screens: $1" >&2
	exit 1
}

# ---- terminals ----

# term NAME COMMAND...: a command of tmux, in the server of that terminal
term() {
	name=$1
	shift
	tmux -u -f /dev/null -S "$work/tmux_$name" "$@"
}
# open NAME COLUMNS ROWS [PROGRAM]: a terminal with a shell, or a program
open() {
	terminals="$terminals $1"
	eval "columns_$1=$2"
	term "$1" new-session -d -x "$2" -y "$3" "${4:-env PS1='\$ ' sh -i}"
	[ -n "$4" ] || await "$1" '^\$'
}
say() { # NAME LINE
	term "$1" send-keys -l -- "$2"
	term "$1" send-keys Enter
}
screen() {
	term "$1" capture-pane -p
}
# await NAME PATTERN: until the screen shows it
await() {
	start=$(date +%s)
	until screen "$1" | grep -Eq -- "$2"; do
		[ $(($(date +%s) - start)) -lt 30 ] || { screen "$1" >&2; fail "$1 does not show \"$2\""; }
		sleep 0.1
	done
}
# save NAME FILE: what the screen shows, without the empty lines at its end and the prompt that waits there
save() {
	term "$1" capture-pane -e -p -N >"$work/all"
	sed 's/\x1b\[[0-9;:]*m//g; s/[[:space:]]*$//' "$work/all" | sed -e ':a' -e '/^[[:space:]]*$/{$d;N;ba' -e '}' >"$work/text"
	[ "$(tail -n 1 "$work/text")" != '$' ] || sed -i '$d' "$work/text"
	head -n "$(wc -l <"$work/text")" "$work/all" >"$work/ansi"
	eval "columns=\$columns_$1"
	python3 "$here/ansi_svg.py" "$columns" <"$work/ansi" >"$folder/$2.svg" || fail "$2.svg cannot be made"
	cp "$work/text" "$folder/$2.txt"
	echo "  $2"
}
close() {
	term "$1" kill-server
}

# ---- the district ----

part() {
	"$@" >>"$work/log" 2>&1 &
	parts="$! $parts"
}
# reach NUMBER COMMAND: until what the command prints is no less
reach() {
	start=$(date +%s)
	until [ "$($2)" -ge "$1" ]; do
		[ $(($(date +%s) - start)) -lt 90 ] || fail "$2 does not reach $1"
		sleep 0.2
	done
}
submitted() {
	paidan stats --json | sed 's/.*"submitted":\([0-9]*\).*/\1/'
}
completed() {
	paidan stats --json | sed 's/.*"completed":\([0-9]*\).*/\1/'
}
events_seen() {
	screen watch | grep -c ':[0-9][0-9]  '
}

echo "screens of a made district, into $folder:"
paidan district --preset boshan --seed 1 "$work/district" >"$work/log" || fail "the district cannot be made"
part paidand --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE"
paidan import "$work/district" --timeout 120 >>"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the district cannot be imported"; }
area=$(sed -n 2p "$work/district/households.csv" | cut -d, -f2)
household=$(sed -n 2p "$work/district/households.csv" | cut -d, -f1)
resident=$(awk -F, -v h="$household" '$2 == "resident" && $4 == h { print $1; exit }' "$work/district/people.csv")
street=$(awk -F, '$3 == "street" { print $5; exit }' "$work/district/areas.csv" | tr -d '\r')

# ---- a resident and a leader ----

open lead 120 30
say lead "paidan-worker lead $area"
await lead '^>'
open order 100 16
say order "paidan order 三号楼二单元楼道灯不亮 --category 公共照明 --household $household --as $resident"
await order '[0-9a-f]{8}-[0-9a-f]{4}-7'
save order order
id=$(screen order | grep -Eo '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}' | head -n 1)
await lead '\[1\] |does not let you|服务不允许'
# On a slow machine the broker may have put it off: it lets nobody ask for much at once.
screen lead | grep -q '\[1\] ' || say lead "clear; paidan-worker lead $area"
await lead '\[1\] '
paidan order 楼下的垃圾桶满了两天没人清 --category 垃圾清运 --area "$area" >>"$work/log" 2>&1 || fail "an order was not taken"
await lead '\[2\] '
say lead "a 1"
await lead '\[1\] .*c 1'
say lead "n 1 配件下午到"
await lead '\[1\] [^ac]*$'
say lead "c 1 已更换灯泡，恢复照明"
await lead '> c 1'
reach 1 completed
say lead "a 2"
await lead '\[2\] .*c 2'
save lead lead
close lead
paidan confirm "$id" 5 很快，谢谢 --as "$resident" >>"$work/log" 2>&1 || fail "the order was not confirmed"
open show 120 26
say show "paidan show $id"
await show '很快，谢谢'
save show show
close show
close order

# ---- a supervisor ----

part paidan-worker district --seed 1
part paidan-worker residents --seed 1 --rate 20
open small 80 24 "paidan top"
open large 200 50 "paidan top"
await small '^>'
reach 700 submitted
save small top-80x24
term small send-keys '?'
await small 'PgUp'
save small top-help
save large top-200x50
term large send-keys Enter
await large "/ "
sleep 1
save large top-opened-200x50
close small
close large
open watch 120 24
say watch "paidan watch $street"
reach 10 events_seen
save watch watch
close watch
open stats 100 40
say stats "paidan stats $street"
await stats '^(people|人员)'
await stats '^\$ *$'
save stats stats
close stats
open every 120 10
say every "paidan stats --every 1 --count 5"
await every '^t=5'
save every stats-every
