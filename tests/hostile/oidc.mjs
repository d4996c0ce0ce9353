#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// oidc.mjs: OpenID Connect over HTTP: what every client may rely on, and which
// attacks must fail. The letters before the sentences (O01, B17, L03) name the
// row in ROWS.md. DEMO_ENV names the environment file of a running demo. The
// test adds its own clients and removes them afterwards.
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { giveCredentials, joinStage } from '../demo/stage.mjs'
import {
  allow, basic, decoded, encoded, howManyFailed, isPage, isRefused, jwt, must, Person, random, RelyingParty, s256, same, check, verified
} from './relying_party.mjs'

const stage = joinStage(dirname(process.env.DEMO_ENV ?? 'build/demo/demo.env'))
const conf = stage.env.PORTVAKT_CONF
const services = join(dirname(conf), 'services.d')
const PORT = 12410
const names = ['fiende1', 'fiende2', 'fiende3', 'fiende4', 'fiende5', 'fiende6']
const secrets = { fiende1: random(), fiende2: `${random()}:+% æ`, fiende5: random(), fiende6: random() }
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const app = 'https://app.kongsberg.example/cb'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const app2 = 'https://app2.flesberg.example/cb?x=1'

// ---- the clients

const service = (name, inside, issuer = 'region') => `service ${name} {
	name      "${name}, bare til prøve"
	issuer    ${issuer}
	oidc ${name} {
${inside.map(line => `\t\t${line}`).join('\n')}
	}
	attributes  name given-name family-name mail login municipality kind unit
}
`

function writeServices () {
  const all = {
    fiende1: service('fiende1', ['secret @fiende1', `redirect-uri ${app}`, 'post-logout-redirect-uri https://app.kongsberg.example/bye',
      `backchannel-logout-uri http://127.0.0.1:${PORT}/back-channel`, 'grant-types authorization_code refresh_token']),
    fiende2: service('fiende2', ['secret @fiende2', 'auth-method client_secret_post', `redirect-uri "${app2}" https://app2.flesberg.example/other`, 'id-token-signed-response-alg ES256', 'grant-types authorization_code refresh_token']),
    fiende3: service('fiende3', ['public', 'redirect-uri http://127.0.0.1/cb', 'grant-types authorization_code refresh_token']),
    fiende4: service('fiende4', [`jwks ${join(services, 'fiende4.jwks')}`, 'redirect-uri https://app4.tinn.example/cb']),
    fiende6: service('fiende6', ['secret @fiende6', 'redirect-uri https://app6.notodden.example/cb', 'post-logout-redirect-uri https://app6.notodden.example/bye', 'grant-types authorization_code refresh_token'], 'notodden'),
    fiende5: service('fiende5', ['secret @fiende5', 'redirect-uri https://app5.tinn.example/cb', 'grant-types client_credentials'])
  }
  const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }
  writeFileSync(join(services, 'fiende4.jwks'), JSON.stringify({ keys: [jwk] }))
  for (const [name, secret] of Object.entries(secrets)) {
    writeFileSync(join(dirname(conf), 'credentials', name), secret, { mode: 0o600 })
  }
  for (const [name, text] of Object.entries(all)) writeFileSync(join(services, `${name}.conf`), text)
  giveCredentials(dirname(conf))
}

function takeServicesAway () {
  for (const name of names) {
    rmSync(join(services, `${name}.conf`), { force: true })
    rmSync(join(services, `${name}.jwks`), { force: true })
    rmSync(join(dirname(conf), 'credentials', name), { force: true })
  }
}

async function reload () {
  const done = await stage.ctl('reload')
  must(done.code === 0, `reload: ${done.out}${done.err}`)
}

// ---- fixtures

const http = stage.client({ headers: { accept: 'application/json' } })
const discovery = `${stage.env.PORTVAKT_ISSUER}/.well-known/openid-configuration`
const meta = (await http.get(discovery)).json
const jwks = (await http.get(meta.jwks_uri)).json.keys

writeServices()
const forget = allow(conf, `employees    may enter ${names.join(' ')}`)
await reload()

const one = new RelyingParty(stage, meta, { id: 'fiende1', secret: secrets.fiende1, redirect: app })
const two = new RelyingParty(stage, meta, { id: 'fiende2', secret: secrets.fiende2, redirect: app2, post: true })
const native = new RelyingParty(stage, meta, { id: 'fiende3', redirect: 'http://127.0.0.1:49152/cb' })
const byKey = new RelyingParty(stage, meta, { id: 'fiende4', key: keys.privateKey, redirect: 'https://app4.tinn.example/cb' })
const neighbours = (await http.get(`${stage.env.PORTVAKT_ISSUER.replace('login.', 'notodden.')}/.well-known/openid-configuration`)).json
const six = new RelyingParty(stage, neighbours, { id: 'fiende6', secret: secrets.fiende6, redirect: 'https://app6.notodden.example/cb' })
const machine = new RelyingParty(stage, meta, { id: 'fiende5', secret: secrets.fiende5 })

const employees = stage.people.filter(p => p.kinds.length === 1 && p.kinds[0] === 'employee' && !/to stillinger|two|sperret|disabled|låst/i.test(p.note ?? ''))
// Two rows for the same person have the same note except for the share.
const both = stage.people.find(p => /two municipalities/.test(p.note ?? ''))
const elsewhere = stage.people.find(p => p !== both && p.login.split('@')[0] === both.login.split('@')[0])
const anna = new Person(stage, employees[0])
const berit = new Person(stage, employees.find(p => p.login !== employees[0].login) ?? employees[0])
const stranger = () => new Person(stage, employees[0])

const received = []
const backChannel = createServer((request, response) => {
  let body = ''
  request.on('data', part => { body += part })
  request.on('end', () => {
    received.push({ url: request.url, type: request.headers['content-type'], form: new URLSearchParams(body) })
    response.end()
  })
})
await new Promise(resolve => backChannel.listen(PORT, '127.0.0.1', resolve))
const pidsBefore = await stage.processes()

try {
  // ---- discovery

  await check('C01-C28 discovery lists exactly what is supported, on https', async () => {
    const answer = await http.get(discovery)
    same(answer.status, 200, 'status')
    must(/^application\/json/.test(answer.headers['content-type']), 'not JSON')
    same(meta.issuer, stage.env.PORTVAKT_ISSUER, 'issuer')
    for (const [name, value] of Object.entries(meta)) if (/_endpoint$|_uri$/.test(name)) must(value.startsWith(`${meta.issuer}/`), `${name} ${value}`)
    same(meta.response_types_supported.join(), 'code', 'response types')
    same(meta.code_challenge_methods_supported.join(), 'S256', 'PKCE')
    same(meta.subject_types_supported.join(), 'pairwise', 'subjects')
    must(meta.id_token_signing_alg_values_supported.includes('RS256'), 'no RS256')
    same(meta.request_parameter_supported, false, 'request')
    same(meta.request_uri_parameter_supported, false, 'request_uri')
    same(meta.claims_parameter_supported, true, 'claims')
    must(meta.scopes_supported.includes('openid') && meta.claims_supported.includes('sub'), 'openid or sub')
    same(meta.authorization_response_iss_parameter_supported, true, 'iss')
  })
  await check('L01 L12 discovery offers logout and back-channel logout', async () => {
    must(meta.end_session_endpoint && meta.backchannel_logout_supported && meta.backchannel_logout_session_supported, 'not offered')
  })
  await check('A01 published keys are public, strong and distinct', async () => {
    must(jwks.length >= 2, 'too few')
    same(new Set(jwks.map(k => k.kid)).size, jwks.length, 'kids')
    for (const key of jwks) {
      must(['RSA', 'EC'].includes(key.kty) && !['d', 'p', 'q', 'k', 'dp', 'dq', 'qi'].some(n => n in key), 'a secret part')
      must(key.kty !== 'RSA' || Buffer.from(key.n, 'base64url').length >= 256, 'RSA under 2048')
    }
  })

  // ---- an ordinary login

  let first
  await check('B01 A03-A06 a login returns a code, tokens and the right claims', async () => {
    const before = Math.floor(Date.now() / 1000)
    first = await anna.tokens(one, { scope: 'openid profile email' })
    same(first.status, 303, 'status')
    same(first.back.searchParams.get('state'), first.params.state, 'state')
    same(first.back.searchParams.get('iss'), meta.issuer, 'iss')
    must(first.code.length >= 43 && first.access_token.length >= 43, 'too short')
    same(first.token_type.toLowerCase(), 'bearer', 'token_type')
    const { header, claims } = verified(first.id_token, jwks)
    same(header.alg, 'RS256', 'alg')
    same(claims.iss, meta.issuer, 'iss')
    same(claims.aud, 'fiende1', 'aud')
    same(claims.nonce, first.params.nonce, 'nonce')
    same(claims.at_hash, createHash('sha256').update(first.access_token).digest().subarray(0, 16).toString('base64url'), 'at_hash')
    must(claims.exp > before && claims.exp < before + 3600 && Math.abs(claims.iat - before) < 60, 'times')
    must(claims.auth_time <= claims.iat && claims.acr && claims.sid && claims.amr.length > 0, 'auth_time, acr, sid or amr')
    must(/^[\x21-\x7e]{1,255}$/.test(claims.sub), 'sub')
  })
  await check('B05-B10 userinfo returns the same sub and the claims of the scope, however the token is sent', async () => {
    const { sub } = decoded(first.id_token.split('.')[1])
    const answers = [
      await one.userinfo(first.access_token),
      await http.ask('GET', meta.userinfo_endpoint, undefined, { authorization: `bearer ${first.access_token}` }),
      await http.post(meta.userinfo_endpoint, {}, { authorization: `Bearer ${first.access_token}` }),
      await http.post(meta.userinfo_endpoint, { access_token: first.access_token })
    ]
    for (const answer of answers) {
      same(answer.status, 200, answer.body)
      same(answer.json.sub, sub, 'sub')
      must(answer.json.name && answer.json.email.includes('@'), 'name and email')
      must(!answer.json.phone_number && !answer.json.title, 'more than it receives')
    }
  })
  await check('O61 client_secret_post with special characters, ES256, and another sub for another client', async () => {
    const login = await anna.tokens(two)
    const { header, claims } = verified(login.id_token, jwks)
    same(header.alg, 'ES256', 'alg')
    must(claims.sub !== decoded(first.id_token.split('.')[1]).sub, 'the same sub')
    same((await two.userinfo(login.access_token)).json.name, undefined, 'name without scope')
  })
  await check('V12 a native client may use any port of loopback', async () => {
    const login = await anna.tokens(native)
    must(login.id_token && login.refresh_token, 'no tokens')
  })
  await check('D23 a client authenticates with private_key_jwt', async () => {
    must((await anna.tokens(byKey)).id_token, 'no token')
  })

  await check('O117 of two affiliations only the selected one is released', async () => {
    const person = new Person(stage, both)
    const released = []
    for (const which of [0, 1]) {
      const rp = which ? two : one
      const { params, verifier } = rp.request({ scope: 'openid profile email' })
      let page = await person.open(rp.address(params))
      if (person.asksForPassword(page)) page = await person.logIn(page)
      const form = page.forms.find(f => f.inputs.some(i => i.name === 'as'))
      must(form, `no choice of affiliation: ${page.status} ${page.location ?? page.text.slice(0, 200)}`)
      const choices = ['as', 'prove'].map(name => form.inputs.filter(i => i.name === name).map(i => i.value))
      same(choices.flat().length, 2, 'choices')
      let answer = await person.walk(await person.http.send(page, form, {}, choices[which][0]))
      if (which) answer = await Object.assign(person, { who: elsewhere }).logIn(answer)
      const back = new URL(answer.location)
      const tokens = (await rp.redeem({ code: back.searchParams.get('code'), verifier })).json
      released.push({ ...(await rp.userinfo(tokens.access_token)).json, claims: decoded(tokens.id_token.split('.')[1]) })
    }
    const places = released.map(t => t.municipality)
    must(places[0] !== places[1] && places.every(Boolean), `${places}`)
    for (const [i, t] of released.entries()) must(!JSON.stringify(t).includes(places[1 - i]), `${places[i]} reveals ${places[1 - i]}: ${JSON.stringify(t)}`)
  })
  await check("a municipality's own issuer has its own clients, names and tokens", async () => {
    const person = stranger()
    const login = await person.tokens(six, { scope: 'openid profile' })
    const there = (await http.get(neighbours.jwks_uri)).json.keys
    const { claims } = verified(login.id_token, there)
    same(claims.iss, neighbours.issuer, 'iss')
    same(login.back.searchParams.get('iss'), neighbours.issuer, 'iss of the response')
    must(!there.some(k => jwks.some(j => j.kid === k.kid)), 'a key of both')
    must((await six.userinfo(login.access_token)).json.name, 'name')
    const here = await person.tokens(one)
    same((await one.userinfo(login.access_token)).status, 401, 'their token accepted here')
    same((await six.userinfo(here.access_token)).status, 401, 'our token accepted there')
    isRefused(await http.post(meta.token_endpoint, { grant_type: 'refresh_token', refresh_token: login.refresh_token }, { authorization: basic('fiende6', secrets.fiende6) }), 'invalid_client')
    isPage(await person.open(`${meta.authorization_endpoint}?${new URLSearchParams(six.request().params)}`))
    await person.isSentBack(one, { id_token_hint: login.id_token, prompt: 'none' }, 'login_required')
    const page = await person.open(`${neighbours.end_session_endpoint}?${new URLSearchParams({ id_token_hint: login.id_token, post_logout_redirect_uri: 'https://app6.notodden.example/bye', state: 's' })}`)
    // Other clients took part: the page shows their results and links back.
    must(page.status === 200 && page.text.includes('fiende1'), `logout: ${page.status} ${page.text.slice(0, 200)}`)
    const left = await person.open(page.links.find(l => l.includes('/logout?done=')))
    same(left.location, 'https://app6.notodden.example/bye?state=s', 'redirect')
    must(!await one.isAlive(here.access_token) && !await six.isAlive(login.access_token), 'a token lives')
  })

  // ---- redirect_uri

  const long = `${app}${'a'.repeat(7000)}`
  const addresses = {
    O01: [`${app}/`], O02: ['https://app.kongsberg.example/CB'], O03: ['HTTPS://APP.KONGSBERG.EXAMPLE/cb'],
    O04: ['https://app.kongsberg.example:443/cb'], O05: ['http://app.kongsberg.example/cb'],
    O06: [`${app}?x=1`, `${app}?`, `${app}#`, `${app}#x`],
    O07: [`${app}/../evil`, `${app}/%2e%2e/evil`, `${app};/../evil`], O08: ['https://app.kongsberg.example/%63b'],
    O09: ['https://app.kongsberg.example.evil.example/cb'], O10: [`https://evil.example/${app}`],
    O11: ['https://evilapp.kongsberg.example/cb', 'https://x.app.kongsberg.example/cb'],
    O12: ['https://app.kongsberg.example@evil.example/cb', 'https://a:b@app.kongsberg.example/cb',
      'https://evil.example#@app.kongsberg.example/cb', 'https://evil.example\\@app.kongsberg.example/cb'],
    O13: ['https:\\\\app.kongsberg.example\\cb', 'https:/\\evil.example', '///evil.example/cb'],
    O14: ['//app.kongsberg.example/cb', '/cb', 'cb', ''], O15: ['https:app.kongsberg.example/cb'],
    O16: [`${app}%00.evil.example`, `${app}\r\nSet-Cookie:x=y`, `${app}\0`],
    O17: [`${app} `, ` ${app}`, `${app}\t`, `${app}\u00a0`],
    O18: ['https://\u0430pp.kongsberg.example/cb', 'https://xn--pp-7kc.kongsberg.example/cb', 'https://app\u3002kongsberg.example/cb'],
    O19: ['https://[::ffff:127.0.0.1]/cb', 'https://127.1/cb', 'https://2130706433/cb', 'https://[::1]/cb'],
    O20: [`javascript:alert(1)//${app}`, 'data:text/html,x', 'vbscript:x', 'blob:https://app.kongsberg.example/1', 'file:///etc/passwd', 'intent://x'],
    O21: [`${app}?code=x&state=y`], O25: [app2], O29: [long]
  }
  for (const [row, tried] of Object.entries(addresses)) {
    await check(`${row} no redirect to ${tried.map(t => JSON.stringify(t.slice(0, 60))).join(', ')}`, async () => {
      for (const redirect of tried) isPage(await anna.open(one.address(one.request({ redirect_uri: redirect }).params)))
    })
  }
  await check('O26 a registered query must match exactly', async () => {
    for (const more of ['?x=1&y=2', '?y=2&x=1', '?x=%31', '']) {
      isPage(await anna.open(two.address(two.request({ redirect_uri: `https://app2.flesberg.example/cb${more}` }).params)))
    }
    const login = await anna.enter(two)
    must(login.back.href.startsWith(`${app2}&code=`), login.back.href)
  })
  await check('O27 only the port of a loopback address may vary', async () => {
    for (const redirect of ['http://127.0.0.1.evil.example/cb', 'http://localhost/cb', 'http://127.0.0.1/cb2', 'http://127.0.0.1:80@evil.example/cb', 'http://[::1]/cb']) {
      isPage(await anna.open(native.address(native.request({ redirect_uri: redirect }).params)))
    }
  })
  const raw = (params, more) => `${one.address(params)}&${more}`
  const good = encodeURIComponent(app)
  const evil = encodeURIComponent('https://evil.example/cb')
  await check('O22 two redirect_uri are refused, in either order', async () => {
    const { params } = one.request({ redirect_uri: null })
    isPage(await anna.open(raw(params, `redirect_uri=${good}&redirect_uri=${evil}`)))
    isPage(await anna.open(raw(params, `redirect_uri=${evil}&redirect_uri=${good}`)))
  })
  await check('O23 a redirect_uri in the body that differs from the query is refused', async () => {
    const { params } = one.request()
    isPage(await anna.http.post(one.address(params), { redirect_uri: 'https://evil.example/cb' }))
    isPage(await anna.http.post(raw(one.request({ redirect_uri: null }).params, `redirect_uri=${evil}`), params))
  })
  await check('O24 O28 redirect_uri has one spelling and is required', async () => {
    const { params } = one.request({ redirect_uri: null })
    for (const name of ['redirect_uri[]', 'redirect_uri.x', 'Redirect_Uri', 'redirect-uri']) {
      isPage(await anna.open(raw(params, `${encodeURIComponent(name)}=${good}`)))
    }
    isPage(await anna.open(one.address(params)))
    isPage(await anna.open(two.address(two.request({ redirect_uri: null }).params)))
  })
  await check('O29 invalid UTF-8 and nested escapes in redirect_uri are refused', async () => {
    const { params } = one.request({ redirect_uri: null })
    for (const bad of ['%ff', '%c0%ae', '%zz', '%', '%00']) isPage(await anna.http.get(raw(params, `redirect_uri=${good}${bad}`)))
    isPage(await anna.http.get(raw(params, `redirect_uri=${'%25'.repeat(2000)}`)))
  })
  await check('O30 O53 an unknown client, or an unregistered address with an invalid scope, gets no redirect', async () => {
    isPage(await anna.open(one.address(one.request({ client_id: 'nobody', redirect_uri: 'https://evil.example/' }).params)))
    isPage(await anna.open(one.address(one.request({ client_id: null }).params)))
    isPage(await anna.open(one.address(one.request({ scope: '"', redirect_uri: 'https://evil.example/' }).params)))
  })

  // ---- the authorization request

  const sentBack = async (row, errors, cases) => check(row, async () => {
    for (const more of cases) {
      try {
        await anna.isSentBack(one, more, ...errors)
      } catch (error) {
        throw new Error(`${JSON.stringify(more).slice(0, 120)}: ${error.message}`)
      }
    }
  })
  await sentBack('O31 B02 only response_type code is accepted', ['unsupported_response_type', 'invalid_request'],
    ['token', 'id_token', 'code token', 'none', 'code code', 'CODE', '', null].map(t => ({ response_type: t })))
  await sentBack('O32 response_mode is query', ['invalid_request'], ['fragment', 'web_message', 'form_post', 'x', ''].map(m => ({ response_mode: m })))
  await sentBack('O33 O34 a code_challenge with S256 is required', ['invalid_request'], [
    { code_challenge: null }, { code_challenge_method: null }, { code_challenge_method: 'plain' }, { code_challenge_method: 's256' },
    { code_challenge: random().slice(1) }, { code_challenge: 'a'.repeat(129) }, { code_challenge: `${random().slice(1)}=` }, { code_challenge: `+${random().slice(1)}` }
  ])
  await check('O35 no parameter may be repeated', async () => {
    const { params } = one.request()
    for (const name of ['client_id', 'state', 'scope', 'nonce', 'code_challenge', 'response_type', 'prompt', 'claims']) {
      isPage(await anna.http.get(raw({ prompt: 'none', claims: '{}', ...params }, `${name}=x`)))
    }
  })
  await check('O36 V06 state is returned unchanged, or an error page is shown', async () => {
    const states = ['', '\r\nSet-Cookie: x=y', '<script>alert(1)</script>', '😀 æøå', String.fromCharCode(...Array(95).keys()).replace(/[^]/g, c => String.fromCharCode(c.charCodeAt(0) + 32)), 'x'.repeat(2048)]
    for (const state of states) {
      const login = await anna.enter(one, { state })
      same(login.back.searchParams.get('state') ?? '', state, 'state')
      must(login.code, 'no code')
    }
    isPage(await anna.http.get(one.address(one.request({ state: 'x'.repeat(4096) }).params)))
    isPage(await anna.http.get(raw(one.request({ state: null }).params, 'state=%00')))
  })
  await check('O37 a long nonce is kept, unknown scopes are dropped, and an invalid scope is refused', async () => {
    const nonce = 'n'.repeat(384)
    const login = await anna.tokens(one, { nonce, scope: `openid tenant:kongsberg ${Array.from({ length: 500 }, (_, i) => `s${i}`).join(' ')}` })
    same(decoded(login.id_token.split('.')[1]).nonce, nonce, 'nonce')
    same(login.scope, 'openid', 'scope')
    for (const scope of ['openid "', 'openid \\', 'profile', '', null]) await anna.isSentBack(one, { scope }, 'invalid_scope', 'invalid_request')
  })
  await sentBack('O38 prompt none stands alone and unknown prompts are refused', ['invalid_request'], ['none login', 'consent none', 'xyz'].map(prompt => ({ prompt })))
  await sentBack('O39 max_age is a number', ['invalid_request'], ['-1', '99999999999999999999', '1e3', '0x10', '', ' 1'].map(age => ({ max_age: age })))
  await sentBack('O40 claims that are invalid, deep, large or about several people are refused', ['invalid_request'], [
    { claims: '{' }, { claims: '[]' }, { claims: `${'{"a":'.repeat(1000)}1` }, { claims: `{"userinfo":{"x":null},"y":"${'z'.repeat(5000)}"}` },
    { claims: '{"userinfo":{"name":null,"name":null}}' }, { claims: '{"id_token":{"sub":{"values":["a","b"]}}}' }
  ])
  await check('O40 claims about another sub end in login_required, never in that sub', async () => {
    await anna.isSentBack(one, { claims: JSON.stringify({ id_token: { sub: { value: 'somebody-else' } } }), prompt: 'none' }, 'login_required')
    const { sub } = decoded(first.id_token.split('.')[1])
    const login = await anna.tokens(one, { claims: JSON.stringify({ id_token: { sub: { value: sub } } }), prompt: 'none' })
    same(decoded(login.id_token.split('.')[1]).sub, sub, 'sub')
  })
  await sentBack('O41 B33 request_uri is not fetched and is refused as unsupported', ['request_uri_not_supported'],
    [`http://127.0.0.1:${PORT}/fetched`, 'http://169.254.169.254/', 'file:///etc/passwd', 'gopher://x', 'ldap://x', 'urn:ietf:params:oauth:request_uri:x'].map(u => ({ request_uri: u })))
  await sentBack('O43 B34 B36 request objects are refused as unsupported', ['request_not_supported'],
    [jwt({ alg: 'none' }, { redirect_uri: 'https://evil.example/' }), 'x', ''].map(request => ({ request })))
  await check('O41 nothing was fetched', async () => { must(!received.some(r => r.url !== '/back-channel'), 'it was fetched') })

  const hints = {
    expired: jwt({ alg: 'none' }, { ...decoded(first.id_token.split('.')[1]) }),
    strangers: jwt({ alg: 'ES256', kid: jwks.find(k => k.kty === 'EC').kid }, decoded(first.id_token.split('.')[1]), strangers.privateKey),
    'M01 a=aa..': 'a=aa..',
    'M01 payload': `${encoded({ alg: 'RS256' })}.a=aa.`,
    empty: '',
    dots: '.'.repeat(2000),
    'no kid': jwt({ alg: 'ES256' }, decoded(first.id_token.split('.')[1]), strangers.privateKey),
    'crit': `${encoded({ alg: 'RS256', crit: ['exp'], kid: jwks[0].kid })}.${first.id_token.split('.').slice(1).join('.')}`
  }
  await sentBack('O46 a foreign id_token_hint is refused', ['login_required'], Object.values(hints).map(h => ({ id_token_hint: h, prompt: 'none' })))
  await check('B23 V18 our id_token_hint identifies the person', async () => {
    const login = await anna.tokens(one, { id_token_hint: first.id_token, prompt: 'none' })
    same(decoded(login.id_token.split('.')[1]).sub, decoded(first.id_token.split('.')[1]).sub, 'sub')
    await anna.isSentBack(one, { id_token_hint: (await anna.tokens(two)).id_token, prompt: 'none' }, 'login_required')
  })
  await check('O47 O48 B24-B26 V04 optional and unknown parameters do not break a login', async () => {
    const optional = [
      { login_hint: '*)(uid=*))(|(uid=*' }, { login_hint: '<b>\u202e' + 'x'.repeat(3000) }, { ui_locales: '../../etc' }, { ui_locales: 'nn nb-NO en' },
      { ui_locales: 'nb_NO' }, { ui_locales: 'de '.repeat(500) }, { claims_locales: 'se' }, { extra: 'foobar' }, { display: 'page' }, { display: 'popup' },
      { nonce: null }, { state: null }, { scope: 'email openid openid profile' }, { acr_values: 'urn:unknown' }, { prompt: 'consent' }
    ]
    for (const extra of optional) must((await anna.enter(one, extra)).code, JSON.stringify(extra).slice(0, 80))
  })
  await check('O49 the authorization endpoint sends no CORS headers', async () => {
    const preflight = await anna.http.ask('OPTIONS', meta.authorization_endpoint, undefined, { origin: 'https://evil.example', 'access-control-request-method': 'GET' })
    same(preflight.headers['access-control-allow-origin'], undefined, 'CORS')
    const answer = await anna.http.get(one.address(one.request().params), { origin: 'https://evil.example' })
    same(answer.headers['access-control-allow-origin'], undefined, 'CORS')
  })
  await sentBack('O51 an acr that was not reached is not claimed', ['unmet_authentication_requirements', 'login_required', 'access_denied'], [{ acr_values: 'idporten-loa-high', prompt: 'none' }])
  await check('B27 an acr that was reached is claimed', async () => {
    const level = decoded(first.id_token.split('.')[1]).acr
    same(decoded((await anna.tokens(one, { acr_values: `idporten-loa-high ${level}` })).id_token.split('.')[1]).acr, level, 'acr')
  })
  await check('B35 a claim requested by name is released without its scope', async () => {
    const login = await anna.tokens(one, { claims: JSON.stringify({ userinfo: { name: { essential: true }, phone_number: null }, id_token: { municipality: null } }) })
    const info = (await one.userinfo(login.access_token)).json
    must(info.name && !info.phone_number && !info.email, JSON.stringify(info))
    must(decoded(login.id_token.split('.')[1]).municipality, 'municipality in the ID token')
  })
  await check('O54 five thousand parameters are refused', async () => {
    const params = Array.from({ length: 5000 }, (_, i) => `a${i}=1`).join('&')
    isPage(await anna.http.ask('POST', meta.authorization_endpoint, params, FORM))
    // More than the body's limit: the connection may be closed before it is all
    // sent.
    const flood = await stage.client().ask('POST', meta.authorization_endpoint, 'a='.padEnd(1 << 20, 'x'), FORM).catch(() => null)
    must(!flood || (flood.status >= 400 && flood.status < 500), `${flood?.status}`)
  })
  await check('B31 V05 O78 a POSTed authorization request becomes a 303 and a login', async () => {
    const { params, verifier } = one.request()
    const answer = await anna.http.post(meta.authorization_endpoint, params)
    same(answer.status, 303, 'status')
    const end = await anna.walk(answer)
    const code = new URL(end.location).searchParams.get('code')
    same((await one.redeem({ code, verifier })).status, 200, 'token')
  })
  await check('B18 prompt=none without a session is login_required and no page', async () => {
    await stranger().isSentBack(one, { prompt: 'none' }, 'login_required', 'interaction_required')
  })
  await check('B17 B20 B21 prompt=login and a small max_age ask again, with a later auth_time', async () => {
    const person = stranger()
    const before = await person.tokens(one)
    const old = decoded(before.id_token.split('.')[1]).auth_time
    same(decoded((await person.tokens(one, { max_age: '10000', prompt: 'none' })).id_token.split('.')[1]).auth_time, old, 'auth_time')
    await sleep(1100)
    for (const more of [{ prompt: 'login' }, { max_age: '1' }, { max_age: '0' }]) {
      const { params, verifier } = one.request(more)
      const page = await person.open(one.address(params))
      must(person.asksForPassword(page), `no password for ${JSON.stringify(more)}: ${page.status} ${page.location}`)
      const back = new URL((await person.logIn(page)).location)
      const token = (await one.redeem({ code: back.searchParams.get('code'), verifier })).json
      must(decoded(token.id_token.split('.')[1]).auth_time > old, 'auth_time is not later')
      await sleep(2100)
    }
  })

  // ---- authorization codes

  const waiting = { at: Date.now(), login: await anna.enter(one) }

  await check('B28 B29 O55 a code used twice revokes its tokens', async () => {
    const login = await anna.tokens(one)
    must(await one.isAlive(login.access_token), 'token already invalid')
    isRefused(await one.redeem(login), 'invalid_grant')
    must(!await one.isAlive(login.access_token), 'the access token is still valid')
    isRefused(await one.refresh(login.refresh_token), 'invalid_grant')
  })
  await check('O55 of fifty concurrent uses of a code one succeeds, and its tokens are revoked', async () => {
    const login = await anna.enter(one)
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.redeem(login)))
    const good = answers.filter(a => a.status === 200)
    must(good.length <= 1, `${good.length} were answered`)
    answers.filter(a => a.status !== 200 && a.status !== 503).forEach(a => isRefused(a, 'invalid_grant'))
    // All but one may get 503; when that one gets tokens, they are revoked.
    if (good.length === 0) return
    must(!await one.isAlive(good[0].json.access_token), 'its access token is still valid')
    isRefused(await one.refresh(good[0].json.refresh_token), 'invalid_grant')
  })
  await check('O66 a ninth access token of one login revokes the oldest', async () => {
    const login = await anna.tokens(one)
    const tokens = [login.access_token]
    let refresh = login.refresh_token
    const next = async () => {
      const { status, json } = await one.refresh(refresh)
      must(status === 200, `refresh answered ${status}`)
      tokens.push(json.access_token)
      refresh = json.refresh_token
    }
    const alive = async () => (await Promise.all(tokens.map(t => one.isAlive(t)))).map(Number).join('')
    while (tokens.length < 8) await next()
    must(await alive() === '11111111', `of eight tokens ${await alive()} are valid`)
    await next()
    must(await alive() === '011111111', `of nine tokens ${await alive()} are valid`)
    await next()
    must(await alive() === '0011111111', `of ten tokens ${await alive()} are valid`)
  })
  await check('O57 another client cannot use a code, and the attempt invalidates it', async () => {
    for (const other of [two, native, byKey]) {
      const login = await anna.enter(one)
      isRefused(await other.redeem(login, { redirect_uri: app }), 'invalid_grant')
      isRefused(await one.redeem(login), 'invalid_grant')
    }
  })
  await check('O58 redirect_uri must be that of the authorization request', async () => {
    for (const redirect of [null, '', 'https://evil.example/cb', `${app}/x`, 'https://app.kongsberg.test/cb', 'https://x.app.kongsberg.example/cb', `${app}?`]) {
      isRefused(await one.redeem(await anna.enter(one), { redirect_uri: redirect }), 'invalid_grant')
    }
  })
  await check('O59 O76 code_verifier must match the code_challenge', async () => {
    const login = await anna.enter(one)
    for (const verifier of [null, '', random(), s256(login.verifier), login.verifier.slice(1), `${login.verifier} `]) {
      isRefused(await one.redeem({ ...await anna.enter(one), verifier }), 'invalid_grant')
    }
    const [mine, theirs] = [await anna.enter(one), await anna.enter(one)]
    isRefused(await one.redeem({ ...theirs, verifier: mine.verifier }), 'invalid_grant')
  })

  // ---- client authentication

  const grant = { grant_type: 'authorization_code', code: 'x', redirect_uri: app, code_verifier: random() }
  await check('O61 an unauthenticated client gets one uniform error', async () => {
    const b64 = text => `Basic ${Buffer.from(text).toString('base64')}`
    const tries = [
      [grant], [grant, { authorization: basic('fiende1', 'wrong') }], [grant, { authorization: b64('fiende1:') }],
      [grant, { authorization: basic('nobody', secrets.fiende1) }], [grant, { authorization: b64(`fiende1:${secrets.fiende1}%`) }],
      [grant, { authorization: b64('fiende1:a:b') }], [grant, { authorization: `Basic ${secrets.fiende1}` }], [grant, { authorization: 'Basic' }],
      [{ ...grant, client_id: 'fiende1', client_secret: secrets.fiende1 }, { authorization: basic('fiende1', secrets.fiende1) }],
      [{ ...grant, client_id: 'fiende1', client_secret: '' }], [{ ...grant, client_id: 'fiende1' }],
      [{ ...grant, client_id: 'fiende2' }, { authorization: basic('fiende1', secrets.fiende1) }],
      [grant, { authorization: `Bearer ${first.access_token}` }]
    ]
    for (const [params, headers] of tries) {
      const answer = await http.post(meta.token_endpoint, params, headers)
      isRefused(answer, 'invalid_client')
      same(answer.status, 401, 'status')
      must(/^Basic/.test(answer.headers['www-authenticate']), 'no WWW-Authenticate')
    }
    const inAddress = await http.post(`${meta.token_endpoint}?client_id=fiende1&client_secret=${secrets.fiende1}`, grant)
    isRefused(inAddress, 'invalid_client')
  })
  await check('O62 a client must use its registered authentication method', async () => {
    isRefused(await http.post(meta.token_endpoint, grant, { authorization: basic('fiende2', secrets.fiende2) }), 'invalid_client')
    isRefused(await http.post(meta.token_endpoint, { ...grant, client_id: 'fiende3', client_secret: 'x' }), 'invalid_client')
    isRefused(await http.post(meta.token_endpoint, { ...grant, client_id: 'fiende4' }), 'invalid_client')
    isRefused(await http.post(meta.token_endpoint, { ...grant, client_id: 'fiende4', client_secret: 'x' }), 'invalid_client')
    isRefused(await http.post(meta.token_endpoint, grant, { authorization: basic('fiende4', 'x') }), 'invalid_client')
    isRefused(await byKey.http.post(meta.token_endpoint, { ...byKey.credentials(grant)[1], client_id: 'fiende1' }), 'invalid_client')
  })
  await check('O63 O79-O85 O90 a client assertion is valid once, for our audience, from its own key', async () => {
    const now = Math.floor(Date.now() / 1000)
    const publicPem = keys.publicKey.export({ type: 'spki', format: 'pem' })
    const forged = `${encoded({ alg: 'HS256', kid: 'k1' })}.${byKey.assertion().split('.')[1]}`
    const hs256 = `${forged}.${createHmac('sha256', publicPem).update(forged).digest('base64url')}`
    const good = byKey.assertion()
    const bad = [
      jwt({ alg: 'none' }, decoded(good.split('.')[1])), jwt({ alg: 'nOnE' }, decoded(good.split('.')[1])), hs256,
      byKey.assertion({ aud: 'https://evil.example' }), byKey.assertion({ aud: meta.token_endpoint }), byKey.assertion({ aud: null }),
      byKey.assertion({ exp: now - 300 }), byKey.assertion({ exp: now + 31536000 }), byKey.assertion({ exp: null }), byKey.assertion({ exp: `${now + 60}` }),
      byKey.assertion({ sub: null }), byKey.assertion({ sub: 'fiende1' }), byKey.assertion({ iss: 'fiende1' }), byKey.assertion({ jti: null }),
      byKey.assertion({}, {}, strangers.privateKey), byKey.assertion({}, { kid: '../../dev/null' }), byKey.assertion({}, { crit: ['exp'] }),
      byKey.assertion({}, { typ: 'logout+jwt' }), byKey.assertion({}, { alg: 'RS256' }), `${good}=`, `${good} `, good.split('.').slice(0, 2).join('.'),
      'a=aa..', '..', '', `${encoded({ alg: 'ES256' })}.a=aa.aaaa`, first.id_token
    ]
    for (const assertion of bad) {
      const answer = await http.post(meta.token_endpoint, { ...byKey.credentials(grant)[1], client_assertion: assertion })
      isRefused(answer, 'invalid_client')
    }
    const params = { ...byKey.credentials(grant)[1], client_assertion: good }
    isRefused(await http.post(meta.token_endpoint, params), 'invalid_grant')
    isRefused(await http.post(meta.token_endpoint, params), 'invalid_client')
  })
  await check('O64 O75 unsupported and unregistered grant types are refused', async () => {
    isRefused(await one.token({ grant_type: 'client_credentials' }), 'unauthorized_client')
    isRefused(await machine.refresh('x.y'), 'unauthorized_client')
    for (const type of ['password', 'implicit', 'authorization_code ', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:openid:params:grant-type:ciba', 'urn:ietf:params:oauth:grant-type:token-exchange']) {
      isRefused(await one.token({ grant_type: type }), 'unsupported_grant_type')
    }
    isRefused(await one.token({ code: 'x' }), 'invalid_request')
    const twice = await http.ask('POST', meta.token_endpoint, 'grant_type=authorization_code&grant_type=refresh_token', { ...FORM, authorization: basic('fiende1', secrets.fiende1) })
    isRefused(twice, 'invalid_request')
  })
  await check('O72 the token endpoint accepts only POSTed forms without repeated parameters', async () => {
    same((await http.get(`${meta.token_endpoint}?${new URLSearchParams(grant)}`, { authorization: basic('fiende1', secrets.fiende1) })).status, 405, 'GET')
    for (const type of ['application/json', 'application/x-www-form-urlencoded; charset=utf-16', 'text/plain', 'multipart/form-data; boundary=x']) {
      const answer = await http.ask('POST', meta.token_endpoint, JSON.stringify(grant), { 'content-type': type, authorization: basic('fiende1', secrets.fiende1) })
      must([400, 401, 415].includes(answer.status), `${type}: ${answer.status}`)
    }
    isRefused(await http.ask('POST', meta.token_endpoint, `${new URLSearchParams(grant)}&code=y`, { ...FORM, authorization: basic('fiende1', secrets.fiende1) }), 'invalid_request')
  })
  let machineToken
  await check('a client-credentials token is about no person', async () => {
    const answer = await machine.token({ grant_type: 'client_credentials', scope: 'openid' })
    same(answer.status, 200, answer.body)
    machineToken = answer.json.access_token
    must(!answer.json.refresh_token && !answer.json.id_token, 'more than an access token')
    isRefused(await machine.userinfo(machineToken), 'insufficient_scope', 'invalid_token')
  })

  // ---- refresh tokens

  await check('B37 a refresh returns the next token, the same person and no nonce', async () => {
    const login = await anna.tokens(one, { scope: 'openid profile' })
    const answer = await one.refresh(login.refresh_token)
    same(answer.status, 200, answer.body)
    const [before, after] = [login.id_token, answer.json.id_token].map(t => verified(t, jwks).claims)
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'sid']) same(after[name], before[name], name)
    same(after.nonce, undefined, 'nonce')
    same(answer.json.scope, login.scope, 'scope')
    must(answer.json.refresh_token !== login.refresh_token && await one.isAlive(answer.json.access_token), 'not new')
    isRefused(await one.refresh(answer.json.refresh_token, { scope: 'openid profile phone' }), 'invalid_scope', 'invalid_grant')
    same((await one.refresh(answer.json.refresh_token, { scope: 'openid' })).status, 200, 'narrower')
  })
  await check('O65 a refresh token of another client, or an invalid one, is refused', async () => {
    const login = await anna.tokens(one)
    for (const other of [two, native]) isRefused(await other.refresh(login.refresh_token), 'invalid_grant')
    for (const token of ['x', '.', 'x.y', `${login.refresh_token}x`.replace(/^./, first => first === 'A' ? 'B' : 'A'), login.access_token, login.code, '']) {
      isRefused(await one.refresh(token), 'invalid_grant', 'invalid_request')
    }
    same((await one.refresh(login.refresh_token)).status, 200, 'its owner')
  })
  await check('O66 reuse of a refresh token revokes the family and its access tokens', async () => {
    const login = await anna.tokens(one)
    const next = (await one.refresh(login.refresh_token)).json
    isRefused(await one.refresh(login.refresh_token), 'invalid_grant')
    isRefused(await one.refresh(next.refresh_token), 'invalid_grant')
    for (const token of [login.access_token, next.access_token]) must(!await one.isAlive(token), 'an access token is still valid')
  })
  await check('O67 of fifty concurrent refreshes at most one succeeds, and no two tokens stay valid', async () => {
    const login = await anna.tokens(one)
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.refresh(login.refresh_token)))
    const good = answers.filter(a => a.status === 200)
    must(good.length <= 1, `${good.length} were answered`)
    answers.filter(a => a.status !== 200 && a.status !== 503).forEach(a => isRefused(a, 'invalid_grant'))
    isRefused(await one.refresh(login.refresh_token), 'invalid_grant')
  })

  // ---- tokens in the wrong place

  await check("O69 O70 userinfo accepts only a person's access token, and not in the query", async () => {
    const login = await anna.tokens(one)
    for (const token of [login.id_token, login.refresh_token, login.code, 'x', random()]) {
      const answer = await one.userinfo(token)
      same(answer.status, 401, token.slice(0, 10))
      must(/error="invalid_token"/.test(answer.headers['www-authenticate']), 'WWW-Authenticate')
    }
    const none = await http.get(meta.userinfo_endpoint)
    same(none.status, 401, 'without')
    must(/^Bearer/.test(none.headers['www-authenticate']) && !/error/.test(none.headers['www-authenticate']), 'WWW-Authenticate')
    must((await http.get(`${meta.userinfo_endpoint}?access_token=${login.access_token}`)).status >= 400, 'in the query')
    const both = await http.post(meta.userinfo_endpoint, { access_token: login.access_token }, { authorization: `Bearer ${login.access_token}` })
    must(both.status >= 400, 'twice')
    must(await one.isAlive(login.access_token), 'the token itself')
  })
  await check("O71 introspection and revocation work only for the token's own client", async () => {
    const login = await anna.tokens(one)
    const mine = await one.ask('introspection_endpoint', { token: login.access_token, token_type_hint: 'refresh_token' })
    must(mine.json.active && mine.json.client_id === 'fiende1' && mine.json.exp > Date.now() / 1000, mine.body)
    must((await one.ask('introspection_endpoint', { token: login.refresh_token })).json.active, 'refresh token')
    must((await machine.ask('introspection_endpoint', { token: machineToken })).json.active, "a machine's token")
    for (const token of [login.access_token, login.refresh_token, 'x', login.id_token]) {
      same((await two.ask('introspection_endpoint', { token })).body, '{"active":false}', 'to another')
    }
    isRefused(await http.post(meta.introspection_endpoint, { token: login.access_token }), 'invalid_client')
    isRefused(await native.ask('introspection_endpoint', { token: login.access_token }), 'invalid_client')
    isRefused(await http.post(meta.revocation_endpoint, { token: login.access_token }), 'invalid_client')
    must((await two.ask('revocation_endpoint', { token: login.access_token })).status < 500, 'foreign')
    must(await one.isAlive(login.access_token), 'another client revoked it')
    for (const token of ['x', 'x.y', login.id_token]) same((await one.ask('revocation_endpoint', { token })).status, 200, 'unknown')
  })
  await check('RFC 7009: a revoked token is invalid, and a refresh token revokes its access tokens', async () => {
    const login = await anna.tokens(one)
    same((await one.ask('revocation_endpoint', { token: login.access_token, token_type_hint: 'refresh_token' })).status, 200, 'access')
    must(!await one.isAlive(login.access_token), 'the access token is still valid')
    const next = (await one.refresh(login.refresh_token)).json
    same((await one.ask('revocation_endpoint', { token: next.refresh_token })).status, 200, 'refresh')
    must(!await one.isAlive(next.access_token), 'the access token is still valid')
    isRefused(await one.refresh(next.refresh_token), 'invalid_grant')
  })

  // ---- logout

  const leave = (person, params) => person.open(`${meta.end_session_endpoint}?${new URLSearchParams(params)}`)
  const bye = 'https://app.kongsberg.example/bye'
  const isIn = async person => {
    const { params } = one.request({ prompt: 'none' })
    return new URL((await person.open(one.address(params))).location).searchParams.has('code')
  }

  await check('L02 L08 L13 L18 logout with a hint returns state, notifies the back channel and revokes all tokens', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    received.length = 0
    const answer = await leave(person, { id_token_hint: login.id_token, post_logout_redirect_uri: bye, state: 'a b&c' })
    same(answer.location, `${bye}?state=a%20b%26c`, `redirect (${answer.status} ${answer.text.slice(0, 200)})`)
    must(!await isIn(person), 'still in')
    must(!await one.isAlive(login.access_token), 'the access token is still valid')
    isRefused(await one.refresh(login.refresh_token), 'invalid_grant')
    same(received.length, 1, 'logout tokens')
    const [notice] = received
    same([...notice.form.keys()].join(), 'logout_token', 'parameters')
    must(/^application\/x-www-form-urlencoded/.test(notice.type), 'type')
    const { header, claims } = verified(notice.form.get('logout_token'), jwks)
    const id = decoded(login.id_token.split('.')[1])
    same(header.typ, 'logout+jwt', 'typ')
    same(claims.iss, meta.issuer, 'iss')
    same(claims.aud, 'fiende1', 'aud')
    same(claims.sid, id.sid, 'sid')
    same(claims.sub, id.sub, 'sub')
    same(JSON.stringify(claims.events), '{"http://schemas.openid.net/event/backchannel-logout":{}}', 'events')
    must(claims.jti && claims.iat && claims.exp - claims.iat <= 120 && !('nonce' in claims), 'jti, iat, exp or nonce')
  })
  await check('L08 state is left out where none was sent', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    same((await leave(person, { id_token_hint: login.id_token, post_logout_redirect_uri: bye })).location, bye, 'redirect')
  })
  await check('L07 O99 a hint alone logs out and shows a page', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    const answer = await leave(person, { id_token_hint: login.id_token })
    same(answer.status, 200, answer.text.slice(0, 200))
    must(!await isIn(person), 'still in')
  })
  await check('L03 L10 O97 no redirect to an unregistered post_logout_redirect_uri', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    const tried = [...Object.values(addresses).flat(), `${bye}?foo=bar`, `${bye}/`, `${bye}#`, 'https://evil.example/']
    for (const address of tried.filter(t => t !== '' && t !== long)) {
      const answer = await leave(person, { id_token_hint: login.id_token, post_logout_redirect_uri: address })
      same(answer.location, undefined, address)
    }
  })
  await check('L04 L05 L06 L09 L11 O98 without a valid hint the person must confirm, and there is no redirect', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    const claims = decoded(login.id_token.split('.')[1])
    const tries = [
      { post_logout_redirect_uri: bye }, {}, { state: 'x' }, { client_id: 'fiende1', post_logout_redirect_uri: bye, state: 'x' },
      { id_token_hint: jwt({ alg: 'none' }, claims), post_logout_redirect_uri: bye },
      { id_token_hint: jwt({ alg: 'ES256', kid: 'k1' }, claims, strangers.privateKey), post_logout_redirect_uri: bye },
      { id_token_hint: `${login.id_token}x`, post_logout_redirect_uri: bye }, { id_token_hint: 'a=aa..', post_logout_redirect_uri: bye }
    ]
    for (const params of tries) {
      const answer = await leave(person, params)
      same(answer.location, undefined, JSON.stringify(params).slice(0, 60))
      must(answer.status < 500, `${answer.status}`)
      must(await isIn(person), 'logged out without confirmation')
    }
  })
  await check("O96 an id_token_hint of another person logs no one out", async () => {
    const [mine, theirs] = [stranger(), berit]
    const login = await theirs.tokens(one)
    await mine.tokens(one)
    const answer = await leave(mine, { id_token_hint: login.id_token, post_logout_redirect_uri: bye })
    same(answer.location, undefined, 'redirect')
    must(await isIn(mine) && await isIn(theirs), 'a person was logged out')
  })
  await check('client_id must be that of the hint', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    isPage(await leave(person, { id_token_hint: login.id_token, client_id: 'fiende2' }))
    must(await isIn(person), 'logged out')
  })
  await check('O50 O113 a code of an ended session is invalid', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    const late = await person.enter(one)
    await leave(person, { id_token_hint: login.id_token })
    isRefused(await one.redeem(late), 'invalid_grant')
    must(person.asksForPassword(await person.open(one.address(late.params))), 'the old request logs in')
  })
  await check('O99 a back channel that hangs delays no logout', async () => {
    const person = stranger()
    const login = await person.tokens(one)
    await new Promise(resolve => { backChannel.close(resolve); backChannel.closeAllConnections() })
    const hanging = createServer(() => {})
    await new Promise(resolve => hanging.listen(PORT, '127.0.0.1', resolve))
    const began = Date.now()
    await leave(person, { id_token_hint: login.id_token, post_logout_redirect_uri: bye })
    const took = Date.now() - began
    hanging.closeAllConnections()
    hanging.close()
    must(took < 3000, `${took} ms`)
    must(!await isIn(person), 'still in')
  })

  await check('O56 a code is invalid after sixty seconds', async () => {
    await sleep(Math.max(0, waiting.at + 62000 - Date.now()))
    isRefused(await one.redeem(waiting.login), 'invalid_grant')
  })
  await check('U2 the same web and signer processes run as before', async () => {
    const now = await stage.processes()
    for (const name of ['web', 'signer']) same(now[name], pidsBefore[name], name)
  })
} finally {
  backChannel.closeAllConnections()
  backChannel.close()
  takeServicesAway()
  forget()
  await reload()
}
process.exit(howManyFailed() ? 1 : 0)
