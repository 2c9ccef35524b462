# _paidan_words PROGRAM CURRENT WORD... - what may stand at the word CURRENT, after the WORDs, as "WORD<tab>WHAT IT IS" lines; or one
# of the lines :files, :folders and :programs. For bash and zsh alike.
#
# Commands, options and their values are read from what the program's --help says, so all that it can do is here. Areas, categories
# and orders are asked for from a paidand that answers within half a second.
_paidan_words() {
	local answer live
	answer=$(PAIDAN_PROGRAM=$1 awk '
function help(words, command, line, text) {
	command = ENVIRON["PAIDAN_PROGRAM"]
	gsub(/\047/, "\047\\\047\047", command)
	command = "LANGUAGE= LC_ALL=C.UTF-8 \047" command "\047 " words " --help 2>/dev/null </dev/null"
	count = 0
	while ((command | getline line) > 0)
		text[++count] = line
	close(command)
	read_help(text)
}
# "  name  what it does" and "  --name VALUE  what it does", which may go on in the next line.
function read_help(text, i, line, name, doc, rest) {
	split("", value); split("", what); options = commands = 0; usage = ""
	for (i = 1; i <= count; i++) {
		line = text[i]
		if (line ~ /^usage: /)
			usage = line
		if (line ~ /^  --[a-z]/) {
			match(line, /--[a-z-]+/)
			name = substr(line, RSTART, RLENGTH)
			rest = substr(line, RSTART + RLENGTH)
			value[name] = ""
			if (match(rest, /^ [A-Z][^ ]*/)) {
				value[name] = substr(rest, 2, RLENGTH - 1)
				rest = substr(rest, RLENGTH + 1)
			}
			sub(/^ +/, "", rest)
			what[name] = rest
			option[++options] = name
		} else if (options && line ~ /^                   /) {
			sub(/^ +/, " ", line)
			what[name] = what[name] line
		} else if (!options && line ~ /^  [a-z][a-z-]*  /) {
			doc = name = line
			sub(/^  /, "", name); sub(/ .*/, "", name)
			sub(/^ +[^ ]+ +/, "", doc)
			command_name[++commands] = name
			command_what[name] = doc
		}
	}
}
# The value that is called by this name, of an option that is described like this.
function values(called, description, i, list, n) {
	if (called ~ /^(DIR|FOLDER)$/)
		print ":folders"
	else if (called ~ /FILE|\.csv|\.ini/)
		print ":files"
	else if (called ~ /^(AREA|A)$/)
		print ":live area " connect
	else if (called == "C")
		print ":live category " connect
	else if (called == "ID")
		print ":live order " connect
	else if (match(description, /([a-z_]+, )+[a-z_]+ or [a-z_]+/)) {
		n = split(substr(description, RSTART, RLENGTH), list, /, | or /)
		for (i = 1; i <= n; i++)
			print list[i] "\t"
	} else if (called ~ /[|]/) {
		n = split(called, list, "|")
		for (i = 1; i <= n; i++)
			if (list[i] !~ /^[A-Z]+$/)
				print list[i] "\t"
	}
}
# The words that the usage line names before its options, by their place.
function called(place, list, n, i) {
	sub(/^usage: +[^ ]+ +[^ ]+ */, "", usage)
	n = split(usage, list, " ")
	for (i = 1; i <= n && tolower(list[i]) !~ /^\[?-|^\[options/; i++) {
		gsub(/[][]/, "", list[i])
		if (i == place)
			return list[i]
	}
	return ""
}
BEGIN {
	current = ARGV[2]
	help("")
	has_commands = commands > 0
	for (i = 3; i < ARGC; i++) {
		word = ARGV[i]
		if (word == "--") {
			print ARGC - i == 1 ? ":programs" : ":files"
			exit
		}
		pending = ""
		if (word ~ /^--/) {
			name = word
			if (sub(/=.*/, "", name)) {
				if (name == "--connect")
					connect = substr(word, 11)
			} else if (value[name] != "")
				pending = name
			if (pending == "" || i + 1 >= ARGC)
				continue
			if (name == "--connect")
				connect = ARGV[i + 1]
			i++
			pending = ""
		} else if (has_commands && command == "") {
			command = word
			if (word !~ /^[a-z-]+$/)
				exit
			help(word)
		} else
			place++
	}
	if (pending != "")
		values(value[pending], what[pending])
	else if (current ~ /^-/)
		for (i = 1; i <= options; i++)
			print option[i] "\t" what[option[i]]
	else if (has_commands && command == "")
		for (i = 1; i <= commands; i++)
			print command_name[i] "\t" command_what[command_name[i]]
	else if (command != "")
		values(called(place + 1), "")
}' "$@")
	case $answer in
	:live*)
		# paidan knows how to ask, for paidan-worker too.
		live=${answer#:live }
		if [ -n "${live#* }" ]; then
			"${1%-worker}" __complete "${live%% *}" --timeout 0.5 --connect "${live#* }" 2>/dev/null
		else
			"${1%-worker}" __complete "${live%% *}" --timeout 0.5 2>/dev/null
		fi
		;;
	?*) printf '%s\n' "$answer" ;;
	esac
}
