#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// What happens at Notodden's directory is in the catalogue at once, and who is
// disabled there is out everywhere.  An emptied directory loses nobody.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../demo/stage.mjs'
import { ldifLine } from '../demo/ldap.mjs'
import { Person, RelyingParty, random } from '../hostile/relying_party.mjs'
import { check, play } from './tell.mjs'

const base = 'dc=notodden,dc=example'
const n = Date.now() % 100000 // the catalogue remembers those of an earlier run
const [solrenning, demring] = [`dagny.solrenning${n}`, `dagny.demring${n}`]
const who = { login: `${solrenning}@notodden.example`, password: 'Nordlys-over-fjellet' }
let dn = `uid=${solrenning},ou=ansatte,${base}`
let catalogue, notodden, service, dagny, given

const affiliation = login => catalogue.find(`(portvaktLogin=${login})`)
const first = (entry, name) => entry?.[name]?.[0]

/** Checks that it is so within so many ms, and says how long it took. */
async function within (ms, sentence, look) {
  const began = Date.now()
  const seen = await eventually(sentence, look, { within: ms + 3000 }).catch(() => null)
  const took = Date.now() - began
  check(seen && took <= ms, sentence, seen ? `${(took / 1000).toFixed(2)} s` : 'never')
}

const held = async stage => /would leave at once/.test((await stage.ctl('sync')).out)
const active = async name => (await catalogue.search(`(&(portvaktDirectory=${name})(portvaktStatus=active))`, { attributes: ['1.1'] })).length

async function openService (stage) {
  const secret = random()
  const text = `service synk {\n\tname "Synk"\n\tissuer region\n\toidc synk {\n\t\tsecret @synk\n\t\tredirect https://synk.example/tilbake\n\t\tgrants code refresh\n\t}\n\treceives name\n}\n`
  await stage.addService('synk', text, secret)
  const meta = (await stage.client().get(`${stage.env.PORTVAKT_ISSUER}/.well-known/openid-configuration`)).json
  return new RelyingParty(stage, meta, { id: 'synk', secret, redirect: 'https://synk.example/tilbake' })
}

await play({
  'a change at a directory is in the catalogue within 2 s': async stage => {
    catalogue = stage.catalogue
    notodden = stage.directory('notodden')
    await notodden.add(dn, {
      objectClass: ['inetOrgPerson', 'norEduPerson', 'hrPerson'], uid: solrenning, cn: 'Dagny Solrenning', displayName: 'Dagny Solrenning',
      givenName: 'Dagny', sn: 'Solrenning', mail: who.login, title: 'rådgiver', hrPosition: '80', userPassword: who.password
    })
    await within(2000, 'somebody added at Notodden is in the catalogue within 2 s', async () => first(await affiliation(solrenning), 'portvaktStatus') === 'active')
    const id = first(await affiliation(solrenning), 'portvaktId')
    await notodden.modify(dn, { title: 'fagleder', displayName: 'Dagny Ånen Solrenning' })
    await within(2000, 'a new title and a new name are there within 2 s', async () => first(await affiliation(solrenning), 'title') === 'fagleder' && await catalogue.find('(&(objectClass=portvaktPerson)(displayName=Dagny Ånen Solrenning))'))
    await notodden.rename(dn, `uid=${solrenning}`, `ou=elever,${base}`)
    await within(2000, 'somebody moved to the pupils is a pupil within 2 s', async () => first(await affiliation(solrenning), 'portvaktKind') === 'pupil')
    await notodden.rename(`uid=${solrenning},ou=elever,${base}`, `uid=${solrenning}`, `ou=ansatte,${base}`)
    await within(2000, 'and back again an employee', async () => first(await affiliation(solrenning), 'portvaktKind') === 'employee')
    await notodden.rename(dn, `uid=${demring}`)
    await within(2000, 'somebody renamed is the same one under the new login name within 2 s', async () => first(await affiliation(demring), 'portvaktId') === id)
    dn = `uid=${demring},ou=ansatte,${base}`
    who.login = `${demring}@notodden.example`
  },
  'somebody who is disabled is out everywhere': async stage => {
    service = await openService(stage)
    dagny = new Person(stage, who)
    given = await dagny.tokens(service, { scope: 'openid offline_access' })
    check(await service.isAlive(given.access_token) && given.refresh_token, 'she logs in with the new name and her token is good')
    // Arkiv forgets her at once; whether it needs a password again is ours to say.
    const arkiv = await dagny.open(stage.env.OIDC_SERVICE_URL)
    check(!dagny.asksForPassword(arkiv), 'arkiv opens without a second login')
    const began = Date.now()
    await notodden.disable(dn)
    await within(2000, 'somebody disabled is suspended in the catalogue within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'suspended')
    await eventually('her access token is dead', async () => !await service.isAlive(given.access_token), { within: 60000 })
    check(Date.now() - began < 60000, 'and her access token is dead within 60 s', `${((Date.now() - began) / 1000).toFixed(2)} s`)
    const again = await service.refresh(given.refresh_token)
    check(again.status === 400 && again.json.error === 'invalid_grant', 'her refresh token is refused', `${again.status} ${again.body}`)
    const { words } = service.request()
    check(dagny.asksForPassword(await dagny.open(service.address(words))), 'her session is over: a service asks for a password')
    const elsewhere = new Person(stage, who)
    const refused = await elsewhere.logIn(await elsewhere.open(service.address(service.request().words)))
    check(!refused.location && !/annen nettleser/.test(refused.text), 'a new login is refused', refused.text)
    const other = new Person(stage, stage.person('laerke.boketake@notodden.example'))
    check((await other.enter(service)).code, 'her colleague logs in meanwhile')
  },
  'enabled again, then deleted': async () => {
    await notodden.enable(dn)
    await within(2000, 'somebody enabled again is active within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'active')
    check(!await service.isAlive(given.access_token), 'what she had before stays dead')
    await notodden.remove(dn)
    await within(2000, 'somebody deleted is suspended within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'suspended')
  },
  'an emptied school loses nobody': async stage => {
    const tinn = stage.directory('tinn')
    const pupils = await tinn.search('(objectClass=inetOrgPerson)', { base: 'ou=elever,dc=tinn,dc=example', scope: 'one', attributes: ['*', 'entryUUID'] })
    const before = await active('tinn')
    await tinn.change(pupils.map(p => `${ldifLine('dn', p.dn)}changetype: delete\n`).join('\n'))
    await eventually('the brake holds them', () => held(stage), { within: 5000 }).catch(() => null)
    const said = (await stage.ctl('sync')).out.split('\n').find(line => /would leave at once/.test(line))
    check(/^tinn: held brake: \d+ people would leave at once/.test(said ?? ''), `portvaktctl sync says that ${pupils.length} pupils deleted at once are held`, said)
    check(before - await active('tinn') <= 10, 'nobody is suspended beyond the brake', `${await active('tinn')} of ${before} are active`)
    const kjell = (await tinn.find('(uid=kjell.kvitveisheim)')).dn
    await tinn.modify(kjell, { title: 'uforstyrret' })
    await within(2000, 'what else changes at Tinn goes on', async () => first(await affiliation('kjell.kvitveisheim'), 'title') === 'uforstyrret')
    const pupil = new Person(stage, stage.person('ronja.fossesprut@tinn.example'))
    check(pupil.asksForPassword(await pupil.open(stage.env.PORTVAKT_URL)), 'pages are served meanwhile')
    const nameless = await stage.ctl('sync', 'release', 'tinn')
    check(nameless.code !== 0 && await held(stage), 'nobody is let go without a name and a reason', nameless.out + nameless.err)
    const released = await stage.ctl('sync', 'release', 'tinn', '--by', 'Anne Prøve', '--reason', 'Klassen er flyttet')
    check(released.code === 0, 'somebody with a name and a reason lets them go', released.out + released.err)
    await within(10000, 'and they are gone', async () => before - await active('tinn') === pupils.length && !await held(stage))
    const decided = await catalogue.search('(portvaktDecides=release)', { base: `ou=decisions,${stage.env.CATALOGUE_BASE}` })
    check(decided.some(d => first(d, 'portvaktBy') === 'Anne Prøve'), 'the decision stands in the catalogue, with who and why', `${decided.length}`)
    // As from a backup: with the ids they had.
    await tinn.do('ldapmodify', ['-e', '!relax'], pupils.map(({ dn: name, ...p }) => `${ldifLine('dn', name)}changetype: add\n${Object.entries(p).flatMap(([n, values]) => values.map(v => ldifLine(n, v))).join('')}`).join('\n'))
    await within(15000, 'put back, nobody is held any more', async () => !await held(stage) && await active('tinn') === before)
    await sleep(1500)
    check(await active('tinn') === before, 'and all are as before', `${await active('tinn')} of ${before}`)
  },
  'nothing is left of the story': async stage => {
    const etc = dirname(stage.env.PORTVAKT_CONF)
    rmSync(join(etc, 'services.d/synk.conf'), { force: true })
    const done = await stage.ctl('reload')
    check(done.code === 0, 'the service is taken away again', done.err)
  }
})
