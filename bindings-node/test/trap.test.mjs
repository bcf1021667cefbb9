// WebAssembly that has trapped is never asked again. Runs on the fallback built with the feature
// `fault` (NAPI_RS_FORCE_WASI=error), where a panic is a trap.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ConfigurationError, DeniedError, Gate, Guard } from 'checkrein'

const look = { tool: 'Bash', arguments: { command: 'git status' }, agent: 'a', workspace: {}, env: {} }
const remove = { tool: 'Bash', arguments: { command: 'rm -rf src' }, callId: '1' }

test('after a trap every answer is no', () => {
  const guard = new Guard({ inventory: '', workspace: '/' })
  const gate = new Gate({ guard, agent: 'a', workspace: { root: '/repo' }, env: {} })
  assert.equal(guard.authorize(look).verdict, 'allow')
  const asked = gate.rule(remove)
  assert.equal(asked.show(), true)

  const broken = guard.authorize({ ...look, tool: 'checkrein.fault.panic' })
  assert.equal(broken.verdict, 'deny')
  assert.match(broken.message, /WebAssembly module has failed/)

  assert.equal(guard.authorize(look).toJson(), broken.toJson())
  assert.equal(guard.authorize({ ...look, arguments: { n: 1n } }).verdict, 'deny')
  assert.equal(JSON.parse(guard.authorizeJson('{}')).verdict, 'deny')
  assert.throws(() => guard.check(look), DeniedError)
  assert.equal(asked.redeem(), false, 'the yes went with it')
  assert.equal(gate.rule(remove).outcome, 'refuse')
  assert.throws(() => new Guard({ inventory: '' }), ConfigurationError)
})
