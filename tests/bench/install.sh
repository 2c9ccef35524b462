#!/bin/sh
# install.sh PACKAGE... - install Debian packages that are missing, without their services: they do not start, now or at boot.
#
# What cannot be had is said, and left out. Exits 0 even so: the benchmark tells what it could not measure.
set -u
missing=
for package; do
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as=
if [ "$(id -u)" != 0 ]; then
	as=sudo
	command -v sudo >/dev/null || {
		echo "bench: not installed:$missing; left out, unless root installs them: apt-get install$missing" >&2
		exit 0
	}
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive

# Debian asks this program before it starts a service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '$as rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM
	printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null && $as chmod 755 "$policy"
fi
$as apt-get -qq update </dev/null
for package in $missing; do
	# shellcheck disable=SC2086 # as may be empty
	$as apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$package" </dev/null >/dev/null || {
		echo "bench: $package could not be installed; left out" >&2
		continue
	}
	command -v systemctl >/dev/null || continue
	for unit in $(dpkg -L "$package" | sed -n 's|.*/lib/systemd/system/\([^/@]*\.\(service\|socket\)\)$|\1|p'); do
		$as systemctl --quiet disable "$unit" 2>/dev/null
	done
done
exit 0
