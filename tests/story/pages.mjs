#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Checks every page with axe, in each language and at two widths, without
// JavaScript; no page fetches from another origin.
import { check, play } from './report.mjs'

const locales = { nb: 'nb-NO', nn: 'nn-NO', en: 'en-GB' }

const logIn = async (page, stage, login, url) => {
  await page.goto(url)
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  await page.waitForLoadState()
}

async function look (stage, page, name) {
  for (const width of [1100, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const wrong = await stage.axe(page)
    check(wrong.length === 0, `${name} at ${width} px: axe has no findings`, wrong.join('; '))
    const wide = await page.evaluate('document.documentElement.scrollWidth')
    check(wide <= width, `${name} at ${width} px: nothing overflows`, wide)
    await stage.picture(page, `${name}-${width}`)
  }
}

await play({
  'pages in three languages': async stage => {
    for (const [lang, locale] of Object.entries(locales)) {
      const page = await stage.window({ locale })
      const foreign = []
      page.on('request', r => { if (!new URL(r.url()).hostname.endsWith('.portvakt.localhost')) foreign.push(r.url()) })
      await page.goto(stage.env.PORTVAKT_URL)
      check(await page.locator('html').getAttribute('lang') === lang, `the login page is in ${lang}`)
      await look(stage, page, `login-${lang}`)
      await logIn(page, stage, 'kjell.kvitveisheim@tinn.example', stage.env.PORTVAKT_URL)
      await look(stage, page, `portal-${lang}`)
      await page.goto(new URL('/sessions', stage.env.PORTVAKT_URL).href)
      await look(stage, page, `sessions-${lang}`)
      await page.goto(new URL('/logout', stage.env.PORTVAKT_URL).href)
      await look(stage, page, `confirm-${lang}`)
      const refused = await stage.window({ locale })
      await logIn(refused, stage, 'birk.trollungetind@tinn.example', stage.env.NOTODDEN_SERVICE_URL)
      check(/[A-Z]-\d{4}-\w+/.test(await refused.innerText('body')), `the error page in ${lang} has a receipt`)
      await look(stage, refused, `refused-${lang}`)
      check(foreign.length === 0, `pages in ${lang} fetch nothing from another origin`, foreign.join(' '))
      await page.context().close()
      await refused.context().close()
    }
  },
  'without JavaScript': async stage => {
    const page = await stage.window({ javaScriptEnabled: false })
    await logIn(page, stage, 'kjell.kvitveisheim@tinn.example', stage.env.OIDC_SERVICE_URL)
    check(page.url().startsWith(stage.env.OIDC_SERVICE_URL), 'OpenID Connect works without JavaScript', page.url())
    await page.goto(stage.env.SAML_SERVICE_URL)
    if (await page.locator('form button').count()) await page.locator('form button').first().click()
    await page.waitForURL(u => u.href.startsWith(stage.env.SAML_SERVICE_URL))
    check(true, 'SAML works without JavaScript, with a button')
  },
  'by keyboard': async stage => {
    const page = await stage.window()
    await page.goto(stage.env.PORTVAKT_URL)
    const reached = new Set()
    for (let n = 0; n < 25; n++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate("document.activeElement.getAttribute('name') || document.activeElement.type || document.activeElement.tagName"))
    }
    check(reached.has('login') && reached.has('password') && reached.has('submit'), 'the keyboard reaches every field', [...reached].join(' '))
  }
})
