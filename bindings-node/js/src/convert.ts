/** From JavaScript values to the JSON of a call. */

/** A value has no JSON form. The message names types, never values. */
export class NotConvertible extends Error {}

/**
 * The call as JSON text. `JSON.stringify` alone turns what has no JSON form into `null`, `{}` or
 * nothing, and then something else would be decided than what runs.
 *
 * @throws {NotConvertible} Something in it has no JSON form.
 */
export function encode(call: object): string {
  try {
    return JSON.stringify(call, plain)
  } catch (error) {
    if (error instanceof NotConvertible) throw error
    throw new NotConvertible('a value contains itself or nests too deep; neither has a JSON form')
  }
}

function plain(this: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw new NotConvertible('a number that is not finite has no JSON form')
    case 'undefined':
      // A member that is undefined is absent; in a list something would have to stand there.
      if (Array.isArray(this)) throw new NotConvertible('undefined in a list has no JSON form')
      return undefined
    case 'object':
      return value === null ? null : object(value)
    default:
      throw new NotConvertible(`a ${typeof value} has no JSON form; pass plain values`)
  }
}

function object(value: object): unknown {
  if (Array.isArray(value)) return value
  if (value instanceof Set) return [...value]
  if (value instanceof URL) return value.href
  if (value instanceof Map) {
    for (const key of value.keys()) {
      if (typeof key !== 'string') throw new NotConvertible('a key of a Map is not text')
    }
    return Object.fromEntries(value)
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw new NotConvertible('binary data has no JSON form; pass text')
  }
  if (value instanceof Promise) throw new NotConvertible('a promise has no JSON form; await it')
  return value
}
