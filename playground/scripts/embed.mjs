// Puts the built page where the next build of the command takes it from, compressed.

import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const FROM = fileURLToPath(new URL('../dist', import.meta.url))
const TO = fileURLToPath(new URL('../../cli/site', import.meta.url))

for (const name of readdirSync(TO)) if (name !== '.gitignore') rmSync(join(TO, name), { recursive: true })
let bytes = 0
for (const name of readdirSync(FROM, { recursive: true })) {
  const path = join(FROM, name)
  if (!statSync(path).isFile()) continue
  const content = readFileSync(path)
  // The page itself gets the place of the operator's files written into it.
  const [to, packed] = name === 'index.html' ? [name, content] : [`${name}.gz`, gzipSync(content, { level: 9 })]
  mkdirSync(dirname(join(TO, to)), { recursive: true })
  writeFileSync(join(TO, to), packed)
  bytes += packed.length
}
console.log(`the page, as the command carries it: ${(bytes / 1e6).toFixed(2)} MB`)
