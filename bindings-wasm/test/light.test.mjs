// The light module: what it answers is what the whole one answers, and what it lacks it denies.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// Node's own entry has no light module: there nothing is fetched.
import { loadLight } from '../dist/index.js'
import { HARMLESS, canonical, cases, shell, sources, stable } from './support.mjs'

const bytes = (file) => readFileSync(new URL(`../module/${file}`, import.meta.url))
const responses = [
  () => Promise.reject(new Error('no network')),
  () => Promise.resolve(new Response('', { status: 404 })),
  () => Promise.resolve(new Response(bytes('checkrein_wasm_bg.wasm'))),
]
let fetched = 0
globalThis.fetch = () => {
  const answer = responses[fetched]
  fetched += 1
  return answer === undefined ? Promise.reject(new Error('fetched once too often')) : answer()
}

const checkrein = await loadLight(bytes('light/checkrein_wasm_bg.wasm'), 'https://module.invalid/')
const CODE = shell("python3 -c 'print(1)'")
const DESTRUCTIVE = shell("python3 -c 'import shutil; shutil.rmtree(\"/srv/data\")'")
const engines = new Map()
const lacking = ({ errors }) => errors.some(({ kind }) => kind === 'lacking')

function engineOf(inventory) {
  if (!engines.has(inventory)) engines.set(inventory, checkrein.open(sources(inventory)))
  return engines.get(inventory)
}

/** What does not depend on a call. */
function authored() {
  const engine = engineOf(undefined)
  const tests = checkrein.packs().map((pack) => checkrein.open({ packs: [pack.name] }).runTests(pack.tests))
  return { matrix: engine.matrix(), examples: engine.examples(), tests }
}

let before
const refused = []

test('what the light module lacks it denies, and all else it decides as written', () => {
  for (const { name, content, inventory } of cases()) {
    const text = engineOf(inventory).authorizeJson(canonical(content.call))
    const decision = JSON.parse(text)
    if (lacking(decision)) {
      refused.push(name)
      assert.equal(decision.verdict, 'deny', name)
      assert.deepEqual(decision.actions, [], name)
    } else assert.equal(stable(text), canonical(content.decision), name)
  }
  assert.ok(refused.length > 0)
  assert.equal(engineOf(undefined).authorize(CODE).errors[0].kind, 'lacking')
  assert.equal(engineOf(undefined).authorize(HARMLESS).verdict, 'allow')
  before = authored()
  assert.equal(fetched, 0)
})

test('code in a declared tool is not taken for less', () => {
  const declared = { name: 'checkrein.toml', text: '[[tool]]\nname = "my_shell"\nlike = "Bash"\n' }
  const engine = checkrein.open({ inventory: declared })
  assert.equal(engine.authorize({ ...CODE, tool: 'my_shell' }).errors[0].kind, 'lacking')
  assert.equal(engine.authorize({ ...HARMLESS, tool: 'my_shell' }).verdict, 'allow')
})

test('while the whole module cannot be had, the call stays denied', async () => {
  for (const attempt of [1, 2]) {
    const decision = await engineOf(undefined).authorizeAsync(CODE)
    assert.equal(decision.verdict, 'deny')
    assert.equal(decision.errors[0].kind, 'lacking')
    assert.equal(fetched, attempt)
  }
  assert.equal((await engineOf(undefined).authorizeAsync(HARMLESS)).verdict, 'allow')
  assert.equal(fetched, 2)
})

test('once the whole module is there, everything is decided as written', async () => {
  const [harmless, destructive] = await Promise.all([
    engineOf(undefined).authorizeAsync(CODE),
    engineOf(undefined).authorizeAsync(DESTRUCTIVE),
  ])
  assert.equal(harmless.verdict, 'allow')
  assert.equal(destructive.verdict, 'needs_approval')
  assert.ok(destructive.actions.some(({ verb }) => verb === 'delete'))
  for (const { name, content, inventory } of cases()) {
    const text = engineOf(inventory).authorizeJson(canonical(content.call))
    assert.equal(stable(text), canonical(content.decision), name)
  }
  assert.deepEqual(authored(), before)
  await checkrein.loadWhole()
  assert.equal(fetched, 3)
})
