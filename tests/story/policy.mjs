#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Rules in a browser: a trial rule is counted and not obeyed, and counts what it
// does when it becomes real; maintenance closes a service with the operator's
// message in the reader's language; an emergency rule lets in, is logged and is in
// the daily report.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { accessible, enter } from './browser.mjs'
import { check, play } from './report.mjs'

const pupil = 'ronja.fossesprut@tinn.example'
const employee = 'kjell.kvitveisheim@tinn.example'

/* Opens the service; returns whether it let the person in. */
const enters = async (stage, login, url) => {
  const page = await enter(stage, login, url)
  const inside = await page.waitForURL(u => u.href.startsWith(url), { timeout: 5000 }).then(() => true, () => false)
  await page.context().close()
  return inside
}

function events (stage, place) {
  const folder = join(stage.dir, 'state/audit', place)
  if (!existsSync(folder)) return []
  return readdirSync(folder).sort().flatMap(file => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')).map(line => JSON.parse(line))
}

/* Writes files of the configuration and reloads; null: as they were. */
const files = {}
async function configure (stage, name, change) {
  const file = join(dirname(stage.env.PORTVAKT_CONF), name)
  files[file] ??= readFileSync(file, 'utf8')
  writeFileSync(file, change ? change(files[file]) : files[file])
  const done = await stage.ctl('reload')
  if (done.code !== 0) throw new Error(`reload: ${done.out}${done.err}`)
}
const rule = text => file => file.replace(/(\trules \{\n)/, `$1\t\t${text}\n`)
const local = minutes => new Date(Date.now() + minutes * 60000).toLocaleString('sv-SE', { timeZone: 'Europe/Oslo' }).slice(0, 16).replace(' ', 'T')

await play({
  'a trial rule counts what it will do': async stage => {
    const archive = stage.env.OIDC_SERVICE_URL
    const others = stage.people.filter(p => p.login.endsWith('@tinn.example') && p.kinds.join() === 'employee' && !p.note).map(p => p.login)
    const people = [employee, ...others.slice(0, 3)]
    await configure(stage, 'policies/tinn.conf', rule('trial employees may not enter arkiv when from demo'))
    const before = events(stage, 'tinn').length
    const admitted = []
    for (const login of people) if (await enters(stage, login, archive)) admitted.push(login)
    check(admitted.length > 0, 'with a trial rule those enter who did before', admitted.join(' '))
    const seen = events(stage, 'tinn').slice(before).filter(e => e.what === 'entered' && e.service === 'arkiv' && e.trials)
    const counted = seen.filter(e => e.trials.some(t => t.changes && t.verdict === 'refuse' && t.reason === 'network' && /tinn\.conf:\d+/.test(t.at)))
    check(counted.length === admitted.length, 'each of their audit events has what the rule would have changed, and why', JSON.stringify(seen.map(e => e.trials)))
    const printed = await stage.ctl('policy', 'trials', 'tinn')
    const line = /tinn\.conf:\d+: trial employees may not enter arkiv when from demo: of (\d+) decisions, (\d+) would be refused, 0 would need/.exec(printed.out)
    check(line && Number(line[2]) === counted.length, 'policy trials prints their number', printed.out + printed.err)
    const none = await stage.ctl('policy', 'trials', 'tinn', '--since', local(5))
    check(none.code === 0 && /no trial rule of tinn was evaluated/.test(none.out), 'and none since a later time', none.out + none.err)
    await configure(stage, 'policies/tinn.conf', rule('employees may not enter arkiv when from demo'))
    const refused = []
    for (const login of admitted) if (!await enters(stage, login, archive)) refused.push(login)
    check(refused.length === counted.length, 'once it is real, as many are refused', `${refused.length} of ${counted.length}`)
    await configure(stage, 'policies/tinn.conf')
  },
  'maintenance closes a service with a message': async stage => {
    const until = local(90)
    const line = `maintenance skole from ${local(-5)} until ${until} nb "Vi bytter ut databasen." nn "Vi byter ut databasen." en "We replace the database."\n`
    await configure(stage, 'region.conf', file => file + line)
    const texts = { 'nb-NO': /stengt for vedlikehold.*Stengt til .*Vi bytter ut databasen/, 'nn-NO': /stengd for vedlikehald.*Stengd til .*Vi byter ut databasen/, 'en-GB': /closed for maintenance.*Closed until .*We replace the database/ }
    for (const [locale, expected] of Object.entries(texts)) {
      const page = await enter(stage, pupil, stage.env.NOTODDEN_SERVICE_URL, locale)
      const seen = (await page.innerText('body')).replace(/\s+/g, ' ')
      const clock = until.slice(11).replace(':', locale === 'en-GB' ? ':' : '.')
      check(expected.test(seen) && seen.includes(clock), `the page in ${locale} has the end and the message`, seen.slice(0, 300))
      if (locale === 'nb-NO') await accessible(stage, page, 'maintenance')
      await page.context().close()
    }
    await configure(stage, 'region.conf')
    check(await enters(stage, pupil, stage.env.NOTODDEN_SERVICE_URL), 'and the service is open afterwards')
  },
  'an emergency rule lets in and is logged': async stage => {
    await configure(stage, 'policies/tinn.conf', rule('employees may not enter arkiv\n\t\temployees may always enter arkiv'))
    const before = events(stage, 'tinn').length
    const page = await enter(stage, employee, stage.env.OIDC_SERVICE_URL)
    await page.waitForLoadState()
    const event = events(stage, 'tinn').slice(before).find(e => e.what === 'entered' && e.service === 'arkiv')
    check(event?.emergency === true, 'the audit event is marked', JSON.stringify(event ?? null).slice(0, 300))
    const log = readFileSync(join(stage.dir, 'log/idp.log'), 'utf8')
    check(Boolean(event) && log.split('\n').some(l => l.includes('login.emergency') && l.includes(event.code)), 'and the log has login.emergency with its receipt', log.split('\n').filter(l => /emergency/.test(l)).join(' ').slice(0, 300))
    await page.context().close()
    await configure(stage, 'policies/tinn.conf')
    const headings = { nb: 'Nødtilgang brukt det siste døgnet', nn: 'Naudtilgang brukt det siste døgnet', en: 'Emergency access used in the last 24 hours' }
    for (const [language, heading] of Object.entries(headings)) {
      const report = (await stage.ctl('sync', 'report', '--language', language)).out
      const line = report.split('\n').find(l => event && l.includes(event.code)) ?? ''
      check(report.includes(heading) && line.startsWith(`  tinn: ${employee} `) && line.includes(' arkiv, ') && line.includes(local(0).slice(0, 10)), `and the daily report in ${language} has who, where and when`, line || report)
    }
  }
})
