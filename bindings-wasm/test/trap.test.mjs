// A trap in the module that is shipped: the machine's stack runs out within the engine.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import { incident, shell, sources } from './support.mjs'

const checkrein = await load()
const { content, inventory } = incident()

/** Asks from as deep as the stack allows, then from less and less deep, until it is allowed. */
function fromTheBottom(ask, answers) {
  try {
    fromTheBottom(ask, answers)
  } catch {
    // There is no stack left here; there is more of it one level up.
  }
  if (answers.at(-1)?.verdict !== 'allow') answers.push(ask())
}

test('what traps denies, and a fresh instance answers as before', () => {
  const engine = checkrein.open(sources(inventory))
  const nested = JSON.stringify(shell(`${'( '.repeat(20)}git status${' )'.repeat(20)}`))
  const before = engine.authorizeJson(nested)
  assert.equal(JSON.parse(before).verdict, 'allow')
  const refused = []
  // Until all of it is compiled, it is JavaScript that has no stack left.
  for (let round = 0; round < 50 && refused.length < 10; round += 1) {
    const answers = []
    fromTheBottom(() => JSON.parse(engine.authorizeJson(nested)), answers)
    assert.deepEqual(answers.pop(), JSON.parse(before))
    refused.push(...answers)
  }
  assert.ok(refused.length >= 10, `${refused.length}`)
  for (const answer of refused) {
    assert.equal(answer.verdict, 'deny')
    assert.equal(answer.errors[0].kind, 'internal')
  }
  assert.equal(engine.authorizeJson(nested), before)
  assert.equal(engine.authorize(content.call).verdict, content.must)
})
