/**
 * sockets.js - the two ZeroMQ sockets of a client: DEALER for commands, SUB for events. They only carry bytes.
 *
 * Invariant: after close() no callback is called any more.
 */
import { Dealer, Subscriber } from 'zeromq'

const CONNECT_MS = 5000
const FRAME_BYTES_MAX = 16 * 65536 // more than any frame of the broker: what is larger is not from one
const LOST = /** @type {const} */ (['disconnect', 'close', 'handshake:error:protocol', 'handshake:error:auth', 'handshake:error:other'])

/** One connection: it does not come back by itself. */
export class CommandSocket {
	#dealer
	#closed = false
	/** @type {Uint8Array[]} */
	#queue = []
	#sending = false

	/**
	 * @param {string} endpoint
	 * @param {(frame: Uint8Array) => void} onFrame
	 * @param {() => void} onLost
	 */
	constructor(endpoint, onFrame, onLost) {
		this.#dealer = new Dealer({
			linger: 0,
			sendHighWaterMark: 0,
			receiveHighWaterMark: 0,
			reconnectInterval: -1,
			connectTimeout: CONNECT_MS,
			maxMessageSize: FRAME_BYTES_MAX,
		})
		const lost = () => {
			// What came before the end is read first: it is in the socket's queue already.
			setImmediate(() => this.#closed || onLost())
		}
		for (const event of LOST) this.#dealer.events.on(event, lost)
		try {
			this.#dealer.connect(endpoint)
		} catch (error) {
			this.close()
			throw error
		}
		void this.#receive(onFrame)
	}

	/** @param {(frame: Uint8Array) => void} onFrame */
	async #receive(onFrame) {
		while (!this.#closed) {
			let frames
			try {
				frames = await this.#dealer.receive()
			} catch {
				return // closed
			}
			for (const frame of frames) if (!this.#closed) onFrame(frame)
		}
	}

	/** @param {Uint8Array} frame not to be changed any more */
	send(frame) {
		this.#queue.push(frame)
		if (!this.#sending) void this.#pump()
	}

	async #pump() {
		this.#sending = true
		while (this.#queue.length && !this.#closed) {
			try {
				await this.#dealer.send(/** @type {any} */ (this.#queue.shift()))
			} catch {
				break // closed, or the connection is gone: that is told by the monitor
			}
		}
		this.#sending = false
	}

	close() {
		this.#closed = true
		this.#dealer.close()
	}
}

/** A subscription: it connects again by itself. Reading waits as long as `full()`, until `resume` is called. */
export class EventSocket {
	#subscriber
	#endpoint
	#closed = false
	/** @type {(() => void) | null} */
	#resume = null

	/**
	 * @param {string} endpoint
	 * @param {(topic: string, payload: Uint8Array) => void} onPublication
	 * @param {() => boolean} full
	 */
	constructor(endpoint, onPublication, full) {
		this.#endpoint = endpoint
		this.#subscriber = new Subscriber({
			linger: 0,
			reconnectInterval: 100,
			reconnectMaxInterval: 5000,
			heartbeatInterval: 10000,
			heartbeatTimeout: 30000,
			connectTimeout: CONNECT_MS,
			maxMessageSize: FRAME_BYTES_MAX,
		})
		this.#subscriber.connect(endpoint)
		void this.#receive(onPublication, full)
	}

	/** @param {(topic: string, payload: Uint8Array) => void} onPublication @param {() => boolean} full */
	async #receive(onPublication, full) {
		while (!this.#closed) {
			if (full()) await new Promise((resolve) => (this.#resume = () => resolve(undefined)))
			if (this.#closed) return
			let parts
			try {
				parts = await this.#subscriber.receive()
			} catch {
				return // closed
			}
			if (!this.#closed && parts.length === 2) onPublication(parts[0].toString(), parts[1])
		}
	}

	resume() {
		this.#resume?.()
		this.#resume = null
	}

	/** @param {import('./follow.js').FollowAction} action */
	act(action) {
		switch (action.do) {
			case 'subscribe': return this.#subscriber.subscribe(action.topic)
			case 'unsubscribe': return this.#subscriber.unsubscribe(action.topic)
			case 'reconnect':
				this.#subscriber.disconnect(this.#endpoint)
				this.#subscriber.connect(this.#endpoint)
		}
	}

	close() {
		this.#closed = true
		this.resume()
		this.#subscriber.close()
	}
}
