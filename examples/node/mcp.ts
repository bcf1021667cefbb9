// MCP: a server whose tools are decided before they run, and a client whose human is asked.
//
//     node mcp.ts            what needs approval is rejected
//     node mcp.ts --approve  … is approved

import assert from 'node:assert/strict'

import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/server'
import { guardServer } from 'checkrein/mcp'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')

const server = new McpServer({ name: 'ops', version: '1.0.0' })
// The client is ours, and asks a person: `elicit`. The tools are ours, too, and `shell` is one: `ownTools`.
guardServer(server, { ...{ guard, agent: 'builder', workspace, env }, elicit: true, ownTools: true })
server.registerTool(
  'shell',
  { description: 'Run a shell command.', inputSchema: z.object({ command: z.string() }) },
  async (input) => ({ content: [{ type: 'text', text: shell(input) }] }),
)

const client = new Client({ name: 'desk', version: '1.0.0' }, { capabilities: { elicitation: { form: {} } } })
client.setRequestHandler('elicitation/create', async ({ params }) => {
  console.log(`  ASKED    ${params.message}`)
  return approve ? { action: 'accept', content: { approve: true } } : { action: 'decline' }
})

// A server that somebody else wrote is guarded at the client: `connect(guardTransport(near, …))`.
const [near, far] = InMemoryTransport.createLinkedPair()
await server.connect(far)
await client.connect(near)
for (const command of [LOOK, STAGING, PRODUCTION, CLEAN]) {
  const { isError, content } = await client.callTool({ name: 'shell', arguments: { command } })
  // What the model is told instead of a result.
  for (const part of content) if (isError && part.type === 'text') console.log(`  TOLD     ${part.text}`)
}
await client.close()

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
