/** What the page asks its worker, and what it answers. */

import type {
  Cell,
  Completions,
  Decision,
  Diagnostic,
  Formatted,
  Matrix,
  OutlinedPolicy,
  Pack,
  Range,
  Sources,
  Trials,
  Verdict,
  Vocabulary,
} from 'checkrein-wasm'

/** What an act would be judged as in each environment class, had it a fact changed. */
export interface Variant {
  /** The fact that changed besides the environment, in words; empty for none. */
  readonly given: string
  readonly cells: readonly Pick<Cell, 'environment' | 'verdict' | 'teams'>[]
}

/** A decision with what the page shows beside it. */
export interface Judged {
  readonly decision: Decision
  /** The call that was decided. */
  readonly call: string
  /** Where each action's span stands in the call's text, by action. */
  readonly places: readonly (readonly Range[])[]
  /** Variants of each action, by action; none for what is allowed. */
  readonly variants: readonly (readonly Variant[])[]
  /** Mean time of one decision in microseconds, and over how many. */
  readonly micros: number
  readonly runs: number
}

/** An answer about a call: the bundle has mistakes, or there is a decision. */
export interface Evaluation {
  readonly diagnostics: readonly Diagnostic[]
  /** Why the bundle did not load; then there is no decision. */
  readonly problem: string
  readonly bundle: string
  /** The agent that makes the call. */
  readonly agent: string
  /** What has to be said about how the text was read. */
  readonly note: string
  /** Why there is nothing to decide: the text is an event that asks for nothing, or none that can be read. */
  readonly nothing?: string
  readonly judged?: Judged
}

/** The questions with their parameters and answers. */
export interface Questions {
  about: [{ readonly kind: 'about' }, { packs: readonly Pack[]; vocabulary: Vocabulary; version: string }]
  evaluate: [{ readonly kind: 'evaluate'; sources: Sources; text: string }, Evaluation]
  complete: [{ readonly kind: 'complete'; text: string; offset: number; inventory: string }, Completions]
  format: [{ readonly kind: 'format'; text: string; name: string }, Formatted]
  outline: [{ readonly kind: 'outline'; text: string }, readonly OutlinedPolicy[]]
  matrix: [{ readonly kind: 'matrix'; sources: Sources; agent: string }, { matrix: Matrix; millis: number }]
  verdicts: [{ readonly kind: 'verdicts'; sources: Sources; calls: readonly string[] }, readonly Verdict[]]
  tests: [{ readonly kind: 'tests'; sources: Sources; tests: string }, Trials]
}

export type Kind = keyof Questions
export type Question<K extends Kind = Kind> = Questions[K][0]
export type Answer<K extends Kind = Kind> = Questions[K][1]

export interface Asked {
  readonly id: number
  readonly question: Question
}

export interface Replied {
  readonly id: number
  readonly answer?: Answer
  readonly error?: string
}
