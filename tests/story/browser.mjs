// SPDX-License-Identifier: AGPL-3.0-or-later
// browser.mjs: what stories do in a browser: log in at a service, and look at a
// page with axe at two widths.
import { check } from './report.mjs'

/* Opens the address in a new browser and logs in; returns the page after it. */
export async function enter (stage, login, url, locale = 'nb-NO') {
  const page = await stage.window({ locale })
  await page.goto(url)
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  return page
}

export async function accessible (stage, page, name) {
  for (const width of [1100, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const wrong = await stage.axe(page)
    check(wrong.length === 0, `${name} at ${width} px: axe has no findings`, wrong.join('; '))
    check(await page.evaluate('document.documentElement.scrollWidth') <= width, `${name} at ${width} px: nothing overflows`)
    await stage.picture(page, `${name}-${width}`)
  }
  await page.setViewportSize({ width: 1100, height: 800 })
}
