// SPDX-License-Identifier: AGPL-3.0-or-later
// server.mjs PORT DIRECTORY CA BASE REDIRECT: oidc-provider with a login page
// that binds at a directory, and its state in a Map. For tests/bench/storm.
import { randomBytes, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Client } from 'ldapts'
import Provider from 'oidc-provider'

const [port, directory, ca, base, redirect] = process.argv.slice(2)
const kept = new Map()

class Memory {
  constructor (kind) { this.kind = kind }
  async upsert (id, value, seconds) {
    kept.set(`${this.kind} ${id}`, { value, until: Date.now() + seconds * 1000 })
    if (value.uid) kept.set(`${this.kind} uid ${value.uid}`, { id })
  }

  async find (id) {
    const found = kept.get(`${this.kind} ${id}`)
    return found && found.until > Date.now() ? found.value : undefined
  }

  async findByUid (uid) { return this.find(kept.get(`${this.kind} uid ${uid}`)?.id) }
  async findByUserCode () {}
  async consume (id) { kept.get(`${this.kind} ${id}`).value.consumed = Math.floor(Date.now() / 1000) }
  async destroy (id) { kept.delete(`${this.kind} ${id}`) }
  async revokeByGrantId () {}
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const provider = new Provider(`http://localhost:${port}`, {
  adapter: Memory,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  clients: [{ client_id: 'bench', client_secret: 'bench-secret', redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'] }],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  // Consent is given: the service is the region's own.
  loadExistingGrant: async context => {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  }
})

const idle = []

async function isRight (user, password) {
  const client = idle.pop() ?? new Client({ url: directory, tlsOptions: { ca: readFileSync(ca) } })
  try {
    await client.bind(`uid=${user.replace(/[^a-z0-9]/g, '')},${base}`, password)
    return true
  } catch {
    return false
  } finally {
    idle.push(client)
  }
}

const page = uid => `<!doctype html><title>Log in</title><form method="post" action="/interaction/${uid}">` +
  '<input type="text" name="user"><input type="password" name="password"><button>Log in</button></form>'

async function interaction (request, response) {
  const uid = request.url.split('/')[2]
  if (request.method === 'POST') {
    let body = ''
    for await (const part of request) body += part
    const form = new URLSearchParams(body)
    if (await isRight(form.get('user'), form.get('password'))) return provider.interactionFinished(request, response, { login: { accountId: form.get('user') } })
  }
  response.setHeader('content-type', 'text/html')
  response.end(page(uid))
}

const other = provider.callback()
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return other(request, response)
  interaction(request, response).catch(error => { response.statusCode = 500; response.end(error.message) })
}).listen(Number(port), '127.0.0.1')
