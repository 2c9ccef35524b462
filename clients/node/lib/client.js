/**
 * client.js - a client: the connection for commands, the streams of events, and the calls that programs make.
 *
 * link.js and follow.js decide what is to be done; here are the sockets, the clock, and promises.
 *
 * Invariants: (1) after each thing that happened #act does what is due and sets the timer; (2) a promise that was given
 * out is settled by its answer, its timeout, its signal, or close.
 */
import { encodeMessage } from './codec.js'
import { findEndpoints } from './endpoints.js'
import { BadInput, Closed, NoAnswer, PaidanError } from './errors.js'
import { EventStream } from './events.js'
import { Follow } from './follow.js'
import { newId } from './id.js'
import { Link } from './link.js'
import { Schema, loadSchema } from './schema.js'
import { CommandSocket, EventSocket } from './sockets.js'
import { Worker } from './worker.js'

/**
 * @typedef {import('../types/messages.js').Sent} Sent
 * @typedef {import('../types/messages.js').Answers} Answers
 * @typedef {import('../types/messages.js').Ok} Ok
 */

/**
 * How to connect. Fields have the names that they have on the wire.
 * @typedef {object} Options
 * @property {number} [person] for whom the connection speaks; 0: the operator of the machine
 * @property {import('../types/messages.js').Language} [language] in which the details of refusals are to be; English unless it is given
 * @property {string} [name] name and version of the program, for the broker's log
 * @property {string} [connect] endpoint of commands; otherwise $PAIDAN_CONNECT, or tcp://127.0.0.1:7750
 * @property {string} [subscribe] endpoint of events; otherwise $PAIDAN_SUBSCRIBE, or the one beside `connect`
 * @property {number} [timeout_ms] how long `connect` waits for the broker, 10,000 without it; Infinity: for ever
 * @property {AbortSignal} [signal] gives up connecting
 * @property {number} [resend_ms] when to send again what is not answered, then doubling up to 16 times it; 5,000
 * without it
 * @property {string | object} [schema] another schema.json than the package's own: its path or its content
 * @property {(news: 'up' | 'restarted' | 'down', message: import('../types/messages.js').Welcome | import('./errors.js').Refusal | null) => void} [on_link]
 * is told what became of the connection: a welcome with `up`, and with `restarted`, which is another run of the broker
 * than before; with `down` a Refusal of the hello, or null when the connection was lost. The client goes on trying.
 * @property {boolean} [listen] have the broker tell what concerns the person: `on_push` gets it, e.g. `moved`, whose
 * `event` is a move of an order that the person asked for or follows
 * @property {(push: any) => void} [on_push] gets pushes for areas of `client.work`, warnings of what these hold, and what
 * else the broker tells of its own accord; leave alone what you do not know. Not needed with `client.worker`.
 * @property {(notified: import('../types/messages.js').Notified, reminder: number) => void} [on_notice] gets each notice to
 * the person or their household: when it is sent, on connecting while it is not answered, and when it is told again, with
 * the reminder's number then, else 0. That it was delivered is answered by the client itself.
 */

/** @typedef {import('../types/messages.js').CallOptions} CallOptions how to make a call */

const OPTIONS = ['person', 'listen', 'language', 'name', 'connect', 'subscribe', 'timeout_ms', 'signal', 'resend_ms', 'schema', 'on_link', 'on_push', 'on_notice']
const CONNECT_TIMEOUT_MS = 10000
const BYE_MS = 1000
const IMPORT_TRIES_MAX = 5
/** Commands that have a method of their own, with more to it than sending them. */
const OWN_METHODS = new Set(['submit', 'import_begin', 'import_commit'])

/** Reads pages until there are no more: what lists return. @template T @implements {AsyncIterable<T>} */
export class Rows {
	#pages

	/** @param {() => AsyncGenerator<T[], void, undefined>} pages */
	constructor(pages) {
		this.#pages = pages
	}

	/** One row after the other; pages are fetched as they are needed. @returns {AsyncGenerator<T, void, undefined>} */
	async *[Symbol.asyncIterator]() {
		for await (const page of this.#pages()) yield* page
	}

	/** All rows at once. @returns {Promise<T[]>} */
	async all() {
		const rows = []
		for await (const page of this.#pages()) rows.push(...page)
		return rows
	}
}

/** A method for each command of the schema, under its name. */
class CommandMethods {
	/** @param {Schema} schema */
	constructor(schema) {
		/** @type {any} */
		const self = this
		for (const { name, role } of schema.messages.values())
			if (role === 'command' && !OWN_METHODS.has(name))
				self[name] = (/** @type {any} */ fields, /** @type {any} */ options) => self.call(name, fields, options)
	}
}
const Commands = /** @type {new (schema: Schema) => import('../types/messages.js').Commands} */ (
	/** @type {unknown} */ (CommandMethods)
)

/** A connection to the broker: see `connect`. */
export class Client extends Commands {
	#options
	#endpoints
	#schema
	#link
	/** @type {CommandSocket | null} */
	#socket = null
	/** @type {Set<{ follow: Follow, socket: EventSocket, stream: EventStream<any> }>} */
	#streams = new Set()
	/** @type {Map<number, Worker>} */
	#workers = new Map()
	/** @type {Set<(error: Error) => void>} of promises that are not settled */
	#waiting = new Set()
	/** @type {NodeJS.Timeout | undefined} */
	#timer
	#timerAt = Infinity
	#actSoon = false
	#acting = false
	#closed = false
	/** @type {Promise<void> | null} */
	#closing = null
	/** @type {((news: string, message: any) => void) | null} */
	#opening = null

	/** @internal @param {Options} options */
	constructor(options) {
		const given = options.schema
		const schema = given === undefined || typeof given === 'string' ? loadSchema(given) : new Schema(given)
		super(schema)
		this.#options = options
		this.#schema = schema
		this.#endpoints = findEndpoints(options, process.env)
		const { person = 0, listen, language, name = 'paidan for Node', resend_ms = 5000 } = options
		for (const key of Object.keys(options))
			if (!OPTIONS.includes(key)) throw new BadInput(`connect has no option "${key}"; it has ${OPTIONS.join(', ')}`)
		if (!(resend_ms > 0)) throw new BadInput(`connect: resend_ms must be above 0 and is ${resend_ms}`)
		this.#link = new Link(
			{ schema, person, listen: listen || options.on_notice !== undefined, language, name, resend_ms, random: Math.random },
			{ link: (news, message) => this.#linkNews(news, message), push: (message) => this.#pushed(message) },
		)
	}

	/** @internal Wait for the first welcome. @returns {Promise<this>} */
	async open() {
		const { timeout_ms = CONNECT_TIMEOUT_MS, signal } = this.#options
		try {
			await this.#settled(
				(resolve, reject) => {
					this.#opening = (news, message) => (news === 'down' ? message && reject(message) : resolve(undefined))
					this.#link.open(performance.now())
					this.#act()
				},
				{ timeout_ms, signal },
				`no paidand answers at ${this.#endpoints.connect} within ${timeout_ms / 1000} s: is it running? ` +
					'Start it with "paidand --data DIR", or name another with connect or $PAIDAN_CONNECT',
			)
		} catch (error) {
			this.#shut()
			throw error
		} finally {
			this.#opening = null
		}
		return this
	}

	// ---- what happens ----

	/** Do what is due, and set the timer. */
	#act() {
		if (this.#acting) return // the one further out goes on
		this.#acting = true
		try {
			this.#link.flush(performance.now())
			for (let action; (action = this.#link.actions.shift()); ) this.#linkAction(action)
			for (const { follow, socket } of this.#streams)
				for (let action; (action = follow.actions.shift()); ) socket.act(action)
		} finally {
			this.#acting = false
		}
		this.#arm()
	}

	/** Gather what is sent in one turn of the program into one frame. */
	#soon() {
		if (this.#actSoon) return
		this.#actSoon = true
		queueMicrotask(() => {
			this.#actSoon = false
			this.#act()
		})
	}

	/** @param {'open' | 'close' | Uint8Array} action */
	#linkAction(action) {
		if (action === 'open') {
			this.#openSocket()
		} else if (action === 'close') {
			this.#socket?.close()
			this.#socket = null
		} else {
			this.#socket?.send(action)
		}
	}

	#openSocket() {
		const { connect } = this.#endpoints
		try {
			/** @type {CommandSocket} */
			const socket = new CommandSocket(
				connect,
				(frame) => this.#received(socket, frame),
				() => this.#lost(socket),
			)
			this.#socket = socket
		} catch (error) {
			if (this.#opening) throw new BadInput(`"${connect}" cannot be connected to: ${/** @type {Error} */ (error).message}`)
			this.#link.lost(performance.now()) // too many open files, and the like: later
		}
	}

	/** @param {CommandSocket} socket @param {Uint8Array} frame */
	#received(socket, frame) {
		if (socket !== this.#socket) return
		this.#link.received(frame, performance.now())
		this.#act()
	}

	/** @param {CommandSocket} socket */
	#lost(socket) {
		if (socket !== this.#socket) return
		this.#link.lost(performance.now())
		this.#act()
	}

	#arm() {
		let at = this.#link.deadline()
		for (const { follow } of this.#streams) at = Math.min(at, follow.deadline())
		if (at >= this.#timerAt || at === Infinity) return // it fires early at worst, and is set anew
		clearTimeout(this.#timer)
		this.#timerAt = at
		// setImmediate: what has come meanwhile is read first, so that a program that was busy sees no dead broker.
		this.#timer = setTimeout(() => setImmediate(() => this.#tick()), Math.max(1, Math.ceil(at - performance.now())))
	}

	#tick() {
		this.#timerAt = Infinity
		if (this.#closed) return
		const now = performance.now()
		this.#link.tick(now)
		for (const { follow } of this.#streams) follow.tick(now)
		this.#act()
	}

	/** @param {'up' | 'restarted' | 'down'} news @param {any} message */
	#linkNews(news, message) {
		this.#opening?.(news, message)
		if (news === 'down') for (const worker of this.#workers.values()) worker.linkDown()
		else
			for (const { follow } of this.#streams) follow.linkUp(news === 'restarted', message, performance.now())
		this.#tell(this.#options.on_link, news, message)
	}

	/** @param {any} message */
	#pushed(message) {
		if (message.type === 'notice_push') return this.#noticed(message)
		const worker = this.#workers.get(message.holder)
		if (worker) worker.pushed(message)
		else this.#tell(this.#options.on_push, message)
	}

	/** @param {any} push */
	#noticed(push) {
		const { notified, reminder } = push
		if (!notified) return // of a broker that says more than we know
		// If it is lost, the notice comes again with the next connection, and is answered then.
		this.answer({ notice: notified.notice, member: 0, answer: 'delivered' }).catch(() => {})
		if (this.#options.on_notice) this.#tell(this.#options.on_notice, notified, reminder)
		else this.#tell(this.#options.on_push, push)
	}

	/** The program's callbacks run outside of our steps: what they throw is not ours. @param {((...args: any[]) => void) | undefined} callback @param {...any} args */
	#tell(callback, ...args) {
		if (callback) queueMicrotask(() => callback(...args))
	}

	// ---- waiting ----

	/**
	 * A promise that is also settled by a timeout, a signal and close.
	 * @template T
	 * @param {(resolve: (value: T) => void, reject: (error: Error) => void) => (() => void) | void} start returns what to
	 * do when nobody waits any more
	 * @param {CallOptions} options
	 * @param {string} [late] what NoAnswer says
	 * @returns {Promise<T>}
	 */
	#settled(start, { timeout_ms, signal }, late) {
		return new Promise((resolve, reject) => {
			if (this.#closed) return reject(new Closed())
			if (signal?.aborted) return reject(signal.reason)
			/** @type {NodeJS.Timeout | undefined} */
			let timer
			/** @type {(() => void) | void} */
			let giveUp = undefined
			const over = () => {
				clearTimeout(timer)
				signal?.removeEventListener('abort', aborted)
				this.#waiting.delete(fail)
			}
			const fail = (/** @type {Error} */ error) => {
				over()
				giveUp?.()
				reject(error)
			}
			const aborted = () => fail(signal?.reason)
			this.#waiting.add(fail)
			signal?.addEventListener('abort', aborted, { once: true })
			if (timeout_ms !== undefined && timeout_ms < 2 ** 31)
				timer = setTimeout(() => fail(new NoAnswer(late ?? this.#late(timeout_ms))), timeout_ms)
			try {
				giveUp = start((value) => (over(), resolve(value)), fail)
			} catch (error) {
				fail(/** @type {Error} */ (error))
			}
		})
	}

	/** @param {number} timeout_ms */
	#late(timeout_ms) {
		const how = this.#link.state === 'live' ? 'the broker did not answer' : 'no broker answers'
		return `${how} at ${this.#endpoints.connect} within ${timeout_ms / 1000} s; the command may still be done`
	}

	/**
	 * @param {string} name @param {Record<string, any>} fields @param {CallOptions} options
	 * @returns {Promise<{ answer: any, rows: any[] }>}
	 */
	#ask(name, fields, options) {
		return this.#settled((resolve, reject) => {
			const done = (/** @type {any} */ answer, /** @type {any[]} */ rows) =>
				answer.type === 'refused' ? reject(this.#link.refusal(answer, name)) : resolve({ answer, rows })
			const call = this.#link.post('program', name, fields, done, performance.now())
			this.#soon()
			return () => this.#link.drop(call)
		}, options)
	}

	// ---- calls ----

	/**
	 * Send any command, or a query with one answer, by its name. It is sent again until it is answered, also over lost
	 * connections and restarts of the broker, and is done once.
	 * @template {keyof Answers} N
	 * @param {N} name
	 * @param {Sent[N]} fields
	 * @param {CallOptions} [options]
	 * @returns {Promise<Answers[N]>}
	 * @throws {import('./errors.js').Refusal | BadInput | NoAnswer | Closed}
	 */
	async call(name, fields, options = {}) {
		const message = this.#schema.messages.get(name)
		if (!message || !['command', 'query'].includes(message.role) || (OWN_METHODS.has(name) && name !== 'submit'))
			throw new BadInput(`"${name}" is not a command or query that a program may send by itself`)
		return (await this.#ask(name, fields ?? {}, options)).answer
	}

	/**
	 * Submit an order (点单). Without `order` the client makes its id, a UUIDv7. To be sure of one order even when this
	 * program is started again, make the id with `newId`, keep it, and give it here: a repetition gets the first answer.
	 * @param {Omit<Sent['submit'], 'order'> & { order?: string }} fields
	 * @param {CallOptions} [options]
	 * @returns {Promise<Ok & { order: string }>}
	 */
	async submit(fields, options = {}) {
		const order = fields.order ?? newId()
		return { ...(await this.call('submit', { ...fields, order }, options)), order }
	}

	/**
	 * An order as it stands, and with `story` (true without it) its events, oldest first.
	 * @param {Sent['get_order']} fields
	 * @param {CallOptions} [options]
	 * @returns {Promise<import('../types/messages.js').Order & { story: import('../types/messages.js').AnyEvent[] }>}
	 */
	async show({ story = true, ...fields }, options = {}) {
		const { rows } = await this.#ask('get_order', { ...fields, story }, options)
		return {
			...rows.find((row) => row.type === 'order'),
			story: rows.filter((row) => row.type === 'past' && row.event).map((row) => row.event),
		}
	}

	/**
	 * Figures of an area and all below it.
	 * @param {Sent['get_stats']} [fields]
	 * @param {CallOptions} [options]
	 * @returns {Promise<import('../types/messages.js').Stats>}
	 */
	stats(fields = {}, options = {}) {
		return this.call('get_stats', fields, options)
	}

	/**
	 * Orders, of an area, a requester or all. `limit` is the number of rows a page; all pages follow each other.
	 * @param {Omit<Sent['list_orders'], 'cursor'>} [fields]
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Order>}
	 */
	orders(fields = {}, options = {}) {
		return this.#list('list_orders', fields, options)
	}

	/**
	 * Areas, in the order of their ids.
	 * @param {Omit<Sent['list_areas'], 'after'>} [fields]
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Area>}
	 */
	areas(fields = {}, options = {}) {
		return this.#list('list_areas', fields, options)
	}

	/**
	 * People, in the order of their ids.
	 * @param {Omit<Sent['list_people'], 'after'>} [fields]
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Person>}
	 */
	people(fields = {}, options = {}) {
		return this.#list('list_people', fields, options)
	}

	/**
	 * Households, in the order of their ids.
	 * @param {Omit<Sent['list_households'], 'after'>} [fields]
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Household>}
	 */
	households(fields = {}, options = {}) {
		return this.#list('list_households', fields, options)
	}

	/**
	 * Notices, roll-calls and visits, newest first: the open ones, or those that have ended.
	 * @param {Omit<Sent['list_notices'], 'cursor'>} [fields]
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Notice>}
	 */
	notices(fields = {}, options = {}) {
		return this.#list('list_notices', fields, options)
	}

	/**
	 * How far a notice is: in an area (without one: all of it), and in each area directly below.
	 * @param {Sent['get_progress']} fields
	 * @param {CallOptions} [options]
	 * @returns {Rows<import('../types/messages.js').Progress>}
	 */
	progress(fields, options = {}) {
		return this.#list('get_progress', fields, options)
	}

	/**
	 * Households or people who have not given what a notice wants; of visits those who come first stand first.
	 * @param {Omit<Sent['list_missing'], 'cursor'>} fields
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').Household | import('../types/messages.js').Person>}
	 */
	missing(fields, options = {}) {
		return this.#list('list_missing', fields, options)
	}

	/**
	 * What was answered: to one notice, or by one member over all rounds.
	 * @param {Omit<Sent['list_answers'], 'cursor'>} fields
	 * @param {CallOptions} [options] for each page
	 * @returns {Rows<import('../types/messages.js').AnswerRow>}
	 */
	answers(fields, options = {}) {
		return this.#list('list_answers', fields, options)
	}

	/**
	 * All categories of orders.
	 * @param {Sent['list_categories']} [fields]
	 * @param {CallOptions} [options]
	 * @returns {Rows<import('../types/messages.js').Category>}
	 */
	categories(fields = {}, options = {}) {
		return this.#list('list_categories', fields, options)
	}

	/** @param {string} name @param {Record<string, any>} fields @param {CallOptions} options @returns {Rows<any>} */
	#list(name, fields, options) {
		const ask = this.#ask.bind(this)
		const known = this.#schema.messages.get(name)?.byName
		const next = ['cursor', 'after'].find((field) => known?.has(field))
		return new Rows(async function* () {
			for (let page = { ...fields }; ; ) {
				const { answer, rows } = await ask(name, page, options)
				yield rows
				if (!answer.more || !next) return
				page = { ...page, [next]: answer[next] }
			}
		})
	}

	/**
	 * Bring many areas, households, people, categories and what else is set up into the registry at once: all of them, or nothing.
	 * @param {Iterable<{ [N in keyof Sent & `put_${string}`]: [N, Sent[N]] }[keyof Sent & `put_${string}`]>} rows
	 * names of put_ messages, each with its fields; a Refusal names the `row` at fault, counted from 1
	 * @param {Omit<Sent['import_commit'], 'import' | 'rows'>} [how]
	 * @returns {Promise<import('../types/messages.js').Imported>} what was changed, or with `dry_run` would be
	 */
	async importRows(rows, how = {}) {
		const all = [...rows]
		for (const [i, [name, fields]] of all.entries()) {
			if (!/^put_/.test(name)) throw new BadInput(`row ${i + 1}: "${name}" is not a put_ message`)
			encodeMessage(this.#schema, name, i + 1, fields) // before anything is sent
		}
		for (let tries = 1; ; tries++) {
			const generation = this.#link.generation
			try {
				return await this.#importOnce(all, how)
			} catch (error) {
				const broke = ['no_import', 'import_rows'].includes(/** @type {Error} */ (error).name)
				// Rows that went with a lost connection: all of them again.
				if (!broke || generation === this.#link.generation || tries === IMPORT_TRIES_MAX) throw error
			}
		}
	}

	/** @param {any[]} rows @param {Record<string, any>} how */
	async #importOnce(rows, how) {
		const id = newId()
		await this.#ask('import_begin', { import: id }, {})
		for (const [i, [name, fields]] of rows.entries()) this.#link.stage(name, fields, i + 1, performance.now())
		return (await this.#ask('import_commit', { import: id, rows: rows.length, ...how }, {})).answer
	}

	// ---- events ----

	/**
	 * Follow the events of an area and all below it: in the order of their seqs, each once, without loss over lost
	 * connections and restarts of the broker. Following begins with the call, not with the first `next`. An area that is
	 * not there yet is waited for; any other refusal, as of a person who may not read events, is thrown by `next`.
	 * @template {boolean} [S=false]
	 * @param {object} [fields]
	 * @param {number} [fields.area] 0 or none: everything
	 * @param {number} [fields.after_seq] events after this one; none: from now on
	 * @param {S} [fields.stats] whether to get the `stats` of the areas, too, which are published once a second
	 * @returns {EventStream<S extends true ? import('../types/messages.js').AnyEvent | import('../types/messages.js').Stats : import('../types/messages.js').AnyEvent>}
	 */
	events({ area = 0, after_seq, stats } = {}) {
		if (this.#closed || this.#closing) throw new Closed()
		encodeMessage(this.#schema, 'read_events', 0, { area, after_seq: after_seq ?? 0 }) // their limits
		/** @type {EventStream<any>} */
		const stream = new EventStream(
			() => {
				socket.resume()
				follow.resumed(performance.now())
				this.#soon()
			},
			() => this.#endStream(entry, null),
		)
		const follow = new Follow(this.#link, area, after_seq, {
			event: (event) => stream.push(event),
			stats: (figures) => stats && stream.push(figures),
			failed: (refusal) => this.#endStream(entry, refusal),
			full: () => stream.full,
		})
		const socket = new EventSocket(
			this.#endpoints.subscribe,
			(topic, payload) => {
				follow.published(topic, payload, performance.now())
				this.#act()
			},
			() => stream.full,
		)
		const entry = { follow, socket, stream }
		this.#streams.add(entry)
		follow.start(performance.now())
		this.#soon()
		return stream
	}

	/** @param {{ follow: Follow, socket: EventSocket, stream: EventStream<any> }} entry @param {Error | null} error */
	#endStream(entry, error) {
		if (!this.#streams.delete(entry)) return
		entry.follow.stop()
		entry.socket.close()
		entry.stream.end(error)
	}

	// ---- work ----

	/**
	 * Ask for the waiting orders of an area, across reconnections; they come to `on_push` of the options. `worker` is
	 * easier.
	 * @param {Sent['work']} fields credit 0: no longer
	 * @returns {Promise<Ok>} resolves when the broker has agreed; a refusal on a later connection is a warning of the process
	 */
	async work({ area, credit, ...rest }) {
		return this.#work(area, credit, (refusal) => process.emitWarning(refusal), rest)
	}

	/**
	 * @param {number} area @param {number} credit @param {(refusal: import('./errors.js').Refusal) => void} later gets
	 * refusals on later connections
	 * @param {Record<string, any>} [rest] fields that there are none of
	 * @returns {Promise<Ok>}
	 */
	#work(area, credit, later, rest = {}) {
		let first = true
		encodeMessage(this.#schema, 'work', 0, { area, credit, ...rest })
		return this.#settled((resolve, reject) => {
			const done = (/** @type {any} */ answer) => {
				const refusal = answer.type === 'refused' ? this.#link.refusal(answer, 'work') : null
				if (refusal && first) this.#link.setWork(area, 0, () => {}, performance.now())
				if (refusal) (first ? reject : later)(refusal)
				else resolve(answer)
				first = false
			}
			this.#link.setWork(area, credit, done, performance.now())
			this.#soon()
		}, {})
	}

	/**
	 * Work for an area: `handler` is called with each dispatch (派单), and accepts and completes it, or leaves it. When
	 * the handler has ended, the dispatch is forgotten; one that it did not accept goes on waiting.
	 * @param {import('./worker.js').WorkerOptions} options
	 * @param {import('./worker.js').Handler} handler
	 * @returns {Promise<Worker>} resolves when the broker has agreed
	 */
	async worker(options, handler) {
		if (typeof handler !== 'function') throw new BadInput('worker: a function that handles a dispatch is missing')
		if (this.#workers.has(options.area)) throw new BadInput(`worker: there is one for area ${options.area} already`)
		const worker = new Worker(this, options, handler, async () => {
			if (this.#closing) return
			await this.#work(options.area, 0, () => {})
			this.#workers.delete(options.area)
		})
		this.#workers.set(options.area, worker)
		try {
			await this.#work(options.area, worker.credit, (refusal) => worker.failed(refusal, null))
		} catch (error) {
			this.#workers.delete(options.area)
			throw error
		}
		return worker
	}

	// ---- the end ----

	/** Say bye, which gives back at once what was pushed, and close. What is not answered is rejected with Closed. */
	close() {
		this.#closing ??= this.#close()
		return this.#closing
	}

	async #close() {
		if (this.#closed) return
		for (const fail of this.#waiting) fail(new Closed())
		for (const entry of this.#streams) this.#endStream(entry, null)
		for (const worker of this.#workers.values()) worker.abandon()
		await new Promise((resolve) => {
			const timer = setTimeout(resolve, BYE_MS)
			const done = () => {
				clearTimeout(timer)
				resolve(undefined)
			}
			this.#link.bye(done, performance.now())
			this.#act()
		})
		this.#shut()
	}

	#shut() {
		this.#link.shut()
		this.#act()
		this.#closed = true
		clearTimeout(this.#timer)
		for (const fail of this.#waiting) fail(new Closed())
	}

	/** Where it is connected to: `{ connect, subscribe }`. */
	get endpoints() {
		return this.#endpoints
	}

	/** For whom the connection speaks. */
	get person() {
		return this.#options.person ?? 0
	}

	/** The broker's last welcome. @returns {import('../types/messages.js').Welcome} */
	get welcome() {
		return this.#link.welcome
	}

	/** The tables of schema.json that this client goes by. */
	get schema() {
		return this.#schema
	}
}

/**
 * Connect to the broker, and wait for its welcome.
 * @param {Options} [options]
 * @returns {Promise<Client>}
 * @throws {import('./errors.js').Refusal | BadInput | NoAnswer | import('./errors.js').SchemaError | PaidanError}
 */
export async function connect(options = {}) {
	return new Client(options).open()
}
