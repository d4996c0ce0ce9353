/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_match.c: compares names by their parts, folded (lib/name_fold.c).  A
 * shared part is too little: siblings share a family name, and namesakes a
 * given name. */
#include "sync/engine/correlation/name_match.h"

#include <string.h>

#include "lib/name_fold.h"
#include "lib/strbuf.h"

/* The parts of a name. */
struct name_parts {
	char **given, **family;
	size_t given_count, family_count;
};

/* ---- parts */

/* What separates parts, or is no part of a name. */
static const struct {
	const char *text, *replacement;
} name_marks[] = {
	{ ".", " " },
	{ ",", " " },
	{ "'", "" },
	{ "`", "" },
	{ "\xc2\xb4", "" },
	{ "\xe2\x80\x98", "" },
	{ "\xe2\x80\x99", "" },
	{ "\xe2\x80\x90", " " },
	{ "\xe2\x80\x91", " " },
	{ "\xe2\x80\x93", " " },
};

static char *name_match_replace(struct arena *a, const char *text,
                                const char *mark, const char *replacement)
{
	struct strbuf changed = strbuf_init(a);
	const char *at = NULL;

	for (; (at = strstr(text, mark)) != NULL; text = at + strlen(mark)) {
		strbuf_append_bytes(&changed, text, (size_t)(at - text));
		strbuf_append(&changed, replacement);
	}
	strbuf_append(&changed, text);
	return changed.data;
}

/* "Haakon" and "Håkon". */
static char *name_match_one_spelling(struct arena *a, const char *folded)
{
	return name_match_replace(a, folded, "aa", "a");
}

static char **name_match_split(struct arena *a, const char *name,
                               size_t *ret_count)
{
	char *plain = arena_strdup(a, name ? name : "");

	for (size_t i = 0; i < LENGTH(name_marks); i++)
		plain = name_match_replace(a, plain, name_marks[i].text,
		                           name_marks[i].replacement);
	return text_split(a, name_match_one_spelling(a, name_fold(a, plain)),
	                  " ", ret_count);
}

static bool name_match_contains(char *const *parts, size_t count,
                                const char *part)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(parts[i], part))
			return true;
	return false;
}

/* Removes the parts that the other list has. */
static void name_match_subtract(char **parts, size_t *count, char *const *other,
                                size_t other_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (!name_match_contains(other, other_count, parts[i]))
			parts[kept++] = parts[i];
	*count = kept;
}

/* The last part of the display name is the family name. */
static void name_match_split_full(struct name_parts *n, char **full,
                                  size_t count)
{
	n->given = full;
	n->given_count = count > 0 ? count - 1 : 0;
	n->family = full + n->given_count;
	n->family_count = count > 0 ? 1 : 0;
}

static struct name_parts name_match_parts(struct arena *a,
                                          const struct written_name *name)
{
	struct name_parts n = { 0 };
	size_t count = 0;

	n.given = name_match_split(a, name->given, &n.given_count);
	n.family = name_match_split(a, name->family, &n.family_count);
	if (n.given_count > 0 && n.family_count > 0)
		return n;
	char **full =
	    name_match_split(a, name->full ? name->full : name->family, &count);
	if (n.given_count > 0) {
		name_match_subtract(full, &count, n.given, n.given_count);
		n.family = full + (count > 0 ? count - 1 : 0);
		n.family_count = count > 0 ? 1 : 0;
		return n;
	}
	if (n.family_count == 0 || n.family_count == count) {
		name_match_split_full(&n, full, count);
		return n;
	}
	name_match_subtract(full, &count, n.family, n.family_count);
	n.given = full;
	n.given_count = count;
	return n;
}

/* ---- given names */

/* One letter of a script that has capitals. */
static bool name_match_is_initial(const char *part)
{
	size_t length = strlen(part);

	return length == 1 || (length == 2 && (part[0] & 0xe0) == 0xc0);
}

static bool name_match_part_agrees(const char *one, const char *other)
{
	return text_equal(one, other) ||
	       (name_match_is_initial(one) && text_starts(other, one)) ||
	       (name_match_is_initial(other) && text_starts(one, other));
}

/* Returns whether each part of few is among many, at least one in full. */
static bool name_match_is_subset(char *const *few, size_t few_count,
                                 char *const *many, size_t many_count)
{
	bool some_in_full = false;

	for (size_t i = 0; i < few_count; i++) {
		bool found = false;

		for (size_t k = 0; k < many_count; k++)
			found |= name_match_part_agrees(few[i], many[k]);
		if (!found)
			return false;
		some_in_full |= !name_match_is_initial(few[i]) &&
		                name_match_contains(many, many_count, few[i]);
	}
	return some_in_full;
}

static bool name_match_given_agree(const struct name_parts *one,
                                   const struct name_parts *other)
{
	return name_match_is_subset(one->given, one->given_count, other->given,
	                            other->given_count) ||
	       name_match_is_subset(other->given, other->given_count,
	                            one->given, one->given_count);
}

/* ---- family names */

static bool name_match_is_particle(const char *part)
{
	static const char *const particles[] = { "von", "van", "de", "der",
		                                 "den", "af",  "la", "le" };

	for (size_t i = 0; i < LENGTH(particles); i++)
		if (text_equal(part, particles[i]))
			return true;
	return false;
}

/* A family name of particles only is itself: Lê, Văn. */
static void name_match_drop_particles(struct name_parts *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->family_count; i++)
		kept += !name_match_is_particle(n->family[i]);
	if (kept == 0)
		return;
	kept = 0;
	for (size_t i = 0; i < n->family_count; i++)
		if (!name_match_is_particle(n->family[i]))
			n->family[kept++] = n->family[i];
	n->family_count = kept;
}

static bool name_match_shares(char *const *some, size_t some_count,
                              char *const *others, size_t other_count)
{
	for (size_t i = 0; i < some_count; i++)
		if (!name_match_is_initial(some[i]) &&
		    name_match_contains(others, other_count, some[i]))
			return true;
	return false;
}

static bool name_match_is_former(struct arena *a, const struct name_parts *one,
                                 const char *former)
{
	struct name_parts n = { 0 };

	n.family = name_match_split(a, former, &n.family_count);
	name_match_drop_particles(&n);
	return name_match_shares(one->family, one->family_count, n.family,
	                         n.family_count);
}

static bool name_match_family_agree(struct arena *a,
                                    const struct name_parts *one,
                                    const struct name_parts *other,
                                    const char *const *former)
{
	bool agree = name_match_shares(one->family, one->family_count,
	                               other->family, other->family_count) ||
	             name_match_shares(one->family, one->family_count,
	                               other->given, other->given_count) ||
	             name_match_shares(other->family, other->family_count,
	                               one->given, one->given_count);

	for (; former && *former && !agree; former++)
		agree = name_match_is_former(a, one, *former);
	return agree;
}

/* ---- both */

/* Returns whether the names have the same parts in another order, as when a
 * directory has given and family name the other way round. */
static bool name_match_same_parts(const struct name_parts *one,
                                  const struct name_parts *other)
{
	size_t count = one->given_count + one->family_count;
	size_t whole = 0;

	if (count != other->given_count + other->family_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *part = i < one->given_count
		                       ? one->given[i]
		                       : one->family[i - one->given_count];

		if (!name_match_contains(other->given, other->given_count,
		                         part) &&
		    !name_match_contains(other->family, other->family_count,
		                         part))
			return false;
		whole += !name_match_is_initial(part);
	}
	return whole > 1;
}

bool name_match_agrees(struct arena *a, const struct written_name *one,
                       const struct written_name *other,
                       const char *const *former)
{
	struct name_parts n = name_match_parts(a, one);
	struct name_parts o = name_match_parts(a, other);

	if (n.given_count == 0 || o.given_count == 0)
		return false;
	if (name_match_same_parts(&n, &o))
		return true;
	name_match_drop_particles(&n);
	name_match_drop_particles(&o);
	return name_match_given_agree(&n, &o) &&
	       name_match_family_agree(a, &n, &o, former);
}
