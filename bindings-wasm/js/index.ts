/** For browsers, workers and Deno. */

import { Checkrein } from './checkrein.js'
import { startLight, startSoon } from './instance.js'

export { Checkrein } from './checkrein.js'
export { CheckreinError, Engine, TrapError } from './engine.js'
export type * from './types.js'

/** Where the module comes from. */
export type Source = string | URL | Response | BufferSource | WebAssembly.Module

/** Fetches and compiles the module, by default the one beside this file. */
export async function load(
  source: Source = new URL('../module/checkrein_wasm_bg.wasm', import.meta.url),
): Promise<Checkrein> {
  await startSoon(await compiled(source))
  return new Checkrein()
}

/**
 * Fetches and compiles the light module, half as large. It lacks the parsers of Python and JavaScript and denies
 * calls with such code, with an error of kind `lacking`; all else it answers as the whole module does.
 * {@link Checkrein.loadWhole} and the engine's functions that end in `Async` load the whole one in its place.
 */
export async function loadLight(
  source: Source = new URL('../module/light/checkrein_wasm_bg.wasm', import.meta.url),
  whole: Source = new URL('../module/checkrein_wasm_bg.wasm', import.meta.url),
): Promise<Checkrein> {
  await startLight(await compiled(source), () => compiled(whole))
  return new Checkrein()
}

async function compiled(source: Source): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source)
  const response = source instanceof Response ? source : await fetch(source)
  if (!response.ok) throw new Error(`the module cannot be fetched: ${response.status}`)
  return WebAssembly.compile(await response.arrayBuffer())
}
