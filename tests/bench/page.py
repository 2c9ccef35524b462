#!/usr/bin/python3
"""page.py - RESULTS.md and its plots from results.json."""
import json
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE, PLOTS = os.path.join(HERE, "RESULTS.md"), os.path.join(HERE, "plots")

HEAD = """# What paidan carries, and what others carry on the same machine

Made by `make bench` from [results.json](results.json); `make bench-page` writes it again without measuring.

An order's life at paidan is submit → push → accept → complete. The submit, the accept and the complete are each on disk before
their answer, and the registry, deadlines, statistics and live events are kept with them. Of the other brokers the shorter life that
they know is taken as whole: put → deliver → delete. Payloads of 200 bytes; one process submits, as many ahead as *outstanding*
says, and another works; both and the server share the machine. Each measurement begins with an empty server. *The bare loop* is a
program of the same shape over the same libraries that dispatches nothing: what the libraries and the disk allow.
"""

NOT_COMPARABLE = """## What is not comparable

- **One durable step less.** The peers sync twice a life, at put and at delete; paidan three times, and the second answers who has
  taken the order. Their worker's delivery decides nothing that must survive.
- **Who gathers.** paidan, the bare loop, Redis and RabbitMQ gather what many clients send into one sync by themselves. PostgreSQL
  does so for connections that commit at the same time; here its clients gather up to 128 tasks into one commit, so that a task's
  answer waits for those of its neighbours. beanstalkd and gearmand sync once for each command.
- **Queues.** paidan serves 1,151 queues with priorities. Where a peer's cost grows with the number of queues, it has as few as suit
  it; the tables say how many.
- **Deletes.** Where the protocol does not answer a delete (RabbitMQ), it counts when it is sent. The others answer it.
- **Defaults.** What a peer does without settings is often in memory, or on disk a while later: then an answer is no promise, and
  the figure none that paidan's can be held against.
- **Copies.** RabbitMQ's quorum queues and JetStream are made for several machines. Here each is one node, which is the quickest
  that they can be.
- **Written.** *charged* is what the system charges the processes with (`write_bytes`); it counts whole folios of the page cache,
  even if a few bytes of them were changed. *disk* is what the device has written meanwhile, by whomever, with the file system's own
  journal, and what is made ahead of need: with few orders the zeros of paidan's next segment are most of it. What a server has not
  given to the disk by the end of the measurement is in neither.
"""

# Head, field, decimals, and whether the least and the most stand with the median; all of them are in results.json.
COLUMNS = (("lives/s", "lives_per_s", 0, True), ("submit→ok p50, µs", "ok_p50_us", 0, True), ("p99, µs", "ok_p99_us", 0, False),
           ("submit→push p50, µs", "push_p50_us", 0, False), ("server CPU, µs a life", "server_cpu_us_per_life", 1, False),
           ("charged, bytes a life", "written_bytes_per_life", 0, False), ("disk, bytes a life", "disk_bytes_per_life", 0, False))


def table(heads, rows):
    """A table in Markdown that reads well as it is; all but the first column to the right."""
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]

    def line(row):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        return f"| {' | '.join(cells)} |"
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([line(heads), rule, *map(line, rows)])


def number(value, decimals=0):
    return f"{value:,.{decimals}f}" if isinstance(value, (int, float)) else str(value)


def values(contender, outstanding, key):
    return [result[key] for result in contender["results"][str(outstanding)] if key in result]


def median(contender, outstanding, key):
    found = values(contender, outstanding, key)
    return statistics.median(found) if found else None


def spread(found, decimals=0, ends=True):
    """median (min–max), or – if there is none."""
    if not found:
        return "–"
    middle = number(statistics.median(found), decimals)
    return middle if len(found) == 1 or not ends else f"{middle} ({number(min(found), decimals)}–{number(max(found), decimals)})"


def title(contender):
    return contender["name"] if contender["name"] in ("paidan", "bare loop") else f"{contender['name']}, {contender['setting']}"


def measured(results, outstanding):
    """Those with figures: paidan, the bare loop, then the others, quickest first."""
    ours = ("paidan", "bare loop")
    found = [c for c in results["contenders"] if values(c, outstanding, "lives_per_s")]
    return sorted(found, key=lambda c: (ours.index(c["name"]) if c["name"] in ours else len(ours), -median(c, outstanding, "lives_per_s")))


def durable_peers(results, outstanding):
    return [c for c in measured(results, outstanding) if c["on_disk"] and c["name"] not in ("paidan", "bare loop")]


def lives_table(results, outstanding, on_disk):
    rows = [[title(c), number(c["queues"]) if "queues" in c else "–",
             *(spread(values(c, outstanding, key), decimals, ends) for _, key, decimals, ends in COLUMNS)]
            for c in measured(results, outstanding) if bool(c["on_disk"]) == on_disk]
    return table(["", "queues"] + [head for head, *_ in COLUMNS], rows) if rows else "Nothing was measured."


def ratio(results, outstanding, over, key="lives_per_s"):
    """paidan's figure by the other's, round by round, since rounds differ more than contenders do within one."""
    paidan = next(c for c in results["contenders"] if c["name"] == "paidan")
    return [a / b for a, b in zip(values(paidan, outstanding, key), values(over, outstanding, key)) if b]


def ratios_table(results):
    rows = []
    for outstanding in results["outstanding"]:
        bare = [c for c in measured(results, outstanding) if c["name"] == "bare loop"]
        peers = durable_peers(results, outstanding)
        best = max(peers, key=lambda c: median(c, outstanding, "lives_per_s"), default=None)
        soonest = min(peers, key=lambda c: median(c, outstanding, "ok_p50_us"), default=None)
        rows.append([number(outstanding), spread(ratio(results, outstanding, bare[0]), 2) if bare else "–",
                     f"{spread(ratio(results, outstanding, best), 2)} {title(best)}" if best else "–",
                     f"{spread(ratio(results, outstanding, soonest, 'ok_p50_us'), 2)} {title(soonest)}" if soonest else "–"])
    heads = ["outstanding", "lives/s by those of the bare loop", "lives/s by those of the best peer on disk",
             "submit→ok p50 by that of the soonest peer on disk"]
    return table(heads, rows)


def tables(results):
    parts = []
    for outstanding in results["outstanding"]:
        parts += [f"### {number(outstanding)} outstanding, each answer on disk", lives_table(results, outstanding, True)]
    parts += ["### paidan's figures divided by others'", ratios_table(results)]
    for outstanding in results["outstanding"]:
        parts += [f"### {number(outstanding)} outstanding, answers that are not on disk", lives_table(results, outstanding, False)]
    return "\n\n".join(parts)


def left_out(results):
    lines = [f"- **{title(c)}**: {c['unavailable']}." for c in results["contenders"] if "unavailable" in c]
    return "## Not measured\n\n" + "\n".join(lines) if lines else ""


def settings(results):
    rows = [[title(c), c["settings"], c.get("remark", "")] for c in results["contenders"] if "settings" in c]
    return "## Settings\n\n" + "\n".join(f"- **{name}**: {text}; {remark}." for name, text, remark in rows)


def section(part):
    commands = ", ".join(f"`{command}`" for command in part["commands"])
    of = f"; {part['date']}, paidan {part['paidan']}" if "date" in part else ""
    lines = [f"## {part['title']}", f"{part['text']} {commands}{of}"]
    if part["rows"]:
        decimals = {key: 2 if key.endswith("ratio") else 0 if all(isinstance(row.get(key), int) for row in part["rows"]) else 1
                    for key, _ in part["columns"]}
        lines.append(table([head for _, head in part["columns"]],
                           [[number(row.get(key, "–"), decimals[key]) for key, _ in part["columns"]] for row in part["rows"]]))
    if "failed" in part:
        lines.append(f"Not measured: {part['failed']}.")
    return "\n\n".join(lines)


def machine(results):
    m = results["machine"]
    rounds = "one round" if results["rounds"] == 1 else f"{results['rounds']} rounds"
    return "\n".join([
        "## Machine, versions, method", "",
        f"{m['processor']}, {m['cores']} cores, {m['memory_GiB']:g} GiB; {m['filesystem']} on {m['disk']}; {m['system']}, Linux {m['kernel']}. "
        f"A synchronous write of 4 KiB took {spread(results['sync_4k_us'])} µs. "
        f"{results['date']}, {rounds} in {results['minutes']} minutes, {results['seconds']:g} s a measurement; figures are medians (min–max).",
        "", f"paidan {results['paidan']}; " + ", ".join(f"{name} {version}" for name, version in sorted(results["packages"].items())) + "."])


# ---- plots ----

PLOT = """set terminal svg size 800,520 dynamic background rgb 'white' font 'sans-serif,14'
set output '{file}'
set logscale xy
set xlabel 'outstanding'
set ylabel '{label}'
set format y '%.0s%c'
set xtics ({tics})
set xrange [0.7:1500]
set grid
set key outside right top
plot {curves}
"""


def plot(results, name, key, label):
    """One curve for each whose answers are on disk, with its least and its most."""
    drawn = [c for c in measured(results, results["outstanding"][-1]) if c["on_disk"] and values(c, results["outstanding"][0], key)]
    if not drawn:
        return
    curves, data = [], []
    for i, contender in enumerate(drawn):
        wide = 3 if contender["name"] == "paidan" else 1.5
        curves.append(f"'-' using 1:2:3:4 with yerrorlines title '{title(contender)}' linewidth {wide} linetype {i + 1} pointtype {i + 4}")
        for outstanding in results["outstanding"]:
            found = values(contender, outstanding, key)
            data.append(f"{outstanding} {statistics.median(found)} {min(found)} {max(found)}")
        data.append("e")
    tics = ", ".join(f"'{number(o)}' {o}" for o in results["outstanding"])
    script = PLOT.format(file=os.path.join(PLOTS, name), label=label, tics=tics, curves=", ".join(curves))
    subprocess.run(["gnuplot"], input=script + "\n".join(data) + "\n", text=True, check=True)


def plots(results):
    if not shutil.which("gnuplot"):
        return "There are no plots: gnuplot is not installed."
    os.makedirs(PLOTS, exist_ok=True)
    plot(results, "lives.svg", "lives_per_s", "lives a second")
    plot(results, "latency.svg", "ok_p50_us", "submit to ok, median, µs")
    return "![lives a second by orders outstanding](plots/lives.svg)\n\n![submit to ok by orders outstanding](plots/latency.svg)"


def write(results):
    parts = [HEAD.rstrip(), "## Lives a second and latency", plots(results), tables(results), NOT_COMPARABLE.rstrip(), left_out(results),
             settings(results), *map(section, results["sections"]), machine(results)]
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write("\n\n".join(part for part in parts if part) + "\n")


def main():
    path = os.path.join(HERE, "results.json")
    if not os.path.exists(path):
        print("page: there is no results.json yet: make bench", file=sys.stderr)
        return 100
    with open(path, encoding="utf-8") as f:
        write(json.load(f))
    print(os.path.relpath(PAGE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
