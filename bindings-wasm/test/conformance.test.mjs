// Every conformance and facet case through the module: byte for byte what the core answers.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import { agree, answered, canonical, everyCase, grouped, sources, stable } from './support.mjs'

const checkrein = await load()
const { questions, cases } = grouped(everyCase())

test('every case is decided as written', () => {
  const texts = answered(checkrein, questions)
  agree(cases.map(({ name }, at) => ({ name, expected: canonical(JSON.parse(texts[at])), answered: texts[at] })))
  agree(cases.map(({ name, content }, at) => ({ name, expected: canonical(content.decision), answered: stable(texts[at]) })))
})

test('every case has the verdict it must have', () => {
  const engines = new Map()
  const verdicts = []
  for (const { name, content, inventory } of cases) {
    if (!engines.has(inventory)) engines.set(inventory, checkrein.open(sources(inventory)))
    const { verdict } = engines.get(inventory).authorize(content.call)
    verdicts.push({ name, expected: content.must, answered: verdict })
  }
  agree(verdicts)
})

test('the module asks for nothing but its glue', async () => {
  const bytes = readFileSync(new URL('../module/checkrein_wasm_bg.wasm', import.meta.url))
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes))
  const names = imports.map(({ module, name, kind }) => {
    assert.equal(kind, 'function')
    assert.equal(module, './checkrein_wasm_bg.js')
    return name.replace(/_[0-9a-f]{16}$/, '')
  })
  assert.deepEqual(names.sort(), ['__wbg___wbindgen_throw', '__wbindgen_init_externref_table'])
})
