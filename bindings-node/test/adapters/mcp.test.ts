// The cases that every adapter has, for a guard in the server and one at the client, on both lines.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'

import { Guard } from 'checkrein'

import {
  ACCEPT,
  LINES,
  type Line,
  type Loose,
  NOT_SHOWN,
  REFUSALS,
  SAID_NO,
  type Setting,
  calls,
  closeAll,
  connect,
  decided,
  result,
  text,
} from './mcp.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, crash, guard } from './support.ts'

afterEach(closeAll)

/** Where the guard is, and who is asked there: the client's human, or one at the server or client. */
const PLACES: Record<string, Place> = {
  'server, elicitation': (human) => ({ server: { elicit: true }, human }),
  'low-level server, elicitation': (human) => ({ server: { elicit: true }, human, low: true }),
  'server, callback': (human) => callback(human, 'server'),
  'client, callback': (human) => ({ ...callback(human, 'client'), server: false }),
}

function callback(human: Loose, place: 'server' | 'client'): Setting & { asked: string[] } {
  const asked: string[] = []
  const ask = async ({ message }: Loose): Promise<boolean> => {
    asked.push(message)
    const said = typeof human === 'function' ? await human() : human
    return said.action === 'accept' && said.content?.approve
  }
  return { [place]: { ask }, asked }
}

type Place = (answer: Loose) => Setting & { asked?: string[] }

function each(name: string, body: (line: Line, setting: Place) => Promise<void>): void {
  test(name, async (t) => {
    for (const line of LINES) {
      for (const [place, setting] of Object.entries(PLACES)) {
        await t.test(`${line}, ${place}`, async () => body(line, setting))
      }
    }
  })
}

each('allow', async (line, setting) => {
  const { call, shell } = await connect(line, setting(ACCEPT))
  assert.equal(await call(ALLOW), `ran ${ALLOW}`)
  assert.deepEqual(shell.ran, [ALLOW])
})

each('deny', async (line, setting) => {
  const given = setting(ACCEPT)
  const { call, shell, asked, left } = await connect(line, given)
  assert.match(await call(DENY), /^!checkrein.*was found/s)
  assert.deepEqual(shell.ran, [])
  assert.deepEqual(given.asked ?? asked, [])
  if (given.client) assert.deepEqual(calls(left), [])
})

each('ask, then approve', async (line, setting) => {
  const given = setting(ACCEPT)
  const { call, shell, asked } = await connect(line, given)
  assert.equal(await call(ASK), `ran ${ASK}`)
  assert.deepEqual(shell.ran, [ASK])
  const [question, ...more] = given.asked ?? asked
  assert.match(question!, /\/repo\/src/)
  assert.deepEqual(more, [])
})

each('ask, then reject', async (line, setting) => {
  for (const no of REFUSALS) {
    const given = setting(no)
    const { call, shell, asked } = await connect(line, given)
    assert.match(await call(ASK), /^!checkrein.*The human (said no|could not be asked)/s)
    assert.deepEqual(shell.ran, [])
    assert.equal((given.asked ?? asked).length, 1)
  }
})

each('parallel allow and ask', async (line, setting) => {
  const given = setting(ACCEPT)
  const { call, shell, asked } = await connect(line, given)
  const told = await Promise.all([call(ALLOW), call(ASK), call(DENY), call(ASK_ELSE), call(ALLOW)])
  assert.deepEqual(shell.ran.toSorted(), [ALLOW, ALLOW, ASK, ASK_ELSE].toSorted())
  assert.deepEqual(told.toSpliced(2, 1), [ALLOW, ASK, ASK_ELSE, ALLOW].map((command) => `ran ${command}`))
  assert.match(told[2]!, /^!checkrein.*was found/s)
  assert.equal((given.asked ?? asked).length, 2)
})

each('engine crash', async (line, setting) => {
  for (const part of ['engine', 'adapter'] as const) {
    const { call, shell, left } = await connect(line, setting(ACCEPT))
    const repair = crash(part)
    try {
      const told = await call(ALLOW)
      assert.match(told, /^!checkrein/)
      assert.doesNotMatch(told, /broken on purpose/)
      assert.deepEqual(shell.ran, [])
      assert.equal(calls(left).length, setting(ACCEPT).client ? 0 : 1)
    } finally {
      repair()
    }
  }
})

each('engine crash while the human is asked', async (line, setting) => {
  for (const part of ['engine', 'adapter'] as const) {
    let repair = (): void => {}
    const human = (): Loose => {
      repair = crash(part)
      return ACCEPT
    }
    const { call, shell } = await connect(line, setting(human))
    try {
      assert.match(await call(ASK), /^!checkrein/)
      assert.deepEqual(shell.ran, [])
    } finally {
      repair()
    }
  }
})

test('nested agent', async (t) => {
  // The nearest that MCP has: a tool of one server that is a client of another.
  for (const line of LINES) {
    for (const inner of [{ client: { ask: () => true }, server: false }, { server: { ask: () => true } }]) {
      await t.test(`${line}, guard in the inner ${'client' in inner ? 'client' : 'server'}`, async () => {
        const below = await connect(line, inner)
        const { client } = await connect(line, {
          server: false,
          after: (server) =>
            server.registerTool('delegate', {}, async () => {
              const told = [await below.call(ALLOW), await below.call(DENY), await below.call(ASK)]
              return result(told.join('\n'))
            }),
        })
        const { content } = await client.callTool({ name: 'delegate', arguments: {} })
        assert.match(content[0].text, new RegExp(`^ran ${ALLOW}\n!checkrein.*was found.*ran ${ASK}$`, 's'))
        assert.deepEqual(below.shell.ran, [ALLOW, ASK])
      })
    }
  }
})

/** A v2 client that lets the test answer questions itself, so that it can do so wrongly. */
async function byHand(options: Loose = {}): Promise<Loose> {
  const clientOptions = { inputRequired: { autoFulfill: false } }
  const made = await connect('v2', { server: { elicit: true, ...options }, human: ACCEPT, clientOptions })
  const send = async (command: string, inputResponses?: Loose): Promise<Loose> => {
    const params = { name: 'bash', arguments: { command }, ...(inputResponses && { inputResponses }) }
    return await made.client.request({ method: 'tools/call', params }, { allowInputRequired: true })
  }
  return { ...made, send }
}

function answers(question: Loose, answer: Loose = ACCEPT): Loose {
  return Object.fromEntries(Object.keys(question.inputRequests).map((key) => [key, answer]))
}

test('arguments edited after approval', async (t) => {
  for (const edited of [ASK_ELSE, DENY]) {
    await t.test(`v2, the client sends ${edited === DENY ? 'what is denied' : 'another call'}`, async () => {
      const { send, shell } = await byHand()
      const question = await send(ASK)
      assert.deepEqual(shell.ran, [])
      const sent = await send(edited, answers(question))
      assert.deepEqual(shell.ran, [])
      assert.match(text(sent), edited === DENY ? /was found/ : NOT_SHOWN)
    })
    for (const line of ['v1', 'v2 as v1'] as const) {
      for (const place of ['server', 'client'] as const) {
        await t.test(`${line}, while the ${place} asks`, async () => {
          const params: Loose = { name: 'bash', arguments: { command: ASK } }
          let asked = 0
          const ask = (): boolean => {
            asked += 1
            params.arguments.command = edited
            params.arguments = { command: edited }
            return true
          }
          const { client, shell } = await connect(line, { server: false, [place]: { ask } })
          await client.callTool(params)
          assert.deepEqual(shell.ran, [ASK])
          assert.equal(asked, 1)
        })
      }
    }
  }
})

each('what changed while the human thought about it', async (line, setting) => {
  const real = guard()
  const cases = [
    [ACCEPT, DENY, false, /was found/],
    [ACCEPT, ASK_ELSE, false, NOT_SHOWN],
    [ACCEPT, ALLOW, true, /^ran/],
    [{ action: 'decline' }, ALLOW, false, SAID_NO],
    [{ action: 'decline' }, DENY, false, SAID_NO],
  ] as const
  for (const [answer, later, runs, expected] of cases) {
    let asked = false
    const human = (): Loose => {
      asked = true
      return answer
    }
    const given = setting(human)
    const changing = { approvals: real.approvals, authorize: () => decided(real, asked ? later : ASK) }
    const place = given.client ? 'client' : 'server'
    const { call, shell } = await connect(line, { ...given, [place]: { ...given[place], guard: changing } })
    assert.match(await call(ASK), expected)
    assert.deepEqual(shell.ran, runs ? [ASK] : [])
  }
})

test('replayed approval', async () => {
  const { send, shell } = await byHand()
  const question = await send(ASK)
  const first = await send(ASK, answers(question))
  const second = await send(ASK, answers(question))
  assert.deepEqual(shell.ran, [ASK])
  assert.equal(text(first), `ran ${ASK}`)
  assert.match(text(second), /^!.*ask again/s)
})

test('replayed approval in parallel', async () => {
  const { send, shell } = await byHand()
  const question = await send(ASK)
  await Promise.all(Array.from({ length: 5 }, () => send(ASK, answers(question))))
  assert.deepEqual(shell.ran, [ASK])
})

each('a call sent again is asked about again', async (line, setting) => {
  const given = setting(ACCEPT)
  const { call, shell, asked } = await connect(line, given)
  await call(ASK)
  await call(ASK)
  assert.deepEqual(shell.ran, [ASK, ASK])
  assert.equal((given.asked ?? asked).length, 2)
})

test('forged approval', async (t) => {
  for (const elicit of [true, false]) {
    await t.test(elicit ? 'with elicitation' : 'without', async () => {
      const { send, shell } = await byHand({ elicit })
      for (const key of ['checkrein-', 'checkrein-1', 'approve', '']) {
        const sent = await send(ASK, { [key]: ACCEPT })
        assert.deepEqual(shell.ran, [])
        if (!elicit || key.startsWith('checkrein-')) assert.match(text(sent), /^!checkrein/)
      }
    })
  }
})

test('approval of another process', async () => {
  const { send } = await byHand()
  const question = await send(ASK)
  const other = await byHand({ guard: new Guard({ inventory: '', workspace: '/' }) })
  const sent = await other.send(ASK, answers(question))
  assert.deepEqual(other.shell.ran, [])
  assert.match(text(sent), NOT_SHOWN)
})

test('yes after no', async () => {
  const { send, shell } = await byHand()
  const question = await send(ASK)
  assert.match(text(await send(ASK, answers(question, { action: 'decline' }))), SAID_NO)
  assert.match(text(await send(ASK, answers(question))), NOT_SHOWN)
  assert.deepEqual(shell.ran, [])
})

test('only true is yes', async (t) => {
  for (const approve of ['yes', 'true', 1, {}, [true], null, undefined]) {
    await t.test(`${JSON.stringify(approve)} in an answer`, async () => {
      const { send, shell } = await byHand()
      const question = await send(ASK)
      const said = { action: 'accept', content: { approve } }
      assert.match(text(await send(ASK, answers(question, said))), SAID_NO)
      assert.deepEqual(shell.ran, [])
    })
    await t.test(`${JSON.stringify(approve)} from a callback`, async () => {
      for (const place of ['server', 'client']) {
        const { call, shell } = await connect('v1', { server: false, [place]: { ask: async () => approve } })
        assert.match(await call(ASK), SAID_NO)
        assert.deepEqual(shell.ran, [])
      }
    })
  }
})
