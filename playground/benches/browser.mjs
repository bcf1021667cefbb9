// Measures in Chromium: the page from a cold load and after edits, and the engine next to cedar-wasm in one
// page. Run by `cargo xtask bench`; prints the tables of docs/performance.md.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { canonical, incident, sources } from '../../bindings-wasm/test/support.mjs'
import { engines } from '../test/engines.mjs'
import { settled, start, tab } from '../test/support.mjs'

const TARGET = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url))
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

await page()
await comparison()

/** What people wait for. */
async function page() {
  const site = await start()
  const loads = []
  for (let round = 0; round < 7; round += 1) {
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } })
    const opened = await context.newPage()
    const began = performance.now()
    await opened.goto(site.origin)
    await settled(opened)
    loads.push(performance.now() - began)
    await context.close()
  }
  const opened = await (await site.browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  await opened.goto(site.origin)
  await settled(opened)
  const edit = (label, at) => edits(opened, label, at)
  const call = await edit('Tool call', '"tool"')
  await tab(opened, 'Policies').click()
  const policies = await edit('Your policies', '//')
  const [pack] = await packs(opened)
  await opened.evaluate(() => undefined)
  await fill(opened, 'Your policies', pack)
  const many = await edit('Your policies', '//')
  await tab(opened, 'Inventory').click()
  const inventory = await edit('Inventory', '#')
  await site.stop()

  console.log('| in Chromium | p50 | most |\n|---|---|---|')
  const row = (name, values) => console.log(`| ${name} | ${ms(median(values))} | ${ms(Math.max(...values))} |`)
  row('first verdict, cold, on loopback', loads)
  row('edit of the call to verdict', call)
  row('edit of the policies to verdict', policies)
  row('the same in a copy of the baseline (48 policies)', many)
  row('edit of the inventory to verdict', inventory)
}

/** Types a character into an editor and waits for the answer, within the page: from the key on. */
async function edits(page, label, anchor) {
  const editor = page.getByRole('textbox', { name: label, exact: true })
  await editor.getByText(anchor).first().click()
  await page.keyboard.press('End')
  await page.evaluate(() => {
    const summary = document.querySelector('.summary')
    let began = 0
    window.times = []
    window.addEventListener('keydown', () => (began = performance.now()), true)
    new MutationObserver(() => {
      if (began > 0 && !summary.hasAttribute('aria-busy')) {
        window.times.push(performance.now() - began)
        began = 0
      }
    }).observe(summary, { attributes: true })
  })
  for (let round = 0; round < 25; round += 1) {
    await page.keyboard.press(round % 2 === 0 ? 'Space' : 'Backspace')
    await page.waitForFunction((count) => window.times.length > count, round)
    await page.waitForTimeout(200)
  }
  return page.evaluate(() => window.times.slice(1))
}

async function packs(page) {
  await page.getByLabel('File').selectOption('baseline')
  const text = await page.evaluate(async () => {
    const view = document.querySelector('.editor:not([hidden]) .cm-content[aria-label^="Policies of"]')
    return view.cmTile?.view?.state?.doc?.toString() ?? view.cmView?.view?.state?.doc?.toString()
  })
  await page.getByLabel('File').selectOption('own.cedar')
  return [text.replaceAll('"baseline.', '"own.')]
}

async function fill(page, label, text) {
  const editor = page.getByRole('textbox', { name: label, exact: true })
  await editor.focus()
  await page.keyboard.press('Control+a')
  await editor.evaluate((element, pasted) => {
    const data = new DataTransfer()
    data.setData('text/plain', pasted)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, text)
  await settled(page)
  await page.keyboard.press('Control+Home')
}

/** The same operator policies for both. cedar-wasm gets the finished request: it does not interpret, ground
 * or look for approvers; the engine does all of that from the shell line and decides by the baseline too. */
async function comparison() {
  const { page, stop } = await engines()
  const { content, inventory } = incident()
  const given = {
    call: canonical(content.call),
    sources: sources(inventory),
    policies: [10, 100, 1_000].map((count) => ({ count, text: policiesOf(count) })),
  }
  const rows = await page.evaluate(compare, given)
  await stop()
  console.log('\n| operator policies | checkrein-wasm p50 | p99 | cedar-wasm p50 | p99 |\n|---|---|---|---|---|')
  for (const { count, figures } of rows) console.log(`| ${count} | ${figures.map((value) => value.toFixed(0)).join(' | ')} |`)
}

function policiesOf(count) {
  const built = ['release', 'debug'].map((profile) => join(TARGET, profile, 'measure')).find(existsSync)
  if (built === undefined) throw new Error('build it first: cargo build --release -p checkrein-tests --bin measure')
  return execFileSync(built, ['policies', String(count)], { encoding: 'utf8', maxBuffer: 1 << 26 })
}

/** Runs in the page. Its clock is coarse, so a sample is the mean of several calls. */
async function compare({ call, sources, policies }) {
  const { load } = await import('/engine/dist/index.js')
  const cedar = await import('/cedar/cedar_wasm.js')
  await cedar.default()
  const checkrein = await load()
  const answered = (answer) => {
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer).slice(0, 500))
  }
  const production = { type: 'Environment', id: 'production' }
  const entity = (type, id) => ({ __entity: { type, id } })
  const request = (preparsedPolicySetId) => ({
    preparsedPolicySetId,
    principal: { type: 'Agent', id: 'cursor' },
    action: { type: 'Action', id: 'delete' },
    resource: { type: 'Volume', id: 'vol_prod_db' },
    context: {
      operation: 'railway:volumeDelete',
      reversibility: entity('Reversibility', 'irreversible'),
      completeness: entity('Completeness', 'exact'),
      effects: [entity('Effect', 'destroys_recovery'), entity('Effect', 'egress')],
      scope: { count: 1, unbounded: false },
    },
    entities: [
      { uid: { type: 'Volume', id: 'vol_prod_db' }, attrs: {}, parents: [production] },
      { uid: production, attrs: {}, parents: [{ type: 'EnvironmentClass', id: 'production' }] },
      { uid: { type: 'Agent', id: 'cursor' }, attrs: {}, parents: [] },
    ],
  })
  const sample = (work, times) => {
    const began = performance.now()
    for (let at = 0; at < times; at += 1) work()
    return ((performance.now() - began) * 1000) / times
  }
  return policies.map(({ count, text }) => {
    const engine = checkrein.open({ ...sources, policies: [{ name: 'own.cedar', text }] })
    if (engine.problem !== '') throw new Error(engine.problem.slice(0, 500))
    const asked = request(`p${count}`)
    answered(cedar.preparsePolicySet(asked.preparsedPolicySetId, { staticPolicies: text }))
    answered(cedar.statefulIsAuthorized(asked))
    const sides = [() => engine.authorizeJson(call), () => cedar.statefulIsAuthorized(asked)].map((work) => ({ work, samples: [] }))
    for (const { work } of sides) sample(work, 200)
    // In turns, because the speed of shared machines drifts.
    for (let round = 0; round < 200; round += 1) for (const side of sides) side.samples.push(sample(side.work, 10))
    const figures = sides.flatMap(({ samples }) => {
      const sorted = samples.sort((one, other) => one - other)
      return [sorted[sorted.length >> 1], sorted[Math.floor(sorted.length * 0.99)]]
    })
    return { count, figures }
  })
}
