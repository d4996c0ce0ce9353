#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// flood.mjs: strangers occupy connections and streams and send junk, while
// people log in. All of them come from 127.10.0.0/16, which is no network of
// the region. SECONDS=60 repeats each attack for longer.
import { connect as connectHttp2 } from 'node:http2'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { check, play } from '../story/report.mjs'

const seconds = Number(process.env.SECONDS ?? 12)
const table = []

/* ---- the honest ---- */

let visitor = 0

async function oneLogin (stage, person) {
  const client = stage.client({ localAddress: `127.10.200.${1 + visitor++ % 250}`, timeout: 10000 })
  const began = performance.now()
  try {
    const answer = await client.logIn(await client.open(`${stage.env.PORTVAKT_URL}/portal`), person)
    return { good: answer.status === 200 && answer.url.endsWith('/portal'), took: performance.now() - began }
  } catch (error) {
    return { good: false, took: performance.now() - began, why: error.message }
  } finally {
    client.close()
  }
}

/* People log in, five a second, until over() is true; a failed login is tried
 * once more. Other tests lock accounts of Kongsberg. */
async function people (stage, over) {
  const logins = []
  const employees = stage.people.filter(p => p.kinds.includes('employee') && p.municipality !== 'kongsberg')
  const one = async person => {
    const first = await oneLogin(stage, person)
    logins.push({ ...first, second: first.good || (await oneLogin(stage, person)).good })
  }
  const running = []
  for (let n = 0; !over(); n++) {
    running.push(one(employees[n % employees.length]))
    await sleep(200)
  }
  await Promise.all(running)
  return logins
}

/* Starts the attack, waits for it to be in place, and lets people log in. */
async function during (stage, name, attack) {
  const { stop, result } = await attack(stage)
  const until = performance.now() + seconds * 1000
  const logins = await people(stage, () => performance.now() > until)
  await stop()
  const good = logins.filter(l => l.good).length
  const took = logins.map(l => l.took).sort((a, b) => a - b)
  table.push([name, result(), `${good}/${logins.length}`, `${Math.round(took[Math.floor(took.length * 0.99)])} ms`])
  check(good >= logins.length * 0.99, `during ${name} people log in`, `${good} of ${logins.length}; ${logins.find(l => l.why)?.why ?? ''}`)
  check(logins.every(l => l.second), '... all of them at the second try')
}

/* ---- the strangers ---- */

const front = stage => ({ host: '127.0.0.1', port: Number(new URL(stage.env.PORTVAKT_URL).port), servername: new URL(stage.env.PORTVAKT_URL).hostname, ca: stage.ca })

const address = n => `127.10.${1 + Math.floor(n / 250)}.${1 + n % 250}`

const slowHead = stage => `POST /login HTTP/1.1\r\nHost: ${new URL(stage.env.PORTVAKT_URL).host}\r\n` +
  'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n'

/* A TLS connection from an address; ended: it is refused or closed. */
function tls (stage, localAddress, alpn) {
  return new Promise(resolve => {
    const socket = connectTls({ ...front(stage), localAddress, ALPNProtocols: [alpn] }, () => resolve(socket))
    socket.on('error', () => { socket.ended = true; resolve(socket) })
    socket.on('close', () => { socket.ended = true; resolve(socket) })
  })
}

/* count connections that send a body byte by byte; a closed one comes again. */
const slowBodies = (count, from, first = '') => async stage => {
  let over = false
  let opened = 0
  const one = async n => {
    while (!over) {
      const socket = await tls(stage, from(n), 'http/1.1')
      opened += !socket.ended
      if (!socket.ended) socket.write(slowHead(stage) + first)
      while (!over && !socket.ended) {
        socket.write('x')
        await sleep(2000)
      }
      socket.destroy()
      await sleep(500)
    }
  }
  const all = Promise.all([...Array(count).keys()].map(one))
  await sleep(2000)
  return { stop: async () => { over = true; await all }, result: () => `${opened} connections` }
}

/* Connections of 100 streams each, over HTTP/2. */
const slowStreams = count => async stage => {
  let over = false
  let opened = 0
  const one = async n => {
    while (!over) {
      const session = connectHttp2(stage.env.PORTVAKT_URL, { createConnection: () => connectTls({ ...front(stage), localAddress: address(n), ALPNProtocols: ['h2'] }) })
      session.on('error', () => {})
      const streams = [...Array(100).keys()].map(() => {
        const stream = session.request({ ':method': 'POST', ':path': '/login', 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1000' })
        stream.on('error', () => {})
        stream.on('ready', () => opened++)
        return stream
      })
      for (let i = 0; i < 4 && !over; i++) {
        streams.forEach(s => s.writable && s.write('x'))
        await sleep(2000)
      }
      session.destroy()
    }
  }
  const all = Promise.all([...Array(count).keys()].map(one))
  await sleep(2000)
  return { stop: async () => { over = true; await all }, result: () => `${opened} streams` }
}

/* rate requests a second, half from one address, half from thousands. */
const junk = (rate, paths) => async stage => {
  const statuses = {}
  let n = 0
  const one = async () => {
    const mine = n++
    const client = stage.client({ localAddress: mine % 2 ? '127.10.100.1' : address(mine % 10000), timeout: 5000 })
    try {
      const { status } = await client.get(stage.env.PORTVAKT_URL + paths[mine % paths.length].replace('#', mine))
      statuses[status] = (statuses[status] ?? 0) + 1
    } catch {
      statuses.refused = (statuses.refused ?? 0) + 1
    } finally {
      client.close()
    }
  }
  let due = performance.now()
  let running = 0
  const timer = setInterval(() => {
    for (; due < performance.now(); due += 1000 / rate) {
      if (running >= 200) continue
      running++
      one().finally(() => running--)
    }
  }, 10)
  return { stop: () => clearInterval(timer), result: () => Object.entries(statuses).map(([s, c]) => `${s}: ${c}`).join(', ') }
}

/* Valid requests of a registered service, none of which is completed; large:
 * too large for a URL of ours. */
const authorizations = (rate, large) => async stage => {
  const before = Number(await stage.redis('DBSIZE'))
  const path = `/oidc/authorize?response_type=code&client_id=arkiv&redirect_uri=${encodeURIComponent(`${stage.env.OIDC_SERVICE_URL}redirect_uri`)}` +
    `&scope=openid&nonce=${'n'.repeat(400)}&login_hint=${'h'.repeat(200)}&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256&state=#${large ? 's'.repeat(1900) : ''}`
  const one = await stage.client().get(stage.env.PORTVAKT_URL + path.replace('#', 0))
  check(one.location?.includes('/login?t=') && one.location.length < 3300, `${large ? 'a large request' : 'a request'} has a login page at a URL of ours`, one.location?.length)
  const attack = await junk(rate, [path])(stage)
  return {
    ...attack,
    stop: async () => {
      attack.stop()
      const kept = Number(await stage.redis('DBSIZE')) - before
      check(large ? kept > 100 && kept < 4500 : kept < 600, `${large ? 'large ' : ''}requests of strangers leave few keys in Redis`, `${kept} keys`)
    }
  }
}

/* Bytes of the audit log. */
function auditSize (stage) {
  const folder = join(stage.dir, 'state/audit')
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(f => f.isFile())
    .reduce((sum, f) => sum + statSync(join(f.path ?? f.parentPath, f.name)).size, 0)
}

/* Junk that no person and no service is behind leaves few lines. */
const counted = rate => async stage => {
  const before = auditSize(stage)
  const attack = await junk(rate, garbage)(stage)
  return {
    ...attack,
    stop: async () => {
      attack.stop()
      const grown = auditSize(stage) - before
      check(grown < 200000, 'junk leaves few lines in the audit log', `${grown} bytes`)
    }
  }
}

const garbage = ['/login?t=#', '/saml/sso?SAMLRequest=#', '/oidc/authorize?client_id=#', '/#', '/oidc/logout?state=#']

/* ---- shares ---- */

async function shares (stage) {
  const sockets = await Promise.all([...Array(150).keys()].map(() => tls(stage, '127.10.101.1', 'http/1.1')))
  await sleep(300)
  const open = sockets.filter(s => !s.ended).length
  const neighbour = await tls(stage, '127.10.101.2', 'http/1.1')
  check(open === 100, 'one address has 100 connections, not more', open)
  check(!neighbour.ended, '... and the next address is not affected')
  for (const socket of [...sockets, neighbour]) socket.destroy()
  const client = stage.client({ localAddress: '127.10.101.3' })
  const asked = []
  for (let n = 0; n < 320; n++) asked.push((await client.get(`${stage.env.PORTVAKT_URL}/login`)).status)
  const last = await client.get(`${stage.env.PORTVAKT_URL}/login`)
  check(asked.slice(0, 250).every(s => s < 400) && last.status === 429, 'one address has 300 requests in ten seconds, not more', asked.indexOf(429))
  check(/nettverket ditt/.test(last.text) && /from your network/.test(last.text), '... and the page says that it is the network', last.text.slice(0, 80))
  client.close()
  const own = stage.client()
  const many = []
  for (let n = 0; n < 400; n++) many.push((await own.get(`${stage.env.PORTVAKT_URL}/login`)).status)
  check(many.every(s => s < 400), 'a network of the region has a larger share', many.find(s => s >= 400) ?? '')
  own.close()
}

/* ---- sizes ---- */

async function sizes (stage) {
  const client = stage.client({ localAddress: '127.10.101.4' })
  const large = await client.post(`${stage.env.PORTVAKT_URL}/login`, { t: 'x'.repeat(70000) })
  check(large.status === 413 && /for stor/.test(large.text), 'a form over 64 KiB gets a page', large.status)
  const url = await client.get(`${stage.env.PORTVAKT_URL}/login?t=${'x'.repeat(20000)}`)
  check(url.status === 414 || url.status === 431, 'an address over 16 KiB is refused as too long', url.status)
  client.close()
  const slow = await tls(stage, '127.10.101.5', 'http/1.1')
  slow.write(slowHead(stage) + 'x')
  let text = ''
  slow.on('data', data => { text += data })
  for (let n = 0; n < 60 && !slow.ended; n++) await sleep(250)
  check(/^HTTP\/1\.. 408/.test(text) && text.includes('Forbindelsen din er treg'), 'a body that does not arrive gets a page', text.slice(0, 60))
}

await play({
  'shares of one address': shares,
  'sizes and times': sizes,
  '300 slow bodies': stage => during(stage, '300 slow bodies of 300 addresses', slowBodies(300, address)),
  '300 slow bodies of 20 kB': stage => during(stage, '300 slow bodies that begin with 20 kB', slowBodies(300, n => address(400 + n), 'x'.repeat(20000))),
  '3 × 100 streams': stage => during(stage, '3 × 100 slow streams over HTTP/2', slowStreams(3)),
  '300 connections of one address': stage => during(stage, '300 slow bodies of one address', slowBodies(300, () => '127.10.102.1')),
  junk: stage => during(stage, '300 junk requests a second', counted(300)),
  authorizations: stage => during(stage, '300 authorization requests a second', authorizations(300)),
  // Fewer than fill the share of all, which later tests need, too.
  'large authorizations': stage => during(stage, '100 large authorization requests a second', authorizations(100, true)),
  table: async () => {
    for (const row of [['attack', 'what came', 'logins', 'p99'], ...table]) console.log(`# ${row.map((c, i) => String(c).padEnd([40, 44, 9, 0][i])).join(' ')}`)
  }
})
