// What goes in besides calls, and what comes out besides verdicts: hook events, test cases, incidents.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'

import { load } from 'checkrein-wasm'

import { canonical, stable } from '../../bindings-wasm/test/support.mjs'
import { paste, settled, start, tab, verdict, visit } from './support.mjs'

let site
before(async () => (site = await start()))
after(() => site.stop())

test('the events of hooks are read as the command reads them', () =>
  visit(site, {}, async (page) => {
    const open = async (name) => {
      await page.getByRole('button', { name, exact: true }).click()
      await settled(page)
      assert.match(await verdict(page), /^(Needs approval|Deny)$/)
    }
    await open('Claude Code hook')
    await page.getByText('Read as an event of Claude Code').waitFor()
    await page.locator('.act', { hasText: 'exfiltration' }).first().hover()
    assert.match(await page.locator('.mark-act').first().innerText(), /curl/)
    await open('Cursor shell hook')
    await page.getByText('Read as an event of Cursor').waitFor()
    await page.locator('.act', { hasText: 'git:push_force' }).hover()
    assert.match(await page.locator('.mark-act').innerText(), /main$/)
    await open('Cursor MCP hook')
    await page.locator('.act').first().waitFor()

    await paste(page, 'Tool call', '{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{}}')
    assert.equal(await verdict(page), 'Nothing to decide')
    await page.getByText('asks for no permission').waitFor()
    await paste(page, 'Tool call', '{"hook_event_name":"PreToolUse","tool_name":"Bash"}')
    assert.equal(await verdict(page), 'Nothing to decide')
    await page.getByText('A hook stops this: the event cannot be read.').waitFor()
  }))

test('a decision is exported as a case that the conformance set would pass', () =>
  visit(site, {}, async (page) => {
    const save = async (name) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
    }
    await page.getByText('Export as a test case').click()
    await page.getByLabel('About').fill('The volume of production')
    const saved = await save('Download the case')
    assert.equal(saved.name, 'case.json')
    await page.getByText('Saved as case.json.', { exact: true }).waitFor()
    const { about, must, call, decision } = JSON.parse(saved.text)
    assert.deepEqual([about, must], ['The volume of production', 'deny'])
    const inventory = await save('Download the inventory')
    const sources = { inventory: { name: 'checkrein.toml', text: inventory.text } }
    const answer = (await load()).open(sources).authorizeJson(JSON.stringify(call))
    assert.equal(stable(answer), canonical(decision))

    // It stays open, and what differs from the conditions of cases is said.
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies', '@id("own.x") @reason("r") forbid (principal, action, resource);')
    await save('Download the case')
    await page.getByText('this one was not').waitFor()
  }))

test('other public incidents have a source, and a call that shows what the guard says', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Story').click()
    const entries = page.locator('.gallery li')
    await entries.first().locator('.verdict').waitFor()
    assert.ok((await entries.count()) >= 5)
    // One is there to show what a guard that sees one call cannot know.
    assert.equal(await page.locator('.gallery li', { hasText: 'The guard lets it pass' }).count(), 1)
    for (const entry of await entries.all()) {
      const shown = await entry.innerText()
      assert.match(shown, /Source: .{10}/)
      const expected = shown.includes('The guard lets it pass') ? /^Allow$/ : /^(Needs approval|Deny)$/
      assert.match(await entry.locator('.verdict').innerText(), expected, shown)
      await entry.getByRole('button').click()
      await settled(page)
      assert.match(await verdict(page), expected, shown)
    }
  }))

test('warnings are shown beside a decision', () =>
  visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    const doubtful = '@id("own.x") @reason("r") forbid (principal, action, resource) when { !(context has aproval) };'
    await paste(page, 'Your policies', doubtful)
    assert.equal(await verdict(page), 'Deny')
    await page.locator('#tab-policies .count.warnings').getByText('1').waitFor()
    await page.locator('#panel-decision').getByText('never has an attribute `aproval`').waitFor()
    await page.locator('.cm-lintRange-warning').first().waitFor()
  }))
