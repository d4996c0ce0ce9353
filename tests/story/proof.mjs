#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A nurse of Kongsberg has her number in an entry of Tinn's directory. With
// another name it gets nothing of hers; with her own it is joined, and a login
// in Tinn opens nothing of Kongsberg until she has logged in with both accounts.
// Later Kongsberg accepts logins of Tinn; a split takes everything back.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { eventually } from '../demo/stage.mjs'
import { check, play } from './report.mjs'

const n = Date.now() % 100000 // the catalogue keeps entries of an earlier run
const password = 'Nordlys-over-fjellet'
const hers = { place: 'kongsberg', uid: `sunniva.lyngmo${n}` }
const other = { place: 'tinn', uid: `sunniva.lyngmo${n}` }
const stranger = 'kjell.kvitveisheim@tinn.example'
const signed = ['--by', 'Anne', '--reason', 'Ringte tjenestekontoret']
const login = e => `${e.uid}@${e.place}.example`
const dnOf = e => `uid=${e.uid},ou=ansatte,dc=${e.place},dc=example`
let page, seen

/* A number of the synthetic series (month + 80) that no other person has. */
function nationalNumber (serial) {
  const sum = (weights, digits) => 11 - weights.reduce((s, w, i) => s + w * digits[i], 0) % 11
  for (let k = 0; ; k++) {
    const digits = [...`${String(1 + serial % 28).padStart(2, '0')}81${80 + serial % 15}${100 + (serial + k) % 400}`].map(Number)
    const one = sum([3, 7, 6, 1, 8, 9, 4, 5, 2], digits) % 11
    const two = sum([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], [...digits, one]) % 11
    if (one < 10 && two < 10) return [...digits, one, two].join('')
  }
}

const names = (given, family) => ({ cn: `${given} ${family}`, displayName: `${given} ${family}`, givenName: given, sn: family })

async function employ (stage, entry, name, number) {
  await stage.directory(entry.place).add(dnOf(entry), {
    objectClass: ['inetOrgPerson', 'norEduPerson', 'hrPerson'], uid: entry.uid, ...name,
    mail: login(entry), title: 'sykepleier', hrPosition: '80', norEduPersonNIN: number, userPassword: password
  })
  await eventually(`${entry.uid} is in the catalogue`, () => personOf(stage, entry))
}

const affiliation = (stage, entry) => stage.catalogue.find(`(&(portvaktLogin=${entry.uid})(portvaktMunicipality=${entry.place}))`)
const personOf = async (stage, entry) => (await affiliation(stage, entry))?.dn.match(/,portvaktId=([^,]+)/)?.[1]
const entryOf = async (stage, entry) => `${entry.place}:${(await affiliation(stage, entry)).portvaktAnchor[0]}`

async function logIn (on, user, secret = password) {
  await on.fill('input[name=login]', user)
  await on.fill('input[type=password]', secret)
  await Promise.all([on.waitForNavigation(), on.keyboard.press('Enter')])
  await on.waitForLoadState()
}

/* Opens the archive as that user; returns the page wherever it ends. */
async function open (stage, user, options) {
  const one = await stage.window(options)
  await one.goto(stage.env.OIDC_SERVICE_URL)
  await logIn(one, user)
  return one
}

const textOf = async one => (await one.innerText('body')).replace(/\s+/g, ' ')
const roles = one => one.locator('button[name=as]')
const toProve = one => one.locator('button[name=prove]')
const atArchive = (stage, one) => one.url().startsWith(stage.env.OIDC_SERVICE_URL)
const isOut = async (stage, one) => {
  await one.goto(stage.env.PORTVAKT_URL)
  await one.waitForLoadState()
  return await one.locator('input[type=password]').count() > 0
}

/* A login in the second of a revocation counts as before it and ends too. */
const aMoment = () => new Promise(resolve => setTimeout(resolve, 2500))

/* The receipt code of the last access in this affiliation. */
function lastAccess (stage, place, id) {
  const folder = join(stage.dir, 'state/audit', place)
  const lines = readdirSync(folder).sort().flatMap(file => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'))
  return lines.map(line => JSON.parse(line)).filter(e => e.what === 'entered' && e.affiliation === id).at(-1)?.code
}

/* Replaces a municipality's file and reloads. */
async function configure (stage, place, change) {
  const file = join(dirname(stage.env.PORTVAKT_CONF), 'policies', `${place}.conf`)
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  const done = await stage.ctl('reload')
  if (done.code !== 0) throw new Error(`reload: ${done.out}${done.err}`)
}

await play({
  'her number with another name': async stage => {
    const victim = { place: 'kongsberg', uid: `gudrun.myrdal${n}` }
    const claim = { place: 'tinn', uid: `borghild.fjellvik${n}` }
    const number = nationalNumber(n)
    await employ(stage, victim, names('Gudrun', 'Myrdal'), number)
    await employ(stage, claim, names('Borghild', 'Fjellvik'), number)
    check(await personOf(stage, victim) !== await personOf(stage, claim), 'an entry of Tinn with her number and another name is another person')
    const one = await open(stage, login(claim))
    check(atArchive(stage, one) && await toProve(one).count() === 0, 'its login is not offered anything of Kongsberg', one.url())
    check(!/kongsberg/i.test(await textOf(one)), 'and gets nothing of hers', await textOf(one))
    const shown = (await stage.ctl('quarantine', 'list')).out
    check(shown.includes(await entryOf(stage, claim)) && /join-value-of-another/.test(shown), 'quarantine lists the entry and why', shown.replace(/\s+/g, ' '))
    await one.context().close()
  },
  'her number with her own name': async stage => {
    const number = hers.number = nationalNumber(n + 7)
    await employ(stage, hers, names('Sunniva', 'Lyngmo'), number)
    await employ(stage, other, names('Sunniva', 'Lyngmo'), number)
    await eventually('joined', async () => await personOf(stage, hers) === await personOf(stage, other))
    check(true, 'an entry of Tinn with her number and name is joined')
    await aMoment()
    page = await open(stage, login(other))
    check(await roles(page).count() === 1 && /Tinn/.test(await roles(page).innerText()), 'a login in Tinn can act for Tinn', await textOf(page))
    check(await toProve(page).count() === 1 && /Logg inn med Kongsberg-kontoen din for å bruke denne/.test(await toProve(page).innerText()), 'and is offered a login with the Kongsberg account', await textOf(page))
    for (const language of ['Bokmål', 'Nynorsk', 'English']) {
      if (language !== 'Bokmål') await page.getByRole('link', { name: language }).click()
      for (const width of [1100, 320]) {
        await page.setViewportSize({ width, height: 800 })
        const wrong = await stage.axe(page)
        check(wrong.length === 0, `the selection in ${language} at ${width} px: axe has no findings`, wrong.join('; '))
        check(await page.evaluate('document.documentElement.scrollWidth') <= width, `the selection in ${language} at ${width} px: nothing overflows`)
        await stage.picture(page, `proof-${language}-${width}`)
      }
    }
    await page.setViewportSize({ width: 1100, height: 800 })
    await page.goto(stage.env.PORTVAKT_URL)
    check(/More roles/.test(await textOf(page)) && !/Role: \w+, Kongsberg/.test(await textOf(page)), 'the portal offers it, too, and acts for Tinn only', await textOf(page))
    check((await stage.axe(page)).length === 0, 'axe has no findings on this portal')
    await stage.picture(page, 'proof-portal')
  },
  'proved once': async stage => {
    await page.goto(stage.env.OIDC_SERVICE_URL)
    await toProve(page).focus()
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
    check(await page.locator('input[name=m]').getAttribute('value') === 'kongsberg', "the button leads to Kongsberg's login, by keyboard")
    check((await stage.axe(page)).length === 0, 'axe has no findings on this login page')
    await stage.picture(page, 'proof-login')
    await logIn(page, stranger, stage.person(stranger).password)
    check(/belongs to another person/.test(await textOf(page)), 'the account of another person is refused in words', await textOf(page))
    check(await page.locator('input[name=m]').getAttribute('value') === 'kongsberg', 'the form is still that of Kongsberg')
    await stage.picture(page, 'proof-other-person')
    await page.getByRole('link', { name: 'Back without logging in' }).click()
    check(await roles(page).count() === 1 && await toProve(page).count() === 1, 'the session is still hers', await textOf(page))
    await toProve(page).click()
    await logIn(page, login(hers))
    await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
    seen = await textOf(page)
    check(/kongsberg/i.test(seen) && !/tinn/i.test(seen.replace(/Sunniva/g, '')), 'with her own account she acts for Kongsberg', seen)
    const id = (await affiliation(stage, hers)).portvaktId[0]
    await eventually('the link is proved', async () => (await affiliation(stage, other)).portvaktProvedLink?.includes(id))
    check(true, 'both logins in one session prove the link')
    check(!await isOut(stage, page), 'and the session goes on')
    check(/Rolle|Role/.test(await textOf(page)) && !/More roles/.test(await textOf(page)), 'everything is allowed', await textOf(page))
    const receipt = lastAccess(stage, 'kongsberg', id)
    const shown = (await stage.ctl('audit', 'show', receipt)).out
    check(new RegExp(`^proof +affiliation ${id}, directory kongsberg, method pwd, municipality kongsberg$`, 'm').test(shown), 'audit show states the login that proves it')
    const report = (await stage.ctl('sync', 'report')).out
    check(/^ {2}kongsberg: Sunniva Lyngmo .* er også tinn:/m.test(report) && /^ {2}tinn: Sunniva Lyngmo .* bekreftet samme person/m.test(report), 'the daily report lists it to both municipalities', report.split('\n').slice(-8).join(' '))
    const list = (await stage.ctl('link', 'list', 'tinn')).out
    check(new RegExp(`${await personOf(stage, hers)}.*proved 20`).test(list), 'link list shows it', list.replace(/\s+/g, ' '))
  },
  'without JavaScript, in a later session': async stage => {
    const one = await open(stage, login(other), { javaScriptEnabled: false })
    check(await toProve(one).count() === 1, 'a later login in Tinn must be proved again, as Kongsberg accepts none', await textOf(one))
    await toProve(one).click()
    await logIn(one, login(hers))
    check(atArchive(stage, one), 'and is, without JavaScript', one.url())
    await one.context().close()
    await configure(stage, 'kongsberg', text => text.replace(/^\tdomain/m, '\taccept-login-from tinn\n\tdomain'))
    try {
      const two = await open(stage, login(other))
      check(await roles(two).count() === 2 && await toProve(two).count() === 0, 'where Kongsberg accepts logins of Tinn, one login is enough', await textOf(two))
      await roles(two).filter({ hasText: 'Kongsberg' }).click()
      await two.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
      const id = (await affiliation(stage, hers)).portvaktId[0]
      const shown = (await stage.ctl('audit', 'show', lastAccess(stage, 'kongsberg', id))).out
      check(new RegExp(`^proof +affiliation .*, directory tinn, link ${id}, method pwd, municipality tinn$`, 'm').test(shown), 'audit show states the link that the login counts across')
      await stage.directory('tinn').modify(dnOf(other), { norEduPersonNIN: nationalNumber(n + 60) })
      await eventually('the session ends', () => isOut(stage, two), { within: 60000, every: 200 })
      check(/join-value-changed/.test((await affiliation(stage, other)).portvaktDoubt), 'a number that Tinn corrects is a doubt, which ends the session')
      await aMoment()
      const doubtful = await open(stage, login(other))
      check(atArchive(stage, doubtful) && !/kongsberg/i.test(await textOf(doubtful)), 'while it lasts a login in Tinn is shown nothing of Kongsberg', await textOf(doubtful))
      await stage.directory('tinn').modify(dnOf(other), { norEduPersonNIN: hers.number })
      await eventually('no doubt', async () => !(await affiliation(stage, other)).portvaktDoubt)
      await aMoment()
      const again = await open(stage, login(other))
      check(await roles(again).count() === 2, 'with the right number the proved link counts again', await textOf(again))
      const began = Date.now()
      const person = await personOf(stage, hers)
      await stage.ctl('person', 'split', person, await entryOf(stage, other), ...signed)
      await eventually('the session ends', () => isOut(stage, again), { within: 60000, every: 200 })
      check(true, 'a split ends the session within 60 s', `${((Date.now() - began) / 1000).toFixed(1)} s`)
      check(await isOut(stage, page), 'and that of the earlier login')
      await eventually('parted', async () => await personOf(stage, other) !== person, { within: 60000, every: 100 })
      await aMoment()
      const three = await open(stage, login(other))
      check(atArchive(stage, three) && !/kongsberg/i.test(await textOf(three)), 'from then on a login in Tinn gets nothing of Kongsberg', await textOf(three))
    } finally {
      await configure(stage, 'kongsberg', text => text.replace('\taccept-login-from tinn\n', ''))
    }
  }
})
