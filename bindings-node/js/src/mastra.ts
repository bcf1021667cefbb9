/**
 * Mastra: a guard before every tool that an agent and its sub-agents call.
 *
 * ```ts
 * import { guardAgent, question } from 'checkrein/mastra'
 *
 * const agent = guardAgent(new Agent({ id: 'builder', tools: { shell }, … }))
 * let output = await agent.generate('Tidy up.')
 * while (output.finishReason === 'suspended') {
 *   const call = { runId: output.runId!, toolCallId: output.suspendPayload.toolCallId }
 *   if (await yes(question(call))) output = await agent.approveToolCallGenerate(call)
 *   else output = await agent.declineToolCallGenerate(call)
 * }
 * ```
 *
 * What needs approval suspends the run as Mastra's own `requireApproval` does, with a
 * `tool-call-approval` chunk when it streams, and as that does it needs a `Mastra` with a storage. A yes
 * counts once, for exactly the call that was shown, given to the methods of the guarded agent in the
 * process that showed it; after a restart the human is asked again. What the model itself writes as
 * `resumeData` is no yes. The calls of one turn run one after the other, none in the background.
 *
 * Refused is what cannot be guarded: durable agents, `network()`, `generateLegacy()`, `streamLegacy()`;
 * tools that act at the provider or in the client, and sub-agents of other make, see
 * {@link GuardAgentOptions.allowHosted}.
 *
 * The guard does not see what the code of a tool, workflow or processor does by itself, such as the calls
 * in a program of `createCodeMode`: give tools to it that are guarded with {@link guardTools}.
 *
 * @packageDocumentation
 */

import { AsyncLocalStorage } from 'node:async_hooks'

import { ConfigurationError, DeniedError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Question, type Ruling, unreachable } from './gate.js'

/** How an agent is guarded. */
export interface GuardAgentOptions extends GateOptions {
  /** Let tools and sub-agents pass that act where the guard cannot see them. */
  readonly allowHosted?: boolean | undefined
}

/** How tools are guarded that no guarded agent calls. */
export interface GuardToolsOptions extends GateOptions {
  /** Asks a human about what needs approval: `true` is yes, all else is no. Without it, what needs
   * approval is refused. */
  readonly ask?: ((ruling: Ruling) => boolean | Promise<boolean>) | undefined
}

/** A tool call that waits, as Mastra names it in its chunks and results. */
export interface WaitingCall {
  /** Of the chunk, or of the result. */
  readonly runId?: string | undefined
  /** Of the payload of either. */
  readonly toolCallId: string
}

/**
 * Guards an agent, which is changed and returned: every tool call of it is decided, and of its
 * sub-agents, which are changed too unless they are guarded already.
 *
 * Guarded is whatever the model can call: the agent's tools, those of a call's `toolsets`, of MCP
 * servers, of memory, workspace, skills, browser and processors, and its sub-agents and workflows as
 * such. Without `agent` the id is that of each agent; without `session` it is the memory's thread.
 *
 * @throws {ConfigurationError} The agent is guarded already, is durable, or is none of a version of
 * Mastra that is known. For a tool or sub-agent that cannot be guarded, the run throws it.
 */
export function guardAgent<A extends { readonly id: string }>(agent: A, options: GuardAgentOptions = {}): A {
  if (agents.has(agent)) throw new ConfigurationError(`checkrein: agent \`${agent.id}\` is guarded already`)
  new Desk(options).agent(agent)
  return agent
}

/**
 * Copies of tools whose calls are decided, for what is called by other code than a guarded agent: a
 * workflow, an MCP server. The keys are the names. Without `agent` the id is `agent`.
 *
 * @throws {ConfigurationError} A tool has no code, or is guarded already.
 */
export function guardTools<T extends object>(tools: T, options: GuardToolsOptions = {}): T {
  const gate = new Gate(options)
  const ask = async (ruling: Ruling): Promise<void> => {
    if (options.ask === undefined || !ruling.show()) throw denied(ruling)
    const yes = (await options.ask(ruling)) === true
    if (!yes) ruling.withdraw()
    if (!yes || !ruling.redeem()) throw denied(ruling)
  }
  const copies = mapped(tools as Tools, (tool, name) => {
    if (typeof tool.execute !== 'function' || sources.has(tool)) {
      const why = tool.execute ? 'is guarded already' : 'has no code'
      throw new ConfigurationError(`checkrein: tool \`${name}\` ${why}`)
    }
    const copy = guarded(tool, name, { gate, ask })
    sources.set(copy, tool)
    return copy
  })
  return copies as T // the same keys, and copies have the types of their tools
}

/**
 * What the guard asks the human about a call that waits; `undefined` when it has not asked: the call
 * waits for another reason, or since before this process.
 */
export function question({ runId, toolCallId }: WaitingCall): Question | undefined {
  const call = waiting.get(key(runId, toolCallId))
  if (call === undefined || call.ruling !== undefined) return call?.ruling?.question()
  const [inner, ...others] = waitingIn(call.inner)
  return inner && others.length === 0 ? question(inner) : undefined
}

type Execute = (this: unknown, input: unknown, context?: Context) => unknown

/** What a tool is told about its call: by the loop, or by Mastra's wrapper around the tool's code. */
interface Context extends CallContext {
  readonly agent?: CallContext
}

interface CallContext {
  readonly toolCallId?: string
  readonly suspendedToolRunId?: string
  suspend?: (payload: unknown, options?: { runId?: string; requireToolApproval?: object }) => Promise<unknown>
}

interface Tool {
  readonly id?: string
  readonly execute?: Execute
  readonly parameters?: { readonly validate?: (value: unknown) => Valid | PromiseLike<Valid> }
  readonly mcp?: { readonly annotations?: object }
  readonly mcpMetadata?: { readonly serverName?: string }
}

type Tools = Readonly<Record<string, Tool>>
type Valid = { readonly success: boolean; readonly value?: unknown; readonly error?: Error }

/** A guard before tools: those of an agent's run, or others, for which it asks by itself. */
interface Seat {
  readonly gate: Gate
  readonly agent?: string
  readonly run?: Run | undefined
  /** Returns when a human has said yes, and throws otherwise. */
  readonly ask?: (ruling: Ruling) => Promise<void>
}

/** The methods of an agent through which its tools come, and answers to them go. */
interface Inside extends Record<(typeof CONVERT)[number], Convert>, Record<(typeof RUNS)[number], Start> {
  readonly id: string
  /** Of a durable agent, the one that it runs. */
  readonly agent?: unknown
  wrapToolsWithHooks(tools: Tools, hooks: unknown): Tools
  listTools(options?: object): Promise<Tools>
  listAgents(options?: object): object | Promise<object>
  getDefaultOptions(options: RunOptions): RunOptions | Promise<RunOptions>
  __fork(): Inside
}

type Convert = (options: RunOptions) => Promise<Tools>
type Start = (input: unknown, options?: RunOptions) => Promise<unknown>

interface RunOptions {
  readonly runId?: string | undefined
  readonly toolCallId?: string | undefined
  readonly threadId?: string | undefined
  readonly requestContext?: object | undefined
  readonly toolsets?: Readonly<Record<string, Tools>> | undefined
  readonly prepareStep?: PrepareStep | undefined
}

type Step = { readonly tools?: Tools | undefined }
type PrepareStep = (step: Step) => Step | undefined | Promise<Step | undefined>

/** A run of an agent. */
interface Run {
  /** Of the agent. */
  readonly id: string
  runId?: string | undefined
  threadId?: string | undefined
  /** Whether the tools of the agent have been listed. */
  listed?: boolean
}

/** A call that has suspended its run. */
interface Waiting {
  readonly runId: string | undefined
  readonly toolCallId: string
  readonly fingerprint: string
  /** What the human is asked; absent when the tool itself waits for something. */
  readonly ruling?: Ruling
  /** The run of the sub-agent that waits. */
  readonly inner?: string | undefined
  /** The answer, when there is one. */
  answer?: 'yes' | 'other'
  /** Whether an answer has to come through the call that waits for this run. A model can answer a
   * sub-agent by what it writes into another call. */
  held?: boolean
}

const CONVERT = ['convertTools', 'listAssignedTools', 'listToolsets'] as const
const OTHERS = ['wrapToolsWithHooks', 'listTools', 'listAgents', '__fork'] as const
const RUNS = ['stream', 'generate', 'resumeStream', 'resumeGenerate'] as const
// Tools come and go there in ways that are not seen.
const REFUSED = ['network', 'resumeNetwork', 'generateLegacy', 'streamLegacy']
// What a durable agent around this one needs, which runs any tool that Mastra knows by its name.
const DURABLE = ['getToolsForExecution', 'getBackgroundTasksConfig']

const agents = new WeakSet<object>()
/** The tools that {@link guardTools} has copied. */
const sources = new WeakMap<object, Tool>()
const steps = new WeakMap<PrepareStep, PrepareStep | undefined>()
const runs = new AsyncLocalStorage<Run>()
/** The call that runs: a guard inside another one does not ask about it again. */
const granted = new AsyncLocalStorage<string>()
const waiting = new Map<string, Waiting>()

/** What all guards of an agent and its sub-agents share. */
class Desk {
  readonly #gate: Gate
  readonly #allowHosted: boolean
  /** Tools whose code, as it is here, runs nothing before it is decided. */
  readonly #known = new WeakMap<object, Execute | undefined>()

  constructor(options: GuardAgentOptions) {
    this.#gate = new Gate(options)
    this.#allowHosted = options.allowHosted === true
  }

  agent(given: object): void {
    if (agents.has(given)) return
    // Some of the methods are private to the type, so they are looked for.
    const agent = given as Inside
    if ([...CONVERT, ...OTHERS, ...RUNS].some((name) => typeof agent[name] !== 'function')) {
      if (this.#allowHosted) return
      throw new ConfigurationError(
        'checkrein cannot see what an agent of other make or version does. Take it away, or accept it with ' +
          '`allowHosted: true`',
      )
    }
    if (agent.agent !== undefined) {
      throw new ConfigurationError(`checkrein cannot guard agent \`${agent.id}\`: it is durable`)
    }
    agents.add(agent)
    this.#guardTools(agent)
    for (const name of RUNS) this.#guardRun(agent, name)
    for (const name of [...REFUSED, ...DURABLE]) {
      const refuse = (): never => {
        const what = DURABLE.includes(name) ? 'a durable agent around' : `\`${name}()\` of`
        throw new ConfigurationError(`checkrein cannot guard ${what} agent \`${agent.id}\``)
      }
      Object.assign(agent, { [name]: refuse })
    }
  }

  /** Puts the guard where tools come from. */
  #guardTools(agent: Inside): void {
    const { convertTools, listAssignedTools, listToolsets } = agent
    const { wrapToolsWithHooks, listTools, listAgents, __fork } = agent
    const guard = (tools: Tools, run: Run | undefined): Tools =>
      mapped(tools, (tool, name) => this.#guard(agent, tool, name, run))
    const known = (tools: Tools): Tools => mapped(tools, (tool) => this.#know(tool))
    const methods: Pick<Inside, (typeof CONVERT | typeof OTHERS)[number]> = {
      convertTools: async (options) => {
        const run = runOf(agent)
        if (run) Object.assign(run, { runId: options.runId, threadId: options.threadId })
        const tools = await convertTools.call(agent, options)
        if (run && Object.values(tools).every((tool) => this.#knows(tool))) return tools
        throw new ConfigurationError('checkrein does not know this way to run an agent, or this Mastra')
      },
      // Below the wrapper that Mastra puts around a tool's code and that may change its arguments.
      listTools: async (options) => {
        const run = runOf(agent)
        if (run) run.listed = true
        return guard(await listTools.call(agent, options), run)
      },
      listAssignedTools: async (options) => {
        const run = runOf(agent)
        if (run) run.listed = false
        const tools = await listAssignedTools.call(agent, options)
        return run?.listed ? known(tools) : tools
      },
      listToolsets: async (options) => {
        const toolsets = mapped(options.toolsets ?? {}, (tools) => guard(tools, runOf(agent)))
        return known(await listToolsets.call(agent, { ...options, toolsets }))
      },
      // All the others, whose wrapper cannot be reached; but below the hooks.
      wrapToolsWithHooks: (tools, hooks) =>
        known(wrapToolsWithHooks.call(agent, this.#guardAll(agent, tools, runOf(agent)), hooks)),
      listAgents: (options) => {
        const guardAll = (found: object): object => {
          for (const sub of Object.values(found)) this.agent(sub)
          return found
        }
        const found = listAgents.call(agent, options)
        return found instanceof Promise ? found.then(guardAll) : guardAll(found)
      },
      __fork: () => {
        const fork = __fork.call(agent)
        this.agent(fork)
        return fork
      },
    }
    Object.assign(agent, methods)
  }

  /** Notes answers, and sees the tools that a processor or `prepareStep` puts in for a step. */
  #guardRun(agent: Inside, name: (typeof RUNS)[number]): void {
    const start = agent[name]
    agent[name] = async (input, options = {}) => {
      const call = name.startsWith('resume') ? answer(input, options) : undefined
      const run: Run = { id: agent.id }
      try {
        const { requestContext } = options
        const given = options.prepareStep ?? (await agent.getDefaultOptions({ requestContext })).prepareStep
        const own = given && steps.has(given) ? steps.get(given) : given
        const prepareStep: PrepareStep = async (step) => {
          const result = await own?.(step)
          const tools = result?.tools ?? step.tools ?? {}
          const all = this.#guardAll(agent, tools, run)
          const same = Object.entries(all).every(([name, tool]) => tool === tools[name])
          return same ? result : { ...result, tools: all }
        }
        steps.set(prepareStep, own)
        // One after the other, as Mastra does itself where a call may wait: of two that wait it would
        // lose one. And what runs in the background after a restart would not be decided.
        const all = { ...options, prepareStep, toolCallConcurrency: 1, disableBackgroundTasks: true }
        return await runs.run(run, () => start.call(agent, input, all))
      } catch (error) {
        delete call?.answer
        throw error
      }
    }
  }

  #guardAll(agent: Inside, tools: Tools, run: Run | undefined): Tools {
    return mapped(tools, (tool, name) => {
      if (typeof tool.execute !== 'function' && !this.#allowHosted) {
        throw new ConfigurationError(
          `checkrein cannot see what tool \`${name}\` does: it acts at the provider, or in the client. ` +
            'Take it away, or accept it with `allowHosted: true`',
        )
      }
      return this.#knows(tool) ? tool : this.#guard(agent, tool, name, run)
    })
  }

  #know(tool: Tool): Tool {
    this.#known.set(tool, tool.execute)
    return tool
  }

  #knows(tool: Tool): boolean {
    return this.#known.has(tool) && this.#known.get(tool) === tool.execute
  }

  /** A copy of a tool with the guard before its code. Without a run, nothing can wait. */
  #guard(agent: Inside, given: Tool, name: string, run: Run | undefined): Tool {
    const tool = sources.get(given) ?? given
    if (typeof tool.execute !== 'function') return tool
    return this.#know(guarded(tool, name, { gate: this.#gate, agent: agent.id, run }))
  }
}

function guarded(tool: Tool, name: string, { gate, agent, run, ask }: Seat): Tool {
  const { execute } = tool
  const code: Execute = async (input, context = {}) => {
    const own = await valid(tool, structuredClone(input))
    const call = context.agent ?? context
    const { toolCallId = '', suspendedToolRunId, suspend } = call
    // Mastra puts the run that goes on among the arguments.
    const { suspendedToolRunId: inner, ...rest } = Object(own) as { suspendedToolRunId?: unknown }
    const args = inner !== undefined && inner === suspendedToolRunId ? rest : own
    const callId = key(run?.runId, toolCallId)
    const session = run?.threadId
    const ruling = gate.rule({ ...origin(tool, name), arguments: args, callId, agent, session })
    const { fingerprint } = ruling
    const before = take(callId, fingerprint)
    const grant = key(fingerprint, callId)
    switch (ruling.outcome) {
      case 'run':
        break
      case 'refuse':
        throw denied(ruling)
      case 'ask':
        // Its yes was used before the tool itself began to wait, or by a guard around this one.
        if ((before && !before.ruling) || granted.getStore() === grant) break
        if (before?.answer === 'yes') {
          if (!ruling.redeem()) throw denied(ruling)
          break
        }
        if (ask) {
          await ask(ruling)
          break
        }
        if (!suspend || !run?.runId || !toolCallId || !ruling.show()) throw denied(ruling)
        keep(callId, { runId: run.runId, toolCallId, fingerprint, ruling })
        const requireToolApproval = { toolCallId, toolName: name, args }
        // Mastra asks the human, and runs the tool again after a yes.
        return await suspend({ requireToolApproval }, { requireToolApproval })
      default:
        unreachable(ruling.outcome)
    }
    if (run && suspend) {
      // In place: Mastra knows the object that it made for this call.
      call.suspend = (payload, options) => {
        keep(callId, { runId: run.runId, toolCallId, fingerprint, inner: options?.runId })
        for (const other of waitingIn(options?.runId)) other.held = true
        return suspend(payload, options)
      }
    }
    return await granted.run(grant, async () => await execute?.call(tool, own, context))
  }
  return copied(tool, { execute: code })
}

/** Notes the human's answer at the call it is for. */
function answer(data: unknown, { runId, toolCallId }: RunOptions): Waiting | undefined {
  const calls = waitingIn(runId).filter((call) => toolCallId === undefined || call.toolCallId === toolCallId)
  const [call, ...others] = calls
  if (call === undefined || others.length > 0 || call.held) return undefined
  const { approved } = Object(data) as { approved?: unknown }
  if (approved === false) call.ruling?.withdraw()
  call.answer = approved === true ? 'yes' : 'other'
  return call
}

/** Takes the answered call that now goes on. */
function take(callId: string, fingerprint: string): Waiting | undefined {
  const call = waiting.get(callId)
  if (call?.answer === undefined || call.fingerprint !== fingerprint) return undefined
  waiting.delete(callId)
  for (const other of waitingIn(call.inner)) other.held = false
  return call
}

/** The run of this agent, or of another version of it, in which this is called. */
function runOf(agent: Inside): Run | undefined {
  const run = runs.getStore()
  return run?.id === agent.id ? run : undefined
}

/** The calls of a run that wait. */
function waitingIn(runId: string | undefined): Waiting[] {
  return runId === undefined ? [] : [...waiting.values()].filter((call) => call.runId === runId)
}

/** Puts in, and forgets the oldest when there are too many. */
function keep(callId: string, call: Waiting): void {
  waiting.delete(callId)
  waiting.set(callId, call)
  for (const oldest of waiting.keys()) if (waiting.size > 1000) waiting.delete(oldest)
}

/** The arguments as the schema makes them: what a model writes may become something else there. The
 * code of other tools is reached below their schema. */
async function valid(tool: Tool, input: unknown): Promise<unknown> {
  const result = await tool.parameters?.validate?.(input)
  if (result === undefined) return input
  if (result.success === true) return result.value
  throw new Error(`checkrein: the arguments do not fit the tool's schema: ${result.error?.message}`)
}

/** Mastra tells the model what a tool throws. */
function denied(ruling: Ruling): DeniedError {
  return new DeniedError(ruling.message, ruling.decision)
}

/** What the server of a tool calls it. Mastra's client puts the server's name before it. */
function origin(tool: Tool, name: string): Pick<GatedCall, 'tool' | 'server' | 'annotations'> {
  const server = tool.mcpMetadata?.serverName
  const annotations = tool.mcp?.annotations
  const prefix = `${server}_`
  const own = server !== undefined && tool.id?.startsWith(prefix) ? tool.id.slice(prefix.length) : name
  return { tool: own, server, annotations }
}

function mapped<T, U>(
  record: Readonly<Record<string, T>>,
  change: (item: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, item]) => [name, change(item, name)]))
}

/** A copy with the same prototype and properties, but for some changes. */
function copied<T extends object>(source: T, changes: object): T {
  const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(source)
  const target: T = Object.create(Object.getPrototypeOf(source))
  return Object.defineProperties(target, { ...own, ...Object.getOwnPropertyDescriptors(changes) })
}

function key(...parts: unknown[]): string {
  return JSON.stringify(parts.map((part) => part ?? null))
}
