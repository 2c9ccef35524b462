
_paidan() {
	local words=() word glued='' current line
	# Bash cuts words at = and :, so that an endpoint comes in pieces.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ ${#words[@]} -gt 0 && ($glued || $word == [=:]*) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		[[ $word == *[=:] ]] && glued=1 || glued=''
	done
	current=${words[-1]}
	unset 'words[-1]'
	if [[ $current == --*=* ]]; then
		words+=("${current%%=*}")
		current=${current#*=}
	fi
	current=${current//[\\\'\"]/}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
		:folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
		:programs) mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u) ;;
		*)
			word=${line%%$'\t'*}
			[[ $word == "$current"* ]] || continue
			[[ $word == *[[:space:]\'\"\\\$\`\(\)\&\;\<\>\|\*\?]* ]] && printf -v word %q "$word"
			COMPREPLY+=("$word")
			;;
		esac
	done < <(_paidan_words "${COMP_WORDS[0]/#\~/$HOME}" "$current" "${words[@]}")
}
complete -F _paidan paidan paidan-worker paidand
