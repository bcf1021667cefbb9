/** The page: reads the link, wires the panels, and asks again after every edit. */

import './style.css'

import { Playground } from './playground'
import { Client } from './client'
import { operator } from './operator'
import { ShareError, decode } from './share'
import { initial } from './state'
import type { State } from './state'

/** What the link holds, or the start. */
async function linked(start: State, about: string): Promise<{ readonly state: State; readonly message: string }> {
  try {
    const state = await decode(location.hash)
    return state === undefined ? { state: start, message: about } : { state, message: '' }
  } catch (error) {
    const why = error instanceof ShareError ? error.message : 'The link cannot be read.'
    return { state: start, message: `${why} This is the usual start instead.` }
  }
}

async function start(): Promise<void> {
  const root = document.querySelector('#app')
  if (root === null) return
  const client = new Client()
  const about = client.ask({ kind: 'about' })
  try {
    const own = await operator()
    const start = own?.state ?? initial()
    const { state, message } = await linked(start, own?.about ?? '')
    const { packs, vocabulary, version } = await about
    const playground = new Playground(state, client, { packs, vocabulary, version }, start)
    root.replaceChildren(playground.element)
    playground.say(message)
    // A link opened in a page that is already open only changes the fragment.
    window.addEventListener('hashchange', () => {
      void linked(start, own?.about ?? '').then((next) => {
        playground.state = next.state
        playground.say(next.message)
      })
    })
  } catch (error) {
    root.textContent = `The engine cannot be loaded: ${error instanceof Error ? error.message : String(error)}`
  }
}

void start()
