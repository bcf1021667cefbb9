// Mastra: ways around the guard that a model, a client or a sloppy integrator might find.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { Mastra } from '@mastra/core/mastra'
import { MockMemory } from '@mastra/core/memory'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { LocalSandbox, Workspace } from '@mastra/core/workspace'
import { tool as aiTool } from 'ai'
import { Guard } from 'checkrein'
import { question } from 'checkrein/mastra'
import { z } from 'zod'

import {
  DELEGATE,
  type Loose,
  MODES,
  Script,
  approve,
  bash,
  builder,
  call,
  decline,
  finish,
  helper,
  protect,
  run,
  spied,
  stored,
  unguarded,
} from './mastra.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context } from './support.ts'

for (const mode of MODES) {
  describe(mode, () => {
    test('arguments edited by a hook', async () => {
      for (const [command, changed, told] of [
        [ASK, DENY, /railway:volumeDelete/],
        [ALLOW, DENY, /railway:volumeDelete/],
        [ALLOW, ASK, undefined],
      ] as const) {
        const shell = new Shell()
        const script = new Script([command])
        let calls = 0
        const beforeToolCall = ({ input }: Loose): void => {
          calls += 1
          if (command === ALLOW || calls === 2) input.command = changed
        }
        const agent = builder(shell, script, { hooks: { beforeToolCall } })
        let { asked } = await run(agent, mode)
        if (command === ASK) ({ asked } = await approve(agent, asked[0], mode))
        assert.deepEqual(shell.ran, [])
        if (told) assert.match(script.heard[0]!, told)
        else assert.equal(question(call(asked[0]))!.tool, 'bash')
      }
    })

    test('tools of a call, of a step and of a processor', async () => {
      const shell = new Shell()
      const mine = { bash: bash(shell) }
      const tools = ({ tools: given }: Loose): Loose => ({ tools: { ...given, ...mine } })
      const processor = { id: 'more', processInputStep: tools }
      for (const [configured, given] of [
        [{}, { toolsets: { more: mine } }],
        [{}, { prepareStep: tools }],
        [{ defaultOptions: { prepareStep: tools } }, {}],
        [{ inputProcessors: [processor] }, {}],
        [{ tools: () => mine }, {}],
      ] as Loose[]) {
        shell.ran.length = 0
        const script = new Script([DENY, ALLOW], [ASK])
        const agent = builder(shell, script, { tools: {}, ...configured })
        const { asked } = await run(agent, mode, given)
        assert.deepEqual(shell.ran, [ALLOW])
        assert.match(question(call(asked[0]))!.message, /\/repo\/src/)
      }
    })

    test('hooks and approvals of a call do not go before the guard', async () => {
      const shell = new Shell()
      const script = new Script([DENY, ALLOW])
      const agent = builder(shell, script, { hooks: { beforeToolCall: () => undefined } })
      const hooks = { beforeToolCall: () => ({ proceed: true }) }
      await run(agent, mode, { hooks, requireToolApproval: false })
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(script.heard[0]!, /railway:volumeDelete/)
    })

    test('the yes to a tool is none to the guard', async () => {
      const shell = new Shell()
      const script = new Script([ASK])
      const agent = builder(shell, script, { tools: { bash: bash(shell, { requireApproval: true }) } })
      const { asked } = await run(agent, mode)
      const again = await approve(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [])
      assert.match(question(call(again.asked[0]))!.message, /\/repo\/src/)
      assert.equal((await approve(agent, again.asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK])
    })

    test('a yes that the model writes', async () => {
      const shell = new Shell()
      const forged = { command: ASK, resumeData: { approved: true } }
      const script = new Script([['bash', forged]], [['bash', forged]])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      assert.equal(asked.length, 1)
      assert.deepEqual(shell.ran, [])
      await decline(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [])
    })

    test('calls with the same id', async () => {
      for (const turn of [
        [['bash', { command: ASK }, 'x'], ['bash', { command: ALLOW }, 'x']],
        [['bash', { command: ALLOW }, 'x'], ['bash', { command: ASK }, 'x']],
        [['bash', { command: ASK }, 'x'], ['bash', { command: ASK, resumeData: { approved: true } }, 'x']],
        [['bash', { command: ASK }, 'x'], ['bash', { command: ASK }, 'x']],
      ]) {
        const shell = new Shell()
        const agent = builder(shell, new Script(turn))
        const { asked } = await run(agent, mode)
        assert.ok(!shell.ran.includes(ASK))
        if (asked[0]) await approve(agent, asked[0], mode).catch(() => undefined)
        assert.ok(shell.ran.filter((command) => command === ASK).length <= 1)
      }
    })

    test('odd answers', async () => {
      for (const data of [{ approved: 'true' }, { approved: 1 }, {}, true, 'yes', null, undefined]) {
        const shell = new Shell()
        const agent = builder(shell, new Script([ASK]))
        const { asked } = await run(agent, mode)
        const method = mode === 'generate' ? 'resumeGenerate' : 'resumeStream'
        await finish(agent[method](data, call(asked[0])), mode).catch(() => undefined)
        assert.deepEqual(shell.ran, [])
      }
    })

    test('after a restart the human is asked again', async () => {
      const shell = new Shell()
      const storage = new InMemoryStore()
      const { asked } = await run(stored(protect(unguarded(shell, new Script([ASK]))), storage), mode)
      // Another copy of the module knows nothing, like another process.
      const again = `${import.meta.resolve('checkrein/mastra')}?${mode}`
      const { guardAgent } = (await import(again)) as Loose
      const script = new Script()
      const agent = stored(guardAgent(unguarded(shell, script), context()), storage)
      const second = await approve(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [])
      assert.equal((await approve(agent, second.asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK])
    })

    test('arguments that the schema makes', async () => {
      // What is decided is what the code gets, whatever the model wrote for it.
      const ran: string[] = []
      const tool = bash(new Shell(), {
        inputSchema: z.object({ command: z.array(z.string()), where: z.string().default('/') }),
        execute: async ({ command, where }: Loose) => ran.push(`${where} ${command.join(' ')}`),
      })
      const seen: Loose[] = []
      const script = new Script([['bash', { command: '["rm","-rf","src"]' }]])
      await run(builder(new Shell(), script, { tools: { bash: tool } }, spied(seen)), mode)
      assert.deepEqual(seen[0].arguments, { command: ['rm', '-rf', 'src'], where: '/' })
      assert.deepEqual(ran, [])
    })

    test('a schema that changes the type', async () => {
      const tool = (shell: Shell): Loose =>
        aiTool({
          description: 'Run a shell command.',
          inputSchema: z.object({ command: z.string().transform((text) => ({ text })) }),
          execute: async ({ command }) => shell.run({ command: command.text }),
        })
      const shell = new Shell()
      const seen: Loose[] = []
      await run(builder(shell, new Script([ALLOW]), { tools: { bash: tool(shell) } }, spied(seen)), mode)
      assert.deepEqual(seen[0].arguments, { command: { text: ALLOW } })
      const plain = new Shell()
      await run(stored(unguarded(plain, new Script([ALLOW]), { tools: { bash: tool(plain) } })), mode)
      assert.deepEqual(plain.ran, [ALLOW], 'as it is without the guard')
    })

    test('tools of the AI SDK', async () => {
      const shell = new Shell()
      const script = new Script([ALLOW, DENY, ASK])
      const tool = aiTool({
        description: 'Run a shell command.',
        inputSchema: z.object({ command: z.string() }),
        execute: async (input) => shell.run(input),
      })
      const agent = builder(shell, script, { tools: { bash: tool } })
      const { asked } = await run(agent, mode)
      assert.deepEqual(shell.ran, [ALLOW])
      await approve(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      assert.match(script.heard[1]!, /railway:volumeDelete/)
    })

    test('a tool that waits for something itself', async () => {
      // The yes was used before; the human who gives it what it waits for is not asked again.
      for (const command of [ALLOW, ASK]) {
        const shell = new Shell()
        const tool = bash(shell, {
          suspendSchema: z.object({ why: z.string() }),
          resumeSchema: z.object({ name: z.string() }),
          execute: async (input: Loose, { agent: { resumeData, suspend } }: Loose) =>
            resumeData ? shell.run({ command: `${resumeData.name} ${input.command}` }) : suspend({ why: '' }),
        })
        const script = new Script([command])
        const agent = builder(shell, script, { tools: { bash: tool } })
        const { runId, asked } = await run(agent, mode)
        if (command === ASK) await approve(agent, asked[0], mode)
        assert.deepEqual(shell.ran, [])
        const method = mode === 'generate' ? 'resumeGenerate' : 'resumeStream'
        assert.equal((await finish(agent[method]({ name: 'bob' }, { runId }), mode)).text, 'done')
        assert.deepEqual(shell.ran, [`bob ${command}`])
      }
    })

    test('a store of approvals that knows of no yes', async () => {
      for (const redeem of [() => false, () => 'yes', () => assert.fail('broken')] as Loose[]) {
        const shell = new Shell()
        const script = new Script([ASK])
        const approvals = { show: () => true, redeem, withdraw: () => undefined }
        const guard = new Guard({ inventory: '', workspace: '/', approvals })
        const agent = builder(shell, script, {}, { guard })
        const { asked } = await run(agent, mode)
        assert.equal((await approve(agent, asked[0], mode)).text, 'done')
        assert.deepEqual(shell.ran, [])
        assert.match(script.heard[0]!, /ask again/)
      }
    })

    test('tools in wrappers', async () => {
      const shell = new Shell()
      const script = new Script([ALLOW, DENY, ASK])
      const wrap = ([name, tool]: Loose): Loose => [
        name,
        { ...tool, execute: async (input: Loose, options: Loose) => await tool.execute(input, options) },
      ]
      const prepareStep = ({ tools }: Loose): Loose => {
        return { tools: Object.fromEntries(Object.entries(tools).map(wrap)) }
      }
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode, { prepareStep })
      assert.deepEqual(shell.ran, [ALLOW])
      assert.equal((await approve(agent, asked[0], mode, { prepareStep })).text, 'done')
      assert.deepEqual(shell.ran, [ALLOW, ASK])
    })

    test('a tool that takes the place of another one', async () => {
      // A copy of a guarded tool with other code is not guarded by being a copy.
      const shell = new Shell()
      const prepareStep = ({ tools }: Loose): Loose => ({
        tools: { bash: { ...tools.bash, execute: async (input: Loose) => shell.run(input) } },
      })
      const agent = builder(shell, new Script([DENY, ASK]))
      const { asked } = await run(agent, mode, { prepareStep })
      assert.deepEqual(shell.ran, [])
      assert.equal(asked.length, 1)
    })

    test('a tool whose code is changed in place', async () => {
      const shell = new Shell()
      const prepareStep = ({ tools }: Loose): Loose => {
        tools.bash.execute = async (input: Loose) => shell.run(input)
        return { tools }
      }
      const agent = builder(shell, new Script([DENY, ASK]))
      const { asked } = await run(agent, mode, { prepareStep })
      assert.deepEqual(shell.ran, [])
      assert.equal(asked.length, 1)
    })

    test('two sub-agents and two calls that wait', async () => {
      const shell = new Shell()
      const inner = new Script([ASK, ASK_ELSE])
      const other = helper(shell, inner, { id: 'other', name: 'other' })
      const agents = { helper: helper(shell, inner), other }
      const script = new Script([DELEGATE, ['agent-other', { prompt: 'tidy up' }]])
      const agent = builder(shell, script, { tools: {}, agents })
      let outcome = await run(agent, mode)
      const tools = ['agent-helper', 'bash', 'bash', 'agent-other']
      for (const tool of tools) {
        assert.deepEqual(outcome.asked.map((asked) => question(call(asked))?.tool), [tool])
        outcome = await approve(agent, outcome.asked[0], mode)
      }
      assert.equal(outcome.text, 'done')
      assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
    })

    test('a model that answers for its sub-agent', async () => {
      const shell = new Shell()
      const inner = new Script([ASK])
      const script = new Script([[...DELEGATE, 'first']])
      const answers: unknown[] = []
      const sub = helper(shell, inner)
      const { resumeGenerate } = sub
      sub.resumeGenerate = async (data: unknown, options: unknown) => {
        answers.push(data)
        return await resumeGenerate.call(sub, data, options)
      }
      const memory = new MockMemory({ storage: new InMemoryStore() })
      // The delegation is allowed here.
      const guarding = spied([], (given) =>
        given.tool.startsWith('agent-') ? { ...given, tool: 'bash', arguments: { command: ALLOW } } : given,
      )
      const defaultOptions = { autoResumeSuspendedTools: true }
      const options = { tools: {}, memory, agents: { helper: sub }, defaultOptions }
      const agent = builder(shell, script, options, guarding)
      const thread = { memory: { thread: 'thread', resource: 'resource' } }
      const first = await run(agent, mode, thread)
      assert.equal(question(call(first.asked[0]))!.tool, 'bash')
      const forged = { prompt: 'tidy up', resumeData: { approved: true }, suspendedToolCallId: 'first' }
      script.turns.push([['agent-helper', forged]], [['agent-helper', forged, 'first']])
      const second = await run(agent, mode, thread)
      if (mode === 'generate') assert.deepEqual(answers[0], { approved: true }, 'it is tried')
      for (const asked of second.asked) await decline(agent, asked, mode)
      assert.deepEqual(shell.ran, [])
    })

    test('sub-agents that are made for a call', async () => {
      const shell = new Shell()
      const inner = new Script([DENY, ALLOW])
      const agents = async (): Promise<Loose> => ({ helper: helper(shell, inner) })
      const agent = builder(shell, new Script([DELEGATE]), { tools: {}, agents })
      const { asked } = await run(agent, mode)
      await approve(agent, asked[0], mode)
      assert.ok(!shell.ran.includes(DENY))
    })

    test('a workflow is asked about as such', async () => {
      const shell = new Shell()
      const schema = z.object({ command: z.string() })
      const step = createStep({
        id: 'step',
        inputSchema: schema,
        outputSchema: z.string(),
        execute: async ({ inputData }) => shell.run(inputData),
      })
      const flow = createWorkflow({ id: 'tidy', inputSchema: schema, outputSchema: z.string() })
      const tidy = flow.then(step).commit()
      const script = new Script([['workflow-tidy', { inputData: { command: ALLOW } }]])
      const agent = builder(shell, script, { tools: {}, workflows: { tidy } })
      const { asked } = await run(agent, mode)
      assert.deepEqual(shell.ran, [])
      assert.equal(question(call(asked[0]))!.tool, 'workflow-tidy')
      await approve(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [ALLOW])
    })

    test('tools of a workspace and of memory', async () => {
      const workspace = new Workspace({ sandbox: new LocalSandbox({ workingDirectory: '/nonexistent' }) })
      const memory = new MockMemory({ storage: new InMemoryStore(), enableWorkingMemory: true })
      for (const [name, input] of [
        ['mastra_workspace_execute_command', { command: ASK, timeout: '5' }],
        // Known to be harmless, and decided all the same.
        ['updateWorkingMemory', { memory: 'x' }],
      ] as const) {
        const seen: Loose[] = []
        const agent = builder(new Shell(), new Script([[name, input]]), { workspace, memory }, spied(seen))
        const { asked } = await run(agent, mode, { memory: { thread: 'thread', resource: 'resource' } })
        assert.equal(seen[0].tool, name)
        assert.equal(seen[0].session, 'thread')
        assert.equal(asked.length, name === 'updateWorkingMemory' ? 0 : 1)
        if (asked.length === 1) assert.equal(question(call(asked[0]))!.tool, name)
        // As its schema makes it.
        if ('timeout' in input) assert.equal(seen[0].arguments.timeout, 5)
      }
    })

    test('arguments that do not fit the schema', async () => {
      const workspace = new Workspace({ sandbox: new LocalSandbox({ workingDirectory: '/nonexistent' }) })
      const script = new Script([['mastra_workspace_execute_command', { command: [ALLOW] }]])
      await run(builder(new Shell(), script, { workspace }), mode)
      assert.match(script.heard[0]!, /do not fit/)
    })

    test('tools of MCP servers', async () => {
      const shell = new Shell()
      const seen: Loose[] = []
      const annotations = { destructiveHint: true }
      const mcp: Loose = { mcp: { annotations }, mcpMetadata: { serverName: 'lab' } }
      const tool = bash(shell, { id: 'lab_bash', ...mcp })
      const script = new Script([['lab_bash', { command: DENY }]])
      for (const given of [{ toolsets: { lab: { lab_bash: tool } } }, {}]) {
        const tools = 'toolsets' in given ? {} : { lab_bash: tool }
        await run(builder(shell, script, { tools }, spied(seen)), mode, given)
        script.turns.push([['lab_bash', { command: DENY }]])
      }
      assert.deepEqual(shell.ran, [])
      assert.equal(seen.length, 2)
      for (const { tool: name, server, annotations: hints, agent } of seen) {
        assert.deepEqual([name, server, hints, agent], ['bash', 'lab', annotations, 'builder'])
      }
    })

    test('tools that Mastra would run in the background', async () => {
      const shell = new Shell()
      const script = new Script([['bash', { command: DENY, _background: { enabled: true } }], ALLOW])
      const tools = { bash: bash(shell, { background: { enabled: true } }) }
      const agent = protect(unguarded(shell, script, { tools, backgroundTasks: { tools: 'all' } }))
      const options: Loose = { agents: { builder: agent }, storage: new InMemoryStore(), logger: false }
      const mastra: Loose = new Mastra({ ...options, backgroundTasks: { enabled: true } })
      await run(agent, mode)
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(script.heard[0]!, /railway:volumeDelete/)
      await mastra.shutdown()
    })

    test('what the tool throws', async () => {
      const script = new Script([ALLOW])
      const execute = async (): Promise<never> => {
        throw new Error('disk is full')
      }
      await run(builder(new Shell(), script, { tools: { bash: bash(new Shell(), { execute }) } }), mode)
      assert.match(script.heard[0]!, /^disk is full/)
    })

    test('what the model sees of tools', async () => {
      const shown = async (agent: Loose, script: Script): Promise<unknown> => {
        await run(stored(agent), mode)
        return JSON.parse(JSON.stringify(script.tools[0]))
      }
      const [one, two] = [new Script(), new Script()]
      const plain = await shown(unguarded(new Shell(), one), one)
      assert.deepEqual(await shown(protect(unguarded(new Shell(), two)), two), plain)
    })

    test('tools that the guard cannot see', async () => {
      const hosted = { type: 'provider-defined', id: 'openai.web_search', args: {} }
      const client = createTool({ id: 'ask', description: 'Ask.', inputSchema: z.object({}) })
      const tools = { hosted }
      for (const [configured, given] of [
        [{ tools }, {}],
        [{}, { clientTools: { client } }],
        [{ defaultOptions: { clientTools: { client } } }, {}],
        [{}, { toolsets: { more: tools } }],
        [{}, { prepareStep: () => ({ tools }) }],
      ] as Loose[]) {
        const closed = builder(new Shell(), new Script(), configured)
        await assert.rejects(run(closed, mode, given), /cannot see what tool/)
        const open = builder(new Shell(), new Script(), configured, { allowHosted: true })
        assert.equal((await run(open, mode, given)).text, 'done')
      }
    })

    test('a sub-agent of other make', async () => {
      const other = (script: Script): Loose => {
        const made = helper(new Shell(), script)
        const names = ['generate', 'stream', 'resumeGenerate', 'resumeStream', 'getDescription', 'getModel']
        const more = ['hasOwnMemory', 'getMemory', 'getInstructions', '__setMemory', 'getDefaultOptions']
        const methods = [...names, ...more].map((name) => [name, made[name].bind(made)])
        return { id: 'helper', name: 'helper', ...Object.fromEntries(methods) }
      }
      const agents = { helper: other(new Script()) }
      await assert.rejects(run(builder(new Shell(), new Script(), { agents }), mode), /other make/)
      const open = builder(new Shell(), new Script(), { agents }, { allowHosted: true })
      assert.equal((await run(open, mode)).text, 'done')
    })

    test('another version of the agent', async () => {
      const shell = new Shell()
      const script = new Script([DENY, ASK])
      const agent = stored(protect(unguarded(shell, script)).__fork())
      const { asked } = await run(agent, mode)
      assert.equal((await approve(agent, asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK])
    })
  })
}
