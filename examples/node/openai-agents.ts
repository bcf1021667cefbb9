// OpenAI Agents SDK: every tool call of the agent, and of all agents it reaches, is decided first.
//
//     node openai-agents.ts            what needs approval is rejected
//     node openai-agents.ts --approve  … is approved

import assert from 'node:assert/strict'

import { Agent, run, setTracingDisabled, tool } from '@openai/agents'
import { ScriptedModel, assistantMessage, functionCall } from '@openai/agents/testing'
import { guardAgent, questions } from 'checkrein/openai-agents'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

setTracingDisabled(true)
const approve = process.argv.includes('--approve')

const commands = [LOOK, STAGING, PRODUCTION, CLEAN]
const model = new ScriptedModel([
  ...commands.map((command, index) => [functionCall('shell', { command }, { callId: `call-${index}` })]),
  [assistantMessage('Staging is tidy again.')],
])

const agent = guardAgent(
  new Agent({
    name: 'builder',
    model,
    tools: [
      tool({
        name: 'shell',
        description: 'Run a shell command.',
        parameters: z.object({ command: z.string() }),
        execute: async (input) => shell(input),
      }),
    ],
  }),
  { guard, workspace, env },
)

let result = await run(agent, 'Free some space in staging.')
while (result.interruptions.length > 0) {
  for (const interruption of result.interruptions) {
    for (const question of questions(interruption)) console.log(`  ASKED    ${question.message}`)
    if (approve) result.state.approve(interruption)
    else result.state.reject(interruption, { message: 'Not today, said the human.' })
  }
  result = await run(agent, result.state)
}

for (const item of result.newItems) {
  // What the model was told instead of a result.
  if (item.type !== 'tool_call_output_item' || item.output === 'done') continue
  console.log(`  TOLD     ${item.output}`)
}
console.log(result.finalOutput)

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
