/** endpoints.js - where the broker is: as options, the environment, or by default. */
import { BadInput } from './errors.js'

export const CONNECT_DEFAULT = 'tcp://127.0.0.1:7750'
const IPC_PATH_BYTES_MAX = 107 // of a Unix socket's address

/** @param {string} endpoint */
function isSound(endpoint) {
	if (endpoint.startsWith('ipc://')) {
		const bytes = Buffer.byteLength(endpoint.slice(6))
		return bytes > 0 && bytes <= IPC_PATH_BYTES_MAX
	}
	const [, port] = /^tcp:\/\/.+:(\d+)$/.exec(endpoint) ?? []
	return Number(port) >= 1 && Number(port) <= 65535
}

/** @param {string} endpoint */
function check(endpoint) {
	if (typeof endpoint !== 'string' || !isSound(endpoint))
		throw new BadInput(`"${endpoint}" is not an endpoint: tcp://HOST:PORT or ipc://PATH is meant`)
	return endpoint
}

/** Events are published on the port after that for commands, or in the socket beside it. @param {string} connect */
function beside(connect) {
	if (connect.startsWith('ipc://')) return `${connect.slice(0, connect.lastIndexOf('/'))}/events.sock`
	const colon = connect.lastIndexOf(':')
	return `${connect.slice(0, colon)}:${Number(connect.slice(colon + 1)) + 1}`
}

/**
 * @param {{ connect?: string, subscribe?: string }} options
 * @param {Record<string, string | undefined>} environment
 */
export function findEndpoints(options, environment) {
	const connect = check(options.connect ?? (environment.PAIDAN_CONNECT || CONNECT_DEFAULT))
	return { connect, subscribe: check(options.subscribe ?? (environment.PAIDAN_SUBSCRIBE || beside(connect))) }
}
