/** Cedar for CodeMirror: colours only. What the text means is the engine's to say. */

import { LanguageSupport, StreamLanguage } from '@codemirror/language'
import type { StringStream } from '@codemirror/language'

const KEYWORDS = new Set(['permit', 'forbid', 'when', 'unless', 'if', 'then', 'else', 'in', 'is', 'like', 'has'])
const VARIABLES = new Set(['principal', 'action', 'resource', 'context'])
const CONSTANTS = new Set(['true', 'false'])

interface Place {
  /** Inside a string that goes on in the next line. */
  open: boolean
}

function text(stream: StringStream, place: Place): string {
  place.open = true
  while (!stream.eol()) {
    const next = stream.next()
    if (next === '\\') stream.next()
    else if (next === '"') {
      place.open = false
      break
    }
  }
  return 'string'
}

function token(stream: StringStream, place: Place): string | null {
  if (place.open) return text(stream, place)
  if (stream.eatSpace()) return null
  if (stream.match('//')) {
    stream.skipToEnd()
    return 'comment'
  }
  if (stream.eat('"')) return text(stream, place)
  if (stream.match(/^@[A-Za-z_]\w*/)) return 'meta'
  if (stream.match(/^\d+/)) return 'number'
  const word = stream.match(/^[A-Za-z_]\w*/)
  if (word !== null && typeof word === 'object') {
    const name = word[0]
    if (stream.match(/^\s*::/, false)) return 'typeName'
    if (KEYWORDS.has(name)) return 'keyword'
    if (VARIABLES.has(name)) return 'variableName'
    if (CONSTANTS.has(name)) return 'atom'
    return /^[A-Z]/.test(name) ? 'typeName' : 'propertyName'
  }
  if (stream.match(/^(==|!=|<=|>=|&&|\|\||[<>!+\-*?])/)) return 'operator'
  stream.next()
  return null
}

const language = StreamLanguage.define<Place>({
  name: 'cedar',
  startState: () => ({ open: false }),
  token,
  languageData: {
    commentTokens: { line: '//' },
    closeBrackets: { brackets: ['(', '[', '{', '"'] },
  },
})

export function cedar(): LanguageSupport {
  return new LanguageSupport(language)
}
