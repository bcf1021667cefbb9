// OpenAI Agents SDK: its own kinds of tools, and agents that are guarded as a whole.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Agent,
  RunState,
  Runner,
  applyPatchTool,
  attachClientToolSearchExecutor,
  computerTool,
  handoff,
  hostedMcpTool,
  shellTool,
  tool,
  toolSearchTool,
  webSearchTool,
} from '@openai/agents'
import { SandboxAgent, Capability } from '@openai/agents/sandbox'
import { ConfigurationError, Guard } from 'checkrein'
import { guardAgent, guardTool, questions } from 'checkrein/openai-agents'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, crash } from './support.ts'
import {
  type Loose,
  answer,
  bash,
  builder,
  commands,
  done,
  heard,
  MODES,
  NOT_SHOWN,
  protect,
  run,
  script,
} from './openai-agents.scenario.ts'

function shellCall(...commands: string[]): Loose {
  return { type: 'shell_call', callId: `shell ${commands.join()}`, status: 'completed', action: { commands } }
}

function local(shell: Shell, options: Loose = {}): Loose {
  const run = async ({ commands }: Loose): Promise<Loose> => {
    const stdout = shell.run({ command: commands.join(' && ') })
    return { output: [{ stdout, stderr: '', outcome: { type: 'exit', exitCode: 0 } }] }
  }
  return shellTool({ shell: { run }, ...options })
}

test('shell tool', async () => {
  const shell = new Shell()
  const model = script([shellCall(ALLOW)], [shellCall(DENY)], [shellCall(ALLOW, ASK)])
  const agent = builder(shell, model, { tools: [local(shell)] })
  const result = await run(agent)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(heard(model)[1]!, /railway:volumeDelete/)
  const asked = questions(result.interruptions[0])
  assert.equal(asked.length, 2)
  for (const { message } of asked) assert.match(message, /\/repo\/src/)
  await run(agent, answer(result, true))
  assert.deepEqual(shell.ran, [ALLOW, `${ALLOW} && ${ASK}`])
})

test('shell tool with several commands', async () => {
  for (const commands of [
    ['echo "', `${ASK} #"`], // quoted when it is one script
    ['echo \\', ASK], // one line when it is one script
    ['cd /etc', 'rm passwd'], // harmless when each runs by itself
    [ALLOW, DENY],
  ]) {
    const shell = new Shell()
    const result = await run(builder(shell, script([shellCall(...commands)]), { tools: [local(shell)] }))
    assert.deepEqual(shell.ran, [])
    assert.equal(result.interruptions.length, commands.includes(DENY) ? 0 : 1)
  }
})

test('shell tool, replayed, rejected and edited', async () => {
  const shell = new Shell()
  const model = script([shellCall(ASK)])
  const agent = builder(shell, model, { tools: [local(shell)] })
  const result = await run(agent)
  const pending = result.state.toString()
  const saved = answer(result, true).toString()
  for (let times = 0; times < 2; times += 1) {
    model.enqueue(done())
    await run(agent, await RunState.fromString(agent, saved))
  }
  assert.deepEqual(shell.ran, [ASK])
  const state: Loose = await RunState.fromString(agent, pending)
  state.approve(state.getInterruptions()[0])
  await run(agent, state).catch(() => undefined)
  assert.deepEqual(shell.ran, [ASK])

  const other = builder(shell, script([shellCall(ASK_ELSE)]), { tools: [local(shell)] })
  const asked = await run(other)
  const before = asked.state.toString()
  await run(other, answer(asked, false))
  const after: Loose = await RunState.fromString(other, before)
  after.approve(after.getInterruptions()[0])
  other.model.enqueue(done())
  await run(other, after)
  assert.deepEqual(shell.ran, [ASK])
  assert.match(heard(other.model).at(-1)!, new RegExp(NOT_SHOWN))

  const third = builder(shell, script([shellCall(ASK)]), { tools: [local(shell)] })
  const runner = new Runner()
  runner.on('agent_tool_start', (_: Loose, __: Loose, ___: Loose, { toolCall }: Loose) => {
    toolCall.action.commands = [DENY]
  })
  await run(third, answer(await run(third), true), 'run', { runner })
  assert.deepEqual(shell.ran, [ASK])
})

test('shell tool with approval callback', async () => {
  const shell = new Shell()
  const onApproval = async (_: Loose, item: Loose): Promise<Loose> => ({
    approve: /\/repo\/src/.test(questions(item)[0]?.message ?? ''),
  })
  const model = script([shellCall(ASK)], [shellCall(ASK_ELSE)], [shellCall(DENY)])
  const agent = builder(shell, model, { tools: [local(shell, { onApproval })] })
  assert.equal((await run(agent)).finalOutput, 'done')
  assert.deepEqual(shell.ran, [ASK])
  assert.match(heard(model)[2]!, /railway:volumeDelete/)
})

function patchCall(type: string, path: string, more: object = {}): Loose {
  const operation = { type, path, ...more }
  const callId = `patch ${JSON.stringify(operation)}`
  return { type: 'apply_patch_call', callId, status: 'completed', operation }
}

class Editor {
  #shell: Shell

  constructor(shell: Shell) {
    this.#shell = shell
  }

  async createFile({ path }: Loose): Promise<void> {
    this.#shell.run({ command: `create ${path}` })
  }

  async updateFile({ path, moveTo }: Loose): Promise<void> {
    this.#shell.run({ command: `update ${path} ${moveTo}` })
  }

  async deleteFile({ path }: Loose): Promise<void> {
    this.#shell.run({ command: `delete ${path}` })
  }
}

const editing = (shell: Shell, options: Loose = {}): Loose =>
  applyPatchTool({ editor: new Editor(shell), ...options })

test('apply-patch tool', async () => {
  for (const mode of MODES) {
    const shell = new Shell()
    const model = script(
      [patchCall('create_file', 'src/a.py', { diff: '+x' })],
      [patchCall('update_file', 'src/a.py', { diff: '@@\n-x\n+y' })],
      [patchCall('delete_file', '/etc/passwd')],
      [{ ...patchCall('delete_file', '/etc/passwd'), callId: 'again' }],
    )
    const agent = builder(shell, model, { tools: [editing(shell)] })
    let result = await run(agent, 'go', mode)
    assert.deepEqual(shell.ran, ['create src/a.py', 'update src/a.py undefined'])
    assert.match(questions(result.interruptions[0])[0]!.message, /\/etc\/passwd/)
    result = await run(agent, answer(result, true), mode)
    assert.deepEqual(shell.ran.slice(2), ['delete /etc/passwd'])
    assert.equal(result.interruptions.length, 1)
    await run(agent, answer(result, false), mode)
    assert.deepEqual(shell.ran.slice(3), [])
  }
})

test('apply-patch tool that hides a path', async () => {
  for (const call of [
    patchCall('update_file', 'src/a.py', { diff: '@@\n-x\n+y', moveTo: '/etc/cron.d/x' }),
    patchCall('delete_file', 'src/a.py\n*** Delete File: src/b.py'),
    patchCall('delete_file', 'src/a.py\u2028*** Delete File: src/b.py'),
    patchCall('delete_file', ' src/a.py'),
    patchCall('create_file', 'src/a.py', { diff: '+x', moveTo: '/etc/cron.d/x' }),
  ]) {
    const shell = new Shell()
    const result = await run(builder(shell, script([call]), { tools: [editing(shell)] }))
    assert.equal(result.interruptions.length, 1)
    assert.deepEqual(shell.ran, [])
  }
})

test('apply-patch tool refused', async () => {
  const policies =
    '@id("frozen") @reason("frozen")\n' +
    'forbid(principal, action, resource) when { context.operation == "fs:remove" };'
  const guard = new Guard({ policies, inventory: '', packs: ['baseline'], workspace: '/' })
  const shell = new Shell()
  const model = script([patchCall('delete_file', 'src/a.py')])
  const tools = [editing(shell, { needsApproval: true })]
  const result = await run(builder(shell, model, { tools }, { guard }))
  assert.deepEqual(result.interruptions, [])
  assert.deepEqual(shell.ran, [])
  assert.match(heard(model)[0]!, /frozen/)
})

test('engine crash in other tools', async () => {
  for (const part of ['engine', 'adapter'] as const) {
    for (const [call, make] of [
      [shellCall(ALLOW), local],
      [patchCall('delete_file', 'src/a.py'), editing],
    ] as Loose[]) {
      const shell = new Shell()
      const model = script([call])
      const agent = builder(shell, model, { tools: [make(shell)] })
      const repair = crash(part)
      try {
        await run(agent).catch(() => undefined)
      } finally {
        repair()
      }
      assert.deepEqual(shell.ran, [])
    }
  }
})

test('tools that a search finds', async () => {
  const shell = new Shell()
  const search = toolSearchTool({ execution: 'client', execute: async () => bash(shell) } as Loose)
  const call: Loose = {
    type: 'tool_search_call',
    id: 's',
    status: 'completed',
    arguments: { paths: ['bash'] },
    providerData: { call_id: 's', execution: 'client' },
  }
  const model = script([call], [DENY, ALLOW], [ASK])
  const agent = builder(shell, model, { tools: [search] })
  const result = await run(agent)
  assert.deepEqual(shell.ran, [ALLOW])
  assert.deepEqual(commands(result), [ASK])
  const finds = async (): Promise<Loose> => webSearchTool()
  const hosted = attachClientToolSearchExecutor(toolSearchTool({ execution: 'client' }), finds)
  await assert.rejects(run(builder(shell, script([call]), { tools: [hosted] })))
})

test('sandbox agent', async () => {
  // Its capabilities bring tools only when a run starts.
  const shell = new Shell()
  class Bash extends Capability {
    readonly type = 'bash'
    override clone(): Loose {
      return new Bash()
    }
    override bind(): Loose {
      return this
    }
    override tools(): Loose {
      return [bash(shell)]
    }
  }
  const model = script([DENY], [ALLOW], [ASK])
  const agent = protect(new SandboxAgent({ name: 'builder', model, capabilities: [new Bash() as Loose] }))
  const { scriptedSandboxSession }: Loose = await import('@openai/agents/testing')
  const sandbox = { session: scriptedSandboxSession([]) }
  const result = await run(agent, 'go', 'run', { sandbox })
  assert.deepEqual(shell.ran, [ALLOW])
  assert.match(heard(model)[0]!, /railway:volumeDelete/)
  assert.match(questions(result.interruptions[0])[0]!.message, /\/repo\/src/)
  await run(agent, answer(result, true), 'run', { sandbox })
  assert.deepEqual(shell.ran, [ALLOW, ASK])
})

const hidden = (): Loose => new Agent({ name: 'helper', tools: [webSearchTool()] })
const UNSEEN: [string, () => Loose][] = [
  ['web search', () => ({ tools: [webSearchTool()] })],
  ['hosted MCP', () => ({ tools: [hostedMcpTool({ serverLabel: 'x', serverUrl: 'https://x.example' })] })],
  ['hosted shell', () => ({ tools: [shellTool({ environment: { type: 'container_auto' } } as Loose)] })],
  ['computer', () => ({ tools: [computerTool({ computer: {} as Loose })] })],
  ['an unknown tool', () => ({ tools: [{ type: 'novel', name: 'x' }] })],
  ['stored prompt', () => ({ prompt: { promptId: 'pmpt_1' } })],
  ['handed over to', () => ({ handoffs: [hidden()] })],
  ['handed over to with a handoff', () => ({ handoffs: [handoff(hidden())] })],
]

for (const [name, options] of UNSEEN) {
  test(`hosted: ${name}`, () => {
    const agent = new Agent({ name: 'builder', ...options() })
    assert.throws(() => guardAgent(agent, context()), ConfigurationError)
    assert.throws(() => guardAgent(agent, context()), /allowHosted: true/)
    assert.ok(guardAgent(agent, { ...context(), allowHosted: true }) instanceof Agent)
    // Only `true` is yes.
    const allowHosted: Loose = 'false'
    assert.throws(() => guardAgent(agent, { ...context(), allowHosted }), ConfigurationError)
  })
}

test('hosted tool added later', async () => {
  const shell = new Shell()
  for (const change of [
    (agent: Loose) => agent.tools.push(webSearchTool()),
    (agent: Loose) => (agent.prompt = { promptId: 'pmpt_1' }),
  ]) {
    const agent = builder(shell, script([ALLOW]))
    change(agent)
    await assert.rejects(run(agent), ConfigurationError)
  }
  assert.deepEqual(shell.ran, [])
  assert.throws(() => guardTool(webSearchTool(), context()), ConfigurationError)
})

test('what is no agent', () => {
  const wrong: Loose = { name: 'builder', tools: [], handoffs: [], mcpServers: [] }
  assert.throws(() => guardAgent(wrong, context()), ConfigurationError)
  const outer = new Agent({ name: 'builder', handoffs: [wrong] })
  assert.throws(() => guardAgent(outer, context()), ConfigurationError)
})

test('original agents stay as they are', async () => {
  const shell = new Shell()
  const own = bash(shell)
  const inner = new Agent({ name: 'helper', model: script([DENY]), tools: [own] })
  const outer = new Agent({ name: 'builder', model: script([['transfer_to_helper', {}]]), handoffs: [inner] })
  guardAgent(outer, context())
  assert.deepEqual(outer.handoffs, [inner])
  assert.equal(inner.tools[0], own)
  await run(outer)
  assert.deepEqual(shell.ran, [DENY])
})

test('listeners of the agent hear of its runs', async () => {
  const shell = new Shell()
  const agent: Loose = new Agent({ name: 'builder', model: script([ALLOW]), tools: [bash(shell)] })
  const events: string[] = []
  agent.on('agent_tool_start', () => events.push('before'))
  const guarded = protect(agent)
  guarded.on('agent_tool_end', () => events.push('after'))
  await run(guarded)
  assert.deepEqual(events, ['before', 'after'])
})

test('runs side by side', async () => {
  const shell = new Shell()
  const agent = builder(shell, script())
  agent.model = ''
  const one = (): Loose => run(agent, 'go', 'run', { runner: new Runner({ model: script([DENY, ALLOW]) }) })
  const runs = Array.from({ length: 8 }, one)
  for (const result of await Promise.all(runs)) assert.equal(result.finalOutput, 'done')
  assert.deepEqual(shell.ran, Array(8).fill(ALLOW))
})
