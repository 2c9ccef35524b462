#!/bin/sh
# What is installed, and what helps at a terminal: install.sh BUILD. Prints `ok NAME` and `not ok NAME`.
build=$(cd "$1" && pwd) || exit 100
. "$(dirname "$0")/say.sh"
. "$(dirname "$0")/daemon.sh"
unset LANGUAGE MAKEFLAGS MAKELEVEL
export LC_ALL=C.UTF-8

# silent NAME COMMAND...: it ends with 0 and says nothing.
silent() {
	name=$1
	shift
	said=$("$@" 2>&1)
	is "$name" "$? $said" "0 "
}

# ---- install, uninstall ----

root=$work/root
tree() { (cd "$1" && find . -printf '%p %M %l\n' | sort); }
into() { make --no-print-directory -s "$@" BUILD="$build" DESTDIR="$root" 2>&1; }

# Something is there already, and must stay as it is: among it an empty folder that install would have made.
mkdir -p "$root/usr/local/share/man/man1" "$root/usr/local/bin" "$root/etc"
echo mine >"$root/usr/local/bin/mine"
tree "$root" >"$work/before"
is "install says nothing when all is well" "$(into install)" ""
tree "$root" >"$work/installed"
for file in bin/paidand bin/paidan bin/paidan-worker lib/libpaidan.so lib/libpaidan.a include/paidan/paidan.h lib/pkgconfig/paidan.pc \
	share/man/man1/paidan.1 share/man/man1/paidan-worker.1 share/man/man5/paidand.conf.5 share/man/man8/paidand.8 \
	share/bash-completion/completions/paidan share/zsh/site-functions/_paidan lib/systemd/system/paidand.service \
	lib/sysusers.d/paidan.conf etc/paidan/paidand.conf share/doc/paidan/README.md share/doc/paidan/LICENSE share/paidan/schema.json; do
	is "$file is installed" "$(test -s "$root/usr/local/$file" && echo yes)" yes
done
is "nothing is writable for others" "$(find "$root/usr/local" ! -type l -perm /022)" ""
is "programs run from where they are" "$("$root/usr/local/bin/paidan" --version)" "paidan $(cat VERSION)"
has "the unit names the programs where they are" "$(cat "$root/usr/local/lib/systemd/system/paidand.service")" \
	"ExecStart=/usr/local/bin/paidand --config /usr/local/etc/paidan/paidand.conf"
is "no blank is left to be filled" "$(grep -rl '@[A-Z]*@' "$root/usr/local/lib/systemd" "$root/usr/local/lib/pkgconfig")" ""
into install >/dev/null
tree "$root" >"$work/again"
silent "installed again, it is the same" diff "$work/installed" "$work/again"
echo 'keep_ms=300' >>"$root/usr/local/etc/paidan/paidand.conf"
into install >/dev/null
is "settings that were changed are not overwritten" "$(tail -n 1 "$root/usr/local/etc/paidan/paidand.conf")" keep_ms=300
has "uninstall says what stays" "$(into uninstall)" "paidand.conf was changed, and stays"
rm -r "$root/usr/local/etc"
tree "$root" >"$work/after"
silent "uninstall removes what install put there, and nothing else" diff "$work/before" "$work/after"
into install PREFIX=/usr >/dev/null
is "with PREFIX=/usr, settings are in /etc" "$(test -f "$root/etc/paidan/paidand.conf" && echo yes)" yes
echo stale >"$root/usr/bin/paidan-old"
echo "file /usr/bin/paidan-old" >>"$root/usr/share/paidan/installed"
into install PREFIX=/usr >/dev/null
is "what is out of use goes with the next install" "$(ls "$root/usr/bin/paidan-old" 2>/dev/null)" ""
is "uninstall says nothing when all is well" "$(into uninstall PREFIX=/usr)" ""
tree "$root" >"$work/after"
silent "uninstall takes its folders with it" diff "$work/before" "$work/after"
has "uninstall without an install is an error" "$(into uninstall)" "nothing is known to be installed"
has "what is not built is said" "$(make -s install BUILD="$work/empty" DESTDIR="$root" 2>&1)" "run make first"

# ---- libpaidan ----

shown() { nm -D --defined-only --format=posix "$build/libpaidan.so.0" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' | sort; }
into install >/dev/null
declared() {
	sed -n '/^static inline/,/^}/d; /^typedef/d; p' "$root"/usr/local/include/paidan/*.h | grep -o '\bpd_[a-z0-9_]*(' | tr -d '(' | sort -u
}
shown >"$work/shown"
declared >"$work/declared"
is "libpaidan shows pd_ names alone" "$(grep -v '^pd_' "$work/shown")" ""
silent "it shows what the installed headers declare, no more and no less" diff "$work/declared" "$work/shown"
is "so does the static library" "$(nm --defined-only --extern-only "$build/public/libpaidan.a" | awk 'NF == 3 { print $3 }' | sort | diff - "$work/declared")" ""
has "its name has a version" "$(readelf -d "$build/libpaidan.so.0")" "[libpaidan.so.0]"

cat >"$work/program.c" <<'END'
#include <paidan/paidan.h>
#include <stdio.h>
int main(void)
{
	struct pd_client_options options;
	struct pd_client *client;
	struct pd_message question, answer;
	const char *why = "";
	options = (struct pd_client_options){0};
	options.name = "outsider 1";
	question = (struct pd_message){0};
	question.type = PD_MSG_get_stats;
	if (pd_client_open(&client, &options, &why) != PD_OK)
		return 1;
	enum pd_err err = pd_client_call(client, &question, &answer, 10000);
	printf("%s %s\n", pd_err_text(err), pd_message_info(answer.type)->name);
	pd_client_close(client);
	return 0;
}
END
sed 's/(struct \([a-z_]*\)){0}/\1()/' "$work/program.c" >"$work/program.cc"
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_PATH="$root/usr/local/lib/pkgconfig"
is "pkg-config knows its version" "$(pkg-config --modversion paidan)" "$(cat VERSION)"
for language in "gcc -std=c11 c" "g++ -std=c++11 cc"; do
	# shellcheck disable=SC2086
	set -- $language
	# shellcheck disable=SC2046
	silent "a program in $2 is built against what is installed" "$1" "$2" -pedantic -Wall -Wextra -Werror "$work/program.$3" -o "$work/program-$3" \
		$(pkg-config --cflags paidan | sed 's/-I/-isystem /g') $(pkg-config --libs paidan)
done
for header in "$root"/usr/local/include/paidan/*.h; do
	echo "#include <paidan/${header##*/}>" >"$work/alone.c"
	silent "${header##*/} stands alone in C" gcc -std=c11 -Wall -Wextra -Werror -fsyntax-only -I "$root/usr/local/include" "$work/alone.c"
	silent "${header##*/} stands alone in C++" g++ -x c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only -I "$root/usr/local/include" "$work/alone.c"
done
{
	echo '#include <paidan/paidan.h>'
	echo 'void *all[] = {'
	sed 's/.*/(void *)\&&,/' "$work/declared"
	echo '}; int main() { return all[0] == 0; }'
} | sed 's/\\&/\&/' >"$work/all.cc"
# shellcheck disable=SC2046
silent "C++ finds every function of the headers" g++ -std=c++11 "$work/all.cc" -o "$work/all" $(pkg-config --cflags --libs paidan)
unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH

# ---- settings ----

paidand=$build/paidand
print() { "$paidand" "$@" --print-config; }
print --data "$work/a" --listen tcp://127.0.0.1:1 --listen "ipc://$work/l" --publish tcp://127.0.0.1:2 --log-level warn >"$work/printed"
printf '[paidand]\nconfirm_days=9\nreopen_days=0\nsegment_mib=3\nreserve_mib=1\nkeep_ms=1\nheartbeat_ms=100\n' >"$work/numbers"
print --config "$work/numbers" --data "$work/a" >"$work/printed-numbers"
for file in printed printed-numbers; do
	print --config "$work/$file" >"$work/reprinted"
	silent "what --print-config prints is read as the same: $file" diff "$work/$file" "$work/reprinted"
done
is "the settings in force are printed" "$(grep -c '^confirm_days=9$\|^reopen_days=0$\|^segment_mib=3$\|^reserve_mib=1$\|^keep_ms=1$\|^heartbeat_ms=100$' "$work/printed-numbers")" 6
is "endpoints are printed in their order" "$(grep '^listen=' "$work/printed" | tr '\n' ' ')" "listen=tcp://127.0.0.1:1 listen=ipc://$work/l "
print --data /var/lib/paidan >"$work/defaults"
print --config "$build/paidand.conf" >"$work/example"
silent "the example has the defaults" diff "$work/defaults" "$work/example"
is "it leaves the defaults to paidand" "$(grep -c '^[^#]' "$build/paidand.conf")" 2
long=$(printf '%0300d' 0)
has "a value that fits in no file is an error" "$(print --data "/$long" 2>&1)" "cannot be written in a file"
is "... and nothing is printed" "$(print --data "/$long" 2>/dev/null)" ""
printf '[paidand]\nkeep_ms=5\ndata=/%s\n' "$long" >"$work/long"
has "a line that is too long is an error" "$(print --config "$work/long" 2>&1)" "long:3: a line may have at most 198 bytes"
for setting in $(sed -n 's/^\([a-z_]*\)=.*/\1/p' "$work/defaults" | sort -u); do
	has "$setting is in --help" "$("$paidand" --help | tr _ -)" "$(echo "$setting" | tr _ -)"
	has "$setting is in paidand.conf(5)" "$(cat "$build/man/paidand.conf.5")" ".It Ic $setting
"
done

# ---- manual pages ----

silent "mandoc finds nothing wrong with the manual pages" mandoc -Tlint -Wwarning "$build"/man/*
for page in "$build"/man/*; do
	silent "man shows ${page##*/} without a warning" sh -c 'MANWIDTH=80 man --warnings=w -l -Tutf8 "$1" >/dev/null' man "$page"
	mandoc -Tutf8 -Owidth=200 "$page" | col -bx >"$work/${page##*/}.txt"
done
# The text below a heading of a page, up to the next one that is as far to the left.
below() { awk -v head="$2" '$0 == head { on = 1; next } on && /^ ? ? ?[^ ]/ { exit } on' "$1"; }
commands() { "$1" --help | awk '/^[^ ]*options/ { exit } /^  [a-z][a-z-]*  / { print $1 }'; }
options() { sed -n 's/^  --\([a-z-]*\).*/\1/p'; }
# complete PAGE PROGRAM: every command and option that --help tells stands in the page.
complete() {
	missing=
	count=0
	for option in $("$2" --help | options); do
		grep -q "^  *--$option\( \|$\)" "$1" || missing="$missing --$option"
		count=$((count + 1))
	done
	for command in $(commands "$2"); do
		below "$1" "   $command" >"$work/section"
		[ -s "$work/section" ] || missing="$missing $command"
		for option in $("$2" "$command" --help | options); do
			grep -q "^  *--$option\( \|$\)" "$work/section" || below "$1" OPTIONS | grep -q "^  *--$option\( \|$\)" ||
				missing="$missing $command:--$option"
			count=$((count + 1))
		done
	done
	is "${1##*/} has every command and option of --help" "$missing" ""
	is "... of which there are some" "$((count > 5))" 1
}
complete "$work/paidan.1.txt" "$build/paidan"
complete "$work/paidan-worker.1.txt" "$build/paidan-worker"
complete "$work/paidand.8.txt" "$build/paidand"

# ---- completion ----

"$build/paidan" district --preset boshan --seed 1 "$work/district" >/dev/null || exit 1
"$paidand" --data "$work/data" --listen "$PAIDAN_CONNECT" --publish "$PAIDAN_SUBSCRIBE" 2>"$work/log" &
daemon=$!
"$build/paidan" import "$work/district" >/dev/null || echo "not ok a district is imported"
is "the program in C asks the broker" "$(LD_LIBRARY_PATH=$build "$work/program-c" 2>&1)" "no error stats"
silent "a program is linked with the static library" gcc -std=c11 -I "$root/usr/local/include" "$work/program.c" -o "$work/program-static" \
	"$root/usr/local/lib/libpaidan.a" -lzmq -lsodium -lmsgpackc
is "the program with the static library asks the broker" "$("$work/program-static" 2>&1)" "no error stats"
is "the program in C++ asks the broker" "$(LD_LIBRARY_PATH=$build "$work/program-cc" 2>&1)" "no error stats"
order=$("$build/paidan" order 灯不亮 --category 公共照明 --area 1001 --json | sed 's/.*"order":"\([^"]*\)".*/\1/')

# bash_offers WORD...: what bash offers for the last word, as it cuts the line into words.
bash_offers() {
	bash --norc -c '. "$0/completion/paidan"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _paidan; echo "${COMPREPLY[*]}"' "$build" "$@"
}
# zsh_offers WORD...: the same of zsh, with its own functions replaced by ones that print.
zsh_offers() {
	zsh -f -c 'compset() { }
		_describe() { local -a rows; rows=("${(@P)2}"); print -r -- ${(M)${(@)rows%%:*}:#${current}*} }
		_files() { print -r -- files "$@" }; _command_names() { print -r -- programs }
		build=$1; shift; words=("$@"); CURRENT=$#; functions[completion]="$(<$build/completion/_paidan)"; completion' zsh "$build" "$@"
}
offers() {
	"$shell"_offers "$@"
}
everything=$(commands "$build/paidan" | tr '\n' ' ')
for shell in bash zsh; do
	if ! command -v $shell >/dev/null; then
		echo "ok $shell # SKIP it is not installed"
		continue
	fi
	p=$build/paidan
	is "$shell: all commands" "$(offers "$p" '') " "$everything"
	is "$shell: a command" "$(offers "$p" cance)" cancel
	is "$shell: a command after an option with a value" "$(offers "$p" --as 5 cance)" cancel
	is "$shell: options" "$(offers "$p" orders --sta)" --state
	has "$shell: options for every command" "$(offers "$p" orders --)" --connect
	is "$shell: states" "$(offers "$p" orders --state '')" "waiting accepted suspended completed closed cancelled merged"
	is "$shell: the words of a calendar" "$(offers "$p" calendar '')" set
	is "$shell: urgencies" "$(offers "$p" order x --urgency e)" emergency
	has "$shell: posts" "$(offers "$p" people --post '')" "leader grid_leader"
	is "$shell: areas of the broker" "$(offers "$p" orders 税务街社区第五网格第二)" "税务街社区第五网格第二微网格"
	is "$shell: areas of the broker, of an option" "$(offers "$p" order x --area 税务街社区第五网格第二)" "税务街社区第五网格第二微网格"
	is "$shell: categories of the broker" "$(offers "$p" order x --category 公共照)" "公共照明"
	is "$shell: orders of the broker" "$(offers "$p" show "$(echo "$order" | cut -c1-8)")" "$order"
	is "$shell: nothing for what is free text" "$(offers "$p" note "$order" '')" ""
	is "$shell: workers" "$(offers "$p-worker" '') " "$(commands "$p-worker" | tr '\n' ' ')"
	is "$shell: a worker's areas" "$(offers "$p-worker" lead 税务街社区第五网格第二)" "税务街社区第五网格第二微网格"
	is "$shell: a worker's options" "$(offers "$p-worker" exec 1 --jo)" --jobs
	is "$shell: paidand's options" "$(offers "${p}d" --log)" --log-level
	is "$shell: levels of the log" "$(offers "${p}d" --log-level w)" warn
done
is "bash: a value behind =" "$(bash_offers "$build/paidan" orders --state = wait)" waiting
is "bash: an endpoint in pieces" "$(bash_offers "$build/paidan" --connect tcp : //127.0.0.1 : 1 cance)" cancel
is "bash: folders" "$(bash_offers "$build/paidan" import "$work/distr")" "$work/district"
is "bash: programs of exec" "$(bash_offers "$build/paidan-worker" exec 1 -- mktem)" mktemp
kill "$daemon"
wait "$daemon"
daemon=
is "bash: without a broker, no names and no complaint" "$(bash_offers "$build/paidan" orders '' 2>&1)" ""
exit $failed
