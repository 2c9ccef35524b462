// conform.mjs SCENARIO.json CONNECT SUBSCRIBE - hold a scenario through the client for Node. README.md has its form.
// conform.mjs --check: exit 1, with the reason as the last line, when the client cannot be loaded on this machine.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const BOUND_S = Number(process.env.CONFORM_BOUND_S ?? 30)
const STEPS = ['open', 'close', 'call', 'send', 'answer', 'event', 'push', 'link', 'driver']
const LISTS = ['orders', 'areas', 'people', 'households', 'categories']
const REFUSAL = ['code', 'name', 'sentence', 'detail', 'advice', 'version', 'person']

/** What was expected, and what came instead. */
class Failure extends Error {}

const show = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)) ?? 'nothing'
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const operatorOf = (value) => {
	const keys = isObject(value) ? Object.keys(value) : []
	return keys.length === 1 && keys[0].startsWith('$') ? keys[0] : null
}
/** What is zero or empty is equal to what is left out. */
const orNothing = (value) => value || null

// ---- values ----

/** The variables of a scenario: makes values, and compares them with patterns. */
class Variables {
	values = new Map()

	make(value) {
		if (typeof value === 'string' && value.startsWith('$')) {
			if (!this.values.has(value)) throw new Failure(`${value} has no value yet`)
			return this.values.get(value)
		}
		if (operatorOf(value) === '$repeat') return value.$repeat[0].repeat(value.$repeat[1])
		if (Array.isArray(value)) return value.map((v) => this.make(v))
		return isObject(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.make(v)])) : value
	}

	/** Throw a Failure unless got is like pattern. */
	like(got, pattern, where = 'the result') {
		const fail = (wanted) => {
			throw new Failure(`${where}: expected ${wanted}, got ${show(got).slice(0, 600)}`)
		}
		if (typeof pattern === 'string' && pattern.startsWith('$')) this.#variable(got, pattern, fail)
		else if (operatorOf(pattern)) this.#operator(got, operatorOf(pattern), pattern, fail)
		else if (isObject(pattern)) {
			if (!isObject(got)) fail('an object')
			for (const [key, wanted] of Object.entries(pattern)) this.like(got[key], wanted, `${where}.${key}`)
		} else if (Array.isArray(pattern)) {
			if (!Array.isArray(got) || got.length !== pattern.length) fail(`a list of ${pattern.length} elements`)
			pattern.forEach((wanted, i) => this.like(got[i], wanted, `${where}[${i}]`))
		} else if (orNothing(got) !== orNothing(pattern)) fail(show(pattern))
	}

	#variable(got, name, fail) {
		if (name === '$_') return
		if (!this.values.has(name)) this.values.set(name, got)
		else if (this.values.get(name) !== got) fail(`${name}, which is ${show(this.values.get(name))}`)
	}

	#operator(got, operator, pattern, fail) {
		const operand = pattern[operator]
		const tests = {
			$has: () => typeof got === 'string' && got.includes(operand),
			$above: () => typeof got === 'number' && got > this.make(operand),
			$count: () => Array.isArray(got) && got.length === operand,
			$repeat: () => got === this.make(pattern),
		}
		if (!tests[operator]) throw new Failure(`there is no ${operator}`)
		if (!tests[operator]()) fail(show(pattern))
	}
}

/** A message as a script has it. */
function plain(value) {
	if (Array.isArray(value)) return value.map(plain)
	if (!isObject(value) || value instanceof Uint8Array) return value
	const { type, ...fields } = value
	const entries = Object.entries(fields).map(([key, v]) => [key, plain(v)])
	return { ...(type ? { what: type } : {}), ...Object.fromEntries(entries) }
}

/** The promise's value; a Failure when it takes too long. */
async function within(promise, what) {
	let timer
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Failure(`waited ${BOUND_S} s for ${what}`)), BOUND_S * 1000)
	})
	return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** What comes, to be taken in order. */
class Inbox {
	#items = []
	#wake = () => {}

	put(item) {
		this.#items.push(item)
		this.#wake()
	}

	clear() {
		this.#items = []
	}

	async take() {
		while (!this.#items.length) await new Promise((resolve) => (this.#wake = resolve))
		return this.#items.shift()
	}
}

// ---- steps ----

class Runner {
	variables = new Variables()
	/** By name: the client, its stream of events, its pushes and the news of its connection. */
	actors = new Map()
	sent = new Map()
	lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

	constructor(paidan, connect, subscribe) {
		this.paidan = paidan
		this.endpoints = { connect, subscribe }
	}

	async hold(document) {
		let number = 0
		try {
			for (const [name, person] of Object.entries(document.clients ?? {})) await this.open({ open: name, person })
			for (const step of document.steps) {
				number++
				const word = STEPS.find((w) => w in step)
				if (!word) throw new Failure('it is no step')
				await this[word](step)
			}
		} catch (error) {
			const why = document.steps[number - 1]?.why
			const text = error instanceof Failure ? error.message : String(error.stack).replaceAll('\n', ' ')
			throw new Failure(`${number}: ${text}${why ? ` (${why})` : ''}`)
		} finally {
			for (const { client } of this.actors.values()) await client.close()
		}
	}

	actor({ client }) {
		if (!this.actors.has(client)) throw new Failure(`there is no client ${client}`)
		return this.actors.get(client)
	}

	/** Look at what comes of a call. */
	async expect(step, made) {
		const { Refusal, BadInput, SchemaError, NoAnswer } = this.paidan
		let result
		try {
			result = plain(await made())
		} catch (error) {
			if (error instanceof Refusal) return this.#refused(step, error)
			if (error instanceof BadInput || error instanceof SchemaError) {
				if (!('invalid' in step) || !error.message.includes(step.invalid)) throw new Failure(`the client says: ${error.message}`)
			} else if (error instanceof NoAnswer) {
				if (!step.timeout) throw new Failure(error.message)
			} else throw error
			return
		}
		for (const word of ['refused', 'invalid', 'timeout'])
			if (word in step) throw new Failure(`expected ${word} ${step[word]}, and it succeeded with ${show(result).slice(0, 400)}`)
		if ('gives' in step) this.variables.like(result, step.gives)
	}

	#refused(step, refusal) {
		if (step.refused !== refusal.name) throw new Failure(`it was refused: ${refusal.name}: ${refusal.message}`)
		const fields = Object.fromEntries(REFUSAL.map((key) => [key, refusal[key]]))
		this.variables.like(fields, step.gives ?? {}, 'the refusal')
	}

	async open(step) {
		const news = new Inbox()
		const pushes = new Inbox()
		const options = {
			...this.endpoints,
			name: 'conform for Node',
			person: this.variables.make(step.person),
			timeout_ms: step.timeout_ms ?? BOUND_S * 1000,
			on_link: (word) => news.put(word),
			on_push: (push) => pushes.put(push),
		}
		if ('resend_ms' in step) options.resend_ms = step.resend_ms
		if ('schema' in step) options.schema = { ...this.paidan.schemaDocument, ...step.schema }
		await this.expect(step, async () => {
			const client = await this.paidan.connect(options)
			this.actors.set(step.open, { client, news, pushes, events: null })
			news.clear()
		})
	}

	async close({ close }) {
		await this.actor({ client: close }).client.close()
		this.actors.delete(close)
	}

	/** Begin a call; a promise of its result. */
	begin(actor, call, fields, options) {
		const { client } = actor
		if (LISTS.includes(call)) return client[call](fields, options).all()
		switch (call) {
			case 'new_id': return this.paidan.newId()
			case 'show': return client.show({ story: false, ...fields }, options)
			case 'work': return client.work(fields)
			case 'events': return this.#follow(actor, fields)
			default: return client[call](fields, options)
		}
	}

	async #follow(actor, fields) {
		await actor.events?.return()
		actor.events = actor.client.events(fields)
	}

	async call(step) {
		const options = { timeout_ms: step.timeout_ms ?? BOUND_S * 1000 }
		const fields = this.variables.make(step.with ?? {})
		await this.expect(step, () => this.begin(this.actor(step), step.call, fields, options))
	}

	async send(step) {
		const promise = this.begin(this.actor(step), step.send, this.variables.make(step.with ?? {}))
		promise.catch(() => {}) // it is looked at by `answer`
		this.sent.set(step.as, promise)
		await new Promise((resolve) => setImmediate(resolve)) // what a turn has sent goes out at its end
	}

	async answer(step) {
		await this.expect(step, () => within(this.sent.get(step.answer), 'the answer'))
	}

	async event(step) {
		const { events } = this.actor(step)
		if (!events) throw new Failure(`${step.client} follows nothing`)
		const { value } = await within(events.next(), `an event like ${show(step.event)}`)
		this.variables.like(plain(value), step.event, 'the event')
	}

	async push(step) {
		const push = await within(this.actor(step).pushes.take(), `a push like ${show(step.push)}`)
		this.variables.like(plain(push), step.push, 'the push')
	}

	async link(step) {
		const { news } = this.actor(step)
		const until = async () => {
			while ((await news.take()) !== step.link);
		}
		await within(until(), `${step.client} to be ${step.link}`)
	}

	async driver(step) {
		console.log(`do ${step.driver}`)
		const { value = '' } = await this.lines.next()
		if (value.trim() !== 'done') throw new Failure(`the driver could not ${step.driver}: ${value}`)
	}
}

async function load() {
	const package_ = new URL('../../clients/node/', import.meta.url)
	const paidan = await import(new URL('lib/index.js', package_).href)
	return { ...paidan, schemaDocument: JSON.parse(readFileSync(new URL('schema.json', package_), 'utf8')) }
}

async function main([scenario, connect, subscribe]) {
	const paidan = await load()
	const document = JSON.parse(readFileSync(scenario, 'utf8'))
	try {
		await new Runner(paidan, connect, subscribe).hold(document)
		return 0
	} catch (failure) {
		if (!(failure instanceof Failure)) throw failure
		console.log(`failed ${failure.message}`)
		return 1
	}
}

async function check() {
	try {
		await load()
		return 0
	} catch (error) {
		console.log(`the client for Node cannot be loaded: ${error.message.split('\n')[0]}`)
		return 1
	}
}

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === '--check') process.exitCode = await check()
else if (args.length === 3) process.exitCode = await main(args)
else {
	console.error('usage: conform.mjs SCENARIO.json CONNECT SUBSCRIBE')
	process.exitCode = 100
}
process.stdin.destroy()
