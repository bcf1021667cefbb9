// LangChain: every tool call of the agent is decided right before it runs.
//
//     node langchain.ts            what needs approval is rejected
//     node langchain.ts --approve  … is approved

import assert from 'node:assert/strict'

import { Command, MemorySaver } from '@langchain/langgraph'
import { guardMiddleware } from 'checkrein/langchain'
import { AIMessage, ToolMessage, createAgent, fakeModel, tool } from 'langchain'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

const approve = process.argv.includes('--approve')

const model = fakeModel()
for (const [index, command] of [LOOK, STAGING, PRODUCTION, CLEAN].entries()) {
  const call = { name: 'shell', args: { command }, id: `call-${index}` }
  model.respond(new AIMessage({ content: '', tool_calls: [call] }))
}
model.respond(new AIMessage('Staging is tidy again.'))

const agent = createAgent({
  name: 'builder',
  model,
  tools: [
    tool(async (input) => shell(input), {
      name: 'shell',
      description: 'Run a shell command.',
      schema: z.object({ command: z.string() }),
    }),
  ],
  middleware: [guardMiddleware({ guard, workspace, env })],
  checkpointer: new MemorySaver(),
})

const thread = { configurable: { thread_id: 'incident' } }
const task = { role: 'user', content: 'Free some space in staging.' }
let state = await agent.invoke({ messages: [task] }, thread)
for (let questions = state.__interrupt__; questions?.length; questions = state.__interrupt__) {
  // By its id, so that the answer is for no other question.
  const answers = questions.map(({ id, value }) => {
    console.log(`  ASKED    ${(value as { message: string }).message}`)
    return [id, approve ? true : { type: 'reject', message: 'Not today, said the human.' }]
  })
  state = await agent.invoke(new Command({ resume: Object.fromEntries(answers) }), thread)
}

for (const message of state.messages) {
  // What the model was told instead of a result.
  if (ToolMessage.isInstance(message) && message.status === 'error') console.log(`  TOLD     ${message.text}`)
}
console.log(state.messages.at(-1)?.text)

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
