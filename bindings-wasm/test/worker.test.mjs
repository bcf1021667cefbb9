// Every case in worker threads of Node, beside the main thread; and in Deno, where there is one.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { load } from 'checkrein-wasm'

import { agree, answered, everyCase, grouped } from './support.mjs'

const { questions, cases } = grouped(everyCase())
const EXPECTED = answered(await load(), questions)
const SCRIPT = `
import { parentPort, workerData } from 'node:worker_threads'
import { load } from ${JSON.stringify(import.meta.resolve('checkrein-wasm'))}
${answered}
parentPort.postMessage(answered(await load(), workerData))
`

function compare(texts) {
  assert.equal(texts.length, cases.length)
  agree(cases.map(({ name }, at) => ({ name, expected: EXPECTED[at], answered: texts[at] })))
}

test('workers answer as the main thread does', async () => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`)
  const answers = [1, 2, 3].map(async () => {
    const worker = new Worker(url, { workerData: questions })
    const [texts] = await once(worker, 'message')
    await worker.terminate()
    return texts
  })
  for (const texts of await Promise.all(answers)) compare(texts)
})

const DENO = process.env.DENO ?? 'deno'
const skip = spawnSync(DENO, ['--version']).status !== 0 && 'there is no Deno'

test('Deno answers as Node does', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'checkrein-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'questions.json')
  writeFileSync(file, JSON.stringify(questions))
  const script = `
    import { load } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    ${answered}
    const questions = JSON.parse(Deno.readTextFileSync(${JSON.stringify(file)}))
    console.log(JSON.stringify(answered(await load(), questions)))`
  const reads = `--allow-read=${fileURLToPath(new URL('..', import.meta.url))},${folder}`
  const options = { input: script, encoding: 'utf8', maxBuffer: 2 ** 28 }
  const run = spawnSync(DENO, ['run', '--no-lock', '--no-config', reads, '--ext=js', '-'], options)
  assert.equal(run.stderr, '')
  compare(JSON.parse(run.stdout))
})
