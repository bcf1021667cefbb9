/** The operator's policy files, an editor each, and the packs to read. */

import type { CompletionSource } from '@codemirror/autocomplete'
import type { Diagnostic, Pack, SourceFile } from 'checkrein-wasm'

import { cedar } from './cedar'
import { h } from './dom'
import { Editor } from './editor'
import { OWN } from './state'

export interface FilesOptions {
  readonly packs: readonly Pack[]
  readonly complete: CompletionSource
  readonly changed: () => void
}

export class PolicyFiles {
  readonly element = h('div', {})
  readonly choice: HTMLSelectElement
  readonly #options: FilesOptions
  readonly #pack = new Editor({ label: 'Policies of the pack, read-only', text: '', language: cedar(), readOnly: true })
  #own = new Map<string, Editor>()

  constructor(files: readonly SourceFile[], options: FilesOptions) {
    this.#options = options
    this.choice = h('select', { 'aria-label': 'File', change: () => this.show(this.choice.value) })
    this.#fill(files)
  }

  get files(): readonly SourceFile[] {
    return [...this.#own].map(([name, { text }]) => ({ name, text }))
  }

  set files(files: readonly SourceFile[]) {
    const names = files.map(({ name }) => name)
    // The same files keep their editors, and what can be undone in them.
    if (names.join('\n') !== [...this.#own.keys()].join('\n')) this.#fill(files)
    for (const { name, text } of files) {
      const editor = this.#own.get(name)
      if (editor !== undefined) editor.text = text
    }
  }

  /** The file that is shown, when it can be edited. */
  current(): { readonly name: string; readonly editor: Editor } | undefined {
    const editor = this.#own.get(this.choice.value)
    return editor && { name: this.choice.value, editor }
  }

  /** Shows a file or a pack. */
  show(name: string): Editor {
    const pack = this.#own.has(name) ? undefined : this.#options.packs.find((entry) => entry.name === name)
    if (pack !== undefined) this.#pack.text = pack.policy
    const shown = pack === undefined ? (this.#own.get(name) ?? this.#pack) : this.#pack
    this.choice.value = name
    for (const editor of [...this.#own.values(), this.#pack]) {
      editor.view.dom.parentElement?.toggleAttribute('hidden', editor !== shown)
    }
    return shown
  }

  /** Every text there is, the operator's first. */
  texts(): readonly SourceFile[] {
    return [...this.files, ...this.#options.packs.map(({ name, policy }) => ({ name, text: policy }))]
  }

  unmark(): void {
    for (const editor of [...this.#own.values(), this.#pack]) editor.mark([], 'mark-policy')
  }

  lint(found: readonly Diagnostic[]): void {
    for (const [name, editor] of this.#own) editor.lint(found.filter(({ file }) => file === name))
  }

  #fill(files: readonly SourceFile[]): void {
    const { packs, complete, changed } = this.#options
    const label = (name: string): string => (name === OWN ? 'Your policies' : `Your policies: ${name}`)
    this.#own = new Map(
      files.map(({ name, text }) => [name, new Editor({ label: label(name), text, language: cedar(), complete, changed })]),
    )
    const boxes = [...this.#own.values(), this.#pack].map(({ view }) => h('div', { class: 'editor' }, view.dom))
    this.element.replaceChildren(...boxes)
    this.choice.replaceChildren(
      ...files.map(({ name }) => h('option', { value: name }, `${name} (yours)`)),
      ...packs.map(({ name }) => h('option', { value: name }, `${name} (pack, read-only)`)),
    )
    this.show(files[0]?.name ?? packs[0]?.name ?? '')
  }
}
