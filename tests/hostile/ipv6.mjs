#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// ipv6.mjs: 70 addresses of one /64 are one budget, at haproxy and in
// portvakt-web. A second haproxy with the demo's configuration listens in a
// network namespace that has the addresses.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { HttpClient } from '../demo/http.mjs'
import { check, play } from '../story/report.mjs'

const FRONT = 'fd00:10::1'
const ADDRESSES = 70
const of = (net, n) => `fd00:10:0:${net}::${(1 + n % ADDRESSES).toString(16)}`

/* Starts this script once more in a namespace of its own. */
function enter () {
  const inside = 'ip link set lo up && printf "%s" "$IPV6_ADDRESSES" | ip -6 -batch - && exec "$0" "$@"'
  const all = [FRONT, ...[1, 3, 5].flatMap(net => [...Array(ADDRESSES).keys()].map(n => of(net, n))), ...[2, 4, 6, 99].map(net => of(net, 0))]
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) {
    console.log('skip - 70 addresses of one /64 are one budget (no network namespace is permitted here)')
    process.exit(0)
  }
  const { status } = spawnSync('unshare', ['-n', 'sh', '-c', inside, process.execPath, fileURLToPath(import.meta.url)],
    { env: { ...process.env, IPV6_INSIDE: '1', IPV6_ADDRESSES: all.map(a => `addr add ${a}/128 dev lo nodad\n`).join('') }, stdio: 'inherit' })
  process.exit(status ?? 1)
}

/* As http.mjs, but to the front door at its IPv6 address. */
class Visitor extends HttpClient {
  constructor (stage, localAddress) {
    super({ ca: stage.ca, timeout: 20000 })
    this.agent = new Agent({ ca: stage.ca, keepAlive: true, localAddress, lookup: (host, options, done) => options.all ? done(null, [{ address: FRONT, family: 6 }]) : done(null, FRONT, 6) })
  }
}

const visit = async (stage, from) => {
  const visitor = new Visitor(stage, from)
  try {
    return await visitor.get(`${stage.env.PORTVAKT_URL}/login`)
  } finally {
    visitor.close()
  }
}

async function front (stage) {
  const port = new URL(stage.env.PORTVAKT_URL).port
  const conf = join(stage.dir, 'home/haproxy-ipv6.cfg')
  writeFileSync(conf, readFileSync(join(stage.dir, 'home/haproxy.cfg'), 'utf8').replace(`bind 127.0.0.1:${port}`, `bind [${FRONT}]:${port}`))
  const child = spawn('haproxy', ['-db', '-f', conf], { stdio: 'ignore' })
  for (let n = 0; n < 100; n++) {
    if (await visit(stage, of(99, 0)).then(a => a.status < 400, () => false)) break
    await sleep(100)
  }
  return child
}

function connection (stage, localAddress) {
  const at = new URL(stage.env.PORTVAKT_URL)
  return new Promise(resolve => {
    const socket = connectTls({ host: FRONT, port: Number(at.port), servername: at.hostname, ca: stage.ca, localAddress }, () => resolve(socket))
    for (const end of ['error', 'close']) socket.on(end, () => { socket.ended = true; resolve(socket) })
  })
}

async function connections (stage) {
  const sockets = await Promise.all([...Array(150).keys()].map(n => connection(stage, of(1, n))))
  const neighbour = await connection(stage, of(2, 0))
  await sleep(500)
  const open = sockets.filter(s => !s.ended).length
  check(open === 100, `${ADDRESSES} addresses of one /64 have 100 connections together`, open)
  check(!neighbour.ended, '... and the next /64 is not affected')
  for (const socket of [...sockets, neighbour]) socket.destroy()
}

async function requests (stage) {
  const seen = []
  for (let n = 0; n < 400; n += 20) seen.push(...await Promise.all([...Array(20).keys()].map(async i => (await visit(stage, of(3, n + i))).status)))
  check(seen.slice(0, 250).every(s => s < 400) && seen.includes(429), '... and 300 requests in ten seconds', seen.indexOf(429))
  check((await visit(stage, of(4, 0))).status < 400, '... and the next /64 is not affected')
}

/* After a few wrong passwords an address of strangers has to wait. */
async function passwords (stage) {
  const attempt = async (from, n) => {
    const visitor = new Visitor(stage, from)
    try {
      return await visitor.logIn(await visitor.open(`${stage.env.PORTVAKT_URL}/portal`), { login: `ukjent${n}@notodden.example`, password: `feil-${n}` })
    } finally {
      visitor.close()
    }
  }
  const texts = []
  for (let n = 0; n < ADDRESSES; n++) {
    texts.push((await attempt(of(5, n), n)).text)
    await sleep(100)
  }
  const isLimited = text => /mange ganger fra nettverket/.test(text)
  check(!isLimited(texts[10]) && isLimited(texts.at(-1)), '... and one limit of wrong passwords in portvakt-web', `from number ${texts.findIndex(isLimited)}`)
  check(!isLimited((await attempt(of(6, 0), 999)).text), '... and the next /64 is not affected')
}

if (!process.env.IPV6_INSIDE) enter()
let haproxy
await play({
  'a front door with IPv6': async stage => { haproxy = await front(stage) },
  connections,
  requests,
  passwords,
  end: async () => haproxy.kill()
})
