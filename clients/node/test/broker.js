// broker.js - a paidand of one's own, on a folder of its own, with a small district; it dies with the test.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { connect } from 'paidan'

const build = resolve(process.env.BUILD ?? fileURLToPath(new URL('../../../build', import.meta.url)))
const program = join(build, 'paidand')

/** Why tests with a broker cannot be held; false: they can. */
export const noBroker = existsSync(program) ? false : `${program} is missing: make programs`

/** @typedef {import('paidan').Client} Client */

export class Broker {
	folder = mkdtempSync(join(tmpdir(), 'paidan.'))
	connect = `ipc://${this.folder}/paidan.sock`
	subscribe = `ipc://${this.folder}/events.sock`
	/** @type {import('node:child_process').ChildProcess | null} */
	#process = null
	/** @type {Promise<unknown> | null} */
	#ended = null
	/** @type {Client[]} */
	#clients = []
	#atExit = () => this.#process?.kill('SIGKILL') // and --pdeathsig, if this process is killed

	/** @param {Record<string, number | string>} [settings] */
	constructor(settings = {}) {
		const all = { segment_mib: 1, reserve_mib: 0, keep_ms: 20, heartbeat_ms: 1000, ...settings }
		const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`)
		mkdirSync(join(this.folder, 'data'))
		writeFileSync(join(this.folder, 'config'), `[paidand]\n${lines.join('')}`)
		process.on('exit', this.#atExit)
		this.start()
	}

	start() {
		const { folder, connect: listen, subscribe: publish } = this
		const settings = ['--data', join(folder, 'data'), '--config', join(folder, 'config'), '--log-level', 'error']
		const child = spawn(
			'setpriv',
			['--pdeathsig', 'KILL', program, ...settings, '--listen', listen, '--publish', publish],
			{ stdio: ['ignore', 'ignore', 'inherit'] },
		)
		this.#process = child
		this.#ended = new Promise((resolve) => child.once('exit', resolve))
		child.once('exit', (code, signal) => this.#process === child && this.#died(`${code ?? signal}`))
	}

	/** Nobody asked for it: what waits for an answer would wait for ever. @param {string} how */
	#died(how) {
		console.error(`paidand ended by itself: ${how}`)
		for (const client of this.#clients) void client.close()
	}

	/** @param {NodeJS.Signals} signal */
	async stop(signal = 'SIGTERM') {
		const child = this.#process
		this.#process = null
		child?.kill(signal)
		await this.#ended
	}

	/** @param {NodeJS.Signals} signal */
	signal(signal) {
		this.#process?.kill(signal)
	}

	/** A client, which end() closes. @param {import('paidan').Options} [options] */
	async client(options = {}) {
		const client = await connect({ name: 'test', ...this.endpoints, ...options })
		this.#clients.push(client)
		return client
	}

	get endpoints() {
		return { connect: this.connect, subscribe: this.subscribe }
	}

	async end() {
		await Promise.all(this.#clients.map((client) => client.close()))
		await this.stop('SIGKILL')
		process.off('exit', this.#atExit)
		rmSync(this.folder, { recursive: true, force: true })
	}
}

export const DISTRICT = 1
export const GRID = 111
export const MICRO = 1111
export const MICRO_B = 1112
export const HOME = 500001
export const RESIDENT = 7001
export const LEADER = 2001
export const LEADER_TOO = 2002
export const LEADER_B = 2003
export const LAMP = 1
export const FIRE = 2

/** @type {Parameters<Client['importRows']>[0]} */
export const districtRows = [
	['put_area', { area: DISTRICT, parent: 0, level: 'district', kind: 'plain', name: '博山区' }],
	['put_area', { area: GRID, parent: DISTRICT, level: 'grid', kind: 'plain', name: '第一网格' }],
	['put_area', { area: MICRO, parent: GRID, level: 'microgrid', kind: 'plain', name: '第一微网格' }],
	['put_area', { area: MICRO_B, parent: GRID, level: 'microgrid', kind: 'plain', name: '第二微网格' }],
	['put_household', { household: HOME, area: MICRO, centre: HOME, address: '税务街12号', lon_e7: 1178580000, lat_e7: 364970000 }],
	['put_person', { person: RESIDENT, post: 'resident', area: MICRO, household: HOME, name: '李明' }],
	['put_person', { person: LEADER, post: 'leader', area: MICRO, household: 0, name: '王秀英' }],
	['put_person', { person: LEADER_TOO, post: 'leader', area: MICRO, household: 0, name: '赵强' }],
	['put_person', { person: LEADER_B, post: 'leader', area: MICRO_B, household: 0, name: '孙丽' }],
	['put_category', { category: LAMP, name: '公共照明', level: 'microgrid', urgency: 'normal', accept_within_s: 1800, complete_within_s: 86400 }],
	['put_category', { category: FIRE, name: '火情', level: 'microgrid', urgency: 'emergency', accept_within_s: 300, complete_within_s: 3600 }],
]

/** A broker with the district in it. @param {Record<string, number | string>} [settings] */
export async function districtBroker(settings) {
	const broker = new Broker(settings)
	try {
		await (await broker.client()).importRows(districtRows)
	} catch (error) {
		await broker.end()
		throw error
	}
	return broker
}
