/** The operator's own files, when `checkrein playground` serves the page. */

import { OWN, initial } from './state'
import type { State } from './state'

export interface Operator {
  /** What the page starts with. */
  readonly state: State
  /** Where it comes from, in a sentence. */
  readonly about: string
}

/** Asks the server for them; nothing where the page is only files. */
export async function operator(): Promise<Operator | undefined> {
  const place = document.querySelector<HTMLMetaElement>('meta[name="checkrein-operator"]')?.content
  if (place === undefined) return undefined
  const response = await fetch(place)
  if (!response.ok) throw new Error(`the configuration cannot be fetched: ${response.status}`)
  // The server is this version's own command.
  const { policies, inventory, packs, about } = (await response.json()) as Omit<State, 'call'> & { about: string }
  const files = policies.length > 0 ? policies : [{ name: OWN, text: '' }]
  return { state: { call: initial().call, policies: files, inventory, packs }, about }
}
