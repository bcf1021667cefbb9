/** Everything in the link's fragment: browsers do not send it to any server. */

import type { SourceFile } from 'checkrein-wasm'

import { INVENTORY, OWN } from './state'
import type { State } from './state'

const PREFIX = '#1.'
/** What browsers and chat programs carry without cutting it off. */
const LONGEST_LINK = 64_000
/** A small fragment can inflate to anything, so reading stops here. */
const LONGEST_STATE = 4_000_000

export class ShareError extends Error {
  override readonly name = 'ShareError'
}

/** The fragment of a link to this state. */
export async function encode(state: State): Promise<string> {
  const text = JSON.stringify(packed(state))
  const bytes = await drain(through(text, new CompressionStream('deflate-raw')), LONGEST_STATE)
  const fragment = `${PREFIX}${toBase64(bytes)}`
  if (text.length > LONGEST_STATE || fragment.length > LONGEST_LINK) {
    throw new ShareError(`This is too long for a link: ${Math.ceil(fragment.length / 1000)} kB, and ${LONGEST_LINK / 1000} kB fit.`)
  }
  return fragment
}

/** The state of a fragment; nothing when there is none. */
export async function decode(fragment: string): Promise<State | undefined> {
  if (fragment === '' || fragment === '#') return undefined
  if (!fragment.startsWith(PREFIX)) throw new ShareError('The link is not one of this playground.')
  if (fragment.length > LONGEST_LINK) throw new ShareError('The link is too long.')
  let value: unknown
  try {
    const bytes = fromBase64(fragment.slice(PREFIX.length))
    const plain = await drain(through(bytes, new DecompressionStream('deflate-raw')), LONGEST_STATE)
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain))
  } catch (error) {
    if (error instanceof ShareError) throw error
    throw new ShareError('The link is damaged; perhaps a part of it is missing.')
  }
  const state = unpacked(value)
  if (state === undefined) throw new ShareError('The link is damaged; perhaps a part of it is missing.')
  return state
}

/** The only policy file of most pages goes without its name. */
function packed({ policies, ...rest }: State): unknown {
  const [first] = policies
  return { ...rest, policies: policies.length === 1 && first?.name === OWN ? first.text : policies }
}

function unpacked(value: unknown): State | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { call, policies, inventory, packs } = value as Partial<Record<keyof State, unknown>>
  const files = typeof policies === 'string' ? [{ name: OWN, text: policies }] : policies
  if (typeof call !== 'string' || typeof inventory !== 'string') return undefined
  if (!Array.isArray(packs) || !packs.every((name) => typeof name === 'string')) return undefined
  if (!Array.isArray(files) || !files.every(isFile) || files.length === 0) return undefined
  if (new Set(files.map(({ name }) => name)).size < files.length) return undefined
  return { call, policies: files.map(({ name, text }) => ({ name, text })), inventory, packs }
}

function isFile(value: unknown): value is SourceFile {
  if (typeof value !== 'object' || value === null) return false
  const { name, text } = value as Partial<Record<keyof SourceFile, unknown>>
  return typeof name === 'string' && name !== '' && name !== INVENTORY && typeof text === 'string'
}

function through(
  input: string | Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([input]).stream().pipeThrough(transform)
}

async function drain(stream: ReadableStream<Uint8Array<ArrayBuffer>>, most: number): Promise<Uint8Array> {
  const reader = stream.getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new ShareError('The link holds too much.')
    }
    parts.push(value)
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** Puts the link into the address bar and, where that is allowed, the clipboard; says what it did. */
export async function publish(state: State): Promise<string> {
  try {
    history.replaceState(null, '', await encode(state))
  } catch (error) {
    return error instanceof ShareError ? error.message : 'There is no link: this browser cannot compress.'
  }
  try {
    await navigator.clipboard.writeText(location.href)
    return 'The link is in the clipboard and in the address bar.'
  } catch {
    return 'The link is in the address bar.'
  }
}
