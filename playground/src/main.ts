/** The page: reads the link, wires the panels, and asks again after every edit. */

import './style.css'

import { Playground } from './playground'
import { Client } from './client'
import { ShareError, decode } from './share'
import { initial } from './state'
import type { State } from './state'

async function linked(): Promise<{ readonly state: State; readonly message: string }> {
  try {
    const state = await decode(location.hash)
    return { state: state ?? initial(), message: '' }
  } catch (error) {
    const why = error instanceof ShareError ? error.message : 'The link cannot be read.'
    return { state: initial(), message: `${why} This is the usual start instead.` }
  }
}

async function start(): Promise<void> {
  const root = document.querySelector('#app')
  if (root === null) return
  const client = new Client()
  const about = client.ask({ kind: 'about' })
  const { state, message } = await linked()
  try {
    const { packs, vocabulary, version } = await about
    const playground = new Playground(state, client, { packs, vocabulary, version })
    root.replaceChildren(playground.element)
    playground.say(message)
    // A link opened in a page that is already open only changes the fragment.
    window.addEventListener('hashchange', () => {
      void linked().then((next) => {
        playground.state = next.state
        playground.say(next.message)
      })
    })
  } catch (error) {
    root.textContent = `The engine cannot be loaded: ${error instanceof Error ? error.message : String(error)}`
  }
}

void start()
