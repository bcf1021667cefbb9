// Hostile text: whatever it is, the module answers, in time, and goes on answering.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import { HARMLESS, incident, shell } from './support.mjs'

const checkrein = await load()
const engine = checkrein.open({})
/** Generous: the machine may be busy. */
const LONGEST = 30_000

/** Runs `work` in time and shows that the same instance still answers: it did not trap. */
function survive(name, work) {
  const started = performance.now()
  const result = work()
  const took = performance.now() - started
  assert.ok(took < LONGEST, `${name}: ${took} ms`)
  assert.equal(engine.authorize(HARMLESS).verdict, 'allow', name)
  return result
}

const policy = (condition) =>
  `@id("a") @reason("b") permit (principal, action, resource) when { ${condition} };`

const BOMBS = {
  parentheses: (n) => policy(`${'('.repeat(n)}true${')'.repeat(n)}`),
  not: (n) => policy(`${'!'.repeat(n)}true`),
  negation: (n) => policy(`${'-'.repeat(n)}1 == 1`),
  if: (n) => policy(`${'if true then true else '.repeat(n)}true`),
  set: (n) => policy(`${'['.repeat(n)}${']'.repeat(n)} == []`),
  record: (n) => policy(`${'{a:'.repeat(n)}1${'}'.repeat(n)} == {}`),
  member: (n) => policy(`context${'.a'.repeat(n)}`),
  and: (n) => policy(`true${' && true'.repeat(n)}`),
  plus: (n) => policy(`1${' + 1'.repeat(n)} == 1`),
  unclosed: (n) => policy('('.repeat(n)),
  annotations: (n) => `${'@a("b")'.repeat(n)} permit (principal, action, resource);`,
  clauses: (n) => `permit (principal, action, resource) ${'when { true }'.repeat(n)};`,
  elements: (n) => policy(`[${'1, '.repeat(n)}1].contains(1)`),
  members: (n) => policy(`{${Array.from({ length: n }, (_, at) => `a${at}: 1`).join(', ')}}.a0 == 1`),
  wildcards: (n) => policy(`context.tool like "${'*a'.repeat(n)}"`),
  statements: (n) => 'permit (principal, action, resource);'.repeat(n),
  doubts: (n) => policy(Array(100).fill('context has x').join(' && ')).repeat(n / 100),
  signs: (n) => '@'.repeat(n),
  quotes: (n) => `permit (principal, action, resource) when { "${'\\"'.repeat(n)}`,
}

for (const [name, bomb] of Object.entries(BOMBS)) {
  test(`a bomb of ${name}`, () => {
    for (const n of [100, 1_000, 10_000, 100_000]) {
      const text = bomb(n)
      const sources = { policies: [{ name: 'own.cedar', text }] }
      const label = `${name} x ${n}`
      survive(label, () => checkrein.diagnose(sources))
      survive(label, () => checkrein.format(text))
      survive(label, () => checkrein.outline(text))
      survive(label, () => checkrein.complete(text, Math.floor(text.length / 2)))
      survive(label, () => checkrein.open(sources).authorize(HARMLESS))
    }
  })
}

test('a paste of one megabyte', () => {
  const texts = {
    prose: 'the quick brown fox, and the "lazy" dog; '.repeat(25_000),
    characters: '🦊é'.repeat(160_000),
    policies: Array.from({ length: 10_000 }, (_, n) => policy(`1 == ${n}`)).join('\n'),
    mistakes: Array.from({ length: 20_000 }, (_, n) => policy(`context.no${n}`)).join('\n'),
    lines: 'permit;\n'.repeat(125_000),
    zeros: '\u0000'.repeat(1_000_000),
  }
  for (const [name, text] of Object.entries(texts)) {
    const found = survive(name, () => checkrein.diagnose({ policies: [{ name: 'own', text }] }))
    assert.ok(found.length > 0 && found.length <= 500, `${name}: ${found.length}`)
    survive(name, () => checkrein.complete(text, text.length))
    survive(name, () => checkrein.diagnose({ inventory: { name: 'checkrein.toml', text } }))
    const call = survive(name, () => engine.authorize(shell(text)))
    assert.equal(call.verdict, 'deny', name)
    assert.equal(call.errors[0].kind, 'over_limit', name)
  }
})

test('calls that are none', () => {
  const cyclic = {}
  cyclic.self = cyclic
  for (const call of [undefined, null, 1, 1n, '', '{', [], {}, cyclic, Symbol('a'), () => 1]) {
    assert.equal(engine.authorize(call).verdict, 'deny')
    assert.equal(JSON.parse(engine.authorizeJson(call)).verdict, 'deny')
  }
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const call = `{"tool":"x","agent":{"id":"a"},"arguments":{"a":${deep}}}`
  assert.equal(JSON.parse(survive('deep', () => engine.authorizeJson(call))).verdict, 'deny')
})

test('sources that are none deny', () => {
  for (const sources of [null, 1, 'a', [], { polices: [] }, { packs: ['none'] }, { packs: [] }]) {
    const broken = checkrein.open(sources)
    assert.notEqual(broken.problem, '')
    const decision = broken.authorize(incident().content.call)
    assert.equal(decision.verdict, 'deny')
    assert.equal(decision.errors[0].kind, 'bundle')
    assert.throws(() => broken.matrix(), { name: 'CheckreinError' })
  }
})
