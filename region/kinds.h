/* SPDX-License-Identifier: AGPL-3.0-or-later
 * kinds.h: the questions our processes may put to one another, with what
 * goes in and what comes back.  Numbers are never reused. */
#ifndef REGION_KINDS_H
#define REGION_KINDS_H

/* One question, one line. */
/* clang-format off */
enum kind_of_question {
	/* Every process: reload is prepare everywhere, then activate everywhere. */
	ASK_PREPARE  = 0x01, /* {}            -> {hash} */
	ASK_ACTIVATE = 0x02, /* {hash}        -> {} */
	ASK_STATUS   = 0x03, /* {}            -> {name, pid, since, hash, ...} */

	/* keeper */
	ASK_SIGN_TOKEN = 0x10, /* {issuer, alg, use: id|logout|userinfo, claims} -> {token} */
	ASK_SIGN_SAML  = 0x11, /* {issuer, element: canonical XML without signature} -> {signature: ds:Signature XML}; or {issuer, pieces: [text]: a Response cut where its Assertion begins, is signed and ends} -> {signature: the Assertion's, around: the Response's} */
	ASK_SIGN_QUERY = 0x12, /* {issuer, query: SAMLRequest=|SAMLResponse=...&SigAlg=...} -> {signature: base64} */
	ASK_PUBLIC     = 0x13, /* {issuer}     -> {jwks, certificates: [base64 DER], hash, record: PEM} */
	ASK_SUBJECT    = 0x14, /* {issuer, kind: sub|nameid|pairwise, sector, id} -> {value} */
	ASK_MAC        = 0x15, /* {items: [{kind, key, digest}], token?: what ASK_SIGN_TOKEN is asked} -> {macs: [text], token?} */
	ASK_CHECK      = 0x16, /* {items: [{kind, key, digest, mac}]} -> {} or refused */
	ASK_KEYS       = 0x17, /* {issuer?}    -> {keys: [{issuer, use, alg, kid, from, state}]} */
	ASK_KEY_ROLL   = 0x18, /* {issuer, use: oidc|saml, from} -> {kids} */
	ASK_SIGN_HEAD  = 0x19, /* {head}       -> {signature} */
	/* sync's keeper: these two and no other */
	ASK_JOIN = 0x1a, /* {national} -> {join} */
	ASK_SEAL = 0x1b, /* {national} -> {sealed} */

	/* keeper: a municipality leaves, or comes */
	ASK_EXPORT = 0x1c, /* {issuer, to: the receiver's JWK} -> {sealed: JWE of the salt} */
	ASK_ADOPT  = 0x1d, /* {issuer, jwk} or {issuer, certificate: base64 DER} -> {kid}: published among ours, never signed with */
	ASK_SAY    = 0x1e, /* {what: bundle|removal, municipality, sha256} -> {jws, thumbprint} */
	ASK_TAKE_IN = 0x1f, /* {issuer, sealed} -> {}: the salt it brings along */

	/* door */
	ASK_PROVE = 0x20, /* {login, password, anchor?} -> {result: proved|wrong|disabled|expired|must-change, anchor, aside?} */

	ASK_CHANGE = 0x21, /* {login, anchor?, old?, new} -> {result: changed|wrong|refused, anchor: where changed, policy?: too-short|too-simple|too-young|used-before|not-allowed, text?: the directory's own words}; without old by the directory's own account, anchor needed */

	/* judge */
	ASK_JUDGE = 0x30, /* {questions: [{word, arguments: [text], facts}]} -> {verdicts: [permit|deny|error]} */

	/* scribe */
	ASK_RECORD = 0x40, /* {municipality, receipt} -> {code} */
	ASK_FIND   = 0x41, /* {code}  -> {receipt} */
	ASK_VERIFY = 0x42, /* {municipality} -> {files, lines, heads, unsigned} */
	ASK_FORGET = 0x43, /* scribe, keeper: {municipality}: one that has left -> {files} */

	/* admin, sync, master: what portvaktctl asks.  Answers ASK_LINE frames
	 * {text} until one ASK_END {status: 0|1}. */
	ASK_DO   = 0x50, /* {words: [text]} */
	ASK_LINE = 0x51,
	ASK_END  = 0x52,

	/* reader to writer */
	ASK_HELLO   = 0x60, /* {directory} -> {cookie?, known, age: seconds since a full compare} */
	ASK_BEGIN   = 0x61, /* {directory, full: bool} -> {run} */
	ASK_ENTRIES = 0x62, /* {run, entries: [{anchor, dn, attributes: {name: [text]}, join?, sealed?, flaw?}]} -> {} */
	ASK_PRESENT = 0x63, /* {run, anchors: [..]} -> {} */
	ASK_DELETED = 0x64, /* {run, anchors: [..]} -> {} */
	ASK_COMMIT  = 0x65, /* {run, cookie?, sweep: bool, count} -> {} */
	ASK_ABORT   = 0x66, /* {run, why} -> {} */

	ASK_ANSWER = 0x80, /* or-ed into the question's kind */
	ASK_FAULT  = 0xff,
};
/* clang-format on */

#endif
