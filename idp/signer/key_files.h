/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_files.h: the files of keys and secrets: their names, modes and forms. */
#ifndef IDP_SIGNER_KEY_FILES_H
#define IDP_SIGNER_KEY_FILES_H

#include "idp/signer/keys.h"

/* Every issuer has one key of each, and a file "salt". */
struct key_spec {
	enum key_use use;
	const char *alg;
};
enum { KEY_SPEC_COUNT = 3 };
extern const struct key_spec key_specs[KEY_SPEC_COUNT];

/* The files of the whole region. */
#define KEY_FILE_MAC      "mac.key"
#define KEY_FILE_AUDIT    "record.key"
#define KEY_FILE_TRANSFER "transfer.key"
enum { KEY_REGION_FILE_COUNT = 3 };
extern const char *const key_region_files[KEY_REGION_FILE_COUNT];

const char *key_use_name(enum key_use use);
enum key_use key_use_parse(const char *name);

bool key_file_exists(const char *path);

/* Creates a directory that only the signer may read; one may exist. */
bool key_file_mkdir(const char *path, struct error *err) must_check;

/* A secret is 32 bytes in base64url.  On error of reading ERROR_INVALID: it is
 * not. */
bool key_file_read_secret(const char *path, unsigned char ret[KEY_SECRET_BYTES],
                          struct error *err) must_check;
bool key_file_write_secret(const char *path,
                           const unsigned char secret[KEY_SECRET_BYTES],
                           struct error *err) must_check;
/* Writes a random one. */
bool key_file_create_secret(const char *path, struct error *err) must_check;

/* The key lives in a. */
bool key_file_read_pem(struct arena *a, const char *path, struct key *ret_key,
                       struct error *err) must_check;
bool key_file_create_pem(const char *path, const char *alg, const char *subject,
                         struct error *err) must_check;

/* Writes a new key into an issuer's directory, to sign from then. url: the
 * subject of a certificate. */
bool key_file_create(const char *folder, const struct key_spec *spec,
                     const char *url, int64_t from,
                     struct error *err) must_check;

#endif
