#!/bin/sh
# install.sh install|uninstall - what `make install` puts where; called by the Makefile, which exports the folders.
#
# Builds nothing, and writes nothing outside DESTDIR's folders. What was put there, and which folders were made for it, is kept in
# share/paidan/installed, so that uninstall removes that and nothing else, and another install what is out of use.
# paidand.conf is put there once: a later install leaves it alone, and uninstall leaves one that was changed.
# Exits 1 when something is not built yet, 111 when a file could not be written.
set -u
umask 022
manifest=$DATADIR/paidan/installed
old=$(cat "$DESTDIR$manifest" 2>/dev/null)
new=
newline='
'

fail() {
	echo "install: $*" >&2
	exit 111
}

note() { new=$new$*$newline; }
was_noted() {
	case $newline$old$newline in
	*"$newline$*$newline"*) ;;
	*) return 1 ;;
	esac
}

# Make a folder and those above it, and note those that were not there.
folder() {
	case $1 in '' | /) return ;; esac
	folder "${1%/*}"
	if [ -d "$DESTDIR$1" ]; then
		! was_noted "dir $1" || note "dir $1"
	else
		mkdir -p "$DESTDIR$1" || fail "cannot make $DESTDIR$1"
		note "dir $1"
	fi
}

# put MODE SOURCE TARGET
put() {
	folder "${3%/*}"
	install -m "$1" "$2" "$DESTDIR$3" || fail "cannot write $DESTDIR$3"
	note "file $3"
}

# With the folders that it names.
put_filled() {
	folder "${2%/*}"
	sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@BINDIR@|$BINDIR|g" -e "s|@SYSCONFDIR@|$SYSCONFDIR|g" -e "s|@VERSION@|$VERSION|g" \
		-e "s|@LIBDIR@|$LIBDIR|g" -e "s|@INCLUDEDIR@|$INCLUDEDIR|g" "$1" >"$DESTDIR$2" && chmod 644 "$DESTDIR$2" ||
		fail "cannot write $DESTDIR$2"
	note "file $2"
}

# link WHERE TARGET
link() {
	folder "${1%/*}"
	ln -sf "$2" "$DESTDIR$1" || fail "cannot write $DESTDIR$1"
	note "file $1"
}

# Of the files of a pattern, those that are there.
put_all() {
	target=$1
	shift
	for file; do
		[ ! -f "$file" ] || put 644 "$file" "$target/${file##*/}"
	done
}

programs() {
	for program in paidand paidan paidan-worker; do
		put 755 "$BUILD/$program" "$BINDIR/$program"
	done
	put_all "$MANDIR/man1" "$BUILD"/man/*.1
	put_all "$MANDIR/man5" "$BUILD"/man/*.5
	put_all "$MANDIR/man8" "$BUILD"/man/*.8
	put 644 "$BUILD/completion/paidan" "$BASHDIR/paidan"
	link "$BASHDIR/paidan-worker" paidan
	link "$BASHDIR/paidand" paidan
	put 644 "$BUILD/completion/_paidan" "$ZSHDIR/_paidan"
	for catalogue in "$BUILD"/locale/*/LC_MESSAGES/paidan.mo; do
		[ ! -f "$catalogue" ] || put 644 "$catalogue" "$DATADIR/locale/${catalogue#"$BUILD"/locale/}"
	done
	put_all "$DATADIR/paidan/maps" clients/maps/*.ini
	put_all "$DATADIR/paidan/calendars" clients/calendars/*.csv
}

library() {
	put 644 "$BUILD/libpaidan.so.$ABI" "$LIBDIR/libpaidan.so.$ABI"
	link "$LIBDIR/libpaidan.so" "libpaidan.so.$ABI"
	put 644 "$BUILD/public/libpaidan.a" "$LIBDIR/libpaidan.a"
	# shellcheck disable=SC2046
	put_all "$INCLUDEDIR/paidan" $(cat "$BUILD/public/headers")
	put_filled clients/lib/paidan.pc.in "$LIBDIR/pkgconfig/paidan.pc"
	put 644 proto/schema.json "$DATADIR/paidan/schema.json"
}

service() {
	put_filled daemon/systemd/paidand.service.in "$UNITDIR/paidand.service"
	put 644 daemon/systemd/paidan.sysusers "$SYSUSERSDIR/paidan.conf"
	put 644 "$BUILD/paidand.conf" "$DOCDIR/examples/paidand.conf"
	settings=$SYSCONFDIR/paidan/paidand.conf
	if [ ! -e "$DESTDIR$settings" ]; then
		put 644 "$BUILD/paidand.conf" "$settings"
		note "settings $settings $(sum "$settings")"
	else
		folder "${settings%/*}"
		case $old in *"settings $settings "*) note "$(echo "$old" | grep "^settings $settings ")" ;; esac
	fi
}

documents() {
	put_all "$DOCDIR" README.md README.*.md CHANGELOG.md LICENSE proto/PROTOCOL.md
	put_all "$DATADIR/paidan/monitoring" daemon/monitoring/*
	for file in $(find docs -name '*.md' -o -name '*.svg' | sort); do
		put 644 "$file" "$DOCDIR/${file#docs/}"
	done
}

sum() { sha256sum "$DESTDIR$1" | cut -d' ' -f1; }

# Remove the files of a manifest on standard input, then its folders, from below, where nothing else came into them.
remove() {
	sort -r | while read -r kind path checksum; do
		case $kind in
		file) [ "$path" = "$SYSCONFDIR/paidan/paidand.conf" ] || rm -f "$DESTDIR$path" ;;
		settings)
			if [ ! -e "$DESTDIR$path" ] || [ "$(sum "$path")" = "$checksum" ]; then
				rm -f "$DESTDIR$path"
			else
				echo "  $DESTDIR$path was changed, and stays"
			fi
			;;
		dir) rmdir "$DESTDIR$path" 2>/dev/null ;;
		esac
	done
}

case $1 in
install)
	for file in paidand paidan paidan-worker libpaidan.so."$ABI" public/libpaidan.a public/headers paidand.conf completion/_paidan man/paidan.1; do
		[ -e "$BUILD/$file" ] || { echo "install: $BUILD/$file is not built yet: run make first, as yourself" >&2; exit 1; }
	done
	programs
	library
	service
	documents
	folder "${manifest%/*}"
	printf '%s' "$new" | sort -u >"$DESTDIR$manifest" || fail "cannot write $DESTDIR$manifest"
	printf '%s\n' "$old" | sort -u | comm -23 - "$DESTDIR$manifest" | remove
	[ -n "$DESTDIR" ] || echo "installed. For the service: ldconfig; systemd-sysusers; systemctl daemon-reload; systemctl enable --now paidand"
	;;
uninstall)
	[ -n "$old" ] || { echo "uninstall: there is no $DESTDIR$manifest, so nothing is known to be installed" >&2; exit 1; }
	rm -f "$DESTDIR$manifest"
	# Turned around, the folders come last, and the deepest of them first.
	printf '%s\n' "$old" | sort -u | remove
	;;
esac
