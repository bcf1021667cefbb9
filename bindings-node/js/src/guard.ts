/** The guard: a bundle of policies and the one way from a tool call to a decision. */

import { NotConvertible, encode } from './convert.js'
import { type Answer, Decision } from './decision.js'
import { ApprovalRequiredError, ConfigurationError, DeniedError } from './errors.js'
import { Lost, enter, native, path } from './native.js'

/** A tool call. */
export interface Call {
  /** Name of the tool, as the framework spells it. */
  readonly tool: string
  /** Its arguments; JSON values, and what has an obvious JSON form. */
  readonly arguments: Readonly<Record<string, unknown>>
  /** Id of the agent, the Cedar principal. */
  readonly agent: string
  /** Session the call belongs to. */
  readonly session?: string | undefined
  /** The human the agent acts for. */
  readonly onBehalfOf?: string | undefined
  /** A directory, looked up like that of the guard; or exactly this, as on the wire. The guard's
   * own when absent. */
  readonly workspace?: string | Workspace | undefined
  /** Environment variables the tool would run with; this process's when absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The MCP server that offers the tool. */
  readonly server?: string | undefined
  /** MCP annotations. They are hints: they may raise risk, never lower it. */
  readonly annotations?: object | undefined
}

/** Where a tool would run. */
export interface Workspace {
  /** Absolute path of the root. Absent: nothing counts as inside the workspace. */
  readonly root?: string | undefined
  /** Absolute path of the working directory; the root when absent. */
  readonly cwd?: string | undefined
  /** What was looked up: `kube_context`, `git_branch`, `terraform_workspace` … */
  readonly facts?: Readonly<Record<string, string>> | undefined
}

/**
 * Where a human's yes is kept until the call it was for runs.
 *
 * The built-in one keeps them in this process. Another can be handed to a {@link Guard}, for
 * approvals that outlive a process. Whatever goes wrong in it must end in `false` or a throw: both
 * refuse the call.
 */
export interface Approvals {
  /** Notes that a human is about to be asked. `false`: this very call was used already. */
  show(fingerprint: string, callId: string): boolean
  /** Takes the yes for what was shown, once: `true` at most once for each call shown. */
  redeem(fingerprint: string, callId: string): boolean
  /** Notes that the human said no. */
  withdraw(fingerprint: string, callId: string): void
}

/** What a guard decides with. */
export interface GuardOptions {
  /** Cedar text, or texts by file name, instead of the files of a configuration. */
  readonly policies?: string | Readonly<Record<string, string>> | undefined
  /** Text of a `checkrein.toml`, instead of a file. */
  readonly inventory?: string | undefined
  /** Shipped packs to use instead of those the inventory names. */
  readonly packs?: readonly string[] | undefined
  /** Directory the tools work in, when a call does not say; the working directory of this process
   * when absent. The repository around it is the workspace's root. */
  readonly workspace?: string | undefined
  /** Where approvals are kept; in this process when absent. */
  readonly approvals?: Approvals | undefined
  /** Seconds until an approval that nobody used is void; 3600 when absent. */
  readonly approvalsValidFor?: number | undefined
}

/**
 * Decides tool calls.
 *
 * Without options the configuration is found as the `checkrein` command finds it: the file that
 * `CHECKREIN_CONFIG` names, a `checkrein.toml` above the workspace (or in it, when pinned), the
 * user's own; with none of these the `baseline` pack decides alone.
 *
 * A guard never changes and never waits: a decision takes some hundred microseconds of computing,
 * which is why its methods are synchronous.
 */
export class Guard {
  readonly #engine: InstanceType<typeof native.Engine>

  /** Where approvals are kept. */
  readonly approvals: Approvals

  /** @throws {ConfigurationError} The configuration, a policy or the inventory cannot be used. */
  constructor(options: GuardOptions & { /** Path of the `checkrein.toml` to use. */ readonly config?: string } = {}) {
    const { policies, inventory, config } = options
    const packs = options.packs && [...options.packs]
    const workspace = path(options.workspace)
    if (config !== undefined && (policies !== undefined || inventory !== undefined)) {
      throw new ConfigurationError('name a configuration file, or give its texts, not both')
    }
    if (policies === undefined && inventory === undefined) {
      this.#engine = opened(() => native.Engine.discover(config && path(config), packs, workspace))
    } else {
      const texts = typeof policies === 'string' ? { policies } : (policies ?? {})
      const files = Object.entries(texts).map(([name, text]) => ({ name, text }))
      this.#engine = opened(() => native.Engine.load(files, inventory, packs, workspace))
    }
    const validFor = options.approvalsValidFor ?? 3600
    this.approvals = options.approvals ?? opened(() => kept(new native.Approvals(validFor)))
  }

  /**
   * A guard with the `checkrein.toml` at `path` and the policies it names.
   *
   * @throws {ConfigurationError} It cannot be used.
   */
  static fromConfig(
    path: string,
    options: Omit<GuardOptions, 'policies' | 'inventory'> = {},
  ): Guard {
    return new Guard({ ...options, config: path })
  }

  /** Decides a tool call. Never throws: every failure is a decision to deny. */
  authorize(call: Call): Decision {
    try {
      const { workspace, env, onBehalfOf } = call
      const exact = typeof workspace === 'object'
      const text = encode({
        tool: call.tool,
        arguments: call.arguments,
        agent: { id: call.agent, session: call.session, on_behalf_of: onBehalfOf },
        server: call.server,
        annotations: call.annotations,
        env: env ?? process.env,
        workspace: exact ? workspace : undefined,
      })
      const directory = exact || workspace === undefined ? undefined : path(workspace)
      return new Decision(enter(() => this.#engine.authorize(text, workspace === undefined, directory)))
    } catch (error) {
      return new Decision(refusal(error))
    }
  }

  /**
   * Decides a call as on the wire, JSON in and canonical JSON out. Adds nothing to the call.
   *
   * Never throws: every failure is a decision to deny.
   */
  authorizeJson(call: string): string {
    try {
      return enter(() => this.#engine.authorize(call, false, undefined)).json
    } catch (error) {
      return refusal(error).json
    }
  }

  /**
   * Decides a call as {@link authorize} does and throws unless it may run.
   *
   * @throws {DeniedError} It must not run.
   * @throws {ApprovalRequiredError} It must not run before a human approves it.
   */
  check(call: Call): Decision {
    const decision = this.authorize(call)
    switch (decision.outcome) {
      case 'run':
        return decision
      case 'ask':
        throw new ApprovalRequiredError(decision.message, decision)
      case 'refuse':
        throw new DeniedError(decision.message, decision)
      default:
        return decision.outcome satisfies never
    }
  }

  /** `sha256:` digest of the policies and inventory. */
  get bundle(): string {
    return this.#engine.bundle
  }

  /** Whether the operator's `[policy] mode` is `observe`: decide, never block. */
  get observing(): boolean {
    return this.#engine.observing
  }

  /** What has to be said about the configuration, such as a file that was not trusted. */
  get notes(): string[] {
    return this.#engine.notes
  }
}

/** The answer to a call that failed before or in the engine: no. */
export function refusal(error: unknown): Answer {
  if (error instanceof Lost) return error.answer
  try {
    return error instanceof NotConvertible
      ? enter(() => native.refuse('malformed', error.message))
      : enter(() => native.refuse('internal', error instanceof Error ? error.constructor.name : typeof error))
  } catch {
    return new Lost().answer
  }
}

function kept(own: Approvals): Approvals {
  return {
    show: (fingerprint, callId) => enter(() => own.show(fingerprint, callId)),
    redeem: (fingerprint, callId) => enter(() => own.redeem(fingerprint, callId)),
    withdraw: (fingerprint, callId) => enter(() => own.withdraw(fingerprint, callId)),
  }
}

function opened<T>(build: () => T): T {
  try {
    return enter(build)
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : String(error))
  }
}
