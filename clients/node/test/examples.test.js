import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Broker, noBroker } from './broker.js'

const options = { skip: noBroker, timeout: 120000 }
const examples = ['resident', 'leader', 'supervisor']
const fileOf = (/** @type {string} */ name) => fileURLToPath(new URL(`../examples/${name}.js`, import.meta.url))

/** @type {Broker} */
let broker
before(async () => {
	if (noBroker) return
	broker = new Broker()
	const operator = await broker.client()
	// The ids of the made district, of which the examples are.
	await operator.importRows([
		['put_area', { area: 370304, parent: 0, level: 'district', kind: 'plain', name: '博山区' }],
		['put_area', { area: 1001, parent: 370304, level: 'microgrid', kind: 'plain', name: '第一微网格' }],
		['put_household', { household: 500001, area: 1001, centre: 500001, address: '税务街12号', lon_e7: 0, lat_e7: 0 }],
		['put_person', { person: 500001, post: 'resident', area: 1001, household: 500001, name: '李明' }],
		['put_person', { person: 2001, post: 'leader', area: 1001, household: 0, name: '王秀英' }],
		['put_category', { category: 3, name: '公共照明', level: 'microgrid', urgency: 'normal', accept_within_s: 1800, complete_within_s: 86400 }],
	])
}, { timeout: 60000 })
after(() => broker?.end())

/** A running example. */
class Program {
	/** @param {string} name @param {...string} args */
	constructor(name, ...args) {
		this.process = spawn(process.execPath, [fileOf(name), ...args], {
			env: { ...process.env, PAIDAN_CONNECT: broker.connect, PAIDAN_SUBSCRIBE: '' },
			stdio: ['ignore', 'pipe', 'pipe'],
		})
		this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
		this.errors = ''
		this.process.stderr.on('data', (text) => (this.errors += text))
		this.ended = new Promise((resolve) => this.process.once('exit', resolve))
	}

	/** The next line that has this in it. @param {RegExp} wanted */
	async line(wanted) {
		for (;;) {
			const { value, done } = await this.lines.next()
			assert.ok(!done, `ended before ${wanted}: ${this.errors}`)
			if (wanted.test(value)) return value
		}
	}
}

test('the examples of the README are those in examples/', () => {
	const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
	const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map((match) => match[1])
	assert.deepEqual(blocks, examples.map((name) => readFileSync(fileOf(name), 'utf8')))
})

test('the examples run together: an order is submitted, completed and seen', options, async () => {
	const supervisor = new Program('supervisor', '1001')
	await supervisor.line(/^0 waiting, 0 being worked on$/)
	const leader = new Program('leader')
	await leader.line(/^working for area 1001$/)
	const resident = new Program('resident')
	const [, order] = /submitted (\S+), seq \d+: (?:waiting|accepted|completed) at area 1001$/.exec(await resident.line(/submitted/)) ?? []
	assert.equal(await resident.ended, 0, resident.errors)
	await leader.line(new RegExp(`^accepted ${order}: 三号楼二单元楼道灯不亮$`))
	await leader.line(new RegExp(`^completed ${order}$`))
	await supervisor.line(new RegExp(`completed order ${order} at area 1001$`))
	for (const program of [leader, supervisor]) {
		program.process.kill('SIGINT')
		assert.equal(await program.ended, 0, program.errors)
		assert.equal(program.errors, '')
	}
})

test('an example that is refused says why, and what to do', options, async () => {
	const resident = new Program('resident', '500001', '77')
	assert.equal(await resident.ended, 1)
	assert.match(resident.errors, /^There is no such category\..* Look it up: paidan categories\.\n$/)
})
