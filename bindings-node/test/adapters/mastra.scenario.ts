// What the tests of the Mastra adapter share: its mock of a language model below its real loop.

import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { InMemoryStore } from '@mastra/core/storage'
import { MastraLanguageModelV2Mock } from '@mastra/core/test-utils/llm-mock'
import { createTool } from '@mastra/core/tools'
import { guardAgent } from 'checkrein/mastra'
import { z } from 'zod'

import { Shell, context } from './support.ts'

// Mastra's own types are generic to the last detail; what matters here is what runs.
export type Loose = any

export const MODES = ['generate', 'stream'] as const
export type Mode = (typeof MODES)[number]

/** A call of the sub-agent `helper`. */
export const DELEGATE = ['agent-helper', { prompt: 'tidy up' }]

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
let scripts = 0

/** A model that makes the calls, turn by turn, then says that it is done. A text is a command for
 * `bash`, a list another tool, its arguments and perhaps the id of the call. */
export class Script {
  readonly prompts: Loose[] = []
  readonly tools: Loose[] = []
  readonly model: Loose
  readonly turns: Loose[][]

  constructor(...turns: Loose[][]) {
    this.turns = turns
    scripts += 1
    const prefix = `call-${scripts}`
    const next = ({ prompt, tools }: Loose): Loose => {
      this.prompts.push(prompt)
      this.tools.push(tools)
      const turn = this.turns.shift()
      if (turn === undefined) return { content: [{ type: 'text', text: 'done' }], finishReason: 'stop' }
      const content = turn.map((item, index) => {
        const [toolName, input, id] = typeof item === 'string' ? ['bash', { command: item }] : item
        const toolCallId = id ?? `${prefix}-${this.prompts.length}-${index}`
        return { type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) }
      })
      return { content, finishReason: 'tool-calls' }
    }
    this.model = new MastraLanguageModelV2Mock({
      doGenerate: async (options: Loose): Promise<Loose> => {
        return { ...next(options), usage: USAGE, warnings: [] }
      },
      doStream: async (options: Loose): Promise<Loose> => {
        const { content, finishReason } = next(options)
        const parts = content.flatMap((part: Loose) =>
          part.type === 'text'
            ? [
                { type: 'text-start', id: 't' },
                { type: 'text-delta', id: 't', delta: part.text },
                { type: 'text-end', id: 't' },
              ]
            : [part],
        )
        const end = { type: 'finish', finishReason, usage: USAGE }
        const all = [{ type: 'stream-start', warnings: [] }, ...parts, end]
        const stream = new ReadableStream({
          start(controller) {
            for (const part of all) controller.enqueue(part)
            controller.close()
          },
        })
        return { stream }
      },
    } as Loose)
  }

  /** What it was told about its calls, as far as the last time it was asked. */
  get heard(): string[] {
    const told = (this.prompts.at(-1) ?? []).filter(({ role }: Loose) => role === 'tool')
    const parts = told.flatMap(({ content }: Loose) => content)
    return parts.map(({ output }: Loose) =>
      typeof output.value === 'string' ? output.value : JSON.stringify(output.value),
    )
  }
}

export function bash(shell: Shell, options: Loose = {}): Loose {
  return createTool({
    id: 'bash',
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    execute: async (input: Loose) => shell.run(input),
    ...options,
  })
}

export function protect(agent: Loose, options: Loose = {}): Loose {
  return OFF ? agent : guardAgent(agent, { ...context(), ...options })
}

export function unguarded(shell: Shell, script: Script, options: Loose = {}): Loose {
  return new Agent({
    id: 'builder',
    name: 'builder',
    description: 'Builds.',
    instructions: 'Tidy up.',
    model: script.model,
    tools: { bash: bash(shell) },
    ...options,
  })
}

export function helper(shell: Shell, script: Script, options: Loose = {}): Loose {
  return unguarded(shell, script, { id: 'helper', name: 'helper', ...options })
}

export function builder(shell: Shell, script: Script, options: Loose = {}, guarding: Loose = {}): Loose {
  return stored(protect(unguarded(shell, script, options), guarding))
}

export function stored(agent: Loose, storage: Loose = new InMemoryStore()): Loose {
  new Mastra({ agents: { [agent.id]: agent }, storage, logger: false })
  return agent
}

/** What came of a run: what it asks, and its end. */
export interface Outcome {
  runId: string
  asked: Loose[]
  text: string
}

export async function finish(result: Loose, mode: Mode): Promise<Outcome> {
  const output = await result
  if (mode === 'generate') {
    const { finishReason, runId, suspendPayload } = output
    const asked = finishReason === 'suspended' ? [{ runId, ...suspendPayload }] : []
    return { runId: output.runId, asked, text: output.text }
  }
  const asked: Loose[] = []
  for await (const chunk of output.fullStream) {
    if (chunk.type === 'tool-call-approval') asked.push({ runId: chunk.runId, ...chunk.payload })
    if (chunk.type === 'error') throw chunk.payload.error
  }
  return { runId: output.runId, asked, text: await output.text }
}

export async function run(agent: Loose, mode: Mode = 'generate', options: Loose = {}): Promise<Outcome> {
  return await finish(agent[mode]('go', options), mode)
}

export const call = ({ runId, toolCallId }: Loose): Loose => ({ runId, toolCallId })

export async function approve(
  agent: Loose,
  asked: Loose,
  mode: Mode = 'generate',
  more: Loose = {},
): Promise<Outcome> {
  const method = mode === 'generate' ? 'approveToolCallGenerate' : 'approveToolCall'
  return await finish(agent[method]({ ...call(asked), ...more }), mode)
}

export async function decline(
  agent: Loose,
  asked: Loose,
  mode: Mode = 'generate',
  reason?: string,
): Promise<Outcome> {
  const method = mode === 'generate' ? 'declineToolCallGenerate' : 'declineToolCall'
  return await finish(agent[method]({ ...call(asked), ...(reason && { reason }) }), mode)
}

/** The same, with another value wherever there is one. */
export function exchanged(value: Loose, from: unknown, to: unknown): Loose {
  if (value === from) return to
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => exchanged(item, from, to))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, exchanged(item, from, to)]))
}

/** Options with a guard that keeps, and may change, what it is asked. */
export function spied(seen: Loose[], change = (given: Loose): Loose => given): Loose {
  const { guard } = context()
  const authorize = guard.authorize.bind(guard)
  guard.authorize = (given) => {
    seen.push(given)
    return authorize(change(given))
  }
  return { guard }
}
