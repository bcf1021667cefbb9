/**
 * OpenAI Agents SDK: a guard before every tool that an agent and the agents it reaches call.
 *
 * ```ts
 * import { guardAgent, questions } from 'checkrein/openai-agents'
 *
 * const agent = guardAgent(new Agent({ name: 'builder', tools: [shell], handoffs: [deployer] }))
 * let result = await run(agent, 'Tidy up.')
 * for (const item of result.interruptions) {
 *   if (await yes(questions(item))) result.state.approve(item)
 *   else result.state.reject(item)
 * }
 * result = await run(agent, result.state)
 * ```
 *
 * What needs approval pauses the run with the SDK's own interruption. A yes counts once, for exactly
 * the call that was shown, in the process that showed it: `alwaysApprove` approves nothing more, and
 * a saved state is loaded with the guarded agent, `RunState.fromString(agent, text)`.
 *
 * An agent used as a tool is guarded first: `guardAgent(helper).asTool({...})`. Nothing else reaches
 * the agent behind such a tool, so one made from an unguarded agent is refused.
 *
 * What the guard cannot see: hosted tools and stored prompts, which act at the provider, and a
 * computer tool, whose clicks have no meaning it could read. They are refused, see
 * {@link GuardAgentOptions.allowHosted}. Nor does it see what the code of a tool or handoff does by
 * itself, such as running another agent.
 *
 * @packageDocumentation
 */

import {
  Agent,
  type AgentOutputType,
  type ApplyPatchOperation,
  type ApplyPatchTool,
  Handoff,
  type MCPServer,
  type RunContext,
  type RunToolApprovalItem,
  type Shell,
  type ShellAction,
  type ShellTool,
  type Tool,
  ToolGuardrailFunctionOutputFactory,
  attachClientToolSearchExecutor,
  getClientToolSearchExecutor,
} from '@openai/agents'
import { getFunctionToolDisplayName } from '@openai/agents/utils'

import { ConfigurationError } from './errors.js'
import { Gate, type GateOptions, type GatedCall, type Question, type Ruling, unreachable } from './gate.js'

/** How an agent is guarded. */
export interface GuardAgentOptions extends GateOptions {
  /** Let tools and stored prompts pass that act where the guard cannot see them. */
  readonly allowHosted?: boolean | undefined
}

/**
 * A copy of an agent whose every tool call is decided, whichever agent of its tree makes it.
 *
 * Guarded are its tools, those of its MCP servers, the agents it hands over to, and what is added to
 * any of these later, also in a `clone()`. The agent given stays as it is.
 *
 * Without `agent`, each agent of the tree has its own name as id. The SDK does not tell a tool call
 * which session it belongs to.
 *
 * @throws {ConfigurationError} The agent is guarded already, or one of the tree has a tool that
 * cannot be guarded. For what is added later, the run throws it.
 */
export function guardAgent<A extends Pick<Agent, 'name' | 'mcpServers' | 'inputGuardrails'>>(
  agent: A,
  options: GuardAgentOptions = {},
): A {
  if (desks.has(agent)) throw new ConfigurationError(`checkrein: agent \`${agent.name}\` is guarded already`)
  // The copy has the prototype and the properties of the agent given, so it is of the same type.
  return new Desk(options).agent(agent) as unknown as A
}

/**
 * A copy of one tool whose calls are decided, for an agent that is not guarded as a whole.
 *
 * Without `agent` the id is `agent`.
 *
 * @throws {ConfigurationError} The tool cannot be guarded, or is already.
 */
export function guardTool<T extends Pick<Tool, 'type' | 'name'>>(tool: T, options: GateOptions = {}): T {
  // All tools of the SDK are one of these; a stranger is refused by its type.
  const given = tool as unknown as Tool
  if (seatOf(given) !== undefined) {
    throw new ConfigurationError(`checkrein: tool \`${tool.name}\` is guarded already`)
  }
  // As above, a copy is of the same type.
  return new Desk({ ...options, allowHosted: false }).tool(given) as unknown as T
}

/**
 * What the guard asks the human about an interruption.
 *
 * Mostly one question; several when a call holds several commands. None when the guard has not
 * asked: the interruption comes from the tool's own `needsApproval`, from arguments that the SDK
 * cannot read, or from another process.
 */
export function questions(interruption: RunToolApprovalItem): Question[] {
  const { agent, rawItem } = interruption
  const callId = 'callId' in rawItem ? rawItem.callId : ''
  const own = desks.get(agent)
  const others = agent.tools.map((tool) => seatOf(tool)?.desk)
  for (const desk of [own, ...others]) {
    const rulings = desk?.asked.get(key(interruption.toolName ?? interruption.name ?? '', callId))
    if (rulings?.length) return rulings.map((ruling) => ruling.question())
  }
  return []
}

type AnyAgent = Agent<unknown, AgentOutputType>
type AnyFunctionTool = Extract<Tool, { type: 'function' }>
type Named = { readonly name: string } | undefined

/** What an MCP server calls a tool. */
type Origin = Pick<GatedCall, 'tool' | 'server' | 'annotations'>

/** A guarded agent used as a tool carries it here. */
const BEHIND = Symbol('checkrein.agent')

const desks = new WeakMap<object, Desk>()
// By the code of a guarded tool, so that copies of the tool are recognized.
const seats = new WeakMap<object, Seat>()
const transfers = new WeakSet<object>()
// Of several signatures this is the one without parameters.
const toolOf = Agent.prototype.asTool as (options: { toolName: string; toolDescription: string }) => Tool

/** What all guards of one tree of agents share. */
class Desk {
  readonly gate: Gate
  readonly #allowHosted: boolean
  /** Calls that wait for a human. None: two different calls have the same id, and no human must be
   * shown the question about the other one. */
  readonly asked = new Map<string, Ruling[]>()
  /** Calls of agents used as tools that were approved and may wait for a human's answer inside. */
  readonly entered = new Map<string, true>()
  // Always the same copy: the SDK compares agents, and they form cycles.
  readonly #copies = new WeakMap<object, object>()

  constructor(options: GuardAgentOptions) {
    this.gate = new Gate(options)
    this.#allowHosted = options.allowHosted === true
  }

  agent(agent: unknown): AnyAgent {
    if (!(agent instanceof Agent)) {
      throw new ConfigurationError('checkrein guards an Agent of @openai/agents, and this is something else')
    }
    if (desks.has(agent)) return agent
    const known = this.#copies.get(agent)
    if (known !== undefined) return known as AnyAgent // only agents are put there
    const copy = copied(agent, {}) as AnyAgent
    this.#copies.set(agent, copy)
    desks.set(copy, this)
    list(copy, 'tools', (tool: Tool) => this.tool(tool, copy))
    list(copy, 'handoffs', (item: unknown) => this.#handoff(item))
    // Of the agent given, since a subclass or the agent itself may have its own.
    const { clone, asTool, getAllTools, getMcpTools } = agent as AnyAgent
    const methods: Pick<AnyAgent, 'clone' | 'getAllTools' | 'getMcpTools'> & { asTool: unknown } = {
      clone: (config) => this.agent(clone.call(copy, config)),
      getAllTools: async (context, ...rest) => {
        this.#check(copy)
        this.#forgetRefused(context)
        const tools = await getAllTools.call(copy, context, ...rest)
        return tools.map((tool) => this.tool(tool, copy))
      },
      getMcpTools: async (context, ...rest) => {
        const found = copy.mcpServers.map((): Origin[] => [])
        const servers = copy.mcpServers.map((server, index) => watched(server, copy, found[index] ?? []))
        const view = Object.create(copy, { mcpServers: { value: servers } }) as AnyAgent
        const tools = await getMcpTools.call(view, context, ...rest)
        const origins = found.flat()
        // One tool for each that was listed, in the same order.
        if (origins.length !== tools.length) throw new ConfigurationError('checkrein: unknown MCP tools')
        return tools.map((tool, index) => this.tool(tool, copy, origins[index]))
      },
      asTool: (options: Parameters<typeof asTool>[0]) => {
        const extract = options.customOutputExtractor
        const customOutputExtractor: typeof extract = async (result) =>
          // What the SDK answers for an agent that waits inside, when there is no extractor.
          result.interruptions?.length ? '' : ((await extract?.(result)) ?? '')
        const all = extract === undefined ? options : { ...options, customOutputExtractor }
        const tool = asTool.call(copy, all)
        return Object.assign(tool, { [BEHIND]: copy })
      },
    }
    for (const [name, value] of Object.entries(methods)) Object.defineProperty(copy, name, { value })
    this.#check(copy)
    void [copy.tools, copy.handoffs] // throws when one cannot be guarded
    return copy
  }

  tool(tool: Tool, agent?: Named, origin?: Origin): Tool {
    const seat = seatOf(tool)
    if (seat !== undefined) {
      if (seat.desk !== this || seat.agent === agent) return tool
      return this.tool(seat.source, agent, seat.origin) // the tool of a clone
    }
    switch (tool.type) {
      case 'function':
        return guardFunction(tool, new Seat(this, tool, agent, origin))
      case 'shell':
        if (tool.shell !== undefined) return guardShell(tool, tool.shell, new Seat(this, tool, agent))
        break
      case 'apply_patch':
        return guardEditor(tool, new Seat(this, tool, agent))
      case 'hosted_tool':
        // Finds tools, which are guarded themselves.
        if (tool.providerData?.['type'] !== 'tool_search') break
        return guardSearch(tool, new Seat(this, tool, agent))
    }
    if (this.#allowHosted) return tool
    throw new ConfigurationError(
      `checkrein cannot see what tool \`${tool.name}\` does: it acts at the provider, or in a way that ` +
        'cannot be read. Take it away, or accept it with `allowHosted: true`',
    )
  }

  #handoff(item: unknown): unknown {
    if (!(item instanceof Handoff)) return this.agent(item)
    if (transfers.has(item.onInvokeHandoff)) return item
    const known = this.#copies.get(item)
    if (known !== undefined) return known
    const onInvokeHandoff = async (context: RunContext, input: string): Promise<AnyAgent> =>
      this.agent(await item.onInvokeHandoff(context, input))
    transfers.add(onInvokeHandoff)
    const copy = copied(item, { agent: this.agent(item.agent), onInvokeHandoff })
    this.#copies.set(item, copy)
    return copy
  }

  #check(agent: AnyAgent): void {
    if (agent.prompt === undefined || this.#allowHosted) return
    throw new ConfigurationError(
      `checkrein cannot see the tools that the stored prompt of agent \`${agent.name}\` brings along. ` +
        'Take the prompt away, or accept it with `allowHosted: true`',
    )
  }

  /** The SDK tells nobody of a human's no, but it can be asked. */
  #forgetRefused(context: RunContext<unknown>): void {
    for (const [name, rulings] of this.asked) {
      const [toolName = '', callId = ''] = name.split('\n')
      const refused = context.isToolApproved({ toolName, callId }) === false
      // No to all calls of the tool, which any id shows, says nothing about other runs.
      if (!refused || context.isToolApproved({ toolName, callId: `not ${callId}` }) === false) continue
      this.asked.delete(name)
      for (const ruling of rulings) ruling.withdraw()
    }
  }
}

/** A guard before one tool of one agent. */
class Seat {
  readonly name: string

  constructor(
    readonly desk: Desk,
    readonly source: Tool,
    readonly agent: Named,
    readonly origin?: Origin,
  ) {
    this.name = (source.type === 'function' && getFunctionToolDisplayName(source)) || source.name
  }

  rule(subject: unknown, callId: string): Ruling {
    return this.desk.gate.rule({
      ...(this.origin ?? { tool: this.name }),
      arguments: subject,
      callId,
      agent: this.agent?.name,
    })
  }

  /** Whether a human is asked: about the rulings, else as the tool itself says. */
  async asks(rulings: Ruling[], callId: string, own: () => Promise<boolean>): Promise<boolean> {
    // Refused when it is to run; no human is bothered.
    if (rulings.some((ruling) => ruling.outcome === 'refuse')) return false
    const shown = rulings.filter((ruling) => ruling.outcome === 'ask')
    if (shown.length === 0) return Boolean(await own())
    if (!shown.map((ruling) => ruling.show()).every(Boolean)) return false
    const name = key(this.name, callId)
    const same = (other: Ruling, index: number): boolean => other.fingerprint === shown[index]?.fingerprint
    const known = this.desk.asked.get(name) ?? shown
    keep(this.desk.asked, name, known.length === shown.length && known.every(same) ? shown : [])
    return true
  }

  /** Why a call must not run now, `undefined` when it may. Uses up the human's yes. */
  refusal(rulings: Ruling[], callId: string): string | undefined {
    this.desk.asked.delete(key(this.name, callId))
    for (const ruling of rulings) {
      switch (ruling.outcome) {
        case 'run':
          break
        case 'refuse':
          return ruling.message
        case 'ask':
          if (!ruling.redeem()) return ruling.message
          break
        default:
          unreachable(ruling.outcome)
      }
    }
    return undefined
  }
}

function guardFunction(tool: AnyFunctionTool, seat: Seat): Tool {
  const behind = (tool as { [BEHIND]?: AnyAgent })[BEHIND]
  if ('on' in tool && behind === undefined) {
    throw new ConfigurationError(
      `checkrein cannot reach the agent behind tool \`${tool.name}\`. Make the tool from its guarded ` +
        'copy: guardAgent(agent, …).asTool({…})',
    )
  }
  const { invoke, needsApproval, inputGuardrails = [] } = tool
  const guarded: Pick<AnyFunctionTool, 'invoke' | 'needsApproval' | 'inputGuardrails'> = {
    needsApproval: (context, input, callId) =>
      seat.asks([seat.rule(input, callId ?? '')], callId ?? '', () => needsApproval(context, input, callId)),
    inputGuardrails: [
      ...inputGuardrails,
      {
        type: 'tool_input',
        name: 'checkrein',
        // Refuses in the SDK's own way.
        run: async ({ toolCall }) => {
          const ruling = seat.rule(parsed(toolCall.arguments), toolCall.callId)
          return ruling.outcome === 'refuse'
            ? ToolGuardrailFunctionOutputFactory.rejectContent(ruling.message, ruling.decision.toJSON())
            : ToolGuardrailFunctionOutputFactory.allow()
        },
      },
    ],
    invoke: async (context, input, details) => {
      const callId = details?.toolCall?.callId ?? ''
      const ruling = seat.rule(parsed(input), callId)
      const entry = key(ruling.fingerprint, callId)
      const asked = ruling.outcome === 'ask'
      // Its yes was used when it was entered, and what waits inside is decided by itself.
      const entered = asked && details?.resumeState !== undefined && seat.desk.entered.delete(entry)
      const refusal = entered ? undefined : seat.refusal([ruling], callId)
      if (refusal !== undefined) return refusal
      const output: unknown = await invoke(context, input, details)
      if (asked && behind !== undefined && output === '') keep(seat.desk.entered, entry, true)
      return output
    },
  }
  seats.set(guarded.invoke, seat)
  // The SDK finds the agent behind a tool by the very object that `asTool` made.
  const made = behind && toolOf.call(behind, { toolName: tool.name, toolDescription: '' })
  return copied(tool, guarded, made)
}

function guardShell(tool: ShellTool, shell: Shell, seat: Seat): Tool {
  const { needsApproval } = tool
  // Some shells run all commands in one process, others each in its own. A quote or a `cd` means
  // different things in the two, so both readings have to be allowed. The SDK does not tell a shell
  // which call an action belongs to.
  const rule = ({ commands }: ShellAction): Ruling[] =>
    [...new Set([commands.join('\n'), ...commands])].map((command) => seat.rule({ command }, ''))
  const guarded = copied(shell, {
    run: async (action: ShellAction) => {
      const own = structuredClone(action)
      const refusal = seat.refusal(rule(own), '')
      if (refusal === undefined) return await shell.run(own)
      return { output: [{ stdout: '', stderr: refusal, outcome: { type: 'exit', exitCode: 1 } }] }
    },
  })
  seats.set(guarded, seat)
  const asks: ShellTool['needsApproval'] = (context, action, callId) =>
    seat.asks(rule(action), callId ?? '', () => needsApproval(context, action, callId))
  return copied(tool, { shell: guarded, needsApproval: asks })
}

function guardEditor(tool: ApplyPatchTool, seat: Seat): Tool {
  const { editor, needsApproval } = tool
  // As with a shell, an editor does not hear the id of the call.
  const rule = (operation: ApplyPatchOperation): Ruling[] => [seat.rule(patch(operation), '')]
  const guard =
    <T extends ApplyPatchOperation, C, R>(type: T['type'], run: (operation: T, context?: C) => Promise<R>) =>
    async (operation: T, context?: C) => {
      const own = { ...structuredClone(operation), type }
      const refusal = seat.refusal(rule(own), '')
      if (refusal !== undefined) return { status: 'failed' as const, output: refusal }
      return await run.call(editor, own, context)
    }
  const guarded = copied(editor, {
    createFile: guard('create_file', editor.createFile),
    updateFile: guard('update_file', editor.updateFile),
    deleteFile: guard('delete_file', editor.deleteFile),
  })
  seats.set(guarded, seat)
  const asks: ApplyPatchTool['needsApproval'] = (context, operation, callId) =>
    seat.asks(rule(operation), callId ?? '', () => needsApproval(context, operation, callId))
  return copied(tool, { editor: guarded, needsApproval: asks })
}

function guardSearch(tool: Extract<Tool, { type: 'hosted_tool' }>, seat: Seat): Tool {
  const search = getClientToolSearchExecutor(tool)
  if (search === undefined) return tool
  const guarded: typeof search = async (args) =>
    [(await search(args)) ?? []].flat().map((found) => seat.desk.tool(found, seat.agent))
  seats.set(guarded, seat)
  return attachClientToolSearchExecutor(copied(tool, {}), guarded)
}

/** The guard of a tool that has one. */
function seatOf(tool: Tool): Seat | undefined {
  const code = {
    function: (tool as AnyFunctionTool).invoke,
    shell: (tool as ShellTool).shell,
    apply_patch: (tool as ApplyPatchTool).editor,
    hosted_tool: getClientToolSearchExecutor(tool),
    computer: undefined,
  }[tool.type]
  return code && seats.get(code)
}

/** An MCP server that notes the tools that an agent gets of it. */
function watched(server: MCPServer, agent: AnyAgent, found: Origin[]): MCPServer {
  const filter = server.toolFilter
  const toolFilter: MCPServer['toolFilter'] = async (context, tool) => {
    if (typeof filter === 'function') {
      if (!(await filter({ ...context, agent }, tool))) return false
    } else if (filter !== undefined) {
      const { allowedToolNames: allowed = [], blockedToolNames: blocked = [] } = filter
      if ((allowed.length > 0 && !allowed.includes(tool.name)) || blocked.includes(tool.name)) return false
    }
    // The SDK's type leaves out what it passes on.
    const { annotations } = tool as { annotations?: object }
    found.push({ tool: tool.name, server: server.name, annotations })
    return true
  }
  return new Proxy(server, {
    get: (target, name) => {
      if (name === 'toolFilter') return toolFilter
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** As the patch that the guard reads. */
function patch(operation: ApplyPatchOperation): object {
  // Not all of them have all of these.
  const { type, path, diff = '', moveTo } = operation as Partial<Record<'diff' | 'moveTo', string>> &
    Record<'type' | 'path', string>
  const kind = { create_file: 'Add', update_file: 'Update', delete_file: 'Delete' }[type]
  const plain = (name: string): boolean => name === name.trim() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)
  if (kind === undefined || !plain(path) || !plain(moveTo ?? '') || (moveTo && type !== 'update_file')) {
    // As a patch it would be read as something else; like this it is not read at all.
    return { type, path, diff, moveTo }
  }
  const move = moveTo ? [`*** Move to: ${moveTo}`] : []
  const lines = ['*** Begin Patch', `*** ${kind} File: ${path}`, ...move, diff, '*** End Patch']
  return { input: lines.join('\n') }
}

/** Makes a list of an agent one that is guarded whenever somebody looks. */
function list<T>(agent: AnyAgent, name: 'tools' | 'handoffs', guard: (item: T) => unknown): void {
  // What is in them and is no tool or agent, the guard refuses.
  let items = [...agent[name]] as T[]
  Object.defineProperty(agent, name, {
    enumerable: true,
    configurable: false,
    get: () => {
      items.forEach((item, index) => (items[index] = guard(item) as T))
      return items
    },
    set: (next: T[]) => (items = [...next]),
  })
}

/** A copy with the same prototype and properties, but for some changes. */
function copied<T extends object>(source: T, changes: object, into?: T): T {
  const own: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(source)
  const target: T = into ?? Object.create(Object.getPrototypeOf(source))
  return Object.defineProperties(target, { ...own, ...Object.getOwnPropertyDescriptors(changes) })
}

/** What is not JSON are no arguments at all, and the gate refuses it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function key(name: string, callId: string): string {
  return `${name}\n${callId}`
}

/** Puts in, and forgets the oldest when there are too many. */
function keep<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name)
  map.set(name, value)
  for (const oldest of map.keys()) if (map.size > 1000) map.delete(oldest)
}
