/** What the guard understood: the acts of a call. */

import type { Action, Range, Vocabulary } from 'checkrein-wasm'

import { h, verdictLabel } from './dom'

const SCALE = ['none', 'reversible', 'recoverable', 'effortful', 'irreversible'] as const

export interface Hooks {
  /** An act is pointed at, or none any more. */
  readonly point: (at: number | undefined) => void
  /** An act is chosen. */
  readonly choose: (at: number) => void
  readonly vocabulary: Vocabulary
}

interface Branch {
  readonly at: number
  readonly children: Branch[]
}

const within = (inner: Range, outer: Range): boolean =>
  inner.start >= outer.start && inner.end <= outer.end && inner.end - inner.start < outer.end - outer.start

/** Acts found inside another's part of the call are its children. */
export function tree(actions: readonly Action[]): Branch[] {
  const nodes = actions.map((_, at): Branch => ({ at, children: [] }))
  const roots: Branch[] = []
  actions.forEach((action, at) => {
    let parent: number | undefined
    actions.forEach((other, candidate) => {
      if (other.span.argument !== action.span.argument || !within(action.span, other.span)) return
      const best = parent === undefined ? undefined : actions[parent]
      if (best === undefined || within(other.span, best.span)) parent = candidate
    })
    const node = nodes[at]
    if (node) (parent === undefined ? roots : (nodes[parent]?.children ?? roots)).push(node)
  })
  return roots
}

export function understanding(actions: readonly Action[], hooks: Hooks): HTMLElement {
  if (actions.length === 0) return h('p', { class: 'quiet' }, 'No act was read from this call.')
  return list(tree(actions), actions, hooks)
}

function list(nodes: readonly Branch[], actions: readonly Action[], hooks: Hooks): HTMLElement {
  const items = nodes.map(({ at, children }) => {
    const action = actions[at]
    return h('li', {}, action && item(action, at, hooks), children.length > 0 && list(children, actions, hooks))
  })
  return h('ul', { class: 'acts' }, ...items)
}

function item(action: Action, at: number, hooks: Hooks): HTMLElement {
  const { resource, environment, credential, scope } = action
  const about = (vocabulary: string, word: string): string =>
    hooks.vocabulary[vocabulary]?.find((entry) => entry.word === word)?.about ?? ''
  const evidence = [...environment.evidence, ...action.evidence]
  const title = h(
    'button',
    {
      type: 'button',
      class: 'act-title',
      'data-act': String(at),
      focus: () => hooks.point(at),
      blur: () => hooks.point(undefined),
      click: () => hooks.choose(at),
    },
    h('span', { class: 'verb' }, action.verb),
    ' ',
    h('span', { class: 'type' }, resource.type),
    ' ',
    h('code', {}, resource.id),
    h('span', { class: 'sr' }, ', show it in the call'),
  )
  return h(
    'div',
    { class: 'act', mouseenter: () => hooks.point(at), mouseleave: () => hooks.point(undefined) },
    h('div', { class: 'act-head' }, title, verdictLabel(action.verdict)),
    h(
      'dl',
      {},
      ...row('Operation', h('code', {}, action.operation)),
      ...row(
        'Environment',
        h('span', { class: `environment ${environment.class}`, title: about('EnvironmentClass', environment.class) }, environment.class),
        environment.name !== environment.class && ` ${environment.name}`,
        evidence.length > 0 && h('ul', { class: 'evidence' }, ...evidence.map((line) => h('li', {}, line))),
      ),
      ...row('Undoing it', scale(action.reversibility, about('Reversibility', action.reversibility))),
      ...row('Understood', h('span', { class: `completeness ${action.completeness}`, title: about('Completeness', action.completeness) }, action.completeness)),
      ...(scope.unbounded || scope.count !== undefined
        ? row('Scope', scope.unbounded ? 'unbounded' : `${scope.count} thing${scope.count === 1 ? '' : 's'}`)
        : []),
      ...(action.effects.length > 0
        ? row('Effects', ...action.effects.map((effect) => h('span', { class: 'badge', title: about('Effect', effect) }, effect.replaceAll('_', ' '))))
        : []),
      ...(credential
        ? row(
            'Credential',
            `${credential.declared ?? credential.name ?? 'undeclared'}, from ${credential.source}, `,
            credential.issued ? 'issued to this agent' : h('strong', {}, 'not issued to this agent'),
          )
        : []),
    ),
  )
}

function row(name: string, ...content: readonly (HTMLElement | string | false)[]): HTMLElement[] {
  return [h('dt', {}, name), h('dd', {}, ...content)]
}

/** Five steps, filled up to the one that holds; the word is beside it. */
function scale(word: (typeof SCALE)[number], about: string): HTMLElement {
  const level = SCALE.indexOf(word)
  const steps = SCALE.map((_, at) => h('span', { class: at <= level ? `step level-${level}` : 'step' }))
  return h(
    'span',
    { class: 'scale', title: about },
    h('span', { class: 'steps', 'aria-hidden': 'true' }, ...steps),
    h('span', {}, word === 'none' ? 'nothing to undo' : word),
  )
}
