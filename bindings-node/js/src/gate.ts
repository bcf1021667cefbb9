/** What all adapters share: who calls, what the framework must do, and a human's yes. */

import { Decision, type Outcome } from './decision.js'
import { type Approvals, type Call, Guard, refusal } from './guard.js'

const USED =
  'checkrein: this call was approved and has been used already; an approval counts once, so ask ' +
  'with a new call'
const NOT_SHOWN =
  'checkrein: this approval is not for this exact call, or was not asked for in this process; ask ' +
  'again'

/** What to show a human, as plain JSON values. */
export interface Question {
  /** Why approval is needed, and who may give it. */
  readonly message: string
  /** Name of the tool. */
  readonly tool: string
  /** What the yes is bound to. */
  readonly fingerprint: string
  /** Teams, any of whose members may approve. */
  readonly teams: readonly string[]
  /** The whole decision. */
  readonly decision: unknown
}

/** A decision about one call, as a framework needs it. */
export class Ruling {
  #outcome: Outcome
  #message: string
  readonly #approvals: Approvals

  /** @internal */
  constructor(
    /** The decision. */
    readonly decision: Decision,
    approvals: Approvals,
    /** Name of the tool. */
    readonly tool: string,
    /** The framework's id of the call; empty when it has none. */
    readonly callId: string,
  ) {
    this.#outcome = decision.outcome
    this.#message = decision.message
    this.#approvals = approvals
  }

  /** What to do. */
  get outcome(): Outcome {
    return this.#outcome
  }

  /** Why, for the model or a human; empty when the call runs. */
  get message(): string {
    return this.#message
  }

  /** What a human's yes is bound to; empty unless the outcome is `ask`. */
  get fingerprint(): string {
    return this.decision.approval?.fingerprint ?? ''
  }

  /**
   * Call it when the human is about to be asked. `false`: this very call was approved and used
   * before; refuse with {@link message}.
   */
  show(): boolean {
    return this.#take(USED, (approvals) => approvals.show(this.fingerprint, this.callId))
  }

  /**
   * Call it when the framework says that the human said yes, right before the call runs. `true`,
   * once, when exactly this call was shown in this process and not used since. Otherwise refuse
   * with {@link message}.
   */
  redeem(): boolean {
    return this.#take(NOT_SHOWN, (approvals) => approvals.redeem(this.fingerprint, this.callId))
  }

  /** Call it when the human said no. Never throws. */
  withdraw(): void {
    try {
      if (this.fingerprint !== '') this.#approvals.withdraw(this.fingerprint, this.callId)
    } catch {
      // What is not withdrawn can still not be redeemed without a yes.
    }
  }

  /** What to show the human. */
  question(): Question {
    return {
      message: this.message,
      tool: this.tool,
      fingerprint: this.fingerprint,
      teams: this.decision.approval?.teams ?? [],
      decision: this.decision.toJSON(),
    }
  }

  #take(otherwise: string, take: (approvals: Approvals) => boolean): boolean {
    try {
      if (this.fingerprint !== '' && take(this.#approvals) === true) return true
    } catch {
      // A store that fails has no yes to give.
    }
    this.#outcome = 'refuse'
    this.#message = otherwise
    return false
  }
}

/** What is the same for all calls at one place of a framework. */
export interface GateOptions {
  /** The guard; `new Guard()` when absent. */
  readonly guard?: Guard | undefined
  /** Id of the agent, when the framework does not name it. */
  readonly agent?: string | undefined
  /** Session, when the framework does not name it. */
  readonly session?: string | undefined
  /** The human the agent acts for. */
  readonly onBehalfOf?: string | undefined
  /** As in {@link Call}. */
  readonly workspace?: Call['workspace']
  /** As in {@link Call}. */
  readonly env?: Call['env']
}

/** What a framework knows of a call. */
export interface GatedCall {
  /** Name of the tool. */
  readonly tool: string
  /** Its arguments, as they will be executed. */
  readonly arguments: unknown
  /** The framework's id of this call, the same when it is resumed. */
  readonly callId?: string | undefined
  /** The agent's name in the framework; the gate's `agent` goes before it. */
  readonly agent?: string | undefined
  /** The framework's session; the gate's `session` goes before it. */
  readonly session?: string | undefined
  /** The MCP server that offers the tool. */
  readonly server?: string | undefined
  /** MCP annotations. */
  readonly annotations?: object | undefined
}

/** A guard at one place of a framework. */
export class Gate {
  /** The guard. */
  readonly guard: Guard
  readonly #options: GateOptions

  constructor(options: GateOptions = {}) {
    this.guard = options.guard ?? new Guard()
    this.#options = { ...options }
  }

  /** Rules on a call. Never throws: every failure is a ruling to refuse. */
  rule(call: GatedCall): Ruling {
    const { agent, session, onBehalfOf, workspace, env } = this.#options
    const approvals = this.guard.approvals
    const ruled = (decision: Decision): Ruling =>
      new Ruling(decision, approvals, String(call.tool), call.callId ?? '')
    try {
      const decision = this.guard.authorize({
        tool: call.tool,
        // What is no object is denied by the engine, which says so.
        arguments: call.arguments as Record<string, unknown>,
        agent: agent ?? call.agent ?? 'agent',
        session: session ?? call.session,
        onBehalfOf,
        workspace,
        env,
        server: call.server,
        annotations: call.annotations,
      })
      return ruled(decision)
    } catch (error) {
      return ruled(new Decision(refusal(error)))
    }
  }
}

/** Ends a switch over outcomes; a type checker sees a missing case, and so does the call. */
export function unreachable(outcome: never): never {
  throw new Error(`checkrein: outcome ${String(outcome)} is not handled; the call is refused`)
}
