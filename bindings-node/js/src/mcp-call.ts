/** What both ends of an MCP connection share: a call, and whether it may run. */

import { type Ruling, unreachable } from './gate.js'

/** Asks a human about a call: `true` is yes, all else is no. */
export type Ask = (ruling: Ruling) => boolean | Promise<boolean>

/** A JSON-RPC message, as far as needed here; it comes from the other side, so nothing is sure. */
export interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
  readonly result?: unknown
}

/** The method that runs a tool. */
export const CALL = 'tools/call'
/** What the JSON-RPC error of a refused call says where the SDK takes no result instead. */
export const REFUSED = -32600

/** A message as it goes over the wire. Nobody else has it, and it has no code in it. */
export function copied(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message)) as unknown
}

/** Tool and arguments of a call. What is no call by its form is refused by the engine. */
export function called({ params }: Message): { tool: string; arguments: unknown; task: boolean } {
  const { name, arguments: given, task } = record(params)
  // An absent list of arguments is an empty one; any other text than a name is for the engine.
  return { tool: name as string, arguments: given === undefined ? {} : given, task: task !== undefined }
}

/**
 * Why a call must not run, or `undefined` when it may. Decides again after a yes: what was decided
 * before the human thought about it may have changed.
 */
export function refusalOf(
  ruling: Ruling,
  again: () => Ruling,
  ask: Ask | undefined,
): string | undefined | Promise<string | undefined> {
  switch (ruling.outcome) {
    case 'run':
      return undefined
    case 'refuse':
      return ruling.message
    case 'ask':
      if (ask === undefined || !ruling.show()) return ruling.message
      return refusalOnceAsked(ruling, again, ask)
    default:
      return unreachable(ruling.outcome)
  }
}

/** Why a call must not run that a human has answered about, or `undefined` when it may. */
export function refusalAfter(yes: boolean, ruling: Ruling): string | undefined {
  if (!yes) {
    ruling.withdraw()
    return `${ruling.message || 'checkrein: refused'}\nThe human said no.`
  }
  switch (ruling.outcome) {
    case 'run':
      return undefined
    case 'refuse':
      return ruling.message
    case 'ask':
      return ruling.redeem() ? undefined : ruling.message
    default:
      return unreachable(ruling.outcome)
  }
}

/** What tools say about themselves. Once destructive, always destructive: lists change. */
export class Hints {
  readonly #known = new Map<string, object>()

  of(tool: unknown): object | undefined {
    return typeof tool === 'string' ? this.#known.get(tool) : undefined
  }

  /** Learns from a result, when it lists tools. */
  learn(result: unknown): void {
    const { tools } = record(result)
    if (!Array.isArray(tools)) return
    for (const { name, annotations } of tools.map(record)) {
      if (typeof name !== 'string') continue
      const hints = record(annotations)
      const said = [hints, record(this.#known.get(name))]
      const destructive = said.some(({ destructiveHint }) => destructiveHint === true)
      this.#known.set(name, destructive ? { ...hints, destructiveHint: true } : hints)
    }
  }
}

/** A value's members; none, when it is no object. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** What to say when the guard itself fails. It quotes nothing. */
export function failure(error: unknown): string {
  const kind = error instanceof Error ? error.name : typeof error
  return `checkrein: refused, because the guard failed (${kind})`
}

/** A tool's result that is an error, for the model to read. */
export function errorResult(text: string): Record<string, unknown> {
  return { content: [{ type: 'text', text }], isError: true }
}

async function refusalOnceAsked(ruling: Ruling, again: () => Ruling, ask: Ask): Promise<string | undefined> {
  let yes: boolean
  try {
    yes = (await ask(ruling)) === true
  } catch {
    ruling.withdraw()
    return `${ruling.message}\nThe human could not be asked.`
  }
  // A no is about what was shown, whatever would be decided now.
  return refusalAfter(yes, yes ? again() : ruling)
}
