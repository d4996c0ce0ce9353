#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// burst.mjs: a class presses "log in" at the same moment. A directory has eight
// slots; the others wait for a moment and get in.
import { check, play } from '../story/report.mjs'

const count = 60

async function ready (stage, person) {
  const client = stage.client()
  return { client, person, page: await client.open(`${stage.env.PORTVAKT_URL}/portal`) }
}

async function press ({ client, person, page }) {
  const began = performance.now()
  const answer = await client.logIn(page, person)
  client.close()
  return { good: answer.url.endsWith('/portal') && answer.status === 200, took: performance.now() - began, answer }
}

async function once (stage, municipality) {
  const people = stage.people.filter(p => p.login.endsWith(`@${municipality}.example`) && !p.note && ['employee', 'teacher', 'pupil'].includes(p.kinds.join())).slice(0, count)
  const forms = await Promise.all(people.map(p => ready(stage, p)))
  const done = await Promise.all(forms.map(press))
  const took = done.map(d => d.took).sort((a, b) => a - b)
  const refused = done.find(d => !d.good)
  check(done.every(d => d.good), `${people.length} people of one municipality log in at once`,
    `median ${Math.round(took[took.length >> 1])} ms, slowest ${Math.round(took.at(-1))} ms${refused ? `; ${refused.answer.text.slice(0, 200)}` : ''}`)
}

await play({
  'a class at once': stage => once(stage, 'notodden'),
  'and once more': stage => once(stage, 'notodden')
})
