/** A guard in an MCP server. */

import { randomUUID } from 'node:crypto'

import { ConfigurationError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Ruling } from './gate.js'
import {
  type Ask,
  CALL,
  Hints,
  type Message,
  REFUSED,
  called,
  copied,
  errorResult,
  failure,
  record,
  refusalAfter,
  refusalOf,
} from './mcp-call.js'
import { type Modern, answerIn, canShow, form, inputRequired, isYes, withoutAnswers } from './mcp-elicit.js'

/** How a server is guarded. An authenticated client's id and the transport's session are the
 * defaults. */
export interface GuardServerOptions extends GateOptions {
  /** The tools of this server are your own: read them by name, as tools of a host, so that `bash` is a
   * shell. Otherwise they are those of an MCP server, and unknown unless that and they are known. */
  readonly ownTools?: boolean | undefined
  /** Name of the server to decide with, when `ownTools` is not set; its own name when absent. */
  readonly server?: string | undefined
  /** Have the client ask its human about what needs approval, when it can. It is the client that
   * answers, and an agent may control its client: only where it is trusted to ask a person. */
  readonly elicit?: boolean | undefined
  /** Asks a human at the server about what needs approval and the client is not asked about: `true` is
   * yes, all else is no. */
  readonly ask?: ((ruling: Ruling) => boolean | Promise<boolean>) | undefined
}

/** A `Server` of either line of the SDK. */
export interface LowLevelServer {
  connect(transport: never): Promise<void>
  getClientCapabilities(): object | undefined
  elicitInput(params: never, options?: never): Promise<object>
}

/** A `McpServer` or a `Server`, of `@modelcontextprotocol/sdk` or `@modelcontextprotocol/server`. */
export type GuardableServer = LowLevelServer | { readonly server: LowLevelServer }

/**
 * Puts a guard before every tool call that reaches a server, and returns the server. Its tools stay as
 * they are, whether they were registered before or are added, changed or removed later.
 *
 * @throws {ConfigurationError} It cannot be guarded: it is guarded already, or it keeps its handlers in
 *   a way that is not known here. Or no guard is given, and the configuration cannot be used.
 */
export function guardServer<T extends GuardableServer>(server: T, options: GuardServerOptions = {}): T {
  new Seat(server, options)
  return server
}

type Handler = (request: Message, context: Context) => unknown

/** What a handler is told: by the first line of the SDK directly, by the second in `mcpReq`. */
interface Context {
  readonly sessionId?: string
  readonly authInfo?: { readonly clientId?: string }
  readonly http?: { readonly authInfo?: { readonly clientId?: string } }
  readonly signal?: AbortSignal
  readonly mcpReq?: Modern & { readonly signal?: AbortSignal; readonly envelope?: unknown }
}

/** The parts of a server that its types keep to themselves, or only one line has. */
interface Inside {
  readonly _requestHandlers?: unknown
  readonly _serverInfo?: { readonly name?: unknown }
  readonly fallbackRequestHandler?: Handler
  getClientCapabilities(): unknown
  getNegotiatedProtocolVersion?(): unknown
  elicitInput(params: object, options: object): Promise<unknown>
}

/** Since this revision a server cannot send requests: the client repeats its own, with answers. */
const MODERN = '2026-07-28'
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'
const PATIENCE = 10 * 60 * 1000
const guarded = new WeakSet<object>()

/** The guard of one server. */
class Seat {
  readonly #gate: Gate
  readonly #options: GuardServerOptions
  readonly #outer: object
  readonly #server: Inside
  readonly #hints = new Hints()

  constructor(server: GuardableServer, options: GuardServerOptions) {
    this.#gate = new Gate(options)
    this.#options = { ...options }
    this.#outer = server
    // The types say less than there is; what matters is checked right below.
    this.#server = ('server' in server ? server.server : server) as object as Inside
    const { _requestHandlers: handlers } = this.#server
    if (!(handlers instanceof Map) || typeof handlers.get('ping') !== 'function') {
      throw new ConfigurationError('checkrein: this server keeps its handlers in a way that is not known')
    }
    if (guarded.has(handlers)) throw new ConfigurationError('checkrein: this server is guarded already')
    guarded.add(handlers)
    // Every request passes here on its way, so it does not matter who registers what, and when.
    const find = handlers.get.bind(handlers) as (method: unknown) => Handler | undefined
    const get = (method: unknown): Handler | undefined => this.#before(method, find(method))
    Object.defineProperty(handlers, 'get', { value: get })
  }

  #before(method: unknown, found: Handler | undefined): Handler | undefined {
    if (method !== CALL && method !== 'resources/read' && method !== 'tools/list') return found
    const handler = found ?? this.#server.fallbackRequestHandler
    if (handler === undefined) return undefined
    if (method === CALL) return (request, context) => this.#call(handler, request, context)
    if (method === 'resources/read') return (request, context) => this.#read(handler, request, context)
    return async (request, context) => {
      const result = await handler(request, context)
      this.#hints.learn(result)
      return result
    }
  }

  async #call(handler: Handler, given: Message, context: Context): Promise<unknown> {
    let request: Message
    let task = false
    let answer: string | object | undefined
    try {
      request = record(copied(given))
      task = called(request).task
      answer = await this.#settle(request, context)
    } catch (error) {
      return refused(failure(error), task)
    }
    if (answer === undefined) return await handler(request, forTool(context))
    return typeof answer === 'string' ? refused(answer, task) : answer
  }

  /** `undefined` when the call may run, why not, or a question to the client. */
  async #settle(request: Message, context: Context): Promise<string | object | undefined> {
    const modern = String(this.#server.getNegotiatedProtocolVersion?.() ?? '') >= MODERN
    const { envelope } = context.mcpReq ?? {}
    const declared = modern ? record(envelope)[CAPABILITIES] : this.#server.getClientCapabilities()
    const canAsk = this.#options.elicit === true && canShow(declared)
    const answered = canAsk && modern ? answerIn(context.mcpReq) : undefined
    const callId = answered?.callId ?? randomUUID()
    const rule = (): Ruling => this.#rule(request, context, callId)
    const ruling = rule()
    if (answered !== undefined) return refusalAfter(answered.yes, ruling)
    if (canAsk && modern && ruling.outcome === 'ask') {
      return ruling.show() ? inputRequired(ruling) : ruling.message
    }
    const { signal } = context.mcpReq ?? context
    const ask = canAsk ? this.#elicited(request, signal) : unlessCancelled(this.#options.ask, signal)
    return await refusalOf(ruling, rule, ask)
  }

  #rule(request: Message, context: Context, callId: string): Ruling {
    const call = called(request)
    const own = this.#options.ownTools === true
    return this.#gate.rule({
      tool: call.tool,
      arguments: call.arguments,
      callId,
      server: own ? undefined : this.#name(),
      annotations: this.#registered(call.tool) ?? this.#hints.of(call.tool),
      ...who(context),
    })
  }

  /** Decides whether a resource may be read; nobody can be asked about it. */
  async #read(handler: Handler, given: Message, context: Context): Promise<unknown> {
    let request: Message
    let refusal: string | undefined
    try {
      request = record(copied(given))
      const { uri } = record(request.params)
      const told = { tool: 'read_resource', arguments: { uri, server: this.#name() }, ...who(context) }
      const ruling = this.#gate.rule(told)
      refusal = ruling.outcome === 'run' ? undefined : ruling.message
    } catch (error) {
      return refused(failure(error), true)
    }
    return refusal === undefined ? await handler(request, context) : refused(refusal, true)
  }

  #elicited(request: Message, signal: AbortSignal | undefined): Ask {
    return async (ruling) => {
      const options = { relatedRequestId: request.id, signal, timeout: PATIENCE }
      return isYes(await this.#server.elicitInput(form(ruling), options))
    }
  }

  /** A name is never empty here: without one, a tool would be one of the host's. */
  #name(): string {
    const name = this.#options.server ?? this.#server._serverInfo?.name
    return typeof name === 'string' && name !== '' ? name : 'mcp'
  }

  /** What a `McpServer` knows of a tool. */
  #registered(tool: string): object | undefined {
    const { _registeredTools: tools } = record(this.#outer)
    const known = record(tools)
    return Object.hasOwn(known, tool) ? record(record(known[tool])['annotations']) : undefined
  }
}

function refused(text: string, asError: boolean): object {
  if (!asError) return errorResult(text)
  // Both lines answer a throw with its code and message.
  throw Object.assign(new Error(text), { code: REFUSED })
}

/** Who calls, as far as the server knows for sure; a client's own name proves nothing. */
function who({ sessionId, authInfo, http }: Context): Pick<GatedCall, 'agent' | 'session'> {
  return { agent: (authInfo ?? http?.authInfo)?.clientId, session: sessionId }
}

/** The context as the tool should see it: answers to this guard are not for the tool. */
function forTool(context: Context): Context {
  const { mcpReq } = context
  return mcpReq === undefined ? context : { ...context, mcpReq: withoutAnswers(mcpReq) }
}

/** A yes that comes after the client has given up is none. */
function unlessCancelled(ask: Ask | undefined, signal: AbortSignal | undefined): Ask | undefined {
  return ask && (async (ruling) => (await ask(ruling)) === true && signal?.aborted !== true)
}
