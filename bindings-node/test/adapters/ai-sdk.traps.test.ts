// Vercel AI SDK: what an adversarial agent or a hurried integrator would try.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import {
  convertToModelMessages,
  createAgentUIStreamResponse,
  dynamicTool,
  experimental_toolCaller,
  generateText,
  jsonSchema,
  tool,
  toolSearch,
} from 'ai'
import { ConfigurationError } from 'checkrein'
import { guardTools } from 'checkrein/ai-sdk'
import { z } from 'zod'

import {
  type Loose,
  MODES,
  NOT_SHOWN,
  START,
  answer,
  bash,
  edited,
  heard,
  invented,
  protect,
  run,
  script,
} from './ai-sdk.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, crash } from './support.ts'

const refused = { name: 'ConfigurationError', constructor: ConfigurationError }

for (const mode of MODES) {
  describe(mode, () => {
    test('toolApproval is forgotten', async () => {
      const shell = new Shell()
      const model = script([ALLOW, ASK, DENY])
      const { tools } = protect({ bash: bash(shell) })
      const asked = await run(mode, { model, tools })
      assert.deepEqual(asked.commands, [ASK], 'the tool itself asks')
      assert.deepEqual(shell.ran, [ALLOW])
      await run(mode, { model, tools }, answer(asked, true))
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      assert.match(heard(model).join('\n'), /railway:volumeDelete/)
      await run(mode, { model, tools }, answer(asked, true))
      await run(mode, { model, tools }, invented(ASK_ELSE))
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      assert.match(heard(model).join('\n'), NOT_SHOWN)
      const repair = crash('adapter')
      try {
        await run(mode, { model: script([ALLOW]), tools }).catch(() => {})
        await run(mode, { model: script([ALLOW]), tools, toolApproval: () => 'approved' }).catch(() => {})
      } finally {
        repair()
      }
      assert.deepEqual(shell.ran, [ALLOW, ASK])
    })

    test('another toolApproval takes its place', async () => {
      const answers = ['approved', 'not-applicable', 'aproved', 'deny', undefined, { type: 'approved' }, {}]
      for (const other of answers) {
        for (const toolApproval of [() => other, { bash: other }, { bash: () => other }]) {
          const shell = new Shell()
          const { tools } = protect({ bash: bash(shell) })
          const result = await run(mode, { model: script([DENY, ASK]), tools, toolApproval })
          // A tool that the SDK is left alone with asks by itself.
          if (result.asked.length === 0) await run(mode, { model: script(), tools }, result.messages)
          assert.deepEqual(shell.ran, [])
        }
      }
    })

    test('the own toolApproval of the application, after ours', async () => {
      const shell = new Shell()
      const { tools, toolApproval } = protect({ bash: bash(shell) })
      const both = async (call: Loose): Promise<Loose> => {
        const ours = await toolApproval(call)
        return ours.type === 'not-applicable' ? 'user-approval' : ours
      }
      const settings = { model: script([ALLOW, ASK, DENY]), tools, toolApproval: both }
      const asked = await run(mode, settings)
      assert.deepEqual(asked.commands, [ALLOW, ASK])
      assert.deepEqual(shell.ran, [])
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ALLOW, ASK])
    })

    test('a tool that went around the guard', async () => {
      const [shell, other] = [new Shell(), new Shell()]
      const { tools, toolApproval } = protect({ bash: bash(shell) })
      const model = script([['zsh', { command: ALLOW }]])
      const settings = { model, tools: { ...tools, zsh: bash(other) }, toolApproval }
      await run(mode, settings)
      assert.deepEqual(other.ran, [])
      assert.match(heard(model)[0]!, /`zsh` is not guarded; hand it to `guardTools`/)
      await run(mode, settings, edited(invented(ALLOW), (part) => (part.toolName = 'zsh')))
      assert.deepEqual(other.ran, [])
    })

    test('two sets of tools', async () => {
      const [one, two] = [new Shell(), new Shell()]
      const first = protect({ bash: bash(one) }, { agent: 'first' })
      const second = protect({ zsh: bash(two) }, { agent: 'second' })
      const model = script([ALLOW, ['zsh', { command: ALLOW }], ['zsh', { command: DENY }]])
      const settings = { model, tools: { ...first.tools, ...second.tools }, toolApproval: first.toolApproval }
      await run(mode, settings)
      assert.deepEqual([one.ran, two.ran], [[ALLOW], [ALLOW]])
    })

    test("what the tool itself asks for is still asked, and is no way around the guard's no", async () => {
      const told: Loose[] = []
      const asks = (answer: boolean) =>
        function (this: Loose, input: Loose, { toolCallId, messages, context }: Loose): boolean {
          told.push([this.description, input, toolCallId, messages.length, context])
          return answer
        }
      for (const [needsApproval, own] of [
        [true, true],
        [asks(true), true],
        [async () => true, true],
        [asks(false), false],
        [false, false],
      ] as const) {
        for (const forgotten of [false, true]) {
          const shell = new Shell()
          const { tools, toolApproval } = protect({ bash: bash(shell, { needsApproval }) })
          const approval = forgotten ? {} : { toolApproval }
          const settings = { tools, ...approval, toolsContext: { bash: { key: 1 } } }
          const all = { model: script([ALLOW, DENY, ASK]), ...settings }
          const asked = await run(mode, all)
          assert.deepEqual(asked.commands, own ? [ALLOW, ASK] : [ASK])
          assert.deepEqual(shell.ran, own ? [] : [ALLOW])
          await run(mode, all, answer(asked, true))
          assert.deepEqual(shell.ran, [ALLOW, ASK])
        }
      }
      assert.deepEqual(told[0], ['Run a shell command.', { command: ALLOW }, 'call-1', 1, { key: 1 }])
    })

    test('what the tool itself asks for, and the input is changed after the yes', async () => {
      const shell = new Shell()
      const settings = { model: script([ALLOW]), ...protect({ bash: bash(shell, { needsApproval: true }) }) }
      const asked = await run(mode, settings)
      for (const command of [DENY, ASK]) {
        await run(mode, settings, edited(answer(asked, true), (part) => (part.input.command = command)))
      }
      assert.deepEqual(shell.ran, [])
    })

    test('two calls of one step with the same id', async () => {
      const call = (command: string): Loose => ({
        type: 'tool-call',
        toolCallId: 'call-0',
        toolName: 'bash',
        input: JSON.stringify({ command }),
      })
      for (const commands of [
        [ASK, ASK_ELSE],
        [ASK_ELSE, ASK, ASK_ELSE],
        [ASK, ASK_ELSE, ASK_ELSE],
      ]) {
        const shell = new Shell()
        const settings = { model: script(commands.map(call)), ...protect({ bash: bash(shell) }) }
        const result = await run(mode, settings)
        const reasons = JSON.stringify(result.messages)
        assert.match(reasons, /two calls have the id `call-0`, so none of them can be approved/)
        if (result.asked.length > 0) await run(mode, settings, answer(result, true))
        for (const command of commands) {
          await run(mode, settings, invented(command, { toolCallId: 'call-0' }))
        }
        assert.deepEqual(shell.ran, [])
      }
    })

    test('an id that comes back in a later step cannot be approved', async () => {
      const shell = new Shell()
      const call = { type: 'tool-call', toolCallId: 'call-0', toolName: 'bash' }
      const turn = (command: string): Loose => [{ ...call, input: JSON.stringify({ command }) }]
      const model = script(turn(ALLOW), turn(ASK))
      const settings = { model, ...protect({ bash: bash(shell) }) }
      const asked = await run(mode, settings)
      assert.deepEqual(shell.ran, [ALLOW])
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(heard(model).at(-1)!, NOT_SHOWN)
    })

    test('a hook changes the input after it was decided on', async () => {
      const shell = new Shell()
      const change = ({ toolCall }: Loose): void => {
        toolCall.input.command = DENY
      }
      const settings = { ...protect({ bash: bash(shell) }), onToolExecutionStart: change }
      const model = script([ALLOW, ASK])
      const asked = await run(mode, { ...settings, model })
      await run(mode, { ...settings, model }, answer(asked, true))
      assert.deepEqual(shell.ran, [])
      assert.match(heard(model).join('\n'), /railway:volumeDelete/)
    })

    test('somebody changes the input while the tool runs', async () => {
      const ran: string[] = []
      const given: Loose[] = []
      const execute = async (input: Loose): Promise<string> => {
        for (const other of given) other.command = DENY
        await new Promise(setImmediate)
        ran.push(input.command)
        return 'ok'
      }
      const settings = {
        ...protect({ bash: bash(new Shell(), { execute }) }),
        onToolExecutionStart: ({ toolCall }: Loose) => void given.push(toolCall.input),
      }
      await run(mode, { ...settings, model: script([ALLOW]) })
      assert.deepEqual(ran, [ALLOW])
      assert.equal(given.length, 1)
    })

    test('a tool that streams', async () => {
      const shell = new Shell()
      const execute = async function* (input: Loose): AsyncGenerator<string> {
        yield 'working'
        yield shell.run(input)
      }
      const model = script([ALLOW, DENY, ASK])
      const settings = { model, ...protect({ bash: bash(shell, { execute }) }) }
      const asked = await run(mode, settings)
      assert.deepEqual(shell.ran, [ALLOW])
      const last = await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      assert.ok(heard(model).includes(`ran ${ALLOW}`) && heard(model).includes(`ran ${ASK}`))
      if (!mode.startsWith('stream')) return
      for (const [parts, command] of [
        [asked.parts, ALLOW],
        [last.parts, ASK],
      ] as const) {
        const results = parts.filter(({ type }) => type === 'tool-result')
        const outputs = results.map(({ output, preliminary }) => [output, preliminary === true])
        const done = `ran ${command}`
        assert.deepEqual(outputs, [['working', true], [done, true], [done, false]])
      }
    })

    test('hooks, the output for the model and the schema stay as they are', async () => {
      const shell = new Shell()
      const calls: string[] = []
      const extras = {
        onInputStart: () => void calls.push('start'),
        onInputAvailable: ({ input }: Loose) => void calls.push(input.command),
        toModelOutput: ({ output }: Loose) => ({ type: 'text', value: `<${output}>` }),
        inputExamples: [{ input: { command: 'ls' } }],
        strict: true,
        providerOptions: { mock: { key: 1 } },
      }
      const seen = async (guard: Loose): Promise<Loose> => {
        const model = script([ALLOW, DENY])
        await run(mode, { model, ...guard({ bash: bash(shell, extras) }) })
        return [model, [...model.doGenerateCalls, ...model.doStreamCalls][0].tools]
      }
      const [, plain] = await seen((tools: Loose) => ({ tools, toolApproval: () => 'denied' }))
      calls.length = 0
      const [model, tools] = await seen(protect)
      assert.deepEqual(tools, plain)
      assert.equal(tools[0].inputSchema.properties.command.type, 'string')
      assert.deepEqual(calls.filter((call) => call !== 'start'), [ALLOW, DENY])
      assert.match(heard(model).join('\n'), new RegExp(`<ran ${ALLOW}>`))
      assert.match(heard(model).join('\n'), /^checkrein: railway/m)
    })

    test("a tool's own exception, and a tool made of a class", async () => {
      const failure = new Error('disk full')
      class Tool {
        readonly inputSchema = z.object({ command: z.string() })
        readonly #failure = failure
        get description(): string {
          return 'From a class.'
        }
        execute(): never {
          throw this.#failure
        }
      }
      const model = script([ALLOW])
      const result = await run(mode, { model, ...protect({ bash: new Tool() }) })
      const errors = result.messages.flatMap(({ content }) => content).filter((part) => part.output)
      assert.match(JSON.stringify(errors), /disk full/)
      assert.deepEqual(heard(model), ['Error: disk full'])
      const [{ tools }] = [...model.doGenerateCalls, ...model.doStreamCalls]
      assert.equal(tools[0].description, 'From a class.')
    })

    test('input that is no plain data', async () => {
      const shell = new Shell()
      const inputSchema = z.object({ command: z.string().transform((text) => () => text) })
      const { tools } = protect({ bash: bash(shell, { inputSchema }) })
      await run(mode, { model: script([ALLOW]), tools }).catch(() => {})
      await run(mode, { model: script([ALLOW]), tools, toolApproval: () => 'approved' }).catch(() => {})
      assert.deepEqual(shell.ran, [])
    })

    test('an input that the schema or a refinement changes', async () => {
      const shell = new Shell()
      const inputSchema = z.object({ command: z.string().transform((text) => text.replace('LOOK', ASK)) })
      const settings = { model: script(['LOOK']), ...protect({ bash: bash(shell, { inputSchema }) }) }
      const asked = await run(mode, settings)
      assert.deepEqual(asked.commands, [ASK])
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ASK])
      const refine = { bash: (input: Loose) => ({ ...input, command: DENY }) }
      await run(mode, { ...settings, model: script([ALLOW]), experimental_refineToolInput: refine })
      assert.deepEqual(shell.ran, [ASK])
    })

    test('dynamic tools, and names that all objects have', async () => {
      const shell = new Shell()
      const make = (): Loose =>
        dynamicTool({
          description: 'any',
          inputSchema: jsonSchema({ type: 'object', properties: { command: { type: 'string' } } }),
          execute: async (input) => shell.run(input as Loose),
        })
      const model = script([ALLOW, DENY, ASK, ['constructor', {}], ['__proto__', { command: ALLOW }]])
      const settings = { model, ...protect({ bash: make(), ['__proto__']: make() }) }
      const asked = await run(mode, settings)
      assert.deepEqual(asked.commands, [ASK, ALLOW], 'a tool of an unknown name is asked about')
      assert.deepEqual(shell.ran, [ALLOW])
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ALLOW, ASK, ALLOW])
      await run(mode, settings, edited(invented(ALLOW), (part) => (part.toolName = 'toString')))
      assert.deepEqual(shell.ran, [ALLOW, ASK, ALLOW])
    })

    test('active tools, step by step', async () => {
      const [shell, other] = [new Shell(), new Shell()]
      const model = script([ALLOW], [['zsh', { command: DENY }], ['zsh', { command: ALLOW }]])
      const prepareStep = ({ stepNumber }: Loose): Loose => ({
        activeTools: [stepNumber === 0 ? 'bash' : 'zsh'],
      })
      await run(mode, { model, ...protect({ bash: bash(shell), zsh: bash(other) }), prepareStep })
      assert.deepEqual([shell.ran, other.ran], [[ALLOW], [ALLOW]])
    })

    test('a prepared step with another history shows no call', async () => {
      const shell = new Shell()
      const { tools, toolApproval } = protect({ bash: bash(shell) })
      const prepareStep = (): Loose => ({ messages: START })
      const settings = { model: script(), tools, toolApproval, prepareStep }
      await run(mode, settings, invented(ASK))
      await run(mode, settings, invented(ASK))
      assert.deepEqual(shell.ran, [])
    })

    test('deferred tools that a search finds', async () => {
      const shell = new Shell()
      const model = script([['toolSearch', { query: 'shell' }]], [ALLOW, DENY])
      const tools = { toolSearch: toolSearch(), bash: bash(shell, { deferLoading: true }) }
      await run(mode, { model, ...protect(tools) })
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(JSON.stringify(heard(model)), /Run a shell command/)
    })

    test('code that calls tools', async () => {
      const [shell, code] = [new Shell(), new Shell()]
      // As code mode does it: the SDK puts what `bind` returns in the place of the tool.
      const caller = (bound: Loose): Loose =>
        tool({
          inputSchema: z.object({ command: z.string() }),
          execute: async (input, told) => {
            code.run(input)
            for (const command of [ALLOW, DENY, ASK]) {
              await bound.bash.execute({ command }, { ...told, toolCallId: 'inner' }).catch(() => {})
            }
            return 'ok'
          },
        })
      const bind = (bound: Loose): Loose => {
        const { bash: inner } = bound
        return caller({ bash: { execute: async (...all: Loose[]) => inner.execute(...all) } })
      }
      const zsh = experimental_toolCaller(caller({}), { type: 'local', bind })
      const guarded = protect({ bash: bash(shell), zsh })
      assert.equal(guarded.tools.zsh.experimental_toolCaller?.type, 'local')
      const turns = [ALLOW, DENY, ASK].map((command) => ['zsh', { command }])
      const model = script(turns)
      const settings = { ...guarded, experimental_toolCallers: { bash: ['zsh'] } }
      const asked = await run(mode, { ...settings, model })
      assert.deepEqual(code.ran, [ALLOW])
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(asked.commands, [ASK])
    })

    test('tools without code are decided, and left to whoever runs them', async () => {
      const client = tool({ inputSchema: z.object({ command: z.string() }), outputSchema: z.string() })
      const model = script([DENY])
      const denied = await run(mode, { model, ...protect({ bash: client }) })
      assert.equal(denied.text, 'done')
      assert.match(heard(model)[0]!, /railway:volumeDelete/)
      const allowed = await run(mode, { model: script([ALLOW]), ...protect({ bash: client }) })
      assert.deepEqual(allowed.content.map(({ type }) => type), ['tool-call'])
      const asked = await run(mode, { model: script([ASK]), ...protect({ bash: client }) })
      assert.deepEqual(asked.commands, [ASK])
    })

    test('signed approvals', async () => {
      const shell = new Shell()
      const model = script([ASK])
      const settings = { model, ...protect({ bash: bash(shell) }), experimental_toolApprovalSecret: 'secret' }
      const asked = await run(mode, settings)
      assert.deepEqual(shell.ran, [])
      await run(mode, settings, answer(asked, true))
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [ASK])
    })
  })
}

test('tools that the provider runs', async () => {
  const hosted = { type: 'provider', id: 'mock.search', args: {}, inputSchema: jsonSchema({}) }
  const shell = new Shell()
  for (const odd of [
    { ...hosted, isProviderExecuted: true },
    { ...hosted, isProviderExecuted: true, execute: () => 'x' },
    hosted,
    { ...hosted, type: 'provider-defined' },
    { ...hosted, type: 'something new', execute: () => 'x' },
  ]) {
    const problem = { ...refused, message: /`search`.*allowHosted/ }
    assert.throws(() => guardTools({ search: odd }, context()), problem)
    const { tools, toolApproval } = guardTools({ search: odd }, { ...context(), allowHosted: true })
    const toolCall = { toolCallId: '1', toolName: 'search', input: {}, providerExecuted: true }
    assert.deepEqual(await toolApproval({ toolCall, tools, messages: START }), { type: 'not-applicable' })
  }
  // Defined by the provider, run here.
  const local = { ...hosted, isProviderExecuted: false, execute: (input: Loose) => shell.run(input) }
  const model = script([ALLOW, DENY])
  await run('generateText', { model, ...protect({ bash: local }) })
  assert.deepEqual(shell.ran, [ALLOW])
  guardTools({ search: { ...hosted, isProviderExecuted: false } }, context())
})

test('MCP tools go by the name that the server gave them', async () => {
  const make = (annotations: object): Loose =>
    dynamicTool({
      inputSchema: jsonSchema({ type: 'object' }),
      execute: async () => 'ran',
      metadata: { clientName: 'ai-sdk-mcp-client', toolName: 'get_volume', annotations } as Loose,
    })
  const shared = context()
  const calls: Loose[] = []
  const authorize = shared.guard.authorize.bind(shared.guard)
  shared.guard.authorize = (call) => {
    calls.push([call.tool, call.server, call.annotations])
    return authorize(call)
  }
  const lab = guardTools({ renamed: make({ readOnlyHint: true }) }, { ...shared, server: 'lab' })
  const other = guardTools({ get_volume: bash(new Shell(), { metadata: { toolName: 'x' } }) }, shared)
  for (const [toolName, { ruling }] of Object.entries({ renamed: lab, get_volume: other })) {
    ruling({ toolCall: { toolName, toolCallId: '1', input: {} } } as Loose)
  }
  assert.deepEqual(calls, [
    ['get_volume', 'lab', { readOnlyHint: true }],
    ['get_volume', undefined, undefined],
  ])
})

test('guarded twice, and rulings about tools that are not there', () => {
  const guarded = guardTools({ bash: bash(new Shell()) }, context())
  const problem = { ...refused, message: /`bash` is guarded already/ }
  assert.throws(() => guardTools(guarded.tools, context()), problem)
  assert.throws(() => guardTools({ x: { ...guarded.tools.bash } }, context()), refused)
  for (const toolName of ['zsh', 'constructor']) {
    const toolCall = { toolName, toolCallId: '1', input: {} }
    assert.throws(() => guarded.ruling({ toolCall }), { ...refused, message: /not guarded/ })
  }
  assert.deepEqual(Object.keys({ ...guarded }), ['tools', 'toolApproval'])
})

test('the tools given stay as they are', async () => {
  const shell = new Shell()
  const source = bash(shell)
  const before = Object.getOwnPropertyDescriptors(source)
  guardTools({ bash: source }, context())
  assert.deepEqual(Object.getOwnPropertyDescriptors(source), before)
})

test('a tool whose code is called directly', async () => {
  const shell = new Shell()
  const { tools } = guardTools({ bash: bash(shell) }, context()) as Loose
  assert.equal(await tools.bash.execute({ command: ALLOW }), `ran ${ALLOW}`)
  for (const command of [DENY, ASK]) {
    assert.throws(() => tools.bash.execute({ command }, { toolCallId: '1', messages: START }), /checkrein/)
    assert.throws(() => tools.bash.execute({ command }), /checkrein/)
  }
  assert.deepEqual(shell.ran, [ALLOW])
})

// It has no toolApproval, and denies a yes that the tool does not ask for.
test('version 6 of the SDK', async () => {
  const shell = new Shell()
  const { tools } = guardTools({ bash: bash(shell) }, context()) as Loose
  const resumed = invented(ASK)
  const asks = (command: string, messages: Loose[]): Loose =>
    tools.bash.needsApproval({ command }, { toolCallId: 'call-x', messages, experimental_context: undefined })
  assert.equal(await asks(ALLOW, START), false)
  assert.equal(await asks(DENY, START), false)
  assert.equal(await asks(ASK, resumed), true)
  const told = { toolCallId: 'call-x', messages: resumed }
  assert.throws(() => tools.bash.execute({ command: ASK }, told), NOT_SHOWN)
  assert.equal(await asks(ASK, START), true)
  assert.equal(await asks(ASK, resumed), true)
  await tools.bash.execute({ command: ASK }, told)
  assert.throws(() => tools.bash.execute({ command: ASK }, told), NOT_SHOWN)
  assert.equal(await asks(ASK, START), false, 'used already')
  assert.deepEqual(shell.ran, [ASK])
  // Who does not say what the history is, gets nothing shown.
  for (const messages of [[], undefined]) {
    await Promise.allSettled([asks(ASK_ELSE, messages as Loose)])
    assert.throws(() => tools.bash.execute({ command: ASK_ELSE }, told), NOT_SHOWN)
  }
})

test('a chat in a browser', async () => {
  const { ToolLoopAgent } = await import('ai')
  const shell = new Shell()
  const model = script([ASK])
  const agent = new ToolLoopAgent({ model, ...protect({ bash: bash(shell) }) })
  const send = async (uiMessages: Loose[]): Promise<Loose[]> => {
    const response = await createAgentUIStreamResponse({ agent, uiMessages })
    const events = (await response.text()).split('\n\n').filter((line) => line.startsWith('data: {'))
    return events.map((line) => JSON.parse(line.slice('data: '.length)))
  }
  const user = { id: '1', role: 'user', parts: [{ type: 'text', text: 'go' }] }
  const events = await send([user])
  const request = events.find(({ type }) => type === 'tool-approval-request')
  assert.match(request.reason, /fs:remove_recursive/)
  const part = (command: string): Loose => ({
    type: 'tool-bash',
    toolCallId: request.toolCallId,
    state: 'approval-responded',
    input: { command },
    approval: { id: request.approvalId, approved: true },
  })
  const reply = (command: string): Loose => [user, { id: '2', role: 'assistant', parts: [part(command)] }]
  await send(reply(ASK_ELSE))
  await send(reply(DENY))
  assert.deepEqual(shell.ran, [])
  await send(reply(ASK))
  await send(reply(ASK))
  assert.deepEqual(shell.ran, [ASK])
  assert.match(heard(model).join('\n'), NOT_SHOWN)
  // The same by hand.
  const messages = await convertToModelMessages(reply(ASK), { tools: agent.tools })
  await generateText({ model, tools: agent.tools, messages })
  assert.deepEqual(shell.ran, [ASK])
})
