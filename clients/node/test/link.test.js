import assert from 'node:assert/strict'
import test from 'node:test'

import { loadSchema } from 'paidan'

import { decodeFrame, encodeMessage } from '../lib/codec.js'
import { Link } from '../lib/link.js'

const schema = loadSchema()
const ID = '019ab0a2-0700-7000-8000-00000000002a'
const BEAT = 5000

/** A link, and the broker's side of it as the test plays it. */
class Stage {
	/** @type {any[]} */
	news = []
	/** @type {any[]} */
	pushes = []
	random = 0.5
	now = 1000
	link = new Link(
		{ schema, person: 2001, name: 'test 1', resend_ms: 5000, random: () => this.random },
		{ link: (news, message) => this.news.push([news, message?.name ?? message?.seq ?? null]), push: (m) => this.pushes.push(m) },
	)

	/** What the link wants done: words, and of frames the messages in them, as [name, request, fields]. */
	actions() {
		this.link.flush(this.now)
		return this.link.actions.splice(0).flatMap((action) =>
			typeof action === 'string' ? [action] : decodeFrame(schema, action).map((d) => [d.type, Number(d.request), d.message]),
		)
	}

	/** @param {...[string, number, any?]} messages */
	broker(...messages) {
		this.link.received(Buffer.concat(messages.map(([name, request, fields]) => encodeMessage(schema, name, request, fields))), this.now)
	}

	/** @param {number | bigint} [instance] */
	welcome(instance = 7, seq = 10) {
		const hello = this.actions().filter((a) => a[0] === 'hello').at(-1)
		assert.ok(hello, 'a hello')
		this.broker(['welcome', hello[1], { protocol: 1, broker: 'test', instance, seq, heartbeat_ms: BEAT }])
	}

	live() {
		this.link.open(this.now)
		this.welcome()
		return this
	}

	/** @param {string} name @param {any} fields @param {any[]} [into] */
	post(name, fields, into = []) {
		this.link.post('program', name, fields, (answer, rows) => into.push([answer, rows]), this.now)
		return into
	}
}

const names = (/** @type {any[]} */ actions) => actions.map((a) => (typeof a === 'string' ? a : a[0]))

test('hello stands before everything else, and commands wait for the welcome', () => {
	const stage = new Stage()
	stage.post('accept', { order: ID, version: 1 })
	stage.link.open(stage.now)
	const [open, hello, ...more] = stage.actions()
	assert.equal(open, 'open')
	assert.deepEqual(hello.slice(2), [{ type: 'hello', person: 2001, client: 'test 1', protocol: 1, language: 0, listen: false }])
	assert.deepEqual(more, [])
	stage.broker(['welcome', hello[1] + 100, { protocol: 1, broker: 'b', instance: 7, seq: 1, heartbeat_ms: BEAT }])
	assert.deepEqual([stage.actions(), stage.link.state], [[], 'greeting'], 'a welcome to something else')
	stage.broker(['welcome', hello[1], { protocol: 1, broker: 'b', instance: 7, seq: 1, heartbeat_ms: BEAT }])
	assert.deepEqual(names(stage.actions()), ['accept'])
	assert.deepEqual(stage.news, [['up', 1]])
})

test('what is posted in one turn goes in one frame, within the limit', () => {
	const stage = new Stage().live()
	stage.actions()
	for (let i = 0; i < 10; i++) stage.post('note', { order: ID, version: 1, text: '灯'.repeat(4000) })
	stage.link.flush(stage.now)
	const frames = /** @type {Uint8Array[]} */ (stage.link.actions.splice(0))
	assert.equal(frames.length, 2)
	for (const frame of frames) assert.ok(frame.length <= schema.frameBytesMax)
	assert.equal(frames.flatMap((frame) => decodeFrame(schema, frame)).length, 10)
})

test('answers are matched by their ids, rows come with the last one', () => {
	const stage = new Stage().live()
	const first = stage.post('get_order', { order: ID })
	const second = stage.post('accept', { order: ID, version: 1 })
	const [, [, one], [, two]] = ['', ...stage.actions()]
	const event = encodeMessage(schema, 'accepted', 9, { time_ms: 1, actor: 1, order: ID, version: 2, holder: 1, from: 1, due_ms: 0 })
	stage.broker(['past', one, { event }], ['ok', two, { seq: 9, version: 2 }])
	assert.deepEqual([first.length, second], [0, [[{ type: 'ok', seq: 9, version: 2 }, []]]])
	stage.broker(['end', one, { count: 1, seq: 9, more: false }], ['ok', two, { seq: 9, version: 2 }])
	assert.equal(first[0][1][0].event.seq, 9)
	assert.deepEqual([first.length, second.length, stage.link.calls.size], [1, 1, 0])
})

test('what is not answered is sent again under the same id, ever more seldom', () => {
	const stage = new Stage().live()
	stage.post('accept', { order: ID, version: 1 })
	const [sent] = stage.actions()
	/** @type {number[]} */
	const waits = []
	for (let last = stage.now; waits.length < 7; ) {
		stage.now = stage.link.deadline()
		stage.link.tick(stage.now)
		for (const [name, request, fields] of stage.actions()) {
			if (name === 'ping') stage.broker(['pong', request, { instance: 7 }])
			else {
				assert.deepEqual([name, request, fields], sent)
				waits.push(stage.now - last)
				last = stage.now
			}
		}
	}
	assert.deepEqual(waits, [5000, 10000, 20000, 40000, 80000, 80000, 80000])
})

test('after a loss: a new connection, hello, work, then what was not answered, in order and under the same ids', () => {
	const stage = new Stage().live()
	stage.link.setWork(1001, 8, () => {}, stage.now)
	const accept = stage.post('accept', { order: ID, version: 1 })
	const list = stage.post('get_order', { order: ID })
	const before = stage.actions()
	stage.broker(['past', before[2][1], { event: new Uint8Array([0xc0]) }])
	stage.link.lost(stage.now)
	assert.deepEqual(stage.actions(), ['close'])
	assert.deepEqual(stage.news.at(-1), ['down', null])
	stage.now = stage.link.deadline()
	stage.link.tick(stage.now)
	assert.equal(stage.link.actions[0], 'open')
	stage.welcome(7)
	const after = stage.actions()
	assert.deepEqual(names(after), ['work', 'accept', 'get_order'])
	assert.deepEqual(after.slice(1), before.slice(1))
	stage.broker(['ok', after[1][1], { seq: 5 }], ['end', after[2][1], { count: 0, seq: 5, more: false }])
	assert.equal(accept.length, 1)
	assert.deepEqual(list[0][1], [], 'the rows of the answer that broke off are gone')
	assert.deepEqual(stage.news.at(-1), ['up', 10])
})

test('another instance is a restart; a pong tells it, too', () => {
	const stage = new Stage().live()
	stage.now += BEAT
	stage.link.tick(stage.now)
	const [[, request]] = stage.actions()
	stage.broker(['pong', request, { instance: 2n ** 63n }])
	stage.welcome(2n ** 63n)
	assert.deepEqual(stage.news, [['up', 10], ['down', null], ['restarted', 10]])
})

test('no_hello: hello again on the same connection, then all that is not answered', () => {
	const stage = new Stage().live()
	stage.post('accept', { order: ID, version: 1 })
	stage.post('accept', { order: ID, version: 2 })
	const [one, two] = stage.actions()
	const refused = { code: 20, name: 'no_hello', sentence: 'This connection has not said hello.' }
	stage.broker(['refused', one[1], refused], ['refused', two[1], refused])
	assert.deepEqual([names(stage.link.actions).length, stage.link.calls.size], [1, 2], 'one hello, and nothing is lost')
	stage.welcome()
	assert.deepEqual(stage.actions(), [one, two])
})

test('a hello that is refused is told, and tried again', () => {
	const stage = new Stage()
	stage.link.open(stage.now)
	const [, [, request]] = stage.actions()
	stage.broker(['refused', request, { code: 21, name: 'unknown_person', sentence: 'There is no such person.' }])
	assert.deepEqual(stage.news, [['down', 'unknown_person']])
	assert.deepEqual([stage.actions(), stage.link.state], [['close'], 'resting'])
})

test('how long to rest doubles up to 5 s, with full jitter, and begins anew after a welcome', () => {
	const stage = new Stage()
	stage.random = 1
	stage.link.open(stage.now)
	const rests = []
	for (let i = 0; i < 9; i++) {
		stage.link.lost(stage.now)
		rests.push(stage.link.deadline() - stage.now)
		stage.now = stage.link.deadline()
		stage.link.tick(stage.now)
	}
	assert.deepEqual(rests, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
	stage.welcome()
	stage.random = 0.25
	stage.link.lost(stage.now)
	assert.equal(stage.link.deadline() - stage.now, 25)
})

test('heartbeats: a ping when nothing was sent, and a connection that does not answer it is dead', () => {
	const stage = new Stage().live()
	stage.now += BEAT - 1
	stage.link.tick(stage.now)
	assert.deepEqual(stage.actions(), [])
	stage.now = stage.link.deadline()
	stage.link.tick(stage.now)
	assert.deepEqual(names(stage.actions()), ['ping'])
	const asked = stage.now
	while (stage.link.state === 'live') {
		stage.now = stage.link.deadline()
		stage.link.tick(stage.now)
	}
	assert.equal(stage.now - asked, 2 * BEAT)
	assert.deepEqual(stage.news.at(-1), ['down', null])
})

test('a welcome that does not come in 5 s ends the connection', () => {
	const stage = new Stage()
	stage.link.open(stage.now)
	assert.equal(stage.link.deadline(), stage.now + 5000)
	stage.link.tick(stage.now + 5000)
	assert.equal(stage.link.state, 'resting')
	assert.deepEqual(stage.news, [], 'it was never up')
})

test('work that was ended while the connection broke is not said again, and its end is answered', () => {
	const stage = new Stage().live()
	/** @type {string[]} */
	const said = []
	stage.link.setWork(1001, 8, () => said.push('begun'), stage.now)
	stage.link.setWork(1001, 0, () => said.push('ended'), stage.now)
	stage.actions()
	stage.link.lost(stage.now)
	stage.link.tick(stage.link.deadline())
	stage.welcome()
	assert.deepEqual([names(stage.actions()), said], [[], ['begun', 'ended']])
})

test('a broker that is too busy for work is told again, unless something else is wanted by then', () => {
	const stage = new Stage().live()
	stage.random = 1
	/** @type {string[]} */
	const said = []
	const want = (/** @type {number} */ area, /** @type {number} */ credit) =>
		stage.link.setWork(area, credit, (answer) => said.push(`${area} ${credit} ${answer.name ?? answer.type}`), stage.now)
	const busy = (/** @type {any} */ [, request]) =>
		stage.broker(['refused', request, { code: 91, name: 'busy', sentence: 'The broker has too much to do.' }])
	const later = (/** @type {number} */ ms) => {
		stage.now += ms
		stage.link.tick(stage.now)
		return stage.actions()
	}
	for (const area of [1, 2, 3]) want(area, 8)
	stage.actions().forEach(busy)
	want(1, 4)
	want(2, 0)
	stage.actions().forEach(busy)
	assert.deepEqual(said.splice(0), ['1 8 ok', '2 8 ok'], 'what is not wanted any more is over')
	assert.equal(stage.link.deadline(), stage.now + 100)
	assert.deepEqual(later(99), [])
	const again = later(1)
	assert.deepEqual(again.map(([, , { area, credit }]) => [area, credit]), [[1, 4], [3, 8], [2, 0]])
	busy(again[1])
	assert.deepEqual(later(199), [], 'ever more seldom')
	const [last] = later(1)
	assert.equal(last[2].area, 3)
	stage.broker(['ok', again[0][1], { seq: 0 }], ['ok', again[2][1], { seq: 0 }],
		['refused', last[1], { code: 48, name: 'unknown_area', sentence: 'There is no such area.' }])
	assert.deepEqual(said.splice(0), ['1 4 ok', '2 0 ok', '3 8 unknown_area'])
	want(3, 0)
	stage.actions().forEach(busy)
	stage.link.lost(stage.now)
	stage.link.tick(stage.link.deadline())
	stage.welcome()
	assert.deepEqual([stage.actions().map(([, , { area }]) => area), said], [[1], ['3 0 ok']], 'a new connection has none to end')
})

test('rows of an import go only on the connection of its import_begin', () => {
	const stage = new Stage().live()
	const row = () => stage.link.stage('put_person', { person: 1, post: 'leader', area: 1, household: 0, name: 'x' }, 1, stage.now)
	row()
	assert.deepEqual(stage.actions(), [], 'before it')
	stage.post('import_begin', { import: ID })
	row()
	assert.deepEqual(names(stage.actions()), ['import_begin', 'put_person'])
	stage.link.lost(stage.now)
	stage.link.tick(stage.link.deadline())
	row()
	stage.welcome()
	assert.deepEqual(names(stage.actions()), ['import_begin'])
	row()
	assert.deepEqual(names(stage.actions()), ['put_person'])
})

test('bye is answered before the end; then nothing happens any more', () => {
	const stage = new Stage().live()
	stage.post('accept', { order: ID, version: 1 })
	stage.actions()
	let gone = false
	stage.link.bye(() => (gone = true), stage.now)
	const [[name, request]] = stage.actions()
	assert.deepEqual([name, gone], ['bye', false])
	stage.broker(['ok', request, { seq: 0 }])
	assert.ok(gone)
	stage.link.shut()
	assert.deepEqual([stage.actions(), stage.link.deadline()], [['close'], Infinity])
})

test('a push is passed on', () => {
	const stage = new Stage().live()
	stage.broker(['withdraw', 0, { order: ID, holder: 1001, person: 2002 }])
	assert.deepEqual(stage.pushes, [{ type: 'withdraw', order: ID, holder: 1001, person: 2002 }])
	const warned = { order: ID, version: 2, holder: 1001, acceptor: 2001, why: 'half', due_ms: 1763901800000 }
	stage.broker(['warned', 0, warned])
	assert.deepEqual(stage.pushes[1], { type: 'warned', ...warned })
})
