// What the tests of MCP share: both lines of the SDK, a client, a server, a guard in either, and a human.

import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport as MemoryV1 } from '@modelcontextprotocol/sdk/inMemory.js'
import { Server as ServerV1 } from '@modelcontextprotocol/sdk/server/index.js'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import {
  CallToolRequestSchema,
  ElicitRequestSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { InMemoryTransport, McpServer, Server, createMcpHandler } from '@modelcontextprotocol/server'
import type { Decision, Guard } from 'checkrein'
import { guardServer, guardTransport } from 'checkrein/mcp'
import { z } from 'zod'

import { ALLOW, Shell, WORKSPACE, context } from './support.ts'

// The SDKs' own types are generic to the last detail; what matters here is what runs.
export type Loose = any

/** The first line, the second on connections of the first, and the second as it is since 2026-07-28. */
export const LINES = ['v1', 'v2 as v1', 'v2'] as const
export type Line = (typeof LINES)[number]
export const SAID_NO = /The human said no/
export const NOT_SHOWN = /ask again/

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

export const ACCEPT = { action: 'accept', content: { approve: true } }
export const REFUSALS: Loose[] = [
  { action: 'decline' },
  { action: 'cancel' },
  { action: 'decline', content: { approve: true } },
  { action: 'accept', content: { approve: false } },
  { action: 'accept', content: {} },
  { action: 'accept' },
]

/** What a test changes about a connection. */
export interface Setting {
  /** Options of the guard in the server besides the usual ones; `false` is no guard there. */
  readonly server?: Loose
  /** Options of the guard at the client; no guard there when absent. */
  readonly client?: Loose
  /** What the client's human answers, or does; the client cannot ask when absent. */
  readonly human?: Loose
  /** Whether the server is a low-level one. */
  readonly low?: boolean
  /** Adds to the server, before it is guarded. */
  readonly before?: (server: Loose, shell: Shell) => void
  /** Adds to the server, once it is guarded. */
  readonly after?: (server: Loose, shell: Shell) => void
  readonly name?: string
  readonly serverOptions?: Loose
  readonly clientOptions?: Loose
}

/** A client that is connected to a server. */
export interface Connection {
  readonly client: Loose
  /** As the client has it. */
  readonly transport: Loose
  readonly shell: Shell
  /** What the human at the client was asked. */
  readonly asked: string[]
  /** The messages that left for the server. */
  readonly left: Loose[]
  /** Calls a tool; the text of its result, after a `!` when that is an error. */
  call(command: string, tool?: string, options?: Loose): Promise<string>
}

const open: Loose[] = []

/** Ends all connections. */
export async function closeAll(): Promise<void> {
  for (const end of open.splice(0)) await end.close()
}

export async function connect(line: Line, setting: Setting = {}): Promise<Connection> {
  const shell = new Shell()
  const asked: string[] = []
  const left: Loose[] = []
  // One guard for all servers of a connection: since 2026-07-28 each request may have its own.
  const usual = context()
  const made = (): Loose => serve(line, setting, shell, usual)
  const v1 = line === 'v1'
  const capabilities = setting.human === undefined ? {} : { elicitation: { form: {} } }
  const negotiation = line === 'v2' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}
  const info = { name: 'agent', version: '1' }
  const clientOptions: Loose = { capabilities, ...negotiation, ...setting.clientOptions }
  const client: Loose = new (v1 ? ClientV1 : Client)(info, clientOptions)
  if (setting.human !== undefined) {
    client.setRequestHandler(v1 ? ElicitRequestSchema : 'elicitation/create', async ({ params }: Loose) => {
      asked.push(params.message)
      return typeof setting.human === 'function' ? await setting.human(params) : setting.human
    })
  }
  let transport: Loose
  if (line === 'v2') {
    const handler = createMcpHandler(made)
    const fetch = async (url: Loose, init?: Loose): Promise<Response> => {
      if (init?.body) left.push(JSON.parse(init.body))
      return await handler.fetch(new Request(url, init))
    }
    transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch })
  } else {
    const [near, far] = (v1 ? MemoryV1 : InMemoryTransport).createLinkedPair()
    const server = made()
    await server.connect(far)
    open.push(server)
    const send = near.send.bind(near) as Loose
    near.send = async (message: Loose, options: Loose): Promise<void> => {
      left.push(message)
      await send(message, options)
    }
    transport = near
  }
  if (setting.client !== undefined && !OFF) {
    transport = guardTransport(transport, { ...usual, agent: 'builder', ownTools: true, ...setting.client })
  }
  await client.connect(transport)
  open.push(client)
  const call = async (command: string, name = 'bash', options?: Loose): Promise<string> => {
    const params = { name, arguments: { command } }
    return text(await (v1 ? client.callTool(params, undefined, options) : client.callTool(params, options)))
  }
  return { client, transport, shell, asked, left, call }
}

/** What a guard says to a command. */
export function decided(guard: Guard, command: string): Decision {
  return guard.authorize({ tool: 'bash', arguments: { command }, agent: 'x', workspace: WORKSPACE, env: {} })
}

/** Stands in for a guard: records what it is asked, and allows all. */
export function recorder(): { guard: Guard; calls: Loose[] } {
  const real = context().guard
  const allowed = decided(real, ALLOW)
  const calls: Loose[] = []
  const authorize = (call: Loose): Decision => {
    calls.push(call)
    return allowed
  }
  return { guard: { approvals: real.approvals, authorize } as Loose, calls }
}

/** The calls among messages. */
export function calls(messages: Loose[]): Loose[] {
  return messages.flat().filter(({ method }) => method === 'tools/call')
}

/** The result of a tool. */
export function result(told: string): Loose {
  return { content: [{ type: 'text', text: told }] }
}

/** The text of a result, after a `!` when it is an error. */
export function text({ isError, content }: Loose): string {
  return (isError === true ? '!' : '') + content.map((part: Loose) => part.text).join('')
}

/** Guards a server, unless the guard is off. */
export function protect<T>(server: T, options: Loose = {}): T {
  if (OFF) return server
  return guardServer(server as Loose, { ...context(), agent: 'builder', ownTools: true, ...options })
}

function serve(line: Line, setting: Setting, shell: Shell, usual: Loose): Loose {
  const v1 = line === 'v1'
  const info = { name: setting.name ?? 'ops', version: '1' }
  const server = setting.low
    ? lowLevel(v1, info, setting, shell)
    : new (v1 ? McpServerV1 : McpServer)(info, setting.serverOptions)
  if (!setting.low) bash(server, shell)
  setting.before?.(server, shell)
  if (setting.server !== false) protect(server, { ...usual, ...setting.server })
  setting.after?.(server, shell)
  return server
}

/** Registers the tool, as the high-level servers of both lines do it. */
export function bash(server: Loose, shell: Shell, name = 'bash', more: Loose = {}): Loose {
  const run = async (input: Loose): Promise<Loose> => result(shell.run(input))
  const inputSchema = z.object({ command: z.string() })
  return server.registerTool(name, { description: 'Run a shell command.', inputSchema, ...more }, run)
}

function lowLevel(v1: boolean, info: Loose, setting: Setting, shell: Shell): Loose {
  const options = { capabilities: { tools: {} }, ...setting.serverOptions }
  const server: Loose = v1 ? new ServerV1(info, options) : new Server(info, options)
  const inputSchema = { type: 'object', properties: { command: { type: 'string' } } }
  server.setRequestHandler(v1 ? ListToolsRequestSchema : 'tools/list', async () => ({
    tools: [{ name: 'bash', description: 'Run a shell command.', inputSchema }],
  }))
  setCall(server, v1, shell)
  return server
}

/** Registers the handler of all tools, as a low-level server has one. */
export function setCall(server: Loose, v1: boolean, shell: Shell): void {
  server.setRequestHandler(v1 ? CallToolRequestSchema : 'tools/call', async ({ params }: Loose) =>
    result(shell.run(params.arguments)),
  )
}
