// Every conformance and facet case in Chromium, in the page and in a worker: byte for byte what the core answers.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { agree, answered, canonical, everyCase, grouped, stable } from '../../bindings-wasm/test/support.mjs'
import { engines } from './engines.mjs'

let site
before(async () => (site = await engines()))
after(() => site.stop())

const { questions, cases } = grouped(everyCase())

function compare(texts) {
  assert.equal(texts.length, cases.length)
  agree(cases.map(({ name }, at) => ({ name, expected: canonical(JSON.parse(texts[at])), answered: texts[at] })))
  agree(cases.map(({ name, content }, at) => ({ name, expected: canonical(content.decision), answered: stable(texts[at]) })))
  assert.deepEqual(site.wrong, [])
}

test('in the page', async () => {
  const texts = await site.page.evaluate(
    async ([code, questions]) => {
      const { load } = await import('/engine/dist/index.js')
      return Function(`return ${code}`)()(await load(), questions)
    },
    [String(answered), questions],
  )
  compare(texts)
})

test('in a worker', async () => {
  const texts = await site.page.evaluate(
    (questions) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js', { type: 'module' })
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.postMessage(questions)
      }),
    questions,
  )
  compare(texts)
})
