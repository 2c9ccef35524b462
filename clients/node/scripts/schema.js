// schema.js - give the package its copy of the project's schema.json. Inside an installed package there is nothing to do.
import { copyFileSync, existsSync, readFileSync } from 'node:fs'

const project = new URL('../../../proto/schema.json', import.meta.url)
const own = new URL('../schema.json', import.meta.url)
const isProject = existsSync(new URL('../../../proto/messages.def', import.meta.url))
const same = () => existsSync(own) && readFileSync(own).equals(readFileSync(project))
if (isProject && !same()) copyFileSync(project, own)
