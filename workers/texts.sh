# shellcheck shell=sh
# What scripts say, in the language of the environment. To be sourced, with build set to the folder of the build.
#
# The texts are in the catalogue as the programs' are: text, say and fail take formats and words, as printf does.

# As the programs do: Chinese whether or not its locale was generated here.
case ${LC_ALL:-${LC_MESSAGES:-$LANG}} in zh*) language=${LANGUAGE:-zh_CN} ;; *) language='' ;; esac

# text FORMAT WORD...: FORMAT in that language, filled in, without an end of line.
text() {
	format=$1
	shift
	if [ -n "$language" ] && command -v gettext >/dev/null; then
		format=$(LC_ALL=C.UTF-8 LANGUAGE=$language TEXTDOMAINDIR=$build/locale gettext paidan "$format")
	fi
	# shellcheck disable=SC2059
	printf "$format" "$@"
}

say() {
	text "$@"
	echo
}
