/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: stores issuer keys as files and selects the one that signs. The date
 * in a key's file name decides, so a rotation needs no timer and the file
 * names show its state. */
#include "idp/signer/keys.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/signer/key_files.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

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
	bool region_is_loaded; /* the next three are valid, and stay so */
	unsigned char mac[KEY_SECRET_BYTES];
	struct key audit, transfer;
	pthread_mutex_t lock; /* protects all but folder */
	struct keyring *keyrings;
} key_store = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- keys of the whole region */

/* Reads a region-wide key into k, which is empty or of an earlier opening. */
static bool keys_load_region_key(const char *name, struct key *k,
                                 struct error *err)
{
	EVP_PKEY_free(k->pkey);
	*k = (struct key){ 0 };
	return key_file_read_pem(
	    key_store.arena,
	    arena_printf(key_store.arena, "%s/%s", key_store.folder, name), k,
	    err);
}

/* ---- what is missing */

static const char *keys_missing_advice(const char *issuer, bool others_exist,
                                       struct arena *a)
{
	if (others_exist)
		return "restore it from a backup";
	return arena_printf(a,
	                    "restore the backup; if it has never had keys: "
	                    "portvaktctl keys init %s",
	                    issuer);
}

static bool keys_set_missing(const char *issuer, const char *what,
                             const char *folder, bool others_exist,
                             struct error *err)
{
	struct arena *a = arena_open();

	(void)error_set_reason(err, ERROR_UNAVAILABLE, "signer-unavailable",
	                       "%s has no %s in %s; %s", issuer, what, folder,
	                       keys_missing_advice(issuer, others_exist, a));
	arena_close(a);
	return false;
}

/* On error ERROR_UNAVAILABLE: one is missing. Called with the lock held. */
static bool keys_region_files_exist(struct error *err)
{
	struct arena *a = arena_open();
	const char *missing = NULL;
	size_t found = 0;

	for (size_t i = 0; i < KEY_REGION_FILE_COUNT; i++) {
		if (key_file_exists(arena_printf(a, "%s/%s", key_store.folder,
		                                 key_region_files[i])))
			found++;
		else if (!missing)
			missing = key_region_files[i];
	}
	arena_close(a);
	return !missing || keys_set_missing(KEYS_REGION, missing,
	                                    key_store.folder, found > 0, err);
}

static bool keys_load_region(struct error *err)
{
	if (key_store.region_is_loaded)
		return true;
	key_store.region_is_loaded =
	    keys_region_files_exist(err) &&
	    key_file_read_secret(arena_printf(key_store.arena, "%s/%s",
	                                      key_store.folder, KEY_FILE_MAC),
	                         key_store.mac, err) &&
	    keys_load_region_key(KEY_FILE_AUDIT, &key_store.audit, err) &&
	    keys_load_region_key(KEY_FILE_TRANSFER, &key_store.transfer, err);
	return key_store.region_is_loaded;
}

bool keys_require_region(struct error *err)
{
	(void)pthread_mutex_lock(&key_store.lock);
	bool good = keys_load_region(err);
	(void)pthread_mutex_unlock(&key_store.lock);
	return good;
}

bool keys_open(const char *folder, struct error *err)
{
	if (!key_store.arena)
		key_store.arena = arena_open();
	key_store.folder = arena_strdup(key_store.arena, folder);
	key_store.keyrings = NULL;
	key_store.region_is_loaded = false;
	return key_file_mkdir(folder, err);
}

const unsigned char *keys_mac(void)
{
	assert(key_store.region_is_loaded);
	return key_store.mac;
}

const struct key *keys_audit(void)
{
	assert(key_store.region_is_loaded);
	return &key_store.audit;
}

const struct key *keys_transfer(void)
{
	assert(key_store.region_is_loaded);
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
	if (!key_file_read_pem(key_store.arena, path, &k, err))
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

/* Names the first file that is missing, and if the issuer has any. */
static const char *keyring_missing(struct arena *a, const struct keyring *g,
                                   const char *salt, bool *ret_others)
{
	*ret_others = g->keys.count > 0 || key_file_exists(salt);
	if (!key_file_exists(salt))
		return "salt";
	for (size_t i = 0; i < KEY_SPEC_COUNT; i++)
		if (!keyring_has(g, &key_specs[i]))
			return arena_printf(a, "%s %s key",
			                    key_use_name(key_specs[i].use),
			                    key_specs[i].alg);
	return NULL;
}

static bool keyring_load(struct keyring *g, const char *folder,
                         struct error *err)
{
	const char *salt = arena_printf(key_store.arena, "%s/salt", folder);
	bool others;

	if (key_file_exists(folder) && !keyring_reload(g, folder, err))
		return false;
	const char *missing =
	    keyring_missing(key_store.arena, g, salt, &others);

	if (missing)
		return keys_set_missing(g->name, missing, folder, others, err);
	return key_file_read_secret(salt, g->salt, err);
}

static bool keyring_open(const char *name, struct error *err)
{
	struct keyring *g = arena_new(key_store.arena, struct keyring);

	g->name = arena_strdup(key_store.arena, name);
	if (!keyring_load(
		g,
		arena_printf(key_store.arena, "%s/%s", key_store.folder, name),
		err))
		return false;
	g->next = key_store.keyrings;
	key_store.keyrings = g;
	return true;
}

bool keys_require(const char *name, struct error *err)
{
	(void)pthread_mutex_lock(&key_store.lock);
	bool good = keyring_find(name) || keyring_open(name, err);
	(void)pthread_mutex_unlock(&key_store.lock);
	return good;
}

bool keys_are_loaded(const char *name)
{
	(void)pthread_mutex_lock(&key_store.lock);
	bool loaded = keyring_find(name) != NULL;
	(void)pthread_mutex_unlock(&key_store.lock);
	return loaded;
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
	struct arena *a = arena_open();
	const char *folder = keys_issuer_dir(a, name);
	bool good = true;

	for (size_t i = 0; good && i < KEY_SPEC_COUNT; i++)
		good = key_specs[i].use != use ||
		       key_file_create(folder, &key_specs[i], url, from, err);
	arena_close(a);
	return good && keys_reload(name, err);
}

bool keys_rotate(const char *name, const char *url, enum key_use use,
                 int64_t from, int64_t now, struct error *err)
{
	static pthread_mutex_t rotation_lock = PTHREAD_MUTEX_INITIALIZER;

	if (!keys_require(name, err))
		return false;
	(void)pthread_mutex_lock(&rotation_lock);
	bool good = keys_rotate_locked(name, url, use, from, now, err);
	(void)pthread_mutex_unlock(&rotation_lock);
	return good;
}

/* ---- import and removal */

/* The salt of a keyring in use never changes: a new keyring is created, and
 * lookups return it instead of the old one. */
bool keys_import_salt(const char *name,
                      const unsigned char salt[KEY_SECRET_BYTES],
                      struct error *err)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&key_store.lock);
	bool good = key_file_write_secret(
			arena_printf(a, "%s/%s/salt", key_store.folder, name),
			salt, err) &&
	            keyring_open(name, err);
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
	if (key_file_exists(folder))
		good = keys_remove_files(a, folder, ret_files, err);
	(void)pthread_mutex_unlock(&key_store.lock);
	arena_close(a);
	return good;
}
