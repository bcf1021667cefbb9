// Every conformance case through the module: byte for byte what the core answers.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import { canonical, cases, sources, stable } from './support.mjs'

const checkrein = await load()
const ALL = cases()

test('no case is lost', () => {
  assert.ok(ALL.length >= 229)
})

test('every case is decided as written', () => {
  const engines = new Map()
  for (const { name, content, inventory } of ALL) {
    if (!engines.has(inventory)) engines.set(inventory, checkrein.open(sources(inventory)))
    const engine = engines.get(inventory)
    assert.equal(engine.problem, '', name)
    const text = engine.authorizeJson(canonical(content.call))
    assert.equal(canonical(JSON.parse(text)), text, name)
    assert.equal(stable(text), canonical(content.decision), name)
    assert.equal(engine.authorize(content.call).verdict, content.must, name)
  }
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
