// The Strands adapter, with a scripted model.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  AfterToolCallEvent,
  Agent,
  BeforeToolCallEvent,
  ExecuteToolStage,
  Graph,
  InterventionHandler,
  Swarm,
  type TextBlock,
  Tool,
  type ToolContext,
  ToolResultBlock,
  ToolStreamEvent,
  tool,
} from '@strands-agents/sdk'
import { z } from 'zod'

import {
  Script,
  Swap,
  type ToolCall,
  agentOf,
  answer,
  bash,
  bossOf,
  guarded,
  isRefusal,
  plain,
  question,
  refused,
  told,
  toolOf,
} from './strands.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, crash } from './support.ts'

test('allow', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ALLOW)])
  assert.equal((await agent.invoke('go')).stopReason, 'endTurn')
  assert.deepEqual(shell.ran, [ALLOW])
  assert.deepEqual(told(agent), [['success', `ran ${ALLOW}`]])
})

test('deny', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(DENY)])
  assert.equal((await agent.invoke('go')).stopReason, 'endTurn')
  assert.deepEqual(shell.ran, [])
  assert.ok(refused(agent))
})

test('streaming', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ALLOW), bash(DENY), bash(ASK)])
  const events: string[] = []
  for await (const event of agent.stream('go')) events.push(event.type)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.ok(events.includes('interruptEvent'))
})

test('streaming tool', async () => {
  const ran: string[] = []
  const slow = tool({
    name: 'bash',
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    callback: async function* ({ command }) {
      yield 'half'
      ran.push(command)
      return 'all'
    },
  })
  const agent = agentOf(new Shell(), [bash(ALLOW), bash(DENY)], { tools: [slow] })
  const parts: unknown[] = []
  for await (const event of agent.stream('go')) {
    if (event.type === 'toolStreamUpdateEvent') parts.push(event.event.data)
  }
  assert.deepEqual([ran, parts], [[ALLOW], ['half']])
  const [first, second] = told(agent)
  assert.deepEqual(first, ['success', 'all'])
  assert.ok(isRefusal(second!))
})

test('ask, then approve', async () => {
  for (const yes of [true, 'y', ' Yes ']) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ASK)])
    const result = await agent.invoke('go')
    assert.deepEqual(shell.ran, [])
    const asked = question(result)
    assert.equal(asked.tool, 'bash')
    assert.match(asked.message, /approv/)
    assert.equal((await agent.invoke(answer(result, yes))).stopReason, 'endTurn')
    assert.deepEqual(shell.ran, [ASK])
    assert.deepEqual(told(agent), [['success', `ran ${ASK}`]])
  }
})

test('ask, then reject', async () => {
  for (const no of [false, 'no', 'yes please', '', 1, null, {}, [], ['y'], { approved: true }]) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ASK)])
    await agent.invoke(answer(await agent.invoke('go'), no))
    assert.deepEqual(shell.ran, [])
    assert.ok(refused(agent, 'The human said no.'), JSON.stringify(no))
  }
})

test('parallel allow and ask', async () => {
  for (const toolExecutor of ['concurrent', 'sequential'] as const) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ALLOW, ASK, DENY)], { toolExecutor })
    const result = await agent.invoke('go')
    assert.equal(question(result).tool, 'bash')
    assert.deepEqual(shell.ran, [ALLOW])
    await agent.invoke(answer(result, true))
    assert.deepEqual(shell.ran, [ALLOW, ASK])
    assert.deepEqual(
      told(agent).map(([status]) => status),
      ['success', 'success', 'error'],
    )
  }
})

test('parallel ask and ask', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK, ASK_ELSE)])
  const first = await agent.invoke('go')
  question(first)
  const second = await agent.invoke(answer(first, true))
  assert.equal(shell.ran.length, 1)
  await agent.invoke(answer(second, false))
  assert.equal(shell.ran.length, 1)
  assert.equal(told(agent).filter((result) => isRefusal(result, 'The human said no.')).length, 1)
})

test('engine crash', async () => {
  for (const part of ['engine', 'adapter'] as const) {
    for (const command of [ALLOW, ASK]) {
      const shell = new Shell()
      const agent = agentOf(shell, [bash(command)])
      const repair = crash(part)
      try {
        await agent.invoke('go')
      } finally {
        repair()
      }
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(
        told(agent).map(([status]) => status),
        ['error'],
      )
    }
  }
})

test('engine crash after approval', async () => {
  for (const part of ['engine', 'adapter'] as const) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ASK)])
    const result = await agent.invoke('go')
    const repair = crash(part)
    try {
      await agent.invoke(answer(result, true))
    } finally {
      repair()
    }
    assert.deepEqual(shell.ran, [])
  }
})

test('nested agent', async () => {
  const shell = new Shell()
  const worker = plain(shell, [bash(ALLOW, DENY), bash(ASK)])
  const boss = bossOf(worker)
  assert.equal((await boss.invoke('go')).stopReason, 'endTurn')
  assert.deepEqual(shell.ran, [ALLOW])
  const [allowed, denied, asked] = told(worker)
  assert.deepEqual(allowed, ['success', `ran ${ALLOW}`])
  assert.ok(isRefusal(denied!))
  assert.ok(isRefusal(asked!, 'An agent used as a tool cannot wait for an approval.'))
})

test('nested agent, two levels down', async () => {
  const shell = new Shell()
  const worker = plain(shell, [bash(DENY), bash(ASK)])
  const tools = [worker.asTool({ name: 'agent', preserveContext: true })]
  const model = new Script([[['agent', { input: 'go on' }]]])
  const middle = new Agent({ model, name: 'middle', tools, printer: false })
  await bossOf(middle).invoke('go')
  assert.deepEqual(shell.ran, [])
  assert.equal(told(worker).length, 2)
  assert.ok(refused(worker))
})

test('nested agent that delegates and starts anew', async () => {
  const shell = new Shell()
  const worker = plain(shell, [bash(DENY, ALLOW)])
  const tools = [worker.asTool({ name: 'agent', delegate: true })]
  const model = new Script([[['agent', { input: 'tidy up' }]]])
  const boss = guarded(new Agent({ model, name: 'boss', tools, printer: false }))
  assert.equal((await boss.invoke('go')).stopReason, 'endTurn')
  assert.deepEqual(shell.ran, [ALLOW])
  assert.equal(model.offered.length, 1, 'the answer of the worker is the answer')
})

test('nested agent on its own is asked about', async () => {
  const shell = new Shell()
  const worker = plain(shell, [bash(ASK), [], bash(ASK_ELSE)])
  await bossOf(worker).invoke('go')
  assert.ok(refused(worker))
  await worker.invoke(answer(await worker.invoke('and now'), true))
  assert.deepEqual(shell.ran, [ASK_ELSE])
})

test('graph', async () => {
  const shell = new Shell()
  const deep = plain(shell, [bash(DENY)], { id: 'deep' })
  const inner = new Graph({ id: 'inner', nodes: [deep], edges: [] })
  const first = plain(shell, [bash(DENY), bash(ALLOW)], { id: 'first' })
  const outer = guarded(new Graph({ nodes: [first, inner], edges: [['first', 'inner']] }))
  // The graph takes the messages of its agents back, so listen.
  const results: [string, string, string][] = []
  for (const agent of [first, deep]) {
    agent.addHook(AfterToolCallEvent, ({ result: { status, content } }) => {
      results.push([agent.id, status, (content[0] as TextBlock).text])
    })
  }
  await outer.invoke('go')
  assert.deepEqual(shell.ran, [ALLOW])
  assert.deepEqual(
    results.map(([id, status, text]) => [id, isRefusal([status, text])]),
    [
      ['first', true],
      ['first', false],
      ['deep', true],
    ],
  )
})

test('graph, ask', async () => {
  for (const yes of [true, false]) {
    const shell = new Shell()
    const graph = guarded(new Graph({ nodes: [plain(shell, [bash(ASK)])], edges: [] }))
    const result = await graph.invoke('go')
    assert.equal(result.status, 'INTERRUPTED')
    assert.deepEqual(shell.ran, [])
    await graph.invoke(answer(result, yes))
    assert.deepEqual(shell.ran, yes ? [ASK] : [])
  }
})

test('swarm', async () => {
  const shell = new Shell()
  const handoff = { agentId: 'second', message: 'go on' }
  const first = plain(shell, [bash(DENY), [['strands_structured_output', handoff]]], { id: 'first' })
  const answerTurn: [string, { message: string }][] = [['strands_structured_output', { message: 'done' }]]
  const second = plain(shell, [bash(DENY, ALLOW), answerTurn], { id: 'second' })
  const swarm = guarded(new Swarm({ nodes: [first, second], start: 'first' }))
  const result = await swarm.invoke('go')
  assert.equal(result.status, 'COMPLETED')
  assert.deepEqual(
    result.results.map(({ nodeId }) => nodeId),
    ['first', 'second'],
  )
  assert.deepEqual(shell.ran, [ALLOW])
})

test('arguments edited after approval', async () => {
  for (const where of ['hook', 'last hook', 'intervention', 'middleware', 'late middleware', 'input']) {
    for (const command of [ASK_ELSE, DENY]) {
      const shell = new Shell()
      const swap = new Swap(command)
      class Editor extends InterventionHandler {
        readonly name = 'editor'
        override beforeToolCall(event: BeforeToolCallEvent) {
          return { type: 'transform' as const, apply: () => swap.hook(event) }
        }
      }
      const interventions = where === 'intervention' ? [new Editor()] : []
      const agent = agentOf(shell, [bash(ASK)], { interventions })
      if (where === 'hook') agent.addHook(BeforeToolCallEvent, swap.hook)
      if (where === 'last hook') agent.addHook(BeforeToolCallEvent, swap.hook, { order: Infinity })
      if (where === 'middleware') agent.addMiddleware(ExecuteToolStage, swap.around)
      if (where === 'input') {
        agent.addMiddleware(ExecuteToolStage.Input, (call) =>
          swap.on ? { ...call, toolUse: { ...call.toolUse, input: { command } } } : call,
        )
      }
      const result = await agent.invoke('go')
      if (where === 'late middleware') agent.addMiddleware(ExecuteToolStage, swap.around)
      swap.on = true
      const after = await agent.invoke(answer(result, true))
      assert.deepEqual(shell.ran, [], `${where}: ${command}`)
      if (command === DENY) {
        assert.ok(refused(agent))
      } else {
        // The human is asked about what the call has become.
        assert.notEqual(question(after), question(result))
        assert.notEqual(after.interrupts![0]!.id, result.interrupts![0]!.id)
        await agent.invoke(answer(after, false))
        assert.deepEqual(shell.ran, [])
        assert.ok(refused(agent, 'The human said no.'))
      }
    }
  }
})

test('arguments edited while the tool runs', async () => {
  const ran: unknown[] = []
  class Slow extends Tool {
    name = 'bash'
    description = 'Run a shell command.'
    toolSpec = { name: this.name, description: this.description }
    override async *stream({ toolUse }: ToolContext) {
      yield new ToolStreamEvent({ data: 'ready' })
      ran.push(toolUse.input)
      return new ToolResultBlock({ toolUseId: toolUse.toolUseId, status: 'success', content: [] })
    }
  }
  const input = { command: ALLOW }
  const agent = agentOf(new Shell(), [bash(ALLOW)], { tools: [new Slow()] })
  agent.addMiddleware(ExecuteToolStage, async function* (call, next) {
    const run = next({ ...call, toolUse: { ...call.toolUse, input } })
    for (let step = await run.next(); ; step = await run.next()) {
      if (step.done) return step.value
      input.command = DENY
      yield step.value
    }
  })
  await agent.invoke('go')
  assert.equal(input.command, DENY)
  assert.deepEqual(ran, [{ command: ALLOW }])
})

test('arguments edited before the question', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ALLOW)])
  agent.addHook(BeforeToolCallEvent, new Swap(ASK, true).hook)
  const result = await agent.invoke('go')
  assert.deepEqual(shell.ran, [])
  question(result)
  await agent.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [ASK])
})

test('tool replaced', async () => {
  const read = tool({
    name: 'Read',
    description: 'Read a file.',
    inputSchema: z.object({ file_path: z.string() }),
    callback: () => 'text',
  })
  for (const where of ['hook', 'middleware', 'late middleware']) {
    const shell = new Shell()
    const turns: ToolCall[][] = [[['Read', { file_path: 'a' }]], [['Read', { file_path: 'b' }]]]
    const agent = agentOf(shell, turns, { tools: [read] })
    const other = toolOf(shell)
    const add = (): void => {
      if (where === 'hook') {
        agent.addHook(BeforeToolCallEvent, (event) => {
          event.selectedTool = other
          event.toolUse.input = { command: DENY }
        })
      } else {
        agent.addMiddleware(ExecuteToolStage, (call, next) =>
          next({ ...call, tool: other, toolUse: { ...call.toolUse, input: { command: DENY } } }),
        )
      }
    }
    if (where === 'late middleware') {
      agent.addHook(BeforeToolCallEvent, ({ toolUse }) => {
        if ((toolUse.input as { file_path?: string }).file_path === 'b') add()
      })
    } else add()
    await agent.invoke('go')
    assert.deepEqual(shell.ran, [], where)
    assert.ok(isRefusal(told(agent).at(-1)!), where)
  }
})

test('replayed approval', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  const result = await agent.invoke('go')
  const saved = agent.takeSnapshot({ preset: 'session' })
  await agent.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [ASK])
  agent.loadSnapshot(saved)
  await agent.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [ASK])
  assert.ok(isRefusal(told(agent).at(-1)!))
})

test('approval after a no', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  const result = await agent.invoke('go')
  const saved = agent.takeSnapshot({ preset: 'session' })
  await agent.invoke(answer(result, false))
  agent.loadSnapshot(saved)
  await agent.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [])
  assert.ok(isRefusal(told(agent).at(-1)!))
})
