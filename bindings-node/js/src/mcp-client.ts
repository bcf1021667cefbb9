/** A guard between an MCP client and its transport. */

import { randomUUID } from 'node:crypto'

import { Gate, type GateOptions, type Ruling } from './gate.js'
import {
  CALL,
  Hints,
  type Message,
  REFUSED,
  called,
  copied,
  errorResult,
  failure,
  record,
  refusalOf,
} from './mcp-call.js'

/** How a transport is guarded. Its session is the default. */
export interface GuardTransportOptions extends GateOptions {
  /** Name of the server to decide with, as you know it. What a server calls itself never counts, since
   * it may call itself anything; without a name its tools are those of an unknown server. */
  readonly server?: string | undefined
  /** The server's tools are your own: read them by name, as tools of a host, so that `bash` is a shell.
   * Otherwise they are those of an MCP server, and unknown unless that and they are known. */
  readonly ownTools?: boolean | undefined
  /** Asks a human about what needs approval: `true` is yes, all else is no. Without it, what needs
   * approval is refused. */
  readonly ask?: ((ruling: Ruling) => boolean | Promise<boolean>) | undefined
}

/** A client transport, of `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`. */
export interface GuardableTransport {
  send(message: never, options?: never): Promise<void>
  close(): Promise<void>
  onmessage?: unknown
}

/**
 * Stands for a transport and lets no tool call out that must not run: it answers that itself, as the
 * server would, with an error result. Give the client what is returned, and nobody the transport.
 *
 * @throws {ConfigurationError} No guard is given, and the configuration cannot be used.
 */
export function guardTransport<T extends GuardableTransport>(
  transport: T,
  options: GuardTransportOptions = {},
): T {
  const wire = new Wire(transport as object as Line, options)
  const own = new Map<string | symbol, unknown>([
    ['send', wire.send],
    ['close', wire.close],
  ])
  return new Proxy(transport, {
    get(target, key) {
      if (key === 'onmessage') return wire.receiver
      if (own.has(key)) return own.get(key)
      // With the transport as `this`, so that it reaches its private parts, and sends again by itself
      // what was decided already.
      const value: unknown = Reflect.get(target, key, target)
      const method = typeof value === 'function' && key !== 'constructor' && !String(key).startsWith('on')
      return method ? (value.bind(target) as unknown) : value
    },
    set(target, key, value: unknown) {
      if (key === 'onmessage') wire.receiver = value as Receiver
      // Whoever replaces `send` calls the one it found, and that is the guarded one.
      else if (own.has(key)) own.set(key, value)
      else return Reflect.set(target, key, value, target)
      return true
    },
  })
}

type Receiver = ((message: unknown, extra?: unknown) => void) | undefined

/** A transport as it is used here. */
interface Line {
  readonly sessionId?: string
  onmessage?: Receiver
  send(message: unknown, options?: SendOptions): Promise<void>
  close(): Promise<void>
}

interface SendOptions {
  readonly requestSignal?: AbortSignal
}

const VERSION = 'io.modelcontextprotocol/protocolVersion'

/** The guard of one transport. */
class Wire {
  readonly #line: Line
  readonly #gate: Gate
  readonly #options: GuardTransportOptions
  readonly #hints = new Hints()
  readonly #waiting = new Set<{ readonly id: unknown; cancelled: boolean }>()

  /** Who gets what comes in. */
  receiver: Receiver

  constructor(line: Line, options: GuardTransportOptions) {
    this.#line = line
    this.#gate = new Gate(options)
    this.#options = { ...options }
    this.receiver = line.onmessage
    line.onmessage = (message, extra) => {
      this.#learn(message)
      this.receiver?.(message, extra)
    }
  }

  readonly send = async (given: unknown, options?: SendOptions): Promise<void> => {
    // What is decided on, and nothing else, is what leaves.
    const message = copied(given)
    if (Array.isArray(message)) return await this.#sendAll(message, options)
    const passes = this.#passes(record(message), options)
    // Without a pause where there is no question, so that messages keep their order.
    if (passes === true || (passes !== false && (await passes))) await this.#line.send(message, options)
  }

  readonly close = async (): Promise<void> => {
    this.#cancel(() => true)
    await this.#line.close()
  }

  async #sendAll(messages: unknown[], options: SendOptions | undefined): Promise<void> {
    // Each in its own promise, so that one that throws leaves none of the others unattended.
    const passing = messages.map(async (message) => this.#passes(record(message), options))
    const passes = await Promise.all(passing)
    const rest = messages.filter((_, index) => passes[index] === true)
    if (rest.length > 0) await this.#line.send(rest, options)
  }

  /** Whether a message may leave; if not, it has been answered. */
  #passes(message: Message, options: SendOptions | undefined): boolean | Promise<boolean> {
    if (Array.isArray(message)) throw new TypeError('checkrein: a batch in a batch is no message')
    if (message.method === 'notifications/cancelled') {
      const { requestId } = record(message.params)
      this.#cancel((id) => id === requestId)
    }
    if (message.method !== CALL) return true
    const callId = randomUUID()
    const rule = (): Ruling => this.#rule(message, callId)
    let refusal: ReturnType<typeof refusalOf>
    try {
      refusal = refusalOf(rule(), rule, this.#options.ask)
    } catch (error) {
      refusal = failure(error)
    }
    if (refusal === undefined) return true
    if (typeof refusal === 'string') return this.#answer(message, refusal)
    return this.#wait(message, refusal, options)
  }

  /** Waits for the human. A yes that comes after the client has given up is none. */
  async #wait(
    message: Message,
    asked: Promise<string | undefined>,
    options: SendOptions | undefined,
  ): Promise<boolean> {
    const waiting = { id: message.id, cancelled: false }
    this.#waiting.add(waiting)
    const refusal = await asked.catch(failure)
    this.#waiting.delete(waiting)
    if (waiting.cancelled || options?.requestSignal?.aborted === true) return false
    return refusal === undefined ? true : this.#answer(message, refusal)
  }

  #cancel(which: (id: unknown) => boolean): void {
    for (const waiting of this.#waiting) if (which(waiting.id)) waiting.cancelled = true
  }

  #rule(message: Message, callId: string): Ruling {
    const call = called(message)
    return this.#gate.rule({
      tool: call.tool,
      arguments: call.arguments,
      callId,
      session: this.#line.sessionId,
      // A name is never empty here: without one, a tool would be one of the host's.
      server: this.#options.ownTools === true ? undefined : this.#options.server || 'mcp',
      annotations: this.#hints.of(call.tool),
    })
  }

  /** Answers in place of the server. */
  #answer(message: Message, text: string): false {
    const { id } = message
    // Nobody waits for an answer to what has no id; whoever sent it should know.
    if (typeof id !== 'string' && typeof id !== 'number') throw new Error(text)
    const { _meta: meta } = record(message.params)
    // Since 2026-07-28 a result says that it is one.
    const more = record(meta)[VERSION] === undefined ? {} : { resultType: 'complete' }
    const answer = called(message).task
      ? { error: { code: REFUSED, message: text } }
      : { result: { ...errorResult(text), ...more } }
    this.receiver?.({ jsonrpc: '2.0', id, ...answer })
    return false
  }

  /** Learns what the server says about its tools. */
  #learn(message: unknown): void {
    try {
      for (const { result } of [message].flat().map(record)) this.#hints.learn(result)
    } catch {
      // What cannot be read here is for the client to complain about.
    }
  }
}
