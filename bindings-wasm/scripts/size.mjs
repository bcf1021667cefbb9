// Prints how large the modules are, and fails when a page would wait too long for one.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Bytes each may have at most, gzipped: what a page waits for before its first answer, and before it answers
 * a call that holds code. */
const MODULES = [
  { name: 'the light module', file: '../module/light/checkrein_wasm_bg.wasm', limit: 2_200_000 },
  { name: 'the whole module', file: '../module/checkrein_wasm_bg.wasm', limit: 3_000_000 },
]
const megabytes = (count) => `${(count / 1e6).toFixed(2)} MB`

for (const { name, file, limit } of MODULES) {
  const bytes = readFileSync(new URL(file, import.meta.url))
  const zipped = gzipSync(bytes, { level: 9 }).length
  console.log(`${name}: ${megabytes(bytes.length)}, gzipped ${megabytes(zipped)}`)
  if (zipped > limit) {
    console.error(`gzipped it may have ${megabytes(limit)} at most`)
    process.exitCode = 1
  }
}
