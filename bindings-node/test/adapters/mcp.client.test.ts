// What an agent, a server or a sloppy integrator would try against a guard at a client.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server'
import { guardTransport } from 'checkrein/mcp'

import {
  LINES,
  type Line,
  type Loose,
  OFF,
  bash,
  calls,
  closeAll,
  connect,
  recorder,
  result,
  text,
} from './mcp.scenario.ts'
import { ALLOW, ASK, DENY, Shell, context } from './support.ts'

afterEach(closeAll)

const DENIED = /^!checkrein.*was found/s

function each(name: string, body: (line: Line) => Promise<void>, lines: readonly Line[] = LINES): void {
  test(name, async (t) => {
    for (const line of lines) await t.test(line, async () => body(line))
  })
}

/** A transport that goes nowhere: what leaves is noted, and what comes in is up to the test. */
class Wire {
  readonly left: Loose[] = []
  sessionId = 'session-1'
  onmessage: Loose = undefined
  onclose: Loose = undefined
  #closed = false

  async start(): Promise<void> {
    this.#closed = false
  }

  async send(message: Loose): Promise<void> {
    // A private part, as the SDK's own transports have them.
    if (this.#closed) throw new Error('closed')
    this.left.push(message)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.onclose?.()
  }
}

function guarded(transport: Loose, options: Loose = {}): Loose {
  if (OFF) return transport
  return guardTransport(transport, { ...context(), agent: 'builder', ownTools: true, ...options })
}

function wired(options: Loose = {}): { wire: Wire; line: Loose; told: Loose[] } {
  const wire = new Wire()
  const line: Loose = guarded(wire, options)
  const told: Loose[] = []
  line.onmessage = (message: Loose) => told.push(message)
  return { wire, line, told }
}

function request(command: string, id: Loose = 1, more: Loose = {}): Loose {
  const params = { name: 'bash', arguments: { command }, ...more }
  return { jsonrpc: '2.0', id, method: 'tools/call', params }
}

function negotiation(line: Line): Loose {
  return line === 'v2' ? { versionNegotiation: { mode: 'auto' } } : {}
}

const soon = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 10))

each('a request by hand', async (line) => {
  const { client, shell } = await connect(line, { server: false, client: {} })
  const params = { name: 'bash', arguments: { command: DENY } }
  const schema = line === 'v1' ? CallToolResultSchema : undefined
  assert.match(text(await client.request({ method: 'tools/call', params }, schema)), DENIED)
  assert.deepEqual(shell.ran, [])
})

each('what the client is told is a result of its protocol', async (line) => {
  const { client, shell } = await connect(line, { server: false, client: {} })
  const told = await client.callTool({ name: 'bash', arguments: { command: DENY } })
  assert.deepEqual(Object.keys(told).toSorted(), ['content', 'isError'])
  assert.deepEqual(shell.ran, [])
})

each('tools are foreign unless said otherwise', async (line) => {
  const { call, shell } = await connect(line, { server: false, client: { ownTools: false } })
  assert.match(await call(ALLOW), /^!checkrein/)
  assert.deepEqual(shell.ran, [])
})

each('what is decided', async (line) => {
  const { guard, calls: decided } = recorder()
  const setting = {
    server: false,
    name: 'tidy',
    before: (server: Loose, shell: Shell) =>
      bash(server, shell, 'wipe', { annotations: { destructiveHint: true } }),
  }
  const first = await connect(line, { ...setting, client: { guard, ownTools: false, agent: undefined } })
  await first.call(ALLOW, 'wipe')
  await first.client.listTools()
  await first.call(ALLOW, 'wipe')
  const second = await connect(line, { ...setting, client: { guard, ownTools: false, server: 'files' } })
  await second.call(ALLOW, 'bash')
  const third = await connect(line, { ...setting, client: { guard, ownTools: true, server: 'files' } })
  await third.call(ALLOW, 'bash')
  const seen = decided.map(({ tool, server, agent, annotations }) => [tool, server, agent, annotations])
  assert.deepEqual(seen, [
    ['wipe', 'mcp', 'agent', undefined],
    ['wipe', 'mcp', 'agent', { destructiveHint: true }],
    ['bash', 'files', 'builder', undefined],
    ['bash', undefined, 'builder', undefined],
  ])
  assert.ok(decided.every(({ arguments: given }) => given.command === ALLOW))
})

test('a server that lies and changes its mind', async () => {
  const { guard, calls: decided } = recorder()
  const { wire, line, told } = wired({ guard, ownTools: false })
  const say = (said: Loose): void => wire.onmessage({ jsonrpc: '2.0', id: 9, result: said })
  const call = async (): Promise<Loose> => {
    await line.send(request(ALLOW))
    return decided.at(-1)
  }
  assert.equal((await call()).server, 'mcp')
  const odd: Loose[] = [null, 'x', {}, [[[]]], { serverInfo: null }, { serverInfo: { name: 7 } }]
  odd.push({ serverInfo: { name: '' } }, { tools: 'x' })
  odd.push({ tools: [null, 'x', { name: 7 }, { name: 'bash', annotations: 'x' }] })
  for (const said of odd) say(said)
  assert.equal((await call()).server, 'mcp')
  say({ serverInfo: { name: 'ops' } })
  say({ serverInfo: { name: 'filesystem' } })
  say({ _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'git' } } })
  assert.equal((await call()).server, 'mcp', 'what it calls itself does not count')
  say({ tools: [{ name: 'bash', annotations: { destructiveHint: true } }] })
  assert.deepEqual((await call()).annotations, { destructiveHint: true })
  for (const annotations of [{ destructiveHint: false, readOnlyHint: true }, undefined, null]) {
    say({ tools: [{ name: 'bash', annotations }] })
    assert.equal((await call()).annotations.destructiveHint, true)
  }
  // Nothing of that is kept from the client.
  assert.equal(told.length, odd.length + 7)
})

test('a message that changes as it is read', async () => {
  const { wire, line } = wired()
  let read = 0
  const shifty: Loose[] = [
    { ...request(ALLOW), toJSON: () => request((read += 1) === 1 ? ALLOW : DENY) },
    { jsonrpc: '2.0', id: 1, method: 'ping', toJSON: () => request(DENY, 2) },
    { ...request(ALLOW), get params() {
      read += 1
      return { name: 'bash', arguments: { command: read === 2 ? ALLOW : DENY } }
    } },
    new Proxy(request(ALLOW), {
      get: (target, key) => (key === 'method' && (read += 1) > 3 ? 'ping' : target[key as 'id']),
    }),
  ]
  for (const message of shifty) await line.send(message)
  const left = calls(wire.left).map(({ params }) => params.arguments.command)
  assert.ok(left.length > 0)
  assert.ok(left.every((command) => command === ALLOW), String(left))
  assert.ok(wire.left.every((message) => !shifty.includes(message)))
})

test('what cannot be copied does not leave', async () => {
  const { wire, line } = wired()
  const circle: Loose = request(ALLOW)
  circle.params.arguments.self = circle
  await assert.rejects(line.send(circle))
  await assert.rejects(line.send(request(ALLOW, 1, { arguments: { command: ALLOW, big: 1n } })))
  await assert.rejects(line.send(undefined))
  assert.deepEqual(wire.left, [])
})

test('a batch', async () => {
  const asked: string[] = []
  const { wire, line, told } = wired({ ask: ({ message }: Loose) => asked.push(message) > 0 })
  const ping = { jsonrpc: '2.0', id: 7, method: 'ping' }
  await line.send([request(DENY, 1), ping, request(ALLOW, 2), request(ASK, 3), request(DENY, 4)])
  assert.deepEqual(wire.left, [[ping, request(ALLOW, 2), request(ASK, 3)]])
  assert.deepEqual(told.map(({ id }) => id), [1, 4])
  await line.send([request(DENY, 5)])
  assert.equal(wire.left.length, 1)
  await assert.rejects(line.send([[request(DENY, 6)]]))
  assert.equal(wire.left.length, 1)
  assert.equal(asked.length, 1)
})

test('calls without an id', async () => {
  const { wire, line, told } = wired()
  const { id, ...notification } = request(DENY)
  for (const message of [notification, { ...notification, id: null }, { ...notification, id: {} }]) {
    await assert.rejects(line.send(message), /was found/)
    await assert.rejects(line.send([message]), /was found/)
  }
  assert.deepEqual([wire.left, told, id], [[], [], 1])
})

test('an id that is used again', async () => {
  const { promise, resolve: answer } = Promise.withResolvers<boolean>()
  const { wire, line, told } = wired({ ask: async () => await promise })
  const asking = line.send(request(ASK, 1))
  await line.send(request(ALLOW, 1))
  await line.send(request(DENY, 1))
  answer(false)
  await asking
  assert.deepEqual(wire.left, [request(ALLOW, 1)])
  assert.equal(told.length, 2)
})

test('a message that is sent again is decided again', async () => {
  let yes = true
  const { wire, line } = wired({ ask: () => yes })
  const message = request(ASK, 1)
  await line.send(message)
  yes = false
  await line.send(message)
  await line.send(wire.left[0])
  assert.deepEqual(wire.left, [request(ASK, 1)])
})

test('a yes after the client gave up', async (t) => {
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 0 } }
  const ends: Record<string, (line: Loose, stream: AbortController) => unknown> = {
    cancelled: (line) => line.send(cancelled),
    'cancelled in a batch': (line) => line.send([cancelled]),
    'stream closed': (_, stream) => stream.abort(),
    closed: (line) => line.close(),
  }
  for (const [name, end] of Object.entries(ends)) {
    await t.test(name, async () => {
      const { promise, resolve: answer } = Promise.withResolvers<boolean>()
      const stream = new AbortController()
      const { wire, line, told } = wired({ ask: async () => await promise })
      const asking = line.send(request(ASK, 0), { requestSignal: stream.signal })
      await end(line, stream)
      answer(true)
      await asking
      assert.deepEqual(calls(wire.left), [])
      assert.deepEqual(told, [])
    })
  }
})

test('messages keep their order', async () => {
  const { wire, line } = wired()
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }
  const messages = [request(ALLOW, 1), cancelled, { jsonrpc: '2.0', id: 1, result: {} }]
  const sent = messages.map((message) => line.send(message))
  assert.equal(wire.left.length, 3)
  await Promise.all(sent)
  assert.deepEqual(wire.left, messages)
})

test('the transport stays what it is', async () => {
  const { wire, line } = wired()
  if (OFF) return
  assert.ok(line instanceof Wire)
  assert.equal(line.constructor, Wire)
  assert.equal(line.sessionId, 'session-1')
  line.onclose = (): void => void closed.push(1)
  const closed: number[] = []
  assert.equal(line.onclose, wire.onclose)
  await line.start()
  // Instrumentation that wraps `send` and the receiver, as it does on any transport.
  const sent: Loose[] = []
  const { send, onmessage } = line
  line.send = async (message: Loose): Promise<void> => {
    sent.push(message)
    await send.call(line, message)
  }
  line.onmessage = (message: Loose): void => onmessage(message)
  await line.send(request(DENY))
  await line.send(request(ALLOW))
  assert.equal(sent.length, 2)
  assert.deepEqual(wire.left, [request(ALLOW)])
  await line.close()
  assert.deepEqual(closed, [1])
  await assert.rejects(line.send({ method: 'x' }), /closed/)
})

test('a receiver that is there before the guard', async () => {
  const wire = new Wire()
  const told: Loose[] = []
  wire.onmessage = (message: Loose): void => void told.push(message)
  const line: Loose = guarded(wire)
  await line.send(request(DENY))
  wire.onmessage({ jsonrpc: '2.0', id: 2, result: {} })
  assert.deepEqual(told.map(({ id }) => id), [1, 2])
  assert.deepEqual(wire.left, [])
})

test('a call that would become a task', async () => {
  const { wire, line, told } = wired()
  await line.send(request(DENY, 1, { task: { ttl: 1000 } }))
  assert.deepEqual(wire.left, [])
  assert.equal(told[0].result, undefined)
  assert.match(told[0].error.message, /^checkrein.*was found/s)
  const { client, shell } = await connect('v1', { server: false, client: {} })
  const stream = client.experimental.tasks.callToolStream(
    { name: 'bash', arguments: { command: DENY } },
    CallToolResultSchema,
    { task: { ttl: 1000 } },
  )
  const seen: Loose[] = []
  for await (const message of stream) seen.push(message)
  assert.match(seen.at(-1).error.message, /checkrein.*was found/s)
  assert.deepEqual(shell.ran, [])
})

each('streaming', async (line) => {
  const progress: number[] = []
  const { call, shell } = await connect(line, {
    server: false,
    client: {},
    before: (server, shell) => {
      const tool = bash(server, shell, 'shell')
      tool.update({
        callback: async (input: Loose, extra: Loose) => {
          const notify = extra.sendNotification ?? extra.mcpReq.notify
          const { progressToken } = extra._meta ?? extra.mcpReq._meta
          for (const step of [1, 2]) {
            await notify({ method: 'notifications/progress', params: { progressToken, progress: step } })
          }
          return result(shell.run(input))
        },
      })
    },
  })
  const options = { onprogress: ({ progress: step }: Loose) => progress.push(step) }
  assert.match(await call(DENY, 'shell', options), DENIED)
  assert.deepEqual(progress, [])
  assert.equal(await call(ALLOW, 'shell', options), `ran ${ALLOW}`)
  await soon()
  assert.deepEqual(progress, [1, 2])
  assert.deepEqual(shell.ran, [ALLOW])
})

test('a transport that sends again by itself', async (t) => {
  for (const line of ['v2 as v1', 'v2'] as const) {
    await t.test(line, async () => {
      const shell = new Shell()
      const asked: string[] = []
      const handler = createMcpHandler(() => {
        const server = new McpServer({ name: 'ops', version: '1' })
        bash(server, shell)
        return server
      })
      let sent = 0
      const fetch = async (url: Loose, init: Loose): Promise<Response> => {
        const isCall = typeof init?.body === 'string' && init.body.includes('tools/call')
        if (isCall && (sent += 1) === 1) return new Response(null, { status: 401 })
        return await handler.fetch(new Request(url, init))
      }
      // What the transport does to sign in again; here it has only to say that it did.
      const authProvider = { token: async () => 't', onUnauthorized: async () => {} }
      const url = new URL('http://localhost/mcp')
      const inner = new StreamableHTTPClientTransport(url, { fetch, authProvider })
      const transport = guarded(inner, { ask: ({ message }: Loose) => asked.push(message) > 0 })
      const client: Loose = new Client({ name: 'agent', version: '1' }, negotiation(line))
      await client.connect(transport)
      assert.equal(text(await client.callTool({ name: 'bash', arguments: { command: ASK } })), `ran ${ASK}`)
      assert.deepEqual([asked.length, sent, shell.ran], [1, 2, [ASK]])
      await client.close()
    })
  }
})

test('over stdio', async (t) => {
  const script = fileURLToPath(new URL('mcp.stdio.ts', import.meta.url))
  for (const line of LINES) {
    await t.test(line, async () => {
      const v1 = line === 'v1'
      const spawn = { command: process.execPath, args: [script, v1 ? 'v1' : 'v2'], stderr: 'pipe' as const }
      const inner: Loose = v1 ? new StdioV1(spawn) : new StdioClientTransport(spawn)
      let ran = ''
      inner.stderr.on('data', (chunk: Buffer) => (ran += chunk.toString()))
      const transport = guarded(inner, { ask: () => true })
      const info = { name: 'agent', version: '1' }
      const client: Loose = v1 ? new ClientV1(info) : new Client(info, negotiation(line))
      await client.connect(transport)
      const told: string[] = []
      for (const command of [ALLOW, DENY, ASK]) {
        told.push(text(await client.callTool({ name: 'bash', arguments: { command } })))
      }
      if (line === 'v2') assert.equal(client.getProtocolEra(), 'modern')
      await client.close()
      assert.equal(told[0], `ran ${ALLOW}`)
      assert.match(told[1]!, DENIED)
      assert.equal(told[2], `ran ${ASK}`)
      assert.equal(ran, `${ALLOW}\n${ASK}\n`)
    })
  }
})
