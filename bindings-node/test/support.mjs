// The cases, as the Rust tests read them, and the incident.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { CASES } from '../../tests/surfaces.mjs'

export { agree, canonical, everyCase, stable } from '../../tests/surfaces.mjs'

/** The folder of the incident. */
export const INCIDENT = join(CASES, 'incidents', 'pocketos')

/** The call of the incident, as on the wire. */
export function incidentCall() {
  return JSON.parse(readFileSync(join(INCIDENT, '03-curl-found-token.json'), 'utf8')).call
}
