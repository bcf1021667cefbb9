/** The tabs with policies and inventory. */

import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { StreamLanguage } from '@codemirror/language'
import { toml } from '@codemirror/legacy-modes/mode/toml'
import type { Diagnostic, Pack, SourceFile } from 'checkrein-wasm'

import type { Client } from './client'
import { h } from './dom'
import { Editor } from './editor'
import { PolicyFiles } from './files'
import { INVENTORY } from './state'
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
  readonly stock: Editor
  readonly #files: PolicyFiles
  readonly #boxes: ReadonlyMap<string, HTMLInputElement>
  readonly #client: Client
  readonly #say: (text: string) => void

  constructor(state: State, packs: readonly Pack[], client: Client, changed: () => void, say: (text: string) => void) {
    this.#client = client
    this.#say = say
    this.#files = new PolicyFiles(state.policies, {
      packs,
      complete: (context) => this.#complete(context),
      changed,
    })
    this.stock = new Editor({
      label: 'Inventory',
      text: state.inventory,
      language: StreamLanguage.define(toml),
      changed,
    })
    this.#boxes = new Map(packs.map(({ name }) => [name, h('input', { type: 'checkbox', change: changed })]))
    this.packs = state.packs
    const format = h('button', { type: 'button', click: () => void this.#format() }, 'Format')
    const boxes = packs.map(({ name }) => h('label', {}, this.#boxes.get(name), ` ${name}`))
    this.policies = h(
      'div',
      {},
      h('div', { class: 'toolbar' }, this.#files.choice, format, h('span', { class: 'packs', role: 'group', 'aria-label': 'Packs in use' }, 'Packs: ', ...boxes)),
      this.#files.element,
    )
    this.inventory = h(
      'div',
      {},
      h('p', { class: 'quiet' }, 'What there is and where: environments, credentials, resources, approvers.'),
      h('div', { class: 'editor' }, this.stock.view.dom),
    )
  }

  get files(): readonly SourceFile[] {
    return this.#files.files
  }

  set files(files: readonly SourceFile[]) {
    this.#files.files = files
  }

  get packs(): readonly string[] {
    return [...this.#boxes].filter(([, box]) => box.checked).map(([name]) => name)
  }

  set packs(names: readonly string[]) {
    for (const [name, box] of this.#boxes) box.checked = names.includes(name)
  }

  /** Shows a policy by its id; false when it is in none of the files. */
  async open(id: string): Promise<boolean> {
    this.#files.unmark()
    for (const { name, text } of this.#files.texts()) {
      const outlined = await this.#client.ask({ kind: 'outline', text })
      const policy = outlined.find((entry) => entry.id === id)
      if (policy === undefined) continue
      const editor = this.#files.show(name)
      editor.mark([policy.range], 'mark-policy')
      editor.reveal(policy.range)
      editor.view.focus()
      return true
    }
    return false
  }

  /** Goes to a mistake. */
  visit({ file, range }: Diagnostic): void {
    const editor = file === INVENTORY ? this.stock : this.#files.show(file)
    if (range) editor.reveal(range)
    editor.view.focus()
  }

  lint(found: readonly Diagnostic[]): void {
    this.#files.lint(found)
    this.stock.lint(found.filter(({ file }) => file === INVENTORY))
  }

  async #format(): Promise<void> {
    const current = this.#files.current()
    if (current === undefined) {
      this.#say('The policies of a pack are read-only.')
      return
    }
    const { name, editor } = current
    const before = editor.text
    try {
      const { text, mistakes } = await this.#client.ask({ kind: 'format', text: before, name })
      // What was typed meanwhile wins.
      if (text !== undefined && editor.text === before) {
        editor.text = text
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
