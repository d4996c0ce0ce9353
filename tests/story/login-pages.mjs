#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Hostile use of the login pages: forged forms, URLs copied between browsers,
// guessed passwords, unusual names.
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { check, play } from './report.mjs'

const honest = 'kjell.kvitveisheim@tinn.example'
const session = (client, url) => client.cookies(url).get('__Host-portvakt')
const passwordForm = answer => answer.forms.find(f => f.inputs.some(i => i.type === 'password'))

const languages = {
  nb: ['nb-NO', 'Vent 4 sekunder, og prøv igjen.'],
  nn: ['nn-NO', 'Vent 4 sekund, og prøv på nytt.'],
  en: ['en-GB', 'Wait 4 seconds, and try again.']
}

await play({
  'only exact paths exist': async stage => {
    const client = stage.client()
    const home = stage.env.PORTVAKT_URL
    for (const path of ['//login', '/login/', '/./login', '/%2e%2e/', '/login;jsessionid=1', '/LOGIN', '/login%2f', '/assets/', '/assets/../login', '/assets/m-nowhere.css', '/return']) {
      const answer = await raw(client, home, path)
      check([400, 404].includes(answer.status) || (path === '/return' && answer.status === 400), `${path} is not found`, answer.status)
    }
    const stranger = await raw(client, home, '/login', 'evil.example')
    check(stranger.status === 421, 'an unknown host is refused', stranger.status)
    check(!stranger.body.includes('evil.example'), 'and is not repeated in the page')
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await client.ask(method, home + '/login')
      check([405, 501].includes(answer.status), `${method} is refused`, answer.status)
    }
    check((await client.ask('POST', home + '/portal', '')).status === 405, 'POST to a read-only page is refused')
  },

  'a login needs our own form, in the browser it was shown to': async stage => {
    const person = stage.person(honest)
    const url = stage.env.PORTVAKT_URL
    const mine = stage.client()
    const page = await mine.open(url + '/login')
    const form = passwordForm(page)
    const good = { login: honest, password: person.password }
    const without = { action: form.action, method: 'POST', inputs: form.inputs.filter(i => i.name !== 'csrf_token') }
    let answer = await mine.send(page, without, good)
    check(answer.status === 400 && passwordForm(answer) && !session(mine, url), 'without the CSRF token there is a fresh form and no session', answer.status)
    answer = await mine.send(page, without, { ...good, csrf_token: 'A'.repeat(43) })
    check(answer.status === 400 && !session(mine, url), 'nor with a foreign CSRF token', answer.status)
    answer = await mine.post(form.action, fields(form, good), { origin: 'https://evil.example' })
    check(answer.status === 400 && !session(mine, url), 'nor from a page of another site', answer.status)
    answer = await mine.post(form.action, fields(form, good), { origin: 'null', 'sec-fetch-site': 'cross-site' })
    check(answer.status === 400 && !session(mine, url), 'nor from a frame of another site', answer.status)
    answer = await mine.post(form.action, fields(form, good) + '&login=other')
    check(answer.status === 400 && !session(mine, url), 'nor with a repeated field', answer.status)
    const other = stage.client()
    await other.get(url + '/login')
    answer = await other.get(page.url)
    check(answer.status === 400 && /annen nettleser/.test(answer.text), 'a URL copied to another browser opens nothing', answer.text.slice(0, 120))
    answer = await other.send(page, form, good)
    check(answer.status === 400 && !session(other, url), 'nor does the form', answer.status)
    answer = await mine.logIn(page, person)
    check(session(mine, url) && answer.url.endsWith('/portal'), 'and the genuine form logs in', answer.url)
  },

  'cookies hold no data and stay on one host': async stage => {
    const client = stage.client()
    const url = stage.env.PORTVAKT_URL
    const page = await client.open(url + '/login')
    const set = []
    const keep = client.keepCookies.bind(client)
    client.keepCookies = (at, lines) => { set.push(...lines); keep(at, lines) }
    await client.logIn(page, stage.person(honest))
    check(set.length > 0 && set.every(l => /^__Host-/.test(l) && /; Path=\/; Secure; HttpOnly; SameSite=Lax/.test(l) && !/Domain/i.test(l)), 'each is Secure, HttpOnly, SameSite=Lax and of one host', set.join(' | ').slice(0, 250))
    const old = session(client, url)
    const issuer = new URL(stage.env.NOTODDEN_SERVICE_URL)
    const thief = stage.client()
    const notodden = url.replace('//login.', '//notodden.')
    thief.jar.set(new URL(notodden).hostname, new Map([['__Host-portvakt', old]]))
    const there = await thief.get(notodden + '/portal')
    check(there.status === 404, "the session cookie is invalid on an issuer's own host", `${there.status} ${issuer.host}`)
    const fixed = stage.client()
    fixed.jar.set(new URL(url).hostname, new Map([['__Host-portvakt', 'A'.repeat(43)]]))
    await fixed.logIn(await fixed.open(url + '/login'), stage.person(honest))
    check(session(fixed, url) !== 'A'.repeat(43), 'a session id chosen by an attacker is not adopted')
  },

  'no GET logs out': async stage => {
    const client = stage.client()
    const url = stage.env.PORTVAKT_URL
    await client.logIn(await client.open(url + '/login'), stage.person(honest))
    const asked = await client.get(url + '/logout')
    check(asked.status === 200 && session(client, url), 'GET /logout asks')
    await client.post(url + '/logout', { csrf_token: 'x' }, { origin: 'https://evil.example' })
    check((await client.get(url + '/portal')).status === 200, 'a forged form asks again')
    const left = await client.submit(asked, {})
    check(/Du er logget ut/.test(left.text) && !session(client, url), 'our own form logs out', left.text.slice(0, 120))
    check((await client.get(url + '/portal')).status === 303, 'and no session remains')
  },

  'unusual names and passwords are only wrong': async stage => {
    const url = stage.env.PORTVAKT_URL
    const odd = ['*', 'ol*', '*)(uid=*', 'admin)(&', '\\2a', ')(|(objectClass=*', '(cn=)', 'cn=admin,dc=tinn,dc=example', ' kjell#"+,;<>\\ ', 'x'.repeat(300), 'ола', 'Ｋjell', `${honest}\u202e`]
    const { password } = stage.person(honest)
    const seen = new Set()
    for (const [n, name] of odd.entries()) {
      const client = stage.client()
      await client.get(url + '/login')
      const page = await client.open(url + '/choose?t=' + new URL((await client.open(url + '/login')).url).searchParams.get('t') + '&to=tinn')
      const answer = await client.send(page, passwordForm(page), { login: name, password: n < 7 ? password : `Sommer2026!${n}` })
      check([200, 400].includes(answer.status) && !session(client, url), `${JSON.stringify(name.slice(0, 24))} matches no person`, answer.status)
      seen.add(answer.status === 200 ? /Brukernavnet eller passordet er feil/.test(answer.text) : 'choose')
    }
    check(!seen.has(false), 'and gets the response to a wrong password', [...seen].join())
    for (const [what, wrong] of [['nothing', ''], ['a blank', ' '], ['5,000 letters', 'x'.repeat(5000)], ['another case', password.toUpperCase()]]) {
      const client = stage.client()
      const page = await client.open(url + '/login')
      const answer = await client.send(page, passwordForm(page), { login: honest, password: wrong })
      check(answer.status === 200 && /Brukernavnet eller passordet er feil/.test(answer.text) && !session(client, url), `${what} is no password`, answer.status)
    }
    const client = stage.client()
    const page = await client.open(url + '/login')
    const form = passwordForm(page)
    const answer = await client.post(form.action, fields(form, { login: honest }) + '&password=' + password + '%00x')
    check(answer.status === 400 && !session(client, url), 'a password with a NUL is refused early', answer.status)
  },

  'guessing is limited, people are not': async stage => {
    const url = stage.env.PORTVAKT_URL
    // A person that no other story uses, another one on each run.
    const others = stage.people.filter(p => p.login.endsWith('@tinn.example') && !p.note && p.kinds.includes('pupil'))
    const person = others[Date.now() % others.length]
    const guessed = person.login
    const known = stage.client()
    await known.logIn(await known.open(url + '/login'), person)
    const thief = stage.client()
    const statuses = []
    for (let n = 0; n < 13; n++) {
      const page = await thief.open(url + '/login')
      statuses.push((await thief.send(page, passwordForm(page), { login: guessed, password: `feil-${n}` })).status)
    }
    check(statuses.slice(0, 5).every(s => s === 200) && statuses.slice(5).every(s => s === 429), 'after five guesses a browser must wait', statuses.join(' '))
    const late = await thief.open(url + '/login')
    const wait = await thief.send(late, passwordForm(late), { login: guessed, password: person.password })
    check(wait.status === 429 && !session(thief, url), 'even the right password is refused before that')
    check(/Vent 4 sekunder/.test(wait.text) && /denne brukerkontoen/.test(wait.text) && wait.headers['retry-after'] === '4', 'the page names the account and the time', wait.text.slice(0, 200))
    const form = passwordForm(wait)
    check(form.inputs.find(i => i.name === 'login').value === guessed && !form.inputs.find(i => i.type === 'password').value, 'it keeps the user name, and no password')
    const early = await thief.send(wait, form, { login: guessed, password: person.password })
    check(early.status === 429 && /Vent [234] sekunder/.test(early.text) && !session(thief, url), 'an early attempt starts no new wait', early.text.slice(0, 120))
    await sleep(4200)
    const tried = await thief.send(early, passwordForm(early), { login: guessed, password: 'feil-etter-venting' })
    check(tried.status === 200 && /Brukernavnet eller passordet er feil/.test(tried.text), 'after it the password is checked', tried.status)
    await known.submit(await known.get(url + '/logout'), {})
    const back = await known.logIn(await known.open(url + '/login'), person)
    check(session(known, url) && back.status === 200, 'a trusted browser still logs in', back.text.slice(0, 120))
    const neighbour = stage.client()
    const next = await neighbour.logIn(await neighbour.open(url + '/login'), stage.person(honest))
    check(session(neighbour, url) && next.status === 200, 'and so does another person at the same address', next.status)
  },

  'the page that asks to wait, in three languages': async stage => {
    const url = stage.env.PORTVAKT_URL
    const login = 'finnes.ikke.vent@tinn.example'
    for (let n = 0; n < 5; n++) {
      const client = stage.client()
      const page = await client.open(url + '/login')
      await client.send(page, passwordForm(page), { login, password: `feil-${n}` })
    }
    for (const [language, [locale, sentence]] of Object.entries(languages)) {
      const page = await stage.window({ locale, javaScriptEnabled: false })
      await page.goto(url + '/login')
      await page.fill('input[name=login]', login)
      await page.fill('input[type=password]', 'feil')
      await page.press('input[type=password]', 'Enter')
      await page.waitForLoadState()
      check((await page.innerText('main')).includes(sentence), `it is in ${language}, without JavaScript`, (await page.innerText('main')).slice(0, 200))
      check(await page.inputValue('input[name=login]') === login, 'and keeps the user name')
      await page.context().close()
      const again = await stage.window({ locale })
      await again.goto(url + '/login')
      await again.fill('input[name=login]', login)
      await again.fill('input[type=password]', 'feil')
      await again.press('input[type=password]', 'Enter')
      await again.waitForLoadState()
      for (const width of [1100, 320]) {
        await again.setViewportSize({ width, height: 800 })
        const wrong = await stage.axe(again)
        check(wrong.length === 0, `axe has no findings on it in ${language} at ${width} px`, wrong.join('; '))
        check(await again.evaluate('document.documentElement.scrollWidth') <= width, '... and nothing overflows')
        await stage.picture(again, `wait-${language}-${width}`)
      }
      await again.context().close()
    }
  },

  'the Back button, two tabs and another language': async stage => {
    const url = stage.env.PORTVAKT_URL
    const client = stage.client()
    const first = await client.open(stage.env.OIDC_SERVICE_URL)
    const second = await client.open(stage.env.NOTODDEN_SERVICE_URL)
    const turned = await client.open(first.links.find(l => l.includes('to=nn')))
    check(/lang="nn"/.test(turned.body) && /Brukarnamn/.test(turned.text), 'the language changes without a script', turned.title)
    const arrived = await client.logIn(turned, stage.person('laerke.boketake@notodden.example'))
    check(arrived.url.startsWith(stage.env.OIDC_SERVICE_URL), 'the first tab reaches its target', arrived.url.slice(0, 80))
    const also = await client.open(second.url)
    check(also.url.startsWith(stage.env.NOTODDEN_SERVICE_URL), 'and so does the second', also.url.slice(0, 80))
    const back = await client.open(first.url)
    check(/er alt brukt/.test(back.text) && back.links.some(l => l.endsWith('/portal')) && back.links.some(l => l.startsWith(stage.env.OIDC_SERVICE_URL)), 'the Back button shows that the login is used, and the way to the service', back.text.slice(0, 120))
    check(/lang="nn"/.test((await client.get(url + '/portal')).body), 'the language is remembered')
  }
})

function fields (form, values) {
  const all = new URLSearchParams()
  for (const i of form.inputs) if (i.name && i.type === 'hidden') all.append(i.name, i.value)
  for (const [n, v] of Object.entries(values)) all.append(n, v)
  return all.toString()
}

/* Sends the path unnormalised, with any Host. */
function raw (client, home, path, host = new URL(home).host) {
  const at = new URL(home)
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', servername: at.hostname, port: at.port, path, ca: client.agent.options.ca, headers: { host }, checkServerIdentity: () => undefined }, response => {
      let body = ''
      response.on('data', part => { body += part })
      response.on('end', () => resolve({ status: response.statusCode, body }))
    }).on('error', reject).end()
  })
}
