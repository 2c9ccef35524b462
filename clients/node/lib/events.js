/**
 * events.js - a stream of events as an async iterator.
 *
 * Invariant: at most BUFFERED_MAX events, and one page more, wait for the program. When it is slower than what happens,
 * publications are let go, and read from the broker's journal later.
 */

const BUFFERED_MAX = 1000

/**
 * @template T
 * @typedef {{ resolve: (result: IteratorResult<T, undefined>) => void, reject: (error: Error) => void }} Waiter
 */

/**
 * What `client.events()` returns: events in the order of their seqs, each once. Leaving the loop stops it.
 * @template [T=import('../types/messages.js').AnyEvent]
 * @implements {AsyncIterableIterator<T>}
 */
export class EventStream {
	/** @type {T[]} */
	#buffer = []
	/** @type {Waiter<T>[]} */
	#waiters = []
	/** @type {Error | null} */
	#error = null
	#ended = false
	#drained
	#stopped

	/**
	 * @param {() => void} drained there is room again
	 * @param {() => void} stopped nothing more is wanted
	 */
	constructor(drained, stopped) {
		this.#drained = drained
		this.#stopped = stopped
	}

	/** @internal */
	get full() {
		return this.#buffer.length >= BUFFERED_MAX
	}

	/** @internal @param {T} event */
	push(event) {
		if (this.#ended) return
		const waiter = this.#waiters.shift()
		if (waiter) waiter.resolve({ value: event, done: false })
		else this.#buffer.push(event)
	}

	/** @internal @param {Error | null} error null: the client was closed */
	end(error) {
		if (this.#ended) return
		this.#ended = true
		const first = error && this.#waiters.shift()
		if (first) first.reject(error)
		else this.#error = error
		for (const waiter of this.#waiters.splice(0)) waiter.resolve({ value: undefined, done: true })
	}

	/** The next event; waits for it. @returns {Promise<IteratorResult<T, undefined>>} */
	async next() {
		if (this.#buffer.length) {
			const wasFull = this.full
			const value = /** @type {T} */ (this.#buffer.shift())
			if (wasFull) this.#drained()
			return { value, done: false }
		}
		if (this.#error) {
			const error = this.#error
			this.#error = null
			throw error
		}
		if (this.#ended) return { value: undefined, done: true }
		return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
	}

	/** Stop. @returns {Promise<IteratorResult<T, undefined>>} */
	async return() {
		this.#buffer = []
		this.end(null)
		this.#stopped()
		return { value: undefined, done: true }
	}

	[Symbol.asyncIterator]() {
		return this
	}
}
