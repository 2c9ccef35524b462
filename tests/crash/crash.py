#!/usr/bin/python3
"""crash.py BUILD [--rounds N] [--seed N] - kill -9 under load, and damage on disk: what was acknowledged must be there.

Each round drives orders through their lives on several connections, kills the broker in the middle of it, starts it again, and looks for
every acknowledged command in the journal; what was not answered is sent again and must be answered then.
"""
import argparse
import glob
import os
import random
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "conformance"))
import conversation as talk  # noqa: E402

from conversation import LAMP, LEADER, RESIDENT, Failure, check, equal, new_id  # noqa: E402

CONNECTIONS, WINDOW = 4, 64
EVENT_OF = {row["command"]: row["event"] for row in talk.schema.document["moves"]}
# A life: who does what next. A decline or reopening would need another leader; notes make lives of different lengths.
LIFE = [("submit", {}), ("note", {"text": "在等"}), ("accept", {}), ("complete", {"result": "修好了"}), ("confirm", {"rating": 5})]
ACTOR = {"submit": RESIDENT, "note": RESIDENT, "accept": LEADER, "complete": LEADER, "confirm": RESIDENT}


class Life:
    """One order, and the command that is to be answered next."""

    def __init__(self, dice):
        self.id, self.version, self.step = new_id(), 0, 0
        self.with_note = dice.random() < 0.3

    def command(self):
        what, fields = LIFE[self.step]
        named = {"category": LAMP, "text": "楼道灯不亮"} if what == "submit" else {"version": self.version}
        return what, {"order": self.id, "actor": ACTOR[what], **named, **fields}

    def answered(self):
        self.version += 1
        self.step += 1
        if self.step < len(LIFE) and LIFE[self.step][0] == "note" and not self.with_note:
            self.step += 1
        return self.step == len(LIFE)


class Load:
    """Lives on several connections; whatever is acknowledged is remembered."""

    def __init__(self, broker, dice):
        self.broker, self.dice = broker, dice
        self.acknowledged = {}  # (order, version) -> (event, seq)
        self.lives = [[Life(dice) for _ in range(WINDOW)] for _ in range(CONNECTIONS)]
        self.waiting = []

    def connect(self):
        self.links = [self.broker.connect(0) for _ in range(CONNECTIONS)]
        self.waiting = [{} for _ in self.links]
        for i, lives in enumerate(self.lives):
            for life in lives:
                self.send(i, life)

    def send(self, i, life):
        what, fields = life.command()
        self.waiting[i][self.links[i].send(what, **fields)] = life

    def on_answer(self, i, answer):
        life = self.waiting[i].pop(answer.request)
        check(answer.what == "ok", f"{life.command()[0]} of {life.id.hex()}: expected ok, got {answer!r}")
        equal(answer.version, life.version + 1, f"version after {life.command()[0]} of {life.id.hex()}")
        self.acknowledged[(life.id, answer.version)] = (EVENT_OF[life.command()[0]], answer.seq)
        if life.answered():
            self.lives[i].remove(life)
            life = Life(self.dice)
            self.lives[i].append(life)
        self.send(i, life)

    def carry(self, answers):
        """Until so many more are acknowledged."""
        goal = len(self.acknowledged) + answers
        while len(self.acknowledged) < goal:
            for i, link in enumerate(self.links):
                link.take(0.001)
                while link.inbox:
                    self.on_answer(i, link.inbox.popleft())
            self.broker.must_run()


def journal_of(broker):
    """(order, version) -> (event, seq) of the whole journal; each may stand there once."""
    events, _ = broker.connect(0).events()
    found = {}
    for n, event in enumerate(events):
        equal(event.request, n + 1, "seqs without a gap")
        if "order" not in event.fields:
            continue
        key = (event.order, event.version)
        check(key not in found, f"order {event.order.hex()} has version {event.version} twice")
        found[key] = (event.what, event.request)
    return found


def all_there(broker, load):
    found = journal_of(broker)
    for key, wanted in load.acknowledged.items():
        equal(found.get(key), wanted, f"the acknowledged version {key[1]} of order {key[0].hex()}")
    return len(found)


def verify(broker, build):
    paidan = os.path.join(build, "paidan")
    done = subprocess.run([paidan, "verify", broker.data, "--connect", broker.listen], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    equal(done.returncode, 0, f"the exit code of paidan verify, which said: {done.stdout.decode(errors='replace')[-600:]}")


def kills(broker, load, build, rounds):
    for n in range(1, rounds + 1):
        load.connect()
        load.carry(load.dice.randrange(50, 3000))
        broker.kill()
        broker.start()
        events = all_there(broker, load)
        print(f"ok killed {n}: {len(load.acknowledged)} acknowledged commands are there, of {events} events", flush=True)
    load.connect()  # what was not answered is sent again
    load.carry(2000)
    verify(broker, build)
    print("ok verify under load finds journal, book and state sound", flush=True)


def rebuilt_book(broker, load, build):
    load.broker.hang_up()
    operator = broker.connect(0)
    before = operator.digest()
    broker.stop()
    shutil.rmtree(os.path.join(broker.data, "book"))
    broker.start()
    equal(broker.connect(0).digest(), before, "seq and hash of the state after the book was deleted")
    verify(broker, build)
    print("ok a deleted book is made again, to the same content", flush=True)


def records(data):
    """(file, offset, bytes) of every record: found by their magic at multiples of 8, each leading to the next."""
    found = []
    for path in sorted(glob.glob(os.path.join(data, "journal", "*.seg"))):
        with open(path, "rb") as file:
            content = file.read()
        at = 0
        while content[at:at + 4] == b"PDR1":
            size = int.from_bytes(content[at + 8:at + 12], "little")
            found.append((path, at, size))
            at += (size + 7) // 8 * 8
    return found


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def refuses_to_start(broker, about, *parts):
    code, said = broker.run(*broker.command()[1:])
    equal(code, 111, f"exit code with {about}; it said: {said[-400:]}")
    for part in parts:
        check(part in said, f"with {about} it should name {part}, and said: {said[-400:]}")


def damage(broker, load):
    broker.stop()
    all_records = records(broker.data)
    path, at, size = [r for r in all_records if r[0] == all_records[-1][0]][0]
    with open(path, "rb") as file:
        file.seek(at + size // 2)
        byte = file.read(1)
    overwrite(path, at + size // 2, bytes([byte[0] ^ 0x10]))
    refuses_to_start(broker, "a flipped bit before good records", os.path.basename(path))
    overwrite(path, at + size // 2, byte)
    broker.start()
    all_there(broker, load)
    print("ok a flipped bit that good records follow is reported with its file, and not served", flush=True)


def torn(broker, load, build):
    """A record that came after the last acknowledged one, cut at several lengths."""
    operator = broker.connect(0)
    for n in range(6):
        kept = operator.ask("ping") and journal_of(broker)
        order = talk.Order(operator, requester=RESIDENT)
        broker.kill()
        path, at, size = records(broker.data)[-1]
        keep = [0, 1, 71, 72, size // 2, size - 1][n]
        overwrite(path, at + keep, bytes(size - keep))
        shutil.rmtree(os.path.join(broker.data, "book"))  # it may have kept what is now cut off
        broker.start()
        operator = broker.connect(0)
        equal(journal_of(broker), kept, f"the journal after its last record was cut to {keep} of {size} bytes")
        operator.refused("unknown_order", "accept", order=order.id, version=1, actor=LEADER)
    all_there(broker, load)
    verify(broker, build)
    print("ok a last record that was cut anywhere is cut off, and nothing else", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    broker = talk.Broker(args.build, {"segment_mib": 1})
    load = Load(broker, random.Random(args.seed))
    code = 0
    signal.alarm((60 + 20 * args.rounds) * talk.SLOW)
    try:
        equal(talk.import_rows(broker.connect(0), talk.district_rows()).what, "imported", "the answer to the import")
        kills(broker, load, args.build, args.rounds)
        rebuilt_book(broker, load, args.build)
        damage(broker, load)
        torn(broker, load, args.build)
    except Failure as failure:
        print(f"not ok crash: {failure}\n  again: python3 tests/crash/crash.py {args.build} --rounds {args.rounds} --seed {args.seed}")
        code = 1
    finally:
        broker.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
