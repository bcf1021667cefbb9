/**
 * Express and Hono: a guard before the endpoint that runs tools.
 *
 * ```ts
 * import { decided, expressGuard } from 'checkrein/http' // or honoGuard
 *
 * const caller = (req: Request) => ({ agent: req.auth.clientId }) // from your own authentication
 * app.post('/tools/:tool', express.json(), expressGuard({ guard, caller, desk }), (req, res) => {
 *   const { tool, arguments: input } = decided(req) // what was decided, and nothing else
 *   res.json(tools.get(tool)(input))
 * })
 * ```
 *
 * A call is `POST /tools/shell` with `{"arguments": {…}, "callId": "…"}`, or names its `tool` in the
 * body; for all else there is {@link HttpGuardOptions.call}. What must not run is answered with 403 and
 * a {@link Problem}. What needs approval is too, until somebody says yes at an {@link ApprovalDesk}:
 * then the client repeats the very same call, with the same `callId`, and it runs, once.
 *
 * Put it on the route itself, last, right before the handler, and take tool and arguments from
 * {@link decided}: it throws where no guard has been, whatever path or method led there. Of the request
 * only the body is sealed: frozen on `req.body`, written anew for `c.req`. Query, headers, files and what
 * a validator made before are as the client sent them, and were decided only as far as `call` took them.
 *
 * @packageDocumentation
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Decision } from './decision.js'
import { ConfigurationError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Question, type Ruling, unreachable } from './gate.js'
import { Guard } from './guard.js'

/** Who makes a request, as the server's own authentication knows. */
export interface Caller extends Omit<GateOptions, 'guard'> {
  /** Id of the agent. */
  readonly agent: string
}

/** A call, as found in a request. */
export interface HttpCall {
  /** Name of the tool. */
  readonly tool: string
  /** Its arguments: an object of plain JSON values. */
  readonly arguments: unknown
  /** The client's id of this call, the same when it is repeated. With it a yes counts for this one
   * call; without it, for the next equal one. */
  readonly callId?: string | undefined
  /** As in {@link GatedCall}. */
  readonly server?: string | undefined
  /** As in {@link GatedCall}. */
  readonly annotations?: object | undefined
}

/** How an endpoint is guarded. `agent` is for servers that serve one agent; others name the `caller`. */
export interface HttpGuardOptions<Request> extends GateOptions {
  /** Who makes a request. Never take a header's or body's word for it: ask your authentication. */
  readonly caller?: ((request: Request) => Caller | Promise<Caller>) | undefined
  /**
   * Finds the call in a request; `body` is the sealed one.
   *
   * When absent, the tool is the route's parameter `tool`, or the body's `tool` where the route has no
   * parameters; `arguments` and `callId` are the body's, and it must not have other members.
   */
  readonly call?: ((request: Request, body: unknown) => HttpCall | Promise<HttpCall>) | undefined
  /** Where humans find what waits for them, and answer. */
  readonly desk?: ApprovalDesk | undefined
  /** Asks a human while the client waits, instead of a `desk`: `true` is yes, all else is no. */
  readonly ask?: ((ruling: Ruling, request: Request) => boolean | Promise<boolean>) | undefined
}

/** A call that may run. It is frozen to its leaves. */
export interface Decided extends HttpCall {
  /** Its arguments. */
  readonly arguments: Readonly<Record<string, unknown>>
  /** Id of the agent. */
  readonly agent: string
  /** The decision. */
  readonly decision: Decision
}

/** Why a call did not run: the body of a response, `application/problem+json` of RFC 9457. */
export interface Problem {
  /** Which kind; `malformed` where no call was found in the request. */
  readonly type: `urn:checkrein:problem:${'denied' | 'approval-required' | 'malformed'}`
  /** The kind, for humans. */
  readonly title: string
  /** The response's status: 400 when malformed, else 403. */
  readonly status: number
  /** Why, for the model or a human. */
  readonly detail: string
  /** The whole decision, if there is one. */
  readonly decision?: unknown
  /** What to ask a human, when approval is required. `id` is that at the desk, if there is one. */
  readonly approval?: Omit<Question, 'message' | 'decision'> & { readonly id?: string }
}

/** A call that waits for a human, as plain JSON values. */
export interface Waiting extends Question {
  /** Its id at the desk. */
  readonly id: string
  /** The client's id of the call; empty when it has none. */
  readonly callId: string
  /** Who makes it. */
  readonly agent: string
  /** Its session. */
  readonly session?: string | undefined
  /** The human the agent acts for. */
  readonly onBehalfOf?: string | undefined
  /** Since when, in ISO 8601. */
  readonly since: string
}

/** What matters here of an Express request; versions 4 and 5 agree on it. */
export interface ExpressRequest extends IncomingMessage {
  /** What a parser made of the body. */
  body?: unknown
  /** The route's parameters. */
  readonly params: object
  /** The route. */
  readonly route?: unknown
}

/** What matters here of a Hono context. */
export interface HonoContext {
  /** The request. */
  readonly req: {
    raw: Request
    bodyCache: object
    readonly routePath: string
    param(name: string): string | undefined
    header(name: string): string | undefined
    text(): Promise<string>
  }
}

/**
 * Express middleware that lets a request pass when the call in it may run. A parser such as
 * `express.json()` has to come before it.
 *
 * @throws {ConfigurationError} The options do not say who calls, or name two ways to ask.
 */
export function expressGuard<R extends ExpressRequest = ExpressRequest>(
  options: HttpGuardOptions<R>,
): (req: R, res: ServerResponse, next: () => void) => Promise<void> {
  const door = new Door(options, sealExpress, callOfExpress)
  return async (req, res, next) => {
    const problem = await door.settle(req)
    if (problem === undefined) return next()
    try {
      res.writeHead(problem.status, HEADERS).end(JSON.stringify(problem))
    } catch {
      // Something has answered already. Express must not hear of it: it would go on.
      res.destroy()
    }
  }
}

/**
 * Hono middleware that lets a request pass when the call in it may run.
 *
 * @throws {ConfigurationError} The options do not say who calls, or name two ways to ask.
 */
export function honoGuard<C extends HonoContext = HonoContext>(
  options: HttpGuardOptions<C>,
): (c: C, next: () => Promise<void>) => Promise<Response | void> {
  const door = new Door(options, sealHono, callOfHono)
  return async (c, next) => {
    const problem = await door.settle(c)
    if (problem === undefined) return await next()
    return new Response(JSON.stringify(problem), { status: problem.status, headers: HEADERS })
  }
}

/**
 * The call that a guard let pass with a request of Express or a context of Hono.
 *
 * @throws {ConfigurationError} No guard did.
 */
export function decided(request: object): Decided {
  const call = passed.get(request)
  if (call === undefined) throw new ConfigurationError('checkrein: this request has passed no guard')
  return call
}

/**
 * Where calls wait for a human, in this process. One desk can serve many guards.
 *
 * Make it known only to people, by routes with an authentication that no agent passes:
 *
 * ```ts
 * app.get('/approvals', human, (req, res) => res.json(desk.waiting()))
 * app.post('/approvals/:id', human, (req, res) => res.json({ approved: desk.approve(req.params.id) }))
 * ```
 *
 * Whether this human is in one of the `teams` of a call is for the route to check.
 */
export class ApprovalDesk {
  readonly #cases = new Map<string, Case>()
  readonly #validFor: number

  /**
   * @param validFor Seconds until a question, and what was answered, is void; 3600 when absent. That of
   * the guard's approvals ends a yes too.
   * @throws {ConfigurationError} It is no number of seconds.
   */
  constructor(validFor = 3600) {
    if (!(validFor >= 0)) {
      throw new ConfigurationError('how long approvals are valid must be seconds, 0 or more')
    }
    this.#validFor = validFor * 1000
  }

  /** What waits for an answer, oldest first. */
  waiting(): Waiting[] {
    this.#forget()
    return [...this.#cases.values()].filter(({ yes }) => yes === undefined).map(({ waiting }) => waiting)
  }

  /** Says yes: the client's next repetition of the call runs. `false`: nothing with this id waits. */
  approve(id: string): boolean {
    return this.#answer(id, true)
  }

  /** Says no, which stands until it is void. `false`: nothing with this id waits. */
  reject(id: string): boolean {
    return this.#answer(id, false)
  }

  /** Why a call that needs approval does not run now; nothing when it runs. @internal */
  settle(ruling: Ruling, { agent, session, onBehalfOf }: Caller): Problem | undefined {
    this.#forget()
    const { callId } = ruling
    const key = JSON.stringify([ruling.fingerprint, callId])
    const known = this.#cases.get(key)
    if (known?.yes === true) {
      this.#cases.delete(key)
      return ruling.redeem() ? undefined : denied(ruling)
    }
    if (known?.yes === false) return denied(ruling, SAID_NO)
    if (known !== undefined) return required(ruling, known.waiting.id)
    if (!ruling.show()) return denied(ruling)
    const since = Date.now()
    const id = crypto.randomUUID()
    const about = { id, callId, agent, session, onBehalfOf, since: new Date(since).toISOString() }
    this.#cases.set(key, { waiting: { ...ruling.question(), ...about }, ruling, since, yes: undefined })
    return required(ruling, id)
  }

  #answer(id: string, yes: boolean): boolean {
    this.#forget()
    const asked = [...this.#cases.values()].find(({ waiting }) => waiting.id === id)
    if (asked === undefined || asked.yes !== undefined) return false
    asked.yes = yes
    if (!yes) asked.ruling.withdraw()
    return true
  }

  /** Drops what is void and, when there is too much, the oldest, with any yes or no to it. */
  #forget(): void {
    const now = Date.now()
    for (const [key, { since }] of this.#cases) {
      // A map keeps the order in which its keys came, so the oldest are first.
      if (now - since <= this.#validFor && this.#cases.size <= REMEMBERED) break
      this.#cases.delete(key)
    }
  }
}

/** A call at a desk. */
interface Case {
  readonly waiting: Waiting
  readonly ruling: Ruling
  readonly since: number
  yes: boolean | undefined
}

const REMEMBERED = 1000
const CALL_ID = 200
const SAID_NO = '\nThe human said no.'
const NO_ROUTE = 'the guard has to be on the route itself, or to get a `call`'
const HEADERS = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i
const TITLES = {
  denied: 'The call must not run',
  'approval-required': 'The call needs approval',
  malformed: 'The request holds no call',
}

// Requests that came to a guard, and the calls of those that passed. A property of the request could be
// changed by whatever comes next.
const passed = new WeakMap<object, Decided | undefined>()

/** The request holds no call that could be decided; the client is told why. */
class Malformed extends Error {}

/** A guard before an endpoint, whatever the framework. */
class Door<R extends object> {
  readonly #options: HttpGuardOptions<R>
  readonly #guard: Guard
  readonly #seal: (request: R) => unknown
  readonly #find: (request: R, body: unknown) => HttpCall

  constructor(
    options: HttpGuardOptions<R>,
    seal: (request: R) => unknown,
    find: (request: R, body: unknown) => HttpCall,
  ) {
    if ((options.agent === undefined) === (options.caller === undefined)) {
      throw new ConfigurationError('checkrein: name the one `agent` that calls here, or its `caller`')
    }
    if (options.desk !== undefined && options.ask !== undefined) {
      throw new ConfigurationError('checkrein: name a `desk` or a way to `ask`, not both')
    }
    this.#options = { ...options }
    this.#guard = options.guard ?? new Guard()
    this.#seal = seal
    this.#find = find
  }

  /** Why the call in a request does not run; nothing when it runs. Never throws. */
  async settle(request: R): Promise<Problem | undefined> {
    try {
      if (passed.has(request)) return problem('denied', 'checkrein: guard an endpoint once, not twice')
      passed.set(request, undefined)
      const caller = await this.#caller(request)
      if (typeof caller.agent !== 'string' || caller.agent === '') {
        return problem('denied', 'checkrein: refused, because the server does not know who calls')
      }
      const body = await this.#seal(request)
      const call = checked(await (this.#options.call ?? this.#find)(request, body))
      return await this.#enforce(call, caller, request)
    } catch (error) {
      if (error instanceof Malformed) return problem('malformed', `checkrein: ${error.message}`)
      const name = error instanceof Error ? error.constructor.name : typeof error
      return problem('denied', `checkrein: refused, because the guard failed (${name})`)
    }
  }

  async #caller(request: R): Promise<Caller> {
    const { caller, agent = '', session, onBehalfOf, workspace, env } = this.#options
    const who = caller === undefined ? { agent } : await caller(request)
    return {
      agent: who.agent,
      session: who.session ?? session,
      onBehalfOf: who.onBehalfOf ?? onBehalfOf,
      workspace: who.workspace ?? workspace,
      env: who.env ?? env,
    }
  }

  async #enforce(call: Checked, caller: Caller, request: R): Promise<Problem | undefined> {
    const { ask, desk } = this.#options
    const gate = new Gate({ ...caller, guard: this.#guard })
    // Who waits for the answer is this very request, so that it needs no id from the client.
    const callId = call.callId || (ask && crypto.randomUUID())
    const rule = (): Ruling => gate.rule({ ...call, callId })
    const pass = ({ decision }: Ruling): undefined => {
      passed.set(request, Object.freeze({ ...call, agent: caller.agent, decision }))
    }
    const ruling = rule()
    switch (ruling.outcome) {
      case 'run':
        return pass(ruling)
      case 'refuse':
        return denied(ruling)
      case 'ask':
        break
      default:
        return unreachable(ruling.outcome)
    }
    if (ask === undefined) {
      const pending = desk === undefined ? required(ruling) : desk.settle(ruling, caller)
      return pending ?? pass(ruling)
    }
    if (!ruling.show()) return denied(ruling)
    if ((await ask(ruling, request)) !== true) {
      ruling.withdraw()
      return denied(ruling, SAID_NO)
    }
    // What was decided before the human thought about it may have changed.
    const again = rule()
    switch (again.outcome) {
      case 'run':
        return pass(again)
      case 'refuse':
        return denied(again)
      case 'ask':
        return again.redeem() ? pass(again) : denied(again)
      default:
        return unreachable(again.outcome)
    }
  }
}

/** A call that is decided on and handed on as it is. */
type Checked = HttpCall & Pick<Decided, 'arguments'>

/** A frozen copy of a call. Only what has a form that client, guard and handler read alike. */
function checked(given: HttpCall): Checked {
  const { tool, callId, server, annotations } = given
  const call = frozen({ tool, arguments: given.arguments, callId, server, annotations })
  if (typeof call.tool !== 'string' || call.tool === '') throw new Malformed('the call names no tool')
  if (!isObject(call.arguments)) throw new Malformed('the `arguments` of the call are no object')
  if (call.callId !== undefined && !(typeof call.callId === 'string' && call.callId.length <= CALL_ID)) {
    throw new Malformed(`the \`callId\` of the call is no text of up to ${CALL_ID} characters`)
  }
  return { ...call, arguments: call.arguments }
}

function sealExpress(req: ExpressRequest): unknown {
  const body = frozen(req.body)
  // Not writable, so that whatever would put another one there throws instead, and nothing runs.
  if (body !== undefined) {
    const sealed = { value: body, enumerable: true, writable: false, configurable: false }
    Object.defineProperty(req, 'body', sealed)
  }
  return body
}

function callOfExpress({ params, route }: ExpressRequest, body: unknown): HttpCall {
  // Before the route is known, its parameters are not, and the handler may heed those.
  if (route === undefined) throw new Malformed(NO_ROUTE)
  const { tool } = params as { tool?: unknown }
  return callOf(tool, Object.keys(params).length > 0, body)
}

async function sealHono({ req }: HonoContext): Promise<unknown> {
  const text = await req.text()
  if (text === '') return undefined
  if (!JSON_TYPE.test(req.header('content-type') ?? '')) throw new Malformed('its content type is not JSON')
  const body = frozen(parsed(text))
  // Written anew, since others may read one text in another way: keys that occur twice, for example.
  const json = JSON.stringify(body)
  const headers = new Headers(req.raw.headers)
  headers.delete('content-length')
  req.raw = new Request(req.raw, { body: json, headers })
  req.bodyCache = { text: Promise.resolve(json) }
  return body
}

function callOfHono({ req }: HonoContext, body: unknown): HttpCall {
  const { routePath } = req
  if (routePath.includes('*')) throw new Malformed(NO_ROUTE)
  return callOf(req.param('tool'), routePath.includes(':'), body)
}

function callOf(parameter: unknown, hasParameters: boolean, body: unknown): HttpCall {
  if (!isObject(body) || !Object.hasOwn(body, 'arguments')) {
    throw new Malformed('there is no parsed JSON body with `arguments`')
  }
  const { tool, arguments: input, callId, ...others } = body
  const strange = Object.keys(others)[0]
  if (strange !== undefined) {
    throw new Malformed('the body has members besides `tool`, `arguments` and `callId`, which nobody decides')
  }
  if (hasParameters && tool !== undefined && tool !== parameter) {
    throw new Malformed('route and body do not name the same tool')
  }
  // What is no text is refused with all else that is no call.
  return { tool: (hasParameters ? parameter : tool) as string, arguments: input, callId: callId as string }
}

/** A copy of plain JSON values, frozen to its leaves. */
function frozen<T>(value: T): T {
  return freeze(structuredClone(value))
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Malformed('a value in the request is not plain JSON')
  }
  // A handler that assigns or merges it would get a prototype, with arguments that nobody decided.
  if (Object.hasOwn(value, '__proto__')) throw new Malformed('the request has a key `__proto__`')
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Malformed('its body is not JSON')
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function denied(ruling: Ruling, more = ''): Problem {
  return problem('denied', ruling.message + more, ruling)
}

function required(ruling: Ruling, id?: string): Problem {
  const { message, decision, ...asked } = ruling.question()
  const approval = { ...asked, ...(id !== undefined && { id }) }
  return { ...problem('approval-required', message), decision, approval }
}

function problem(kind: keyof typeof TITLES, detail: string, ruling?: Ruling): Problem {
  const status = kind === 'malformed' ? 400 : 403
  const type: Problem['type'] = `urn:checkrein:problem:${kind}`
  return { type, title: TITLES[kind], status, detail, ...(ruling && { decision: ruling.decision.toJSON() }) }
}
