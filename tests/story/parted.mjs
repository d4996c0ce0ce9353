#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Somebody's two jobs were joined by mistake, it is said: they are parted, and
// the session ends.  It was no mistake after all: they are joined again, and
// each service goes on knowing them by what it knew them by.
import { eventually } from '../demo/stage.mjs'
import { check, play } from './tell.mjs'

const signed = ['--by', 'Anne', '--reason', 'Ringte tjenestekontoret']

async function enter (stage, login, place) {
  const page = await stage.window()
  await page.goto(stage.env.OIDC_SERVICE_URL)
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  const asked = page.locator('button[name=as]')
  if (await asked.count()) await asked.filter({ hasText: place }).first().click()
  await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
  await page.waitForLoadState()
  return page
}

async function subOf (page) {
  const shown = await page.innerText('body')
  return shown.match(/\bsub\s+([\w-]{43})/)?.[1] ?? shown.replace(/\s+/g, ' ')
}
const ctl = async (stage, ...words) => (await stage.ctl(...words)).out
const idOf = async (stage, login) => (await ctl(stage, 'person', login)).match(/^person +(\S+)/m)?.[1]

/** Of a login in the very second of the end nobody knows on which side it is,
 * and doubt ends it, too. */
const aMoment = () => new Promise(resolve => setTimeout(resolve, 2500))

async function isOut (stage, page) {
  await page.goto(stage.env.PORTVAKT_URL)
  await page.waitForLoadState()
  return await page.locator('input[type=password]').count() > 0
}

/** Two logins of one person, who is not Åse: others speak of her. */
async function twoJobs (stage) {
  const local = p => p.login.split('@')[0]
  for (const p of stage.people.filter(p => local(p) !== 'ase.ostby')) {
    const [one, other] = stage.people.filter(q => local(q) === local(p)).map(q => q.login)
    if (other && await idOf(stage, one) === await idOf(stage, other)) return [one, other]
  }
}

const placeOf = login => login.match(/@(.)(\w+)/).slice(1).map((s, i) => i ? s : s.toUpperCase()).join('')

await play({
  'who is parted has an identity of her own, and the other keeps hers': async stage => {
    const [one, also] = await twoJobs(stage)
    const person = await idOf(stage, one)
    const where = also.match(/@(\w+)/)[1]
    const entry = (await ctl(stage, 'person', person)).match(new RegExp(`^ +source +(${where}:\\S+)`, 'm'))[1]
    const page = await enter(stage, one, placeOf(one))
    const before = await subOf(page)
    check(before && before === await subOf(await enter(stage, also, placeOf(also))), 'with either login she is one to the archive', before)
    const said = await ctl(stage, 'part', person, entry, ...signed)
    check(/had entered +region arkiv/.test(said), 'part lists the services that she had entered', said.replace(/\s+/g, ' '))
    await eventually('parted', async () => await idOf(stage, also) !== person, { within: 5000, every: 100 })
    check(await isOut(stage, page), 'her session has ended')
    await aMoment()
    const apart = await subOf(await enter(stage, also, placeOf(also)))
    const kept = await enter(stage, one, placeOf(one))
    check(/^[\w-]{43}$/.test(apart) && apart !== before, 'the archive meets somebody new in the other municipality', apart)
    check(await subOf(kept) === before, 'and knows the survivor as it did')
    await ctl(stage, 'quarantine', 'join', entry, one, ...signed)
    await eventually('joined', async () => await idOf(stage, also) === person, { within: 5000, every: 100 })
    await eventually('her session ends', () => isOut(stage, kept), { within: 5000, every: 200 })
    check(true, 'joined, her sessions end again')
    await aMoment()
    check(await subOf(await enter(stage, also, placeOf(also))) === apart, 'from there she is who she was there to the archive')
    check(await subOf(await enter(stage, one, placeOf(one))) === before, 'and from the first who she was there')
  }
})
