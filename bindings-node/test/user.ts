// What a user writes, checked under strict options against the packed types. Never run.

import {
  type Decision,
  DeniedError,
  Guard,
  type GuardOptions,
  type Outcome,
  type Verdict,
  guardTool,
} from 'checkrein'

const options: GuardOptions = { inventory: '', packs: ['baseline'] }
const guard = new Guard(options)
const decision: Decision = guard.authorize({ tool: 'Bash', arguments: { command: 'ls' }, agent: 'a' })

export function shown(verdict: Verdict): string {
  switch (verdict) {
    case 'allow':
      return 'may run'
    case 'deny':
      return 'must not run'
    case 'needs_approval':
      return 'must wait'
    default:
      return verdict satisfies never
  }
}

export const outcome: Outcome = decision.outcome
export const resource: string | undefined = decision.actions[0]?.resource.id
export const teams: readonly string[] | undefined = decision.approval?.teams

export const tool: (input: { command: string }) => Promise<number> = guardTool(
  (input: { command: string }) => input.command.length,
  { guard, tool: 'Bash', agent: 'a', ask: async (ruling) => ruling.question().teams.length > 0 },
)

try {
  guard.check({ tool: 'Bash', arguments: {}, agent: 'a' })
} catch (error) {
  if (error instanceof DeniedError) console.log(error.decision.reason)
}

// @ts-expect-error A verdict is none of these.
export const wrong: Verdict = 'allowed'
// @ts-expect-error Decisions cannot be changed.
decision.actions.push(decision.actions[0])
// @ts-expect-error The agent is not optional.
guard.authorize({ tool: 'Bash', arguments: {} })
