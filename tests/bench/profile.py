"""profile.py BUILD - where a life's processor time goes: perf over paidan-bench lives, by part, into tests/bench/PROFILE.md.

BUILD holds programs that were linked file by file (no LTO), so that each function still stands for itself: which part it belongs
to is told by the object that defines it. Samples of the daemon's other threads count for what these do; the kernel's and the
libraries' in the front's own thread stand apart. usage: profile.py BUILD [--orders N] [--outstanding N]
"""
import argparse
import collections
import glob
import json
import os
import platform
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FREQUENCY = 5000
# The front's thread: the first pattern that fits an object's path names the part.
PARTS = (
    ("daemon/(peers|bus|endpoint)|proto/zmtp", "connections: frames"),
    ("proto/(codec|check|message|field)", "decoding"),
    ("proto/encode|daemon/session", "replies and pushes, as bytes"),
    ("daemon/push", "pushes: whose turn it is"),
    ("daemon/publish|daemon/moved|daemon/listen", "events for subscribers"),
    ("daemon/core/(table|slab|ahead)", "finding what is named"),
    ("daemon/core/", "decide and apply"),
    ("daemon/store/(journal|record|crc32c|segment|appender)", "journal: the round's bytes"),
    ("daemon/store/", "rows for the keeper"),
    ("daemon/measure|daemon/metrics", "metrics"),
    ("", "front: rounds, sessions, the loop"),
)
THREADS = {"paidand-scribe": "scribe: CRC, hash, write, sync", "paidand-keeper": "keeper: LMDB", "paidand-prepare": "segments made ahead",
           "paidand-warmer": "fresh memory, touched ahead", "ZMQbg": "ZeroMQ's I/O thread"}


def objects(build):
    """Which object defines a function; of a name that several have, the daemon's."""
    found = {}
    for path in sorted(glob.glob(f"{build}/**/*.o", recursive=True)):
        part = os.path.relpath(path, build)
        if not part.startswith(("daemon/", "proto/")):
            continue
        for line in subprocess.run(["nm", "--defined-only", path], capture_output=True, text=True, check=True).stdout.splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[1] in "tT":
                found.setdefault(fields[2], part)
    return found


def part_of(comm, dso, symbol, defined):
    for name, part in THREADS.items():
        if comm.startswith(name):
            return part
    if "kernel" in dso or dso == "[unknown]":
        return "front: the kernel (wake-ups, memory, sockets' signals)"
    if "libzmq" in dso:
        return "ZeroMQ in the front's thread"
    if os.path.basename(dso) != "paidand":
        return "front: libc (copies, comparing)"
    path = defined.get(re.sub(r"\.(isra|constprop|part|cold|lto_priv).*", "", symbol), "daemon/front")
    return next(part for pattern, part in PARTS if re.match(pattern, path))


def record(build, orders, outstanding, folder):
    data = f"{folder}/perf.data"
    lives = [f"{build}/paidan-bench", "lives", "--orders", str(orders), "--outstanding", str(outstanding), "--json"]
    run = subprocess.run(["perf", "record", "-q", "-F", str(FREQUENCY), "-o", data, "--", *lives], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"profile: perf: {(run.stderr or run.stdout).strip()}")
    figures = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))
    script = subprocess.run(["perf", "script", "-i", data, "-F", "comm,pid,tid,ip,sym,dso"], capture_output=True, text=True, check=True).stdout
    return figures, script


def samples(script):
    """(comm, pid, symbol, dso) of each."""
    for line in script.splitlines():
        match = re.match(r"\s*(.+?)\s+(\d+)/(\d+)\s+[0-9a-f]+ (.+?) \((.+)\)$", line)
        if match:
            yield match[1], int(match[2]), match[4], match[5]


def count(script, defined):
    """Samples by part, of the daemon and of the clients."""
    daemon, clients = collections.Counter(), collections.Counter()
    of_daemon = {pid for comm, pid, _, _ in samples(script) if comm.startswith("paidand")}
    for comm, pid, symbol, dso in samples(script):
        if pid in of_daemon:
            daemon[part_of(comm, dso, symbol, defined)] += 1
        elif comm.startswith("paidan-bench"):
            clients["their own code" if "paidan-bench" in dso else "the kernel" if "kernel" in dso else "libraries"] += 1
        elif comm.startswith("ZMQbg"):
            clients["ZeroMQ's I/O threads"] += 1
    return daemon, clients


def table(counts, orders):
    lines = ["| part | µs a life |", "| --- | ---: |"]
    lines += [f"| {part} | {samples * 1e6 / FREQUENCY / orders:.2f} |" for part, samples in counts.most_common() if samples * 1e6 / FREQUENCY / orders >= 0.01]
    return "\n".join(lines + [f"| **all** | **{sum(counts.values()) * 1e6 / FREQUENCY / orders:.2f}** |"])


PAGE = """# Where the time goes

Made by `make bench-profile`: perf, {frequency} samples a second of processor time, over {orders:,} whole lives with {outstanding:,} outstanding
({lives:,.0f} lives a second meanwhile) on {machine}. The programs are linked file by file for it, so that each function can be
told from the others; linked as a whole, as they are shipped, they take less. The daemon's start, its end and the making of the registry
are in it, too.

## The daemon

{daemon}

## The clients: one process that submits, and one that works

{clients}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--orders", type=int, default=400000)
    parser.add_argument("--outstanding", type=int, default=1024)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paidan-profile-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        figures, script = record(arguments.build, arguments.orders, arguments.outstanding, folder)
    daemon, clients = count(script, objects(arguments.build))
    if not daemon or not clients:
        sys.exit("profile: perf gave no samples")
    page = PAGE.format(frequency=FREQUENCY, orders=arguments.orders, outstanding=arguments.outstanding, lives=figures["lives_per_s"],
                       machine=f"{os.cpu_count()} cores, {platform.machine()}", daemon=table(daemon, arguments.orders), clients=table(clients, arguments.orders))
    with open(f"{HERE}/PROFILE.md", "w", encoding="utf-8") as out:
        out.write(page)
    print(page)


if __name__ == "__main__":
    main()
