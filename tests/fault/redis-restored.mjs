#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Redis is put back to a state of before a logout: by an operator with an old
// backup, by a replica that lagged behind, or value by value by someone who may
// write to it. The session that was logged out does not live again; another one
// of that time does.
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../demo/stage.mjs'
import { Person, RelyingParty } from '../hostile/relying_party.mjs'
import { check, play } from '../story/report.mjs'

const hex = value => createHash('sha256').update(value).digest('hex')
const at = (stage, path) => new URL(path, stage.env.PORTVAKT_URL).href

let arkiv, out, stays

async function client (stage) {
  const { env } = stage
  const meta = (await stage.client({ headers: { accept: 'application/json' } }).get(`${env.PORTVAKT_ISSUER}/.well-known/openid-configuration`)).json
  const secret = readFileSync(join(dirname(env.PORTVAKT_CONF), 'credentials/arkiv'), 'utf8').trim()
  return new RelyingParty(stage, meta, { id: 'arkiv', secret, redirect: `${env.OIDC_SERVICE_URL}redirect_uri` })
}

/* A person with a session and an access token. */
async function logIn (stage, login) {
  const person = new Person(stage, stage.person(login))
  person.ours = stage.env.PORTVAKT_URL.replace(/\/$/, '')
  const entered = await person.enter(arkiv)
  const answer = await arkiv.redeem(entered)
  person.token = answer.json.access_token
  for (const value of person.http.cookies(stage.env.PORTVAKT_URL).values()) {
    if (await stage.redis('EXISTS', `pv:1:session:${hex(value)}`) === '1') person.key = `pv:1:session:${hex(value)}`
  }
  return person
}

const isIn = async (stage, person) => !person.asksForPassword(await person.open(at(stage, '/portal')))

async function logOut (stage, person) {
  const page = await person.open(at(stage, '/logout'))
  await person.http.send(page, page.forms.find(f => /logout/.test(f.action)), {})
}

async function stopRedis (stage) {
  const pid = stage.pid('REDIS')
  stage.kill('REDIS', 'SIGTERM')
  await eventually('Redis has stopped', () => { try { process.kill(pid, 0); return false } catch { return true } }, { within: 60000 })
}

const data = stage => join(stage.dir, 'data/redis')
const saved = stage => join(stage.dir, 'data/redis-before')

const isHere = (stage, person) => eventually('the session is in Redis', async () => await stage.redis('EXISTS', person.key) === '1', { within: 60000, every: 200 })

/* Of both: the browser's session and the token. */
async function isDead (stage, when) {
  await isHere(stage, out)
  check(!await isIn(stage, out), `${when}, the session that was logged out is in Redis and is no session`)
  check(!await arkiv.isAlive(out.token), `${when}, nor is its token one`)
  check(await isIn(stage, stays), `${when}, the session of another person lives`)
}

await play({
  'two people log in, and Redis is copied': async stage => {
    arkiv = await client(stage)
    const people = stage.people.filter(p => p.login.endsWith('@tinn.example') && p.kinds.join() === 'employee' && !p.note)
    out = await logIn(stage, people.at(-1).login)
    stays = await logIn(stage, people.at(-2).login)
    check(out.key && await arkiv.isAlive(out.token) && await isIn(stage, out), 'a person has a session and a token')
    await sleep(3000) // appendfsync everysec
    rmSync(saved(stage), { recursive: true, force: true })
    cpSync(data(stage), saved(stage), { recursive: true })
    out.value = await stage.redis('GET', out.key)
  },
  'one of them logs out': async stage => {
    await logOut(stage, out)
    check(await stage.redis('EXISTS', out.key) === '0', 'the session is no longer in Redis')
    check(!await arkiv.isAlive(out.token), 'and the token is invalid')
    await sleep(3000) // portvakt-revocation has it
  },
  'its value is put back': async stage => {
    await stage.redis('SET', out.key, out.value)
    check(!await isIn(stage, out), 'the value of the session, put back alone, is no session')
  },
  'Redis is put back': async stage => {
    await stopRedis(stage)
    rmSync(data(stage), { recursive: true })
    cpSync(saved(stage), data(stage), { recursive: true })
    await stage.again('redis')
    await isDead(stage, 'after Redis was put back')
  },
  'web and revocation start anew': async stage => {
    const before = await stage.processes()
    for (const name of ['revocation', 'web']) process.kill(before[name], 'SIGKILL')
    await eventually('both run', async () => {
      const now = await stage.processes()
      return now.web && now.revocation && now.web !== before.web && now.revocation !== before.revocation
    }, { within: 60000, every: 200 })
    await isDead(stage, 'after both started anew')
  }
})
