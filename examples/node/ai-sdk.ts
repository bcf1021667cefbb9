// Vercel AI SDK: every tool call of an agent is decided first.
//
//     node ai-sdk.ts            what needs approval is rejected
//     node ai-sdk.ts --approve  … is approved

import assert from 'node:assert/strict'

import { type LanguageModel, type ModelMessage, type ToolApprovalResponse, ToolLoopAgent, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { guardTools } from 'checkrein/ai-sdk'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')

const guarded = guardTools(
  {
    shell: tool({
      description: 'Run a shell command.',
      inputSchema: z.object({ command: z.string() }),
      execute: async (input) => shell(input),
    }),
  },
  { guard, workspace, env, agent: 'builder' },
)
const agent = new ToolLoopAgent({ model: scripted([LOOK, STAGING, PRODUCTION, CLEAN]), ...guarded })

const messages: ModelMessage[] = [{ role: 'user', content: 'Free some space in staging.' }]
for (let asked = true; asked; ) {
  const result = await agent.generate({ messages })
  messages.push(...result.responseMessages)
  const answers: ToolApprovalResponse[] = []
  for (const part of result.content) {
    // What is automatic is answered already.
    if (part.type !== 'tool-approval-request' || part.isAutomatic) continue
    console.log(`  ASKED    ${part.reason}`)
    if (!approve) guarded.ruling(part).withdraw()
    const reason = approve ? 'Go ahead, said the human.' : 'Not today, said the human.'
    answers.push({ type: 'tool-approval-response', approvalId: part.approvalId, approved: approve, reason })
  }
  asked = answers.length > 0
  if (asked) messages.push({ role: 'tool', content: answers })
  else console.log(`${told(messages)}\n${result.text}`)
}

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])

/** What the model was told instead of results. */
function told(messages: ModelMessage[]): string {
  const parts = messages.flatMap(({ role, content }) => (role === 'tool' ? content : []))
  const outputs = parts.flatMap((part) => (part.type === 'tool-result' ? [part.output] : []))
  const refusals = outputs.flatMap((output) => (output.type === 'execution-denied' ? [output.reason] : []))
  return refusals.map((reason) => `  TOLD     ${reason}`).join('\n')
}

/** A model that runs one command after the other, then says that it is done. */
function scripted(commands: string[]): LanguageModel {
  const usage = { inputTokens: {}, outputTokens: {} } as never // nobody counts here
  const text = 'Staging is tidy again.'
  const input = (command: string): string => JSON.stringify({ command })
  const calls = commands.map((command, index) => ({
    content: [{ type: 'tool-call', toolCallId: `call-${index}`, toolName: 'shell', input: input(command) }],
    finishReason: { unified: 'tool-calls', raw: undefined },
    usage,
    warnings: [],
  }))
  const done = { ...calls[0], content: [{ type: 'text', text }], finishReason: { unified: 'stop' } }
  return new MockLanguageModelV4({ doGenerate: [...calls, done] as never })
}
