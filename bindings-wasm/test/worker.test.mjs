// The package in a worker thread of Node, beside one in the main thread; and in Deno, where there is one.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { load } from 'checkrein-wasm'

import { canonical, incident, sources } from './support.mjs'

const { content, inventory } = incident()
const GIVEN = { sources: sources(inventory), call: canonical(content.call) }
const SCRIPT = `
import { parentPort, workerData } from 'node:worker_threads'
import { load } from 'checkrein-wasm'
const { sources, call } = workerData
parentPort.postMessage((await load()).open(sources).authorizeJson(call))
`

test('workers answer as the main thread does', async () => {
  const expected = (await load()).open(GIVEN.sources).authorizeJson(GIVEN.call)
  const url = new URL(`data:text/javascript,${encodeURIComponent(SCRIPT.replace("'checkrein-wasm'", JSON.stringify(import.meta.resolve('checkrein-wasm'))))}`)
  const answers = [1, 2, 3].map(async () => {
    const worker = new Worker(url, { workerData: GIVEN })
    const [answer] = await once(worker, 'message')
    await worker.terminate()
    return answer
  })
  assert.deepEqual(await Promise.all(answers), [expected, expected, expected])
})

const DENO = process.env.DENO ?? 'deno'
const skip = spawnSync(DENO, ['--version']).status !== 0 && 'there is no Deno'

test('Deno answers as Node does', { skip }, async () => {
  const expected = (await load()).open(GIVEN.sources).authorizeJson(GIVEN.call)
  const script = `
    import { load } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const { sources, call } = JSON.parse(Deno.args[0])
    console.log((await load()).open(sources).authorizeJson(call))`
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const run = spawnSync(DENO, ['run', '--no-lock', '--no-config', `--allow-read=${folder}`, '--ext=js', '-', JSON.stringify(GIVEN)], { input: script, encoding: 'utf8' })
  assert.equal(run.stderr, '')
  assert.equal(run.stdout.trim(), expected)
})
