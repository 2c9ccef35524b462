"""With a live broker: the README's examples, and what the two clients promise beside the conformance script."""
import asyncio
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import conversation as talk
import paidan

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, "clients", "python")
BOUND_S = talk.BOUND_S


class Live(unittest.TestCase):
    """A broker with the small district for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.broker = talk.Broker(os.environ["PAIDAN_BUILD"], {"heartbeat_ms": 500})
        cls.addClassCleanup(cls.broker.close)
        operator = cls.broker.connect()
        assert talk.import_rows(operator, talk.district_rows()).what == "imported"
        cls.endpoints = {"connect": cls.broker.listen, "subscribe": cls.broker.publish}
        cls.environment = {**os.environ, "PAIDAN_CONNECT": cls.broker.listen, "PAIDAN_SUBSCRIBE": cls.broker.publish, "RESIDENT": "7001", "CATEGORY": "1",
                           "PYTHONPATH": os.path.join(os.environ["PAIDAN_BUILD"], "python"), "PYTHONDONTWRITEBYTECODE": "1"}

    def client(self, person, **options):
        client = paidan.connect(person, **{**self.endpoints, **options})
        self.addCleanup(client.close)
        return client

    def program(self, text, **options):
        def heed_ctrl_c():  # who starts the tests in the background has it ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        return subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                encoding="utf-8", env=self.environment, preexec_fn=heed_ctrl_c, **options)

    def run_program(self, text):
        process = self.program(text)
        out, err = process.communicate(timeout=BOUND_S)
        self.assertEqual(process.returncode, 0, err[-1500:])
        return out


def examples():
    with open(os.path.join(PACKAGE, "README.md"), encoding="utf-8") as file:
        return re.findall(r"```python\n(.*?)```", file.read(), re.S)


class Readme(Live):
    def test_the_blocking_example_runs(self):
        out = self.run_program(examples()[0])
        self.assertRegex(out, r"order [0-9a-f-]{36} is waiting at area 1111, by \d{13}\n"
                              r"\d+ submitted 7001\n\d+ accepted 2001\n\d+ completed 2001\n\d+ confirmed 7001\n"
                              r"[0-9a-f-]{36} \w+ .*\ncompleted here so far: \d+\n")

    def test_the_asyncio_example_runs(self):
        out = self.run_program(examples()[1])
        self.assertIn("to do: 楼道灯不亮 (high)\n", out)
        self.assertEqual(re.findall(r"\d+ (submitted|accepted|completed)\n", out), ["submitted", "accepted", "completed"])

    def test_there_are_no_further_examples_that_are_not_run(self):
        self.assertEqual(len(examples()), 2)


class Blocking(Live):
    def test_several_threads_use_one_client(self):
        client = self.client(7001)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda n: client.submit(1, f"第{n}件"), range(200)))
        self.assertEqual(len({d.order for d in done}), 200)
        self.assertEqual(len({d.seq for d in done}), 200)

    def test_heartbeats_go_on_while_the_program_does_something_else(self):
        links = []
        leader = self.client(2001, on_link=lambda word, message: links.append(word))
        with leader.work(1111, 1) as pushes:
            order = self.client(7001).submit(2, "着火了").order
            self.assertEqual(pushes.next(BOUND_S).order, order)
            idle_until = time.monotonic() + 2.5  # five heartbeats: after three the broker would have forgotten it
            while time.monotonic() < idle_until:
                time.sleep(0.1)
            self.assertEqual(leader.accept(order, 1).version, 2)
        self.assertEqual(links, ["up"])

    def test_a_worker_does_what_is_pushed_and_leaves_what_is_anothers(self):
        resident, leader, second = self.client(7003), self.client(2003), self.client(9001)
        orders = [resident.submit(1, text).order for text in ("一", "二", "三", "四")]
        handled = []

        def handle(job):
            handled.append((job.order, job.submitted.text))
            if job.submitted.text == "一":
                job.complete("已办")
            elif job.submitted.text == "二":
                second.accept(job.order, job.version, actor=2003)
                second.cancel(orders[3], 1, actor=7003)
                job.note("x")  # stale: another was faster
            elif job.submitted.text == "三":
                job.decline("不会")
                leader.close()

        leader.worker(1112, handle, credit=1)
        self.assertEqual([text for _, text in handled], ["一", "二", "三"])
        states = [second.show(order) for order in orders]
        self.assertEqual([(s.state, s.holder) for s in states], [("completed", 1112), ("accepted", 1112), ("waiting", 111), ("cancelled", 1112)])

    def test_residents_hear_of_their_orders_and_followers_of_those_they_follow(self):
        resident, neighbour, leader = self.client(7001, listen=True), self.client(7002, listen=True), self.client(2001)
        order = resident.submit(1, "灯").order
        told, heard = resident.told(), neighbour.told()
        neighbour.follow(order, 1)
        leader.accept(order, 2)
        resident.urge(order, 3, text="快点")
        leader.complete(order, 4, "好了")
        self.assertEqual([(t.what, t.event.what) for t in (told.next(BOUND_S) for _ in range(3))],
                         [("moved", "followed"), ("moved", "accepted"), ("moved", "completed")])
        self.assertEqual([t.event.what for t in (heard.next(BOUND_S) for _ in range(3))], ["accepted", "urged", "completed"])
        neighbour.endorse(order, 5, rating=4)
        shown = neighbour.show(order)
        self.assertEqual((shown.followers, shown.endorsements, shown.endorsed_stars, shown.urges), (1, 1, 4, 1))
        self.assertEqual(told.next(BOUND_S).event.rating, 4)
        told.close()

    def test_a_worker_gives_back_puts_off_and_is_warned(self):
        resident, leader, operator = self.client(7003), self.client(2003), self.client(0)
        operator.call("put_category", category=80, name="快", level=5, urgency=3, accept_within_s=4, complete_within_s=3600)
        order = resident.submit(80, "五").order
        with leader.work(1112, 1) as pushes:
            job = paidan.aio.Jobs(leader._client)
            first = job.take(pushes.next(BOUND_S))
            self.assertIsNone(job.take(pushes.next(BOUND_S)))  # a warning is no second job
            self.assertEqual((first.order, first.warned.what, first.warned.why), (order, "warned", "half"))
        seen = []

        def handle(job):
            if seen:
                leader.close()
                return
            seen.append(job.order)
            job.accept()
            job.suspend(int(time.time() * 1000) + 86400000, "等配件")
            job.resume("到了")
            job.release("外出")

        leader.worker(1112, handle, credit=1)
        now = operator.show(order)
        self.assertEqual((seen, now.state, now.version, now.holder), ([order], "waiting", 5, 1112))

    def test_an_error_of_the_handler_ends_the_worker(self):
        leader = self.client(2004)
        self.client(7004).submit(1, "山")

        def handle(job):
            raise ZeroDivisionError(job.submitted.text)

        with self.assertRaisesRegex(ZeroDivisionError, "山"):
            leader.worker(2111, handle)
        with self.assertRaises(paidan.Refused) as caught:
            leader.worker(1111, handle)
        self.assertEqual(caught.exception.name, "not_allowed")
        leader.stats()

    def test_who_may_not_read_events_is_told_so(self):
        events = self.client(7001).events(1111)
        with self.assertRaises(paidan.Refused) as caught:
            next(events)
        self.assertEqual(caught.exception.name, "not_allowed")

    def test_closing_ends_what_waits(self):
        client = self.client(4001)
        ended = []
        streams = [client.events(after_seq=1 << 40), client.work(11, 1)]
        threads = [threading.Thread(target=lambda stream=stream: ended.append(list(stream))) for stream in streams]
        for thread in threads:
            thread.start()
        client.close()
        for thread in threads:
            thread.join(BOUND_S)
        self.assertEqual(ended, [[], []])
        with self.assertRaises(paidan.Closed):
            client.stats()
        client.close()

    def test_ctrl_c_ends_a_program_that_waits(self):
        for waiting in ("list(client.events())", "client.worker(1111, print)", "client.send('get_stats').result(); list(client.work(1111))"):
            process = self.program(f"import paidan, sys\nwith paidan.Client(2001) as client:\n    print('here', flush=True)\n    {waiting}")
            self.addCleanup(process.kill)
            self.assertEqual(process.stdout.readline(), "here\n")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=BOUND_S)
            self.assertEqual((process.returncode, out), (-signal.SIGINT, ""))
            self.assertTrue(err.rstrip().endswith("KeyboardInterrupt"), err[-500:])

    def test_a_client_that_is_not_closed_hinders_no_program_from_ending(self):
        self.run_program("import paidan\nclient = paidan.connect(2001)\npushes = client.work(1111, 1)\nevents = client.events()")

    def test_a_client_that_was_not_opened_says_so(self):
        with self.assertRaisesRegex(paidan.PaidanError, "the client is not open yet"):
            paidan.Client(7001).stats()

    def test_nobody_there(self):
        with self.assertRaisesRegex(paidan.NoAnswer, r"no paidand answers at ipc:///nowhere/paidan.sock within 0.2 s: is it running\?"):
            paidan.connect(connect="ipc:///nowhere/paidan.sock", timeout_s=0.2)

    def test_no_answer_tells_the_order_that_may_be_given_again(self):
        client = self.client(7002)
        self.broker.signal(signal.SIGSTOP)
        try:
            with self.assertRaises(paidan.NoAnswer) as caught:
                client.submit(1, "一", timeout_s=0.2)
            self.assertIn("submit may still be done or not", str(caught.exception))
        finally:
            self.broker.signal(signal.SIGCONT)
        done = client.submit(1, "一", order=caught.exception.order)
        self.assertEqual(done.version, 1)
        self.assertEqual([o.order for o in client.orders(after_seq=done.seq)], [done.order])

    def test_what_is_given_by_position_and_by_name(self):
        client = self.client(7001)
        self.assertEqual(client.submit(1, "x").version, client.submit(category=1, text="x").version)
        with self.assertRaisesRegex(TypeError, r"submit\(\) takes 2 values by position \(category, text\); 3 were given"):
            client.submit(1, "x", 500001)
        with self.assertRaisesRegex(TypeError, r"submit\(\) got text twice"):
            client.submit(1, "x", text="y")
        with self.assertRaisesRegex(paidan.InvalidValue, "submit has no field houshold"):
            client.submit(1, "x", houshold=5)
        with self.assertRaisesRegex(paidan.InvalidValue, "import_begin is not a command"):
            client.call("import_begin", **{"import": paidan.new_id()})
        self.assertIn("[1 to 4000 characters]", paidan.Client.submit.__doc__)

    def test_no_use_inside_its_own_callbacks(self):
        said = []

        def on_link(word, message):
            try:
                client.stats()
            except (RuntimeError, NameError) as error:
                said.append(str(error))

        client = self.client(7001, on_link=on_link)
        talk.wait_until(lambda: said, "the callback is called", lambda: time.sleep(0.01))


    def test_a_callback_that_fails_does_not_end_the_connection(self):
        def on_link(word, message):
            raise ZeroDivisionError(word)

        with self.assertLogs("paidan", "ERROR") as logs:
            client = self.client(7001, on_link=on_link)
            self.broker.restart()
            self.assertEqual(client.stats().area, 0)
        self.assertIn("ZeroDivisionError: down", "".join(logs.output))

    def test_closing_inside_a_callback(self):
        closed = []
        client = self.client(7001, on_link=lambda word, message: closed.append(client.close()) if word == "down" else None)
        self.broker.restart()
        talk.wait_until(lambda: closed, "the connection is lost", lambda: time.sleep(0.01))
        with self.assertRaises(paidan.Closed):
            client.stats()


class Asyncio(Live):
    def aio(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, BOUND_S))

    def test_many_commands_at_a_time(self):
        async def main():
            async with paidan.aio.Client(7001, **self.endpoints) as client:
                done = await asyncio.gather(*(client.submit(1, f"第{n}件") for n in range(2000)))
                self.assertEqual(len({d.seq for d in done}), 2000)

        self.aio(main())

    def test_a_worker_with_several_at_a_time(self):
        async def main():
            async with paidan.aio.Client(7004, **self.endpoints) as resident, paidan.aio.Client(2004, **self.endpoints) as leader:
                together, most, done = 0, 0, []

                async def mend(job):
                    nonlocal together, most
                    together += 1
                    most = max(most, together)
                    while most < 3:
                        await asyncio.sleep(0.01)
                    await job.accept()
                    await job.complete("已办")
                    together -= 1
                    done.append(job.order)
                    if len(done) == 20:
                        await leader.close()

                orders = [(await resident.submit(1, str(n))).order for n in range(20)]
                await leader.worker(2111, mend, credit=3)
                self.assertEqual(sorted(done), sorted(orders))
                self.assertEqual(most, 3)

        self.aio(main())

    def test_events_that_are_read_slowly_wait_in_the_journal(self):
        async def main():
            bound, paidan.aio.EVENTS_MAX = paidan.aio.EVENTS_MAX, 50
            try:
                async with paidan.aio.Client(7003, **self.endpoints) as resident, paidan.aio.Client(4001, **self.endpoints) as watcher:
                    start = (await watcher.stats()).seq
                    events = watcher.events(1112, after_seq=start)
                    done = [await resident.submit(1, str(n)) for n in range(60)]
                    done += await asyncio.gather(*(resident.submit(1, str(n)) for n in range(600)))
                    got = []
                    while len(got) < len(done):
                        self.assertLess(len(events._queue), 600)
                        got.append((await events.next(BOUND_S)).seq)
                    self.assertEqual(got, sorted(d.seq for d in done))
                    self.assertEqual(events.seq, got[-1])
            finally:
                paidan.aio.EVENTS_MAX = bound

        self.aio(main())

    def test_cancelled_calls_are_forgotten(self):
        async def main():
            async with paidan.aio.Client(7001, **self.endpoints) as client:
                self.broker.signal(signal.SIGSTOP)
                try:
                    task = asyncio.ensure_future(client.stats())
                    sent = await client.send("get_stats")
                    await asyncio.sleep(0)
                    self.assertEqual(len(client._engine.calls), 2)
                    task.cancel()
                    sent.cancel()
                    await asyncio.gather(task, sent, return_exceptions=True)
                    await asyncio.sleep(0)
                    self.assertEqual((len(client._engine.calls), len(client._waiting)), (0, 0))
                finally:
                    self.broker.signal(signal.SIGCONT)

        self.aio(main())

    def test_figures_come_with_the_events(self):
        async def main():
            async with paidan.aio.Client(7004, **self.endpoints) as resident, paidan.aio.Client(4002, **self.endpoints) as watcher:
                async with paidan.aio.Client(0, **self.endpoints) as operator:
                    async with operator.events(2111, stats=True) as events:
                        await operator.stats(2111)
                        await resident.submit(1, "x")
                        while (await events.next(BOUND_S)).what != "stats":
                            pass
                self.assertEqual((await watcher.stats(2111)).area, 2111)

        self.aio(main())


class Installed(unittest.TestCase):
    def test_pip_installs_what_is_tested_here(self):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "clients", "python")
            os.makedirs(os.path.dirname(source))
            for part in ("clients/python", "proto/schema.json", "VERSION"):  # pip leaves things behind where it builds
                os.makedirs(os.path.dirname(os.path.join(folder, part)), exist_ok=True)
                subprocess.run(["cp", "-r", os.path.join(ROOT, part), os.path.join(folder, part)], check=True)
            pip = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
                                  "--target", os.path.join(folder, "there"), source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}, check=False)
            self.assertEqual(pip.returncode, 0, pip.stdout.decode())
            for name in ("schema.json", "VERSION", "py.typed", "aio.pyi", "blocking.pyi"):
                self.assertTrue(os.path.exists(os.path.join(folder, "there", "paidan", name)), name)
            out = subprocess.run([sys.executable, "-c", "import paidan; print(paidan.__file__, paidan.__version__)"], cwd=folder, check=True,
                                 env={**os.environ, "PYTHONPATH": os.path.join(folder, "there")}, stdout=subprocess.PIPE, encoding="utf-8")
            with open(os.path.join(ROOT, "VERSION"), encoding="ascii") as file:
                self.assertEqual(out.stdout, f"{folder}/there/paidan/__init__.py {file.read()}")
