// SPDX-License-Identifier: AGPL-3.0-or-later
// service_provider.mjs: SAML services, correct or hostile as each test needs.
// Our signatures are verified by the xmlsec1 tool, not by our own code.
import { createSign, createVerify, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { run } from '../demo/stage.mjs'
import { must, same } from './relying_party.mjs'

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
export const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:'
export const FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'

export const newId = () => `_${randomBytes(16).toString('hex')}`
export const instant = (off = 0) => new Date(Date.now() + off * 1000).toISOString().replace(/\.\d+Z/, 'Z')
export const escapeXml = text => text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]))
const unescapeXml = text => text.replace(/&(amp|lt|gt|quot|#xD);/g, (_, c) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#xD': '\r' }[c]))

/** A key with a certificate, made by openssl. */
export async function newKey () {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const folder = mkdtempSync(join(tmpdir(), 'portvakt-sp-'))
  const pem = join(folder, 'key.pem')
  try {
    writeFileSync(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    const made = await run('openssl', ['req', '-new', '-x509', '-key', pem, '-subj', '/CN=sp.example', '-days', '2'])
    must(made.code === 0, made.err)
    return { privateKey, certificate: new X509Certificate(made.out).raw.toString('base64') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/* The first element of that name: its attributes and content. */
export function element (xml, name) {
  const found = new RegExp(`<(?:\\w+:)?${name}\\b([^>]*)>([\\s\\S]*?)</(?:\\w+:)?${name}>`).exec(xml)
  if (!found) return undefined
  const attributes = Object.fromEntries([...found[1].matchAll(/([\w:]+)="([^"]*)"/g)].map(([, n, v]) => [n, unescapeXml(v)]))
  return { attributes, inside: found[2], text: unescapeXml(found[2].replace(/<[^>]*>/g, '')) }
}

/* Our own metadata, parsed. */
export function readIdentityProvider (xml) {
  const at = (name, binding) => [...xml.matchAll(new RegExp(`<${name} Binding="([^"]*)" Location="([^"]*)"`, 'g'))]
    .find(([, b]) => b === binding)?.[2]
  return {
    entityId: /entityID="([^"]*)"/.exec(xml)?.[1],
    redirect: at('SingleSignOnService', REDIRECT),
    post: at('SingleSignOnService', POST),
    logout: at('SingleLogoutService', REDIRECT),
    certificates: [...xml.matchAll(/<ds:X509Certificate>([^<]*)/g)].map(([, c]) => c)
  }
}

export const pem = certificate => `-----BEGIN CERTIFICATE-----\n${certificate.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`

/** Whether xmlsec1 verifies the signature that is the child of an element. */
export async function xmlsecVerifies (xml, name, certificates) {
  const folder = mkdtempSync(join(tmpdir(), 'portvakt-xmlsec-'))
  try {
    writeFileSync(join(folder, 'message.xml'), xml)
    for (const certificate of certificates) {
      writeFileSync(join(folder, 'key.pem'), pem(certificate))
      const done = await run('xmlsec1', ['--verify', '--pubkey-cert-pem', join(folder, 'key.pem'), '--enabled-reference-uris', 'same-doc',
        '--enabled-key-data', 'key-name', '--id-attr:ID', `${name === 'Response' ? PROTOCOL : ASSERTION}:${name}`, '--node-xpath',
        `//*[local-name()='${name}']/*[local-name()='Signature']`, join(folder, 'message.xml')])
      if (done.code === 0) return true
    }
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/* A SAML service, as in its metadata. */
export class ServiceProvider {
  constructor (idp, { name, key, signs = false, issuer = 'region' }) {
    Object.assign(this, { idp, name, key, signs, issuer })
    this.entityId = `https://${name}.kongsberg.example/saml`
    this.acs = `https://${name}.kongsberg.example/acs`
    this.other = `https://${name}.kongsberg.example/acs2`
    this.slo = `https://${name}.kongsberg.example/slo`
  }

  metadata () {
    const key = this.key
      ? `<KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${this.key.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`
      : ''
    return `<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${this.entityId}">
<SPSSODescriptor${this.signs ? ' AuthnRequestsSigned="true"' : ''} protocolSupportEnumeration="${PROTOCOL}">${key}
<SingleLogoutService Binding="${REDIRECT}" Location="${this.slo}"/>
<AssertionConsumerService index="1" isDefault="true" Binding="${POST}" Location="${this.acs}"/>
<AssertionConsumerService index="2" Binding="${POST}" Location="${this.other}"/>
</SPSSODescriptor></EntityDescriptor>
`
  }

  configuration () {
    return `service ${this.name} {
	name      "${this.name}, bare til prøve"
	issuer    ${this.issuer}
	saml      ${this.name}.xml
	attributes  name mail login municipality kind
}
`
  }

  /* An AuthnRequest; attributes replace the defaults or (null) remove them. */
  request (attributes = {}, inside = '', issuer = this.entityId) {
    return this.message('AuthnRequest', { Destination: this.idp.redirect, ...attributes }, inside, issuer)
  }

  message (name, attributes, inside, issuer = this.entityId) {
    const all = { ID: newId(), Version: '2.0', IssueInstant: instant(), ...attributes }
    const rendered = Object.entries(all).filter(([, v]) => v !== null).map(([n, v]) => ` ${n}="${escapeXml(v)}"`).join('')
    return `<p:${name} xmlns:p="${PROTOCOL}" xmlns:a="${ASSERTION}"${rendered}><a:Issuer>${escapeXml(issuer)}</a:Issuer>${inside}</p:${name}>`
  }

  /* The query of a Redirect, signed where the service signs. */
  query (xml, { relay, param = 'SAMLRequest', key = this.key, signs = this.signs, algorithm = RSA_SHA256 } = {}) {
    const parts = [`${param}=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`]
    if (relay !== undefined) parts.push(`RelayState=${encodeURIComponent(relay)}`)
    if (!signs) return parts.join('&')
    parts.push(`SigAlg=${encodeURIComponent(algorithm)}`)
    const octets = parts.join('&')
    const signature = createSign(algorithm === RSA_SHA256 ? 'sha256' : 'sha1').update(octets).sign(key.privateKey, 'base64')
    return `${octets}&Signature=${encodeURIComponent(signature)}`
  }

  address (xml, options) {
    return `${this.idp.redirect}?${this.query(xml, options)}`
  }

  logoutRequest (login, attributes = {}, more = {}) {
    const format = more.format ?? login.format
    return this.message('LogoutRequest', { Destination: this.idp.logout, ...attributes },
      `<a:NameID${format ? ` Format="${format}"` : ''}>${escapeXml(more.name ?? login.name)}</a:NameID>` +
      `<p:SessionIndex>${more.index ?? login.index}</p:SessionIndex>`)
  }

  logoutAddress (xml, options) {
    return `${this.idp.logout}?${this.query(xml, options)}`
  }

  /* The provider's LogoutRequest, after its signature was verified. */
  readRedirect (address, param) {
    const raw = new URL(address).search.slice(1)
    const params = new URLSearchParams(raw)
    const octets = raw.slice(0, raw.indexOf('&Signature='))
    const signature = Buffer.from(params.get('Signature'), 'base64')
    must(this.idp.certificates.some(c => createVerify('sha256').update(octets).verify(new X509Certificate(Buffer.from(c, 'base64')).publicKey, signature)),
      'the provider\'s Redirect is not signed by its key')
    return { xml: inflateRawSync(Buffer.from(params.get(param), 'base64')).toString('utf8'), relay: params.get('RelayState') }
  }

  logoutResponse (asked, status = `${STATUS}Success`) {
    return this.message('LogoutResponse', { Destination: this.idp.logout, InResponseTo: /\bID="([^"]*)"/.exec(asked)[1] },
      `<p:Status><p:StatusCode Value="${status}"/></p:Status>`)
  }

  /* The Response in a page that posts it, with all required checks. */
  async read (answer, requestId, acs = this.acs) {
    const form = answer.forms.find(f => f.inputs.some(i => i.name === 'SAMLResponse'))
    must(form, `no Response: ${answer.status} ${answer.location ?? answer.text.slice(0, 300)}`)
    same(form.action, acs, 'where it goes')
    const xml = Buffer.from(form.inputs.find(i => i.name === 'SAMLResponse').value, 'base64').toString('utf8')
    const response = element(xml, 'Response')
    same(response.attributes.Destination, acs, 'Destination')
    same(response.attributes.InResponseTo, requestId, 'InResponseTo')
    must(await xmlsecVerifies(xml, 'Response', this.idp.certificates), 'xmlsec1 does not verify the Response')
    const codes = [...xml.matchAll(/StatusCode Value="([^"]*)"/g)].map(([, c]) => c)
    return { xml, codes, relay: form.inputs.find(i => i.name === 'RelayState')?.value, csp: answer.headers['content-security-policy'], ...this.readAssertion(xml) }
  }

  readAssertion (xml) {
    const name = element(xml, 'NameID')
    const login = element(xml, 'AuthnStatement')
    return {
      name: name?.text,
      format: name?.attributes.Format,
      index: login?.attributes.SessionIndex,
      provedAt: login && Date.parse(login.attributes.AuthnInstant),
      class: element(xml, 'AuthnContextClassRef')?.text,
      attributes: Object.fromEntries([...xml.matchAll(/<saml:Attribute FriendlyName="([^"]*)"[^>]*>([\s\S]*?)<\/saml:Attribute>/g)]
        .map(([, n, inside]) => [n, [...inside.matchAll(/<saml:AttributeValue>([\s\S]*?)<\/saml:AttributeValue>/g)].map(([, v]) => unescapeXml(v))]))
    }
  }
}

