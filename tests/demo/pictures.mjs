#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// pictures.mjs: takes the two pictures of the README, the login page and a
// refusal with its receipt, from a demo of its own.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openStage, tree } from './stage.mjs'

const folder = join(tree, 'docs/pictures')
const size = { locale: 'en-GB', viewport: { width: 1000, height: 780 } }
const pupil = 'birk.trollungetind@tinn.example'

const save = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) })

mkdirSync(folder, { recursive: true })
const stage = await openStage({ dir: 'build/pictures', port: 19840, people: 240 })
try {
  const page = await stage.window(size)
  await page.goto(stage.env.NOTODDEN_SERVICE_URL)
  await save(page, 'login')
  await page.fill('input[name=login]', pupil)
  await page.fill('input[type=password]', stage.person(pupil).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  await save(page, 'refusal')
} finally {
  await stage.stop()
}
