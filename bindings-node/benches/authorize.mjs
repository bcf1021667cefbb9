// Measures the binding next to the same calls in Rust, and next to cedar-wasm.
//
// Run by `cargo xtask bench`. All figures of one table come from one run in which the sides take turns,
// because the speed of shared machines drifts.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { Guard } from 'checkrein'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const INCIDENT = join(ROOT, 'tests/cases/incidents/pocketos')
const CALL = JSON.parse(readFileSync(join(INCIDENT, '03-curl-found-token.json'), 'utf8')).call
const INVENTORY = readFileSync(join(INCIDENT, 'checkrein.toml'), 'utf8')
const ROUNDS = 5
const CALLS = 4_000

againstRust()
againstCedar()
loading()

function againstRust() {
  head('The incident call, JSON or JavaScript values in, decision out; microseconds')
  for (const policies of [0, 1_000]) {
    const guard = guardWith(policies)
    const text = JSON.stringify(CALL)
    const figures = takingTurns({
      Rust: () => measure('time', String(policies), String(CALLS)).split(' ').map(Number),
      authorizeJson: () => timed(() => guard.authorizeJson(text)),
      authorize: () => timed(() => authorize(guard)),
      'authorize, then look at .verdict': () => timed(() => authorize(guard).verdict),
    })
    for (const [name, pair] of Object.entries(figures)) row(48 + policies, name, ...pair)
    row('', 'overhead of authorize over Rust', figures.authorize[0] - figures.Rust[0])
  }
}

/** Both get the same operator policies. cedar-wasm gets the finished request, so it does not
 * interpret, ground or look for approvers; we do all of that and decide by the baseline too. */
function againstCedar() {
  head('Next to @cedar-policy/cedar-wasm; microseconds')
  for (const policies of [10, 100, 1_000]) {
    const guard = guardWith(policies)
    const call = cedarCall(`policies-${policies}`)
    answered(preparsePolicySet(call.preparsedPolicySetId, { staticPolicies: policiesOf(policies) }))
    answered(statefulIsAuthorized(call))
    const calls = policies < 1_000 ? CALLS : 400
    const figures = takingTurns({
      'checkrein, from the shell line': () => timed(() => authorize(guard)),
      'cedar-wasm, stateful': () => timed(() => statefulIsAuthorized(call), calls),
    })
    for (const [name, pair] of Object.entries(figures)) row(policies, name, ...pair)
  }
}

/** What loading the package adds to a process that has started. */
function loading() {
  const script =
    "const start = performance.now(); await import('checkrein'); console.log(performance.now() - start)"
  const once = () => Number(output(process.execPath, ['--input-type=module', '--eval', script]))
  const times = Array.from({ length: 15 }, once)
  console.log(`\nimport 'checkrein': ${median(times).toFixed(1)} ms (median of ${times.length})`)
}

function authorize(guard) {
  const { tool, arguments: given, workspace } = CALL
  return guard.authorize({ tool, arguments: given, agent: 'cursor', session: 's-1', workspace, env: {} })
}

/** Median and 99th percentile of a call, in microseconds. */
function timed(call, calls = CALLS) {
  for (let round = 0; round < calls / 10; round++) call()
  const times = new Float64Array(calls)
  for (let round = 0; round < calls; round++) {
    const start = process.hrtime.bigint()
    call()
    times[round] = Number(process.hrtime.bigint() - start) / 1e3
  }
  times.sort()
  return [times[calls >> 1], times[Math.floor(calls * 0.99)]]
}

function takingTurns(sides) {
  const rounds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, side] of Object.entries(sides)) rounds[name].push(side())
  }
  const medians = (figures) => [0, 1].map((which) => median(figures.map((pair) => pair[which])))
  return Object.fromEntries(Object.entries(rounds).map(([name, figures]) => [name, medians(figures)]))
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function guardWith(policies) {
  return new Guard({ policies: policies === 0 ? {} : policiesOf(policies), inventory: INVENTORY })
}

function policiesOf(count) {
  return measure('policies', String(count))
}

function measure(...args) {
  return output(join(ROOT, 'target/release/measure'), args)
}

function output(program, args) {
  const done = spawnSync(program, args, { cwd: fileURLToPath(new URL('.', import.meta.url)), maxBuffer: 1 << 26 })
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`)
  return done.stdout.toString()
}

function answered(answer) {
  if (answer.type !== 'success') throw new Error(JSON.stringify(answer).slice(0, 500))
}

/** The incident's action as a request that our policies can be evaluated on. */
function cedarCall(preparsedPolicySetId) {
  const production = { type: 'Environment', id: 'production' }
  const entity = (type, id) => ({ __entity: { type, id } })
  return {
    preparsedPolicySetId,
    principal: { type: 'Agent', id: 'cursor' },
    action: { type: 'Action', id: 'delete' },
    resource: { type: 'Volume', id: 'vol_prod_db' },
    context: {
      operation: 'railway:volumeDelete',
      reversibility: entity('Reversibility', 'irreversible'),
      completeness: entity('Completeness', 'exact'),
      effects: [entity('Effect', 'destroys_recovery'), entity('Effect', 'egress')],
      scope: { count: 1, unbounded: false },
    },
    entities: [
      { uid: { type: 'Volume', id: 'vol_prod_db' }, attrs: {}, parents: [production] },
      { uid: production, attrs: {}, parents: [{ type: 'EnvironmentClass', id: 'production' }] },
      { uid: { type: 'Agent', id: 'cursor' }, attrs: {}, parents: [] },
    ],
  }
}

function head(title) {
  console.log(`\n${title}`)
  row('policies', '', 'p50', 'p99')
}

function row(policies, name, ...figures) {
  const shown = figures.map((figure) => (typeof figure === 'number' ? figure.toFixed(1) : figure).padStart(8))
  console.log(`${String(policies).padStart(10)} ${name.padEnd(34)} ${shown.join(' ')}`)
}
