/** From the text in the editor to the call that is decided: what it leaves out is filled in. */

import type { Checkrein, ToolCall } from 'checkrein-wasm'

/** What a call needs besides the tool and its arguments, so that a pasted one can leave it out. */
const DEFAULTS = {
  agent: { id: 'agent', session: 's-1' },
  workspace: { root: '/repo', cwd: '/repo' },
  env: {},
} as const

/** A call as it goes into the engine. */
export interface Asked {
  /** The call's JSON; whatever it is, the engine decides it. */
  readonly call: string
  /** What was filled in. */
  readonly added: readonly string[]
  /** The agent that makes the call. */
  readonly agent: string
  /** Where the call's arguments stand in the editor's text. */
  readonly within: string
  /** The host whose event the text is, and what the page says about it. */
  readonly host?: string
  /** Why there is nothing to decide. */
  readonly nothing?: string
}

/** What the text asks: a call, or the event of a coding agent's hook. */
export function asked(checkrein: Checkrein, text: string): Asked {
  let event
  try {
    event = checkrein.event(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...plain(text), nothing: `A hook stops this: the event cannot be read. ${why}` }
  }
  if (event === undefined) return plain(text)
  const { host } = event
  if (event.call === null) {
    return { ...plain(text), host, nothing: `This event of ${host} asks for no permission. A hook answers {}.` }
  }
  return { ...plain(JSON.stringify(event.call)), within: event.arguments, host }
}

function plain(text: string): Asked {
  const { call, added } = completed(text)
  return { call, added, agent: agentOf(call), within: 'arguments' }
}

/** The call with what it leaves out; text that is no object is left to the engine to refuse. */
function completed(text: string): Pick<Asked, 'call' | 'added'> {
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

function agentOf(call: string): string {
  try {
    const id = (JSON.parse(call) as Partial<ToolCall> | null)?.agent?.id
    return typeof id === 'string' && id !== '' ? id : 'agent'
  } catch {
    return 'agent'
  }
}
