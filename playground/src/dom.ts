/** Building elements. Text only ever becomes text nodes: nothing pasted is read as markup. */

type Child = Node | string | undefined | false
type Attributes = Readonly<Record<string, string | boolean | undefined | ((event: Event) => void)>>

/** An element. An attribute that is a function listens to the event of that name. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  for (const child of children) if (child) element.append(child)
  return element
}

/** Runs `work` once nothing has happened for `delay` milliseconds. */
export function debounce(work: () => void, delay: number): () => void {
  let timer = 0
  return () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(work, delay)
  }
}

/** Starts `work` once what happens now is over, and again when it was asked for meanwhile: never two at a
 * time, and always one after the last request. */
export function latest(work: () => Promise<void>): () => void {
  let running = false
  let again = false
  const run = async (): Promise<void> => {
    try {
      do {
        again = false
        await work()
      } while (again)
    } finally {
      running = false
    }
  }
  return () => {
    if (running) again = true
    else {
      running = true
      queueMicrotask(() => void run())
    }
  }
}

/** The verdict as people say it. */
export const VERDICTS = { allow: 'Allow', needs_approval: 'Needs approval', deny: 'Deny' } as const

/** A verdict's label; the mark is there for those who cannot tell the colours apart. */
export function verdictLabel(verdict: keyof typeof VERDICTS): HTMLElement {
  return h('span', { class: `verdict ${verdict}` }, VERDICTS[verdict])
}
