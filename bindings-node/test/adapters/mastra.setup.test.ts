// Mastra: what cannot be guarded is refused, and tools without a guarded agent.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { createDurableAgent } from '@mastra/core/agent/durable'
import { Tool, createTool } from '@mastra/core/tools'
import { ConfigurationError, DeniedError, type Ruling } from 'checkrein'
import { guardAgent, guardTools, question } from 'checkrein/mastra'

import {
  type Loose,
  OFF,
  Script,
  approve,
  bash,
  builder,
  call,
  protect,
  run,
  stored,
  unguarded,
} from './mastra.scenario.ts'
import { ALLOW, ASK, DENY, Shell, context } from './support.ts'

test('an agent that is wrapped to be durable', async () => {
  const shell = new Shell()
  const agent = stored(createDurableAgent({ agent: protect(unguarded(shell, new Script([ALLOW, DENY]))) }))
  await assert.rejects(async () => {
    for await (const _ of (await agent.stream('go')).output.fullStream);
  }, ConfigurationError)
  assert.deepEqual(shell.ran, [])
})

test('agents that cannot be guarded', () => {
  const guarded = guardAgent(unguarded(new Shell(), new Script()), context())
  assert.throws(() => guardAgent(guarded, context()), ConfigurationError)
  const durable = unguarded(new Shell(), new Script(), { durable: true })
  assert.throws(() => guardAgent(durable, context()), ConfigurationError)
  const wrapped: Loose = createDurableAgent({ agent: unguarded(new Shell(), new Script()) })
  assert.throws(() => guardAgent(wrapped, context()), ConfigurationError)
  assert.throws(() => guardAgent({ id: 'builder' }, context()), ConfigurationError)
  // As when another version of Mastra does it in another way.
  const lists = ['listTools', 'listAssignedTools', 'listToolsets', 'listAgents']
  for (const name of ['convertTools', 'wrapToolsWithHooks', '__fork', ...lists]) {
    const strange = Object.assign(unguarded(new Shell(), new Script()), { [name]: undefined })
    assert.throws(() => guardAgent(strange, context()), ConfigurationError)
  }
})

test('a version of Mastra that does not ask for its hooks', async () => {
  const shell = new Shell()
  const agent = unguarded(shell, new Script([ALLOW]))
  const { convertTools } = agent
  agent.convertTools = async (options: Loose) => {
    return { ...(await convertTools.call(agent, options)), bash: bash(shell) }
  }
  await assert.rejects(run(stored(protect(agent))), /does not know/)
  assert.deepEqual(shell.ran, [])
})

test('ways to run that are refused', async () => {
  const agent = builder(new Shell(), new Script([DENY]))
  for (const name of ['network', 'resumeNetwork', 'generateLegacy', 'streamLegacy', 'getToolsForExecution']) {
    await assert.rejects(async () => await agent[name]('go', {}), ConfigurationError)
  }
  const shell = new Shell()
  const other = builder(shell, new Script([ALLOW]))
  await assert.rejects(Object.getPrototypeOf(other).generate.call(other, 'go'), /does not know this way/)
  assert.deepEqual(shell.ran, [])
})

test('a stream until the agent is idle', async () => {
  const shell = new Shell()
  const script = new Script([DENY, ASK])
  const prepareStep = ({ tools }: Loose): Loose => ({ tools: { ...tools, bash: bash(shell) } })
  const agent = builder(shell, script, { defaultOptions: { prepareStep } })
  const { asked } = await run(agent, 'stream', { untilIdle: true })
  assert.deepEqual(shell.ran, [])
  assert.match(question(call(asked[0]))!.message, /\/repo\/src/)
  assert.equal((await approve(agent, asked[0], 'stream', { untilIdle: true })).text, 'done')
  assert.deepEqual(shell.ran, [ASK])
})

test('tools outside of a run', async () => {
  const shell = new Shell()
  const tools = await builder(shell, new Script()).listTools()
  await tools.bash.execute({ command: ALLOW }, {})
  for (const command of [DENY, ASK]) {
    const agent = { toolCallId: 'x', suspend: () => undefined }
    await assert.rejects(tools.bash.execute({ command }, { agent }), DeniedError)
  }
  assert.deepEqual(shell.ran, [ALLOW])
})

describe('guardTools', () => {
  const tools = (shell: Shell, ask?: (ruling: Ruling) => Loose): Loose =>
    OFF ? { bash: bash(shell) } : guardTools({ bash: bash(shell) }, { ...context(), ask })

  test('allow and deny', async () => {
    const shell = new Shell()
    const { bash: tool } = tools(shell)
    assert.ok(tool instanceof Tool)
    assert.equal(await tool.execute?.({ command: ALLOW }, {} as Loose), `ran ${ALLOW}`)
    await assert.rejects(async () => await tool.execute?.({ command: DENY }, {} as Loose), DeniedError)
    assert.deepEqual(shell.ran, [ALLOW])
  })

  test('ask', async () => {
    for (const answer of [true, false, 1, 'yes', undefined, null, {}]) {
      const shell = new Shell()
      const shown: string[] = []
      const { bash: tool } = tools(shell, async (ruling) => {
        shown.push(ruling.question().message)
        return answer
      })
      const result = tool.execute({ command: ASK }, {})
      if (answer === true) await result
      else await assert.rejects(result, DeniedError)
      assert.deepEqual(shell.ran, answer === true ? [ASK] : [])
      assert.match(shown[0]!, /\/repo\/src/)
    }
    const shell = new Shell()
    await assert.rejects(tools(shell).bash.execute({ command: ASK }, {}), DeniedError)
    assert.deepEqual(shell.ran, [])
  })

  test('arguments edited while the human is asked', async () => {
    const shell = new Shell()
    const input = { command: ASK }
    await tools(shell, () => {
      input.command = DENY
      return true
    }).bash.execute(input, {})
    assert.deepEqual(shell.ran, [ASK])
  })

  test('in a guarded agent, whose guard takes their place', async () => {
    const shell = new Shell()
    const agent = builder(shell, new Script([ASK]), { tools: tools(shell, () => assert.fail('asked twice')) })
    const { asked } = await run(agent)
    await approve(agent, asked[0])
    assert.deepEqual(shell.ran, [ASK])
  })

  test('tools that cannot be guarded', () => {
    const guarded = guardTools({ bash: bash(new Shell()) }, context())
    assert.throws(() => guardTools(guarded, context()), /guarded already/)
    const ask = createTool({ id: 'ask', description: 'Ask.' })
    assert.throws(() => guardTools({ ask }, context()), /no code/)
  })
})
