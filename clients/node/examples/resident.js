// A resident submits an order, and sees where it is: node resident.js [PERSON [CATEGORY [TEXT]]]
import { Refusal, connect } from 'paidan'

const [person = '500001', category = '3', text = '三号楼二单元楼道灯不亮'] = process.argv.slice(2)
let client
try {
	client = await connect({ person: Number(person), name: 'resident example' })
	const { order, seq } = await client.submit({ category: Number(category), text })
	const now = await client.show({ order })
	console.log(`submitted ${order}, seq ${seq}: ${now.state} at area ${now.holder}`)
} catch (error) {
	console.error(error instanceof Refusal ? `${error.message} ${error.advice}` : `${error}`)
	process.exitCode = 1
} finally {
	await client?.close()
}
