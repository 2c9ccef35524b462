#!/usr/bin/python3
"""run.py BUILD [NAME...] - hold all conversations with BUILD/paidand, or those whose names begin so; one line each."""
import glob
import importlib
import os
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import conversation as talk  # noqa: E402

CONVERSATION_S = 180 * talk.SLOW


def too_long(*_):
    raise talk.Failure(f"the conversation took more than {CONVERSATION_S} s")


def again(build, name):
    return f"python3 {os.path.relpath(os.path.join(HERE, 'run.py'))} {build} {name}"


def one_line(text):
    return " ".join(str(text).split())[:1200]


def run(name, build):
    """Hold one; returns "passed", "failed" or "skipped"."""
    begun = time.monotonic()
    signal.alarm(CONVERSATION_S)
    try:
        talk.hold(talk.conversations[name], build)
    except talk.Skip as why:
        print(f"skip {name}: {one_line(why)}", flush=True)
        return "skipped"
    except talk.Failure as failure:
        where = next((f for f in reversed(traceback.extract_tb(failure.__traceback__)) if "about_" in f.filename), None)
        place = f" ({os.path.basename(where.filename)}:{where.lineno})" if where else ""
        print(f"not ok {name}: {one_line(failure)}{place}\n  again: {again(build, name)}", flush=True)
        return "failed"
    except Exception as error:  # a fault of the test itself is a failure, too
        place = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok {name}: {type(error).__name__}: {one_line(error)} ({os.path.basename(place.filename)}:{place.lineno})\n"
              f"  again: {again(build, name)}", flush=True)
        return "failed"
    finally:
        signal.alarm(0)
    print(f"ok {name}" + (f" ({time.monotonic() - begun:.2f} s)" if os.environ.get("TIMES") else ""), flush=True)
    return "passed"


def main():
    if len(sys.argv) < 2 or not os.access(os.path.join(sys.argv[1], "paidand"), os.X_OK):
        print("usage: run.py BUILD [NAME...], with a paidand in the folder BUILD", file=sys.stderr)
        return 100
    build, wanted = sys.argv[1], sys.argv[2:]
    for path in sorted(glob.glob(os.path.join(HERE, "about_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])
    names = [n for n in talk.conversations if not wanted or any(n.startswith(w) for w in wanted)]
    if not names:
        print(f"no conversation begins with {' or '.join(wanted)}; there are: {' '.join(talk.conversations)}", file=sys.stderr)
        return 100
    signal.signal(signal.SIGALRM, too_long)
    talk.leave_tidily()
    results = [run(name, build) for name in names]
    skipped = results.count("skipped")
    print(f"{talk.checks} checks" + (f", {skipped} skipped" if skipped else ""))
    print(f"{results.count('passed')} passed, {results.count('failed')} failed")
    return 1 if "failed" in results else 0


if __name__ == "__main__":
    sys.exit(main())
