/** The tests of a pack, run on the bundle as it is: an own policy may well break some. */

import type { Pack, Sources, Trial, Trials } from 'checkrein-wasm'

import type { Client } from './client'
import { h } from './dom'

export class TestsPanel {
  readonly element: HTMLElement
  readonly #packs: readonly Pack[]
  readonly #client: Client
  readonly #sources: () => Sources
  readonly #choice: HTMLSelectElement
  readonly #result = h('div', { 'aria-live': 'polite' })
  #runs = 0

  constructor(packs: readonly Pack[], client: Client, sources: () => Sources) {
    this.#packs = packs
    this.#client = client
    this.#sources = sources
    this.#choice = h(
      'select',
      { 'aria-label': 'Tests of', change: () => void this.run() },
      ...packs.map(({ name }) => h('option', { value: name }, name)),
    )
    this.element = h(
      'div',
      {},
      h('div', { class: 'toolbar' }, this.#choice, h('button', { type: 'button', click: () => void this.run() }, 'Run again')),
      this.#result,
    )
  }

  async run(): Promise<void> {
    const pack = this.#packs.find(({ name }) => name === this.#choice.value)
    if (pack === undefined) return
    const run = ++this.#runs
    this.#result.replaceChildren(h('p', { class: 'quiet' }, 'Running…'))
    let shown: readonly (HTMLElement | undefined)[]
    try {
      shown = results(await this.#client.ask({ kind: 'tests', sources: this.#sources(), tests: pack.tests }))
    } catch (error) {
      shown = [h('p', {}, `The tests did not run: ${error instanceof Error ? error.message : String(error)}`)]
    }
    if (run !== this.#runs) return
    this.#result.replaceChildren(...shown.filter((part) => part !== undefined))
  }
}

function results({ trials, passed, failed, untested }: Trials): readonly (HTMLElement | undefined)[] {
  const wrong = trials.filter((trial) => !trial.passed)
  const right = trials.filter((trial) => trial.passed)
  return [
    h(
      'p',
      { class: 'headline' },
      h('span', { class: `verdict ${failed === 0 ? 'allow' : 'deny'}` }, failed === 0 ? 'All pass' : `${failed} fail`),
      h('span', { class: 'quiet' }, `${passed} of ${trials.length} pass`),
    ),
    untested.length > 0 ? h('p', { class: 'quiet' }, `Without a test: ${untested.join(', ')}`) : undefined,
    wrong.length > 0 ? h('section', {}, h('h2', {}, 'What fails'), list(wrong)) : undefined,
    right.length > 0
      ? h('details', {}, h('summary', {}, `What passes (${right.length})`), list(right))
      : undefined,
  ]
}

function list(trials: readonly Trial[]): HTMLElement {
  return h(
    'ul',
    { class: 'trials' },
    ...trials.map(({ policy, fires, passed, expected, got, problem }) =>
      h(
        'li',
        {},
        h('code', {}, policy),
        ` ${fires ? 'fires' : 'spares'}: `,
        passed ? got : h('strong', {}, `expected ${expected}, got ${got}`),
        problem !== undefined && h('span', { class: 'help' }, problem),
      ),
    ),
  )
}
