// OpenAI Agents SDK, with its scripted model below its real runner.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import {
  Agent,
  Handoff,
  type MCPServer,
  RunContext,
  RunState,
  Runner,
  applyPatchTool,
  attachClientToolSearchExecutor,
  computerTool,
  handoff,
  hostedMcpTool,
  run as runAgent,
  setTracingDisabled,
  shellTool,
  tool,
  toolNamespace,
  toolSearchTool,
  webSearchTool,
} from '@openai/agents'
import { SandboxAgent, Capability } from '@openai/agents/sandbox'
import { ScriptedModel, assistantMessage, functionCall } from '@openai/agents/testing'
import { ConfigurationError, Guard } from 'checkrein'
import { guardAgent, guardTool, questions } from 'checkrein/openai-agents'
import { z } from 'zod'

import { ALLOW, ASK, ASK_ELSE, DENY, Shell, WORKSPACE, context, crash } from './support.ts'

setTracingDisabled(true)

// The SDK's own types are generic to the last detail; what matters here is what runs.
type Loose = any

const NOT_SHOWN = 'not asked for in this process'
const MODES = ['run', 'stream'] as const
type Mode = (typeof MODES)[number]

async function run(
  agent: Loose,
  given: Loose = 'go',
  mode: Mode = 'run',
  options: Loose = {},
): Promise<Loose> {
  const { runner, ...rest } = options
  const start = runner === undefined ? runAgent : runner.run.bind(runner)
  if (mode === 'run') return await start(agent, given, rest)
  const result: Loose = await start(agent, given, { ...rest, stream: true })
  for await (const _ of result) {
    // Only to the end.
  }
  await result.completed
  return result
}

/** A model that makes the calls, turn by turn, then says that it is done. A text is a command for
 * `bash`, a pair another tool and its arguments, all else a call as is. */
function script(...turns: Loose[][]): ScriptedModel {
  let number = 0
  const steps: Loose[] = turns.map((turn) =>
    turn.map((item) => {
      number += 1
      const call = typeof item === 'string' ? ['bash', { command: item }] : item
      return Array.isArray(call) ? functionCall(call[0], call[1], { callId: `call-${number}` }) : call
    }),
  )
  return new ScriptedModel([...steps, done()])
}

const done = (): Loose => [assistantMessage('done')]

/** What the model was told about its calls, as far as the last time it was asked. */
function heard(model: ScriptedModel): string[] {
  const input: Loose = model.lastCall!.request.input
  return (Array.isArray(input) ? input : [])
    .filter((item: Loose) => 'output' in item)
    .map(({ output }: Loose) => output.text ?? (typeof output === 'string' ? output : JSON.stringify(output)))
}

function bash(shell: Shell, options: Loose = {}): Loose {
  return tool({
    name: 'bash',
    description: 'Run a shell command.',
    parameters: z.object({ command: z.string() }),
    execute: async (input: { command: string }) => shell.run(input),
    ...options,
  })
}

/** Off to see that the tests which must stop a call fail without the guard. */
const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

function protect(agent: Loose, options: Loose = {}): Loose {
  return OFF ? agent : guardAgent(agent, { ...context(), ...options })
}

function builder(shell: Shell, model: ScriptedModel, options: Loose = {}, guarding: Loose = {}): Loose {
  return protect(new Agent({ name: 'builder', model, tools: [bash(shell)], ...options }), guarding)
}

function answer(result: Loose, yes: boolean): Loose {
  for (const item of result.interruptions) {
    if (yes) result.state.approve(item)
    else result.state.reject(item)
  }
  return result.state
}

const commands = (result: Loose): string[] =>
  result.interruptions.map((item: Loose) => JSON.parse(item.arguments).command)

for (const mode of MODES) {
  describe(mode, () => {
    test('allow', async () => {
      const shell = new Shell()
      const model = script([ALLOW])
      const result = await run(builder(shell, model), 'go', mode)
      assert.equal(result.finalOutput, 'done')
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(heard(model), [`ran ${ALLOW}`])
    })

    test('deny', async () => {
      const shell = new Shell()
      const model = script([DENY])
      const result = await run(builder(shell, model), 'go', mode)
      assert.equal(result.finalOutput, 'done')
      assert.deepEqual(result.interruptions, [])
      assert.deepEqual(shell.ran, [])
      assert.match(heard(model)[0]!, /railway:volumeDelete/)
      assert.equal(result.toolInputGuardrailResults[0].output.outputInfo.verdict, 'deny')
    })

    for (const saved of [false, true]) {
      test(saved ? 'ask, then approve, from a saved state' : 'ask, then approve', async () => {
        const shell = new Shell()
        const model = script([ASK])
        const agent = builder(shell, model)
        const result = await run(agent, 'go', mode)
        assert.deepEqual(shell.ran, [])
        const [interruption] = result.interruptions
        const [question] = questions(interruption)
        assert.match(question!.message, /\/repo\/src/)
        assert.match(question!.fingerprint, /^sha256:/)
        assert.equal((question!.decision as Loose).verdict, 'needs_approval')
        assert.deepEqual(JSON.parse(JSON.stringify(question)), question)
        let state = answer(result, true)
        if (saved) state = await RunState.fromString(agent, state.toString())
        assert.equal((await run(agent, state, mode)).finalOutput, 'done')
        assert.deepEqual(shell.ran, [ASK])
        assert.deepEqual(heard(model), [`ran ${ASK}`])
        assert.deepEqual(questions(interruption), [])
      })
    }

    test('ask, then reject', async () => {
      const shell = new Shell()
      const model = script([ASK])
      const agent = builder(shell, model)
      const result = await run(agent, 'go', mode)
      const saved = result.state.toString()
      result.state.reject(result.interruptions[0], { message: 'not today' })
      assert.equal((await run(agent, result.state, mode)).finalOutput, 'done')
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(heard(model), ['not today'])
      // A yes after the no is none: the question was withdrawn.
      model.enqueue(done())
      const again: Loose = await RunState.fromString(agent, saved)
      again.approve(again.getInterruptions()[0])
      await run(agent, again, mode)
      assert.deepEqual(shell.ran, [])
      assert.match(heard(model)[0]!, new RegExp(NOT_SHOWN))
    })

    test('parallel allow and ask', async () => {
      const shell = new Shell()
      const model = script([ALLOW, ASK, DENY])
      const agent = builder(shell, model)
      const result = await run(agent, 'go', mode)
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(commands(result), [ASK])
      await run(agent, answer(result, true), mode)
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      const told = heard(model).join(' ')
      const parts = [`ran ${ALLOW}`, `ran ${ASK}`, 'railway:volumeDelete']
      for (const part of parts) assert.ok(told.includes(part))
    })

    test('engine crash', async () => {
      // A crash of the engine is a refusal; one of the shared part aborts the run.
      for (const part of ['engine', 'adapter'] as const) {
        for (const command of [ALLOW, ASK]) {
          const shell = new Shell()
          const model = script([command])
          const agent = builder(shell, model)
          const state = command === ASK ? answer(await run(agent, 'go', mode), true) : 'go'
          const repair = crash(part)
          try {
            await run(agent, state, mode)
            assert.match(heard(model)[0]!, /checkrein/)
            assert.equal(part, 'engine')
          } catch (error) {
            assert.equal(part, 'adapter')
            assert.match(String(error), /broken on purpose/)
          } finally {
            repair()
          }
          assert.deepEqual(shell.ran, [])
        }
      }
    })

    test('nested agent', async () => {
      // The call of an agent used as a tool is a call of its own; as `delegate` it is allowed.
      for (const onStream of [undefined, () => {}]) {
        const shell = new Shell()
        const innerModel = script([DENY], [ALLOW])
        const inner = protect(new Agent({ name: 'helper', model: innerModel, tools: [bash(shell)] }))
        const helper = inner.asTool({ toolName: 'delegate', toolDescription: 'Helps.', onStream })
        const model = script([DELEGATE])
        const agent = builder(shell, model, { tools: [helper] })
        assert.equal((await run(agent, 'go', mode)).finalOutput, 'done')
        assert.deepEqual(shell.ran, [ALLOW])
        assert.match(heard(innerModel)[0]!, /railway:volumeDelete/)
        assert.deepEqual(heard(model), ['done'])
      }
    })

    test('arguments edited after approval', async () => {
      // The SDK itself refuses a state whose approved call was changed.
      for (const changed of [ASK_ELSE, DENY]) {
        const shell = new Shell()
        const model = script([ASK])
        const agent = builder(shell, model)
        const result = await run(agent, 'go', mode)
        const state = answer(result, true)
        const edited = JSON.stringify({ command: changed })
        for (const response of state._modelResponses) {
          for (const item of response.output) item.arguments = edited
        }
        for (const call of state._lastProcessedResponse.functions) call.toolCall.arguments = edited
        result.interruptions[0].rawItem.arguments = edited
        await run(agent, state, mode).catch(() => undefined)
        assert.deepEqual(shell.ran, [])
      }
    })

    test('arguments edited after approval, in a saved state', async () => {
      for (const changed of [ASK_ELSE, DENY]) {
        const shell = new Shell()
        const model = script([ASK])
        const agent = builder(shell, model)
        const saved = answer(await run(agent, 'go', mode), true).toString()
        const edited = JSON.stringify(exchanged(JSON.parse(saved), changed))
        assert.notEqual(edited, saved)
        try {
          await run(agent, await RunState.fromString(agent, edited), mode)
          const told = changed === DENY ? /railway:volumeDelete/ : /not for this exact call/
          assert.match(heard(model)[0]!, told)
        } catch (error) {
          assert.match(String(error), /changed|does not match|conflict|different/i)
        }
        assert.deepEqual(shell.ran, [])
      }
    })

    test('arguments edited by a hook', async () => {
      for (const [command, changed, told] of [
        [ASK, ASK_ELSE, /not for this exact call/],
        [ASK, DENY, /railway:volumeDelete/],
        [ALLOW, ASK, /not asked for/],
        [ALLOW, DENY, /railway:volumeDelete/],
      ] as const) {
        const shell = new Shell()
        const model = script([command])
        const agent = builder(shell, model)
        const runner = new Runner()
        runner.on('agent_tool_start', (_: Loose, __: Loose, ___: Loose, { toolCall }: Loose) => {
          toolCall.arguments = JSON.stringify({ command: changed })
        })
        let result = await run(agent, 'go', mode, { runner })
        if (command === ASK) result = await run(agent, answer(result, true), mode, { runner })
        assert.deepEqual(shell.ran, [])
        assert.match(heard(model)[0]!, told)
      }
    })

    test('replayed approval', async () => {
      const shell = new Shell()
      const model = script([ASK])
      const agent = builder(shell, model)
      const saved = answer(await run(agent, 'go', mode), true).toString()
      for (let times = 0; times < 3; times += 1) {
        model.enqueue(done())
        const state = await RunState.fromString(agent, saved)
        assert.equal((await run(agent, state, mode)).finalOutput, 'done')
      }
      assert.deepEqual(shell.ran, [ASK])
      assert.match(heard(model)[0]!, new RegExp(NOT_SHOWN))
    })

    test('forged approval', async () => {
      // A state made elsewhere says that a human approved a call this guard never showed.
      for (const command of [DENY, ASK]) {
        const shell = new Shell()
        const model = script([command])
        const asking = new Agent({ name: 'builder', model, tools: [bash(shell, { needsApproval: true })] })
        const saved = answer(await run(asking, 'go', mode), true).toString()
        const agent = builder(shell, model)
        await run(agent, await RunState.fromString(agent, saved), mode)
        assert.deepEqual(shell.ran, [])
        assert.match(heard(model)[0]!, command === DENY ? /railway:volumeDelete/ : new RegExp(NOT_SHOWN))
      }
    })

    test('approval from another process', async () => {
      // Another guard knows as little as another process of what this one has shown.
      const shell = new Shell()
      const model = script([ASK])
      const saved = answer(await run(builder(shell, model), 'go', mode), true).toString()
      const other = builder(shell, model, {}, { guard: context().guard })
      assert.equal((await run(other, await RunState.fromString(other, saved), mode)).finalOutput, 'done')
      assert.deepEqual(shell.ran, [])
      assert.match(heard(model)[0]!, new RegExp(NOT_SHOWN))
    })

    test('an approval for always is for one call', async () => {
      const shell = new Shell()
      const model = script([ASK], [ASK], [ASK_ELSE])
      const agent = builder(shell, model)
      const result = await run(agent, 'go', mode)
      result.state.approve(result.interruptions[0], { alwaysApprove: true })
      assert.equal((await run(agent, result.state, mode)).finalOutput, 'done')
      assert.deepEqual(shell.ran, [ASK])
      assert.deepEqual(
        heard(model).map((text) => text.startsWith('checkrein:')),
        [false, true, true],
      )
    })

    test('only one of two is approved', async () => {
      const shell = new Shell()
      const model = script([ASK, ASK_ELSE])
      const agent = builder(shell, model)
      let result = await run(agent, 'go', mode)
      assert.equal(result.interruptions.length, 2)
      result.state.approve(result.interruptions[0])
      result = await run(agent, result.state, mode)
      assert.deepEqual(shell.ran, [ASK])
      assert.match(questions(result.interruptions[0])[0]!.message, /\/repo\/docs/)
      await run(agent, answer(result, true), mode)
      assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
    })

    test('handoff', async () => {
      for (const made of [(inner: Loose) => inner, handoff, escalation]) {
        const shell = new Shell()
        const model = script([['transfer_to_helper', {}]], [DENY, ALLOW], [ASK])
        const inner = new Agent({ name: 'helper', model, tools: [bash(shell)] })
        const agent = builder(shell, model, { handoffs: [made(inner)] })
        const result = await run(agent, 'go', mode)
        assert.deepEqual(shell.ran, [ALLOW])
        assert.equal(result.lastAgent.name, 'helper')
        assert.match(heard(model).join(' '), /railway:volumeDelete/)
        assert.equal(questions(result.interruptions[0])[0]!.tool, 'bash')
        const again = await run(agent, answer(result, true), mode)
        assert.equal(again.finalOutput, 'done')
        assert.deepEqual(shell.ran, [ALLOW, ASK])
      }
    })

    test('a nested agent asks', async () => {
      for (const saved of [false, true]) {
        const shell = new Shell()
        const innerModel = script([ASK])
        const inner = protect(new Agent({ name: 'helper', model: innerModel, tools: [bash(shell)] }))
        const model = script([DELEGATE])
        const agent = builder(shell, model, { tools: [inner.asTool({ toolName: 'delegate' })] })
        const result = await run(agent, 'go', mode)
        assert.match(questions(result.interruptions[0])[0]!.message, /\/repo\/src/)
        let state = answer(result, true)
        if (saved) state = await RunState.fromString(agent, state.toString())
        await run(agent, state, mode)
        assert.deepEqual(shell.ran, [ASK])
        assert.deepEqual(heard(innerModel), [`ran ${ASK}`])
        assert.deepEqual(heard(model), ['done'])
      }
    })

    test('an approved agent asks inside', async () => {
      // Both the call of the agent and one inside need approval; the first is not used up twice.
      for (const saved of [false, true]) {
        for (const customOutputExtractor of [undefined, () => 'extracted']) {
          const shell = new Shell()
          const innerModel = script([ASK], [ASK_ELSE])
          const inner = protect(new Agent({ name: 'helper', model: innerModel, tools: [bash(shell)] }))
          const model = script([['helper', { input: 'tidy up' }]])
          const agent = builder(shell, model, { tools: [inner.asTool({ customOutputExtractor })] })
          let result = await run(agent, 'go', mode)
          const replayed: string[] = []
          for (const asked of ['helper', 'bash', 'bash']) {
            assert.deepEqual(
              result.interruptions.map((item: Loose) => questions(item).map(({ tool }) => tool)),
              [[asked]],
            )
            let state = answer(result, true)
            replayed.push(state.toString())
            if (saved) state = await RunState.fromString(agent, state.toString())
            result = await run(agent, state, mode)
            if (asked === 'helper') {
              // The state in which it was not yet entered does not enter it a second time.
              const old = await RunState.fromString(agent, replayed[0]!)
              agent.model = script()
              await run(agent, old, mode)
              assert.match(heard(agent.model)[0]!, new RegExp(NOT_SHOWN))
              agent.model = model
            }
          }
          assert.equal(result.finalOutput, 'done')
          assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
          assert.deepEqual(heard(model), [customOutputExtractor === undefined ? 'done' : 'extracted'])
          // Nor does an old state get in again.
          for (const old of replayed) {
            model.enqueue(done())
            innerModel.enqueue([functionCall('bash', { command: ALLOW }, { callId: 'again' })], done())
            const end = await run(agent, await RunState.fromString(agent, old), mode)
            assert.equal(end.finalOutput, 'done')
            assert.match(heard(model)[0]!, new RegExp(NOT_SHOWN))
          }
          assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
        }
      }
    })

    test('MCP', async () => {
      // The guard knows the tools of this server, under whatever name the model is told.
      for (const prefixed of [false, true]) {
        for (const toolFilter of [undefined, { blockedToolNames: ['other'] }, async () => true]) {
          const shell = new Shell()
          const name = prefixed ? 'mcp_filesystem__delete_file' : 'delete_file'
          const model = script(['src/a.py', '/etc/passwd'].map((path) => [name, { path }]))
          const mcpServers = [server(shell, { name: 'other', tools: [] }), server(shell, { toolFilter })]
          const mcpConfig = { includeServerInToolNames: prefixed }
          const agent = builder(shell, model, { tools: [], mcpServers, mcpConfig })
          const result = await run(agent, 'go', mode)
          assert.deepEqual(shell.ran, ['src/a.py'])
          assert.match(questions(result.interruptions[0])[0]!.message, /\/etc\/passwd/)
          await run(agent, answer(result, true), mode)
          assert.deepEqual(shell.ran, ['src/a.py', '/etc/passwd'])
        }
      }
    })

    test('the own approval of a tool', async () => {
      // It is asked about as without the guard, but never about what the guard refuses.
      const shell = new Shell()
      const model = script([ALLOW], [DENY])
      const agent = builder(shell, model, { tools: [bash(shell, { needsApproval: true })] })
      let result = await run(agent, 'go', mode)
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(questions(result.interruptions[0]), [])
      result = await run(agent, answer(result, true), mode)
      assert.deepEqual(result.interruptions, [])
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(heard(model)[1]!, /railway:volumeDelete/)
    })

    for (const how of ['push', 'assign', 'clone', 'object'] as const) {
      test(`tools added later: ${how}`, async () => {
        const shell = new Shell()
        const model = script([DENY, ALLOW])
        let agent = protect(new Agent({ name: 'builder', model }))
        const mine = [bash(shell)]
        const before = { ...mine[0] }
        if (how === 'push') agent.tools.push(mine[0])
        if (how === 'assign') agent.tools = mine
        if (how === 'clone') agent = agent.clone({ tools: mine })
        if (how === 'object') Object.assign(agent, { tools: mine })
        await run(agent, 'go', mode)
        assert.deepEqual(shell.ran, [ALLOW])
        assert.match(heard(model)[0]!, /railway:volumeDelete/)
        assert.deepEqual({ ...mine[0] }, before)
      })
    }

    test('a single tool', async () => {
      const shell = new Shell()
      const model = script([ALLOW, DENY], [ASK])
      const one = OFF ? bash(shell) : guardTool(bash(shell), { ...context(), agent: 'builder' })
      const agent = new Agent({ name: 'builder', model, tools: [one] })
      const result = await run(agent, 'go', mode)
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(questions(result.interruptions[0])[0]!.message, /\/repo\/src/)
      await run(agent, answer(result, true), mode)
      assert.deepEqual(shell.ran, [ALLOW, ASK])
    })
  })
}

/** The same, with another command wherever there is one, also in texts that are JSON again. */
function exchanged(value: Loose, command: string): Loose {
  if (typeof value === 'string' && value.includes(ASK)) {
    return value === ASK ? command : JSON.stringify(exchanged(JSON.parse(value), command))
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => exchanged(item, command))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, exchanged(item, command)]))
}

const DELEGATE = ['delegate', { input: 'tidy up' }]

/** A handoff to an agent that is there only when it is asked for. */
function escalation(inner: Loose): Loose {
  return new Handoff(inner, async () => inner.clone({}))
}

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

interface ServerOptions {
  name?: string
  tools?: string[]
  toolFilter?: Loose
  annotations?: object
}

/** An MCP server in this process. */
function server(shell: Shell, options: ServerOptions = {}): MCPServer {
  const { name = 'filesystem', tools = ['read_file', 'delete_file'], ...rest } = options
  const properties = { path: { type: 'string' } }
  const inputSchema = { type: 'object', properties, required: [], additionalProperties: false }
  const made: Loose = {
    name,
    cacheToolsList: false,
    toolFilter: rest.toolFilter,
    connect: async () => {},
    close: async () => {},
    invalidateToolsCache: async () => {},
    listTools: async () => tools.map((name) => ({ name, inputSchema, annotations: rest.annotations })),
    callTool: async (_: string, { path }: Loose) => [{ type: 'text', text: shell.run({ command: path }) }],
  }
  return made
}

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
