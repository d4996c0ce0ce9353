/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_group.c: sends a group to the provisioner.  A small group is sent
 * complete.  The members of a large group are divided into buckets by hash:
 * first the digests of the buckets are sent, then the buckets whose digest
 * differs from the provisioner's.  So one new member of 200,000 costs one
 * bucket of about a hundred. */
#include "sync/connector/source_group.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_session.h"

enum {
	SMALL_GROUP_MAX = 1000,  /* members; a larger group has buckets */
	BUCKET_SIZE = 100,       /* members per bucket, about */
	MAX_BUCKETS = 2048,      /* their digests fit one frame */
	DIGEST_BYTES = 12,       /* of SHA-256: enough against accidental
	                            collision */
	PIECE_BYTES = 30 * 1024, /* of members per frame */
};

struct bucket_member {
	uint32_t bucket;
	const char *dn;
};

/* The members of a large group, sorted by bucket and DN.  Those of bucket i are
 * members[first[i]] to members[first[i + 1] - 1]. */
struct member_buckets {
	struct arena *arena;
	const char *anchor;
	struct bucket_member *members;
	size_t *first;
	size_t count;
};

/* ---- buckets */

/* FNV-1a: even distribution, no security property needed. */
static uint32_t fnv1a_hash(const char *text)
{
	uint32_t h = 2166136261;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619;
	return h ^ h >> 16;
}

static int compare_by_bucket(const void *x, const void *y)
{
	const struct bucket_member *m = x;
	const struct bucket_member *n = y;

	if (m->bucket != n->bucket)
		return m->bucket < n->bucket ? -1 : 1;
	return strcmp(m->dn, n->dn);
}

/* Returns a power of two, so that it seldom changes when the group grows. */
static size_t bucket_count_for(size_t members)
{
	size_t count = 1;

	while (count < MAX_BUCKETS && count * BUCKET_SIZE < members)
		count *= 2;
	return count;
}

static struct member_buckets split_into_buckets(struct arena *a,
                                                const char *anchor,
                                                const json_t *list)
{
	size_t total = json_array_size(list);
	struct member_buckets b = { .arena = a,
		                    .anchor = anchor,
		                    .members = arena_array(
					a, struct bucket_member, total),
		                    .count = bucket_count_for(total) };

	for (size_t i = 0; i < total; i++) {
		const char *dn = json_string_value(json_array_get(list, i));

		b.members[i] = (struct bucket_member){
			fnv1a_hash(dn) & (uint32_t)(b.count - 1), dn
		};
	}
	qsort(b.members, total, sizeof(b.members[0]), compare_by_bucket);
	b.first = arena_array(a, size_t, b.count + 1);
	for (size_t i = 0; i < total; i++)
		b.first[b.members[i].bucket + 1]++;
	for (size_t i = 0; i < b.count; i++)
		b.first[i + 1] += b.first[i];
	return b;
}

static json_t *bucket_digest(const struct member_buckets *b, size_t i)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct arena *a = arena_open();
	struct strbuf all = strbuf_init(a);

	for (size_t m = b->first[i]; m < b->first[i + 1]; m++)
		strbuf_append_bytes(&all, b->members[m].dn,
		                    strlen(b->members[m].dn) + 1);
	hash_sha256(all.data, all.length, hash);
	json_t *digest = json_string(base64url_encode(a, hash, DIGEST_BYTES));
	arena_close(a);
	return digest;
}

/* ---- sending */

/* More members of a group, in attributes.member. */
static struct sync_entry group_piece_new(struct arena *a, const char *anchor)
{
	return (struct sync_entry){
		.anchor = anchor,
		.attributes = js_own(a, json_pack("{s:[]}", "member")),
		.more = true,
	};
}

static json_t *group_piece_members(const struct sync_entry *piece)
{
	return js_array(piece->attributes, "member");
}

/* One frame of a bucket.  begins: replaces the members of the bucket at the
 * provisioner; otherwise adds to them. */
static struct sync_entry bucket_piece_new(struct arena *a,
                                          const struct member_buckets *b,
                                          size_t i, bool begins)
{
	struct sync_entry piece = group_piece_new(a, b->anchor);

	(void)json_object_set_new(piece.attributes, "bucket",
	                          json_integer((int)i));
	(void)json_object_set_new(piece.attributes, "begins",
	                          json_boolean(begins));
	return piece;
}

static bool group_send_bucket(struct source_session *s,
                              const struct member_buckets *b, size_t i,
                              struct error *err)
{
	struct arena *a = arena_open();
	struct sync_entry piece = bucket_piece_new(a, b, i, true);
	size_t bytes = 0;
	bool good = true;

	for (size_t m = b->first[i]; m < b->first[i + 1] && good; m++) {
		const char *dn = b->members[m].dn;

		bytes += strlen(dn) + 4;
		if (bytes > PIECE_BYTES) {
			good = provisioner_queue_entry(s, a, &piece, err);
			piece = bucket_piece_new(a, b, i, false);
			bytes = strlen(dn) + 4;
		}
		(void)json_array_append_new(group_piece_members(&piece),
		                            json_string(dn));
	}
	good = good && provisioner_queue_entry(s, a, &piece, err);
	arena_close(a);
	return good;
}

static bool group_send_large(struct source_session *s, struct arena *a,
                             const struct sync_entry *entry, const json_t *list,
                             struct error *err)
{
	struct member_buckets b = split_into_buckets(a, entry->anchor, list);
	json_t *digests = json_array();
	struct sync_entries_reply reply;
	bool good = true;

	for (size_t i = 0; i < b.count; i++)
		(void)json_array_append_new(digests, bucket_digest(&b, i));
	(void)json_object_set_new(entry->attributes, "buckets", digests);
	if (!provisioner_send_now(s, a, entry, &reply, err))
		return false;
	for (size_t i = 0; i < reply.buckets_needed_count && good; i++) {
		const long long n = reply.buckets_needed[i];

		good = n >= 0 && (size_t)n < b.count
		           ? group_send_bucket(s, &b, (size_t)n, err)
		           : error_set(err, ERROR_UNAVAILABLE,
		                       "provisioner requested a bucket that "
		                       "does not exist");
	}
	return good;
}

/* The DNs of a thousand members can exceed one frame; the rest follows in
 * pieces with more. */
static bool group_send_small(struct source_session *s, struct arena *a,
                             const struct sync_entry *entry, const json_t *list,
                             struct error *err)
{
	struct sync_entry piece = *entry;
	size_t bytes = 0;
	bool good = true;

	(void)json_object_set_new(entry->attributes, "member", json_array());
	for (size_t i = 0; i < json_array_size(list) && good; i++) {
		json_t *dn = json_array_get(list, i);

		bytes += json_string_length(dn) + 4;
		if (bytes > PIECE_BYTES) {
			good = provisioner_queue_entry(s, a, &piece, err);
			piece = group_piece_new(a, entry->anchor);
			bytes = json_string_length(dn) + 4;
		}
		(void)json_array_append(group_piece_members(&piece), dn);
	}
	return good && provisioner_queue_entry(s, a, &piece, err);
}

bool source_group_send(struct source_session *s, struct arena *a,
                       const struct sync_entry *entry, struct error *err)
{
	json_t *fields = entry->attributes;
	json_t *list = js_own(a, json_incref(js_array(fields, "member")));

	(void)json_object_del(fields, "member");
	return json_array_size(list) > SMALL_GROUP_MAX
	           ? group_send_large(s, a, entry, list, err)
	           : group_send_small(s, a, entry, list, err);
}
