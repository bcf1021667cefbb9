// A panic in the engine is a refusal. Needs the native module built with the feature `fault` in
// target/node-fault, where `cargo xtask test` puts it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Guard } from 'checkrein'

const FAULTY = fileURLToPath(new URL('../../target/node-fault', import.meta.url))
const SCRIPT = `
import { DeniedError, Gate, Guard } from 'checkrein'
const guard = new Guard({ inventory: '', workspace: '/' })
const call = { tool: 'checkrein.fault.panic', arguments: {}, agent: 'a' }
const look = () => guard.authorize({ tool: 'Bash', arguments: { command: 'git status' }, agent: 'a' }).verdict
const before = look()
const broken = guard.authorize(call)
const raw = JSON.parse(guard.authorizeJson(JSON.stringify({ ...call, agent: { id: 'a' } })))
let thrown
try { guard.check(call) } catch (error) { thrown = error instanceof DeniedError }
const ruling = new Gate({ guard }).rule(call)
console.log(JSON.stringify(
  [before, broken.verdict, broken.errors[0].kind, ruling.outcome, raw.verdict, thrown, look()]))`

test('a panic is a refusal, and the guard goes on', () => {
  const module = readdirSync(FAULTY).find((file) => file.endsWith('.node'))
  const done = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, NAPI_RS_NATIVE_LIBRARY_PATH: join(FAULTY, module) },
  })
  assert.equal(done.status, 0, done.stderr.toString())
  const expected = ['allow', 'deny', 'internal', 'refuse', 'deny', true, 'allow']
  assert.deepEqual(JSON.parse(done.stdout.toString()), expected)
})

test('what is shipped has no such tool', () => {
  const guard = new Guard({ inventory: '' })
  const call = { tool: 'checkrein.fault.panic', arguments: {}, agent: 'a', workspace: {}, env: {} }
  assert.deepEqual(guard.authorize(call).errors, [])
})
