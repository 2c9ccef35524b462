"""What is offered and needed: lives, matches, lists by pages, figures, repeats, and all of it again after a restart."""
from conversation import COMMUNITY, GRID, PATHS, RESIDENT, STAFF_STREET, STREET, check, conversation, equal, new_id, schema

OFFER, NEED = schema.word("listing_side", "offer"), schema.word("listing_side", "need")
VOLUNTEERS, GOODS = schema.word("listing_kind", "volunteers"), schema.word("listing_kind", "goods")
STATE = {w: schema.word("listing_state", w) for w in ("open", "claimed", "fulfilled", "withdrawn", "expired")}
NONE = bytes(16)


def put(c, side=OFFER, quantity=6, kind=VOLUNTEERS, area=COMMUNITY, text="周末可上门理发", **more):
    listing = new_id()
    c.ok("put_listing", listing=listing, side=side, kind=kind, area=area, text=text, quantity=quantity, **more)
    return listing


def claim(c, listing, quantity, by=GRID, other=NONE):
    made = new_id()
    c.ok("claim", listing=listing, claim=made, quantity=quantity, by=by, other=other)
    return made


def shown(c, listing):
    """The listing, its claims, and what fits it."""
    rows, _ = c.rows("list_matches", listing=listing)
    return rows[0], [r for r in rows if r.what == "claim_row"], [r for r in rows[1:] if r.what == "listing"]


@conversation
def an_offer_is_matched_with_a_need_and_done(broker):
    c = broker.connect(STAFF_STREET)
    offer, need = put(c), put(c, NEED, 4, area=STREET, text="独居老人理发")
    put(c, NEED, 4, GOODS)
    row, claims, matches = shown(c, offer)
    equal((row.text, row.state, row.left, claims), ("周末可上门理发", STATE["open"], 6, []), "the offer")
    equal([m.listing for m in matches], [need], "what fits the offer")
    made = claim(c, offer, 3, STREET, need)
    equal((shown(c, offer)[0].left, shown(c, need)[0].left), (3, 1), "what is left of both")
    c.ok("fulfil", listing=offer, claim=made, quantity=2, result="已为两位老人理发")
    row, claims, _ = shown(c, need)
    equal((row.left, row.fulfilled), (2, 2), "the need then")
    equal([(r.listing, r.other, r.fulfilled, r.ended, r.result) for r in claims], [(offer, need, 2, True, "已为两位老人理发")], "its claims")
    equal([e.what for e in c.events(0)[0]][-5:], ["listed"] * 3 + ["claimed", "fulfilled"], "the last events")


@conversation
def lists_come_by_pages_and_filters(broker):
    c = broker.connect(STAFF_STREET)
    made = [put(c, OFFER if i % 2 else NEED, area=COMMUNITY if i % 3 else STREET, text=f"第{i}") for i in range(7)]
    c.ok("withdraw_listing", listing=made[0], reason="")
    newest = sorted(made, reverse=True)  # by id: those of one millisecond in any order
    rows, last = c.rows("list_listings", limit=3, after_seq=c.digest()[0])
    check(last.more, "there should be more")
    equal([r.listing for r in rows], newest[:3], "the newest three")
    rest, last = c.rows("list_listings", limit=100, cursor=last.cursor)
    equal(([r.listing for r in rest], last.more), (newest[3:], False), "the rest")
    equal({r.listing for r in c.rows("list_listings", side=OFFER)[0]}, set(made[1::2]), "offers")
    equal({r.listing for r in c.rows("list_listings", area=COMMUNITY)[0]}, {made[i] for i in (1, 2, 4, 5)}, "of the community")
    equal([r.listing for r in c.rows("list_listings", state=STATE["withdrawn"])[0]], [made[0]], "withdrawn ones")
    equal(c.rows("list_listings", kind=GOODS)[0], [], "of another kind")
    rows = c.rows("list_listings", area=COMMUNITY, side=NEED, state=STATE["open"])[0]
    equal([(r.listing, r.text) for r in rows], sorted([(made[2], "第2"), (made[4], "第4")], reverse=True), "with all filters")


@conversation
def figures_and_repeats_outlive_a_restart(broker):
    c = broker.connect(STAFF_STREET)
    listing, made = new_id(), new_id()
    said = [("put_listing", {"listing": listing, "side": OFFER, "kind": VOLUNTEERS, "area": COMMUNITY, "text": "x", "quantity": 2}),
            ("claim", {"listing": listing, "claim": made, "quantity": 2, "by": GRID, "other": NONE}),
            ("fulfil", {"listing": listing, "claim": made, "quantity": 1, "result": "x"}),
            ("withdraw_listing", {"listing": listing, "reason": "x"})]
    seqs = [c.ok(what, **fields).seq for what, fields in said]
    need = put(c, NEED)
    claimed = claim(c, need, 1)
    counts = [r.fields for r in c.rows("list_listings", area=STREET, counts=True)[0]]
    equal([counts[0][k] for k in ("area", "offered", "needed", "claimed", "fulfilled", "withdrawn", "open_offers", "open_needs")],
          [STREET, 1, 1, 2, 1, 1, 0, 1], "figures of the street")
    equal(counts[1]["area"], COMMUNITY, "the area below it")
    c.rows("list_listings", after_seq=c.digest()[0])  # the book has it: what has ended may leave memory
    broker.restart()
    c = broker.connect(STAFF_STREET)
    equal([c.ok(what, **fields).seq for what, fields in said], seqs, "seqs of the repeats")
    equal([r.fields for r in c.rows("list_listings", area=STREET, counts=True)[0]], counts, "the figures")
    equal((shown(c, listing)[0].state, shown(c, listing)[1][0].fulfilled), (STATE["withdrawn"], 1), "the ended one")
    c.ok("fulfil", listing=need, claim=claimed, quantity=1, result="x")
    equal(shown(c, need)[0].left, 5, "left of the need")


@conversation
def what_is_wrong_with_a_listing_is_said(broker):
    c, resident = broker.connect(STAFF_STREET), broker.connect(RESIDENT)
    fields = {"listing": new_id(), "side": OFFER, "kind": VOLUNTEERS, "area": COMMUNITY, "text": "x", "quantity": 2}
    before = c.digest()
    resident.refused("not_allowed", "put_listing", **fields)
    resident.refused("not_allowed", "list_listings")
    resident.refused("not_allowed", "list_matches", listing=new_id())
    c.refused("unknown_area", "put_listing", **{**fields, "area": 77})
    c.refused("bad_id", "put_listing", **{**fields, "listing": bytes(16)})
    c.refused("bad_period", "put_listing", **fields, from_ms=5, until_ms=4)
    c.refused("unknown_listing", "claim", listing=new_id(), claim=new_id(), quantity=1, by=GRID, other=NONE)
    c.refused("unknown_listing", "withdraw_listing", listing=new_id())
    c.refused("unknown_listing", "list_matches", listing=new_id())
    equal(c.digest(), before, "the state")
    listing = put(c)
    c.refused("not_left", "claim", listing=listing, claim=new_id(), quantity=7, by=GRID, other=NONE)
    c.refused("bad_match", "claim", listing=listing, claim=new_id(), quantity=1, by=COMMUNITY, other=listing)
    c.refused("unknown_claim", "fulfil", listing=listing, claim=new_id(), quantity=1, result="x")


@conversation
def who_watches_an_area_sees_its_lists(broker):
    c = broker.connect(STAFF_STREET)
    watched = broker.subscribe(PATHS[COMMUNITY])
    watched.ready(broker.connect(), COMMUNITY)
    listing = put(c)
    claim(c, listing, 6)
    got = [watched.event() for _ in range(2)]
    equal([(topic, e.what, e.listing) for topic, e in got], [(PATHS[COMMUNITY], what, listing) for what in ("listed", "claimed")], "what was published")
