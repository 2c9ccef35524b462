/**
 * link.js - the connection for commands, without a socket: hello, heartbeats, what was sent and not answered, and all of
 * it anew after a loss. The rules are those of PROTOCOL.md, "Requests and answers" and "Hello and heartbeats".
 *
 *              open                  hello sent            welcome
 *   resting ────────────► greeting ───────────► greeting ─────────► live
 *      ▲   when it is time                          │   ▲  no_hello   │
 *      └────── lost: refused, silent, disconnected ─┴───┴─────────────┘
 *
 * It is told what happens (opened, received, lost, tick), each time with the time, and leaves in `actions` what is to be
 * done: 'open' a new socket, 'close' it, send a frame (bytes). Each connection is a new socket that does not reconnect
 * by itself: what ZeroMQ would keep and send on a second connection stood there before the hello.
 *
 * Invariants: (1) commands go out in `live` alone; (2) a call is in `calls` from its post until its last answer, in the
 * order of posting; (3) `generation` changes with each hello, so within one nothing was lost unnoticed.
 */
import { decodeFrame, encodeMessage } from './codec.js'
import { PaidanError, Refusal } from './errors.js'

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 5000
const BUSY_MS_MIN = 100 // before work is said again to a broker that was too busy, doubling
const BUSY_MS_MAX = 5000
const GREETING_MS = 5000 // for connecting and the welcome together
const RESEND_DOUBLINGS = 4 // a broker that is slow is not to be asked ever more often
const CALLS_MAX = 65536

const NOTHING_DONE = Object.freeze({ type: 'ok', seq: 0, version: 0 })

/**
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {'program' | 'work' | 'own'} CallKind work: said anew on each connection; own: sent by the client for itself
 * @typedef {(answer: any, rows: any[]) => void} Done gets the last answer, and those before it
 * @typedef {object} Call
 * @property {number} request
 * @property {CallKind} kind
 * @property {string} name
 * @property {Uint8Array} bytes
 * @property {any[]} rows
 * @property {number} tries
 * @property {number} resendAt
 * @property {Done} done
 * @property {Work} [work] of a call of kind work
 * @typedef {object} Work what is wanted of an area
 * @property {number} area
 * @property {number} credit
 * @property {Done} done
 * @property {boolean} again the broker was too busy: it is to be said again at #againAt
 * @typedef {'up' | 'restarted' | 'down'} LinkNews
 * @typedef {object} Listener
 * @property {(news: LinkNews, message: any) => void} link a welcome; or why the hello was refused, or null
 * @property {(message: any) => void} push a push, a withdraw, or what else the broker tells of its own accord
 */

/** The state machine of one client's connection. */
export class Link {
	/** @type {('open' | 'close' | Uint8Array)[]} what is to be done now, in this order; whoever does it empties it */
	actions = []
	/** @type {'resting' | 'greeting' | 'live' | 'closed'} */
	state = 'resting'
	generation = 0
	/** @type {any} the last welcome */
	welcome = null
	/** @type {Map<number, Call>} */
	calls = new Map()

	/** @type {Map<number, Work>} with credit 0 only those that are to be said again */
	#works = new Map()
	#againAt = Infinity // when to say again all work that is to be
	#busy = 0 // how often since the broker last took work on
	/** @type {Uint8Array[]} messages for the next frame */
	#out = []
	#outBytes = 0
	#nextRequest = 1
	#helloRequest = 0
	#failures = 0
	#dueAt = 0 // resting: when to open; greeting: until when to wait
	#sentAt = 0
	#receivedAt = 0
	#askedAt = -1 // the first ping after receivedAt; -1: none
	#resendAt = Infinity
	#staging = -1 // the generation in which import_begin was sent

	/**
	 * @param {object} options
	 * @param {Schema} options.schema
	 * @param {number} options.person
	 * @param {number | string} [options.language]
	 * @param {string} options.name of the program, for the broker's log
	 * @param {number} options.resend_ms
	 * @param {boolean} [options.listen] whether to be told what concerns the person
	 * @param {() => number} options.random from 0 to 1
	 * @param {Listener} listener
	 */
	constructor(options, listener) {
		this.schema = options.schema
		this.options = options
		this.listener = listener
		this.#hello() // its limits are checked before anything else
	}

	// ---- out ----

	/** @returns {Uint8Array} */
	#hello() {
		this.#helloRequest = this.#nextRequest++
		return encodeMessage(this.schema, 'hello', this.#helloRequest, {
			person: this.options.person,
			client: this.options.name,
			protocol: this.schema.protocol,
			language: this.options.language ?? 0,
			...(this.options.listen ? { listen: true } : {}),
		})
	}

	/** @param {Uint8Array} bytes a message for the wire @param {number} now */
	#write(bytes, now) {
		if (this.#outBytes + bytes.length > this.schema.frameBytesMax) this.flush(now)
		this.#out.push(bytes)
		this.#outBytes += bytes.length
	}

	/** Send what was gathered, as one frame. @param {number} now */
	flush(now) {
		if (!this.#out.length) return
		this.actions.push(this.#out.length === 1 ? this.#out[0] : Buffer.concat(this.#out))
		this.#dropGathered()
		this.#sentAt = now
	}

	#dropGathered() {
		this.#out = []
		this.#outBytes = 0
	}

	/** @param {Call} call @param {number} now */
	#send(call, now) {
		this.#write(call.bytes, now)
		call.resendAt = now + this.options.resend_ms * 2 ** Math.min(call.tries, RESEND_DOUBLINGS)
		this.#resendAt = Math.min(this.#resendAt, call.resendAt)
		if (call.name === 'import_begin') this.#staging = this.generation
		else if (call.name === 'import_commit') this.#staging = -1
	}

	/**
	 * Send a message, and again until its last answer is there.
	 * @param {CallKind} kind
	 * @param {string} name
	 * @param {Record<string, any>} fields
	 * @param {Done} done
	 * @param {number} now
	 * @returns {Call}
	 */
	post(kind, name, fields, done, now) {
		if (kind === 'program' && this.calls.size >= CALLS_MAX)
			throw new PaidanError(`${CALLS_MAX} commands are unanswered; wait for some answers`)
		const request = this.#nextRequest
		const bytes = encodeMessage(this.schema, name, request, fields)
		/** @type {Call} */
		const call = { request, kind, name, bytes, rows: [], tries: 0, resendAt: Infinity, done }
		this.#nextRequest++
		this.calls.set(request, call)
		if (this.state === 'live') this.#send(call, now)
		return call
	}

	/** Forget a call: nobody waits for its answer. @param {Call | null} call */
	drop(call) {
		if (call) this.calls.delete(call.request)
	}

	/**
	 * Send a put_ message of an import: not answered, and not sent again. On another connection than that of its
	 * import_begin it is left out, for there it would be done by itself; import_commit will be refused.
	 * @param {string} name
	 * @param {Record<string, any>} fields
	 * @param {number} row its request id, by which a refusal names it
	 * @param {number} now
	 */
	stage(name, fields, row, now) {
		const bytes = encodeMessage(this.schema, name, row, fields)
		if (this.state === 'live' && this.#staging === this.generation) this.#write(bytes, now)
	}

	/**
	 * Work for an area from now on, across connections; with no credit: no longer.
	 * @param {number} area
	 * @param {number} credit
	 * @param {Done} done gets the answer each time it is said; but not that the broker was too busy: then it is said again
	 * after a while, or is over when something else is wanted by then
	 * @param {number} now
	 */
	setWork(area, credit, done, now) {
		encodeMessage(this.schema, 'work', 0, { area, credit }) // refused before it is kept
		const before = this.#works.get(area)
		const work = { area, credit, done, again: false }
		if (credit) this.#works.set(area, work)
		else this.#works.delete(area)
		if (this.state === 'live') this.#sayWork(work, now)
		else if (!credit) done(NOTHING_DONE, [])
		if (before?.again) before.done(NOTHING_DONE, [])
	}

	/** @param {Work} work @param {number} now */
	#sayWork(work, now) {
		work.again = false
		const { area, credit } = work
		this.post('work', 'work', { area, credit }, (answer, rows) => this.#workAnswered(work, answer, rows), now).work = work
	}

	/** @param {Work} work @param {any} answer @param {any[]} rows */
	#workAnswered(work, answer, rows) {
		if (answer.type !== 'refused' || answer.name !== 'busy') {
			this.#busy = 0
			return work.done(answer, rows)
		}
		if (!work.credit && !this.#works.has(work.area)) this.#works.set(work.area, work)
		if (this.#works.get(work.area) === work) this.#putOff(work)
		else work.done(NOTHING_DONE, [])
	}

	/** @param {Work} work */
	#putOff(work) {
		work.again = true
		if (this.#againAt < Infinity) return // with the others
		const most = Math.min(BUSY_MS_MIN * 2 ** Math.min(this.#busy, 10), BUSY_MS_MAX)
		this.#againAt = this.#receivedAt + (most * (1 + this.options.random())) / 2
	}

	/** @param {number} now */
	#sayBusyAgain(now) {
		this.#againAt = Infinity
		this.#busy++
		for (const work of [...this.#works.values()].filter(({ again }) => again)) {
			if (!work.credit) this.#works.delete(work.area)
			this.#sayWork(work, now)
		}
	}

	// ---- the connection ----

	/** Connect for the first time. @param {number} now */
	open(now) {
		this.generation++
		this.state = 'greeting'
		this.#dueAt = now + GREETING_MS
		this.actions.push('open')
		this.#greet(now)
	}

	/** @param {number} now */
	#greet(now) {
		this.#dropGathered() // it was for the connection as it was; calls has it
		this.#staging = -1
		this.state = 'greeting'
		this.#dueAt = now + GREETING_MS
		this.#write(this.#hello(), now)
		this.flush(now)
	}

	/** The connection is gone. @param {number} now */
	lost(now) {
		this.#rest(now, null)
	}

	/** Wait before the next connection: with full jitter, so that not all clients come at once. @param {number} now @param {Refusal | null} why */
	#rest(now, why) {
		if (this.state === 'closed' || this.state === 'resting') return
		const wasLive = this.state === 'live'
		const most = Math.min(BACKOFF_MS_MIN * 2 ** Math.min(this.#failures, 10), BACKOFF_MS_MAX)
		this.state = 'resting'
		this.#failures++
		this.#dueAt = now + this.options.random() * most
		this.#dropGathered()
		this.#staging = -1
		this.actions.push('close')
		if (wasLive || why) this.listener.link('down', why)
	}

	/**
	 * Leave: say bye, and be done when it was answered, or after a while.
	 * @param {() => void} done
	 * @param {number} now
	 */
	bye(done, now) {
		this.calls.clear()
		this.#works.clear()
		if (this.state !== 'live') return done()
		this.post('own', 'bye', {}, done, now)
		this.flush(now)
	}

	/** Nothing happens any more. */
	shut() {
		if (this.state !== 'resting' && this.state !== 'closed') this.actions.push('close')
		this.state = 'closed'
		this.calls.clear()
	}

	// ---- in ----

	/** A frame of the broker's. @param {Uint8Array} frame @param {number} now */
	received(frame, now) {
		this.#receivedAt = now
		this.#askedAt = -1
		for (const decoded of decodeFrame(this.schema, frame)) {
			if (this.state === 'resting' || this.state === 'closed') return
			this.#dispatch(decoded, now)
		}
	}

	/** @param {import('./codec.js').Decoded} decoded @param {number} now */
	#dispatch({ type, role, request, message }, now) {
		switch (type) {
			case 'welcome': return this.#welcomed(request, message, now)
			case 'pong':
				if (message.instance !== this.welcome?.instance) this.#greetAgain(now)
				return
			case 'refused': return this.#refused(request, message, now)
			default:
				if (role === 'push') this.listener.push(message)
				else if (role === 'reply') this.#answered(request, message)
		}
	}

	/** @param {number | bigint} request @param {any} welcome @param {number} now */
	#welcomed(request, welcome, now) {
		if (this.state !== 'greeting' || request !== this.#helloRequest) return
		const restarted = this.welcome !== null && this.welcome.instance !== welcome.instance
		this.state = 'live'
		this.welcome = welcome
		this.#failures = 0
		this.#sayAllWork(now)
		this.#resendAll(now)
		this.listener.link(restarted ? 'restarted' : 'up', welcome)
	}

	/** The broker does not know this connection (any more). @param {number} now */
	#greetAgain(now) {
		if (this.state !== 'live') return // said already; this answers what stood before the hello
		this.generation++
		this.#greet(now)
		this.listener.link('down', null)
	}

	/** @param {number | bigint} request @param {any} refused @param {number} now */
	#refused(request, refused, now) {
		if (refused.name === 'no_hello') this.#greetAgain(now)
		else if (this.state === 'greeting' && request === this.#helloRequest)
			this.#rest(now, this.refusal(refused, 'hello'))
		else this.#answered(request, refused)
	}

	/** @param {any} refused @param {string} command */
	refusal(refused, command) {
		return new Refusal(refused, command, this.schema.refusals.get(refused.code)?.advice ?? '')
	}

	/** @param {number | bigint} request @param {any} answer */
	#answered(request, answer) {
		const call = this.calls.get(Number(request))
		if (!call) return // answered before: this answers a repetition
		if (!this.schema.messages.get(call.name)?.last.has(answer.type)) {
			call.rows.push(answer)
			return
		}
		this.calls.delete(call.request)
		call.done(answer, call.rows)
	}

	/** @param {number} now */
	#sayAllWork(now) {
		this.#againAt = Infinity
		const over = [...this.#works.values()].filter(({ credit }) => !credit)
		for (const { area } of over) this.#works.delete(area)
		for (const call of this.calls.values()) {
			if (!call.work) continue
			this.drop(call)
			if (this.#works.get(call.work.area) !== call.work) over.push(call.work)
		}
		for (const work of this.#works.values()) this.#sayWork(work, now)
		for (const work of over) work.done(NOTHING_DONE, []) // ended meanwhile: this connection has none
	}

	/** @param {number} now */
	#resendAll(now) {
		for (const call of this.calls.values()) {
			if (call.kind === 'work') continue // just said
			call.rows = [] // of an answer that broke off: all will come again
			call.tries = 0
			this.#send(call, now)
		}
	}

	// ---- time ----

	/** Do what is due. @param {number} now */
	tick(now) {
		if (this.state === 'live') this.#tickLive(now)
		else if (this.state === 'greeting' && now >= this.#dueAt) this.#rest(now, null)
		else if (this.state === 'resting' && now >= this.#dueAt) this.open(now)
	}

	/** Silence counts from a ping that was not answered. @param {number} now */
	#tickLive(now) {
		const beat = this.welcome.heartbeat_ms
		if (this.#askedAt >= 0 && now - this.#askedAt >= 2 * beat) return this.#rest(now, null)
		if (now - this.#sentAt >= beat || (this.#askedAt < 0 && now - this.#receivedAt >= beat)) this.#ping(now)
		if (now >= this.#resendAt) this.#resendDue(now)
		if (now >= this.#againAt) this.#sayBusyAgain(now)
	}

	/** @param {number} now */
	#ping(now) {
		this.#write(encodeMessage(this.schema, 'ping', this.#nextRequest++), now)
		this.flush(now)
		if (this.#askedAt < 0) this.#askedAt = now
	}

	/** @param {number} now */
	#resendDue(now) {
		this.#resendAt = Infinity
		for (const call of this.calls.values()) {
			if (call.resendAt <= now) {
				call.tries++
				this.#send(call, now)
			}
			this.#resendAt = Math.min(this.#resendAt, call.resendAt)
		}
	}

	/** When tick is to be called next. */
	deadline() {
		if (this.state === 'closed') return Infinity
		if (this.state !== 'live') return this.#dueAt
		const beat = this.welcome.heartbeat_ms
		const silent = this.#askedAt >= 0 ? this.#askedAt + 2 * beat : this.#receivedAt + beat
		return Math.min(this.#sentAt + beat, silent, this.#againAt, this.calls.size ? this.#resendAt : Infinity)
	}
}
