#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A refused login: one request id is on the log lines of all processes that
// took part, in the audit event, and is found from the receipt on the page.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, play } from './report.mjs'

const pupil = 'birk.trollungetind@tinn.example'

const receiptOf = text => /[A-Z]-\d{4}-\w+/.exec(text)?.[0]

/* The lines of all logs of the demo, as { event, line, program, request, … }. */
function logLines (stage) {
  const folder = join(stage.dir, 'log')
  return readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter(line => /^<[346]>[a-z_.]+ time=/.test(line))
    .map(line => ({
      line,
      event: /^<\d>(\S+)/.exec(line)[1],
      ...Object.fromEntries([...line.matchAll(/ ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, key, value]) => [key, value.replace(/^"|"$/g, '')]))
    }))
}

/* Logs in, and returns the text of the page that answers. */
async function refusedLogin (stage, login, url) {
  const page = await stage.window({ locale: 'nn-NO' })
  await page.goto(url)
  await page.fill('input[name=login]', login)
  await page.fill('input[type=password]', stage.person(login).password)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  return page.innerText('body')
}

/* The audit event as portvaktctl prints it: { member: text }. */
async function auditEvent (stage, code) {
  const { out } = await stage.ctl('audit', 'show', code ?? 'A-0000-0000')
  return Object.fromEntries([...out.matchAll(/^(\S+) +(.*)$/gm)].map(([, name, value]) => [name, value]))
}

const withoutNames = (stage, login, lines) => {
  const { name } = stage.person(login)
  return lines.every(l => !l.line.includes(login.split('@')[0]) && (!name || !l.line.includes(name)))
}

await play({
  'a denied access is one request in all logs': async stage => {
    const code = receiptOf(await refusedLogin(stage, pupil, stage.env.NOTODDEN_SERVICE_URL))
    const line = logLines(stage).find(l => code && l.receipt === code)
    check(line?.event === 'login.denied' && line.line.startsWith('<4>'), 'the refusal is a warning in the log, with its receipt', line?.line)
    check(line?.municipality === 'tinn' && line?.service === 'skole' && Boolean(line?.reason), 'with reason, municipality and service', line?.line)
    const event = await auditEvent(stage, code)
    check(/^[0-9a-f]{16}$/.test(line?.request) && event.request === line.request, 'and its request id is that of the audit event', event.request)
    check(event.v === '2' && event.amr === 'pwd' && /^[A-Z][a-z]+day \d\d:\d\d$/.test(event.local), 'the audit event has method, weekday and minute', `${event.amr} ${event.local}`)
    const facts = JSON.parse(event.facts ?? '{}')
    check(facts.kind === 'pupil' && facts.municipality === 'tinn' && Array.isArray(facts.networks) && /^[0-9a-f]{16}$/.test(event.conf),
      'and what the rules saw, with the configuration', event.facts)
    check(withoutNames(stage, pupil, [line, { line: JSON.stringify(event) }]), 'no name is in the log or in the audit event')
  },
  'a login that fails in the directory has one request id in each process': async stage => {
    stage.kill('SLAPD_TINN', 'SIGSTOP')
    let code
    try {
      code = receiptOf(await refusedLogin(stage, pupil, stage.env.PORTVAKT_URL))
    } finally {
      stage.kill('SLAPD_TINN', 'SIGCONT')
    }
    const lines = logLines(stage)
    const { request } = lines.find(l => code && l.receipt === code) ?? {}
    const same = lines.filter(l => request && l.request === request)
    const programs = same.map(l => `${l.program}:${l.event}`)
    check(programs.includes('portvakt-web:login.failed'), 'web logs the failed login with its receipt', programs.join(' '))
    check(programs.includes('portvakt-ldap-auth:ldap.unavailable'), 'portvakt-ldap-auth logs the same request', programs.join(' '))
    const event = await auditEvent(stage, code)
    check(request && event.request === request && event.reason === 'ldap-unavailable', 'the audit event has it too', `${event.request} ${event.reason}`)
    check(withoutNames(stage, pupil, same), 'no name is on any of these lines')
  },
  'a command of the operator has a request id in the audit log': async stage => {
    const { out } = await stage.ctl('sessions', 'end', pupil)
    const code = receiptOf(out)
    if (!code) return check(true, 'this command has no receipt', out.replace(/\s+/g, ' '))
    const event = await auditEvent(stage, code)
    check(/^[0-9a-f]{16}$/.test(event.request), 'portvaktctl has a request id of its own', event.request)
  }
})
