// Builds the package: the native module and command, their loader and types, and the JavaScript.
//
// build.mjs [--profile NAME] [--check]   --check fails when the generated types are not current.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { generateTypeDef, writeJsBinding } from '@napi-rs/cli'

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..')
const ROOT = join(HERE, '..')
const HEADER = '/* Generated from the native module; `cargo xtask generate` writes it again. */\n'
const { values: options } = parseArgs({
  options: {
    profile: { type: 'string', default: 'dist' },
    check: { type: 'boolean', default: false },
    features: { type: 'string', default: '' },
    out: { type: 'string', default: join(HERE, 'native') },
  },
})

const { version } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
const typeDefDir = mkdtempSync(join(tmpdir(), 'checkrein-'))
try {
  buildNative()
  await writeLoader()
} finally {
  rmSync(typeDefDir, { recursive: true })
}
buildJavaScript()

function buildNative() {
  // The types are written while the module is compiled, so it has to be.
  const now = new Date()
  utimesSync(join(HERE, 'src', 'lib.rs'), now, now)
  const library = cargo('checkrein-node', options.features).find((file) => /\.(so|dylib|dll)$/.test(file))
  mkdirSync(options.out, { recursive: true })
  copyFileSync(library, join(options.out, `checkrein.${platform()}.node`))
  if (options.features === '') {
    const command = cargo('checkrein-cli').find((file) => /checkrein(\.exe)?$/.test(file))
    copyFileSync(command, join(options.out, process.platform === 'win32' ? 'checkrein.exe' : 'checkrein'))
  }
}

/** Builds a crate and answers the files it makes. */
function cargo(name, features = '') {
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

async function writeLoader() {
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

function buildJavaScript() {
  rmSync(join(HERE, 'dist'), { recursive: true, force: true })
  for (const [folder, type, args] of [
    ['esm', 'module', ['--module', 'nodenext']],
    ['cjs', 'commonjs', ['--module', 'commonjs', '--moduleResolution', 'bundler']],
  ]) {
    const out = join(HERE, 'dist', folder)
    const done = spawnSync(join(HERE, 'node_modules/.bin/tsc'), ['-p', HERE, '--outDir', out, ...args], {
      stdio: 'inherit',
    })
    if (done.status !== 0) process.exit(done.status ?? 1)
    writeFileSync(join(out, 'package.json'), `${JSON.stringify({ type })}\n`)
  }
}

function platform() {
  const libc = process.platform !== 'linux' ? '' : process.report.getReport().header.glibcVersionRuntime ? '-gnu' : '-musl'
  const msvc = process.platform === 'win32' ? '-msvc' : ''
  return `${process.platform}-${process.arch}${libc}${msvc}`
}
