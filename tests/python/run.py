#!/usr/bin/python3
"""run.py BUILD [NAME...] - test the Python client as make built it in BUILD/python; a line a test."""
import os
import signal
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "conformance")]
import conversation as talk  # noqa: E402,F401 - it sees to it that this is the Python that has ZeroMQ


TEST_S = 20


def too_long(*_):
    raise AssertionError(f"the test took more than {TEST_S} s")


class Lines(unittest.TestResult):
    """`ok NAME`, `not ok NAME: why`."""

    def __init__(self, build):
        super().__init__()
        self.build, self.failed, self.done = build, False, set()

    def startTest(self, test):
        super().startTest(test)
        signal.alarm(TEST_S)

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def say(self, test, line):
        print(line, flush=True)
        self.done.add(test)

    def addSuccess(self, test):
        self.say(test, f"ok {name(test)}")

    def addSkip(self, test, reason):
        self.say(test, f"not ok {name(test)} # SKIP {reason}")

    def addFailure(self, test, err):
        self.failed = True
        self.say(test, f"not ok {name(test)}: {' '.join(str(err[1]).split())[:1000]}\n  again: python3 {os.path.relpath(__file__)} "
                       f"{os.path.relpath(self.build)} {test.id()}")
        print(self._exc_info_to_string(err, test), file=sys.stderr)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(subtest, err)


def name(test):
    """test_engine.Reconnecting.test_what_is_so -> engine: what is so."""
    module, *_, method = test.id().split(" ")[0].split(".")
    return f"{module[5:]}: {method[5:].replace('_', ' ')}"


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def main():
    if len(sys.argv) < 2 or not os.path.exists(os.path.join(sys.argv[1], "python", "paidan", "schema.json")):
        print("usage: run.py BUILD [NAME...], after: make python", file=sys.stderr)
        return 100
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    sys.path.insert(0, os.path.join(build, "python"))
    os.environ["PAIDAN_BUILD"] = build
    tests = unittest.TestSuite(test for test in each(unittest.defaultTestLoader.discover(HERE))
                               if not wanted or any(test.id().startswith(w) for w in wanted))
    if not tests.countTestCases():
        print(f"no test begins with {' or '.join(wanted)}", file=sys.stderr)
        return 100
    talk.leave_tidily()
    signal.signal(signal.SIGALRM, too_long)
    result = Lines(build)
    tests.run(result)
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main())
