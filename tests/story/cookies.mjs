#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Cookies that another host of the domain sets (RFC 6265 4.2.1, 8.6): in
// Chromium no such cookie replaces, hides or ends a session, and our parser
// reads the header as the browser wrote it.
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { check, play } from './report.mjs'
import { tree } from '../demo/stage.mjs'

const victim = 'kjell.kvitveisheim@tinn.example'
const attacker = 'birk.trollungetind@tinn.example'
const domain = 'portvakt.localhost'
const reader = 'build/unit/idp/http/cookies_test'

const portal = stage => `${stage.env.PORTVAKT_URL}/portal`

async function loggedIn (stage) {
  const page = await stage.window()
  await page.goto(portal(stage))
  await page.fill('input[name=login]', victim)
  await page.fill('input[type=password]', stage.person(victim).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  await page.waitForURL(portal(stage))
  return page
}

const nameOf = page => page.locator('main').innerText()

/* The cookies of a host beside ours, set by script on one of its pages. */
async function plant (stage, page, lines) {
  await page.goto(stage.env.OIDC_SERVICE_URL)
  await setCookies(page, lines)
}

/* Reading document.cookie waits until they are stored. */
const setCookies = (page, lines) => page.evaluate(all => { all.forEach(line => { document.cookie = line }); return document.cookie }, lines)

const padding = count => [...Array(count).keys()].map(n => `pad${n}=; domain=${domain}; path=/; secure`)

async function planting (stage) {
  const thief = stage.client()
  await thief.logIn(await thief.open(portal(stage)), stage.person(attacker))
  const secret = thief.cookies(stage.env.PORTVAKT_URL).get('__Host-portvakt')
  const browser = thief.cookies(stage.env.PORTVAKT_URL).get('__Host-portvakt-browser')
  const page = await loggedIn(stage)
  const own = await nameOf(page)
  const attempts = {
    'behind a space': [`x=1 __Host-portvakt=${secret}${' a='.repeat(50)}; domain=${domain}; path=/portal; secure`],
    'behind a tab': [`x=1\t__Host-portvakt=${secret}${'\ta='.repeat(50)}; domain=${domain}; path=/portal; secure`],
    'behind a space, without padding': [`x=1 __Host-portvakt=${secret}; domain=${domain}; path=/portal; secure`],
    'between quotes': [`x="1 __Host-portvakt=${secret}"; domain=${domain}; path=/portal; secure`],
    'as a value without a name': [`=__Host-portvakt=${secret}; domain=${domain}; path=/portal; secure`],
    'in another case': [`__host-portvakt=${secret}; domain=${domain}; path=/portal; secure`],
    'behind a no-break space': [`\u00a0__Host-portvakt=${secret}; domain=${domain}; path=/portal; secure`],
    'with the secret of the forms': [`x=1 __Host-portvakt-browser=${browser}${' a='.repeat(50)}; domain=${domain}; path=/; secure`],
    'beside 140 other cookies': [`x=1 __Host-portvakt=${secret}; domain=${domain}; path=/; secure`, ...padding(140)]
  }
  for (const [how, lines] of Object.entries(attempts)) {
    await page.context().clearCookies({ domain: `.${domain}` })
    await plant(stage, page, lines)
    await page.goto(portal(stage))
    check(page.url() === portal(stage) && await nameOf(page) === own, `a session planted by a host beside ours, ${how}, changes nothing`,
      `${(await page.context().cookies(portal(stage))).length} cookies`)
  }
  await page.context().close()
}

/* ---- the parser beside Chromium ---- */

const odd = ['a=1 b=2', 'a=1\tb=2', 'a=" quoted; cut "', 'a="x, y"', 'spaced = value ', ' lead=1', 'two==', 'e=', '=nameless', 'flag', '$Version=1',
  'a b=c', 'æ=ø', 'back=\\"', 'a=\u00a0b', '{j}={"a":1}', 'x=1,__Host-portvakt=2', 'a=<script>', 'q=%00%3B', '__Secure-x=1', '__host-x=1']

/* Returns `count` random cookies of difficult characters. */
function random (count) {
  const letters = ' \t"=,$\\_-aZ0éø\u00a0{}[]/:@'
  const text = length => Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('')
  return Array.from({ length: count }, (_, n) => `${text(1 + n % 4)}${n}=${text(n % 12)}`)
}

const sorted = lines => [...lines].sort().join('\n')

const unlike = (some, others) => some.filter(line => !others.includes(line)).map(line => JSON.stringify(line))

async function sameReading (stage) {
  execFileSync('make', ['-s', '-C', tree, reader], { stdio: 'ignore' })
  let header = ''
  const server = createServer((request, response) => {
    if (request.url === '/') header = request.headers.cookie ?? ''
    response.end('<!doctype html><title>probe</title>')
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://probe.${domain}:${server.address().port}/`
  for (const [what, lines] of Object.entries({ 'odd cookies': odd, '100 random cookies': random(100) })) {
    const page = await stage.window()
    await page.goto(url)
    await setCookies(page, lines)
    await page.goto(url)
    const stored = (await page.context().cookies(url)).filter(c => c.name !== '').map(c => `${c.name}=${c.value}`)
    const read = execFileSync(`${tree}/${reader}`, ['read'], { input: Buffer.from(header, 'latin1') }).toString().trimEnd().split('\n')
    check(stored.length > 10 && sorted(stored) === sorted(read), `${what} are read as Chromium stores them`,
      [stored.length, ...unlike(stored, read), ...unlike(read, stored)].join(' | '))
    await page.context().close()
  }
  server.close()
}

/* ---- rejected cookies ---- */

const many = `${'a=1; '.repeat(200)}__Host-portvakt=x`
const twice = '__Host-portvakt=one; __Host-portvakt=two'

async function rejected (stage) {
  for (const [what, cookie] of Object.entries({ 'more than 200 cookies': many, 'one of our cookies twice': twice })) {
    const answer = await stage.client().get(portal(stage), { cookie })
    const expired = (answer.headers['set-cookie'] ?? []).filter(line => /^__Host-portvakt[a-z-]*=; .*Max-Age=0/.test(line))
    check(answer.status === 400 && expired.length === 5, `${what}: refused, and our own cookies are expired by name`, `${answer.status}, ${expired.length}`)
    check(!answer.headers['clear-site-data'], '... and no one else\'s')
  }
  const issuer = stage.env.PORTVAKT_ISSUER.replace('login.', 'notodden.')
  const refused = await stage.client().get(`${issuer}/oidc/authorize`, { cookie: many })
  check(refused.status === 400 && /informasjonskapsler/.test(refused.text), 'also at an issuer on a host of its own', refused.status)
  const style = /href="([^"]*\.css)"/.exec((await stage.client().open(`${stage.env.PORTVAKT_URL}/login`)).body)[1]
  check((await stage.client().get(new URL(style, stage.env.PORTVAKT_URL).href, { cookie: many })).status === 200, 'but its stylesheet is served', style)
}

async function clearing (stage) {
  const url = `${stage.env.PORTVAKT_URL}/cookies`
  const origin = new URL(url).origin
  const answer = await stage.client().post(url, {}, { cookie: many, origin, 'sec-fetch-site': 'same-origin' })
  check(answer.status === 303 && answer.headers['clear-site-data'] === '"cookies"', 'the button deletes all cookies of the domain', answer.status)
  const foreign = await stage.client().post(url, {}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
  check(foreign.status === 400 && !foreign.headers['clear-site-data'], 'but not for another site', foreign.status)
  check((await stage.client().get(url)).status === 405, 'nor by a link')
}

const languages = { nb: ['nb-NO', 'Slett alle informasjonskapsler'], nn: ['nn-NO', 'Slett alle informasjonskapslar'], en: ['en-GB', 'Delete all cookies'] }

const shown = headers => Object.fromEntries(['content-type', 'content-security-policy'].map(name => [name, headers[name]]))

/* Chromium keeps fewer cookies than are too many: another client gets the
 * page, and Chromium shows it. */
async function thePage (stage) {
  for (const [language, [locale, button]] of Object.entries(languages)) {
    const page = await stage.window({ locale })
    await page.context().addCookies([{ name: 'x', value: '1', domain: `.${domain}`, path: '/', secure: true }])
    const { status, headers, body } = await stage.client({ headers: { 'accept-language': locale } }).get(portal(stage), { cookie: many })
    await page.route(portal(stage), route => route.fulfill({ status, headers: shown(headers), body }))
    await page.goto(portal(stage))
    await page.unroute(portal(stage))
    check((await page.innerText('main')).includes(button), `the page about cookies is in ${language}`)
    for (const width of [1100, 320]) {
      await page.setViewportSize({ width, height: 800 })
      const wrong = await stage.axe(page)
      check(wrong.length === 0, `the page about cookies in ${language} at ${width} px: axe has no findings`, wrong.join('; '))
      check(await page.evaluate('document.documentElement.scrollWidth') <= width, `... and nothing overflows`)
      await stage.picture(page, `cookies-${language}-${width}`)
    }
    await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: button }).click()])
    await page.waitForLoadState()
    check(page.url().includes('/login') && !(await page.context().cookies()).some(c => c.name === 'x'),
      `its button deletes them in Chromium (${language})`, page.url())
    await page.context().close()
  }
}

await play({
  'a host beside ours cannot plant a session': planting,
  'our parser beside Chromium': sameReading,
  'cookies that no browser sends': rejected,
  'deleting all cookies': clearing,
  'the page about cookies': thePage
})
