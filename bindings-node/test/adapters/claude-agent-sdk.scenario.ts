// What the tests of the Claude Agent SDK share: the real Claude Code, a scripted model on loopback in
// place of Anthropic's, and a repository and a home of its own.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test as nodeTest } from 'node:test'

import type { HookCallback, Options } from '@anthropic-ai/claude-agent-sdk'
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk'
import { Guard, type Ruling } from 'checkrein'
import { type SessionGuardOptions, guardOptions } from 'checkrein/claude-agent-sdk'
import { z } from 'zod'

import { Shell, context } from './support.ts'

/** Claude Code's own events and answers have many shapes; what matters here is what runs. */
export type Loose = any

/** A tool call: name, input and, when it matters, the call's id. */
export type ToolCall = readonly [name: string, input: Loose, id?: string]
/** What the model does: calls in parallel, or a last word; or what tells it when its turn has come. */
export type Turn = ToolCall[] | string | (() => ToolCall[] | string | Promise<ToolCall[] | string>)

/** Off to see that the tests which must stop a call fail without the guard. */
export const OFF = process.env['CHECKREIN_TEST_OFF'] === '1'

/** Why Claude Code cannot be run here. */
const missing = ((): string | false => {
  const directory = dirname(createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk'))
  const program = process.platform === 'win32' ? 'claude.exe' : 'claude'
  const builds = ['', '-musl'].map((libc) => `${directory}-${process.platform}-${process.arch}${libc}`)
  if (builds.some((build) => existsSync(join(build, program)))) return false
  return 'no Claude Code for this platform: @anthropic-ai/claude-agent-sdk is installed without it'
})()

/** A test with the real Claude Code. */
export function test(name: string, run: (lab: Lab) => Promise<void>): void {
  nodeTest(name, { skip: missing, timeout: 120_000 }, async (t: TestContext) => {
    const lab = new Lab()
    t.after(() => lab.close())
    await run(lab)
  })
}

// Claude Code's own Bash: what a policy says about harmless commands.
const POLICIES = `
@id("test.mkdir")
@reason("nobody makes directories here")
forbid (principal, action, resource) when { context.operation == "fs:mkdir" };

@id("test.touch")
@reason("a human decides about empty files")
forbid (principal, action, resource)
when { context.operation == "fs:touch" }
unless { context has approval };
`
export const WRITE = 'echo hello > allowed'
export const MKDIR = 'mkdir denied'
export const TOUCH = 'touch asked'

/** A guard for Claude Code's own Bash. */
export function harmless(): Guard {
  return new Guard({ policies: POLICIES, inventory: '', packs: ['baseline'], workspace: '/' })
}

/** A mock of Anthropic's Messages API that makes the calls, turn by turn. */
class Model {
  /** What the model was told about a call, by its id: `call_1` and so on. */
  readonly told = new Map<string, string>()
  readonly #scripts: [string, Turn[]][]
  readonly #server: Server
  #made = 0

  constructor(turns: Turn[], nested: Record<string, Turn[]>) {
    this.#scripts = [...Object.entries(nested), ['', turns]]
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  async url(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of body ? await this.#answer(JSON.parse(body)) : []) {
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    }
    response.end()
  }

  async #answer(body: Loose): Promise<Loose[]> {
    for (const { content } of body.messages ?? []) {
      for (const block of Array.isArray(content) ? content : []) {
        if (block.type === 'tool_result') this.told.set(block.tool_use_id, plain(block.content))
      }
    }
    const turn = await this.#turn(body)
    const blocks = typeof turn === 'string' ? [said(turn)] : turn.map((call) => this.#call(call))
    const usage = { input_tokens: 1, output_tokens: 1 }
    const message = { id: 'msg', type: 'message', role: 'assistant', model: 'scripted', content: [], usage }
    const stop_reason = typeof turn === 'string' ? 'end_turn' : 'tool_use'
    return [
      { type: 'message_start', message },
      ...blocks.flatMap(([content_block, delta], index) => [
        { type: 'content_block_start', index, content_block },
        { type: 'content_block_delta', index, delta },
        { type: 'content_block_stop', index },
      ]),
      { type: 'message_delta', delta: { stop_reason }, usage },
      { type: 'message_stop' },
    ]
  }

  async #turn(body: Loose): Promise<ToolCall[] | string> {
    // Claude Code asks for titles and the like as well, without tools.
    if (!body.tools?.length) return 'scripted'
    const first = JSON.stringify(body.messages[0])
    const turn = this.#scripts.find(([mark]) => first.includes(mark))?.[1].shift() ?? 'done'
    return typeof turn === 'function' ? await turn() : turn
  }

  #call([name, input, id]: ToolCall): [Loose, Loose] {
    this.#made += 1
    const block = { type: 'tool_use', id: id ?? `call_${this.#made}`, name, input: {} }
    return [block, { type: 'input_json_delta', partial_json: JSON.stringify(input) }]
  }
}

function said(text: string): [Loose, Loose] {
  return [{ type: 'text', text: '' }, { type: 'text_delta', text }]
}

function plain(content: Loose): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}

/** A repository, a home and a scripted model. */
export class Lab {
  readonly shell = new Shell()
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'checkrein-')))
  readonly repo = join(this.directory, 'repo')
  readonly #models: Model[] = []

  constructor() {
    for (const path of ['home/.claude', 'repo/.claude']) {
      mkdirSync(join(this.directory, path), { recursive: true })
    }
  }

  /** Options of a session in which the model makes the calls. The tool `bash` is in this process. */
  async options(
    turns: Turn[],
    { env, mcpServers, ...options }: Options = {},
    nested: Record<string, Turn[]> = {},
  ): Promise<Options> {
    const model = new Model(turns, nested)
    this.#models.push(model)
    const bash = tool('bash', 'Run a shell command.', { command: z.string() }, async (input) => {
      return { content: [{ type: 'text', text: this.shell.run(input) }] }
    })
    const home = join(this.directory, 'home')
    return {
      cwd: this.repo,
      permissionMode: 'bypassPermissions',
      allowDangerouslySkipPermissions: true,
      mcpServers: { lab: createSdkMcpServer({ name: 'lab', tools: [bash] }), ...mcpServers },
      ...options,
      env: {
        PATH: process.env['PATH'],
        ANTHROPIC_BASE_URL: await model.url(),
        ANTHROPIC_API_KEY: 'fake',
        HOME: home,
        CLAUDE_CONFIG_DIR: join(home, '.claude'),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        // It refuses bypassPermissions to root elsewhere.
        IS_SANDBOX: '1',
        ...env,
      },
    }
  }

  /** What the model was told about its call with this number. */
  told(number = 1): string {
    return this.#models.at(-1)!.told.get(`call_${number}`)!
  }

  /** What Claude Code's own tools made. */
  files(): string[] {
    return readdirSync(this.repo).filter((name) => name !== '.claude').sort()
  }

  write(path: string, content: unknown): void {
    const file = join(this.directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }

  close(): void {
    for (const model of this.#models) model.close()
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The options, guarded for the tool `bash`. */
export function guarded(options: Options, guarding: SessionGuardOptions = {}): Options {
  return OFF ? options : guardOptions(options, { ...context(), ...guarding })
}

/** The options, guarded for Claude Code's own tools. */
export function guardedOwn(options: Options, guarding: SessionGuardOptions = {}): Options {
  return OFF ? options : guardOptions(options, { guard: harmless(), ...guarding })
}

/** What the calls of the main agent gave, in order. */
export async function run(options: Options, prompt: Loose = 'go'): Promise<string[]> {
  const results: string[] = []
  for await (const message of query({ prompt, options })) {
    if (message.type !== 'user' || !Array.isArray(message.message.content)) continue
    for (const block of message.message.content) {
      if (block.type === 'tool_result') results.push(plain(block.content))
    }
  }
  return results
}

/** A human who answers every question the same, yes unless told otherwise. */
export function human(...answer: unknown[]): { asked: Ruling[]; ask: (ruling: Ruling) => boolean } {
  const asked: Ruling[] = []
  const ask = (ruling: Ruling): boolean => {
    asked.push(ruling)
    return (answer.length === 0 || answer[0]) as boolean
  }
  return { asked, ask }
}

/** A human who lets `src` go, and nothing else. */
export const onlySrc = (ruling: Ruling): boolean => ruling.decision.actions[0]!.resource.id.endsWith('src')

/** Calls of the tool in this process. */
export function shellCalls(...commands: string[]): ToolCall[] {
  return commands.map((command) => ['mcp__lab__bash', { command }])
}

/** Calls of Claude Code's own Bash. */
export function bash(...commands: string[]): ToolCall[] {
  return commands.map((command) => ['Bash', { command, description: 'test' }])
}

/** The call that starts a sub-agent, whose script is `NESTED work`. */
export function subAgent(extra: object = {}): ToolCall[] {
  return [['Agent', { description: 'd', prompt: 'NESTED work', subagent_type: 'general-purpose', ...extra }]]
}

/** A hook of the integrator that changes what runs. */
export function rewriting(command: string, permissionDecision: Loose = 'allow'): HookCallback {
  return async () => ({
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, updatedInput: { command } },
  })
}
