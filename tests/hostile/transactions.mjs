#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// transactions.mjs: a login transaction belongs to one browser from its first step
// to its last. An attacker with two browsers, or with a link to send, tries to
// complete one person's login in another's browser, to complete it twice, or to
// skip a step.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { joinStage } from '../demo/stage.mjs'
import { howManyFailed, must, Person, RelyingParty, same, check } from './relying_party.mjs'

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
const elsewhere = stage.people.find(p => p !== both && p.login.split('@')[0] === both.login.split('@')[0])

/* A browser that stops before a given address. */
class Window extends Person {
  stops = []
  isOurs (address) {
    return super.isOurs(address) && ![arkiv.redirect, skole.redirect, ...this.stops].some(s => address.startsWith(s))
  }
}

const returning = `${there.issuer}/return?`
const codeOf = answer => new URL(answer.location ?? 'https://nowhere.example/').searchParams.get('code')
const transactionOf = address => new URL(address).searchParams.get('t')

/* A login at Notodden's issuer up to the redirect back to it. */
async function loginUpToReturn (who) {
  const window = new Window(stage, who)
  window.stops = [returning]
  const { params, verifier } = skole.request()
  const form = await window.open(skole.address(params))
  const answer = await window.logIn(form)
  must(answer.location?.startsWith(returning), `no redirect back: ${answer.status} ${answer.location ?? answer.text.slice(0, 200)}`)
  return { window, verifier, params, back: answer.location, form }
}

await check('O112 W16 a transaction begun in one browser and completed in another opens the service in neither', async () => {
  const attacker = new Window(stage, teachers[0])
  const victim = new Window(stage, teachers[0])
  victim.stops = [returning]
  const { params } = skole.request()
  const attackersForm = await attacker.open(skole.address(params))
  must(attacker.asksForPassword(attackersForm), 'no form to send')
  // The link is sent before the attacker's browser has opened it.
  const fresh = await attacker.http.get(skole.address(skole.request().params))
  const form = await victim.open(fresh.location)
  const answer = await victim.logIn(form)
  must(answer.location?.startsWith(returning), `the victim is not redirected: ${answer.status} ${answer.text.slice(0, 200)}`)
  for (const address of [`${there.issuer}/return?t=${transactionOf(fresh.location)}`, fresh.location]) {
    const got = await attacker.open(address)
    must(!codeOf(got), `a code for the attacker at ${address.split('?')[0]}`)
  }
  must(!codeOf(await victim.http.get(answer.location)), "a code for the victim in the attacker's transaction")
})

await check('a transaction that is changed in any part opens nothing', async () => {
  const window = new Window(stage, teachers[5])
  const form = await window.open(arkiv.address(arkiv.request().params))
  const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  must(t.length > 300, `not sealed: ${t}`)
  const changed = [...Array(t.length).keys()].filter(i => i % 7 === 0 || i > t.length - 16)
    .map(i => t.slice(0, i) + (t[i] === 'A' ? 'B' : 'A') + t.slice(i + 1))
  for (const wrong of [...changed, t.slice(0, -4), `${t}AAAA`, t.slice(0, 43), 'A'.repeat(t.length)]) {
    const answer = await window.http.get(`${env.PORTVAKT_URL}/login?t=${wrong}`)
    must(answer.status === 400 && /tok for lang tid|er for gammel/.test(answer.text), `HTTP ${answer.status} ${answer.text.slice(0, 200)}`)
  }
  must(codeOf(await window.logIn(form)), 'no code with the unchanged one')
})

/* The key that the signer derives for a day, and a transaction under it
 * (idp/signer/mac.c, lib/aead.c): only with the signer's own file. */
const day = Math.floor(Date.now() / 86400000)
function keyOfDay (n) {
  const mac = Buffer.from(readFileSync(`${env.DEMO_DIR}/state/signer/mac.key`, 'utf8').trim(), 'base64url')
  const key = createHmac('sha256', mac).update(['auth_txn key', 1, n].join('\0')).digest()
  return { key, id: createHmac('sha256', key).update('portvakt seal key id').digest().subarray(0, 4) }
}

function unsealed (t, { key }) {
  const bytes = Buffer.from(t, 'base64url')
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(5, 17)).setAAD(Buffer.concat([bytes.subarray(0, 17), Buffer.from('auth_txn 1')])).setAuthTag(bytes.subarray(-16))
  return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(17, -16)), cipher.final()]))
}

function sealed (value, { key, id }) {
  const head = Buffer.concat([Buffer.from([1]), id, randomBytes(12)])
  const cipher = createCipheriv('aes-256-gcm', key, head.subarray(5)).setAAD(Buffer.concat([head, Buffer.from('auth_txn 1')]))
  return Buffer.concat([head, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

await check('a transaction that is too old opens nothing, and the page says so', async () => {
  const window = new Window(stage, teachers[7])
  const form = await window.open(arkiv.address(arkiv.request().params))
  const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  const value = unsealed(t, keyOfDay(day))
  const aged = seconds => ({ ...value, made: value.made - seconds })
  const get = t => window.http.get(`${env.PORTVAKT_URL}/login?t=${t}`)
  // The test's own seal is a good one, also of yesterday.
  for (const good of [sealed(value, keyOfDay(day)), sealed(aged(14 * 60), keyOfDay(day - 1))]) must(window.asksForPassword(await get(good)), 'a good one is refused')
  const old = { 'of sixteen minutes ago': sealed(aged(16 * 60), keyOfDay(day)), 'of two days ago': sealed(aged(2 * 86400), keyOfDay(day - 2)), 'of this minute, by the key of two days ago': sealed(value, keyOfDay(day - 2)) }
  for (const [what, t] of Object.entries(old)) {
    const { login, password } = window.who
    const fields = form.forms.find(f => f.inputs.some(i => i.type === 'password'))
    for (const answer of [await get(t), await window.walk(await window.http.send(form, fields, { t, login, password }))]) {
      must(answer.status === 400 && /tok for lang tid/.test(answer.text), `${what}: HTTP ${answer.status} ${answer.text.slice(0, 200)}`)
      must(!codeOf(answer), `${what}: a code`)
    }
  }
  must(codeOf(await window.logIn(form)), 'no code with the one of now')
})

await check('a transaction is answered once: later the page says so, without a code', async () => {
  const window = new Window(stage, teachers[6])
  const form = await window.open(arkiv.address(arkiv.request().params))
  const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  must(codeOf(await window.logIn(form)), 'no code')
  for (const answer of [await window.http.get(`${env.PORTVAKT_URL}/login?t=${t}`), await window.http.get(`${env.PORTVAKT_URL}/as?t=${t}`), await window.logIn(form)]) {
    must(!codeOf(answer), `answered again: ${answer.location}`)
  }
  const again = await window.http.get(`${env.PORTVAKT_URL}/login?t=${t}`)
  must(/allerede brukt/.test(again.text), `not said: ${again.text.slice(0, 200)}`)
})

await check('O111 a browser completes its own transaction, and the Back button works', async () => {
  const { window, back, verifier } = await loginUpToReturn(teachers[1])
  window.stops = []
  const done = await window.open(back)
  const code = codeOf(done)
  must(code, `no code: ${done.status} ${done.text.slice(0, 200)}`)
  same((await skole.redeem({ code, verifier })).status, 200, 'token')
})

await check('a completed transaction is consumed once, however many requests are concurrent', async () => {
  const { window, back } = await loginUpToReturn(teachers[2])
  window.stops = ['https://']
  const answers = await Promise.all(Array.from({ length: 12 }, () => window.http.get(back)))
  same(answers.filter(codeOf).length, 1, 'codes')
})

await check('O113 a completed transaction is invalid once its session has ended', async () => {
  const { window, back } = await loginUpToReturn(teachers[3])
  const login = teachers[3].login
  const ended = await stage.ctl('sessions', 'end', login)
  must(ended.code === 0, `sessions end: ${ended.out}${ended.err}`)
  window.stops = ['https://']
  const answer = await window.http.get(back)
  must(!codeOf(answer), 'a code from an ended session')
})

await check('O39 W16 a required new login cannot be skipped through affiliation selection', async () => {
  const window = new Window(stage, both)
  let page = await window.open(arkiv.address(arkiv.request().params))
  page = await window.logIn(page)
  const choice = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
  must(choice, `no choice of affiliation: ${page.text.slice(0, 200)}`)
  const as = choice.inputs.find(i => i.name === 'as').value
  for (const params of [{ prompt: 'login' }, { max_age: '0' }]) {
    const form = await window.open(arkiv.address(arkiv.request(params).params))
    must(window.asksForPassword(form), `no password is asked for with ${JSON.stringify(params)}`)
    const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
    page = await window.open(`${env.PORTVAKT_URL}/as?t=${t}`)
    const offered = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
    if (offered) page = await window.walk(await window.http.send(page, offered, {}, as))
    must(!codeOf(page), `a code without a new login, with ${JSON.stringify(params)}`)
  }
})

/* A login of a person of two municipalities, up to the choice: one affiliation
 * is proved, the other is not. */
async function loginOfTwo () {
  const window = new Window(stage, both)
  const page = await window.logIn(await window.open(arkiv.address(arkiv.request().params)))
  const form = page.forms.find(f => f.inputs.some(i => i.name === 'prove'))
  must(form, `nothing to prove: ${page.text.slice(0, 200)}`)
  return { window, page, form, unproved: form.inputs.find(i => i.name === 'prove').value }
}

await check('an affiliation that no login proves cannot be chosen', async () => {
  const { window, page, form, unproved } = await loginOfTwo()
  const answer = await window.walk(await window.http.send(page, form, { as: unproved }))
  must(!codeOf(answer) && answer.forms.some(f => f.inputs.some(i => i.value === unproved && i.name === 'prove')), `not asked again: ${answer.location ?? answer.text.slice(0, 200)}`)
  const change = await window.open(`${env.PORTVAKT_URL}/as?service=arkiv`)
  const next = change.forms.find(f => f.inputs.some(i => i.name === 'prove'))
  await window.walk(await window.http.send(change, next, { as: unproved }))
  const portal = await window.open(`${env.PORTVAKT_URL}/portal`)
  must(!/Rolle: [^,]*, Notodden/.test(portal.text), 'the portal uses it')
})

await check('a login that the audit log did not accept can be completed when it does', async () => {
  const { window, page } = await loginOfTwo()
  const form = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
  const chosen = { as: form.inputs.find(i => i.name === 'as').value }
  const { audit } = await stage.processes()
  window.http.timeout = 60000
  process.kill(audit, 'SIGSTOP')
  let without
  try {
    without = await window.walk(await window.http.send(page, form, chosen))
  } finally {
    process.kill(audit, 'SIGCONT')
  }
  must(!codeOf(without) && without.status >= 500, `without the audit log: ${without.status} ${without.location ?? without.text.slice(0, 200)}`)
  const answer = await window.walk(await window.http.send(page, form, chosen))
  must(codeOf(answer), `with it: ${answer.status} ${answer.text.slice(0, 300)}`)
  const again = await window.walk(await window.http.send(page, form, chosen))
  must(!codeOf(again), 'a second code')
})

await check('the login that is to prove an affiliation cannot be skipped, nor name one of another person', async () => {
  const { window, page, form, unproved } = await loginOfTwo()
  const login = await window.walk(await window.http.send(page, form, { prove: unproved }))
  must(window.asksForPassword(login), 'no login')
  const t = login.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  for (const path of [`login?t=${t}`, `as?t=${t}`, `choose?t=${t}&to=notodden`]) {
    const answer = await window.open(`${env.PORTVAKT_URL}/${path}`)
    must(!codeOf(answer), `a code by ${path}`)
  }
  const foreign = (await stage.ctl('person', 'show', teachers[0].login)).out.match(/^affiliation +(\S+)/m)[1]
  const choice = await window.open(`${env.PORTVAKT_URL}/as?t=${t}`)
  const offered = choice.forms.find(f => f.inputs.some(i => i.name === 'prove'))
  const answer = await window.walk(await window.http.send(choice, offered, { prove: foreign }))
  must(answer.forms.some(f => f.inputs.some(i => i.value === unproved)), 'not asked again')
  must(!window.asksForPassword(await window.open(`${env.PORTVAKT_URL}/as?prove=${foreign}`)), 'a login for the affiliation of another person')
})

await check('a login of another person in the same browser ends the session of the first', async () => {
  const [first, second] = one('employee', 'kongsberg.example').slice(8)
  const window = new Window(stage, first)
  await window.tokens(arkiv)
  const copy = new Window(stage, first)
  copy.http.jar = new Map([...window.http.jar].map(([host, cookies]) => [host, new Map(cookies)]))
  must(!copy.asksForPassword(await copy.open(`${env.PORTVAKT_URL}/portal`)), 'the copied cookies are no session')
  window.who = second
  const page = await window.logIn(await window.open(arkiv.address(arkiv.request({ prompt: 'login' }).params)))
  must(/En annen brukte denne nettleseren/.test(page.text), `the second is not shown that the first was here: ${page.text}`)
  must(!codeOf(page), 'a code before the second goes on')
  must(codeOf(await window.open(page.links.find(l => l.includes('/logout?done=')))), 'no code afterwards')
  must(!window.asksForPassword(await window.open(`${env.PORTVAKT_URL}/portal`)), 'the second person is not logged in')
  must(copy.asksForPassword(await copy.open(`${env.PORTVAKT_URL}/portal`)), 'the session of the first goes on')
})

await check('a login transaction is not accepted as a logout transaction', async () => {
  const window = new Window(stage, teachers[4])
  const form = await window.open(arkiv.address(arkiv.request().params))
  const t = form.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  const page = await window.http.get(`${env.PORTVAKT_URL}/logout?t=${t}`)
  const asks = page.forms.find(f => f.inputs.some(i => i.name === 't' && i.value === t))
  must(!asks, 'the page offers logout for a login transaction')
})

await check('a logout transaction is not accepted as a login', async () => {
  const window = new Window(stage, teachers[5])
  const { id_token: hint } = await window.tokens(arkiv)
  // From another browser, as a stranger would prepare the link.
  const begun = await stage.client().post(here.end_session_endpoint, { id_token_hint: hint, post_logout_redirect_uri: `${env.OIDC_SERVICE_URL}utlogget`, state: 's' })
  const t = begun.location && transactionOf(begun.location)
  must(t, `no logout transaction: ${begun.status} ${begun.text.slice(0, 200)}`)
  for (const path of ['login', 'as', 'password']) {
    const answer = await window.open(`${env.PORTVAKT_URL}/${path}?t=${t}`)
    same(answer.status, 400, path)
    must(!codeOf(answer), `a code by ${path}`)
  }
})

await check('an ended affiliation is offered neither in the portal nor for selection', async () => {
  const { window, page, form, unproved } = await loginOfTwo()
  await Object.assign(window, { who: elsewhere }).logIn(await window.walk(await window.http.send(page, form, { prove: unproved })))
  const other = form.inputs.find(i => i.name === 'as').value
  const changes = async () => (await window.open(`${env.PORTVAKT_URL}/portal`)).links.filter(l => l.includes('/as?service=')).length
  must(await changes() > 0, 'the test cannot run while both affiliations are active')
  // The latest login is that of the second; the first is the one to end.
  const key = `pv:1:ended:${createHash('sha256').update(`affiliation\0${other}`).digest('hex')}`
  await stage.redis('SET', key, JSON.stringify({ at: Math.floor(Date.now() / 1000), v: 1, why: 'ended' }), 'EX', '60')
  try {
    same(await changes(), 0, 'changes offered')
    const portal = await window.open(`${env.PORTVAKT_URL}/portal`)
    must(!portal.links.some(l => l.includes(other)), 'the portal offers a login for it')
  } finally {
    await stage.redis('DEL', key)
  }
})

process.exit(howManyFailed() ? 1 : 0)
