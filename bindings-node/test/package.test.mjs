// What is packed for npm, used as a project would use it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('..', import.meta.url))
const TOOLS = join(HERE, 'node_modules', '.bin')
const FOLDER = mkdtempSync(join(tmpdir(), 'checkrein-package-'))
const PACKED = join(FOLDER, 'packed')
after(() => rmSync(FOLDER, { recursive: true }))

run(process.execPath, [join(HERE, 'scripts/pack.mjs'), '--out', PACKED])
const archives = readdirSync(PACKED).map((file) => join(PACKED, file))
const wasi = archives.find((file) => file.includes('wasm32'))
const platform = archives.find((file) => file.includes(`-${process.platform}-${process.arch}`))
const main = archives.find((file) => file !== wasi && file !== platform)

const USE = `
const guard = new Guard({ inventory: '' })
const call = { tool: 'Bash', arguments: { command: 'git status' }, agent: 'a', workspace: {}, env: {} }
console.log(guard.authorize(call).verdict)`

test('publint finds nothing', () => {
  assert.match(run(join(TOOLS, 'publint'), ['run', main, '--strict']), /All good/)
})

test('the types resolve as the JavaScript does', () => {
  run(join(TOOLS, 'attw'), [main, '--profile', 'node16', '--no-emoji'])
})

test('only what is meant to be is in it', () => {
  const files = run('tar', ['-tzf', main]).trim().split('\n')
  const meant = /^package\/(package\.json|README\.md|LICENSE|bin\/checkrein\.mjs|native\/native\.(cjs|d\.cts)|dist\/.*\.(js|d\.ts|json))$/
  assert.deepEqual(files.filter((file) => !meant.test(file)), [])
  const { exports } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
  for (const entry of Object.values(exports)) {
    const targets = typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(Object.values)
    for (const target of targets) assert.ok(files.includes(join('package', target)), target)
  }
})

test('a project imports, requires, and runs the command', () => {
  const project = installed('user', [main, platform])
  writeFileSync(join(project, 'esm.mjs'), `import { Guard } from 'checkrein'${USE}`)
  writeFileSync(join(project, 'cjs.cjs'), `const { Guard } = require('checkrein')${USE}`)
  assert.equal(run(process.execPath, ['esm.mjs'], project), 'allow\n')
  assert.equal(run(process.execPath, ['cjs.cjs'], project), 'allow\n')
  const { version } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
  assert.equal(run('npx', ['--no', '--', 'checkrein', '--version'], project), `checkrein ${version}\n`)
  const hook = start('npx', ['--no', '--', 'checkrein', 'hook', 'claude-code'], project)
  assert.equal(hook.status, 2, 'an event that cannot be read stops the call')
})

test('a project is typed', () => {
  const project = installed('typed', [main, platform])
  writeFileSync(join(project, 'user.ts'), readFileSync(join(HERE, 'test', 'user.ts')))
  mkdirSync(join(project, 'node_modules', '@types'), { recursive: true })
  symlinkSync(join(HERE, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'))
  for (const module of [
    ['nodenext'],
    ['esnext', '--moduleResolution', 'bundler'],
    ['commonjs', '--moduleResolution', 'bundler'],
  ]) {
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', 'node']
    run(join(TOOLS, 'tsc'), [...options, '--module', ...module, 'user.ts'], project)
  }
})

test('without a native module nothing loads, and the command stops the call', () => {
  const project = installed('bare', [main])
  const loaded = start(process.execPath, ['--eval', "require('checkrein')"], project)
  assert.notEqual(loaded.status, 0)
  const adapter = start(process.execPath, ['--eval', "require('checkrein/http')"], project)
  assert.notEqual(adapter.status, 0)
  const command = start('npx', ['--no', '--', 'checkrein', '--version'], project)
  assert.equal(command.status, 2)
  assert.match(command.stderr.toString(), /--omit=optional/)
})

test('WebAssembly stands in', { skip: wasi === undefined && 'it was not built' }, () => {
  // As from a registry: an optional dependency, which npm installs when it is told the processor.
  const overrides = { 'checkrein-wasm32-wasi': `file:${wasi}` }
  const project = installed('wasi', [main], ['--cpu=wasm32'], { overrides })
  writeFileSync(join(project, 'esm.mjs'), `import { Guard } from 'checkrein'${USE}`)
  assert.equal(run(process.execPath, ['esm.mjs'], project), 'allow\n')
  const found = start(process.execPath, ['--eval', "new (require('checkrein').Guard)()"], project)
  assert.notEqual(found.status, 0, 'it looks for no configuration')
  assert.match(found.stderr.toString(), /name the configuration/)
})

/** An empty project with these archives installed. */
function installed(name, files, options = [], more = {}) {
  const project = join(FOLDER, name)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, ...more }))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', ...options, ...files], project)
  return project
}

function run(program, args, cwd = FOLDER) {
  const done = start(program, args, cwd)
  assert.equal(done.status, 0, `${program} ${args.join(' ')}\n${done.stdout}${done.stderr}`)
  return done.stdout.toString()
}

function start(program, args, cwd) {
  return spawnSync(program, args, { cwd, input: '', env: { ...process.env, CHECKREIN_CONFIG: '' } })
}
