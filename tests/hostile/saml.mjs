#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// saml.mjs: SAML 2.0 over HTTP: what every service may rely on, and which
// attacks must fail. The letters before the sentences (S81, M09) name the row
// in ROWS.md. DEMO_ENV names the environment file of a running demo. The test
// adds its own services and removes them afterwards.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { deflateRawSync } from 'node:zlib'
import { joinStage } from '../demo/stage.mjs'
import { allow, howManyFailed, isPage, must, Person, same, check } from './relying_party.mjs'
import {
  element, FORMAT, instant, newId, newKey, readIdentityProvider, ServiceProvider, STATUS, xmlsecVerifies
} from './service_provider.mjs'

const stage = joinStage(dirname(process.env.DEMO_ENV ?? 'build/demo/demo.env'))
const conf = stage.env.PORTVAKT_CONF
const services = join(dirname(conf), 'services.d')
const PORT = 12510

const http = stage.client()
const published = await http.get(stage.env.PORTVAKT_SAML_METADATA)
const idp = readIdentityProvider(published.body)
const signing = new ServiceProvider(idp, { name: 'fiende6', key: await newKey(), signs: true })
const plain = new ServiceProvider(idp, { name: 'fiende7', key: await newKey() })
const bare = new ServiceProvider(idp, { name: 'fiende8' })
const notodden = /issuer\s+(https:\S+)/.exec(readFileSync(join(dirname(conf), 'policies/notodden.conf'), 'utf8'))[1]
const theirIdp = readIdentityProvider((await http.get(`${notodden}/saml/metadata`)).body)
const theirs = new ServiceProvider(theirIdp, { name: 'fiende9', key: await newKey(), signs: true, issuer: 'notodden' })
const all = [signing, plain, bare, theirs]

const employees = stage.people.filter(p => p.kinds.length === 1 && p.kinds[0] === 'employee' && !/to stillinger|two|sperret|disabled|låst/i.test(p.note ?? ''))
const anna = () => new Person(stage, employees[0])
const berit = () => new Person(stage, employees.find(p => p.login !== employees[0].login) ?? employees[0])

async function reload () {
  const done = await stage.ctl('reload')
  must(done.code === 0, `reload: ${done.out}${done.err}`)
}

for (const sp of all) {
  writeFileSync(join(services, `${sp.name}.xml`), sp.metadata())
  writeFileSync(join(services, `${sp.name}.conf`), sp.configuration())
}
const forget = allow(conf, `employees    may enter ${all.map(sp => sp.name).join(' ')}`)
await reload()

/* To a service and back: the parsed Response; types a password where asked. */
async function enter (person, sp, attributes = {}, inside = '', options = {}) {
  const ID = newId()
  const answer = await person.open(sp.address(sp.request({ ID, ...attributes }, inside), options))
  const last = person.asksForPassword(answer) ? await person.logIn(answer) : answer
  return sp.read(last, ID, options.acs)
}

const isIn = async person => !person.asksForPassword(await person.open(plain.address(plain.request())))
const policy = format => `<p:NameIDPolicy Format="${format}"/>`
const context = (uri, comparison = 'exact') => `<p:RequestedAuthnContext Comparison="${comparison}"><a:AuthnContextClassRef>${uri}</a:AuthnContextClassRef></p:RequestedAuthnContext>`
const post = (person, fields, address = idp.post) => person.http.post(address, fields, { origin: 'https://fiende7.kongsberg.example' })
const base64 = text => Buffer.from(text).toString('base64')

/* From the logout result page back to the initiator. */
async function backToAsker (person, answer) {
  const link = answer.links.find(l => l.includes('/logout'))
  return answer.location || !link ? answer : person.open(link)
}

/* Sends a body of megabytes, even when it is not read; returns the status,
 * or 413 where the connection was closed. */
function pour (address, bytes) {
  const at = new URL(address)
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port: at.port, servername: at.hostname, ca: stage.ca })
    let reply = ''
    socket.on('data', part => { reply += part })
    socket.on('error', () => {})
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(reply)?.[1] ?? 413) }))
    socket.write(`POST ${at.pathname} HTTP/1.1\r\nHost: ${at.host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`)
    socket.end(`SAMLRequest=${'A'.repeat(bytes - 12)}`)
    setTimeout(() => socket.destroy(), 5000).unref()
  })
}

const canary = createServer((_, response) => { canary.hits++; response.end('<!ELEMENT x ANY>') })
canary.hits = 0
await new Promise(resolve => canary.listen(PORT, '127.0.0.1', resolve))
const pidsBefore = await stage.processes()

try {
  // ---- metadata

  await check('metadata names the entity, its endpoints and its key', async () => {
    same(published.status, 200, 'status')
    must(/^application\/samlmetadata\+xml/.test(published.headers['content-type']), published.headers['content-type'])
    same(idp.entityId, stage.env.PORTVAKT_SAML_METADATA, 'entityID')
    must(idp.redirect && idp.redirect === idp.post && idp.logout && idp.certificates.length >= 1, 'something is missing')
    for (const language of ['nb', 'nn', 'en']) must(published.body.includes(`xml:lang="${language}"`), language)
  })

  // ---- an ordinary login

  const one = anna()
  let first
  await check('a login returns a Response and an Assertion, and xmlsec1 verifies both', async () => {
    const began = Date.now()
    const relay = 'https://fiende6.kongsberg.example/?a=1&b="<>æ'
    first = await enter(one, signing, {}, '', { relay })
    same(first.codes.join(), `${STATUS}Success`, 'status')
    same(first.relay, relay, 'RelayState')
    must(await xmlsecVerifies(first.xml, 'Assertion', idp.certificates), 'xmlsec1 does not verify the Assertion')
    same(element(first.xml, 'Audience').text, signing.entityId, 'Audience')
    const until = Date.parse(/SubjectConfirmationData [^>]*NotOnOrAfter="([^"]*)"/.exec(first.xml)[1])
    must(until > Date.now() && until <= began + 11 * 60000, 'it is valid for too long')
    must(first.csp.includes('form-action') && first.csp.includes('https://fiende6.kongsberg.example'), first.csp)
    same(first.format, `${FORMAT}persistent`, 'format')
    same(first.class, 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', 'class')
    must(Math.abs(first.provedAt - Date.now()) < 60000, 'AuthnInstant')
  })
  await check('the service receives its attributes and no others', async () => {
    same(Object.keys(first.attributes).sort().join(), 'displayName,eduPersonAffiliation,eduPersonPrincipalName,mail,portvaktMunicipality', 'attributes')
    same(first.attributes.portvaktMunicipality[0], employees[0].municipality, 'municipality')
    must(first.attributes.displayName[0].length > 2, 'name')
  })
  await check('one login serves the next service, which gets another NameID', async () => {
    const second = await enter(one, plain)
    const again = await enter(one, signing)
    must(second.name !== first.name, 'two services can correlate the person')
    same(again.name, first.name, 'persistent name')
    same(again.index, first.index, 'SessionIndex')
  })
  await check('V22 V23 ACS index, alternative address, transient and mail NameID', async () => {
    await enter(one, plain, { AssertionConsumerServiceIndex: '2' }, '', { acs: plain.other })
    await enter(one, plain, { AssertionConsumerServiceURL: plain.other }, '', { acs: plain.other })
    const passing = await enter(one, bare, {}, policy(`${FORMAT}transient`))
    same(passing.format, `${FORMAT}transient`, 'format')
    const mail = await enter(one, plain, {}, policy('urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'))
    same(mail.name, mail.attributes.mail[0], 'mail')
  })
  await check('a request POSTed from another site is answered too', async () => {
    const ID = newId()
    const answer = await one.walk(await post(one, { SAMLRequest: base64(plain.request({ ID })), RelayState: 'x' }))
    const reply = await plain.read(answer, ID)
    same(reply.relay, 'x', 'RelayState')
  })

  // ---- requests and the ACS

  const refused = async (sentence, sp, make) => check(sentence, async () => {
    for (const [what, address] of make(sp)) {
      const answer = await one.http.get(address)
      try { isPage(answer) } catch (error) { throw new Error(`${what}: ${error.message}`) }
      must(!answer.body.includes('SAMLResponse'), `${what}: answered`)
    }
  })

  await refused('S81 S82 an ACS that is not in the metadata is refused, without fallback to another', plain, sp =>
    ['https://evil.example/acs', `${sp.acs}/`, `${sp.acs}?x`, `${sp.acs}#`, sp.acs.toUpperCase(), sp.acs.replace('https', 'http'),
      sp.acs.replace('.example/', '.example:443/'), sp.acs.replace('/acs', '//acs'), sp.acs.replace('/acs', '\\acs'), sp.acs.replace('//', '//x@'),
      `${sp.acs}%2e%2e`, sp.acs.replace('fiende', 'fi\u0435nde'), 'javascript:alert(1)', signing.acs, ''].map(url =>
      [url, sp.address(sp.request({ AssertionConsumerServiceURL: url }))]))
  await refused('S83 an ACS index that is unknown, too large, or combined with a URL', plain, sp =>
    [{ AssertionConsumerServiceIndex: '3' }, { AssertionConsumerServiceIndex: '65536' }, { AssertionConsumerServiceIndex: '-1' },
      { AssertionConsumerServiceIndex: '1', AssertionConsumerServiceURL: sp.acs }].map(a => [JSON.stringify(a), sp.address(sp.request(a))]))
  await refused('S84 S85 S86 a Redirect whose signature is missing, weak, by another key, or over other bytes', signing, sp => {
    const good = () => sp.address(sp.request(), { relay: 'back' })
    return [
      ['unsigned', sp.address(sp.request(), { signs: false })],
      ['another key', sp.address(sp.request(), { key: plain.key })],
      ['SHA-1', sp.address(sp.request(), { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' })],
      ['SigAlg swapped', good().replace('rsa-sha256', 'rsa-sha512')],
      ['no SigAlg', good().replace(/&SigAlg=[^&]*/, '')],
      ['no Signature', good().replace(/&Signature=.*/, '')],
      ['RelayState altered', good().replace('=back', '=bakc')],
      ['RelayState added', sp.address(sp.request()) + '&RelayState=x'],
      ['two RelayState', good() + '&RelayState=back'],
      ['escaped anew', good().replace(/%2B|%2F|%3D/i, m => m.toLowerCase())],
      ['two requests', good() + '&SAMLRequest=x'],
      ['with a SAMLResponse', good() + '&SAMLResponse=x']
    ]
  })
  await refused('S88 S89 a request from another time or for another destination', plain, sp => [
    ['an hour ago', sp.address(sp.request({ IssueInstant: instant(-3600) }))],
    ['in an hour', sp.address(sp.request({ IssueInstant: instant(3600) }))],
    ['the year 0', sp.address(sp.request({ IssueInstant: '0000-01-01T00:00:00Z' }))],
    ['the year 9999', sp.address(sp.request({ IssueInstant: '9999-12-31T23:59:59Z' }))],
    ['24 o\'clock', sp.address(sp.request({ IssueInstant: instant().replace(/T.*/, 'T24:00:00Z') }))],
    ['no zone', sp.address(sp.request({ IssueInstant: instant().slice(0, -1) }))],
    ['none', sp.address(sp.request({ IssueInstant: null }))],
    ['another Destination', sp.address(sp.request({ Destination: 'https://evil.example/saml/sso' }))],
    ['none, signed', signing.address(signing.request({ Destination: null }))]
  ])
  await refused('S92 an unknown, oversized or malformed Issuer', plain, sp =>
    ['https://unknown.example/', 'x'.repeat(10000), 'a\r\nSet-Cookie: b', '<script>alert(1)</script>', '../../etc/passwd', ''].map(issuer =>
      [issuer.slice(0, 30), sp.address(sp.request({}, '', issuer))]))
  await check('S92 no markup comes from an unknown Issuer or ProviderName', async () => {
    const answer = await one.http.get(plain.address(plain.request({}, '', 'https://<script>alert(1)</script>')))
    must(!answer.body.includes('<script>alert'), 'it is')
    const page = await anna().open(plain.address(plain.request({ ProviderName: '<script>alert(1)</script>' })))
    must(!page.body.includes('<script>alert'), 'it is')
  })
  await check('S87 a replayed request is refused', async () => {
    const address = plain.address(plain.request())
    const answer = await one.open(address)
    must(answer.body.includes('SAMLResponse'), 'the first is not answered')
    isPage(await one.http.get(address))
    isPage(await anna().http.get(address))
  })
  await refused('S85 a RelayState over 1,024 bytes, or with control characters', plain, sp => [
    ['1025', sp.address(sp.request(), { relay: 'x'.repeat(1025) })],
    ...['a\r\nSet-Cookie: x=y', '\t', 'a\x7f'].map(relay => [JSON.stringify(relay), sp.address(sp.request(), { relay })])
  ])
  await check('V28 a RelayState of 80 bytes, and a deep link of 1,024, are returned', async () => {
    for (const relay of ['x'.repeat(80), `https://sp.example/sak?id=${'9'.repeat(1024 - 26)}`]) {
      same((await enter(one, plain, {}, '', { relay })).relay, relay, 'RelayState')
    }
  })

  // ---- IsPassive, ForceAuthn and the authentication context

  await check('S90 IsPassive shows no page: NoPassive without a session, and always with ForceAuthn', async () => {
    for (const [person, attributes] of [[anna(), { IsPassive: 'true' }], [one, { IsPassive: 'true', ForceAuthn: 'true' }]]) {
      const ID = newId()
      const reply = await plain.read(await person.open(plain.address(plain.request({ ID, ...attributes }))), ID)
      same(reply.codes.join(), `${STATUS}Responder,${STATUS}NoPassive`, 'status')
      same(reply.name, undefined, 'a name')
    }
    const quiet = await enter(one, plain, { IsPassive: 'true' })
    same(quiet.codes.join(), `${STATUS}Success`, 'with a session')
  })
  await check('ForceAuthn asks for a password, and AuthnInstant is later', async () => {
    const before = Date.now()
    const ID = newId()
    const page = await one.open(plain.address(plain.request({ ID, ForceAuthn: 'true' })))
    must(one.asksForPassword(page), 'no password was asked for')
    const reply = await plain.read(await one.logIn(page), ID)
    must(reply.provedAt >= before - 1500, 'AuthnInstant was not renewed')
  })
  await check('S91 no AuthnContext above a password is claimed', async () => {
    for (const [uri, comparison] of [['idporten-loa-high', 'exact'], ['idporten-loa-substantial', 'minimum'], ['urn:example:retina', 'exact'], ['idporten-loa-high', 'better'], ['https://refeds.org/profile/mfa', 'exact']]) {
      const ID = newId()
      const reply = await plain.read(await one.open(plain.address(plain.request({ ID }, context(uri, comparison)))), ID)
      same(reply.codes.join(), `${STATUS}Responder,${STATUS}NoAuthnContext`, uri)
    }
    same((await enter(one, plain, {}, context('idporten-loa-low', 'minimum'))).class, 'idporten-loa-low', 'class')
  })
  await check('an unsupported NameID format is InvalidNameIDPolicy', async () => {
    const ID = newId()
    const reply = await plain.read(await one.open(plain.address(plain.request({ ID }, policy(`${FORMAT}kerberos`)))), ID)
    same(reply.codes.join(), `${STATUS}Requester,${STATUS}InvalidNameIDPolicy`, 'status')
  })
  await check('a Subject in the request restricts the person', async () => {
    const known = await enter(one, plain)
    const subject = name => `<a:Subject><a:NameID>${name}</a:NameID></a:Subject>`
    same((await enter(one, plain, {}, subject(known.name))).name, known.name, 'name')
    same((await enter(one, plain, {}, subject('somebody-else'))).codes.join(), `${STATUS}Responder,${STATUS}UnknownPrincipal`, 'status')
  })

  // ---- XML

  const document = plain.request()
  const within = inside => plain.request({}, inside)
  const bombs = {
    'S62 an external entity': `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${document}`,
    'S63 a parameter entity': `<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:${PORT}/dtd"> %e;]>${document}`,
    'S63 an external DTD': `<!DOCTYPE x SYSTEM "http://127.0.0.1:${PORT}/dtd">${document}`,
    'S64 billion laughs': `<!DOCTYPE x [<!ENTITY a "ha">${[...'bcdefghij'].map((c, i) => `<!ENTITY ${c} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>${document.replace('>', '>&j;')}`,
    'S65 an empty DOCTYPE': `<!DOCTYPE x []>${document}`,
    'S65 UTF-16': Buffer.from(`\ufeff${document}`, 'utf16le'),
    'S66 a style sheet': `<?xml-stylesheet href="http://127.0.0.1:${PORT}/x"?>${document}`,
    'S67 a comment': document.replace('/saml<', '/saml<!-- -->.evil.example<'),
    'S68 CDATA': document.replace('/saml<', '/sa<![CDATA[ml]]><'),
    'S69 an instruction': document.replace('/saml<', '/sa<?x?>ml<'),
    'S72 7,000 attributes': within(`<p:Extensions><x ${Array.from({ length: 1100 }, (_, i) => `a${i}=""`).join(' ')}/></p:Extensions>`),
    'S73 depth 300': within(`${'<x>'.repeat(300)}${'</x>'.repeat(300)}`),
    'S74 40 namespaces': within(`<x ${Array.from({ length: 40 }, (_, i) => `xmlns:n${i}="urn:${i}"`).join(' ')}/>`),
    'S29 two roots': `${document}<x/>`,
    'S29 bytes behind': `${document}x`,
    'S14 an ID twice': within('<p:Extensions><x ID="_1"/><y ID="_1"/></p:Extensions>'),
    'S21 a relative namespace': within('<p:Extensions><x xmlns:e="1"/></p:Extensions>'),
    'S16 an Assertion': within('<p:Extensions><a:Assertion/></p:Extensions>'),
    'over 16 KiB': within(`<p:Extensions>${'<x>0123456789</x>'.repeat(1000)}</p:Extensions>`)
  }
  await check('S62-S74 M09 hostile XML is refused by Redirect and POST, within the time limit', async () => {
    for (const [what, xml] of Object.entries(bombs)) {
      const deflated = deflateRawSync(xml).toString('base64')
      for (const send of [
        () => one.http.get(`${idp.redirect}?SAMLRequest=${encodeURIComponent(deflated)}`),
        () => post(one, { SAMLRequest: Buffer.from(xml).toString('base64') })
      ]) {
        const began = Date.now()
        const answer = await send()
        try { isPage(answer) } catch (error) { throw new Error(`${what}: ${error.message}`) }
        must(Date.now() - began < 1000, `${what}: ${Date.now() - began} ms`)
      }
    }
    same(canary.hits, 0, 'something was fetched')
  })
  await check('S71 S75 S78 oversized and compressed input is refused without delaying others', async () => {
    const swelling = deflateRawSync(Buffer.alloc(16 << 20, 97))
    isPage(await post(one, { SAMLRequest: base64('x'.repeat(60000)) }))
    const tries = [
      () => one.http.get(`${idp.redirect}?SAMLRequest=${encodeURIComponent(swelling.toString('base64').slice(0, 12000))}`),
      () => post(one, { SAMLRequest: `<x ${'a=""'.repeat(120000)}` }),
      () => pour(idp.post, 10 << 20)
    ]
    for (const send of tries) {
      const began = Date.now()
      const answer = await send().catch(() => ({ status: 413 }))
      must(answer.status >= 400 && answer.status < 500, `${answer.status}`)
      must(Date.now() - began < 5000, `${Date.now() - began} ms`)
    }
    must((await http.get(stage.env.PORTVAKT_SAML_METADATA)).status === 200, 'the server does not answer')
  })
  await check('S76 S77 DEFLATE and base64 have one valid form', async () => {
    const good = deflateRawSync(plain.request())
    const send = text => one.http.get(`${idp.redirect}?SAMLRequest=${encodeURIComponent(text)}`)
    const text = good.toString('base64')
    const tries = {
      'trailing garbage': Buffer.concat([good, Buffer.from('x')]).toString('base64'),
      truncated: good.subarray(0, -5).toString('base64'),
      empty: '',
      'not deflated': base64(plain.request()),
      'URL-safe alphabet': text.replace(/[+/]/g, c => ({ '+': '-', '/': '_' }[c])) + '-_',
      'a blank': `${text.slice(0, 40)} ${text.slice(40)}`,
      'junk behind': `${text}=A`
    }
    for (const [what, value] of Object.entries(tries)) {
      try { isPage(await send(value)) } catch (error) { throw new Error(`${what}: ${error.message}`) }
    }
  })
  await check('S80 a message that is repeated, in query and body, or missing is refused', async () => {
    const value = base64(plain.request())
    isPage(await post(one, [['SAMLRequest', value], ['SAMLRequest', value]]))
    isPage(await post(one, { SAMLRequest: value }, plain.address(plain.request())))
    isPage(await post(one, { x: 'y' }))
    isPage(await one.http.get(idp.redirect))
    isPage(await one.http.get(`${idp.redirect}?SAMLResponse=${encodeURIComponent(deflateRawSync(plain.request()).toString('base64'))}`))
  })

  // ---- logout

  await check('S93 a logout that is unsigned, by another service, about another person or expired logs no one out', async () => {
    const person = anna()
    const login = await enter(person, plain)
    const other = await enter(berit(), plain)
    const tries = {
      unsigned: plain.logoutAddress(plain.logoutRequest(login), { signs: false }),
      'another service\'s key': plain.logoutAddress(plain.logoutRequest(login), { signs: true, key: signing.key }),
      'another service': signing.logoutAddress(signing.logoutRequest(login), { signs: true }),
      'another person': plain.logoutAddress(plain.logoutRequest(other), { signs: true }),
      'another index': plain.logoutAddress(plain.logoutRequest(login, {}, { index: other.index }), { signs: true }),
      'another format': plain.logoutAddress(plain.logoutRequest(login, {}, { format: `${FORMAT}transient` }), { signs: true }),
      late: plain.logoutAddress(plain.logoutRequest(login, { NotOnOrAfter: instant(-600) }), { signs: true }),
      'an hour old': plain.logoutAddress(plain.logoutRequest(login, { IssueInstant: instant(-3600) }), { signs: true }),
      'for another place': plain.logoutAddress(plain.logoutRequest(login, { Destination: 'https://evil.example/' }), { signs: true })
    }
    for (const [what, address] of Object.entries(tries)) {
      const answer = await person.open(address)
      if (answer.location) {
        const sp = answer.location.startsWith(plain.slo) ? plain : signing
        const { xml } = sp.readRedirect(answer.location, 'SAMLResponse')
        must(xml.includes(`${STATUS}Requester`), `${what}: ${xml}`)
      } else {
        isPage(answer)
      }
      must(await isIn(person), `${what}: logged out`)
    }
  })
  await check('a service logs its person out, the others are notified, and the response is signed', async () => {
    const person = anna()
    const login = await enter(person, plain)
    await enter(person, signing)
    const asked = plain.logoutRequest(login)
    const next = await person.open(plain.logoutAddress(asked, { signs: true, relay: 'done' }))
    const address = next.location ?? next.links.find(l => l.startsWith(signing.slo))
    must(address?.startsWith(signing.slo), `${next.status} ${next.location ?? next.text.slice(0, 300)}`)
    must(!await isIn(person), 'still logged in while the others are notified')
    const logout = signing.readRedirect(address, 'SAMLRequest')
    must(logout.xml.includes('LogoutRequest') && logout.relay, logout.xml)
    const page = await person.open(signing.logoutAddress(signing.logoutResponse(logout.xml), { param: 'SAMLResponse', relay: logout.relay }))
    const back = await backToAsker(person, page)
    must(back.location?.startsWith(plain.slo), `${back.status} ${back.location ?? back.text.slice(0, 300)}`)
    const answer = plain.readRedirect(back.location, 'SAMLResponse')
    same(answer.relay, 'done', 'RelayState')
    same(/InResponseTo="([^"]*)"/.exec(answer.xml)[1], /\bID="([^"]*)"/.exec(asked)[1], 'InResponseTo')
    must(answer.xml.includes(`${STATUS}Success`) && !answer.xml.includes('PartialLogout'), answer.xml)
    must(!await isIn(person), 'still in')
  })
  await check("a municipality's own issuer has its own keys and NameIDs, and shares login and logout", async () => {
    must(theirIdp.entityId !== idp.entityId && !theirIdp.certificates.some(c => idp.certificates.includes(c)), 'keys or NameIDs are shared')
    const person = anna()
    const login = await enter(person, theirs)
    must(await isIn(person), "the region's issuer asks for a password again")
    same(element(login.xml, 'Issuer').text, theirIdp.entityId, 'Issuer')
    isPage(await person.http.get(`${idp.redirect}?${theirs.query(theirs.request())}`))
    isPage(await person.http.get(`${theirIdp.redirect}?${plain.query(plain.request({ Destination: theirIdp.redirect }))}`))
    isPage(await person.open(theirs.logoutAddress(theirs.logoutRequest(login, { Destination: idp.logout }))))
    must(await isIn(person), 'logged out through another issuer')
    const back = await backToAsker(person, await person.open(theirs.logoutAddress(theirs.logoutRequest(login), { relay: 'x' })))
    // plain is notified on the way, by the session that isIn created.
    const logout = plain.readRedirect(back.location ?? back.links.find(l => l.startsWith(plain.slo)), 'SAMLRequest')
    const page = await person.open(plain.logoutAddress(plain.logoutResponse(logout.xml), { param: 'SAMLResponse', relay: logout.relay, signs: true }))
    const answer = theirs.readRedirect((await backToAsker(person, page)).location, 'SAMLResponse')
    must(answer.xml.includes(`${STATUS}Success`), answer.xml)
    must(!await isIn(person), 'still in')
  })
  await check('a service that reports failure, or a forged response, is not shown as logged out', async () => {
    for (const options of [{ status: `${STATUS}Responder` }, { key: plain.key }, { signs: false }]) {
      const person = anna()
      const login = await enter(person, plain)
      await enter(person, signing)
      const next = await person.open(plain.logoutAddress(plain.logoutRequest(login), { signs: true }))
      const logout = signing.readRedirect(next.location ?? next.links.find(l => l.startsWith(signing.slo)), 'SAMLRequest')
      const page = await person.open(signing.logoutAddress(signing.logoutResponse(logout.xml, options.status), { param: 'SAMLResponse', relay: logout.relay, ...options }))
      same(page.status, 200, 'status')
      must(page.text.includes('fiende6'), page.text.slice(0, 400))
      const on = await backToAsker(person, page)
      const answer = plain.readRedirect(on.location, 'SAMLResponse')
      must(answer.xml.includes('PartialLogout'), answer.xml)
    }
  })
  await check('an unsolicited LogoutResponse gets no redirect', async () => {
    const person = anna()
    await enter(person, plain)
    isPage(await person.open(signing.logoutAddress(signing.logoutResponse('ID="_x"'), { param: 'SAMLResponse', relay: 'invented' })))
    isPage(await person.open(signing.logoutAddress(signing.logoutResponse('ID="_x"'), { param: 'SAMLResponse' })))
    must(await isIn(person), 'logged out')
  })

  await check('U2 the same web and signer processes run as before', async () => {
    const now = await stage.processes()
    for (const name of ['web', 'signer']) same(now[name], pidsBefore[name], name)
    same(canary.hits, 0, 'something was fetched')
  })
} finally {
  canary.closeAllConnections()
  canary.close()
  for (const sp of all) for (const end of ['conf', 'xml']) rmSync(join(services, `${sp.name}.${end}`), { force: true })
  forget()
  await reload()
}
process.exit(howManyFailed() ? 1 : 0)
