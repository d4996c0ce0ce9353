/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_messages.h: the requests between Portvakt's processes.  A comment gives
 * the JSON members of the request -> those of the reply; "?" marks an optional
 * one.  A request also carries "conf", the first 16 hex digits of the
 * configuration's hash, except IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE,
 * IPC_STATUS and IPC_COMMAND.  Numbers are never reused. */
#ifndef REGION_KINDS_H
#define REGION_KINDS_H

/* clang-format off */
enum kind_of_question {
	/* ---- every process; a reload prepares all, then activates all */
	/* {} -> {hash: of the configuration now prepared}; operators only */
	ASK_PREPARE = 0x01,
	/* {hash} -> {}; operators only */
	ASK_ACTIVATE = 0x02,
	/* {} -> {name, pid, since, connections, hash?} */
	ASK_STATUS = 0x03,

	/* ---- signer */
	/* {issuer, alg, use: id|logout, claims} -> {token} */
	ASK_SIGN_TOKEN = 0x10,
	/* {issuer, element: canonical XML without signature} -> {signature:
	 * ds:Signature XML}; or {issuer, pieces: [4 strings]} -> {signature:
	 * the Assertion's, around: the Response's}. The pieces are a
	 * Response, cut before its Assertion, at the place of the
	 * Assertion's signature, and after the Assertion. */
	ASK_SIGN_SAML = 0x11,
	/* {issuer, query: SAMLRequest=|SAMLResponse=, RelayState= if there is
	 * one, and SigAlg=} -> {signature: base64} */
	ASK_SIGN_QUERY = 0x12,
	/* {issuer} -> {jwks, certificates: [base64 DER, the signing one
	 * first], hash, record: PEM, record-kid, transfer: JWK text} */
	ASK_PUBLIC = 0x13,
	/* {issuer, kind: sub|nameid|pairwise, sector, id} -> {value} */
	ASK_SUBJECT = 0x14,
	/* {items: [{kind, key, digest}], token?: the body of IPC_SIGN_TOKEN}
	 * -> {macs: [string], token?} */
	ASK_MAC = 0x15,
	/* {items: [{kind, key, digest, mac}]} -> {}; ERROR_REFUSED: a wrong
	 * MAC */
	ASK_CHECK = 0x16,
	/* {issuer?} -> {keys: [{issuer, use, alg, kid, from, state:
	 * old|last|signs|next|adopted}]} */
	ASK_KEYS = 0x17,
	/* {issuer, use: oidc|saml, from} -> {kids: [string]}; operators only */
	ASK_KEY_ROLL = 0x18,
	/* {head} -> {signature: base64url, kid, jwk: JWK text, public: PEM} */
	ASK_SIGN_HEAD = 0x19,

	/* ---- id-crypto, the signer of sync: only these two */
	/* {national: 11 digits} -> {join: base64url HMAC} */
	ASK_JOIN = 0x1a,
	/* {national: 11 digits} -> {sealed} */
	ASK_SEAL = 0x1b,

	/* ---- signer: a municipality leaves or arrives; operators only */
	/* {issuer, to: the receiver's JWK} -> {sealed: JWE of the salt} */
	ASK_EXPORT = 0x1c,
	/* {issuer, jwk} or {issuer, certificate: base64 DER} -> {kid}; the
	 * key is published, never used to sign */
	ASK_ADOPT = 0x1d,
	/* {what: bundle|removal, municipality, sha256: hex} -> {jws,
	 * thumbprint} */
	ASK_SAY = 0x1e,
	/* {issuer, sealed: JWE of the issuer's salt} -> {} */
	ASK_TAKE_IN = 0x1f,

	/* ---- ldap-auth */
	/* {login, password, anchor?} -> {result: proved|wrong|disabled|
	 * expired|must-change, anchor?: unless wrong, aside?: locked|disabled,
	 * for the audit log only} */
	ASK_PROVE = 0x20,
	/* {login, anchor?, old?, new} -> {result: changed|wrong|refused,
	 * anchor?: if changed, policy?:
	 * too-short|too-simple|too-young|used-before|not-allowed, text?: the
	 * server's diagnosticMessage}. Without old the service account sets
	 * it, and anchor is required. */
	ASK_CHANGE = 0x21,

	/* ---- plugin-host, and from there its worker */
	/* {questions: [{word, arguments: [string], facts}]} -> {verdicts:
	 * [permit|deny|step-up|error]}; to the worker {word, arguments, facts}
	 * -> {verdict, why?} */
	ASK_JUDGE = 0x30,

	/* ---- audit */
	/* {municipality: its name or "region", receipt: {what, ...}} ->
	 * {code} */
	ASK_RECORD = 0x40,
	/* {code} -> {receipt}; ERROR_INVALID: an unknown code */
	ASK_FIND = 0x41,
	/* {municipality} -> {files, lines, heads, unsigned} */
	ASK_VERIFY = 0x42,
	/* audit, signer: {municipality: one that has left} -> {files};
	 * operators only */
	ASK_FORGET = 0x43,

	/* ---- admin, sync, supervisors: commands of portvaktctl, operators
	 * only. The reply is IPC_COMMAND_LINE frames and one
	 * IPC_COMMAND_END. */
	/* {words: [string]} */
	ASK_DO = 0x50,
	/* {text} */
	ASK_LINE = 0x51,
	/* {status: 0, or 1 on error} */
	ASK_END = 0x52,

	/* ---- connector to provisioner */
	/* {directory, scope} -> {cookie?: base64url, known: number of
	 * entries, age: seconds since the last full read} */
	ASK_HELLO = 0x60,
	/* {directory, scope, full: bool, source?} -> {run} */
	ASK_BEGIN = 0x61,
	/* {run, entries: [{anchor, dn?, class: person|group|other, csn?,
	 * attributes: {name: [string]}, join?, sealed?, flaw?}, or {anchor,
	 * more: true, attributes} with more members of a group]} -> {};
	 * {wanted: [bucket]} for a large group */
	ASK_ENTRIES = 0x62,
	/* {run, anchors: [string]} -> {} */
	ASK_PRESENT = 0x63,
	/* {run, anchors: [string]} -> {} */
	ASK_DELETED = 0x64,
	/* {run, sweep: bool, count, cookie?: base64url, health?} -> {again?:
	 * true: send everything once more} */
	ASK_COMMIT = 0x65,
	/* {run, directory, why?} -> {} */
	ASK_ABORT = 0x66,

	/* or-ed into the request's type */
	ASK_ANSWER = 0x80,
	/* {fault: invalid|refused|unavailable, reason?, text?} */
	ASK_FAULT = 0xff,
};
/* clang-format on */

#endif
