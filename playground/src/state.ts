/** What the page is about: everything a link carries. */

import type { SourceFile, Sources } from 'checkrein-wasm'

import { incident, inventory } from './cases'

export interface State {
  /** The text of a call, or of a hook's event. */
  readonly call: string
  readonly policies: readonly SourceFile[]
  readonly inventory: string
  readonly packs: readonly string[]
}

export const OWN = 'own.cedar'
export const INVENTORY = 'checkrein.toml'

const START_POLICIES = `// Your own policies, beside the packs. Try: uncomment this one and see the verdict change.
//
// @id("own.no_delete_volume")
// @reason("volumes are deleted by people")
// @advice("ask the operator")
// forbid (principal, action == Action::"delete", resource is Volume);
`

/** The text the editor shows. */
export function print(call: object): string {
  return `${JSON.stringify(call, null, 2)}\n`
}

export function initial(): State {
  return { call: print(incident), policies: [{ name: OWN, text: START_POLICIES }], inventory, packs: ['baseline'] }
}

export function sourcesOf({ policies, inventory: text, packs }: State): Sources {
  return { packs, policies, inventory: { name: INVENTORY, text } }
}
