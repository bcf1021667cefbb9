/** The native module. Where there is none for this machine, loading throws, and so nothing can be
 * allowed. */

import { resolve } from 'node:path'

import { native as binding } from './load.js'

export const native: typeof import('../../native/native.cjs') = binding

/** Whether the WebAssembly build stands in, on a machine without a native one. */
const WASM = (binding as { __napiBindingTarget?: unknown }).__napiBindingTarget === 'wasm32-wasi'

/** The answer when the module can no longer be asked. */
const LOST = native.refuse('internal', 'the WebAssembly module has failed; restart the process')

let trapped = false

/**
 * Enters the module. Once WebAssembly has trapped, its memory may hold anything, and it is never
 * asked again in this thread.
 *
 * @throws {@link Lost} It has trapped.
 */
export function enter<T>(work: () => T): T {
  if (trapped) throw new Lost()
  try {
    return work()
  } catch (error) {
    // An overflow of JavaScript's stack leaves the module in the middle of something as well.
    trapped = WASM && error instanceof Error && ['RuntimeError', 'RangeError'].includes(error.constructor.name)
    throw trapped ? new Lost() : error
  }
}

/** The module has trapped. */
export class Lost extends Error {
  /** What to answer. */
  readonly answer = LOST

  constructor() {
    super('the WebAssembly module of checkrein has failed; restart the process')
  }
}

/** A path as the module can open it: WebAssembly has no working directory. */
export function path<T extends string | undefined>(given: T): T | string {
  return WASM ? resolve(given ?? '.') : given
}
