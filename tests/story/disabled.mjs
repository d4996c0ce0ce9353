#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Somebody is switched off in her municipality's directory while she is
// logged in.  Her session ends, she cannot log in again, and when she is
// switched on she logs in anew.
import { eventually } from '../demo/stage.mjs'
import { check, play } from './tell.mjs'

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
  'a person who is switched off at the source is out': async stage => {
    const somebody = stage.people.find(p => p.login.endsWith('@notodden.example') && p.kinds[0] === 'employee' &&
      stage.people.filter(q => q.login.split('@')[0] === p.login.split('@')[0]).length === 1)
    const directory = stage.directory('notodden')
    const { dn } = await directory.find(`(uid=${somebody.login.split('@')[0]})`, { attributes: ['1.1'] })
    const page = await logIn(stage, somebody.login)
    check(await isHere(page, stage.env.PORTVAKT_URL), 'she is logged in')
    await directory.disable(dn)
    const began = Date.now()
    try {
      await eventually('her session ends', async () => !await isHere(page, stage.env.PORTVAKT_URL), { within: 60000, every: 200 })
      check(true, 'her session has ended within 60 s of being switched off', `${((Date.now() - began) / 1000).toFixed(1)} s`)
      const again = await logIn(stage, somebody.login)
      check(!/portal/.test(again.url()), 'and she cannot log in again', again.url())
    } finally {
      await directory.enable(dn)
    }
    await eventually('she may log in again', async () => /portal/.test((await logIn(stage, somebody.login)).url()), { within: 10000, every: 1000 })
    check(true, 'switched on, she logs in anew')
    check(!await isHere(page, stage.env.PORTVAKT_URL), 'her old session does not come back to life')
  }
})
