// Traps of a module that traps when asked to: by a panic, and by overflowing its own stack.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import { HARMLESS, incident, shell, sources } from './support.mjs'

const MODULE = new URL('../../target/wasm-fault/checkrein_wasm_bg.wasm', import.meta.url)
const checkrein = await load(readFileSync(MODULE))
const { content, inventory } = incident()

for (const kind of ['panic', 'overflow']) {
  test(`after a fault (${kind}) the answer is a refusal, and all engines answer as before`, () => {
    const engine = checkrein.open(sources(inventory))
    const other = checkrein.open({})
    const harmless = engine.authorizeJson(JSON.stringify(HARMLESS))
    const incident = engine.authorizeJson(JSON.stringify(content.call))
    const bundle = engine.bundle
    assert.equal(other.authorize(HARMLESS).verdict, 'allow')
    for (let round = 0; round < 20; round += 1) {
      const refused = engine.authorize(shell(`echo checkrein.fault.${kind}`))
      assert.equal(refused.verdict, 'deny')
      assert.deepEqual(refused.errors, [
        { kind: 'internal', message: 'checkrein failed: the engine trapped' },
      ])
      assert.deepEqual(refused.actions, [])
      assert.equal(other.authorize(HARMLESS).verdict, 'allow')
      assert.equal(engine.authorizeJson(JSON.stringify(HARMLESS)), harmless)
      assert.equal(engine.authorizeJson(JSON.stringify(content.call)), incident)
      assert.equal(engine.bundle, bundle)
    }
  })
}

test('when no fresh instance can be had, everything is denied', () => {
  const engine = checkrein.open({})
  assert.equal(engine.authorize(HARMLESS).verdict, 'allow')
  engine.authorize(shell('echo checkrein.fault.panic'))
  const { Instance } = WebAssembly
  WebAssembly.Instance = function Instance() {
    throw new RangeError('out of memory')
  }
  try {
    assert.equal(engine.authorize(HARMLESS).verdict, 'deny')
    assert.equal(engine.authorize(HARMLESS).verdict, 'deny')
    assert.throws(() => engine.bundle, { name: 'TrapError' })
    assert.throws(() => checkrein.version(), { name: 'TrapError' })
  } finally {
    WebAssembly.Instance = Instance
  }
  assert.equal(engine.authorize(HARMLESS).verdict, 'allow')
})
