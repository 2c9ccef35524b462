#!/usr/bin/python3
"""bench.py BUILD - measure paidan, the bare loop and the peers in turns, write results.json and, by page.py, RESULTS.md.

In each round, and for each number of orders outstanding, all contenders come one after the other, so that what the machine does meanwhile
falls on all of them. Before the first round each is tried with few orders, to choose as many as take the wanted seconds.
"""
import argparse
import ctypes
import datetime
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import page

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RESULTS = os.path.join(HERE, "results.json")
OUTSTANDING = (1, 64, 1024)
PEERS = ("beanstalkd", "redis", "rabbitmq", "postgresql", "nats", "gearmand")
SETTINGS = ("durable", "default")
ORDERS_FIRST, ORDERS_MAX = 100, 2_000_000
# A measurement that takes so long has lost something; a section may take as long as it needs.
LIMIT_S = 180
PACKAGES = ("beanstalkd", "redis-server", "rabbitmq-server", "erlang-base", "postgresql-[0-9]*", "nats-server", "gearman-job-server",
            "libsqlite3-0", "libhiredis-dev", "librabbitmq-dev", "libpq-dev", "libzmq3-dev", "liblmdb-dev", "libmsgpack-dev", "libuv1-dev",
            "libsodium-dev", "gcc")

# Further sections of the page: a title, what it shows, the commands of paidan-bench whose JSON objects are the rows, and of these
# which fields make a column under which head.
SECTIONS = {
    "latency": ("Time to an answer", "Alone: one order at a time, beside what a ZeroMQ echo over the same transport and the quicker of two ways to write 4 KiB "
                "synchronously take in the same rounds. At half the peak rate: orders at random moments, each one's time counted from its moment on, whatever else "
                "is unanswered; with the keeper at work and, to see what it costs, without. Beside it, in the same rounds, the disk alone: what those who come at random "
                "moments wait for a program that only writes 16 KiB after 16 KiB to it, each with all who came meanwhile. Nobody's answers are steadier than that. "
                "In a virtual machine the host takes the processors away at times, for milliseconds each: of the time of all, so much.",
                [["latency"]],
                [("alone_ok_p50_us", "alone, p50 µs"), ("echo_p50_us", "echo, µs"), ("write_p50_us", "write, µs"), ("alone_ratio", "alone / (echo + write)"),
                 ("rate_per_s", "orders a second"), ("ok_p50_us", "p50 µs"), ("ok_p99_us", "p99 µs"), ("ok_p999_us", "p99.9 µs"), ("p99_to_p50", "p99 / p50"),
                 ("unkept_ok_p99_us", "p99 without the keeper, µs"), ("disk_p50_us", "the disk alone, p50 µs"), ("disk_p99_us", "p99 µs"),
                 ("disk_p99_to_p50", "p99 / p50"), ("stolen_percent", "taken by the host, %")]),
    "growth": ("Growth", "The same lives through stores with so many past orders, through one queue, and through one in which 100,000 wait; all in turns. "
               "At each queue as many orders may be with the worker as the protocol allows, 4,096. Memory is that apart from the page cache. The time to start is from exec to the first answer.",
               [["growth"]],
               [("case", "store"), ("past", "past orders"), ("waiting", "waiting"), ("lives_per_s", "lives a second"), ("ratio", "to an empty store"),
                ("server_cpu_us_per_life", "CPU µs a life"), ("started_mib", "memory at the start, MiB"), ("restart_ms", "start, ms"),
                ("restart_killed_ms", "after kill -9, ms"), ("restart_cold_ms", "with a cold cache, ms"), ("journal_bytes_per_life", "journal, bytes a life"),
                ("book_bytes_per_life", "book, bytes a life")]),
    "connections": ("Connections", "Workers and idle residents held at once, each on a socket of its own; lives a second with and without them; and all of them "
                    "cut off and back at once, some with an order under way. As many residents as the machine's limit of open files allows.",
                    [["connections"]],
                    [("residents", "residents"), ("workers", "workers"), ("connect_s", "all connected, s"), ("rss_mib", "memory, MiB"), ("kib_each", "KiB each"),
                     ("own_ratio", "lives, with / without"), ("storm_s", "all back and answered, s"), ("orders_sent", "orders sent"), ("orders_counted", "orders found")]),
    "connections-vm": ("Connections beyond this machine's limit", "The same with 100,000 residents, in a virtual machine inside this one, where the limit of open files can "
                       "be raised. *Emulated* means that each instruction in it is translated, of its kernel's even more than of the programs', while residents say as often as "
                       "ever that they are there: against the lives that it can carry they weigh many times what they weigh on a real machine. The kernel's memory is that for "
                       "both ends of all connections. The ratio is the median of the turns' own, which other work on the machine distorts less than the lives a second.",
                       [["connections", "--orders", "50000", "--turns", "5"]],
                       [("machine", "virtual machine"), ("processors", "processors"), ("memory_mib", "its memory, MiB"), ("residents", "residents"), ("workers", "workers"),
                        ("connect_s", "all connected, s"), ("rss_mib", "daemon, MiB"), ("kernel_mib", "kernel, MiB"), ("idle_cpu_percent", "idle, % of a processor"),
                        ("own_lives_s_without", "lives a second without"), ("own_lives_s_with", "with"), ("own_ratio", "ratio"),
                        ("one_lives_s_without", "one connection works, without"), ("one_lives_s_with", "with"), ("one_ratio", "ratio"), ("storm_s", "all back and answered, s"), ("orders_sent", "orders sent"), ("orders_counted", "orders found")]),
    "supervisors": ("Fan-out", "Supervisors who subscribe to everything while the writers are at peak. One keeps what comes and looks afterwards whether anything is missing; of the others' only the bytes are counted, and their sockets emptied every 3 ms without copying. When the processor is short, orders go first: the events are late, and how late the last of them are is said.",
                    [["supervisors"]],
                    [("supervisors", "supervisors"), ("lives_s_without", "lives a second without"), ("lives_s_with", "with"), ("ratio", "ratio"),
                     ("bytes_a_life_each", "bytes a life for each"), ("late_s", "all had all after the last answer, s"), ("events_lost", "events lost"), ("behind", "who got less")]),
    "notice": ("A notice to many", "A notice goes to all households of a district; residents are connected, each listens, and each sends its receipt.",
               [["notice"]],
               [("residents", "residents"), ("told_p50_ms", "half of them told, ms"), ("all_told_ms", "all told, ms"),
                ("receipts_s", "all receipts on disk, s"), ("journal_bytes_per_receipt", "journal, bytes a receipt")]),
    "reading": ("Reading beside the writers", "Four queries under way at a time while the writers are at peak; the ratio is that of the writers' lives with them and without.",
                [["reading"]],
                [(f"{kind}_{field}", f"{kind}, {head}") for kind in ("show", "orders", "areas", "stats", "journal")
                 for field, head in (("s", "a second"), ("ratio", "ratio"))]),
    "places": ("Finding a micro-grid", "Coordinates that find their micro-grid among the polygons of a made district; no disk and no wire.",
               [["places"]],
               [("polygons", "polygons"), ("lookups", "look-ups"), ("per_second", "look-ups a second"), ("built_ms", "index built, ms")]),
}

# What runs paidan-bench for a section, where that is not this machine.
ELSEWHERE = {"connections-vm": "vm.sh"}


class Failed(Exception):
    """A contender could not be measured; the text says why."""


class Commands:
    """Runs commands in the folder that chooses the disk; none of them outlives this program."""

    def __init__(self, folder):
        self.folder = folder
        self.prctl = ctypes.CDLL(None).prctl

    def run(self, argv, limit_s=LIMIT_S):
        """What it printed. Its own process group, so that an interrupt reaches all of it, and once."""
        pdeathsig = 1
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                 env={**os.environ, "TMPDIR": self.folder}, preexec_fn=lambda: self.prctl(pdeathsig, signal.SIGINT))
        try:
            out, errors = child.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            self.end(child)
            raise Failed(f"not done after {limit_s} s") from None
        except BaseException:
            self.end(child)
            raise
        if child.returncode != 0:
            said = errors.strip().splitlines() or [f"exit {child.returncode}"]
            raise Failed(said[-1])
        return out

    @staticmethod
    def end(child):
        """The interrupt lets it clear up; whoever has not done so in time is killed."""
        for number in signal.SIGINT, signal.SIGKILL:
            try:
                os.killpg(child.pid, number)
                child.communicate(timeout=20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
            return


class Contender:
    """One line of the tables: a name, its setting, and what measures it."""

    def __init__(self, name, setting, measure):
        self.name, self.setting, self.measure = name, setting, measure
        self.facts = {}  # what is said of it once: settings, remark, queues, on_disk, unavailable
        self.orders, self.results = {}, {str(outstanding): [] for outstanding in OUTSTANDING}

    def title(self):
        return self.name if self.name in ("paidan", "bare loop") else f"{self.name} {self.setting}"

    def take(self, outstanding, orders):
        result = self.measure(outstanding, orders)
        for fact in "settings", "remark", "queues", "on_disk", "unavailable":
            if fact in result:
                self.facts[fact] = result.pop(fact)
        return result

    def calibrate(self, seconds):
        """Few orders with one outstanding; as many as that rate carries in a second with more; and so on."""
        orders = ORDERS_FIRST
        for outstanding in OUTSTANDING:
            result = self.take(outstanding, orders)
            if "unavailable" in self.facts:
                return
            rate = result["lives_per_s"]
            # A short run is most of all a beginning.
            while (orders < rate * seconds / 3 or orders < 2 * outstanding) and orders < ORDERS_MAX:
                orders = int(min(max(rate * seconds, 3 * outstanding), ORDERS_MAX))
                rate = max(rate, self.take(outstanding, orders)["lives_per_s"])
            # Fewer than some times the outstanding would never have so many outstanding for long.
            self.orders[outstanding] = int(min(max(rate * seconds, ORDERS_FIRST, 3 * outstanding), ORDERS_MAX))
            orders = int(max(rate, ORDERS_FIRST))

    def fail(self, why):
        self.facts["unavailable"] = f"failed: {why}"


def pairs(line):
    """name=value name=value of the bare loop."""
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", line)}


def contenders(commands, arguments):
    build = arguments.build

    def paidan(outstanding, orders):
        argv = [f"{build}/paidan-bench", "lives", "--orders", str(orders), "--outstanding", str(outstanding), "--json"]
        return {**json.loads(commands.run(argv)), "on_disk": True, "queues": 1151,
                "settings": "as it is packaged (make guide), without settings: each answer when its round of the journal is on disk",
                "remark": "a Unix socket (ipc), ZMTP spoken by the driver itself, as those of the peers speak their protocols"}

    def bare(outstanding, orders):
        # It takes a fiftieth when few are outstanding. Its figure has its start in it, a fifth of a second: of few orders it tells nothing else.
        wanted = max(orders, 2000) * 50 if outstanding <= 16 else max(orders, 200_000)
        return {**pairs(commands.run([arguments.bare, str(wanted), str(outstanding)])), "on_disk": True,
                "settings": "what the libraries and the disk allow: ZeroMQ, msgpack-c, a journal, LMDB, and no dispatching",
                "remark": "a Unix socket (ipc), libzmq at both ends"}

    def peer(name, setting):
        def measure(outstanding, orders):
            argv = [f"{build}/paidan-peers", "--peer", name, "--setting", setting, "--outstanding", str(outstanding), "--tasks", str(orders),
                    "--json"]
            return json.loads(commands.run(argv))
        return measure

    found = [Contender("paidan", "durable", paidan)]
    loop = Contender("bare loop", "durable", bare)
    if not os.access(arguments.bare, os.X_OK):
        loop.facts["unavailable"] = "its script is not here (BARE=PATH says where it is)"
    found.append(loop)
    return found + [Contender(name, setting, peer(name, setting)) for setting in SETTINGS for name in arguments.peers]


# ---- the machine ----

def output_of(*argv):
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def first_match(path, pattern):
    with open(path, encoding="utf-8", errors="replace") as f:
        found = re.search(pattern, f.read(), re.M)
    return found.group(1).strip().strip('"') if found else "unknown"


def packages():
    lines = output_of("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n", *PACKAGES).splitlines()
    return dict(line.split()[1:] for line in lines if line.startswith("installed "))


def version():
    with open(os.path.join(ROOT, "VERSION"), encoding="utf-8") as f:
        number = f.read().strip()
    commit = output_of("git", "-C", ROOT, "rev-parse", "--short", "HEAD")
    written = [f":(exclude){os.path.relpath(path, ROOT)}" for path in (RESULTS, page.PAGE, page.PLOTS)]
    if output_of("git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no", "--", ROOT, *written):
        commit += "-dirty"
    return f"{number} (commit {commit})" if commit else number


def machine(folder):
    source, filesystem = (output_of("findmnt", "-n", "-o", "SOURCE,FSTYPE", "-T", folder).split() + ["unknown", "unknown"])[:2]
    return {"processor": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"), "cores": os.cpu_count(),
            "memory_GiB": round(int(first_match("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / 1048576, 1),
            "disk": source, "filesystem": filesystem, "kernel": platform.release(),
            "system": first_match("/etc/os-release", r"^PRETTY_NAME=(.*)$")}


def sync_us(folder):
    """The median of synchronous writes of 4 KiB into a file that is there."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as f:
        os.write(f.fileno(), bytes(1 << 20))
        os.fsync(f.fileno())
        for i in range(201):
            begun = time.perf_counter()
            os.pwrite(f.fileno(), b"x" * 4096, 4096 * (i % 256))
            os.fdatasync(f.fileno())
            took.append(time.perf_counter() - begun)
    return round(statistics.median(took) * 1e6)


# ---- the run ----

def tell(text):
    print(text, flush=True)


def attempt(contender, what, *arguments):
    """False when the contender failed, which the page then tells of it."""
    try:
        what(*arguments)
        return True
    except (Failed, ValueError, KeyError) as e:
        contender.fail(e)
        tell(f"  {contender.title()}: {contender.facts['unavailable']}")
        return False


def measure_rounds(found, arguments, folder, syncs):
    for number in range(arguments.rounds):
        syncs.append(sync_us(folder))
        tell(f"round {number + 1} of {arguments.rounds}; a synchronous write of 4 KiB takes {syncs[-1]} µs")
        for outstanding in OUTSTANDING:
            for contender in found[number % len(found):] + found[:number % len(found)]:
                if "unavailable" in contender.facts:
                    continue

                def once(c=contender, o=outstanding):
                    result = c.take(o, c.orders[o])
                    c.results[str(o)].append(result)
                    latency = f"submit→ok p50 {result['ok_p50_us']:,} µs" if "ok_p50_us" in result else ""
                    tell(f"  {o:>5,} outstanding  {c.title():<20} {result['lives_per_s']:>9,.0f} lives/s  {latency}")
                attempt(contender, once)


def means_of(name, build=None):
    """The words before a section's arguments; without a build those to be read."""
    script = ELSEWHERE.get(name)
    if build is None:
        return [script, "paidan-bench"] if script else ["paidan-bench"]
    return ["sh", os.path.join(HERE, script), build] if script else [f"{build}/paidan-bench"]


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def minute_of(time):
    return time.strftime("%Y-%m-%d %H:%M UTC")


def results_before():
    """Those of the last run; none: there was none."""
    try:
        with open(RESULTS, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return {"sections": []}


def measure_sections(commands, arguments):
    """Those that are wanted, and of the others what was measured last."""
    sections = {section["title"]: section for section in results_before()["sections"]}
    for name in arguments.sections:
        title, text, argvs, columns = SECTIONS[name]
        section = {"title": title, "text": text, "commands": [" ".join([*means_of(name), *argv]) for argv in argvs], "columns": columns, "rows": [],
                   "date": minute_of(now()), "paidan": version()}
        for argv in argvs:
            tell(" ".join([*means_of(name), *argv]))
            try:
                printed = commands.run([*means_of(name, arguments.build), *argv, "--json"], None)
                section["rows"] += [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
            except (Failed, ValueError) as e:
                section["failed"] = str(e)
                tell(f"  failed: {e}")
        sections[title] = section
    return [sections[title] for title, *_ in SECTIONS.values() if title in sections]


def measure(arguments, folder):
    commands = Commands(folder)
    found = contenders(commands, arguments)
    begun = now()
    syncs = []
    tell(f"how many orders take {arguments.seconds:g} s")
    for contender in found:
        if "unavailable" not in contender.facts and not attempt(contender, contender.calibrate, arguments.seconds):
            continue
        said = contender.facts.get("unavailable") or ", ".join(f"{n:,} with {o:,} outstanding" for o, n in contender.orders.items())
        tell(f"  {contender.title()}: {said}")
    measure_rounds(found, arguments, folder, syncs)
    sections = measure_sections(commands, arguments)
    return {"date": minute_of(begun), "minutes": round((now() - begun).seconds / 60),
            "rounds": arguments.rounds, "seconds": arguments.seconds, "outstanding": OUTSTANDING,
            "paidan": version(), "machine": machine(folder), "packages": packages(),
            "sync_4k_us": syncs, "sections": sections,
            "contenders": [{"name": c.name, "setting": c.setting, **c.facts, "results": c.results} for c in found]}


def measure_again(arguments, folder):
    """The results that are there, with these sections measured anew, or for the first time."""
    return {**results_before(), "sections": measure_sections(Commands(folder), arguments)}


def keep(results):
    """A line for each part, and in lists for each element, so that two runs can be compared by eye."""
    def text(value):
        return json.dumps(value, ensure_ascii=False)

    def lines(value):
        listed = isinstance(value, list) and value and isinstance(value[0], dict)
        return "[\n" + ",\n".join("  " + text(element) for element in value) + "\n ]" if listed else text(value)
    with open(RESULTS, "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(f" {text(name)}: {lines(value)}" for name, value in results.items()) + "\n}\n")


def words(known):
    def check(text):
        names = text.split()
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} is none of: {' '.join(known)}")
        return names
    return check


def positive(kind):
    def check(text):
        value = kind(text)
        if not value > 0:
            raise ValueError
        return value
    check.__name__ = "number above 0"
    return check


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(" - ", 1)[1].split("\n")[0])
    parser.add_argument("build", help="the folder of the programs")
    parser.add_argument("--rounds", type=positive(int), default=5, help="how often each is measured (default 5)")
    parser.add_argument("--seconds", type=positive(float), default=3, help="about how long a measurement takes (default 3)")
    parser.add_argument("--peers", type=words(PEERS), default=list(PEERS), help="which peers, in one word each, or none: '' (default: all)")
    parser.add_argument("--sections", type=words(SECTIONS), default=list(SECTIONS), help="which further sections (default: all)")
    parser.add_argument("--again", action="store_true", help="measure the sections alone, and put them into the results that are there")
    parser.add_argument("--bare", default="", help="the script of the bare loop")
    arguments = parser.parse_args()
    parent = os.environ.get("TMPDIR") or "/var/tmp"
    if output_of("findmnt", "-n", "-o", "FSTYPE", "-T", parent) == "tmpfs":
        parser.exit(100, f"bench: {parent} is in memory, and syncs there cost nothing: TMPDIR=FOLDER chooses a disk\n")
    for number in signal.SIGTERM, signal.SIGHUP:  # a closed terminal clears up, too, unless nohup says that it goes on
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    folder = tempfile.mkdtemp(prefix="bench-", dir=parent)
    os.chmod(folder, 0o711)  # for servers that are not root
    try:
        results = measure_again(arguments, folder) if arguments.again else measure(arguments, folder)
    except KeyboardInterrupt:
        parser.exit(130, "\nbench: interrupted; the page stays as it was\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    keep(results)
    page.write(results)
    tell(page.tables(results))
    tell(f"in {os.path.relpath(page.PAGE)}, with plots, settings and versions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
