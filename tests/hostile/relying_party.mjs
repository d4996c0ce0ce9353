// SPDX-License-Identifier: AGPL-3.0-or-later
// relying_party.mjs: OpenID Connect clients, correct or hostile as each test
// needs, and the assertions of the hostile tests.
import { createHash, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const random = () => randomBytes(32).toString('base64url')
export const s256 = text => createHash('sha256').update(text).digest('base64url')
export const encoded = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
export const decoded = part => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))

let failed = 0

/* One check: passes when look() throws nothing. */
export async function check (sentence, look) {
  try {
    await look()
    console.log(`ok - ${sentence}`)
  } catch (error) {
    failed++
    console.log(`not ok - ${sentence}\n    ${error.message.split('\n').join('\n    ').slice(0, 600)}`)
  }
}

export const howManyFailed = () => failed

export function must (truth, what) {
  if (!truth) throw new Error(what)
}

export function same (is, want, what) {
  must(is === want, `${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(want)}`)
}

/* A JSON error response: the status, the error code, and no-store. */
export function isRefused (answer, ...errors) {
  const shown = `${answer.status} ${answer.body.slice(0, 200)}`
  must(answer.status >= 400 && answer.status < 500, `not refused: ${shown}`)
  must(errors.includes(answer.json.error), `not ${errors}: ${shown}`)
  must(/no-store/.test(answer.headers['cache-control']), `may be stored: ${shown}`)
}

/* An error page and never a redirect. */
export function isPage (answer) {
  must(answer.status >= 400 && answer.status < 500, `no error page: ${answer.status} ${answer.location ?? ''}`)
  same(answer.location, undefined, 'a redirect')
  must(!answer.headers['access-control-allow-origin'], 'a CORS header')
}

/* Adds a line to every municipality's rules; returns a function that removes
 * it. */
export function allow (conf, rule) {
  const folder = join(dirname(conf), 'policies')
  const before = readdirSync(folder).filter(n => n.endsWith('.conf')).map(n => [join(folder, n), readFileSync(join(folder, n), 'utf8')])
  for (const [file, text] of before) writeFileSync(file, text.replace(/rules \{\n/, `rules {\n\t\t${rule}\n`))
  return () => before.forEach(([file, text]) => writeFileSync(file, text))
}

/** A client of the issuer, as registered. */
export class RelyingParty {
  constructor (stage, meta, { id, secret, redirect, post = false, key }) {
    Object.assign(this, { stage, meta, id, secret, redirect, post, key })
    this.http = stage.client({ headers: { accept: 'application/json' } })
  }

  /* The parameters of a valid request; a value of null leaves one out. */
  request (more = {}) {
    const verifier = random()
    const params = {
      response_type: 'code', client_id: this.id, redirect_uri: this.redirect, scope: 'openid', state: random(), nonce: random(),
      code_challenge: s256(verifier), code_challenge_method: 'S256', ...more
    }
    for (const name of Object.keys(params)) if (params[name] === null) delete params[name]
    return { params, verifier }
  }

  address (params) {
    return `${this.meta.authorization_endpoint}?${new URLSearchParams(params)}`
  }

  // ---- the token endpoint

  credentials (params) {
    if (this.key) return [{}, { ...params, client_id: this.id, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: this.assertion() }]
    if (!this.secret) return [{}, { ...params, client_id: this.id }]
    if (this.post) return [{}, { ...params, client_id: this.id, client_secret: this.secret }]
    return [{ authorization: basic(this.id, this.secret) }, params]
  }

  /** A POST to an endpoint with this client's credentials. */
  ask (endpoint, params) {
    const [headers, form] = this.credentials(params)
    return this.http.post(this.meta[endpoint], form, headers)
  }

  token (params) {
    return this.ask('token_endpoint', params)
  }

  redeem (login, more = {}) {
    const params = { grant_type: 'authorization_code', code: login.code, redirect_uri: this.redirect, code_verifier: login.verifier, ...more }
    for (const name of Object.keys(params)) if (params[name] === null) delete params[name]
    return this.token(params)
  }

  refresh (token, more = {}) {
    return this.token({ grant_type: 'refresh_token', refresh_token: token, ...more })
  }

  userinfo (token) {
    return this.http.get(this.meta.userinfo_endpoint, { authorization: `Bearer ${token}` })
  }

  async isAlive (token) {
    return (await this.userinfo(token)).status === 200
  }

  /* private_key_jwt; claims and header may be changed. */
  assertion (claims = {}, header = {}, key = this.key) {
    const now = Math.floor(Date.now() / 1000)
    const body = { iss: this.id, sub: this.id, aud: this.meta.issuer, iat: now, exp: now + 60, jti: random(), ...claims }
    for (const name of Object.keys(body)) if (body[name] === null) delete body[name]
    return jwt({ alg: 'ES256', typ: 'JWT', kid: 'k1', ...header }, body, key)
  }
}

export const basic = (id, secret) => `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

export function jwt (header, claims, key) {
  const signed = `${encoded(header)}.${encoded(claims)}`
  const options = key?.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' } : key
  return `${signed}.${key ? sign('sha256', Buffer.from(signed), options).toString('base64url') : ''}`
}

/* The claims of a token, verified with a published key. */
export function verified (token, keys) {
  const [head, body, signature] = token.split('.')
  const header = decoded(head)
  const jwk = keys.find(k => k.kid === header.kid)
  must(jwk, `no published key is called ${header.kid}`)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const options = key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' } : key
  must(verify('sha256', Buffer.from(`${head}.${body}`), options, Buffer.from(signature, 'base64url')), 'the signature is wrong')
  return { header, claims: decoded(body) }
}

/* A person at a browser that stops at a redirect to a service. */
export class Person {
  constructor (stage, who) {
    this.stage = stage
    this.who = who
    this.http = stage.client()
  }

  isOurs (address) {
    return new URL(address).hostname.endsWith('.portvakt.localhost') && address.startsWith(this.ours ?? 'https://')
  }

  /* Follows redirects among our own hosts and returns the last response. */
  async walk (answer) {
    for (let n = 0; n < 20 && answer.location && this.isOurs(answer.location); n++) answer = await this.http.get(answer.location)
    return answer
  }

  async open (address) {
    return this.walk(await this.http.get(address))
  }

  async logIn (answer) {
    const form = answer.forms.find(f => f.inputs.some(i => i.type === 'password'))
    must(form, `no password is asked for: ${answer.status} ${answer.text.slice(0, 200)}`)
    const who = form.inputs.find(i => /^(text|email)$/.test(i.type) && i.tag === 'input')
    const values = { [form.inputs.find(i => i.type === 'password').name]: this.who.password }
    if (who) values[who.name] = this.who.login
    return this.walk(await this.http.send(answer, form, values))
  }

  asksForPassword (answer) {
    return answer.status === 200 && answer.forms.some(f => f.inputs.some(i => i.type === 'password'))
  }

  /* To a client and back: { code, verifier, params, back } or { error }. */
  async enter (rp, more = {}) {
    const { params, verifier } = rp.request(more)
    let answer = await this.open(rp.address(params))
    if (this.asksForPassword(answer)) answer = await this.logIn(answer)
    must(answer.location, `nothing comes back: ${answer.status} ${answer.text.slice(0, 300)}`)
    const back = new URL(answer.location)
    return { params, verifier, back, status: answer.status, code: back.searchParams.get('code'), error: back.searchParams.get('error') }
  }

  /** The same, with tokens. */
  async tokens (rp, more) {
    const login = await this.enter(rp, more)
    must(login.code, `no code: ${login.error}`)
    const answer = await rp.redeem(login)
    same(answer.status, 200, `token: ${answer.body.slice(0, 200)}`)
    return { ...login, ...answer.json }
  }

  /* A redirect with this error, state and iss. */
  async isSentBack (rp, more, ...errors) {
    const { params } = rp.request(more)
    const answer = await this.open(rp.address(params))
    must(answer.location?.startsWith(rp.redirect), `not sent back: ${answer.status} ${answer.location ?? answer.text.slice(0, 200)}`)
    const back = new URL(answer.location).searchParams
    must(errors.includes(back.get('error')), `${back.get('error')} instead of ${errors}`)
    same(back.get('code'), null, 'a code')
    same(back.get('state'), params.state ?? null, 'state')
    same(back.get('iss'), rp.meta.issuer, 'iss')
    must(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(back.get('error_description') ?? ''), 'error_description has invalid characters')
  }
}
