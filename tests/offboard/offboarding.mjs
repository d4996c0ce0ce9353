#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Notodden moves out of the region with its data, by all steps of
// docs/OFFBOARDING.md: one region that gives, and one that receives. Then the
// last two municipalities leave as well, until the catalogue is empty.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { openStage, eventually, giveCredentials, run, tree } from '../demo/stage.mjs'
import { Person, RelyingParty, decoded, random, verified } from '../hostile/relying_party.mjs'
import { ServiceProvider, readIdentityProvider } from '../hostile/service_provider.mjs'
import { check } from '../story/report.mjs'

const port = Number(process.env.OFFBOARD_PORT ?? 19640)
const folder = process.env.OFFBOARD_DIR ?? 'build/check/offboard'
const signed = ['--by', 'Invented Operator', '--reason', 'the agreement ends']
const laerkeWas = 'laerke.boketake@notodden.example'
const asesOther = 'ase.ostby@kongsberg.example'
let giver, receiver, failed = 0

const must = (truth, what) => { if (!truth) throw new Error(what) }
const etc = (stage, ...more) => join(stage.dir, 'etc', ...more)

/* Runs portvaktctl; throws if it fails. */
async function ctl (stage, ...args) {
  const done = await stage.ctl(...args)
  must(done.code === 0, `portvaktctl ${args.join(' ')}: ${done.out}${done.err}`)
  return done.out
}

/* Runs portvaktctl, which must fail; returns its messages. */
async function refusal (stage, ...args) {
  const done = await stage.ctl(...args)
  must(done.code === 1, `portvaktctl ${args.join(' ')} was not refused: ${done.out}`)
  return done.out + done.err
}

function edit (stage, file, change) {
  const path = etc(stage, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

const addLine = (stage, municipality, line) => edit(stage, `policies/${municipality}.conf`, t => t.replace(/\n\tdomain/, `\n\t${line}\n\tdomain`))
const removeLine = (stage, municipality, keyword) => edit(stage, `policies/${municipality}.conf`, t => t.replace(new RegExp(`\n\t${keyword} .*`), ''))
const today = () => new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Oslo' })

// ---- services: each exists in both regions, and knows people by one subject

const secrets = {}

function oidcService (stage, name, issuer, more = '') {
  secrets[name] ??= random()
  writeFileSync(etc(stage, 'credentials', name), secrets[name], { mode: 0o600 })
  writeFileSync(etc(stage, 'services.d', `${name}.conf`), `service ${name} {
	name "${name}"
	issuer ${issuer}
${more}	oidc ${name} {
		secret @${name}
		redirect-uri https://${name}.example/tilbake
	}
	attributes name login municipality kind unit role
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
  const claims = (await rp.userinfo(given.access_token)).json
  return { rp, given, person, header: decoded(given.id_token.split('.')[0]), ...claims }
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
  oidcService(giver, 'stilling', 'region', '\tsubject-is affiliation\n')
  samlService(giver, new ServiceProvider({}, { name: 'bok', issuer: 'notodden' }))
  samlService(giver, new ServiceProvider({}, { name: 'lonn', issuer: 'region' }))
  giveCredentials(etc(giver))
  addLine(giver, 'notodden', 'role rektor')
  await ctl(giver, 'reload')
}

/* Another region on this machine: its reverse proxy is at 127.0.0.2, where
 * the giver's hosts point once DNS has moved. */
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
	bind-dn "cn=portvakt,ou=programs,dc=notodden,dc=example"
	secret @notodden
	tls-ca-file ${join(giver.dir, 'ca/ca.pem')}
	map position from hrPosition
	map from from hrFrom
	map until from hrUntil
}
`
  edit(receiver, 'region.conf', t => t.replace(/\ndirectory [\s\S]*?\n}\n/g, '\n') + notodden)
  for (const sub of ['policies', 'services.d']) rmSync(etc(receiver, sub), { recursive: true })
  for (const sub of ['policies', 'services.d']) mkdirSync(etc(receiver, sub))
  for (const file of ['notodden.conf', 'notodden.svg']) copyFileSync(etc(giver, 'policies', file), etc(receiver, 'policies', file))
  edit(receiver, 'policies/notodden.conf', t => t.replace(/\n.*(skole|arkiv|okonomi).*/g, '').replace(/issuer .*/, `issuer ${giver.own}`))
  removeLine(receiver, 'notodden', 'offboarding-date')
  copyFileSync(etc(giver, 'credentials/notodden'), etc(receiver, 'credentials/notodden'))
  chmodSync(etc(receiver, 'credentials/notodden'), 0o600)
  for (const name of ['elev', 'sak', 'stilling']) oidcService(receiver, name, 'notodden', name === 'stilling' ? '\tsubject-is affiliation\n' : '')
  for (const name of ['bok', 'lonn']) samlService(receiver, new ServiceProvider({}, { name, issuer: 'notodden' }))
  giveCredentials(etc(receiver))
  copyFileSync(join(giver.dir, 'home/networks.lst'), join(receiver.dir, 'home/networks.lst'))
  const front = join(receiver.dir, 'home/haproxy.cfg')
  copyFileSync(join(giver.dir, 'home/haproxy.cfg'), front)
  writeFileSync(front, readFileSync(front, 'utf8').replaceAll(giver.dir, receiver.dir)
    .replace(/bind 127.0.0.1:(\d+)(.*)/, (_, p, more) => [`127.0.0.2:${p}`, `127.0.0.2:${port + 20}`, `127.0.0.1:${port + 20}`].map(at => `bind ${at}${more}`).join('\n\t')))
}

// ---- state between the acts

const before = {}
let people, csv, bundle

async function affiliations (stage) {
  return stage.catalogue.search('(objectClass=portvaktAffiliation)', { base: `ou=people,${stage.env.CATALOGUE_BASE}` })
}

const ids = list => list.map(e => e.dn.replace(/,ou=people.*/, '')).sort().join('\n')

/* Rows of [service, old issuer, old sub, new issuer, new sub]. */
const readCsv = text => text.trimEnd().split('\n').slice(1).map(line => line.split(','))
const listed = (service, sub) => csv.find(row => row[0] === service && row[2] === sub)

/* All places where the region keeps data, as one text each. */
async function everywhere (stage) {
  const places = {}
  const files = at => readdirSync(at, { withFileTypes: true }).flatMap(e => e.isDirectory() ? files(join(at, e.name)) : e.isFile() ? [join(at, e.name)] : [])
  for (const path of [...files(join(stage.dir, 'state')), ...files(join(stage.dir, 'log'))]) places[path] = readFileSync(path, 'latin1')
  places.catalogue = JSON.stringify(await stage.catalogue.search('(objectClass=*)'))
  for (const key of (await stage.redis('KEYS', '*')).split('\n').filter(Boolean)) {
    const [read, ...range] = { string: ['GET'], hash: ['HGETALL'], set: ['SMEMBERS'], zset: ['ZRANGE', '0', '-1'] }[await stage.redis('TYPE', key)] ?? []
    places[`redis ${key}`] = key + (read ? await stage.redis(read, key, ...range) : '')
  }
  return places
}

/* Finds data that only Notodden's people have: "place: value" each. */
async function traces () {
  const staying = JSON.stringify(before.stay) + JSON.stringify(await giver.catalogue.search('(objectClass=portvaktPerson)')
    .then(all => all.filter(p => before.stay.some(e => e.dn.includes(p.dn)))))
  const terms = [...new Set(before.own.flatMap(e => [
    e.portvaktId[0], e.dn.split(',')[1].split('=')[1], ...e.portvaktAnchor, ...e.portvaktLogin, ...(e.mail ?? []), ...e.cn
  ]))].filter(term => !staying.includes(term))
  must(terms.length > before.own.length * 2, 'too little to search for')
  return Object.entries(await everywhere(giver)).flatMap(([place, text]) => terms
    .filter(term => text.includes(term) || text.includes(Buffer.from(term).toString('latin1'))).map(term => `${place}: ${term}`))
}

const acts = {
  'before the offboarding': async () => {
    people = await affiliations(giver)
    const own = people.filter(e => e.portvaktMunicipality[0] === 'notodden')
    before.own = own
    before.stay = people.filter(e => e.portvaktMunicipality[0] !== 'notodden')
    await ctl(giver, 'role', 'grant', laerkeWas, 'rektor', '--reason', 'invented')
    before.elev = await claims(giver, giver.own, 'elev', laerkeWas)
    before.bok = await nameId(giver, 'bok', giver.own, laerkeWas)
    before.sak = await claims(giver, giver.env.PORTVAKT_ISSUER, 'sak', laerkeWas)
    before.stilling = await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', laerkeWas)
    before.lonn = await nameId(giver, 'lonn', giver.env.PORTVAKT_ISSUER, laerkeWas)
    check(before.elev.sub && before.elev.sub !== before.sak.sub && before.bok.name, 'a teacher of Notodden enters services of both issuers')
    check(/configuration of notodden has no offboarding-date/.test(await refusal(giver, 'offboard', 'notodden', 'end', ...signed)), 'nothing is ended while the configuration has no date')
  },
  'plan': async () => {
    addLine(giver, 'notodden', 'offboarding-date 2099-01-01')
    await ctl(giver, 'reload')
    const output = await ctl(giver, 'offboard', 'notodden', 'plan')
    check(/people\s+\d+ with affiliations only here, [1-9]\d* with another/.test(output), 'the plan lists who leaves and who stays', output)
    check(/elev uses issuer .*unaffected/.test(output) && /sak uses issuer .*needs a mapping/.test(output), 'which services are unaffected, and which get a list')
    check(/sessions\s+[1-9]/.test(output), 'and how many sessions there are')
    check((await affiliations(giver)).length === people.length, 'and changes nothing')
    check(/none of its own; configure one/.test(await ctl(giver, 'offboard', 'tinn', 'plan')), 'a municipality without its own issuer is asked to create one')
  },
  'the receiver creates its own keys, which are published here beforehand': async () => {
    await openReceiver()
    const keys = await ctl(receiver, 'keys', 'public', 'notodden')
    before.keys = join(giver.dir, 'receiver.json')
    writeFileSync(before.keys, keys)
    check(!/"d"\s*:/.test(keys), 'what the receiver sends holds no private key')
    const secret = join(giver.dir, 'mistaken')
    for (const text of ['{"keys":[{"kty":"EC","d":"QSBtaXN0YWtl"}]}', '-----BEGIN PRIVATE KEY-----\nQSBtaXN0YWtl\n']) {
      writeFileSync(secret, text)
      check(/contains a private key/.test(await refusal(giver, 'offboard', 'notodden', 'adopt', secret, ...signed)), 'a private key sent by mistake is refused', text.slice(0, 20))
    }
    writeFileSync(secret, '-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----')
    check(/certificate is not valid X.509/.test(await refusal(giver, 'offboard', 'notodden', 'adopt', secret, ...signed)), 'a malformed certificate on one line is refused')
    rmSync(secret)
    check(!Object.values(await everywhere(giver)).some(text => text.includes('QSBtaXN0YWtl')), 'and neither the audit log nor a log has the private key')
    await ctl(giver, 'offboard', 'notodden', 'adopt', before.keys, ...signed)
    const theirs = JSON.parse(keys).keys.map(k => k.kid)
    const published = await eventually('the keys are published', async () => {
      const { keys: ours } = (await giver.client().get(`${giver.own}/oidc/jwks`)).json
      return theirs.every(kid => ours.some(k => k.kid === kid)) && ours
    }, { within: 10000 })
    before.jwks = published
    check(published.length > theirs.length, "the receiver's keys are beside ours in the JWKS", `${published.length} keys`)
    const metadata = (await giver.client().get(`${giver.own}/saml/metadata`)).body
    check(metadata.includes(JSON.parse(keys).certificates[0]), 'and its certificate in the metadata')
    const list = await ctl(giver, 'keys', 'list')
    check(/notodden .*adopted/.test(list), 'portvaktctl keys lists the adopted keys')
    before.metadata = readIdentityProvider(metadata)
    check((await claims(giver, giver.own, 'elev', laerkeWas)).header.kid === before.elev.header.kid, 'our own key signs as before')
  },
  'export': async () => {
    bundle = join(giver.dir, 'bundle')
    rmSync(bundle, { recursive: true, force: true })
    const output = await ctl(giver, 'offboard', 'notodden', 'export', bundle, '--to', before.keys, ...signed)
    before.key = /signed with the key (\S+)/.exec(output)?.[1]
    check(before.key, 'the export names the key that signed it', output)
    const again = await ctl(giver, 'offboard', 'notodden', 'export', bundle, '--to', before.keys, ...signed)
    check(again.includes(before.key), 'and can be repeated')
    const names = readdirSync(bundle).filter(n => n !== 'audit')
    check(names.length === 10 && names.every(n => (statSync(join(bundle, n)).mode & 0o777) === 0o600), 'its files are readable only by their owner', names.join(' '))
    const text = names.map(n => readFileSync(join(bundle, n), 'utf8')).join('\n')
    check(!/portvaktJoin|portvaktNationalId|PRIVATE KEY/.test(text), 'it holds no join value, sealed number or private key')
    const ldif = readFileSync(join(bundle, 'people.ldif'), 'utf8')
    const others = before.stay.flatMap(e => [e.portvaktId[0], ...(e.portvaktAnchor ?? []), ...(e.mail ?? [])])
    check(!others.some(term => text.includes(term)), "and nothing of another affiliation")
    check(ldif.split('portvaktAnchor').length - 1 === before.own.length, 'it holds every affiliation of Notodden', before.own.length)
    check(/portvaktRole: rektor/.test(readFileSync(join(bundle, 'roles.ldif'), 'utf8')), 'the granted role is included')
    check(readdirSync(join(bundle, 'audit')).some(n => n.endsWith('.jsonl')), 'and its part of the audit log')
    csv = readCsv(readFileSync(join(bundle, 'subjects.csv'), 'utf8'))
    check(listed('sak', before.sak.sub)?.[1] === giver.env.PORTVAKT_ISSUER, 'the sub of a real token of the region is in the list')
    check(listed('stilling', before.stilling.sub) && listed('lonn', before.lonn.name), 'so are one by affiliation, and a persistent NameID')
    check(!csv.some(row => row[0] === 'elev'), "services of its own issuer need no list")
  },
  'the import refuses a changed bundle': async () => {
    const other = join(giver.dir, 'bundle-changed')
    cpSync(bundle, other, { recursive: true })
    writeFileSync(join(other, 'people.ldif'), readFileSync(join(other, 'people.ldif'), 'utf8').replace(/title: .*/, 'title: rådmann'))
    const options = ['--from-key', before.key, ...signed]
    check(/people.ldif does not match its SHA-256/.test(await refusal(receiver, 'import', other, ...options)), 'a changed file is named')
    check(/is signed with key \S+, expected key A+/.test(await refusal(receiver, 'import', bundle, '--from-key', 'A'.repeat(43), ...signed)), 'another key is refused')
    rmSync(other, { recursive: true })
  },
  'import': async () => {
    const output = await ctl(receiver, 'import', bundle, '--from-key', before.key, ...signed)
    check(/ldapadd/.test(output), 'the import prints what to load', output)
    await receiver.catalogue.do('ldapadd', ['-f', join(bundle, 'catalogue.ldif')])
    await receiver.again('sync')
    await eventually('the receiver has read its directory', async () => !/never/.test(await ctl(receiver, 'sync')), { within: 20000 })
    await eventually('all are active', async () => (await affiliations(receiver)).every(e => e.portvaktLastSeen || e.portvaktStatus[0] !== 'active'), { within: 10000 }).catch(() => {})
    const there = await affiliations(receiver)
    check(ids(there) === ids(before.own), 'all people keep their ids, and no one is new', `${there.length} of ${before.own.length}`)
    const joins = await receiver.catalogue.search('(portvaktJoin=*)', { attributes: ['portvaktJoin'] })
    const here = await giver.catalogue.search('(portvaktJoin=*)', { attributes: ['portvaktJoin'] })
    check(joins.length > 0, "join values are computed anew, with the receiver's own key", `${joins.length} there, ${here.length} here`)
    check(/already/.test(await refusal(receiver, 'import', bundle, '--from-key', before.key, ...signed)), 'an import into a region with people is refused')
  },
  'both regions run': async () => {
    const there = await claims(receiver, giver.own, 'elev', laerkeWas)
    check(there.sub === before.elev.sub, "a service of the own issuer gets the same sub there")
    const same = name => JSON.stringify(there[name]) === JSON.stringify(before.elev[name])
    check(['name', 'municipality', 'kind', 'unit', 'roles', 'login'].every(same), 'and every claim, group and role is the same')
    check(verified(there.given.id_token, before.jwks).claims.sub === there.sub, 'a service that fetched the JWKS here earlier accepts a token from there')
    const bok = await nameId(receiver, 'bok', giver.own, laerkeWas)
    check(bok.name === before.bok.name && bok.format.endsWith('persistent'), 'the persistent NameID is the same')
    for (const name of ['sak', 'stilling']) {
      const now = await claims(receiver, giver.own, name, laerkeWas)
      check(listed(name, before[name].sub)?.[4] === now.sub && listed(name, before[name].sub)[3] === giver.own, `for ${name}, which used only the region's issuer, the list is right`)
    }
    check(listed('lonn', before.lonn.name)?.[4] === (await nameId(receiver, 'lonn', giver.own, laerkeWas)).name, 'and for a SAML service')
    check((await claims(giver, giver.own, 'elev', laerkeWas)).sub === before.elev.sub, 'while login here works as before')
  },
  'services migrate one by one': async () => {
    check(/migrated-service sak/.test(await ctl(giver, 'offboard', 'notodden', 'migrate', 'sak')), 'migrate prints what to configure')
    addLine(giver, 'notodden', 'migrated-service sak')
    await ctl(giver, 'reload')
    const rp = await client(giver, giver.env.PORTVAKT_ISSUER, 'sak')
    for (const [language, pattern] of [['nb', /innloggingen til kommunen din/], ['nn', /innlogginga til kommunen din/], ['en', /own login/]]) {
      const person = new Person(giver, giver.person(laerkeWas))
      person.http.headers['accept-language'] = language
      const page = await person.logIn(await person.open(rp.address(rp.request().params)))
      check(!page.location && pattern.test(page.text) && /[A-Z]-\d{4}-\w+/.test(page.text), `a login through the old region gets an explanation and a receipt (${language})`, page.text.slice(0, 200))
    }
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'sak', asesOther)).sub, 'others enter it as before')
  },
  'end': async () => {
    const open = await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', laerkeWas)
    check(await open.rp.isAlive(open.given.access_token), 'a token of the leaving teacher is valid')
    check(/in the future/.test(await refusal(giver, 'offboard', 'notodden', 'end', ...signed)), 'end is refused before the date')
    removeLine(giver, 'notodden', 'offboarding-date')
    addLine(giver, 'notodden', `offboarding-date ${today()}`)
    await ctl(giver, 'reload')
    check(/end it first/.test(await refusal(giver, 'offboard', 'notodden', 'remove', '--now', ...signed)), 'nothing is removed before the end')
    await ctl(giver, 'offboard', 'notodden', 'end', ...signed)
    check(!await open.rp.isAlive(open.given.access_token), 'the token is invalid')
    check(open.person.asksForPassword(await open.person.open(open.rp.address(open.rp.request().params))), 'the session has ended')
    const person = new Person(giver, giver.person(laerkeWas))
    const page = await person.logIn(await person.open(open.rp.address(open.rp.request().params)))
    check(/fått sin egen innlogging/.test(page.text) && /[A-Z]-\d{4}-\w+/.test(page.text), 'a new login is refused with an explanation and a receipt', page.text.slice(0, 200))
    check(/fått sin egen innlogging/.test(await newPassword(person, page)), 'and so is a new password, which the directory does not get')
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', asesOther)).sub, 'Åse, who works in Kongsberg too, logs in there')
  },
  'remove': async () => {
    check(/still has an issuer/.test(await refusal(giver, 'offboard', 'notodden', 'remove', '--now', ...signed)), 'data of a configured municipality is not removed')
    empty('notodden')
    await ctl(giver, 'reload')
    check((await affiliations(giver)).length === people.length, 'an emptied block alone removes no one')
    check(/--by/.test(await refusal(giver, 'offboard', 'notodden', 'remove', '--now')), 'nor does a command without a name')
    check((await refusal(giver, 'offboard', 'notoden', 'remove', '--now', ...signed)).includes('notoden'), 'nor a misspelt name')
    check((await traces()).length > before.own.length, 'the search finds their data before the removal')
    const output = await ctl(giver, 'offboard', 'notodden', 'remove', '--now', ...signed)
    const path = /certificate\s+(\S+)\.json/.exec(output)?.[1]
    const certificate = JSON.parse(readFileSync(`${path}.json`, 'utf8'))
    const only = new Set(before.own.map(e => e.dn.split(',')[1])).size - certificate.stay
    check(certificate.people === only && certificate.removed.affiliations === before.own.length && certificate.ids.length === only + before.own.length, 'the certificate has the counts, by hashes', JSON.stringify(certificate).slice(0, 260))
    check(decoded(readFileSync(`${path}.jws`, 'utf8').split('.')[1]).what === 'removal', 'and is signed')
    check(ids(await affiliations(giver)) === ids(before.stay), 'all other people are as before', before.stay.length)
    check((await claims(giver, giver.env.PORTVAKT_ISSUER, 'stilling', asesOther)).sub, 'Åse logs in as before')
  },
  'the region holds nothing of theirs': async () => {
    await eventually('sync has read everything again', async () => !/never/.test(await ctl(giver, 'sync')), { within: 20000 })
    const found = await traces()
    check(found.length === 0, 'no id, anchor, name, login or address of theirs is found', found.slice(0, 4).join('; '))
    const places = await everywhere(giver)
    check(!Object.keys(places).some(p => /signer\/notodden|audit\/notodden/.test(p)), 'nor its keys, nor its audit log')
    rmSync(etc(giver, 'policies/notodden.conf'))
    await ctl(giver, 'reload')
    check((await affiliations(giver)).length === before.stay.length, 'and it can be removed from the configuration')
  },
  'its own installation works on': async () => {
    check((await claims(receiver, giver.own, 'elev', laerkeWas)).sub === before.elev.sub, 'a teacher logs in there with the same sub')
  },
  'the others are removed as well': async () => {
    for (const m of ['kongsberg', 'tinn']) addLine(giver, m, `offboarding-date ${today()}`)
    await ctl(giver, 'reload')
    for (const m of ['kongsberg', 'tinn']) await ctl(giver, 'offboard', m, 'end', ...signed)
    for (const m of ['kongsberg', 'tinn']) empty(m)
    await ctl(giver, 'reload')
    check(/must be a future date/.test(await refusal(giver, 'offboard', 'tinn', 'remove', '--after', today(), ...signed)), 'a scheduled removal needs a future date')
    await ctl(giver, 'offboard', 'tinn', 'remove', '--after', '2099-01-01', '--keep-audit-log', ...signed)
    const later = await giver.catalogue.find('(&(portvaktDecides=leave)(portvaktSubject=tinn)(portvaktSubject=step after))')
    await giver.catalogue.modify(later.dn, { portvaktUntil: '20260101000000Z' })
    const first = /certificate\s+(\S+)\.json/.exec(await ctl(giver, 'offboard', 'kongsberg', 'remove', '--now', ...signed))[1]
    const certified = await eventually('Tinn is removed', () => readdirSync(join(giver.dir, 'state/admin')).filter(n => /^removed-tinn-.*json$/.test(n))[0], { within: 20000 })
    const paper = JSON.parse(readFileSync(join(giver.dir, 'state/admin', certified), 'utf8'))
    check(paper.audit === 'kept', 'its audit log is kept where the decision requires it', paper.audit)
    check(paper.by === signed[1], 'a scheduled removal runs on its day, in the name of who decided it')
    const again = /certificate\s+(\S+)\.json/.exec(await ctl(giver, 'offboard', 'kongsberg', 'remove', '--now', ...signed))[1]
    check(again !== first && JSON.parse(readFileSync(`${first}.json`, 'utf8')).people > 0, 'a repeated removal gets its own certificate, and the first one stays')
    const left = await giver.catalogue.search('(|(portvaktId=*)(portvaktHolder=*))', { attributes: ['portvaktDecides', 'portvaktSubject'] })
    const remembered = left.filter(e => e.portvaktDecides?.[0] === 'keys').map(e => e.portvaktSubject[0]).sort().join(' ')
    check(left.every(e => ['leave', 'keys'].includes(e.portvaktDecides?.[0])) && remembered === 'notodden region',
      'the catalogue is empty but for the decisions to leave, and which issuers have had keys', left.length)
  }
}

/* Sends the right password and a new one by the page for it; its text. */
async function newPassword (person, loginPage) {
  const t = loginPage.forms.flatMap(f => f.inputs).find(i => i.name === 't').value
  const page = await person.open(new URL(`/password?t=${t}&m=notodden`, giver.env.PORTVAKT_URL).href)
  const form = page.forms.find(f => f.inputs.some(i => i.name === 'old'))
  const answer = await person.http.send(page, form, { login: person.who.login, old: person.who.password, new: 'Blåbærtur over Gausta', again: 'Blåbærtur over Gausta' })
  return answer.text
}

/* The municipality's block before the removal: no people, no issuer, no
 * services of that issuer, no rules about them, no directory. */
function empty (municipality) {
  edit(giver, `policies/${municipality}.conf`, t => t.replace(/\n\tpeople [\s\S]*?\n\t}/, '').replace(/\n\trules [\s\S]*?\n\t}/, '')
    .replace(/\n\tissuer .*/, '').replace(/\n\tmigrated-service .*/g, '').replace(/\n\tplugin .*/g, ''))
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
