// SPDX-License-Identifier: AGPL-3.0-or-later
// ldap.mjs: a directory as its administrator, through OpenLDAP's own programs.

/** One attribute line of LDIF. */
export function ldifLine (name, value) {
  const plain = /^[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*$/.test(value) && !value.endsWith(' ')
  return plain ? `${name}: ${value}\n` : `${name}:: ${Buffer.from(value).toString('base64')}\n`
}

/** LDIF as [{ dn, attribute: [values] }]. */
export function readLdif (text) {
  return text.replace(/\r?\n /g, '').split(/\n{2,}/).filter(block => /^dn::?/m.test(block)).map(block => {
    const entry = {}
    for (const line of block.split('\n')) {
      const found = /^([\w;-]+):(:?) ?(.*)$/.exec(line)
      if (!found) continue
      const [, name, coded, raw] = found
      const value = coded ? Buffer.from(raw, 'base64').toString('utf8') : raw
      if (name === 'dn') entry.dn = value
      else (entry[name] ??= []).push(value)
    }
    return entry
  })
}

export class Ldap {
  constructor ({ uri, base, bind, password, ca, run }) {
    Object.assign(this, { base, run })
    this.options = ['-x', '-H', uri, '-D', bind, '-w', password]
    this.env = { LDAPTLS_CACERT: ca, LDAPTLS_REQCERT: 'demand' }
  }

  async do (program, args, input) {
    const done = await this.run(program, [...this.options, ...args], { input, env: this.env })
    if (done.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.err || done.out}`)
    return done.out
  }

  /* Entries below base (default: the whole directory). */
  async search (filter, { base = this.base, scope = 'sub', attributes = ['*'] } = {}) {
    const out = await this.do('ldapsearch', ['-LLL', '-o', 'ldif-wrap=no', '-z', 'none',
      '-b', base, '-s', scope, filter, ...attributes])
    return readLdif(out)
  }

  /** The one entry, or undefined. */
  async find (filter, options) {
    return (await this.search(filter, options))[0]
  }

  add (dn, attributes) {
    const lines = Object.entries(attributes).flatMap(([name, values]) =>
      [].concat(values).map(value => ldifLine(name, String(value))))
    return this.change(ldifLine('dn', dn) + 'changetype: add\n' + lines.join(''))
  }

  /* changes: { title: 'lektor', hrUntil: null }: replaces or deletes
   * attributes. */
  modify (dn, changes) {
    const parts = Object.entries(changes).map(([name, values]) => `replace: ${name}\n` +
      (values === null ? [] : [].concat(values)).map(value => ldifLine(name, String(value))).join('') + '-\n')
    return this.change(ldifLine('dn', dn) + 'changetype: modify\n' + parts.join(''))
  }

  /** New RDN, and optionally below another parent. */
  rename (dn, rdn, parent) {
    return this.change(ldifLine('dn', dn) + 'changetype: modrdn\n' + ldifLine('newrdn', rdn) +
      'deleteoldrdn: 1\n' + (parent ? ldifLine('newsuperior', parent) : ''))
  }

  remove (dn) {
    return this.change(ldifLine('dn', dn) + 'changetype: delete\n')
  }

  /* Locks the account as an administrator does, and unlocks it. */
  disable (dn) {
    return this.modify(dn, { pwdAccountLockedTime: '000001010000Z' })
  }

  enable (dn) {
    return this.modify(dn, { pwdAccountLockedTime: null })
  }

  /** Any LDIF with changetypes. */
  change (ldif) {
    return this.do('ldapmodify', [], ldif)
  }
}
