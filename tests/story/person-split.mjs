#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// The two jobs of a person were joined, reportedly by mistake: the person is
// split, and the session ends. It was no mistake: the two are joined again, and
// each service keeps the subject it had.
import { eventually } from '../demo/stage.mjs'
import { check, play } from './report.mjs'

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
const ctl = async (stage, ...args) => (await stage.ctl(...args)).out
const idOf = async (stage, login) => (await ctl(stage, 'person', 'show', login)).match(/^person +(\S+)/m)?.[1]

/* A login in the second of a revocation counts as before it and ends too, so
 * wait until it is over. */
const aMoment = () => new Promise(resolve => setTimeout(resolve, 2500))

async function isOut (stage, page) {
  await page.goto(stage.env.PORTVAKT_URL)
  await page.waitForLoadState()
  return await page.locator('input[type=password]').count() > 0
}

/* A person with two logins; other stories use Åse. */
async function twoJobs (stage) {
  const local = p => p.login.split('@')[0]
  for (const p of stage.people.filter(p => local(p) !== 'ase.ostby')) {
    const [one, other] = stage.people.filter(q => local(q) === local(p)).map(q => q.login)
    if (other && await idOf(stage, one) === await idOf(stage, other)) return [one, other]
  }
}

const placeOf = login => login.match(/@(.)(\w+)/).slice(1).map((s, i) => i ? s : s.toUpperCase()).join('')

await play({
  "a split gives one entry a new identity and keeps the other's": async stage => {
    const [one, also] = await twoJobs(stage)
    const person = await idOf(stage, one)
    const where = also.match(/@(\w+)/)[1]
    const entry = (await ctl(stage, 'person', 'show', person)).match(new RegExp(`^ +source +(${where}:\\S+)`, 'm'))[1]
    const page = await enter(stage, one, placeOf(one))
    const before = await subOf(page)
    const alone = await subOf(await enter(stage, also, placeOf(also)))
    check(/^[\w-]{43}$/.test(alone) && alone !== before, 'until their link is proved each login gives the archive a sub of its own', alone)
    for (const [login, by] of [[one, 'Anne'], [also, 'Berit']]) {
      await ctl(stage, 'link', 'confirm', person, '--municipality', login.match(/@(\w+)/)[1], '--by', by, '--reason', 'Ringte begge')
    }
    await eventually('the link is proved', async () => {
      const proved = await subOf(await enter(stage, also, placeOf(also)))
      return proved !== alone || proved === await subOf(await enter(stage, one, placeOf(one)))
    }, { within: 20000, every: 500 })
    check(await subOf(await enter(stage, also, placeOf(also))) === await subOf(await enter(stage, one, placeOf(one))), 'when both municipalities have confirmed it, both logins give the same sub')
    const output = await ctl(stage, 'person', 'split', person, entry, ...signed)
    check(/service +region arkiv +logged out/.test(output), 'person split lists the services that were used', output.replace(/\s+/g, ' '))
    await eventually('parted', async () => await idOf(stage, also) !== person, { within: 5000, every: 100 })
    check(await isOut(stage, page), 'the session has ended')
    await aMoment()
    const apart = await subOf(await enter(stage, also, placeOf(also)))
    const kept = await enter(stage, one, placeOf(one))
    check(/^[\w-]{43}$/.test(apart) && apart !== before, 'the archive gets a new sub for the other municipality', apart)
    check(await subOf(kept) === before, 'and the same sub as before for the remaining entry')
    await ctl(stage, 'link', 'resolve', entry, 'merge', one, ...signed)
    await eventually('joined', async () => await idOf(stage, also) === person, { within: 5000, every: 100 })
    await eventually('the session ends', () => isOut(stage, kept), { within: 5000, every: 200 })
    check(true, 'the join ends the sessions again')
    await aMoment()
    check(await subOf(await enter(stage, also, placeOf(also))) === apart, 'the archive gets the sub it had for the second entry')
    check(await subOf(await enter(stage, one, placeOf(one))) === before, 'and the sub it had for the first')
  }
})
