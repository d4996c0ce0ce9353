/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: stores issuer keys as files and selects the one that signs. The date
 * in a key's file name decides, so a rotation needs no timer and the file
 * names show its state. */
#include "idp/signer/keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/signer/key_crypto.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { SECRET_FILE_MODE = 0600, SECRET_DIR_MODE = 0700 };

/* Every issuer has one key of each. */
static const struct key_spec {
	enum key_use use;
	const char *alg;
} key_specs[] = {
	{ USE_OIDC, "RS256" },
	{ USE_OIDC, "ES256" },
	{ USE_SAML, "RS256" },
};

/* The keys of one issuer. */
struct keyring {
	struct keyring *next;
	const char *name;
	unsigned char salt[KEY_SECRET_BYTES];
	VECTOR(struct key *) keys; /* sorted by date */
};

/* One per process, opened before any thread; its keys are never freed. */
static struct {
	struct arena *arena;
	const char *folder;
	unsigned char mac[KEY_SECRET_BYTES];
	struct key audit, transfer;
	pthread_mutex_t lock; /* protects arena and keyrings */
	struct keyring *keyrings;
} key_store = { .lock = PTHREAD_MUTEX_INITIALIZER };

const char *key_use_name(enum key_use use)
{
	static const char *const names[] = {
		[USE_NONE] = "none",
		[USE_OIDC] = "oidc",
		[USE_SAML] = "saml",
	};

	return names[use];
}

enum key_use key_use_parse(const char *name)
{
	if (text_equal(name, "oidc"))
		return USE_OIDC;
	return text_equal(name, "saml") ? USE_SAML : USE_NONE;
}

/* ---- files */

static bool keys_mkdir(const char *path, struct error *err)
{
	if (mkdir(path, SECRET_DIR_MODE) == 0 || errno == EEXIST)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "cannot create %s: %s", path,
	                 strerror(errno));
}

static bool keys_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Reads 32 bytes in base64url; creates the file if it is missing. */
static bool keys_load_or_create_secret(const char *path,
                                       unsigned char ret[KEY_SECRET_BYTES],
                                       struct error *err)
{
	struct arena *a = arena_open();
	unsigned char secret[KEY_SECRET_BYTES], *bytes;
	size_t length;
	char *text;
	bool good = true;

	if (!keys_file_exists(path)) {
		random_bytes(secret, sizeof(secret));
		text = arena_printf(
		    a, "%s\n", base64url_encode(a, secret, sizeof(secret)));
		good =
		    file_write(path, text, strlen(text), SECRET_FILE_MODE, err);
	}
	good = good && file_read_secret(a, path, &text, err);
	if (good &&
	    (!base64url_decode(a, text, strlen(text), &bytes, &length) ||
	     length != KEY_SECRET_BYTES))
		good =
		    error_set(err, ERROR_INVALID, "%s is not 32 bytes", path);
	if (good)
		memcpy(ret, bytes, KEY_SECRET_BYTES);
	arena_close(a);
	return good;
}

/* Called with the lock held: the returned key lives in the shared arena. */
static bool keys_load_pem(const char *path, struct key *ret_key,
                          struct error *err)
{
	struct arena *a = arena_open();
	char *pem;
	struct error wrong = { 0 };
	bool good = file_read_secret(a, path, &pem, err);

	if (good && !key_parse(key_store.arena, pem, ret_key, &wrong))
		good = error_set(err, wrong.kind, "%s: %s", path, wrong.text);
	arena_close(a);
	return good;
}

static bool keys_create_pem(const char *path, const char *alg,
                            const char *subject, struct error *err)
{
	struct arena *a = arena_open();
	char *pem;
	bool good = key_create(a, alg, subject, &pem, err) &&
	            file_write(path, pem, strlen(pem), SECRET_FILE_MODE, err);

	arena_close(a);
	return good;
}

/* Opens a key of the whole region; creates it if it is missing. */
static bool keys_open_region_key(const char *name, struct key *k,
                                 struct error *err)
{
	const char *path =
	    arena_printf(key_store.arena, "%s/%s", key_store.folder, name);

	EVP_PKEY_free(k->pkey);
	*k = (struct key){ 0 };
	if (!keys_file_exists(path) &&
	    !keys_create_pem(path, "ES256", NULL, err))
		return false;
	return keys_load_pem(path, k, err);
}

bool keys_open(const char *folder, struct error *err)
{
	if (!key_store.arena)
		key_store.arena = arena_open();
	key_store.folder = arena_strdup(key_store.arena, folder);
	key_store.keyrings = NULL;
	return keys_mkdir(folder, err) &&
	       keys_load_or_create_secret(
		   arena_printf(key_store.arena, "%s/mac.key", folder),
		   key_store.mac, err) &&
	       keys_open_region_key("record.key", &key_store.audit, err) &&
	       keys_open_region_key("transfer.key", &key_store.transfer, err);
}

const unsigned char *keys_mac(void)
{
	return key_store.mac;
}

const struct key *keys_audit(void)
{
	return &key_store.audit;
}

const struct key *keys_transfer(void)
{
	return &key_store.transfer;
}

char *keys_issuer_dir(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", key_store.folder, name);
}

/* ---- keyrings */

/* Called with the lock held, like every function below that takes a keyring. */
static struct keyring *keyring_find(const char *name)
{
	for (struct keyring *g = key_store.keyrings; g; g = g->next)
		if (text_equal(g->name, name))
			return g;
	return NULL;
}

/* Parses a name such as `oidc-RS256-20261121230500Z.pem`. */
static bool key_file_name_parse(struct arena *a, const char *name,
                                struct key *ret_key)
{
	size_t count;
	char **parts = text_split(a, name, "-.", &count);

	if (count != 4 || !text_equal(parts[3], "pem"))
		return false;
	ret_key->use = key_use_parse(parts[0]);
	ret_key->alg = parts[1];
	return ret_key->use != USE_NONE &&
	       clock_parse_generalized_time(parts[2], &ret_key->from);
}

static void keyring_add(struct keyring *g, const struct key *k)
{
	struct key *kept = arena_new(key_store.arena, struct key);
	size_t at = g->keys.count;

	*kept = *k;
	*vector_append(key_store.arena, &g->keys) = kept;
	for (; at > 0 && g->keys.at[at - 1]->from > kept->from; at--)
		g->keys.at[at] = g->keys.at[at - 1];
	g->keys.at[at] = kept;
}

static bool keyring_add_file(struct keyring *g, const char *folder,
                             const char *name, struct error *err)
{
	struct key named = { 0 }, k;
	const char *path = arena_printf(key_store.arena, "%s/%s", folder, name);

	if (!key_file_name_parse(key_store.arena, name, &named))
		return error_set(err, ERROR_INVALID,
		                 "%s: file name is not USE-ALGORITHM-DATE",
		                 path);
	if (!keys_load_pem(path, &k, err))
		return false;
	if (!text_equal(k.alg, named.alg) ||
	    (named.use == USE_SAML) != (k.certificate != NULL))
		return error_set(err, ERROR_INVALID,
		                 "%s: key does not match its file name", path);
	k.use = named.use;
	k.from = named.from;
	keyring_add(g, &k);
	return true;
}

static bool keyring_load_files(struct keyring *g, const char *folder,
                               struct error *err)
{
	size_t count;
	char **names;

	if (!file_list(key_store.arena, folder, ".pem", &names, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!keyring_add_file(g, folder, names[i], err))
			return false;
	return true;
}

static bool key_file_create(const char *name, const struct key_spec *spec,
                            const char *url, int64_t from, struct error *err)
{
	struct arena *a = arena_open();
	const char *path =
	    arena_printf(a, "%s/%s/%s-%s-%s.pem", key_store.folder, name,
	                 key_use_name(spec->use), spec->alg,
	                 clock_format_generalized_time(a, from));
	bool good = keys_create_pem(path, spec->alg,
	                            spec->use == USE_SAML ? url : NULL, err);

	arena_close(a);
	return good;
}

static bool keyring_has(const struct keyring *g, const struct key_spec *spec)
{
	for (size_t i = 0; i < g->keys.count; i++)
		if (g->keys.at[i]->use == spec->use &&
		    text_equal(g->keys.at[i]->alg, spec->alg))
			return true;
	return false;
}

/* Reads all keys again; on error the keyring is unchanged. */
static bool keyring_reload(struct keyring *g, const char *folder,
                           struct error *err)
{
	struct keyring fresh = { .name = g->name };

	if (!keyring_load_files(&fresh, folder, err))
		return false;
	g->keys = fresh.keys;
	return true;
}

/* Loads the keys, creates missing ones, and loads again. */
static bool keyring_load_or_create(struct keyring *g, const char *url,
                                   const char *folder, struct error *err)
{
	const int64_t now = clock_now();
	bool created = false;

	if (!keys_mkdir(folder, err) ||
	    !keys_load_or_create_secret(
		arena_printf(key_store.arena, "%s/salt", folder), g->salt,
		err) ||
	    !keyring_reload(g, folder, err))
		return false;
	for (size_t i = 0; i < LENGTH(key_specs); i++) {
		if (keyring_has(g, &key_specs[i]))
			continue;
		if (!key_file_create(g->name, &key_specs[i], url, now, err))
			return false;
		created = true;
	}
	return !created || keyring_reload(g, folder, err);
}

static bool keyring_create(const char *name, const char *url, struct error *err)
{
	struct keyring *g = arena_new(key_store.arena, struct keyring);

	g->name = arena_strdup(key_store.arena, name);
	if (!keyring_load_or_create(
		g, url,
		arena_printf(key_store.arena, "%s/%s", key_store.folder, name),
		err))
		return false;
	g->next = key_store.keyrings;
	key_store.keyrings = g;
	return true;
}

bool keys_ensure(const char *name, const char *url, struct error *err)
{
	(void)pthread_mutex_lock(&key_store.lock);
	bool good = keyring_find(name) || keyring_create(name, url, err);
	(void)pthread_mutex_unlock(&key_store.lock);
	return good;
}

const unsigned char *keys_salt(const char *name)
{
	(void)pthread_mutex_lock(&key_store.lock);
	struct keyring *g = keyring_find(name);
	(void)pthread_mutex_unlock(&key_store.lock);
	return g ? g->salt : NULL;
}

/* ---- the active key */

static bool key_matches(const struct key *k, enum key_use use, const char *alg)
{
	return k->use == use && text_equal(k->alg, alg);
}

/* Returns the newest key whose date has passed; if there is none (the clock was
 * set back), the oldest. */
static const struct key *keyring_active_key(const struct keyring *g,
                                            enum key_use use, const char *alg,
                                            int64_t now)
{
	const struct key *found = NULL;

	for (size_t i = 0; i < g->keys.count; i++) {
		const struct key *k = g->keys.at[i];

		if (key_matches(k, use, alg) && (k->from <= now || !found))
			found = k;
	}
	return found;
}

bool keys_active(const char *name, enum key_use use, const char *alg,
                 int64_t now, const struct key **ret_key, struct error *err)
{
	const struct key *k = NULL;

	(void)pthread_mutex_lock(&key_store.lock);
	const struct keyring *g = keyring_find(name);

	if (g)
		k = keyring_active_key(g, use, alg, now);
	(void)pthread_mutex_unlock(&key_store.lock);
	if (!k)
		return error_set(err, ERROR_REFUSED,
		                 "no active %s key for %s of issuer %s",
		                 key_use_name(use), alg, name);
	*ret_key = k;
	return true;
}

static enum key_state keyring_key_state(const struct keyring *g,
                                        const struct key *k, int64_t now)
{
	const struct key *active = keyring_active_key(g, k->use, k->alg, now);
	const struct key *previous = NULL;

	if (k == active)
		return KEY_ACTIVE;
	if (k->from > active->from)
		return KEY_NEXT;
	for (size_t i = 0; i < g->keys.count; i++)
		if (key_matches(g->keys.at[i], k->use, k->alg) &&
		    g->keys.at[i]->from < active->from)
			previous = g->keys.at[i];
	return k == previous ? KEY_PREVIOUS : KEY_RETIRED;
}

size_t keys_list(struct arena *a, const char *name, int64_t now,
                 struct key_row **ret_rows)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&key_store.lock);
	const struct keyring *g = keyring_find(name);

	if (g) {
		count = g->keys.count;
		*ret_rows = arena_array(a, struct key_row, count);
		for (size_t i = 0; i < count; i++)
			(*ret_rows)[i] = (struct key_row){
				g->keys.at[i],
				keyring_key_state(g, g->keys.at[i], now),
			};
	}
	(void)pthread_mutex_unlock(&key_store.lock);
	return count;
}

/* ---- rotation */

static bool keys_next_exists(const char *name, enum key_use use, int64_t now)
{
	bool exists = false;

	(void)pthread_mutex_lock(&key_store.lock);
	const struct keyring *g = keyring_find(name);

	for (size_t i = 0; g && i < g->keys.count; i++)
		if (g->keys.at[i]->use == use && g->keys.at[i]->from > now)
			exists = true;
	(void)pthread_mutex_unlock(&key_store.lock);
	return exists;
}

static bool keys_reload(const char *name, struct error *err)
{
	bool good = false;

	(void)pthread_mutex_lock(&key_store.lock);
	struct keyring *g = keyring_find(name);

	if (g)
		good = keyring_reload(g,
		                      arena_printf(key_store.arena, "%s/%s",
		                                   key_store.folder, name),
		                      err);
	(void)pthread_mutex_unlock(&key_store.lock);
	return good;
}

/* Keys are generated outside the lock: finding primes takes as long as hundreds
 * of signatures, and login requests must not wait for it. */
static bool keys_rotate_locked(const char *name, const char *url,
                               enum key_use use, int64_t from, int64_t now,
                               struct error *err)
{
	if (keys_next_exists(name, use, now))
		return error_set(err, ERROR_REFUSED,
		                 "issuer %s already has a next key", name);
	for (size_t i = 0; i < LENGTH(key_specs); i++)
		if (key_specs[i].use == use &&
		    !key_file_create(name, &key_specs[i], url, from, err))
			return false;
	return keys_reload(name, err);
}

bool keys_rotate(const char *name, const char *url, enum key_use use,
                 int64_t from, int64_t now, struct error *err)
{
	static pthread_mutex_t rotation_lock = PTHREAD_MUTEX_INITIALIZER;

	if (!keys_ensure(name, url, err))
		return false;
	(void)pthread_mutex_lock(&rotation_lock);
	bool good = keys_rotate_locked(name, url, use, from, now, err);
	(void)pthread_mutex_unlock(&rotation_lock);
	return good;
}

/* ---- import and removal */

/* The salt of a keyring in use never changes: a new keyring is created, and
 * lookups return it instead of the old one. */
bool keys_import_salt(const char *name, const char *url,
                      const unsigned char salt[KEY_SECRET_BYTES],
                      struct error *err)
{
	struct arena *a = arena_open();
	const char *path =
	    arena_printf(a, "%s/%s/salt", key_store.folder, name);
	const char *text = arena_printf(
	    a, "%s\n", base64url_encode(a, salt, KEY_SECRET_BYTES));

	(void)pthread_mutex_lock(&key_store.lock);
	bool good =
	    file_write(path, text, strlen(text), SECRET_FILE_MODE, err) &&
	    keyring_create(name, url, err);
	(void)pthread_mutex_unlock(&key_store.lock);
	arena_close(a);
	return good;
}

static void keyring_remove(const char *name)
{
	struct keyring **at = &key_store.keyrings;

	while (*at) {
		if (text_equal((*at)->name, name))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

static bool keys_remove_files(struct arena *a, const char *folder,
                              size_t *ret_count, struct error *err)
{
	char **names;
	size_t count;

	if (!file_list(a, folder, "", &names, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (unlink(arena_printf(a, "%s/%s", folder, names[i])) != 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "cannot remove %s/%s: %s", folder,
			                 names[i], strerror(errno));
	*ret_count = count;
	return rmdir(folder) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot remove %s: %s", folder,
	                 strerror(errno));
}

bool keys_delete(const char *name, size_t *ret_files, struct error *err)
{
	struct arena *a = arena_open();
	const char *folder = keys_issuer_dir(a, name);
	bool good = true;

	*ret_files = 0;
	(void)pthread_mutex_lock(&key_store.lock);
	keyring_remove(name);
	if (keys_file_exists(folder))
		good = keys_remove_files(a, folder, ret_files, err);
	(void)pthread_mutex_unlock(&key_store.lock);
	arena_close(a);
	return good;
}
