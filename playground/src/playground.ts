/** Everything on the page. */

import { json } from '@codemirror/lang-json'
import type { Diagnostic } from 'checkrein-wasm'

import { answer } from './answer'
import type { Client } from './client'
import { DiffPanel } from './diff'
import { VERDICTS, debounce, h, latest } from './dom'
import { Editor } from './editor'
import { MatrixPanel } from './matrix'
import { Export } from './export'
import type { Answer, Evaluation } from './protocol'
import { publish } from './share'
import { SourcePanels } from './sources-panels'
import { Story } from './story'
import { TestsPanel } from './tests-panel'
import { INVENTORY, print, sourcesOf } from './state'
import type { State } from './state'
import { tabs } from './tabs'
import { toolbar } from './templates'

export class Playground {
  readonly element: HTMLElement
  readonly #client: Client
  readonly #about: Answer<'about'>
  readonly #call: Editor
  readonly #sources: SourcePanels
  readonly #matrix: MatrixPanel
  readonly #tests: TestsPanel
  readonly #diff: DiffPanel
  readonly #story: Story
  readonly #left
  readonly #right
  readonly #message = h('p', { class: 'message', role: 'status' })
  readonly #summary = h('p', { class: 'summary', 'aria-live': 'polite' })
  readonly #defaults = h('p', { class: 'quiet' })
  readonly #answer = h('div', { class: 'answer', 'aria-busy': 'true' }, h('p', { class: 'quiet' }, 'Deciding…'))
  readonly #evaluateNext = latest(() => this.#evaluate())
  readonly #othersSoon = debounce(() => this.#refresh(), 150)
  /** Counts edits: an answer to an older text is thrown away. */
  #edits = 0
  #evaluation: Evaluation | undefined
  /** What "Start over" goes back to. */
  readonly #start: State
  readonly #export = new Export((text) => this.say(text))

  constructor(state: State, client: Client, about: Answer<'about'>, start: State) {
    this.#client = client
    this.#about = about
    this.#start = start
    this.#call = new Editor({ label: 'Tool call', text: state.call, language: json(), changed: () => this.#changed() })
    this.#sources = new SourcePanels(state, about.packs, client, () => this.#sourcesChanged(), (text) => this.say(text))
    this.#matrix = new MatrixPanel(
      client,
      () => ({ sources: sourcesOf(this.state), agent: this.#evaluation?.agent ?? 'agent' }),
      (call) => this.#load(call),
    )
    this.#tests = new TestsPanel(about.packs, client, () => sourcesOf(this.state))
    this.#diff = new DiffPanel(client, () => sourcesOf(this.state), (call) => this.#load(call))
    this.#story = new Story(client, () => sourcesOf(this.state), (call) => this.#load(call))
    this.#left = tabs('What is decided', [
      { id: 'call', label: 'Call', content: h('div', {}, toolbar((call) => this.#load(call)), h('div', { class: 'editor' }, this.#call.view.dom), this.#defaults) },
      { id: 'policies', label: 'Policies', content: this.#sources.policies },
      { id: 'inventory', label: 'Inventory', content: this.#sources.inventory },
    ])
    this.#right = tabs('What comes out', [
      { id: 'decision', label: 'Decision', content: this.#answer },
      { id: 'matrix', label: 'Matrix', content: this.#matrix.element, shown: () => void this.#matrix.update() },
      { id: 'tests', label: 'Tests', content: this.#tests.element, shown: () => void this.#tests.run() },
      { id: 'diff', label: 'Diff', content: this.#diff.element, shown: () => void this.#diff.compare() },
      { id: 'story', label: 'Story', content: this.#story.element, shown: () => void this.#story.judge() },
    ])
    this.element = h(
      'div',
      { class: 'page' },
      h(
        'header',
        {},
        h('h1', {}, 'checkrein ', h('span', {}, 'playground')),
        this.#summary,
        h(
          'div',
          { class: 'actions' },
          h('button', { type: 'button', click: () => void this.#share() }, 'Share'),
          h('button', { type: 'button', click: () => this.#reset() }, 'Start over'),
        ),
      ),
      this.#message,
      h('main', {}, this.#left.element, this.#right.element),
      h('footer', { class: 'quiet' }, `checkrein ${about.version}. Everything runs in this page; nothing is sent anywhere.`),
    )
    this.#changed()
  }

  get state(): State {
    return {
      call: this.#call.text,
      policies: this.#sources.files,
      inventory: this.#sources.stock.text,
      packs: this.#sources.packs,
    }
  }

  set state({ call, policies, inventory, packs }: State) {
    this.#call.text = call
    this.#sources.files = policies
    this.#sources.stock.text = inventory
    this.#sources.packs = packs
    this.#sourcesChanged()
  }

  say(text: string): void {
    this.#message.textContent = text
  }

  #load(call: object): void {
    this.#call.text = print(call)
    this.#left.select('call')
  }

  /** What is shown is about an older bundle from now on, and must not look otherwise. */
  #sourcesChanged(): void {
    this.#right.element.classList.add('stale')
    this.#changed()
  }

  #changed(): void {
    this.#edits += 1
    for (const part of [this.#answer, this.#summary]) part.setAttribute('aria-busy', 'true')
    this.#evaluateNext()
    this.#othersSoon()
  }

  async #evaluate(): Promise<void> {
    const edits = this.#edits
    const { state } = this
    let evaluation: Evaluation
    try {
      evaluation = await this.#client.ask({ kind: 'evaluate', sources: sourcesOf(state), text: state.call })
    } catch (error) {
      // The engine trapped or hung: there is no decision, and the guard would refuse.
      const problem = error instanceof Error ? error.message : String(error)
      evaluation = { diagnostics: [], problem, bundle: '', agent: 'agent', note: '' }
    }
    if (edits !== this.#edits) return
    this.#defaults.textContent = evaluation.note
    this.#show(evaluation, state)
    // The matrix is about the agent of the call, which may be another now.
    if (this.#right.current() === 'matrix') void this.#matrix.update()
  }

  #show(evaluation: Evaluation, state: State): void {
    this.#evaluation = evaluation
    const { diagnostics, judged, nothing } = evaluation
    this.#sources.lint(diagnostics)
    const count = (wanted: Diagnostic['severity'], inventory: boolean): number =>
      diagnostics.filter(({ file, severity }) => (file === INVENTORY) === inventory && severity === wanted).length
    this.#left.flag('policies', count('error', false), count('warning', false))
    this.#left.flag('inventory', count('error', true), count('warning', true))
    this.#call.mark([], 'mark-act')
    const verdict = judged?.decision.verdict
    this.#summary.replaceChildren(
      h('span', { class: `verdict ${verdict ?? 'none'}` }, verdict ? VERDICTS[verdict] : nothing ? 'Nothing to decide' : 'No decision'),
    )
    this.#answer.replaceChildren(
      ...answer(evaluation, this.#about.vocabulary, {
        openPolicy: (id) => void this.#openPolicy(id),
        openMistake: (mistake) => this.#openMistake(mistake),
        point: (at) => this.#point(at),
        choose: (at) => this.#choose(at),
      }),
      this.#export.of(judged, state),
    )
    for (const part of [this.#answer, this.#summary]) part.removeAttribute('aria-busy')
  }

  #point(at: number | undefined): void {
    const places = at === undefined ? [] : (this.#evaluation?.judged?.places[at] ?? [])
    this.#call.mark(places, 'mark-act')
  }

  #choose(at: number): void {
    this.#left.select('call')
    const place = this.#evaluation?.judged?.places[at]?.[0]
    if (place) this.#call.reveal(place)
    this.#point(at)
  }

  async #openPolicy(id: string): Promise<void> {
    this.#left.select('policies')
    if (!(await this.#sources.open(id))) this.say(`${id} is built in: no policy file has it.`)
  }

  #openMistake(mistake: Diagnostic): void {
    this.#left.select(mistake.file === INVENTORY ? 'inventory' : 'policies')
    this.#sources.visit(mistake)
  }

  /** What else is about the bundle, if it is looked at. */
  #refresh(): void {
    this.#right.element.classList.remove('stale')
    const current = this.#right.current()
    if (current === 'matrix') void this.#matrix.update()
    if (current === 'tests') void this.#tests.run()
    if (current === 'diff') void this.#diff.compare()
    if (current === 'story') void this.#story.judge()
  }

  async #share(): Promise<void> {
    this.say(await publish(this.state))
  }

  #reset(): void {
    history.replaceState(null, '', location.pathname + location.search)
    this.state = this.#start
    this.#left.select('call')
    this.say('')
  }
}
