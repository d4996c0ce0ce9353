/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_messages.h: the requests between Portvakt's processes.  A comment gives
 * the JSON members of the request -> those of the reply; "?" marks an optional
 * one.  A request also carries "conf", the first 16 hex digits of the
 * configuration's hash, except IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE,
 * IPC_STATUS and IPC_COMMAND; and "request", the request id of log.h (16 hex
 * digits), if the caller has one: it is on the log lines of the process that
 * handles the request.  Numbers are never reused. */
#ifndef REGION_IPC_IPC_MESSAGES_H
#define REGION_IPC_IPC_MESSAGES_H

/* clang-format off */
enum ipc_message_type {
	/* ---- every process; a reload prepares all, then activates all */
	/* {} -> {hash: of the configuration now prepared}; operators only */
	IPC_CONFIG_PREPARE = 0x01,
	/* {hash} -> {}; operators only */
	IPC_CONFIG_ACTIVATE = 0x02,
	/* {} -> {name, pid, since, connections, hash?} */
	IPC_STATUS = 0x03,

	/* ---- signer */
	/* {issuer, alg, use: id|logout, claims} -> {token} */
	IPC_SIGN_TOKEN = 0x10,
	/* {issuer, element: canonical XML without signature} -> {signature:
	 * ds:Signature XML}; or {issuer, pieces: [4 strings]} -> {signature:
	 * the Assertion's, around: the Response's}. The pieces are a
	 * Response, cut before its Assertion, at the place of the
	 * Assertion's signature, and after the Assertion. */
	IPC_SIGN_SAML = 0x11,
	/* {issuer, query: SAMLRequest=|SAMLResponse=, RelayState= if there is
	 * one, and SigAlg=} -> {signature: base64} */
	IPC_SIGN_QUERY = 0x12,
	/* {issuer} -> {jwks, certificates: [base64 DER, the signing one
	 * first], hash, record: PEM, record-kid, transfer: JWK text} */
	IPC_PUBLIC_KEYS = 0x13,
	/* {issuer, kind: sub|nameid|pairwise, sector, id} -> {value} */
	IPC_SUBJECT_IDENTIFIER = 0x14,
	/* {items: [{kind, key, digest}], token?: the body of IPC_SIGN_TOKEN}
	 * -> {macs: [string], token?} */
	IPC_MAC_CREATE = 0x15,
	/* {items: [{kind, key, digest, mac}]} -> {}; ERROR_REFUSED: a wrong
	 * MAC */
	IPC_MAC_VERIFY = 0x16,
	/* {issuer?} -> {keys: [{issuer, use, alg, kid, from, state:
	 * old|last|signs|next|adopted}], missing: [issuer]} */
	IPC_KEY_LIST = 0x17,
	/* {issuer, use: oidc|saml, from} -> {kids: [string]}; operators only */
	IPC_KEY_ROTATE = 0x18,
	/* {head} -> {signature: base64url, kid, jwk: JWK text, public: PEM} */
	IPC_SIGN_AUDIT_HEAD = 0x19,

	/* ---- id-crypto, the signer of sync: only these two */
	/* {national: 11 digits} -> {join: base64url HMAC} */
	IPC_JOIN_VALUE = 0x1a,
	/* {national: 11 digits} -> {sealed} */
	IPC_ENCRYPT_NATIONAL_ID = 0x1b,

	/* ---- signer: a municipality leaves or arrives; operators only */
	/* {issuer, to: the receiver's JWK} -> {sealed: JWE of the salt} */
	IPC_EXPORT_SALT = 0x1c,
	/* {issuer, jwk} or {issuer, certificate: base64 DER} -> {kid}; the
	 * key is published, never used to sign */
	IPC_IMPORT_PUBLIC_KEY = 0x1d,
	/* {what: bundle|removal, municipality, sha256: hex} -> {jws,
	 * thumbprint} */
	IPC_SIGN_MANIFEST = 0x1e,
	/* {issuer, sealed: JWE of the issuer's salt} -> {} */
	IPC_IMPORT_SALT = 0x1f,

	/* {} -> {keys: [base64url: today's, yesterday's], until: Unix time};
	 * web only */
	IPC_TRANSACTION_KEYS = 0x70,

	/* {issuer, anew?: true: though it has signed before} -> {}; makes the
	 * first keys of an issuer; operators only */
	IPC_KEY_INIT = 0x71,

	/* ---- ldap-auth */
	/* {login, password, anchor?} -> {result: proved|wrong|disabled|
	 * expired|must-change, anchor?: unless wrong, aside?: locked|disabled,
	 * for the audit log only} */
	IPC_VERIFY_PASSWORD = 0x20,
	/* {login, anchor?, old?, new} -> {result: changed|wrong|refused,
	 * anchor?: if changed, policy?:
	 * too-short|too-simple|too-young|used-before|not-allowed, text?: the
	 * server's diagnosticMessage}. Without old the service account sets
	 * it, and anchor is required. */
	IPC_CHANGE_PASSWORD = 0x21,

	/* ---- plugin-host, and from there its worker */
	/* {questions: [{condition, arguments: [string], facts}]} -> {verdicts:
	 * [permit|deny|step-up|error]}; to the worker {condition, arguments, facts}
	 * -> {verdict, why?} */
	IPC_EVALUATE = 0x30,

	/* ---- audit */
	/* {municipality: its name or "region", receipt: {what, ...}} ->
	 * {code}; or {counted: true} for a refusal without a person, where
	 * there are many of them */
	IPC_AUDIT_APPEND = 0x40,
	/* {code} -> {receipt}; ERROR_INVALID: an unknown code */
	IPC_AUDIT_FIND = 0x41,
	/* {municipality} -> {files, lines, heads, unsigned} */
	IPC_AUDIT_VERIFY = 0x42,
	/* audit, signer: {municipality: one that has left} -> {files};
	 * operators only */
	IPC_PURGE_MUNICIPALITY = 0x43,

	/* ---- admin, sync, supervisors: commands of portvaktctl, operators
	 * only. The reply is IPC_COMMAND_LINE frames and one
	 * IPC_COMMAND_END. */
	/* {args: [string]: the command and its arguments} */
	IPC_COMMAND = 0x50,
	/* {text} */
	IPC_COMMAND_LINE = 0x51,
	/* {status: 0, or 1 on error} */
	IPC_COMMAND_END = 0x52,
	/* web to admin: {person: id, affiliations: [2 ids], how: pwd, receipt:
	 * code of the later login} -> {}; one person has logged in with the
	 * accounts of both in one session */
	IPC_LINK_PROVED = 0x53,

	/* ---- connector to provisioner */
	/* {directory, scope} -> {cookie?: base64url, known: number of
	 * entries, age: seconds since the last full read} */
	IPC_SYNC_OPEN = 0x60,
	/* {directory, scope, full: bool, source?, certificate: notAfter of the
	 * server's, Unix time, 0: none} -> {run} */
	IPC_SYNC_BEGIN = 0x61,
	/* {run, entries: [{anchor, dn?, class: person|group|other, csn?,
	 * attributes: {name: [string]}, join?, sealed?, flaw?}, or {anchor,
	 * more: true, attributes} with more members of a group]} -> {};
	 * {buckets_needed: [number]} for a large group */
	IPC_SYNC_ENTRIES = 0x62,
	/* {run, anchors: [string]} -> {} */
	IPC_SYNC_PRESENT = 0x63,
	/* {run, anchors: [string]} -> {} */
	IPC_SYNC_DELETED = 0x64,
	/* {run, delete_unnamed: bool, count, cookie?: base64url, health?} ->
	 * {full_sync_needed?: true} */
	IPC_SYNC_COMMIT = 0x65,
	/* {run, directory, error?} -> {} */
	IPC_SYNC_ABORT = 0x66,

	/* or-ed into the request's type */
	IPC_REPLY = 0x80,
	/* {fault: invalid|refused|unavailable, reason?, text?} */
	IPC_ERROR = 0xff,
};
/* clang-format on */

#endif
