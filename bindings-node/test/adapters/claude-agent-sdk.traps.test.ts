// What gets around a careless guard: the further tests of the Claude Agent SDK.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test as unit } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { CanUseTool, HookCallback, Options } from '@anthropic-ai/claude-agent-sdk'
import { createSdkMcpServer } from '@anthropic-ai/claude-agent-sdk'
import { type Call, ConfigurationError, type Decision, Guard } from 'checkrein'
import { guardOptions } from 'checkrein/claude-agent-sdk'

import * as scenario from './claude-agent-sdk.scenario.ts'
import type { Loose, Turn } from './claude-agent-sdk.scenario.ts'
import { ALLOW, DENY, context } from './support.ts'

const { MKDIR, TOUCH, WRITE, bash, guarded, guardedOwn, human, rewriting, run } = scenario
const { shellCalls, subAgent, test } = scenario

const BARE = { env: { CLAUDE_CODE_SIMPLE: '1' } }

describe('Claude Code’s own tools and permissions', () => {
  test('own tools', async (lab) => {
    const file_path = join(lab.repo, '.claude/settings.json')
    const calls: Turn[] = [bash(WRITE), bash(MKDIR), bash(TOUCH), [['Write', { file_path, content: '{}' }]]]
    await run(guardedOwn(await lab.options(calls)))
    assert.deepEqual(lab.files(), ['allowed'])
    assert.match(lab.told(2), /nobody makes directories here/)
    assert.match(lab.told(3), /a human decides about empty files/)
    assert.ok(!existsSync(file_path))
  })

  test('own tools with a human', async (lab) => {
    const nested = { 'NESTED work': [bash(MKDIR), bash(TOUCH), 'done'] }
    await run(guardedOwn(await lab.options([subAgent()], {}, nested), human()))
    assert.deepEqual(lab.files(), ['asked'])
    assert.match(lab.told(2), /nobody makes directories here/)
  })

  for (const permissionMode of ['default', 'acceptEdits', 'plan', 'dontAsk', 'auto'] as const) {
    test(`permission mode ${permissionMode}`, async (lab) => {
      const given = { allowedTools: ['Bash'], permissionMode }
      const options = await lab.options([bash(MKDIR), bash(TOUCH)], given)
      await run(guardedOwn(options, human(false)))
      assert.deepEqual(lab.files(), [])
      assert.match(lab.told(1), /nobody makes directories here/)
      assert.match(lab.told(2), /said no/)
    })
  }

  test('permissions of Claude Code stay', async (lab) => {
    const options = await lab.options([bash(WRITE), bash(TOUCH)], { permissionMode: 'default' })
    await run(guardedOwn(options, human()))
    assert.deepEqual(lab.files(), [])
  })

  test('hooks of the caller stay', async (lab) => {
    const seen: string[] = []
    const hook: HookCallback = async (event) => {
      seen.push(event.hook_event_name)
      if (!JSON.stringify(event).includes(ALLOW)) return {}
      const answer = { hookEventName: 'PreToolUse', permissionDecision: 'deny' } as const
      return { hookSpecificOutput: { ...answer, permissionDecisionReason: 'not now' } }
    }
    const hooks = { PreToolUse: [{ hooks: [hook] }], PostToolUse: [{ hooks: [hook] }] }
    await run(guarded(await lab.options([shellCalls(ALLOW, 'ls')], { hooks })))
    assert.deepEqual(lab.shell.ran, ['ls'])
    assert.match(lab.told(), /not now/)
    assert.deepEqual(seen.toSorted(), ['PostToolUse', 'PreToolUse', 'PreToolUse'])
  })

  test('hooks of the caller stay, also when what they answer is not plain data', async (lab) => {
    const hookSpecificOutput = { hookEventName: 'PreToolUse', permissionDecision: 'deny' } as const
    const hook: HookCallback = async () => ({ hookSpecificOutput, helper: () => {} }) as Loose
    await run(guarded(await lab.options([shellCalls(ALLOW)], { hooks: { PreToolUse: [{ hooks: [hook] }] } })))
    assert.deepEqual(lab.shell.ran, [])
  })

  test('arguments with two faces are decided as they run', async (lab) => {
    const updatedInput: Loose = { command: ALLOW, toJSON: () => ({ command: DENY }) }
    const canUseTool: CanUseTool = async () => ({ behavior: 'allow', updatedInput })
    const given: Options = { permissionMode: 'default', canUseTool }
    await run(guarded(await lab.options([shellCalls(ALLOW)], given)))
    assert.deepEqual(lab.shell.ran, [])
    assert.match(lab.told(), /railway/)
  })

  test('an error of the tool passes through', async (lab) => {
    const fail = ({ command }: { command: string }): string => {
      lab.shell.ran.push(command)
      throw new Error('disk full')
    }
    Object.assign(lab.shell, { run: fail })
    await run(guarded(await lab.options([shellCalls(ALLOW)])))
    assert.deepEqual(lab.shell.ran, [ALLOW])
    assert.match(lab.told(), /disk full/)
  })

  for (const yes of [false, true]) {
    test(`a tool of an MCP server, as its server’s, ${yes ? 'approved' : 'rejected'}`, async (lab) => {
      const sdk = createRequire(import.meta.url).resolve('@modelcontextprotocol/sdk/server/mcp.js')
      const ran = join(lab.directory, 'ran')
      lab.write('server.mjs', SERVER)
      const lives = { command: process.execPath, args: [join(lab.directory, 'server.mjs'), sdk, ran] }
      const mcpServers: Options['mcpServers'] = { 'my server': lives }
      const options = await lab.options([[['mcp__my_server__bash', { command: ALLOW }]]], { mcpServers })
      const { asked, ask } = human(yes)
      await run(guarded(options, { ask }))
      // In this process the same call is allowed.
      assert.deepEqual(asked.map(({ tool }) => tool), ['mcp__my_server__bash'])
      assert.equal(existsSync(ran) && readFileSync(ran, 'utf8'), yes && ALLOW)
    })
  }

  test('an alias is decided as the tool that runs', async (lab) => {
    const toolAliases = { Read: 'mcp__lab__bash' }
    const options = await lab.options([[['Read', { command: DENY }]]], { toolAliases })
    await run(guarded(options))
    assert.deepEqual(lab.shell.ran, [])
    assert.match(lab.told(), /railway/)
  })
})

// An MCP server of its own process, which notes what it runs.
const SERVER = `
import { writeFileSync } from 'node:fs'
const [sdk, ran] = process.argv.slice(2)
const { McpServer } = await import(sdk)
const { StdioServerTransport } = await import(new URL('stdio.js', 'file://' + sdk))
const server = new McpServer({ name: 'other', version: '1.0.0' })
server.registerTool('bash', { inputSchema: {} }, () => {
  writeFileSync(ran, 'git status')
  return { content: [] }
})
await server.connect(new StdioServerTransport())
`

describe('what would switch it off', () => {
  const refused: [Options, RegExp][] = [
    [{ extraArgs: { bare: null } }, /hooks off/],
    [{ extraArgs: { settings: '{}' } }, /option `settings`/],
    [{ extraArgs: { 'settings={}': null } }, /option `settings`/],
    [{ extraArgs: { 'managed-settings': '{}' } }, /before the guard/],
    [{ extraArgs: { 'permission-prompt-tool': 'x' } }, /canUseTool/],
    [{ extraArgs: { cloud: null } }, /no hook of this process/],
    [{ executableArgs: ['--verbose', '--bare'] }, /hooks off/],
    [{ executableArgs: ['--sdk-url=ws://elsewhere'] }, /no hook of this process/],
    [{ permissionPromptToolName: 'mcp__x__y' }, /canUseTool/],
    [{ env: { CLAUDE_CODE_SIMPLE: '1' } }, /CLAUDE_CODE_SIMPLE/],
    [{ env: { Claude_Code_Simple: 'yes' } }, /CLAUDE_CODE_SIMPLE/],
    [{ settings: BARE }, /CLAUDE_CODE_SIMPLE/],
    [{ settings: JSON.stringify(BARE) }, /CLAUDE_CODE_SIMPLE/],
    [{ settings: { disableAllHooks: true } }, /disableAllHooks/],
    [{ settings: '{"disableAllHooks": true}' }, /disableAllHooks/],
    [{ settings: 'missing.json' }, /cannot be read/],
    [{ settings: '[]' }, /cannot be read/],
    [{ settings: '{' }, /cannot be read/],
    [{ settings: [] as Loose }, /cannot be read/],
    [{ settings: 7 as Loose }, /cannot be read/],
    [{ settings: '{"apiKeyHelper": secret}' }, /cannot be read: not JSON$/],
    [{ settings: { env: 'CLAUDE_CODE_SIMPLE=1' as Loose } }, /cannot be read/],
  ]
  for (const [options, message] of refused) {
    unit(`is refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => guardOptions(options, context()), { name: 'ConfigurationError', message })
      assert.throws(() => guardOptions(options, context()), ConfigurationError)
    })
  }

  unit('a bare environment is refused', (t) => {
    t.after(() => delete process.env['CLAUDE_CODE_SIMPLE'])
    process.env['CLAUDE_CODE_SIMPLE'] = 'true'
    assert.throws(() => guardOptions({}, context()), /CLAUDE_CODE_SIMPLE/)
    guardOptions({ env: { CLAUDE_CODE_SIMPLE: '0' } }, context())
    guardOptions({ env: {} }, context())
    process.env['CLAUDE_CODE_SIMPLE'] = 'off'
    guardOptions({}, context())
  })

  test('settings of the caller stay', async (lab) => {
    const own = { permissions: { deny: ['Bash(rm *)'] }, env: { A: 'b' }, disableSkillShellExecution: false }
    lab.write('repo/own.json', `\uFEFF${JSON.stringify(own)}`)
    const expected = { ...own, env: { A: 'b', CLAUDE_CODE_SIMPLE: '0' } }
    for (const settings of [own, JSON.stringify(own), 'own.json', join(lab.repo, 'own.json')]) {
      assert.deepEqual(guardOptions({ settings, cwd: lab.repo }, context()).settings, expected)
    }
    assert.deepEqual(own.env, { A: 'b' }, 'the caller’s own stay as they are')
  })

  for (const [name, options] of Object.entries<Options>({
    'safe mode': { extraArgs: { 'safe-mode': null } },
    'managed hooks only': { managedSettings: { allowManagedHooksOnly: true } },
    'managed hooks off': { managedSettings: { disableAllHooks: true } },
    'managed variables': { managedSettings: BARE },
    'no settings files': { settingSources: [] },
    'a sandbox': { sandbox: { enabled: true, failIfUnavailable: false } },
  })) {
    test(`does not: ${name}`, async (lab) => {
      await run(guardedOwn(await lab.options([bash(MKDIR), bash(WRITE)], options)))
      assert.ok(!lab.files().includes('denied'))
      assert.match(lab.told(1), /nobody makes directories here/)
    })
  }

  test('settings files do not', async (lab) => {
    const off = { ...BARE, disableAllHooks: true }
    const files = ['home/.claude/settings', 'repo/.claude/settings', 'repo/.claude/settings.local']
    for (const path of files) lab.write(`${path}.json`, off)
    await run(guardedOwn(await lab.options([bash(MKDIR), bash(WRITE)])))
    assert.deepEqual(lab.files(), ['allowed'])
  })

  test('settings files do not later', async (lab) => {
    // Without the guard, a file that changes in mid-session counts at once.
    lab.write('home/.claude/settings.json', {})
    const later = async (): Promise<scenario.ToolCall[]> => {
      const variables = { CLAUDE_CODE_SIMPLE: '1', LATER: 'counts' }
      lab.write('home/.claude/settings.json', { env: variables, disableAllHooks: true })
      await sleep(3000)
      return bash(MKDIR)
    }
    await run(guardedOwn(await lab.options([bash('true'), later, bash('echo "$LATER" > allowed')])))
    assert.deepEqual(lab.files(), ['allowed'])
    assert.equal(readFileSync(join(lab.repo, 'allowed'), 'utf8'), '\n')
  })

  for (const prompt of ['go', '/demo']) {
    test(`shell in a skill is not run: ${prompt}`, async (lab) => {
      const skill = '---\nname: demo\ndescription: a demo\n---\nHello !`mkdir denied`\n'
      lab.write('repo/.claude/skills/demo/SKILL.md', skill)
      await run(guardedOwn(await lab.options([[['Skill', { skill: 'demo' }]]])), prompt)
      assert.deepEqual(lab.files(), [])
    })
  }
})

/** Remembers the calls. */
class Watching extends Guard {
  readonly calls: Call[] = []

  constructor() {
    super({ inventory: '', workspace: '/' })
  }

  override authorize(call: Call): Decision {
    this.calls.push(call)
    return super.authorize(call)
  }
}

function event(members: object = {}): Loose {
  return {
    hook_event_name: 'PreToolUse',
    session_id: 's-1',
    cwd: '/repo',
    tool_name: 'Bash',
    tool_input: { command: 'git status' },
    tool_use_id: 't-1',
    ...members,
  }
}

async function decide(options: Options, given: unknown): Promise<Loose> {
  const { signal } = new AbortController()
  return await options.hooks!.PreToolUse![0]!.hooks[0]!(given as Loose, 't-1', { signal })
}

describe('the hook alone', () => {
  test('what the guard is told', async (lab) => {
    process.env['FROM_PROCESS'] = '1'
    mkdirSync(join(lab.repo, 'sub'))
    const link = join(lab.directory, 'link')
    symlinkSync(lab.repo, link)
    const guard = new Watching()
    const server = createSdkMcpServer({ name: 'my tools' })
    const given: Options = { cwd: link, env: { FROM_OPTIONS: '2' }, mcpServers: { 'my tools': server } }
    const options = guardOptions(given, { guard })
    assert.deepEqual(await decide(options, event({ cwd: join(lab.repo, 'sub'), agent_type: 'ops-bot' })), {})
    const ours = { name: 'my tools', source: 'sdk' }
    await decide(options, event({ cwd: '/etc', tool_name: 'mcp__my_tools__ls__a', mcp_server: ours }))
    const theirs = { ...ours, source: 'project' }
    await decide(options, event({ tool_name: 'mcp__my_tools__ls', mcp_server: theirs }))
    const unknown = { name: 'git', source: 'sdk' }
    await decide(options, event({ cwd: `${lab.repo}x`, tool_name: 'mcp__git__ls', mcp_server: unknown }))
    const [first, own, other, git] = guard.calls as [Call, Call, Call, Call]
    assert.equal(first.workspace, join(lab.repo, 'sub'))
    assert.equal(first.agent, 'claude-code', 'what sub-agents are called is not to be trusted')
    assert.equal(first.session, 's-1')
    assert.deepEqual(first.env, { FROM_OPTIONS: '2' }, 'Claude Code gets no other variables')
    assert.deepEqual(own.workspace, { root: lab.repo, cwd: '/etc' })
    assert.deepEqual([own.tool, own.server], ['ls__a', undefined])
    assert.deepEqual([other.tool, other.server], ['mcp__my_tools__ls', 'my tools'])
    assert.deepEqual([git.tool, git.server], ['mcp__git__ls', 'git'])
    assert.deepEqual(git.workspace, { root: lab.repo, cwd: `${lab.repo}x` })
    await decide(guardOptions({}, { guard }), event())
    assert.equal(guard.calls.at(-1)!.env!['FROM_PROCESS'], '1')
  })

  unit('context of the caller goes first', async () => {
    const guard = new Watching()
    const given = {
      agent: 'builder',
      session: 's-9',
      onBehalfOf: 'ann@example.com',
      workspace: { root: '/elsewhere' },
      env: { A: 'b' },
    }
    await decide(guardOptions({}, { guard, ...given }), event())
    assert.deepEqual({ ...guard.calls[0], ...given }, guard.calls[0])
  })

  unit('a guard that fails blocks', () => {
    const own = { matcher: 'Bash', hooks: [rewriting(ALLOW)] }
    const given = { hooks: { PreToolUse: [own], Stop: undefined as Loose } }
    const { hooks } = guardOptions(given, { ...context(), timeout: 7 })
    const [first, second] = hooks!.PreToolUse!
    assert.deepEqual([first!.matcher, first!.timeout, first!.onFailure], [undefined, 7, 'block'])
    assert.deepEqual([second!.matcher, second!.hooks.length], ['Bash', 1])
    assert.notEqual(own.hooks[0], second!.hooks[0], 'the caller’s own options stay as they are')
    assert.equal(given.hooks.PreToolUse.length, 1)
    assert.equal(hooks!.ConfigChange![0]!.onFailure, 'block')
  })

  const broken: unknown[] = [
    {},
    null,
    undefined,
    'PreToolUse',
    event({ tool_input: null }),
    event({ tool_input: 'git status' }),
    event({ tool_name: null }),
    event({ tool_use_id: undefined }),
    event({ tool_name: { toString: () => 'Read' } }),
    event({ session_id: 7 }),
    event({ mcp_server: {} }),
    event({ mcp_server: 'lab' }),
    event({ cwd: 7 }),
    event({ cwd: null }),
  ]
  for (const given of broken) {
    unit(`a broken event is refused: ${JSON.stringify(given)}`, async () => {
      const { env, guard } = context()
      const answer = await decide(guardOptions({}, { env, guard, ask: () => true }), given)
      assert.equal(answer.hookSpecificOutput.permissionDecision, 'deny')
      assert.match(answer.hookSpecificOutput.permissionDecisionReason, /checkrein/)
    })
  }

  unit('canUseTool without a hook', async () => {
    // A call that no hook has seen, as when hooks are off, is decided there.
    let result: Awaited<ReturnType<CanUseTool>> = { behavior: 'allow' }
    const server = { ...createSdkMcpServer({ name: 'lab' }) }
    const given: Options = { canUseTool: async () => result, mcpServers: { lab: server } }
    const { canUseTool } = guardOptions(given, context())
    const { signal } = new AbortController()
    const seen = { signal, toolUseID: 't-1', requestId: 'r-1' }
    const allowed = { behavior: 'allow', updatedInput: { command: ALLOW } }
    assert.deepEqual(await canUseTool!('Bash', { command: ALLOW }, seen), allowed)
    assert.equal((await canUseTool!('Bash', { command: DENY }, seen))!.behavior, 'deny')
    const mcpServer = { name: 'lab', source: 'sdk' }
    assert.deepEqual(await canUseTool!('mcp__lab__bash', { command: ALLOW }, { ...seen, mcpServer }), allowed)
    const elsewhere = { ...seen, toolUseID: 't-2', mcpServer: { ...mcpServer, source: 'project' } }
    assert.equal((await canUseTool!('mcp__lab__bash', { command: ALLOW }, elsewhere))!.behavior, 'deny')
    const other = await canUseTool!('Unknown', { command: ALLOW }, seen)
    assert.equal(other!.behavior, 'deny', 'what passed for one tool says nothing of another')
    const odds: Loose[] = [null, undefined, {}, { behavior: 'Allow' }, { behavior: 'deny', message: 'no' }]
    for (const odd of odds) {
      result = odd
      assert.equal(await canUseTool!('Bash', { command: DENY }, seen), odd, 'Claude Code refuses it')
    }
  })
})
