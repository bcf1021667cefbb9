// Vercel AI SDK, with its mock model below its real loops.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { ToolLoopAgent, tool } from 'ai'
import { guardTools } from 'checkrein/ai-sdk'
import { z } from 'zod'

import {
  type Loose,
  MODES,
  type Mode,
  NOT_SHOWN,
  OFF,
  answer,
  bash,
  edited,
  heard,
  invented,
  protect,
  run,
  script,
} from './ai-sdk.scenario.ts'
import { ALLOW, ASK, ASK_ELSE, DENY, Shell, context, crash } from './support.ts'

/** A builder with `bash` and the model that plays it. */
function builder(...turns: Loose[][]): { shell: Shell; model: Loose; guarded: Loose; settings: Loose } {
  const shell = new Shell()
  const model = script(...turns)
  const guarded = protect({ bash: bash(shell) })
  return { shell, model, guarded, settings: { model, ...guarded } }
}

/** Asked about one command, which has not run. */
async function pending(mode: Mode, command = ASK): Promise<Loose> {
  const all = builder([command])
  const asked = await run(mode, all.settings)
  if (!OFF) {
    assert.deepEqual(asked.commands, [command])
    assert.deepEqual(all.shell.ran, [])
  }
  return { ...all, asked }
}

for (const mode of MODES) {
  describe(mode, () => {
    test('allow', async () => {
      const { shell, model, settings } = builder([ALLOW])
      const result = await run(mode, settings)
      assert.equal(result.text, 'done')
      assert.deepEqual(shell.ran, [ALLOW])
      assert.deepEqual(heard(model), [`ran ${ALLOW}`])
      assert.deepEqual(result.asked, [])
    })

    test('deny', async () => {
      const { shell, model, settings } = builder([DENY])
      const result = await run(mode, settings)
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(result.asked, [])
      assert.match(heard(model)[0]!, /railway:volumeDelete/)
      assert.equal(result.text, 'done', 'the model may try something else')
      const denied = result.messages.flatMap(({ content }) => content).filter((part) => part.output)
      assert.equal(denied[0].output.type, 'execution-denied')
    })

    test('ask, then approve', async () => {
      const { shell, model, guarded, settings, asked } = await pending(mode)
      assert.match(asked.asked[0].reason, /fs:remove_recursive/)
      assert.match(asked.asked[0].reason, /May be approved by: operator/)
      const question = guarded.ruling(asked.asked[0]).question()
      assert.equal(question.message, asked.asked[0].reason)
      assert.deepEqual(question.teams, ['operator'])
      const result = await run(mode, settings, answer(asked, true))
      assert.equal(result.text, 'done')
      assert.deepEqual(shell.ran, [ASK])
      assert.deepEqual(heard(model), [`ran ${ASK}`])
    })

    test('ask, then reject', async () => {
      const { shell, model, guarded, settings, asked } = await pending(mode)
      guarded.ruling(asked.asked[0]).withdraw()
      const no = edited(answer(asked, false), (part) => (part.reason = 'not today'), 'tool-approval-response')
      const result = await run(mode, settings, no)
      assert.equal(result.text, 'done')
      assert.deepEqual(shell.ran, [])
      assert.deepEqual(heard(model), ['not today'])
      // The client turns the no into a yes.
      await run(mode, settings, answer(asked, true))
      assert.deepEqual(shell.ran, [])
      assert.match(heard(model)[0]!, NOT_SHOWN)
    })

    test('parallel allow and ask', async () => {
      const { shell, model, settings } = builder([ALLOW, ASK, DENY, ASK_ELSE])
      const asked = await run(mode, settings)
      assert.deepEqual(asked.commands, [ASK, ASK_ELSE])
      assert.deepEqual(shell.ran, [ALLOW])
      await run(mode, settings, answer(asked, true, false))
      assert.deepEqual(shell.ran, [ALLOW, ASK])
      const told = heard(model).join('\n')
      for (const part of [`ran ${ALLOW}`, `ran ${ASK}\n`, 'railway:volumeDelete']) {
        assert.ok(`${told}\n`.includes(part), part)
      }
    })

    for (const part of ['engine', 'adapter'] as const) {
      test(`engine crash: ${part}`, async () => {
        for (const command of [ALLOW, ASK]) {
          const { shell, model, settings } = builder([command])
          const repair = crash(part)
          try {
            const result = run(mode, settings)
            // A broken engine is a denial; whatever else breaks ends the run.
            if (part === 'adapter') await assert.rejects(result, /broken on purpose/)
            else assert.equal((await result).text, 'done')
          } finally {
            repair()
          }
          assert.deepEqual(shell.ran, [])
          if (part === 'engine') assert.match(heard(model)[0]!, /checkrein/)
        }
        // It breaks only after the human has said yes.
        const { shell, settings, asked } = await pending(mode)
        const repair = crash(part)
        try {
          await run(mode, settings, answer(asked, true)).catch(() => {})
        } finally {
          repair()
        }
        assert.deepEqual(shell.ran, [])
      })
    }

    test('nested agent', async () => {
      for (const [command, runs] of [[ALLOW, true], [DENY, false], [ASK, false]] as const) {
        const shell = new Shell()
        const inner = script([command])
        const helper = new ToolLoopAgent({
          model: inner,
          ...protect({ bash: bash(shell) }, { agent: 'helper' }),
        })
        const task = tool({
          inputSchema: z.object({ prompt: z.string() }),
          execute: async ({ prompt }) => (await helper.generate({ prompt })).text,
        })
        const model = script([['task', { prompt: 'tidy up' }]])
        const result = await run(mode, { model, ...protect({ task }) })
        assert.equal(result.text, 'done')
        assert.deepEqual(shell.ran, runs ? [command] : [])
        // What is asked inside pauses the helper, which returns with nothing to say.
        assert.deepEqual(heard(model), [command === ASK ? '' : 'done'])
      }
    })

    test('arguments edited after approval', async () => {
      for (const command of [DENY, ASK_ELSE]) {
        const { shell, model, settings, asked } = await pending(mode)
        const forged = edited(answer(asked, true), (part) => (part.input.command = command))
        await run(mode, settings, forged)
        assert.deepEqual(shell.ran, [])
        assert.match(heard(model)[0]!, command === DENY ? /railway:volumeDelete/ : NOT_SHOWN)
        // The yes was not used up: it is still for what was shown.
        await run(mode, settings, answer(asked, true))
        assert.deepEqual(shell.ran, [ASK])
      }
    })

    test('replayed approval', async () => {
      const { shell, model, settings, asked } = await pending(mode)
      const history = answer(asked, true)
      await run(mode, settings, history)
      assert.deepEqual(shell.ran, [ASK])
      const again = await run(mode, settings, history)
      assert.deepEqual(shell.ran, [ASK])
      assert.match(heard(model)[0]!, NOT_SHOWN)
      assert.deepEqual(again.asked, [])
      // Two at once, and twice in one message.
      const other = await pending(mode)
      const twice = answer(other.asked, true)
      twice.at(-1).content.push(twice.at(-1).content[0])
      await Promise.all([1, 2, 3].map(() => run(mode, other.settings, twice)))
      assert.deepEqual(other.shell.ran, [ASK])
    })

    describe('forged approval', () => {
      test('of a call that nobody made', async () => {
        for (const changes of [{}, { toolCallId: '' }, { toolCallId: '__proto__' }]) {
          for (const command of [ASK, DENY]) {
            const { shell, model, settings } = builder()
            await run(mode, settings, invented(command, changes))
            // A second time, in case the first one counted as being shown.
            await run(mode, settings, invented(command, changes))
            assert.deepEqual(shell.ran, [])
            assert.match(heard(model)[0]!, command === DENY ? /railway:volumeDelete/ : NOT_SHOWN)
          }
        }
      })

      test('with an id that was never given out', async () => {
        const { shell, settings, asked } = await pending(mode)
        const rename = (part: Loose): void => (part.approvalId = 'x')
        const forged = edited(answer(asked, true), rename, 'tool-approval-response')
        await assert.rejects(run(mode, settings, forged), /approval/i)
        assert.deepEqual(shell.ran, [])
      })

      test('for another call', async () => {
        const { shell, model, settings } = builder([ASK, ASK_ELSE])
        const asked = await run(mode, settings)
        // The human says yes to the first and no to the second; the client swaps their inputs.
        let index = 0
        const inputs = [ASK_ELSE, ASK]
        const swapped = edited(answer(asked, true, false), (part) => (part.input.command = inputs[index++]))
        await run(mode, settings, swapped)
        assert.deepEqual(shell.ran, [])
        assert.match(heard(model).join('\n'), NOT_SHOWN)
        // … or says that the yes is for the second.
        const moved = edited(
          answer(asked, true, false),
          (part) => (part.toolCallId = part.toolCallId === 'call-1' ? 'call-2' : 'call-1'),
        )
        await run(mode, settings, moved)
        assert.deepEqual(shell.ran, [])
      })

      test('under a new id', async () => {
        const { shell, model, settings, asked } = await pending(mode)
        await run(mode, settings, answer(asked, true))
        const rename = (part: Loose): void => (part.toolCallId = 'call-9')
        const renamed = edited(edited(answer(asked, true), rename), rename, 'tool-approval-request')
        await run(mode, settings, renamed)
        assert.deepEqual(shell.ran, [ASK])
        assert.match(heard(model)[0]!, NOT_SHOWN)
      })

      test('for another tool', async () => {
        const [shell, other] = [new Shell(), new Shell()]
        const model = script([ASK])
        const settings = { model, ...protect({ bash: bash(shell), zsh: bash(other) }) }
        const asked = await run(mode, settings)
        await run(mode, settings, edited(answer(asked, true), (part) => (part.toolName = 'zsh')))
        assert.deepEqual([shell.ran, other.ran], [[], []])
        assert.match(heard(model)[0]!, NOT_SHOWN)
      })

      test('in another session', async () => {
        const shell = new Shell()
        const shared = context()
        const settings = (session: string): Loose => {
          const model = script([ASK])
          const tools = { bash: bash(shell) }
          return { model, ...(OFF ? { tools } : guardTools(tools, { ...shared, session })) }
        }
        const asked = await run(mode, settings('ann'))
        await run(mode, settings('bob'), answer(asked, true))
        assert.deepEqual(shell.ran, [])
        await run(mode, settings('ann'), answer(asked, true))
        assert.deepEqual(shell.ran, [ASK])
      })

      test('after a restart', async () => {
        const { asked } = await pending(mode)
        const { shell, model, settings } = builder()
        await run(mode, settings, answer(asked, true))
        assert.deepEqual(shell.ran, [])
        assert.match(heard(model)[0]!, NOT_SHOWN)
      })
    })

    test('an approval goes on with further calls', async () => {
      const { shell, settings } = builder([ASK], [ALLOW], [ASK_ELSE])
      const first = await run(mode, settings)
      const second = await run(mode, settings, answer(first, true))
      assert.deepEqual(second.commands, [ASK_ELSE])
      assert.deepEqual(shell.ran, [ASK, ALLOW])
      const third = await run(mode, settings, answer(second, true))
      assert.equal(third.text, 'done')
      assert.deepEqual(shell.ran, [ASK, ALLOW, ASK_ELSE])
    })
  })
}
