/** For functions that are tools, whatever the framework. */

import { ApprovalRequiredError, DeniedError } from './errors.js'
import { Gate, type GateOptions, type Ruling, unreachable } from './gate.js'

/** How a function is guarded. */
export interface GuardToolOptions<Arguments> extends GateOptions {
  /** Name of the tool. */
  readonly tool: string
  /** Id of the agent. */
  readonly agent: string
  /** The MCP server that offers the tool. */
  readonly server?: string
  /** Makes the arguments to decide on from the function's own, when they are not plain values. */
  readonly arguments?: (input: Arguments) => Record<string, unknown>
  /** Asks a human about what needs approval: `true` is yes, all else is no. Without it, what needs
   * approval throws. */
  readonly ask?: (ruling: Ruling) => boolean | Promise<boolean>
}

/**
 * Puts a guard before a function of one argument, an object: it runs only when the call may run.
 *
 * The argument is copied before it is decided, and the function gets the copy, so that nobody
 * changes it in between.
 *
 * @throws {DeniedError} From the guarded function: the call must not run.
 * @throws {ApprovalRequiredError} From it: the call must not run before a human approves it.
 */
export function guardTool<Arguments extends object, Rest extends unknown[], Result>(
  execute: (input: Arguments, ...rest: Rest) => Result | Promise<Result>,
  options: GuardToolOptions<Arguments>,
): (this: unknown, input: Arguments, ...rest: Rest) => Promise<Result> {
  const gate = new Gate(options)
  return async function guarded(given, ...rest) {
    const input = structuredClone(given)
    const described = options.arguments?.(input) ?? input
    const ruling = gate.rule({
      tool: options.tool,
      arguments: described,
      server: options.server,
    })
    await enforce(ruling, options.ask)
    return await execute.call(this, input, ...rest)
  }
}

/** Returns when the call may run. */
async function enforce(
  ruling: Ruling,
  ask: ((ruling: Ruling) => boolean | Promise<boolean>) | undefined,
): Promise<void> {
  switch (ruling.outcome) {
    case 'run':
      return
    case 'refuse':
      throw new DeniedError(ruling.message, ruling.decision)
    case 'ask': {
      if (ask === undefined) throw new ApprovalRequiredError(ruling.message, ruling.decision)
      if (!ruling.show()) throw new DeniedError(ruling.message, ruling.decision)
      if ((await ask(ruling)) !== true) {
        ruling.withdraw()
        throw new ApprovalRequiredError(`${ruling.message}\nThe human said no.`, ruling.decision)
      }
      if (!ruling.redeem()) throw new DeniedError(ruling.message, ruling.decision)
      return
    }
    default:
      unreachable(ruling.outcome)
  }
}
