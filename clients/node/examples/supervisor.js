// A supervisor watches an area and all below it: node supervisor.js [AREA [AFTER_SEQ]], Ctrl-C ends it
import { connect } from 'paidan'

const [area = '0', after] = process.argv.slice(2)
const client = await connect({ name: 'supervisor example' })
process.once('SIGINT', () => client.close())
const { waiting, working } = await client.stats({ area: Number(area) })
console.log(`${waiting} waiting, ${working} being worked on`)
for await (const event of client.events({ area: Number(area), after_seq: after ? Number(after) : undefined })) {
	const what = 'order' in event ? `order ${event.order} at area ${event.holder}` : ''
	console.log(event.seq, new Date(event.time_ms).toISOString(), event.type, what)
}
