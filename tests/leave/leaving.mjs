#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Notodden leaves the region with its data: two regions side by side, the one
// it leaves and the one it comes to, over all the steps of docs/LEAVING.md.
// In the end the two that were left go as well, and nobody is there any more.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { openStage, eventually, giveCredentials, run, tree } from '../demo/stage.mjs'
import { Person, RelyingParty, decoded, random, verified } from '../hostile/relying_party.mjs'
import { ServiceProvider, readIdentityProvider } from '../hostile/service_provider.mjs'
import { check } from '../story/report.mjs'

const port = Number(process.env.LEAVE_PORT ?? 19640)
const folder = process.env.LEAVE_DIR ?? 'build/check/leave'
const signed = ['--by', 'Invented Operator', '--reason', 'the agreement ends']
const laerkeWas = 'laerke.boketake@notodden.example'
const asesOther = 'ase.ostby@kongsberg.example'
let giver, receiver, failed = 0

const must = (truth, what) => { if (!truth) throw new Error(what) }
const etc = (stage, ...more) => join(stage.dir, 'etc', ...more)

/** portvaktctl; throws where it says no. */
async function ctl (stage, ...words) {
  const done = await stage.ctl(...words)
  must(done.code === 0, `portvaktctl ${words.join(' ')}: ${done.out}${done.err}`)
  return done.out
}

/** ... and where it says yes: what it said. */
async function refusal (stage, ...words) {
  const done = await stage.ctl(...words)
  must(done.code === 1, `portvaktctl ${words.join(' ')} was not refused: ${done.out}`)
  return done.out + done.err
}

function edit (stage, file, change) {
  const path = etc(stage, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

const say = (stage, municipality, line) => edit(stage, `policies/${municipality}.conf`, t => t.replace(/\n\tdomain/, `\n\t${line}\n\tdomain`))
const unsay = (stage, municipality, word) => edit(stage, `policies/${municipality}.conf`, t => t.replace(new RegExp(`\n\t${word} .*`), ''))
const today = () => new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Oslo' })

// ---- services: each stands at both ends, and knows its people by one name

const secrets = {}

function oidcService (stage, name, issuer, more = '') {
  secrets[name] ??= random()
  writeFileSync(etc(stage, 'credentials', name), secrets[name], { mode: 0o600 })
  writeFileSync(etc(stage, 'services.d', `${name}.conf`), `service ${name} {
	name "${name}"
	issuer ${issuer}
${more}	oidc ${name} {
		secret @${name}
		redirect https://${name}.example/tilbake
	}
	receives name login municipality kind unit role
}
`)
}

function samlService (stage, sp) {
  writeFileSync(etc(stage, 'services.d', `${sp.name}.xml`), sp.metadata())
  writeFileSync(etc(stage, 'services.d', `${sp.name}.conf`), sp.configuration())
}

async function client (stage, issuer, name) {
  const meta = (await stage.client().get(`${issuer}/.well-known/openid-configuration`)).json
  return new RelyingParty(stage, meta, { id: name, secret: secrets[name], redirect: `https://${name}.example/tilbake` })
}

async function claims (stage, issuer, name, login) {
  const rp = await client(stage, issuer, name)
  const person = new Person(stage, stage.person(login))
  const given = await person.tokens(rp, { scope: 'openid profile' })
  const told = (await rp.userinfo(given.access_token)).json
  return { rp, given, person, header: decoded(given.id_token.split('.')[0]), ...told }
}

async function nameId (stage, name, issuer, login) {
  const idp = readIdentityProvider((await stage.client().get(`${issuer}/saml/metadata`)).body)
  const sp = new ServiceProvider(idp, { name, issuer: 'any' })
  const person = new Person(stage, stage.person(login))
  const request = sp.request({}, '<p:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>')
  let answer = await person.open(sp.address(request))
  if (person.asksForPassword(answer)) answer = await person.logIn(answer)
  return sp.read(answer, /\bID="([^"]*)"/.exec(request)[1])
}

// ---- two regions

async function openGiver () {
  giver = await openStage({ dir: `${folder}/giver`, port, people: 60, without: ['apache-oidc', 'apache-saml', 'replica'] })
  giver.own = giver.env.PORTVAKT_URL.replace('//login.', '//notodden.')
  oidcService(giver, 'elev', 'notodden')
  oidcService(giver, 'sak', 'region')
  oidcService(giver, 'stilling', 'region', '\tsubject affiliation\n')
  samlService(giver, new ServiceProvider({}, { name: 'bok', issuer: 'notodden' }))
  samlService(giver, new ServiceProvider({}, { name: 'lonn', issuer: 'region' }))
  giveCredentials(etc(giver))
  await ctl(giver, 'reload')
}

/** Another region on this machine: its front door is at 127.0.0.2, where the
 * giver's address is looked for once DNS has moved. */
async function openReceiver () {
  const without = 'kongsberg notodden tinn sync idp haproxy apache-oidc apache-saml replica'.split(' ')
  receiver = await openStage({ dir: `${folder}/receiver`, port: port + 20, people: 11, without })
  receiver.people = giver.people
  receiver.client = options => {
    const http = Object.getPrototypeOf(receiver).client.call(receiver, options)
    const lookup = (host, { all }, done) => all ? done(null, [{ address: '127.0.0.2', family: 4 }]) : done(null, '127.0.0.2', 4)
    http.agent = new Agent({ ca: receiver.ca, keepAlive: true, lookup })
    return http
  }
  configureReceiver()
  await receiver.again('haproxy', 'idp')
}

function configureReceiver () {
  const notodden = `directory notodden ${giver.env.DIRECTORY_NOTODDEN_URI} {
	base "dc=notodden,dc=example"
	bind-as "cn=portvakt,ou=programs,dc=notodden,dc=example"
	secret @notodden
	trust ${join(giver.dir, 'ca/ca.pem')}
	read position from hrPosition
	read from from hrFrom
	read until from hrUntil
}
`
  edit(receiver, 'region.conf', t => t.replace(/\ndirectory [\s\S]*?\n}\n/g, '\n') + notodden)
  for (const sub of ['policies', 'services.d']) rmSync(etc(receiver, sub), { recursive: true })
  for (const sub of ['policies', 'services.d']) mkdirSync(etc(receiver, sub))
  for (const file of ['notodden.conf', 'notodden.svg']) copyFileSync(etc(giver, 'policies', file), etc(receiver, 'policies', file))
  edit(receiver, 'policies/notodden.conf', t => t.replace(/\n.*(skole|arkiv|okonomi).*/g, '').replace(/issuer .*/, `issuer ${giver.own}`))
  unsay(receiver, 'notodden', 'leaves')
  copyFileSync(etc(giver, 'credentials/notodden'), etc(receiver, 'credentials/notodden'))
  chmodSync(etc(receiver, 'credentials/notodden'), 0o600)
  for (const name of ['elev', 'sak', 'stilling']) oidcService(receiver, name, 'notodden', name === 'stilling' ? '\tsubject affiliation\n' : '')
  for (const name of ['bok', 'lonn']) samlService(receiver, new ServiceProvider({}, { name, issuer: 'notodden' }))
  giveCredentials(etc(receiver))
  const front = join(receiver.dir, 'home/haproxy.cfg')
  copyFileSync(join(giver.dir, 'home/haproxy.cfg'), front)
  writeFileSync(front, readFileSync(front, 'utf8').replaceAll(giver.dir, receiver.dir)
    .replace(/bind 127.0.0.1:(\d+)(.*)/, (_, p, more) => [`127.0.0.2:${p}`, `127.0.0.2:${port + 20}`, `127.0.0.1:${port + 20}`].map(at => `bind ${at}${more}`).join('\n\t')))
}

// ---- what is remembered between the acts

const before = {}
let people, csv, bundle

async function affiliations (stage) {
  return stage.catalogue.search('(objectClass=portvaktAffiliation)', { base: `ou=people,${stage.env.CATALOGUE_BASE}` })
}

const ids = list => list.map(e => e.dn.replace(/,ou=people.*/, '')).sort().join('\n')

/** [service, old issuer, old sub, new issuer, new sub] each. */
const readCsv = text => text.trimEnd().split('\n').slice(1).map(line => line.split(','))
const listed = (service, sub) => csv.find(row => row[0] === service && row[2] === sub)

/** Every place where the region keeps something, as one text each. */
async function everywhere (stage) {
  const places = {}
  const files = at => readdirSync(at, { withFileTypes: true }).flatMap(e => e.isDirectory() ? files(join(at, e.name)) : e.isFile() ? [join(at, e.name)] : [])
  for (const path of [...files(join(stage.dir, 'state')), ...files(join(stage.dir, 'log'))]) places[path] = readFileSync(path, 'latin1')
  places.catalogue = JSON.stringify(await stage.catalogue.search('(objectClass=*)'))
  for (const key of (await stage.redis('KEYS', '*')).split('\n').filter(Boolean)) {
    const read = { string: ['GET'], hash: ['HGETALL'], set: ['SMEMBERS'] }[await stage.redis('TYPE', key)]
    places[`redis ${key}`] = key + (read ? await stage.redis(...read, key) : '')
  }
  return places
}

/** Where a word stands that only those of Notodden have: "place: word" each. */
async function traces () {
  const staying = JSON.stringify(before.stay) + JSON.stringify(await giver.catalogue.search('(objectClass=portvaktPerson)')
    .then(all => all.filter(p => before.stay.some(e => e.dn.includes(p.dn)))))
  const words = [...new Set(before.own.flatMap(e => [
    e.portvaktId[0], e.dn.split(',')[1].split('=')[1], ...e.portvaktAnchor, ...e.portvaktLogin, ...(e.mail ?? []), ...e.cn
  ]))].filter(word => !staying.includes(word))
  must(words.length > before.own.length * 2, 'too little to search for')
  return Object.entries(await everywhere(giver)).flatMap(([place, text]) => words
    .filter(word => text.includes(word) || text.includes(Buffer.from(word).toString('latin1'))).map(word => `${place}: ${word}`))
}

const acts = {
  'before anything happens': async () => {
    people = await affiliations(giver)
    const own = people.filter(e => e.portvaktMunicipality[0] === 'notodden')
    before.own = own
    before.stay = people.filter(e => e.portvaktMunicipality[0] !== 'notodden')
    await ctl(giver, 'role', 'give', laerkeWas, 'rektor', '--why', 'invented')
    before.elev = await claims(giver, giver.own, 'elev', laerkeWas)
    before.bok = await nameId(giver, 'bok', giver.own, laerkeWas)
    before.sak = await claims(giver, giver.env.PORTVAKT_ISSUER, 'sak', laerkeWas)
    before.stilling = await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', laerkeWas)
    before.lonn = await nameId(giver, 'lonn', giver.env.PORTVAKT_ISSUER, laerkeWas)
    check(before.elev.sub && before.elev.sub !== before.sak.sub && before.bok.name, 'a teacher of Notodden enters services of both issuers')
    check(/does not say that notodden leaves/.test(await refusal(giver, 'leave', 'notodden', 'end', ...signed)), 'nothing is ended while the configuration says no date')
  },
  'plan': async () => {
    say(giver, 'notodden', 'leaves 2099-01-01')
    await ctl(giver, 'reload')
    const said = await ctl(giver, 'leave', 'notodden', 'plan')
    check(/people\s+\d+ here alone, [1-9]\d* who stay/.test(said), 'the plan says who is here alone and who stays', said)
    check(/elev trusts .*notices nothing/.test(said) && /sak knows only .*gets a list/.test(said), 'which services notice nothing, and which get a list')
    check(/sessions\s+[1-9]/.test(said), 'and how many sessions there are')
    check((await affiliations(giver)).length === people.length, 'nothing is changed by it')
    check(/none of its own: give it one/.test(await ctl(giver, 'leave', 'tinn', 'plan')), 'one without an issuer of its own is told to get one')
  },
  'the receiver makes keys of its own, which are published here beforehand': async () => {
    await openReceiver()
    const keys = await ctl(receiver, 'keys', 'public', 'notodden')
    before.keys = join(giver.dir, 'receiver.json')
    writeFileSync(before.keys, keys)
    check(!/"d"\s*:/.test(keys), 'what the receiver gives holds no private key')
    const secret = join(giver.dir, 'mistaken')
    for (const text of ['{"keys":[{"kty":"EC","d":"QSBtaXN0YWtl"}]}', '-----BEGIN PRIVATE KEY-----\nQSBtaXN0YWtl\n']) {
      writeFileSync(secret, text)
      check(/holds a private key/.test(await refusal(giver, 'leave', 'notodden', 'adopt', secret, ...signed)), 'a private key that is handed over by mistake is refused', text.slice(0, 20))
    }
    writeFileSync(secret, '-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----')
    check(/not a certificate/.test(await refusal(giver, 'leave', 'notodden', 'adopt', secret, ...signed)), 'a certificate on one line is read as one')
    rmSync(secret)
    check(!Object.values(await everywhere(giver)).some(text => text.includes('QSBtaXN0YWtl')), 'and neither the record nor a log has it')
    await ctl(giver, 'leave', 'notodden', 'adopt', before.keys, ...signed)
    const theirs = JSON.parse(keys).keys.map(k => k.kid)
    const published = await eventually('the keys are published', async () => {
      const { keys: ours } = (await giver.client().get(`${giver.own}/oidc/jwks`)).json
      return theirs.every(kid => ours.some(k => k.kid === kid)) && ours
    }, { within: 10000 })
    before.jwks = published
    check(published.length > theirs.length, "the receiver's keys stand beside ours in the JWKS", `${published.length} keys`)
    const metadata = (await giver.client().get(`${giver.own}/saml/metadata`)).body
    check(metadata.includes(JSON.parse(keys).certificates[0]), 'and its certificate in the metadata')
    const list = await ctl(giver, 'keys', 'list')
    check(/notodden .*adopted/.test(list), 'portvaktctl keys says which are adopted')
    before.metadata = readIdentityProvider(metadata)
    check((await claims(giver, giver.own, 'elev', laerkeWas)).header.kid === before.elev.header.kid, 'our own key signs as before')
  },
  'export': async () => {
    bundle = join(giver.dir, 'bundle')
    rmSync(bundle, { recursive: true, force: true })
    const said = await ctl(giver, 'leave', 'notodden', 'export', bundle, '--to', before.keys, ...signed)
    before.key = /signed with the key (\S+)/.exec(said)?.[1]
    check(before.key, 'the export says by which key it is signed', said)
    const again = await ctl(giver, 'leave', 'notodden', 'export', bundle, '--to', before.keys, ...signed)
    check(again.includes(before.key), 'and it can be made again')
    const names = readdirSync(bundle).filter(n => n !== 'record')
    check(names.length === 10 && names.every(n => (statSync(join(bundle, n)).mode & 0o777) === 0o600), 'its files are for nobody else', names.join(' '))
    const text = names.map(n => readFileSync(join(bundle, n), 'utf8')).join('\n')
    check(!/portvaktJoin|portvaktNationalId|PRIVATE KEY/.test(text), 'no join value, no sealed number and no private key is in it')
    const ldif = readFileSync(join(bundle, 'people.ldif'), 'utf8')
    const others = before.stay.flatMap(e => [e.portvaktId[0], ...(e.portvaktAnchor ?? []), ...(e.mail ?? [])])
    check(!others.some(word => text.includes(word)), "and nothing of anybody's other affiliation")
    check(ldif.split('portvaktAnchor').length - 1 === before.own.length, 'every affiliation of Notodden is', before.own.length)
    check(/portvaktRole: rektor/.test(readFileSync(join(bundle, 'roles.ldif'), 'utf8')), 'the role that was given goes along')
    check(readdirSync(join(bundle, 'record')).some(n => n.endsWith('.jsonl')), 'and its slice of the record')
    csv = readCsv(readFileSync(join(bundle, 'subjects.csv'), 'utf8'))
    check(listed('sak', before.sak.sub)?.[1] === giver.env.PORTVAKT_ISSUER, 'the sub of a real token of the region stands in the list')
    check(listed('stilling', before.stilling.sub) && listed('lonn', before.lonn.name), 'so does one by affiliation, and a persistent NameID')
    check(!csv.some(row => row[0] === 'elev'), "services of its own issuer need no list")
  },
  'a bundle that is not the one given is not taken': async () => {
    const other = join(giver.dir, 'bundle-changed')
    cpSync(bundle, other, { recursive: true })
    writeFileSync(join(other, 'people.ldif'), readFileSync(join(other, 'people.ldif'), 'utf8').replace(/title: .*/, 'title: rådmann'))
    const words = ['--from-key', before.key, ...signed]
    check(/people.ldif is not the file/.test(await refusal(receiver, 'import', other, ...words)), 'a changed file is named')
    check(/is signed with the key/.test(await refusal(receiver, 'import', bundle, '--from-key', 'A'.repeat(43), ...signed)), 'another key is refused')
    rmSync(other, { recursive: true })
  },
  'import': async () => {
    const said = await ctl(receiver, 'import', bundle, '--from-key', before.key, ...signed)
    check(/ldapadd/.test(said), 'the import says what is to be loaded', said)
    await receiver.catalogue.do('ldapadd', ['-f', join(bundle, 'catalogue.ldif')])
    await receiver.again('sync')
    await eventually('the receiver has seen its directory', async () => !/never/.test(await ctl(receiver, 'sync')), { within: 20000 })
    await eventually('all are active', async () => (await affiliations(receiver)).every(e => e.portvaktLastSeen || e.portvaktStatus[0] !== 'active'), { within: 10000 }).catch(() => {})
    const there = await affiliations(receiver)
    check(ids(there) === ids(before.own), 'everybody has the ids they had, and nobody is made anew', `${there.length} of ${before.own.length}`)
    const joins = await receiver.catalogue.search('(portvaktJoin=*)', { attributes: ['portvaktJoin'] })
    const here = await giver.catalogue.search('(portvaktJoin=*)', { attributes: ['portvaktJoin'] })
    check(joins.length > 0, "join values are made anew, with the receiver's own key", `${joins.length} there, ${here.length} here`)
    check(/already/.test(await refusal(receiver, 'import', bundle, '--from-key', before.key, ...signed)), 'an import into a region with people is refused')
  },
  'both ends live': async () => {
    const there = await claims(receiver, giver.own, 'elev', laerkeWas)
    check(there.sub === before.elev.sub, "at the own issuer's service she has the same sub there")
    const same = name => JSON.stringify(there[name]) === JSON.stringify(before.elev[name])
    check(['name', 'municipality', 'kind', 'unit', 'roles', 'login'].every(same), 'and every claim, group and role is the same')
    check(verified(there.given.id_token, before.jwks).claims.sub === there.sub, 'a service that fetched the JWKS here before accepts a token from there')
    const bok = await nameId(receiver, 'bok', giver.own, laerkeWas)
    check(bok.name === before.bok.name && bok.format.endsWith('persistent'), 'the persistent NameID is the same')
    for (const name of ['sak', 'stilling']) {
      const now = await claims(receiver, giver.own, name, laerkeWas)
      check(listed(name, before[name].sub)?.[4] === now.sub && listed(name, before[name].sub)[3] === giver.own, `for ${name}, which knew only the region's issuer, the list fits`)
    }
    check(listed('lonn', before.lonn.name)?.[4] === (await nameId(receiver, 'lonn', giver.own, laerkeWas)).name, 'and for one of SAML')
    check((await claims(giver, giver.own, 'elev', laerkeWas)).sub === before.elev.sub, 'while she logs in here as before')
  },
  'service by service': async () => {
    check(/moved sak/.test(await ctl(giver, 'leave', 'notodden', 'move', 'sak')), 'move says what to write')
    say(giver, 'notodden', 'moved sak')
    await ctl(giver, 'reload')
    const rp = await client(giver, giver.env.PORTVAKT_ISSUER, 'sak')
    for (const [language, words] of [['nb', /egen innlogging/], ['nn', /eiga innlogging/], ['en', /own login/]]) {
      const person = new Person(giver, giver.person(laerkeWas))
      person.http.headers['accept-language'] = language
      const page = await person.logIn(await person.open(rp.address(rp.request().words)))
      check(!page.location && words.test(page.text) && /[A-Z]-\d{4}-\w+/.test(page.text), `who comes by the old way is told so, with a receipt (${language})`, page.text.slice(0, 200))
    }
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'sak', asesOther)).sub, 'others enter it as before')
  },
  'end': async () => {
    const open = await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', laerkeWas)
    check(await open.rp.isAlive(open.given.access_token), 'a token of hers is good')
    check(/not come/.test(await refusal(giver, 'leave', 'notodden', 'end', ...signed)), 'end is refused before the day')
    unsay(giver, 'notodden', 'leaves')
    say(giver, 'notodden', `leaves ${today()}`)
    await ctl(giver, 'reload')
    check(/first end it/.test(await refusal(giver, 'leave', 'notodden', 'remove', '--now', ...signed)), 'nothing is removed before the end')
    await ctl(giver, 'leave', 'notodden', 'end', ...signed)
    check(!await open.rp.isAlive(open.given.access_token), 'her token is dead')
    check(open.person.asksForPassword(await open.person.open(open.rp.address(open.rp.request().words))), 'her session is over')
    const person = new Person(giver, giver.person(laerkeWas))
    const page = await person.logIn(await person.open(open.rp.address(open.rp.request().words)))
    check(/forlatt denne innloggingen/.test(page.text) && /[A-Z]-\d{4}-\w+/.test(page.text), 'a new login is refused with a sentence and a receipt', page.text.slice(0, 200))
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', asesOther)).sub, 'Åse, who works in Kongsberg too, logs in there')
  },
  'remove': async () => {
    check(/still has an issuer/.test(await refusal(giver, 'leave', 'notodden', 'remove', '--now', ...signed)), 'what the configuration has still is not removed')
    empty('notodden')
    await ctl(giver, 'reload')
    check((await affiliations(giver)).length === people.length, 'an emptied block alone removes nobody')
    check(/--by/.test(await refusal(giver, 'leave', 'notodden', 'remove', '--now')), 'nor does anybody without a name')
    check((await refusal(giver, 'leave', 'notoden', 'remove', '--now', ...signed)).includes('notoden'), 'nor a mistyped name')
    check((await traces()).length > before.own.length, 'the search of what is left finds them before')
    const said = await ctl(giver, 'leave', 'notodden', 'remove', '--now', ...signed)
    const path = /certificate\s+(\S+)\.json/.exec(said)?.[1]
    const certificate = JSON.parse(readFileSync(`${path}.json`, 'utf8'))
    const only = new Set(before.own.map(e => e.dn.split(',')[1])).size - certificate.stay
    check(certificate.people === only && certificate.removed.affiliations === before.own.length && certificate.ids.length === only + before.own.length, 'the certificate says how many, by hashes', JSON.stringify(certificate).slice(0, 260))
    check(decoded(readFileSync(`${path}.jws`, 'utf8').split('.')[1]).what === 'removal', 'and is signed')
    check(ids(await affiliations(giver)) === ids(before.stay), 'everybody else is there as before', before.stay.length)
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', asesOther)).sub, 'Åse logs in as before')
  },
  'the region holds nothing of theirs': async () => {
    await eventually('sync has read everything again', async () => !/never/.test(await ctl(giver, 'sync')), { within: 20000 })
    const found = await traces()
    check(found.length === 0, 'no id, anchor, name, login or address of theirs is anywhere', found.slice(0, 4).join('; '))
    const places = await everywhere(giver)
    check(!Object.keys(places).some(p => /signer\/notodden|audit\/notodden/.test(p)), 'nor its keys, nor its record')
    rmSync(etc(giver, 'policies/notodden.conf'))
    await ctl(giver, 'reload')
    check((await affiliations(giver)).length === before.stay.length, 'and it can be taken out of the configuration')
  },
  'at its own installation all goes on': async () => {
    check((await claims(receiver, giver.own, 'elev', laerkeWas)).sub === before.elev.sub, 'she logs in there with the same sub')
  },
  'the others leave as well, at once': async () => {
    for (const m of ['kongsberg', 'tinn']) say(giver, m, `leaves ${today()}`)
    await ctl(giver, 'reload')
    for (const m of ['kongsberg', 'tinn']) await ctl(giver, 'leave', m, 'end', ...signed)
    for (const m of ['kongsberg', 'tinn']) empty(m)
    await ctl(giver, 'reload')
    check(/wants a date to come/.test(await refusal(giver, 'leave', 'tinn', 'remove', '--after', today(), ...signed)), 'a removal for later wants a day to come')
    await ctl(giver, 'leave', 'tinn', 'remove', '--after', '2099-01-01', '--keep-record', ...signed)
    const later = await giver.catalogue.find('(&(portvaktDecides=leave)(portvaktSubject=tinn)(portvaktSubject=step after))')
    await giver.catalogue.modify(later.dn, { portvaktUntil: '20260101000000Z' })
    const first = /certificate\s+(\S+)\.json/.exec(await ctl(giver, 'leave', 'kongsberg', 'remove', '--now', ...signed))[1]
    const certified = await eventually('Tinn is removed', () => readdirSync(join(giver.dir, 'state/admin')).filter(n => /^removed-tinn-.*json$/.test(n))[0], { within: 20000 })
    const paper = JSON.parse(readFileSync(join(giver.dir, 'state/admin', certified), 'utf8'))
    check(paper.record === 'kept', 'its record is kept where that was decided with it', paper.record)
    check(paper.by === signed[1], 'what was decided for later is done when its day has come, in the name of who decided it')
    const again = /certificate\s+(\S+)\.json/.exec(await ctl(giver, 'leave', 'kongsberg', 'remove', '--now', ...signed))[1]
    check(again !== first && JSON.parse(readFileSync(`${first}.json`, 'utf8')).people > 0, 'who asks again gets a certificate of its own, and the first one stays')
    const left = await giver.catalogue.search('(|(portvaktId=*)(portvaktHolder=*))', { attributes: ['portvaktDecides'] })
    check(left.every(e => e.portvaktDecides?.[0] === 'leave'), 'nobody and nothing is left in the catalogue', left.length)
  }
}

/** The municipality's block as it is before the removal: no people, no issuer;
 * and no services of that issuer, no rules about them, no directory. */
function empty (municipality) {
  edit(giver, `policies/${municipality}.conf`, t => t.replace(/\n\tpeople [\s\S]*?\n\t}/, '').replace(/\n\trules [\s\S]*?\n\t}/, '')
    .replace(/\n\tissuer .*/, '').replace(/\n\tmoved .*/g, '').replace(/\n\tplugin .*/g, ''))
  edit(giver, 'region.conf', t => t.replace(new RegExp(`\ndirectory ${municipality} [\\s\\S]*?\n}\n`), '\n'))
  if (municipality !== 'notodden') return
  for (const name of ['skole', 'elev', 'bok']) rmSync(etc(giver, 'services.d', `${name}.conf`))
  for (const m of ['kongsberg', 'tinn']) edit(giver, `policies/${m}.conf`, t => t.replace(/\n.*may (not )?enter\s+skole( +when.*)?(?=\n)/g, '').replace(/\bskole\b/g, ''))
}

try {
  await openGiver()
  for (const [name, act] of Object.entries(acts)) {
    try {
      await act()
    } catch (error) {
      check(false, name, error.stack.replace(/\s+/g, ' '))
      failed = 1
      break
    }
  }
} finally {
  for (const stage of [receiver, giver]) await stage?.stop().catch(error => console.log(`# ${error.message}`))
}
process.exit(failed)
