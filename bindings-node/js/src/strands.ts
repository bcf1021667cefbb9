/**
 * Strands Agents: a guard before every tool of an agent, a `Graph` or a `Swarm`.
 *
 * ```ts
 * import { guardAgent } from 'checkrein/strands'
 *
 * const agent = guardAgent(new Agent({ model, name: 'builder', tools: [shell] }), { guard, workspace })
 * const result = await agent.invoke('Tidy up staging.')
 * result.stopReason // 'interrupt': a human is asked
 * ```
 *
 * A call is decided after all hooks, interventions and middleware, by the tool that runs and the input
 * it gets: calls of the model, of background tasks, of `agent.tool.name`, and of MCP servers (the
 * client's `prefix` names the server). An agent used as a tool is guarded with the one that calls it,
 * and the agents of a graph or swarm with that; an agent's own guard goes first. What must not run is
 * an error result with the reason.
 *
 * What needs approval is an interrupt; its `name` starts with `checkrein:`, its `reason` is the
 * question. Yes is an `interruptResponse` of `true`, `"y"` or `"yes"`, all else is no. A yes counts
 * once, for exactly this call, in this process; a call that was changed is asked about anew, and a
 * retry is another call. The framework cannot pause a direct call or an agent used as a tool: there,
 * what needs approval is refused.
 *
 * Not seen by it, so each needs care:
 *
 * - An agent that the code of a tool or of a custom node makes: guard it, too. And guard whoever uses a
 *   guarded agent as a tool: the framework takes its pause for its answer, and nobody is asked.
 * - Defaults and transforms in the schema of a tool: they are part of the tool, and come afterwards.
 * - Tools that run at the provider. A model set up with them is refused, see
 *   {@link GuardAgentOptions.allowHosted}; those of a model class unknown here are not noticed.
 * - Agents behind A2A, and tool objects that your code calls without an agent.
 *
 * The model's structured output is its answer, not a call, and is not decided.
 *
 * @packageDocumentation
 */

import {
  Agent,
  BeforeModelCallEvent,
  BeforeToolCallEvent,
  type ExecuteToolContext,
  ExecuteToolStage,
  type Graph,
  InvokeModelStage,
  type JSONValue,
  type MiddlewareHandlerOf,
  type Model,
  type Swarm,
  TextBlock,
  type Tool,
  type ToolContext,
  ToolResultBlock,
  type ToolStreamGenerator,
} from '@strands-agents/sdk'

import { ConfigurationError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Ruling, unreachable } from './gate.js'

/** How agents are guarded. The agent's `name` and its session manager's session are the defaults. */
export interface GuardAgentOptions extends GateOptions {
  /** Let the model use tools that run at the provider, where nothing guards them. */
  readonly allowHosted?: boolean | undefined
}

/**
 * Puts a guard before every tool call of an agent, or of all agents of a graph or swarm, and returns
 * it. The tools stay as they are, and the model sees the same ones.
 *
 * @throws {ConfigurationError} It cannot be guarded: it is guarded already, comes from another copy of
 *   the SDK, or uses tools that run at the provider. Models changed later throw when they are called.
 */
export function guardAgent<T extends Agent | Graph | Swarm>(agent: T, options: GuardAgentOptions = {}): T {
  const rules = { gate: new Gate(options), allowHosted: options.allowHosted === true }
  if ('nodes' in agent) adoptNodes(agent, rules)
  else adopt(agent, rules, true)
  return agent
}

interface Rules {
  readonly gate: Gate
  readonly allowHosted: boolean
}

/** Where the model classes of the framework take settings of the provider from. */
interface HostedTools {
  readonly params?: object
  readonly additionalArgs?: object
}

// Of Gemini, OpenAI and Anthropic, OpenAI's chat, Anthropic, Bedrock.
const HOSTED = new Set(['builtInTools', 'tools', 'web_search_options', 'mcp_servers', 'toolConfig'])
const seats = new WeakMap<Agent, Seat>()

/** The guard of one agent. */
class Seat {
  /** Calls under way that use the agent as a tool. */
  nested = 0
  #leave: (() => void)[] = []

  constructor(
    readonly agent: Agent,
    /** What it goes by. */
    public rules: Rules,
    /** Whether that is the agent's own, not that of whoever uses it as a part. */
    public own: boolean,
  ) {
    const last = { order: Number.POSITIVE_INFINITY }
    agent.addHook(BeforeModelCallEvent, () => this.#sit(), last)
    agent.addHook(BeforeToolCallEvent, () => this.#sit(), last)
    this.#sit()
    // Direct calls pass no hook and no middleware; this is where they get their tool.
    const { toolRegistry } = agent
    const resolve = toolRegistry.resolve.bind(toolRegistry)
    toolRegistry.resolve = (name) => this.#guarded(resolve(name))
  }

  /** Takes the innermost place, inside of all middleware that was added meanwhile. */
  #sit(): void {
    for (const leave of this.#leave) leave()
    this.#leave = [
      this.agent.addMiddleware(ExecuteToolStage, this.#aroundTool),
      this.agent.addMiddleware(InvokeModelStage, this.#aroundModel),
    ]
  }

  readonly #aroundTool: MiddlewareHandlerOf<typeof ExecuteToolStage> = (context, next) =>
    next(context.tool === undefined ? context : { ...context, tool: this.#guarded(context.tool, context) })

  readonly #aroundModel: MiddlewareHandlerOf<typeof InvokeModelStage> = (context, next) => {
    refuseHosted(context.model, this.rules)
    return next(context)
  }

  /** Stands for a tool during one call, inside everything that may still change its input. */
  #guarded(tool: Tool, context?: ExecuteToolContext): Tool {
    if (isAnswer(tool)) return tool
    const stream = (told: ToolContext): ToolStreamGenerator => this.#stream(tool, told, context)
    const { name, description, toolSpec } = tool
    const own = Object.entries({ name, description, toolSpec, stream })
    // The tool is its prototype, so that it is an instance of the same classes.
    return Object.create(tool, Object.fromEntries(own.map(([key, value]) => [key, { value }]))) as Tool
  }

  async *#stream(tool: Tool, told: ToolContext, context?: ExecuteToolContext): ToolStreamGenerator {
    const { toolUseId } = context?.toolUse ?? told.toolUse
    const input = structuredClone(told.toolUse.input)
    const ruling = this.rules.gate.rule({
      ...described(tool),
      arguments: input,
      callId: toolUseId,
      agent: this.agent.name,
      session: this.agent.sessionManager?.sessionId,
    })
    const refusal = this.#refusal(ruling, context)
    if (refusal !== undefined) {
      const content = [new TextBlock(refusal)]
      return new ToolResultBlock({ toolUseId: told.toolUse.toolUseId, status: 'error', content })
    }
    const { agent: inner } = tool as { agent?: unknown } // only an agent as a tool has it
    const seat = isAgent(inner) ? adopt(inner, this.rules) : undefined
    if (seat !== undefined) seat.nested += 1
    try {
      return yield* tool.stream({ ...told, toolUse: { ...told.toolUse, input } })
    } finally {
      if (seat !== undefined) seat.nested -= 1
    }
  }

  #refusal(ruling: Ruling, context: ExecuteToolContext | undefined): string | undefined {
    switch (ruling.outcome) {
      case 'run':
        return undefined
      case 'refuse':
        return ruling.message
      case 'ask': {
        if (context === undefined) return `${ruling.message}\nA direct call cannot wait for an approval.`
        if (this.nested > 0) return `${ruling.message}\nAn agent used as a tool cannot wait for an approval.`
        let answer: unknown
        try {
          // With the fingerprint in its name, an answer is for this call alone, even when the model
          // gives two calls one id, of which the framework would show only the last.
          const name = `checkrein:${ruling.fingerprint}`
          const reason = ruling.question() as unknown as JSONValue // plain JSON values, it promises
          answer = context.interrupt({ name, reason }).response
        } catch (interrupt) {
          if (ruling.show()) throw interrupt
          return ruling.message
        }
        if (isYes(answer)) return ruling.redeem() ? undefined : ruling.message
        ruling.withdraw()
        return `${ruling.message}\nThe human said no.`
      }
      default:
        return unreachable(ruling.outcome)
    }
  }
}

/** Guards an agent. Its own guard goes before that of whoever uses it as a part. */
function adopt(agent: Agent, rules: Rules, own = false): Seat {
  // Another copy has other stages and events, and would never come here.
  if (!(agent instanceof Agent)) {
    throw new ConfigurationError('checkrein: this is no agent, or one of another copy of @strands-agents/sdk')
  }
  const seat = seats.get(agent)
  if (own && seat?.own === true) {
    throw new ConfigurationError(`checkrein: agent \`${agent.name}\` is guarded already`)
  }
  if (seat?.own === true) return seat
  refuseHosted(agent.model, rules)
  if (seat !== undefined) return Object.assign(seat, { rules, own })
  const made = new Seat(agent, rules, own)
  seats.set(agent, made)
  return made
}

function adoptNodes(orchestrator: object, rules: Rules): void {
  const { nodes } = orchestrator as { nodes?: unknown }
  if (!(nodes instanceof Map)) {
    throw new ConfigurationError('checkrein: cannot see the agents of an orchestrator; guard each of them')
  }
  for (const node of nodes.values() as Iterable<{ agent?: unknown; orchestrator?: unknown }>) {
    if (isAgent(node.agent)) adopt(node.agent, rules)
    if (typeof node.orchestrator === 'object') adoptNodes(node.orchestrator ?? {}, rules)
  }
}

function refuseHosted(model: Model, { allowHosted }: Rules): void {
  if (allowHosted) return
  const config = model.getConfig() as object as HostedTools // each model class has its own
  const places: Record<string, unknown> = { ...config, ...config.params, ...config.additionalArgs }
  const hosted = Object.keys(places).filter((key) => HOSTED.has(key) && isSet(places[key]))
  if (hosted.length === 0) return
  throw new ConfigurationError(
    `checkrein cannot guard tools that run at the provider (${hosted.join(', ')}); remove them from the ` +
      'model, or pass `allowHosted: true` to let them run unguarded',
  )
}

/** The tool as its server knows it, or as the agent does. */
function described(tool: Tool): Pick<GatedCall, 'tool' | 'server' | 'annotations'> {
  // Only MCP tools have a client. It keeps their names to itself; without them the prefix stays on.
  const { mcpClient: client } = tool as { mcpClient?: { _serverToolNames?: WeakMap<Tool, string> } }
  if (client === undefined) return { tool: tool.name }
  const name = client._serverToolNames?.get(tool) ?? tool.name
  const prefix = tool.name.endsWith(`_${name}`) ? tool.name.slice(0, -name.length - 1) : ''
  const { annotations } = tool.toolSpec as { annotations?: object }
  // The name a server gives itself is not used: it could pretend to be one that is known.
  return { tool: name, server: prefix === '' ? 'mcp' : prefix, annotations }
}

/** Whether it only checks the form of the model's answer; no other tool of that name has a schema. */
function isAnswer(tool: Tool): boolean {
  const { _schema: schema } = tool as { _schema?: { parse?: unknown } }
  return tool.name === 'strands_structured_output' && typeof schema?.parse === 'function'
}

function isAgent(value: unknown): value is Agent {
  return typeof value === 'object' && value !== null && 'addMiddleware' in value
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null
}

/** As the framework's own confirmations read an answer. */
function isYes(answer: unknown): boolean {
  return answer === true || (typeof answer === 'string' && ['y', 'yes'].includes(answer.toLowerCase().trim()))
}
