// A million calls need no more memory than the first thousands.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { Guard } from 'checkrein'

const CALLS = 1_000_000
const CALLS_TO_WARM_UP = 50_000
const GROWTH_BYTES = 16 * 2 ** 20
const COMMANDS = ['ls', 'cat a', 'rm -rf src', '{']

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

test('no memory is lost over a million calls', () => {
  const guard = new Guard({ inventory: '', workspace: '/' })
  const workspace = { root: '/repo' }
  const calls = (count) => {
    for (let number = 0; number < count; number++) {
      const decision = guard.authorize({
        tool: number % 4 ? 'Read' : 'Bash',
        arguments: { command: COMMANDS[Math.trunc(number / 4) % 4], file_path: `/repo/${number % 100}` },
        agent: 'a',
        workspace,
        env: {},
      })
      if (number % 16 === 0) {
        assert.ok(decision.reason)
        guard.approvals.show('sha256:f', String(number))
        guard.approvals.redeem('sha256:f', String(number))
      }
    }
    collect()
    return process.memoryUsage.rss()
  }
  const before = calls(CALLS_TO_WARM_UP)
  assert.ok(calls(CALLS - CALLS_TO_WARM_UP) - before < GROWTH_BYTES)
})
