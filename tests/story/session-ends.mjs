#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Every way of ending a session, with services of OpenID Connect, of SAML and of
// both: which services end theirs, seen at the services themselves, and what the
// page states. One service ignores its back channel. The result is one table.
import { createServer } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../demo/stage.mjs'
import { allow } from '../hostile/relying_party.mjs'
import { check, play } from './report.mjs'

// Set in the first act.  mod_auth_mellon finds the session of a LogoutRequest by
// its NameID, so sessions that stay open there must not be those of a person of
// other tests.
let person, teacher, pupil
const fresh = 'Blåbærtur over Gausta'
const SILENT_PORT = 12480
const LATE_PORT = 12481

const at = (stage, path) => new URL(path, stage.env.PORTVAKT_URL).href
const flat = text => text.replace(/\s+/g, ' ').trim()

// ---- services of our own: one never responds, one at first refuses

const claims = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
const tokenOf = body => new URLSearchParams(body).get('logout_token')

const silent = { sids: new Set() }
silent.server = createServer(socket => {
  let received = ''
  socket.on('error', () => {}).on('data', more => {
    received += more
    const token = tokenOf(received.slice(received.lastIndexOf('\r\n\r\n') + 4))
    if (token?.split('.')[2]?.length > 80) silent.sids.add(claims(token).sid)
  })
}).listen(SILENT_PORT, '127.0.0.1')
const late = { status: 503, tokens: [] }
late.server = createHttpServer((request, response) => {
  let body = ''
  request.on('data', more => { body += more }).on('end', () => {
    late.tokens.push(tokenOf(body))
    response.writeHead(late.status).end()
  })
}).listen(LATE_PORT, '127.0.0.1')

// Where both receive their codes, as programs on the person's own machine.
const callback = `http://127.0.0.1:${LATE_PORT + 1}`
const receiver = createHttpServer((request, response) => response.end('here')).listen(LATE_PORT + 1, '127.0.0.1')

const service = (name, port) => `service ${name} {
	name      "${name}"
	issuer    region
	oidc ${name} {
		public
		redirect-uri            http://127.0.0.1/${name}
		backchannel-logout-uri  http://127.0.0.1:${port}/back-channel
	}
}
`

let forget

async function addServices (stage) {
  const alone = p => stage.people.filter(q => q.login.split('@')[0] === p.login.split('@')[0]).length === 1
  const of = kind => stage.people.filter(p => p.login.endsWith('@notodden.example') && p.kinds.join() === kind && !p.note && alone(p)).map(p => p.login)
  // Of teachers without an end date at the source, which acts set and remove.
  const lasting = []
  for (const login of of('teacher')) if (!(await catalogued(stage, login)).portvaktUntil) lasting.push(login)
  ;[person, teacher] = lasting.slice(-2)
  pupil = of('pupil').at(-1)
  forget = allow(stage.env.PORTVAKT_CONF, 'pupils may enter any')
  await stage.addService('stum', service('stum', SILENT_PORT))
  await stage.addService('sen', service('sen', LATE_PORT))
}

async function removeServices (stage) {
  forget?.()
  for (const name of ['stum', 'sen']) rmSync(join(dirname(stage.env.PORTVAKT_CONF), 'services.d', `${name}.conf`), { force: true })
  await stage.ctl('reload')
  silent.server.close()
  late.server.close()
  receiver.close()
}

// ---- what a person does

/* On a busy machine a login may get a page that asks to try again. */
async function logIn (stage, login, password = stage.person(login).password) {
  const page = await stage.window()
  page.setDefaultTimeout(30000)
  await eventually(`${login} is logged in`, async () => {
    await page.goto(at(stage, '/login'))
    await page.fill('input[name=login]', login)
    await page.fill('input[type=password]', password)
    await submit(page, 'form[action="/login"] button')
    return /\/portal/.test(page.url())
  }, { within: 60000, every: 1000 })
  return page
}

const authorize = (stage, name) => `${stage.env.PORTVAKT_ISSUER}/oidc/authorize?` + new URLSearchParams({
  response_type: 'code', client_id: name, redirect_uri: `${callback}/${name}`, scope: 'openid', state: 's', nonce: 'n',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256'
})

async function open (stage, page, names) {
  for (const name of names) {
    const there = { arkiv: stage.env.OIDC_SERVICE_URL, okonomi: stage.env.SAML_SERVICE_URL }[name]
    if (there) {
      await page.goto(there)
      await page.waitForURL(url => url.href.startsWith(there), { timeout: 45000 })
    } else {
      await page.goto(authorize(stage, name))
      await page.waitForURL(url => url.href.startsWith(`${callback}/${name}?code=`), { timeout: 45000 })
    }
  }
}

/* Whether the service shows its own page: not what Portvakt states of it. */
async function isOpen (stage, page, name) {
  await page.goto({ arkiv: stage.env.OIDC_SERVICE_URL, okonomi: stage.env.SAML_SERVICE_URL }[name])
  await page.waitForLoadState()
  return await page.locator('input[type=password]').count() === 0
}

const text = async page => flat(await page.innerText('main'))
const submit = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)])

const split = login => ({ uid: login.split('@')[0], municipality: login.split('@')[1].split('.')[0] })

const entryOf = async (stage, login) => {
  const { uid, municipality } = split(login)
  return (await stage.directory(municipality).find(`(uid=${uid})`, { attributes: ['1.1'] })).dn
}

const affiliationOf = async (stage, login) => {
  const { uid, municipality } = split(login)
  return (await stage.catalogue.find(`(&(portvaktLogin=${uid})(portvaktMunicipality=${municipality}))`)).portvaktId[0]
}

const setPassword = async (stage, login, password) =>
  stage.directory(split(login).municipality).modify(await entryOf(stage, login), { userPassword: password, pwdReset: null })

/* The page that the browser of an ended session shows next. */
async function nextPage (stage, page) {
  await eventually('the session has ended', async () => {
    await page.goto(at(stage, '/portal'))
    const seen = await text(page)
    return /Passord/.test(seen) && /Du er logget ut/.test(seen) && !/Logges ut nå/.test(seen)
  }, { within: 90000, every: 200 })
  return text(page)
}

async function modifyUntil (stage, login, change, back) {
  const directory = stage.directory(split(login).municipality)
  const dn = await entryOf(stage, login)
  await change(directory, dn)
  return () => back(directory, dn)
}

/* A teacher gives the pupil a new password; returns what the page states. */
async function byTeacher (stage, then) {
  const [mine, theirs] = [await affiliationOf(stage, teacher), await affiliationOf(stage, pupil)]
  const id = randomUUID()
  const dn = `portvaktId=${id},ou=groups,${stage.env.CATALOGUE_BASE}`
  await stage.catalogue.add(dn, { objectClass: 'portvaktGroup', portvaktId: id, cn: '6A', portvaktGroupKind: 'class',
    portvaktMunicipality: 'notodden', portvaktMember: [mine, theirs], portvaktVersion: '1' })
  try {
    const other = await logIn(stage, teacher)
    await other.goto(at(stage, `/password/pupils?pupil=${theirs}`))
    for (const name of ['new', 'again']) await other.fill(`input[name=${name}]`, fresh)
    await submit(other, 'form.pv-form button')
    const said = await text(other)
    await then()
    return said
  } finally {
    await setPassword(stage, pupil, stage.person(pupil).password)
    await stage.catalogue.remove(dn)
  }
}

// ---- the ways of ending a session; each returns what a page states

const ends = {
  logout: async (stage, page) => {
    await page.goto(at(stage, '/logout'))
    await submit(page, 'form[action="/logout"] button')
    for (let n = 0; n < 6 && await page.locator('a.ds-button', { hasText: 'Fortsett' }).count(); n++) {
      await submit(page, 'a.ds-button:has-text("Fortsett")')
    }
    await page.waitForFunction(() => /Du er logget ut/.test(document.body.innerText), null, { timeout: 45000 })
    return { said: await text(page) }
  },
  elsewhere: async (stage, page) => {
    const other = await logIn(stage, person)
    await other.goto(at(stage, '/sessions'))
    await submit(other, 'form:has(input[value=others]) button')
    return { said: await text(other), next: await nextPage(stage, page) }
  },
  password: async (stage, page) => {
    const other = await logIn(stage, person)
    const old = stage.person(person).password
    await other.goto(at(stage, '/password'))
    for (const [name, value] of Object.entries({ old, new: fresh, again: fresh })) await other.fill(`input[name=${name}]`, value)
    try {
      await submit(other, 'form.pv-form button')
      return { said: await text(other), next: await nextPage(stage, page) }
    } finally {
      await setPassword(stage, person, old)
    }
  },
  'password-reset': async (stage, page) => {
    let next
    const said = await byTeacher(stage, async () => { next = await nextPage(stage, page) })
    return { said, next }
  },
  operator: async (stage, page) => {
    const { out } = await stage.ctl('sessions', 'end', person)
    return { said: flat(out), next: await nextPage(stage, page) }
  },
  // An administrator of the municipality locks the account.
  lock: async (stage, page) => {
    const undo = await modifyUntil(stage, person, (d, dn) => d.disable(dn), (d, dn) => d.enable(dn))
    try {
      return { said: await nextPage(stage, page) }
    } finally {
      await undo()
      await untilActive(stage, person)
    }
  },
  // The personnel system states that the employment has ended.
  sync: async (stage, page) => {
    const undo = await modifyUntil(stage, person, (d, dn) => d.modify(dn, { hrUntil: '20260101000000Z' }), (d, dn) => d.modify(dn, { hrUntil: null }))
    try {
      return { said: await nextPage(stage, page) }
    } finally {
      await undo()
      await untilActive(stage, person)
    }
  },
  // The session's time is over; the clock is Redis' expiry.
  idle: async (stage, page) => {
    const key = await sessionKeyOf(stage, page)
    const queue = `pv:1:idle:${createHash('sha256').update('queue').digest('hex')}`
    const item = (await stage.redis('ZRANGE', queue, '0', '-1')).split('\n').find(line => line.startsWith(key))
    await stage.redis('PEXPIRE', `pv:1:session:${key}`, '1')
    await stage.redis('ZADD', queue, '1', item)
    return { said: await nextPage(stage, page) }
  }
}

const catalogued = (stage, login) => {
  const { uid, municipality } = split(login)
  return stage.catalogue.find(`(&(portvaktLogin=${uid})(portvaktMunicipality=${municipality}))`)
}

const untilActive = (stage, login) => eventually('the account is active again', async () => {
  const found = await catalogued(stage, login)
  return found?.portvaktStatus?.[0] === 'active' && !found.portvaktUntil
}, { within: 120000, every: 300 })

async function sessionKeyOf (stage, page) {
  for (const { value } of await page.context().cookies(at(stage, '/'))) {
    const key = createHash('sha256').update(value).digest('hex')
    if (await stage.redis('EXISTS', `pv:1:session:${key}`) === '1') return key
  }
  throw new Error('no session')
}

// ---- the table

const opened = { OIDC: ['arkiv'], SAML: ['okonomi'], both: ['arkiv', 'okonomi', 'stum'] }
const names = { arkiv: 'Arkiv', okonomi: 'Økonomi', stum: 'stum' }
const rows = []

/* What the page states about a service. */
const stated = (page, name) => {
  const found = new RegExp(`${names[name]} (Logget ut|Ikke logget ut|Svarte ikke, vi prøver igjen|Svarte ikke)(?: |$)`).exec(page)
  return found ? found[1] : '-'
}

const truly = { arkiv: () => 'Logget ut', okonomi: end => end === 'logout' ? 'Logget ut' : 'Ikke logget ut', stum: () => 'Svarte ikke, vi prøver igjen' }
const operators = { arkiv: 'logged out', okonomi: 'cannot be notified', stum: 'did not respond' }

/* Whether the silent service got a logout token of one more session: at once, or
 * ten seconds after it did not respond to another. */
const askedSilent = before => eventually('the silent service is asked', () => silent.sids.size > before, { within: 60000 }).catch(() => false)

async function oneRow (stage, end, kind) {
  const who = end === 'password-reset' ? pupil : person
  const page = await logIn(stage, who)
  await open(stage, page, opened[kind])
  const before = silent.sids.size
  const { said, next } = await ends[end](stage, page)
  const shown = end === 'operator' ? next : said
  const row = { end, kind, said: said.slice(0, 400) }
  for (const name of opened[kind]) {
    const open = name === 'stum' ? !await askedSilent(before) : await isOpen(stage, page, name)
    row[name] = `${name === 'stum' ? (open ? 'not asked' : 'asked') : open ? 'open' : 'ended'} / ${stated(shown, name)}`
    if (name !== 'stum') check(open === (name === 'okonomi' && end !== 'logout'), `${end}, ${kind}: ${name} is ${open ? 'open' : 'closed'}, as it must be`)
    else check(!open, `${end}, ${kind}: the silent service was asked`)
    check(stated(shown, name) === truly[name](end), `${end}, ${kind}: the page states what became of ${name}`, shown)
    if (next && end !== 'operator') check(stated(next, name) === truly[name](end), `${end}, ${kind}: and so does the next page of its browser`, next)
    if (end === 'operator') check(said.includes(`${name} ${operators[name]}`), `${end}, ${kind}: portvaktctl states it too`, said)
  }
  const closes = /[Ll]ukk nettleseren|nettleseren på den enheten blir lukket/.test(shown)
  check(closes === opened[kind].some(n => truly[n](end) !== 'Logget ut'), `${end}, ${kind}: the page asks to close the browser exactly where a service may be open`, shown)
  rows.push(row)
  await page.context().close()
}

const table = () => {
  const cell = (value, width) => String(value ?? '').padEnd(width)
  console.log(`# ${cell('end', 15)}${cell('opened', 7)}${cell('arkiv: is / page', 24)}${cell('okonomi: is / page', 24)}${cell('stum: is / page', 40)}`)
  for (const row of rows) console.log(`# ${cell(row.end, 15)}${cell(row.kind, 7)}${cell(row.arkiv, 24)}${cell(row.okonomi, 24)}${cell(row.stum, 40)}`)
  for (const row of rows.filter(r => r.kind === 'both')) console.log(`# ${row.end}: ${row.said}`)
}

await play({
  'two more services': addServices,
  ...Object.fromEntries(Object.keys(ends).flatMap(end => Object.keys(opened).map(kind =>
    [`${end} with ${kind}`, stage => oneRow(stage, end, kind)]))),
  'the table': table,
  'a restart of web loses no notification': async stage => {
    const page = await logIn(stage, person)
    await open(stage, page, ['sen'])
    late.tokens = []
    await ends.logout(stage, page)
    check(late.tokens.length >= 1, 'a service that refuses is asked at once')
    const { web } = await stage.processes()
    process.kill(web, 'SIGKILL')
    late.status = 200
    await eventually('it is asked again', () => late.tokens.length >= 2, { within: 60000 })
    check(true, 'after web was killed it is asked again')
    const [first, last] = [late.tokens[0], late.tokens.at(-1)].map(claims)
    check(first.jti !== last.jti && last.exp > first.exp && first.sid === last.sid, 'with a logout token of its own', JSON.stringify(last))
    check(last.exp > Date.now() / 1000, 'that has not expired')
    const count = late.tokens.length
    await sleep(15000)
    check(late.tokens.length === count, 'and once it has accepted, no more')
  },
  'a new password whose logins cannot be ended': async stage => {
    const { dn } = await catalogued(stage, pupil)
    const sessions = `pv:1:person:${createHash('sha256').update(/,portvaktId=([^,]+)/.exec(dn)[1]).digest('hex')}`
    // Redis has something else than the set of the pupil's sessions.
    await stage.redis('DEL', sessions)
    await stage.redis('SET', sessions, 'no set', 'EX', '600')
    try {
      const said = await byTeacher(stage, async () => {})
      check(/har fått nytt passord/.test(said), 'the teacher sees that the password is set', said)
      check(/Vi fikk ikke logget eleven ut/.test(said) && !/Eleven er logget ut/.test(said), 'and that the pupil may still be logged in', said)
    } finally {
      await stage.redis('DEL', sessions)
    }
  },
  'the services are removed': removeServices
})
