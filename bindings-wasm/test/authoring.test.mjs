// What editors ask for, and that the types say what the engine answers.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { load } from 'checkrein-wasm'

import * as shapes from '../../target/wasm-test/shapes.js'
import { HARMLESS, cases, incident, shell, sources } from './support.mjs'

const checkrein = await load()
const { content, inventory } = incident()
const engine = checkrein.open(sources(inventory))

/** Whether `value` has the members of a type, all the needed ones and no others. */
function has(value, shape) {
  for (const [name, optional] of Object.entries(shape)) {
    assert.ok(optional || name in value, `${name} is missing in ${JSON.stringify(value)}`)
  }
  for (const name of Object.keys(value)) assert.ok(name in shape, `${name} is not in the type`)
}

/** Whether every member of the type was seen in some value. */
function seen(values, shape) {
  for (const value of values) has(value, shape)
  const names = new Set(values.flatMap((value) => Object.keys(value)))
  assert.deepEqual([...names].sort(), Object.keys(shape).sort())
}

test('decisions have their type', () => {
  const decisions = cases().map((each) => each.content.decision)
  decisions.push(engine.authorize({}))
  seen(decisions, shapes.DECISION)
  seen(decisions.flatMap(({ actions }) => actions), shapes.ACTION)
})

test('the unions are the vocabularies', () => {
  const words = checkrein.vocabulary()
  seen(Object.values(words).flat(), shapes.WORD)
  const names = (name) => Object.fromEntries(words[name].map(({ word }) => [word, true]))
  assert.deepEqual(names('Verb'), shapes.VERBS)
  assert.deepEqual(names('EnvironmentClass'), shapes.CLASSES)
  assert.deepEqual(names('Reversibility'), shapes.REVERSIBILITIES)
  assert.deepEqual(names('Completeness'), shapes.COMPLETENESSES)
  assert.deepEqual(names('Verdict'), shapes.VERDICTS)
})

test('mistakes have exact places', () => {
  const text = '// 🦊\n@id("a") @reason("r") permit (principal, action, resource) when { context.nope };'
  const wrong = { policies: [{ name: 'own.cedar', text }], packs: ['none'] }
  const found = checkrein.diagnose(wrong)
  seen(found, shapes.DIAGNOSTIC)
  const { range, line, column, severity } = found.find(({ file }) => file === 'own.cedar')
  assert.equal(text.slice(range.start, range.end), 'context.nope')
  assert.deepEqual([line, column, severity], [2, 67, 'error'])
  assert.deepEqual(engine.edited(wrong).diagnose(), found)
  assert.deepEqual(engine.diagnose(), [])
  const doubtful = text.replace('context.nope', '!(context has nope)')
  const [doubt] = engine.edited({ policies: [{ name: 'own.cedar', text: doubtful }] }).diagnose()
  assert.equal(doubt.severity, 'warning')
  assert.deepEqual(checkrein.diagnose(sources(inventory)), [])
})

test('completions fit', () => {
  const text = '/* 🦊 */ permit (principal, action, resource) when { context.reversibility == Reversibility::"irr" };'
  const at = text.indexOf('irr') + 3
  const found = checkrein.complete(text, at, inventory)
  has(found, shapes.COMPLETIONS)
  seen(found.items, shapes.COMPLETION)
  assert.equal(text.slice(found.from, found.to), 'irr')
  assert.ok(found.items.some(({ label }) => label === 'irreversible'))
})

test('text is laid out, or its mistakes are named', () => {
  assert.deepEqual(checkrein.format('permit(principal,action,resource);'), {
    text: 'permit (principal, action, resource);\n',
  })
  for (const mistake of checkrein.format('permit(').mistakes) has(mistake, shapes.DIAGNOSTIC)
  const [pack] = checkrein.packs()
  has(pack, shapes.PACK)
  const outlined = checkrein.outline(pack.policy)
  seen(outlined, shapes.OUTLINED)
  for (const { id, range } of outlined) {
    assert.ok(pack.policy.slice(range.start, range.end).startsWith(`@id("${id}")`))
  }
})

test('spans are found in the text of the call', () => {
  const call = shell('echo "🦊" && rm -rf src')
  const text = JSON.stringify(call, null, 2)
  const { actions } = engine.authorize(call)
  const { span } = actions.find(({ verb }) => verb === 'delete')
  const [range] = checkrein.locate(text, span)
  assert.equal(text.slice(range.start, range.end), 'src')
})

test('every cell with an example has a call that lands there', () => {
  const matrix = engine.matrix({ agent: 'cursor' })
  has(matrix, shapes.MATRIX)
  seen(matrix.cells, shapes.CELL)
  assert.equal(
    matrix.cells.length,
    matrix.verbs.length * matrix.types.length * matrix.environments.length,
  )
  const shown = matrix.cells.filter(({ example }) => example !== undefined)
  assert.ok(shown.length > 100, `${shown.length}`)
  for (const { verb, type, environment, example } of shown) {
    const decision = engine.authorize(example.call)
    assert.equal(decision.verdict, example.verdict)
    const lands = decision.actions.some(
      (action) =>
        action.verb === verb && action.resource.type === type && action.environment.class === environment,
    )
    assert.ok(lands, JSON.stringify(example.call))
  }
  seen(engine.examples(), shapes.LANDING)
  assert.throws(() => engine.matrix({ verbs: ['destroi'] }), { name: 'CheckreinError' })
})

test('tests of the packs pass, and wrong ones fail', () => {
  for (const pack of checkrein.packs()) {
    const own = checkrein.open({ packs: [pack.name] })
    const trials = own.runTests(pack.tests)
    has(trials, shapes.TRIALS)
    assert.equal(trials.failed, 0)
    const wrong = own.runTests(pack.tests.replaceAll('"expect": "allow"', '"expect": "deny"'))
    assert.ok(wrong.failed > 0)
    seen(wrong.trials, shapes.TRIAL)
  }
})

test('an edit is decided like a fresh load', () => {
  const [pack] = checkrein.packs()
  const own = pack.policy.replaceAll('"baseline.', '"own.')
  const before = checkrein.open({ policies: [{ name: 'own', text: own }], packs: [] })
  assert.equal(before.authorize(HARMLESS).verdict, 'allow')
  const text = own.replace('action in Action::"observe"', 'action == Action::"read"')
  const edited = { policies: [{ name: 'own', text }], packs: [] }
  const after = before.edited(edited)
  const fresh = checkrein.open(edited)
  for (const call of [HARMLESS, content.call]) {
    assert.deepEqual(after.authorize(call), fresh.authorize(call))
  }
  assert.notDeepEqual(after.authorize(HARMLESS), before.authorize(HARMLESS))
  assert.notEqual(before.edited({ packs: ['none'] }).problem, '')
})

test('memory is given back, and an engine opens again when asked', () => {
  const own = checkrein.open({})
  const text = own.authorizeJson(JSON.stringify(HARMLESS))
  own.free()
  if (Symbol.dispose !== undefined) own[Symbol.dispose]()
  assert.equal(own.undefined, undefined)
  assert.equal(own.authorizeJson(JSON.stringify(HARMLESS)), text)
})

test("a hook's event is a call, and spans are found in it", () => {
  const event = {
    hook_event_name: 'PreToolUse',
    session_id: 's1',
    cwd: '/repo',
    tool_name: 'Bash',
    tool_input: { command: 'git status && rm -rf /srv/data' },
  }
  const claude = checkrein.event(JSON.stringify(event))
  assert.deepEqual(claude, {
    host: 'Claude Code',
    arguments: 'tool_input',
    call: {
      tool: 'Bash',
      arguments: event.tool_input,
      agent: { id: 'claude-code', session: 's1' },
      workspace: { root: '/repo', cwd: '/repo' },
    },
  })
  const text = JSON.stringify(event, null, 2)
  const { actions } = engine.authorize(claude.call)
  const marked = actions.map(({ span }) =>
    checkrein.locate(text, span, claude.arguments).map(({ start, end }) => text.slice(start, end)),
  )
  assert.deepEqual(marked, [['git status &&'], ['/srv/data']])

  const shell = { hook_event_name: 'beforeShellExecution', workspace_roots: ['/repo'], command: 'ls -la', cwd: '' }
  const cursor = checkrein.event(JSON.stringify(shell))
  assert.deepEqual([cursor.host, cursor.arguments, cursor.call.tool], ['Cursor', '', 'Shell'])
  const [place] = checkrein.locate(JSON.stringify(shell), { argument: 'command', start: 0, end: 2 }, '')
  assert.equal(JSON.stringify(shell).slice(place.start, place.end), 'ls')

  assert.deepEqual(checkrein.event('{"hook_event_name":"PostToolUse"}'), { host: 'Claude Code', call: null, arguments: null })
  for (const none of ['', 'x', '[]', '{}', JSON.stringify(claude.call), '{"hook_event_name":1}']) {
    assert.equal(checkrein.event(none), undefined)
  }
  assert.throws(() => checkrein.event('{"hook_event_name":"PreToolUse"}'), { name: 'CheckreinError' })
})
