/** The incident step by step, and other ways an agent could have gone. */

import type { Sources, ToolCall, Verdict } from 'checkrein-wasm'

import { cases } from './cases'
import type { Case } from './cases'
import type { Client } from './client'
import { h, verdictLabel } from './dom'
import { incidents } from './incidents'
import type { Incident } from './incidents'

/** What happened, in its order; the other cases are what could have. */
const STEPS = ['01-read-unrelated-file', '03-curl-found-token']
interface Told {
  readonly name: string
  readonly call: ToolCall
}

/** All that has a verdict beside it. */
const TOLD: readonly Told[] = [...cases, ...incidents.map(({ title, call }) => ({ name: title, call }))]
/** From the first step to the last it took nine seconds. */
const LENGTH = 9_000

export class Story {
  readonly element: HTMLElement
  readonly #client: Client
  readonly #sources: () => Sources
  readonly #load: (call: ToolCall) => void
  readonly #verdicts = new Map<string, HTMLElement>()
  readonly #buttons = new Map<string, HTMLButtonElement>()
  readonly #play = h('button', { type: 'button', click: () => this.#toggle() }, 'Replay the nine seconds')
  readonly #bar = h('div', { class: 'timeline', 'aria-hidden': 'true' }, h('span', {}))
  readonly #note = h('p', { class: 'quiet', 'aria-live': 'polite' })
  #timers: number[] = []
  #asked = 0

  constructor(client: Client, sources: () => Sources, load: (call: ToolCall) => void) {
    this.#client = client
    this.#sources = sources
    this.#load = load
    const told = STEPS.flatMap((step) => cases.filter(({ name }) => name === step))
    const others = cases.filter(({ name }) => !STEPS.includes(name))
    this.element = h(
      'div',
      { class: 'story' },
      h(
        'p',
        {},
        'A coding agent was sent to fix staging. It found a token in an unrelated file and deleted the production volume, with its backups, in nine seconds. Choose a step to see what the guard makes of it. The tokens and ids are made up.',
      ),
      h('div', { class: 'toolbar' }, this.#play),
      this.#bar,
      h('ol', {}, ...told.map((step) => this.#item(step))),
      h('h2', {}, 'Other ways to the same end, and harmless neighbours'),
      h('ul', {}, ...others.map((other) => this.#item(other))),
      h('h2', {}, 'Other public incidents'),
      h(
        'p',
        { class: 'quiet' },
        'What happened is what the source says. The calls are of that kind and their names made up; the inventory here knows nothing of these companies.',
      ),
      h('ul', { class: 'gallery' }, ...incidents.map((incident) => this.#incident(incident))),
      this.#note,
    )
  }

  /** The verdict on every call under the bundle as it is. */
  async judge(): Promise<void> {
    const asked = ++this.#asked
    for (const place of this.#verdicts.values()) place.replaceChildren()
    this.#note.textContent = ''
    let verdicts: readonly Verdict[]
    try {
      verdicts = await this.#client.ask({
        kind: 'verdicts',
        sources: this.#sources(),
        calls: TOLD.map(({ call }) => JSON.stringify(call)),
      })
    } catch (error) {
      if (asked === this.#asked) this.#note.textContent = `No verdicts: ${error instanceof Error ? error.message : String(error)}`
      return
    }
    if (asked !== this.#asked) return
    TOLD.forEach(({ name }, at) => {
      const verdict = verdicts[at]
      if (verdict !== undefined) this.#verdicts.get(name)?.replaceChildren(verdictLabel(verdict))
    })
  }

  #item(step: Case): HTMLElement {
    return h('li', {}, ...this.#told(step, step.about))
  }

  #incident({ title, when, about, source, call }: Incident): HTMLElement {
    return h(
      'li',
      {},
      ...this.#told({ name: title, call }, title),
      h('span', { class: 'quiet' }, ` ${when}`),
      h('p', {}, about),
      h('p', { class: 'quiet' }, `Source: ${source}.`),
    )
  }

  #told(step: Told, text: string): readonly (HTMLElement | string)[] {
    const verdict = h('span', { class: 'story-verdict' })
    const button = h('button', { type: 'button', class: 'link', click: () => this.#show(step) }, text)
    this.#verdicts.set(step.name, verdict)
    this.#buttons.set(step.name, button)
    return [button, ' ', verdict]
  }

  #show(step: Told): void {
    this.#stop()
    this.#mark(step)
  }

  #mark(step: Told): void {
    for (const [name, button] of this.#buttons) {
      if (name === step.name) button.setAttribute('aria-current', 'step')
      else button.removeAttribute('aria-current')
    }
    this.#load(step.call)
  }

  #toggle(): void {
    if (this.#timers.length > 0) {
      this.#stop()
      return
    }
    this.#play.textContent = 'Stop'
    this.#bar.classList.add('running')
    STEPS.forEach((name, at) => {
      const step = cases.find((entry) => entry.name === name)
      if (step === undefined) return
      if (at === 0) this.#mark(step)
      else this.#timers.push(window.setTimeout(() => this.#mark(step), (LENGTH * at) / (STEPS.length - 1)))
    })
    this.#timers.push(window.setTimeout(() => this.#stop(), LENGTH + 50))
  }

  #stop(): void {
    for (const timer of this.#timers) window.clearTimeout(timer)
    this.#timers = []
    this.#play.textContent = 'Replay the nine seconds'
    this.#bar.classList.remove('running')
  }
}
