"""What is served to Prometheus, /healthz and /readyz; and that the alerts and the dashboard speak of what there is."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess

from conversation import (BOUND_S, CENTRE, DISTRICT, GRID_LEADER, LAMP, LEADER, LEADER_B, MICRO, MICRO_B, PATHS, RESIDENT, ROAD, ROOT, STREET, STREET_2,
                          Failure, Order, Skip, check, conversation, equal, new_id, new_socket, schema, unpack, wait_until, zmq)

FREE = "127.0.0.1:0"  # a port that is free; the log tells which
MONITORING = os.path.join(ROOT, "daemon", "monitoring")

# ---- asking ----


def place(broker):
    """Where it serves, as the log told last."""
    return re.findall(r"what=serving_metrics url=http://(\S+)/metrics", broker.log())[-1]


def http_get(address, path, method="GET"):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(address, timeout=BOUND_S)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


class Scrape:
    """What /metrics said, read strictly: kinds[name], labels[name], and one value for each (sample's name, labels)."""

    line = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\d+(?:\.\d+)?)')
    label = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"')

    def __init__(self, text):
        self.text, self.kinds, self.helps, self.labels, self.values = text, {}, {}, {}, {}
        check(text.endswith("\n"), "the text ends with a whole line")
        name = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, words = line[7:].split(" ", 1)
                check(name not in self.helps and words.endswith("."), f"one sentence of HELP for {name}, and it says {words!r}")
                self.helps[name] = words
            elif line.startswith("# TYPE "):
                typed, kind = line[7:].split(" ")
                equal(typed, name, "the name in TYPE, under its HELP")
                check(kind in ("counter", "gauge", "histogram"), f"the type of {name}: {kind}")
                self.kinds[name], self.labels[name] = kind, set()
            else:
                self.add(name, line)
        for name, kind in self.kinds.items():
            if kind == "histogram":
                self.check_histogram(name)

    def add(self, name, line):
        match = self.line.fullmatch(line)
        check(match is not None, f"a line that is no sample: {line!r}")
        sample, labels, value = match.group(1), dict(self.label.findall(match.group(2) or "")), float(match.group(3))
        suffix = sample[len(name):]
        check(sample.startswith(name) and suffix in (("_bucket", "_sum", "_count") if self.kinds[name] == "histogram" else ("",)),
              f"{sample} stands under {name}")
        key = sample, tuple(labels.items())
        check(key not in self.values, f"{key} stands there twice")
        self.values[key] = value
        self.labels[name] |= set(labels)

    def check_histogram(self, name):
        buckets = [(float(dict(labels)["le"]), value) for (sample, labels), value in self.values.items() if sample == name + "_bucket"]
        check(buckets == sorted(buckets) and len({le for le, _ in buckets}) == len(buckets), f"buckets of {name} rise: {buckets}")
        check(all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), f"counts of {name} are cumulative: {buckets}")
        equal(buckets[-1], (float("inf"), self.values[name + "_count", ()]), f"the last bucket of {name}, and its count")
        total = self.values[name + "_sum", ()]
        check((total > 0) == (buckets[-1][1] > 0) or total == 0, f"the sum of {name}: {total}")

    def get(self, sample, **labels):
        return self.values[sample, tuple(labels.items())]

    def total(self, sample):
        return sum(value for (name, _), value in self.values.items() if name == sample)

    def counters(self):
        """All values that may only grow."""
        return {key: value for key, value in self.values.items()
                if self.kinds.get(key[0]) == "counter" or re.sub("_(bucket|sum|count)$", "", key[0]) in self.kinds and key[0] not in self.kinds}


def scrape(broker):
    status, headers, body = http_get(place(broker), "/metrics")
    equal([status, headers["Content-Type"]], [200, "text/plain; version=0.0.4; charset=utf-8"], "the answer to /metrics")
    return Scrape(body)


def scraped(broker, true, about):
    """The first scrape that true() likes: what follows from the state is taken once a second."""
    last = None

    def look():
        nonlocal last
        last = scrape(broker)
        return true(last)

    wait_until(look, about, lambda: broker.connections[-1].take(0.05))
    return last


def metric_rows():
    """{name: room} of metrics.def."""
    with open(os.path.join(ROOT, "daemon", "metrics.def"), encoding="utf-8") as file:
        return {name: room for room, name in re.findall(r'^(?:NUMBER|HISTOGRAM)\((\w+),.*?"(\w+)"', file.read(), re.MULTILINE)}


def promtool():
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if not found:
        raise Skip("there is no promtool here (Debian: prometheus); make check-metrics fetches one")
    return found


def ask_promtool(*args, text=None):
    done = subprocess.run([promtool(), *args], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BOUND_S, check=False)
    equal([done.returncode, done.stdout if args[:2] == ("check", "metrics") else ""], [0, ""], f"what promtool {' '.join(args)} says ({done.stdout.strip()[-600:]})")


def lead_some_lives(broker):
    """Every event there is, refusals, a repeat, and orders that stay: who is still there."""
    operator, resident, leader, above = (broker.connect(p) for p in (0, RESIDENT, LEADER, GRID_LEADER))
    leader.ok("work", area=MICRO, credit=5)
    orders = [Order(resident) for _ in range(9)]
    equal([leader.pushed().order for _ in range(5)], [o.id for o in orders[:5]], "the orders pushed at first")
    for order in orders[:6]:
        order.move(leader, "accept")
    for order in orders[:4]:
        order.move(leader, "complete", result="x")
    orders[0].move(resident, "confirm", rating=5)
    orders[1].move(resident, "confirm", rating=4)
    orders[1].move(resident, "reopen", reason="x")
    orders[6].move(leader, "decline", reason="x")
    orders[7].move(leader, "transfer", holder=MICRO_B, reason="x")
    orders[8].move(resident, "cancel")
    orders[4].move(resident, "note", text="x")
    resident.ok("submit", **orders[0].submit)
    orders[4].refused("wrong_state", resident, "cancel")
    resident.refused("unknown_category", "submit", order=new_id(), category=77, text="x")
    Order(resident, category=ROAD)
    return operator, resident, leader, above


# ---- conversations ----


@conversation(metrics=FREE)
def metrics_are_all_there_and_well_formed(broker):
    first = scrape(broker)
    equal(set(first.kinds), set(metric_rows()), "the metrics that are served, and those of metrics.def")
    check(all(kind != "counter" or name.endswith("_total") for name, kind in first.kinds.items()), "counters end with _total")
    lead_some_lives(broker)
    second = scraped(broker, lambda s: s.get("paidan_accept_seconds_count") >= 6, "the acceptances are seen")
    equal(set(second.kinds), set(first.kinds), "the metrics after some work")
    before, after = first.counters(), second.counters()
    check(set(before) <= set(after), "no counter goes away")
    less = {key: (value, after[key]) for key, value in before.items() if after[key] < value}
    check(not less, f"counters that fell: {less}")
    for name in ("paidan_round_events", "paidan_round_bytes", "paidan_journal_write_seconds", "paidan_journal_sync_seconds",
                 "paidan_book_transaction_seconds", "paidan_submit_answer_seconds"):
        check(second.get(name + "_count") > first.values[name + "_count", ()] and second.get(name + "_sum") > 0, f"{name} has seen nothing")
    for name in ("process_resident_memory_bytes", "process_virtual_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                 "paidan_book_used_bytes", "paidan_book_map_bytes", "paidan_journal_bytes", "paidan_disk_free_bytes"):
        check(second.get(name) > 0, f"{name} is {second.get(name)}")
    with open(os.path.join(ROOT, "VERSION"), encoding="ascii") as version:
        equal(second.get("paidan_build_info", version=version.read().strip()), 1, "paidan_build_info of this version")
    check(second.get("paidan_book_used_bytes") < second.get("paidan_book_map_bytes"), "the book is smaller than its map")
    equal(second.get("paidan_disk_reserve_bytes"), 0, "the reserve, by the setting")


@conversation(metrics=FREE)
def metrics_agree_with_stats(broker):
    operator, *_ = lead_some_lives(broker)
    stats = operator.ask("get_stats", area=DISTRICT, counts=True)
    streets = {street: operator.ask("get_stats", area=street) for street in (STREET, STREET_2)}
    _, end = operator.events()
    s = scraped(broker, lambda s: s.get("paidan_accept_seconds_count") == stats.accepted and s.get("paidan_keeper_lag_events") == 0 and
                s.get("paidan_journal_events") == end.seq, "acceptances, the journal's events and a keeper that is up to date, as get_stats and read_events say")

    def events(*names):
        return sum(s.get("paidan_events_total", event=name) for name in names)

    for expected, got, about in ((stats.submitted, events("submitted"), "submitted"), (stats.accepted, events("accepted"), "accepted"),
                                 (stats.completed, events("completed"), "completed"), (stats.closed, events("confirmed", "closed"), "closed"),
                                 (stats.cancelled, events("cancelled"), "cancelled"), (stats.reopened, events("reopened"), "reopened"),
                                 (stats.declined, events("declined", "transferred"), "declined and transferred"), (1, events("noted"), "noted"),
                                 (stats.pushed, s.get("paidan_pushes_total"), "pushed"), (stats.workers, s.get("paidan_workers"), "workers"),
                                 (stats.waiting, s.total("paidan_waiting_orders"), "waiting by level"), (stats.working, s.total("paidan_working_orders"), "working by level"),
                                 (stats.waiting, s.total("paidan_street_waiting_orders"), "waiting by street"),
                                 (stats.completed, s.get("paidan_complete_seconds_count"), "counted times to complete"),
                                 (end.seq, s.total("paidan_events_total"), "events"), (len(district_events(operator)), end.seq, "events read")):
        equal(got, expected, about)
    for street, of_it in streets.items():
        name = next(a.name for a in operator.rows("list_areas", area=street)[0] if a.area == street)
        equal([s.get("paidan_street_waiting_orders", street=str(street), name=name), s.get("paidan_street_working_orders", street=str(street), name=name)],
              [of_it.waiting, of_it.working], f"waiting and working in street {name}")
    equal(s.get("paidan_street_waiting_orders", street="other", name=""), 0, "orders outside of streets")
    check(0 < s.get("paidan_oldest_waiting_seconds", level="microgrid") < BOUND_S, "the oldest waiting order of this test")
    equal(s.get("paidan_oldest_waiting_seconds", level="district"), 0, "the oldest waiting order where none waits")
    equal(s.get("paidan_submit_answer_seconds_count"), stats.submitted, "submits that were answered")
    # One of five stays accepted by its first worker's credit of 5; what waits at MICRO is with the worker.
    equal([s.get("paidan_credit_orders"), s.get("paidan_credit_used_orders")], [5, operator.ask("get_stats", area=MICRO).waiting], "credit, and orders with workers")


def district_events(operator):
    return operator.events()[0]


@conversation(metrics=FREE)
def messages_refusals_and_sessions_are_counted(broker):
    start = scrape(broker)
    operator, resident, leader, above = lead_some_lives(broker)
    raw = new_socket(zmq.DEALER, broker.listen)
    for frame in (b"", b"\xc1", b"\x92\x0a"):  # empty, never used in msgpack, an array cut off
        raw.send(frame)
        raw.recv()
    chosen = new_socket(zmq.DEALER, broker.listen, ROUTING_ID=b"me")
    chosen.send(b"\x92\x02\x01")
    equal(unpack(chosen.recv())[0].name, "bad_identity", "the refusal of one that chose its identity")
    resident.ask("get_order", order=new_id())  # refused by a thread that reads
    above.ask("bye")
    s = scraped(broker, lambda s: s.get("paidan_sessions_ended_total", why="left") - start.get("paidan_sessions_ended_total", why="left") >= 1, "a connection has left")

    def more(sample, **labels):
        return s.get(sample, **labels) - start.get(sample, **labels)

    equal(more("paidan_messages_received_total", type="submit"), 12, "submits: ten, a repeat, and one of no category")
    equal(more("paidan_events_total", event="submitted"), 10, "orders")
    equal(more("paidan_messages_received_total", type="work"), 1, "work")
    for name in ("wrong_state", "unknown_category", "bad_identity", "unknown_order"):
        equal(more("paidan_refusals_total", name=name), 1, f"refusals named {name}")
    equal(more("paidan_malformed_frames_total"), 4, "frames that could not be decoded, or whose sender cannot be told apart")
    check(more("paidan_refusals_total", name="malformed") >= 3, "refusals named malformed")
    equal({dict(labels)["type"] for (name, labels) in s.values if name == "paidan_messages_received_total"}, {k.name for k in schema.client_kinds()}, "types of messages")
    equal({dict(labels)["name"] for (name, labels) in s.values if name == "paidan_refusals_total"}, set(schema.refusals), "names of refusals")
    events = {k.name for k in schema.kinds.values() if k.role == "event" and k.name != "published"}
    equal({dict(labels)["event"] for (name, labels) in s.values if name == "paidan_events_total"}, events, "events")
    check(more("paidan_sessions_begun_total") >= 5 and s.get("paidan_sessions") >= 4, "connections")
    for socket_ in (raw, chosen):
        socket_.close()


@conversation(metrics=FREE, heartbeat_ms=300)
def what_a_silent_worker_had_is_counted(broker):
    silent, resident = broker.connect(LEADER), broker.connect(RESIDENT)
    silent.ok("work", area=MICRO, credit=2)
    for _ in range(3):
        Order(resident)
    silent.pushed(), silent.pushed()
    resident.ask("bye")
    s = scraped(broker, lambda s: s.get("paidan_sessions_ended_total", why="silent") >= 1, "the worker has fallen silent")
    equal([s.get("paidan_pushes_total"), s.get("paidan_pushes_given_back_total")], [2, 2], "pushes, and those that were given back")
    s = scraped(broker, lambda s: s.get("paidan_workers") == 0, "no worker is there")
    equal([s.get("paidan_credit_orders"), s.get("paidan_credit_used_orders"), s.get("paidan_sessions")], [0, 0, 0], "credit, credit used, sessions")


@conversation(metrics=FREE, keep_ms=60000, district=False)
def a_keeper_that_lags_is_told(broker):
    operator = broker.connect()
    equal([scrape(broker).get(f"paidan_keeper_{what}") for what in ("lag_events", "lag_seconds", "waiting_rows")], [0, 0, 0], "the lag at first")
    operator.ok("put_area", area=DISTRICT, parent=0, level=1, kind=1, name="x")  # the first batch is kept at once, or waits, as the clock stands
    operator.ok("put_category", category=LAMP, name="x", level=1, urgency=3, accept_within_s=60, complete_within_s=60)
    orders = [Order(operator, area=DISTRICT) for _ in range(3)]
    orders[0].move(operator, "note", text="x")
    s = scraped(broker, lambda s: s.get("paidan_keeper_waiting_rows") == 3, "the rows of three orders wait for the keeper")
    check(4 <= s.get("paidan_keeper_lag_events") <= 6, f"events that the book does not have: {s.get('paidan_keeper_lag_events')}")
    first = s.get("paidan_keeper_lag_seconds")
    check(0 < first < BOUND_S, f"the lag is {first} s")
    scraped(broker, lambda s: s.get("paidan_keeper_lag_seconds") > first, "the lag rises")
    broker.configure({"keep_ms": 20, "metrics": FREE})
    broker.signal(signal.SIGHUP)
    scraped(broker, lambda s: [s.get(f"paidan_keeper_{what}") for what in ("lag_events", "lag_seconds", "waiting_rows")] == [0, 0, 0], "nothing lags")


@conversation(metrics=FREE)
def after_a_restart_counters_begin_anew_and_times_go_on(broker):
    lead_some_lives(broker)
    before = scraped(broker, lambda s: s.get("paidan_accept_seconds_count") == 6, "six acceptances")
    broker.restart()
    operator = broker.connect()
    after = scrape(broker)  # the first one has all, too
    equal(after.get("paidan_events_total", event="submitted"), 0, "orders since the restart")
    for name in ("paidan_accept_seconds_count", "paidan_accept_seconds_sum", "paidan_complete_seconds_count", "paidan_journal_events"):
        equal(after.get(name), before.get(name), f"{name} after a restart")
    equal(after.total("paidan_waiting_orders"), operator.ask("get_stats", area=DISTRICT).waiting, "orders that wait")
    check(after.get("process_start_time_seconds") > before.get("process_start_time_seconds"), "the time of the start")


@conversation(metrics=FREE)
def a_subscriber_that_is_full_is_counted_and_others_get_all(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    listening = broker.subscribe(PATHS[MICRO])
    listening.ready(operator, MICRO)
    deaf = new_socket(zmq.SUB, broker.publish, RCVHWM=1)
    deaf.setsockopt(zmq.SUBSCRIBE, PATHS[MICRO].encode())
    numbers, full, behind = [], 0, 0

    def listen():
        while (publication := listening.take(0)) is not None:
            numbers.append(publication[1][-1])

    while not full:
        check(len(numbers) < 100000, "100,000 publications, and a subscriber that reads none is not full")
        requests = resident.send_many(("submit", {"order": new_id(), "category": LAMP, "text": "派" * 1300}) for _ in range(2000))
        check(all(a.what == "ok" for a in resident.answers(requests)), "a submit was refused")
        listen()
        metrics = scrape(broker)
        full = metrics.get("paidan_subscriber_overflows_total")
        behind = max(behind, metrics.get("paidan_subscriber_behind_bytes"))
    check(behind > 1 << 20, f"a subscriber that reads nothing is {behind} bytes behind before it loses what waits")
    requests = resident.send_many(("submit", {"order": new_id(), "category": LAMP, "text": "x"}) for _ in range(1000))
    resident.answers(requests)
    last = operator.rows("read_events", after_seq=0, area=MICRO, limit=1)[1].publications
    wait_until(lambda: numbers and numbers[-1] >= last, "the last publication comes to the one that reads", listen)
    equal(numbers, list(range(numbers[0], numbers[-1] + 1)), "numbers of the publications to the one that reads")
    check(full <= 3, f"{full} overflows of one subscriber that reads nothing: it is found full once")
    deaf.close()
    scraped(broker, lambda s: s.get("paidan_subscriber_behind_bytes") == 0, "that nobody is behind any more")


@conversation(metrics=FREE)
def paths_and_methods(broker):
    address = place(broker)
    for path, words in (("/healthz", "alive\n"), ("/readyz", "ready\n"), ("/readyz?verbose=1", "ready\n")):
        status, headers, body = http_get(address, path)
        equal([status, headers["Content-Type"], body], [200, "text/plain; charset=utf-8", words], f"the answer to {path}")
    status, _, body = http_get(address, "/")
    check(status == 200 and all(p in body for p in ("/metrics", "/healthz", "/readyz")), f"the index names all: {status} {body!r}")
    for path in ("/nothing", "/metrics/", "/metricsx", "/../etc/passwd", "//", "/" + "x" * 5000):
        status, _, body = http_get(address, path)
        check(status == 404 and "/metrics" in body, f"{path[:40]}: expected 404 and what there is, got {status} {body!r}")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "NONSENSE"):
        status, headers, body = http_get(address, "/metrics", method)
        equal([status, headers["Allow"], body], [405, "GET, HEAD", "only GET and HEAD are answered\n"], f"the answer to {method}")
    status, headers, body = http_get(address, "/metrics", "HEAD")
    check(status == 200 and body == "" and int(headers["Content-Length"]) > 10000, "HEAD is answered without a body")
    one = http.client.HTTPConnection(address, timeout=BOUND_S)
    for _ in range(20):  # on one connection, as Prometheus does
        one.request("GET", "/metrics")
        answer = one.getresponse()
        check(answer.status == 200 and answer.read().endswith(b"\n") and not answer.will_close, "a scrape on a connection that stays")
    one.close()


@conversation(metrics=FREE)
def who_talks_nonsense_by_http_hurts_nobody(broker):
    host, port = place(broker).split(":")
    resident = broker.connect(RESIDENT)
    peers = [socket.create_connection((host, int(port))) for _ in range(20)]  # that never ask
    for data in (b"\x00" * 1000, b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /metrics HTTP/1.1\r\n" + b"x: " + b"y" * 60000 + b"\r\n\r\n",
                 b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc", b"GET /" + b"a" * 100000):
        peers.append(socket.create_connection((host, int(port)), timeout=BOUND_S))
        try:
            peers[-1].sendall(data)
        except ConnectionError:
            pass  # it may hang up on nonsense
    Order(resident)
    equal(scrape(broker).get("paidan_events_total", event="submitted"), 1, "orders, told to one who asks properly")
    for peer in peers:
        peer.close()


@conversation(metrics=FREE, reserve_mib=0)
def readyz_tells_of_a_disk_that_is_nearly_full(broker):
    if shutil.disk_usage("/tmp").free >= 1 << 40:
        raise Skip("more than 1 TiB is free, which is the largest reserve there is")
    operator = broker.connect()
    equal(http_get(place(broker), "/readyz")[0], 200, "the answer to /readyz")
    broker.configure({"reserve_mib": 1 << 20, "metrics": FREE})
    broker.signal(signal.SIGHUP)
    wait_until(lambda: http_get(place(broker), "/readyz")[0] == 503, "/readyz answers 503", lambda: operator.take(0.05))
    equal(http_get(place(broker), "/readyz")[2], "not ready: the disk is nearly full, no new orders are taken\n", "what /readyz says")
    equal(http_get(place(broker), "/healthz")[0], 200, "the answer to /healthz: it is alive")
    s = scraped(broker, lambda s: s.get("paidan_disk_low") == 1, "paidan_disk_low")
    equal([s.get("paidan_ready"), s.get("paidan_disk_reserve_bytes")], [0, 1 << 40], "ready, and the reserve")
    broker.configure({"metrics": FREE})
    broker.signal(signal.SIGHUP)
    wait_until(lambda: http_get(place(broker), "/readyz")[0] == 200, "/readyz answers 200 again", lambda: operator.take(0.05))


@conversation(start=False)
def metrics_addresses_that_are_wrong(broker):
    command = broker.command()[1:]
    for address in ("9750", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "nowhere:9750", "::1:9750", "tcp://127.0.0.1:9750", "x" * 400 + ":1"):
        for more in ([], ["--check"]):
            code, said = broker.run(*command, "--metrics", address, *more)
            equal(code, 100, f"exit code with --metrics {address[:40]} ({said.strip()[-200:]})")
            check(address in said and "127.0.0.1:9750" in said, f"it should say what was wrong and what would be right: {said!r}")
    broker.configure({"metrics": "127.0.0.1"})
    code, said = broker.run(*command)
    check(code == 100 and broker.config in said, f"a wrong address in the file: {code} {said!r}")
    equal(broker.run(*command, "--check", "--metrics", FREE)[0], 0, "exit code when the command line goes before the file")
    check("--metrics" in broker.run("--help")[1], "--help tells of --metrics")
    check(not os.path.exists(broker.data), "wrong addresses made the data folder")


@conversation(start=False)
def a_metrics_port_in_use_is_told_and_nothing_is_begun(broker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = broker.run(*broker.command()[1:], "--metrics", address)
        equal(code, 111, f"exit code with a port in use ({said.strip()[-300:]})")
        check(address in said and "in use" in said and "--metrics" in said, f"it should say which, why and what to do: {said!r}")
        code, said = broker.run(*broker.command()[1:], "--metrics", "203.0.113.7:9750")
        check(code == 111 and "203.0.113.7:9750" in said, f"an address of another machine: {code} {said!r}")
        check(not os.path.exists(broker.data), "the data folder was made")
        equal(broker.run(*broker.command()[1:], "--metrics", address, "--check")[0], 0, "exit code of --check, which binds nothing")
    broker.configure({"metrics": address})  # free now; and the command line goes before the file
    broker.start()
    equal(place(broker), address, "where the file says")
    broker.restart()  # the connections of before do not keep the port
    equal(http_get(place(broker), "/readyz")[0], 200, "the answer to /readyz after a restart")


@conversation
def without_the_option_nothing_listens(broker):
    check("serving_metrics" not in broker.log(), "the log tells of metrics")
    inodes = set()
    for fd in os.listdir(f"/proc/{broker.process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # a file that was closed meanwhile is no socket that listens
            inodes.add(os.readlink(f"/proc/{broker.process.pid}/fd/{fd}"))
    with open("/proc/net/tcp", encoding="ascii") as tcp:
        listening = [line.split()[9] for line in tcp if line.split()[3] == "0A"]
    check(not any(f"socket:[{inode}]" in inodes for inode in listening), "it listens on a tcp port, though all its endpoints are ipc")


# ---- what watches ----


def test_metric_names(text, about, served):
    """Every name in text must be served, and have the labels that it is asked for."""
    found = re.findall(r"\b((?:paidan|process)_[a-z_]+)\b(?:\{([^}]*)\})?", text)
    check(found, f"{about} names no metric")
    for sample, selector in found:
        name = sample if sample in served.kinds else re.sub("_(bucket|sum|count)$", "", sample)
        check(name in served.kinds and (name == sample or served.kinds[name] == "histogram"), f"{about} speaks of {sample}, which there is not")
        for label, value in re.findall(r'([a-z_]+)=~?"([^"]*)"', selector):
            if label in ("instance", "job"):
                continue
            check(label in served.labels[name], f"{about} asks for label {label} of {name}, which it does not have")
            values = {dict(labels).get(label) for (s, labels) in served.values if s == sample}
            check(set(value.split("|")) <= values, f"{about} asks for {label}={value} of {name}, which has {values}")
    return {re.sub("_(bucket|sum|count)$", "", sample) if sample not in served.kinds else sample for sample, _ in found}


@conversation(metrics=FREE)
def alerts_and_dashboard_name_what_is_served(broker):
    served = scrape(broker)
    with open(os.path.join(MONITORING, "paidan.rules.yml"), encoding="utf-8") as file:
        test_metric_names(file.read(), "paidan.rules.yml", served)
    with open(os.path.join(MONITORING, "grafana.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    panels = [p for p in dashboard["panels"] if p["type"] != "row"]
    shown = set()
    for panel in panels:
        check(panel["title"] and panel["description"] and panel["targets"], f"panel {panel['id']} has a title, a description and something to show")
        for target in panel["targets"]:
            check('instance="$instance"' in target["expr"], f"panel {panel['title']} mixes brokers: {target['expr']}")
            shown |= test_metric_names(target["expr"], f"panel {panel['title']}", served)
    equal(len({p["id"] for p in dashboard["panels"]}), len(dashboard["panels"]), "ids of panels, each once")
    unseen = set(served.kinds) - shown - {"paidan_build_info", "process_start_time_seconds"}
    check(unseen <= {"paidan_oldest_waiting_seconds", "paidan_sessions_begun_total", "paidan_publications_total", "paidan_journal_events", "paidan_journal_segments",
                     "paidan_disk_low", "process_virtual_memory_bytes"}, f"metrics that the dashboard does not show: {unseen}")


@conversation(metrics=FREE)
def promtool_has_nothing_to_say(broker):
    promtool()
    lead_some_lives(broker)
    broker.connect(CENTRE), broker.connect(LEADER_B)
    text = scraped(broker, lambda s: s.get("paidan_accept_seconds_count") >= 6, "the acceptances are seen").text
    ask_promtool("check", "metrics", text=text)
    ask_promtool("check", "rules", os.path.join(MONITORING, "paidan.rules.yml"))
    ask_promtool("check", "config", os.path.join(MONITORING, "prometheus.yml"))
    ask_promtool("test", "rules", os.path.join(ROOT, "tests", "alerts.test.yml"))
    with open(os.path.join(MONITORING, "grafana.json"), encoding="utf-8") as file:
        exprs = [t["expr"].replace("$__rate_interval", "5m") for p in json.load(file)["panels"] for t in p.get("targets", [])]
    rules = os.path.join(broker.folder, "dashboard.rules.yml")
    with open(rules, "w", encoding="utf-8") as file:
        file.write("groups:\n- name: dashboard\n  rules:\n" + "".join(f"  - {{record: panel{i}, expr: {json.dumps(e)}}}\n" for i, e in enumerate(exprs)))
    ask_promtool("check", "rules", rules)
