// LangGraph graphs without `createAgent`, and tools that code calls.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AIMessage } from '@langchain/core/messages'
import {
  Command,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
  entrypoint,
  task as step,
} from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { DeniedError } from 'checkrein'
import { createAgent } from 'langchain'

import {
  GO,
  type Loose,
  Runner,
  TASK,
  THREAD,
  bash,
  command,
  helper,
  middleware,
  plainGraph,
  protect,
  results,
  script,
  told,
} from './langchain.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, crash } from './support.ts'

for (const fanOut of [false, true]) {
  test(`plain graph${fanOut ? ' that sends each call on its own' : ''}`, async () => {
    const shell = new Shell()
    const graph = plainGraph(protect([bash(shell)]), [[ALLOW], [DENY], [ASK]], { fanOut })
    const paused = await graph.invoke(GO, THREAD)
    assert.deepEqual(shell.ran, [ALLOW])
    assert.match(told(paused)[1]!, /^checkrein: railway:volumeDelete/)
    assert.equal(results(paused)[1]!.status, 'error')
    assert.equal(paused.__interrupt__[0].value.tool, 'bash')
    const done = await graph.invoke(new Command({ resume: true }), THREAD)
    assert.deepEqual(shell.ran, [ALLOW, ASK])
    assert.equal(told(done)[2], `ran ${ASK}`)
  })
}

test('plain graph with several calls in one task', async () => {
  const shell = new Shell()
  const graph = plainGraph(protect([bash(shell)]), [[ASK, ALLOW, ASK_ELSE], [ASK]])
  const paused = await graph.invoke(GO, THREAD)
  assert.deepEqual(shell.ran, [ALLOW])
  const [first, second, third] = told(paused)
  assert.match(first!, /again, alone/)
  assert.equal(second, `ran ${ALLOW}`)
  assert.match(third!, /again, alone/)
  assert.deepEqual(paused.__interrupt__.map(command), ['/repo/src'])
  await graph.invoke(new Command({ resume: true }), THREAD)
  assert.deepEqual(shell.ran, [ALLOW, ASK], 'what is allowed ran once')
})

test('plain graph that sends each of several calls on its own', async () => {
  const shell = new Shell()
  const graph = plainGraph(protect([bash(shell)]), [[ASK, ALLOW, ASK_ELSE]], { fanOut: true })
  const paused = await graph.invoke(GO, THREAD)
  assert.deepEqual(shell.ran, [ALLOW])
  const answers = paused.__interrupt__.map((item: Loose) => [item.id, command(item) === '/repo/docs'])
  await graph.invoke(new Command({ resume: Object.fromEntries(answers) }), THREAD)
  assert.deepEqual(shell.ran, [ALLOW, ASK_ELSE])
})

test('an agent whose calls share a task', async () => {
  const shell = new Shell()
  const run = new Runner(shell, [[ASK, ALLOW], [ASK_ELSE]], { rest: { version: 'v1' } })
  const pending = await run.start()
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match((await run.told())[0]!, /again, alone/)
  assert.deepEqual(pending.map(command), ['/repo/docs'])
})

test('plain graph with sub-agents in one task', async () => {
  const shell = new Shell()
  const own = helper(shell, [[ASK], [ASK_ELSE]], middleware())
  const graph = plainGraph(protect([own, bash(shell)]), [[TASK[0], ALLOW]])
  const done = await graph.invoke(GO, THREAD)
  assert.equal(done.__interrupt__, undefined)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(told(done)[0]!, /again, alone/)
})

test('one question per task', async () => {
  // A node that calls tools without the ids of calls looks as if each had the task for itself.
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  const first = { command: ASK }
  const node = async (): Promise<Loose> => {
    const both = [first, { command: ASK_ELSE }].map((input) => own.invoke(input).catch((e: Loose) => e))
    const done = await Promise.all(both)
    const pause = done.find((item) => item?.name === 'GraphInterrupt')
    if (pause) throw pause
    return { messages: [new AIMessage(done.map((item) => item.message ?? item).join('\n'))] }
  }
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('both', node)
    .addEdge(START, 'both')
    .compile({ checkpointer: new MemorySaver() })
  const paused: Loose = await graph.invoke(GO, THREAD)
  assert.deepEqual(paused.__interrupt__.map(command), ['/repo/src'])
  const done = await graph.invoke(new Command({ resume: true }), THREAD)
  assert.deepEqual(shell.ran, [ASK])
  assert.match(done.messages.at(-1)!.text, /fs:remove_recursive.*\/repo\/docs.*again, alone/s)
})

test('calls that change places while they wait in one task', async () => {
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  const items = [ASK, ASK_ELSE]
  const node = async (): Promise<Loose> => {
    const done: string[] = []
    for (const item of items) {
      try {
        done.push(await own.invoke({ command: item }))
      } catch (error: Loose) {
        if (error.name === 'GraphInterrupt') throw error
        done.push(error.message)
      }
    }
    return { messages: [new AIMessage(done.join('\n'))] }
  }
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('both', node)
    .addEdge(START, 'both')
    .compile({ checkpointer: new MemorySaver() })
  await graph.invoke(GO, THREAD)
  items.reverse()
  await graph.invoke(new Command({ resume: true }), THREAD)
  assert.deepEqual(shell.ran, [ASK], 'the answer is for the one that asked')
})

test('functional API', async () => {
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  const callTool = step('callTool', async (call: Loose) => await own.invoke(call))
  const flow = entrypoint({ checkpointer: new MemorySaver(), name: 'flow' }, async (calls: Loose[]) => {
    const done = await Promise.all(calls.map((call) => callTool(call)))
    return done.map((message: Loose) => message.content)
  })
  const calls = [ALLOW, ASK, DENY].map((item, at) => {
    return { type: 'tool_call', name: 'bash', id: `call_${at}`, args: { command: item } }
  })
  const paused: Loose = await flow.invoke(calls, THREAD)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.deepEqual(paused.__interrupt__.map(command), ['/repo/src'])
  const done: Loose = await flow.invoke(new Command({ resume: true }) as Loose, THREAD)
  assert.deepEqual(shell.ran, [ALLOW, ASK])
  assert.match(done[2], /^checkrein: railway:volumeDelete/)
})

test('without a checkpointer nobody is asked', async () => {
  const shell = new Shell()
  const agent = createAgent({ model: script([ASK]), tools: [bash(shell)], middleware: [middleware()] })
  const done: Loose = await agent.invoke(GO)
  assert.deepEqual(shell.ran, [])
  assert.match(told(done)[0]!, /not a graph that can pause/)
})

test('tools that code calls', async () => {
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  assert.equal(await own.invoke({ command: ALLOW }), `ran ${ALLOW}`)
  assert.deepEqual(await own.batch([{ command: ALLOW }]), [`ran ${ALLOW}`])
  const ways: Loose = {
    invoke: () => own.invoke({ command: DENY }),
    call: () => own.call({ command: DENY }),
    batch: () => own.batch([{ command: DENY }]),
    stream: async () => {
      for await (const _ of await own.stream({ command: DENY })) assert.fail()
    },
    withConfig: () => own.withConfig({ tags: ['x'] }).invoke({ command: DENY }),
    withRetry: () => own.withRetry({ stopAfterAttempt: 1 }).invoke({ command: DENY }),
    pipe: () => own.pipe((text: string) => text).invoke({ command: DENY }),
    _call: () => own._call({ command: DENY }),
  }
  for (const [name, way] of Object.entries<Loose>(ways)) {
    await assert.rejects(way, (error: Loose) => {
      assert.ok(error instanceof DeniedError, name)
      assert.equal(error.decision.verdict, 'deny')
      return true
    })
  }
  await assert.rejects(own.invoke({ command: ASK }), /not a graph that can pause/)
  assert.deepEqual(shell.ran, [ALLOW, ALLOW])
})

test('a node that calls a tool', async () => {
  const shell = new Shell()
  const [own] = protect([bash(shell)])
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('clean', async () => ({ messages: [new AIMessage(await own.invoke({ command: ASK }))] }))
    .addEdge(START, 'clean')
    .compile({ checkpointer: new MemorySaver() })
  const paused: Loose = await graph.invoke(GO, THREAD)
  assert.equal(paused.__interrupt__.length, 1)
  const done = await graph.invoke(new Command({ resume: true }), THREAD)
  assert.equal(done.messages.at(-1)!.text, `ran ${ASK}`)
  assert.deepEqual(shell.ran, [ASK])
  const again: Loose = await graph.invoke(GO, THREAD)
  assert.equal(again.__interrupt__.length, 1, 'the next time is another call')
  await graph.invoke(GO, { ...THREAD, interruptBefore: ['clean'] })
  await assert.rejects(graph.invoke(new Command({ resume: true }), THREAD), /ask again/)
  assert.deepEqual(shell.ran, [ASK], 'a question that nobody answered is not one about the next call')
})

test('what a node that handles all errors makes of a crash is a refusal', async (t) => {
  const shell = new Shell()
  const graph = plainGraph(protect([bash(shell)]), [[ALLOW]])
  t.after(crash('adapter'))
  const done = await graph.invoke(GO, THREAD)
  assert.match(told(done)[0]!, /^checkrein: /)
  assert.deepEqual(shell.ran, [])
})

test('calls without ids that share a task', async () => {
  const shell = new Shell()
  const calls = [ALLOW, ASK].map((item) => ({ name: 'bash', args: { command: item } }))
  const first = new AIMessage({ content: '', tool_calls: calls })
  const done = await plainGraph(protect([bash(shell)]), [], { first }).invoke(GO, THREAD)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(told(done)[1]!, /again, alone/)
})

test('the older agent', async () => {
  const shell = new Shell()
  const llm = script([ALLOW, DENY], [ASK])
  const agent = createReactAgent({ llm, tools: protect([bash(shell)]), checkpointer: new MemorySaver() })
  const paused: Loose = await agent.invoke(GO as Loose, THREAD)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(told(paused)[1]!, /^checkrein: railway:volumeDelete/)
  assert.deepEqual(paused.__interrupt__.map(command), ['/repo/src'])
  await agent.invoke(new Command({ resume: true }), THREAD)
  assert.deepEqual(shell.ran, [ALLOW, ASK])
})

test('an agent that is a node of a graph, and its events', async () => {
  const shell = new Shell()
  const agent = createAgent({
    model: script([ALLOW, DENY], [ASK]),
    tools: [bash(shell)],
    middleware: [middleware()],
  })
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('agent', agent.graph as Loose)
    .addEdge(START, 'agent')
    .compile({ checkpointer: new MemorySaver() })
  const events = async (input: Loose): Promise<Loose[]> => {
    const found = []
    for await (const event of graph.streamEvents(input, { ...THREAD, version: 'v2' })) {
      if (event.event.startsWith('on_tool_')) found.push([event.event, event.name])
    }
    return found
  }
  const first = await events(GO)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.ok(first.length >= 4)
  await events(new Command({ resume: true }))
  assert.deepEqual(shell.ran, [ALLOW, ASK])
  const { messages } = (await graph.getState(THREAD)).values as Loose
  assert.match(told({ messages })[1]!, /^checkrein: railway:volumeDelete/)
})
