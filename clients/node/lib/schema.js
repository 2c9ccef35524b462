/**
 * schema.js - the messages, limits, words and refusals, as schema.json has them. Nothing of it stands elsewhere.
 *
 * Invariant: a Schema is frozen in meaning: it is read once, checked, and never changed.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { SchemaError } from './errors.js'

/** The versions of the protocol that this client speaks. */
export const PROTOCOLS = Object.freeze([1])

/**
 * @typedef {'u8' | 'u16' | 'u32' | 'u64' | 'i32' | 'bool' | 'id' | 'text' | 'bin' | 'u64s'} Kind
 * @typedef {object} Enum
 * @property {Map<number, string>} words
 * @property {Map<string, number>} codes
 * @typedef {object} Field
 * @property {string} name
 * @property {Kind} kind
 * @property {boolean} required
 * @property {number | bigint} min of the number; of text the characters, of bin the bytes, of u64s the elements
 * @property {number | bigint} max
 * @property {Enum | undefined} words
 * @property {boolean} message a whole message stands in the bin
 * @typedef {object} Message
 * @property {string} name
 * @property {number} type
 * @property {string} role
 * @property {Field[]} fields
 * @property {Map<string, Field>} byName
 * @property {Set<string>} last the messages that may be its last answer
 * @typedef {object} RefusalInfo
 * @property {string} name
 * @property {string} sentence
 * @property {string} advice
 */

const KINDS = ['u8', 'u16', 'u32', 'u64', 'i32', 'bool', 'id', 'text', 'bin', 'u64s']

/** @param {unknown} value @param {number} otherwise */
function bound(value, otherwise) {
	return value === undefined ? otherwise : typeof value === 'string' ? BigInt(value) : Number(value)
}

/** @param {any} row @param {any} document @param {Map<string, Enum>} enums @param {string} message @returns {Field} */
function readField(row, document, enums, message) {
	if (!KINDS.includes(row.kind) || !document.kinds[row.kind])
		throw new SchemaError(`${message}.${row.name} is of the kind "${row.kind}", which this client cannot write`)
	const kind = document.kinds[row.kind]
	return {
		name: row.name,
		kind: row.kind,
		required: row.required,
		min: bound(row.min ?? kind.min, 0),
		max: bound(row.max ?? kind.max, Infinity),
		words: enums.get(row.enum),
		message: row.kind === 'bin' && row.unit === 'a message',
	}
}

/** @param {any} words @returns {Enum} */
function readEnum(words) {
	return {
		words: new Map(words.map((/** @type {any} */ w) => [w.code, w.name])),
		codes: new Map(words.map((/** @type {any} */ w) => [w.name, w.code])),
	}
}

/** The tables of one schema.json. */
export class Schema {
	/**
	 * @param {any} document the content of schema.json
	 * @param {string} [where] where it comes from, for errors
	 */
	constructor(document, where = 'the schema') {
		const spoken = PROTOCOLS.join(', ')
		if (document?.protocol === undefined)
			throw new SchemaError(`${where} is not a schema.json of paidan: it has no "protocol"`)
		if (!PROTOCOLS.includes(document.protocol))
			throw new SchemaError(
				`${where} is of protocol version ${JSON.stringify(document.protocol)}; this client understands version ${spoken}: ` +
					'use the schema.json that came with it, or a client of that version',
			)
		/** @type {number} */
		this.protocol = document.protocol
		/** @type {Map<string, Message>} */
		this.messages = new Map()
		/** @type {Map<number, Message>} */
		this.byType = new Map()
		/** @type {Map<number, RefusalInfo>} */
		this.refusals = new Map()
		/** @type {Map<string, Enum>} */
		this.enums = new Map()
		/** @type {number} */
		this.frameBytesMax = 0
		try {
			this.#read(document)
		} catch (error) {
			if (error instanceof SchemaError) throw new SchemaError(`${where}: ${error.message}`)
			throw new SchemaError(`${where} is not whole: ${/** @type {Error} */ (error).message}`)
		}
	}

	/** @param {any} document */
	#read(document) {
		this.frameBytesMax = document.limits.frame_bytes_max
		for (const [name, row] of Object.entries(document.enums)) this.enums.set(name, readEnum(row.words))
		for (const row of document.errors) this.refusals.set(row.code, row)
		for (const row of document.messages) {
			/** @type {Field[]} */
			const fields = row.fields.map((/** @type {any} */ f) => readField(f, document, this.enums, row.name))
			const byName = new Map(fields.map((field) => [field.name, field]))
			const last = new Set(row.last ?? [])
			const message = { name: row.name, type: row.type, role: row.role, fields, byName, last }
			this.messages.set(row.name, message)
			this.byType.set(row.type, message)
		}
	}
}

const FILE = fileURLToPath(new URL('../schema.json', import.meta.url))

/**
 * Read a schema.json.
 * @param {string} [path] the file; otherwise the package's own
 * @returns {Schema}
 */
export function loadSchema(path = FILE) {
	let text
	try {
		text = readFileSync(path, 'utf8')
	} catch (error) {
		const cure = path === FILE ? '; npm run schema, in the package, copies it from the project' : ''
		throw new SchemaError(`cannot read ${path}: ${/** @type {Error} */ (error).message}${cure}`)
	}
	try {
		return new Schema(JSON.parse(text), path)
	} catch (error) {
		if (error instanceof SyntaxError) throw new SchemaError(`${path} is not JSON: ${error.message}`)
		throw error
	}
}
