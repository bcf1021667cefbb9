/** The call and its decision as a case of the project's conformance set. */

import type { Decision, ToolCall } from 'checkrein-wasm'

import { h } from './dom'
import type { Judged } from './protocol'
import { OWN, print } from './state'
import type { State } from './state'

/** Stands for a digest that depends on the bundle, as in `tests/cases`. */
const STABLE = 'sha256:…'

/** The text of the case's file; nothing when the call is none, for a case must be readable. */
export function testCase(about: string, call: string, decision: Decision): string | undefined {
  let read: ToolCall
  try {
    read = JSON.parse(call) as ToolCall
  } catch {
    return undefined
  }
  const { approval } = decision
  const stable = {
    ...decision,
    ...(approval && { approval: { ...approval, fingerprint: STABLE } }),
    bundle: STABLE,
  }
  return print({ about, must: decision.verdict, call: read, decision: stable })
}

export class Export {
  readonly #say: (text: string) => void
  readonly #about = h('input', { type: 'text', id: 'case-about', placeholder: 'What this case shows, in one sentence' })
  readonly #element: HTMLDetailsElement
  #judged: Judged | undefined
  #state: State | undefined

  constructor(say: (text: string) => void) {
    this.#say = say
    this.#element = h(
      'details',
      { class: 'export' },
      h('summary', {}, 'Export as a test case'),
      h('p', { class: 'quiet' }, 'The call with its whole decision, in the form of tests/cases/*.json. Put it beside the inventory as checkrein.toml.'),
      h('p', {}, h('label', { for: 'case-about' }, 'About '), this.#about),
      h(
        'p',
        { class: 'toolbar' },
        h('button', { type: 'button', click: () => this.#download() }, 'Download the case'),
        h('button', { type: 'button', click: () => void this.#copy() }, 'Copy the case'),
        h('button', { type: 'button', click: () => this.#save('checkrein.toml', this.#state?.inventory ?? '') }, 'Download the inventory'),
      ),
    )
  }

  /** The part of the page for this decision. It stays open from one decision to the next. */
  of(judged: Judged | undefined, state: State): HTMLElement | string {
    this.#judged = judged
    this.#state = state
    return judged === undefined ? '' : this.#element
  }

  #text(): string | undefined {
    if (this.#judged === undefined) return undefined
    const { call, decision } = this.#judged
    const about = this.#about.value.trim() || decision.reason
    const text = testCase(about, call, decision)
    if (text === undefined) this.#say('There is no case: the call is not JSON.')
    return text
  }

  #download(): void {
    const text = this.#text()
    if (text === undefined) return
    this.#save('case.json', text)
    this.#say(`Saved as case.json.${this.#caveat()}`)
  }

  async #copy(): Promise<void> {
    const text = this.#text()
    if (text === undefined) return
    try {
      await navigator.clipboard.writeText(text)
      this.#say(`The case is in the clipboard.${this.#caveat()}`)
    } catch {
      this.#say('This browser does not let the page write to the clipboard.')
    }
  }

  /** Cases are decided by the default pack and an inventory alone. */
  #caveat(): string {
    const { policies = [], packs = [] } = this.#state ?? {}
    const own = policies.some(({ name, text }) => name !== OWN || /^(?!\s*\/\/).*\S/m.test(text))
    const usual = packs.length === 1 && packs[0] === 'baseline'
    return own || !usual ? ' Mind that cases are decided by the pack baseline alone, and this one was not.' : ''
  }

  #save(name: string, text: string): void {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    const link = h('a', { href: url, download: name })
    link.click()
    window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
}
