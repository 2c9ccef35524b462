# A folder and a daemon of a test's own: sourced by tests in shell. Both are gone when the test ends. Who starts a daemon on
# $PAIDAN_CONNECT and $PAIDAN_SUBSCRIBE says daemon=$!.
work=$(mktemp -d)
daemon=
# shellcheck disable=SC2317
end() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
export PAIDAN_CONNECT="ipc://$work/commands" PAIDAN_SUBSCRIBE="ipc://$work/events"
