#!/usr/bin/env node
// `npx checkrein`: the native command, from the package of this machine's platform.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// To a coding agent's hook any other code of failure means: go on.
const STOP = 2
const FILE = process.platform === 'win32' ? 'checkrein.exe' : 'checkrein'

function command() {
  const require = createRequire(import.meta.url)
  // Only one of them is ever installed by npm; a copied folder may hold more.
  const libc = process.report?.getReport().header.glibcVersionRuntime ? ['-gnu', '-musl'] : ['-musl', '-gnu']
  const endings = { linux: libc, win32: ['-msvc'] }[process.platform] ?? ['']
  const places = [fileURLToPath(new URL('../native', import.meta.url))]
  for (const ending of endings) {
    try {
      const name = `checkrein-${process.platform}-${process.arch}${ending}`
      places.push(dirname(require.resolve(`${name}/package.json`)))
    } catch {
      // Not this one.
    }
  }
  return places.map((place) => join(place, FILE)).find((path) => existsSync(path))
}

const path = command()
if (path === undefined) {
  console.error(
    `checkrein: there is no command for ${process.platform}-${process.arch}; where npm left out optional ` +
      'dependencies, install again without --omit=optional, else build it: cargo install --path cli',
  )
  process.exit(STOP)
}
const child = spawn(path, process.argv.slice(2), { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`checkrein: ${path} cannot be run: ${error.message}`)
  process.exit(STOP)
})
child.on('exit', (code) => process.exit(code ?? STOP))
