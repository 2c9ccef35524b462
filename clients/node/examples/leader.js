// The leader of a micro-grid takes on what is pushed, and gets it done: node leader.js [PERSON [AREA]], Ctrl-C ends it
import { connect } from 'paidan'

const [person = '2001', area = '1001'] = process.argv.slice(2)
const client = await connect({ person: Number(person), name: 'leader example' })
const worker = await client.worker({ area: Number(area), credit: 4 }, async (dispatch) => {
	await dispatch.accept() // only now it is ours; if somebody else was first, this throws, and the worker goes on
	console.log(`accepted ${dispatch.order}: ${dispatch.submitted.text}`)
	await dispatch.complete('已处理')
	console.log(`completed ${dispatch.order}`)
})
console.log(`working for area ${area}`)
process.once('SIGINT', async () => {
	await worker.close()
	await client.close()
})
