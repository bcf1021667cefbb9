// Mastra: every tool call of the agent, and of its sub-agents, is decided right before it runs.
//
//     node mastra.ts            what needs approval is declined
//     node mastra.ts --approve  … is approved

import assert from 'node:assert/strict'

import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { InMemoryStore } from '@mastra/core/storage'
import { MastraLanguageModelV2Mock } from '@mastra/core/test-utils/llm-mock'
import { createTool } from '@mastra/core/tools'
import { guardAgent, question } from 'checkrein/mastra'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')

const commands = [LOOK, STAGING, PRODUCTION, CLEAN]
const rest = { warnings: [], usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
const model = new MastraLanguageModelV2Mock({
  // One call in each turn.
  doGenerate: async ({ prompt }) => {
    const results = prompt.flatMap(({ role, content }) => (role === 'tool' ? content : []))
    const told = results.at(-1)?.output.value
    if (told !== undefined && told !== 'done') console.log(`  TOLD     ${told}`)
    const command = commands[results.length]
    if (command === undefined) {
      return { content: [{ type: 'text', text: 'Staging is tidy again.' }], finishReason: 'stop', ...rest }
    }
    const input = JSON.stringify({ command })
    const call = { toolCallId: `call-${results.length}`, toolName: 'shell', input }
    return { content: [{ type: 'tool-call', ...call }], finishReason: 'tool-calls', ...rest }
  },
})

const agent = guardAgent(
  new Agent({
    id: 'builder',
    name: 'Builder',
    instructions: 'Keep staging tidy.',
    model,
    tools: {
      shell: createTool({
        id: 'shell',
        description: 'Run a shell command.',
        inputSchema: z.object({ command: z.string() }),
        execute: async (input) => shell(input),
      }),
    },
  }),
  { guard, workspace, env },
)
// What waits for a human is kept in its storage.
new Mastra({ agents: { agent }, storage: new InMemoryStore(), logger: false })

let output = await agent.generate('Free some space in staging.')
while (output.finishReason === 'suspended') {
  const call = { runId: output.runId ?? '', toolCallId: output.suspendPayload.toolCallId }
  console.log(`  ASKED    ${question(call)?.message}`)
  output = approve
    ? await agent.approveToolCallGenerate(call)
    : await agent.declineToolCallGenerate({ ...call, reason: 'Not today, said the human.' })
}
console.log(output.text)

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
