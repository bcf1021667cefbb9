// What the tests of the Vercel AI SDK share: a scripted model below the SDK's real loops.

import { ToolLoopAgent, generateText, isStepCount, streamText, tool } from 'ai'
import { MockLanguageModelV4, convertArrayToReadableStream } from 'ai/test'
import { guardTools } from 'checkrein/ai-sdk'
import { z } from 'zod'

import { type Shell, context } from './support.ts'

// The SDK's own types are generic to the last detail; what matters here is what runs.
export type Loose = any

export const NOT_SHOWN = /not asked for in this process/
export const MODES = ['generateText', 'streamText', 'agent', 'streaming agent'] as const
export type Mode = (typeof MODES)[number]

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

export function protect(tools: Loose, options: Loose = {}): Loose {
  if (OFF) return Object.defineProperty({ tools }, 'ruling', { value: () => ({ withdraw: () => {} }) })
  return guardTools(tools, { ...context(), ...options })
}

export function bash(shell: Shell, options: Loose = {}): Loose {
  return tool({
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    execute: async (input: { command: string }) => shell.run(input),
    ...options,
  } as Loose)
}

/** A model that makes the calls, turn by turn, then says that it is done. A text is a command for
 * `bash`, a pair another tool and its arguments, all else a part as is. */
export function script(...turns: Loose[][]): Loose {
  let number = 0
  const part = (item: Loose): Loose => {
    number += 1
    const [toolName, input] = typeof item === 'string' ? ['bash', { command: item }] : item
    const call = { type: 'tool-call', toolCallId: `call-${number}`, toolName }
    return { ...call, input: JSON.stringify(input) }
  }
  const answers = turns.map((turn) =>
    turn.map((item) => (typeof item === 'string' || Array.isArray(item) ? part(item) : item)),
  )
  let turn = 0
  const next = (): Loose => {
    const content = answers[turn++] ?? [{ type: 'text', text: 'done' }]
    const unified = content.some(({ type }: Loose) => type === 'tool-call') ? 'tool-calls' : 'stop'
    return { content, usage: { inputTokens: {}, outputTokens: {} }, finishReason: { unified } }
  }
  return new MockLanguageModelV4({
    doGenerate: async () => ({ ...next(), warnings: [] }),
    doStream: async () => {
      const { content, ...end } = next()
      const parts = content.flatMap((item: Loose) =>
        item.type !== 'text'
          ? [item]
          : [
              { type: 'text-start', id: '1' },
              { type: 'text-delta', id: '1', delta: item.text },
              { type: 'text-end', id: '1' },
            ],
      )
      const all = [{ type: 'stream-start', warnings: [] }, ...parts, { type: 'finish', ...end }]
      return { stream: convertArrayToReadableStream(all) }
    },
  } as Loose)
}

/** What came of one request: the whole history after it, and what was asked. */
export interface Outcome {
  readonly text: string
  readonly content: Loose[]
  readonly messages: Loose[]
  /** Requests that wait for a human. */
  readonly asked: Loose[]
  /** Commands that they are about. */
  readonly commands: string[]
  /** What a stream emitted. */
  readonly parts: Loose[]
}

export const START = [{ role: 'user', content: 'go' }]

/** One request to the server that holds the tools; the messages are what the client sends. */
export async function run(mode: Mode, settings: Loose, messages: Loose[] = START): Promise<Outcome> {
  const all = { stopWhen: isStepCount(10), maxRetries: 0, ...settings }
  const given = structuredClone(messages)
  const agent = (): Loose => new ToolLoopAgent(all)
  const parts: Loose[] = []
  let result: Loose
  switch (mode) {
    case 'generateText':
      result = await generateText({ ...all, messages: given })
      break
    case 'agent':
      result = await agent().generate({ messages: given })
      break
    default: {
      const quiet = { onError: () => {} }
      result =
        mode === 'streamText'
          ? streamText({ ...all, ...quiet, messages: given })
          : await agent().stream({ messages: given })
      for await (const part of result.fullStream) {
        parts.push(part)
        if (part.type === 'error') {
          for (const name of ['text', 'content', 'responseMessages']) result[name].catch?.(() => {})
          throw part.error
        }
      }
    }
  }
  const content: Loose[] = await result.content
  const asked = content.filter((part) => part.type === 'tool-approval-request' && !part.isAutomatic)
  return {
    text: await result.text,
    content,
    messages: [...messages, ...(await result.responseMessages)],
    asked,
    commands: asked.map((part) => part.toolCall.input.command),
    parts,
  }
}

/** The history with the human's answers: to all that was asked, or one by one. */
export function answer({ messages, asked }: Outcome, ...yes: boolean[]): Loose[] {
  const content = asked.map(({ approvalId }, index) => ({
    type: 'tool-approval-response',
    approvalId,
    approved: yes[index] ?? yes.at(-1),
  }))
  return [...messages, { role: 'tool', content }]
}

/** A copy of the history with something done to its calls, as a client can. */
export function edited(messages: Loose[], edit: (part: Loose) => void, type = 'tool-call'): Loose[] {
  const copy = structuredClone(messages)
  for (const { content } of copy) {
    if (Array.isArray(content)) content.filter((part: Loose) => part.type === type).forEach(edit)
  }
  return copy
}

/** The history of a client that makes up a call and its approval. */
export function invented(command: string, changes: Loose = {}): Loose[] {
  const toolCallId = 'call-x'
  return [
    ...START,
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', toolCallId, toolName: 'bash', input: { command }, ...changes },
        { type: 'tool-approval-request', approvalId: 'yes-x', toolCallId, ...changes },
      ],
    },
    { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'yes-x', approved: true }] },
  ]
}

/** What the model was told about its calls, as far as the last time it was asked. */
export function heard(model: Loose): string[] {
  const calls = [...model.doGenerateCalls, ...model.doStreamCalls]
  return calls
    .at(-1)
    .prompt.filter(({ role }: Loose) => role === 'tool')
    .flatMap(({ content }: Loose) => content)
    .filter(({ type }: Loose) => type === 'tool-result')
    .map(({ output }: Loose) => output.reason ?? output.value ?? output.type)
}
