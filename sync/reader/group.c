/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_group.c: sends a group to the provisioner.  A small one is sent whole;
 * of a large one the digests of its buckets, then the buckets whose digest
 * differs.  So one new member of 200,000 costs one bucket of a hundred. */
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

enum {
	MANY = 1000,             /* a larger group is sent in buckets */
	BUCKET = 100,            /* members per bucket, about */
	MOST_BUCKETS = 2048,     /* their digests fit one frame */
	DIGEST_BYTES = 12,       /* of SHA-256: enough against accidental
	                            collision */
	PIECE_BYTES = 30 * 1024, /* of members per frame */
};

struct member {
	uint32_t bucket;
	const char *dn;
};

/* The members of a large group in bucket order; bucket i begins at first[i],
 * first[count] is the end. */
struct buckets {
	struct arena *arena;
	const char *anchor;
	struct member *members;
	size_t *first;
	size_t count;
};

/* ---- splitting */

/* FNV-1a: even distribution, no security property needed. */
static uint32_t spread(const char *text)
{
	uint32_t h = 2166136261;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619;
	return h ^ h >> 16;
}

static int by_bucket(const void *x, const void *y)
{
	const struct member *m = x;
	const struct member *n = y;

	if (m->bucket != n->bucket)
		return m->bucket < n->bucket ? -1 : 1;
	return strcmp(m->dn, n->dn);
}

/* A power of two, so that it seldom changes as the group grows. */
static size_t bucket_count(size_t members)
{
	size_t count = 1;

	while (count < MOST_BUCKETS && count * BUCKET < members)
		count *= 2;
	return count;
}

static struct buckets cut(struct arena *a, const char *anchor,
                          const json_t *list)
{
	size_t total = json_array_size(list);
	struct buckets b = { .arena = a,
		             .anchor = anchor,
		             .members = arena_array(a, struct member, total),
		             .count = bucket_count(total) };

	for (size_t i = 0; i < total; i++) {
		const char *dn = json_string_value(json_array_get(list, i));

		b.members[i] =
		    (struct member){ spread(dn) & (uint32_t)(b.count - 1), dn };
	}
	qsort(b.members, total, sizeof(b.members[0]), by_bucket);
	b.first = arena_array(a, size_t, b.count + 1);
	for (size_t i = 0; i < total; i++)
		b.first[b.members[i].bucket + 1]++;
	for (size_t i = 0; i < b.count; i++)
		b.first[i + 1] += b.first[i];
	return b;
}

static json_t *digest_of(const struct buckets *b, size_t i)
{
	unsigned char hash[HASH_SHA256];
	struct arena *a = arena_open();
	struct text all = text_in(a);

	for (size_t m = b->first[i]; m < b->first[i + 1]; m++)
		text_add_bytes(&all, b->members[m].dn,
		               strlen(b->members[m].dn) + 1);
	hash_sha256(all.at, all.length, hash);
	json_t *digest = json_string(base64url_write(a, hash, DIGEST_BYTES));
	arena_close(a);
	return digest;
}

/* ---- sending */

static json_t *piece_of(struct arena *a, const char *anchor)
{
	json_t *piece =
	    js_keep(a, json_pack("{s:s, s:b, s:{s:[]}}", "anchor", anchor,
	                         "more", 1, "attributes", "member"));

	return piece;
}

static json_t *members_in(json_t *piece)
{
	return js_array(js_object(piece, "attributes"), "member");
}

/* A piece with begins: true replaces the bucket; later pieces add to it. */
static json_t *bucket_piece(struct arena *a, const struct buckets *b, size_t i,
                            bool begins)
{
	json_t *piece = piece_of(a, b->anchor);
	json_t *fields = js_object(piece, "attributes");

	(void)json_object_set_new(fields, "bucket", json_integer((int)i));
	(void)json_object_set_new(fields, "begins", json_boolean(begins));
	return piece;
}

static bool put_bucket(struct talk *t, const struct buckets *b, size_t i,
                       struct fault *why)
{
	struct arena *a = arena_open();
	json_t *piece = bucket_piece(a, b, i, true);
	size_t bytes = 0;
	bool good = true;

	for (size_t m = b->first[i]; m < b->first[i + 1] && good; m++) {
		const char *dn = b->members[m].dn;

		bytes += strlen(dn) + 4;
		if (bytes > PIECE_BYTES) {
			good = tell_put(t, a, piece, why);
			piece = bucket_piece(a, b, i, false);
			bytes = strlen(dn) + 4;
		}
		(void)json_array_append_new(members_in(piece), json_string(dn));
	}
	good = good && tell_put(t, a, piece, why);
	arena_close(a);
	return good;
}

static bool put_large(struct talk *t, struct arena *a, json_t *entry,
                      const json_t *list, struct fault *why)
{
	json_t *fields = js_object(entry, "attributes");
	struct buckets b = cut(a, js_string(entry, "anchor"), list);
	json_t *digests = json_array();
	json_t *answer = NULL;
	bool good = true;

	for (size_t i = 0; i < b.count; i++)
		(void)json_array_append_new(digests, digest_of(&b, i));
	(void)json_object_set_new(fields, "buckets", digests);
	if (!tell_alone(t, a, entry, &answer, why))
		return false;
	const json_t *wanted = js_array(answer, "wanted");
	for (size_t i = 0; i < json_array_size(wanted) && good; i++) {
		json_int_t n = json_integer_value(json_array_get(wanted, i));

		good = n >= 0 && (size_t)n < b.count
		           ? put_bucket(t, &b, (size_t)n, why)
		           : fault(why, FAULT_UNAVAILABLE,
		                   "the writer wants a bucket there is not");
	}
	return good;
}

/* Thousands of long DNs exceed one frame; more pieces follow. */
static bool put_small(struct talk *t, struct arena *a, json_t *entry,
                      const json_t *list, struct fault *why)
{
	json_t *piece = entry;
	size_t bytes = 0;
	bool good = true;

	(void)json_object_set_new(js_object(entry, "attributes"), "member",
	                          json_array());
	for (size_t i = 0; i < json_array_size(list) && good; i++) {
		json_t *dn = json_array_get(list, i);

		bytes += json_string_length(dn) + 4;
		if (bytes > PIECE_BYTES) {
			good = tell_put(t, a, piece, why);
			piece = piece_of(a, js_string(entry, "anchor"));
			bytes = json_string_length(dn) + 4;
		}
		(void)json_array_append(members_in(piece), dn);
	}
	return good && tell_put(t, a, piece, why);
}

bool group_put(struct talk *t, struct arena *a, json_t *entry,
               struct fault *why)
{
	json_t *fields = js_object(entry, "attributes");
	json_t *list = js_keep(a, json_incref(js_array(fields, "member")));

	(void)json_object_del(fields, "member");
	return json_array_size(list) > MANY ? put_large(t, a, entry, list, why)
	                                    : put_small(t, a, entry, list, why);
}
