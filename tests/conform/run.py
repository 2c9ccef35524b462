#!/usr/bin/python3
"""run.py BUILD [LANGUAGE...] [SCENARIO...] - hold the conformance script with a live paidand, in each language; a line each.

README.md has the form of a scenario, and what a runner is.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "conformance")]
import conversation as talk  # noqa: E402
from proxy import Way  # noqa: E402

SCENARIO_S = 120 * talk.SLOW
SETTINGS = {"heartbeat_ms": 5000}


def here(name):
    return os.path.join(HERE, name)


class Language:
    """How to run its runner, and why it cannot be run on this machine."""

    def __init__(self, name, command, environment=None, missing=""):
        self.name, self.command, self.environment, self.missing = name, command, environment or {}, missing


def languages(build):
    python = {"PYTHONPATH": os.path.join(build, "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    return [Language("c", [os.path.join(build, "paidan-conform")]),
            Language("python", [sys.executable, here("conform.py")], python),
            Language("python-aio", [sys.executable, here("conform_aio.py")], python),
            Language("node", ["node", here("conform.mjs")], missing=node_is_missing())]


def node_is_missing():
    if not os.path.exists(here("conform.mjs")):
        return "there is no client for Node here"
    if not shutil.which("node"):
        return "node is not installed"
    modules = subprocess.run(["node", here("conform.mjs"), "--check"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=60, check=False)
    return modules.stdout.decode(errors="replace").strip().split("\n")[-1] if modules.returncode else ""


class Scenario:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)[:-5]
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)

    def is_for(self, language):
        return language.name in self.document.get("languages", [language.name])


class Stage:
    """A broker with the small district, the way to it, and what may be done to both."""

    def __init__(self, build, settings):
        self.broker = talk.Broker(build, {**SETTINGS, **settings})
        self.way = Way(os.path.join(self.broker.folder, "way"), self.broker.listen, self.broker.publish)
        operator = self.broker.connect()
        talk.equal(talk.import_rows(operator, talk.district_rows()).what, "imported", "the answer to import_commit")
        operator.close()
        self.actions = {
            "stop": self.broker.stop, "kill": self.broker.kill, "start": self.broker.start,
            "pause": lambda: self.broker.signal(signal.SIGSTOP), "go on": lambda: self.broker.signal(signal.SIGCONT),
            "cut": self.way.commands.cut, "cut events": self.way.events.cut, "mute": self.way.commands.mute,
            "mend": lambda: (self.way.commands.mend(), self.way.events.mend()),
        }

    def do(self, action):
        """Do it; returns what the runner is told."""
        if action not in self.actions:
            return f"there is no action {action}"
        self.actions[action]()
        return "done"

    def close(self):
        self.way.close()
        if self.broker.process and self.broker.process.returncode is None:
            self.broker.signal(signal.SIGCONT)
        self.broker.close()


def converse(runner, stage):
    """Serve a runner until it ends; returns its last line."""
    last = ""
    for line in runner.stdout:
        line = line.rstrip("\n")
        if line.startswith("do "):
            runner.stdin.write(f"{stage.do(line[3:])}\n")
            runner.stdin.flush()
        elif line:
            last = line
    return last


def play(path, language, stage, bound_s=talk.BOUND_S / 2):
    """Let a language's runner hold the scenario of a file; returns its exit code and its last words."""
    runner = subprocess.Popen(
        [*language.command, path, stage.way.connect, stage.way.subscribe], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, **language.environment, "CONFORM_BOUND_S": str(bound_s)},
        preexec_fn=lambda: talk.libc.prctl(talk.PR_SET_PDEATHSIG, signal.SIGKILL))
    said = []
    listener = threading.Thread(target=lambda: said.append(runner.stderr.read()), daemon=True)
    watchdog = threading.Timer(SCENARIO_S, runner.kill)
    listener.start()
    watchdog.start()
    try:
        last = converse(runner, stage)
        code = runner.wait(10)
    finally:
        watchdog.cancel()
        runner.kill()
        runner.wait()
        listener.join(10)
        for stream in (runner.stdin, runner.stdout, runner.stderr):
            stream.close()
    words = " ".join("".join(said).split())[-600:]
    if code == 1 and last.startswith("failed "):
        return code, last + (f" - its standard error: {words}" if words else "")
    return code, f"its runner ended with {code}; its last words: {last} {words}"


def hold(scenario, language, build):
    """Hold a scenario in a language. Raises Failure."""
    stage = Stage(build, scenario.document.get("settings", {}))
    try:
        code, last = play(scenario.path, language, stage)
        talk.check(code == 0, last)
        if stage.broker.process.returncode is None:
            stage.broker.stop()
    finally:
        stage.close()


def hold_wrong(scenario, language, build):
    """See that a language's runner lets none of the wrong steps pass. Raises Failure."""
    stage = Stage(build, {})
    document = scenario.document
    try:
        for step in document["wrong"]:
            steps = [*document["before"], step]
            path = os.path.join(stage.broker.folder, "wrong.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**document, "steps": steps}, file)
            code, last = play(path, language, stage, 0.3 if "bound" in step else 10)
            talk.check(code == 1 and last.startswith(f"failed {len(steps)}: "),
                       f"{json.dumps(step, ensure_ascii=False)} should have failed; the runner ended with {code}: {last}")
    finally:
        stage.close()


def one_line(text):
    return " ".join(str(text).split())[:1500]


def run(scenario, language, build):
    """Hold one; returns whether it passed."""
    begun = time.monotonic()
    try:
        (hold_wrong if "wrong" in scenario.document else hold)(scenario, language, build)
    except (talk.Failure, OSError, BrokenPipeError) as failure:
        print(f"not ok {language.name} {scenario.name}: {one_line(failure)}\n"
              f"  again: python3 {os.path.relpath(os.path.abspath(__file__))} {build} {language.name} {scenario.name}", flush=True)
        return False
    print(f"ok {language.name} {scenario.name}" + (f" ({time.monotonic() - begun:.2f} s)" if os.environ.get("TIMES") else ""),
          flush=True)
    return True


def main():
    if len(sys.argv) < 2 or not os.access(os.path.join(sys.argv[1], "paidand"), os.X_OK):
        print("usage: run.py BUILD [LANGUAGE...] [SCENARIO...], with a paidand in the folder BUILD", file=sys.stderr)
        return 100
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    all_languages = languages(build)
    scenarios = [Scenario(path) for path in sorted(glob.glob(here("scenarios/*.json")) + [here("wrong.json")])]
    names = [language.name for language in all_languages]
    some = [language for language in all_languages if language.name in wanted] or all_languages
    wanted = [word for word in wanted if word not in names]
    chosen = [s for s in scenarios if not wanted or any(re.match(word, s.name) for word in wanted)]
    if not chosen:
        print(f"no scenario begins with {' or '.join(wanted)}; there are: {' '.join(s.name for s in scenarios)}, "
              f"and the languages {' '.join(names)}", file=sys.stderr)
        return 100
    talk.leave_tidily()
    passed = True
    for language in some:
        if language.missing:
            print(f"not ok {language.name} # SKIP {one_line(language.missing)}", flush=True)
            continue
        for scenario in chosen:
            if scenario.is_for(language):
                passed = run(scenario, language, build) and passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
