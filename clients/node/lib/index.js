/**
 * paidan: the client for Node. `connect` is where to begin.
 *
 * Fields and options have the names that they have on the wire (proto/PROTOCOL.md); words of an enum are given and taken
 * as words.
 */
export { Client, Rows, connect } from './client.js'
export { BadInput, Closed, NoAnswer, PaidanError, Refusal, SchemaError } from './errors.js'
export { EventStream } from './events.js'
export { newId } from './id.js'
export { PROTOCOLS, Schema, loadSchema } from './schema.js'
export { Dispatch, Withdrawn, Worker } from './worker.js'
/**
 * @typedef {import('./client.js').Options} Options
 * @typedef {import('./client.js').CallOptions} CallOptions
 * @typedef {import('./worker.js').WorkerOptions} WorkerOptions
 * @typedef {import('./worker.js').Handler} Handler
 */
