#!/bin/sh
# node.sh - the tests of the Node client, in the project's folder:
#   node.sh BUILD      run them, against BUILD/paidand
#   node.sh missing    exit 0, and say why, when they cannot be run here; 1 when they can
#   node.sh modules    install the modules that the client needs, unless they are there already; never fails
set -u
package=clients/node
installed=$package/node_modules/.installed # the package-lock.json that was installed

missing() {
	command -v node >/dev/null || { echo "node is not installed"; return 0; }
	command -v npm >/dev/null || { echo "npm is not installed"; return 0; }
	major=$(node -p 'process.versions.node.split(".")[0]')
	[ "$major" -ge 18 ] || { echo "node is of version $major, and 18 or later is needed"; return 0; }
	cmp -s $package/package-lock.json $installed && return 1
	echo "the modules of $package are not installed: make deps-test, with a network"
}

modules() {
	command -v npm >/dev/null || return 0
	cmp -s $package/package-lock.json $installed && return 0
	echo "installing the modules of $package"
	if (cd $package && npm ci --loglevel=error --prefer-offline --fetch-retries=1 --fetch-timeout=30000) </dev/null; then
		cp $package/package-lock.json $installed
	else
		echo "make: npm ci failed in $package: the tests of the Node client are left out" >&2
	fi
}

case ${1:-} in
missing) missing ;;
modules) modules ;;
'')
	echo "usage: node.sh BUILD, or node.sh missing, or node.sh modules" >&2
	exit 100
	;;
*)
	build=$(cd "$1" && pwd) || exit 100
	node $package/scripts/schema.js || exit 1
	cd $package && BUILD=$build exec timeout 500 node --test --test-reporter=tap test/*.test.js
	;;
esac
