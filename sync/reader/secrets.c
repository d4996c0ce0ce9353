/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_client.c: obtains the join value and the sealed value of a
 * national number from the id-crypto process; the number is sent nowhere else.
 * That process is slow on purpose, so results are cached, keyed by an HMAC that
 * only this process can compute. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/random.h"
#include "sync/reader/reader.h"

enum { KEPT = 16, MOST_KEPT = 500000 };

/* Join value and sealed number, each with its NUL. */
struct said {
	unsigned char name[KEPT];
	char texts[];
};

/* Used by the session's thread only. */
static struct {
	void *tree;
	size_t count;
	unsigned char key[HASH_SHA256];
	bool has_key;
} kept;

static int by_name(const void *x, const void *y)
{
	return memcmp(x, y, KEPT); /* the key is the first member */
}

static void name_of(const char *number, unsigned char ret[HASH_SHA256])
{
	if (!kept.has_key)
		random_bytes(kept.key, sizeof(kept.key));
	kept.has_key = true;
	hash_hmac(kept.key, sizeof(kept.key), number, strlen(number), ret);
}

static bool recall(const char *number, json_t *entry)
{
	unsigned char name[HASH_SHA256];

	name_of(number, name);
	void **found = tfind(name, &kept.tree, by_name);
	if (!found)
		return false;
	const struct said *s = *found;
	js_put(entry, "join", s->texts);
	js_put(entry, "sealed", s->texts + strlen(s->texts) + 1);
	return true;
}

static void keep(const char *number, const json_t *entry)
{
	const char *join = js_string(entry, "join");
	const char *sealed = js_string(entry, "sealed");
	size_t first = strlen(join) + 1;
	size_t second = strlen(sealed) + 1;
	unsigned char name[HASH_SHA256];

	if (kept.count == MOST_KEPT)
		return;
	struct said *s = calloc(1, sizeof(*s) + first + second);
	if (!s)
		abort();
	name_of(number, name);
	memcpy(s->name, name, KEPT);
	memcpy(s->texts, join, first);
	memcpy(s->texts + first, sealed, second);
	if (!tsearch(s, &kept.tree, by_name))
		abort();
	kept.count++;
}

static bool ask_one(struct reader *r, const struct region *region,
                    struct arena *a, enum kind_of_question kind,
                    const char *number, const char *name, json_t *entry,
                    struct fault *why)
{
	json_t *question = js_keep(a, json_pack("{s:s}", "national", number));
	json_t *answer = NULL;

	if (!ask(r->keeper, a, kind, region->hash, question, &answer, why))
		return false;
	if (!js_string(answer, name))
		return fault(why, FAULT_UNAVAILABLE, "the keeper gave no %s",
		             name);
	js_put(entry, name, js_string(answer, name));
	return true;
}

bool secrets_add(struct reader *r, const struct region *region, struct arena *a,
                 const char *number, json_t *entry, struct fault *why)
{
	if (recall(number, entry))
		return true;
	if (!ask_one(r, region, a, ASK_JOIN, number, "join", entry, why) ||
	    !ask_one(r, region, a, ASK_SEAL, number, "sealed", entry, why))
		return false;
	keep(number, entry);
	return true;
}
