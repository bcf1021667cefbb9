/** What the policies say, and why. */

import type { Action, DeterminingPolicy, Diagnostic } from 'checkrein-wasm'

import { VERDICTS, h, verdictLabel } from './dom'
import type { Evaluation, Judged } from './protocol'

export interface DecisionHooks {
  readonly openPolicy: (id: string) => void
  readonly openMistake: (mistake: Diagnostic) => void
}

export function decision({ judged, problem, nothing, diagnostics }: Evaluation, hooks: DecisionHooks): HTMLElement {
  if (judged !== undefined) return found(judged, diagnostics, hooks)
  if (problem === '' && nothing !== undefined) {
    return h('div', { class: 'decision none' }, h('p', { class: 'headline' }, h('span', { class: 'verdict none' }, 'Nothing to decide')), h('p', {}, nothing))
  }
  return none(problem, diagnostics, hooks)
}

/** A bundle with mistakes decides nothing, and no older answer takes its place. */
function none(problem: string, diagnostics: readonly Diagnostic[], hooks: DecisionHooks): HTMLElement {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  return h(
    'div',
    { class: 'decision none' },
    h('p', { class: 'headline' }, h('span', { class: 'verdict none' }, 'No decision')),
    h(
      'p',
      {},
      errors.length > 0
        ? 'The policies or the inventory have mistakes. Until they load, the guard refuses every call.'
        : `The guard refuses every call: ${problem}`,
    ),
    mistakes(errors, hooks),
  )
}

export function mistakes(list: readonly Diagnostic[], hooks: DecisionHooks): HTMLElement | undefined {
  if (list.length === 0) return undefined
  const shown = list.slice(0, 20)
  return h(
    'ul',
    { class: 'mistakes' },
    ...shown.map((mistake) =>
      h(
        'li',
        {},
        h(
          'button',
          { type: 'button', class: 'link', click: () => hooks.openMistake(mistake) },
          mistake.line > 0 ? `${mistake.file}:${mistake.line}:${mistake.column}` : mistake.file,
        ),
        ` ${mistake.message}`,
        mistake.help !== undefined && h('span', { class: 'help' }, mistake.help),
      ),
    ),
    list.length > shown.length && h('li', {}, `and ${list.length - shown.length} more`),
  )
}

function found(
  { decision: answer, variants, micros, runs }: Judged,
  warnings: readonly Diagnostic[],
  hooks: DecisionHooks,
): HTMLElement {
  const doubts = mistakes(warnings, hooks)
  return h(
    'div',
    { class: `decision ${answer.verdict}` },
    h(
      'p',
      { class: 'headline' },
      verdictLabel(answer.verdict),
      h('span', { class: 'quiet', title: `mean of ${runs} decision${runs === 1 ? '' : 's'} in this browser` }, `${Math.round(micros)} µs`),
    ),
    h('p', { class: 'reason' }, answer.reason),
    answer.advice !== undefined && h('p', {}, h('strong', {}, 'Instead: '), answer.advice),
    answer.approval && h('p', {}, h('strong', {}, 'Who may approve: '), answer.approval.teams.join(', ')),
    answer.errors.length > 0 &&
      h('ul', { class: 'mistakes' }, ...answer.errors.map(({ kind, message }) => h('li', {}, `${kind}: ${message}`))),
    policies(answer.actions.flatMap((action) => action.policies), hooks),
    changes(variants, answer.actions),
    doubts && h('section', {}, h('h3', {}, 'What the policies probably do not mean'), doubts),
  )
}

function policies(all: readonly DeterminingPolicy[], hooks: DecisionHooks): HTMLElement | undefined {
  const unique = [...new Map(all.map((policy) => [policy.id, policy])).values()]
  if (unique.length === 0) return undefined
  return h(
    'section',
    {},
    h('h3', {}, 'Deciding policies'),
    h(
      'ul',
      { class: 'policies' },
      ...unique.map(({ id, effect, reason }) =>
        h(
          'li',
          {},
          h('span', { class: `effect ${effect}` }, effect),
          ' ',
          h('button', { type: 'button', class: 'link', click: () => hooks.openPolicy(id) }, id),
          h('span', { class: 'quiet' }, ` ${reason}`),
        ),
      ),
    ),
  )
}

/** Where, or with what, the same act gets another verdict. */
function changes(variants: Judged['variants'], actions: readonly Action[]): HTMLElement | undefined {
  const lines = actions.flatMap(({ operation, verdict: now, environment: { class: here } }, at) =>
    (variants[at] ?? []).flatMap(({ given, cells }) => {
      const others = cells.filter(({ environment, verdict }) => verdict !== now && (given !== '' || environment !== here))
      if (others.length === 0) return []
      const places = others.map(({ environment, verdict, teams }) => {
        const whose = verdict === 'needs_approval' && teams ? ` (${teams.join(', ')})` : ''
        return `in ${environment}: ${VERDICTS[verdict].toLowerCase()}${whose}`
      })
      return [h('li', {}, h('code', {}, operation), ` ${given === '' ? '' : `${given}, `}${places.join('; ')}`)]
    }),
  )
  if (lines.length === 0) return undefined
  return h('section', {}, h('h3', {}, 'What would change it'), h('ul', { class: 'changes' }, ...lines))
}
