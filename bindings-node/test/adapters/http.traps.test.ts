// Express and Hono: what an agent, or whoever puts the guard in, may try or get wrong.

import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'

import { Gate, Guard } from 'checkrein'
import { decided, expressGuard } from 'checkrein/http'
import express from 'express'
import { validator } from 'hono/validator'

import {
  type Loose,
  MODES,
  type Mode,
  SAID_NO,
  answer,
  closeAll,
  malformed,
  pending,
  refused,
  result,
  serve,
} from './http.scenario.ts'
import { ALLOW, ASK, DENY, Shell, context, crash } from './support.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
afterEach(closeAll)
after(() => assert.deepEqual(unhandled, []))

const JSON_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer token-1' }
const BODY = JSON.stringify({ arguments: { command: ALLOW } })
const WANTED = { arguments: { command: DENY } }

const isExpress = (mode: Mode): boolean => mode.startsWith('express')

/** Middleware of the framework from a function that gets the request or the context. */
function middleware(mode: Mode, act: (request: Loose) => unknown): Loose {
  return isExpress(mode)
    ? (req: Loose, _res: Loose, next: Loose) => {
        act(req)
        next()
      }
    : async (c: Loose, next: Loose) => {
        await act(c)
        await next()
      }
}

/** A handler of the framework that answers with what a function makes of the request or the context. */
function replies(mode: Mode, act: (request: Loose) => unknown): Loose {
  return isExpress(mode)
    ? async (req: Loose, res: Loose) => res.json(await act(req))
    : async (c: Loose) => c.json(await act(c))
}

for (const mode of MODES) {
  describe(mode, () => {
    test('what is no call is refused', async () => {
      const server = await serve(mode)
      const command = { command: ALLOW }
      const bodies: [Loose, RegExp][] = [
        [{}, /no parsed JSON body/],
        [command, /no parsed JSON body/],
        [[{ arguments: command }], /no parsed JSON body/],
        [{ arguments: ALLOW }, /no object/],
        [{ arguments: [ALLOW] }, /no object/],
        [{ arguments: null }, /no object/],
        [{ arguments: command, callId: 7 }, /callId/],
        [{ arguments: command, callId: ['call-1'] }, /callId/],
        [{ arguments: command, callId: 'x'.repeat(201) }, /callId/],
        [{ arguments: command, tool: 'read_file' }, /same tool/],
        [{ arguments: command, tool: ['bash'] }, /same tool/],
        [{ arguments: command, command: DENY }, /members besides/],
        [{ arguments: command, agent: 'admin', session: 's' }, /members besides/],
      ]
      for (const [body, detail] of bodies) malformed(await server.post('/tools/bash', body), detail)
      for (const body of ['', 'null', '7', '"text"', '{"arguments": {', '\u0000']) {
        assert.equal((await server.post('/tools/bash', body)).status, 400, body)
      }
      for (const tool of ['', 7, null, {}, ['bash']]) {
        malformed(await server.post('/tools', { tool, arguments: command }), /names no tool/)
      }
      malformed(await server.post('/tools', { arguments: command }), /names no tool/)
      assert.deepEqual(server.shell.ran, [])
      assert.equal((await server.post('/tools', { tool: 'bash', arguments: command })).status, 200)
      assert.equal((await server.post('/tools/bash', { tool: 'bash', arguments: command })).status, 200)
    })

    test('a body that is not JSON is refused', async () => {
      const server = await serve(mode)
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'json']) {
        const headers = { ...JSON_HEADERS, 'content-type': type }
        const said = await answer(await server.send('/tools/bash', { method: 'POST', body: BODY, headers }))
        malformed(said, /JSON/)
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('keys that become prototypes', async () => {
      // A handler that assigns the arguments to an object would run what nobody decided.
      const tool = ({ arguments: input }: Loose): string => server.shell.run(Object.assign({}, input))
      const server = await serve(mode, { tool })
      const evil = JSON.stringify({ command: DENY })
      const bodies = [
        `{"arguments": {"command": "${ALLOW}", "__proto__": ${evil}}}`,
        `{"arguments": {"__proto__": ${evil}}}`,
        `{"arguments": {"command": "${ALLOW}", "list": [{"\\u005f_proto__": {"x": 1}}]}}`,
        `{"__proto__": {"arguments": ${evil}}}`,
        `{"arguments": {"command": "${ALLOW}"}, "__proto__": {"tool": "read_file"}}`,
      ]
      for (const body of bodies) malformed(await server.post('/tools/bash', body), /__proto__/)
      assert.deepEqual(server.shell.ran, [])
      assert.equal((Object.prototype as Loose).command, undefined)
    })

    test('keys that occur twice', async () => {
      // Texts, since another parser may take the first of two values.
      const seen: string[] = []
      const between = middleware(mode, async (request) => {
        if (isExpress(mode)) return seen.push(JSON.stringify(request.body))
        const { req } = request
        seen.push(JSON.stringify(await req.json()), await req.text(), await req.raw.clone().text())
        seen.push(await (await req.blob()).text(), JSON.stringify(await req.raw.clone().json()))
      })
      const server = await serve(mode, { between })
      const twice = (one: string, two: string): string =>
        `{"arguments": {"command": ${JSON.stringify(one)}, "command": ${JSON.stringify(two)}}}`
      refused(await server.post('/tools/bash', twice(ALLOW, DENY)), /railway/)
      assert.deepEqual([seen, server.shell.ran], [[], []])
      result(await server.post('/tools/bash', twice(DENY, ALLOW)), ALLOW)
      for (const body of seen) assert.equal(body, BODY)
      assert.ok(seen.length > 0)
      assert.deepEqual(server.shell.ran, [ALLOW])
    })

    test('nobody changes a call that was decided', async () => {
      const attempts: ((request: Loose) => unknown)[] = isExpress(mode)
        ? [
            (req) => (req.body = WANTED),
            (req) => (req.body.arguments = WANTED.arguments),
            (req) => (req.body.arguments.command = DENY),
            (req) => Object.assign(req.body.arguments, WANTED.arguments),
            (req) => Object.defineProperty(req, 'body', { value: WANTED }),
            (req) => (decided(req).arguments as Loose).command = DENY,
            (req) => ((decided(req) as Loose).tool = 'read_file'),
          ]
        : [
            (c) => ((decided(c).arguments as Loose).command = DENY),
            (c) => ((decided(c) as Loose).arguments = WANTED.arguments),
          ]
      for (const attempt of attempts) {
        const server = await serve(mode, { between: middleware(mode, attempt) })
        assert.equal((await server.bash(ALLOW)).status, 500)
        assert.deepEqual(server.shell.ran, [], String(attempt))
        assert.match(String(server.errors), /TypeError/)
      }
    })

    test('nobody changes a call while it is decided', async () => {
      let held: Loose
      const before = middleware(mode, async (request) => {
        held = isExpress(mode) ? request.body : await request.req.json()
      })
      const change = async (): Promise<void> => {
        held.arguments.command = DENY
      }
      const call = async (_request: Loose, body: Loose): Promise<Loose> => {
        const mine = { command: body.arguments.command }
        setImmediate(() => (mine.command = DENY))
        await change()
        return { tool: 'bash', arguments: mine }
      }
      const between = middleware(mode, () => change())
      const server = await serve(mode, { before, between, options: { call } })
      result(await server.bash(ALLOW), ALLOW)
      assert.deepEqual(server.shell.ran, [ALLOW])
    })

    test('an agent without an identity', async () => {
      const callers: (() => Loose)[] = [
        () => undefined,
        () => null,
        () => ({}),
        () => ({ agent: '' }),
        () => ({ agent: 7 }),
        () => ({ agent: ['builder'] }),
        async () => undefined,
        async () => ({ agent: undefined }),
        () => {
          throw new Error('no session')
        },
        async () => {
          throw new Error('no session')
        },
        () => Promise.reject(undefined),
      ]
      for (const caller of callers) {
        const server = await serve(mode, { options: { caller } })
        refused(await server.bash(ALLOW), /does not know who calls|the guard failed/)
        assert.deepEqual([server.shell.ran, server.errors], [[], []], String(caller))
      }
      const server = await serve(mode)
      for (const token of ['', 'token-3', '__proto__', 'constructor', 'builder']) {
        refused(await server.bash(ALLOW, undefined, token), /does not know who calls/)
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('headers do not say who calls', async () => {
      const seen: Loose[] = []
      const tool = (call: Loose): void => void seen.push(call)
      for (const options of [{}, { agent: 'fixed' }]) {
        const server = await serve(mode, { tool, options })
        const claims = { 'x-agent': 'admin', 'x-agent-id': 'admin', 'idempotency-key': 'k', 'x-session': 's' }
        const init = { method: 'POST', body: BODY, headers: { ...JSON_HEADERS, ...claims } }
        assert.equal((await server.send('/tools/bash', init)).status, 200)
      }
      const told = seen.map(({ agent, callId }) => [agent, callId])
      assert.deepEqual(told, [
        ['builder', undefined],
        ['fixed', undefined],
      ])
      assert.equal(seen[0].tool, 'bash')
      assert.equal(seen[0].decision.verdict, 'allow')
    })

    test('a yes is for one session and one human', async () => {
      let who: Loose = { agent: 'builder', session: 's1', onBehalfOf: 'ann' }
      const server = await serve(mode, { options: { caller: () => who } })
      await server.say('yes', pending(await server.bash(ASK, 'call-1')))
      who = { agent: 'builder', session: 's2', onBehalfOf: 'ann' }
      pending(await server.bash(ASK, 'call-1'))
      who = { agent: 'builder', session: 's1', onBehalfOf: 'bob' }
      pending(await server.bash(ASK, 'call-1'))
      who = { agent: 'builder', session: 's1', onBehalfOf: 'ann', workspace: { root: '/else', cwd: '/else' } }
      pending(await server.bash(ASK, 'call-1'))
      assert.deepEqual(server.shell.ran, [])
      who = { agent: 'builder', session: 's1', onBehalfOf: 'ann' }
      result(await server.bash(ASK, 'call-1'), ASK)
      const waiting = server.desk.waiting()
      assert.deepEqual(waiting.map(({ session, onBehalfOf }) => [session, onBehalfOf]), [
        ['s2', 'ann'],
        ['s1', 'bob'],
        ['s1', 'ann'],
      ])
    })

    test('odd values of `call`', async () => {
      const good = { tool: 'bash', arguments: { command: ALLOW } }
      const calls: (() => Loose)[] = [
        () => undefined,
        () => null,
        () => 'bash',
        () => ({}),
        () => ({ ...good, tool: undefined }),
        () => ({ ...good, tool: { toString: () => 'bash' } }),
        () => ({ ...good, arguments: undefined }),
        () => ({ ...good, arguments: new Map([['command', ALLOW]]) }),
        () => ({ ...good, arguments: new Date() }),
        () => ({ ...good, arguments: { command: () => ALLOW } }),
        () => ({ ...good, arguments: { command: Promise.resolve(ALLOW) } }),
        () => ({ ...good, arguments: { command: new String(ALLOW) } }),
        () => ({ ...good, arguments: new Proxy({}, { get: () => ALLOW }) }),
        () => ({ ...good, arguments: { command: ALLOW, more: Buffer.from(DENY) } }),
        () => ({ ...good, arguments: { command: ALLOW, more: Number.NaN } }),
        () => {
          const loop: Loose = { command: ALLOW }
          loop.loop = loop
          return { ...good, arguments: loop }
        },
        () => ({ ...good, callId: 7 }),
        () => ({ ...good, annotations: () => ({}) }),
        () => {
          throw new Error('not today')
        },
        async () => {
          throw new Error('not today')
        },
      ]
      for (const call of calls) {
        const server = await serve(mode, { options: { call } })
        const said = await server.bash(ALLOW)
        assert.ok(said.status === 400 || said.status === 403, String(call))
        assert.match(said.type, /problem\+json/)
        assert.deepEqual([server.shell.ran, server.errors], [[], []], String(call))
      }
      let reads = 0
      const call = (): Loose => ({
        tool: 'bash',
        get arguments() {
          return { command: (reads += 1) === 1 ? ALLOW : DENY }
        },
      })
      const server = await serve(mode, { options: { call } })
      result(await server.bash(ALLOW), ALLOW)
    })

    test('a body deeper than the stack is refused', async () => {
      const server = await serve(mode)
      const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`
      const said = await server.post('/tools/bash', `{"arguments": {"command": "${ALLOW}", "deep": ${deep}}}`)
      assert.ok(said.status === 400 || said.status === 403)
      assert.deepEqual(server.shell.ran, [])
    })

    test('an outcome that nobody knows', async () => {
      const original = Object.getOwnPropertyDescriptor(Gate.prototype, 'rule')!
      const server = await serve(mode)
      for (const outcome of ['allow', 'maybe', '', undefined, true]) {
        const value = (): Loose => ({ outcome, message: '' })
        Object.defineProperty(Gate.prototype, 'rule', { ...original, value })
        try {
          refused(await server.bash(ALLOW), /the guard failed/)
        } finally {
          Object.defineProperty(Gate.prototype, 'rule', original)
        }
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('a store of approvals that fails or lies', async () => {
      const good = { show: () => true, redeem: () => true, withdraw: () => {} }
      const broken = (): never => {
        throw new Error('broken')
      }
      const redeems = [broken, () => 1, () => {}].map((redeem) => ({ redeem }))
      for (const store of [{ show: broken }, { show: () => 1 }, ...redeems]) {
        const approvals = { ...good, ...store } as Loose
        const guard = new Guard({ inventory: '', workspace: '/', approvals })
        const server = await serve(mode, { options: { guard } })
        const first = await server.bash(ASK, 'call-1')
        const id = first.body.approval?.id
        if (id !== undefined) await server.say('yes', id)
        refused(await server.bash(ASK, 'call-1'), /checkrein|approv/)
        assert.deepEqual(server.shell.ran, [])
        const asking = await serve(mode, { options: { guard, desk: undefined, ask: () => true } })
        refused(await asking.bash(ASK, 'call-1'), /checkrein|approv/)
        assert.deepEqual(asking.shell.ran, [])
      }
    })

    test('a no is noted where approvals are kept', async () => {
      const noted: string[] = []
      const withdraw = (_fingerprint: string, callId: string): void => void noted.push(callId)
      const approvals = { show: () => true, redeem: () => true, withdraw }
      const guard = new Guard({ inventory: '', workspace: '/', approvals })
      const server = await serve(mode, { options: { guard } })
      await server.say('no', pending(await server.bash(ASK, 'call-1')))
      const asking = await serve(mode, { options: { guard, desk: undefined, ask: () => false } })
      refused(await asking.bash(ASK, 'call-2'), SAID_NO)
      assert.deepEqual(noted, ['call-1', 'call-2'])
    })

    test('what changes while the human thinks', async () => {
      let repair = (): void => {}
      const ask = (): boolean => {
        repair = crash('engine')
        return true
      }
      const server = await serve(mode, { options: { ask, desk: undefined } })
      try {
        refused(await server.bash(ASK, 'call-1'), /checkrein/)
      } finally {
        repair()
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('guarded twice is refused', async () => {
      const server = await serve(mode, {
        routes: (app, guard) => {
          app.post('/twice/:tool', guard, guard, replies(mode, () => 'ran'))
        },
      })
      const said = await server.post('/twice/bash', { arguments: { command: ALLOW } })
      refused(said, /once, not twice/)
    })

    test('a guard where the tool is not known yet', async () => {
      const server = await serve(mode, {
        routes: (app, guard) => {
          const run = (tool: string, body: Loose): string =>
            server.shell.run({ command: `${tool}: ${body.arguments.command}` })
          const end = (name: string): Loose =>
            replies(mode, async (request) =>
              isExpress(mode)
                ? run(request.params[name], request.body)
                : run(request.req.param(name), await request.req.json()),
            )
          app.use(isExpress(mode) ? '/wild' : '/wild/*', guard)
          app.post('/wild/:tool', end('tool'))
          app.use(isExpress(mode) ? '/wilder/:tool' : '/wilder/:tool/*', guard)
          app.post('/wilder/:x/:tool', end('tool'))
          app.post('/other/:name', guard, end('name'))
        },
      })
      // The body names a harmless tool, the route runs another one.
      const body = { tool: 'list_directory', arguments: { command: ALLOW, path: '.' } }
      for (const path of ['/wild/bash', '/wilder/list_directory/bash', '/other/bash']) {
        assert.equal((await server.post(path, body)).status, 400, path)
      }
      assert.deepEqual(server.shell.ran, [])
    })

    test('methods and paths', async () => {
      const server = await serve(mode, {
        routes: (app, guard) => {
          const end = replies(mode, (request) => server.shell.run(decided(request).arguments as Loose))
          app.get('/tools/:tool', guard, end)
          app.put('/tools/:tool', end)
        },
      })
      const query = `?arguments[command]=${ALLOW}&tool=bash&command=${ALLOW}`
      for (const method of ['GET', 'HEAD']) {
        const said = await server.send(`/tools/bash${query}`, { method, headers: JSON_HEADERS })
        assert.equal(said.status, 400, method)
      }
      const put = await server.send('/tools/bash', { method: 'PUT', body: BODY, headers: JSON_HEADERS })
      assert.equal(put.status, 500, 'a route without a guard gets no call')
      assert.match(await put.text(), /has passed no guard/)
      const body = { arguments: { command: DENY } }
      const tricks = ['bash/', 'BASH', '%62ash', 'bash%20', 'bash%2F', 'bash;x', '.%2Fbash', 'bash?tool=ls']
      for (const path of ['/TOOLS/bash', '//tools/bash', ...tricks.map((trick) => `/tools/${trick}`)]) {
        assert.ok((await server.post(path, body)).status >= 400, path)
      }
      const override = { ...JSON_HEADERS, 'x-http-method-override': 'PUT', 'x-original-url': '/approvals' }
      const init = { method: 'POST', body: JSON.stringify(body), headers: override }
      assert.equal((await server.send('/tools/bash', init)).status, 403)
      assert.deepEqual(server.shell.ran, [])
    })

    test('a query as the call', async () => {
      const call = isExpress(mode)
        ? ({ query, method }: Loose) => ({ tool: 'bash', arguments: { ...query, method } })
        : ({ req }: Loose) => ({ tool: 'bash', arguments: { ...req.query(), method: req.method } })
      const server = await serve(mode, {
        options: { call },
        routes: (app, guard) => {
          app.get('/q', guard, replies(mode, (request) => decided(request).arguments))
        },
      })
      const get = async (command: string): Promise<Loose> => {
        const path = `/q?command=${encodeURIComponent(command)}`
        return await answer(await server.send(path, { headers: JSON_HEADERS }))
      }
      assert.deepEqual((await get(ALLOW)).body, { command: ALLOW, method: 'GET' })
      refused(await get(DENY), /railway/)
      pending(await get(ASK))
    })

    test('the decided call is a frozen copy', async () => {
      let call: Loose
      const server = await serve(mode, { tool: (given) => void (call = given) })
      const body = { arguments: { command: ALLOW, more: [{ a: 1 }] }, callId: 'call-1' }
      assert.equal((await server.post('/tools/bash', body)).status, 200)
      for (const part of [call, call.arguments, call.arguments.more, call.arguments.more[0]]) {
        assert.ok(Object.isFrozen(part))
      }
      assert.equal(call.callId, 'call-1')
    })
  })
}

test('Express never hears of a failure of the guard', async () => {
  const shell = new Shell()
  const guard: Loose = expressGuard({ ...context(), agent: 'builder' })
  const broken = (): never => {
    throw new Error('broken')
  }
  let destroyed = 0
  const res = { writeHead: broken, destroy: () => (destroyed += 1) }
  const next = (): void => void shell.run({ command: 'next' })
  const route = {}
  const requests = [
    { route, params: { tool: 'bash' }, body: { arguments: { command: DENY } } },
    { route, params: null, body: {} },
    Object.defineProperty({ route }, 'body', { get: broken }),
    Object.preventExtensions({ route, params: { tool: 'bash' }, body: undefined }),
    new Proxy({}, { get: broken }),
  ]
  for (const req of requests) assert.equal(await guard(req, res, next), undefined)
  await guard(undefined, res, next)
  assert.equal(destroyed, requests.length + 1)
  assert.deepEqual(shell.ran, [])
})

test('an answer that was sent already', async () => {
  const before = (_req: Loose, res: Loose, next: Loose): void => {
    res.json('too late')
    next()
  }
  for (const mode of ['express', 'express 4'] as const) {
    const server = await serve(mode, { before })
    await server.bash(DENY).catch(() => {})
    await server.bash(ASK).catch(() => {})
    assert.deepEqual([server.shell.ran, server.errors], [[], []])
  }
})

test('Express without a parser, or with others', async () => {
  const server = await serve('express', {
    routes: (app, guard) => {
      const end = replies('express', (req) => server.shell.run(decided(req).arguments as Loose))
      app.post('/form/:tool', express.urlencoded({ extended: true }), guard, end)
      app.post('/text/:tool', express.text({ type: '*/*' }), guard, end)
      app.post('/raw/:tool', express.raw({ type: '*/*' }), guard, end)
      app.post('/none/:tool', guard, end)
    },
  })
  const send = async (path: string, body: string, type: string): Promise<Loose> => {
    const headers = { ...JSON_HEADERS, 'content-type': type }
    return await answer(await server.send(path, { method: 'POST', body, headers }))
  }
  for (const path of ['/text/bash', '/raw/bash', '/none/bash']) {
    malformed(await send(path, BODY, 'application/octet-stream'), /JSON/)
  }
  const form = 'application/x-www-form-urlencoded'
  assert.deepEqual((await send('/form/bash', `arguments[command]=${ALLOW}`, form)).body, `ran ${ALLOW}`)
  refused(await send('/form/bash', `arguments[command]=${encodeURIComponent(DENY)}`, form), /railway/)
  const keys = ['arguments[__proto__][command]', '__proto__[arguments][command]', 'arguments[command][]']
  for (const key of keys) {
    const said = await send('/form/bash', `${key}=${encodeURIComponent(DENY)}`, form)
    assert.ok(said.status === 400 || said.status === 403, key)
  }
  assert.deepEqual(server.shell.ran, [ALLOW])
})

test('Hono: what was read before, and what is read after', async () => {
  const readers: ((c: Loose) => unknown)[] = [
    (c) => c.req.json(),
    (c) => c.req.text(),
    (c) => c.req.arrayBuffer(),
    (c) => c.req.blob(),
  ]
  for (const read of readers) {
    const server = await serve('hono', { before: middleware('hono', read) })
    result(await server.bash(ALLOW), ALLOW)
    refused(await server.bash(DENY), /railway/)
  }
  const consumed = await serve('hono', { before: middleware('hono', (c) => c.req.raw.text()) })
  refused(await consumed.bash(ALLOW), /the guard failed/)
  assert.deepEqual(consumed.shell.ran, [])
})

test('Hono: a proxy hands on what was decided', async () => {
  const target = await serve('hono on a socket', { options: { agent: 'proxy' } })
  const lengths: unknown[] = []
  const handler = async (c: Loose): Promise<Response> => {
    lengths.push(c.req.raw.headers.get('content-length'), await c.req.raw.clone().text())
    return await target.send('/tools/bash', c.req.raw)
  }
  const server = await serve('hono', { handler })
  const body = `{"arguments": {"command": "${ASK}", "command": "${ALLOW}"}}`
  const headers = { ...JSON_HEADERS, 'content-length': String(body.length) }
  const said = await answer(await server.send('/tools/bash', { method: 'POST', body, headers }))
  result(said, ALLOW)
  assert.deepEqual(lengths, [null, BODY])
  assert.deepEqual(target.shell.ran, [ALLOW])
})

test('Hono: a validator before, whose value is the call', async () => {
  const before = validator('json', (value: Loose) => ({ command: String(value.arguments.command).trim() }))
  const call = (c: Loose): Loose => ({ tool: 'bash', arguments: c.req.valid('json') })
  const server = await serve('hono', { before, options: { call } })
  result(await server.bash(`  ${ALLOW}  `), ALLOW)
  refused(await server.bash(`  ${DENY}  `), /railway/)
  assert.deepEqual(server.shell.ran, [ALLOW])
})
