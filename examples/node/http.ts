// Express: an endpoint that runs tools for agents elsewhere decides every call first.
//
//     node http.ts            what needs approval is rejected
//     node http.ts --approve  … is approved
//
// For Hono: `honoGuard` instead of `expressGuard`, and `decided(c)`.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { ApprovalDesk, decided, expressGuard } from 'checkrein/http'
import express, { type Request, type RequestHandler } from 'express'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')

// Stands for the server's own authentication: whose token is it?
const tokens: Record<string, string> = { 'agent-token': 'builder', 'human-token': 'ann' }
const authenticate: RequestHandler = (req, res, next) => {
  res.locals['user'] = tokens[req.get('authorization')?.replace('Bearer ', '') ?? '']
  next()
}
const human: RequestHandler = (_req, res, next) =>
  res.locals['user'] === 'ann' ? next() : void res.sendStatus(403)
const caller = ({ res }: Request) => ({ agent: String(res?.locals['user'] ?? '') })

const desk = new ApprovalDesk()
const app = express().use(express.json(), authenticate)
app.post('/tools/:tool', expressGuard({ guard, workspace, env, desk, caller }), (req, res) => {
  const { tool, arguments: input } = decided(req)
  assert.equal(tool, 'shell')
  res.json(shell(input as { command: string }))
})
app.get('/approvals', human, (_req, res) => void res.json(desk.waiting()))
app.post('/approvals/:id', human, (req, res) => {
  const id = String(req.params['id'])
  res.json(req.body.approved === true ? desk.approve(id) : desk.reject(id))
})

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

/** What a client of the server sends. */
async function send(token: string, path: string, body?: object): Promise<any> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
  return await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()
}

for (const [index, command] of [LOOK, STAGING, PRODUCTION, CLEAN].entries()) {
  const call = { arguments: { command }, callId: `call-${index}` }
  let answer = await send('agent-token', '/tools/shell', call)
  if (answer.type === 'urn:checkrein:problem:approval-required') {
    for (const { id, message } of await send('human-token', '/approvals')) {
      console.log(`  ASKED    ${message}`)
      await send('human-token', `/approvals/${id}`, { approved: approve })
    }
    answer = await send('agent-token', '/tools/shell', call) // the very same call, once more
  }
  if (answer.detail !== undefined) console.log(`  TOLD     ${answer.detail}`)
}
server.close()

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
