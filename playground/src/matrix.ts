/** The verdict on every verb and type of resource, an environment at a time. */

import type { Cell, EnvironmentClass, Matrix, Sources, ToolCall } from 'checkrein-wasm'

import type { Client } from './client'
import { VERDICTS, h, verdictLabel } from './dom'

/** A letter besides the colour, for those who cannot tell them apart. */
const MARKS = { allow: '✓', needs_approval: '?', deny: '✕' } as const

/** What a grid is about. */
interface Subject {
  readonly sources: Sources
  readonly agent: string
}

export class MatrixPanel {
  readonly element: HTMLElement
  readonly #choices = h('div', { class: 'choices', role: 'group', 'aria-label': 'Environment' })
  readonly #grid = h('div', { class: 'grid-scroll' })
  readonly #detail = h('div', { class: 'cell-detail', 'aria-live': 'polite' })
  readonly #note = h('p', { class: 'quiet' })
  readonly #client: Client
  readonly #subject: () => Subject
  readonly #load: (call: ToolCall) => void
  /** What the grid is about. */
  #drawn = ''
  #asked = 0
  #environment: EnvironmentClass = 'production'
  #matrix: Matrix | undefined
  /** The cell with the tab stop: arrows move it, so the grid is one stop and not three hundred. */
  #at = { row: 0, column: 0 }

  constructor(client: Client, subject: () => Subject, load: (call: ToolCall) => void) {
    this.#client = client
    this.#subject = subject
    this.#load = load
    this.element = h('div', { class: 'matrix', 'aria-busy': 'true' }, this.#choices, this.#note, this.#detail, this.#grid)
  }

  /** Draws the grid anew when it is about another bundle or agent. */
  async update(): Promise<void> {
    const subject = this.#subject()
    const key = JSON.stringify(subject)
    if (key === this.#drawn) return
    this.element.setAttribute('aria-busy', 'true')
    const asked = ++this.#asked
    try {
      const { matrix, millis } = await this.#client.ask({ kind: 'matrix', ...subject })
      if (asked !== this.#asked) return
      this.#drawn = key
      this.#matrix = matrix
      this.#note.textContent = `${matrix.cells.length} real decisions in ${Math.round(millis)} ms. Choose a cell to load a call that lands there; arrow keys move.`
      this.#detail.replaceChildren()
      this.#draw()
    } catch (error) {
      if (asked !== this.#asked) return
      this.#drawn = ''
      this.#matrix = undefined
      for (const part of [this.#choices, this.#grid, this.#detail]) part.replaceChildren()
      this.#note.textContent = `There is no matrix: ${error instanceof Error ? error.message : String(error)}`
    }
    this.element.removeAttribute('aria-busy')
  }

  #draw(): void {
    const matrix = this.#matrix
    if (matrix === undefined) return
    this.#choices.replaceChildren(
      ...matrix.environments.map((environment) =>
        h(
          'button',
          {
            type: 'button',
            'aria-pressed': String(environment === this.#environment),
            click: () => this.#choose(environment),
          },
          environment,
        ),
      ),
    )
    const cells = new Map(
      matrix.cells
        .filter(({ environment }) => environment === this.#environment)
        .map((cell) => [`${cell.type} ${cell.verb}`, cell]),
    )
    const head = h(
      'tr',
      {},
      h('td', {}),
      ...matrix.verbs.map((verb) => h('th', { scope: 'col' }, h('span', {}, verb))),
    )
    const rows = matrix.types.map((type, row) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, type),
        ...matrix.verbs.map((verb, column) => {
          const cell = cells.get(`${type} ${verb}`)
          return h('td', {}, cell && this.#button(cell, row, column))
        }),
      ),
    )
    this.#grid.replaceChildren(
      h(
        'table',
        { keydown: (event) => this.#move(event) },
        h('caption', { class: 'sr' }, `Verdicts in ${this.#environment}`),
        h('thead', {}, head),
        h('tbody', {}, ...rows),
      ),
    )
  }

  #button(cell: Cell, row: number, column: number): HTMLElement {
    const name = `${cell.verb} ${cell.type}: ${VERDICTS[cell.verdict]}${cell.example ? ', with a call' : ''}`
    return h(
      'button',
      {
        type: 'button',
        class: `cell ${cell.verdict}${cell.example ? ' has-call' : ''}`,
        'aria-label': name,
        title: name,
        tabindex: row === this.#at.row && column === this.#at.column ? '0' : '-1',
        'data-cell': `${row} ${column}`,
        click: () => this.#open(cell),
      },
      MARKS[cell.verdict],
    )
  }

  #choose(environment: EnvironmentClass): void {
    this.#environment = environment
    this.#detail.replaceChildren()
    this.#draw()
    const pressed = this.#choices.querySelector('[aria-pressed="true"]')
    if (pressed instanceof HTMLElement) pressed.focus()
  }

  #open(cell: Cell): void {
    const { example } = cell
    this.#detail.replaceChildren(
      h(
        'p',
        {},
        verdictLabel(cell.verdict),
        ` ${cell.verb} ${cell.type} in ${cell.environment}`,
        cell.teams !== undefined && ` (${cell.teams.join(', ')} may approve)`,
      ),
      h('p', { class: 'quiet' }, cell.policies.length > 0 ? cell.policies.join(', ') : 'No policy permits it.'),
      h(
        'p',
        { class: 'quiet' },
        example === undefined
          ? 'No sample call lands here.'
          : example.verdict === cell.verdict
            ? 'A call that lands here is in the editor.'
            : `A call that lands here is in the editor; with all that is known of it the verdict is ${VERDICTS[example.verdict].toLowerCase()}.`,
      ),
    )
    if (example !== undefined) this.#load(example.call)
  }

  #move(event: Event): void {
    if (!(event instanceof KeyboardEvent) || !(event.target instanceof HTMLElement)) return
    const place = event.target.dataset['cell']?.split(' ').map(Number)
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    if (place === undefined || step === undefined) return
    event.preventDefault()
    const row = (place[0] ?? 0) + (step[0] ?? 0)
    const column = (place[1] ?? 0) + (step[1] ?? 0)
    const next = this.#grid.querySelector(`[data-cell="${row} ${column}"]`)
    if (!(next instanceof HTMLElement)) return
    event.target.tabIndex = -1
    next.tabIndex = 0
    next.focus()
    this.#at = { row, column }
  }
}
