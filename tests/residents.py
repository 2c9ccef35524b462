#!/usr/bin/python3
"""residents.py BUILD - what paidan asks a person at a terminal, and what it tells them live. Prints `ok NAME` and `not ok NAME`."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile

BOUND_S = 60
REGISTRY = {
    "areas": "id,parent,level,kind,name\n1,0,district,plain,博山区\n11,1,street,plain,城东街道\n111,11,community,plain,税务街社区\n"
             "1111,111,grid,plain,第一网格\n1001,1111,microgrid,plain,第一微网格\n",
    "households": "id,area,centre,address,lon,lat\n500001,1001,500001,3号院101室,117.8,36.5\n",
    "people": "id,post,area,household,name,phone\n1,administrator,1,0,刘涵颖,1\n2001,leader,1001,500001,王秀英,2\n"
              "700001,resident,1001,500001,郑曦秀,3\n700002,resident,1001,500001,李秀兰,4\n",
    "categories": "id,name,level,urgency,accept_within_s,complete_within_s\n3,公共照明,microgrid,normal,1800,86400\n",
}
failed = False


def report(name, good, said):
    global failed
    failed |= not good
    print(f"{'ok' if good else 'not ok'} {name}" + ("" if good else f": {said!r}"), flush=True)


class Desk:
    """A terminal, and the paidan that runs at it."""

    def __init__(self, paidan, environment):
        self.paidan, self.environment = paidan, environment

    def say(self, *words):
        """Without a terminal: (what is printed, what is said on stderr)."""
        done = subprocess.run([self.paidan, *words], env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=BOUND_S,
                              check=False)
        return done.stdout, done.stderr

    def order(self, *words):
        return json.loads(self.say("order", *words, "--json")[0])["order"]["order"]

    def ask(self, answers, *words):
        """At a terminal: each answer is typed when there is a question, which ends with a colon."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve(self.paidan, [self.paidan, *words], self.environment)
        said, rest = "", list(answers)
        while select.select([terminal], [], [], BOUND_S)[0]:
            try:
                piece = os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
            said += piece
            if rest and said.rstrip().endswith(":"):
                os.write(terminal, rest.pop(0).encode() + b"\n")
        os.close(terminal)
        os.waitpid(child, 0)
        return said


def more(process, within_s):
    """Whether it says more within this time, or has ended."""
    return select.select([process.stdout], [], [], within_s)[0]


def conversation(desk):
    lamp = desk.order("楼道灯不亮", "--category", "3", "--as", "700001", "--picture", "https://example.com/1.jpg")
    told = subprocess.Popen([desk.paidan, "watch", "--mine", "--as", "700001", "--json"], env=desk.environment, stdout=subprocess.PIPE)
    try:
        for _ in range(100):  # until it is connected, and hears
            desk.say("note", lamp, "x", "--as", "2001")
            if more(told, 0.2):
                break
        version = json.loads(desk.say("show", lamp, "--json")[0])["order"]["version"]
        heard = ""
        said = desk.ask(["9", "1"], "order", "灯坏了", "--category", "3", "--as", "700002")
        report("a new order is compared with those nearby", "Is it one of these?" in said and "楼道灯不亮" in said, said)
        report("a wrong number is asked for again", "a number from 1 to 1" in said, said)
        report("who finds theirs follows it", lamp in said and f"version {version + 1}" in said, said)
        said = desk.ask([""], "order", "门口的灯坏了", "--category", "3", "--as", "700002")
        report("Enter submits a new one", re.search(r"state +waiting, version 1", said) and lamp not in said, said)
        door = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", said)[-1]
        said = desk.ask([], "order", "又一盏", "--category", "3", "--as", "700002", "--anyway")
        report("--anyway asks nothing", "one of these" not in said and "version 1" in said, said)
        _, hint = desk.say("order", "还有一盏", "--category", "3", "--as", "700002")
        report("without a terminal a hint is given", re.search(r"3 open orders nearby may say the same: paidan similar", hint), hint)
        said, _ = desk.say("similar", lamp)
        report("a holder sees similar ones, but for itself", door in said and lamp not in said, said)
        said, _ = desk.say("merge", door, lamp, "同一盏灯", "--as", "2001")
        report("a holder merges them", "merged" in said, said)
        desk.say("accept", lamp, "--as", "2001")
        desk.say("complete", lamp, "已更换灯泡", "--as", "2001")
        said, _ = desk.say("confirm", lamp, "4", "--as", "700002")
        report("a follower's confirm leaves it open", "completed" in said, said)
        said = desk.ask(["还是不亮"], "confirm", lamp, "1", "--as", "700001")
        report("who rates it badly may reopen it at once", "Is it not done?" in said and f"waiting, version {version + 6}" in said, said)
        said, _ = desk.say("show", lamp)
        for words in ("It has waited at", "It will be taken on by", "It will be done by", "1 person follows it.", "https://example.com/1.jpg"):
            report(f"show says: {words}", words in said, said)
        said, _ = desk.say("orders", "1001", "--away")
        report("from below it is still seen", lamp in said, said)
        said, _ = desk.say("reports", "700001")
        report("reports are counted", re.search(r"orders +1\n", said), said)
        while "reopened" not in heard and more(told, BOUND_S):
            heard += os.read(told.stdout.fileno(), 65536).decode()
        moves = [json.loads(line)["type"] for line in heard.splitlines()]
        report("the resident has heard of every move", moves[-5:] == ["accepted", "completed", "endorsed", "confirmed", "reopened"], moves)
    finally:
        told.send_signal(signal.SIGTERM)
        told.wait()


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PAIDAN_CONNECT": f"ipc://{folder}/c", "PAIDAN_SUBSCRIBE": f"ipc://{folder}/e", "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
        for name, rows in REGISTRY.items():
            with open(os.path.join(folder, f"{name}.csv"), "w", encoding="utf-8") as file:
                file.write(rows)
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            broker = subprocess.Popen([f"{build}/paidand", "--data", f"{folder}/data", "--listen", environment["PAIDAN_CONNECT"], "--publish",
                                       environment["PAIDAN_SUBSCRIBE"]], stderr=log)
            try:
                desk = Desk(f"{build}/paidan", environment)
                said, why = desk.say("import", folder)
                report("the district is imported", not why, said + why)
                conversation(desk)
            finally:
                broker.terminate()
                broker.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
