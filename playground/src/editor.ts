/** Editors, all made the same way. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import type { CompletionSource } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import type { Diagnostic as Mark } from '@codemirror/lint'
import { EditorState, StateEffect, StateField } from '@codemirror/state'
import type { Extension } from '@codemirror/state'
import { Decoration, EditorView, drawSelection, keymap, lineNumbers } from '@codemirror/view'
import type { DecorationSet } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Diagnostic, Range } from 'checkrein-wasm'

/** Colours are the page's variables, so light and dark need nothing here. */
const style = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.string, tags.character], color: 'var(--code-string)' },
  { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-number)' },
  { tag: [tags.typeName, tags.heading], color: 'var(--code-type)' },
  { tag: [tags.meta, tags.variableName], color: 'var(--code-meta)' },
  { tag: tags.propertyName, color: 'var(--code-name)' },
])

const setMarks = StateEffect.define<{ readonly ranges: readonly Range[]; readonly name: string }>()

/** Highlighted parts of the text; they move with edits until they are set again. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes)
    for (const effect of transaction.effects) {
      if (!effect.is(setMarks)) continue
      const { ranges, name } = effect.value
      const length = transaction.newDoc.length
      const mark = Decoration.mark({ class: name })
      next = Decoration.set(
        ranges
          .filter(({ start, end }) => start < end && end <= length)
          .map(({ start, end }) => mark.range(start, end)),
        true,
      )
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})

export interface EditorOptions {
  readonly label: string
  readonly text: string
  readonly language: Extension
  readonly readOnly?: boolean
  readonly complete?: CompletionSource
  readonly changed?: () => void
}

export class Editor {
  readonly view: EditorView

  constructor({ label, text, language, readOnly = false, complete, changed }: EditorOptions) {
    const extensions: Extension[] = [
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      syntaxHighlighting(style),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
      EditorState.readOnly.of(readOnly),
      marks,
      language,
      // No Tab binding: Tab leaves the editor, as people without a mouse need.
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed?.()
      }),
    ]
    if (!readOnly) extensions.push(lintGutter())
    if (complete) extensions.push(autocompletion({ override: [complete] }))
    this.view = new EditorView({ state: EditorState.create({ doc: text, extensions }) })
  }

  get text(): string {
    return this.view.state.doc.toString()
  }

  set text(text: string) {
    if (text === this.text) return
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } })
  }

  mark(ranges: readonly Range[], name: string): void {
    this.view.dispatch({ effects: setMarks.of({ ranges, name }) })
  }

  /** Scrolls to a range and puts the cursor there. */
  reveal({ start, end }: Range): void {
    const length = this.view.state.doc.length
    const anchor = Math.min(start, length)
    this.view.dispatch({
      selection: { anchor },
      effects: EditorView.scrollIntoView(anchor, { y: end - start > 2000 ? 'start' : 'center' }),
    })
  }

  lint(found: readonly Diagnostic[]): void {
    const length = this.view.state.doc.length
    const list = found.map(({ range, severity, message, help }): Mark => {
      const from = Math.min(range?.start ?? 0, length)
      return {
        from,
        to: Math.max(from, Math.min(range?.end ?? from, length)),
        severity,
        message: help === undefined ? message : `${message}\n${help}`,
      }
    })
    this.view.dispatch(setDiagnostics(this.view.state, list))
  }
}
