// What an agent, a client or a sloppy integrator would try against a guard in a server.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'

import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js'
import { CallToolResultSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { McpServer, createMcpHandler, inputRequired } from '@modelcontextprotocol/server'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { ConfigurationError, Guard } from 'checkrein'
import { guardServer } from 'checkrein/mcp'
import { z } from 'zod'

import {
  ACCEPT,
  LINES,
  type Line,
  type Loose,
  bash,
  closeAll,
  connect,
  protect,
  recorder,
  result,
  setCall,
  text,
} from './mcp.scenario.ts'
import { ALLOW, ASK, DENY, Shell, context } from './support.ts'

afterEach(closeAll)

const DENIED = /^!checkrein.*was found/s
const NEVER = '@id("no") @reason("never") forbid (principal, action, resource);'

function each(name: string, body: (line: Line) => Promise<void>, lines: readonly Line[] = LINES): void {
  test(name, async (t) => {
    for (const line of lines) await t.test(line, async () => body(line))
  })
}

each('tools that promise a structured result', async (line) => {
  for (const setting of [{}, { server: false, client: {} }]) {
    const more = { outputSchema: z.object({ text: z.string() }) }
    const before = (server: Loose, shell: Shell): void => bash(server, shell, 'shell', more)
    const { client, call, shell } = await connect(line, { ...setting, before })
    await client.listTools()
    assert.match(await call(DENY, 'shell'), DENIED)
    assert.deepEqual(shell.ran, [])
  }
})

each('tools that are registered later', async (line) => {
  const { call, shell } = await connect(line, { after: (server, shell) => bash(server, shell, 'shell') })
  assert.match(await call(DENY, 'shell'), DENIED)
  assert.equal(await call(ALLOW, 'shell'), `ran ${ALLOW}`)
  assert.deepEqual(shell.ran, [ALLOW])
})

each(
  'tools that are registered on a connection, changed and removed',
  async (line) => {
    let server: Loose
    const options = { capabilities: { tools: { listChanged: true } } }
    const after = (made: Loose): void => void (server = made)
    const { call, shell } = await connect(line, { serverOptions: options, after })
    const tool = bash(server, shell, 'shell')
    assert.match(await call(DENY, 'shell'), DENIED)
    tool.update({ name: 'terminal', callback: async (input: Loose) => result(shell.run(input)) })
    assert.match(await call(DENY, 'terminal'), DENIED)
    assert.equal(await call(ALLOW, 'terminal'), `ran ${ALLOW}`)
    assert.deepEqual(shell.ran, [ALLOW])
  },
  ['v1', 'v2 as v1'],
)

each('handlers that are replaced later', async (line) => {
  const after = (server: Loose, shell: Shell): void => setCall(server, line === 'v1', shell)
  const { call, shell } = await connect(line, { low: true, after })
  assert.match(await call(DENY), DENIED)
  assert.equal(await call(ALLOW), `ran ${ALLOW}`)
  assert.deepEqual(shell.ran, [ALLOW])
})

each('a handler for whatever has none', async (line) => {
  const after = (server: Loose, shell: Shell): void => {
    server.removeRequestHandler('tools/call')
    server.fallbackRequestHandler = async ({ params }: Loose) => result(shell.run(params.arguments))
  }
  const { call, shell } = await connect(line, { low: true, after })
  assert.match(await call(DENY), DENIED)
  assert.equal(await call(ALLOW), `ran ${ALLOW}`)
  assert.deepEqual(shell.ran, [ALLOW])
})

each('set-up that cannot work', async (line) => {
  if (process.env['CHECKREIN_TEST_OFF'] === '1') return
  await connect(line, {
    after: (server) => {
      assert.throws(() => guardServer(server, context()), ConfigurationError)
      assert.throws(() => guardServer(server.server, context()), ConfigurationError)
    },
  })
  for (const other of [{}, { server: {} }, { _requestHandlers: new Map() }, { _requestHandlers: {} }]) {
    assert.throws(() => guardServer(other as Loose, context()), ConfigurationError)
  }
})

each('a client is not asked unless it is trusted to', async (line) => {
  const { call, shell, asked } = await connect(line, { human: ACCEPT })
  assert.match(await call(ASK), /^!checkrein.*approved by/s)
  assert.deepEqual(shell.ran, [])
  assert.deepEqual(asked, [])
})

each('a client that cannot ask', async (line) => {
  const refused = await connect(line, { server: { elicit: true } })
  assert.match(await refused.call(ASK), /^!checkrein.*approved by/s)
  assert.deepEqual(refused.shell.ran, [])
  const called = await connect(line, { server: { elicit: true, ask: () => true } })
  assert.equal(await called.call(ASK), `ran ${ASK}`)
  const modes = [[{}, true], [{ url: {} }, false], [{ form: {}, url: {} }, true]] as const
  for (const [elicitation, works] of modes) {
    const clientOptions = { capabilities: { elicitation } }
    const setting = { server: { elicit: true }, human: ACCEPT, clientOptions }
    const { call, shell, asked } = await connect(line, setting)
    await call(ASK)
    assert.deepEqual(shell.ran, works ? [ASK] : [], JSON.stringify(elicitation))
    assert.equal(asked.length, works ? 1 : 0)
  }
})

each('a question that fails', async (line) => {
  const human = (): never => {
    throw new Error('the window was closed')
  }
  const { call, shell } = await connect(line, { server: { elicit: true }, human })
  // Since 2026-07-28 the client gives up by itself.
  if (line === 'v2') await assert.rejects(call(ASK))
  else assert.match(await call(ASK), /^!checkrein.*could not be asked/s)
  assert.deepEqual(shell.ran, [])
  const called = await connect(line, { server: { ask: human } })
  assert.match(await called.call(ASK), /^!checkrein.*could not be asked/s)
  assert.deepEqual(called.shell.ran, [])
})

each(
  'a yes after the client gave up',
  async (line) => {
    const abort = new AbortController()
    const { promise, resolve: answer } = Promise.withResolvers<boolean>()
    const ask = async (): Promise<boolean> => {
      setImmediate(() => abort.abort('enough'))
      return await promise
    }
    const { client, call, shell } = await connect(line, { server: { ask } })
    await client.listTools()
    await assert.rejects(call(ASK, 'bash', { signal: abort.signal }))
    await new Promise(setImmediate)
    answer(true)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(shell.ran, [])
  },
  ['v1', 'v2 as v1', 'v2'],
)

each('tools are foreign unless said otherwise', async (line) => {
  const { call, shell } = await connect(line, { server: { ownTools: false } })
  assert.match(await call(ALLOW), /^!checkrein/)
  assert.match(await call(DENY), DENIED)
  assert.deepEqual(shell.ran, [])
})

each('what is decided', async (line) => {
  const annotations = { destructiveHint: true }
  for (const low of [true, false]) {
    const { guard, calls } = recorder()
    const { call, client } = await connect(line, {
      low,
      server: { guard, ownTools: false, agent: undefined },
      name: 'tidy',
      before: (server, shell) => {
        if (low) {
          const tools = [{ name: 'wipe', inputSchema: { type: 'object' }, annotations }]
          const method = line === 'v1' ? ListToolsRequestSchema : 'tools/list'
          server.setRequestHandler(method, async () => ({ tools }))
        } else bash(server, shell, 'wipe', { annotations })
      },
    })
    await client.listTools()
    await call(ALLOW, 'wipe')
    await client.callTool({ name: 'nothing' }).catch(() => {})
    const [first, second] = calls
    assert.deepEqual([first.tool, first.server, first.agent], ['wipe', 'tidy', 'agent'])
    assert.deepEqual(first.arguments, { command: ALLOW })
    // A low-level server that is made anew for each request has listed nothing.
    assert.deepEqual(first.annotations, low && line === 'v2' ? undefined : annotations)
    assert.equal(second.tool, 'nothing')
    assert.deepEqual(second.arguments, {})
  }
  const { guard, calls } = recorder()
  const own = await connect(line, { server: { guard, session: 's' } })
  await own.call(ALLOW)
  const named = await connect(line, { server: { guard, ownTools: false, server: 'files' } })
  await named.call(ALLOW)
  const nameless = await connect(line, { server: { guard, ownTools: false }, name: '' })
  await nameless.call(ALLOW)
  assert.deepEqual(calls.map(({ server }) => server), [undefined, 'files', 'mcp'])
  assert.equal(calls[0].session, 's')
})

test('who calls', async () => {
  const { guard, calls } = recorder()
  const shell = new Shell()
  for (const agent of [undefined, 'builder']) {
    const handler = createMcpHandler(() => {
      const server = new McpServer({ name: 'ops', version: '1' })
      bash(server, shell)
      return protect(server, { guard, agent })
    })
    const authInfo = { token: 't', clientId: 'ci-bot', scopes: [], expiresAt: 9e9 }
    const fetch = async (url: Loose, init?: Loose): Promise<Response> =>
      await handler.fetch(new Request(url, init), { authInfo })
    for (const negotiation of [{}, { versionNegotiation: { mode: 'auto' as const } }]) {
      const client = new Client({ name: 'liar', version: '1' }, negotiation)
      await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }))
      await client.callTool({ name: 'bash', arguments: { command: ALLOW } })
      await client.close()
    }
  }
  assert.deepEqual(calls.map(({ agent }) => agent), ['ci-bot', 'ci-bot', 'builder', 'builder'])
})

test('a stateless server that cannot reach its client', async () => {
  const usual = context()
  const shell = new Shell()
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'ops', version: '1' })
    bash(server, shell)
    return protect(server, { ...usual, elicit: true })
  })
  const capabilities = { elicitation: { form: {} } }
  const client: Loose = new Client({ name: 'agent', version: '1' }, { capabilities })
  client.setRequestHandler('elicitation/create', async () => ACCEPT)
  const fetch = async (url: Loose, init?: Loose): Promise<Response> =>
    await handler.fetch(new Request(url, init))
  await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }))
  assert.match(text(await client.callTool({ name: 'bash', arguments: { command: ASK } })), /^!checkrein/)
  assert.deepEqual(shell.ran, [])
  await client.close()
})

each('resources', async (line) => {
  for (const [policies, reads] of [[undefined, 1], [NEVER, 0]] as const) {
    const guard = new Guard({ policies, inventory: '', workspace: '/' })
    const read: string[] = []
    const { client } = await connect(line, {
      server: { guard },
      before: (server) =>
        server.registerResource('note', 'note://a', {}, async ({ href }: Loose) => {
          read.push(href)
          return { contents: [{ uri: href, text: 'note' }] }
        }),
    })
    const reading = client.readResource({ uri: 'note://a' })
    if (reads) await reading
    else await assert.rejects(reading, /checkrein.*never/s)
    assert.equal(read.length, reads)
  }
})

each('what the model sees stays as it is', async (line) => {
  const [with_, without] = [await connect(line), await connect(line, { server: false })]
  assert.deepEqual(await with_.client.listTools(), await without.client.listTools())
})

each('an error of the tool is its own', async (line) => {
  for (const low of [true, false]) {
    const broken = async (): Promise<never> => {
      throw Object.assign(new Error('own error of the tool'), { code: -32099, data: { of: 'the tool' } })
    }
    const { client } = await connect(line, {
      low,
      after: (server) => {
        if (low) server.fallbackRequestHandler = broken
        if (low) server.removeRequestHandler('tools/call')
        else server.registerTool('read', {}, broken)
      },
    })
    const name = low ? 'bash' : 'read'
    const called = client.callTool({ name, arguments: { command: ALLOW, path: 'src/a.ts' } })
    const error = { code: -32099, data: { of: 'the tool' }, message: /own error of the tool/ }
    if (low) await assert.rejects(called, error)
    else assert.equal(text(await called), '!own error of the tool')
  }
})

each('calls that are none by their form', async (line) => {
  const after = (server: Loose, shell: Shell): void => {
    // A server that checks nothing.
    server.removeRequestHandler('tools/call')
    server.fallbackRequestHandler = async ({ params }: Loose) => {
      shell.ran.push(JSON.stringify(params))
      return { content: [] }
    }
  }
  const { client, shell } = await connect(line, { low: true, after })
  const odd: Loose[] = [undefined, {}, { name: 7 }, { name: null, arguments: {} }]
  odd.push({ name: ['bash'], arguments: { command: ALLOW } })
  odd.push(...['x', [DENY], null, 7].map((given) => ({ name: 'bash', arguments: given })))
  const schema = line === 'v1' ? CallToolResultSchema : undefined
  for (const params of odd) {
    const called = client.request({ method: 'tools/call', ...(params && { params }) }, schema)
    const told = await called.then(text, (error: Error) => `!${error.message}`)
    assert.match(told, /^!/, JSON.stringify(params))
  }
  assert.deepEqual(shell.ran, [])
})

test('a tool that asks for input itself', async () => {
  const seen: Loose[] = []
  const sure = { action: 'accept', content: { sure: true } }
  const { client, call, shell, asked } = await connect('v2', {
    server: { elicit: true },
    human: ({ message }: Loose) => (message === 'Sure?' ? sure : ACCEPT),
    before: (server, shell) => {
      const requestedSchema: Loose = { type: 'object', properties: { sure: { type: 'boolean' } } }
      const inputRequests = { sure: inputRequired.elicit({ message: 'Sure?', requestedSchema }) }
      const inputSchema = z.object({ command: z.string() })
      server.registerTool('shell', { inputSchema }, async (input: Loose, { mcpReq }: Loose) => {
        seen.push(mcpReq.inputResponses)
        if (mcpReq.inputResponses?.sure === undefined) return inputRequired({ inputRequests })
        return result(shell.run(input))
      })
    },
  })
  assert.equal(await call(ALLOW, 'shell'), `ran ${ALLOW}`)
  assert.deepEqual(asked, ['Sure?'])
  assert.deepEqual(seen, [undefined, { sure }])
  // Each round of such a call is a call: what needs approval does not get through, but ends.
  await assert.rejects(client.callTool({ name: 'shell', arguments: { command: ASK } }), /rounds/)
  assert.deepEqual(shell.ran, [ALLOW])
  const keys = seen.flatMap((responses) => Object.keys(responses ?? {}))
  assert.deepEqual(new Set(keys), new Set(['sure']))
})

test('calls that become tasks', async () => {
  const taskStore = new InMemoryTaskStore()
  const { client, shell, asked } = await connect('v1', {
    server: { elicit: true },
    human: ACCEPT,
    serverOptions: { taskStore, capabilities: { tasks: { requests: { tools: { call: {} } } } } },
    before: (server, shell) =>
      server.experimental.tasks.registerToolTask(
        'shell',
        { inputSchema: { command: z.string() }, execution: { taskSupport: 'optional' } },
        {
          createTask: async (input: Loose, { taskStore: store }: Loose) => {
            const task = await store.createTask({ ttl: 60000, pollInterval: 5 })
            await store.storeTaskResult(task.taskId, 'completed', result(shell.run(input)))
            return { task: await store.getTask(task.taskId) }
          },
          getTask: async (_: Loose, extra: Loose) => await extra.taskStore.getTask(extra.taskId),
          getTaskResult: async (_: Loose, extra: Loose) => await extra.taskStore.getTaskResult(extra.taskId),
        },
      ),
  })
  const stream = async (command: string): Promise<Loose> => {
    let last: Loose
    const params = { name: 'shell', arguments: { command } }
    const options = { task: { ttl: 60000 } }
    const stream = client.experimental.tasks.callToolStream(params, CallToolResultSchema, options)
    for await (const message of stream) last = message
    return last
  }
  assert.equal(text((await stream(ALLOW)).result), `ran ${ALLOW}`)
  assert.match((await stream(DENY)).error.message, /checkrein.*was found/s)
  assert.equal(text((await stream(ASK)).result), `ran ${ASK}`)
  assert.deepEqual(shell.ran, [ALLOW, ASK])
  assert.equal(asked.length, 1)
  // Not as a task: the server waits for it itself.
  assert.match(text(await client.callTool({ name: 'shell', arguments: { command: DENY } })), DENIED)
  taskStore.cleanup()
})
