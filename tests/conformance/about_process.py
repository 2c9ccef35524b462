"""The daemon as a process: options, settings, signals, locks, and what it says when it cannot."""
import os
import signal
import socket

from conversation import (LAMP, MICRO, RESIDENT, Broker, Order, check, conversation, district_rows, equal, import_rows, new_id,
                          wait_until)


def says(broker, code, words, *args):
    """Run it with args: it must end with code, and say all of words."""
    got, said = broker.run(*args)
    equal(got, code, f"exit code of paidand {' '.join(args)} ({said.strip()[-300:]})")
    for word in words:
        check(word in said, f"paidand {' '.join(args)} should say {word!r}, and said {said.strip()[-300:]!r}")
    return said


@conversation(start=False)
def options_that_are_wrong(broker):
    data = ["--data", broker.data]
    for words, args in ((["--data"], []), (["--help"], ["--nonsense"]), (["--help"], data + ["--listen"]), (["extra"], data + ["extra"]),
                        (["nonsense", "tcp://"], data + ["--listen", "nonsense"]), (["udp://1.2.3.4:5"], data + ["--publish", "udp://1.2.3.4:5"]),
                        (["log"], data + ["--log-level", "loud"]), (["/nowhere"], data + ["--config", "/nowhere/at/all"]),
                        (["endpoints"], data + ["--listen", "tcp://127.0.0.1:" + "1" * 300]), ([], data + ["--config", broker.folder])):
        said = says(broker, 100, words, *args)
        check(said.strip() != "", f"paidand {args} ended without a word")
    check(not os.path.exists(broker.data), "wrong options made the data folder")
    many = [a for n in range(40) for a in ("--listen", f"tcp://127.0.0.1:{20000 + n}")]
    says(broker, 100, ["endpoints"], *data, *many)


@conversation(start=False)
def help_version_and_check(broker):
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "VERSION"), encoding="ascii") as version:
        equal(says(broker, 0, [], "--version"), f"paidand {version.read().strip()}\n", "what --version says")
    says(broker, 0, ["--data", "--listen", "--publish", "--config", "--check", "heartbeat_ms", "100", "111"], "--help")
    says(broker, 0, ["sound", broker.data], "--check", *broker.command()[1:])
    check(not os.path.exists(broker.data), "--check made the data folder")
    says(broker, 100, ["--data"], "--check")
    broker.configure({"heartbeat_ms": "soon"})
    says(broker, 100, ["heartbeat_ms", "soon", "100", "3600000"], "--check", *broker.command()[1:])


@conversation(start=False)
def settings_that_are_wrong(broker):
    def with_file(text):
        with open(broker.config, "w", encoding="utf-8") as file:
            file.write(text)
        return broker.command()[1:]

    for words, text in ((["heartbeat_ms", "100", "3600000"], "[paidand]\nheartbeat_ms=99\n"), (["heartbeat_ms"], "[paidand]\nheartbeat_ms=3600001\n"),
                        (["heartbeat_ms"], "[paidand]\nheartbeat_ms=\n"), (["keep_ms"], "[paidand]\nkeep_ms=1s\n"),
                        (["keep_ms"], "[paidand]\nkeep_ms=-1\n"), (["keep_ms"], "[paidand]\nkeep_ms=-18446744073709551516\n"),
                        (["keep_ms"], "[paidand]\nkeep_ms=99999999999999999999999\n"), (["keep_ms"], "[paidand]\nkeep_ms=0x10\n"),
                        (["segment_mib", "1024"], "[paidand]\nsegment_mib=0\n"), (["speed"], "[paidand]\nspeed=11\n"),
                        (["[paidan]"], "[paidan]\nkeep_ms=5\n"), ([":2"], "[paidand]\nnonsense\n"), (["[]"], "keep_ms=5\n"),
                        (["log"], "[paidand]\nlog_level=loud\n"), (["log"], "[paidand]\nlog_level=\n"),
                        (["keep_ms"], "[paidand]\nlog_level=info\nkeep_ms=x\n")):
        says(broker, 100, [broker.config, *words], *with_file(text))
    check(not os.path.exists(broker.data), "wrong settings made the data folder")
    code, said = broker.run("--config", broker.config)
    with_file("[paidand]\nlisten=nonsense\n")
    says(broker, 100, [broker.config, "nonsense"], "--data", broker.data, "--config", broker.config)
    with_file("# a comment\n[paidand]\n; another\nkeep_ms = 7 ; behind it\nlog_level=debug\n")
    says(broker, 0, ["sound"], "--check", *broker.command()[1:])
    check(code == 100 and said, "settings without data were taken")


@conversation(start=False)
def settings_name_folder_and_endpoints(broker):
    """All that the command line says may stand in the file; several endpoints, separated by blanks."""
    second = f"ipc://{broker.folder}/l2"
    with open(broker.config, "w", encoding="utf-8") as file:
        file.write(f"[paidand]\ndata={broker.data}\nlisten={broker.listen} {second}\npublish={broker.publish}\nsegment_mib=1\n")
    broker.command = lambda *more: [broker.program, "--config", broker.config, *more]
    broker.start()
    c = broker.connect()
    equal(import_rows(c, district_rows()).what, "imported", "the answer to the import")
    first = broker.listen
    broker.listen = second
    order = Order(broker.connect(RESIDENT))
    broker.listen = first
    equal(order.now(c).version, 1, "the version of an order that came by the other endpoint")


@conversation
def a_second_paidand_on_the_same_folder_is_refused(broker):
    c = broker.connect(RESIDENT)
    order = Order(c)
    before = broker.connect().digest()
    for args in (broker.command()[1:], ["--data", broker.data, "--listen", f"ipc://{broker.folder}/x", "--publish", f"ipc://{broker.folder}/y"]):
        code, said = broker.run(*args)
        equal(code, 111, f"exit code of a second paidand ({said.strip()[-300:]})")
        check("another" in said or "in use" in said or "running" in said, f"it should say that another one has the folder, and said {said.strip()[-300:]!r}")
    order.move(c, "note", text="x")
    broker.connect(RESIDENT).fence()
    check(broker.connect().digest() != before, "the first one goes on")


@conversation(start=False)
def connections_end_before_the_descriptors(broker):
    """Each connection takes one, and so do the journal's files: some are kept back, and who comes then is closed."""
    broker.descriptors_max = 200
    broker.start()
    check("what=descriptors limit=200" in broker.log(), "the limit stands in the log")
    first, held = broker.connect(), [socket.socket(socket.AF_UNIX) for _ in range(250)]
    for s in held:
        s.connect(broker.listen.removeprefix("ipc://"))
    for what in ("what=connections_closed", "what=descriptors_nearly_used"):
        wait_until(lambda: what in broker.log(), f"the log says {what}", first.fence)
    first.ok("put_area", area=900, parent=0, level=1, kind=1, name="x")
    for s in held:
        s.close()
    wait_until(lambda: "what=descriptors_free_again" in broker.log(), "there are descriptors again", first.fence)
    broker.connect().fence()


@conversation
def endpoints_in_use_are_told(broker):
    """Also ipc, which ZeroMQ would take over without a word."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        other = os.path.join(broker.folder, "other")
        free = f"ipc://{broker.folder}/free"
        for args in (["--listen", port, "--publish", free], ["--listen", free, "--publish", port]):
            says(broker, 111, [port, "another"], "--data", other, *args)
        says(broker, 111, ["/nowhere"], "--data", other, "--listen", "ipc:///nowhere/at/all", "--publish", free)
        says(broker, 111, [], "--data", other, "--listen", "tcp://203.0.113.7:7750", "--publish", free)
    says(broker, 111, [broker.listen, "another"], "--data", other, "--listen", broker.listen, "--publish", free)
    says(broker, 111, [broker.publish, "another"], "--data", other, "--listen", free, "--publish", broker.publish)
    Order(broker.connect(RESIDENT))  # and the first one is reached as before


@conversation(start=False)
def folders_that_will_not_do(broker):
    endpoints = ["--listen", broker.listen, "--publish", broker.publish]
    with open(os.path.join(broker.folder, "file"), "w", encoding="ascii") as file:
        file.write("x")
    says(broker, 100, ["file", "no folder"], "--check", "--data", os.path.join(broker.folder, "file"), *endpoints)
    for words, data in ((["file"], os.path.join(broker.folder, "file", "below")), (["/proc"], "/proc/paidan"),
                        (["long"], os.path.join(broker.folder, "x" * 300))):
        says(broker, 111, words, "--data", data, *endpoints)
    deep = os.path.join(broker.folder, "a", "b", "c")
    broker.data = deep
    broker.start()
    check(os.path.isdir(os.path.join(deep, "journal")), "a folder several levels deep is made")


@conversation
def sigterm_under_load(broker):
    """Whatever was answered before the end is there after it; it ends by itself, with 0."""
    load = [broker.connect(RESIDENT) for _ in range(4)]
    sent = {}
    for c in load:
        for _ in range(3000):
            order = new_id()
            sent[(c, c.send("submit", order=order, category=LAMP, text="x"))] = order
    load[0].answer(1500)
    broker.signal(signal.SIGTERM)
    equal(broker.ended(), 0, "the exit code")
    answered = {}
    for c in load:
        while c.take(0.3):
            pass
        for message in c.inbox:
            if (c, message.request) in sent:
                equal(message.what, "ok", "the answer to a submit")
                answered[sent[(c, message.request)]] = message.seq
    check(len(answered) >= 1000, f"only {len(answered)} answers came")
    broker.hang_up()
    broker.start()
    events, _ = broker.connect().events()
    there = {e.order: e.request for e in events if e.what == "submitted"}
    missing = [o for o in answered if there.get(o) != answered[o]]
    check(not missing, f"{len(missing)} of {len(answered)} answered orders are not there as they were answered")
    check(set(there) <= set(sent.values()), "there are orders that nobody sent")
    equal(len([e for e in events if e.what == "submitted"]), len(there), "orders, each submitted once")


@conversation
def sigint_and_a_second_sigterm(broker):
    Order(broker.connect(RESIDENT))
    broker.signal(signal.SIGINT)
    equal(broker.ended(), 0, "the exit code after SIGINT")
    broker.hang_up()
    broker.start()
    for _ in range(5):
        broker.signal(signal.SIGTERM)
    check(broker.ended() in (0, -signal.SIGTERM), "the exit code after five SIGTERM: 0, or the last one found it leaving already")
    broker.hang_up()
    broker.start()
    equal(broker.connect().ask("get_stats", area=MICRO).waiting, 1, "orders that wait")


@conversation
def sighup_reads_the_settings_again(broker):
    c = broker.connect()
    equal(c.welcome.heartbeat_ms, 60000, "heartbeat_ms before")

    def reload(word, settings):
        broker.configure(settings)
        seen = broker.log().count(word)
        broker.signal(signal.SIGHUP)
        wait_until(lambda: broker.log().count(word) > seen, f"the log says {word}", lambda: c.take(0.01))

    reload("what=reloaded", {"heartbeat_ms": 12345})
    equal(c.hello().heartbeat_ms, 12345, "heartbeat_ms after SIGHUP")
    reload("what=not_reloaded", {"heartbeat_ms": 1})
    equal(c.hello().heartbeat_ms, 12345, "heartbeat_ms after SIGHUP with wrong settings: all stay")
    reload("what=reloaded", {"heartbeat_ms": 23456, "segment_mib": 7, "log_level": "debug"})
    equal(c.hello().heartbeat_ms, 23456, "heartbeat_ms after the next SIGHUP")
    check("what=needs_a_restart setting=segment_mib" in broker.log(), "what is not taken over is named")
    check("what=hello" in broker.log(), "log_level=debug makes it tell of hellos")
    os.remove(broker.config)
    seen = broker.log().count("what=not_reloaded")
    broker.signal(signal.SIGHUP)
    wait_until(lambda: broker.log().count("what=not_reloaded") > seen, "the log says that the file is not there", lambda: c.take(0.01))
    equal(c.hello().heartbeat_ms, 23456, "heartbeat_ms without a file")
    broker.configure({})


@conversation
def a_kill_leaves_nothing_in_the_way(broker):
    """Sockets and locks of a killed one do not keep the next from starting; twenty times."""
    orders = []
    for _ in range(20):
        orders.append(Order(broker.connect(RESIDENT)))
        broker.kill()
        broker.start()
    c = broker.connect()
    equal([o.now(c).seq for o in orders], [o.seq for o in orders], "seqs of the orders")


@conversation
def the_log_is_one_line_each(broker):
    """Names of clients are theirs to choose, and must not forge lines."""
    broker.configure({"log_level": "debug"})
    broker.restart()
    c = broker.connect(hello=False)
    for client in ('x\ntime=0 level=error what=forged', 'x" what=forged', "\x1b[31mred", "名\u2028x", "\\n\\", "\x7f\x01"):
        c.ask("hello", person=0, client=client, protocol=1)
    for line in broker.log().rstrip("\n").split("\n"):
        check(line.startswith("time=") and " level=" in line and " what=" in line, f"a line of the log that is none: {line!r}")
        check("what=forged" not in line.replace('\\"', "").split('client="')[0], f"a line that a client forged: {line!r}")
    check("\x1b" not in broker.log() and "\x7f" not in broker.log(), "control characters came into the log")


@conversation
def two_brokers_side_by_side(broker):
    other = Broker(os.path.dirname(broker.program), {"segment_mib": 1})
    try:
        operator = other.connect()
        equal(import_rows(operator, district_rows()).what, "imported", "the answer to the import")
        Order(broker.connect(RESIDENT))
        equal(other.connect().ask("get_stats").submitted, 0, "orders of the other")
        other.stop()
    finally:
        other.close()
