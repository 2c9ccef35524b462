
_paidan() {
	local -a given rows described
	local line current=${words[CURRENT]}
	given=("${(@)words[2,CURRENT-1]}")
	if [[ $current == --*=* ]]; then
		given+=("${current%%=*}")
		compset -P '*='
		current=${current#*=}
	fi
	rows=("${(@f)$(_paidan_words "${(e)words[1]/#\~/$HOME}" "$current" "${(@)given}")}")
	case ${rows[1]} in
	'') return 1 ;;
	:files) _files ;;
	:folders) _files -/ ;;
	:programs) _command_names -e ;;
	*)
		for line in "${(@)rows}"; do
			described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
		done
		_describe paidan described
		;;
	esac
}
_paidan "$@"
