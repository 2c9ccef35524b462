"""script.py - hold a scenario through the Python client, of either kind. README.md has its form.

`main(kind)` is a runner: kind gives the calls of one client library, and what it returns may have to be awaited.
"""
import asyncio
import inspect
import json
import logging
import os
import sys
import uuid
from importlib import resources

import paidan

BOUND_S = float(os.environ.get("CONFORM_BOUND_S", "30"))
STEPS = ("open", "close", "call", "send", "answer", "event", "push", "link", "driver")
LISTS = ("orders", "areas", "people", "households", "categories")


class Failure(Exception):
    """What was expected, and what came instead."""


async def settle(value):
    return await value if inspect.isawaitable(value) else value


# ---- values ----


def plain(value):
    """A result as a script has it."""
    if isinstance(value, paidan.Record):
        what = {"what": value.what} if value.what in EVENTS else {}
        return {**what, **{name: plain(v) for name, v in value.items()}}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, (uuid.UUID, paidan.Word)) else value


EVENTS = {m.name for m in paidan.Schema.load().messages.values() if m.role in ("event", "push")}


class Variables:
    """The variables of a scenario; makes values, and compares them with patterns."""

    def __init__(self):
        self.values = {}

    def make(self, value):
        if isinstance(value, str) and value.startswith("$"):
            if value not in self.values:
                raise Failure(f"{value} has no value yet")
            return self.values[value]
        if isinstance(value, dict) and "$repeat" in value:
            text, times = value["$repeat"]
            return text * times
        if isinstance(value, dict):
            return {name: self.make(v) for name, v in value.items()}
        return [self.make(v) for v in value] if isinstance(value, list) else value

    def like(self, got, pattern, where=""):
        """Raise Failure unless got is like pattern."""
        if isinstance(pattern, str) and pattern.startswith("$"):
            if pattern != "$_" and self.values.setdefault(pattern, got) != got:
                self.fail(where, f"{pattern}, which is {self.values[pattern]!r}", got)
        elif isinstance(pattern, dict) and len(pattern) == 1 and next(iter(pattern)).startswith("$"):
            self.compare(got, *next(iter(pattern.items())), where)
        elif isinstance(pattern, dict):
            if not isinstance(got, dict):
                self.fail(where, "an object", got)
            for name, wanted in pattern.items():
                self.like(got.get(name), wanted, f"{where}.{name}" if where else name)
        elif isinstance(pattern, list):
            if not isinstance(got, list) or len(got) != len(pattern):
                self.fail(where, f"a list of {len(pattern)} elements", got)
            for i, wanted in enumerate(pattern):
                self.like(got[i], wanted, f"{where}[{i}]")
        elif (got or None) != (pattern or None) or isinstance(got or None, bool) != isinstance(pattern or None, bool):
            self.fail(where, repr(pattern), got)

    def compare(self, got, operator, operand, where):
        if operator == "$has":
            true = isinstance(got, str) and operand in got
        elif operator == "$above":
            true = isinstance(got, int) and got > self.make(operand)
        elif operator == "$count":
            true = isinstance(got, list) and len(got) == operand
        elif operator == "$repeat":
            true = got == self.make({operator: operand})
        else:
            raise Failure(f"there is no {operator}")
        if not true:
            self.fail(where, json.dumps({operator: operand}, ensure_ascii=False), got)

    @staticmethod
    def fail(where, wanted, got):
        raise Failure(f"{where or 'the result'}: expected {wanted}, got {got!r:.600}")


# ---- steps ----


class Runner:
    def __init__(self, kind, connect, subscribe):
        self.kind, self.endpoints = kind, {"connect": connect, "subscribe": subscribe}
        self.variables = Variables()
        self.clients, self.events, self.pushes, self.links = {}, {}, {}, {}
        self.sent = {}

    async def hold(self, document):
        try:
            number = 0
            for name, person in document.get("clients", {}).items():
                await self.step_open({"open": name, "person": person})
            for number, step in enumerate(document["steps"], 1):
                word = next((word for word in STEPS if word in step), None)
                if word is None:
                    raise Failure("it is no step")
                await getattr(self, f"step_{word}")(step)
        except Failure as failure:
            why = document["steps"][number - 1].get("why") if number else None
            raise Failure(f"{number}: {failure}" + (f" ({why})" if why else "")) from None
        finally:
            for client in self.clients.values():
                await settle(client.close())

    async def expect(self, step, made):
        """Look at what comes of a call."""
        try:
            result = plain(await settle(made()))
        except paidan.Refused as refused:
            if step.get("refused") != refused.name:
                raise Failure(f"it was refused: {refused}") from None
            names = ("code", "name", "sentence", "detail", "advice", "version", "person")
            self.variables.like({name: getattr(refused, name) for name in names}, step.get("gives", {}))
            return
        except (paidan.InvalidValue, paidan.SchemaError) as invalid:
            if step.get("invalid", "\0") not in str(invalid):
                raise Failure(f"the client says: {invalid}") from None
            return
        except paidan.NoAnswer as late:
            if not step.get("timeout"):
                raise Failure(str(late)) from None
            return
        for word in ("refused", "invalid", "timeout"):
            if word in step:
                raise Failure(f"expected {word} {step[word]}, and it succeeded with {result!r:.400}")
        if "gives" in step:
            self.variables.like(result, step["gives"])

    async def step_open(self, step):
        name, options = step["open"], dict(self.endpoints)
        news = self.links[name] = []
        options["on_link"] = lambda word, message: news.append(word)
        options["timeout_s"] = step.get("timeout_ms", BOUND_S * 1000) / 1000
        if "resend_ms" in step:
            options["resend_s"] = step["resend_ms"] / 1000
        if "schema" in step:
            text = resources.files("paidan").joinpath("schema.json").read_text(encoding="utf-8")
            options["schema"] = {**json.loads(text), **step["schema"]}

        async def opened():
            self.clients[name] = await settle(self.kind.connect(self.variables.make(step["person"]), **options))
            news.clear()

        await self.expect(step, opened)

    async def step_close(self, step):
        await settle(self.clients.pop(step["close"]).close())

    async def step_call(self, step):
        client, fields = self.clients[step["client"]], self.variables.make(step.get("with", {}))
        if "timeout_ms" in step:
            fields["timeout_s"] = step["timeout_ms"] / 1000
        await self.expect(step, lambda: self.call(step["client"], client, step["call"], fields))

    def call(self, name, client, call, fields):
        if call in LISTS:
            return self.kind.rows(getattr(client, call)(**fields))
        if call in ("events", "work"):
            return getattr(self, f"begin_{call}")(name, client, fields)
        return getattr(client, call)(**fields)

    async def begin_events(self, name, client, fields):
        if name in self.events:
            await settle(self.events[name].close())
        self.events[name] = client.events(**fields)

    async def begin_work(self, name, client, fields):
        key = (name, fields["area"])
        if key in self.pushes:
            await settle(self.pushes[key].credit(fields["credit"]))
        else:
            self.pushes[key] = await settle(client.work(**fields))

    async def step_send(self, step):
        fields = self.variables.make(step.get("with", {}))
        call = "get_stats" if step["send"] == "stats" else step["send"]
        self.sent[step["as"]] = await settle(self.clients[step["client"]].send(call, **fields))

    async def step_answer(self, step):
        await self.expect(step, lambda: self.kind.answer(self.sent[step["answer"]], BOUND_S))

    async def step_event(self, step):
        await self.next(self.events[step["client"]], step["event"], "an event")

    async def step_push(self, step):
        streams = [stream for (name, _), stream in self.pushes.items() if name == step["client"]]
        if len(streams) != 1:
            raise Failure(f"{step['client']} works for {len(streams)} areas; push is for one")
        await self.next(streams[0], step["push"], "a push")

    async def next(self, stream, pattern, what):
        try:
            got = plain(await settle(stream.next(BOUND_S)))
        except TimeoutError:
            raise Failure(f"waited {BOUND_S} s for {what} like {json.dumps(pattern, ensure_ascii=False)}") from None
        self.variables.like(got, pattern)

    async def step_link(self, step):
        news = self.links[step["client"]]
        for _ in range(int(BOUND_S * 100)):
            while news:
                if news.pop(0) == step["link"]:
                    return
            await asyncio.sleep(0.01)
        raise Failure(f"waited {BOUND_S} s for {step['client']} to be {step['link']}")

    async def step_driver(self, step):
        print(f"do {step['driver']}", flush=True)
        line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        if line.strip() != "done":
            raise Failure(f"the driver could not {step['driver']}: {line.strip()}")


def main(kind):
    if len(sys.argv) != 4:
        print(f"usage: {os.path.basename(sys.argv[0])} SCENARIO.json CONNECT SUBSCRIBE", file=sys.stderr)
        return 100
    if os.environ.get("CONFORM_LOG"):
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s")
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    try:
        asyncio.run(Runner(kind, *sys.argv[2:]).hold(document))
    except Failure as failure:
        print(f"failed {failure}", flush=True)
        return 1
    return 0
