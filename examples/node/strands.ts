// Strands Agents: every tool call of the agent is decided first; a graph or swarm goes the same way.
//
//     node strands.ts            what needs approval is rejected
//     node strands.ts --approve  … is approved

import assert from 'node:assert/strict'

import { AfterToolCallEvent, Agent, Model, type ModelStreamEvent, tool } from '@strands-agents/sdk'
import { guardAgent } from 'checkrein/strands'
import { z } from 'zod'

import { CLEAN, LOOK, PRODUCTION, STAGING, env, guard, ran, shell, workspace } from './incident.ts'

/** A model that runs one command after the other, then says that it is done. */
class Scripted extends Model {
  readonly #commands = [LOOK, STAGING, PRODUCTION, CLEAN]

  override updateConfig(): void {}

  override getConfig(): { modelId: string } {
    return { modelId: 'scripted' }
  }

  override async *stream(): AsyncGenerator<ModelStreamEvent> {
    const toolUseId = `call-${this.#commands.length}`
    const command = this.#commands.shift()
    yield { type: 'modelMessageStartEvent', role: 'assistant' }
    if (command === undefined) {
      const text = 'Staging is tidy again.'
      yield { type: 'modelContentBlockStartEvent' }
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } }
    } else {
      const input = JSON.stringify({ command })
      yield { type: 'modelContentBlockStartEvent', start: { type: 'toolUseStart', name: 'shell', toolUseId } }
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'toolUseInputDelta', input } }
    }
    yield { type: 'modelContentBlockStopEvent' }
    yield { type: 'modelMessageStopEvent', stopReason: command === undefined ? 'endTurn' : 'toolUse' }
  }
}

const approve = process.argv.includes('--approve')
const tools = [
  tool({
    name: 'shell',
    description: 'Run a shell command.',
    inputSchema: z.object({ command: z.string() }),
    callback: (input) => shell(input),
  }),
]
const agent = new Agent({ model: new Scripted(), name: 'builder', tools, printer: false })
guardAgent(agent, { guard, workspace, env })

agent.addHook(AfterToolCallEvent, ({ result: { status, content } }) => {
  // What the model is told instead of a result.
  const texts = content.flatMap((block) => (status === 'error' && 'text' in block ? [block.text] : []))
  for (const text of texts) console.log(`  TOLD     ${text}`)
})

let result = await agent.invoke('Free some space in staging.')
while (result.stopReason === 'interrupt') {
  const answers = (result.interrupts ?? []).map(({ id, reason }) => {
    console.log(`  ASKED    ${(reason as { message: string }).message}`)
    return { interruptResponse: { interruptId: id, response: approve } }
  })
  result = await agent.invoke(answers)
}
console.log(result.toString())

assert.deepEqual(ran, approve ? [LOOK, STAGING, CLEAN] : [LOOK, STAGING])
