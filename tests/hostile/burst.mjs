#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// burst.mjs: a class presses "log in" at the same moment. A directory has eight
// slots; the others wait for a moment and get in, also where the directory takes
// 150 ms for each answer. Then a proxy that delays is in front of its slapd.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { eventually } from '../demo/stage.mjs'
import { check, play } from '../story/report.mjs'

const COUNT = 60
// A stranger has 300 requests in ten seconds; a login has five.
const STRANGER_COUNT = 40
const DELAY_MS = 150

async function ready (stage, person, localAddress) {
  const client = stage.client({ localAddress })
  return { client, person, page: await client.open(`${stage.env.PORTVAKT_URL}/portal`) }
}

async function press ({ client, person, page }) {
  const began = performance.now()
  const answer = await client.logIn(page, person)
  client.close()
  return { good: answer.url.endsWith('/portal') && answer.status === 200, took: performance.now() - began, ended: performance.now(), answer }
}

/* People of Kongsberg with one role in one municipality. */
function people (stage) {
  const names = stage.people.map(p => p.login.split('@')[0])
  return stage.people.filter(p => p.login.endsWith('@kongsberg.example') && !p.note && ['employee', 'teacher', 'pupil'].includes(p.kinds.join()) &&
    names.filter(n => n === p.login.split('@')[0]).length === 1)
}

async function once (stage, most, what) {
  const everyone = people(stage).slice(0, COUNT)
  const forms = await Promise.all(everyone.map(p => ready(stage, p)))
  const done = await Promise.all(forms.map(press))
  const took = done.map(d => d.took).sort((a, b) => a - b)
  const refused = done.filter(d => !d.good)
  check(everyone.length === COUNT && refused.length === 0, `${COUNT} people of one network log in ${what}`, refused[0] ? `${refused.length} refused: ${refused[0].answer.text.slice(0, 200)}` : everyone.length)
  check(took.at(-1) <= most, `... none of them in more than ${most / 1000} s`, `median ${Math.round(took[took.length >> 1])} ms, slowest ${Math.round(took.at(-1))} ms`)
}

/* Many logins of one address of strangers wait; one of another address comes
 * after them. */
async function fair (stage) {
  const [other, ...strangers] = await Promise.all(people(stage).slice(0, STRANGER_COUNT + 1).map((p, n) => ready(stage, p, n ? '127.10.110.1' : '127.10.110.2')))
  const pressed = strangers.map(press)
  await new Promise(resolve => setTimeout(resolve, 100))
  const one = await press(other)
  const later = (await Promise.all(pressed)).filter(d => d.ended > one.ended).length
  check(one.good, 'one person of another address logs in beside them', one.good ? '' : one.answer.text.slice(0, 200))
  check(later >= STRANGER_COUNT / 2, '... before half of those of one address', `${later} of ${STRANGER_COUNT} ended later; ${Math.round(one.took)} ms`)
}

/* Forwards to a port; what comes back waits. */
function slowProxy (port, to) {
  const server = createServer(client => {
    const behind = connect(to, '127.0.0.1')
    const end = () => { client.destroy(); behind.destroy() }
    client.pipe(behind)
    behind.on('data', bytes => setTimeout(() => client.writable && client.write(bytes), DELAY_MS))
    for (const socket of [client, behind]) socket.on('error', end).on('close', end)
  })
  return new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', () => resolve(server)))
}

const answers = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.on('error', () => resolve(false))
})

/* Kongsberg's directory at another port, with the proxy at its own. */
async function slowly (stage) {
  const port = Number(new URL(stage.env.DIRECTORY_KONGSBERG_URI.replace('ldaps', 'http')).port)
  stage.kill('SLAPD_KONGSBERG', 'SIGTERM')
  await eventually('its port is free', async () => !await answers(port), { within: 15000 })
  const slapd = spawn('/usr/sbin/slapd', ['-f', join(stage.dir, 'home/slapd-kongsberg.conf'), '-h', `ldaps://127.0.0.1:${port + 30}/`, '-d', '0'], { stdio: 'ignore' })
  await eventually('it answers at another port', () => answers(port + 30), { within: 15000 })
  const proxy = await slowProxy(port, port + 30)
  try {
    await once(stage, 4000, 'at a directory that takes 150 ms for each answer')
    await once(stage, 4000, 'there once more')
    await fair(stage)
  } finally {
    proxy.close()
    slapd.kill()
    await eventually('slapd ends', () => slapd.exitCode !== null || slapd.signalCode !== null, { within: 15000 })
    await eventually('the port is free', async () => !await answers(port), { within: 15000 })
    await stage.again('kongsberg')
  }
}

await play({
  'a class at once': stage => once(stage, 1500, 'at once'),
  'and once more': stage => once(stage, 1500, 'at once again'),
  'a slow directory': slowly
})
