// The conformance cases, as the Rust tests read them.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CASES = fileURLToPath(new URL('../../tests/cases', import.meta.url))
const STABLE = 'sha256:…'

/** Every case: its file, content, and the text of the inventory it is decided under, if any. */
export function cases() {
  const files = readdirSync(CASES, { recursive: true }).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => {
    const path = join(CASES, file)
    const inventory = join(dirname(path), 'checkrein.toml')
    return {
      name: file,
      content: JSON.parse(readFileSync(path, 'utf8')),
      inventory: existsSync(inventory) ? readFileSync(inventory, 'utf8') : undefined,
    }
  })
}

/** JSON with sorted keys and no white space. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

/** A decision with the digests that depend on the bundle replaced, as in the cases. */
export function stable(text) {
  const decision = JSON.parse(text)
  decision.bundle = STABLE
  if (decision.approval !== undefined) decision.approval.fingerprint = STABLE
  return canonical(decision)
}

/** The case of the incident. */
export function incident() {
  return cases().find(({ name }) => name.endsWith('03-curl-found-token.json'))
}

/** Sources with this inventory, if any. */
export function sources(inventory) {
  return inventory === undefined ? {} : { inventory: { name: 'checkrein.toml', text: inventory } }
}

/** A shell call. */
export function shell(command) {
  return { tool: 'Bash', arguments: { command }, agent: { id: 'a' }, workspace: { root: '/repo' } }
}

/** A call that the baseline allows. */
export const HARMLESS = shell('git status')
