/** An answer: the decision, and what it rests on. */

import type { Vocabulary } from 'checkrein-wasm'

import { decision } from './decision'
import type { DecisionHooks } from './decision'
import { h } from './dom'
import type { Evaluation } from './protocol'
import { understanding } from './understanding'
import type { Hooks } from './understanding'

export function answer(
  evaluation: Evaluation,
  vocabulary: Vocabulary,
  hooks: DecisionHooks & Omit<Hooks, 'vocabulary'>,
): readonly HTMLElement[] {
  const { judged } = evaluation
  const parts = [h('h2', {}, 'Decision'), decision(evaluation, hooks)]
  if (judged === undefined) return parts
  const { actions } = judged.decision
  return [...parts, h('h2', {}, 'Understanding'), understanding(actions, { ...hooks, vocabulary })]
}
