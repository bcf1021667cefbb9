/** Asks the worker; one that does not answer in time is replaced. */

import type { Answer, Asked, Kind, Question, Replied } from './protocol'

/** Loading both modules over a slow line counts, so generous. */
const LONGEST = 60_000

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  readonly timer: number
}

export class Client {
  #worker: Worker | undefined
  #waiting = new Map<number, Waiting>()
  #next = 1

  ask<K extends Kind>(question: Question<K> & { readonly kind: K }): Promise<Answer<K>> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => this.#restart('the engine took too long'), LONGEST)
      // The worker answers a question with that question's answer; the map cannot say so.
      this.#waiting.set(id, { resolve: resolve as (answer: Answer) => void, reject, timer })
      const asked: Asked = { id, question }
      this.#start().postMessage(asked)
    })
  }

  #start(): Worker {
    if (this.#worker === undefined) {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
      worker.addEventListener('message', (event: MessageEvent<Replied>) => this.#settle(event.data))
      worker.addEventListener('error', () => this.#restart('the engine cannot be loaded'))
      this.#worker = worker
    }
    return this.#worker
  }

  #settle({ id, answer, error }: Replied): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    window.clearTimeout(waiting.timer)
    if (answer === undefined) waiting.reject(new Error(error ?? 'no answer'))
    else waiting.resolve(answer)
  }

  /** Whatever was asked fails; the next question starts a fresh worker. */
  #restart(why: string): void {
    this.#worker?.terminate()
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject, timer } of waiting) {
      window.clearTimeout(timer)
      reject(new Error(why))
    }
  }
}
