#!/bin/sh
# vm.sh BUILD paidan-bench's arguments... - run paidan-bench inside a small virtual machine, as root: limits are as high there as they need be.
#
# The kernel is Debian's, fetched and not installed; the initramfs has busybox, paidand, paidan-bench and what they are linked with; the
# disk is a file in BUILD/vm that ends with the run, opened so that a sync in the machine is one of the disk underneath. What the benchmark
# prints comes to stdout (with --json: with what the machine is), what it says meanwhile and what the kernel says to stderr. Its exit
# code is this script's; 100: a setting is wrong, 111: there is no machine, and stderr says why.
#
# From the environment: CPUS (default: all), MEMORY in MiB, DISK in MiB, ACCEL=kvm or tcg (default: kvm if a kernel starts with it).
set -u
here=$(dirname "$0")
build=$1
shift
cpus=${CPUS:-$(nproc)}
memory=${MEMORY:-4096}
disk=${DISK:-8192}
store=$build/vm
qemu='qemu-system-x86_64'

fail() {
	echo "bench: $*" >&2
	exit 111
}

wrong() {
	echo "bench: $*" >&2
	exit 100
}

# ---- what is needed ----

check() {
	case ${ACCEL:-kvm} in kvm | tcg) ;; *) wrong "ACCEL=$ACCEL: must be kvm or tcg" ;; esac
	for number in "CPUS=$cpus" "MEMORY=$memory" "DISK=$disk"; do
		case ${number#*=} in *[!0-9]*) wrong "$number: must be a number" ;; esac
	done
	[ "$(uname -m)" = x86_64 ] || fail "the virtual machine is an x86-64 one, and so must this machine be: $(uname -m)"
	PATH=$PATH:/sbin:/usr/sbin
	for program in "$qemu:qemu-system-x86" busybox:busybox-static cpio:cpio mke2fs:e2fsprogs; do
		command -v "${program%:*}" >/dev/null || fail "${program%:*} is not installed: apt-get install ${program#*:}"
	done
	for program in paidand paidan-bench; do
		[ -x "$build/$program" ] || fail "$build/$program is not there: make"
	done
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$available" -gt "$memory" ] ||
		fail "the virtual machine wants $memory MiB of memory, and $available are available here: MEMORY=MIB says how many it gets"
	room=$(df -Pm "$build" | awk 'NR == 2 { print $4 }')
	[ "$room" -gt "$disk" ] || fail "its disk takes up to $disk MiB, and $build has room for $room: DISK=MIB says how many it gets"
}

# Debian's present kernel for virtual machines, in store/root; one that was fetched stays.
fetch_kernel() {
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-.*\)/\1/p' | head -n 1)
	if [ -n "$package" ] && [ ! -e "$store/$package" ]; then
		rm -rf "$store/fetched" && mkdir -p "$store/fetched"
		echo "fetching $package" >&2
		if (cd "$store/fetched" && apt-get -qq -o APT::Sandbox::User=root download "$package" && dpkg-deb -x ./*.deb .) >&2; then
			rm -f "$store/fetched/"*.deb
			rm -rf "$store/root" "$store"/linux-image-*
			mv "$store/fetched" "$store/root" && : >"$store/$package"
		fi
	fi
	kernel=$(ls "$store"/root/boot/vmlinuz-* 2>/dev/null) ||
		fail "no kernel: linux-image-cloud-amd64 could not be fetched; a Debian mirror is needed (apt-get update)"
}

# ---- the machine ----

copy_libraries() { # of a program, and who loads them
	ldd "$1" | sed -n 's/^[^/]*\(\/[^ ]*\).*/\1/p' | while read -r library; do
		mkdir -p "$tree$(dirname "$library")" && cp -L "$library" "$tree$library"
	done
}

# Disk and file system may be in the kernel already, or compressed.
copy_modules() {
	for module in virtio virtio_ring virtio_pci virtio_pci_legacy_dev virtio_pci_modern_dev virtio_blk ext4 jbd2 mbcache crc16 crc32c_generic; do
		find "$store/root" \( -name "$module.ko" -o -name "$module.ko.xz" \) -exec cp {} "$tree/modules" \;
	done
	for file in "$tree"/modules/*.xz; do
		[ ! -e "$file" ] || xz -d "$file"
	done
}

make_machine() {
	tree=$run/tree
	mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/data" "$tree/modules"
	cp "$(command -v busybox)" "$tree/bin/busybox"
	cp "$here/vm-init.sh" "$tree/init" && chmod 755 "$tree/init"
	for program in paidand paidan-bench; do
		cp "$build/$program" "$tree/bin/" && copy_libraries "$build/$program"
	done
	copy_modules
	for argument; do
		printf '%s\n' "$argument"
	done >"$tree/arguments"
	(cd "$tree" && find . | cpio --quiet -o -H newc) | gzip -1 >"$run/initrd" || fail "the initramfs could not be made in $run"
	rm -rf "$tree"
	truncate -s "${disk}M" "$run/disk" || exit 111
	mke2fs -q -F -t ext4 -E lazy_itable_init=0 "$run/disk" || fail "the disk could not be made in $run"
}

# The first serial port is the console, the second what is printed; the third says that the machine is ready, and then the exit code. It
# ends with this shell.
start() { # ACCELERATOR WORDS
	case $1 in
	kvm) speed="-accel kvm -cpu host,-arch-capabilities" ;;
	*) speed="-accel tcg,thread=multi,tb-size=256 -cpu qemu64" ;;
	esac
	rm -f "$run/out" "$run/state"
	# shellcheck disable=SC2086 # speed is several words
	setpriv --pdeathsig KILL $qemu -nodefaults -no-user-config -display none -no-reboot $speed -smp "$cpus" -m "$memory" \
		-kernel "$kernel" -initrd "$run/initrd" -append "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable no_timer_check $2" \
		-chardev stdio,id=console,signal=off -serial chardev:console -serial "file:$run/out" -serial "file:$run/state" \
		-drive "file=$run/disk,format=raw,if=virtio,cache=none,discard=unmap" </dev/null &
	pid=$!
}

end_machine() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	[ -z "$pid" ] || wait "$pid" 2>/dev/null
	pid=''
}

# Until it is ready, or false: it has ended, or SECONDS have gone by.
await_ready() { # SECONDS
	waited=0
	until [ -s "$run/state" ]; do
		kill -0 "$pid" 2>/dev/null || return 1
		[ $((waited += 1)) -le "$1" ] || return 1
		sleep 1
	done
}

# A processor that can virtualize may be one itself that cannot as well as it says. A machine that starts does so in a few seconds.
choose() {
	accelerator=${ACCEL:-tcg}
	[ -z "${ACCEL:-}" ] || return 0
	if ! (: <>/dev/kvm) 2>/dev/null; then
		why="/dev/kvm cannot be opened"
		return 0
	fi
	start kvm paidan=try >"$run/try" 2>&1
	if await_ready 15; then
		accelerator=kvm
	else
		why="no kernel starts with /dev/kvm here"
	fi
	end_machine
}

# An emulated machine now and then hangs while its kernel starts.
run_machine() {
	for _ in 1 2 3; do
		start "$accelerator" "" >&2
		if await_ready 120; then
			wait "$pid"
			pid=''
			return
		fi
		end_machine
		echo "bench: the virtual machine did not start" >&2
	done
}

# ---- all of it ----

pid=''
why=''
check
mkdir -p "$store"
fetch_kernel
run=$(mktemp -d "$store/run-XXXXXX") || exit 111
trap 'end_machine; rm -rf "$run"' EXIT
trap 'exit 130' INT TERM HUP
make_machine "$@"
choose
case $accelerator in
kvm) means="virtualized (KVM)" ;;
tcg) means="emulated (QEMU)" ;;
esac
echo "a virtual machine with $cpus processors, $means${why:+ ($why)}, $memory MiB, Linux ${kernel##*/vmlinuz-}" >&2
run_machine
code=$(sed -n 's/^exit //p' "$run/state")
sed "s/^{/{\"machine\": \"$means\", \"processors\": $cpus, \"memory_mib\": $memory, \"kernel\": \"${kernel##*/vmlinuz-}\", /" "$run/out"
[ -n "$code" ] || fail "the virtual machine has ended before the benchmark had; above is what its kernel said"
exit "$code"
