/** Decisions: the answer to a tool call, read from its JSON when somebody looks. */

/** What a decision says. */
export type Verdict = 'allow' | 'needs_approval' | 'deny'

/** What an enforcement point must do with a call. */
export type Outcome = 'run' | 'ask' | 'refuse'

/** What an action acts on. */
export interface Resource {
  /** `File`, `Database`, `Volume`, `Secret` …: an entity type of the Cedar schema. */
  readonly type: string
  /** Canonical id. */
  readonly id: string
}

/** A policy that determined a verdict. */
export interface DeterminingPolicy {
  /** Its `@id`. */
  readonly id: string
  /** What it does when it matches. */
  readonly effect: 'permit' | 'forbid'
  /** Its `@reason`. */
  readonly reason: string
}

/** One thing the call would do, as understood, with its own verdict. */
export interface Action {
  /** Exact, namespaced name: `railway:volumeDelete`, `git:push_force`, `fs:remove`. */
  readonly operation: string
  /** `read`, `list`, `create`, `update`, `delete`, `execute`, `deploy` … */
  readonly verb: string
  /** What it acts on, and what that lies in, nearest first. */
  readonly resource: Resource & { readonly parents: readonly Resource[] }
  /** Where it lies: `workspace`, `system`, `remote` … */
  readonly location: string
  /** Where it takes effect, and what that rests on. */
  readonly environment: {
    /** Name in the inventory, or `unknown`. */
    readonly name: string
    /** The class policies speak of. */
    readonly class: 'production' | 'staging' | 'development' | 'local' | 'unknown'
    /** What that rests on. */
    readonly evidence: readonly string[]
  }
  /** What it takes to undo it. */
  readonly reversibility: 'none' | 'reversible' | 'recoverable' | 'effortful' | 'irreversible'
  /** How much it touches: how many resources, when known, and whether nothing bounds it. */
  readonly scope: { readonly count?: number; readonly unbounded: boolean }
  /** `destroys_recovery`, `egress`, `secret_read`, `exfiltration`, `remote_code` … */
  readonly effects: readonly string[]
  /** The credential it would use. The text itself is never shown. */
  readonly credential?: {
    /** Where it comes from: a variable, a profile, a file, a literal in the call. */
    readonly source: string
    /** Whether the operator issued it to this agent. */
    readonly issued: boolean
    /** Environments it reaches. */
    readonly environments: readonly string[]
    /** Name of the variable or profile. */
    readonly name?: string
    /** `sha256:` digest of its text. */
    readonly fingerprint?: string
    /** Its name in the inventory. */
    readonly declared?: string
  }
  /** How well it was understood. */
  readonly completeness: 'exact' | 'partial' | 'opaque'
  /** The part of the call it was read from: bytes `start` to `end` of an argument's UTF-8 text. */
  readonly span: { readonly argument: string; readonly start: number; readonly end: number }
  /** What the conclusions rest on. */
  readonly evidence: readonly string[]
  /** The verdict on this action alone. */
  readonly verdict: Verdict
  /** The policies that determined it. */
  readonly policies: readonly DeterminingPolicy[]
}

/** What approval would suffice. */
export interface ApprovalRequest {
  /** Digest of the exact call, what it was understood to mean, and the bundle. */
  readonly fingerprint: string
  /** Any member of any of these may approve. */
  readonly teams: readonly string[]
}

/** Why a call is refused without, or in spite of, what the policies say. */
export interface Failure {
  /** What kind of failure. */
  readonly kind: 'malformed' | 'over_limit' | 'bundle' | 'policy_error' | 'internal'
  /** What happened; quotes nothing secret. */
  readonly message: string
}

/** A decision on the wire. */
interface Wire {
  readonly verdict: Verdict
  readonly reason: string
  readonly advice?: string
  readonly actions: readonly Action[]
  readonly approval?: ApprovalRequest
  readonly errors: readonly Failure[]
  readonly bundle: string
}

/** What the native engine answers. */
export interface Answer {
  readonly json: string
  readonly outcome: string
  readonly message: string
}

/** The answer to one tool call. */
export class Decision {
  readonly #json: string
  #wire: Wire | undefined

  /** What to do with the call; differs from the verdict where the operator only observes. */
  readonly outcome: Outcome

  /** For the model or a person: why, what to do instead, who may approve, which policies. Empty
   * when the call may run. */
  readonly message: string

  /** @internal */
  constructor(answer: Answer) {
    this.#json = answer.json
    this.outcome = outcomeOf(answer.outcome)
    this.message = answer.message
  }

  /** The strictest verdict of the actions. */
  get verdict(): Verdict {
    return this.#read().verdict
  }

  /** Whether the verdict is `allow`. */
  get allowed(): boolean {
    return this.verdict === 'allow'
  }

  /** Why, in one line. */
  get reason(): string {
    return this.#read().reason
  }

  /** What to do instead, when a policy says so. */
  get advice(): string | undefined {
    return this.#read().advice
  }

  /** What the guard understood, each part with its own verdict. */
  get actions(): readonly Action[] {
    return this.#read().actions
  }

  /** What approval would suffice, when the verdict is `needs_approval`. */
  get approval(): ApprovalRequest | undefined {
    return this.#read().approval
  }

  /** Failures; with any of them the verdict is `deny`. */
  get errors(): readonly Failure[] {
    return this.#read().errors
  }

  /** `sha256:` digest of the policies and inventory that decided. */
  get bundle(): string {
    return this.#read().bundle
  }

  /** The decision as canonical JSON, byte for byte as every surface of checkrein writes it. */
  toJson(): string {
    return this.#json
  }

  /** The decision as plain data, for `JSON.stringify`. */
  toJSON(): unknown {
    return JSON.parse(this.#json)
  }

  /** The verdict and why, in one line. */
  toString(): string {
    return `${this.verdict}: ${this.reason}`
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Decision { ${this.toString()} }`
  }

  #read(): Wire {
    this.#wire ??= freeze(JSON.parse(this.#json) as Wire)
    return this.#wire
  }
}

/** The native word; whatever is not known is a refusal. */
function outcomeOf(word: string): Outcome {
  return word === 'run' || word === 'ask' ? word : 'refuse'
}

/** Freezes a JSON value to its leaves, so that nobody changes what was decided. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze)
    Object.freeze(value)
  }
  return value
}
