/** What the page is about: everything a link carries. */

import type { Sources, ToolCall } from 'checkrein-wasm'

import { incident, inventory } from './cases'

export interface State {
  readonly call: string
  readonly policies: string
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

/** The call's text as the editor shows it. */
export function print(call: ToolCall): string {
  return `${JSON.stringify(call, null, 2)}\n`
}

export function initial(): State {
  return { call: print(incident), policies: START_POLICIES, inventory, packs: ['baseline'] }
}

export function sourcesOf({ policies, inventory: text, packs }: State): Sources {
  return {
    packs,
    policies: [{ name: OWN, text: policies }],
    inventory: { name: INVENTORY, text },
  }
}

/** What a call needs besides the tool and its arguments, so that a pasted one can leave it out. */
const DEFAULTS = {
  agent: { id: 'agent', session: 's-1' },
  workspace: { root: '/repo', cwd: '/repo' },
  env: {},
} as const

/** The call with what it leaves out; text that is no object is left to the engine to refuse. */
export function completed(text: string): { readonly call: string; readonly added: readonly string[] } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { call: text, added: [] }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { call: text, added: [] }
  const given = value
  const missing = Object.entries(DEFAULTS).filter(([name]) => !(name in given))
  // A complete call goes in as it was typed: JSON.parse would hide, say, a member given twice.
  if (missing.length === 0) return { call: text, added: [] }
  const members = missing.map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content)}`)
  const empty = Object.keys(given).length === 0
  const call = text.replace(/\}\s*$/, () => `${empty ? '' : ','}${members.join(',')}}`)
  return { call, added: missing.map(([name]) => name).filter((name) => name !== 'env') }
}

/** The agent that makes a call. */
export function agentOf(call: string): string {
  try {
    const { agent } = JSON.parse(completed(call).call) as { agent?: { id?: unknown } }
    return typeof agent?.id === 'string' ? agent.id : 'agent'
  } catch {
    return 'agent'
  }
}
