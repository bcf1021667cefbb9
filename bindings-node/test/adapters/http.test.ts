// Express and Hono, as real servers.

import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'

import { ApprovalDesk, decided, expressGuard, honoGuard } from 'checkrein/http'

import {
  type Answer,
  type Loose,
  MODES,
  SAID_NO,
  USED,
  closeAll,
  pending,
  refused,
  result,
  serve,
} from './http.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, context, crash } from './support.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
afterEach(closeAll)
after(() => assert.deepEqual(unhandled, []))

for (const mode of MODES) {
  describe(mode, () => {
    test('allow', async () => {
      const server = await serve(mode)
      result(await server.bash(ALLOW), ALLOW)
      assert.deepEqual(server.shell.ran, [ALLOW])
      assert.deepEqual(server.desk.waiting(), [])
    })

    test('deny', async () => {
      const server = await serve(mode)
      const answer = await server.bash(DENY)
      assert.deepEqual(server.shell.ran, [])
      refused(answer, /railway:volumeDelete/)
      assert.equal(answer.body.status, 403)
      assert.equal(answer.body.title, 'The call must not run')
      assert.equal(answer.body.decision.verdict, 'deny')
      assert.deepEqual(server.errors, [])
    })

    test('ask, then approve', async () => {
      const server = await serve(mode)
      const answer = await server.bash(ASK, 'call-1')
      assert.deepEqual(server.shell.ran, [])
      const id = pending(answer)
      assert.match(answer.body.detail, /fs:remove_recursive/)
      assert.match(answer.body.detail, /May be approved by: operator/)
      assert.equal(answer.body.decision.verdict, 'needs_approval')
      const [waiting, ...others] = server.desk.waiting()
      assert.deepEqual(others, [])
      assert.equal(waiting?.id, id)
      assert.equal(waiting?.message, answer.body.detail)
      assert.deepEqual(answer.body.approval, {
        tool: 'bash',
        fingerprint: waiting?.fingerprint,
        teams: ['operator'],
        id,
      })
      assert.deepEqual([waiting?.agent, waiting?.callId, waiting?.tool], ['builder', 'call-1', 'bash'])
      assert.doesNotThrow(() => JSON.stringify(waiting))
      assert.equal(pending(await server.bash(ASK, 'call-1')), id, 'asked once')
      assert.deepEqual((await server.say('yes', id)).body, { done: true })
      assert.deepEqual(server.shell.ran, [], 'a yes alone runs nothing')
      assert.deepEqual(server.desk.waiting(), [])
      result(await server.bash(ASK, 'call-1'), ASK)
      assert.deepEqual(server.shell.ran, [ASK])
    })

    test('ask, then reject', async () => {
      const server = await serve(mode)
      const id = pending(await server.bash(ASK, 'call-1'))
      assert.deepEqual((await server.say('no', id)).body, { done: true })
      for (let times = 0; times < 2; times += 1) refused(await server.bash(ASK, 'call-1'), SAID_NO)
      assert.deepEqual((await server.say('yes', id)).body, { done: false }, 'a no stands')
      refused(await server.bash(ASK, 'call-1'), SAID_NO)
      assert.deepEqual(server.shell.ran, [])
      assert.deepEqual(server.desk.waiting(), [])
    })

    test('parallel allow and ask', async () => {
      const server = await serve(mode)
      const commands = [ALLOW, ASK, DENY, ASK_ELSE, ALLOW]
      const calls = commands.map((command, number) => server.bash(command, `call-${number}`))
      const [a, b, c, d, e] = await Promise.all(calls)
      result(a!, ALLOW)
      refused(c!, /railway/)
      result(e!, ALLOW)
      assert.deepEqual(server.shell.ran, [ALLOW, ALLOW])
      const [first, second] = [pending(b!), pending(d!)]
      assert.deepEqual(server.desk.waiting().map(({ id }) => id).sort(), [first, second].sort())
      await server.say('yes', second)
      pending(await server.bash(ASK, 'call-1'))
      result(await server.bash(ASK_ELSE, 'call-3'), ASK_ELSE)
      assert.deepEqual(server.shell.ran, [ALLOW, ALLOW, ASK_ELSE])
    })

    test('engine crash', async () => {
      for (const part of ['engine', 'adapter'] as const) {
        const server = await serve(mode)
        const id = pending(await server.bash(ASK, 'call-1'))
        await server.say('yes', id)
        const repair = crash(part)
        try {
          for (const command of [ALLOW, ASK]) refused(await server.bash(command, 'call-1'), /checkrein/)
        } finally {
          repair()
        }
        assert.deepEqual(server.shell.ran, [], part)
        assert.deepEqual(server.errors, [], 'the framework does not hear of it')
        result(await server.bash(ASK, 'call-1'), ASK)
      }
    })

    test('nested agent', async () => {
      // The tool of the outer endpoint has another agent call the inner one.
      const inner = await serve(mode)
      const answers: Answer[] = []
      const tool = async (): Promise<string> => {
        for (const command of [ALLOW, DENY, ASK]) answers.push(await inner.bash(command, 'call-1', 'token-2'))
        return 'delegated'
      }
      const outer = await serve(mode, { tool })
      assert.deepEqual((await outer.bash(ALLOW)).body, { result: 'delegated' })
      result(answers[0]!, ALLOW)
      refused(answers[1]!, /railway/)
      const id = pending(answers[2]!)
      assert.deepEqual(inner.shell.ran, [ALLOW])
      assert.equal(inner.desk.waiting()[0]?.agent, 'deployer')
      await inner.say('yes', id)
      pending(await inner.bash(ASK, 'call-1', 'token-1'))
      assert.deepEqual(inner.shell.ran, [ALLOW], 'the yes is for one agent')
      result(await inner.bash(ASK, 'call-1', 'token-2'), ASK)
    })

    test('arguments edited after approval', async () => {
      const server = await serve(mode)
      await server.say('yes', pending(await server.bash(ASK, 'call-1')))
      pending(await server.bash(ASK_ELSE, 'call-1'))
      pending(await server.bash(`${ASK} `, 'call-1'))
      const input = { command: ASK }
      pending(await server.post('/tools/bash', { arguments: { ...input, cwd: '/repo' }, callId: 'call-1' }))
      pending(await server.post('/tools/shell', { arguments: input, callId: 'call-1' }))
      pending(await server.bash(ASK, 'call-2'))
      pending(await server.bash(ASK))
      assert.deepEqual(server.shell.ran, [])
      result(await server.bash(ASK, 'call-1'), ASK)
    })

    test('replayed approval', async () => {
      const server = await serve(mode)
      await server.say('yes', pending(await server.bash(ASK, 'call-1')))
      const answers = await Promise.all([1, 2, 3, 4].map(() => server.bash(ASK, 'call-1')))
      assert.deepEqual(server.shell.ran, [ASK])
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403, 403])
      for (const answer of answers.filter(({ status }) => status === 403)) refused(answer, USED)
      refused(await server.bash(ASK, 'call-1'), USED)
      assert.deepEqual(server.shell.ran, [ASK])
      pending(await server.bash(ASK, 'call-2'))
    })

    test('forged approval', async () => {
      const server = await serve(mode)
      const problem = await server.bash(ASK, 'call-1')
      const id = pending(problem)
      const { fingerprint } = problem.body.approval
      const wrongs = [fingerprint, 'call-1', crypto.randomUUID(), id.toUpperCase(), '__proto__', '%20']
      for (const wrong of wrongs) {
        assert.deepEqual((await server.say('yes', wrong)).body, { done: false })
      }
      assert.equal((await server.say('yes', id, 'token-1')).status, 401, 'the agent is no human')
      const claims = { approved: true, approval: { id, approved: true }, fingerprint, decision: 'approve' }
      const body = { arguments: { command: ASK }, callId: 'call-1' }
      for (const [name, claim] of Object.entries(claims)) {
        assert.equal((await server.post('/tools/bash', { ...body, [name]: claim })).status, 400)
      }
      pending(await server.post('/tools/bash', { ...body, arguments: { command: ASK, ...claims } }))
      assert.equal(pending(await server.bash(ASK, 'call-1')), id, 'to repeat is not to approve')
      assert.deepEqual(server.shell.ran, [])
    })

    test('without an id of the call, a yes counts for the next equal call', async () => {
      const server = await serve(mode)
      const id = pending(await server.bash(ASK))
      await server.say('yes', id)
      pending(await server.bash(ASK, 'call-1'))
      pending(await server.bash(ASK_ELSE))
      const answers = await Promise.all([server.bash(ASK), server.bash(ASK)])
      assert.deepEqual(server.shell.ran, [ASK])
      const again = pending(answers.find(({ status }) => status === 403)!)
      assert.notEqual(again, id)
      await server.say('yes', again)
      result(await server.bash(ASK), ASK)
      assert.deepEqual(server.shell.ran, [ASK, ASK])
    })

    test('ask while the client waits', async () => {
      const questions: Loose[] = []
      let word: unknown = true
      const ask = async (ruling: Loose): Promise<Loose> => {
        questions.push(ruling.question())
        if (word instanceof Error) throw word
        return word
      }
      const server = await serve(mode, { options: { ask, desk: undefined } })
      result(await server.bash(ASK, 'call-1'), ASK)
      assert.match(questions[0].message, /May be approved by: operator/)
      refused(await server.bash(ASK, 'call-1'), USED)
      assert.equal(questions.length, 1, 'nobody is asked about a replay')
      for (word of ['yes', 1, {}, undefined, null, false]) refused(await server.bash(ASK, 'call-2'), SAID_NO)
      word = true
      const answers = await Promise.all([server.bash(ASK_ELSE), server.bash(ASK_ELSE)])
      for (const answer of answers) result(answer, ASK_ELSE)
      word = new Error('broken')
      refused(await server.bash(ASK, 'call-3'), /guard failed \(Error\)/)
      refused(await server.bash(DENY), /railway/)
      assert.deepEqual(server.shell.ran, [ASK, ASK_ELSE, ASK_ELSE])
    })

    test('nobody to ask', async () => {
      const server = await serve(mode, { options: { desk: undefined } })
      for (let times = 0; times < 3; times += 1) {
        const answer = await server.bash(ASK, 'call-1')
        assert.equal(pending(answer), undefined)
        assert.equal(answer.body.approval.tool, 'bash')
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('streaming', async () => {
      const reply = (command: string): ReadableStream =>
        ReadableStream.from([`ran `, command].map((part) => new TextEncoder().encode(part)))
      const handler = mode.startsWith('express')
        ? async (req: Loose, res: Loose) => {
            const command = decided(req).arguments['command'] as string
            server.shell.run({ command })
            for await (const part of reply(command)) res.write(part)
            res.end()
          }
        : (c: Loose) => {
            const command = decided(c).arguments['command'] as string
            server.shell.run({ command })
            return c.body(reply(command))
          }
      const server = await serve(mode, { handler })
      assert.equal((await server.bash(ALLOW)).body, `ran ${ALLOW}`)
      refused(await server.bash(DENY), /railway/)
      await server.say('yes', pending(await server.bash(ASK)))
      assert.equal((await server.bash(ASK)).body, `ran ${ASK}`)
      assert.deepEqual(server.shell.ran, [ALLOW, ASK])
    })

    test('an error of the tool is its own', async () => {
      const tool = (): never => {
        throw new Error('disk full')
      }
      const server = await serve(mode, { tool })
      const answer = await server.bash(ALLOW)
      assert.deepEqual([answer.status, answer.body], [500, { error: 'disk full' }])
      assert.equal(server.errors.length, 1)
    })
  })
}

test('the desk forgets', async () => {
  const server = await serve('hono', { options: { desk: new ApprovalDesk(0.05) } })
  const id = pending(await server.bash(ASK, 'call-1'))
  await server.say('yes', id)
  await new Promise((resolve) => setTimeout(resolve, 80))
  const again = pending(await server.bash(ASK, 'call-1'))
  assert.notEqual(again, id, 'a yes ends with its time')
  await server.say('no', again)
  await new Promise((resolve) => setTimeout(resolve, 80))
  pending(await server.bash(ASK, 'call-1'))
  assert.deepEqual(server.shell.ran, [])
  assert.throws(() => new ApprovalDesk(Number.NaN), { name: 'ConfigurationError' })
  assert.throws(() => new ApprovalDesk(-1), { name: 'ConfigurationError' })
})

test('what waits is bounded', async () => {
  const server = await serve('hono')
  const first = pending(await server.bash(ASK, 'first'))
  await server.say('yes', first)
  for (let number = 0; number < 1100; number += 1) await server.bash(ASK, `call-${number}`)
  assert.ok(server.desk.waiting().length <= 1000)
  pending(await server.bash(ASK, 'first'))
  await server.say('yes', pending(await server.bash(ASK, 'call-1099')))
  result(await server.bash(ASK, 'call-1099'), ASK)
  assert.deepEqual(server.shell.ran, [ASK])
})

test('who calls, and one way to ask, have to be named', () => {
  for (const guard of [expressGuard, honoGuard] as Loose[]) {
    const given = context()
    const wrong = [
      {},
      { agent: 'a', caller: () => ({ agent: 'b' }) },
      { agent: 'a', desk: new ApprovalDesk(), ask: () => true },
    ]
    for (const options of wrong) {
      assert.throws(() => guard({ ...given, ...options }), { name: 'ConfigurationError' })
    }
  }
})
