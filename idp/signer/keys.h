/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.h: the private keys of every issuer, from files that only
 * portvakt-signer reads. One key signs at a time; the next, if it exists, and
 * the previous are published too. */
#ifndef IDP_SIGNER_KEYS_H
#define IDP_SIGNER_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"

enum { KEY_SECRET_BYTES = 32 };

enum key_use { USE_NONE = 0, USE_OIDC, USE_SAML };
enum key_state { KEY_RETIRED = 0, KEY_PREVIOUS, KEY_ACTIVE, KEY_NEXT };

/* Never freed and never changed while the process runs. */
struct key {
	enum key_use use;
	const char *alg; /* "RS256" or "ES256" */
	int64_t from;    /* signs from then until the next key does */
	EVP_PKEY *pkey;
	const char *kid;         /* RFC 7638 thumbprint */
	const char *jwk;         /* the public key, JSON */
	const char *certificate; /* base64 of its DER; NULL for OIDC */
};

/* The issuer of the whole region, which every configuration has. */
#define KEYS_REGION "region"

/* Sets the directory of all keys, once in a process. */
bool keys_open(const char *folder, struct error *err) must_check;

/* Loads the keys of the whole region: mac.key, record.key and transfer.key.
 * The three functions below must not be called before.  On error
 * ERROR_UNAVAILABLE: one is missing, and the text advises; no key is made. */
bool keys_require_region(struct error *err) must_check;
const unsigned char *keys_mac(void); /* KEY_SECRET_BYTES bytes */
const struct key *keys_audit(void);  /* ES256: audit heads, manifests */
/* P-256: other installations encrypt to it (ECDH-ES); it never signs. */
const struct key *keys_transfer(void);

/* Returns the path of an issuer's key directory, allocated in a. */
char *keys_issuer_dir(struct arena *a, const char *name);

/* Loads an issuer's salt and keys.  On error ERROR_UNAVAILABLE: one is missing,
 * and the text advises; no key is made. */
bool keys_require(const char *name, struct error *err) must_check;

/* Returns whether they are loaded. */
bool keys_are_loaded(const char *name);

/* Makes the salt and the first keys of an issuer, those of the whole region
 * with those of the issuer KEYS_REGION, and loads them.  On error
 * ERROR_REFUSED: there are some. */
bool keys_init(const char *name, const char *url, struct error *err) must_check;

/* After keys_require(). Returns the key that signs now. On error ERROR_REFUSED:
 * there is none. */
bool keys_active(const char *name, enum key_use use, const char *alg,
                 int64_t now, const struct key **ret_key,
                 struct error *err) must_check;
const unsigned char *keys_salt(const char *name); /* KEY_SECRET_BYTES bytes */

/* Returns every key with its state, oldest first, allocated in a. */
struct key_row {
	const struct key *key;
	enum key_state state;
};
size_t keys_list(struct arena *a, const char *name, int64_t now,
                 struct key_row **ret_rows);

/* Creates the next key of every algorithm for that use, to sign from then. On
 * error ERROR_REFUSED: a next key exists already. */
bool keys_rotate(const char *name, const char *url, enum key_use use,
                 int64_t from, int64_t now, struct error *err) must_check;

/* Imports the salt that an issuer had at its previous installation. This
 * changes every subject identifier, so the caller checks that none was
 * issued. After keys_require(). */
bool keys_import_salt(const char *name,
                      const unsigned char salt[KEY_SECRET_BYTES],
                      struct error *err) must_check;

/* Deletes the keys and the salt of a removed issuer; returns the number of
 * files. */
bool keys_delete(const char *name, size_t *ret_files,
                 struct error *err) must_check;

#endif
