#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// flood.mjs: strangers occupy connections and streams and send junk, while
// people log in. All of them come from 127.10.0.0/16, which is no network of
// the region, half of the requests from one address and half from thousands.
// `make long` repeats each attack for SECONDS=60 at RATE=500, with P99=1000.
import { connect as connectHttp2 } from 'node:http2'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { check, play } from '../story/report.mjs'

const seconds = Number(process.env.SECONDS ?? 12)
const rate = Number(process.env.RATE ?? 300)
const slowest = Number(process.env.P99 ?? 0) // 0: not checked, because the machine may be busy
const MB = 1 << 20
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

/* Bytes of the values in Redis, without the buffers of its clients; and of the
 * audit log. */
async function stored (stage) {
  const info = await stage.redis('INFO', 'memory')
  const bytes = name => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)[1])
  return { redis: bytes('used_memory') - bytes('mem_clients_normal') - bytes('mem_aof_buffer'), audit: auditSize(stage) }
}

/* What one login of the honest stores, measured without an attack. */
const ofOneLogin = { redis: 0, audit: 0 }

function grown (before, after, logins) {
  const of = what => after[what] - before[what] - ofOneLogin[what] * logins
  return { redis: of('redis'), audit: of('audit') }
}

const percent = (some, all) => `${(100 * some / all).toFixed(1)} %`
const kB = bytes => `${Math.round(bytes / 1024)} kB`

/* Starts the attack, waits for it to be in place, and lets people log in.
 * most: the bytes that it may leave. */
async function during (stage, name, attack, most = {}) {
  const before = await stored(stage)
  const { stop, result } = await attack(stage)
  const until = performance.now() + seconds * 1000
  const logins = await people(stage, () => performance.now() > until)
  await stop()
  const good = logins.filter(l => l.good).length
  const second = logins.filter(l => l.second).length
  const left = grown(before, await stored(stage), second)
  const took = logins.map(l => l.took).sort((a, b) => a - b)
  const at = q => Math.round(took[Math.floor(took.length * q)])
  table.push([name, result(), logins.length, percent(good, logins.length), percent(second, logins.length), `${at(0.5)} ms`, `${at(0.99)} ms`, kB(left.redis), kB(left.audit)])
  check(good >= logins.length * 0.99, `during ${name} people log in`, `${good} of ${logins.length}; ${logins.find(l => l.why)?.why ?? ''}`)
  check(second === logins.length, '... all of them at the second try')
  if (slowest) check(at(0.99) <= slowest, `... 99 % of them within ${slowest / 1000} s`, `${at(0.99)} ms`)
  check(left.redis <= (most.redis ?? MB), `... and Redis grows by ${kB(most.redis ?? MB)} at most`, kB(left.redis))
  check(left.audit <= (most.audit ?? MB), `... and the audit log by ${kB(most.audit ?? MB)} at most`, kB(left.audit))
}

/* Without an attack: what the honest store themselves. */
async function calm (stage) {
  // Redis and jemalloc take some memory once, at the first ones.
  const warm = performance.now() + 4000
  await people(stage, () => performance.now() > warm)
  const before = await stored(stage)
  const until = performance.now() + seconds * 1000
  const logins = await people(stage, () => performance.now() > until)
  const left = grown(before, await stored(stage), logins.length)
  for (const what of ['redis', 'audit']) ofOneLogin[what] = left[what] / logins.length
  const took = logins.map(l => l.took).sort((a, b) => a - b)
  table.push(['no attack', '', logins.length, percent(logins.filter(l => l.good).length, logins.length), percent(logins.filter(l => l.second).length, logins.length), `${Math.round(took[took.length >> 1])} ms`, `${Math.round(took[Math.floor(took.length * 0.99)])} ms`, kB(left.redis), kB(left.audit)])
  check(logins.every(l => l.good), 'without an attack people log in', `a login stores ${kB(ofOneLogin.redis)} in Redis and ${kB(ofOneLogin.audit)} in the audit log`)
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
  const same = stage.client({ localAddress: '127.10.100.1', timeout: 5000 })
  const one = async () => {
    const mine = n++
    const client = mine % 2 ? same : stage.client({ localAddress: address(mine % 10000), timeout: 5000 })
    try {
      const { status } = await client.get(stage.env.PORTVAKT_URL + paths[mine % paths.length].replace('#', mine))
      statuses[status] = (statuses[status] ?? 0) + 1
    } catch {
      statuses.refused = (statuses.refused ?? 0) + 1
    } finally {
      if (client !== same) client.close()
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
  return { stop: () => { clearInterval(timer); same.close() }, result: () => Object.entries(statuses).map(([s, c]) => `${s}: ${c}`).join(', ') }
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

/* Wrong passwords of one address, 1,000 in a minute: of unknown names, and a few
 * of each account of Kongsberg. */
const wrongPasswords = async stage => {
  const client = stage.client({ localAddress: '127.10.103.1', timeout: 10000 })
  const page = await client.open(`${stage.env.PORTVAKT_URL}/portal`)
  const accounts = stage.people.filter(p => p.login.endsWith('@kongsberg.example')).map(p => p.login)
  const answers = { wrong: 0, 'to wait': 0, other: 0 }
  let n = 0
  const one = async () => {
    const mine = n++
    const login = mine % 2 ? `ukjent${mine}@kongsberg.example` : accounts[(mine >> 1) % accounts.length]
    const { text } = await client.logIn(page, { login, password: `feil-${mine}` }).catch(error => ({ text: error.message }))
    answers[/passordet er feil/i.test(text) ? 'wrong' : /mange ganger|vent/i.test(text) ? 'to wait' : 'other']++
  }
  const timer = setInterval(one, 60)
  return { stop: async () => { clearInterval(timer); await sleep(500); client.close() }, result: () => Object.entries(answers).map(([s, c]) => `${s}: ${c}`).join(', ') }
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
  client.close()
  const another = stage.client({ localAddress: '127.10.101.6' })
  const url = await another.get(`${stage.env.PORTVAKT_URL}/login?t=${'x'.repeat(20000)}`)
  check(url.status === 414 || url.status === 431, 'an address over 16 KiB is refused as too long', url.status)
  another.close()
  const slow = await tls(stage, '127.10.101.5', 'http/1.1')
  slow.write(slowHead(stage) + 'x')
  let text = ''
  slow.on('data', data => { text += data })
  for (let n = 0; n < 60 && !slow.ended; n++) await sleep(250)
  check(/^HTTP\/1\.. 408/.test(text) && text.includes('Forbindelsen din er treg'), 'a body that does not arrive gets a page', text.slice(0, 60))
}

let before = {}

await play({
  'processes before': async stage => { before = await stage.processes() },
  'no attack': calm,
  'shares of one address': shares,
  'sizes and times': sizes,
  '300 slow bodies': stage => during(stage, '300 slow bodies of 300 addresses', slowBodies(300, address)),
  '300 slow bodies of 20 kB': stage => during(stage, '300 slow bodies that begin with 20 kB', slowBodies(300, n => address(400 + n), 'x'.repeat(20000))),
  '3 × 100 streams': stage => during(stage, '3 × 100 slow streams over HTTP/2', slowStreams(3)),
  '300 connections of one address': stage => during(stage, '300 slow bodies of one address', slowBodies(300, () => '127.10.102.1')),
  // Junk that no person and no service is behind leaves few lines.
  junk: stage => during(stage, '300 junk requests a second', junk(300, garbage), { audit: MB / 5 }),
  authorizations: stage => during(stage, `${rate} authorization requests a second`, authorizations(rate)),
  // Fewer than fill the share of all, which later tests need, too.
  'large authorizations': stage => during(stage, '100 large authorization requests a second', authorizations(100, true), { redis: 20 * MB }),
  'wrong passwords': stage => during(stage, '1,000 wrong passwords a minute of one address', wrongPasswords),
  'processes after': async stage => {
    const after = await stage.processes()
    check(Object.keys(before).length > 5 && Object.keys(before).every(name => before[name] === after[name] || before[name] === 0), 'no process ended meanwhile',
      Object.keys(before).filter(name => before[name] !== after[name]))
  },
  table: async () => {
    const widths = [44, 44, 7, 9, 9, 7, 8, 8, 0]
    for (const row of [['attack', 'what came', 'logins', 'at first', 'at second', 'p50', 'p99', 'Redis', 'audit log'], ...table]) console.log(`# ${row.map((c, i) => String(c).padEnd(widths[i])).join(' ')}`)
  }
})
