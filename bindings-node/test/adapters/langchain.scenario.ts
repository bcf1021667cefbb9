// What the tests of `langchain` share: the framework's scripted model below its real graphs.

import assert from 'node:assert/strict'

import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { Command, END, MemorySaver, MessagesAnnotation, START, Send, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { Guard } from 'checkrein'
import { guardMiddleware, guardTools } from 'checkrein/langchain'
import { createAgent, createMiddleware, fakeModel, tool } from 'langchain'
import { z } from 'zod'

import { type Shell, context } from './support.ts'

// The framework's own types are generic to the last detail; what matters here is what runs.
export type Loose = any

export const APPROVE = { type: 'approve' }
export const WAYS = ['invoke', 'stream'] as const
export type Way = (typeof WAYS)[number]

/** Off to see that the tests which must stop a call fail without the guard. */
const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

/** A model that makes the calls, turn by turn, then says that it is done. A text is a command for
 * `bash`, a pair another tool and its arguments. */
export function script(...turns: Loose[][]): Loose {
  let number = 0
  const model = fakeModel()
  for (const turn of turns) {
    const calls = turn.map((item) => {
      number += 1
      const [name, args] = typeof item === 'string' ? ['bash', { command: item }] : item
      return { name, args, id: `call_${number}` }
    })
    model.respond(new AIMessage({ content: '', tool_calls: calls }))
  }
  for (let end = 0; end < 5; end += 1) model.respond(new AIMessage('done'))
  return model
}

export function bash(shell: Shell): Loose {
  return tool((input: Loose) => shell.run(input), {
    name: 'bash',
    description: 'Run a shell command.',
    schema: z.object({ command: z.string() }),
  })
}

export function middleware(options: Loose = {}): Loose {
  if (OFF) return createMiddleware({ name: 'off', wrapToolCall: (request, handler) => handler(request) })
  return guardMiddleware({ ...context(), agent: 'builder', ...options })
}

export function protect(tools: Loose[], options: Loose = {}): Loose[] {
  return OFF ? tools : guardTools(tools, { ...context(), agent: 'builder', ...options })
}

/** An agent with a guard, run in one of the framework's ways. */
export class Runner {
  readonly model: Loose
  readonly agent: Loose
  readonly saver: MemorySaver
  readonly way: Way
  readonly config: Loose = { configurable: { thread_id: 't' } }

  constructor(shell: Shell, turns: Loose[][], options: Loose = {}) {
    const { tools = [bash(shell)], more = [], outside = [], inside = [], way = 'invoke' } = options
    const { saver, guarding, rest } = options
    this.model = script(...turns)
    this.saver = saver ?? new MemorySaver()
    this.way = way
    this.agent = createAgent({
      model: this.model,
      tools: [...tools, ...more],
      middleware: [...outside, middleware(guarding), ...inside],
      checkpointer: this.saver,
      ...rest,
    })
  }

  /** Runs until the end or a pause; what is asked. */
  async start(state: Loose = {}): Promise<Loose[]> {
    return await this.go({ ...GO, ...state })
  }

  async resume(answer: Loose): Promise<Loose[]> {
    return await this.go(new Command({ resume: answer }))
  }

  /** Stops before the tools, and hands them a yes to a question they did not ask yet. */
  async forge(): Promise<void> {
    await this.agent.graph.invoke(GO, { ...this.config, interruptBefore: ['tools'] })
    await this.resume(true)
  }

  async go(value: Loose, config: Loose = this.config): Promise<Loose[]> {
    if (this.way === 'invoke') return (await this.agent.invoke(value, config)).__interrupt__ ?? []
    const asked = []
    for await (const update of await this.agent.stream(value, { ...config, streamMode: 'updates' })) {
      asked.push(...(update.__interrupt__ ?? []))
    }
    return asked
  }

  async state(): Promise<Loose> {
    return await this.agent.graph.getState(this.config)
  }

  /** Where it waits, to go back to later. */
  async here(): Promise<Loose> {
    return (await this.state()).config
  }

  async results(): Promise<ToolMessage[]> {
    return results((await this.state()).values)
  }

  /** What the model was told about its calls, in order. */
  async told(): Promise<string[]> {
    return (await this.results()).map(({ content }) => String(content))
  }
}

export function results({ messages }: { messages: BaseMessage[] }): ToolMessage[] {
  return messages.filter((message) => ToolMessage.isInstance(message))
}

export function told(state: { messages: BaseMessage[] }): string[] {
  return results(state).map(({ content }) => String(content))
}

/** A tool that is an agent; what it returns is what its model was told about its calls. */
export function helper(shell: Shell, turns: Loose[][], own?: Loose, name = 'task'): Loose {
  const agent = createAgent({
    name: 'helper',
    model: script(...turns),
    tools: [bash(shell)],
    ...(own && { middleware: [own] }),
  })
  const run = async ({ description }: Loose): Promise<string> =>
    told((await agent.invoke({ messages: [{ role: 'user', content: description }] })) as Loose).join('\n')
  return tool(run, { name, description: 'Hand over.', schema: z.object({ description: z.string() }) })
}

export const TASK: Loose[] = [['task', { description: 'tidy up' }]]

/** A tool of one text that does something else. */
export function task(run: (description: string, config: Loose) => Loose, options: Loose = {}): Loose {
  return tool(({ description }: Loose, config: Loose) => run(description, config), {
    name: 'task',
    description: 'Do what is described.',
    schema: z.object({ description: z.string() }),
    ...options,
  })
}

/** Puts something else in place of what the model asked for, once told to. */
export function editor(change: { args?: Loose; tool?: Loose }): Loose {
  return createMiddleware({
    name: 'editor',
    wrapToolCall: (request, handler) =>
      handler({
        ...request,
        ...(change.tool && { tool: change.tool }),
        ...(change.args && { toolCall: { ...request.toolCall, args: change.args } }),
      }),
  })
}

/** A graph without `createAgent`. */
export function plainGraph(tools: Loose[], turns: Loose[][], options: Loose = {}): Loose {
  const { fanOut = false, node = new ToolNode(tools), checkpointer = new MemorySaver(), first } = options
  const model = script(...turns)
  const ready = first ? [first] : []
  const say = async ({ messages }: Loose): Promise<Loose> => ready.shift() ?? (await model.invoke(messages))
  const route = ({ messages }: Loose): Loose => {
    const calls = messages.at(-1).tool_calls ?? []
    if (calls.length === 0) return END
    return fanOut ? calls.map((call: Loose) => new Send('tools', { lg_tool_call: call })) : 'tools'
  }
  return new StateGraph(MessagesAnnotation)
    .addNode('agent', async (state) => ({ messages: [await say(state)] }))
    .addNode('tools', node)
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', route, ['tools', END])
    .addEdge('tools', 'agent')
    .compile({ checkpointer })
}

/** What the guard is asked, call by call, until the test is over. */
export function spy(t: Loose): Loose[] {
  const calls: Loose[] = []
  const { authorize } = Guard.prototype
  t.mock.method(Guard.prototype, 'authorize', function (this: Guard, call: Loose) {
    calls.push(call)
    return authorize.call(this, call)
  })
  return calls
}

export const command = (question: Loose): string => question.value.decision.actions[0].resource.id

export const GO: Loose = { messages: [{ role: 'user', content: 'go' }] }

export const THREAD: Loose = { configurable: { thread_id: 't' } }

/** Runs something that must throw; what it throws, without what the framework puts around it. */
export async function thrown(run: () => Promise<unknown>): Promise<Loose> {
  try {
    await run()
  } catch (error) {
    let cause: Loose = error
    while (cause.name !== 'GraphInterrupt' && cause.cause instanceof Error) cause = cause.cause
    return cause
  }
  return assert.fail('did not throw')
}
