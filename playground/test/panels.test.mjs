// Each panel by what people do with it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { paste, settled, start, tab, verdict, visit } from './support.mjs'

let site
before(async () => (site = await start()))
after(() => site.stop())

const FORBID = `@id("own.no_push")
@reason("people push")
@advice("open a pull request")
forbid (principal, action, resource is Branch);
`

test('the incident is the start: denied, and why', () =>
  visit(site, {}, async (page) => {
    assert.equal(await verdict(page), 'Deny')
    const answer = page.locator('#panel-decision')
    await answer.getByText('issued to someone else').first().waitFor()
    await answer.getByText('Instead: use a credential the operator issued to you').waitFor()
    assert.match(await answer.locator('.headline').innerText(), /\d+ µs/)
    assert.match(await answer.locator('.act-title').innerText(), /delete Volume vol_prod_db/)
    for (const text of ['irreversible', 'destroys recovery', 'production', 'exact', 'not issued to this agent']) {
      await answer.locator('.act').getByText(text, { exact: true }).first().waitFor()
    }
    await answer.getByText('resource id `vol_prod_db` is declared in `production`').waitFor()
  }))

test('every template is read', () =>
  visit(site, {}, async (page) => {
    for (const button of await page.getByRole('group', { name: 'Templates' }).getByRole('button').all()) {
      const name = await button.innerText()
      await button.click()
      await settled(page)
      assert.match(await verdict(page), /^(Allow|Needs approval|Deny)$/, name)
      assert.equal(await page.locator('.decision .mistakes').count(), 0, name)
      assert.ok((await page.locator('.act').count()) > 0, name)
    }
    await page.getByRole('button', { name: 'Bash', exact: true }).click()
    await settled(page)
    await page.getByText('Who may approve: operator').waitFor()
  }))

test('an act shows its part of the call', () =>
  visit(site, {}, async (page) => {
    await page.getByRole('button', { name: 'Bash', exact: true }).click()
    await settled(page)
    await page.locator('.act', { hasText: 'git:push_force' }).hover()
    assert.match(await page.locator('.mark-act').innerText(), /main$/)
    await page.locator('h1').hover()
    assert.equal(await page.locator('.mark-act').count(), 0)
    await page.locator('.act-title', { hasText: 'build' }).focus()
    assert.match(await page.locator('.mark-act').innerText(), /build$/)
  }))

test('a policy changes the verdict, and a click shows it', () =>
  visit(site, {}, async (page) => {
    await page.getByRole('button', { name: 'Bash', exact: true }).click()
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', FORBID)
    assert.equal(await verdict(page), 'Deny')
    await page.getByText('Instead: open a pull request').waitFor()
    await page.getByRole('button', { name: 'own.no_push' }).click()
    await page.locator('.mark-policy:visible').first().waitFor()
    await tab(page, 'Call').click()
    await page.getByRole('button', { name: 'The incident' }).click()
    await settled(page)
    await page.getByRole('button', { name: 'baseline.deny_others_credential' }).click()
    await page.locator('.mark-policy:visible', { hasText: 'deny_others_credential' }).first().waitFor()
    assert.equal(await page.getByLabel('File').inputValue(), 'baseline')
  }))

test('mistakes are shown, and there is no decision meanwhile', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', FORBID.replace('Branch', 'Brnch'))
    assert.equal(await verdict(page), 'No decision')
    assert.equal(await page.locator('.act').count(), 0)
    await page.locator('#panel-decision .mistakes').getByText('Brnch').first().waitFor()
    await page.locator('.cm-lintRange-error').first().waitFor()
    await tab(page, 'Matrix').click()
    await page.getByText('There is no matrix').waitFor()
    await paste(page, 'Your policies', '')
    assert.equal(await verdict(page), 'Deny')
    await page.locator('.matrix table').waitFor()
    await tab(page, 'Inventory').click()
    await paste(page, 'Inventory', '[[environment]]\nname = 1\n')
    assert.equal(await verdict(page), 'No decision')
    await paste(page, 'Inventory', '')
    assert.equal(await verdict(page), 'Deny')
  }))

test('from the first key on, an answer to the older text does not pass for current', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    const editor = page.getByRole('textbox', { name: 'Your policies' })
    await editor.focus()
    // Within one task, before anything can be answered.
    const busy = await editor.evaluate((element) => {
      const data = new DataTransfer()
      data.setData('text/plain', 'permit')
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      return ['.summary', '.answer'].map((name) => document.querySelector(name).getAttribute('aria-busy'))
    })
    assert.deepEqual(busy, ['true', 'true'])
    await settled(page)
    assert.equal(await verdict(page), 'No decision')
  }))

test('completion and formatting', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', 'permit (principal, action == Action::"del')
    await page.keyboard.press('Control+ ')
    await page.locator('.cm-tooltip-autocomplete').getByText('delete').first().waitFor()
    await page.keyboard.press('Escape')
    await paste(page, 'Your policies', FORBID.replaceAll('\n', ' '))
    await page.getByRole('button', { name: 'Format' }).click()
    await page.getByText('Formatted.').waitFor()
    assert.match(await page.getByRole('textbox', { name: 'Your policies' }).innerText(), /@id\("own.no_push"\)\n@reason/)
  }))

test('a cell of the matrix loads a call that lands there', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Matrix').click()
    const cell = page.getByRole('button', { name: 'delete File: Allow, with a call' })
    await page.getByRole('button', { name: 'local', exact: true }).click()
    await cell.click()
    await settled(page)
    assert.equal(await verdict(page), 'Allow')
    assert.match(await page.getByRole('textbox', { name: 'Tool call' }).innerText(), /rm README\.md/)
    await page.locator('.cell-detail').getByText('delete File in local').waitFor()
  }))

test('what a call leaves out is filled in, and said', () =>
  visit(site, {}, async (page) => {
    await paste(page, 'Tool call', '{"tool":"Bash","arguments":{"command":"git status"}}')
    assert.equal(await verdict(page), 'Allow')
    await page.getByText('Filled in, because the call leaves it out: agent, workspace.').waitFor()
    await paste(page, 'Tool call', '{"tool":')
    assert.equal(await verdict(page), 'Deny')
    await page.getByText('malformed:').waitFor()
  }))

test('the tests of a pack run on the bundle as it is', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Tests').click()
    const panel = page.locator('#panel-tests')
    await panel.getByText('All pass').waitFor()
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', FORBID)
    await panel.getByText('What fails').waitFor()
    await paste(page, 'Your policies', 'permit')
    await panel.getByText('The tests did not run').waitFor()
  }))

test('the diff names the verdicts an edit changed', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Diff').click()
    const panel = page.locator('#panel-diff')
    await panel.getByText(/^0 of \d+ sample calls/).waitFor()
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', FORBID)
    await panel.getByText(/^2 of \d+ sample calls/).waitFor()
    assert.match(await panel.locator('.diff li').first().innerText(), /Bash\s+Needs approval → Deny/)
    await panel.getByRole('button', { name: 'Compare with what is here now' }).click()
    await panel.getByText(/^0 of \d+ sample calls/).waitFor()
  }))

test('the story replays, and every way has its verdict', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Story').click()
    const panel = page.locator('#panel-story')
    await panel.locator('li', { hasText: 'The same deletion in staging' }).getByText('Allow').waitFor()
    await panel.getByRole('button', { name: 'Replay the nine seconds' }).click()
    await settled(page)
    assert.match(await page.getByRole('textbox', { name: 'Tool call' }).innerText(), /domains\.sh/)
    await panel.locator('[aria-current="step"]', { hasText: 'The incident' }).waitFor()
    await settled(page)
    assert.equal(await verdict(page), 'Deny')
    await panel.getByRole('button', { name: 'Replay the nine seconds' }).waitFor()
  }))
