#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A pupil is denied. The page has a text and a receipt; the operator sees which
// rule, in which file and line, decided.
import { enter } from './browser.mjs'
import { check, play } from './report.mjs'

const pupil = 'birk.trollungetind@tinn.example'
const withConsent = 'ronja.fossesprut@tinn.example'

await play({
  'a denial is explained to the person and to the operator': async stage => {
    const page = await enter(stage, pupil, stage.env.NOTODDEN_SERVICE_URL, 'nn-NO')
    const seen = await page.innerText('body')
    const code = /[A-Z]-\d{4}-\w+/.exec(seen)?.[0]
    check(page.url().startsWith('https://login.') && /føresett|foresatt/.test(seen), 'the pupil sees that consent is missing', seen.replace(/\s+/g, ' ').slice(0, 250))
    check(Boolean(code), 'the page has a receipt code', code)
    const receipt = await stage.ctl('audit', 'show', code ?? 'A-0000-0000')
    check(/tinn\.conf/.test(receipt.out) && /consent/.test(receipt.out), 'portvaktctl audit show names the file and the condition', receipt.out.replace(/\s+/g, ' ').slice(0, 300))
    const why = await stage.ctl('explain', pupil, 'skole')
    check(/tinn\.conf:\d+/.test(why.out) && /REFUSED/.test(why.out), 'portvaktctl explain prints file and line', why.out.replace(/\s+/g, ' ').slice(0, 300))
  },
  'a pupil with consent enters': async stage => {
    const page = await enter(stage, withConsent, stage.env.NOTODDEN_SERVICE_URL, 'nn-NO')
    await page.waitForURL(u => u.href.startsWith(stage.env.NOTODDEN_SERVICE_URL), { timeout: 5000 })
    check(true, "the plugin host admits a pupil with a guardian's consent")
  },
  'a wrong password and an unknown name look the same': async stage => {
    const seen = []
    for (const [login, password] of [[pupil, 'feil'], ['ingen.slik@tinn.example', 'feil']]) {
      const page = await stage.window()
      await page.goto(stage.env.PORTVAKT_URL)
      await page.fill('input[name=login]', login)
      await page.fill('input[type=password]', password)
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
      seen.push((await page.innerText('main')).replace(/[A-Z]-\d{4}-\w+/g, 'CODE').replaceAll(login, 'LOGIN'))
    }
    check(seen[0] === seen[1], 'the responses to a wrong password and an unknown name are equal', seen.join(' | '))
  }
})
