// What the tests of the HTTP adapter share: servers of both frameworks, and an agent and a human who call.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { ApprovalDesk, decided, expressGuard, honoGuard } from 'checkrein/http'
import express from 'express'
import { Hono } from 'hono'

import { Shell, context } from './support.ts'

// Bodies of requests and responses, and the many types of two frameworks; what matters is what runs.
export type Loose = any

export const SAID_NO = /The human said no/
export const USED = /has been used already/
export const MODES = ['express', 'express 4', 'hono', 'hono on a socket'] as const
export type Mode = (typeof MODES)[number]

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

// What the servers know of tokens.
const AGENTS: Record<string, string> = { 'token-1': 'builder', 'token-2': 'deployer' }
const HUMAN = 'token-human'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Loose
}

/** A server under test. */
export interface Server {
  readonly shell: Shell
  readonly desk: ApprovalDesk
  /** Whatever went wrong in the server outside the guard. */
  readonly errors: unknown[]
  /** Sends any request. */
  send(path: string, init?: RequestInit): Promise<Response>
  /** The agent calls `bash`. */
  bash(command: string, callId?: string, token?: string): Promise<Answer>
  /** The agent posts any body. */
  post(path: string, body: unknown, token?: string): Promise<Answer>
  /** The human answers. */
  say(word: 'yes' | 'no', id: string, token?: string): Promise<Answer>
}

/** What a test changes about a server. */
export interface Setting {
  /** Options of the guard besides the usual ones. */
  readonly options?: Loose
  /** Middleware of the framework between guard and handler. */
  readonly between?: Loose
  /** Middleware of the framework before the guard. */
  readonly before?: Loose
  /** What the tool does with its decided call; runs `bash` when absent. */
  readonly tool?: (call: Loose) => unknown
  /** The handler, when it is not the usual one. */
  readonly handler?: Loose
  /** More routes; gets the application and the guard. */
  readonly routes?: (app: Loose, guard: Loose) => void
}

const closing: (() => Promise<void>)[] = []

/** Ends all servers. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close()
}

export async function serve(mode: Mode, setting: Setting = {}): Promise<Server> {
  const shell = new Shell()
  const desk = new ApprovalDesk()
  const errors: unknown[] = []
  const run = setting.tool ?? (({ arguments: input }: Loose): string => shell.run(input))
  const options = { ...context(), desk, ...setting.options }
  const isExpress = mode.startsWith('express')
  const make = isExpress ? expressApp : honoApp
  const app = make(mode, options, run, errors, setting)
  const send = mode === 'hono' ? requests(app) : await sockets(isExpress ? app : bridge(app))
  const post = async (path: string, body: unknown, token = 'token-1'): Promise<Answer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    return await answer(await send(path, { method: 'POST', body: text, headers }))
  }
  return {
    shell,
    desk,
    errors,
    send,
    post,
    bash: async (command, callId, token) =>
      await post('/tools/bash', { arguments: { command }, ...(callId !== undefined && { callId }) }, token),
    say: async (word, id, token = HUMAN) => await post(`/approvals/${id}`, { word }, token),
  }
}

export async function answer(response: Response): Promise<Answer> {
  const type = response.headers.get('content-type') ?? ''
  const text = await response.text()
  return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text }
}

/** The agent was told that the call did not run. */
export function refused(answer: Answer, detail: RegExp): void {
  assert.equal(answer.status, 403)
  assert.match(answer.type, /^application\/problem\+json/)
  assert.equal(answer.body.type, 'urn:checkrein:problem:denied')
  assert.match(answer.body.detail, detail)
}

/** The agent was told to wait for a human. Returns the id at the desk. */
export function pending(answer: Answer): string {
  assert.equal(answer.status, 403)
  assert.match(answer.type, /^application\/problem\+json/)
  assert.equal(answer.body.type, 'urn:checkrein:problem:approval-required')
  return answer.body.approval.id
}

/** The agent got what the tool returned. */
export function result(answer: Answer, command: string): void {
  assert.deepEqual([answer.status, answer.body], [200, { result: `ran ${command}` }])
}

/** The agent was told that it made no call. */
export function malformed(answer: Answer, detail: RegExp): void {
  assert.deepEqual([answer.status, answer.body.type], [400, 'urn:checkrein:problem:malformed'])
  assert.match(answer.type, /^application\/problem\+json/)
  assert.match(answer.body.detail, detail)
}

/** Who a token belongs to. */
function authenticated(header: string | undefined): string | undefined {
  return AGENTS[(header ?? '').replace('Bearer ', '')]
}

function expressApp(mode: Mode, given: Loose, run: Loose, errors: unknown[], setting: Setting): Loose {
  const app: Loose = express()
  app.use(express.json())
  const options = given.agent === undefined ? { caller: (req: Loose) => req.auth, ...given } : given
  const four = mode === 'express 4'
  if (four) {
    // As its parsers leave it when there is nothing to parse.
    app.use((req: Loose, _res: Loose, next: Loose) => {
      req.body ??= {}
      next()
    })
  }
  app.use((req: Loose, _res: Loose, next: Loose) => {
    req.auth = { agent: authenticated(req.get('authorization')) }
    next()
  })
  const real: Loose = OFF ? (_req: Loose, _res: Loose, next: Loose) => next() : expressGuard(options)
  // It ignores what middleware returns.
  const guard = four ? (req: Loose, res: Loose, next: Loose) => void real(req, res, next) : real
  const pass = (_req: Loose, _res: Loose, next: Loose): void => next()
  const handler = async (req: Loose, res: Loose): Promise<void> => {
    const call = OFF ? { ...req.body, tool: req.params.tool } : decided(req)
    res.json({ result: (await run(call)) ?? null })
  }
  const { before = pass, between = pass } = setting
  setting.routes?.(app, guard)
  app.post('/tools/:tool', before, guard, between, setting.handler ?? handler)
  app.post('/tools', guard, handler)
  app.post('/approvals/:id', (req: Loose, res: Loose) => {
    if (req.get('authorization') !== `Bearer ${HUMAN}`) return res.sendStatus(401)
    const { desk } = given
    res.json({ done: req.body.word === 'yes' ? desk.approve(req.params.id) : desk.reject(req.params.id) })
  })
  app.use((error: Loose, _req: Loose, res: Loose, _next: Loose) => {
    errors.push(error)
    if (res.headersSent) return res.destroy()
    res.status(error.status ?? 500).json({ error: String(error.message) })
  })
  return app
}

function honoApp(_mode: Mode, given: Loose, run: Loose, errors: unknown[], setting: Setting): Loose {
  const app: Loose = new Hono()
  const byContext = (c: Loose): Loose => ({ agent: c.get('agent') })
  const options = given.agent === undefined ? { caller: byContext, ...given } : given
  app.use(async (c: Loose, next: Loose) => {
    c.set('agent', authenticated(c.req.header('authorization')))
    await next()
  })
  const guard: Loose = OFF ? async (_c: Loose, next: Loose) => await next() : honoGuard(options)
  const pass = async (_c: Loose, next: Loose): Promise<void> => await next()
  const handler = async (c: Loose): Promise<Response> => {
    const call = OFF ? { ...(await c.req.json()), tool: c.req.param('tool') } : decided(c)
    return c.json({ result: (await run(call)) ?? null })
  }
  const { before = pass, between = pass } = setting
  setting.routes?.(app, guard)
  app.post('/tools/:tool', before, guard, between, setting.handler ?? handler)
  app.post('/tools', guard, handler)
  app.post('/approvals/:id', async (c: Loose) => {
    if (c.req.header('authorization') !== `Bearer ${HUMAN}`) return c.text('who are you?', 401)
    const { desk } = given
    const yes = (await c.req.json()).word === 'yes'
    return c.json({ done: yes ? desk.approve(c.req.param('id')) : desk.reject(c.req.param('id')) })
  })
  app.onError((error: Loose, c: Loose) => {
    errors.push(error)
    return c.json({ error: String(error.message) }, 500)
  })
  return app
}

function requests(app: Loose): Server['send'] {
  return async (path, init) => await app.request(path, init)
}

async function sockets(listener: http.RequestListener): Promise<Server['send']> {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return async (path, init) => await fetch(`http://127.0.0.1:${port}${path}`, init)
}

/** Node's server around `fetch`, the little that the tests need. */
function bridge(app: Loose): http.RequestListener {
  return async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const { method = 'GET', headers } = req
    const body = chunks.length > 0 ? Buffer.concat(chunks) : null
    const init: Loose = { method, headers, body }
    const response: Response = await app.fetch(new Request(`http://${headers.host}${req.url}`, init))
    res.writeHead(response.status, Object.fromEntries(response.headers))
    for await (const chunk of response.body ?? []) res.write(chunk)
    res.end()
  }
}
