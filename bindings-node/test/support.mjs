// The conformance cases, as the Rust tests read them.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CASES = fileURLToPath(new URL('../../tests/cases', import.meta.url))
const STABLE = 'sha256:…'

/** The folder of the incident. */
export const INCIDENT = join(CASES, 'incidents', 'pocketos')

/** Every case: its file, content, and the inventory it is decided under, if any. */
export function cases() {
  const files = readdirSync(CASES, { recursive: true }).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => {
    const path = join(CASES, file)
    const inventory = join(dirname(path), 'checkrein.toml')
    const content = JSON.parse(readFileSync(path, 'utf8'))
    return { name: file, content, inventory: existsSync(inventory) ? inventory : undefined }
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

/** The call of the incident, as on the wire. */
export function incidentCall() {
  return JSON.parse(readFileSync(join(INCIDENT, '03-curl-found-token.json'), 'utf8')).call
}
