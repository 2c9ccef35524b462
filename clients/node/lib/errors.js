/**
 * errors.js - what can go wrong, each its own class, all of them PaidanErrors.
 *
 * A Refusal is the broker's answer: nothing was changed. BadInput is thrown before anything was sent. NoAnswer and
 * Closed promise nothing: what was sent may have been done.
 */

/** What all errors of this package are. */
export class PaidanError extends Error {}

/** The broker refused, and changed nothing. Programs go by `code` or `name`. */
export class Refusal extends PaidanError {
	/**
	 * @param {import('../types/messages.js').Refused} refused the broker's answer
	 * @param {string} command the message that was refused
	 * @param {string} advice what to do about it, as schema.json says
	 */
	constructor(refused, command, advice) {
		super(refused.detail ? `${refused.sentence} (${refused.detail})` : refused.sentence)
		/** @type {import('../types/messages.js').RefusalName} Which refusal: stable. */
		this.name = refused.name
		/** Which refusal, as a number: stable. */
		this.code = refused.code
		/** What is wrong, for people. */
		this.sentence = refused.sentence
		/** What exactly, for people; may be empty. */
		this.detail = refused.detail
		/** What to do about it, for people; empty for a refusal that is newer than this client. */
		this.advice = advice
		/** The order's version now; 0: not told. */
		this.version = refused.version
		/** Who was first, when that is the reason; otherwise 0. */
		this.person = refused.person
		/** Of an import: which of its rows is at fault, counted from 1; otherwise 0. */
		this.row = Number(refused.row)
		/** The message that was refused. */
		this.command = command
	}
}

/** Something that the program gave is not as it must be. Nothing was sent. */
export class BadInput extends PaidanError {
	/** @param {string} message */
	constructor(message) {
		super(message)
		this.name = 'BadInput'
	}
}

/** schema.json is missing, or is not one that this package understands. */
export class SchemaError extends PaidanError {
	/** @param {string} message */
	constructor(message) {
		super(message)
		this.name = 'SchemaError'
	}
}

/** No answer came in the time that was given. A command may still be done: send it again, with the same order id. */
export class NoAnswer extends PaidanError {
	/** @param {string} message */
	constructor(message) {
		super(message)
		this.name = 'NoAnswer'
	}
}

/** The client was closed before the answer came. */
export class Closed extends PaidanError {
	constructor() {
		super('The client was closed.')
		this.name = 'Closed'
	}
}
