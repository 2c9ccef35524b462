import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

import { BadInput, loadSchema, newId } from 'paidan'

import { decodeFrame, encodeMessage } from '../lib/codec.js'

const schema = loadSchema()
const document = JSON.parse(readFileSync(new URL('../schema.json', import.meta.url), 'utf8'))
const bytes = (/** @type {string} */ hex) => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOf = (/** @type {Uint8Array} */ data) => Buffer.from(data).toString('hex')
const ID = '019ab0a2-0700-7000-8000-00000000002a'

/** What the client makes of an example value of schema.json. @param {any} field */
function expected(field) {
	if (field.unit === 'a message') return decodeFrame(schema, bytes(field.example))[0].message
	if (field.kind === 'bin') return bytes(field.example)
	if (field.kind === 'u64' && typeof field.example === 'string') return BigInt(field.example)
	const words = document.enums[field.enum]?.words
	return words?.find((/** @type {any} */ w) => w.code === field.example)?.name ?? field.example
}

test('every example of schema.json is read as it says', () => {
	for (const { name, role, example, fields } of document.messages) {
		const [decoded, ...more] = decodeFrame(schema, bytes(example.hex))
		assert.equal(more.length, 0, name)
		assert.equal(decoded.type, name)
		assert.equal(decoded.request, example.request, name)
		for (const field of fields) assert.deepEqual(decoded.message[field.name], expected(field), `${name}.${field.name}`)
		assert.equal(decoded.message.seq, role === 'event' ? example.request : decoded.message.seq)
	}
})

test('every example of what a client sends is written to the same bytes', () => {
	const sent = document.messages.filter((/** @type {any} */ m) => ['session', 'command', 'query'].includes(m.role))
	assert.ok(sent.length > 20)
	for (const { name, example, fields } of sent) {
		const values = Object.fromEntries(fields.map((/** @type {any} */ f) => [f.name, expected(f)]))
		assert.equal(hexOf(encodeMessage(schema, name, example.request, values)), example.hex, name)
	}
})

test('the bytes of the conversation in PROTOCOL.md', () => {
	const leader = [
		encodeMessage(schema, 'hello', 1, { person: 2001, client: 'my-client 1.0', protocol: 1 }),
		encodeMessage(schema, 'work', 2, { area: 1001, credit: 8 }),
	]
	assert.equal(hexOf(Buffer.concat(leader)), '950101cd07d1ad6d792d636c69656e7420312e3001940302cd03e908')
	const [welcome, ok] = decodeFrame(
		schema,
		bytes('97660101ad70616964616e6420302e312e30cf0123456789abcdefcd1266cd138893640200'),
	)
	assert.deepEqual(welcome.message, {
		type: 'welcome', protocol: 1, broker: 'paidand 0.1.0', instance: 81985529216486895n, seq: 4710, heartbeat_ms: 5000,
	})
	assert.deepEqual([ok.request, ok.message], [2, { type: 'ok', seq: 0, version: 0 }])
})

test('fields of a later version, unknown words and unknown messages are no error', () => {
	const { type } = /** @type {any} */ (schema.messages.get('ok'))
	const later = decodeFrame(schema, bytes(`95${type.toString(16)}07050691${'01'}`))
	assert.deepEqual(later.map((d) => d.message), [{ type: 'ok', seq: 5, version: 6 }])
	const category = document.messages.find((/** @type {any} */ m) => m.name === 'category')
	const changed = category.example.hex.replace(/c2$/, '').replace('0503', '0509') + 'c2'
	assert.equal(decodeFrame(schema, bytes(changed))[0].message.urgency, 9)
	const unknown = decodeFrame(schema, bytes('93cd012c07a3616263' + '93640100'))
	assert.deepEqual(unknown.map((d) => [d.type, d.request]), [['', 7], ['ok', 1]])
})

test('what cannot be read is dropped, and what stands before it is not', () => {
	const ok = '93640100'
	for (const bad of ['c1', '9264', 'dd7fffffff', 'c6ffffffff00', 'd9ff61'])
		assert.deepEqual(decodeFrame(schema, bytes(ok + bad)).map((d) => d.type), ['ok'], bad)
	for (const bad of ['936401a161', '926401', '05', '80', '9364ff00', 'c0'])
		assert.deepEqual(decodeFrame(schema, bytes(bad + ok)).filter((d) => d.type).map((d) => d.request), [1], bad)
	assert.deepEqual(decodeFrame(schema, bytes('')), [])
})

test('limits are checked before sending, with an error that says what would be right', () => {
	/** @type {[string, any, RegExp][]} */
	const cases = [
		['submit', { order: ID, category: 3 }, /^submit: text is missing$/],
		['submit', { order: ID, category: 0, text: 'x' }, /^submit: category must be 1 to 4294967295 and is 0$/],
		['submit', { order: ID, category: 1.5, text: 'x' }, /category must be a whole number and is 1.5/],
		['submit', { order: ID, category: '3', text: 'x' }, /category must be a whole number and is "3"/],
		['submit', { order: ID, category: 3, text: '' }, /text must have 1 to 4000 characters and has 0/],
		['submit', { order: ID, category: 3, text: '灯'.repeat(4001) }, /text must have 1 to 4000 characters and has 4001/],
		['submit', { order: ID, category: 3, text: 'a\0b' }, /neither zero characters nor halves/],
		['submit', { order: ID, category: 3, text: 'a\ud800b' }, /neither zero characters nor halves/],
		['submit', { order: ID, category: 3, text: 7 }, /text must be a text and is 7/],
		['submit', { order: 'abc', category: 3, text: 'x' }, /order must be a UUID like .* and is "abc"/],
		['submit', { order: ID, category: 3, text: 'x', urgency: 'urgent' }, /one of emergency, high, normal, low is meant/],
		['submit', { order: ID, category: 3, text: 'x', urgency: 5 }, /urgency must be 0 to 4 and is 5/],
		['submit', { order: ID, category: 3, text: 'x', lon_e7: 1800000001 }, /lon_e7 must be -1800000000 to 1800000000/],
		['submit', { order: ID, category: 3, text: 'x', home: 5 }, /submit has no field "home"; it has order, category/],
		['put_area', { area: 1, parent: 0, level: 1, kind: 1, name: 'x', retired: 1 }, /retired must be true or false and is 1/],
		['list_orders', { cursor: 'x' }, /cursor must be a Uint8Array/],
		['read_events', { after_seq: -1 }, /after_seq must be 0 to 18446744073709551615 and is -1/],
		['read_events', { after_seq: 2 ** 53 }, /after_seq must be a whole number/],
		['nonsense', {}, /there is no message "nonsense"/],
	]
	for (const [name, fields, message] of cases)
		assert.throws(
			() => encodeMessage(schema, name, 1, fields),
			(error) => error instanceof BadInput && message.test(error.message),
			`${message}`,
		)
})

test('limits of texts count characters, not their halves', () => {
	const text = '\u{20BB7}'.repeat(4000)
	const [{ message }] = decodeFrame(schema, encodeMessage(schema, 'submit', 1, { order: ID, category: 3, text }))
	assert.equal(message.text, text)
})

test('large numbers keep all their digits', () => {
	for (const after_seq of [0, 127, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n]) {
		const [{ message }] = decodeFrame(schema, encodeMessage(schema, 'read_events', 1, { after_seq }))
		assert.equal(message.after_seq, after_seq)
	}
})

test('ids are UUIDs of version 7 that rise', () => {
	const before = Date.now()
	const ids = Array.from({ length: 20000 }, newId)
	for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
	assert.deepEqual(ids, [...ids].sort())
	assert.equal(new Set(ids).size, ids.length)
	const ms = parseInt(ids[0].replace('-', '').slice(0, 12), 16)
	assert.ok(ms >= before && ms <= Date.now())
})

test('damaged frames: whatever comes, reading it ends, and throws nothing', () => {
	let state = 1
	const random = (/** @type {number} */ below) => {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0 // the same frames each time
		return (state >>> 8) % below
	}
	const examples = document.messages.map((/** @type {any} */ m) => bytes(m.example.hex))
	for (let i = 0; i < 20000; i++) {
		const frame = Buffer.from(examples[random(examples.length)])
		for (let n = random(4); n >= 0; n--) frame[random(frame.length)] = random(256)
		assert.ok(Array.isArray(decodeFrame(schema, frame.subarray(0, 1 + random(frame.length)))), frame.toString('hex'))
	}
	assert.deepEqual(decodeFrame(schema, new Uint8Array(65536).fill(0x91)), [])
})
