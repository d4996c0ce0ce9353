#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Passwords are changed at the source: by the person, at a login that requires
// it, and by a teacher for a pupil of the own class. The directory's policy is
// shown in plain language; the audit log has who changed which.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, play } from './report.mjs'

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
    check(wrong.length === 0, `${name} at ${width} px: axe has no findings`, wrong.join('; '))
    const wide = await page.evaluate('document.documentElement.scrollWidth')
    check(wide <= width, `${name} at ${width} px: nothing overflows`, wide)
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

/* As the administrator: restores the password that other tests expect. */
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
    check(await isIn(stage, elsewhere), 'a person is logged in in two browsers')
    try {
      await page.goto(at(stage, '/portal'))
      await Promise.all([page.waitForNavigation(), page.click('a[href="/password"]')])
      await look(stage, page, 'password-nb')
      const differ = await fill(page, { old, new: fresh, again: fresh + 'x' })
      check(/ikke like/.test(differ), 'two different new passwords are refused', differ)
      const wrong = await fill(page, { old: 'feil', new: fresh, again: fresh })
      check(/[A-Z]-\d{4}-\w+/.test(wrong) && /passord/i.test(wrong), 'a wrong old password is refused, with a receipt', wrong)
      const short = await fill(page, { old, new: 'kort', again: 'kort' })
      check(/for kort etter reglene/.test(short), 'the directory\'s policy is shown in plain language', short)
      await look(stage, page, 'password-refused-nb')
      const done = await fill(page, { old, new: fresh, again: fresh })
      check(/Passordet er byttet/.test(done), 'the right old password sets a new one', done)
      await look(stage, page, 'password-done-nb')
      check(await isIn(stage, page), 'the browser that changed it stays logged in')
      check(!await isIn(stage, elsewhere), 'and the other is logged out')
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
    check(/for kort etter reglane/.test(short), 'the policy is shown in nynorsk too', short)
    await look(stage, page, 'password-refused-nn')
  },
  'a login that requires a new password': async stage => {
    const old = stage.person(employee).password
    await stage.directory('tinn').modify(await entryOf(stage, employee), { pwdReset: 'TRUE' })
    try {
      const page = await logIn(stage, employee)
      check(!page.url().endsWith('/portal'), 'an expired password does not log in')
      await look(stage, page, 'must-change-nb')
      await Promise.all([page.waitForNavigation(), page.click('main a[href^="/password?"]')])
      const done = await fill(page, { login: employee, old, new: fresh, again: fresh })
      check(/Passordet er byttet/.test(done), 'and can be changed in the login', done)
      await Promise.all([page.waitForNavigation(), page.click('a[href^="/login?t="]')])
      await fill(page, { login: employee, password: fresh })
      check(page.url().endsWith('/portal'), 'and the login continues to the service', page.url())
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
      check(/6A/.test(list) && list.includes(split(pupil).uid) && !list.includes(split(other.login).uid), 'the page lists only the own class', list)
      const answer = await page.goto(at(stage, `/password/pupils?pupil=${stranger}`))
      check(answer.status() === 404, 'a pupil of another class is not found')
      await page.goto(at(stage, '/password/pupils'))
      await Promise.all([page.waitForNavigation(), page.click(`a[href$="${theirs}"]`)])
      const short = await fill(page, { new: 'kort', again: 'kort' })
      check(/for kort etter reglene/.test(short), 'the policy applies to a teacher', short)
      // The teacher's own form sent for another pupil: its token is not that
      // pupil's.
      await page.evaluate(id => { document.querySelector('input[name=pupil]').value = id }, stranger)
      const stolen = await fill(page, { new: fresh, again: fresh })
      check(!/har fått nytt passord/.test(stolen), 'a form changed to another pupil is refused', stolen)
      await page.goto(at(stage, `/password/pupils?pupil=${theirs}`))
      const done = await fill(page, { new: fresh, again: fresh })
      check(/har fått nytt passord/.test(done), 'the pupil\'s password is set', done)
      await look(stage, page, 'pupils-done-nb')
      check(!await isIn(stage, child), 'the pupil is logged out')
      const now = await logIn(stage, pupil, fresh)
      check(/byttes|utløpt|må bytte|endres/i.test(await now.innerText('main')) || now.url().endsWith('/portal'), 'the new password is valid for the pupil', await now.innerText('main'))
      const lines = recorded(stage, 'notodden').map(l => l.receipt ?? l).filter(l => l.what === 'password')
      check(lines.some(l => l.affiliation === theirs && l.by === mine), 'the audit log has who set which password', JSON.stringify(lines).slice(0, 300))
      check(!JSON.stringify(lines).includes('Gausta'), 'and not the password')
    } finally {
      await putBack(stage, pupil)
      await stage.catalogue.remove(dn)
    }
  },
  'only teachers have pupils': async stage => {
    const page = await logIn(stage, employee)
    check(await page.locator('a[href="/password/pupils"]').count() === 0, 'an employee sees no link')
    await page.goto(at(stage, '/password/pupils'))
    check(/ingen elever/.test(await page.innerText('main')), 'and gets no list')
    check(await page.locator('main a[href*="pupil="]').count() === 0, 'at all')
  }
})
