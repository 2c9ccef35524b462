#!/bin/busybox sh
# shellcheck shell=dash
# vm-init.sh - the first program of vm.sh's machine: limits, disk, the benchmark, the end.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
stty -F /dev/ttyS0 -onlcr
stty -F /dev/ttyS1 raw
stty -F /dev/ttyS2 raw

end() {
	echo "exit $1" >/dev/ttyS2
	poweroff -f
}

# Each needs others of them; which is not said, so they are tried until all are in.
for _ in 1 2 3 4 5; do
	for module in /modules/*.ko; do
		insmod "$module" 2>/dev/null && rm "$module"
	done
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /dev/vda ] || break
	sleep 1
done
mount -t ext4 /dev/vda /data || end 111
ifconfig lo 127.0.0.1

echo 1048576 >/proc/sys/fs/nr_open
echo 4194304 >/proc/sys/fs/file-max
ulimit -n 1048576

echo ready >/dev/ttyS2
if grep -q paidan=try /proc/cmdline; then
	end 0
fi

set --
while read -r argument; do
	set -- "$@" "$argument"
done </arguments
/bin/paidan-bench "$@" --dir /data >/dev/ttyS1 2>/dev/ttyS0
code=$?
umount /data
end $code
