// Prints how large the module is, and fails when a page would wait too long for it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** What a page should wait for at most before it answers. A module without parsers of code (the feature
 * `code` of the core) is to be loaded first, the whole one when it is needed; until then this is an aim. */
const AIM = 2_200_000
/** What the whole module may have. */
const LIMIT = 3_600_000
const bytes = readFileSync(fileURLToPath(new URL('../module/checkrein_wasm_bg.wasm', import.meta.url)))
const zipped = gzipSync(bytes, { level: 9 }).length
const megabytes = (count) => `${(count / 1e6).toFixed(2)} MB`
console.log(`the module: ${megabytes(bytes.length)}, gzipped ${megabytes(zipped)}`)
if (zipped > AIM) console.log(`gzipped it has more than the ${megabytes(AIM)} it should have`)
if (zipped > LIMIT) {
  console.error(`gzipped it may have ${megabytes(LIMIT)} at most`)
  process.exit(1)
}
