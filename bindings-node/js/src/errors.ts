/** What can be thrown. Whoever does not catch one of these has refused the call. */

import type { Decision } from './decision.js'

/** Base of everything checkrein throws on purpose. */
export class CheckreinError extends Error {
  override name = 'CheckreinError'
}

/** The configuration, a policy or the inventory cannot be used; the message lists every mistake. */
export class ConfigurationError extends CheckreinError {
  override name = 'ConfigurationError'
}

/** The call must not run. */
export class DeniedError extends CheckreinError {
  override name = 'DeniedError'

  constructor(
    message: string,
    /** The decision, with what was understood and which policies decided. */
    readonly decision: Decision,
  ) {
    super(message)
  }
}

/** The call must not run before a human approves exactly it. */
export class ApprovalRequiredError extends CheckreinError {
  override name = 'ApprovalRequiredError'

  constructor(
    message: string,
    /** The decision, with what was understood and who may approve. */
    readonly decision: Decision,
  ) {
    super(message)
  }
}
