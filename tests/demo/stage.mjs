// SPDX-License-Identifier: AGPL-3.0-or-later
// stage.mjs: the fixtures of the stories. It starts a demo of its own, reads
// demo.env, and provides clients: http.mjs (a browser without a screen),
// ldap.mjs, and Chromium.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HttpClient } from './http.mjs'
import { Ldap } from './ldap.mjs'

export const tree = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const fromNpm = createRequire(join(tree, 'build/npm/package.json'))

/** A package of tests/npm: need('openid-client'). */
export const need = name => fromNpm(name)

/* Runs a program; never throws for an exit status. */
export function run (program, args, { input, env, timeout = 30000 } = {}) {
  return new Promise(done => {
    const child = execFile(program, args, { env: { ...process.env, ...env }, timeout, maxBuffer: 1 << 26 },
      (error, out, err) => done({ code: error ? error.code ?? 1 : 0, out, err }))
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
  })
}

/* Waits until look() returns something true, and returns it. */
export async function eventually (what, look, { within = 5000, every = 25 } = {}) {
  const until = Date.now() + within
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > until) throw new Error(`not within ${within} ms: ${what}`)
    await sleep(every)
  }
}

/** demo.env, as an object. */
export function readEnv (file) {
  const env = {}
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const value = line.slice(at + 1)
    env[line.slice(0, at)] = value.startsWith("'") ? value.slice(1, -1) : value
  }
  return env
}

function readPeople (file) {
  const [heading, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n').map(l => l.split('\t'))
  return rows.map(row => {
    const person = Object.fromEntries(heading.map((name, i) => [name, row[i]]))
    return { ...person, kinds: person.kinds.split(',') }
  })
}

/**
 * A running demo.  options: dir, port (first of a block), people, without (parts
 * to leave out), build (build/asan for the sanitized programs).  Stop it in
 * the end, whatever happened.
 */
export async function openStage (options) {
  const stage = new Stage(options)
  await stage.start()
  return stage
}

/* Gives each role its own credentials, where each runs as its own user. */
export function giveCredentials (etc) {
  if (existsSync(join(etc, 'credentials/web'))) execFileSync(join(tree, 'deploy/portvakt-credentials'), [etc])
}

/* A demo that is already running: DEMO_DIR. */
export function joinStage (dir) {
  const stage = new Stage({ dir })
  stage.read()
  return stage
}

export class Stage {
  constructor ({ dir, port, people, without = [], build }) {
    this.dir = resolve(tree, dir)
    this.setting = { DEMO_DIR: this.dir, DEMO_WITHOUT: without.join(' ') }
    if (port) this.setting.DEMO_PORT = String(port)
    if (people) this.setting.DEMO_PEOPLE = String(people)
    if (build) this.setting.PORTVAKT_BUILD = resolve(tree, build)
  }

  async start () {
    await this.demo('start')
    this.read()
  }

  async stop () {
    await this.browserOpen?.close()
    this.browserOpen = null
    await this.demo('stop')
  }

  /* Restarts killed or stopped parts. */
  async again (...parts) {
    await this.demo('again', ...parts)
    this.read()
  }

  // The daemons would keep a pipe open: the demo's output goes to a file.
  async demo (...args) {
    const script = 'exec "$0" "$@" >"$DEMO_OUTPUT" 2>&1'
    const output = `${this.dir}.output`
    mkdirSync(dirname(output), { recursive: true })
    const child = spawn('sh', ['-c', script, join(tree, 'tests/demo/demo'), ...args],
      { env: { ...process.env, ...this.setting, DEMO_OUTPUT: output }, stdio: 'ignore' })
    const code = await new Promise(done => child.on('close', done))
    if (code !== 0) throw new Error(`demo ${args.join(' ')} failed:\n${readFileSync(output, 'utf8')}`)
  }

  read () {
    this.env = readEnv(join(this.dir, 'demo.env'))
    this.people = readPeople(this.env.PORTVAKT_PEOPLE)
    this.ca = readFileSync(this.env.PORTVAKT_CA)
  }

  /** The row of people.tsv. */
  person (login) {
    const found = this.people.find(p => p.login === login)
    if (!found) throw new Error(`no person has the login ${login}`)
    return found
  }

  /* pid('REDIS'), pid('SLAPD_TINN'): the names in demo.env. */
  pid (name) {
    return Number(this.env[`PID_${name}`])
  }

  kill (name, signal = 'SIGKILL') {
    process.kill(this.pid(name), signal)
  }

  /** portvaktctl: { code, out, err }. */
  ctl (...args) {
    const [program, ...options] = this.env.PORTVAKT_CTL.split(' ')
    return run(program, [...options, ...args])
  }

  /** Our processes, from `portvaktctl status`: { 'web': 1234, ... }. */
  async processes () {
    const { out } = await this.ctl('status')
    const lines = [...out.matchAll(/^(\S+)\s+(\d+)\s/gm)]
    return Object.fromEntries(lines.map(([, name, pid]) => [name, Number(pid)]))
  }

  /** Puts a file into services.d (and a secret beside it) and reloads. */
  async addService (name, text, secret) {
    const etc = dirname(this.env.PORTVAKT_CONF)
    if (secret) writeFileSync(join(etc, 'credentials', name), secret, { mode: 0o600 })
    writeFileSync(join(etc, 'services.d', `${name}.conf`), text)
    giveCredentials(etc)
    const done = await this.ctl('reload')
    if (done.code !== 0) throw new Error(`reload: ${done.out}${done.err}`)
  }

  /* A browser without a screen: http.mjs. Each has its own cookies. */
  client (options) {
    return new HttpClient({ ca: this.ca, ...options })
  }

  /** A municipality's directory as its administrator. */
  directory (municipality) {
    const of = key => this.env[`DIRECTORY_${municipality.toUpperCase()}_${key}`]
    return this.ldap(of('URI'), of('BASE'), of('BIND'), of('PASSWORD'))
  }

  get catalogue () {
    const e = this.env
    return this.ldap(e.CATALOGUE_URI, e.CATALOGUE_BASE, e.CATALOGUE_BIND, e.CATALOGUE_PASSWORD)
  }

  ldap (uri, base, bind, password) {
    return new Ldap({ uri, base, bind, password, ca: this.env.PORTVAKT_CA, run })
  }

  /** redis-cli as Portvakt's user. */
  async redis (...command) {
    const password = readFileSync(join(dirname(this.env.PORTVAKT_CONF), 'credentials/redis'), 'utf8')
    const { out } = await run('redis-cli', ['-s', this.env.PORTVAKT_REDIS, '--user', 'portvakt', ...command],
      { env: { REDISCLI_AUTH: password } })
    return out.trimEnd()
  }

  /**
   * Chromium, once per stage.  It accepts the demo's certificates by their
   * public keys and no others: --ignore-certificate-errors-spki-list.
   */
  async chromium () {
    this.browserOpen ??= await need('playwright-core').chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--disable-dev-shm-usage', `--ignore-certificate-errors-spki-list=${this.publicKeys()}`]
    })
    return this.browserOpen
  }

  publicKeys () {
    return ['front', 'services'].map(name => {
      const certificate = new X509Certificate(readFileSync(join(this.dir, 'ca', `${name}.pem`)))
      const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
      return createHash('sha256').update(key).digest('base64')
    }).join(',')
  }

  /* A new window with its own cookies. options: locale, viewport, ... */
  async window (options = {}) {
    const context = await (await this.chromium()).newContext({
      locale: 'nb-NO', timezoneId: 'Europe/Oslo', viewport: { width: 1100, height: 800 }, ...options
    })
    const page = await context.newPage()
    page.setDefaultTimeout(10000)
    return page
  }

  /* Saves screens/NAME.png in the stage's folder and returns its path. */
  async picture (page, name) {
    const folder = join(this.dir, 'screens')
    mkdirSync(folder, { recursive: true })
    const path = join(folder, `${name}.png`)
    await page.screenshot({ path, fullPage: true })
    return path
  }

  /* The findings of axe on the page, as short lines; [] is good. */
  async axe (page) {
    await page.evaluate(readFileSync(fromNpm.resolve('axe-core/axe.min.js'), 'utf8'))
    const { violations } = await page.evaluate('axe.run()')
    return violations.map(v => `${v.id}: ${v.help} (${v.nodes.map(n => n.target.join(' ')).join(', ')})`)
  }
}
