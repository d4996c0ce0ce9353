#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Passwords are set at the source: by oneself, where a login wants a new one,
// and by a teacher for a pupil of the own class.  The directory's own policy is
// shown in plain words; who set whose is in the record.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, play } from './tell.mjs'

const locales = { nb: 'nb-NO', nn: 'nn-NO' }
const employee = 'kjell.kvitveisheim@tinn.example'
const teacher = 'laerke.boketake@notodden.example'
const pupil = 'mikkel.regnbueskog@notodden.example'
const fresh = 'Blåbærtur over Gausta'

const at = (stage, path) => new URL(path, stage.env.PORTVAKT_URL).href

const fill = async (page, fields) => {
  for (const [name, value] of Object.entries(fields)) await page.fill(`input[name=${name}]`, value)
  await Promise.all([page.waitForNavigation(), page.click('form.pv-form button[type=submit]')])
  return page.innerText('main')
}

const logIn = async (stage, login, password = stage.person(login).password, locale = 'nb-NO') => {
  const page = await stage.window({ locale })
  await page.goto(at(stage, '/login'))
  await fill(page, { login, password })
  return page
}

const isIn = async (stage, page) => {
  await page.goto(at(stage, '/portal'))
  return page.url().endsWith('/portal')
}

async function look (stage, page, name) {
  for (const width of [1100, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const wrong = await stage.axe(page)
    check(wrong.length === 0, `${name} at ${width} px: axe has nothing to say`, wrong.join('; '))
    const wide = await page.evaluate('document.documentElement.scrollWidth')
    check(wide <= width, `${name} at ${width} px: nothing sticks out`, wide)
    await stage.picture(page, `${name}-${width}`)
  }
  await page.setViewportSize({ width: 1100, height: 800 })
}

const split = login => {
  const [uid, domain] = login.split('@')
  return { uid, municipality: domain.split('.')[0] }
}

const entryOf = async (stage, login) => {
  const { uid, municipality } = split(login)
  return (await stage.directory(municipality).find(`(uid=${uid})`, { attributes: ['1.1'] })).dn
}

/** As its administrator: the password that everybody else expects. */
const putBack = async (stage, login) => {
  await stage.directory(split(login).municipality).modify(await entryOf(stage, login),
    { userPassword: stage.person(login).password, pwdReset: null })
}

const affiliation = async (stage, login) => {
  const { uid, municipality } = split(login)
  return (await stage.catalogue.find(`(&(portvaktLogin=${uid})(portvaktMunicipality=${municipality}))`)).portvaktId[0]
}

const recorded = (stage, municipality) => {
  const folder = join(stage.dir, 'state/audit', municipality)
  return readdirSync(folder).filter(f => f.endsWith('.jsonl'))
    .flatMap(f => readFileSync(join(folder, f), 'utf8').trim().split('\n').map(JSON.parse))
}

await play({
  'one\'s own password': async stage => {
    const old = stage.person(employee).password
    const page = await logIn(stage, employee)
    const elsewhere = await logIn(stage, employee)
    check(await isIn(stage, elsewhere), 'somebody is logged in at two places')
    try {
      await page.goto(at(stage, '/portal'))
      await Promise.all([page.waitForNavigation(), page.click('a[href="/password"]')])
      await look(stage, page, 'password-nb')
      const differ = await fill(page, { old, new: fresh, again: fresh + 'x' })
      check(/ikke like/.test(differ), 'two new ones that differ are noticed', differ)
      const wrong = await fill(page, { old: 'feil', new: fresh, again: fresh })
      check(/[A-Z]-\d{4}-\w+/.test(wrong) && /passord/i.test(wrong), 'a wrong old one is refused, with a receipt', wrong)
      const short = await fill(page, { old, new: 'kort', again: 'kort' })
      check(/for kort etter reglene/.test(short), 'the directory\'s policy is said in plain words', short)
      await look(stage, page, 'password-refused-nb')
      const done = await fill(page, { old, new: fresh, again: fresh })
      check(/Passordet er byttet/.test(done), 'the right old one sets a new one', done)
      await look(stage, page, 'password-done-nb')
      check(await isIn(stage, page), 'whoever changed it stays')
      check(!await isIn(stage, elsewhere), 'and is logged out elsewhere')
      check(await isIn(stage, await logIn(stage, employee, fresh)), 'the new password logs in')
      check(!await isIn(stage, await logIn(stage, employee)), 'the old one does not')
    } finally {
      await putBack(stage, employee)
    }
  },
  'in nynorsk': async stage => {
    const page = await logIn(stage, employee, undefined, 'nn-NO')
    await page.goto(at(stage, '/password'))
    await look(stage, page, 'password-nn')
    const short = await fill(page, { old: stage.person(employee).password, new: 'kort', again: 'kort' })
    check(/for kort etter reglane/.test(short), 'the policy is said in nynorsk too', short)
    await look(stage, page, 'password-refused-nn')
  },
  'a login that wants a new password first': async stage => {
    const old = stage.person(employee).password
    await stage.directory('tinn').modify(await entryOf(stage, employee), { pwdReset: 'TRUE' })
    try {
      const page = await logIn(stage, employee)
      check(!page.url().endsWith('/portal'), 'whose password must be changed is not let in')
      await look(stage, page, 'must-change-nb')
      await Promise.all([page.waitForNavigation(), page.click('main a[href^="/password?"]')])
      const done = await fill(page, { login: employee, old, new: fresh, again: fresh })
      check(/Passordet er byttet/.test(done), 'and can change it there', done)
      await Promise.all([page.waitForNavigation(), page.click('a[href^="/login?t="]')])
      await fill(page, { login: employee, password: fresh })
      check(page.url().endsWith('/portal'), 'and goes on to where they wanted', page.url())
    } finally {
      await putBack(stage, employee)
    }
  },
  'a teacher sets a pupil\'s': async stage => {
    const [mine, theirs] = [await affiliation(stage, teacher), await affiliation(stage, pupil)]
    const other = stage.people.find(p => p.login.endsWith('@notodden.example') && p.kinds.includes('pupil') && p.login !== pupil)
    const stranger = await affiliation(stage, other.login)
    const id = randomUUID()
    const dn = `portvaktId=${id},ou=groups,${stage.env.CATALOGUE_BASE}`
    await stage.catalogue.add(dn, { objectClass: 'portvaktGroup', portvaktId: id, cn: '6A', portvaktGroupKind: 'class',
      portvaktMunicipality: 'notodden', portvaktMember: [mine, theirs], portvaktVersion: '1' })
    try {
      const child = await logIn(stage, pupil)
      check(await isIn(stage, child), 'a pupil is logged in')
      for (const [lang, locale] of Object.entries(locales)) {
        const page = await logIn(stage, teacher, undefined, locale)
        await Promise.all([page.waitForNavigation(), page.click('a[href="/password/pupils"]')])
        await look(stage, page, `pupils-${lang}`)
        await page.goto(at(stage, `/password/pupils?pupil=${theirs}`))
        await look(stage, page, `pupil-${lang}`)
      }
      const page = await logIn(stage, teacher)
      await page.goto(at(stage, '/password/pupils'))
      const list = await page.innerText('main')
      check(/6A/.test(list) && list.includes(split(pupil).uid) && !list.includes(split(other.login).uid), 'the own class is there and nobody else', list)
      const answer = await page.goto(at(stage, `/password/pupils?pupil=${stranger}`))
      check(answer.status() === 404, 'a pupil of another class is not to be found')
      await page.goto(at(stage, '/password/pupils'))
      await Promise.all([page.waitForNavigation(), page.click(`a[href$="${theirs}"]`)])
      const short = await fill(page, { new: 'kort', again: 'kort' })
      check(/for kort etter reglene/.test(short), 'the policy counts for a teacher', short)
      // A form of one's own for somebody else: the word is not that pupil's.
      await page.evaluate(id => { document.querySelector('input[name=pupil]').value = id }, stranger)
      const stolen = await fill(page, { new: fresh, again: fresh })
      check(!/er satt/.test(stolen), 'a form that was turned to another pupil sets nothing', stolen)
      await page.goto(at(stage, `/password/pupils?pupil=${theirs}`))
      const done = await fill(page, { new: fresh, again: fresh })
      check(/er satt/.test(done), 'the pupil\'s is set', done)
      await look(stage, page, 'pupils-done-nb')
      check(!await isIn(stage, child), 'the pupil is logged out')
      const now = await logIn(stage, pupil, fresh)
      check(/byttes|utløpt|må bytte|endres/i.test(await now.innerText('main')) || now.url().endsWith('/portal'), 'the new one is the pupil\'s', await now.innerText('main'))
      const lines = recorded(stage, 'notodden').map(l => l.receipt ?? l).filter(l => l.what === 'password')
      check(lines.some(l => l.affiliation === theirs && l.by === mine), 'who set whose is in the record', JSON.stringify(lines).slice(0, 300))
      check(!JSON.stringify(lines).includes('Gausta'), 'and not the password')
    } finally {
      await putBack(stage, pupil)
      await stage.catalogue.remove(dn)
    }
  },
  'nobody else has pupils': async stage => {
    const page = await logIn(stage, employee)
    check(await page.locator('a[href="/password/pupils"]').count() === 0, 'an employee is not offered any')
    await page.goto(at(stage, '/password/pupils'))
    check(/ingen elever/.test(await page.innerText('main')), 'and finds none')
    check(await page.locator('main a[href*="pupil="]').count() === 0, 'at all')
  }
})
