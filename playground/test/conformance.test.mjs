// Every conformance case in Chromium, byte for byte what the core answers; and the engine in a worker.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { canonical, cases, sources, stable } from '../../bindings-wasm/test/support.mjs'
import { engines } from './engines.mjs'

let site
before(async () => (site = await engines()))
after(() => site.stop())

const ALL = cases().map(({ name, content, inventory }) => ({
  name,
  sources: sources(inventory),
  call: canonical(content.call),
  expected: canonical(content.decision),
}))

test('in the page', async () => {
  assert.ok(ALL.length >= 229)
  const answers = await site.page.evaluate(async (all) => {
    const { load } = await import('/engine/dist/index.js')
    const checkrein = await load()
    const opened = new Map()
    return all.map(({ sources, call }) => {
      const key = JSON.stringify(sources)
      if (!opened.has(key)) opened.set(key, checkrein.open(sources))
      return opened.get(key).authorizeJson(call)
    })
  }, ALL)
  ALL.forEach(({ name, expected }, at) => {
    assert.equal(canonical(JSON.parse(answers[at])), answers[at], name)
    assert.equal(stable(answers[at]), expected, name)
  })
  assert.deepEqual(site.wrong, [])
})

test('in a worker', async () => {
  const [{ sources: given, call, expected }] = ALL.filter(({ name }) => name.endsWith('03-curl-found-token.json'))
  const answer = await site.page.evaluate(
    (question) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js', { type: 'module' })
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.postMessage(question)
      }),
    { sources: given, call },
  )
  assert.equal(stable(answer), expected)
})
