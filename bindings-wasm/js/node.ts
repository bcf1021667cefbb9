/** For Node. */

import { readFileSync } from 'node:fs'

import { Checkrein } from './checkrein.js'
import { start } from './instance.js'

export { Checkrein } from './checkrein.js'
export { CheckreinError, Engine, TrapError } from './engine.js'
export type * from './types.js'

/** Where the module comes from: a file's address, its bytes, or the module. */
export type Source = URL | BufferSource | WebAssembly.Module

/** Reads and compiles the module, by default the one beside this file. */
export function loadSync(
  source: Source = new URL('../module/checkrein_wasm_bg.wasm', import.meta.url),
): Checkrein {
  const bytes = source instanceof URL ? readFileSync(source) : source
  start(bytes instanceof WebAssembly.Module ? bytes : new WebAssembly.Module(bytes))
  return new Checkrein()
}

/** The same, as in browsers. */
export async function load(source?: Source): Promise<Checkrein> {
  return loadSync(source)
}
