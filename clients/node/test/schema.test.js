import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

import { Schema, SchemaError, connect, loadSchema } from 'paidan'

import { findEndpoints } from '../lib/endpoints.js'

const own = fileURLToPath(new URL('../schema.json', import.meta.url))
const document = JSON.parse(readFileSync(own, 'utf8'))

/** @param {() => unknown} act @param {RegExp} message */
function fails(act, message) {
	assert.throws(act, (error) => error instanceof SchemaError && message.test(error.message), `${message}`)
}

test('a schema of another version is refused, and the error says which are understood', async () => {
	const other = { ...document, protocol: 2 }
	fails(() => new Schema(other, 'x.json'), /x\.json is of protocol version 2; this client understands version 1/)
	await assert.rejects(connect({ schema: other }), { name: 'SchemaError', message: /version 2.*understands version 1/ })
})

test('a schema that is damaged, missing or no schema is refused', () => {
	const folder = mkdtempSync(join(tmpdir(), 'paidan.'))
	const file = join(folder, 'schema.json')
	const load = (/** @type {string} */ text) => {
		writeFileSync(file, text)
		return loadSchema(file)
	}
	try {
		fails(() => loadSchema(join(folder, 'none.json')), /cannot read .*none\.json/)
		fails(() => load('{"protocol": '), /is not JSON/)
		fails(() => load('[]'), /is not a schema\.json of paidan/)
		fails(() => load('{"protocol": "1"}'), /of protocol version "1"; this client understands version 1/)
		fails(() => load('{"protocol": 1}'), /is not whole/)
		const strange = structuredClone(document)
		strange.messages[0].fields[0].kind = 'u128'
		fails(() => load(JSON.stringify(strange)), /hello\.person is of the kind "u128"/)
		assert.equal(load(JSON.stringify(document)).protocol, 1)
	} finally {
		rmSync(folder, { recursive: true })
	}
})

const project = fileURLToPath(new URL('../../../proto/schema.json', import.meta.url))
test("the package's schema.json is the project's", { skip: !existsSync(project) && 'not in the project' }, () => {
	assert.ok(readFileSync(own).equals(readFileSync(project)), 'clients/node/schema.json is stale: npm run schema')
})

test('types/messages.d.ts is what schema.json makes of it', () => {
	const script = fileURLToPath(new URL('../scripts/types.js', import.meta.url))
	const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
	assert.equal(status, 0, stderr)
})

test('endpoints: options go before the environment, that before what is usual', () => {
	const usual = { connect: 'tcp://127.0.0.1:7750', subscribe: 'tcp://127.0.0.1:7751' }
	assert.deepEqual(findEndpoints({}, {}), usual)
	assert.deepEqual(findEndpoints({}, { PAIDAN_CONNECT: '', PAIDAN_SUBSCRIBE: '' }), usual)
	assert.equal(findEndpoints({ connect: 'ipc:///d/paidan.sock' }, {}).subscribe, 'ipc:///d/events.sock')
	assert.equal(findEndpoints({ connect: 'tcp://h:100' }, { PAIDAN_CONNECT: 'tcp://g:7' }).subscribe, 'tcp://h:101')
	assert.deepEqual(findEndpoints({}, { PAIDAN_CONNECT: 'tcp://g:7', PAIDAN_SUBSCRIBE: 'ipc://e' }), {
		connect: 'tcp://g:7',
		subscribe: 'ipc://e',
	})
	for (const connect of ['', 'tcp://h', 'tcp://h:0', 'tcp://h:65536', 'tcp://:7', 'ipc://', 'http://h:1', `ipc://${'x'.repeat(108)}`])
		assert.throws(() => findEndpoints({ connect }, {}), { name: 'BadInput', message: /is not an endpoint/ })
})
