// SPDX-License-Identifier: AGPL-3.0-or-later
// http.mjs: a browser without a screen. Handles cookies, redirects and forms,
// connects every host to 127.0.0.1, and trusts only the demo's authority.
import { Agent, request } from 'node:https'

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

export function unescapeHtml (text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    hex || decimal ? String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)) : NAMED[name] ?? whole)
}

function attributes (tag) {
  const found = [...tag.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)].slice(1)
  return Object.fromEntries(found.map(([, n, a, b, c]) => [n.toLowerCase(), unescapeHtml(a ?? b ?? c ?? '')]))
}

/* A response: status, headers, body, url, and the page's forms and links. */
export class Answer {
  constructor (url, response, body) {
    this.url = url
    this.status = response.statusCode
    this.headers = response.headers
    this.body = body
  }

  get location () {
    const to = this.headers.location
    return to === undefined ? undefined : new URL(to, this.url).href
  }

  get json () {
    return JSON.parse(this.body)
  }

  /* The page's text, without markup. */
  get text () {
    const bare = this.body.replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
    return unescapeHtml(bare).replace(/\s+/g, ' ').trim()
  }

  get title () {
    return unescapeHtml(/<title>([^<]*)/i.exec(this.body)?.[1] ?? '').trim()
  }

  get links () {
    return [...this.body.matchAll(/<a\b[^>]*>/gi)].map(([tag]) => attributes(tag).href)
      .filter(Boolean).map(href => new URL(href, this.url).href)
  }

  /** { action, method, inputs: [{ tag, type, name, value, ... }] } each. */
  get forms () {
    return [...this.body.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/gi)].map(([, tag, inside]) => {
      const { action, method } = attributes(tag)
      const inputs = [...inside.matchAll(/<(?:input|button|select|textarea)\b[^>]*>/gi)].map(([t]) => ({
        tag: /^<(\w+)/.exec(t)[1].toLowerCase(), type: 'text', value: '', ...attributes(t)
      }))
      return { action: new URL(action || this.url, this.url).href, method: (method ?? 'get').toUpperCase(), inputs }
    })
  }
}

export class HttpClient {
  constructor ({ ca, headers = {}, timeout = 10000, localAddress }) {
    this.agent = new Agent({ ca, keepAlive: true, lookup: toLoopback, localAddress })
    this.headers = { 'accept-language': 'nb', accept: 'text/html,*/*', ...headers }
    this.timeout = timeout
    this.jar = new Map() // host → Map of name → value
    this.trail = [] // all requested addresses, for later checks
  }

  close () {
    this.agent.destroy()
  }

  // ---- requests -----------------------------------------------------------

  get (url, headers) {
    return this.ask('GET', url, undefined, headers)
  }

  /** form: an object or URLSearchParams. */
  post (url, form, headers) {
    return this.ask('POST', url, new URLSearchParams(form).toString(),
      { 'content-type': 'application/x-www-form-urlencoded', ...headers })
  }

  /* The same with any body, unchanged. */
  ask (method, url, body, headers = {}) {
    const at = new URL(url)
    this.trail.push(`${method} ${at.href}`)
    const cookie = this.cookieHeader(at)
    return new Promise((resolve, reject) => {
      const asked = request(at, {
        method,
        agent: this.agent,
        timeout: this.timeout,
        headers: {
          ...this.headers,
          ...(cookie && { cookie }),
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers
        }
      }, response => {
        const parts = []
        response.on('data', part => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          this.keepCookies(at, response.headers['set-cookie'] ?? [])
          resolve(new Answer(at.href, response, Buffer.concat(parts).toString('utf8')))
        })
      })
      asked.on('timeout', () => asked.destroy(new Error(`no answer in ${this.timeout} ms: ${method} ${at.href}`)))
      asked.on('error', reject)
      asked.end(body)
    })
  }

  // ---- browser behaviour --------------------------------------------------

  /* Follows redirects, and the forms that carry SAML messages. */
  async open (url) {
    return this.follow(await this.get(url))
  }

  async follow (answer, most = 20) {
    for (let n = 0; n < most; n++) {
      const carrier = answer.forms.find(f => f.inputs.some(i => /^SAML(Request|Response)$/.test(i.name)))
      if (answer.status >= 300 && answer.status < 400 && answer.location) {
        answer = await this.get(answer.location)
      } else if (carrier && answer.status === 200) {
        answer = await this.send(answer, carrier)
      } else {
        return answer
      }
    }
    throw new Error(`more than ${most} steps:\n${this.trail.slice(-most).join('\n')}`)
  }

  /* Submits a form with its hidden fields; values replaces the others.
   * button: the value or name of the button. */
  send (answer, form, values = {}, button) {
    const fields = new URLSearchParams()
    for (const input of form.inputs) {
      if (!input.name || input.name in values) continue
      const pressable = input.tag === 'button' || input.type === 'submit'
      const pressed = button !== undefined && (input.value === button || input.name === button)
      const chosen = !/^(radio|checkbox)$/.test(input.type) || 'checked' in input
      if (pressable ? pressed : chosen) fields.append(input.name, input.value)
    }
    for (const [name, value] of Object.entries(values)) fields.append(name, value)
    const headers = { origin: new URL(answer.url).origin, referer: answer.url }
    if (form.method === 'POST') return this.post(form.action, fields, headers)
    const to = new URL(form.action)
    to.search = fields
    return this.get(to.href, headers)
  }

  async submit (answer, values, button) {
    const names = Object.keys(values ?? {})
    const form = answer.forms.find(f => names.every(n => f.inputs.some(i => i.name === n)) &&
      (button === undefined || f.inputs.some(i => i.value === button || i.name === button)))
    if (!form) throw new Error(`no form with ${names} ${button ?? ''} at ${answer.url}: ${answer.text.slice(0, 300)}`)
    return this.follow(await this.send(answer, form, values, button))
  }

  /* Fills in the page with a password field, at any step of a login. */
  async logIn (answer, person) {
    const form = answer.forms.find(f => f.inputs.some(i => i.type === 'password'))
    if (!form) throw new Error(`no password is asked for at ${answer.url}: ${answer.text.slice(0, 300)}`)
    const values = { [form.inputs.find(i => i.type === 'password').name]: person.password }
    const who = form.inputs.find(i => /^(text|email)$/.test(i.type) && i.tag === 'input')
    if (who) values[who.name] = person.login
    return this.follow(await this.send(answer, form, values))
  }

  // ---- cookies: by host, as __Host- cookies are ------------------------------

  cookies (url) {
    return this.jar.get(new URL(url).hostname) ?? new Map()
  }

  cookieHeader (at) {
    return [...this.cookies(at)].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  keepCookies (at, lines) {
    if (!this.jar.has(at.hostname)) this.jar.set(at.hostname, new Map())
    const cookies = this.jar.get(at.hostname)
    for (const line of lines) {
      const [pair, ...rest] = line.split(';').map(part => part.trim())
      const name = pair.slice(0, pair.indexOf('='))
      const age = rest.find(r => /^max-age=/i.test(r))
      const end = rest.find(r => /^expires=/i.test(r))
      const over = age ? Number(age.slice(8)) <= 0 : end && Date.parse(end.slice(8)) < Date.now()
      if (over) cookies.delete(name)
      else cookies.set(name, pair.slice(pair.indexOf('=') + 1))
    }
  }
}

function toLoopback (host, options, done) {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}
