#!/bin/sh
# The Debian packages in a Debian of their own: package.sh DEBS VERSION HIGHER. DEBS has packages of both versions; the folder of
# the bare system is kept in DEBS/base. Needs root, debootstrap and a mirror. Prints `ok NAME` and `not ok NAME`.
#
# Most of it runs without a systemd: a stand-in for systemctl writes down what it is asked for, and paidand is started as its unit says. Then
# the packages are upgraded under a systemd of their own, where systemd-nspawn can start one.
debs=$1 version=$2 higher=$3
[ "$(id -u)" = 0 ] || { echo "package: a system of its own can be made by root alone" >&2; exit 100; }
if [ -z "$PACKAGE_TEST_INSIDE" ]; then
	# What is mounted here is gone when this ends, however it ends.
	PACKAGE_TEST_INSIDE=1 exec unshare --mount --propagation private sh "$0" "$@"
fi
debs=$(cd "$debs" && pwd) || exit 100
base=$debs/base
work=$(mktemp -d)
root=$work/root
network=
daemon=
passed=0 failed=0
# shellcheck disable=SC2317
end() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	[ -z "$network" ] || kill "$network" 2>/dev/null
	wait 2>/dev/null
	umount "$root/proc" "$root/dev" 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
unset LANGUAGE
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		echo "ok $1"
		passed=$((passed + 1))
	else
		printf 'not ok %s: got "%s", wanted "%s"\n' "$1" "$2" "$3"
		failed=$((failed + 1))
	fi
}
# has NAME TEXT PART
has() {
	case $2 in
	*"$3"*) is "$1" yes yes ;;
	*) is "$1" "$2" "something with $3" ;;
	esac
}

# ---- a bare system ----

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
if [ ! -e "$base/.complete" ]; then
	# The mirror that this machine has its own packages from.
	mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' | awk -v r="$release" '$1 == r && $2 == "main" { print $3; exit }')
	rm -rf "$base"
	echo "# making a bare $release in $base"
	# shellcheck disable=SC2086
	debootstrap --variant=minbase "$release" "$base" $mirror >"$work/log" 2>&1 || {
		tail -n 5 "$work/log" >&2
		echo "package: debootstrap could not make a $release; is there a mirror?" >&2
		exit 111
	}
	touch "$base/.complete"
fi
cp -a --reflink=auto "$base" "$root" || exit 111
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" || exit 111
mkdir "$root/debs"
cp "$debs"/*_"$version"_*.deb "$debs"/*_"$higher"_*.deb "$root/debs/" || exit 100
# A network of its own, for the default ports.
unshare --net sleep infinity &
network=$!
# Before it has left ours, it would be ours whose lo is set up.
while [ "$(readlink /proc/$network/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do kill -0 $network && sleep 0.05 || exit 111; done
nsenter --net --target $network ip link set lo up || exit 111

inside() { chroot "$root" "$@" </dev/null; }
apt() {
	inside apt-get -qq -y "$@" >"$work/apt" 2>&1 || {
		is "apt-get $*" failed done
		tail -n 20 "$work/apt"
	}
}
# packages VERSION NAME...: their files, for apt.
packages() {
	which=$1
	shift
	for name; do
		echo "/debs/${name}_${which}_$(dpkg --print-architecture).deb"
	done
}
status() { inside dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null; }

# Run the unit's command as its user. It is up when it answers.
start() {
	command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/paidand.service")
	user=$(sed -n 's/^User=//p' "$root/lib/systemd/system/paidand.service")
	[ -n "$command" ] && [ -n "$user" ] || { is "the unit says what to start" no yes; return; }
	# shellcheck disable=SC2086
	nsenter --net --target $network chroot --userspec="$user:$user" "$root" $command 2>"$work/paidand.log" &
	daemon=$!
	client stats >/dev/null || is "paidand starts: $(tail -n 3 "$work/paidand.log")" no yes
}
stop() {
	kill $daemon
	wait $daemon
	is "$1" $? 0
	daemon=
}
client() { nsenter --net --target $network chroot --userspec=nobody:nogroup "$root" paidan "$@" </dev/null; }

# From here on something looks like a running systemd.
stand_in() {
	mkdir -p "$root/run/systemd/system"
	cat >"$root/bin/systemctl.stand-in" <<'END'
#!/bin/sh
echo "$@" >>/asked
END
	chmod 755 "$root/bin/systemctl.stand-in"
	inside dpkg-divert --quiet --local --rename --divert /bin/systemctl.real --add /bin/systemctl
	mv "$root/bin/systemctl.stand-in" "$root/bin/systemctl"
}
asked() { grep -o '\(start\|stop\|restart\|reload\) paidand.service' "$root/asked" 2>/dev/null | tr '\n' ' '; rm -f "$root/asked"; }

# ---- install ----

apt update
# shellcheck disable=SC2046
apt install $(packages "$version" paidan paidan-client)
is "paidan is installed" "$(status paidan)" installed
is "dpkg finds all files as they should be" "$(inside dpkg --verify paidan paidan-client)" ""
is "the programs are of this version" "$(inside paidand --version) $(inside paidan --version)" "paidand $version paidan $version"
is "it has a user of its own, who cannot log in" "$(inside getent passwd paidan | cut -d: -f6-7)" "/var/lib/paidan:/usr/sbin/nologin"
number=$(inside id -u paidan)
is "a system user" "$((number < 1000))" 1
is "the data folder is the user's alone" "$(inside stat -c '%U:%G %a' /var/lib/paidan)" "paidan:paidan 750"
is "the settings are root's, and readable" "$(inside stat -c '%U:%G %a' /etc/paidan/paidand.conf)" "root:root 644"
is "the settings are a conffile" "$(inside dpkg-query -W -f '${Conffiles}' paidan | grep -c ' /etc/paidan/paidand.conf ')" 1
is "the settings are sound" "$(inside paidand --config /etc/paidan/paidand.conf --check >/dev/null && echo yes)" yes
is "nothing can be written by others" "$(inside dpkg -L paidan paidan-client | sort -u | inside xargs -d '\n' stat -c '%A %n' 2>/dev/null | grep '^[^l].......w')" ""
is "systemd finds nothing wrong with the unit" "$(inside systemd-analyze verify --man=no /lib/systemd/system/paidand.service 2>&1)" ""
is "the service is enabled" "$(test -L "$root/etc/systemd/system/multi-user.target.wants/paidand.service" && echo yes)" yes
for page in man1/paidan.1 man1/paidan-worker.1 man5/paidand.conf.5 man8/paidand.8; do
	is "there is ${page#*/}" "$(inside test -s "/usr/share/man/$page.gz" && echo yes)" yes
done
is "bash completes" "$(inside bash -c '. /usr/share/bash-completion/completions/paidan; COMP_WORDS=(paidan orde); COMP_CWORD=1; _paidan; echo "${COMPREPLY[*]}"')" \
	"order orders"

# Without what is mounted there.
cp -a --one-file-system --reflink=auto "$root" "$work/booted" || exit 111

# ---- use ----

start
is "paidand runs as paidan" "$(stat -c %u "/proc/$daemon")" "$number"
inside sh -c 'cd /tmp && paidan district --preset boshan --seed 1 district >/dev/null'
client import /tmp/district >/dev/null
is "a registry is imported" "$(client stats --json | sed 's/.*"households":\([0-9]*\).*/\1/')" 85605
order=$(client order 楼道灯不亮 --category 公共照明 --area 1001 --json | sed 's/.*"order":"\([^"]*\)".*/\1/')
has "an order is taken" "$(client show "$order" --json)" '"state":"waiting"'
echo 'keep_ms=300' >>"$root/etc/paidan/paidand.conf"
kill -HUP $daemon
stop "paidand leaves when it is asked to"

# ---- upgrade ----

# The higher version comes with other settings, too.
mkdir "$work/other"
dpkg-deb -R "$root/debs/paidan_${higher}_$(dpkg --print-architecture).deb" "$work/other/paidan"
echo '# another comment' >>"$work/other/paidan/etc/paidan/paidand.conf"
dpkg-deb --root-owner-group -b "$work/other/paidan" "$root/debs/paidan_${higher}_$(dpkg --print-architecture).deb" >/dev/null
stand_in
# shellcheck disable=SC2046
apt install -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $(packages "$higher" paidan paidan-client)
is "the programs are of the higher version" "$(inside paidand --version)" "paidand $higher"
is "the service is restarted once" "$(asked)" "restart paidand.service "
is "settings that were changed are kept" "$(tail -n 1 "$root/etc/paidan/paidand.conf")" keep_ms=300
is "the new ones lie beside them" "$(tail -n 1 "$root/etc/paidan/paidand.conf.dpkg-dist")" "# another comment"
is "the user is the same" "$(inside id -u paidan)" "$number"
start
has "the order is still there" "$(client show "$order" --json)" '"state":"waiting"'
client note "$order" 已联系 >/dev/null
stop "the higher version leaves when it is asked to"

# ---- remove, install again, purge ----

asked >/dev/null
apt remove paidan
is "removed, the settings stay" "$(status paidan)" config-files
is "the service is stopped" "$(asked)" "stop paidand.service "
is "the program is gone" "$(test -e "$root/usr/bin/paidand" || echo gone)" gone
is "the orders stay" "$(inside test -d /var/lib/paidan/journal && echo yes)" yes
# shellcheck disable=SC2046
apt install $(packages "$higher" paidan)
is "installed again over its old settings, the service is started anew" "$(asked)" "restart paidand.service "
is "it has its old settings" "$(grep -c keep_ms=300 "$root/etc/paidan/paidand.conf")" 1
start
has "it has its old orders" "$(client show "$order")" 已联系
stop "installed again, paidand leaves when it is asked to"
is "journal and book are sound" "$(inside paidan verify /var/lib/paidan >/dev/null 2>&1 && echo yes)" yes
apt purge paidan paidan-client
has "purged, it says that orders are kept" "$(cat "$work/apt")" "rm -r /var/lib/paidan"
is "they are" "$(inside test -d /var/lib/paidan/journal && echo yes)" yes
is "they belong to the same user" "$(inside stat -c '%u %a' /var/lib/paidan)" "$number 750"
is "nothing else is left" "$(cd "$root" && find etc usr lib bin var run -xdev -iname '*paidan*' ! -path 'var/lib/paidan*' 2>/dev/null)" ""
rm -rf "${root:?}/var/lib/paidan"
# shellcheck disable=SC2046
apt install $(packages "$version" paidan paidan-client)
apt purge paidan
is "a folder without a journal goes with a purge" "$(inside test -e /var/lib/paidan || echo gone)" gone

# ---- the same under a systemd ----

booted=$work/booted
cat >"$booted/root/probe" <<'END'
#!/bin/sh
# said NAME: what a command says is kept for the test.
said() { name=$1; shift; "$@" >"/root/said.$name" 2>&1; }
exec </dev/null
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
said system systemctl is-system-running --wait
said state systemctl show paidand --property ActiveState --value
said before systemctl show paidand --property MainPID --value
paidan district --preset boshan --seed 1 /tmp/district >/dev/null
said import paidan import /tmp/district
said order paidan order 灯不亮 --category 公共照明 --area 1001
said reload systemctl reload paidand
said upgrade apt-get -qq -y install /debs/paidan_HIGHER_*.deb /debs/paidan-client_HIGHER_*.deb
said after systemctl show paidand --property MainPID --value
said orders paidan orders
said stop systemctl stop paidand
said result systemctl show paidand --property ActiveState,Result --value
said log journalctl --unit paidand --no-pager
systemctl poweroff --force
END
sed -i "s/HIGHER/$higher/g" "$booted/root/probe"
chmod 755 "$booted/root/probe"
printf '[Unit]\nAfter=paidand.service\n[Service]\nExecStart=/root/probe\n[Install]\nWantedBy=multi-user.target\n' \
	>"$booted/etc/systemd/system/probe.service"
ln -s ../probe.service "$booted/etc/systemd/system/multi-user.target.wants/probe.service"
# Without a systemd that would give it a control group, it makes some beside those of the machine: they are removed again.
groups=
for group in systemd unified; do
	for part in payload supervisor; do
		[ -d /run/systemd/system ] || [ -d "/sys/fs/cgroup/$group/$part" ] || groups="$groups /sys/fs/cgroup/$group/$part"
	done
done
timeout -k 5 180 systemd-nspawn --quiet --register=no --keep-unit --private-network --machine=paidan-test --directory "$booted" --boot \
	</dev/null >"$work/nspawn" 2>&1
for group in $groups; do
	[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
done
said() { cat "$booted/root/said.$1" 2>/dev/null; }
if [ ! -e "$booted/root/said.system" ]; then
	echo "ok under a systemd # SKIP systemd-nspawn cannot start one here: $(tail -n 1 "$work/nspawn")"
else
	is "under a systemd: it is up, with nothing failed" "$(said system)" running
	is "under a systemd: the service is active" "$(said state)" active
	has "under a systemd: a registry is imported" "$(said import)" 85605
	has "under a systemd: an order is taken" "$(said order)" waiting
	is "under a systemd: settings are read again" "$(said reload) $(said log | grep -c what=reloaded)" " 1"
	is "under a systemd: an upgrade starts it anew" "$(test "$(said after)" -gt 1 && test "$(said before)" != "$(said after)" && echo yes)" yes
	has "under a systemd: the order is still there" "$(said orders)" 灯不亮
	is "under a systemd: it stops in good order" "$(said stop) $(said result | tr '\n' ' ')" " success inactive "
fi

# ---- the library ----

for name in libpaidan0 libpaidan-dev; do
	dpkg-deb -x "$root/debs/${name}_${version}_$(dpkg --print-architecture).deb" "$work/library"
done
cat >"$work/program.c" <<'END'
#include <paidan/paidan.h>
#include <stdio.h>
int main(void) { return puts(pd_word("post", PD_post_leader)) < 0; }
END
export PKG_CONFIG_SYSROOT_DIR="$work/library" PKG_CONFIG_PATH="$work/library/usr/lib/$(gcc -print-multiarch)/pkgconfig"
# shellcheck disable=SC2046
gcc -std=c11 -I "$work/library/usr/include" "$work/program.c" -o "$work/program" -L "$work/library/usr/lib/$(gcc -print-multiarch)" $(pkg-config --libs paidan)
is "a program is built against libpaidan-dev and runs with libpaidan0" \
	"$(LD_LIBRARY_PATH="$work/library/usr/lib/$(gcc -print-multiarch)" "$work/program")" leader

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
