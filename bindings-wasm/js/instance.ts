/**
 * The WebAssembly instance. A trap (a panic, an overflowing stack, memory that runs out) may leave
 * anything behind, so a trapped instance is never asked again: a fresh one takes its place.
 */

import * as whole from '../module/checkrein_wasm.js'
import * as light from '../module/light/checkrein_wasm.js'

/** The functions of a module; both have the same. */
export type Functions = typeof whole

/** The engine trapped, or there is no instance any more. */
export class TrapError extends Error {
  override readonly name = 'TrapError'

  constructor(cause: unknown) {
    super('the engine trapped', { cause })
  }
}

/** Which instance is in use; 0 before the first. Objects of an earlier one are gone. */
let current = 0
let trapped = false
let functions: Functions = whole
/** Fetches what the light module lacks. */
let rest: (() => Promise<WebAssembly.Module>) | undefined
let replacing: Promise<void> | undefined

/** Makes the first instance; later calls change nothing. */
export function start(module: WebAssembly.Module): void {
  if (current > 0) return
  whole.initSync({ module })
  current = 1
}

/** The same without holding up the thread: Chromium refuses the other way to a page's main thread when the
 * module is larger than 8 MB. There a trap leaves no instance, and everything is denied; a worker gets a
 * fresh one. */
export async function startSoon(module: WebAssembly.Module): Promise<void> {
  if (current > 0) return replace()
  await whole.default({ module_or_path: module })
  if (current === 0) current = 1
}

/** The same with the light module; {@link replace} fetches the whole one. */
export async function startLight(module: WebAssembly.Module, fetchWhole: () => Promise<WebAssembly.Module>): Promise<void> {
  if (current > 0) return
  await light.default({ module_or_path: module })
  if (current > 0) return
  functions = light
  rest = fetchWhole
  current = 1
}

/** Puts the whole module in the place of the light one, once; every engine loads again in it. */
export function replace(): Promise<void> {
  replacing ??= fetched().catch((error: unknown) => {
    replacing = undefined
    throw error
  })
  return replacing
}

async function fetched(): Promise<void> {
  if (rest === undefined) return
  await whole.default({ module_or_path: await rest() })
  rest = undefined
  functions = whole
  trapped = false
  current += 1
}

/** The number of the instance that will answer next, fresh when the last one trapped. */
export function instance(): number {
  if (current === 0) throw new TrapError(new Error('not loaded'))
  if (trapped) {
    try {
      functions.__wbg_reset_state()
    } catch (error) {
      throw new TrapError(error)
    }
    trapped = false
    current += 1
  }
  return current
}

/** Asks the instance. No function of it throws, so whatever is caught is a trap. */
export function ask<T>(question: (module: Functions) => T): T {
  instance()
  // Anything but a normal return leaves this set.
  trapped = true
  let answer: T
  try {
    answer = question(functions)
  } catch (error) {
    throw new TrapError(error)
  }
  trapped = false
  return answer
}
