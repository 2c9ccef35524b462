/**
 * codec.js - messages to bytes and back, by the tables of the schema.
 *
 * Out: numbers in their shortest form, what is zero or empty left out from the end on, every limit checked. In: kinds
 * are checked and limits not, because a newer broker may know further words; fields and messages that the schema does
 * not have are passed over. Words of an enum stand for their codes in both directions; a code without a word stays a
 * number. u64 are numbers up to 2^53 and BigInts beyond; ids are UUIDs as text.
 */
import { inspect } from 'node:util'

import { Decoder, Encoder } from '@msgpack/msgpack'

import { BadInput } from './errors.js'
import { idParse, idPrint } from './id.js'

/**
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {import('./schema.js').Field} Field
 * @typedef {Record<string, any>} Fields
 * @typedef {object} Decoded
 * @property {string} type the message's name; empty: one that the schema does not have, or with other fields
 * @property {string} role
 * @property {number | bigint} request its request id, or an event's seq
 * @property {any} message its fields, with `type`, and of an event `seq`
 */

const encoder = new Encoder({ useBigInt64: true })
const UNSEEN = /[\0\p{Surrogate}]/u

/** @type {Record<string, (value: any) => boolean>} */
const IS_OF_KIND = {
	bool: (value) => typeof value === 'boolean',
	text: (value) => typeof value === 'string',
	bin: (value) => value instanceof Uint8Array,
	id: (value) => value instanceof Uint8Array && value.length === 16,
	u64s: (value) => Array.isArray(value) && value.every(isUnsigned),
}

/** @param {any} value */
function isWhole(value) {
	return typeof value === 'bigint' || Number.isSafeInteger(value)
}

/** @param {any} value */
function isUnsigned(value) {
	return isWhole(value) && value >= 0
}

/** @param {Field} field */
function empty(field) {
	switch (field.kind) {
		case 'bool': return false
		case 'text': return ''
		case 'bin': return new Uint8Array(0)
		case 'id': return new Uint8Array(16)
		case 'u64s': return []
		default: return 0
	}
}

/** @param {Field} field @param {any} value as it stands on the wire */
function isEmpty(field, value) {
	if (field.kind === 'id') return value.every((/** @type {number} */ byte) => byte === 0)
	return value === 0 || value === false || value?.length === 0
}

// ---- out ----

/** @param {any} value */
function show(value) {
	const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity })
	return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** @param {Field} field @param {any} value @returns {number} */
function codeOfWord(field, value) {
	const codes = /** @type {import('./schema.js').Enum} */ (field.words).codes
	const code = codes.get(value)
	if (code === undefined) throw new BadInput(`is ${show(value)}: one of ${[...codes.keys()].join(', ')} is meant`)
	return code
}

/** @param {Field} field @param {number | bigint} count @param {string} unit */
function checkCount(field, count, unit) {
	if (count < field.min || count > field.max)
		throw new BadInput(`must have ${field.min} to ${field.max} ${unit} and has ${count}`)
}

/** @param {number | bigint} value */
function shortest(value) {
	return value > 0xffffffff ? BigInt(value) : Number(value)
}

/** @param {Field} field @param {any} value */
function numberOut(field, value) {
	const number = field.words && typeof value === 'string' ? codeOfWord(field, value) : value
	if (!isWhole(number)) throw new BadInput(`must be a whole number and is ${show(value)}`)
	if (number < field.min || number > field.max)
		throw new BadInput(`must be ${field.min} to ${field.max} and is ${show(value)}`)
	return shortest(number)
}

/** @param {Field} field @param {any} value */
function textOut(field, value) {
	if (typeof value !== 'string') throw new BadInput(`must be a text and is ${show(value)}`)
	if (UNSEEN.test(value)) throw new BadInput('must have neither zero characters nor halves of surrogate pairs')
	let characters = 0
	for (const _ of value) characters++
	checkCount(field, characters, 'characters')
	return value
}

/** @param {any} value */
function idOut(value) {
	const bytes = typeof value === 'string' ? idParse(value) : value
	if (!IS_OF_KIND.id(bytes))
		throw new BadInput(`must be a UUID like 019ab0a2-0700-7000-8000-00000000002a and is ${show(value)}`)
	return bytes
}

/** @param {Field} field @param {any} value */
function bytesOut(field, value) {
	if (!IS_OF_KIND.bin(value)) throw new BadInput(`must be a Uint8Array and is ${show(value)}`)
	checkCount(field, value.length, 'bytes')
	return value
}

/** @param {Field} field @param {any} value */
function numbersOut(field, value) {
	if (!IS_OF_KIND.u64s(value)) throw new BadInput(`must be an array of whole numbers from 0 on and is ${show(value)}`)
	checkCount(field, value.length, 'elements')
	return value.map(shortest)
}

/** @param {Field} field @param {any} value */
function valueOut(field, value) {
	switch (field.kind) {
		case 'bool':
			if (typeof value !== 'boolean') throw new BadInput(`must be true or false and is ${show(value)}`)
			return value
		case 'id': return idOut(value)
		case 'text': return textOut(field, value)
		case 'bin': return bytesOut(field, value)
		case 'u64s': return numbersOut(field, value)
		default: return numberOut(field, value)
	}
}

/** @param {string} name @param {Field} field @param {Fields} fields */
function fieldOut(name, field, fields) {
	const value = fields[field.name]
	if (value === undefined || value === null) {
		if (field.required) throw new BadInput(`${name}: ${field.name} is missing`)
		return empty(field)
	}
	try {
		return valueOut(field, value)
	} catch (error) {
		if (error instanceof BadInput) throw new BadInput(`${name}: ${field.name} ${error.message}`)
		throw error
	}
}

/**
 * The bytes of a message.
 * @param {Schema} schema
 * @param {string} name which message
 * @param {number | bigint} request its request id, or an event's seq
 * @param {Fields} [fields] what is left out is zero or empty
 * @returns {Uint8Array}
 * @throws {BadInput} when a field is missing, unknown, of the wrong kind or beyond its limits
 */
export function encodeMessage(schema, name, request, fields = {}) {
	const message = schema.messages.get(name)
	if (!message) throw new BadInput(`there is no message "${name}"`)
	for (const key of Object.keys(fields))
		if (!message.byName.has(key))
			throw new BadInput(`${name} has no field "${key}"; it has ${[...message.byName.keys()].join(', ') || 'none'}`)
	const values = message.fields.map((field) => fieldOut(name, field, fields))
	for (let last = values.length - 1; last >= 0; last--) {
		if (message.fields[last].required || !isEmpty(message.fields[last], values[last])) break
		values.pop()
	}
	return encoder.encode([message.type, shortest(request), ...values])
}

// ---- in ----

/** @param {number | bigint} value */
function readable(value) {
	return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value
}

/** @param {Schema} schema @param {Field} field @param {any} value */
function valueIn(schema, field, value) {
	switch (field.kind) {
		case 'bool':
		case 'text': return value
		case 'id': return idPrint(value)
		case 'bin': return field.message ? innerMessage(schema, value) : Uint8Array.from(value)
		case 'u64s': return value.map(readable)
		default: return field.words?.words.get(Number(value)) ?? readable(value)
	}
}

/** The message inside a bin; undefined when it cannot be read. @param {Schema} schema @param {Uint8Array} bytes */
function innerMessage(schema, bytes) {
	const inner = decodeFrame(schema, bytes)[0]
	return inner?.type ? inner.message : undefined
}

/** @param {Field} field @param {any} value */
function isOfKind(field, value) {
	const test = IS_OF_KIND[field.kind]
	return test ? test(value) : isWhole(value) && (field.kind === 'i32' || value >= 0)
}

/** @param {Schema} schema @param {any} array @returns {Decoded | undefined} */
function messageIn(schema, array) {
	if (!Array.isArray(array) || !isUnsigned(array[0]) || !isUnsigned(array[1])) return undefined
	const info = schema.byType.get(Number(array[0]))
	const request = readable(array[1])
	const unknown = { type: '', role: '', request, message: {} }
	if (!info) return unknown
	/** @type {Fields} */
	const message = { type: info.name }
	if (info.role === 'event') message.seq = request
	for (const [i, field] of info.fields.entries()) {
		const value = array.length > i + 2 ? array[i + 2] : field.required ? undefined : empty(field)
		if (!isOfKind(field, value)) return unknown
		message[field.name] = valueIn(schema, field, value)
	}
	return { type: info.name, role: info.role, request, message }
}

/**
 * The messages of a frame: those that can be read. What stands behind a place that is not MessagePack is dropped.
 * @param {Schema} schema
 * @param {Uint8Array} frame
 * @returns {Decoded[]}
 */
export function decodeFrame(schema, frame) {
	const most = frame.length
	const bounds = { maxStrLength: most, maxBinLength: most, maxArrayLength: most, maxMapLength: most, maxExtLength: 0 }
	const decoder = new Decoder({ useBigInt64: true, ...bounds })
	const messages = []
	try {
		for (const array of decoder.decodeMulti(frame)) {
			const message = messageIn(schema, array)
			if (message) messages.push(message)
		}
	} catch {
		// the rest of the frame cannot be read
	}
	return messages
}
