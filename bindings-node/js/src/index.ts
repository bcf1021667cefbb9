/**
 * The authorization boundary for AI agents: decide a tool call before it runs.
 *
 * ```ts
 * import { Guard } from 'checkrein'
 *
 * const guard = new Guard()
 * const decision = guard.authorize({
 *   tool: 'Bash', arguments: { command: 'git status' }, agent: 'builder',
 * })
 * decision.verdict // 'allow'
 * ```
 *
 * @packageDocumentation
 */

export type {
  Action,
  ApprovalRequest,
  DeterminingPolicy,
  Failure,
  Outcome,
  Resource,
  Verdict,
} from './decision.js'
export { Decision } from './decision.js'
export { ApprovalRequiredError, CheckreinError, ConfigurationError, DeniedError } from './errors.js'
export type { GateOptions, GatedCall, Question } from './gate.js'
export { Gate, Ruling } from './gate.js'
export type { Approvals, Call, GuardOptions, Workspace } from './guard.js'
export { Guard } from './guard.js'
export { guardTool } from './tool.js'

import { native } from './native.js'

/** Version of checkrein. */
export const VERSION: string = native.VERSION
