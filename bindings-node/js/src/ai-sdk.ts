/**
 * Vercel AI SDK: a guard before every tool, for `generateText`, `streamText` and agents.
 *
 * ```ts
 * import { guardTools } from 'checkrein/ai-sdk'
 *
 * const guarded = guardTools({ shell, deploy }, { guard, agent: 'builder', session })
 * const result = await generateText({ model, messages, ...guarded }) // tools and toolApproval
 * for (const part of result.content) {
 *   if (part.type === 'tool-approval-request' && !part.isAutomatic) ask(part.reason)
 * }
 * ```
 *
 * What needs approval pauses with the SDK's own `tool-approval-request`, whose `reason` is for the
 * human, and goes on with a `tool-approval-response`. Every call is decided again when it runs, since
 * the history that comes back is the client's: a yes counts once, for exactly the call that was shown,
 * in the process that showed it. Make the {@link Guard} once, outside of request handlers, because it
 * keeps what was shown, and name a `session`, so that no other can use it.
 *
 * The SDK tells nobody of a human's no. Whoever turns it into a yes in the history is believed until
 * the approval expires, unless you withdraw it: `guarded.ruling(request).withdraw()`.
 *
 * What the guard cannot see: tools that the provider runs, which are refused, see
 * {@link GuardToolsOptions.allowHosted}; and what runs tools without `execute`, such as a browser or
 * your own loop, which has to heed the SDK's answer to `toolApproval`. It also does not see what the
 * code of a tool does by itself: an agent in a tool needs guarded tools of its own, and cannot pause
 * the agent around it.
 *
 * @packageDocumentation
 */

import { ConfigurationError, DeniedError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Ruling, unreachable } from './gate.js'

/** How tools are guarded. */
export interface GuardToolsOptions extends GateOptions {
  /** The MCP server that all of these tools come from. */
  readonly server?: string | undefined
  /** Let tools pass that the provider runs, where the guard cannot see them. */
  readonly allowHosted?: boolean | undefined
}

/** A call as the SDK hands it to `toolApproval`. */
export interface ToolApprovalCall {
  /** The call. */
  readonly toolCall: ToolApprovalRequest['toolCall']
  /** The history, without the answer that holds a new call. */
  readonly messages: readonly unknown[]
  /** The tools in use. */
  readonly tools?: object | undefined
  /** What the SDK hands to each tool, by its name. */
  readonly toolsContext?: object | undefined
}

/** What has to be known of a `tool-approval-request` to rule on it. */
export interface ToolApprovalRequest {
  /** The call it is about. */
  readonly toolCall: { readonly toolName: string; readonly toolCallId: string; readonly input: unknown }
}

/** What `toolApproval` answers. */
export type ToolApprovalAnswer =
  | { type: 'not-applicable' }
  | { type: 'denied'; reason: string }
  | { type: 'user-approval'; reason?: string }

/** Guarded tools, to be spread into the settings of a call or an agent. */
export interface GuardedTools<Tools> {
  /** The tools, each with a guard inside. */
  readonly tools: Tools
  /**
   * Denies and asks before the SDK runs a tool. It serves the tools of all calls of
   * {@link guardTools}, and denies all others.
   *
   * To add rules of your own, ask this one first and yours when it answers `not-applicable`. Without
   * it, as in version 6 of the SDK, which has none, guarded tools still refuse and ask, but the
   * request has no `reason`.
   */
  readonly toolApproval: (call: ToolApprovalCall) => Promise<ToolApprovalAnswer>
  /**
   * The guard's ruling on a request for approval: `question()` is what to show, `withdraw()` is for a
   * no. It is not enumerable, so spreading leaves it behind.
   *
   * @throws {ConfigurationError} There is no such guarded tool.
   */
  readonly ruling: (request: ToolApprovalRequest) => Ruling
}

/**
 * Puts a guard into each tool.
 *
 * The tools given stay as they are; the model sees the same ones. A tool gets its own copy of its
 * input, the one that was decided on, so the input has to be plain data.
 *
 * MCP tools are guarded like all others; give those of each server to a call of its own, with
 * `server`, and spread the results into one set.
 *
 * @throws {ConfigurationError} A tool is guarded already, or runs where the guard cannot see it.
 */
export function guardTools<Tools extends Readonly<Record<string, object>>>(
  tools: Tools,
  options: GuardToolsOptions = {},
): GuardedTools<Tools> {
  const gate = new Gate(options)
  const entries = Object.entries(tools).map(([name, tool]) => [name, guarded(tool, name, gate, options)])
  const copies: object = Object.fromEntries(entries)
  const result = {
    // The same names, and of each tool a copy with the same properties.
    tools: copies as Tools,
    toolApproval: async (call: ToolApprovalCall): Promise<ToolApprovalAnswer> => {
      const { toolName } = call.toolCall
      const tool = own(call.tools ?? copies, toolName)
      const context = own(call.toolsContext, toolName)
      const asked = { ...call.toolCall, messages: call.messages, context }
      return (await seatOf(tool)?.status(call.toolCall.input, asked)) ?? denied(strange(toolName))
    },
    ruling: ({ toolCall }: ToolApprovalRequest): Ruling => {
      const seat = seatOf(own(copies, toolCall.toolName))
      if (seat === undefined) throw new ConfigurationError(strange(toolCall.toolName))
      return seat.rule(toolCall.input, toolCall)
    },
  }
  return Object.defineProperty(result, 'ruling', { enumerable: false })
}

/** What the SDK tells a tool about a call. */
interface Told {
  readonly toolCallId: string
  readonly messages: readonly unknown[]
}

/** What matters here of a tool; versions 6 and 7 of the SDK agree on it. */
interface AnyTool {
  readonly type?: unknown
  readonly isProviderExecuted?: unknown
  readonly metadata?: unknown
  readonly execute?: (input: unknown, told: Told) => unknown
  readonly needsApproval?: unknown
  readonly experimental_toolCaller?: { readonly type: string; readonly bind?: (tools: object) => object }
}

// By the `needsApproval` of a guarded tool, which the copies that the SDK makes of a tool keep.
const seats = new WeakMap<object, Seat>()
// What was shown in each step, by its messages, since the SDK hands the same list to all calls of a
// step. Undefined: two calls have the same id.
const steps = new WeakMap<object, Map<string, Ruling | undefined>>()

/** A guard in one tool. */
class Seat {
  constructor(
    readonly gate: Gate,
    readonly source: AnyTool,
    readonly call: Omit<GatedCall, 'arguments'>,
    readonly hosted: boolean,
  ) {}

  rule(input: unknown, told: Pick<Told, 'toolCallId'> | undefined): Ruling {
    return this.gate.rule({ ...this.call, arguments: input, callId: told?.toolCallId })
  }

  /** What to do before a call is run. */
  async status(input: unknown, told: Told): Promise<ToolApprovalAnswer> {
    if (this.hosted) return await this.#own(input, told)
    const ruling = this.rule(input, told)
    switch (ruling.outcome) {
      case 'run':
        return await this.#own(input, told)
      case 'refuse':
        return denied(ruling.message)
      case 'ask': {
        const reason = ruling.message
        // With the human's answer the SDK comes here again. To show the call then would be to take
        // the word of the client that it was shown before.
        const refusal = isNew(told) ? show(ruling, told) : undefined
        return refusal === undefined ? { type: 'user-approval', reason } : denied(refusal)
      }
      default:
        return unreachable(ruling.outcome)
    }
  }

  /** Runs the tool if it may. Not async: a tool that streams returns what it streams. */
  run(input: unknown, told: Told): unknown {
    const mine = structuredClone(input)
    const ruling = this.rule(mine, told)
    switch (ruling.outcome) {
      case 'run':
        break
      case 'refuse':
        throw new DeniedError(ruling.message, ruling.decision)
      case 'ask':
        if (!ruling.redeem()) throw new DeniedError(ruling.message, ruling.decision)
        break
      default:
        unreachable(ruling.outcome)
    }
    return this.source.execute?.(mine, told)
  }

  /** What the tool itself asks for; an answer of `approved` would skip it. */
  async #own(input: unknown, told: Told): Promise<ToolApprovalAnswer> {
    const { needsApproval: asks } = this.source
    const asked = typeof asks === 'function' ? await asks.call(this.source, input, told) : asks
    return { type: asked ? 'user-approval' : 'not-applicable' }
  }
}

function guarded(given: object, name: string, gate: Gate, options: GuardToolsOptions): object {
  const tool: AnyTool = given // all of its properties are optional, and checked
  const { type, isProviderExecuted, execute, metadata, experimental_toolCaller: caller } = tool
  if (seatOf(tool) !== undefined) {
    throw new ConfigurationError(`checkrein: tool \`${name}\` is guarded already`)
  }
  const known = type === undefined || type === 'function' || type === 'dynamic'
  const local = type === 'provider' && isProviderExecuted !== true
  const seen = known || (local && (typeof execute === 'function' || isProviderExecuted === false))
  if (!seen && options.allowHosted !== true) {
    throw new ConfigurationError(
      `checkrein cannot see what tool \`${name}\` does, because the provider runs it. Take it away, or ` +
        'accept it with `allowHosted: true`',
    )
  }
  const { server } = options
  const seat = new Seat(gate, tool, { tool: name, server, ...mcp(metadata) }, !seen)
  const needsApproval = async (input: unknown, told: Told): Promise<boolean> =>
    (await seat.status(input, told)).type === 'user-approval'
  seats.set(needsApproval, seat)
  const changes: PropertyDescriptorMap = { needsApproval: changed(needsApproval) }
  if (typeof execute === 'function') {
    changes['execute'] = changed((input: unknown, told: Told) => seat.run(input, told))
  }
  if (caller?.bind !== undefined) {
    // The SDK puts what `bind` returns in the place of the tool.
    const bind = (tools: object): object => guarded(caller.bind?.(tools) ?? {}, name, gate, options)
    changes['experimental_toolCaller'] = { ...changed({ ...caller, bind }), enumerable: false }
  }
  const properties = { ...Object.getOwnPropertyDescriptors(tool), ...changes }
  return Object.create(Object.getPrototypeOf(tool), properties) as object
}

/** What an MCP client notes about a tool. */
function mcp(metadata: unknown): Partial<GatedCall> {
  const { clientName, toolName, annotations } = (metadata ?? {}) as Record<string, unknown>
  if (typeof clientName !== 'string' || typeof toolName !== 'string') return {}
  return { tool: toolName, annotations: typeof annotations === 'object' ? (annotations ?? {}) : undefined }
}

/** Whether the model made the call just now, so that the history does not hold it. */
function isNew({ messages, toolCallId }: Told): boolean {
  const holds = (part: { toolCallId?: unknown }): boolean => part.toolCallId === toolCallId
  // Their form is checked by the SDK; a history that has another form throws, and nothing runs.
  const history = messages as readonly { content: unknown }[]
  return history.length > 0 && !history.some(({ content }) => Array.isArray(content) && content.some(holds))
}

/** Shows a call to a human, or says why not. */
function show(ruling: Ruling, { messages, toolCallId }: Told): string | undefined {
  const shown = steps.get(messages) ?? new Map<string, Ruling | undefined>()
  steps.set(messages, shown)
  const other = shown.get(toolCallId)
  if (shown.has(toolCallId) && other?.fingerprint !== ruling.fingerprint) {
    // The SDK finds calls by their id, so it would run one with the yes for the other.
    other?.withdraw()
    shown.set(toolCallId, undefined)
    return `checkrein: two calls have the id \`${toolCallId}\`, so none of them can be approved`
  }
  shown.set(toolCallId, ruling)
  return ruling.show() ? undefined : ruling.message
}

function seatOf(tool: unknown): Seat | undefined {
  const { needsApproval } = (tool ?? {}) as AnyTool
  return typeof needsApproval === 'function' ? seats.get(needsApproval) : undefined
}

/** Names come from the model and the client, and must not reach what all objects inherit. */
function own(from: object | undefined, name: string): unknown {
  return from !== undefined && Object.hasOwn(from, name) ? (from as Record<string, unknown>)[name] : undefined
}

function changed(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true }
}

function denied(reason: string): ToolApprovalAnswer {
  return { type: 'denied', reason }
}

function strange(name: string): string {
  return `checkrein: tool \`${name}\` is not guarded; hand it to \`guardTools\``
}
