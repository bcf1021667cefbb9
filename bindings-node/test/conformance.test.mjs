// Every conformance and facet case through the binding: byte for byte what the Rust command answers.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'

import { Guard } from 'checkrein'

import { agree, canonical, everyCase, stable } from './support.mjs'

const COMMAND = fileURLToPath(new URL('../native/checkrein', import.meta.url))
const ALL = everyCase()

let folder
before(() => (folder = mkdtempSync(join(tmpdir(), 'checkrein-'))))
after(() => rmSync(folder, { recursive: true }))

function byInventory() {
  const groups = new Map()
  for (const each of ALL) {
    if (!groups.has(each.config)) groups.set(each.config, [])
    groups.get(each.config).push(each)
  }
  return groups
}

/** The wire's call as the argument of `Guard.authorize`. */
function asArgument({ agent, workspace = {}, env = {}, ...call }) {
  const { id, on_behalf_of: onBehalfOf, session } = agent
  return { ...call, agent: id, onBehalfOf, session, workspace, env }
}

test('every case is decided as written', () => {
  const [answers, verdicts] = [[], []]
  for (const group of byInventory().values()) {
    const guard = new Guard({ inventory: group[0].inventory ?? '' })
    for (const { name, content } of group) {
      const decision = guard.authorize(asArgument(content.call))
      answers.push({ name, expected: canonical(content.decision), answered: stable(decision.toJson()) })
      verdicts.push({ name, expected: content.must, answered: decision.verdict })
    }
  }
  agree(answers)
  agree(verdicts)
})

test('the binding answers the same bytes as the command', () => {
  const empty = join(folder, 'checkrein.toml')
  writeFileSync(empty, '')
  const answers = []
  for (const [config = empty, group] of byInventory()) {
    const calls = group.map(({ content }) => canonical(content.call))
    const options = { input: calls.join('\n'), maxBuffer: 2 ** 28 }
    const answered = spawnSync(COMMAND, ['authorize', '--config', config], options)
    assert.equal(answered.status, 0)
    const lines = answered.stdout.toString().trimEnd().split('\n')
    assert.equal(lines.length, calls.length)
    const guard = Guard.fromConfig(config)
    group.forEach(({ name, content }, index) => {
      const expected = lines[index]
      answers.push({ name, expected, answered: guard.authorizeJson(calls[index]) })
      answers.push({ name, expected, answered: guard.authorize(asArgument(content.call)).toJson() })
    })
  }
  agree(answers)
})
