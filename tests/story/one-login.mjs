#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Åse works in Kongsberg and teaches in Notodden. One login opens a service of
// each kind; a login in Notodden, once, opens them as a teacher, too; and the
// affiliation is changed.
import { check, play } from './report.mjs'

const ase = 'ase.ostby@kongsberg.example'
const alsoAse = 'ase.ostby@notodden.example'
let page

async function prove (stage, login) {
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await page.click('form button[type=submit]:has-text("Logg inn")')
}

const asking = () => page.locator('button[name=as]')
const proving = () => page.locator('button[name=prove]')
const choose = place => asking().filter({ hasText: place }).first().click()
const onLogin = stage => page.url().startsWith(stage.env.PORTVAKT_URL)
const pageText = () => page.innerText('body')

await play({
  'the login page has its layout and no findings of axe': async stage => {
    page = await stage.window()
    await page.goto(stage.env.OIDC_SERVICE_URL)
    check(onLogin(stage) && await page.locator('input[type=password]').isVisible(), 'the OpenID Connect service redirects to the login page')
    check(await page.locator('html').getAttribute('lang') === 'nb', 'the page is in bokmål for a browser that prefers it')
    const wrong = await stage.axe(page)
    check(wrong.length === 0, 'axe has no findings on the login page', wrong.join('; '))
    await stage.picture(page, 'login-nb')
  },
  'a person with two affiliations selects one, once': async stage => {
    await prove(stage, ase)
    check(await asking().count() === 1 && await proving().count() === 1, 'Åse selects an affiliation for the archive', await asking().count())
    const wrong = await stage.axe(page)
    check(wrong.length === 0, 'axe has no findings on the selection', wrong.join('; '))
    await stage.picture(page, 'as-nb')
    await choose('Kongsberg')
    await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
    const seen = await pageText()
    check(seen.includes('Åse Østby'), 'the archive receives the name with its letters')
    check(/kongsberg/i.test(seen) && !/notodden/i.test(seen), 'and nothing of the other affiliation', /notodden/i.test(seen) ? seen.slice(0, 250) : '')
  },
  'the SAML service opens without a second login': async stage => {
    await page.goto(stage.env.SAML_SERVICE_URL)
    check(await page.locator('input[type=password]').count() === 0, 'no password is asked for')
    await proving().filter({ hasText: 'Notodden' }).click()
    check(await page.locator('input[name=m]').getAttribute('value') === 'notodden', "the affiliation of Notodden requires a login there")
    await prove(stage, alsoAse)
    await page.waitForURL(url => url.href.startsWith(stage.env.SAML_SERVICE_URL))
    const seen = await pageText()
    check(seen.includes('Åse Østby') && /notodden/i.test(seen) && !/kongsberg/i.test(seen), 'the ERP receives the affiliation selected for it', seen.replace(/\s+/g, ' ').slice(0, 250))
    await page.goto(stage.env.SAML_SERVICE_URL)
    check(!onLogin(stage), 'the affiliation is selected once for each service')
  },
  "the service at Notodden's issuer opens without a second login": async stage => {
    await page.goto(stage.env.NOTODDEN_SERVICE_URL)
    if (onLogin(stage) && await asking().count()) await choose('Notodden')
    await page.waitForURL(url => url.href.startsWith(stage.env.NOTODDEN_SERVICE_URL))
    check((await pageText()).includes('Åse Østby'), "one login covers Notodden's own issuer", (await pageText()).replace(/\s+/g, ' ').slice(0, 200))
  },
  'the portal lists the services and the affiliations': async stage => {
    await page.goto(stage.env.PORTVAKT_URL)
    const seen = await pageText()
    check(/Arkiv/.test(seen) && /Økonomi/.test(seen) && /Skole/.test(seen), 'the portal shows all three services', seen.replace(/\s+/g, ' ').slice(0, 250))
    const wrong = await stage.axe(page)
    check(wrong.length === 0, 'axe has no findings on the portal', wrong.join('; '))
    await stage.picture(page, 'portal-nb')
    await page.locator('a', { hasText: /Arkiv/ }).filter({ hasText: /[Bb]ytt|[Ee]ndre/ }).first().click()
    if (await asking().count()) await choose('Notodden')
  },
  'the affiliation changes without a new login': async stage => {
    const other = await (await stage.chromium()).newContext({ locale: 'nb-NO' })
    const mine = page
    await other.addCookies((await mine.context().cookies()).filter(c => c.domain.startsWith('login.')))
    page = await other.newPage()
    await page.goto(stage.env.OIDC_SERVICE_URL)
    check(await page.locator('input[type=password]').count() === 0, 'no password is asked for after the change')
    if (onLogin(stage) && await asking().count()) await choose('Notodden')
    await page.waitForURL(url => url.href.startsWith(stage.env.OIDC_SERVICE_URL))
    const seen = await pageText()
    check(/notodden/i.test(seen) && !/kongsberg/i.test(seen), "the archive receives the teacher's affiliation", seen.replace(/\s+/g, ' ').slice(0, 250))
  }
})
