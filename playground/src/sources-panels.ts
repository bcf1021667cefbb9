/** The tabs with policies and inventory. */

import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { StreamLanguage } from '@codemirror/language'
import { toml } from '@codemirror/legacy-modes/mode/toml'
import type { Diagnostic, Pack } from 'checkrein-wasm'

import { cedar } from './cedar'
import type { Client } from './client'
import { h } from './dom'
import { Editor } from './editor'
import { INVENTORY, OWN } from './state'
import type { State } from './state'

/** The icons CodeMirror has for the kinds of words. */
const ICONS: Readonly<Record<string, string>> = {
  annotation: 'text',
  attribute: 'property',
  entity: 'enum',
  keyword: 'keyword',
  method: 'method',
  operation: 'constant',
  tool: 'function',
  type: 'class',
  variable: 'variable',
}

export class SourcePanels {
  readonly policies: HTMLElement
  readonly inventory: HTMLElement
  readonly own: Editor
  readonly stock: Editor
  readonly #pack: Editor
  readonly #files: HTMLSelectElement
  readonly #boxes: ReadonlyMap<string, HTMLInputElement>
  readonly #packs: readonly Pack[]
  readonly #client: Client
  readonly #say: (text: string) => void

  constructor(state: State, packs: readonly Pack[], client: Client, changed: () => void, say: (text: string) => void) {
    this.#packs = packs
    this.#client = client
    this.#say = say
    this.own = new Editor({
      label: 'Your policies',
      text: state.policies,
      language: cedar(),
      complete: (context) => this.#complete(context),
      changed,
    })
    this.#pack = new Editor({ label: 'Policies of the pack, read-only', text: '', language: cedar(), readOnly: true })
    this.stock = new Editor({
      label: 'Inventory',
      text: state.inventory,
      language: StreamLanguage.define(toml),
      changed,
    })
    this.#boxes = new Map(packs.map(({ name }) => [name, h('input', { type: 'checkbox', change: changed })]))
    this.packs = state.packs
    this.#files = h(
      'select',
      { 'aria-label': 'File', change: () => this.#show(this.#files.value) },
      h('option', { value: OWN }, `${OWN} (yours)`),
      ...packs.map(({ name }) => h('option', { value: name }, `${name} (pack, read-only)`)),
    )
    const format = h('button', { type: 'button', click: () => void this.#format() }, 'Format')
    const boxes = packs.map(({ name }) => h('label', {}, this.#boxes.get(name), ` ${name}`))
    this.policies = h(
      'div',
      {},
      h('div', { class: 'toolbar' }, this.#files, format, h('span', { class: 'packs', role: 'group', 'aria-label': 'Packs in use' }, 'Packs: ', ...boxes)),
      h('div', { class: 'editor' }, this.own.view.dom),
      h('div', { class: 'editor', hidden: true }, this.#pack.view.dom),
    )
    this.inventory = h(
      'div',
      {},
      h('p', { class: 'quiet' }, 'What there is and where: environments, credentials, resources, approvers.'),
      h('div', { class: 'editor' }, this.stock.view.dom),
    )
  }

  get packs(): readonly string[] {
    return [...this.#boxes].filter(([, box]) => box.checked).map(([name]) => name)
  }

  set packs(names: readonly string[]) {
    for (const [name, box] of this.#boxes) box.checked = names.includes(name)
  }

  /** Shows a policy by its id; false when it is in none of the files. */
  async open(id: string): Promise<boolean> {
    for (const editor of [this.own, this.#pack]) editor.mark([], 'mark-policy')
    for (const [file, text] of [[OWN, this.own.text] as const, ...this.#packs.map(({ name, policy }) => [name, policy] as const)]) {
      const outlined = await this.#client.ask({ kind: 'outline', text })
      const policy = outlined.find((entry) => entry.id === id)
      if (policy === undefined) continue
      const editor = this.#show(file)
      editor.mark([policy.range], 'mark-policy')
      editor.reveal(policy.range)
      editor.view.focus()
      return true
    }
    return false
  }

  /** Goes to a mistake. */
  visit({ file, range }: Diagnostic): void {
    const editor = file === INVENTORY ? this.stock : this.#show(OWN)
    if (range) editor.reveal(range)
    editor.view.focus()
  }

  lint(found: readonly Diagnostic[]): void {
    this.own.lint(found.filter(({ file }) => file === OWN))
    this.stock.lint(found.filter(({ file }) => file === INVENTORY))
  }

  #show(file: string): Editor {
    const pack = this.#packs.find(({ name }) => name === file)
    this.#files.value = file
    if (pack !== undefined) this.#pack.text = pack.policy
    this.own.view.dom.parentElement?.toggleAttribute('hidden', pack !== undefined)
    this.#pack.view.dom.parentElement?.toggleAttribute('hidden', pack === undefined)
    return pack === undefined ? this.own : this.#pack
  }

  async #format(): Promise<void> {
    const before = this.own.text
    try {
      const { text, mistakes } = await this.#client.ask({ kind: 'format', text: before, name: OWN })
      // What was typed meanwhile wins.
      if (text !== undefined && this.own.text === before) {
        this.own.text = text
        this.#say(text === before ? 'It is in its usual layout.' : 'Formatted.')
      } else if (mistakes !== undefined) this.#say(`Not formatted: ${mistakes[0]?.message ?? 'the text has mistakes'}`)
    } catch (error) {
      this.#say(`Not formatted: ${String(error)}`)
    }
  }

  async #complete(context: CompletionContext): Promise<CompletionResult | null> {
    const typed = context.matchBefore(/[\w@":.]+$/)
    if (!context.explicit && typed === null) return null
    try {
      const { from, to, items } = await this.#client.ask({
        kind: 'complete',
        text: context.state.doc.toString(),
        offset: context.pos,
        inventory: this.stock.text,
      })
      if (context.aborted || items.length === 0) return null
      const options = items.map(({ label, kind, about }) => ({
        label,
        type: ICONS[kind] ?? 'text',
        ...(about !== undefined && { info: about }),
      }))
      return { from, to, options, validFor: /^[\w:]*$/ }
    } catch {
      return null
    }
  }
}
