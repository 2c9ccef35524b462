import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Closed, NoAnswer, Refusal, Withdrawn, connect, newId } from 'paidan'

import {
	Broker, DISTRICT, FIRE, GRID, HOME, LAMP, LEADER, LEADER_B, LEADER_TOO, MICRO, MICRO_B, RESIDENT, districtBroker, districtRows, noBroker,
} from './broker.js'

/** @typedef {import('paidan').Client} Client */

/** @type {Broker} */
let broker
/** @type {Client} */
let operator
/** @type {Client} */
let resident
/** @type {Client} */
let leader

const skip = noBroker
/** A bound that only a hung broker or client reaches. */
const options = { skip, timeout: 120000 }
before(async () => {
	if (skip) return
	broker = await districtBroker()
	operator = await broker.client()
	resident = await broker.client({ person: RESIDENT })
	leader = await broker.client({ person: LEADER })
}, { timeout: 60000 })
after(() => broker?.end())

const lamp = { category: LAMP, text: '三号楼二单元楼道灯不亮' }

/** The next event that wanted likes. @template T @param {AsyncIterable<T>} events @param {(event: T) => boolean} wanted */
async function nextOf(events, wanted) {
	const iterator = events[Symbol.asyncIterator]()
	for (;;) {
		const { value, done } = await iterator.next()
		assert.ok(!done, 'the stream has ended')
		if (wanted(value)) return value
	}
}

/** A promise with its handles. @template T */
function deferred() {
	/** @type {(value: T) => void} */
	let resolve = () => {}
	/** @type {Promise<T>} */
	const promise = new Promise((r) => (resolve = r))
	return { promise, resolve }
}

test('the life of an order, and its story', options, async () => {
	const submitted = await resident.submit(lamp)
	assert.equal(submitted.version, 1)
	const { order } = submitted
	const accepted = await leader.accept({ order, version: 1 })
	await leader.note({ order, version: 2, text: '配件明天到' })
	await leader.complete({ order, version: 3, result: '已更换灯泡' })
	const closed = await resident.confirm({ order, version: 4, rating: 5, text: '很快，谢谢' })
	assert.deepEqual([accepted.version, closed.version], [2, 5])
	const { story, ...now } = await resident.show({ order })
	assert.deepEqual(
		[now.state, now.holder, now.acceptor, now.rating, now.text, now.household, now.urgency],
		['closed', MICRO, LEADER, 5, lamp.text, HOME, 'normal'],
	)
	assert.deepEqual(story.map((e) => e.type), ['submitted', 'accepted', 'noted', 'completed', 'confirmed'])
	assert.deepEqual([story[0].seq, story[4].seq], [submitted.seq, closed.seq])
	assert.equal((await resident.show({ order, story: false })).story.length, 0)
})

test('decline, transfer, reopen and cancel', options, async () => {
	const one = await resident.submit(lamp)
	await leader.decline({ order: one.order, version: 1, reason: '需要供电公司处理' })
	assert.equal((await operator.show({ order: one.order })).holder, GRID)
	await resident.cancel({ order: one.order, version: 2 })
	const two = await resident.submit(lamp)
	await leader.transfer({ order: two.order, version: 1, holder: MICRO_B, reason: '地址属于邻近微网格' })
	const other = await broker.client({ person: LEADER_B })
	await other.accept({ order: two.order, version: 2 })
	await other.complete({ order: two.order, version: 3, result: '好了' })
	await resident.reopen({ order: two.order, version: 4, reason: '灯又不亮了' })
	const { state, attempt, holder } = await resident.show({ order: two.order })
	assert.deepEqual([state, attempt, holder], ['waiting', 2, GRID])
})

test('a repeated command gets the first answer; with other contents it is refused', options, async () => {
	const fields = { ...lamp, order: newId() }
	const first = await resident.submit(fields)
	assert.deepEqual(await resident.submit(fields), first)
	await assert.rejects(resident.submit({ ...fields, text: 'other' }), { name: 'order_exists', code: 41 })
	const ok = await leader.accept({ order: first.order, version: 1 })
	assert.deepEqual(await leader.accept({ order: first.order, version: 1 }), ok)
})

test('a refusal has code, name, sentence, detail, advice and what else the broker says', options, async () => {
	const { order } = await resident.submit(lamp)
	await leader.accept({ order, version: 1 })
	const late = await broker.client({ person: LEADER_TOO })
	const refusal = await late.accept({ order, version: 1 }).catch((error) => error)
	assert.ok(refusal instanceof Refusal)
	assert.deepEqual(
		[refusal.name, refusal.code, refusal.sentence, refusal.person, refusal.version, refusal.command],
		['taken', 44, 'Someone else accepted this order first.', LEADER, 2, 'accept'],
	)
	assert.match(refusal.advice, /Leave it to the person named/)
	assert.ok(refusal.message.startsWith(refusal.sentence))
})

test('what breaks a limit is not sent', options, async () => {
	await assert.rejects(resident.submit({ category: LAMP, text: '' }), { name: 'BadInput', message: /1 to 4000 characters/ })
	// @ts-expect-error: a field that there is none of
	await assert.rejects(resident.submit({ ...lamp, colour: 'red' }), { name: 'BadInput', message: /no field "colour"/ })
	// @ts-expect-error: not a command
	await assert.rejects(resident.call('ok', {}), { name: 'BadInput' })
	await assert.rejects(connect({ connect: 'nowhere' }), { name: 'BadInput', message: /not an endpoint/ })
	await assert.rejects(connect({ ...broker.endpoints, name: 'x'.repeat(65) }), { name: 'BadInput', message: /client must have 1 to 64/ })
	await assert.rejects(connect({ connect: 'tcp://a b:1' }), { name: 'BadInput', message: /cannot be connected to/ })
	await assert.rejects(connect(/** @type {any} */ ({ conect: 'x' })), { name: 'BadInput', message: /no option "conect"; it has person/ })
	await assert.rejects(connect({ resend_ms: 0 }), { name: 'BadInput', message: /resend_ms must be above 0/ })
	assert.throws(() => resident.events({ after_seq: -1 }), { name: 'BadInput' })
})

test('lists: orders, areas, people, households, categories; figures', options, async () => {
	const ids = []
	for (let i = 0; i < 5; i++) ids.push((await resident.submit({ ...lamp, urgency: 'low' })).order)
	const { seq } = await resident.submit({ ...lamp, category: FIRE })
	const waiting = await operator.orders({ area: GRID, state: 'waiting', limit: 2, after_seq: seq }).all()
	assert.ok(ids.every((id) => waiting.some((row) => row.order === id)), 'over all pages')
	assert.equal(new Set(waiting.map((row) => row.order)).size, waiting.length)
	assert.equal(waiting.find((row) => row.holder === MICRO)?.urgency, 'emergency')
	assert.deepEqual((await operator.areas({ limit: 1 }).all()).map((a) => [a.area, a.level]), [
		[DISTRICT, 'district'], [GRID, 'grid'], [MICRO, 'microgrid'], [MICRO_B, 'microgrid'],
	])
	const leaders = []
	for await (const person of operator.people({ post: 'leader', limit: 2 })) leaders.push(person.name)
	assert.deepEqual(leaders, ['王秀英', '赵强', '孙丽'])
	assert.deepEqual((await operator.households({ area: GRID }).all()).map((h) => h.household), [HOME])
	assert.deepEqual((await operator.categories().all()).map((c) => [c.category, c.urgency]), [[LAMP, 'normal'], [FIRE, 'emergency']])
	const figures = await operator.stats({ area: GRID })
	assert.ok(figures.waiting >= 6 && figures.submitted > figures.completed)
	assert.equal(figures.accept_ms.length, 3)
	await assert.rejects(operator.stats({ area: 77 }), { name: 'unknown_area' })
})

test('the registry: single entries, and an import that is done as a whole or not at all', options, async () => {
	const same = await operator.put_area({ area: MICRO, parent: GRID, level: 'microgrid', kind: 'plain', name: '第一微网格' })
	assert.equal(same.seq, 0, 'it was so already')
	const again = await operator.importRows(districtRows, { dry_run: true })
	assert.deepEqual([again.areas, again.seq], [[0, 0, 0, 0, 4], 0])
	const bad = operator.importRows([
		['put_area', { area: 5, parent: DISTRICT, level: 'grid', kind: 'plain', name: '新' }],
		['put_area', { area: 6, parent: 77, level: 'microgrid', kind: 'plain', name: '错' }],
	])
	await assert.rejects(bad, { name: 'bad_parent', row: 2 })
	assert.ok(!(await operator.areas().all()).some((area) => area.area === 5))
	await assert.rejects(operator.importRows([['put_area', /** @type {any} */ ({ area: 5 })]]), { name: 'BadInput' })
})

test('events from now on, of an area and all below it', options, async () => {
	const events = operator.events({ area: GRID })
	const others = operator.events({ area: MICRO_B })
	const { order, seq } = await resident.submit(lamp)
	await leader.accept({ order, version: 1 })
	const got = [await events.next(), await events.next()].map(({ value }) => value)
	assert.deepEqual(got.map((e) => [e?.type, e?.seq]), [['submitted', seq], ['accepted', seq + 1]])
	const away = await resident.submit(lamp)
	await leader.transfer({ order: away.order, version: 1, holder: MICRO_B, reason: '邻近' })
	const { value } = await others.next()
	assert.deepEqual([value?.type, value?.type === 'transferred' && value.from], ['transferred', MICRO])
	await events.return()
	await others.return()
	assert.deepEqual(await events.next(), { value: undefined, done: true })
})

test('all events from the beginning, without a gap', options, async () => {
	const last = (await resident.submit(lamp)).seq
	let seq = 0
	for await (const event of operator.events({ after_seq: 0 })) {
		assert.equal(event.seq, ++seq)
		if (seq === last) break
	}
	assert.equal(seq, last)
})

test('figures come among the events when they are wanted', options, async () => {
	const events = operator.events({ area: GRID, stats: true })
	await resident.submit(lamp)
	const figures = await nextOf(events, (e) => e.type === 'stats')
	assert.ok('submitted' in figures)
	await events.return()
})

test('residents hear of their orders, and followers of those they follow', options, async () => {
	/** @type {any[]} */
	const told = []
	const heard = deferred()
	const follower = await broker.client({
		person: LEADER_B,
		listen: true,
		on_push: (push) => {
			told.push([push.type, push.event.type])
			if (push.event.type === 'completed') heard.resolve(told)
		},
	})
	const { order } = await resident.submit(lamp)
	await follower.follow({ order, version: 1 })
	await leader.accept({ order, version: 2 })
	await resident.urge({ order, version: 3, text: '快点' })
	await leader.complete({ order, version: 4, result: '好了' })
	assert.deepEqual(await heard.promise, [['moved', 'accepted'], ['moved', 'urged'], ['moved', 'completed']])
	await follower.endorse({ order, version: 5, rating: 4 })
	const shown = await follower.show({ order })
	assert.deepEqual([shown.followers, shown.endorsements, shown.endorsed_stars, shown.urges], [1, 1, 4, 1])
	await follower.close()
})

test('who may not read events gets the refusal', options, async () => {
	const events = resident.events({ area: GRID, after_seq: 0 })
	await assert.rejects(events.next(), { name: 'not_allowed' })
	assert.ok((await events.next()).done)
})

test('a worker accepts and completes what is pushed, in turn', options, async () => {
	const done = deferred()
	/** @type {string[]} */
	const texts = []
	const worker = await leader.worker({ area: MICRO, credit: 2, concurrency: 1 }, async (dispatch) => {
		await dispatch.accept()
		texts.push(dispatch.submitted.text)
		await dispatch.complete('已处理')
		if (dispatch.submitted.text === '最后') done.resolve(dispatch)
	})
	await assert.rejects(leader.worker({ area: MICRO }, () => {}), { name: 'BadInput', message: /there is one/ })
	for (const text of ['一', '二', '三', '四']) await resident.submit({ ...lamp, text })
	const { order } = await resident.submit({ ...lamp, text: '最后', urgency: 'low' }) // behind all that waits
	await done.promise
	await worker.close()
	assert.ok(['一', '二', '三', '四'].every((text) => texts.includes(text)))
	assert.equal((await resident.show({ order })).state, 'completed')
	assert.equal((await operator.stats({ area: MICRO })).waiting, 0)
})

test('a note that comes in between does not hold up a worker', options, async () => {
	const offered = deferred(), noted = deferred(), accepted = deferred(), more = deferred(), done = deferred()
	const worker = await leader.worker({ area: MICRO }, async (dispatch) => {
		offered.resolve(dispatch.order)
		await noted.promise
		await dispatch.accept()
		accepted.resolve(dispatch)
		await more.promise
		await dispatch.complete('好了')
		done.resolve(null)
	})
	const { order } = await resident.submit(lamp)
	assert.equal(await offered.promise, order)
	await resident.note({ order, version: 1, text: '在二楼' })
	noted.resolve(null)
	await accepted.promise
	await resident.note({ order, version: 3, text: '请快一点' })
	more.resolve(null)
	await done.promise
	assert.equal((await resident.show({ order })).version, 5)
	await worker.close()
})

test('an order that somebody else took is withdrawn, and no error', options, async () => {
	const offered = deferred(), lost = deferred()
	/** @type {unknown[]} */
	const errors = []
	const worker = await leader.worker({ area: MICRO, on_error: (error) => errors.push(error) }, async (dispatch) => {
		offered.resolve(dispatch)
		dispatch.signal.addEventListener('abort', () => lost.resolve(dispatch.signal.reason))
		await lost.promise
		await dispatch.accept()
	})
	const { order } = await resident.submit(lamp)
	await offered.promise
	const late = await broker.client({ person: LEADER_TOO })
	await late.accept({ order, version: 1 })
	const reason = /** @type {Withdrawn} */ (await lost.promise)
	assert.ok(reason instanceof Withdrawn)
	assert.deepEqual([reason.order, reason.person], [order, LEADER_TOO])
	await worker.close()
	assert.deepEqual(errors, [])
})

test('a worker is warned, puts off, goes on and gives back', options, async () => {
	const quick = { category: 80, name: '快', level: 'microgrid', urgency: 'normal', accept_within_s: 4, complete_within_s: 3600 }
	await operator.call('put_category', /** @type {any} */ (quick))
	const warned = deferred(), done = deferred()
	const worker = await leader.worker({ area: MICRO, on_warned: (dispatch, warning) => warned.resolve([dispatch.order, warning.why]) }, async (dispatch) => {
		await warned.promise
		if (dispatch.version > 1) return // it waits again, and comes again
		await dispatch.accept()
		await dispatch.suspend(Date.now() + 86400000, '等配件')
		await dispatch.resume('到了')
		await dispatch.release('外出')
		done.resolve(null)
	})
	const { order } = await resident.submit({ ...lamp, category: 80 })
	assert.deepEqual(await warned.promise, [order, 'half'])
	await done.promise
	const now = await resident.show({ order })
	assert.deepEqual([now.state, now.version, now.holder], ['waiting', 5, MICRO])
	await resident.cancel({ order, version: 5 })
	await worker.close()
})

test('what a handler throws comes to on_error, and the worker goes on', options, async () => {
	const failed = deferred(), done = deferred()
	const worker = await leader.worker({ area: MICRO, on_error: (error) => failed.resolve(error) }, async (dispatch) => {
		await dispatch.accept()
		if (dispatch.submitted.text === 'bad') throw new Error('no ladder')
		await dispatch.complete('好了')
		done.resolve(null)
	})
	await resident.submit({ ...lamp, text: 'bad' })
	assert.match(String(await failed.promise), /no ladder/)
	await resident.submit(lamp)
	await done.promise
	await worker.close()
	await assert.rejects(resident.worker({ area: MICRO }, () => {}), { name: 'not_allowed' })
})

test('no broker: connect says so; a call that is given up says that it may be done', options, async () => {
	const nowhere = `ipc://${broker.folder}/nowhere.sock`
	await assert.rejects(connect({ connect: nowhere, timeout_ms: 300 }), (error) =>
		error instanceof NoAnswer && error.message.includes(nowhere) && /is it running/.test(error.message))
	await assert.rejects(connect({ ...broker.endpoints, person: 424242 }), { name: 'unknown_person', command: 'hello' })
	await assert.rejects(connect({ connect: nowhere, signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
	const own = await districtBroker()
	try {
		const client = await own.client({ person: RESIDENT })
		own.signal('SIGSTOP')
		await assert.rejects(client.submit(lamp, { timeout_ms: 50 }), { name: 'NoAnswer', message: /may still be done/ })
		const pending = client.submit(lamp)
		const closing = client.close()
		await assert.rejects(pending, Closed)
		await closing
		await assert.rejects(client.submit(lamp), Closed)
	} finally {
		own.signal('SIGCONT')
		await own.end()
	}
})

test('over a killed and restarted broker: commands are done once, events come once, work goes on', options, async () => {
	const own = await districtBroker()
	try {
		/** @type {string[]} */
		const news = []
		const up = deferred()
		const client = await own.client({ person: RESIDENT, on_link: (n) => (news.push(n), n === 'restarted' && up.resolve(n)) })
		const watcher = await own.client()
		const working = await own.client({ person: LEADER })
		const events = watcher.events({ area: GRID, after_seq: 0 })
		/** @type {Map<string, number>} */
		const completed = new Map()
		await working.worker({ area: MICRO, credit: 4 }, async (dispatch) => {
			await dispatch.accept()
			await dispatch.complete('好了')
			completed.set(dispatch.order, (completed.get(dispatch.order) ?? 0) + 1)
		})
		const orders = []
		for (let round = 0; round < 3; round++) {
			for (let i = 0; i < 20; i++) orders.push(client.submit(lamp))
			if (round === 1) await own.stop('SIGTERM')
			else await own.stop('SIGKILL')
			for (let i = 0; i < 20; i++) orders.push(client.submit(lamp))
			own.start()
		}
		const answers = await Promise.all(orders)
		await up.promise
		assert.equal(new Set(answers.map((a) => a.order)).size, 120)
		assert.equal(new Set(answers.map((a) => a.seq)).size, 120)
		/** @type {Map<string, string[]>} */
		const seen = new Map()
		let last = 0
		let over = 0
		while (over < 120) {
			const { value } = await events.next()
			assert.ok(value && value.seq > last, 'seqs rise')
			last = value.seq
			if (!('order' in value)) continue
			seen.set(value.order, [...(seen.get(value.order) ?? []), value.type])
			if (value.type === 'completed') over++
		}
		for (const { order } of answers) assert.deepEqual(seen.get(order), ['submitted', 'accepted', 'completed'])
		assert.equal((await watcher.stats()).submitted, 120)
		assert.ok(news.includes('down') && news.includes('restarted'))
		for (const times of completed.values()) assert.equal(times, 1)
	} finally {
		await own.end()
	}
})

test('a slow program loses nothing', options, async () => {
	const own = await districtBroker()
	try {
		const client = await own.client({ person: RESIDENT })
		const watcher = await own.client()
		const events = watcher.events()
		const count = 5000
		const answers = await Promise.all(Array.from({ length: count }, () => client.submit(lamp)))
		const expected = answers.map((a) => a.seq).sort((a, b) => a - b)
		for (const seq of expected) assert.equal((await events.next()).value?.seq, seq)
	} finally {
		await own.end()
	}
})
