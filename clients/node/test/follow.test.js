import assert from 'node:assert/strict'
import test from 'node:test'

import { loadSchema } from 'paidan'

import { decodeFrame, encodeMessage } from '../lib/codec.js'
import { Follow } from '../lib/follow.js'
import { Link } from '../lib/link.js'

const schema = loadSchema()
const ID = '019ab0a2-0700-7000-8000-00000000002a'
const BEAT = 5000
const TOPIC = '/370304/370304001/11/101/1001/'
const AREA = 11
const PATH = '/370304/370304001/11/'

/** @param {number} seq */
const event = (seq) => encodeMessage(schema, 'noted', seq, {
	time_ms: 1, actor: 1, order: ID, version: 1, holder: 1001, from: 1001, due_ms: 0, text: 'x',
})

/** A stream of events, and the broker's side of it as the test plays it. */
class Stage {
	/** @type {any[]} what the program got */
	got = []
	isFull = false
	now = 1000
	link
	follow

	/** @param {number} area @param {number} [after] */
	constructor(area, after) {
		this.link = new Link(
			{ schema, person: 0, name: 'test', resend_ms: 1e9, random: () => 0 },
			{ link: (news, welcome) => news !== 'down' && this.follow.linkUp(news === 'restarted', welcome, this.now), push: () => {} },
		)
		this.follow = new Follow(this.link, area, after, {
			event: (e) => this.got.push(e.seq),
			stats: (s) => this.got.push(`stats ${s.area}`),
			failed: (refusal) => this.got.push(refusal.name),
			full: () => this.isFull,
		})
		this.follow.now = () => this.now
	}

	/** What was sent since the last look: [name, fields, request]. */
	sent() {
		this.link.flush(this.now)
		const frames = this.link.actions.splice(0).filter((a) => typeof a !== 'string')
		return frames.flatMap((f) => decodeFrame(schema, f)).map((d) => [d.type, d.message, Number(d.request)])
	}

	/** @param {...[string, number, any?]} messages */
	broker(...messages) {
		this.link.received(Buffer.concat(messages.map(([n, r, fields]) => encodeMessage(schema, n, r, fields))), this.now)
	}

	connect(instance = 7, seq = 4000) {
		if (this.link.state === 'resting') this.link.open(this.now)
		const [hello] = this.sent().filter(([name]) => name === 'hello').slice(-1)
		this.broker(['welcome', hello[2], { protocol: 1, broker: 'b', instance, seq, heartbeat_ms: BEAT }])
	}

	/** Expect one query, and answer it. @param {string} name @param {any} wanted @param {...[string, any]} answers */
	answer(name, wanted, ...answers) {
		const sent = this.sent()
		assert.equal(sent.length, 1, `one query, not ${JSON.stringify(sent)}`)
		const [[asked, fields, request]] = sent
		assert.equal(asked, name)
		for (const [key, value] of Object.entries(wanted)) assert.equal(fields[key], value, `${name}.${key}`)
		this.broker(...answers.map(([n, f]) => /** @type {[string, number, any]} */ ([n, request, f])))
	}

	/** Answer the question for the area's path. */
	located() {
		this.answer('list_areas', { area: AREA, limit: 1, after: AREA - 1 },
			['area', { area: AREA, parent: 1, level: 3, kind: 1, name: 'x', path: PATH, retired: false, waiting: 0 }],
			['end', { count: 1, seq: 1, more: false }])
	}

	/** Answer read_events. @param {number} after @param {number[]} seqs @param {number} seq @param {number} publications */
	filled(after, seqs, seq, publications, more = false) {
		this.answer('read_events', { after_seq: after, area: this.follow.area },
			...seqs.map((s) => /** @type {[string, any]} */ (['past', { event: event(s) }])),
			['end', { count: seqs.length, seq, more, publications }])
	}

	/** @param {number[]} counts @param {number} seq @param {Uint8Array} [message] */
	publish(counts, seq, message = event(seq), topic = TOPIC, instance = 7) {
		this.follow.published(topic, Buffer.concat([encodeMessage(schema, 'published', seq, { counts, instance }), message]), this.now)
	}
}

/** The fields of some figures. @param {number} area @param {number} seq */
function figures(area, seq) {
	/** @type {Record<string, any>} */
	const fields = {}
	for (const { name, kind, required } of schema.messages.get('stats')?.fields ?? [])
		if (required) fields[name] = kind === 'u64s' ? [1, 2, 3] : 0
	return { ...fields, area, seq }
}
const stats = (/** @type {number} */ area, /** @type {number} */ seq) => encodeMessage(schema, 'stats', seq, figures(area, seq))

test('the example of PROTOCOL.md, line by line', () => {
	const s = new Stage(AREA, 4700)
	s.connect()
	s.located()
	assert.deepEqual(s.follow.actions.splice(0), [{ do: 'reconnect' }, { do: 'subscribe', topic: PATH }])
	s.filled(4700, [4710], 4710, 98)
	assert.equal(s.follow.state, 'live')
	s.publish([4711, 512, 99, 40, 12], 4711)
	s.publish([4730, 515, 102, 41, 13], 4730)
	s.filled(4711, [4718, 4725, 4730], 4731, 102)
	assert.deepEqual(s.got, [4710, 4711, 4718, 4725, 4730])
	s.publish([4733, 517, 103, 41, 14], 4733)
	assert.deepEqual(s.got, [4710, 4711, 4718, 4725, 4730, 4733])
	assert.deepEqual(s.sent(), [])
})

test('from now on: nothing of before', () => {
	const s = new Stage(AREA)
	s.connect()
	s.answer('get_stats', {}, ['stats', figures(0, 50)])
	s.located()
	s.filled(50, [51], 51, 3)
	assert.deepEqual(s.got, [51])
})

test('what another run publishes before its welcome is not taken for the next', () => {
	const s = new Stage(AREA, 4700)
	s.connect()
	s.located()
	s.filled(4700, [4710], 4710, 98)
	s.publish([0, 0, 99], 4714, event(4714), TOPIC, 8) // it counts like the next one of the old run, of which some were lost
	assert.deepEqual(s.got, [4710])
	s.publish([0, 0, 99], 4711)
	assert.deepEqual(s.got, [4710, 4711])
})

test('what is published while the journal is read is kept, and taken once', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.publish([1, 1, 5], 12)
	s.publish([1, 1, 6], 14)
	s.publish([1, 1, 7], 15)
	s.filled(10, [11, 12], 13, 5)
	assert.deepEqual(s.got, [11, 12, 14, 15])
	s.publish([1, 1, 7], 15)
	assert.deepEqual([s.got.length, s.sent()], [4, []], 'a repetition is no gap')
})

test('pages are read until there are no more', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.filled(10, [11], 11, 0, true)
	s.filled(11, [12], 20, 0, true)
	s.filled(20, [], 30, 4)
	assert.deepEqual([s.got, s.follow.state], [[11, 12], 'live'])
})

test('figures count, and wait for nothing', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.filled(10, [], 20, 4)
	s.publish([1, 1, 5], 20, stats(1001, 20))
	s.publish([1, 1, 6], 21)
	assert.deepEqual([s.got, s.sent()], [['stats 1001', 21], []])
	s.publish([1, 1, 8], 22, stats(1001, 22))
	s.filled(21, [22], 22, 8)
	assert.deepEqual(s.got, ['stats 1001', 21, 'stats 1001', 22])
})

test('events of a type that is not known are counted and passed over', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.filled(10, [], 20, 4)
	s.publish([1, 1, 5], 21, Buffer.from('93cd03e71501', 'hex'))
	s.publish([1, 1, 6], 22)
	assert.deepEqual([s.got, s.sent()], [[22], []])
	s.publish([1, 1, 8], 24)
	s.answer('read_events', { after_seq: 22 }, ['past', { event: Buffer.from('93cd03e71701', 'hex') }], ['past', { event: event(24) }],
		['end', { count: 2, seq: 24, more: false, publications: 8 }])
	s.publish([1, 1, 9], 25)
	assert.deepEqual([s.got, s.sent()], [[22, 24, 25], []])
})

test('everything is followed by the seqs', () => {
	const s = new Stage(0, 10)
	s.connect()
	assert.deepEqual(s.follow.actions.splice(0).at(-1), { do: 'subscribe', topic: '*' })
	s.filled(10, [], 20, 0)
	s.publish([], 21, Buffer.concat([event(21), event(22)]), '*')
	s.publish([], 22, event(22), '*')
	assert.deepEqual(s.sent(), [])
	s.publish([], 24, event(24), '*')
	s.filled(22, [23, 24], 24, 0)
	assert.deepEqual(s.got, [21, 22, 23, 24])
})

test('after each welcome the journal is read from the last event on; also when the last reading broke off', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.filled(10, [11], 20, 4)
	s.link.lost(s.now)
	s.link.tick(s.link.deadline())
	s.connect(8, 25)
	s.located()
	const unanswered = s.sent()
	assert.equal(unanswered[0][0], 'read_events')
	s.link.lost(s.now)
	s.link.tick(s.link.deadline())
	s.connect(9, 26)
	s.filled(20, [21], 25, 1)
	s.filled(25, [26], 26, 2)
	assert.deepEqual([s.got, s.follow.state], [[11, 21, 26], 'live'])
})

test('a broker with another journal: from its last event on', () => {
	const s = new Stage(AREA, 5000)
	s.connect(7, 5000)
	s.located()
	s.filled(5000, [], 5000, 4)
	s.link.lost(s.now)
	s.link.tick(s.link.deadline())
	s.connect(8, 3)
	s.located()
	s.filled(3, [4], 4, 1)
	assert.deepEqual(s.got, [4])
})

test('an area that is not there yet is waited for', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.answer('list_areas', {}, ['refused', { code: 48, name: 'unknown_area', sentence: 'There is no such area.' }])
	assert.equal(s.follow.deadline(), s.now + 1000)
	s.now += 1000
	s.follow.tick(s.now)
	s.answer('list_areas', {}, ['end', { count: 0, seq: 1, more: false }])
	s.now += 1000
	s.follow.tick(s.now)
	s.located()
	s.filled(10, [11], 11, 1)
	assert.deepEqual(s.got, [11])
})

test('who may not read events is told so', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.answer('read_events', {}, ['refused', { code: 23, name: 'not_allowed', sentence: 'The actor may not do this.' }])
	assert.deepEqual([s.got, s.follow.state, s.follow.deadline()], [['not_allowed'], 'off', Infinity])
})

test('a program that is slow is waited for', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.isFull = true
	s.filled(10, [11], 11, 0, true)
	assert.deepEqual([s.sent(), s.follow.deadline()], [[], Infinity])
	s.publish([1, 1, 9], 12)
	s.isFull = false
	s.follow.resumed(s.now)
	s.filled(11, [12, 13], 13, 10)
	assert.deepEqual([s.got, s.follow.state], [[11, 12, 13], 'live'])
})

test('what was published meanwhile and has no room is read from the journal, when there is', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.publish([1, 1, 5], 12)
	s.publish([1, 1, 6], 13)
	s.isFull = true
	s.filled(10, [11], 11, 4)
	assert.deepEqual([s.got, s.sent()], [[11], []])
	s.isFull = false
	s.follow.resumed(s.now)
	s.filled(11, [12, 13], 13, 6)
	assert.deepEqual([s.got, s.follow.state], [[11, 12, 13], 'live'])
})

test('after a long silence: where is the area, and is there anything new?', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	s.filled(10, [], 20, 4)
	s.follow.actions = []
	assert.equal(s.follow.deadline(), s.now + 3 * BEAT)
	s.now += 3 * BEAT
	s.follow.tick(s.now)
	s.answer('list_areas', {},
		['area', { area: AREA, parent: 2, level: 3, kind: 1, name: 'x', path: '/1/2/3/11/', retired: false, waiting: 0 }],
		['end', { count: 1, seq: 1, more: false }])
	assert.deepEqual(s.follow.actions, [{ do: 'unsubscribe', topic: PATH }, { do: 'subscribe', topic: '/1/2/3/11/' }])
	s.filled(20, [21], 21, 5)
	s.publish([1, 1, 6], 22)
	s.publish([1, 1, 1, 6], 23, event(23), '/1/2/3/11/')
	assert.deepEqual([s.got, s.sent()], [[21, 23], []])
})

test('after stop nothing comes any more', () => {
	const s = new Stage(AREA, 10)
	s.connect()
	s.located()
	const [[, , request]] = s.sent()
	s.follow.stop()
	s.broker(['past', request, { event: event(11) }], ['end', request, { count: 1, seq: 11, more: false }])
	s.publish([1, 1, 1], 12)
	assert.deepEqual([s.got, s.link.calls.size], [[], 0])
})
