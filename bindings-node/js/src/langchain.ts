/**
 * A guard before every tool of a LangChain agent or a LangGraph graph.
 *
 * ```ts
 * import { guardMiddleware, guardTools } from 'checkrein/langchain'
 *
 * const agent = createAgent({ name: 'builder', model, tools, checkpointer, middleware: [guardMiddleware()] })
 * const node = new ToolNode(guardTools(tools, { agent: 'builder' })) // in other graphs
 * ```
 *
 * A call is decided when the code of its tool is about to run, on the arguments it runs with: as its
 * schema parses them, with defaults. Put the middleware last: then arguments changed by others, or by a
 * human in `humanInTheLoopMiddleware`, are decided as changed. The model reads why a call must not run,
 * in a `ToolMessage`; code that calls a tool of {@link guardTools} itself catches a `DeniedError`.
 *
 * What needs approval is an `interrupt` with {@link Ruling.question}; the graph needs a checkpointer.
 * `new Command({ resume: answer })` goes on: `true`, `{ type: 'approve' }` and
 * `{ decisions: [{ type: 'approve' }] }` are a yes, all else is a no. A yes counts once, for exactly this
 * call, in this process. When several questions wait, answer each by its id,
 * `new Command({ resume: { [interrupt.id]: answer } })`: LangGraph hands an answer without an id to all of
 * them, so it is a no to all. Several calls in one task of a graph, as in a `ToolNode` outside of
 * `createAgent`, cannot pause one by one: there, what needs approval is refused, with the advice to make
 * the call alone.
 *
 * A tool started inside a guarded tool, by it or by a sub-agent, is decided as well, on the arguments as
 * given, and by the name that the framework tells: one that is not made by `tool()` has that of its class.
 * No human can be asked about it. A sub-agent with a guard of its own can ask, and go on.
 *
 * Not seen by it, so each needs care:
 *
 * - Tools that run at the model's provider. A model call that offers one is aborted, see
 *   {@link GuardToolsOptions.allowHosted}.
 * - What a tool takes from the state, the store or the context of a graph.
 * - Tools that another tool starts by calling their function, or with another framework; and a runnable
 *   that a middleware after this one puts in the place of a tool.
 * - A middleware such as `toolRetryMiddleware` that takes a pause for an error: nobody is asked then, and
 *   the call does not run.
 *
 * @packageDocumentation
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'

import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { getContextVariable, registerConfigureHook, setContextVariable } from '@langchain/core/context'
import { ToolMessage } from '@langchain/core/messages'
import { Runnable } from '@langchain/core/runnables'
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { DynamicStructuredTool, DynamicTool, Tool as SimpleTool, StructuredTool } from '@langchain/core/tools'
import { interrupt, isGraphBubbleUp, isGraphInterrupt } from '@langchain/langgraph'
import { type AgentMiddleware, createMiddleware } from 'langchain'

import { Decision } from './decision.js'
import { ConfigurationError, DeniedError } from './errors.js'
import { Gate, type GateOptions, type Ruling, unreachable } from './gate.js'
import { refusal } from './guard.js'

/** How tools are guarded. */
export interface GuardToolsOptions extends GateOptions {
  /** Let the model use tools that run at its provider, where nothing guards them. */
  readonly allowHosted?: boolean | undefined
}

/**
 * The middleware of `createAgent` that decides every tool call right before it runs. Put it last.
 *
 * Without `agent`, the id is the `name` given to `createAgent`, unless whoever starts a run puts another
 * `lc_agent_name` into its metadata; without `session`, the session is the run's `thread_id`. A tool of
 * {@link guardTools} keeps its own guard.
 *
 * @throws {ConfigurationError} The configuration cannot be used. When a model is called, as the cause of
 * a `MiddlewareError`: it is offered a tool that runs at its provider.
 */
export function guardMiddleware(options: GuardToolsOptions = {}): AgentMiddleware {
  const desk = new Desk(options)
  return createMiddleware({
    name: 'checkrein',
    wrapModelCall: (request, handler) => {
      request.tools.forEach((tool) => refuseHosted(tool, options))
      return handler(request)
    },
    wrapToolCall: async (request, handler) => {
      const { tool, toolCall } = request
      // Without a tool there is nothing to run, and the model is told so; or a middleware inside of this
      // one brings the tool, which the watch sees when it starts.
      const own = tool === undefined || guarded.has(tool) ? tool : desk.guarded(tool)
      try {
        return await desk.watched(async () => await handler({ ...request, tool: own }))
      } catch (error) {
        const stopped = stoppedBy(error)
        if (stopped === undefined) throw error
        return refused(stopped.message, toolCall)
      }
    },
  })
}

/**
 * Copies of tools whose calls are decided: for `ToolNode`, for other agents, and to be called by code.
 *
 * Without `agent` the id is the name of the LangChain agent that calls, if any; without `session`, the
 * session is the run's `thread_id`. The tools given stay as they are.
 *
 * @throws {ConfigurationError} A tool is guarded already, or runs at the model's provider.
 */
export function guardTools<T extends object>(tools: readonly T[], options: GuardToolsOptions = {}): T[] {
  const desk = new Desk(options)
  return tools.map((tool) => {
    refuseHosted(tool, options)
    if (guarded.has(tool)) {
      throw new ConfigurationError(`checkrein: tool \`${nameOf(tool)}\` is guarded already`)
    }
    // What only has a schema is run by nobody.
    return runs(tool) ? desk.guarded(tool) : tool
  })
}

/** What is known of a call of a tool. */
interface ToolCall {
  readonly name: string
  readonly id?: string | undefined
  readonly args?: unknown
}

/** One start of one guarded tool. */
interface Pass {
  readonly tool: object
  readonly call: ToolCall | undefined
  /** Whether other calls share its task of the graph. */
  shared: boolean
  /** The run it is for, once that has started. */
  run?: string
  /** What a human approved. */
  approved?: string
}

/** What is known of where a call comes from. */
interface Config {
  readonly configurable?: Readonly<Record<string, unknown>> | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** What LangGraph puts into the config of a task. */
interface Task {
  readonly thread_id?: unknown
  readonly checkpoint_ns?: unknown
  readonly checkpoint_map?: Readonly<Record<string, unknown>>
  readonly __pregel_scratchpad?: {
    readonly currentTaskInput?: unknown
    readonly resume?: readonly unknown[]
    readonly interruptCounter?: number
  }
}

type Call = (this: object, input: unknown, config?: unknown, ...rest: unknown[]) => Promise<unknown>
type Tool = object & { readonly name?: unknown; readonly metadata?: Readonly<Record<string, unknown>> }

const ALONE = 'No human was asked, as the answer could be taken for another call: make it again, alone.'
const INSIDE = 'No human can be asked about a tool that runs inside another one.'
const NO_PAUSE = 'No human could be asked: this is not a graph that can pause.'
const UNNAMED = 'Several questions waited, and the answer did not say for which: make the call again.'
const REMEMBERED = 10_000

/** What a tool has that only describes its arguments, in the words of the providers. */
const SCHEMAS =
  'function parameters schema input_schema inputSchema functionDeclarations toolSpec'.split(' ')

/** What runs inside which guarded tool. */
const passes = new AsyncLocalStorage<Pass>()
/** Tools that have a guard. */
const guarded = new WeakSet<object>()
/** What a task of a graph asked about: in one task, answers come in order, and do not say for whom. */
const asked = new Map<string, string>()
/** The tasks whose questions wait, by the checkpoint they run from. `true`: an answer came that did not
 * say for whom. */
const waiting = new Map<string, Map<string, boolean>>()

/** A guard, and what it remembers. */
class Desk {
  readonly #gate: Gate
  readonly #watch: CheckreinWatch
  // Approved calls whose tool paused for a question of its own. They run again from the top.
  readonly #paused = new Set<string>()

  constructor(options: GateOptions) {
    this.#gate = new Gate(options)
    this.#watch = new CheckreinWatch(this.#gate)
  }

  /** Runs something so that every tool it starts is seen. */
  watched<R>(body: () => R): R {
    const storage = AsyncLocalStorageProviderSingleton.getInstance()
    // Within `run`, so that what is set here is gone after it.
    return storage.run(storage.getStore(), () => {
      const contextVar = this.#watch.name
      if (getContextVariable(contextVar) !== this.#watch) {
        registerConfigureHook({ contextVar, inheritable: true })
        setContextVariable(contextVar, this.#watch)
      }
      return body()
    })
  }

  /** A tool that is decided when it runs; in all else the tool itself. */
  guarded<T extends object>(tool: T): T {
    // Derived, not copied: what the tool keeps in private fields is only there for itself.
    const copy: T = Object.create(tool)
    const methods = isParsing(tool) ? this.#parsing(tool, copy) : this.#running(tool, copy)
    const all = Runnable.isRunnable(tool) ? { ...DETOURS, ...methods } : methods
    for (const [name, value] of Object.entries(all)) Object.defineProperty(copy, name, { value })
    guarded.add(copy)
    return copy
  }

  /** For a tool that comes to `_call` in the way of the framework: there its arguments are parsed. */
  #parsing(tool: StructuredTool, copy: object): Record<string, Call> {
    // `_call` is protected, and the others have as many types as there are schemas.
    const { call, _call } = tool as unknown as { call: Call; _call: Call }
    return {
      call: (input, config, ...rest) =>
        this.#start(copy, callOf(config) ?? asCall(input), () => call.call(copy, input, config, ...rest)),
      _call: async (input, manager, config) => {
        const own = plain(input)
        const started = passes.getStore()
        this.#enter(tool, own, config, started?.tool === copy ? started : newPass(copy, callOf(config)))
        return await _call.call(tool, own, manager, config)
      },
    }
  }

  /** For whatever else has an `invoke`: its arguments are as they were given. */
  #running(tool: object, copy: object): Record<string, Call> {
    const { invoke } = tool as { invoke: Call }
    const guardedInvoke: Call = async (input, config) => {
      const own = plain(input)
      const call = asCall(own)
      // Arguments that look like a call would be taken for one, and what is in them for the arguments.
      const given = call === undefined ? own : asCall(call.args) === undefined ? call.args : null
      return await this.#start(copy, call ?? callOf(config), async (pass) => {
        this.#enter(tool, given, config, pass)
        return await invoke.call(tool, own, config)
      })
    }
    return { invoke: guardedInvoke, ...(tool instanceof StructuredTool && { call: guardedInvoke }) }
  }

  async #start(
    tool: object,
    call: ToolCall | undefined,
    run: (pass: Pass) => Promise<unknown>,
  ): Promise<unknown> {
    const pass = newPass(tool, call)
    try {
      return await this.watched(() => passes.run(pass, () => run(pass)))
    } catch (error) {
      if (pass.approved !== undefined && isGraphInterrupt(error) && this.#paused.size < REMEMBERED) {
        this.#paused.add(pass.approved)
      }
      const stopped = stoppedBy(error)
      if (stopped === undefined || call === undefined) throw error
      return refused(stopped.message, call)
    }
  }

  /** Returns when the call may run. */
  #enter(tool: Tool, input: unknown, config: unknown, pass: Pass): void {
    // From here on, whatever tool starts is another one.
    pass.run ??= ''
    closed(() => {
      const task: Task = AsyncLocalStorageProviderSingleton.getRunnableConfig()?.configurable ?? {}
      const place = String(task.checkpoint_ns ?? '')
      pass.shared ||= !isAlone(task, pass.call)
      const ruling = this.#gate.rule({
        tool: nameOf(tool),
        arguments: asArguments(input),
        callId: pass.call?.id || place,
        annotations: annotations(tool),
        ...caller(config as Config | undefined),
      })
      switch (ruling.outcome) {
        case 'run':
          return
        case 'refuse':
          throw new Stopped(ruling.message, ruling.decision)
        case 'ask': {
          const key = `${ruling.fingerprint}\n${ruling.callId}`
          if (pass.shared || claim(place, key) !== key) {
            throw new Stopped(`${ruling.message}\n${ALONE}`, ruling.decision)
          }
          const reason = this.#ask(ruling, key, task, place)
          if (reason !== '') throw new Stopped(reason, ruling.decision)
          pass.approved = key
          return
        }
        default:
          unreachable(ruling.outcome)
      }
    })
  }

  /** Why the call must not run; empty after a yes that counts. */
  #ask(ruling: Ruling, key: string, task: Task, place: string): string {
    const questions = questionsAt(task)
    const { resume = [], interruptCounter = resume.length } = task.__pregel_scratchpad ?? {}
    // Otherwise it is one for whoever asks first.
    const named = resume.length > interruptCounter + 1
    let answer: unknown
    try {
      answer = interrupt(ruling.question())
    } catch (error) {
      if (!isGraphInterrupt(error)) return `${ruling.message}\n${NO_PAUSE}`
      // Only now a human is asked. On the way back `interrupt` returns the answer.
      if (!ruling.show()) return ruling.message
      for (const [other, answered] of questions) if (answered) questions.delete(other)
      questions.set(place, false)
      throw error
    }
    questions.delete(place)
    if (!named && questions.size > 0) {
      // The others get the same answer, and must not find that they wait alone.
      questions.set(place, true)
      ruling.withdraw()
      return `${ruling.message}\n${UNNAMED}`
    }
    if (!isYes(answer)) {
      ruling.withdraw()
      return `${ruling.message}\nThe human said no${why(answer)}`
    }
    if (this.#paused.delete(key)) return ''
    return ruling.redeem() ? '' : ruling.message
  }
}

/** Decides each tool that starts inside a guarded tool without a pass. */
class CheckreinWatch extends BaseCallbackHandler {
  static #count = 0
  // The framework keeps one handler of each name.
  readonly name = `checkrein-${(CheckreinWatch.#count += 1)}`
  override awaitHandlers = true
  override raiseError = true
  readonly #gate: Gate

  constructor(gate: Gate) {
    super()
    this.#gate = gate
  }

  override handleToolStart(
    serialized: { readonly id?: readonly string[] },
    input: string,
    run: string,
    _parent?: string,
    _tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
  ): void {
    const pass = passes.getStore()
    if (pass !== undefined) {
      pass.run ??= run
      if (pass.run === run) return
    }
    // Where no name is given, the framework may pass on that of the node. Then only the class is known.
    const own = runName === metadata?.['langgraph_node'] ? undefined : runName
    const tool = own ?? serialized.id?.at(-1) ?? ''
    const given = asArguments(parsed(input))
    closed(() => {
      const ruling = this.#gate.rule({ tool, arguments: given, ...caller({ metadata }) })
      switch (ruling.outcome) {
        case 'run':
          return
        case 'refuse':
          throw new Stopped(ruling.message, ruling.decision)
        case 'ask':
          throw new Stopped(`${ruling.message}\n${INSIDE}`, ruling.decision)
        default:
          unreachable(ruling.outcome)
      }
    })
  }
}

/** A call must not run. */
class Stopped extends DeniedError {}

/** Decides; an error on the way is a refusal. */
function closed(decide: () => void): void {
  try {
    decide()
  } catch (error) {
    if (error instanceof Stopped || isGraphBubbleUp(error)) throw error
    const decision = new Decision(refusal(error))
    throw new Stopped(decision.message, decision)
  }
}

const STOCK = new Set<unknown>([StructuredTool, SimpleTool, DynamicTool, DynamicStructuredTool].map(callBy))

/** All ways to run something that go through its `invoke`, in place of shorter ones it may have. */
const DETOURS = Object.fromEntries(
  Object.entries(Object.getOwnPropertyDescriptors(Runnable.prototype))
    .map(([name, { value }]): [string, unknown] => [name, value])
    .filter(([, value]) => typeof value === 'function')
    .filter(([name]) => !['constructor', 'invoke', 'getName'].includes(name)),
)

function callBy({ prototype }: { readonly prototype: { readonly call: unknown } }): unknown {
  return prototype.call
}

function isParsing(tool: object): tool is StructuredTool {
  if (!(tool instanceof StructuredTool)) return false
  return STOCK.has(tool.call) && tool.invoke === StructuredTool.prototype.invoke
}

function newPass(tool: object, call: ToolCall | undefined): Pass {
  const shared = passes.getStore()?.shared === true
  // Only such a tool tells the framework that it starts; for others, the first to start is another one.
  return { tool, call, shared, ...(!(tool instanceof StructuredTool) && { run: '' }) }
}

function claim(place: string, key: string): string {
  const first = asked.get(place) ?? key
  return keep(asked, place, first)
}

function questionsAt(task: Task): Map<string, boolean> {
  const checkpoint = String(task.checkpoint_map?.[''] ?? task.thread_id ?? '')
  return keep(waiting, checkpoint, waiting.get(checkpoint) ?? new Map<string, boolean>())
}

/** Puts in, and forgets the oldest when there are too many. */
function keep<T>(map: Map<string, T>, name: string, value: T): T {
  map.delete(name)
  map.set(name, value)
  for (const oldest of map.keys()) if (map.size > REMEMBERED) map.delete(oldest)
  return value
}

/** Whether the call has a task of the graph for itself. Then a pause makes no other call run again. */
function isAlone(task: Task, call: ToolCall | undefined): boolean {
  // Then it is code that calls the tool, and knows what runs again.
  if (call === undefined) return true
  const input = task.__pregel_scratchpad?.currentTaskInput
  if (typeof input !== 'object' || input === null) return false
  const values: unknown[] = Object.values(input)
  // As `createAgent` sends each call to a task of its own.
  if (values.some((value) => isObject(value) && value['id'] === call.id && 'args' in value)) return true
  for (const messages of Array.isArray(input) ? [input as unknown[]] : values.filter(Array.isArray)) {
    for (const message of messages.toReversed() as unknown[]) {
      const calls = isObject(message) ? message['tool_calls'] : undefined
      if (!Array.isArray(calls)) continue
      if (calls.some((other) => isObject(other) && other['id'] === call.id)) return calls.length === 1
    }
  }
  return false
}

function refuseHosted(tool: unknown, { allowHosted }: GuardToolsOptions): void {
  if (allowHosted === true || runs(tool)) return
  // What has a schema of arguments is called through us, or not at all.
  if (isObject(tool) && SCHEMAS.some((name) => name in tool)) return
  throw new ConfigurationError(
    `checkrein cannot guard tool \`${nameOf(tool)}\`, which runs at the provider. Take it away, or accept ` +
      'it with `allowHosted: true`',
  )
}

function runs(tool: unknown): tool is object {
  return isObject(tool) && typeof tool['invoke'] === 'function'
}

function nameOf(tool: unknown): string {
  const { name, type } = isObject(tool) ? tool : {}
  return String(name ?? type ?? Object.keys(Object(tool)))
}

/** MCP annotations, where `@langchain/mcp-adapters` keeps them. */
function annotations({ metadata }: Tool): object | undefined {
  const found = metadata?.['annotations']
  return isObject(found) ? found : undefined
}

/** The framework's names of the agent and the session. */
function caller(config: Config | undefined): { agent?: string; session?: string } {
  const agent: unknown = config?.metadata?.['lc_agent_name']
  const session: unknown = config?.configurable?.['thread_id'] ?? config?.metadata?.['thread_id']
  return {
    ...(agent != null && { agent: String(agent) }),
    ...(session != null && { session: String(session) }),
  }
}

function refused(content: string, call: ToolCall): ToolMessage {
  return new ToolMessage({ content, name: call.name, tool_call_id: call.id ?? '', status: 'error' })
}

/** The refusal that an error is, or was caused by. */
function stoppedBy(error: unknown): Stopped | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Stopped) return cause
  }
  return undefined
}

function callOf(config: unknown): ToolCall | undefined {
  return isObject(config) ? asCall(config['toolCall']) : undefined
}

/** As the framework recognizes them. */
function asCall(value: unknown): ToolCall | undefined {
  // What is in it is only told to the model again, or compared.
  return isObject(value) && value['type'] === 'tool_call' ? (value as unknown as ToolCall) : undefined
}

/** A tool of one text has no name for it. */
function asArguments(input: unknown): unknown {
  return input === undefined ? {} : typeof input === 'string' ? { input } : input
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : text
  } catch {
    return text
  }
}

/** A copy that nobody changes between the decision and the run. What is not data stays what it is. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isYes(answer: unknown): boolean {
  const approve = { type: 'approve' }
  return answer === true || [approve, { decisions: [approve] }].some((yes) => isDeepStrictEqual(answer, yes))
}

/** The human's words, in the forms of `humanInTheLoopMiddleware`. */
function why(answer: unknown): string {
  const decisions = isObject(answer) ? answer['decisions'] : undefined
  const said: unknown = Array.isArray(decisions) && decisions.length === 1 ? decisions[0] : answer
  if (!isObject(said) || said['type'] !== 'reject' || typeof said['message'] !== 'string') return '.'
  return `: ${said['message']}`
}
