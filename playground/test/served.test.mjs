// The page as `checkrein playground` serves it, with the operator's own files.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { paste, settled, start, tab, verdict, visit } from './support.mjs'

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url))
const COMMAND = ['release', 'debug'].map((profile) => join(target, profile, 'checkrein')).find(existsSync)
const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const skip = COMMAND === undefined && 'the command has not been built'

const POLICY = (id, type) => `@id("own.${id}")
@reason("people do this")
forbid (principal, action, resource is ${type});
`

let site
let home
let served
before(async () => {
  if (skip) return
  site = await start()
  home = mkdtempSync(join(tmpdir(), 'checkrein-'))
  mkdirSync(join(home, 'policies'))
  writeFileSync(join(home, 'checkrein.toml'), '[policy]\ndirs = ["policies"]\n\n[[environment]]\nname = "shop"\nclass = "staging"\n')
  writeFileSync(join(home, 'policies/a.cedar'), POLICY('branches', 'Branch'))
  writeFileSync(join(home, 'policies/b.cedar'), POLICY('volumes', 'Volume'))
  served = spawn(COMMAND, ['playground', '--config', 'checkrein.toml', '--dir', DIST], { cwd: home, stdio: ['ignore', 'pipe', 'ignore'] })
  const [address] = await once(createInterface({ input: served.stdout }), 'line')
  site.origin = address.replace(/\/$/, '')
})
after(async () => {
  if (skip) return
  served.kill()
  rmSync(home, { recursive: true })
  await site.stop()
})

test("the operator's files are in the page, and edits stay there", { skip }, () =>
  visit(site, {}, async (page) => {
    await page.getByRole('status').getByText('These are your files: checkrein.toml').waitFor()
    await tab(page, 'Inventory').click()
    assert.match(await page.getByRole('textbox', { name: 'Inventory' }).innerText(), /name = "shop"/)
    await tab(page, 'Policies').click()
    const options = await page.getByLabel('File').locator('option').allInnerTexts()
    assert.deepEqual(options.slice(0, 2), ['policies/a.cedar (yours)', 'policies/b.cedar (yours)'])
    await tab(page, 'Call').click()
    await page.getByRole('button', { name: 'The incident' }).click()
    await settled(page)
    assert.equal(await verdict(page), 'Deny')
    // A policy of the second file opens that file.
    await page.getByRole('button', { name: 'own.volumes' }).click()
    await page.locator('.mark-policy:visible').first().waitFor()
    assert.equal(await page.getByLabel('File').inputValue(), 'policies/b.cedar')
    await paste(page, 'Your policies: policies/b.cedar', POLICY('volumes', 'Vlume'))
    assert.equal(await verdict(page), 'No decision')
    await page.locator('#panel-decision .mistakes').getByText('policies/b.cedar:3').first().waitFor()
    await page.getByRole('button', { name: 'Start over' }).click()
    await settled(page)
    assert.equal(await verdict(page), 'Deny')
  }))

test('a link brings all files back', { skip }, async () => {
  let fragment
  await visit(site, {}, async (page) => {
    await tab(page, 'Policies').click()
    await paste(page, 'Your policies: policies/a.cedar', '// mine\n')
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByText('in the address bar').waitFor()
    fragment = await page.evaluate(() => location.hash)
  })
  await visit(site, { fragment }, async (page) => {
    await tab(page, 'Policies').click()
    assert.equal((await page.getByRole('textbox', { name: 'Your policies: policies/a.cedar' }).innerText()).trim(), '// mine')
    assert.equal(await page.getByLabel('File').locator('option').count(), 3)
  })
})
