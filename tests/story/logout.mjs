#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A teacher opens three services and logs out from one. The logout page shows
// the result for each, and none accepts the old session.
import { check, play } from './report.mjs'

const teacher = 'laerke.boketake@notodden.example'
let page

const pageText = async () => (await page.innerText('body')).replace(/\s+/g, ' ')
const services = stage => [stage.env.OIDC_SERVICE_URL, stage.env.SAML_SERVICE_URL, stage.env.NOTODDEN_SERVICE_URL]

await play({
  'three services open with one login': async stage => {
    page = await stage.window()
    await page.goto(stage.env.OIDC_SERVICE_URL)
    await page.fill('input[name=login]', teacher)
    await page.fill('input[type=password]', stage.person(teacher).password)
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
    check(true, 'login works with the keyboard alone')
    for (const url of services(stage).slice(1)) {
      await page.goto(url)
      await page.waitForURL(u => u.href.startsWith(url))
    }
    check(true, 'and the other two open without a login')
  },
  'logout from one service shows the results on a page': async stage => {
    await page.goto(stage.env.OIDC_SERVICE_URL)
    await Promise.all([page.waitForNavigation(), page.click('#logg-ut')])
    // Services with front-channel logout are linked, one click each.
    for (let n = 0; n < 4 && await page.locator('a.ds-button', { hasText: 'Fortsett utloggingen' }).count(); n++) {
      await Promise.all([page.waitForNavigation(), page.locator('a.ds-button', { hasText: 'Fortsett utloggingen' }).click()])
    }
    const seen = await pageText()
    check(/Økonomi/.test(seen) && /Skole/.test(seen), 'the logout page names the services', seen.slice(0, 300))
    check(/[Ll]ogget ut|[Ll]ogga ut/.test(seen), 'and shows that they were notified', seen.slice(0, 300))
    const wrong = await stage.axe(page)
    check(wrong.length === 0, 'axe has no findings on the logout page', wrong.join('; '))
    await stage.picture(page, 'logout-nb')
  },
  'no service accepts the old session': async stage => {
    for (const url of services(stage)) {
      await page.goto(url)
      check(await page.locator('input[type=password]').count() === 1, `after the logout ${new URL(url).hostname} asks for a login`, page.url())
    }
  }
})
