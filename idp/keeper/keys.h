/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.h: the private keys of every issuer, from files that only the keeper
 * reads.  At any time one signs; the next, if made, and the last are
 * published too. */
#ifndef IDP_KEEPER_KEYS_H
#define IDP_KEEPER_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"

enum { KEY_SECRET = 32 };

enum key_use { USE_NONE = 0, USE_OIDC, USE_SAML };
enum key_state { KEY_OLD = 0, KEY_LAST, KEY_SIGNS, KEY_NEXT };

/* Never freed and never changed while the process lives. */
struct key {
	enum key_use use;
	const char *alg; /* "RS256" or "ES256" */
	int64_t from;    /* signs from then until the next one's */
	EVP_PKEY *pkey;
	const char *kid;         /* RFC 7638 thumbprint */
	const char *jwk;         /* the public half, JSON */
	const char *certificate; /* base64 of its DER; NULL for OIDC */
};

/* Makes folder and what the whole region needs: mac.key and record.key. */
bool keys_open(const char *folder, struct fault *why) must_check;
const unsigned char *keys_mac(void); /* KEY_SECRET bytes */
const struct key *keys_record(void); /* ES256: signs heads of the record */
/* P-256: what another installation's keeper closes for us is closed for it;
 * never signs. */
const struct key *keys_transfer(void);

/* The folder of an issuer's keys, living in a. */
char *keys_folder(struct arena *a, const char *name);

/* The keys of an issuer, read from its folder or made there at the first
 * call.  name and url: of an issuer in a snapshot. */
bool keys_ready(const char *name, const char *url,
                struct fault *why) must_check;

/* After keys_ready.  The one that signs now; false where there is none. */
bool keys_signing(const char *name, enum key_use use, const char *alg,
                  int64_t now, const struct key **ret_key,
                  struct fault *why) must_check;
const unsigned char *keys_salt(const char *name); /* KEY_SECRET bytes */

/* Every key with its state, oldest first, in a. */
struct key_row {
	const struct key *key;
	enum key_state state;
};
size_t keys_list(struct arena *a, const char *name, int64_t now,
                 struct key_row **ret_rows);

/* A next key for every algorithm of that use, to sign from then; REFUSED
 * where one waits already. */
bool keys_roll(const char *name, const char *url, enum key_use use,
               int64_t from, int64_t now, struct fault *why) must_check;

/* A salt that the issuer brings along from where it was before; whoever asked
 * before this was told other names, so that must have been nobody. */
bool keys_take_salt(const char *name, const char *url,
                    const unsigned char salt[KEY_SECRET],
                    struct fault *why) must_check;

/* Removes every key of an issuer that is no more, and its salt; how many
 * files that were. */
bool keys_forget(const char *name, size_t *ret_files,
                 struct fault *why) must_check;

const char *key_use_name(enum key_use use);
enum key_use key_use_from(const char *name);

#endif
