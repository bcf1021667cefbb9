// Mastra: what a guarded agent runs, asks and is told.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { Mastra } from '@mastra/core/mastra'
import { InMemoryStore } from '@mastra/core/storage'
import { question } from 'checkrein/mastra'

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
  exchanged,
  helper,
  protect,
  run,
  unguarded,
} from './mastra.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, crash } from './support.ts'

for (const mode of MODES) {
  describe(mode, () => {
    test('allow', async () => {
      const shell = new Shell()
      const script = new Script([ALLOW])
      const { text, asked } = await run(builder(shell, script), mode)
      assert.equal(text, 'done')
      assert.deepEqual(asked, [])
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(script.heard, [`ran ${ALLOW}`])
    })

    test('deny', async () => {
      const shell = new Shell()
      const script = new Script([DENY])
      const { text, asked } = await run(builder(shell, script), mode)
      assert.equal(text, 'done')
      assert.deepEqual(asked, [])
      assert.deepEqual(shell.ran, [])
      assert.match(script.heard[0]!, /^checkrein: .*railway:volumeDelete/)
      assert.doesNotMatch(script.heard[0]!, /    at /)
    })

    test('ask, then approve', async () => {
      const shell = new Shell()
      const script = new Script([ASK])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      assert.deepEqual(shell.ran, [])
      assert.equal(asked.length, 1)
      assert.equal(asked[0].toolName, 'bash')
      assert.deepEqual(asked[0].args, { command: ASK })
      const shown = question(call(asked[0]))!
      assert.match(shown.message, /\/repo\/src/)
      assert.match(shown.fingerprint, /^sha256:/)
      assert.equal((shown.decision as Loose).verdict, 'needs_approval')
      assert.deepEqual(JSON.parse(JSON.stringify(shown)), shown)
      assert.equal((await approve(agent, asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK])
      assert.deepEqual(script.heard, [`ran ${ASK}`])
      assert.equal(question(call(asked[0])), undefined)
    })

    test('ask, then reject', async () => {
      const shell = new Shell()
      const script = new Script([ASK])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      assert.equal((await decline(agent, asked[0], mode, 'not today')).text, 'done')
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(script.heard, ['not today'])
      // A yes after the no is none.
      await approve(agent, asked[0], mode).catch(() => undefined)
      assert.deepEqual(shell.ran, [])
    })

    test('parallel allow and ask', async () => {
      const shell = new Shell()
      const script = new Script([ALLOW, ASK, DENY])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(asked.map(({ args }) => args.command), [ASK])
      assert.equal((await approve(agent, asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      const told = script.heard.join(' ')
      const parts = [`ran ${ALLOW}`, `ran ${ASK}`, 'railway:volumeDelete']
      for (const part of parts) assert.ok(told.includes(part), part)
    })

    test('engine crash', async () => {
      for (const part of ['engine', 'adapter'] as const) {
        for (const command of [ALLOW, ASK]) {
          const shell = new Shell()
          const script = new Script([command])
          const agent = builder(shell, script)
          const asked = command === ASK ? (await run(agent, mode)).asked : []
          const repair = crash(part)
          try {
            const { text } = command === ASK ? await approve(agent, asked[0], mode) : await run(agent, mode)
            assert.equal(text, 'done')
          } finally {
            repair()
          }
          assert.deepEqual(shell.ran, [])
          assert.match(script.heard[0]!, part === 'engine' ? /checkrein/ : /broken on purpose/)
        }
      }
    })

    test('nested agent', async () => {
      // The call of a sub-agent is a call of its own, and so are the calls it makes.
      const shell = new Shell()
      const inner = new Script([DENY], [ALLOW])
      const agents = { helper: helper(shell, inner) }
      const script = new Script([DELEGATE])
      const agent = builder(shell, script, { tools: {}, agents })
      const { asked } = await run(agent, mode)
      assert.deepEqual(shell.ran, [])
      assert.equal(question(call(asked[0]))!.tool, 'agent-helper')
      const { text } = await approve(agent, asked[0], mode)
      assert.equal(text, 'done')
      assert.deepEqual(shell.ran, [ALLOW])
      assert.match(inner.heard[0]!, /railway:volumeDelete/)
    })

    test('arguments edited after approval', async () => {
      for (const [changed, told] of [[ASK_ELSE, undefined], [DENY, /railway:volumeDelete/]] as const) {
        const shell = new Shell()
        const script = new Script([ASK])
        const storage = new InMemoryStore()
        const agent = protect(unguarded(shell, script))
        new Mastra({ agents: { builder: agent }, storage, logger: false })
        const { asked } = await run(agent, mode)
        const workflows: Loose = await storage.getStore('workflows')
        const { runs } = await workflows.listWorkflowRuns()
        for (const { workflowName, runId, snapshot } of runs) {
          const text = JSON.stringify(snapshot)
          assert.ok(text.includes(ASK))
          const edited = exchanged(JSON.parse(text), ASK, changed)
          await workflows.persistWorkflowSnapshot({ workflowName, runId, snapshot: edited })
        }
        const again = await approve(agent, asked[0], mode)
        assert.deepEqual(shell.ran, [])
        if (told) assert.match(script.heard[0]!, told)
        // The human is asked about what it is now.
        else assert.match(question(call(again.asked[0]))!.message, /\/repo\/docs/)
      }
    })

    test('replayed approval', async () => {
      const shell = new Shell()
      const script = new Script([ASK], [ASK])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      const yes = async (): Promise<unknown> => await approve(agent, asked[0], mode)
      await Promise.allSettled([yes(), yes(), yes()])
      await yes().catch(() => undefined)
      assert.deepEqual(shell.ran, [ASK])
    })

    test('the same call again is asked about again', async () => {
      const shell = new Shell()
      const script = new Script([ASK], [ASK])
      const agent = builder(shell, script)
      const { asked } = await run(agent, mode)
      const again = await approve(agent, asked[0], mode)
      assert.deepEqual(shell.ran, [ASK])
      assert.notEqual(again.asked[0].toolCallId, asked[0].toolCallId)
      assert.equal((await approve(agent, again.asked[0], mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK, ASK])
    })

    test('two that wait', async () => {
      const shell = new Shell()
      const script = new Script([ASK, ASK_ELSE])
      const agent = builder(shell, script)
      const first = await run(agent, mode)
      // A yes for the other one.
      const yes = first.asked.find(({ args }) => args.command === ASK)
      const second = await approve(agent, yes, mode)
      assert.deepEqual(shell.ran, [ASK])
      const other = [...first.asked, ...second.asked].find(({ args }) => args.command === ASK_ELSE)
      assert.match(question(call(other))!.message, /\/repo\/docs/)
      assert.equal((await approve(agent, other, mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
    })

    test('a sub-agent asks', async () => {
      const shell = new Shell()
      const inner = new Script([ASK], [ASK_ELSE])
      const agents = { helper: helper(shell, inner) }
      const script = new Script([DELEGATE])
      const agent = builder(shell, script, { tools: {}, agents })
      let outcome = await run(agent, mode)
      for (const tool of ['agent-helper', 'bash', 'bash']) {
        assert.equal(outcome.asked.length, 1)
        assert.equal(question(call(outcome.asked[0]))?.tool, tool)
        outcome = await approve(agent, outcome.asked[0], mode)
      }
      assert.equal(outcome.text, 'done')
      assert.deepEqual(shell.ran, [ASK, ASK_ELSE])
    })

    test('a sub-agent is told no', async () => {
      const shell = new Shell()
      const inner = new Script([ASK])
      const agents = { helper: helper(shell, inner) }
      const agent = builder(shell, new Script([DELEGATE]), { tools: {}, agents })
      const { asked } = await approve(agent, (await run(agent, mode)).asked[0], mode)
      assert.equal((await decline(agent, asked[0], mode, 'not today')).text, 'done')
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(inner.heard, ['not today'])
    })

    test('the own approval of a tool', async () => {
      for (const own of [
        [{ requireApproval: true }, {}],
        [{ requireApproval: async () => true }, {}],
        [{}, { requireToolApproval: true }],
        [{}, { requireToolApproval: () => true }],
      ] as Loose[]) {
        const shell = new Shell()
        const script = new Script([ALLOW])
        const agent = builder(shell, script, { tools: { bash: bash(shell, own[0]) } })
        const { asked } = await run(agent, mode, own[1])
        assert.deepEqual(shell.ran, [])
        assert.equal(question(call(asked[0])), undefined)
        await approve(agent, asked[0], mode)
        assert.deepEqual(shell.ran, [ALLOW])
      }
    })

    test('an answer without the id of the call', async () => {
      const shell = new Shell()
      const agent = builder(shell, new Script([ASK]))
      const { asked } = await run(agent, mode)
      assert.equal((await approve(agent, { runId: asked[0].runId }, mode)).text, 'done')
      assert.deepEqual(shell.ran, [ASK])
    })
  })
}
