// The page as a whole: links, hostile input, keyboard, accessibility, small screens.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'

import { paste, settled, start, tab, verdict, visit } from './support.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let site
before(async () => (site = await start()))
after(() => site.stop())

const CALL = '{"tool":"Bash","arguments":{"command":"echo é🦊"},"agent":{"id":"a"},"workspace":{},"env":{}}'

async function link(page) {
  await page.getByRole('button', { name: 'Share' }).click()
  await page.getByText('in the address bar').waitFor()
  return page.evaluate(() => location.hash)
}

test('a link brings everything back', async () => {
  let fragment
  const policies = '// mine é\n'
  await visit(site, {}, async (page) => {
    await paste(page, 'Tool call', CALL)
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', policies)
    fragment = await link(page)
    assert.match(fragment, /^#1\.[\w-]+$/)
  })
  await visit(site, { fragment }, async (page) => {
    assert.equal(await verdict(page), 'Allow')
    assert.equal((await page.getByRole('textbox', { name: 'Tool call' }).innerText()).trim(), CALL)
    await tab(page, 'Policies').click()
    assert.equal((await page.getByRole('textbox', { name: 'Your policies' }).innerText()).trim(), policies.trim())
    assert.equal(await link(page), fragment)
  })
})

test('a malformed link says so and starts as usual', async () => {
  const bomb = 'x'.repeat(70_000)
  for (const fragment of ['#1.AAAA', '#1.', '#1.!!', '#2.abc', '#x', `#1.${bomb}`, '#1.q1YqSy0qzszPU7JSAgA']) {
    await visit(site, { fragment }, async (page) => {
      await page.getByRole('status').getByText('This is the usual start instead.').waitFor()
      assert.equal(await verdict(page), 'Deny')
    })
  }
})

test('parsers of code are fetched when a call holds code, once', () =>
  visit(site, {}, async (page) => {
    const fetched = []
    page.context().on('request', (request) => {
      if (request.url().endsWith('.wasm')) fetched.push(request.url())
    })
    const python = (code) => JSON.stringify({ tool: 'execute_python', arguments: { code }, agent: { id: 'a' } })
    await paste(page, 'Tool call', CALL)
    assert.equal(await verdict(page), 'Allow')
    assert.deepEqual(fetched, [])
    await paste(page, 'Tool call', python('print(1)'))
    assert.equal(await verdict(page), 'Allow')
    await paste(page, 'Tool call', python('import shutil\nshutil.rmtree("/srv/data")'))
    assert.equal(await verdict(page), 'Needs approval')
    await paste(page, 'Tool call', CALL)
    assert.equal(await verdict(page), 'Allow')
    assert.equal(fetched.length, 1)
  }))

test('a paste of a megabyte leaves a usable page', () =>
  visit(site, {}, async (page) => {
    await paste(page, 'Tool call', JSON.stringify({ tool: 'Bash', arguments: { command: 'a b '.repeat(250_000) }, agent: { id: 'a' } }))
    assert.equal(await verdict(page), 'Deny')
    await page.getByText('over_limit:').waitFor()
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', 'permit (principal, action, resource);\n'.repeat(27_000))
    assert.equal(await verdict(page), 'No decision')
    // Random, so that it does not compress.
    const noise = Array.from({ length: 120_000 }, () => Math.random().toString(36).slice(2, 10)).join('')
    await paste(page, 'Your policies', `// ${noise}`)
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByText('too long for a link').waitFor()
    await page.getByRole('button', { name: 'Start over' }).click()
    await settled(page)
    assert.equal(await verdict(page), 'Deny')
    await page.getByText('issued to someone else').first().waitFor()
  }))

test('bombs in the policy editor leave a usable page', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    const policy = (condition) => `@id("a") @reason("b") permit (principal, action, resource) when { ${condition} };`
    for (const bomb of ['('.repeat(100_000), '['.repeat(50_000) + ']'.repeat(50_000), '!'.repeat(100_000) + 'true']) {
      await paste(page, 'Your policies', policy(bomb))
      assert.equal(await verdict(page), 'No decision')
    }
    await paste(page, 'Your policies', '')
    assert.equal(await verdict(page), 'Deny')
    await page.locator('.act').waitFor()
  }))

test('with the keyboard only', () =>
  visit(site, {}, async (page) => {
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    const reach = async (text) => {
      for (let steps = 0; steps < 40; steps += 1) {
        if ((await focused()).startsWith(text)) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`${text} is not reached`)
    }
    await reach('HTTP')
    await page.keyboard.press('Enter')
    await settled(page)
    assert.equal(await verdict(page), 'Needs approval')
    // Through the editor, which keeps no one, to the answer.
    await reach('Decision')
    await page.keyboard.press('ArrowRight')
    assert.equal(await focused(), 'Matrix')
    await page.locator('.matrix table').waitFor()
    await reach('local')
    await page.keyboard.press('Enter')
    await reach('✓')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.locator('.cell-detail').getByText('list Directory in local').waitFor()
  }))

for (const colorScheme of ['light', 'dark']) {
  test(`accessible in ${colorScheme}`, () =>
    visit(site, { colorScheme }, async (page) => {
      const check = async (where) => {
        // Not by a script element: the page's own policy refuses it, as it should.
        await page.evaluate(AXE)
        const { violations } = await page.evaluate(() => window.axe.run())
        assert.deepEqual(violations.map(({ id, nodes }) => [where, id, nodes[0].html, nodes[0].failureSummary]), [])
      }
      await check('call')
      await page.locator('.act-title').focus()
      await check('span')
      await tab(page, 'Inventory').click()
      await check('inventory')
      await tab(page, 'Policies').click()
      await paste(page, 'Your policies', 'permit (principal, action, resource);\n@id("a")')
      await check('mistakes')
      await paste(page, 'Your policies', '')
      await page.getByRole('button', { name: 'baseline.deny_others_credential' }).click()
      await page.locator('.mark-policy:visible').first().waitFor()
      await check('pack')
      await tab(page, 'Matrix').click()
      await page.locator('.matrix table').waitFor()
      await page.getByRole('button', { name: 'delete Volume' }).click()
      await check('matrix')
      for (const [name, ready] of [['Tests', 'All pass'], ['Diff', 'sample calls get'], ['Story', 'Deny']]) {
        await tab(page, name).click()
        await page.locator(`#panel-${name.toLowerCase()}`).getByText(ready).first().waitFor()
        await check(name)
      }
    }))
}

test('fits 360 pixels', () =>
  visit(site, { viewport: { width: 360, height: 740 } }, async (page) => {
    for (const name of ['Call', 'Policies', 'Inventory', 'Decision', 'Matrix', 'Tests', 'Diff', 'Story']) {
      await tab(page, name).click()
      if (name === 'Matrix') await page.locator('.matrix table').waitFor()
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(width <= 360, `${name}: ${width}`)
    }
  }))
