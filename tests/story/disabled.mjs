#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A person is disabled in the municipality's directory while logged in. The
// session ends, a new login fails, and works once the account is enabled again.
import { eventually } from '../demo/stage.mjs'
import { check, play } from './report.mjs'

const isHere = async (page, url) => {
  await page.goto(url)
  await page.waitForLoadState()
  return await page.locator('input[type=password]').count() === 0
}

async function logIn (stage, login) {
  const page = await stage.window()
  await page.goto(stage.env.PORTVAKT_URL)
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  return page
}

await play({
  'a person disabled at the source loses access': async stage => {
    const person = stage.people.find(p => p.login.endsWith('@notodden.example') && p.kinds[0] === 'employee' &&
      stage.people.filter(q => q.login.split('@')[0] === p.login.split('@')[0]).length === 1)
    const directory = stage.directory('notodden')
    const { dn } = await directory.find(`(uid=${person.login.split('@')[0]})`, { attributes: ['1.1'] })
    const page = await logIn(stage, person.login)
    check(await isHere(page, stage.env.PORTVAKT_URL), 'the person is logged in')
    await directory.disable(dn)
    const began = Date.now()
    try {
      await eventually('the session ends', async () => !await isHere(page, stage.env.PORTVAKT_URL), { within: 60000, every: 200 })
      check(true, 'the session has ended within 60 s', `${((Date.now() - began) / 1000).toFixed(1)} s`)
      const again = await logIn(stage, person.login)
      check(!/portal/.test(again.url()), 'and a new login fails', again.url())
    } finally {
      await directory.enable(dn)
    }
    await eventually('a new login works', async () => /portal/.test((await logIn(stage, person.login)).url()), { within: 10000, every: 1000 })
    check(true, 'enabled again, the person logs in')
    check(!await isHere(page, stage.env.PORTVAKT_URL), 'the old session stays invalid')
  }
})
