/** The engine's functions. */

import { Engine, read } from './engine.js'
import { ask, replace } from './instance.js'
import type {
  Completions,
  Diagnostic,
  Formatted,
  HookEvent,
  OutlinedPolicy,
  Pack,
  Range,
  Sources,
  Span,
  Vocabulary,
} from './types.js'

/** checkrein, loaded. Functions other than those of an {@link Engine} throw {@link TrapError} when
 * the engine traps; the next call finds a fresh instance. */
export class Checkrein {
  /** Puts the whole module in the place of the light one, which may take a while; fulfilled when it answers.
   * Rejected when it cannot be had: the light one answers on, and the next call tries again. */
  loadWhole(): Promise<void> {
    return replace()
  }

  /** Loads a bundle. One with mistakes denies every call; {@link Checkrein.diagnose} names them. */
  open(sources: Sources = {}): Engine {
    return new Engine(sources)
  }

  /** Every mistake in sources, sorted by file and place. */
  diagnose(sources: Sources): readonly Diagnostic[] {
    return read(ask((module) => module.diagnose(JSON.stringify(sources))))
  }

  /** What could stand at `offset` of policy text. `inventory` is the text of a `checkrein.toml`. */
  complete(text: string, offset: number, inventory = ''): Completions {
    return read(ask((module) => module.complete(text, offset, inventory)))
  }

  /** Policy text in its usual layout. `name` is the file's name in mistakes. */
  format(text: string, name = 'policy.cedar'): Formatted {
    return read(ask((module) => module.format(name, text)))
  }

  /** Where each policy of a text is. What cannot be read is left out. */
  outline(text: string): readonly OutlinedPolicy[] {
    return read(ask((module) => module.outline(text)))
  }

  /** Which parts of a JSON text a span means. The text is a call, or another whose member `within` holds
   * the call's arguments (the text itself when it is empty). */
  locate(text: string, { argument, start, end }: Span, within = 'arguments'): readonly Range[] {
    return read(ask((module) => module.locate(text, within, argument, start, end)))
  }

  /** What the event of a coding agent's hook asks; nothing for JSON that is no event. Throws when an event
   * cannot be read, which a hook would refuse. */
  event(text: string): HookEvent | undefined {
    return read<HookEvent | null>(ask((module) => module.event(text))) ?? undefined
  }

  /** The shipped packs. */
  packs(): readonly Pack[] {
    return read(ask((module) => module.packs()))
  }

  /** The closed vocabularies. */
  vocabulary(): Vocabulary {
    return read(ask((module) => module.vocabulary()))
  }

  /** The Cedar schema policies are validated against. */
  schema(): string {
    return ask((module) => module.schema())
  }

  /** Version of checkrein. */
  version(): string {
    return ask((module) => module.version())
  }
}
