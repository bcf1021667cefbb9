// OpenAI Agents SDK: ways around the guard that must not be.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, RunContext, RunState, Runner, handoff, tool, toolNamespace } from '@openai/agents'
import { functionCall } from '@openai/agents/testing'
import { ConfigurationError, Guard } from 'checkrein'
import { guardAgent, guardTool, questions } from 'checkrein/openai-agents'
import { z } from 'zod'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context } from './support.ts'
import {
  type Loose,
  answer,
  bash,
  builder,
  commands,
  DELEGATE,
  exchanged,
  heard,
  NOT_SHOWN,
  protect,
  run,
  script,
  server,
} from './openai-agents.scenario.ts'

test('an approval expires', async () => {
  const shell = new Shell()
  const guard = new Guard({ inventory: '', workspace: '/', approvalsValidFor: 0 })
  const agent = builder(shell, script([ASK]), {}, { guard })
  await run(agent, answer(await run(agent), true))
  assert.deepEqual(shell.ran, [])
})

test('the question of another call is never shown', async () => {
  const shell = new Shell()
  const other = builder(shell, script())
  other.model = script([ASK])
  const first = await run(other)
  other.model = script([ASK_ELSE])
  const second = await run(other)
  assert.deepEqual(questions(first.interruptions[0]), [])
  assert.deepEqual(questions(second.interruptions[0]), [])
  await run(other, answer(second, true))
  assert.deepEqual(shell.ran, [ASK_ELSE])
})

test('guardrails before approval', async () => {
  const shell = new Shell()
  const runner = new Runner({ toolExecution: { preApprovalInputGuardrails: true } } as Loose)
  const agent = builder(shell, script([ASK]))
  const result = await run(agent, 'go', 'run', { runner })
  await run(agent, answer(result, true), 'run', { runner })
  assert.deepEqual(shell.ran, [ASK])
})

test('an own guardrail with a misspelled answer', async () => {
  // The SDK runs the tool when it does not know the answer of a guardrail.
  const shell = new Shell()
  const odd = { name: 'odd', run: async () => ({ behavior: { type: 'reject_content', message: 'no' } }) }
  const model = script([DENY, ASK])
  const result = await run(builder(shell, model, { tools: [bash(shell, { inputGuardrails: [odd] })] }))
  assert.deepEqual(shell.ran, [])
  assert.deepEqual(commands(result), [ASK])
})

test('a guarded tool stripped of its parts', async () => {
  const shell = new Shell()
  const model = script([DENY, ASK])
  const agent = builder(shell, model)
  const stripped = { ...agent.tools[0], needsApproval: async () => false, inputGuardrails: [] }
  await run(new Agent({ name: 'builder', model, tools: [stripped] }))
  assert.deepEqual(shell.ran, [])
  assert.match(heard(model)[0]!, /railway:volumeDelete/)
  assert.match(heard(model)[1]!, new RegExp(NOT_SHOWN))
})

test('an agent given as a tool that is not guarded', () => {
  const inner = new Agent({ name: 'helper', tools: [bash(new Shell())] })
  const helper: Loose = inner.asTool({ toolName: 'helper' })
  const [named] = toolNamespace({ name: 'n', description: 'd', tools: [helper] }) as Loose
  for (const item of [helper, { ...helper }, named]) {
    assert.throws(() => guardAgent(new Agent({ name: 'builder', tools: [item] }), context()), /guarded copy/)
    assert.throws(() => guardTool(item, context()), ConfigurationError)
  }
})

test('a nested agent of a clone, and one in a namespace', async () => {
  for (const namespaced of [false, true]) {
    const shell = new Shell()
    const inner = protect(new Agent({ name: 'helper', model: script([DENY, ALLOW]), tools: [bash(shell)] }))
    const model = namespaced
      ? script([functionCall('delegate', { input: 'x' }, { callId: 'n', namespace: 'team' })])
      : script([DELEGATE])
    let tools: Loose[] = [inner.clone({ instructions: 'Help.' }).asTool({ toolName: 'delegate' })]
    if (namespaced) tools = toolNamespace({ name: 'team', description: 'd', tools: tools as Loose })
    const agent = builder(shell, model, { tools }).clone({ name: 'other' })
    await run(agent, answer(await run(agent), true))
    assert.deepEqual(shell.ran, [ALLOW])
  }
})

test('handoff cycle and identity', async () => {
  const shell = new Shell()
  const model = script([['transfer_to_helper', {}]], [['transfer_to_builder', {}]], [DENY])
  const inner: Loose = new Agent({ name: 'helper', model })
  const outer: Loose = new Agent({ name: 'builder', model, tools: [bash(shell)], handoffs: [inner] })
  inner.handoffs.push(outer)
  const agent = protect(outer)
  assert.equal(agent.handoffs[0].handoffs[0], agent)
  assert.equal((await run(agent)).lastAgent, agent)
  assert.deepEqual(shell.ran, [])
  assert.deepEqual(outer.handoffs, [inner])
})

test('handoff in a saved state', async () => {
  const shell = new Shell()
  const model = script([['transfer_to_helper', {}]], [ASK], [DENY])
  const inner = new Agent({ name: 'helper', model, tools: [bash(shell)] })
  const agent = builder(shell, model, { handoffs: [handoff(inner)] })
  const saved = answer(await run(agent), true).toString()
  await run(agent, await RunState.fromString(agent, saved))
  assert.deepEqual(shell.ran, [ASK])
  assert.match(heard(model).at(-1)!, /railway:volumeDelete/)
})

test('what is added while it waits', async () => {
  const shell = new Shell()
  const model = script([ASK, ['transfer_to_helper', {}]], [DENY])
  const helper = new Agent({ name: 'helper', model, tools: [bash(shell)] })
  const agent = builder(shell, model, { handoffs: [helper] })
  const state = answer(await run(agent), true)
  agent.handoffs = [helper]
  agent.tools[0] = bash(shell)
  await run(agent, state)
  assert.deepEqual(shell.ran, [ASK])
})

test('clone under another name', async () => {
  const policies =
    '@id("only_builder") @reason("for the builder")\n' +
    'forbid(principal, action, resource) unless { principal == Agent::"builder" };'
  const guard = new Guard({ policies, inventory: '', packs: ['baseline'], workspace: '/' })
  const shell = new Shell()
  const agent = builder(shell, script([ALLOW]), {}, { guard })
  await run(agent)
  assert.deepEqual(shell.ran, [ALLOW])
  let model = script([ALLOW])
  await run(agent.clone({ name: 'other', model }))
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(heard(model)[0]!, /for the builder/)
  model = script([ALLOW])
  await run(protect(new Agent({ name: 'other', model, tools: [bash(shell)] }), { guard, agent: 'builder' }))
  assert.deepEqual(shell.ran, [ALLOW, ALLOW])
})

test('a subclass that brings its own tools', async () => {
  const shell = new Shell()
  class Eager extends Agent {
    override async getAllTools(...args: Loose): Promise<Loose> {
      // The arguments of the method it overrides.
      return [...(await super.getAllTools(...(args as [Loose]))), bash(shell)]
    }
  }
  const agent = protect(new Eager({ name: 'builder', model: script([DENY, ALLOW]) }))
  assert.ok(agent instanceof Eager)
  await run(agent)
  assert.deepEqual(shell.ran, [ALLOW])
})

test('guarded already', async () => {
  // A second guard would be ignored; what a tree holds already guarded keeps its own.
  const shell = new Shell()
  const inner = guardAgent(new Agent({ name: 'helper' }), context())
  const one = guardTool(bash(shell), { ...context(), agent: 'builder' })
  const outer = new Agent({ name: 'builder', model: script([ASK]), tools: [one], handoffs: [inner] })
  const agent = guardAgent(outer, context())
  assert.throws(() => guardAgent(agent, context()), /guarded already/)
  assert.throws(() => guardTool(one, context()), /guarded already/)
  assert.deepEqual(agent.handoffs, [inner])
  assert.deepEqual(agent.tools, [one])
  await run(agent, answer(await run(agent), true))
  assert.deepEqual(shell.ran, [ASK])
})

test('the schema that the model sees is unchanged', async () => {
  const shell = new Shell()
  const [mine, theirs] = [script([ALLOW]), script([ALLOW])]
  await run(builder(shell, mine))
  await run(new Agent({ name: 'builder', model: theirs, tools: [bash(shell)] }))
  assert.deepEqual(mine.firstCall!.request.tools, theirs.firstCall!.request.tools)
})

test('a direct call', async () => {
  const shell = new Shell()
  const one = guardTool(bash(shell), { ...context(), agent: 'builder' })
  const call = (command: string): Loose => one.invoke(new RunContext(), JSON.stringify({ command }))
  assert.equal(await call(ALLOW), `ran ${ALLOW}`)
  assert.match(await call(DENY), /railway:volumeDelete/)
  assert.match(await call(ASK), /not asked for/)
  assert.deepEqual(shell.ran, [ALLOW])
})

test('arguments that are no object', async () => {
  // A tool that reads its text by itself might take anything for a command.
  for (const text of ['', 'rm -rf /', '[1]', '"rm -rf /"', '{"command": NaN}', 'null']) {
    const ran: string[] = []
    const raw: Loose = { ...bash(new Shell()), invoke: async (_: Loose, input: string) => ran.push(input) }
    const agent = protect(new Agent({ name: 'builder', model: script([['bash', text]]), tools: [raw] }))
    const result = await run(agent)
    if (result.interruptions.length > 0) await run(agent, answer(result, true))
    assert.deepEqual(ran, [])
  }
})

test('an exception of the tool passes through', async () => {
  const error = new Error('the disk is full')
  const failing = (errorFunction: Loose): Loose =>
    bash(new Shell(), {
      errorFunction,
      execute: async () => {
        throw error
      },
    })
  let model = script([ALLOW])
  await assert.rejects(run(builder(new Shell(), model, { tools: [failing(null)] })), (thrown: Loose) =>
    [thrown, thrown.error, thrown.cause].includes(error),
  )
  model = script([ALLOW])
  await run(builder(new Shell(), model, { tools: [failing((_: Loose, e: Error) => `sorry: ${e.message}`)] }))
  assert.deepEqual(heard(model), ['sorry: the disk is full'])
})

test('the time limit of a tool', async () => {
  const slow = bash(new Shell(), {
    timeoutMs: 20,
    execute: async () => await new Promise((resolve) => setTimeout(resolve, 500, 'late')),
  })
  const model = script([ALLOW])
  await run(builder(new Shell(), model, { tools: [slow] }))
  assert.match(heard(model)[0]!, /timed out after 20ms/)
})

test('a tool with a promised output', async () => {
  const shell = new Shell()
  const structured = bash(shell, {
    outputSchema: z.object({ text: z.string() }),
    errorFunction: (_: Loose, error: Error) => ({ text: error.message }),
    execute: async (input: Loose) => ({ text: shell.run(input) }),
  })
  const model = script([ALLOW, DENY], [ASK])
  const agent = builder(shell, model, { tools: [structured] })
  await run(agent, answer(await run(agent), true))
  assert.deepEqual(shell.ran, [ALLOW, ASK])
  assert.match(JSON.parse(heard(model)[1]!).text, /railway:volumeDelete/)
})

test('MCP tools that a filter takes away', async () => {
  for (const toolFilter of [
    async (_: Loose, { name }: Loose) => name !== 'delete_file',
    { allowedToolNames: ['read_file'] },
    { blockedToolNames: ['delete_file'] },
  ]) {
    const model = script()
    await run(builder(new Shell(), model, { tools: [], mcpServers: [server(new Shell(), { toolFilter })] }))
    assert.deepEqual(
      model.firstCall!.request.tools.map((offered: Loose) => offered.name),
      ['read_file'],
    )
  }
})

test('MCP server added later', async () => {
  for (const how of ['push', 'assign', 'clone'] as const) {
    const shell = new Shell()
    const calls = ['/etc/passwd', 'src/a.py'].map((path) => ['delete_file', { path }])
    let agent = builder(shell, script(calls), { tools: [] })
    if (how === 'push') agent.mcpServers.push(server(shell))
    if (how === 'assign') agent.mcpServers = [server(shell)]
    if (how === 'clone') agent = agent.clone({ mcpServers: [server(shell)] })
    await run(agent, answer(await run(agent), false))
    assert.deepEqual(shell.ran, ['src/a.py'])
  }
})

test('MCP server exchanged after approval', async () => {
  const shell = new Shell()
  const model = script([['delete_file', { path: '/etc/passwd' }]])
  const agent = builder(shell, model, { tools: [], mcpServers: [server(shell)] })
  const saved = answer(await run(agent), true).toString()
  agent.mcpServers = [server(shell, { name: 'elsewhere' })]
  await run(agent, await RunState.fromString(agent, saved)).catch(() => undefined)
  assert.deepEqual(shell.ran, [])
})

test('MCP names and annotations', async () => {
  const seen: Loose[] = []
  const decide = Guard.prototype.authorize
  Guard.prototype.authorize = function (call) {
    seen.push([call.tool, call.server, call.annotations])
    return decide.call(this, call)
  }
  try {
    const annotations = { destructiveHint: true }
    const tools = ['read_file', 'delete-file']
    const toolFilter = { allowedToolNames: ['delete-file'] }
    const shell = new Shell()
    const other = server(shell, { name: 'b', tools: ['x'] })
    const mcpServers = [server(shell, { annotations, tools, toolFilter }), other]
    const model = script([['delete_file', { path: 'a' }], ['x', { path: 'a' }]])
    await run(builder(shell, model, { tools: [], mcpServers }))
  } finally {
    Guard.prototype.authorize = decide
  }
  assert.deepEqual(new Set(seen.map((item) => JSON.stringify(item))), new Set([
    JSON.stringify(['delete-file', 'filesystem', { destructiveHint: true }]),
    JSON.stringify(['x', 'b', undefined]),
  ]))
})
