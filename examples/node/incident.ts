// The incident all examples here tell: an agent that only wants to tidy up staging.
//
// Nothing is run for real: `shell` records what it would have run. No network, no model: each example
// lets its framework's scripted model play the agent.

import { fileURLToPath } from 'node:url'

import { Guard } from 'checkrein'

/** Looks around: harmless. */
export const LOOK = 'git status'
/** Frees space in staging with the token it was given: allowed. */
export const STAGING =
  'curl -s https://backboard.railway.app/graphql/v2 -H "Authorization: Bearer $RAILWAY_TOKEN" ' +
  `-d '{"query":"mutation { volumeDelete(volumeId: \\"vol_stg_cache\\") }"}'`
/** Nine seconds later, with a token found in an unrelated file: production, and its backups. */
export const PRODUCTION =
  "curl -s https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer acct-51b9ce07d2f34a88' " +
  `-d '{"query":"mutation { volumeDelete(volumeId: \\"vol_prod_db\\") }"}'`
/** Throws away work that is committed nowhere: a human is asked. */
export const CLEAN = 'rm -rf src'

export const workspace = { root: '/repo', cwd: '/repo' }
export const env = { RAILWAY_TOKEN: 'stg-7c1e0f6a92d84b55' }

/** The guard with the company's inventory. */
export const guard = Guard.fromConfig(fileURLToPath(new URL('checkrein.toml', import.meta.url)))

/** What has run. */
export const ran: string[] = []

/** Pretends to run a shell command. */
export function shell({ command }: { command: string }): string {
  console.log(`  RAN      ${command}`)
  ran.push(command)
  return 'done'
}
