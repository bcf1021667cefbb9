// What the tests of the OpenAI Agents SDK share: its scripted model below its real runner.

import { Agent, Handoff, type MCPServer, handoff, run as runAgent, setTracingDisabled, tool } from '@openai/agents'
import { ScriptedModel, assistantMessage, functionCall } from '@openai/agents/testing'
import { guardAgent } from 'checkrein/openai-agents'
import { z } from 'zod'
import { ASK, Shell, context } from './support.ts'

setTracingDisabled(true)

// The SDK's own types are generic to the last detail; what matters here is what runs.
export type Loose = any

export const NOT_SHOWN = 'not asked for in this process'
export const MODES = ['run', 'stream'] as const
export type Mode = (typeof MODES)[number]

export async function run(
  agent: Loose,
  given: Loose = 'go',
  mode: Mode = 'run',
  options: Loose = {},
): Promise<Loose> {
  const { runner, ...rest } = options
  const start = runner === undefined ? runAgent : runner.run.bind(runner)
  if (mode === 'run') return await start(agent, given, rest)
  const result: Loose = await start(agent, given, { ...rest, stream: true })
  for await (const _ of result) {
    // Only to the end.
  }
  await result.completed
  return result
}

/** A model that makes the calls, turn by turn, then says that it is done. A text is a command for
 * `bash`, a pair another tool and its arguments, all else a call as is. */
export function script(...turns: Loose[][]): ScriptedModel {
  let number = 0
  const steps: Loose[] = turns.map((turn) =>
    turn.map((item) => {
      number += 1
      const call = typeof item === 'string' ? ['bash', { command: item }] : item
      return Array.isArray(call) ? functionCall(call[0], call[1], { callId: `call-${number}` }) : call
    }),
  )
  return new ScriptedModel([...steps, done()])
}

export const done = (): Loose => [assistantMessage('done')]

/** What the model was told about its calls, as far as the last time it was asked. */
export function heard(model: ScriptedModel): string[] {
  const input: Loose = model.lastCall!.request.input
  return (Array.isArray(input) ? input : [])
    .filter((item: Loose) => 'output' in item)
    .map(({ output }: Loose) => output.text ?? (typeof output === 'string' ? output : JSON.stringify(output)))
}

export function bash(shell: Shell, options: Loose = {}): Loose {
  return tool({
    name: 'bash',
    description: 'Run a shell command.',
    parameters: z.object({ command: z.string() }),
    execute: async (input: { command: string }) => shell.run(input),
    ...options,
  })
}

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

export function protect(agent: Loose, options: Loose = {}): Loose {
  return OFF ? agent : guardAgent(agent, { ...context(), ...options })
}

export function builder(shell: Shell, model: ScriptedModel, options: Loose = {}, guarding: Loose = {}): Loose {
  return protect(new Agent({ name: 'builder', model, tools: [bash(shell)], ...options }), guarding)
}

export function answer(result: Loose, yes: boolean): Loose {
  for (const item of result.interruptions) {
    if (yes) result.state.approve(item)
    else result.state.reject(item)
  }
  return result.state
}

export const commands = (result: Loose): string[] =>
  result.interruptions.map((item: Loose) => JSON.parse(item.arguments).command)

export function exchanged(value: Loose, command: string): Loose {
  if (typeof value === 'string' && value.includes(ASK)) {
    return value === ASK ? command : JSON.stringify(exchanged(JSON.parse(value), command))
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => exchanged(item, command))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, exchanged(item, command)]))
}

export const DELEGATE = ['delegate', { input: 'tidy up' }]

/** A handoff to an agent that is there only when it is asked for. */
export function escalation(inner: Loose): Loose {
  return new Handoff(inner, async () => inner.clone({}))
}

export interface ServerOptions {
  name?: string
  tools?: string[]
  toolFilter?: Loose
  annotations?: object
}

/** An MCP server in this process. */
export function server(shell: Shell, options: ServerOptions = {}): MCPServer {
  const { name = 'filesystem', tools = ['read_file', 'delete_file'], ...rest } = options
  const properties = { path: { type: 'string' } }
  const inputSchema = { type: 'object', properties, required: [], additionalProperties: false }
  const made: Loose = {
    name,
    cacheToolsList: false,
    toolFilter: rest.toolFilter,
    connect: async () => {},
    close: async () => {},
    invalidateToolsCache: async () => {},
    listTools: async () => tools.map((name) => ({ name, inputSchema, annotations: rest.annotations })),
    callTool: async (_: string, { path }: Loose) => [{ type: 'text', text: shell.run({ command: path }) }],
  }
  return made
}
