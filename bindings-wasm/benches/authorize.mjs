// Measures the module under Node: decisions, loading, and what an editor asks for.

import { load } from 'checkrein-wasm'

import { incident, sources } from '../test/support.mjs'

const { content, inventory } = incident()
const call = JSON.stringify(content.call)

function sorted(rounds, work) {
  for (let round = 0; round < rounds / 10; round += 1) work()
  const times = []
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now()
    work()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)
}

function show(name, rounds, work) {
  const times = sorted(rounds, work)
  const at = (share) => times[Math.floor((times.length - 1) * share)]
  const shown = (time) => (time < 2 ? `${(time * 1000).toFixed(0)} us` : `${time.toFixed(1)} ms`)
  console.log(`| ${name} | ${shown(times[0])} | ${shown(at(0.5))} | ${shown(at(0.99))} |`)
}

const started = performance.now()
const checkrein = await load()
const engine = checkrein.open(sources(inventory))
const first = engine.authorizeJson(call)
const cold = performance.now() - started
if (JSON.parse(first).verdict !== 'deny') throw new Error('the incident must be denied')

const [pack] = checkrein.packs()
const own = pack.policy.replaceAll('"baseline.', '"own.')
const edited = { policies: [{ name: 'own.cedar', text: own }], packs: [] }

console.log(`cold: module, bundle and first decision in ${cold.toFixed(0)} ms\n`)
console.log('| | least | p50 | p99 |\n|---|---|---|---|')
show('authorize the incident', 5_000, () => engine.authorizeJson(call))
show('load the baseline and an inventory', 50, () => checkrein.open(sources(inventory)).bundle)
show('diagnose the baseline as own text', 5, () => checkrein.diagnose(edited))
const before = checkrein.open(edited)
const text = own.replace('looking changes nothing', 'looking is free')
const after = { packs: [] }
let round = 0
const next = () => ({ ...after, policies: [{ name: 'own.cedar', text: `${text}// ${(round += 1)}` }] })
show('the same after an edit: load, decide, diagnose', 20, () => {
  const edit = before.edited(next())
  edit.authorizeJson(call)
  edit.diagnose()
  edit.free()
})
show('complete in the baseline', 50, () => checkrein.complete(own, own.length >> 1, inventory))
show('format the baseline', 5, () => checkrein.format(own))
show('matrix', 5, () => engine.matrix({ without_examples: true }))
show('matrix with examples', 5, () => engine.matrix())
show("the baseline's tests", 10, () => engine.runTests(pack.tests))
console.log(`\nexamples for ${engine.examples('cursor').length} cells`)
