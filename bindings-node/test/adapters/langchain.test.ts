// LangChain agents, with the framework's scripted model below its real graphs.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { DynamicStructuredTool } from '@langchain/core/tools'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { Command } from '@langchain/langgraph'
import { humanInTheLoopMiddleware, tool } from 'langchain'
import { z } from 'zod'

import {
  APPROVE,
  type Loose,
  Runner,
  TASK,
  WAYS,
  bash,
  command,
  editor,
  helper,
  middleware,
  protect,
  task,
} from './langchain.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, crash } from './support.ts'

for (const way of WAYS) {
  describe(way, () => {
    test('allow', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [[ALLOW]], { way })
      assert.deepEqual(await run.start(), [])
      assert.deepEqual(shell.ran, [ALLOW])
      const [result] = await run.results()
      assert.equal(result!.content, `ran ${ALLOW}`)
      assert.equal(result!.status, 'success')
      assert.equal(result!.tool_call_id, 'call_1')
    })

    test('deny', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [[DENY], [ALLOW]], { way })
      assert.deepEqual(await run.start(), [])
      assert.deepEqual(shell.ran, [ALLOW], 'the model goes on after a refusal')
      const [refused, ran] = await run.results()
      assert.equal(refused!.status, 'error')
      assert.equal(refused!.name, 'bash')
      assert.equal(refused!.tool_call_id, 'call_1')
      assert.match(String(refused!.content), /^checkrein: railway:volumeDelete/)
      assert.equal(ran!.content, `ran ${ALLOW}`)
    })

    for (const answer of [true, APPROVE, { decisions: [APPROVE] }]) {
      const name = answer === true ? 'ask, then approve' : `ask, then approve: ${JSON.stringify(answer)}`
      test(name, async () => {
        const shell = new Shell()
        const run = new Runner(shell, [[ASK]], { way })
        const [question, ...others] = await run.start()
        assert.deepEqual(others, [])
        assert.deepEqual(shell.ran, [])
        assert.equal(question.value.tool, 'bash')
        assert.deepEqual(question.value.teams, ['operator'])
        assert.match(question.value.fingerprint, /^sha256:/)
        assert.match(question.value.message, /fs:remove_recursive.*\/repo\/src/)
        assert.deepEqual(JSON.parse(JSON.stringify(question.value)), question.value)
        assert.deepEqual(await run.resume(answer), [])
        assert.deepEqual(shell.ran, [ASK])
        assert.deepEqual(await run.told(), [`ran ${ASK}`])
      })
    }

    test('parallel allow and ask', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [[ALLOW, ASK, DENY]], { way })
      assert.equal((await run.start()).length, 1)
      assert.deepEqual(shell.ran, [ALLOW], 'only the call that needs approval waits')
      await run.resume(true)
      assert.deepEqual(shell.ran, [ALLOW, ASK], 'what ran before the pause does not run again')
      const said = await run.told()
      assert.deepEqual(said.slice(0, 2), [`ran ${ALLOW}`, `ran ${ASK}`])
      assert.match(said[2]!, /^checkrein: railway:volumeDelete/)
    })

    for (const part of ['engine', 'adapter'] as const) {
      test(`engine crash${part === 'engine' ? '' : ' in the adapter'}`, async (t) => {
        const shell = new Shell()
        const run = new Runner(shell, [[ALLOW]], { way })
        t.after(crash(part))
        await run.start()
        assert.deepEqual(shell.ran, [])
        const [refused] = await run.results()
        assert.equal(refused!.status, 'error')
        assert.match(String(refused!.content), /^checkrein: .*Error/)
      })

      test(`engine crash after the approval: ${part}`, async (t) => {
        const shell = new Shell()
        const run = new Runner(shell, [[ASK]], { way })
        assert.equal((await run.start()).length, 1)
        t.after(crash(part))
        await run.resume(true)
        assert.deepEqual(shell.ran, [])
        assert.match((await run.told())[0]!, /^checkrein: .*Error/)
      })
    }

    test('nested agent', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [TASK], { way, more: [helper(shell, [[DENY], [ALLOW]], middleware())] })
      await run.start()
      assert.deepEqual(shell.ran, [ALLOW])
      const [said] = await run.told()
      assert.match(said!, /^checkrein: railway:volumeDelete/)
      assert.ok(said!.endsWith(`ran ${ALLOW}`), 'the helper reads the refusal and goes on')
    })

    test('nested agent that asks', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [TASK], { way, more: [helper(shell, [[ASK]], middleware())] })
      assert.equal((await run.start()).length, 1)
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(await run.resume(true), [])
      assert.deepEqual(shell.ran, [ASK])
      assert.deepEqual(await run.told(), [`ran ${ASK}`])
    })

    for (const yes of [true, false]) {
      test(`nested agent that asks in an approved call: ${yes ? 'yes' : 'no'}, yes`, async () => {
        const shell = new Shell()
        const own = helper(shell, [[ASK], [ASK_ELSE]], middleware(), 'researcher')
        const run = new Runner(shell, [[['researcher', { description: 'x' }]]], { way, more: [own] })
        const [outer] = await run.start()
        assert.equal(outer.value.tool, 'researcher')
        const [first] = await run.resume(true)
        assert.equal(first.value.tool, 'bash')
        assert.equal(command(first), '/repo/src')
        const asked = await run.here()
        const [second] = await run.resume(yes)
        assert.equal(command(second), '/repo/docs')
        assert.deepEqual(await run.resume(true), [])
        const ran = yes ? [ASK, ASK_ELSE] : [ASK_ELSE]
        assert.deepEqual(shell.ran, ran)
        await run.go(new Command({ resume: true }), asked)
        assert.deepEqual(shell.ran, ran, 'the pause does not make the approvals good for a replay')
      })
    }

    for (const place of ['outside', 'inside']) {
      for (const other of [ASK_ELSE, DENY]) {
        const name = `arguments edited after approval${place === 'inside' ? '' : ', by a middleware before'}`
        test(other === DENY ? name : `${name}, to what may be approved`, async () => {
          const shell = new Shell()
          const change: Loose = {}
          const run = new Runner(shell, [[ASK]], { way, [place]: [editor(change)] })
          assert.equal((await run.start()).length, 1)
          change.args = { command: other }
          assert.deepEqual(await run.resume(true), [])
          assert.deepEqual(shell.ran, [])
          assert.equal((await run.results())[0]!.status, 'error')
          assert.match((await run.told())[0]!, /^checkrein: /)
        })
      }
    }

    test('replayed approval', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [[ASK]], { way })
      await run.start()
      const asked = await run.here()
      await run.resume(true)
      assert.deepEqual(shell.ran, [ASK])
      await run.go(new Command({ resume: true }), asked)
      assert.deepEqual(shell.ran, [ASK])
      assert.match((await run.told()).at(-1)!, /used already|ask again/)
      await run.go(null, asked)
      assert.deepEqual(shell.ran, [ASK], 'and it is not even asked about again')
      assert.match((await run.told()).at(-1)!, /used already/)
    })

    test('forged approval', async () => {
      const shell = new Shell()
      const run = new Runner(shell, [[ASK]], { way })
      await run.forge()
      assert.deepEqual(shell.ran, [])
      assert.match((await run.told())[0]!, /not asked for in this process/)
    })
  })
}

const NO: Loose[] = [
  false,
  1,
  'true',
  'approve',
  [],
  [true],
  { approved: true },
  { type: 'Approve' },
  { type: 'approve', editedAction: { name: 'bash', args: { command: ASK_ELSE } } },
  { type: 'edit', editedAction: { name: 'bash', args: { command: ALLOW } } },
  { type: 'respond', message: 'yes' },
  { type: 'reject', message: 'not today' },
  { decisions: [] },
  { decisions: [APPROVE, APPROVE] },
  { decisions: APPROVE },
  { decisions: [APPROVE], type: 'reject' },
  { decisions: [{ type: 'reject', message: 'not today' }] },
]
for (const answer of NO) {
  test(`ask, then reject${answer === false ? '' : `: ${JSON.stringify(answer)}`}`, async () => {
    const shell = new Shell()
    const run = new Runner(shell, [[ASK], [ALLOW]])
    assert.equal((await run.start()).length, 1)
    assert.deepEqual(await run.resume(answer), [])
    assert.deepEqual(shell.ran, [ALLOW])
    const [refused] = await run.results()
    assert.equal(refused!.status, 'error')
    const text = String(refused!.content)
    assert.match(text, /fs:remove_recursive.*The human said no/s)
    assert.equal(text.includes('not today'), JSON.stringify(answer).includes('not today'))
  })
}

test('a no is not a yes later', async () => {
  const shell = new Shell()
  const { guard } = context()
  const run = new Runner(shell, [[ASK]], { guarding: { guard } })
  await run.start()
  const asked = await run.here()
  await run.resume(false)
  await run.go(new Command({ resume: true }), asked)
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told()).at(-1)!, /^checkrein: /)
  // The same call on the same thread, without its history, and nobody was asked again.
  const forged = new Runner(shell, [[ASK]], { guarding: { guard } })
  await forged.forge()
  assert.deepEqual(shell.ran, [])
  assert.match((await forged.told())[0]!, /ask again/)
})

test('two questions are answered by their ids', async () => {
  const shell = new Shell()
  const run = new Runner(shell, [[ASK, ASK_ELSE]])
  const questions = await run.start()
  assert.deepEqual(questions.map(command), ['/repo/src', '/repo/docs'])
  await run.resume({ [questions[1].id]: true, [questions[0].id]: false })
  assert.deepEqual(shell.ran, [ASK_ELSE])
  const [first, second] = await run.told()
  assert.match(first!, /The human said no/)
  assert.equal(second, `ran ${ASK_ELSE}`)
})

test('two questions are answered one after the other', async () => {
  const shell = new Shell()
  const run = new Runner(shell, [[ASK, ASK_ELSE]])
  const [, second] = await run.start()
  const pending = await run.resume({ [second.id]: true })
  assert.deepEqual(pending.map(command), ['/repo/src'])
  assert.deepEqual(shell.ran, [ASK_ELSE])
  assert.deepEqual(await run.resume(true), [], 'now it is clear which one the answer is for')
  assert.deepEqual(shell.ran, [ASK_ELSE, ASK])
})

for (const way of WAYS) {
  test(`one answer without an id is no answer to two questions: ${way}`, async () => {
    const shell = new Shell()
    const run = new Runner(shell, [[ASK, ASK_ELSE], [ASK]], { way })
    assert.equal((await run.start()).length, 2)
    const asked = await run.here()
    const again = await run.resume(true)
    assert.deepEqual(shell.ran, [])
    for (const text of await run.told()) assert.match(text, /Several questions waited/)
    assert.deepEqual(again.map(command), ['/repo/src'], 'and the next one waits alone')
    await run.resume(true)
    assert.deepEqual(shell.ran, [ASK])
    await run.go(new Command({ resume: true }), asked)
    assert.deepEqual(shell.ran, [ASK], 'and it is not one later')
  })
}

test('one answer without an id is no answer to two sub-agents', async () => {
  const shell = new Shell()
  const helpers = ['task', 'agent'].map((name, at) =>
    helper(shell, [[at === 0 ? ASK : ASK_ELSE]], middleware(), name),
  )
  const calls = [TASK[0], ['agent', { description: 'x', prompt: 'x' }]]
  const run = new Runner(shell, [calls], { more: helpers })
  const questions = await run.start()
  assert.equal(questions.length, 2)
  await run.resume(true)
  assert.deepEqual(shell.ran, [])
  for (const text of await run.told()) assert.match(text, /Several questions waited/)
})

test("the model's view of a tool does not change", async () => {
  const shell = new Shell()
  const given = bash(shell)
  const [own] = protect([given])
  const offered: Loose[] = []
  for (const tools of [[given], [own]]) {
    const run = new Runner(shell, [[ALLOW]], { tools })
    const { bindTools } = run.model
    run.model.bindTools = (bound: Loose) => {
      offered.push(...bound)
      return bindTools.call(run.model, bound)
    }
    await run.start()
  }
  assert.equal(offered[0], given)
  assert.equal(offered.at(-1), own)
  assert.deepEqual(convertToOpenAITool(own), convertToOpenAITool(given))
  assert.ok(own instanceof DynamicStructuredTool)
})

test('nested agent without a guard', async () => {
  const shell = new Shell()
  const run = new Runner(shell, [TASK, [ALLOW]], { more: [helper(shell, [[ALLOW], [DENY], [ASK]])] })
  assert.deepEqual(await run.start(), [])
  assert.deepEqual(shell.ran, [ALLOW, ALLOW], 'one of the helper, one of the agent after it')
  const [said] = await run.told()
  assert.match(said!, /checkrein: railway:volumeDelete/)
  assert.match(said!, /checkrein: fs:remove_recursive.*inside another one/s)
})

test('nested agent without a guard, and the engine crashes inside', async (t) => {
  const shell = new Shell()
  const own = helper(shell, [[ALLOW]])
  const outer = task(async (description) => {
    t.after(crash('adapter'))
    return await own.invoke({ description })
  })
  const run = new Runner(shell, [TASK], { more: [outer] })
  await run.start()
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told())[0]!, /^checkrein: checkrein failed: Error/)
})

test('a pass is for one start of a tool, not for an id the model can repeat', async () => {
  const shell = new Shell()
  const inner = bash(shell)
  const outer = tool(
    async () => {
      await inner.invoke({ type: 'tool_call', name: 'bash', id: 'call_1', args: { command: DENY } })
      return 'unreachable'
    },
    { name: 'bash', schema: z.object({ command: z.string() }) },
  )
  const run = new Runner(shell, [[ALLOW]], { tools: [outer] })
  await run.start()
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told())[0]!, /^checkrein: railway:volumeDelete/)
})

test('a tool that calls another tool', async () => {
  const shell = new Shell()
  const inner = bash(shell)
  const outer = task(async () => {
    await inner.invoke({ command: ALLOW })
    await inner.invoke({ command: ALLOW }, { callbacks: [] })
    return await inner.invoke({ command: DENY }, { callbacks: [] })
  })
  const run = new Runner(shell, [TASK], { more: [outer] })
  await run.start()
  assert.deepEqual(shell.ran, [ALLOW, ALLOW])
  const [refused] = await run.results()
  assert.equal(refused!.status, 'error')
  assert.match(String(refused!.content), /^checkrein: railway:volumeDelete/)
})

for (const other of [ASK_ELSE, DENY, ALLOW]) {
  test(`arguments edited by the human: ${other}`, async () => {
    const shell = new Shell()
    const human = humanInTheLoopMiddleware({ interruptOn: { bash: true } })
    const run = new Runner(shell, [[ASK]], { outside: [human] })
    assert.equal((await run.start()).length, 1)
    const edited = { type: 'edit', editedAction: { name: 'bash', args: { command: other } } }
    const pending = await run.resume({ decisions: [edited] })
    if (other === ASK_ELSE) {
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(pending.map(command), ['/repo/docs'])
      await run.resume(true)
      assert.deepEqual(shell.ran, [ASK_ELSE])
    } else {
      assert.deepEqual(pending, [])
      assert.deepEqual(shell.ran, other === ALLOW ? [ALLOW] : [])
      assert.match((await run.told())[0]!, other === ALLOW ? /^ran git status/ : /^checkrein: railway/)
    }
  })
}

test("the human's approval in another middleware is not ours", async () => {
  const shell = new Shell()
  const human = humanInTheLoopMiddleware({ interruptOn: { bash: true } })
  const run = new Runner(shell, [[DENY], [ASK]], { outside: [human] })
  await run.start()
  await run.resume({ decisions: [APPROVE] })
  assert.deepEqual(shell.ran, [])
  assert.match((await run.told())[0]!, /^checkrein: railway:volumeDelete/)
  const [question] = await run.resume({ decisions: [APPROVE] })
  assert.deepEqual(shell.ran, [])
  assert.equal(question.value.tool, 'bash')
})

// The framework may not tell the name of such a tool, and then not even what is harmless is known to be.
for (const item of [DENY, ASK]) {
  test(`a middleware inside that brings the tool: ${item}`, async () => {
    const shell = new Shell()
    const swap = editor({ tool: bash(shell) })
    const run = new Runner(new Shell(), [[['dynamic', { command: item }]]], { inside: [swap] })
    assert.deepEqual(await run.start(), [])
    assert.deepEqual(shell.ran, [])
    assert.match((await run.told())[0]!, /^checkrein: /)
  })
}

for (const item of [ALLOW, DENY, ASK]) {
  test(`a middleware before that brings the tool: ${item}`, async () => {
    const shell = new Shell()
    const swap = editor({ tool: bash(shell) })
    const run = new Runner(new Shell(), [[['dynamic', { command: item }]]], { outside: [swap] })
    assert.equal((await run.start()).length, item === ASK ? 1 : 0)
    assert.deepEqual(shell.ran, item === ALLOW ? [ALLOW] : [])
    if (item === ASK) {
      await run.resume(true)
      assert.deepEqual(shell.ran, [ASK])
    }
  })
}
