/**
 * Claude Agent SDK: a guard before every tool of Claude Code.
 *
 * ```ts
 * import { guardOptions } from 'checkrein/claude-agent-sdk'
 *
 * const options = guardOptions({ cwd: '/repo' }, { ask: (ruling) => confirm(ruling.message) })
 * for await (const message of query({ prompt: 'Tidy up staging', options })) console.log(message)
 * ```
 *
 * Claude Code asks for each call, also of sub-agents and of MCP tools, right before it runs; a guard
 * that fails or is late stops the call. The guard only ever takes away: a call that may run still
 * needs Claude Code's own permission. In-process tools (`createSdkMcpServer`) are decided by their
 * own name like the functions of any framework, other MCP tools as their server's.
 *
 * What needs approval waits until `ask` answers; without `ask` it is refused. Claude Code's own "ask"
 * is not used: any `PermissionRequest` hook, also one from a settings file of the repository, may
 * answer it before the human does.
 *
 * Settings files cannot change during the session, and shell commands in skills and slash commands
 * are not run (`disableSkillShellExecution`), because no hook sees them.
 *
 * Not seen by it, so each needs care:
 *
 * - Hooks in settings files, plugins, skills and agents: they run what they like, and can change a
 *   call after it was decided. For a repository you do not trust: `settingSources: []`.
 * - Files named with `@` in a prompt; `verbatimPrompts: true` turns that off.
 * - Tools that run at Anthropic (`server_tool_use`).
 * - Options changed after `guardOptions`, settings that your code changes in the running session
 *   (`applyFlagSettings`, `updateSettings`), a `null` from `canUseTool` with an answer sent elsewhere,
 *   and a process that `spawnClaudeCodeProcess` starts with other arguments.
 *
 * @packageDocumentation
 */

import { readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import type {
  CanUseTool,
  HookCallback,
  HookCallbackMatcher,
  HookEvent,
  HookJSONOutput,
  Options,
  Settings,
} from '@anthropic-ai/claude-agent-sdk' with { 'resolution-mode': 'import' }

import { ConfigurationError } from './errors.js'
import { Gate, type GateOptions, type Ruling, unreachable } from './gate.js'
import { type Call, Guard } from './guard.js'

/** How the sessions of one set of options are guarded. */
export interface SessionGuardOptions extends GateOptions {
  /** The guard; one for the options' `cwd` when absent. */
  readonly guard?: Guard | undefined
  /** Id of the agent, `claude-code` when absent. Sub-agents share it: what they are called is up to
   * the model and to files it may write. */
  readonly agent?: string | undefined
  /** Session; Claude Code's own id when absent. */
  readonly session?: string | undefined
  /** As in {@link Call}; when absent, the options' `cwd`, and the directory the agent has moved to in
   * it. */
  readonly workspace?: Call['workspace']
  /** As in {@link Call}; when absent, the variables that Claude Code gets. */
  readonly env?: Call['env']
  /** Asks a human about what needs approval: `true` is yes, all else is no. The signal is aborted
   * when nobody waits for the answer any more. */
  readonly ask?: ((ruling: Ruling, signal: AbortSignal) => boolean | Promise<boolean>) | undefined
  /** Seconds until a call without an answer is stopped, the human's time included; 3600 when absent. */
  readonly timeout?: number | undefined
}

/**
 * The options with a guard before every tool. Make it the last change to them.
 *
 * Hooks and `canUseTool` that the options have stay; a call they change is decided as changed.
 *
 * @throws {ConfigurationError} The configuration cannot be used, or something in the options, or in
 * the environment, would switch the guard off or go around it.
 */
export function guardOptions(options: Options, guarding: SessionGuardOptions = {}): Options {
  const settings = settingsOf(options)
  const session = new Session(options, guarding)
  const hooks: Options['hooks'] = {}
  for (const [event, matchers] of Object.entries(options.hooks ?? {})) {
    // The keys are this type's.
    hooks[event as HookEvent] = (matchers ?? []).map((matcher) => session.watched(event, matcher))
  }
  const timeout = guarding.timeout ?? 3600
  for (const [event, hook] of [['PreToolUse', session.decide], ['ConfigChange', keep]] as const) {
    hooks[event] = [{ hooks: [hook], timeout, onFailure: 'block' }, ...(hooks[event] ?? [])]
  }
  const { canUseTool } = options
  const permit = canUseTool && { canUseTool: session.permitting(canUseTool) }
  return { ...options, hooks, settings, ...permit }
}

type Variables = Readonly<Record<string, string | undefined>>

/** A call, as Claude Code tells of it. */
interface Event {
  readonly tool_name: string
  readonly tool_use_id: string
  readonly tool_input: unknown
  readonly session_id?: unknown
  readonly cwd?: unknown
  readonly mcp_server?: { readonly name: unknown; readonly source?: unknown } | undefined
}

// Turns every hook off, callbacks included, also from a user's settings in mid-session.
const BARE = 'CLAUDE_CODE_SIMPLE'
const NO = new Set(['', '0', 'false', 'no', 'off'])
const ELSEWHERE = 'the session would run where no hook of this process is'
const REFUSED_FLAGS = new Map([
  ['bare', 'it turns hooks off'],
  ['settings', "it takes the place of the guard's settings; use the option `settings`"],
  ['managed-settings', "it goes before the guard's settings"],
  ['permission-prompt-tool', 'it can change a call that was decided; use `canUseTool`'],
  ...['bg', 'background', 'cloud', 'remote', 'sdk-url', 'teleport'].map((flag) => [flag, ELSEWHERE] as const),
])
const LOCKED = 'checkrein: settings cannot change during a guarded session; start a new one'
const CALLS_KEPT = 4096

/** The guard in the sessions that are started with one set of options. */
class Session {
  readonly #guarding: SessionGuardOptions
  readonly #guard: Guard
  readonly #root: string
  readonly #env: Variables | undefined
  readonly #inProcess: ReadonlySet<string>
  /** What may run, by the id of the call: as the model made it, and as hooks changed it. */
  readonly #passed = new Map<string, Event[]>()

  constructor(options: Options, guarding: SessionGuardOptions) {
    this.#guarding = { ...guarding }
    this.#guard = guarding.guard ?? new Guard({ workspace: options.cwd })
    this.#root = real(resolve(options.cwd ?? '.'))
    this.#env = options.env
    const servers = Object.entries(options.mcpServers ?? {})
    this.#inProcess = new Set(servers.flatMap(([name, { type }]) => (type === 'sdk' ? [name] : [])))
  }

  /** The hook. */
  readonly decide: HookCallback = async (event, _, { signal }) => {
    const reason = await this.#refusal(event, signal)
    return reason === undefined ? {} : denial('PreToolUse', reason)
  }

  /** The matcher; calls that its hooks change are decided as changed. */
  watched(name: string, matcher: HookCallbackMatcher): HookCallbackMatcher {
    if (name !== 'PreToolUse' && name !== 'PermissionRequest') return matcher
    const hooks = matcher.hooks.map((hook): HookCallback => async (event, toolUseID, context) => {
      const call = { tool_use_id: toolUseID, ...structuredClone(event) }
      const output = asSent(await hook(event, toolUseID, context))
      const input = changed(name, output)
      if (input === undefined || isDeepStrictEqual(input, (call as Partial<Event>).tool_input)) return output
      const reason = await this.#refusal({ ...call, tool_input: input }, context.signal)
      return reason === undefined ? output : denial(name, reason)
    })
    return { ...matcher, hooks }
  }

  /** The callback; a call that it, or a hook elsewhere, changes is decided as changed. */
  permitting(callback: CanUseTool): CanUseTool {
    return async (tool, input, context) => {
      const given = asSent(input)
      const result = await callback(tool, input, context)
      if (result?.behavior !== 'allow') return result
      const updatedInput = asSent(result.updatedInput ?? given)
      const { toolUseID, mcpServer, signal } = context
      const passed = (this.#passed.get(toolUseID) ?? []).filter((event) => event.tool_name === tool)
      if (passed.some((event) => isDeepStrictEqual(event.tool_input, updatedInput))) {
        return { ...result, updatedInput }
      }
      const unseen = { tool_name: tool, tool_use_id: toolUseID, mcp_server: mcpServer }
      const reason = await this.#refusal({ ...(passed[0] ?? unseen), tool_input: updatedInput }, signal)
      return reason === undefined ? { ...result, updatedInput } : { behavior: 'deny', message: reason }
    }
  }

  /** Why the call must not run, `undefined` when it may. Asks the human when that is needed. */
  async #refusal(given: unknown, signal: AbortSignal): Promise<string | undefined> {
    try {
      const event = eventOf(structuredClone(given))
      const reason = await this.#ruled(event, signal)
      if (reason !== undefined) return reason
      const calls = this.#passed
      calls.set(event.tool_use_id, [...(calls.get(event.tool_use_id) ?? []), event])
      for (const oldest of calls.keys()) if (calls.size > CALLS_KEPT) calls.delete(oldest)
      return undefined
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error
      return `checkrein failed (${kind}); the call is not allowed`
    }
  }

  async #ruled(event: Event, signal: AbortSignal): Promise<string | undefined> {
    const ruling = this.#rule(event)
    switch (ruling.outcome) {
      case 'run':
        return undefined
      case 'refuse':
        return ruling.message
      case 'ask': {
        const { ask } = this.#guarding
        if (ask === undefined || !ruling.show()) return ruling.message
        if (!(await saysYes(ask, ruling, signal))) return `${ruling.message}\nThe human said no.`
        const again = this.#rule(event)
        const runs = again.outcome === 'run' || (again.outcome === 'ask' && again.redeem())
        return runs ? undefined : again.message
      }
      default:
        return unreachable(ruling.outcome)
    }
  }

  #rule(event: Event): Ruling {
    const { agent = 'claude-code', workspace = this.#place(event.cwd), env } = this.#guarding
    const variables = env ?? this.#env ?? process.env
    const gate = new Gate({ ...this.#guarding, guard: this.#guard, agent, workspace, env: variables })
    return gate.rule({
      ...this.#named(event),
      arguments: event.tool_input,
      callId: event.tool_use_id,
      session: event.session_id === undefined ? undefined : text(event.session_id),
    })
  }

  #place(cwd: unknown): Call['workspace'] {
    const directory = cwd === undefined ? this.#root : text(cwd)
    const path = relative(this.#root, directory)
    if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)) return directory
    // The agent moves it, and could make anything its workspace.
    return { root: posix(this.#root), cwd: posix(directory) }
  }

  /** Name of the tool and of the MCP server. */
  #named({ tool_name: tool, mcp_server: origin }: Event): { tool: string; server: string | undefined } {
    if (origin === undefined || origin === null) return { tool, server: undefined }
    const server = text(origin.name)
    const prefix = `mcp__${server.replace(/[^a-zA-Z0-9_-]/g, '_')}__`
    const own = this.#inProcess.has(server) && origin.source === 'sdk' && tool.startsWith(prefix)
    return own ? { tool: tool.slice(prefix.length), server: undefined } : { tool, server }
  }
}

async function saysYes(
  ask: NonNullable<SessionGuardOptions['ask']>,
  ruling: Ruling,
  signal: AbortSignal,
): Promise<boolean> {
  let yes = false
  try {
    const gone = new Promise<false>((answer) => {
      signal.addEventListener('abort', () => answer(false), { once: true })
    })
    yes = !signal.aborted && (await Promise.race([ask(ruling, signal), gone])) === true
  } finally {
    if (!yes) ruling.withdraw()
  }
  return yes
}

/** What every event has, checked; it comes from another process. */
function eventOf(given: unknown): Event {
  const event = given as Event // each member is checked where it is used
  text(event.tool_name)
  text(event.tool_use_id)
  return event
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('Claude Code has sent something else than text')
}

type Changing = { readonly updatedInput?: unknown }

/** The arguments that a hook puts in the place of the call's, `undefined` when it changes nothing. */
function changed(name: 'PreToolUse' | 'PermissionRequest', output: HookJSONOutput): unknown {
  // A hook in JavaScript may return anything.
  const loose = output as { hookSpecificOutput?: Changing & { decision?: Changing } } | null
  const specific = loose?.hookSpecificOutput
  return (name === 'PreToolUse' ? specific : specific?.decision)?.updatedInput ?? undefined
}

/** A copy that nobody changes, as Claude Code gets it: decided on, and sent. */
function asSent<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
}

function denial(name: 'PreToolUse' | 'PermissionRequest', reason: string): HookJSONOutput {
  const hookSpecificOutput =
    name === 'PreToolUse'
      ? { hookEventName: name, permissionDecision: 'deny' as const, permissionDecisionReason: reason }
      : { hookEventName: name, decision: { behavior: 'deny' as const, message: reason } }
  return { hookSpecificOutput }
}

const keep: HookCallback = async () => ({ decision: 'block', reason: LOCKED })

/** The options' settings, with those that keep the guard on. */
function settingsOf(options: Options): Settings {
  const extra = Object.keys(options.extraArgs ?? {}).map((name) => `--${name}`)
  for (const flag of [...extra, ...(options.executableArgs ?? [])]) {
    const why = REFUSED_FLAGS.get(/^--([^=]*)/.exec(flag)?.[1] ?? '')
    if (why !== undefined) throw new ConfigurationError(`extraArgs or executableArgs has \`${flag}\`: ${why}`)
  }
  if (options.permissionPromptToolName) {
    const why = REFUSED_FLAGS.get('permission-prompt-tool')
    throw new ConfigurationError(`permissionPromptToolName is set: ${why}`)
  }
  let settings: Settings
  try {
    const given = options.settings || {}
    settings = typeof given === 'string' ? parsed(given, options.cwd ?? '') : asSent(given)
    for (const part of [settings, settings.env ?? {}]) {
      if (typeof part !== 'object' || Array.isArray(part)) throw new TypeError('not an object')
    }
  } catch (error) {
    // What JSON.parse says quotes the text.
    const why = error instanceof SyntaxError ? 'not JSON' : String(error)
    throw new ConfigurationError(`the option \`settings\` cannot be read: ${why}`)
  }
  if (settings.disableAllHooks) {
    throw new ConfigurationError('the option `settings` has disableAllHooks: it turns hooks off')
  }
  if (isBare(options.env ?? process.env) || isBare(settings.env ?? {})) {
    throw new ConfigurationError(`the variable ${BARE} is set: it turns hooks off`)
  }
  return { disableSkillShellExecution: true, ...settings, env: { ...settings.env, [BARE]: '0' } }
}

/** The option `settings` as text: JSON, or the path of a file. */
function parsed(option: string, cwd: string): Settings {
  const given = option.trim()
  const json = given.startsWith('{') ? given : readFileSync(resolve(cwd, given), 'utf8')
  return JSON.parse(json.replace(/^\uFEFF/, '')) as Settings // checked by the caller
}

function isBare(variables: Variables): boolean {
  // Windows does not tell upper from lower case.
  const values = Object.entries(variables).map(([name, value]) => name.toUpperCase() === BARE && value)
  return values.some((value) => value && !NO.has(String(value).toLowerCase()))
}

function posix(path: string): string {
  return path.split(sep).join('/')
}

function real(path: string): string {
  try {
    return realpathSync(path) // Claude Code reports real paths.
  } catch {
    return path
  }
}
