/** The cases of the incident, from the project's own conformance set. */

import type { ToolCall } from 'checkrein-wasm'

import inventoryText from '../../tests/cases/incidents/pocketos/checkrein.toml?raw'

const FOLDER = '../../tests/cases/incidents/pocketos/'
const calls = import.meta.glob<ToolCall>('../../tests/cases/incidents/pocketos/*.json', {
  eager: true,
  import: 'call',
})
const abouts = import.meta.glob<string>('../../tests/cases/incidents/pocketos/*.json', {
  eager: true,
  import: 'about',
})

export interface Case {
  readonly name: string
  readonly about: string
  readonly call: ToolCall
}

export const cases: readonly Case[] = Object.entries(calls)
  .map(([path, call]) => ({ name: path.slice(FOLDER.length, -'.json'.length), about: abouts[path] ?? '', call }))
  .sort((one, other) => one.name.localeCompare(other.name))

/** The inventory the cases are decided under. */
export const inventory: string = inventoryText

/** The call that deleted the production volume. */
export const incident: ToolCall = cases.find(({ name }) => name === '03-curl-found-token')?.call ?? {
  tool: 'Bash',
  arguments: { command: 'git status' },
  agent: { id: 'agent' },
}
