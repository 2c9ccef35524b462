/** id.js - order ids: UUIDs of version 7 (RFC 9562, section 5.7), as text and as 16 bytes. */
import { randomFillSync } from 'node:crypto'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * A new order id of this moment. Ids that one process makes rise, also within a millisecond.
 * @returns {string}
 */
export function newId() {
	const bytes = randomFillSync(new Uint8Array(16))
	const view = new DataView(bytes.buffer)
	const ms = Date.now()
	count = ms > lastMs ? bytes[7] : count + 1 // in the 12 bits behind the version: method 1 of section 6.2
	if (count > 0xfff) {
		lastMs++ // more than that in a millisecond borrow from the next one
		count = 0
	}
	lastMs = Math.max(lastMs, ms)
	view.setUint16(0, Math.floor(lastMs / 2 ** 32))
	view.setUint32(2, lastMs % 2 ** 32)
	view.setUint16(6, 0x7000 | count)
	bytes[8] = 0x80 | (bytes[8] & 0x3f)
	return idPrint(bytes)
}
let lastMs = 0
let count = 0

/**
 * The 16 bytes of a UUID in its usual form; undefined when it is not in that form.
 * @param {string} text
 * @returns {Uint8Array | undefined}
 */
export function idParse(text) {
	return FORM.test(text) ? Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex')) : undefined
}

/**
 * @param {Uint8Array} bytes 16 of them
 * @returns {string}
 */
export function idPrint(bytes) {
	const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
