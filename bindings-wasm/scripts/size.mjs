// Prints how large the module is, and fails when a page would wait too long for it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT = 2_200_000
const bytes = readFileSync(fileURLToPath(new URL('../module/checkrein_wasm_bg.wasm', import.meta.url)))
const zipped = gzipSync(bytes, { level: 9 }).length
const megabytes = (count) => `${(count / 1e6).toFixed(2)} MB`
console.log(`the module: ${megabytes(bytes.length)}, gzipped ${megabytes(zipped)}`)
if (zipped > LIMIT) {
  console.error(`gzipped it may have ${megabytes(LIMIT)} at most`)
  process.exit(1)
}
