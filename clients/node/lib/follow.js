/**
 * follow.js - the events of an area without loss, without a socket: publications for what is live, read_events for what
 * is not. The rules are those of PROTOCOL.md, "Events".
 *
 *   waiting ─► starting ─► locating ─► filling ─► live
 *              from now:   its path    pages of    publications, as long as their counts
 *              after       by          read_events rise by one
 *              which seq?  list_areas     ▲           │
 *              ▲              ▲           └───────────┤ a gap, a restart, a new welcome
 *              └── put off ───┴───────────────────────┘ long silence: locate again
 *
 * It is told what happens (linkUp, published, resumed, tick), and leaves in `actions` what is to be done to the SUB
 * socket: subscribe, unsubscribe, reconnect.
 *
 * Invariants: (1) sink.event gets rising seqs, and `seen` is the last; (2) one query is under way at most.
 */
import { decodeFrame } from './codec.js'
import { Refusal } from './errors.js'

const PAGE_EVENTS = 500
const RETRY_MS = 1000
const HELD_MAX = 10000

/** Refusals that pass: the area is not there yet, or the broker cannot answer at the moment. */
const PASSING = new Set(['unknown_area', 'busy', 'read_failed'])

/**
 * @typedef {{ do: 'subscribe' | 'unsubscribe', topic: string } | { do: 'reconnect' }} FollowAction
 * @typedef {object} Sink
 * @property {(event: any) => void} event
 * @property {(stats: any) => void} stats
 * @property {(refusal: Refusal) => void} failed following is over
 * @property {() => boolean} full whether to wait before more is read from the journal
 */

/** The state machine of one stream of events. */
export class Follow {
	/** @type {FollowAction[]} what is to be done now, in this order; whoever does it empties it */
	actions = []
	/** @type {'waiting' | 'starting' | 'locating' | 'filling' | 'stalled' | 'live' | 'off'} */
	state = 'waiting'

	/** @type {number} seq of the last event given on; -1: to be what is the last one now */
	#seen
	#count = 0 // the area's publications, up to #seen
	#topic = ''
	#depth = 0 // the place of the area's count among a publication's counts
	#again = false // what is under way began before the last welcome: fill once more after it
	#quietAt = 0 // when something was last published or filled
	#retryAt = Infinity
	/** @type {import('./link.js').Call | null} */
	#call = null
	/** @type {{ count: number, decoded: import('./codec.js').Decoded }[]} published while something else was under way */
	#held = []

	/**
	 * @param {import('./link.js').Link} link
	 * @param {number} area and all below it; 0: everything
	 * @param {number | undefined} after events after this seq; undefined: from now on
	 * @param {Sink} sink
	 */
	constructor(link, area, after, sink) {
		this.link = link
		this.area = area
		this.sink = sink
		this.#seen = after ?? -1
	}

	/** Begin, if the link is up; otherwise linkUp will. @param {number} now */
	start(now) {
		if (this.link.state === 'live') this.#begin(now)
	}

	stop() {
		this.link.drop(this.#call)
		this.#call = null
		this.#held = []
		this.state = 'off'
	}

	/** The link is up (again). @param {boolean} restarted @param {any} welcome @param {number} now */
	linkUp(restarted, welcome, now) {
		if (this.state === 'off') return
		this.actions.push({ do: 'reconnect' }) // ZeroMQ tries more and more seldom, and the broker is there
		if (restarted && welcome.seq < this.#seen) this.#seen = welcome.seq // another journal
		if (this.#call) this.#again = true // it is sent again by itself
		else if (this.state !== 'stalled') this.#begin(now)
	}

	// ---- asking ----

	/** @param {'starting' | 'locating' | 'filling'} state @param {string} name @param {Record<string, any>} fields @param {(end: any, rows: any[], now: number) => void} done @param {number} now */
	#ask(state, name, fields, done, now) {
		this.state = state
		this.#retryAt = Infinity
		this.#call = this.link.post('own', name, fields, (answer, rows) => {
			this.#call = null
			if (answer.type === 'refused') this.#refused(answer, name)
			else done(answer, rows, this.now())
		}, now)
	}

	/** Of answers, which come without a time. */
	now = () => performance.now()

	/** @param {any} answer @param {string} name */
	#refused(answer, name) {
		if (PASSING.has(answer.name)) return this.#putOff(this.now())
		this.stop()
		this.sink.failed(this.link.refusal(answer, name))
	}

	/** @param {number} now */
	#putOff(now) {
		this.state = 'waiting'
		this.#retryAt = now + RETRY_MS
	}

	/** @param {number} now */
	#begin(now) {
		if (this.#seen >= 0) return this.#locate(now)
		this.#ask('starting', 'get_stats', {}, (stats, _, then) => {
			this.#seen = stats.seq
			this.#locate(then)
		}, now)
	}

	/** @param {number} now */
	#locate(now) {
		if (this.area === 0) {
			this.#subscribe('*') // everything, gathered
			return this.#fill(now)
		}
		// In the order of ids, the first after the id before it is the area itself, or it is not there.
		this.#ask('locating', 'list_areas', { area: this.area, limit: 1, after: this.area - 1 }, (_, rows, then) => {
			const path = rows.find((row) => row.area === this.area)?.path
			if (!path) return this.#putOff(then)
			this.#subscribe(path)
			this.#fill(then)
		}, now)
	}

	/** @param {string} topic */
	#subscribe(topic) {
		if (topic === this.#topic) return
		if (this.#topic) this.actions.push({ do: 'unsubscribe', topic: this.#topic })
		this.actions.push({ do: 'subscribe', topic })
		this.#topic = topic
		this.#depth = Math.max(0, topic.split('/').length - 3) // "/1/2/": two ids, and the area's count is the second
	}

	/** @param {number} now */
	#fill(now) {
		if (this.sink.full()) {
			this.state = 'stalled'
			return
		}
		const fields = { after_seq: this.#seen, limit: PAGE_EVENTS, area: this.area }
		this.#ask('filling', 'read_events', fields, (end, rows, then) => this.#filled(end, rows, then), now)
	}

	/** @param {any} end @param {any[]} rows @param {number} now */
	#filled(end, rows, now) {
		const onwards = end.seq > this.#seen || rows.length > 0
		for (const { event } of rows) if (event) this.#give(event)
		this.#seen = Math.max(this.#seen, end.seq) // there is nothing of this area in between
		if (end.more) return onwards ? this.#fill(now) : this.#putOff(now)
		this.state = 'live'
		this.#count = end.publications
		this.#quietAt = now
		if (this.#again) {
			this.#again = false
			this.#fill(now)
		} else {
			this.#releaseHeld(now)
		}
	}

	/** The sink is not full any more. @param {number} now */
	resumed(now) {
		this.#quietAt = now
		if (this.state === 'stalled') this.#fill(now)
	}

	// ---- what is published ----

	/** @param {any} event */
	#give(event) {
		if (event.seq <= this.#seen) return
		this.#seen = event.seq
		this.sink.event(event)
	}

	/** Whether a publication goes on from what is known. @param {number} count @param {import('./codec.js').Decoded} decoded */
	#followsOn(count, decoded) {
		const isEvent = decoded.type !== 'stats'
		const seq = isEvent ? decoded.request : decoded.message.seq
		// Who follows everything sees it by the seqs, all of them; what belongs to no area has no counts.
		if (this.area === 0) return seq <= this.#seen + (isEvent ? 1 : 0)
		return count === this.#count + 1 || (count <= this.#count && seq <= this.#seen)
	}

	/** @param {number} count @param {import('./codec.js').Decoded} decoded @param {number} now */
	#take(count, decoded, now) {
		if (!this.#followsOn(count, decoded)) return this.#fill(now) // the journal has this one, too
		this.#count = Math.max(this.#count, count)
		if (decoded.role === 'event') this.#give(decoded.message)
		else if (decoded.type === '') this.#seen = Math.max(this.#seen, Number(decoded.request)) // of a newer broker
	}

	/** What the program has no room for is let go, and read from the journal later. @param {number} now */
	#releaseHeld(now) {
		if (this.#held.length && this.sink.full()) {
			this.#held = []
			this.state = 'stalled'
		}
		let taken = 0
		for (; taken < this.#held.length && this.state === 'live'; taken++)
			this.#take(this.#held[taken].count, this.#held[taken].decoded, now)
		this.#held.splice(0, taken)
	}

	/** A publication. @param {string} topic @param {Uint8Array} payload @param {number} now */
	published(topic, payload, now) {
		if (this.state === 'off' || !this.#topic || !topic.startsWith(this.#topic)) return // subscribed to before
		this.#quietAt = now
		let count = 0
		for (const decoded of decodeFrame(this.link.schema, payload)) {
			if (decoded.type === 'published') {
				// Of another run, whose counts begin anew: after its welcome, filling brings it.
				if (decoded.message.instance && decoded.message.instance !== this.link.welcome?.instance) return
				count = Number(decoded.message.counts[this.#depth] ?? 0)
			} else this.#one(count, decoded, now)
		}
	}

	/** Figures are of the moment and wait for nothing; but they count. @param {number} count @param {import('./codec.js').Decoded} decoded @param {number} now */
	#one(count, decoded, now) {
		if (decoded.type === 'stats') this.sink.stats(decoded.message)
		if (this.state === 'live') this.#take(count, decoded, now)
		else if (this.#held.length < HELD_MAX) this.#held.push({ count, decoded }) // else: a gap, to be seen afterwards
	}

	// ---- time ----

	/** So long a silence may also be a socket that has lost its broker, or an area that was moved: look. @param {number} now */
	tick(now) {
		if (this.deadline() <= now) this.#begin(now)
	}

	deadline() {
		if (this.link.state !== 'live') return Infinity
		if (this.state === 'waiting') return this.#retryAt
		if (this.state === 'live' && !this.sink.full()) return this.#quietAt + 3 * this.link.welcome.heartbeat_ms
		return Infinity
	}
}
