/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: stores issuer keys as files and selects the one that signs. The date
 * in a key's file name decides, so a rotation needs no timer and the file
 * names show its state. */
#include "idp/keeper/keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/keeper/make.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/list.h"
#include "lib/random.h"
#include "lib/text.h"

enum { SECRET_FILE = 0600, SECRET_FOLDER = 0700 };

/* Every issuer has one key of each. */
static const struct wanted {
	enum key_use use;
	const char *alg;
} wanted[] = {
	{ USE_OIDC, "RS256" },
	{ USE_OIDC, "ES256" },
	{ USE_SAML, "RS256" },
};

/* The keys of one issuer. */
struct ring {
	struct ring *next;
	const char *name;
	unsigned char salt[KEY_SECRET];
	LIST(struct key *) keys; /* sorted by date */
};

/* One per process, opened before any thread; its keys are never freed. */
static struct {
	struct arena *arena;
	const char *folder;
	unsigned char mac[KEY_SECRET];
	struct key record, transfer;
	pthread_mutex_t lock; /* protects arena and keyrings */
	struct ring *rings;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

const char *key_use_name(enum key_use use)
{
	static const char *const names[] = {
		[USE_NONE] = "none",
		[USE_OIDC] = "oidc",
		[USE_SAML] = "saml",
	};

	return names[use];
}

enum key_use key_use_from(const char *name)
{
	if (text_equal(name, "oidc"))
		return USE_OIDC;
	return text_equal(name, "saml") ? USE_SAML : USE_NONE;
}

/* ---- files */

static bool make_folder(const char *path, struct fault *why)
{
	if (mkdir(path, SECRET_FOLDER) == 0 || errno == EEXIST)
		return true;
	return fault(why, FAULT_UNAVAILABLE, "cannot make %s: %s", path,
	             strerror(errno));
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Reads 32 bytes in base64url; creates the file if it is missing. */
static bool secret_of(const char *path, unsigned char ret[KEY_SECRET],
                      struct fault *why)
{
	struct arena *a = arena_open();
	unsigned char fresh[KEY_SECRET], *bytes;
	size_t length;
	char *text;
	bool good = true;

	if (!is_there(path)) {
		random_bytes(fresh, sizeof(fresh));
		text = arena_print(a, "%s\n",
		                   base64url_write(a, fresh, sizeof(fresh)));
		good = file_write(path, text, strlen(text), SECRET_FILE, why);
	}
	good = good && file_read_secret(a, path, &text, why);
	if (good && (!base64url_read(a, text, strlen(text), &bytes, &length) ||
	             length != KEY_SECRET))
		good = fault(why, FAULT_INVALID, "%s is not 32 bytes", path);
	if (good)
		memcpy(ret, bytes, KEY_SECRET);
	arena_close(a);
	return good;
}

/* Called with the lock held: the returned key lives in the shared arena. */
static bool load(const char *path, struct key *ret_key, struct fault *why)
{
	struct arena *a = arena_open();
	char *pem;
	struct fault wrong = { 0 };
	bool good = file_read_secret(a, path, &pem, why);

	if (good && !key_read(all.arena, pem, ret_key, &wrong))
		good = fault(why, wrong.kind, "%s: %s", path, wrong.text);
	arena_close(a);
	return good;
}

static bool make(const char *path, const char *alg, const char *subject,
                 struct fault *why)
{
	struct arena *a = arena_open();
	char *pem;
	bool good = key_make(a, alg, subject, &pem, why) &&
	            file_write(path, pem, strlen(pem), SECRET_FILE, why);

	arena_close(a);
	return good;
}

/* Opens a key of the whole region; creates it if it is missing. */
static bool open_one(const char *name, struct key *k, struct fault *why)
{
	const char *path = arena_print(all.arena, "%s/%s", all.folder, name);

	EVP_PKEY_free(k->pkey);
	*k = (struct key){ 0 };
	if (!is_there(path) && !make(path, "ES256", NULL, why))
		return false;
	return load(path, k, why);
}

bool keys_open(const char *folder, struct fault *why)
{
	if (!all.arena)
		all.arena = arena_open();
	all.folder = arena_copy(all.arena, folder);
	all.rings = NULL;
	return make_folder(folder, why) &&
	       secret_of(arena_print(all.arena, "%s/mac.key", folder), all.mac,
	                 why) &&
	       open_one("record.key", &all.record, why) &&
	       open_one("transfer.key", &all.transfer, why);
}

const unsigned char *keys_mac(void)
{
	return all.mac;
}

const struct key *keys_record(void)
{
	return &all.record;
}

const struct key *keys_transfer(void)
{
	return &all.transfer;
}

char *keys_folder(struct arena *a, const char *name)
{
	return arena_print(a, "%s/%s", all.folder, name);
}

/* ---- keyrings */

/* Called with the lock held, like every function below that takes a keyring. */
static struct ring *ring_find(const char *name)
{
	for (struct ring *g = all.rings; g; g = g->next)
		if (text_equal(g->name, name))
			return g;
	return NULL;
}

/* Parses a name such as `oidc-RS256-20261121230500Z.pem`. */
static bool read_file_name(struct arena *a, const char *name,
                           struct key *ret_key)
{
	size_t count;
	char **parts = text_split(a, name, "-.", &count);

	if (count != 4 || !text_equal(parts[3], "pem"))
		return false;
	ret_key->use = key_use_from(parts[0]);
	ret_key->alg = parts[1];
	return ret_key->use != USE_NONE &&
	       clock_from_ldap(parts[2], &ret_key->from);
}

static void ring_add(struct ring *g, const struct key *k)
{
	struct key *kept = arena_new(all.arena, struct key);
	size_t at = g->keys.count;

	*kept = *k;
	*list_add(all.arena, &g->keys) = kept;
	for (; at > 0 && g->keys.at[at - 1]->from > kept->from; at--)
		g->keys.at[at] = g->keys.at[at - 1];
	g->keys.at[at] = kept;
}

static bool ring_add_file(struct ring *g, const char *folder, const char *name,
                          struct fault *why)
{
	struct key said = { 0 }, k;
	const char *path = arena_print(all.arena, "%s/%s", folder, name);

	if (!read_file_name(all.arena, name, &said))
		return fault(why, FAULT_INVALID,
		             "%s is not named by use, algorithm and date",
		             path);
	if (!load(path, &k, why))
		return false;
	if (!text_equal(k.alg, said.alg) ||
	    (said.use == USE_SAML) != (k.certificate != NULL))
		return fault(why, FAULT_INVALID,
		             "%s holds another key than its name says", path);
	k.use = said.use;
	k.from = said.from;
	ring_add(g, &k);
	return true;
}

static bool ring_load(struct ring *g, const char *folder, struct fault *why)
{
	size_t count;
	char **names;

	if (!file_list(all.arena, folder, ".pem", &names, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!ring_add_file(g, folder, names[i], why))
			return false;
	return true;
}

static bool make_file(const char *name, const struct wanted *w, const char *url,
                      int64_t from, struct fault *why)
{
	struct arena *a = arena_open();
	const char *path =
	    arena_print(a, "%s/%s/%s-%s-%s.pem", all.folder, name,
	                key_use_name(w->use), w->alg, clock_ldap(a, from));
	bool good = make(path, w->alg, w->use == USE_SAML ? url : NULL, why);

	arena_close(a);
	return good;
}

static bool ring_has(const struct ring *g, const struct wanted *w)
{
	for (size_t i = 0; i < g->keys.count; i++)
		if (g->keys.at[i]->use == w->use &&
		    text_equal(g->keys.at[i]->alg, w->alg))
			return true;
	return false;
}

/* Reads all keys again; on error the keyring is unchanged. */
static bool ring_read(struct ring *g, const char *folder, struct fault *why)
{
	struct ring fresh = { .name = g->name };

	if (!ring_load(&fresh, folder, why))
		return false;
	g->keys = fresh.keys;
	return true;
}

/* Loads the keys, creates missing ones, and loads again. */
static bool ring_fill(struct ring *g, const char *url, const char *folder,
                      struct fault *why)
{
	const int64_t now = clock_now();
	bool made = false;

	if (!make_folder(folder, why) ||
	    !secret_of(arena_print(all.arena, "%s/salt", folder), g->salt,
	               why) ||
	    !ring_read(g, folder, why))
		return false;
	for (size_t i = 0; i < LENGTH(wanted); i++) {
		if (ring_has(g, &wanted[i]))
			continue;
		if (!make_file(g->name, &wanted[i], url, now, why))
			return false;
		made = true;
	}
	return !made || ring_read(g, folder, why);
}

static bool ring_make(const char *name, const char *url, struct fault *why)
{
	struct ring *g = arena_new(all.arena, struct ring);

	g->name = arena_copy(all.arena, name);
	if (!ring_fill(g, url,
	               arena_print(all.arena, "%s/%s", all.folder, name), why))
		return false;
	g->next = all.rings;
	all.rings = g;
	return true;
}

bool keys_ready(const char *name, const char *url, struct fault *why)
{
	(void)pthread_mutex_lock(&all.lock);
	bool good = ring_find(name) || ring_make(name, url, why);
	(void)pthread_mutex_unlock(&all.lock);
	return good;
}

const unsigned char *keys_salt(const char *name)
{
	(void)pthread_mutex_lock(&all.lock);
	struct ring *g = ring_find(name);
	(void)pthread_mutex_unlock(&all.lock);
	return g ? g->salt : NULL;
}

/* ---- the active key */

static bool is_of(const struct key *k, enum key_use use, const char *alg)
{
	return k->use == use && text_equal(k->alg, alg);
}

/* Returns the newest key whose date has passed; if there is none (the clock was
 * set back), the oldest. */
static const struct key *signing(const struct ring *g, enum key_use use,
                                 const char *alg, int64_t now)
{
	const struct key *found = NULL;

	for (size_t i = 0; i < g->keys.count; i++) {
		const struct key *k = g->keys.at[i];

		if (is_of(k, use, alg) && (k->from <= now || !found))
			found = k;
	}
	return found;
}

bool keys_signing(const char *name, enum key_use use, const char *alg,
                  int64_t now, const struct key **ret_key, struct fault *why)
{
	const struct key *k = NULL;

	(void)pthread_mutex_lock(&all.lock);
	const struct ring *g = ring_find(name);

	if (g)
		k = signing(g, use, alg, now);
	(void)pthread_mutex_unlock(&all.lock);
	if (!k)
		return fault(why, FAULT_REFUSED, "no %s key %s of issuer %s",
		             key_use_name(use), alg, name);
	*ret_key = k;
	return true;
}

static enum key_state state_of(const struct ring *g, const struct key *k,
                               int64_t now)
{
	const struct key *signs = signing(g, k->use, k->alg, now);
	const struct key *last = NULL;

	if (k == signs)
		return KEY_SIGNS;
	if (k->from > signs->from)
		return KEY_NEXT;
	for (size_t i = 0; i < g->keys.count; i++)
		if (is_of(g->keys.at[i], k->use, k->alg) &&
		    g->keys.at[i]->from < signs->from)
			last = g->keys.at[i];
	return k == last ? KEY_LAST : KEY_OLD;
}

size_t keys_list(struct arena *a, const char *name, int64_t now,
                 struct key_row **ret_rows)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&all.lock);
	const struct ring *g = ring_find(name);

	if (g) {
		count = g->keys.count;
		*ret_rows = arena_array(a, struct key_row, count);
		for (size_t i = 0; i < count; i++)
			(*ret_rows)[i] = (struct key_row){
				g->keys.at[i],
				state_of(g, g->keys.at[i], now),
			};
	}
	(void)pthread_mutex_unlock(&all.lock);
	return count;
}

/* ---- rotation */

static bool one_waits(const char *name, enum key_use use, int64_t now)
{
	bool waits = false;

	(void)pthread_mutex_lock(&all.lock);
	const struct ring *g = ring_find(name);

	for (size_t i = 0; g && i < g->keys.count; i++)
		if (g->keys.at[i]->use == use && g->keys.at[i]->from > now)
			waits = true;
	(void)pthread_mutex_unlock(&all.lock);
	return waits;
}

static bool read_again(const char *name, struct fault *why)
{
	bool good = false;

	(void)pthread_mutex_lock(&all.lock);
	struct ring *g = ring_find(name);

	if (g)
		good = ring_read(
		    g, arena_print(all.arena, "%s/%s", all.folder, name), why);
	(void)pthread_mutex_unlock(&all.lock);
	return good;
}

/* Keys are generated outside the lock: finding primes takes as long as hundreds
 * of signatures, and login requests must not wait for it. */
static bool roll(const char *name, const char *url, enum key_use use,
                 int64_t from, int64_t now, struct fault *why)
{
	if (one_waits(name, use, now))
		return fault(why, FAULT_REFUSED,
		             "a next key of %s waits already", name);
	for (size_t i = 0; i < LENGTH(wanted); i++)
		if (wanted[i].use == use &&
		    !make_file(name, &wanted[i], url, from, why))
			return false;
	return read_again(name, why);
}

bool keys_roll(const char *name, const char *url, enum key_use use,
               int64_t from, int64_t now, struct fault *why)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

	if (!keys_ready(name, url, why))
		return false;
	(void)pthread_mutex_lock(&one_at_a_time);
	bool good = roll(name, url, use, from, now, why);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return good;
}

/* ---- import and removal */

/* The salt of a keyring in use never changes: a new keyring is created, and
 * lookups return it instead of the old one. */
bool keys_take_salt(const char *name, const char *url,
                    const unsigned char salt[KEY_SECRET], struct fault *why)
{
	struct arena *a = arena_open();
	const char *path = arena_print(a, "%s/%s/salt", all.folder, name);
	const char *text =
	    arena_print(a, "%s\n", base64url_write(a, salt, KEY_SECRET));

	(void)pthread_mutex_lock(&all.lock);
	bool good = file_write(path, text, strlen(text), SECRET_FILE, why) &&
	            ring_make(name, url, why);
	(void)pthread_mutex_unlock(&all.lock);
	arena_close(a);
	return good;
}

static void ring_drop(const char *name)
{
	struct ring **at = &all.rings;

	while (*at) {
		if (text_equal((*at)->name, name))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

static bool remove_files(struct arena *a, const char *folder, size_t *ret_count,
                         struct fault *why)
{
	char **names;
	size_t count;

	if (!file_list(a, folder, "", &names, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (unlink(arena_print(a, "%s/%s", folder, names[i])) != 0)
			return fault(why, FAULT_UNAVAILABLE,
			             "cannot remove %s/%s: %s", folder,
			             names[i], strerror(errno));
	*ret_count = count;
	return rmdir(folder) == 0 ||
	       fault(why, FAULT_UNAVAILABLE, "cannot remove %s: %s", folder,
	             strerror(errno));
}

bool keys_forget(const char *name, size_t *ret_files, struct fault *why)
{
	struct arena *a = arena_open();
	const char *folder = keys_folder(a, name);
	bool good = true;

	*ret_files = 0;
	(void)pthread_mutex_lock(&all.lock);
	ring_drop(name);
	if (is_there(folder))
		good = remove_files(a, folder, ret_files, why);
	(void)pthread_mutex_unlock(&all.lock);
	arena_close(a);
	return good;
}
