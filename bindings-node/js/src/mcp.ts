/**
 * MCP: a guard in a server, or between a client and a server that somebody else wrote.
 *
 * ```ts
 * import { guardServer, guardTransport } from 'checkrein/mcp'
 *
 * const server = guardServer(new McpServer({ name: 'ops', version: '1' }), { guard, ownTools: true })
 * await client.connect(guardTransport(new StdioClientTransport({ command }), { guard, server: 'files' }))
 * ```
 *
 * Both work with both lines of the SDK: `@modelcontextprotocol/sdk`, and `@modelcontextprotocol/server`
 * with `/client` in all protocol revisions. What must not run is a result with `isError: true` and the
 * reason, for the model to read; a call that would have become a task is answered with an error instead.
 *
 * What needs approval is refused, unless there is somebody to ask:
 *
 * - `ask`, at either end, is a callback; the call waits for it. A client gives up after its `timeout`, 60
 *   seconds unless told otherwise, and a yes that comes later is none.
 * - `elicit: true` in the server has the client ask its human: by elicitation on connections up to
 *   2025-11-25, by `input_required` since 2026-07-28. The client answers, and an agent may control its
 *   client, so this is off by default. A yes is an accepted form with the box ticked. It counts once, for
 *   exactly this call, in this process: a server that is made anew for each request needs one `guard` that
 *   is not. Since 2026-07-28 a tool that asks for input itself cannot be approved this way.
 *
 * {@link guardServer} decides each call with the arguments that the tool's schema gets; defaults and
 * transforms in the schema are part of the tool, and come afterwards. Reading a resource is decided as the
 * tool `read_resource`. It does not see prompts, nor code that calls a tool's function by itself.
 *
 * {@link guardTransport} decides each call as it leaves, a repeated one again. What leaves is a copy that
 * nobody else has. All other messages pass. It does not see what the server does without being called, nor
 * messages that somebody sends on the transport itself.
 *
 * @packageDocumentation
 */

export type { GuardTransportOptions, GuardableTransport } from './mcp-client.js'
export { guardTransport } from './mcp-client.js'
export type { GuardServerOptions, GuardableServer, LowLevelServer } from './mcp-server.js'
export { guardServer } from './mcp-server.js'
