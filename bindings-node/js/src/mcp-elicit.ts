/** Elicitation: how a server has the client ask its human. */

import type { Ruling } from './gate.js'
import { record } from './mcp-call.js'

/** What a repeated request brings along since 2026-07-28. */
export interface Modern {
  readonly inputResponses?: unknown
}

const KEY = 'checkrein-'

/** Whether a client with these capabilities can show a form. One that names no mode can. */
export function canShow(capabilities: unknown): boolean {
  const { elicitation } = record(capabilities)
  const { form, url } = record(elicitation)
  return typeof elicitation === 'object' && elicitation !== null && (form !== undefined || url === undefined)
}

/** What the human is asked. No default is given, which a client could fill in by itself. */
export function form(ruling: Ruling): object {
  return {
    mode: 'form',
    message: `${ruling.message}\nFingerprint: ${ruling.fingerprint}`,
    requestedSchema: {
      type: 'object',
      properties: { approve: { type: 'boolean', title: 'Approve' } },
      required: ['approve'],
    },
  }
}

/** The result that asks the client to ask, and to call again. */
export function inputRequired(ruling: Ruling): object {
  const question = { method: 'elicitation/create', params: form(ruling) }
  return { resultType: 'input_required', inputRequests: { [KEY + ruling.callId]: question } }
}

/** Whether the human said yes: accepted the form, and ticked the box. */
export function isYes(answer: unknown): boolean {
  const { action, content } = record(answer)
  return action === 'accept' && record(content)['approve'] === true
}

/** The call that a question was about, and whether the answer is yes. */
export function answerIn(request: Modern | undefined): { callId: string; yes: boolean } | undefined {
  const answers = Object.entries(record(request?.inputResponses))
  const [key, answer] = answers.find(([name]) => name.startsWith(KEY)) ?? []
  return key === undefined ? undefined : { callId: key.slice(KEY.length), yes: isYes(answer) }
}

/** A request without the answers that are not for the tool. */
export function withoutAnswers<T extends Modern>(request: T): T {
  if (request.inputResponses === undefined) return request
  const others = Object.entries(record(request.inputResponses)).filter(([name]) => !name.startsWith(KEY))
  return { ...request, inputResponses: others.length > 0 ? Object.fromEntries(others) : undefined }
}
