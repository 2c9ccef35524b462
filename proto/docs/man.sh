#!/bin/sh
# man.sh - a manual page, from its prose and from what the program says of itself: man.sh TEMPLATE PROGRAM
#
# TEMPLATE is mdoc(7). In it a line of its own is replaced:
#   @date         .Dd
#   @commands     each command of PROGRAM --help, with its own --help
#   @options      the options of PROGRAM --help
#   @settings     what PROGRAM --print-config explains
# So no command, option or setting is described twice. Exits 111 when PROGRAM failed or said nothing of that sort.
set -u
template=$1 program=$2
unset LANGUAGE PAIDAN_CONNECT PAIDAN_SUBSCRIBE
export LC_ALL=C.UTF-8
work=$(mktemp -d) || exit 111
trap 'rm -rf "$work"' EXIT

# Shared by all: text for roff, and the list of options.
cat >"$work/lib.awk" <<'END'
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/--/, "\\-\\-", text)
	sub(/ +$/, "", text)
	if (text ~ /^[.\047]/)
		text = "\\&" text
	return text
}
# Running text, a line for each sentence.
function lines(text, out) {
	while (match(text, /[A-Za-z)]\. +[A-Z]/)) {
		out = out escape(substr(text, 1, RSTART + 1)) "\n"
		text = substr(text, RSTART + RLENGTH - 1)
	}
	return out escape(text)
}
# A word that follows a macro on its line.
function word(text) { text = escape(text); gsub(/"/, "\\(dq", text); return "\"" text "\"" }
function paragraph(literal) {
	if (literal == in_literal)
		return
	print literal ? ".Bd -literal" : ".Ed"
	in_literal = literal
}
# A line of running text; what is indented stays as it is.
function prose(text) {
	if (text == "") {
		blank = 1
		return
	}
	was_literal = in_literal
	paragraph(text ~ /^ |[^ .]   /)
	if (blank && !in_literal)
		print ".Pp"
	else if (blank && was_literal)
		print ""
	blank = 0
	print in_literal ? escape(text) : lines(text)
}
function end_prose() { paragraph(0); blank = 0 }
# "  --name VALUE   what it does"
function option(line, parts, name, value, doc) {
	match(line, /^ +--[a-z-]+/)
	name = substr(line, RSTART, RLENGTH)
	sub(/^ +--/, "", name)
	value = substr(line, RSTART + RLENGTH)
	doc = value
	if (match(value, /  +/)) {
		doc = substr(value, RSTART + RLENGTH)
		value = substr(value, 1, RSTART - 1)
	} else {
		sub(/^ /, "", doc)
		value = ""
		if (match(doc, /^[A-Z][A-Z,.]* /)) {
			value = " " substr(doc, 1, RLENGTH - 1)
			doc = substr(doc, RLENGTH + 1)
		}
	}
	if (!in_options)
		print ".Bl -tag -width Ds"
	in_options = 1
	sub(/^ /, "", value)
	print ".It Fl \\-" name (value == "" ? "" : " Ar " word(value))
	print lines(doc)
}
function end_options() {
	if (in_options)
		print ".El"
	in_options = 0
}
END

# The commands of the overview: indented names, before its options.
commands() {
	"$program" --help | awk '/^[^ ]*options/ { exit } /^  [a-z][a-z-]*  / { print $1 }'
}

commands_page() {
	name=$(basename "$program")
	for command in $(commands); do
		"$program" "$command" --help >"$work/help" || exit 111
		awk -f "$work/lib.awk" -f - "$work/help" <<'END'
NR == 1 { usage = $0; sub(/^[^:]*: */, "", usage); next }
NR == 2 && $0 == "" {
	split(usage, words, " ")
	print ".Ss " words[2]
	print ".Bd -filled -offset indent"
	print escape(usage)
	print ".Ed"
	print ".Pp"
	next
}
NR == 2 { usage = usage "\n" $0; next }
/^for every command:/ { exit }
/^options:/ { next }
/^  --(connect|subscribe|help|version)[ =]/ { next } # they stand under OPTIONS
/^  --[a-z]/ { end_prose(); option($0); next }
in_options && /^                    / { sub(/^ +/, ""); print lines($0); next }
in_options { end_options() }
{ prose($0) }
END { end_prose(); end_options() }
END
	done
}

# The options of the overview, or, where it has none, those that every command has.
options_page() {
	"$program" --help >"$work/help" || exit 111
	if ! grep -q '^  --' "$work/help"; then
		first=$(commands | head -n 1)
		"$program" "$first" --help | grep -E '^  --(connect|subscribe|help|version)' >"$work/help" || exit 111
	fi
	awk -f "$work/lib.awk" -f - "$work/help" <<'END'
/^  --[a-z]/ { option($0); next }
in_options && /^                    / { sub(/^ +/, ""); print lines($0); next }
in_options { exit }
END { end_options() }
END
}

settings_page() {
	"$program" --data /var/lib/paidan --print-config >"$work/help" || exit 111
	awk -f "$work/lib.awk" -f - "$work/help" <<'END'
BEGIN { print ".Bl -tag -width Ds" }
/^\[/ { count = 0; next }
/^# / { comment[++count] = substr($0, 3); next }
/^[a-z_]+=/ {
	split($0, parts, "=")
	if (parts[1] == last)
		next
	last = parts[1]
	print ".It Ic " last
	for (i = 1; i <= count; i++)
		print escape(comment[i])
	count = 0
}
END { print ".El" }
END
}

seconds=${SOURCE_DATE_EPOCH:-$(date -r "$template" +%s)}
while IFS= read -r line; do
	case $line in
	@date) LC_ALL=C date -u -d "@$seconds" '+.Dd %B %-d, %Y' ;;
	@commands | @options | @settings)
		"${line#@}_page" >"$work/part" || exit 111
		grep -q '^\.It\|^\.Ss' "$work/part" || { echo "man.sh: $program says nothing for $line" >&2; exit 111; }
		cat "$work/part"
		;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$template"
