// The engine's package without the page, and for comparison cedar-wasm, served to a browser as they are:
// for tests and benches only, no part of what is shipped.

import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'

import { answered } from '../../bindings-wasm/test/support.mjs'
import { FLAGS } from './support.mjs'

const ROOTS = {
  engine: fileURLToPath(new URL('../../bindings-wasm', import.meta.url)),
  cedar: fileURLToPath(new URL('../node_modules/@cedar-policy/cedar-wasm/web', import.meta.url)),
}
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' }
const PAGE = '<!doctype html><title>engines</title><link rel="icon" href="data:,">'
/** A module worker over the engine: questions in, what it answers out. */
const WORKER = `
import { load } from '/engine/dist/index.js'
const ready = load()
${answered}
self.onmessage = async ({ data }) => self.postMessage(answered(await ready, data))
`

function answer({ url }, response) {
  const [root, ...rest] = normalize(url).slice(1).split('/')
  const file = ROOTS[root] && join(ROOTS[root], ...rest)
  if (url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
  else if (url === '/worker.js') response.writeHead(200, { 'content-type': TYPES['.js'] }).end(WORKER)
  else if (file && existsSync(file)) {
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' })
    createReadStream(file).pipe(response)
  } else response.writeHead(404).end()
}

/** A page that can import the engines; `stop` ends server and browser. */
export async function engines() {
  const server = createServer(answer)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  const page = await browser.newPage()
  const wrong = []
  page.on('console', (message) => wrong.push(message.text()))
  page.on('pageerror', (error) => wrong.push(String(error)))
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  return {
    page,
    wrong,
    async stop() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
