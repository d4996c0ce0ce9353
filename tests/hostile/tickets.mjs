#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// tickets.mjs: a login under way belongs to one browser from its first step to
// its last.  Somebody with two browsers, or with a link to send, tries to have
// one person's login end in another's window, to end twice, or to go round a
// step of it.
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { joinStage } from '../demo/stage.mjs'
import { howManyFailed, must, Person, RelyingParty, same, seen } from './relying_party.mjs'

const stage = joinStage(dirname(process.env.DEMO_ENV ?? 'build/demo/demo.env'))
const { env } = stage
const secret = name => readFileSync(`${dirname(env.PORTVAKT_CONF)}/credentials/${name}`, 'utf8').trim()
const discovery = async issuer => (await stage.client({ headers: { accept: 'application/json' } }).get(`${issuer}/.well-known/openid-configuration`)).json

const here = await discovery(env.PORTVAKT_ISSUER)
const there = await discovery(env.PORTVAKT_ISSUER.replace('login.', 'notodden.'))
const arkiv = new RelyingParty(stage, here, { id: 'arkiv', secret: secret('arkiv'), redirect: `${env.OIDC_SERVICE_URL}redirect_uri` })
const skole = new RelyingParty(stage, there, { id: 'skole', secret: secret('skole'), redirect: `${env.NOTODDEN_SERVICE_URL}redirect_uri` })

const one = (kind, domain) => stage.people.filter(p => p.login.endsWith(`@${domain}`) && p.kinds.length === 1 && p.kinds[0] === kind && !p.note)
const teachers = one('teacher', 'notodden.example')
const both = stage.people.find(p => /two municipalities/.test(p.note ?? ''))

/** A browser that stops where told, before it goes there. */
class Window extends Person {
  stops = []
  isOurs (address) {
    return super.isOurs(address) && ![arkiv.redirect, skole.redirect, ...this.stops].some(s => address.startsWith(s))
  }
}

const returning = `${there.issuer}/return?`
const codeOf = answer => new URL(answer.location ?? 'https://nowhere.example/').searchParams.get('code')
const ticketOf = address => new URL(address).searchParams.get('t')

/** A login at Notodden's issuer up to the address that leads back there. */
async function almost (who) {
  const window = new Window(stage, who)
  window.stops = [returning]
  const { words, verifier } = skole.request()
  const form = await window.open(skole.address(words))
  const answer = await window.logIn(form)
  must(answer.location?.startsWith(returning), `not on the way back: ${answer.status} ${answer.location ?? answer.text.slice(0, 200)}`)
  return { window, verifier, words, back: answer.location, form }
}

await seen('O112 W16 what one browser began and another proved opens the service in neither', async () => {
  const thief = new Window(stage, teachers[0])
  const victim = new Window(stage, teachers[0])
  victim.stops = [returning]
  const { words } = skole.request()
  const bait = await thief.open(skole.address(words))
  must(thief.asksForPassword(bait), 'no form to send along')
  // The link is sent before the thief's browser has shown it.
  const fresh = await thief.http.get(skole.address(skole.request().words))
  const form = await victim.open(fresh.location)
  const answer = await victim.logIn(form)
  must(answer.location?.startsWith(returning), `the victim is not led back: ${answer.status} ${answer.text.slice(0, 200)}`)
  for (const address of [`${there.issuer}/return?t=${ticketOf(fresh.location)}`, fresh.location]) {
    const got = await thief.open(address)
    must(!codeOf(got), `a code for the thief at ${address.split('?')[0]}`)
  }
  must(!codeOf(await victim.http.get(answer.location)), 'a code for the victim in what a thief began')
})

await seen('O111 what a browser began it finishes, and the Back button leads to it again', async () => {
  const { window, back, verifier } = await almost(teachers[1])
  window.stops = []
  const done = await window.open(back)
  const code = codeOf(done)
  must(code, `no code: ${done.status} ${done.text.slice(0, 200)}`)
  same((await skole.redeem({ code, verifier })).status, 200, 'token')
})

await seen('a login that was decided is taken once, however many come at once', async () => {
  const { window, back } = await almost(teachers[2])
  window.stops = ['https://']
  const answers = await Promise.all(Array.from({ length: 12 }, () => window.http.get(back)))
  same(answers.filter(codeOf).length, 1, 'codes')
})

await seen('O113 what was decided dies with its session before it is taken', async () => {
  const { window, back } = await almost(teachers[3])
  const login = teachers[3].login
  const ended = await stage.ctl('sessions', 'end', login)
  must(ended.code === 0, `sessions end: ${ended.out}${ended.err}`)
  window.stops = ['https://']
  const answer = await window.http.get(back)
  must(!codeOf(answer), 'a code out of an ended session')
})

await seen('O39 W16 a fresh proof that is asked for is not gone round by saying as whom', async () => {
  const window = new Window(stage, both)
  let page = await window.open(arkiv.address(arkiv.request().words))
  page = await window.logIn(page)
  const choice = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
  must(choice, `nobody asks as whom: ${page.text.slice(0, 200)}`)
  const as = choice.inputs.find(i => i.name === 'as').value
  for (const wish of [{ prompt: 'login' }, { max_age: '0' }]) {
    const form = await window.open(arkiv.address(arkiv.request(wish).words))
    must(window.asksForPassword(form), `no password is asked for with ${JSON.stringify(wish)}`)
    const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
    page = await window.open(`${env.PORTVAKT_URL}/as?t=${t}`)
    const offered = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
    if (offered) page = await window.walk(await window.http.send(page, offered, {}, as))
    must(!codeOf(page), `a code without a fresh proof, with ${JSON.stringify(wish)}`)
  }
})

await seen('a ticket of a login is no wish to log out', async () => {
  const window = new Window(stage, teachers[4])
  const form = await window.open(arkiv.address(arkiv.request().words))
  const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  const page = await window.http.get(`${env.PORTVAKT_URL}/logout?t=${t}`)
  const asks = page.forms.find(f => f.inputs.some(i => i.name === 't' && i.value === t))
  must(!asks, 'the page offers to log out for the sake of a login')
})

await seen('what has ended is not offered in the portal, nor as whom', async () => {
  const window = new Window(stage, both)
  const page = await window.logIn(await window.open(arkiv.address(arkiv.request().words)))
  const choice = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
  const ids = choice.inputs.filter(i => i.name === 'as').map(i => i.value)
  const changes = async () => (await window.open(`${env.PORTVAKT_URL}/portal`)).links.filter(l => l.includes('/as?service=')).length
  must(await changes() > 0, 'nothing can be changed while both count')
  // One of the two proved the login; the other is the one to end.
  const own = (await stage.ctl('person', both.login)).out
  const at = both.login.split('@')[1].split('.')[0]
  const other = ids.find(id => !new RegExp(`${id}[^]{0,40}in ${at}`).test(own))
  const key = `pv:1:ended:${createHash('sha256').update(`affiliation\0${other}`).digest('hex')}`
  await stage.redis('SET', key, JSON.stringify({ at: Math.floor(Date.now() / 1000), v: 1, why: 'ended' }), 'EX', '60')
  try {
    same(await changes(), 0, 'changes offered')
  } finally {
    await stage.redis('DEL', key)
  }
})

process.exit(howManyFailed() ? 1 : 0)
