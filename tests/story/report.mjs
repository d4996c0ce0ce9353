// SPDX-License-Identifier: AGPL-3.0-or-later
// report.mjs: reports the result of each check, and finds the running demo.
import { dirname } from 'node:path'
import { joinStage, tree } from '../demo/stage.mjs'

let failed = 0

export function check (holds, sentence, detail = '') {
  if (!holds) failed++
  console.log(`${holds ? 'ok' : 'not ok'} - ${sentence}${detail === '' ? '' : ` [${String(detail).slice(0, 300)}]`}`)
  return holds
}

/* Runs acts in order: { sentence: async stage => ... }. An act that throws
 * fails, and the next one still runs. */
export async function play (acts) {
  const stage = joinStage(dirname(process.env.DEMO_ENV ?? `${tree}/build/demo/demo.env`))
  for (const [name, act] of Object.entries(acts)) {
    try {
      await act(stage)
    } catch (error) {
      check(false, name, error.message.replace(/\s+/g, ' '))
    }
  }
  await stage.browserOpen?.close()
  process.exit(failed ? 1 : 0)
}
