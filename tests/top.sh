#!/bin/sh
# paidan top in a terminal, against a live daemon: top.sh BUILD. Prints `ok NAME` and `not ok NAME`.
#
# The terminal is tmux, whose screen is looked at until it shows what is expected, or too long has gone by.
build=$(cd "$1" && pwd)
command -v tmux >/dev/null || { echo "ok top in a terminal # SKIP tmux is not installed"; exit 0; }
work=$(mktemp -d)
daemon=
failed=0 terminals=0
limit_s=${LIMIT:-30}
# shellcheck disable=SC2317
end() {
	term kill-server 2>/dev/null
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
export PAIDAN_CONNECT="ipc://$work/commands" PAIDAN_SUBSCRIBE="ipc://$work/events"
export LC_ALL=C.UTF-8
unset NO_COLOR TMUX LANGUAGE
D=$work/district

term() {
	command=$1
	shift
	tmux -u -f /dev/null -S "$work/tmux$terminals" "$command" "$@"
}
screen() {
	term capture-pane -p 2>/dev/null
}
# passed NAME / failed NAME WHY: WHY and the screen are shown
passed() {
	echo "ok $1"
}
failed() {
	echo "not ok $1: $2"
	screen | sed 's/^/    |/'
	failed=1
}
# shows NAME PATTERN: the screen comes to show a line that matches
shows() {
	start=$(date +%s)
	until screen | grep -Eq -- "$2"; do
		[ $(($(date +%s) - start)) -lt "$limit_s" ] || { failed "$1" "nothing like \"$2\" on the screen"; return; }
		sleep 0.05
	done
	passed "$1"
}
# gone NAME PATTERN: it comes to show no such line
gone() {
	start=$(date +%s)
	while screen | grep -Eq -- "$2"; do
		[ $(($(date +%s) - start)) -lt "$limit_s" ] || { failed "$1" "\"$2\" is still on the screen"; return; }
		sleep 0.05
	done
	passed "$1"
}
# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then passed "$1"; else failed "$1" "got \"$2\", wanted \"$3\""; fi
}
keys() {
	term send-keys "$@"
}

# Whether anything on the screen has a colour.
coloured() {
	term capture-pane -p -e | grep -q "$(printf '\033\\[[0-9;]*3[0-7]m')" && echo yes || echo no
}

start_daemon() {
	"$build/paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>>"$work/log" &
	daemon=$!
	start=$(date +%s)
	until "$build/paidan" stats >/dev/null 2>&1; do
		[ $(($(date +%s) - start)) -lt "$limit_s" ] || { echo "not ok paidand starts"; exit 1; }
	done
}
# The household's number, the text
order() {
	"$build/paidan" order "$2" --category 公共照明 --household "$1" >/dev/null || echo "not ok an order is taken"
}
# run TERMINAL ARGS...: top in a new terminal of 80x24, which says what became of it
run() {
	terminal=$1
	shift
	cat >"$work/run.sh" <<EOF
trap : INT
before=\$(stty -g)
env $terminal "$build/paidan" top $*
code=\$?
[ "\$(stty -g)" = "\$before" ] && echo "the terminal is as before"
echo "exit \$code."
exec sleep 600
EOF
	term kill-server 2>/dev/null
	terminals=$((terminals + 1)) # a server that is about to leave takes no new sessions
	term new-session -d -x 80 -y 24 "sh '$work/run.sh'"
}
# ended NAME CODE: it has ended so, and the terminal is clean
ended() {
	shows "$1: exit $2" "^exit $2\.\$"
	shows "$1: echo and lines are on again" "the terminal is as before"
	is "$1: the alternate screen is left" "$(term display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
	is "$1: nothing is left on the screen" "$(screen | grep -c 'paidan top \|WAITING')" 0
}

mkdir "$D"
cat >"$D/areas.csv" <<'EOF'
id,parent,level,kind,name
1,0,district,plain,博山区
11,1,street,plain,城东街道
12,1,street,plain,城西街道
111,11,community,plain,税务街社区
121,12,community,plain,柳杭社区
1111,111,grid,plain,税务街社区第一网格
1211,121,grid,plain,柳杭社区第一网格
1001,1111,microgrid,plain,税务街社区第一网格第一微网格
1002,1211,microgrid,plain,柳杭社区第一网格第一微网格
EOF
cat >"$D/households.csv" <<'EOF'
id,area,centre,address,lon,lat
500001,1001,500001,税务街3号院1号楼1单元101室,117.8750259,36.4949778
500002,1002,500002,柳杭路1号楼1单元102室,117.8750221,36.4949597
EOF
cat >"$D/people.csv" <<'EOF'
id,post,area,household,name,phone
1,administrator,1,0,刘涵颖,0533-0000001
2001,leader,1001,500001,王秀英,0533-0000002
EOF
cat >"$D/categories.csv" <<'EOF'
id,name,level,urgency,accept_within_s,complete_within_s
3,公共照明,microgrid,normal,1800,86400
EOF
start_daemon
"$build/paidan" import "$D" >"$work/out" 2>&1 || { cat "$work/out"; echo "not ok the district is imported"; exit 1; }
order 500001 三号楼二单元楼道灯不亮
order 500001 四号楼的灯也不亮
order 500002 门口的路灯坏了

# ---- what stands there ----

run TERM=tmux-256color
shows "the title has the district and the time" '^ paidan top  博山区 +[0-9]{2}:[0-9]{2}:[0-9]{2}'
shows "waiting orders are counted" '^ 3 waiting, the oldest for '
shows "a row of the table, the most waiting first" '^>城东街道 +2 '
shows "another row" '^ 城西街道 +1 '
shows "the newest event, with area, category and words" '[0-9:]{8} submitted +…第一网格第一微网格 +公共照明 +门口的路灯坏了'
shows "the keys are told" '^ q quit  \? help'

"$build/paidan" order 又有一处不亮 --category 公共照明 --household 500002 --json >"$work/order" || echo "not ok an order is taken"
shows "a new order is seen as it comes" 'submitted +…第一网格第一微网格 +公共照明 +又有一处不亮'
shows "and counted" '^ 4 waiting'
shows "and drawn as a bar" '^ submitted +[0-9.]+/s.*█'

is "with colours" "$(coloured)" yes

# ---- keys ----

keys Down
shows "down chooses the next area" '^>城西街道'
keys Enter
shows "Enter opens it" '^ paidan top  博山区 / 城西街道 '
shows "its children are listed" '^>柳杭社区 +2 '
gone "events of elsewhere are not" '三号楼二单元'
keys Enter
shows "and further down" '博山区 / 城西街道 / 柳杭社区 '
keys BSpace
shows "Backspace goes up" '^ paidan top  博山区 / 城西街道 '
keys Left
shows "Left does, too; what was left is chosen" '^>城西街道'
keys Left
keys S
shows "S sorts by the column before" '^ AREA[▲▼]'
keys s
shows "s by the next" 'WAITING▼'
keys r
shows "r reverses it" 'WAITING▲'
keys '?'
shows "? shows help" 'how long the oldest of the waiting has waited'
keys x
shows "any key leaves help" '^ q quit'
keys Space
shows "space holds the picture" 'paused +[0-9:]{8} *$'
order 500001 停着也要记下
keys Space
shows "space again goes on, and nothing was lost" '停着也要记下'
gone "it says paused no longer" 'paused'

# ---- sizes ----

term resize-window -x 40 -y 10
shows "too small: it says what it needs" '^too small: 40 x 10, needs 60 x 16'
term resize-window -x 200 -y 50
shows "large: the events stand beside the table" '^ AREA .*SLOWEST TO ACCEPT .*ORDERS'
term resize-window -x 60 -y 16
shows "small: the table is there with fewer columns" '^ AREA.*OLDEST'
term resize-window -x 80 -y 24
shows "and back" 'COMPLETE$'

# ---- a lost broker ----

shows "all orders are counted, before it is lost" '^.城东街道 +3 '
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
daemon=
shows "a lost broker: it stays, and says since when" '^ no connection since [0-9-]{10} [0-9:]{8}; trying again'
shows "a lost broker: what was known is still there" '^.城东街道 +3 '
start_daemon
shows "the broker is back" '^ 5 waiting'
order 500002 重启以后
shows "and events come again" '重启以后'

# ---- leaving ----

keys q
ended "q" 0
run TERM=tmux-256color
shows "again" '^ 6 waiting'
keys C-c
ended "Ctrl-C" 0
run TERM=tmux-256color 税务街社区
shows "an area by name: it alone" '^ paidan top  税务街社区 '
keys BSpace
shows "and nothing above it" '^>税务街社区第一网格'
pid=$(ps -o pid= --ppid "$(term display-message -p '#{pane_pid}')" | tr -d ' ')
kill -TERM "$pid"
ended "SIGTERM" 0

# ---- a broker that does not answer ----

kill -STOP "$daemon"
for key in q C-c; do
	run TERM=tmux-256color
	shows "connecting is said" "^connecting to ipc://.*; q or Ctrl-C leaves"
	keys x
	keys "$key"
	ended "connecting, $key" 0
	is "connecting, $key: keys are not shown" "$(screen | grep -c '^x')" 0
done
run TERM=tmux-256color --timeout 1
shows "it is not waited for without end" "^paidan top: no paidand answers at"
shows "it is not waited for without end: exit 111" "^exit 111"
shows "it is not waited for without end: the terminal" "the terminal is as before"
kill -CONT "$daemon"

# ---- other terminals ----

run "TERM=vt100 LC_ALL=C"
shows "vt100, and no UTF-8: ASCII alone beside the names" 'WAITINGv'
shows "its rows" '^>城'
is "no bars, no ellipsis, no triangles" "$(screen | grep -c '[▁▂▃▄▅▆▇█…▼▲]')" 0
keys q
ended "vt100" 0
run "TERM=tmux-256color LC_ALL=xx_YY.UTF-8"
shows "a locale that was not generated here: as in C.UTF-8" 'WAITING▼'
keys q
ended "a locale that was not generated" 0
run "TERM=tmux-256color NO_COLOR=1" --note "'a line of its own'"
shows "a note is shown" '^a line of its own'
is "NO_COLOR: no colours" "$(coloured)" no
keys q
ended "NO_COLOR" 0
run TERM=tmux-256color --no-colour
shows "without colours" '^ 6 waiting'
is "--no-colour: no colours" "$(coloured)" no
keys q
ended "--no-colour" 0
run TERM=no-such-terminal
shows "an unknown terminal is refused" "TERM='no-such-terminal' is not known"
shows "an unknown terminal: exit 100" '^exit 100\.'

out=$("$build/paidan" top 2>&1 </dev/null)
is "no terminal: exit 100" $? 100
case $out in
*"paidan stats --every 1"*) passed "no terminal: it names what to use" ;;
*) failed "no terminal: it names what to use" "$out" ;;
esac
exit $failed
