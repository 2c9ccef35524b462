import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(folder, 'node_modules/typescript/bin/tsc')

const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
const project = join(folder, '../../VERSION')

/** @param {string} program @param {string[]} args @param {string} cwd */
function run(program, args, cwd = folder) {
	const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
	assert.equal(status, 0, `${program} ${args.join(' ')}: ${error ?? ''}${stdout}${stderr}`)
	return stdout
}

test('the code, its tests and the examples agree with the types', () => {
	run(process.execPath, [tsc, '-p', 'tsconfig.json'])
})

test('the version is the project\'s, and the lock file names no addresses', { skip: !existsSync(project) && 'not in the project' }, () => {
	assert.equal(version, readFileSync(project, 'utf8').trim())
	assert.equal(JSON.parse(lock).version, version)
	assert.doesNotMatch(lock, /https?:|"resolved"/)
})

test('the package can be packed, installed, imported, and used with its types', () => {
	const place = mkdtempSync(join(tmpdir(), 'paidan.'))
	try {
		run(process.execPath, ['scripts/schema.js'])
		run(process.execPath, [tsc, '-p', 'tsconfig.types.json'])
		run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', place])
		run('tar', ['-xzf', `paidan-${version}.tgz`], place)
		mkdirSync(join(place, 'node_modules'))
		symlinkSync('../package', join(place, 'node_modules/paidan'))
		for (const name of ['zeromq', 'cmake-ts', '@msgpack'])
			symlinkSync(join(folder, 'node_modules', name), join(place, 'node_modules', name))
		writeFileSync(join(place, 'package.json'), '{"type": "module"}')
		writeFileSync(
			join(place, 'use.ts'),
			`import { connect, loadSchema, newId, type Client, type Refusal } from 'paidan'
import type { AnyEvent, Order } from 'paidan/messages'
console.log(loadSchema().protocol, newId().length)
export async function use(client: Client): Promise<string> {
	const { order, seq } = await client.submit({ category: 3, text: 'x', urgency: 'high' })
	const version: number = (await client.accept({ order, version: 1 })).version
	for await (const event of client.events({ area: 1 })) if (event.type === 'noted') return event.text
	for await (const row of client.orders({ state: 'waiting' })) return row.text
	const worker = await client.worker({ area: 1 }, async (d) => { await d.complete(d.submitted.text) })
	await worker.close()
	// @ts-expect-error: there is no such word
	await client.submit({ category: 3, text: 'x', urgency: 'quickly' })
	// @ts-expect-error: the version is missing
	await client.accept({ order })
	return String(seq + version)
}
export const about = (order: Order, event: AnyEvent): string => order.text + event.seq
export const open: typeof connect = connect
export const why = (refusal: Refusal): string => refusal.name + refusal.advice
`,
		)
		// A program need not have @types/node, and the declarations are checked, too.
		const settings = { module: 'nodenext', target: 'es2022', strict: true, lib: ['es2022', 'dom'], types: [] }
		const compilerOptions = { ...settings, skipDefaultLibCheck: true, preserveSymlinks: true, outDir: 'out' }
		writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
		run(process.execPath, [tsc, '-p', '.'], place)
		assert.equal(run(process.execPath, ['--preserve-symlinks', 'out/use.js'], place), '1 36\n')
	} finally {
		rmSync(place, { recursive: true, force: true })
	}
})
