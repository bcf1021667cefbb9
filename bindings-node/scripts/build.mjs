// Builds the package: the native module and command, their loader and types, and the JavaScript.
//
// build.mjs [--profile NAME] [--check]   --check fails when the generated types are not current
// build.mjs --features fault --out DIR   a native module that panics when it is asked to
// build.mjs --wasi                       the WebAssembly build, for machines without a native one

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { NapiCli, generateTypeDef, writeJsBinding } from '@napi-rs/cli'

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..')
const ROOT = join(HERE, '..')
const HEADER = '/* Generated from the native module; `cargo xtask generate` writes it again. */\n'
/** js/src/load.d.ts, for each kind of module. */
const LOAD = {
  module: "import { createRequire } from 'node:module'\nexport const native = createRequire(import.meta.url)('../../native/native.cjs')\n",
  commonjs: "exports.native = require('../../native/native.cjs')\n",
}
const { values: options } = parseArgs({
  options: {
    profile: { type: 'string', default: 'dist' },
    check: { type: 'boolean', default: false },
    wasi: { type: 'boolean', default: false },
    features: { type: 'string', default: '' },
    out: { type: 'string', default: join(HERE, 'native') },
  },
})

const { version, devDependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
if (options.wasi) {
  await buildWasi()
} else {
  const typeDefDir = mkdtempSync(join(tmpdir(), 'checkrein-'))
  try {
    buildNative(typeDefDir)
    if (options.features === '') await writeLoader(typeDefDir)
  } finally {
    rmSync(typeDefDir, { recursive: true })
  }
  if (options.features === '') buildJavaScript()
}

function buildNative(typeDefDir) {
  // The types are written while the module is compiled, so it has to be.
  const now = new Date()
  utimesSync(join(HERE, 'src', 'lib.rs'), now, now)
  const library = cargo('checkrein-node', typeDefDir, options.features).find((file) => /\.(so|dylib|dll)$/.test(file))
  mkdirSync(options.out, { recursive: true })
  copyFileSync(library, join(options.out, `checkrein.${platform()}.node`))
  if (options.features === '') {
    const command = cargo('checkrein-cli', typeDefDir).find((file) => /checkrein(\.exe)?$/.test(file))
    copyFileSync(command, join(options.out, process.platform === 'win32' ? 'checkrein.exe' : 'checkrein'))
  }
}

/** Builds a crate and answers the files it makes. */
function cargo(name, typeDefDir, features = '') {
  const args = ['build', '--profile', options.profile, '--message-format', 'json-render-diagnostics']
  args.push('--package', name, '--features', features)
  const done = spawnSync('cargo', args, {
    cwd: ROOT,
    env: { ...process.env, NAPI_TYPE_DEF_TMP_FOLDER: typeDefDir },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  })
  if (done.status !== 0) process.exit(done.status ?? 1)
  const messages = done.stdout.toString().split('\n').filter((line) => line.startsWith('{'))
  const built = messages.map((line) => JSON.parse(line))
  return built.filter((message) => message.package_id?.includes(name)).flatMap((message) => message.filenames ?? [])
}

async function writeLoader(typeDefDir) {
  const { dts, exports } = await generateTypeDef({ typeDefDir, cwd: HERE, noDtsHeader: true })
  const types = join(HERE, 'native', 'native.d.cts')
  const fresh = HEADER + dts
  if (options.check) {
    if (readFileSync(types, 'utf8') !== fresh) {
      console.error('native/native.d.cts is not that of the native module: cargo xtask generate')
      process.exit(1)
    }
  } else {
    writeFileSync(types, fresh)
  }
  await writeJsBinding({
    platform: true,
    idents: exports,
    jsBinding: 'native.cjs',
    commonjs: true,
    binaryName: 'checkrein',
    packageName: 'checkrein',
    version,
    outputDir: options.out,
  })
}

async function buildWasi() {
  const made = mkdtempSync(join(tmpdir(), 'checkrein-'))
  try {
    const { task } = await new NapiCli().build({
      cwd: HERE,
      target: 'wasm32-wasip1-threads',
      targetDir: join(ROOT, 'target'),
      package: 'checkrein-node',
      profile: options.profile,
      ...(options.features === '' ? {} : { features: [options.features] }),
      platform: true,
      outputDir: made,
      jsBinding: 'native.cjs',
    })
    await task
    const out = join(options.out, 'wasi')
    mkdirSync(out, { recursive: true })
    const files = ['checkrein.wasi.cjs', 'wasi-worker.mjs', 'checkrein.wasm32-wasi.wasm']
    for (const file of files) copyFileSync(join(made, file), join(out, file))
    const dependencies = ['@napi-rs/wasm-runtime', '@emnapi/core', '@emnapi/runtime']
    const description = {
      name: 'checkrein-wasm32-wasi',
      version,
      main: files[0],
      files,
      cpu: ['wasm32'],
      dependencies: Object.fromEntries(dependencies.map((name) => [name, devDependencies[name]])),
    }
    writeFileSync(join(out, 'package.json'), JSON.stringify(description, undefined, 2))
  } finally {
    rmSync(made, { recursive: true })
  }
}

function buildJavaScript() {
  const dist = join(HERE, 'dist')
  const fresh = join(HERE, 'dist.new')
  rmSync(fresh, { recursive: true, force: true })
  for (const [folder, type, args] of [
    ['esm', 'module', ['--module', 'nodenext']],
    ['cjs', 'commonjs', ['--module', 'commonjs', '--moduleResolution', 'bundler']],
  ]) {
    const out = join(fresh, folder)
    const done = spawnSync(join(HERE, 'node_modules/.bin/tsc'), ['-p', HERE, '--outDir', out, ...args], {
      stdio: 'inherit',
    })
    if (done.status !== 0) process.exit(done.status ?? 1)
    writeFileSync(join(out, 'package.json'), `${JSON.stringify({ type })}\n`)
    writeFileSync(join(out, 'load.js'), LOAD[type])
  }
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
}

function platform() {
  const libc = process.platform !== 'linux' ? '' : process.report.getReport().header.glibcVersionRuntime ? '-gnu' : '-musl'
  const msvc = process.platform === 'win32' ? '-msvc' : ''
  return `${process.platform}-${process.arch}${libc}${msvc}`
}
