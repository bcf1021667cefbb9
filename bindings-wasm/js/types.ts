/**
 * What goes into the engine and comes out of it. A test compares these types with what the engine
 * answers, member by member.
 */

/** What a decision says. */
export type Verdict = 'allow' | 'needs_approval' | 'deny'

/** How dangerous an environment is. */
export type EnvironmentClass = 'local' | 'development' | 'staging' | 'unknown' | 'production'

/** What it takes to undo an act. */
export type Reversibility = 'none' | 'reversible' | 'recoverable' | 'effortful' | 'irreversible'

/** How well the guard understood an act. */
export type Completeness = 'exact' | 'partial' | 'opaque'

/** What kind of act. */
export type Verb =
  | 'read'
  | 'list'
  | 'create'
  | 'update'
  | 'delete'
  | 'execute'
  | 'deploy'
  | 'grant'
  | 'revoke'
  | 'send'
  | 'spend'
  | 'publish'
  | 'unknown'

/** A part of a text, in UTF-16 code units. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A file of the operator. */
export interface SourceFile {
  /** Its name, as it appears in diagnostics. */
  readonly name: string
  readonly text: string
}

/** Everything a bundle is made of. */
export interface Sources {
  /** Policy files. */
  readonly policies?: readonly SourceFile[]
  /** The text of a `checkrein.toml`. */
  readonly inventory?: SourceFile
  /** Packs to use instead of those the inventory names. */
  readonly packs?: readonly string[]
}

/** A tool call, as on the wire. */
export interface ToolCall {
  readonly tool: string
  readonly server?: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, unknown>>
  readonly agent: { readonly id: string; readonly on_behalf_of?: string; readonly session?: string }
  readonly workspace?: {
    readonly root?: string
    readonly cwd?: string
    readonly facts?: Readonly<Record<string, string>>
  }
  readonly env?: Readonly<Record<string, string>>
}

/** A resource. */
export interface Resource {
  readonly type: string
  readonly id: string
}

/** A policy that determined a verdict. */
export interface DeterminingPolicy {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly reason: string
}

/** The part of the call an action was read from: bytes of the argument's UTF-8 text. The text of a
 * list is its items, joined by newlines. {@link Checkrein.locate} finds it in the call's JSON. */
export interface Span {
  readonly argument: string
  readonly start: number
  readonly end: number
}

/** One thing the call would do, as understood, with its own verdict. */
export interface Action {
  readonly operation: string
  readonly verb: Verb
  readonly resource: Resource & { readonly parents: readonly Resource[] }
  readonly location: string
  readonly environment: {
    readonly name: string
    readonly class: EnvironmentClass
    readonly evidence: readonly string[]
  }
  readonly reversibility: Reversibility
  readonly scope: { readonly count?: number; readonly unbounded: boolean }
  readonly effects: readonly string[]
  readonly credential?: {
    readonly source: string
    readonly issued: boolean
    readonly environments: readonly string[]
    readonly name?: string
    readonly fingerprint?: string
    readonly declared?: string
  }
  readonly completeness: Completeness
  readonly span: Span
  readonly evidence: readonly string[]
  readonly verdict: Verdict
  readonly policies: readonly DeterminingPolicy[]
}

/** Why a call is refused without, or in spite of, what the policies say. */
export interface Failure {
  readonly kind: 'malformed' | 'over_limit' | 'bundle' | 'policy_error' | 'internal' | 'lacking'
  readonly message: string
}

/** The answer to one tool call. */
export interface Decision {
  readonly verdict: Verdict
  readonly reason: string
  readonly advice?: string
  readonly actions: readonly Action[]
  readonly approval?: { readonly fingerprint: string; readonly teams: readonly string[] }
  readonly errors: readonly Failure[]
  readonly bundle: string
}

/** A mistake in the sources of a bundle. */
export interface Diagnostic {
  readonly file: string
  /** An error keeps the bundle from loading; a warning is text that cannot mean what it says. */
  readonly severity: 'error' | 'warning'
  /** Where, as editors count; absent when it concerns all of the file. */
  readonly range?: Range
  /** The same in bytes of UTF-8. */
  readonly bytes?: Range
  /** From 1; 0 without a place. */
  readonly line: number
  /** In characters, from 1; 0 without a place. */
  readonly column: number
  readonly message: string
  readonly help?: string
}

/** A word that could stand at a place. */
export interface Completion {
  readonly label: string
  readonly kind:
    | 'annotation'
    | 'attribute'
    | 'entity'
    | 'keyword'
    | 'method'
    | 'operation'
    | 'type'
    | 'variable'
  readonly about?: string
}

/** What could stand at a place. */
export interface Completions {
  /** Where the word that is completed starts and ends, in UTF-16 code units. */
  readonly from: number
  readonly to: number
  /** Everything that fits, whatever the word has so far. */
  readonly items: readonly Completion[]
}

/** Text in its usual layout, or why it has none. */
export type Formatted =
  | { readonly text: string; readonly mistakes?: never }
  | { readonly mistakes: readonly Diagnostic[]; readonly text?: never }

/** What the event of a coding agent's hook asks. */
export type HookEvent =
  | {
      /** The host, as people call it. */
      readonly host: string
      /** The call, without environment variables and facts about the workspace. */
      readonly call: ToolCall
      /** The member of the event in which the call's arguments stand as they are; the event itself when empty. */
      readonly arguments: string
    }
  | {
      readonly host: string
      /** The event asks for no permission. */
      readonly call: null
      readonly arguments: null
    }

/** Where a policy stands in a text. */
export interface OutlinedPolicy {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly reason?: string
  readonly advice?: string
  readonly range: Range
}

/** A shipped pack. */
export interface Pack {
  readonly name: string
  readonly policy: string
  readonly readme: string
  readonly tests: string
}

/** A word of a vocabulary with its meaning. */
export interface Word {
  readonly word: string
  readonly about: string
}

/** The closed vocabularies by name: `Verb`, `ResourceType`, `Effect` … */
export type Vocabulary = Readonly<Record<string, readonly Word[]>>

/** Facts of an action besides verb, resource type and environment. */
export interface Facts {
  readonly location?: string
  readonly reversibility?: Reversibility
  readonly effects?: readonly string[]
  readonly completeness?: Completeness
  readonly unbounded?: boolean
  readonly credential?: {
    readonly source: string
    readonly declared?: boolean
    readonly issued?: boolean
  }
}

/** What a matrix is about; an absent list means everything there is. */
export interface MatrixOptions {
  readonly agent?: string
  readonly verbs?: readonly Verb[]
  readonly types?: readonly string[]
  readonly environments?: readonly EnvironmentClass[]
  readonly facts?: Facts
  readonly without_examples?: boolean
}

/** A call with its verdict. */
export interface Example {
  readonly call: ToolCall
  readonly verdict: Verdict
}

/** One combination of verb, resource type and environment class. */
export interface Cell {
  readonly verb: Verb
  readonly type: string
  readonly environment: EnvironmentClass
  readonly verdict: Verdict
  readonly policies: readonly string[]
  readonly teams?: readonly string[]
  /** A call that was interpreted and landed here. Its verdict may differ: it rests on more facts. */
  readonly example?: Example
}

/** A verdict for each combination. */
export interface Matrix {
  readonly verbs: readonly Verb[]
  readonly types: readonly string[]
  readonly environments: readonly EnvironmentClass[]
  readonly cells: readonly Cell[]
}

/** A call by where it lands. */
export interface Landing {
  readonly verb: Verb
  readonly type: string
  readonly environment: EnvironmentClass
  readonly example: Example
}

/** What one test gave. */
export interface Trial {
  readonly case: number
  readonly policy: string
  /** Whether the policy should match. */
  readonly fires: boolean
  readonly passed: boolean
  readonly expected: string
  readonly got: string
  readonly policies: readonly string[]
  readonly problem?: string
}

/** What tests gave. */
export interface Trials {
  readonly trials: readonly Trial[]
  readonly passed: number
  readonly failed: number
  /** Policies of the bundle that no case is for. */
  readonly untested: readonly string[]
}
