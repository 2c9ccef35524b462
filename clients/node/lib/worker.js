/**
 * worker.js - working for an area: each dispatch is given to a handler, which moves the order.
 *
 * A dispatch is queued until one of `concurrency` handlers is free; it is then in `#dispatches` until the handler has
 * ended. A push of an order that is here already, with another version (a note was added, or the broker was restarted),
 * only brings it up to date; a withdrawal ends it.
 *
 * Invariant: an order is handled by at most one handler at a time.
 */
import { BadInput, Closed, PaidanError, Refusal } from './errors.js'

/**
 * @typedef {(dispatch: Dispatch) => unknown} Handler may be async
 * @typedef {object} WorkerOptions
 * @property {number} area whose waiting orders are wanted
 * @property {number} [credit] how many orders may be pushed and not yet accepted at a time; 8 without it
 * @property {number} [concurrency] how many handlers may run at a time; as many as `credit` without it
 * @property {number} [actor] in whose name orders are moved, when the connection may act for others
 * @property {(dispatch: Dispatch, warned: import('../types/messages.js').Warned) => void} [on_warned] is told of a dispatch
 * that is here and must not be forgotten: half of its time has passed, it is urged, ...
 * @property {(error: Error, dispatch: Dispatch | null) => void} [on_error] gets what a handler throws, and refusals to
 * work after a reconnection (without a dispatch). That an order was lost to somebody else is not an error. Without it
 * they become warnings of the process.
 * @typedef {import('../types/messages.js').Ok} Ok
 * @typedef {import('./client.js').CallOptions} CallOptions
 */

const CREDIT = 8
const STALE_TRIES_MAX = 8

/** The order was accepted, moved or cancelled by somebody else: the reason of `dispatch.signal`. */
export class Withdrawn extends PaidanError {
	/** @param {string} order @param {number} person who moved it; 0: not known */
	constructor(order, person) {
		super(`Order ${order} is not to be had any more${person ? `: person ${person} moved it` : ''}.`)
		this.name = 'Withdrawn'
		this.order = order
		this.person = person
	}
}

/** One order that was pushed to us. Until `accept` has resolved, it is anybody's. */
export class Dispatch {
	#client
	#actor
	#abort = new AbortController()
	#lost = false

	/** @internal @param {import('./client.js').Client} client @param {number} actor @param {import('../types/messages.js').Push} push */
	constructor(client, actor, push) {
		this.#client = client
		this.#actor = actor
		/** The order's id. */
		this.order = push.order
		/** The order's version, as far as we know. */
		this.version = push.version
		/** The area in whose queue it waits. */
		this.holder = push.holder
		/** Which attempt it is: 1, and one more for each reopening. */
		this.attempt = push.attempt
		/** Since when it waits here. */
		this.waiting_ms = push.waiting_ms
		/** By when it is to be accepted. */
		this.due_ms = push.due_ms
		/** The order's first event: category, urgency, text, place. */
		this.submitted = push.submitted
		/** Whether it was accepted by us. */
		this.accepted = false
	}

	/** Aborts, with Withdrawn as its reason, when the order was lost to somebody else; and when the client is closed. @returns {AbortSignal} */
	get signal() {
		return this.#abort.signal
	}

	/** @internal Whether error only says that somebody else was first, or that the client was closed. @param {unknown} error */
	isLoss(error) {
		return error instanceof Withdrawn || error instanceof Closed || (this.#lost && error instanceof Refusal) ||
			(error instanceof Refusal && error.name === 'taken')
	}

	/** @internal A push of the same order. @param {import('../types/messages.js').Push} push */
	update(push) {
		this.version = Math.max(this.version, push.version)
		this.due_ms = push.due_ms
	}

	/** @internal @param {Error} reason */
	withdraw(reason) {
		this.#lost = true
		this.#abort.abort(reason)
	}

	/** Take the order on (接单). @param {CallOptions} [options] @returns {Promise<Ok>} */
	async accept(options) {
		const ok = await this.#move('accept', {}, options)
		this.accepted = true
		return ok
	}

	/** Report the work as done (办结). @param {string} result @param {CallOptions} [options] @returns {Promise<Ok>} */
	complete(result, options) {
		return this.#move('complete', { result }, options)
	}

	/** Give it to the level above. @param {string} reason @param {CallOptions} [options] @returns {Promise<Ok>} */
	decline(reason, options) {
		return this.#move('decline', { reason }, options)
	}

	/** Give it to another area. @param {number} holder @param {string} reason @param {CallOptions} [options] @returns {Promise<Ok>} */
	transfer(holder, reason, options) {
		return this.#move('transfer', { holder, reason }, options)
	}

	/** Give it back: it waits again where it was (退单). @param {string} reason @param {CallOptions} [options] @returns {Promise<Ok>} */
	async release(reason, options) {
		const ok = await this.#move('release', { reason }, options)
		this.accepted = false
		return ok
	}

	/** Put it off until then; what is left of the time to complete it is kept (挂起). @param {number} until_ms @param {string} reason @param {CallOptions} [options] @returns {Promise<Ok>} */
	suspend(until_ms, reason, options) {
		return this.#move('suspend', { until_ms, reason }, options)
	}

	/** Go on with it before (恢复). @param {string} [reason] @param {CallOptions} [options] @returns {Promise<Ok>} */
	resume(reason = '', options) {
		return this.#move('resume', { reason }, options)
	}

	/** Add a remark. @param {string} text @param {CallOptions} [options] @returns {Promise<Ok>} */
	note(text, options) {
		return this.#move('note', { text }, options)
	}

	/** A version that has become stale by a note is looked up, and the command repeated, as long as the order is still ours to move. @param {'accept' | 'complete' | 'decline' | 'transfer' | 'release' | 'suspend' | 'resume' | 'note'} name @param {Record<string, any>} fields @param {CallOptions} [options] @returns {Promise<Ok>} */
	async #move(name, fields, options) {
		for (let tries = 1; ; tries++) {
			const all = { order: this.order, version: this.version, ...fields, actor: this.#actor }
			try {
				const ok = await this.#client.call(name, /** @type {any} */ (all), options)
				this.version = ok.version
				return ok
			} catch (error) {
				const moved = error instanceof Refusal && ['stale', 'wrong_state'].includes(error.name)
				if (!moved || tries === STALE_TRIES_MAX) throw error
				if (!(await this.#isOurs(all.version, options))) throw error
			}
		}
	}

	/** Whether it is ours to move, in a newer version than the one that was named. @param {number} named @param {CallOptions} [options] */
	async #isOurs(named, options) {
		const now = await this.#client.show({ order: this.order, story: false }, options)
		const waits = now.state === 'waiting' && now.holder === this.holder
		const inHand = (now.state === 'accepted' || now.state === 'suspended') && now.acceptor === (this.#actor || this.#client.person)
		const ours = this.accepted ? inHand : waits
		if (ours) this.version = now.version
		else this.#lost = true
		return ours && now.version > named
	}
}

/** What `client.worker()` returns. */
export class Worker {
	#client
	#options
	#handler
	#leave
	#concurrency
	/** @type {Map<string, Dispatch>} queued or being handled */
	#dispatches = new Map()
	/** @type {Dispatch[]} */
	#queue = []
	/** @type {Set<Promise<void>>} */
	#running = new Set()
	#stopped = false

	/** @internal @param {import('./client.js').Client} client @param {WorkerOptions} options @param {Handler} handler @param {() => Promise<void>} leave */
	constructor(client, options, handler, leave) {
		const { credit = CREDIT, concurrency = credit } = options
		if (!Number.isInteger(credit) || credit < 1)
			throw new BadInput(`worker: credit must be 1 or more and is ${credit}`)
		if (!Number.isInteger(concurrency) || concurrency < 1)
			throw new BadInput(`worker: concurrency must be 1 or more and is ${concurrency}`)
		this.#client = client
		this.#options = options
		this.#handler = handler
		this.#leave = leave
		this.#concurrency = concurrency
		/** @internal */
		this.credit = credit
	}

	/** The area that it works for. */
	get area() {
		return this.#options.area
	}

	/** @internal @param {import('../types/messages.js').Push | import('../types/messages.js').Withdraw | import('../types/messages.js').Warned} message */
	pushed(message) {
		if (message.type === 'withdraw') this.#withdrawn(message)
		else if (message.type === 'warned') this.#warned(message)
		else if (message.type === 'push' && !this.#stopped) this.#offered(message)
	}

	/** @param {import('../types/messages.js').Warned} warned */
	#warned(warned) {
		const dispatch = this.#dispatches.get(warned.order)
		const { on_warned: told } = this.#options
		if (dispatch && told) queueMicrotask(() => told(dispatch, warned)) // what it throws is not ours
	}

	/** @param {import('../types/messages.js').Push} push */
	#offered(push) {
		const known = this.#dispatches.get(push.order)
		if (known && (!known.accepted || push.version <= known.version)) return known.update(push)
		known?.withdraw(new Withdrawn(push.order, 0)) // it was moved away, and has come back
		const dispatch = new Dispatch(this.#client, this.#options.actor ?? 0, push)
		this.#dispatches.set(push.order, dispatch)
		this.#queue.push(dispatch)
		this.#next()
	}

	/** @param {import('../types/messages.js').Withdraw} withdraw */
	#withdrawn({ order, person }) {
		const dispatch = this.#dispatches.get(order)
		if (!dispatch || dispatch.accepted) return
		this.#forget(dispatch)
		dispatch.withdraw(new Withdrawn(order, person))
	}

	/** @param {Dispatch} dispatch */
	#forget(dispatch) {
		if (this.#dispatches.get(dispatch.order) === dispatch) this.#dispatches.delete(dispatch.order)
		const queued = this.#queue.indexOf(dispatch)
		if (queued >= 0) this.#queue.splice(queued, 1)
	}

	#next() {
		while (this.#running.size < this.#concurrency) {
			const dispatch = this.#queue.shift()
			if (!dispatch) return
			const run = this.#handle(dispatch)
			this.#running.add(run)
			void run.then(() => {
				this.#running.delete(run)
				this.#next()
			})
		}
	}

	/** @param {Dispatch} dispatch */
	async #handle(dispatch) {
		try {
			await null // a handler runs outside of the client's own steps
			await this.#handler(dispatch)
		} catch (error) {
			if (!dispatch.isLoss(error)) this.failed(/** @type {Error} */ (error), dispatch)
		}
		this.#forget(dispatch)
	}

	/** @internal @param {Error} error @param {Dispatch | null} dispatch */
	failed(error, dispatch) {
		if (this.#options.on_error) this.#options.on_error(error, dispatch)
		else process.emitWarning(error instanceof Error ? error : String(error))
	}

	/** @internal What was not begun will be pushed again, if it still waits. */
	linkDown() {
		for (const dispatch of this.#queue.splice(0)) this.#forget(dispatch)
	}

	/** @internal The client is closed. */
	abandon() {
		this.#stopped = true
		this.#queue = []
		for (const dispatch of this.#dispatches.values()) dispatch.withdraw(new Closed())
	}

	/** Take no more, and wait for the handlers that run. What was pushed and not begun goes to others. */
	async close() {
		this.#stopped = true
		for (const dispatch of this.#queue.splice(0)) this.#forget(dispatch)
		await this.#leave()
		await Promise.all(this.#running)
	}
}
