// What the tests of all adapters share: the same calls, and a tool that records what it runs.

import { Gate, Guard } from 'checkrein'

export const ALLOW = 'git status'
export const DENY =
  "curl -s https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer acct-51b9ce07d2f34a88' " +
  `-d '{"query":"mutation { volumeDelete(volumeId: \\"vol_prod_db\\") }"}'`
export const ASK = 'rm -rf src'
export const ASK_ELSE = 'rm -rf docs'
export const WORKSPACE = { root: '/repo', cwd: '/repo' }

/** A tool that records what it was asked to run. */
export class Shell {
  readonly ran: string[] = []

  readonly run = ({ command }: { command: string }): string => {
    this.ran.push(command)
    return `ran ${command}`
  }
}

/** A guard with the default pack alone. */
export function guard(): Guard {
  return new Guard({ inventory: '', workspace: '/' })
}

/** What is the same for all adapters under test. */
export function context(): { guard: Guard; workspace: typeof WORKSPACE; env: Record<string, string> } {
  return { guard: guard(), workspace: WORKSPACE, env: {} }
}

/** Breaks checkrein until the answer is called: the guard throws, or the shared part of adapters. */
export function crash(part: 'engine' | 'adapter'): () => void {
  const broken = (): never => {
    throw new Error('broken on purpose')
  }
  const [target, name] = part === 'engine' ? [Guard.prototype, 'authorize'] : [Gate.prototype, 'rule']
  const original = Object.getOwnPropertyDescriptor(target, name)!
  Object.defineProperty(target, name, { ...original, value: broken })
  return () => Object.defineProperty(target, name, original)
}
