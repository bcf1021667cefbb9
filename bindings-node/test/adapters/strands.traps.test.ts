// What gets around a careless guard: the further tests of Strands.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import {
  AfterToolCallEvent,
  Agent,
  BeforeToolCallEvent,
  ExecuteToolStage,
  FileStorage,
  Graph,
  type JSONValue,
  InvokeModelStage,
  McpClient,
  type Model,
  ModelRouter,
  SessionManager,
  Tool,
  tool,
} from '@strands-agents/sdk'
import { type Call, ConfigurationError, Guard } from 'checkrein'
import { guardAgent } from 'checkrein/strands'
import { z } from 'zod'

import {
  Script,
  type ToolCall,
  agentOf,
  answer,
  approveAll,
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
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, guard } from './support.ts'

test('direct call', async () => {
  // Before the agent was ever invoked, and by other spellings of the name.
  const shell = new Shell()
  const agent = agentOf(shell, [])
  assert.ok(agent.toolRegistry.resolve('bash') instanceof Tool)
  const call = async (name: string, command: string): Promise<[string, string]> => {
    const { status, content } = await agent.tool[name]!.invoke({ command })
    return [status, (content[0] as { text: string }).text]
  }
  assert.deepEqual(await call('bash', ALLOW), ['success', `ran ${ALLOW}`])
  assert.ok(isRefusal(await call('bash', DENY)))
  assert.ok(isRefusal(await call('BASH', DENY)))
  assert.ok(isRefusal(await call('bash', ASK), 'A direct call cannot wait for an approval.'))
  assert.deepEqual(shell.ran, [ALLOW])
  const stream = agent.tool['bash']!.stream({ command: DENY })
  while (!(await stream.next()).done);
  await agent.invoke('go')
  assert.ok(isRefusal(await call('bash', DENY)))
  assert.deepEqual(shell.ran, [ALLOW])
})

test('direct call of an agent', async () => {
  const shell = new Shell()
  const worker = plain(shell, [bash(DENY, ASK, ALLOW)])
  await bossOf(worker).tool['agent']!.invoke({ input: 'go' })
  assert.deepEqual(shell.ran, [ALLOW])
})

test('tools added later', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ALLOW), bash(DENY)], { tools: [] })
  agent.addHook(BeforeToolCallEvent, ({ agent }) => agent.toolRegistry.addOrReplace([toolOf(shell)]))
  await agent.invoke('go')
  assert.deepEqual(shell.ran, [])
  await agent.tool['bash']!.invoke({ command: DENY })
  assert.deepEqual(shell.ran, [])
})

test('one id for two calls', async () => {
  // The framework would show the last of them and take the answer for all.
  for (const toolExecutor of ['concurrent', 'sequential'] as const) {
    const shell = new Shell()
    const turn: ToolCall[] = [
      ['bash', { command: ASK_ELSE }, 'same'],
      ['bash', { command: ASK }, 'same'],
    ]
    const agent = agentOf(shell, [turn], { toolExecutor })
    const result = await agent.invoke('go')
    assert.deepEqual(shell.ran, [])
    question(result)
    await agent.invoke(answer(result, true))
    assert.equal(shell.ran.length, 1, toolExecutor)
  }
})

test('one id for two equal calls', async () => {
  const shell = new Shell()
  const turn: ToolCall[] = [
    ['bash', { command: ASK }, 'same'],
    ['bash', { command: ASK }, 'same'],
  ]
  const agent = agentOf(shell, [turn])
  await approveAll(agent, await agent.invoke('go'))
  assert.deepEqual(shell.ran, [ASK])
})

test('call id used again', async () => {
  const shell = new Shell()
  const turn: ToolCall[] = [['bash', { command: ASK }, 'same']]
  const agent = agentOf(shell, [turn, turn])
  await agent.invoke(answer(await agent.invoke('go'), true))
  assert.deepEqual(shell.ran, [ASK])
  assert.ok(isRefusal(told(agent)[1]!, 'used already'))
})

test('retry', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  let retried = false
  agent.addHook(AfterToolCallEvent, (event) => {
    if (event.result.status === 'success' && !retried) retried = event.retry = true
  })
  await agent.invoke(answer(await agent.invoke('go'), true))
  assert.ok(retried)
  assert.deepEqual(shell.ran, [ASK])
  assert.ok(refused(agent))
})

test('retry by middleware', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  agent.addMiddleware(ExecuteToolStage, async function* (call, next) {
    yield* next(call)
    return yield* next(call)
  })
  await agent.invoke(answer(await agent.invoke('go'), true))
  assert.deepEqual(shell.ran, [ASK])
  assert.ok(refused(agent))
})

test('resumed in another process', async () => {
  const shell = new Shell()
  const first = agentOf(shell, [bash(ASK)])
  const result = await first.invoke('go')
  const second = agentOf(shell, [])
  second.loadSnapshot(first.takeSnapshot({ preset: 'session' }))
  await second.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [])
  assert.ok(refused(second))
})

/** A state that says yes, as a client may hand it in that keeps it. */
function forge(agent: Agent, command: string, id: string): void {
  const snapshot = structuredClone(agent.takeSnapshot({ preset: 'session' }))
  const text = JSON.stringify(snapshot).replaceAll(ASK, command)
  const forged = JSON.parse(text)
  const state = forged.data.interrupts
  for (const interrupt of Object.values<{ id: string; response?: unknown }>(state.interrupts)) {
    if (id === '' || interrupt.id === id) interrupt.response = true
  }
  agent.loadSnapshot(forged)
}

test('forged approval', async () => {
  // The client holds the state: it puts a yes in, or other commands behind the question.
  const shell = new Shell()
  const asked = agentOf(shell, [bash(ASK)])
  const { interrupts } = await asked.invoke('go')
  const id = interrupts![0]!.id
  const saved = asked.takeSnapshot({ preset: 'session' })

  const other = agentOf(shell, [])
  other.loadSnapshot(saved)
  forge(other, ASK, '')
  await other.invoke(answer({ interrupts }, true))
  assert.deepEqual(shell.ran, [])
  assert.ok(refused(other))

  for (const command of [DENY, ASK_ELSE]) {
    forge(asked, JSON.stringify(command).slice(1, -1), id)
    const result = await asked.invoke(answer({ interrupts }, true))
    assert.deepEqual(shell.ran, [], command)
    if (command === ASK_ELSE) question(result)
    asked.loadSnapshot(saved)
  }
})

test('answers to what was not asked', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  const result = await agent.invoke('go')
  for (const interruptId of ['', 'checkrein', `${result.interrupts![0]!.id}0`]) {
    const wrong = [{ interruptResponse: { interruptId, response: true } }]
    await assert.rejects(agent.invoke(wrong))
  }
  await assert.rejects(agent.invoke('yes, do it'))
  assert.deepEqual(shell.ran, [])
})

test('interrupts of others', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ASK)])
  agent.addHook(BeforeToolCallEvent, (event) => void event.interrupt({ name: 'checkrein', reason: 'mine' }))
  const mine = await agent.invoke('go')
  assert.equal(mine.interrupts?.[0]?.reason, 'mine')
  const ours = await agent.invoke(answer(mine, true))
  assert.deepEqual(shell.ran, [])
  question(ours)
  await agent.invoke(answer(ours, true))
  assert.deepEqual(shell.ran, [ASK])
})

test('hook that throws', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(ALLOW)])
  agent.addHook(BeforeToolCallEvent, () => {
    throw new Error('broken hook')
  })
  await assert.rejects(agent.invoke('go'), /broken hook/)
  assert.deepEqual(shell.ran, [])
})

test('error of the tool', async () => {
  const error = new RangeError('disk full')
  const broken = tool({
    name: 'bash',
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    callback: (): string => {
      throw error
    },
  })
  const seen: unknown[] = []
  const agent = agentOf(new Shell(), [bash(ALLOW)], { tools: [broken] })
  agent.addHook(AfterToolCallEvent, (event) => void seen.push(event.error, event.tool))
  await agent.invoke('go')
  assert.deepEqual(told(agent), [['error', 'Error: disk full']])
  assert.equal(seen[0], error)
  assert.equal(seen[1], broken)
})

test('strange arguments', async () => {
  const inputs: JSONValue[] = [null, 'git status', ['git status'], 1, {}]
  for (const input of inputs) {
    const ran: unknown[] = []
    const open = tool({
      name: 'bash',
      description: 'Run a shell command.',
      callback: (given) => {
        ran.push(given)
        return 'ran'
      },
    })
    const agent = agentOf(new Shell(), [[['bash', input]]], { tools: [open] })
    await agent.invoke('go')
    assert.deepEqual(ran, [], JSON.stringify(input))
  }
})

test('tool that is not there', async () => {
  const agent = agentOf(new Shell(), [[['sh', { command: DENY }]]])
  await agent.invoke('go')
  assert.match(told(agent)[0]![1], /not found/)
})

test('background call', async () => {
  const shell = new Shell()
  const agent = agentOf(shell, [bash(DENY, ALLOW)], { backgroundTasks: { always: ['bash'] } })
  await agent.invoke('go')
  assert.deepEqual(shell.ran, [ALLOW])
})

test('background call, ask', async () => {
  for (const yes of [true, false]) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ASK)], { backgroundTasks: { always: ['bash'] } })
    const result = await agent.invoke('go')
    assert.deepEqual(shell.ran, [])
    assert.equal(question(result).tool, 'bash')
    await agent.invoke(answer(result, yes))
    assert.deepEqual(shell.ran, yes ? [ASK] : [])
  }
})

/** Notes what it is asked. */
class Spy extends Guard {
  readonly calls: Call[] = []
  override authorize(call: Call): ReturnType<Guard['authorize']> {
    this.calls.push(call)
    return super.authorize(call)
  }
}

test('MCP tool', async () => {
  // The server's own name of the tool, the client's prefix as the server, and its annotations.
  for (const prefix of ['db', undefined]) {
    const ran: string[] = []
    const server = new McpServer({ name: 'trusted-name', version: '1' })
    const more = { inputSchema: { query: z.string() }, annotations: { destructiveHint: true } }
    server.registerTool('execute_sql', more, ({ query }) => {
      ran.push(query)
      return { content: [{ type: 'text', text: 'dropped' }] }
    })
    const [near, far] = InMemoryTransport.createLinkedPair()
    await server.connect(far)
    const client = new McpClient({ transport: near, ...(prefix !== undefined && { prefix }) })
    const spy = new Spy({ inventory: '', workspace: '/' })
    const name = prefix === undefined ? 'execute_sql' : `${prefix}_execute_sql`
    const query = 'drop table users'
    const model = new Script([[[name, { query }]]])
    const agent = new Agent({ model, name: 'builder', tools: [client], printer: false })
    guarded(agent, { guard: spy })
    const result = await agent.invoke('go')
    assert.deepEqual(ran, [])
    const [call] = spy.calls as [Call]
    assert.deepEqual(
      [call.tool, call.server, call.agent, call.annotations, call.arguments],
      ['execute_sql', prefix ?? 'mcp', 'builder', { destructiveHint: true }, { query }],
    )
    await approveAll(agent, result)
    await client.disconnect()
  }
})

test('MCP tool that is approved', async () => {
  const server = new McpServer({ name: 'files', version: '1' })
  const ran: string[] = []
  server.registerTool('tidy', { inputSchema: { what: z.string() } }, ({ what }) => {
    ran.push(what)
    return { content: [{ type: 'text', text: 'tidy' }] }
  })
  const [near, far] = InMemoryTransport.createLinkedPair()
  await server.connect(far)
  const client = new McpClient({ transport: near, prefix: 'files' })
  const model = new Script([[['files_tidy', { what: 'all' }]]])
  const agent = guarded(new Agent({ model, name: 'builder', tools: [client], printer: false }))
  const result = await agent.invoke('go')
  question(result)
  await agent.invoke(answer(result, true))
  assert.deepEqual(ran, ['all'])
  assert.deepEqual(told(agent), [['success', 'tidy']])
  await client.disconnect()
})

test('session', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'checkrein-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const manager = (): SessionManager =>
    new SessionManager({ sessionId: 's-1', storage: { snapshot: new FileStorage(directory) } })

  // Another agent object of the same process takes up the stored session.
  const shell = new Shell()
  const spy = new Spy({ inventory: '', workspace: '/' })
  const first = guarded(plain(shell, [bash(ASK)], { sessionManager: manager() }), { guard: spy })
  const result = await first.invoke('go')
  const second = guarded(plain(shell, [], { sessionManager: manager() }), { guard: spy })
  await second.invoke(answer(result, true))
  assert.deepEqual(shell.ran, [ASK])
  assert.deepEqual([...new Set(spy.calls.map(({ session }) => session))], ['s-1'])

  const none = guarded(plain(shell, [bash(ALLOW)]), { guard: spy })
  await none.invoke('go')
  assert.equal(spy.calls.at(-1)?.session, undefined)
})

test('structured output', async () => {
  const structuredOutputSchema = z.object({ text: z.string() })
  const turn: ToolCall[] = [['strands_structured_output', { text: 'tidy' }]]
  const agent = agentOf(new Shell(), [turn], { structuredOutputSchema })
  const result = await agent.invoke('go')
  assert.deepEqual(result.structuredOutput, { text: 'tidy' })
})

test('tool that pretends to be structured output', async () => {
  const shell = new Shell()
  const name = 'strands_structured_output'
  const pretender = tool({
    name,
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    callback: (input) => shell.run(input),
  })
  const agent = agentOf(shell, [[[name, { command: DENY }]]], { tools: [pretender] })
  await agent.invoke('go')
  await agent.tool[name]?.invoke({ command: DENY }).catch(() => undefined)
  assert.deepEqual(shell.ran, [])
})

const HOSTED = [
  { builtInTools: [{ googleSearch: {} }] },
  { params: { tools: [{ type: 'web_search' }] } },
  { params: { web_search_options: {} } },
  { params: { mcp_servers: [{ url: 'https://example.com' }] } },
  { additionalArgs: { toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] } } },
  { tools: [{ type: 'provider' }] },
]

test('hosted tools', async () => {
  for (const config of HOSTED) {
    const shell = new Shell()
    const agent = (): Agent => plain(shell, [], { model: new Script([bash(ALLOW)], config) })
    const nodes = (): Graph => new Graph({ nodes: [agent()], edges: [] })
    assert.throws(() => guardAgent(agent(), context()), ConfigurationError)
    assert.throws(() => guardAgent(nodes(), context()), /at the provider/)
    await guardAgent(agent(), { ...context(), allowHosted: true }).invoke('go')
    assert.deepEqual(shell.ran, [ALLOW])
  }
})

test('hosted tools of a model that comes later', async () => {
  const config = { params: { tools: [{ type: 'code_interpreter' }] } }
  const bad = (): Script => new Script([bash(ALLOW)], config)
  const changes: ((agent: Agent) => void)[] = [
    (agent) => void (agent.model = bad() as Model),
    (agent) => void agent.addMiddleware(InvokeModelStage, (call, next) => next({ ...call, model: bad() })),
    (agent) => void agent.addMiddleware(InvokeModelStage.Input, (call) => ({ ...call, model: bad() })),
    (agent) => void Object.assign((agent.model as Script).config, config),
  ]
  for (const change of changes) {
    const shell = new Shell()
    const agent = agentOf(shell, [bash(ALLOW)])
    change(agent)
    await assert.rejects(agent.invoke('go'), ConfigurationError)
    assert.deepEqual(shell.ran, [])
  }
  const shell = new Shell()
  const broken = new Script([])
  broken.stream = async function* () {
    throw new Error('overloaded')
  }
  const routed = guarded(plain(shell, [], { model: new ModelRouter([broken, bad()]) }))
  await assert.rejects(routed.invoke('go'), ConfigurationError)
  assert.deepEqual(shell.ran, [])
})

test('hosted tools of a nested agent', async () => {
  const shell = new Shell()
  const config = { builtInTools: [{ codeExecution: {} }] }
  const worker = (): Agent => plain(shell, [], { model: new Script([bash(ALLOW)], config) })
  const boss = bossOf(worker())
  await boss.invoke('go')
  assert.deepEqual(shell.ran, [])
  assert.match(told(boss)[0]![1], /at the provider/)
  await bossOf(guarded(worker(), { allowHosted: true })).invoke('go')
  assert.deepEqual(shell.ran, [ALLOW])
})

test("an agent's own guard goes first", async () => {
  const strict = (id: string): Guard =>
    new Guard({
      inventory: '',
      workspace: '/',
      policies: `@id("${id}") @reason("${id}") forbid(principal, action, resource);`,
    })
  for (const order of ['own first', 'own last']) {
    const shell = new Shell()
    const worker = plain(shell, [bash(ALLOW)])
    if (order === 'own first') guarded(worker, { guard: strict('own') })
    guarded(new Graph({ nodes: [worker], edges: [] }))
    if (order === 'own last') guarded(worker, { guard: strict('own') })
    await bossOf(worker).invoke('go')
    assert.deepEqual(shell.ran, [], order)
    assert.ok(refused(worker, 'own'))
  }
})

test('guarded twice', () => {
  const agent = guardAgent(plain(new Shell(), []), context())
  assert.throws(() => guardAgent(agent, context()), /guarded already/)
})

test('what cannot be guarded', () => {
  // Typed as the framework types them, as JavaScript does not.
  const odd = [{}, { nodes: [] }, { addMiddleware: () => undefined, toolRegistry: {} }, Object.create(null)]
  for (const thing of odd) {
    assert.throws(() => guardAgent(thing as Agent, context()), ConfigurationError)
  }
  class Custom {
    readonly id = 'custom'
    invoke(): never {
      throw new Error('not now')
    }
    async *stream(): AsyncGenerator<never, never, undefined> {
      throw new Error('not now')
    }
    addHook(): () => void {
      return () => undefined
    }
  }
  const graph = new Graph({ nodes: [{ orchestrator: new Custom() }], edges: [] })
  assert.throws(() => guardAgent(graph, context()), ConfigurationError)
})

test('schema is unchanged', async () => {
  const offered = async (agent: Agent): Promise<unknown> => {
    await agent.invoke('go')
    return (agent.model as Script).offered
  }
  const shell = new Shell()
  const turns = [bash(ALLOW)]
  assert.deepEqual(await offered(agentOf(shell, turns)), await offered(plain(shell, turns)))
})

test('one guard for many agents', async () => {
  // Approvals of one agent are not those of another with the same name, session, call and id.
  const shell = new Shell()
  const shared = { guard: guard() }
  const turn: ToolCall[] = [['bash', { command: ASK }, 'same']]
  const first = guarded(plain(shell, [turn], { name: 'one' }), shared)
  const second = guarded(plain(shell, [], { name: 'two' }), shared)
  const asked = await first.invoke('go')
  const saved = first.takeSnapshot({ preset: 'session' })
  await first.invoke(answer(asked, false))
  second.loadSnapshot(saved)
  await second.invoke(answer(asked, true)).catch(() => undefined)
  assert.deepEqual(shell.ran, [])
})

test('guarded worker of a boss that nobody guards', async () => {
  // The framework takes the pause of the worker for its answer; at least nothing runs.
  const shell = new Shell()
  const worker = agentOf(shell, [bash(ASK)])
  const tools = [worker.asTool({ name: 'agent' })]
  const model = new Script([[['agent', { input: 'tidy up' }]]])
  await new Agent({ model, name: 'boss', tools, printer: false }).invoke('go')
  assert.deepEqual(shell.ran, [])
})

test('tool with private state', async () => {
  class Private extends Tool {
    readonly #ran: string[]
    constructor(ran: string[]) {
      super()
      this.#ran = ran
    }
    get name(): string {
      return this.#ran === undefined ? '' : 'bash'
    }
    get description(): string {
      return `${this.#ran.length} calls`
    }
    get toolSpec() {
      return { name: 'bash', description: this.description }
    }
    override async *stream(...[{ toolUse }]: Parameters<Tool['stream']>): ReturnType<Tool['stream']> {
      this.#ran.push((toolUse.input as { command: string }).command)
      throw new Error('done')
    }
  }
  const ran: string[] = []
  const agent = agentOf(new Shell(), [bash(ALLOW), bash(DENY)], { tools: [new Private(ran)] })
  await agent.invoke('go')
  assert.deepEqual(ran, [ALLOW])
})
