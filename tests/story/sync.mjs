#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// A change at Notodden's directory reaches the catalogue at once, and a
// disabled person loses all access. An emptied directory deactivates no one.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../demo/stage.mjs'
import { ldifLine } from '../demo/ldap.mjs'
import { Person, RelyingParty, random } from '../hostile/relying_party.mjs'
import { check, play } from './report.mjs'

const base = 'dc=notodden,dc=example'
const n = Date.now() % 100000 // the catalogue keeps entries of an earlier run
const [solrenning, demring] = [`dagny.solrenning${n}`, `dagny.demring${n}`]
const who = { login: `${solrenning}@notodden.example`, password: 'Nordlys-over-fjellet' }
let dn = `uid=${solrenning},ou=ansatte,${base}`
let catalogue, notodden, service, dagny, given

const affiliation = login => catalogue.find(`(portvaktLogin=${login})`)
const first = (entry, name) => entry?.[name]?.[0]

/* Checks a condition within a number of milliseconds, and reports how long
 * it took. */
async function within (ms, sentence, look) {
  const began = Date.now()
  const seen = await eventually(sentence, look, { within: ms + 3000 }).catch(() => null)
  const took = Date.now() - began
  check(seen && took <= ms, sentence, seen ? `${(took / 1000).toFixed(2)} s` : 'never')
}

const held = async stage => /would be deactivated at once/.test((await stage.ctl('sync')).out)
const active = async name => (await catalogue.search(`(&(portvaktDirectory=${name})(portvaktStatus=active))`, { attributes: ['1.1'] })).length

async function openService (stage) {
  const secret = random()
  const text = `service synk {\n\tname "Synk"\n\tissuer region\n\toidc synk {\n\t\tsecret @synk\n\t\tredirect-uri https://synk.example/tilbake\n\t\tgrant-types authorization_code refresh_token\n\t}\n\tattributes name\n}\n`
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
    await within(2000, 'a person added at Notodden is in the catalogue within 2 s', async () => first(await affiliation(solrenning), 'portvaktStatus') === 'active')
    const id = first(await affiliation(solrenning), 'portvaktId')
    await notodden.modify(dn, { title: 'fagleder', displayName: 'Dagny Ånen Solrenning' })
    await within(2000, 'a new title and a new name are there within 2 s', async () => first(await affiliation(solrenning), 'title') === 'fagleder' && await catalogue.find('(&(objectClass=portvaktPerson)(displayName=Dagny Ånen Solrenning))'))
    await notodden.rename(dn, `uid=${solrenning}`, `ou=elever,${base}`)
    await within(2000, 'a person moved to the pupils is a pupil within 2 s', async () => first(await affiliation(solrenning), 'portvaktKind') === 'pupil')
    await notodden.rename(`uid=${solrenning},ou=elever,${base}`, `uid=${solrenning}`, `ou=ansatte,${base}`)
    await within(2000, 'and an employee again when moved back', async () => first(await affiliation(solrenning), 'portvaktKind') === 'employee')
    await notodden.rename(dn, `uid=${demring}`)
    await within(2000, 'a renamed person keeps the identity under the new login name within 2 s', async () => first(await affiliation(demring), 'portvaktId') === id)
    dn = `uid=${demring},ou=ansatte,${base}`
    who.login = `${demring}@notodden.example`
  },
  'a disabled person loses all access': async stage => {
    service = await openService(stage)
    dagny = new Person(stage, who)
    given = await dagny.tokens(service, { scope: 'openid offline_access' })
    check(await service.isAlive(given.access_token) && given.refresh_token, 'a login with the new name gives a valid token')
    // Arkiv drops its session at once; whether a password is needed is our
    // decision.
    const arkiv = await dagny.open(stage.env.OIDC_SERVICE_URL)
    check(!dagny.asksForPassword(arkiv), 'arkiv opens without a second login')
    const began = Date.now()
    await notodden.disable(dn)
    await within(2000, 'a disabled person is suspended in the catalogue within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'suspended')
    await eventually('the access token is invalid', async () => !await service.isAlive(given.access_token), { within: 60000 })
    check(Date.now() - began < 60000, 'and the access token is invalid within 60 s', `${((Date.now() - began) / 1000).toFixed(2)} s`)
    const again = await service.refresh(given.refresh_token)
    check(again.status === 400 && again.json.error === 'invalid_grant', 'the refresh token is refused', `${again.status} ${again.body}`)
    const { params } = service.request()
    check(dagny.asksForPassword(await dagny.open(service.address(params))), 'the session has ended: a service asks for a password')
    const elsewhere = new Person(stage, who)
    const refused = await elsewhere.logIn(await elsewhere.open(service.address(service.request().params)))
    check(!refused.location && !/annen nettleser/.test(refused.text), 'a new login is refused', refused.text)
    const other = new Person(stage, stage.person('laerke.boketake@notodden.example'))
    check((await other.enter(service)).code, 'a colleague logs in meanwhile')
  },
  'enabled again, then deleted': async () => {
    await notodden.enable(dn)
    await within(2000, 'an enabled person is active within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'active')
    check(!await service.isAlive(given.access_token), 'the old session and tokens stay invalid')
    await notodden.remove(dn)
    await within(2000, 'a deleted person is suspended within 2 s', async () => first(await affiliation(demring), 'portvaktStatus') === 'suspended')
  },
  'an emptied school deactivates no one': async stage => {
    const tinn = stage.directory('tinn')
    const pupils = await tinn.search('(objectClass=inetOrgPerson)', { base: 'ou=elever,dc=tinn,dc=example', scope: 'one', attributes: ['*', 'entryUUID'] })
    const before = await active('tinn')
    await tinn.change(pupils.map(p => `${ldifLine('dn', p.dn)}changetype: delete\n`).join('\n'))
    await eventually('the deactivation threshold holds the changes', () => held(stage), { within: 5000 }).catch(() => null)
    const heldLine = (await stage.ctl('sync')).out.split('\n').find(line => /would be deactivated at once/.test(line))
    check(/^tinn: held deactivations: \d+ people would be deactivated at once/.test(heldLine ?? ''), `portvaktctl sync reports that ${pupils.length} pupils deleted at once are held`, heldLine)
    check(before - await active('tinn') <= 10, 'no one is suspended beyond the threshold', `${await active('tinn')} of ${before} are active`)
    const kjell = (await tinn.find('(uid=kjell.kvitveisheim)')).dn
    await tinn.modify(kjell, { title: 'uforstyrret' })
    await within(2000, 'other changes at Tinn continue', async () => first(await affiliation('kjell.kvitveisheim'), 'title') === 'uforstyrret')
    const pupil = new Person(stage, stage.person('ronja.fossesprut@tinn.example'))
    check(pupil.asksForPassword(await pupil.open(stage.env.PORTVAKT_URL)), 'pages are served meanwhile')
    const nameless = await stage.ctl('sync', 'approve', 'deactivations', 'tinn')
    check(nameless.code !== 0 && await held(stage), 'an approval without a name and a reason is refused', nameless.out + nameless.err)
    const released = await stage.ctl('sync', 'approve', 'deactivations', 'tinn', '--by', 'Anne Prøve', '--reason', 'Klassen er flyttet')
    check(released.code === 0, 'an approval with a name and a reason is accepted', released.out + released.err)
    await within(10000, 'and the pupils are suspended', async () => before - await active('tinn') === pupils.length && !await held(stage))
    const decided = await catalogue.search('(portvaktDecides=release)', { base: `ou=decisions,${stage.env.CATALOGUE_BASE}` })
    check(decided.some(d => first(d, 'portvaktBy') === 'Anne Prøve'), 'the approval is in the catalogue, with name and reason', `${decided.length}`)
    // Restored as from a backup, with their entryUUID.
    await tinn.do('ldapmodify', ['-e', '!relax'], pupils.map(({ dn: name, ...p }) => `${ldifLine('dn', name)}changetype: add\n${Object.entries(p).flatMap(([n, values]) => values.map(v => ldifLine(n, v))).join('')}`).join('\n'))
    await within(15000, 'once restored, no change is held', async () => !await held(stage) && await active('tinn') === before)
    await sleep(1500)
    check(await active('tinn') === before, 'and all are as before', `${await active('tinn')} of ${before}`)
  },
  'the test leaves nothing behind': async stage => {
    const etc = dirname(stage.env.PORTVAKT_CONF)
    rmSync(join(etc, 'services.d/synk.conf'), { force: true })
    const done = await stage.ctl('reload')
    check(done.code === 0, 'the service is removed', done.err)
  }
})
