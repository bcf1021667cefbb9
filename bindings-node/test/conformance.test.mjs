// Every conformance case through the binding: byte for byte what the Rust command answers.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { Guard } from 'checkrein'

import { canonical, cases, stable } from './support.mjs'

const COMMAND = fileURLToPath(new URL('../native/checkrein', import.meta.url))
const ALL = cases()

function byInventory() {
  const groups = new Map()
  for (const each of ALL) groups.set(each.inventory, [...(groups.get(each.inventory) ?? []), each])
  return groups
}

/** The wire's call as the argument of `Guard.authorize`. */
function asArgument({ agent, workspace = {}, env = {}, ...call }) {
  const { id, on_behalf_of: onBehalfOf, session } = agent
  return { ...call, agent: id, onBehalfOf, session, workspace, env }
}

test('no case is lost', () => {
  assert.ok(ALL.length >= 229)
})

test('every case is decided as written', () => {
  for (const [inventory, group] of byInventory()) {
    const guard = new Guard({ inventory: inventory ? readFileSync(inventory, 'utf8') : '' })
    for (const { name, content } of group) {
      const decision = guard.authorize(asArgument(content.call))
      assert.equal(stable(decision.toJson()), canonical(content.decision), name)
      assert.equal(decision.verdict, content.must, name)
    }
  }
})

test('the binding answers the same bytes as the command', () => {
  for (const [inventory, group] of byInventory()) {
    if (inventory === undefined) continue
    const calls = group.map(({ content }) => canonical(content.call))
    const answered = spawnSync(COMMAND, ['authorize', '--config', inventory], { input: calls.join('\n') })
    assert.equal(answered.status, 0)
    const lines = answered.stdout.toString().trimEnd().split('\n')
    assert.equal(lines.length, calls.length)
    const guard = Guard.fromConfig(inventory)
    group.forEach(({ name, content }, index) => {
      assert.equal(guard.authorizeJson(calls[index]), lines[index], name)
      assert.equal(guard.authorize(asArgument(content.call)).toJson(), lines[index], name)
    })
  }
})
