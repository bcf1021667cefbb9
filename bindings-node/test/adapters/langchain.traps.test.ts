// What gets around a careless guard: the further tests of `langchain`.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ToolMessage } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import { DynamicStructuredTool, StructuredTool, Tool } from '@langchain/core/tools'
import { Command, interrupt } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { ConfigurationError, DeniedError } from 'checkrein'
import { createMiddleware, tool, toolRetryMiddleware } from 'langchain'
import { z } from 'zod'

import {
  GO,
  type Loose,
  Runner,
  TASK,
  THREAD,
  WAYS,
  bash,
  helper,
  plainGraph,
  protect,
  spy,
  task,
  thrown,
  told,
} from './langchain.scenario.ts'
import { ALLOW, ASK, DENY, Shell, context } from './support.ts'

test('an approval of another process', async () => {
  const shell = new Shell()
  const first = new Runner(shell, [[ASK]])
  await first.start()
  const second = new Runner(shell, [], { saver: first.saver })
  await second.resume(true)
  assert.deepEqual(shell.ran, [])
  assert.match((await second.told())[0]!, /not asked for in this process/)
})

function failing(shell: Shell): Loose {
  const run = (input: Loose): void => {
    shell.run(input)
    throw new Error('disk is busy')
  }
  return tool(run, { name: 'bash', schema: z.object({ command: z.string() }) } as Loose)
}

/** Tries again what failed, and lets a pause pass. */
function retrying(): Loose {
  return createMiddleware({
    name: 'retrying',
    wrapToolCall: async (request, handler) => {
      try {
        return await handler(request)
      } catch (error: Loose) {
        if (error.name === 'GraphInterrupt') throw error
        return await handler(request)
      }
    },
  })
}

const RETRIES = { maxRetries: 2, initialDelayMs: 1, backoffFactor: 0 }
for (const place of ['outside', 'inside']) {
  test(`an approval is not for retries: ${place}`, async () => {
    const shell = new Shell()
    const retryOn = ({ name }: Error): boolean => name !== 'GraphInterrupt'
    const retry = toolRetryMiddleware({ ...RETRIES, retryOn })
    const options = { tools: [failing(shell)], [place]: [retry] }
    const run = new Runner(shell, [[ASK]], options)
    // What it does not retry it tells the model, and a pause too: nobody is asked, and nothing runs.
    assert.equal((await run.start()).length, 0)
    assert.deepEqual(shell.ran, [])
    const other = new Runner(shell, [[ASK]], { ...options, [place]: [retrying()] })
    assert.equal((await other.start()).length, 1)
    await other.resume(true)
    assert.deepEqual(shell.ran, [ASK])
    assert.match((await other.told())[0]!, /used already|not for this exact call/)
  })
}

test('retries of an allowed call are decided each', async (t) => {
  const shell = new Shell()
  const inside = [toolRetryMiddleware(RETRIES)]
  const run = new Runner(shell, [[ALLOW]], { tools: [failing(shell)], inside })
  const seen = spy(t)
  await run.start()
  assert.deepEqual(shell.ran, [ALLOW, ALLOW, ALLOW])
  assert.equal(seen.length, 3)
})

test('an approved tool that asks a question of its own', async () => {
  const shell = new Shell()
  const travel = tool(({ to }: Loose) => shell.run({ command: `${to} ${interrupt('window or aisle?')}` }), {
    name: 'travel',
    schema: z.object({ to: z.string() }),
  })
  const run = new Runner(shell, [[['travel', { to: 'Rome' }]]], { more: [travel] })
  const [question] = await run.start()
  assert.equal(question.value.tool, 'travel')
  const [own] = await run.resume(true)
  assert.equal(own.value, 'window or aisle?')
  const asked = await run.here()
  assert.deepEqual(await run.resume('aisle'), [])
  assert.deepEqual(shell.ran, ['Rome aisle'])
  assert.deepEqual(await run.told(), ['ran Rome aisle'])
  await run.go(new Command({ resume: 'window' }), asked)
  assert.deepEqual(shell.ran, ['Rome aisle'], 'the pause is not a second approval')
})

test('an error of the tool passes through', async () => {
  const failure = new TypeError('x')
  const failing = task(() => {
    throw failure
  })
  const run = new Runner(new Shell(), [TASK], { more: [failing] })
  assert.equal(await thrown(() => run.start()), failure)
})

test('errors the framework has answers for stay its own', async () => {
  const shell = new Shell()
  const run = new Runner(shell, [[['bash', { cmd: ALLOW }], ['brew', { coffee: 1 }]]])
  await run.start()
  assert.deepEqual(shell.ran, [])
  const [invalid, unknown] = await run.told()
  assert.match(invalid!, /did not match expected schema/)
  assert.match(unknown!, /brew is not a valid tool/)
})

test('a refusal of a `guard` within a tool is an error of the tool', async () => {
  const { guard } = context()
  const careful = task(() => {
    guard.check({ tool: 'bash', arguments: { command: DENY }, agent: 'builder' })
    return 'unreachable'
  })
  const run = new Runner(new Shell(), [TASK], { more: [careful] })
  assert.ok((await thrown(() => run.start())) instanceof DeniedError)
})

test('a tool that returns a Command', async () => {
  const shell = new Shell()
  const noting = task((description, { toolCall }) => {
    shell.run({ command: description })
    return new Command({ update: { messages: [new ToolMessage('noted', toolCall.id)] } })
  })
  const run = new Runner(shell, [TASK], { more: [noting] })
  await run.start()
  assert.deepEqual(shell.ran, ['tidy up'])
  assert.deepEqual(await run.told(), ['noted'])
})

test('a tool with an artifact, and one that ends the run', async () => {
  const shell = new Shell()
  const remote = tool((input: Loose) => [shell.run(input), { size: 1 }], {
    name: 'bash',
    schema: z.object({ command: z.string() }),
    responseFormat: 'content_and_artifact',
    returnDirect: true,
  } as Loose)
  const run = new Runner(shell, [[DENY], [ALLOW], [ALLOW]], { tools: [remote] })
  await run.start()
  assert.deepEqual(shell.ran, [ALLOW], 'a refusal does not end it')
  const [refused, ran] = await run.results()
  assert.equal(refused!.status, 'error')
  assert.deepEqual(ran!.artifact, { size: 1 })
})

test('a tool that streams its result', async () => {
  const shell = new Shell()
  const inner = bash(shell)
  const streaming = tool(
    async function* ({ command }: Loose) {
      yield 'begins'
      await inner.invoke({ command: DENY })
      return shell.run({ command })
    } as Loose,
    { name: 'task', schema: z.object({ command: z.string(), description: z.string() }) },
  )
  const call = ['task', { command: ALLOW, description: 'x' }]
  const run = new Runner(shell, [[call]], { more: [streaming] })
  await run.start()
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told())[0]!, /^checkrein: railway:volumeDelete/)
})

test('what the schema makes of the arguments is decided, and runs', async (t) => {
  const shell = new Shell()
  const schema = z
    .object({ cmd: z.string(), quiet: z.boolean().default(false) })
    .transform(({ cmd, quiet }) => ({ command: cmd, quiet }))
  const aliased = tool((input: Loose) => shell.run(input), { name: 'bash', schema } as Loose)
  const run = new Runner(
    shell,
    [[['bash', { cmd: DENY, command: ALLOW }], ['bash', { cmd: ALLOW, command: DENY }]]],
    { tools: [aliased], guarding: { agent: undefined }, rest: { name: 'namesake' } },
  )
  const seen = spy(t)
  await run.go(GO)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.deepEqual(
    seen.map(({ tool, agent, session }) => [tool, agent, session]),
    [['bash', 'namesake', 't'], ['bash', 'namesake', 't']],
  )
  assert.deepEqual(
    seen.map((call) => call.arguments),
    [DENY, ALLOW].map((item) => ({ command: item, quiet: false })),
  )
})

test('arguments that nobody can decide on', async () => {
  const shell = new Shell()
  const schema = z.object({ command: z.string() }).transform(({ command }) => ({ command, run: () => 1 }))
  const odd = tool((input: Loose) => shell.run(input), { name: 'bash', schema } as Loose)
  const run = new Runner(shell, [[ALLOW]], { tools: [odd] })
  await run.start()
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told())[0]!, /^checkrein: .*no JSON form/s)
})

test('arguments that look like a call', async () => {
  const shell = new Shell()
  const nested = { type: 'tool_call', id: 'call_9', name: 'bash', args: { command: DENY }, command: ALLOW }
  const tools = [bash(shell), new Restless(shell), likeTool(shell)]
  for (const own of tools) {
    const run = new Runner(shell, [[['bash', nested]]], { tools: [own] })
    await run.start()
    assert.deepEqual(shell.ran, [])
    assert.match((await run.told())[0]!, /^checkrein: /)
  }
})

test('arguments that are changed while the tool runs', async () => {
  const shell = new Shell()
  const call = { type: 'tool_call', name: 'bash', id: 'call_1', args: { command: ALLOW } }
  const late = tool(
    async (input: Loose) => {
      await new Promise((done) => setTimeout(done, 5))
      return shell.run(input)
    },
    { name: 'bash', schema: { type: 'object', properties: { command: { type: 'string' } } } } as Loose,
  )
  const [own] = protect([late])
  const result = own.invoke(call)
  setTimeout(() => (call.args.command = DENY), 1)
  await result
  assert.deepEqual(shell.ran, [ALLOW])
})

test('tools as MCP servers offer them', async (t) => {
  const shell = new Shell()
  const remote = new DynamicStructuredTool({
    name: 'bash',
    description: 'Run a shell command',
    schema: { type: 'object', properties: { command: { type: 'string' } } },
    responseFormat: 'content_and_artifact',
    metadata: { annotations: { openWorldHint: true } },
    func: async (input: Loose) => [shell.run(input), []],
  })
  const run = new Runner(shell, [[ALLOW, DENY]], { tools: [remote] })
  const seen = spy(t)
  await run.start()
  assert.deepEqual(shell.ran, [ALLOW])
  const [ran, refused] = await run.told()
  assert.equal(ran, `ran ${ALLOW}`)
  assert.match(refused!, /^checkrein: railway:volumeDelete/)
  assert.deepEqual(seen.map(({ annotations }) => annotations), Array(2).fill({ openWorldHint: true }))
})

for (const hosted of [{ type: 'web_search' }, { type: 'mcp', server_label: 'x' }, { google_search: {} }]) {
  test(`a tool of the provider: ${JSON.stringify(hosted)}`, async () => {
    const shell = new Shell()
    const run = new Runner(shell, [[ALLOW]], { more: [hosted] })
    const error = await thrown(() => run.start())
    assert.ok(error instanceof ConfigurationError)
    assert.match(error.message, /web_search|mcp|google_search/)
    assert.deepEqual(shell.ran, [])
    assert.throws(() => protect([hosted]), ConfigurationError)
    await new Runner(shell, [[ALLOW]], { more: [hosted], guarding: { allowHosted: true } }).start()
    assert.deepEqual(shell.ran, [ALLOW])
    assert.deepEqual(protect([hosted], { allowHosted: true }), [hosted])
  })
}

test('a schema is not a tool of the provider', async () => {
  const schema = { type: 'function', function: { name: 'brew', parameters: { type: 'object' } } }
  const run = new Runner(new Shell(), [[['brew', {}]]], { more: [schema] })
  await run.start()
  assert.match((await run.told())[0]!, /brew is not a valid tool/)
  assert.deepEqual(protect([schema]), [schema])
})

test('a tool is not guarded twice', async () => {
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  assert.throws(() => protect([own]), /guarded already/)
  const run = new Runner(shell, [[ASK]], { tools: [own] })
  assert.equal((await run.start()).length, 1)
  assert.deepEqual(await run.resume(true), [])
  assert.deepEqual(shell.ran, [ASK])
})

test('a tool of one text', async () => {
  const shell = new Shell()
  const text = tool(async (input: Loose) => shell.run({ command: input }), { name: 'bash' } as Loose)
  class Named extends Tool {
    name = 'bash'
    description = 'Run a shell command.'
    readonly #shell = shell
    async _call(input: string): Promise<string> {
      return this.#shell.run({ command: input })
    }
  }
  for (const [at, own] of [text, new Named()].entries()) {
    const run = new Runner(shell, [[['bash', { input: DENY }], ['bash', { input: 'x' }]]], { tools: [own] })
    await run.start()
    assert.ok(!shell.ran.includes(DENY), String(at))
  }
})

class Restless extends StructuredTool {
  name = 'bash'
  description = 'Run a shell command.'
  schema = z.object({ command: z.string() }) as Loose
  readonly shell: Shell

  constructor(shell: Shell) {
    super()
    this.shell = shell
  }

  // Goes its own ways.
  override async invoke(input: Loose): Promise<Loose> {
    const { args, id } = input.args?.type === 'tool_call' ? input.args : input
    return new ToolMessage({ content: this.shell.run(args), tool_call_id: id ?? '' })
  }

  override async call(input: Loose): Promise<Loose> {
    return this.shell.run(input.args ?? input)
  }

  override async batch(inputs: Loose): Promise<Loose> {
    return inputs.map(({ args }: Loose) => this.shell.run(args))
  }

  async _call(): Promise<string> {
    return 'unreachable'
  }
}

function likeTool(shell: Shell): Loose {
  return RunnableLambda.from((input: Loose) => shell.run(input)).asTool({
    name: 'bash',
    description: 'Run a shell command.',
    schema: z.object({ command: z.string() }),
  } as Loose)
}

const strangers: Record<string, (shell: Shell) => Loose> = {
  'that runs in its own way': (shell) => new Restless(shell),
  'made of a runnable': likeTool,
  'that only has an invoke': (shell) => {
    return { name: 'bash', invoke: async ({ args }: Loose) => shell.run(args) }
  },
}
for (const [what, make] of Object.entries(strangers)) {
  test(`a tool ${what}`, async () => {
    const shell = new Shell()
    const graph = plainGraph([], [[ALLOW], [DENY], [ASK]], { node: new ToolNode(protect([make(shell)])) })
    const paused = await graph.invoke(GO, THREAD)
    assert.deepEqual(shell.ran, [ALLOW])
    assert.match(told(paused)[1]!, /^checkrein: railway:volumeDelete/)
    const done = await graph.invoke(new Command({ resume: true }), THREAD)
    assert.deepEqual(shell.ran, [ALLOW, ASK])
    assert.match(told(done)[2]!, new RegExp(ASK))
  })

  test(`a tool ${what}, in all ways to run it`, async () => {
    const shell = new Shell()
    const [own] = protect([make(shell)])
    const call = { type: 'tool_call', name: 'bash', id: 'call_1', args: { command: DENY } }
    const drain = async (stream: Loose): Promise<void> => {
      for await (const _ of await stream) {
        // Only to the end.
      }
    }
    const ways: Loose[] = [
      () => own.invoke(call),
      () => own.call(call),
      () => own.batch([call]),
      () => drain(own.stream(call)),
      () => drain(own.streamEvents(call, { version: 'v2' })),
      () => own.withConfig({ tags: ['x'] }).invoke(call),
      () => own.bind?.({}).invoke(call),
      () => own.withRetry({ stopAfterAttempt: 1 }).invoke(call),
    ]
    for (const way of ways) await Promise.resolve().then(way).catch(() => undefined)
    assert.deepEqual(shell.ran, [])
  })
}

test('a tool started by an inner tool has the caller of the run', async (t) => {
  const shell = new Shell()
  const run = new Runner(shell, [TASK], { more: [helper(shell, [[ALLOW]])], guarding: { agent: undefined } })
  const seen = spy(t)
  await run.start()
  assert.deepEqual(
    seen.map(({ tool, agent, session }) => [tool, agent, session]),
    [['task', 'agent', 't'], ['bash', 'helper', 't']],
  )
})

for (const way of WAYS) {
  test(`many runs at once do not mix: ${way}`, async () => {
    const runs = Array.from({ length: 8 }, (_, at) => {
      const own = new Shell()
      const turns = at % 2 === 0 ? [TASK, [ASK]] : [[ASK, ALLOW]]
      const run = new Runner(own, turns, { way, more: [helper(own, [[DENY], [ALLOW]])] })
      run.config.configurable = { thread_id: `t${at}` }
      return { run, own }
    })
    await Promise.all(runs.map(({ run }) => run.start()))
    for (const { own } of runs) assert.deepEqual(own.ran, [ALLOW])
    await Promise.all(runs.map(({ run }, at) => run.resume(at < 4)))
    for (const [at, { own }] of runs.entries()) assert.deepEqual(own.ran, at < 4 ? [ALLOW, ASK] : [ALLOW])
  })
}

test('a yes in one thread is not one in another', async () => {
  const shell = new Shell()
  const { guard } = context()
  const run = new Runner(shell, [[ASK]], { guarding: { guard } })
  await run.start()
  const other = new Runner(shell, [[ASK]], { guarding: { guard } })
  other.config.configurable = { thread_id: 'other' }
  await other.forge()
  assert.deepEqual(shell.ran, [])
})

