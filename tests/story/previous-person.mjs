#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Two people, one after the other in the same browser: the second never sees the
// account of the first in any service, in either order, with the Back button and
// in two tabs. What cannot be logged out is named before the second goes on. A
// change of role ends the service's session with the old one. On a computer that
// several people use, each page names the person and nothing is remembered.
import { createServer } from 'node:net'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { eventually } from '../demo/stage.mjs'
import { accessible } from './browser.mjs'
import { check, play } from './report.mjs'

const SILENT_PORT = 12490
/* Each act has its own people: mod_auth_mellon finds the session of a
 * LogoutRequest by its NameID, and fails where a person has two. */
let people
let first, second

const at = (stage, path) => new URL(path, stage.env.PORTVAKT_URL).href
const flat = text => text.replace(/\s+/g, ' ').trim()
const text = async page => flat(await page.innerText('body'))
const submit = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)])
const there = (stage, name) => ({ arkiv: stage.env.OIDC_SERVICE_URL, okonomi: stage.env.SAML_SERVICE_URL }[name])
const isLoginForm = page => page.locator('input[type=password]').count().then(n => n > 0)

async function logIn (stage, page, login) {
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await submit(page, 'form[action="/login"] button')
}

async function browser (stage, options) {
  const page = await stage.window(options)
  page.setDefaultTimeout(30000)
  return page
}

/* The first person logs in and uses the services. */
async function begin (stage, login, services) {
  const page = await browser(stage)
  await page.goto(at(stage, '/login'))
  await logIn(stage, page, login)
  for (const name of services) await shown(stage, page, name, login)
  return page
}

/* The name that the service itself shows, not what Portvakt states. */
async function nameThere (stage, page, name) {
  await page.goto(there(stage, name))
  await page.waitForURL(url => url.href.startsWith(there(stage, name)) || url.href.startsWith(at(stage, '/')), { timeout: 45000 })
  await page.waitForLoadState()
  return page.url().startsWith(there(stage, name)) ? text(page) : ''
}

const names = {}
const nameOf = (stage, login) => names[login]

async function readName (stage, login) {
  const [uid, domain] = login.split('@')
  const entry = await stage.directory(domain.split('.')[0]).find(`(uid=${uid})`, { attributes: ['displayName'] })
  names[login] = entry.displayName[0]
}

async function shown (stage, page, name, login) {
  const seen = await nameThere(stage, page, name)
  if (!seen.includes(nameOf(stage, login))) throw new Error(`${name} shows not ${nameOf(stage, login)}: ${seen.slice(0, 300)}`)
}

/* Ends the session as an operator does, so that the browser does not know. */
const endElsewhere = (stage, login) => stage.ctl('sessions', 'end', login)

/* The page of the previous person, after the services that only the browser can
 * log out have been visited. */
const settled = page => page.waitForFunction(() => /Gå videre/.test(document.body.innerText) && !/Fortsett/.test(document.body.innerText), null, { timeout: 45000 })
const next = page => submit(page, 'a.ds-button:has-text("Gå videre")')

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const passwordForm = stage => `${stage.env.PORTVAKT_ISSUER}/oidc/authorize?` + new URLSearchParams({
  response_type: 'code', client_id: 'stum', redirect_uri: 'http://127.0.0.1:12491/stum', scope: 'openid', state: 's', nonce: 'n',
  prompt: 'login', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256'
})

/* Åse has two jobs in two municipalities, and logs in with both accounts. */
async function asAse (stage) {
  const page = await begin(stage, 'ase.ostby@kongsberg.example', [])
  await submit(page, 'a.pv-row-prove')
  await logIn(stage, page, 'ase.ostby@notodden.example')
  return page
}

const choose = (page, role) => submit(page, `button[name=as]:has-text("${role}")`)

async function changeRole (page, stage, service) {
  await page.goto(at(stage, '/portal'))
  await submit(page, `.pv-tile:has(h2:has-text("${service}")) a:has-text("Bytt rolle")`)
  await choose(page, 'Ansatt, Kongsberg')
}

const oidc = (stage, path) => `${stage.env.PORTVAKT_ISSUER}/oidc/${path}`

async function token (stage, code) {
  const reply = await stage.client().post(oidc(stage, 'token'), {
    grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1:12491/stum', client_id: 'stum', code_verifier: verifier
  })
  return reply.json.access_token
}

const userinfo = (stage, token) => stage.client().get(oidc(stage, 'userinfo'), { authorization: `Bearer ${token}` })

async function sessionKeyOf (page) {
  const cookie = (await page.context().cookies()).find(c => c.name === '__Host-portvakt')
  return createHash('sha256').update(cookie.value).digest('hex')
}

const silent = createServer(socket => socket.on('error', () => {}))

async function addSilent (stage) {
  silent.listen(SILENT_PORT, '127.0.0.1')
  const receiver = createServer(socket => socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere'))
  receiver.listen(12491, '127.0.0.1').unref()
  await stage.addService('stum', `service stum {
	name      "Stum"
	issuer    region
	oidc stum {
		public
		redirect-uri            http://127.0.0.1/stum
		backchannel-logout-uri  http://127.0.0.1:${SILENT_PORT}/back-channel
	}
}
`)
}

/* Sessions of earlier tests at the SAML service: a second one of a person makes
 * mod_auth_mellon fail at a LogoutRequest. */
async function forgetSamlSessions (stage) {
  stage.kill('APACHE_SAML', 'SIGTERM')
  await eventually('the SAML service has stopped', () => !existsSync(`/proc/${stage.pid('APACHE_SAML')}`), { within: 30000 })
  await stage.again('apache-saml')
}

async function removeSilent (stage) {
  rmSync(join(dirname(stage.env.PORTVAKT_CONF), 'services.d/stum.conf'), { force: true })
  await stage.ctl('reload')
  silent.close()
}

/* The second person in the browser of the first, whose session is live. */
async function overLive (stage, a, b) {
  const page = await begin(stage, a, ['arkiv', 'okonomi'])
  await page.goto(passwordForm(stage))
  await logIn(stage, page, b)
  await settled(page)
  const seen = await text(page)
  check(/En annen brukte denne nettleseren/.test(seen), `${a}, then ${b}: one page states that another person was logged in`, seen)
  check(/Arkiv Logget ut/.test(seen) && /Økonomi Logget ut/.test(seen), `${a}, then ${b}: both services are logged out first`, seen)
  check(!/[Ll]ukk nettleseren/.test(seen), `${a}, then ${b}: and nothing asks to close the browser`, seen)
  await next(page)
  for (const name of ['arkiv', 'okonomi']) {
    const service = await nameThere(stage, page, name)
    check(service.includes(nameOf(stage, b)) && !service.includes(nameOf(stage, a)), `${a}, then ${b}: ${name} shows the second`, service)
  }
  await neverBack(stage, page, a, `${a}, then ${b}`)
  await page.context().close()
}

/* With the Back button, as far as it goes. What a service keeps in the browser's
 * cache is its own: each page is loaded again. */
async function neverBack (stage, page, a, sentence) {
  const seen = []
  for (let n = 0; n < 12; n++) {
    if (!await page.goBack({ timeout: 15000 }).catch(() => null)) break
    await page.waitForLoadState()
    const method = await page.evaluate("performance.getEntriesByType('navigation')[0]?.type")
    const url = page.url()
    seen.push({ url, method, text: await text(page).catch(() => '') })
  }
  const wrong = seen.filter(s => s.text.includes(nameOf(stage, a)))
  check(seen.length >= 3, `${sentence}: the Back button was used`, seen.length)
  check(wrong.length === 0, `${sentence}: no page behind the Back button shows the first`, wrong.map(s => `${s.url} ${s.text.slice(0, 80)}`).join('; '))
}

/* The next two people, one of each municipality. */
const withPeople = act => stage => {
  [first, second] = people.map(list => list.pop())
  return act(stage)
}

const acts = {
  'the people and a silent service': async stage => {
    const of = place => stage.people.filter(p => p.login.endsWith(`@${place}.example`) && p.kinds.join() === 'employee' && !p.note).map(p => p.login)
    people = ['kongsberg', 'notodden'].map(place => of(place).slice(-16))
    for (const login of people.flat()) await readName(stage, login)
    await forgetSamlSessions(stage)
    await addSilent(stage)
  },
  'over a live session': stage => overLive(stage, first, second),
  'in the other order': stage => overLive(stage, second, first),
  'where a service fails when the browser visits it': async stage => {
    // Two sessions of one person at the service: it cannot tell which to end.
    await begin(stage, first, ['okonomi'])
    const page = await begin(stage, first, ['okonomi'])
    await page.goto(passwordForm(stage))
    await logIn(stage, page, second)
    await page.waitForURL(url => url.href.startsWith(there(stage, 'okonomi')), { timeout: 45000 })
    await page.goto(at(stage, '/portal'))
    const seen = await text(page)
    check(/Økonomi Ikke logget ut/.test(seen) && /Lukk nettleseren og åpne den på nytt/.test(seen), 'a service that failed is named, and is not visited again', seen)
    await next(page)
    check(/Mine tjenester/.test(await text(page)), 'and the second can go on', await text(page))
    await page.context().close()
  },
  'after a session that ended elsewhere': async stage => {
    const page = await begin(stage, first, ['arkiv', 'okonomi'])
    await endElsewhere(stage, first)
    await page.goto(at(stage, '/login'))
    const visited = page.waitForRequest(request => request.url().includes('/mellon/logout?SAMLRequest='), { timeout: 45000 })
    await logIn(stage, page, second)
    await visited
    await page.waitForURL(/\/portal$/, { timeout: 45000 })
    check(/Mine tjenester/.test(await text(page)), 'the browser logs out of what only it can, and as nothing is open any more, the portal follows', await text(page))
    for (const name of ['Arkiv', 'Økonomi']) {
      await page.goto(at(stage, '/portal'))
      await submit(page, `.pv-tile a:has-text("${name}")`)
      await page.waitForURL(url => url.href.startsWith(there(stage, name === 'Arkiv' ? 'arkiv' : 'okonomi')), { timeout: 45000 })
      await page.waitForLoadState()
      const service = await text(page)
      check(service.includes(nameOf(stage, second)) && !service.includes(nameOf(stage, first)), `the portal opens ${name} for the second`, service)
    }
    await page.context().close()
  },
  'after the logout button': async stage => {
    const page = await begin(stage, first, ['arkiv'])
    await page.goto(passwordForm(stage))
    await logIn(stage, page, first)
    await page.waitForURL(/127\.0\.0\.1:12491/)
    await page.goto(at(stage, '/logout'))
    await submit(page, 'form[action="/logout"] button')
    await page.waitForFunction(() => /Du er logget ut/.test(document.body.innerText))
    await page.goto(at(stage, '/login'))
    await logIn(stage, page, first)
    check(/\/portal$/.test(page.url()), 'the same person goes on without a page', page.url())
    await page.goto(at(stage, '/logout'))
    await submit(page, 'form[action="/logout"] button')
    await page.goto(at(stage, '/login'))
    await logIn(stage, page, second)
    await settled(page)
    const seen = await text(page)
    check(/Stum Svarte ikke, vi prøver igjen/.test(seen) && !/Arkiv/.test(seen), 'the second sees what may be open after the logout of the first, and only that', seen)
    check(/Lukk nettleseren og åpne den på nytt/.test(seen), 'and that the browser must be closed', seen)
    await accessible(stage, page, 'previous-person')
    await page.goto(at(stage, '/portal'))
    check(/En annen brukte denne nettleseren/.test(await text(page)), 'the portal shows the same page until the person continues', await text(page))
    await page.goto(there(stage, 'arkiv'))
    await settled(page)
    check(/En annen brukte denne nettleseren/.test(await text(page)), 'and so does a service', await text(page))
    await next(page)
    await page.waitForURL(url => url.href.startsWith(there(stage, 'arkiv')))
    check((await text(page)).includes(nameOf(stage, second)), 'which then opens for the second', await text(page))
    await page.goto(at(stage, '/portal'))
    check(/Mine tjenester/.test(await text(page)), 'and the page is not shown again', await text(page))
    await page.context().close()
  },
  'a logout of a session that has ended elsewhere': async stage => {
    const page = await begin(stage, first, ['arkiv', 'okonomi'])
    await endElsewhere(stage, first)
    await page.goto(at(stage, '/logout'))
    await page.waitForFunction(() => /Du er logget ut/.test(document.body.innerText), null, { timeout: 45000 })
    const seen = await text(page)
    check(/Økonomi Logget ut/.test(seen), 'it logs out of what was still open', seen)
    const service = await nameThere(stage, page, 'okonomi')
    check(!service.includes(nameOf(stage, first)), 'and the service no longer shows the person', service)
    await page.context().close()
  },
  'without a page': async stage => {
    const page = await begin(stage, first, ['arkiv'])
    await page.goto(passwordForm(stage))
    await logIn(stage, page, second)
    await settled(page)
    const other = await page.context().newPage()
    await other.goto(passwordForm(stage).replace('prompt=login', 'prompt=none'))
    await other.waitForURL(/127\.0\.0\.1:12491/)
    check(/error=interaction_required/.test(other.url()), 'until then, a request without a page gets interaction_required', other.url())
    await next(page)
    await other.goto(passwordForm(stage).replace('prompt=login', 'prompt=none'))
    await other.waitForURL(/127\.0\.0\.1:12491/)
    check(/code=/.test(other.url()), 'and afterwards a code', other.url())
    await page.context().close()
  },
  'two tabs': async stage => {
    const one = await browser(stage)
    const two = await one.context().newPage()
    two.setDefaultTimeout(30000)
    await one.goto(there(stage, 'arkiv'))
    await two.goto(there(stage, 'okonomi'))
    await logIn(stage, one, first)
    await one.waitForURL(url => url.href.startsWith(there(stage, 'arkiv')))
    check((await text(one)).includes(nameOf(stage, first)), 'the first is in the archive in one tab', await text(one))
    await logIn(stage, two, second)
    await settled(two)
    check(/Arkiv Logget ut/.test(await text(two)), 'the second gets one page in the other tab: the archive is logged out', await text(two))
    await next(two)
    await two.waitForURL(url => url.href.startsWith(there(stage, 'okonomi')))
    check((await text(two)).includes(nameOf(stage, second)), 'and goes on as the second', await text(two))
    await one.reload()
    await one.waitForLoadState()
    check(!(await text(one)).includes(nameOf(stage, first)), 'the first tab shows the first no longer', await text(one))
    await one.context().close()
  },
  'a page of the first, used by the second': async stage => {
    const page = await asAse(stage)
    await page.goto(there(stage, 'arkiv'))
    check(await page.locator('button[name=as]').count() === 2, 'one tab asks a person with two jobs for her role', await text(page))
    const other = await page.context().newPage()
    other.setDefaultTimeout(30000)
    await other.goto(passwordForm(stage))
    await logIn(stage, other, second)
    await settled(other)
    await next(other)
    await submit(page, 'button[name=as] >> nth=0')
    const seen = await text(page)
    check(/En annen person har logget inn i denne nettleseren/.test(seen), 'after another person has logged in in another tab it ends in one clear page', seen)
    check(await page.locator('a', { hasText: 'Mine tjenester' }).count() === 1, 'with a way on')
    await stage.picture(page, 'previous-person-tabs')
    await page.context().close()
  },
  'change of role': async stage => {
    const page = await asAse(stage)
    await page.goto(there(stage, 'arkiv'))
    await choose(page, 'Lærer, Notodden')
    await page.waitForURL(url => url.href.startsWith(there(stage, 'arkiv')))
    check(/affiliation teacher/.test(await text(page)) || /municipality notodden/.test(await text(page)), 'the archive knows her as a teacher of Notodden', await text(page))
    await changeRole(page, stage, 'Arkiv')
    await page.waitForURL(url => url.href.startsWith(there(stage, 'arkiv')))
    check(/municipality kongsberg/.test(await text(page)), 'after a change in the portal the archive is open, with the other role', await text(page))
    await page.goto(there(stage, 'okonomi'))
    await choose(page, 'Lærer, Notodden')
    await page.waitForURL(url => url.href.startsWith(there(stage, 'okonomi')))
    const visited = page.waitForRequest(request => request.url().includes('/mellon/logout?SAMLRequest='), { timeout: 45000 })
    await changeRole(page, stage, 'Økonomi')
    await visited
    await page.waitForURL(url => url.href.startsWith(there(stage, 'okonomi')) && !/logout|login/.test(url.href), { timeout: 45000 })
    await page.waitForLoadState()
    check(/eduPersonPrincipalName ase.ostby@kongsberg/.test(await text(page)), 'and so is the ERP, over SAML', await text(page))
    await page.context().close()
  },
  'change of role where the service cannot be notified': async stage => {
    const page = await asAse(stage)
    await page.goto(passwordForm(stage).replace('prompt=login&', ''))
    await choose(page, 'Lærer, Notodden')
    await page.waitForURL(/127\.0\.0\.1:12491/)
    const old = await token(stage, new URL(page.url()).searchParams.get('code'))
    check((await userinfo(stage, old)).status === 200, 'a service has an access token for the teacher')
    await changeRole(page, stage, 'Stum')
    const seen = await text(page)
    check(/Stum Svarte ikke(?!, vi)/.test(seen) && /kan fremdeles være åpen med den gamle rollen/.test(seen), 'the page states that the service may be open with the old role', seen)
    await accessible(stage, page, 'role-change')
    check((await userinfo(stage, old)).status === 401, 'the access token of the old role is no longer valid')
    await submit(page, 'a.ds-button:has-text("Gå videre")')
    check(/\/portal$/.test(page.url()), 'a service without an address leads back to the portal', page.url())
    await page.context().close()
  },
  'a computer that several people use': async stage => {
    const conf = stage.env.PORTVAKT_CONF
    const before = readFileSync(conf, 'utf8')
    writeFileSync(conf, before.replace(/^(network demo\s+127\.0\.0\.1)$/m, '$1 {\n\tshared yes\n}'))
    try {
      const done = await stage.ctl('reload')
      if (done.code !== 0) throw new Error(done.out + done.err)
      const page = await browser(stage)
      await page.goto(at(stage, '/login'))
      check(!/Du er logget inn som/.test(await text(page)), 'before a login no page names a person')
      await page.click('text=Nynorsk')
      await page.click('text=Bokmål')
      await logIn(stage, page, first)
      for (const path of ['/portal', '/sessions', '/password', '/logout', '/as?service=nope']) {
        await page.goto(at(stage, path))
        const seen = await text(page)
        check(seen.includes(`Du er logget inn som ${nameOf(stage, first)}. Ikke deg? Logg ut`), `${path} names the person and asks whether it is another`, seen)
      }
      await page.goto(at(stage, '/portal'))
      await accessible(stage, page, 'shared')
      // The one that binds forms to the browser is random and of no person.
      const kept = (await page.context().cookies()).filter(c => c.expires > 0 && /portvakt/.test(c.name) && c.name !== '__Host-portvakt-browser')
      check(kept.length === 0, 'no cookie about the person outlives the browser', JSON.stringify(kept))
      const ttl = Number(await stage.redis('TTL', `pv:1:session:${await sessionKeyOf(page)}`))
      check(ttl > 500 && ttl <= 600, 'the session ends after ten minutes without use', ttl)
      await submit(page, 'a:has-text("Ikke deg?")')
      await submit(page, 'form[action="/logout"] button')
      const seen = await text(page)
      check(/Du er logget ut/.test(seen) && !/Du er logget inn som/.test(seen), 'the link logs out', seen)
      await page.context().close()
    } finally {
      writeFileSync(conf, before)
      await stage.ctl('reload')
    }
    const page = await begin(stage, first, [])
    check(!/Du er logget inn som/.test(await text(page)), 'elsewhere no page has that line', await text(page))
    await page.context().close()
  },
  'the silent service is removed': removeSilent
}

await play(Object.fromEntries(Object.entries(acts).map(([name, act]) =>
  [name, /silent service/.test(name) ? act : withPeople(act)])))
