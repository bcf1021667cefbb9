// Packs what is built for npm: the package itself, that of this machine's platform, and WebAssembly's.
//
// pack.mjs [--out DIR]   the folder for the archives, bindings-node/npm when absent

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { parseTriple } from '@napi-rs/cli'

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..')
const NATIVE = join(HERE, 'native')
const { values: options } = parseArgs({ options: { out: { type: 'string', default: join(HERE, 'npm') } } })
const OUT = resolve(options.out)
const { devDependencies, private: _, napi, ...description } = JSON.parse(
  readFileSync(join(HERE, 'package.json'), 'utf8'),
)
const TARGETS = napi.targets.map(parseTriple)

rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { recursive: true })
packMain()
for (const target of TARGETS) packPlatform(target)
const wasi = join(NATIVE, 'wasi')
if (existsSync(join(wasi, 'package.json'))) {
  const own = JSON.parse(readFileSync(join(wasi, 'package.json'), 'utf8'))
  pack({ ...common(), ...own }, wasi, own.files)
}

function packMain() {
  const names = [...TARGETS.map(({ platformArchABI }) => platformArchABI), 'wasm32-wasi']
  const optionalDependencies = Object.fromEntries(
    names.map((name) => [`${description.name}-${name}`, description.version]),
  )
  pack({ ...description, optionalDependencies }, HERE, ['README.md', ...description.files])
}

/** The package with the native module and command of a platform, when they are built. */
function packPlatform({ platformArchABI, platform, arch, abi }) {
  const file = `${napi.binaryName}.${platformArchABI}.node`
  if (!existsSync(join(NATIVE, file))) return
  const files = [file, platform === 'win32' ? 'checkrein.exe' : 'checkrein']
  const libc = { gnu: ['glibc'], musl: ['musl'] }[abi]
  const own = {
    name: `${description.name}-${platformArchABI}`,
    description: `The native module and command of checkrein for ${platformArchABI}`,
    main: file,
    files,
    os: [platform],
    cpu: [arch],
    ...(platform === 'linux' && libc ? { libc } : {}),
  }
  pack({ ...common(), ...own }, NATIVE, files)
}

function common() {
  const { version, license, author, repository, engines } = description
  return { version, license, author, repository, engines }
}

/** Packs files of a folder with a description of their own. */
function pack(own, from, files) {
  const stage = mkdtempSync(join(tmpdir(), 'checkrein-'))
  try {
    for (const file of files) cpSync(join(from, file), join(stage, file), { recursive: true })
    cpSync(join(HERE, '..', 'LICENSE'), join(stage, 'LICENSE'))
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`)
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', OUT]
    const done = spawnSync('npm', args, { cwd: stage, stdio: 'inherit', shell: process.platform === 'win32' })
    if (done.status !== 0) process.exit(done.status ?? 1)
  } finally {
    rmSync(stage, { recursive: true })
  }
}
