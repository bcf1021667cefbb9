/* Generated from the native module; `cargo xtask generate` writes it again. */
/** Approvals that live and die with this process: a human's yes for one exact call, once. */
export declare class Approvals {
  /** No approvals yet. One that nobody uses is void after `validFor` seconds. */
  constructor(validFor: number)
  /** Notes that a human is about to be asked. `false`: this very call was used already. */
  show(fingerprint: string, callId: string): boolean
  /** Takes the yes for what was shown, once. */
  redeem(fingerprint: string, callId: string): boolean
  /** Notes that the human said no. */
  withdraw(fingerprint: string, callId: string): void
}

/** A bundle of policies and an inventory, ready to answer calls. Never changes. */
export declare class Engine {
  /** Finds the configuration, unless its path is given, and validates it. Throws every mistake. */
  static discover(config?: string | undefined | null, packs?: Array<string> | undefined | null, workspace?: string | undefined | null): Engine
  /** Validates policies and the text of a `checkrein.toml`. Throws every mistake. */
  static load(policies: Array<PolicyFile>, inventory?: string | undefined | null, packs?: Array<string> | undefined | null, workspace?: string | undefined | null): Engine
  /**
   * Decides a call's JSON. Adds the workspace when the call does not say it: that around the
   * guard's own directory, or around `directory`.
   */
  authorize(call: string, ownWorkspace: boolean, directory?: string | undefined | null): Answer
  /** `sha256:` digest of the policies and the inventory. */
  get bundle(): string
  /** Whether decisions are made and never stop a call. */
  get observing(): boolean
  /** What has to be said about the configuration. */
  get notes(): Array<string>
}

/** The answer to a call. */
export interface Answer {
  /** The decision as canonical JSON. */
  json: string
  /** What to do: `run`, `ask` or `refuse`. */
  outcome: string
  /** Why, for a model or a person; empty when the call runs. */
  message: string
}

/** A policy file. */
export interface PolicyFile {
  /** Its name, as it appears in errors. */
  name: string
  /** Its Cedar text. */
  text: string
}

/** The answer to a call that cannot be given to an engine: no. `kind` is `malformed` or `internal`. */
export declare function refuse(kind: string, message: string): Answer

/** Version of checkrein. */
export declare const VERSION: string
