// types.js - types/messages.d.ts from schema.json: an interface for each message, and what the client makes of them.
// Usage: node scripts/types.js [--check]; with --check nothing is written, and exit 1 says that the file is stale.
import { readFileSync, writeFileSync } from 'node:fs'

const schema = JSON.parse(readFileSync(new URL('../schema.json', import.meta.url), 'utf8'))
const file = new URL('../types/messages.d.ts', import.meta.url)

/** @typedef {{ name: string, kind: string, required: boolean, unit?: string, enum?: string, doc: string, min?: any, max?: any, example: any }} Field */
/** @typedef {{ name: string, role: string, doc: string, last: string[], fields: Field[] }} Message */

/** @param {string} name */
const camel = (name) => name.replace(/(^|_)(\w)/g, (_, __, letter) => letter.toUpperCase())
/** @param {string[]} roles @returns {Message[]} */
const ofRole = (...roles) => schema.messages.filter((/** @type {Message} */ m) => roles.includes(m.role))
/** @param {string} text @param {string} [indent] */
const doc = (text, indent = '') => `${indent}/** ${text.replaceAll('*/', '* /')} */\n`
/** @param {string[]} names */
const union = (names) => names.map((name) => `'${name}'`).join(' | ')

/** @param {Field} field @param {boolean} sent */
function typeOf(field, sent) {
	if (field.enum && schema.enums[field.enum]) return `${camel(field.enum)} | number`
	if (field.unit === 'a message') return field.name === 'event' ? 'AnyEvent' : camel(field.name)
	switch (field.kind) {
		case 'bool': return 'boolean'
		case 'id':
		case 'text': return 'string'
		case 'bin': return 'Uint8Array'
		case 'u64s': return 'number[]'
		// A string as example: its values go beyond what a number can hold.
		case 'u64': return sent || typeof field.example === 'string' ? 'number | bigint' : 'number'
		default: return 'number'
	}
}

/** @param {Field} field */
function fieldDoc(field) {
	const limits = field.kind === 'text' && field.max ? `${field.min || 0} to ${field.max} characters` : ''
	const unit = field.unit === 'a message' ? '' : (field.unit ?? '')
	const notes = [unit, limits].filter(Boolean).join('; ')
	return notes ? `${field.doc} (${notes})` : field.doc
}

/** @param {Message} message */
function interfaceOf(message) {
	const sent = ['session', 'command', 'query'].includes(message.role)
	let text = doc(message.doc) + `export interface ${camel(message.name)} {\n`
	if (!sent) text += `\ttype: '${message.name}'\n`
	if (message.role === 'event') text += doc('its place in the sequence of all events', '\t') + '\tseq: number\n'
	for (const field of message.fields)
		text += doc(fieldDoc(field), '\t') + `\t${field.name}${sent && !field.required ? '?' : ''}: ${typeOf(field, sent)}\n`
	return `${text}}\n\n`
}

/** By what a message is answered at last, when it is not refused. @param {Message} message */
const answerOf = (message) => camel(message.last[0])

/** @param {Message} message */
const commandMethod = (message) =>
	doc(message.doc, '\t') + `\t${message.name}(fields: ${camel(message.name)}, options?: CallOptions): Promise<${answerOf(message)}>\n`

function render() {
	const events = ofRole('event').filter((m) => m.name !== 'published')
	const methods = ofRole('command').filter((m) => m.name !== 'submit' && !m.name.startsWith('import_'))
	let text = '// Made by `npm run types` from schema.json; change proto/*.def.\n'
	text += `/** How to make a call. */
export interface CallOptions {
	/** Reject with NoAnswer after this time; the command may still be done. Without it the call waits until it is answered. */
	timeout_ms?: number
	/** Stop waiting. */
	signal?: AbortSignal
}

`
	for (const [name, { doc: about, words }] of Object.entries(schema.enums))
		text += doc(about) + `export type ${camel(name)} = ${union(words.map((/** @type {Field} */ w) => w.name))}\n\n`
	text += doc('Names of refusals; a newer broker may have more.')
	text += `export type RefusalName = ${union(schema.errors.map((/** @type {Field} */ e) => e.name))} | (string & {})\n\n`
	for (const message of schema.messages) text += interfaceOf(message)
	text += doc('What happens: an event of the journal.') + `export type AnyEvent = ${events.map((m) => camel(m.name)).join(' | ')}\n\n`
	text += doc('What a program sends, by name.') + 'export interface Sent {\n'
	for (const m of ofRole('session', 'command', 'query')) text += `\t${m.name}: ${camel(m.name)}\n`
	text += '}\n\n' + doc('The last answer to what a program sends, by name.') + 'export interface Answers {\n'
	for (const m of ofRole('command', 'query')) text += `\t${m.name}: ${answerOf(m)}\n`
	text += '}\n\n' + doc('The commands, each a method of the client. Refused: a Refusal is thrown.') + 'export interface Commands {\n'
	return text + methods.map(commandMethod).join('') + '}\n'
}

const text = render()
let old = ''
try {
	old = readFileSync(file, 'utf8')
} catch {
	// not there yet
}
if (process.argv.includes('--check')) {
	if (old !== text) {
		console.error('types/messages.d.ts is stale: make docs, and commit it')
		process.exit(1)
	}
} else if (old !== text) writeFileSync(file, text)
