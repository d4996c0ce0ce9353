#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A teacher enters three services and logs out from one.  The page says what
// became of each, and none lets her in again.
import { check, play } from './tell.mjs'

const teacher = 'laerke.boketake@notodden.example'
let page

const words = async () => (await page.innerText('body')).replace(/\s+/g, ' ')
const services = stage => [stage.env.OIDC_SERVICE_URL, stage.env.SAML_SERVICE_URL, stage.env.NOTODDEN_SERVICE_URL]

await play({
  'she enters three services with one login': async stage => {
    page = await stage.window()
    await page.goto(stage.env.OIDC_SERVICE_URL)
    await page.fill('input[name=login]', teacher)
    await page.fill('input[type=password]', stage.person(teacher).password)
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
    check(true, 'she logs in with the keyboard alone')
    for (const url of services(stage).slice(1)) {
      await page.goto(url)
      await page.waitForURL(u => u.href.startsWith(url))
    }
    check(true, 'and enters the other two')
  },
  'she logs out from one, and the page says what became of each': async stage => {
    await page.goto(stage.env.OIDC_SERVICE_URL)
    await Promise.all([page.waitForNavigation(), page.click('#logg-ut')])
    // Services that only the browser can tell are walked to, one click each.
    for (let n = 0; n < 4 && await page.locator('a.ds-button', { hasText: 'Fortsett utloggingen' }).count(); n++) {
      await Promise.all([page.waitForNavigation(), page.locator('a.ds-button', { hasText: 'Fortsett utloggingen' }).click()])
    }
    const seen = await words()
    check(/Økonomi/.test(seen) && /Skole/.test(seen), 'the logout page names the services', seen.slice(0, 300))
    check(/[Ll]ogget ut|[Ll]ogga ut/.test(seen), 'and says that they were told', seen.slice(0, 300))
    const wrong = await stage.axe(page)
    check(wrong.length === 0, 'axe has nothing to say of the logout page', wrong.join('; '))
    await stage.picture(page, 'logout-nb')
  },
  'none lets her in again': async stage => {
    for (const url of services(stage)) {
      await page.goto(url)
      check(await page.locator('input[type=password]').count() === 1, `after the logout ${new URL(url).hostname} asks for a login`, page.url())
    }
  }
})
