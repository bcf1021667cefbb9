/** A bundle that answers calls. */

import type { Engine as Native } from '../module/checkrein_wasm.js'
import { TrapError, ask, instance, replace } from './instance.js'
import type {
  Decision,
  Diagnostic,
  Landing,
  Matrix,
  MatrixOptions,
  Sources,
  ToolCall,
  Trials,
} from './types.js'

/** What the engine cannot do, in its own words. */
export class CheckreinError extends Error {
  override readonly name = 'CheckreinError'
}

/** Reads an answer of the engine. */
export function read<T>(answer: string): T {
  const { ok, error } = JSON.parse(answer) as { ok?: T; error?: string }
  if (error !== undefined) throw new CheckreinError(error)
  return ok as T
}

/**
 * A bundle of policies and an inventory, ready to answer calls. One that did not load denies every
 * call. After a trap it loads again in a fresh instance.
 */
export class Engine {
  /** {@link free}, for `using`; missing where the runtime has no such symbol. */
  declare readonly [Symbol.dispose]: () => void
  readonly #sources: string
  #native: Native | undefined
  #instance = 0

  /** Prefer {@link Checkrein.open} and {@link Engine.edited}. */
  constructor(sources: Sources, before?: Engine) {
    this.#sources = JSON.stringify(sources)
    if (before === undefined) return
    this.#native = before.#ask((native) => native.edited(this.#sources))
    this.#instance = before.#instance
  }

  /** An engine for sources that were edited a little: what is valid here is not validated again. */
  edited(sources: Sources): Engine {
    return new Engine(sources, this)
  }

  /** Every mistake in its sources, sorted by file and place. One that loaded has warnings only. */
  diagnose(): readonly Diagnostic[] {
    return read(this.#ask((native) => native.diagnose(this.#sources)))
  }

  /** Why it did not load; empty when it did. */
  get problem(): string {
    return this.#ask((native) => native.problem)
  }

  /** `sha256:` digest of the policies and the inventory; empty when it did not load. */
  get bundle(): string {
    return this.#ask((native) => native.bundle)
  }

  /** Decides a call. Never throws: every failure, a trap included, is a `deny`. */
  authorize(call: ToolCall): Decision {
    return JSON.parse(this.authorizeJson(written(call))) as Decision
  }

  /** The same; the whole module is loaded first when the light one lacks what the call needs. When it cannot be
   * had, the call stays denied. Never rejects. */
  async authorizeAsync(call: ToolCall): Promise<Decision> {
    return JSON.parse(await this.authorizeJsonAsync(written(call))) as Decision
  }

  /** Decides a call's JSON: the decision as canonical JSON. Never throws. */
  authorizeJson(call: string | undefined): string {
    if (typeof call !== 'string') {
      return JSON.stringify(refusal('malformed', 'the call cannot be read: not JSON'))
    }
    try {
      return this.#ask((native) => native.authorize(call))
    } catch {
      return JSON.stringify(refusal('internal', 'checkrein failed: the engine trapped'))
    }
  }

  /** {@link authorizeAsync} of a call's JSON: the decision as canonical JSON. Never rejects. */
  async authorizeJsonAsync(call: string | undefined): Promise<string> {
    const decision = this.authorizeJson(call)
    const { errors } = JSON.parse(decision) as Decision
    if (!errors.some(({ kind }) => kind === 'lacking')) return decision
    try {
      await replace()
    } catch {
      return decision
    }
    return this.authorizeJson(call)
  }

  /** The verdict on every verb, resource type and environment class. */
  matrix(options: MatrixOptions = {}): Matrix {
    return read(this.#ask((native) => native.matrix(JSON.stringify(options))))
  }

  /** Runs tests in the form of a pack's `tests.json`. */
  runTests(tests: string): Trials {
    return read(this.#ask((native) => native.runTests(tests)))
  }

  /** Calls of `agent` by where they land, at most one for each cell of the matrix. */
  examples(agent = 'agent'): readonly Landing[] {
    return read(this.#ask((native) => native.examples(agent)))
  }

  /** Gives its memory back; it loads again when it is asked once more. */
  free(): void {
    const native = this.#native
    this.#native = undefined
    if (native !== undefined && this.#instance === instance()) ask(() => native.free())
  }

  static {
    // Not every browser has the symbol yet; a class member of that name would be one called "undefined".
    const { dispose } = Symbol as { dispose?: symbol }
    if (dispose !== undefined) {
      Object.defineProperty(Engine.prototype, dispose, {
        value: Engine.prototype.free,
        configurable: true,
        writable: true,
      })
    }
  }

  #ask<T>(question: (native: Native) => T): T {
    const now = instance()
    if (this.#native === undefined || this.#instance !== now) {
      this.#native = ask((module) => new module.Engine(this.#sources))
      this.#instance = now
    }
    const native = this.#native
    return ask(() => question(native))
  }
}

/** A call's JSON; nothing when it has none. */
function written(call: ToolCall): string | undefined {
  try {
    return JSON.stringify(call)
  } catch {
    return undefined
  }
}

function refusal(kind: 'malformed' | 'internal', message: string): Decision {
  return { actions: [], bundle: '', errors: [{ kind, message }], reason: message, verdict: 'deny' }
}

export { TrapError }
