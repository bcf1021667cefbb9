// The members of every type, checked against the types here and against the engine's answers by the
// tests: neither can drift from the other.

import type {
  Action,
  Cell,
  Completion,
  Completions,
  Decision,
  Diagnostic,
  Landing,
  Matrix,
  OutlinedPolicy,
  Pack,
  Trial,
  Trials,
  Word,
} from '../dist/index.js'

/** Every member of `T`; `true` for those that may be missing. */
type Members<T> = { [K in keyof Required<T>]: undefined extends T[K] ? true : false }

export const DECISION = {
  verdict: false,
  reason: false,
  advice: true,
  actions: false,
  approval: true,
  errors: false,
  bundle: false,
} satisfies Members<Decision>

export const ACTION = {
  operation: false,
  verb: false,
  resource: false,
  location: false,
  environment: false,
  reversibility: false,
  scope: false,
  effects: false,
  credential: true,
  completeness: false,
  span: false,
  evidence: false,
  verdict: false,
  policies: false,
} satisfies Members<Action>

export const DIAGNOSTIC = {
  file: false,
  severity: false,
  range: true,
  bytes: true,
  line: false,
  column: false,
  message: false,
  help: true,
} satisfies Members<Diagnostic>

export const COMPLETIONS = { from: false, to: false, items: false } satisfies Members<Completions>

export const COMPLETION = { label: false, kind: false, about: true } satisfies Members<Completion>

export const OUTLINED = {
  id: false,
  effect: false,
  reason: true,
  advice: true,
  range: false,
} satisfies Members<OutlinedPolicy>

export const PACK = { name: false, policy: false, readme: false, tests: false } satisfies Members<Pack>

export const WORD = { word: false, about: false } satisfies Members<Word>

export const MATRIX = {
  verbs: false,
  types: false,
  environments: false,
  cells: false,
} satisfies Members<Matrix>

export const CELL = {
  verb: false,
  type: false,
  environment: false,
  verdict: false,
  policies: false,
  teams: true,
  example: true,
} satisfies Members<Cell>

export const LANDING = {
  verb: false,
  type: false,
  environment: false,
  example: false,
} satisfies Members<Landing>

export const TRIAL = {
  case: false,
  policy: false,
  fires: false,
  passed: false,
  expected: false,
  got: false,
  policies: false,
  problem: true,
} satisfies Members<Trial>

export const TRIALS = {
  trials: false,
  passed: false,
  failed: false,
  untested: false,
} satisfies Members<Trials>

/** Words of the unions; a missing or surplus one does not compile. */
type Words<U extends string> = Record<U, true>

export const VERBS = {
  read: true,
  list: true,
  create: true,
  update: true,
  delete: true,
  execute: true,
  deploy: true,
  grant: true,
  revoke: true,
  send: true,
  spend: true,
  publish: true,
  unknown: true,
} satisfies Words<Action['verb']>

export const CLASSES = {
  local: true,
  development: true,
  staging: true,
  unknown: true,
  production: true,
} satisfies Words<Action['environment']['class']>

export const REVERSIBILITIES = {
  none: true,
  reversible: true,
  recoverable: true,
  effortful: true,
  irreversible: true,
} satisfies Words<Action['reversibility']>

export const COMPLETENESSES = {
  exact: true,
  partial: true,
  opaque: true,
} satisfies Words<Action['completeness']>

export const VERDICTS = {
  allow: true,
  needs_approval: true,
  deny: true,
} satisfies Words<Action['verdict']>
