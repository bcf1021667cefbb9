// A browser on the built page. Every test fails on a console error or a request to another host.

import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'
import { preview } from 'vite'

export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Serves `dist` and starts a browser; `stop` ends both. */
export async function start() {
  const server = await preview({
    root: fileURLToPath(new URL('..', import.meta.url)),
    preview: { host: '127.0.0.1', port: 0 },
    logLevel: 'error',
  })
  const { port } = server.httpServer.address()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    browser,
    async stop() {
      await browser.close()
      await server.close()
    },
  }
}

/** Opens the page, hands it to `use`, and checks what it did behind the scenes. */
export async function visit({ browser, origin }, { fragment = '', ...options }, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const wrong = []
  const page = await context.newPage()
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
  })
  page.on('pageerror', (error) => wrong.push(String(error)))
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) wrong.push(`request to ${url}`)
  })
  page.setDefaultTimeout(20_000)
  try {
    await page.goto(`${origin}/${fragment}`)
    await settled(page)
    await use(page)
    assert.deepEqual(wrong, [])
  } finally {
    await context.close()
  }
}

/** Waits until the answer is about what is in the editors now. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const answer = document.querySelector('.answer')
    return answer !== null && !answer.hasAttribute('aria-busy')
  })
}

export const verdict = (page) => page.locator('.summary').innerText()

/** Replaces the text of an editor as a paste would. */
export async function paste(page, label, text) {
  const editor = page.getByRole('textbox', { name: label, exact: true })
  await editor.focus()
  await page.keyboard.press('Control+a')
  await editor.evaluate((element, pasted) => {
    const data = new DataTransfer()
    data.setData('text/plain', pasted)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, text)
  await settled(page)
}

export const tab = (page, name) => page.getByRole('tab', { name })
