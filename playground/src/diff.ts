/** Which verdicts an edit changed, over the sample calls. */

import type { Sources, Verdict } from 'checkrein-wasm'

import { cases } from './cases'
import type { Client } from './client'
import { h, verdictLabel } from './dom'
import { incidents } from './incidents'
import { TEMPLATES } from './templates'

interface Sample {
  readonly name: string
  readonly call: object
}

const SAMPLES: readonly Sample[] = [
  ...TEMPLATES.slice(1).map(({ name, text }) => ({ name, call: text })),
  ...incidents.map(({ title, call }) => ({ name: title, call })),
  ...cases.map(({ about, call }) => ({ name: about, call })),
]
const CALLS = SAMPLES.map(({ call }) => JSON.stringify(call))

export class DiffPanel {
  readonly element: HTMLElement
  readonly #client: Client
  readonly #sources: () => Sources
  readonly #load: (call: object) => void
  readonly #result = h('div', { 'aria-live': 'polite' })
  #before: Sources
  #asked = 0

  constructor(client: Client, sources: () => Sources, load: (call: object) => void) {
    this.#client = client
    this.#sources = sources
    this.#load = load
    this.#before = sources()
    this.element = h(
      'div',
      {},
      h('p', { class: 'quiet' }, 'Policies, packs and inventory as they were when the page opened, against what they are now.'),
      h('div', { class: 'toolbar' }, h('button', { type: 'button', click: () => this.#keep() }, 'Compare with what is here now')),
      this.#result,
    )
  }

  async compare(): Promise<void> {
    const asked = ++this.#asked
    const ask = (sources: Sources): Promise<readonly Verdict[]> =>
      this.#client.ask({ kind: 'verdicts', sources, calls: CALLS })
    this.#result.replaceChildren(h('p', { class: 'quiet' }, 'Comparing…'))
    let shown: readonly HTMLElement[]
    try {
      // The older one first: the worker keeps the last bundle, and that is the one asked about next.
      const before = await ask(this.#before)
      shown = this.#changes(before, await ask(this.#sources()))
    } catch (error) {
      shown = [h('p', {}, `Nothing to compare: ${error instanceof Error ? error.message : String(error)}`)]
    }
    if (asked === this.#asked) this.#result.replaceChildren(...shown)
  }

  #changes(before: readonly Verdict[], after: readonly Verdict[]): readonly HTMLElement[] {
    const lines = SAMPLES.flatMap(({ name, call }, at) => {
      const [was, is] = [before[at], after[at]]
      if (was === undefined || is === undefined || was === is) return []
      const button = h('button', { type: 'button', class: 'link', click: () => this.#load(call) }, name)
      return [h('li', {}, button, ' ', verdictLabel(was), ' → ', verdictLabel(is))]
    })
    const count = h('p', {}, `${lines.length} of ${SAMPLES.length} sample calls get another verdict.`)
    return lines.length === 0 ? [count] : [count, h('ul', { class: 'diff' }, ...lines)]
  }

  #keep(): void {
    this.#before = this.#sources()
    void this.compare()
  }
}
