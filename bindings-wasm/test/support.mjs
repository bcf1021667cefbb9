// The cases, as the Rust tests read them, and calls for the tests.

import { canonical, cases } from '../../tests/surfaces.mjs'

export { agree, canonical, cases, everyCase, stable } from '../../tests/surfaces.mjs'

/** The case of the incident. */
export function incident() {
  return cases().find(({ name }) => name.endsWith('03-curl-found-token.json'))
}

/** Sources with this inventory, if any. */
export function sources(inventory) {
  return inventory === undefined ? {} : { inventory: { name: 'checkrein.toml', text: inventory } }
}

/** The cases by inventory: `questions` can be sent to another thread, `cases` stay here. */
export function grouped(all) {
  const groups = new Map()
  for (const each of all) {
    if (!groups.has(each.inventory)) groups.set(each.inventory, [])
    groups.get(each.inventory).push(each)
  }
  return {
    questions: [...groups].map(([inventory, group]) => ({
      sources: sources(inventory),
      calls: group.map(({ content }) => canonical(content.call)),
    })),
    cases: [...groups.values()].flat(),
  }
}

/** What an engine answers to `questions`, in the order of `cases`. Its text is code for other threads. */
export function answered(checkrein, questions) {
  return questions.flatMap(({ sources, calls }) => {
    const engine = checkrein.open(sources)
    if (engine.problem !== '') throw new Error(engine.problem)
    return calls.map((call) => engine.authorizeJson(call))
  })
}

/** A shell call. */
export function shell(command) {
  return { tool: 'Bash', arguments: { command }, agent: { id: 'a' }, workspace: { root: '/repo' } }
}

/** A call that the baseline allows. */
export const HARMLESS = shell('git status')
