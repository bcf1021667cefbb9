// The real Claude Code, run by the Claude Agent SDK, with a guard before every tool. A scripted model
// on loopback plays the agent; there is no network and no key.
//
//     node claude-agent-sdk.ts            what needs approval is rejected
//     node claude-agent-sdk.ts --approve  … is approved

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'

import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk'
import { guardOptions } from 'checkrein/claude-agent-sdk'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')
const run = tool('shell', 'Run a shell command.', { command: z.string() }, async (input) => {
  return { content: [{ type: 'text', text: shell(input) }] }
})
const { port, model } = await scripted([LOOK, STAGING, PRODUCTION, CLEAN])
const home = mkdtempSync(`${tmpdir()}/checkrein-`)
const variables = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`, ANTHROPIC_API_KEY: 'fake' }

const options = guardOptions(
  {
    cwd: home,
    env: { ...variables, PATH: process.env['PATH'], HOME: home, CLAUDE_CONFIG_DIR: home, IS_SANDBOX: '1' },
    mcpServers: { tools: createSdkMcpServer({ name: 'tools', tools: [run] }) },
    settingSources: [],
    // The guard decides alone; Claude Code's own prompts stay without this.
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
  },
  {
    ...{ guard, agent: 'builder', workspace, env },
    ask: (ruling) => {
      console.log(`  ASKED    ${ruling.message}`)
      return approve
    },
  },
)
for await (const message of query({ prompt: 'Free some space in staging.', options })) {
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result)
  if (message.type !== 'user' || !Array.isArray(message.message.content)) continue
  for (const block of message.message.content) {
    // What the model was told instead of a result.
    if (block.type === 'tool_result' && block.is_error) console.log(`  TOLD     ${block.content}`)
  }
}
model.close()
rmSync(home, { recursive: true })
assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])

/** Anthropic's Messages API, as far as needed here: one command after another, then a last word. */
async function scripted(commands: string[]) {
  const model = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    // Claude Code asks for titles and the like as well, without tools.
    const command = body.includes('"tools":[{') ? commands.shift() : undefined
    const input = { type: 'input_json_delta', partial_json: JSON.stringify({ command }) }
    const call = { type: 'tool_use', id: `call_${commands.length}`, name: 'mcp__tools__shell', input: {} }
    const word = { type: 'text_delta', text: 'Staging is tidy again.' }
    const usage = { input_tokens: 1, output_tokens: 1 }
    for (const [type, event] of Object.entries({
      message_start: { message: { id: 'msg', type: 'message', role: 'assistant', content: [], usage } },
      content_block_start: { index: 0, content_block: command ? call : { type: 'text', text: '' } },
      content_block_delta: { index: 0, delta: command ? input : word },
      content_block_stop: { index: 0 },
      message_delta: { delta: { stop_reason: command ? 'tool_use' : 'end_turn' }, usage },
      message_stop: {},
    })) response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...event })}\n\n`)
    response.end()
  })
  await new Promise<void>((listening) => model.listen(0, '127.0.0.1', listening))
  return { model, port: (model.address() as { port: number }).port }
}
