# What the tests in shell say: sourced by them. failed is 1 when something was not as it should be.
failed=0

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		printf 'not ok %s: got "%s", wanted "%s"\n' "$1" "$2" "$3"
		failed=1
	fi
}
# has NAME TEXT PART
has() {
	case $2 in
	*"$3"*) echo "ok $1" ;;
	*)
		printf 'not ok %s: got "%s", wanted something with "%s"\n' "$1" "$2" "$3"
		failed=1
		;;
	esac
}
