/** The engine, off the main thread: whatever is pasted, the page stays usable. */

import { loadLight } from 'checkrein-wasm'
import type { Action, Checkrein, Decision, Diagnostic, Engine, Facts, Sources, Verdict } from 'checkrein-wasm'

import { asked } from './completed'
import type { Asked as AskedCall } from './completed'
import type { Answer, Asked, Evaluation, Judged, Question, Replied, Variant } from './protocol'

/** Parsers of code are fetched when a call needs them. */
const loading = loadLight()

/** The last bundle: most questions are about the same one, or one that differs by an edit. */
let last: { readonly key: string; readonly engine: Engine; mistakes?: readonly Diagnostic[] } | undefined

function open(checkrein: Checkrein, sources: Sources): Engine {
  const key = JSON.stringify(sources)
  if (last?.key !== key) {
    const before = last?.engine
    last = { key, engine: before?.edited(sources) ?? checkrein.open(sources) }
    before?.free()
  }
  return last.engine
}

async function evaluate(checkrein: Checkrein, sources: Sources, text: string): Promise<Evaluation> {
  const engine = open(checkrein, sources)
  const diagnostics = last?.mistakes ?? engine.diagnose()
  if (last !== undefined) last.mistakes = diagnostics
  const { problem, bundle } = engine
  const call = asked(checkrein, text)
  const { nothing, agent } = call
  const evaluation = { diagnostics, problem, bundle, agent, note: note(call), ...(nothing !== undefined && { nothing }) }
  if (problem !== '' || nothing !== undefined) return evaluation
  await engine.authorizeJsonAsync(call.call)
  return { ...evaluation, judged: judge(checkrein, open(checkrein, sources), call, text) }
}

function note({ host, added }: AskedCall): string {
  const read = host === undefined ? '' : `Read as an event of ${host}, without environment variables. `
  const project = host === 'Claude Code' ? 'The project is taken to be where the agent is. ' : ''
  return read + project + (added.length > 0 ? `Filled in, because the call leaves it out: ${added.join(', ')}.` : '')
}

function judge(checkrein: Checkrein, engine: Engine, { call, agent, within }: AskedCall, shown: string): Judged {
  const decision = JSON.parse(engine.authorizeJson(call)) as Decision
  const { micros, runs } = measure(() => engine.authorizeJson(call))
  return {
    decision,
    call,
    places: decision.actions.map(({ span }) => checkrein.locate(shown, span, within)),
    variants: decision.actions.map((action, at) =>
      // A script of a thousand commands needs no thousand matrices.
      action.verdict === 'allow' || at >= 8 ? [] : variants(engine, action, agent),
    ),
    micros,
    runs,
  }
}

/** The clock of a page is coarse, so the mean of some runs within a few milliseconds. */
function measure(work: () => void): { micros: number; runs: number } {
  const started = performance.now()
  let runs = 0
  let took = 0
  do {
    work()
    runs += 1
    took = performance.now() - started
  } while ((took < 3 || runs < 5) && took < 50 && runs < 100)
  return { micros: (took * 1000) / runs, runs }
}

/** Real evaluations of the same facts with the environment replaced, and the credential too. */
function variants(engine: Engine, action: Action, agent: string): readonly Variant[] {
  const { credential } = action
  const facts: Facts = {
    location: action.location,
    reversibility: action.reversibility,
    effects: action.effects,
    completeness: action.completeness,
    unbounded: action.scope.unbounded,
  }
  const judged = (given: string, changed: Facts): Variant => {
    const { cells } = engine.matrix({
      agent,
      verbs: [action.verb],
      types: [action.resource.type],
      facts: { ...facts, ...changed },
      without_examples: true,
    })
    return {
      given,
      cells: cells.map(({ environment, verdict, teams }) => ({ environment, verdict, ...(teams && { teams }) })),
    }
  }
  try {
    if (credential === undefined) return [judged('', {})]
    const { source, issued } = credential
    const declared = credential.declared !== undefined
    const same = judged('', { credential: { source, issued, declared } })
    if (issued) return [same]
    const given = 'with a credential issued to this agent'
    return [same, judged(given, { credential: { source, issued: true, declared: true } })]
  } catch {
    // Not every action is a cell, and this is only an aside of the decision.
    return []
  }
}

async function answer(checkrein: Checkrein, question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'about':
      return {
        packs: checkrein.packs(),
        vocabulary: checkrein.vocabulary(),
        version: checkrein.version(),
      }
    case 'evaluate':
      return evaluate(checkrein, question.sources, question.text)
    case 'complete':
      return checkrein.complete(question.text, question.offset, question.inventory)
    case 'format':
      return checkrein.format(question.text, question.name)
    case 'outline':
      return checkrein.outline(question.text)
    case 'matrix': {
      const started = performance.now()
      const matrix = open(checkrein, question.sources).matrix({ agent: question.agent })
      return { matrix, millis: performance.now() - started }
    }
    case 'verdicts': {
      const engine = open(checkrein, question.sources)
      if (engine.problem !== '') throw new Error(engine.problem)
      const verdicts: Verdict[] = []
      for (const text of question.calls) {
        const decision = await open(checkrein, question.sources).authorizeJsonAsync(asked(checkrein, text).call)
        verdicts.push((JSON.parse(decision) as Decision).verdict)
      }
      return verdicts
    }
    case 'tests':
      await checkrein.loadWhole()
      return open(checkrein, question.sources).runTests(question.tests)
  }
}

async function reply({ id, question }: Asked): Promise<void> {
  let replied: Replied
  try {
    replied = { id, answer: await answer(await loading, question) }
  } catch (error) {
    replied = { id, error: error instanceof Error ? error.message : String(error) }
  }
  self.postMessage(replied)
}

/** Answers leave in the order of their questions, also while a module is fetched. */
let replies = Promise.resolve()

self.addEventListener('message', (event: MessageEvent<Asked>) => {
  replies = replies.then(() => reply(event.data))
})
