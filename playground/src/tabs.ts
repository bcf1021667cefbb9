/** Tabs as the ARIA practices describe them: arrows move, one tab stop. */

import { h } from './dom'

export interface Tab {
  readonly id: string
  readonly label: string
  readonly content: HTMLElement
  /** Called each time the tab is shown. */
  readonly shown?: () => void
}

export interface Tabs {
  readonly element: HTMLElement
  readonly current: () => string
  readonly select: (id: string) => void
  /** Marks a tab as having mistakes, or else warnings. */
  readonly flag: (id: string, mistakes: number, warnings: number) => void
}

export function tabs(label: string, entries: readonly Tab[]): Tabs {
  let current = ''
  const buttons = entries.map(({ id, label: text }) =>
    h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, click: () => select(id) }, text),
  )
  const panels = entries.map(({ id, content }) =>
    h('div', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` }, content),
  )
  const list = h('div', { role: 'tablist', 'aria-label': label, class: 'tablist', keydown: move }, ...buttons)

  function select(id: string): void {
    current = id
    entries.forEach((entry, at) => {
      const on = entry.id === id
      buttons[at]?.setAttribute('aria-selected', String(on))
      buttons[at]?.setAttribute('tabindex', on ? '0' : '-1')
      panels[at]?.toggleAttribute('hidden', !on)
    })
    entries.find((entry) => entry.id === id)?.shown?.()
  }

  function move(event: Event): void {
    if (!(event instanceof KeyboardEvent)) return
    const at = entries.findIndex((entry) => entry.id === current)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: entries.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const index = (to + entries.length) % entries.length
    const entry = entries[index]
    if (entry === undefined) return
    select(entry.id)
    buttons[index]?.focus()
  }

  function flag(id: string, mistakes: number, warnings: number): void {
    const at = entries.findIndex((entry) => entry.id === id)
    const entry = entries[at]
    if (entry === undefined) return
    buttons[at]?.replaceChildren(
      entry.label,
      mistakes > 0
        ? h('span', { class: 'count' }, String(mistakes), h('span', { class: 'sr' }, ' mistakes'))
        : warnings > 0
          ? h('span', { class: 'count warnings' }, String(warnings), h('span', { class: 'sr' }, ' warnings'))
          : '',
    )
  }

  const first = entries[0]
  if (first !== undefined) select(first.id)
  return { element: h('div', { class: 'tabs' }, list, ...panels), current: () => current, select, flag }
}
