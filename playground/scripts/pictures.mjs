// Takes the pictures of docs/playground.md.

import { fileURLToPath } from 'node:url'

import { settled, start, tab, visit } from '../test/support.mjs'

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url))
const site = await start()
const desktop = { viewport: { width: 1280, height: 860 } }
await visit(site, { ...desktop, colorScheme: 'light' }, async (page) => {
  await tab(page, 'Matrix').click()
  await page.locator('.matrix table').waitFor()
  await page.getByRole('button', { name: 'delete Volume' }).click()
  await settled(page)
  await page.screenshot({ path: `${IMAGES}/playground-light.png` })
})
await visit(site, { ...desktop, colorScheme: 'dark' }, async (page) => {
  await page.getByRole('button', { name: 'Claude Code hook' }).click()
  await settled(page)
  await page.locator('.act-title').first().focus()
  await page.screenshot({ path: `${IMAGES}/playground-dark.png` })
})
await visit(site, { viewport: { width: 360, height: 740 }, colorScheme: 'light' }, async (page) => {
  await page.locator('#panel-decision').scrollIntoViewIfNeeded()
  await page.getByRole('tab', { name: 'Decision' }).evaluate((element) => element.scrollIntoView())
  await page.screenshot({ path: `${IMAGES}/playground-mobile.png` })
})
await site.stop()
