// What the tests of Strands share: the real framework, and a model that calls tools as told.

import {
  Agent,
  type AgentConfig,
  type AgentResult,
  type BaseModelConfig,
  BeforeToolCallEvent,
  type Interrupt,
  type JSONValue,
  type MiddlewareHandlerOf,
  ExecuteToolStage,
  Model,
  type ModelStreamEvent,
  type ToolList,
  tool,
} from '@strands-agents/sdk'
import { type GuardAgentOptions, guardAgent } from 'checkrein/strands'
import { z } from 'zod'

import { type Shell, context } from './support.ts'

/** Off to see that the tests which must stop a call fail without the guard. */
const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

/** A tool call: name, input and, when it matters, the call's id. */
export type ToolCall = readonly [name: string, input: JSONValue, id?: string]

type Guardable = Parameters<typeof guardAgent>[0]

let scripts = 0

/** Calls the tools of one turn after the other, then says that it is done. */
export class Script extends Model<BaseModelConfig> {
  readonly turns: ToolCall[][]
  readonly config: object
  /** What it was given to choose from, at each turn. */
  readonly offered: unknown[] = []
  readonly #name = `call-${++scripts}`
  #calls = 0

  constructor(turns: ToolCall[][], config: object = {}) {
    super()
    this.turns = [...turns]
    this.config = { modelId: 'script', ...config }
  }

  override updateConfig(): void {}

  override getConfig(): BaseModelConfig {
    return this.config
  }

  override async *stream(_: unknown, options?: { toolSpecs?: unknown }): AsyncGenerator<ModelStreamEvent> {
    this.offered.push(structuredClone(options?.toolSpecs))
    const turn = this.turns.shift() ?? []
    yield { type: 'modelMessageStartEvent', role: 'assistant' }
    for (const [name, input, id] of turn) {
      const toolUseId = id ?? `${this.#name}-${++this.#calls}`
      yield { type: 'modelContentBlockStartEvent', start: { type: 'toolUseStart', name, toolUseId } }
      const delta = { type: 'toolUseInputDelta' as const, input: JSON.stringify(input) }
      yield { type: 'modelContentBlockDeltaEvent', delta }
      yield { type: 'modelContentBlockStopEvent' }
    }
    if (turn.length === 0) {
      yield { type: 'modelContentBlockStartEvent' }
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text: 'done' } }
      yield { type: 'modelContentBlockStopEvent' }
    }
    yield { type: 'modelMessageStopEvent', stopReason: turn.length === 0 ? 'endTurn' : 'toolUse' }
  }
}

/** A turn in which these commands are run in parallel. */
export function bash(...commands: string[]): ToolCall[] {
  return commands.map((command) => ['bash', { command }])
}

export function toolOf(shell: Shell): ReturnType<typeof tool> {
  return tool({
    name: 'bash',
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    callback: (input) => shell.run(input),
  })
}

/** An agent that nobody guards. */
export function plain(shell: Shell, turns: ToolCall[][], more: AgentConfig = {}): Agent {
  const tools: ToolList = [toolOf(shell)]
  return new Agent({ model: new Script(turns), name: 'builder', printer: false, tools, ...more })
}

/** Guards it, with a guard of its own unless one is given. */
export function guarded<T extends Guardable>(agent: T, more: GuardAgentOptions = {}): T {
  return OFF ? agent : guardAgent(agent, { ...context(), ...more })
}

/** A guarded agent. */
export function agentOf(shell: Shell, turns: ToolCall[][], more: AgentConfig = {}): Agent {
  return guarded(plain(shell, turns, more))
}

/** The results of tools that the model read: status and text. */
export function told(agent: Agent): [status: string, text: string][] {
  return agent.messages
    .flatMap(({ content }) => content)
    .filter((block) => block.type === 'toolResultBlock')
    .map(({ status, content: [first] }) => [status, first !== undefined && 'text' in first ? first.text : ''])
}

/** Whether the model read nothing but one result, a refusal of checkrein. */
export function refused(agent: Agent, words = ''): boolean {
  const results = told(agent)
  return results.length > 0 && results.every((result) => isRefusal(result, words))
}

export function isRefusal([status, text]: readonly [string, string], words = ''): boolean {
  return status === 'error' && text.startsWith('checkrein: ') && text.includes(words)
}

/** The answer to all questions of a result. */
export function answer(
  result: { interrupts?: readonly Interrupt[] | undefined },
  response: JSONValue,
): { interruptResponse: { interruptId: string; response: JSONValue } }[] {
  return (result.interrupts ?? []).map(({ id }) => ({ interruptResponse: { interruptId: id, response } }))
}

/** The only question of a result, as the human sees it. */
export function question({ stopReason, interrupts }: AgentResult): { message: string; tool: string } {
  if (stopReason !== 'interrupt' || interrupts?.length !== 1) throw new Error(`no question: ${stopReason}`)
  const [{ name, reason }] = interrupts as [Interrupt]
  if (!name.startsWith('checkrein:')) throw new Error(`not our question: ${name}`)
  return reason as unknown as { message: string; tool: string }
}

/** Answers yes until nobody is asked any more. */
export async function approveAll(agent: Agent, result: AgentResult): Promise<AgentResult> {
  for (let asked = 0; result.stopReason === 'interrupt'; asked += 1) {
    if (asked > 5) throw new Error('asked again and again')
    result = await agent.invoke(answer(result, true))
  }
  return result
}

/** An agent that calls another one. */
export function bossOf(worker: Agent): Agent {
  const model = new Script([[['agent', { input: 'tidy up' }]]])
  const tools = [worker.asTool({ name: 'agent', preserveContext: true })]
  return guarded(new Agent({ model, name: 'boss', tools, printer: false }))
}

/** Replaces the command of every call, once it is on. */
export class Swap {
  on: boolean
  readonly #command: string

  constructor(command: string, on = false) {
    this.#command = command
    this.on = on
  }

  readonly hook = (event: BeforeToolCallEvent): void => {
    if (this.on) event.toolUse.input = { command: this.#command }
  }

  readonly around: MiddlewareHandlerOf<typeof ExecuteToolStage> = (call, next) =>
    next(this.on ? { ...call, toolUse: { ...call.toolUse, input: { command: this.#command } } } : call)
}
