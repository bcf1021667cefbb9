// The cases that every surface answers byte for byte the same, as the Rust tests read them.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CASES = fileURLToPath(new URL('cases', import.meta.url))
const FACETS = fileURLToPath(new URL('../target/facet-cases', import.meta.url))
const STABLE = 'sha256:…'
const SHOWN = 5

/** The conformance cases: name, content, and path and text of the inventory they are decided under, if any. */
export function cases() {
  return under(CASES, '.json').map((file) => {
    const content = JSON.parse(readFileSync(join(CASES, file), 'utf8'))
    return { name: file, content, ...beside(join(CASES, file)) }
  })
}

/** The facet cases with what Rust answers, in the same form. */
export function facets() {
  assert.ok(existsSync(FACETS), 'no facet cases: cargo run --release -p checkrein-tests --bin facet_cases')
  return under(FACETS, '.jsonl').flatMap((file) => {
    const found = beside(join(FACETS, file))
    const lines = readFileSync(join(FACETS, file), 'utf8').trimEnd().split('\n')
    return lines.map((line) => {
      const { name, ...content } = JSON.parse(line)
      return { name, content, ...found }
    })
  })
}

/** All of them; it is an error when some are lost. */
export function everyCase() {
  const [own, understood] = [cases(), facets()]
  assert.ok(own.length >= 229, `only ${own.length} conformance cases`)
  assert.ok(understood.length >= 2_600, `only ${understood.length} facet cases`)
  return [...own, ...understood]
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

/** Asserts that every answer is as expected, and shows the first that are not: `{ name, expected, answered }`. */
export function agree(answers) {
  const wrong = answers.filter(({ expected, answered }) => expected !== answered)
  const shown = wrong.slice(0, SHOWN).map(({ name, expected, answered }) => `${name}\n  expected ${expected}\n  answered ${answered}`)
  assert.ok(wrong.length === 0, `${wrong.length} of ${answers.length} cases are answered otherwise:\n${shown.join('\n')}`)
}

function under(folder, ending) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(ending))
  return files.sort()
}

const inventories = new Map()

function beside(file) {
  const config = join(dirname(file), 'checkrein.toml')
  if (!inventories.has(config)) inventories.set(config, existsSync(config) ? readFileSync(config, 'utf8') : undefined)
  const inventory = inventories.get(config)
  return { inventory, config: inventory === undefined ? undefined : config }
}
