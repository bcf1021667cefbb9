// OpenAI Agents SDK: what the adapter promises.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Agent, RunState, Runner, handoff, tool } from '@openai/agents'
import { functionCall } from '@openai/agents/testing'
import { guardTool, questions } from 'checkrein/openai-agents'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, crash } from './support.ts'
import {
  type Loose,
  answer,
  bash,
  builder,
  commands,
  DELEGATE,
  done,
  escalation,
  exchanged,
  heard,
  MODES,
  NOT_SHOWN,
  OFF,
  protect,
  run,
  script,
  server,
} from './openai-agents.scenario.ts'

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
