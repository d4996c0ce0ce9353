/* SPDX-License-Identifier: AGPL-3.0-or-later
 * classify.c: classifies a source entry (kind, roles) for its municipality by
 * the rules in people { }. */
#include "sync/engine/source/classify.h"

#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/source/group_membership_cache.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_entry_memo.h"

/* Returns the normalized DN of a DN relative to the directory's base. */
static char *classify_absolute_dn(struct arena *a, const char *base,
                                  const char *relative)
{
	if (!relative || !*relative)
		return dn_normalize(a, base);
	return dn_normalize(a, arena_printf(a, "%s,%s", relative, base));
}

static bool classify_is_member(char **group_dns, const char *group)
{
	for (; *group_dns; group_dns++)
		if (text_equal(*group_dns, group))
			return true;
	return false;
}

/* Returns whether the rule applies to the entry.  base: of the municipality's
 * part of the directory. */
static bool classify_rule_applies(struct arena *a,
                                  const struct people_rule *rule,
                                  const char *base, const char *normal_dn,
                                  char **group_dns)
{
	if (rule->subtree &&
	    !dn_is_under(normal_dn,
	                 classify_absolute_dn(a, base, rule->subtree)))
		return false;
	if (rule->group)
		return classify_is_member(
		    group_dns, classify_absolute_dn(a, base, rule->group));
	return rule->subtree != NULL;
}

/* Returns the first rule of a kind, among member_kind, that applies. */
static const struct people_rule *classify_first_rule(
    struct arena *a, const struct source_mapping *p, const char *normal_dn,
    char **group_dns, enum affiliation_type member_kind)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (!p->rules[i].role &&
		    p->rules[i].member_kind == member_kind &&
		    classify_rule_applies(a, &p->rules[i], p->directory->base,
		                          normal_dn, group_dns))
			return &p->rules[i];
	return NULL;
}

/* Rules without "among" select the kind; rules "among" that kind refine it.
 * Returns the deciding rule; NULL: no kind. */
static const struct people_rule *classify_kind(struct arena *a,
                                               const struct source_mapping *p,
                                               const char *normal_dn,
                                               char **group_dns)
{
	const struct people_rule *rule =
	    classify_first_rule(a, p, normal_dn, group_dns, KIND_NONE);
	const struct people_rule *among =
	    rule && rule->kind != KIND_NONE
		? classify_first_rule(a, p, normal_dn, group_dns, rule->kind)
		: NULL;

	return among ? among : rule;
}

static int classify_compare_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static bool classify_has_text(char *const *texts, size_t count,
                              const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(texts[i], text))
			return true;
	return false;
}

/* A teacher selected among the employees is an employee too. */
static bool classify_is_among(enum affiliation_type kind,
                              const struct source_mapping *p,
                              enum affiliation_type among)
{
	if (kind == among)
		return true;
	for (size_t i = 0; i < p->rule_count; i++)
		if (!p->rules[i].role && p->rules[i].kind == kind &&
		    p->rules[i].member_kind == among)
			return true;
	return false;
}

static char **classify_roles(struct arena *a, const struct source_mapping *p,
                             enum affiliation_type kind, const char *normal_dn,
                             char **group_dns)
{
	VECTOR(char *) roles = { 0 };

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct people_rule *rule = &p->rules[i];

		if (rule->role &&
		    classify_is_among(kind, p, rule->member_kind) &&
		    classify_rule_applies(a, rule, p->directory->base,
		                          normal_dn, group_dns) &&
		    !classify_has_text(roles.at, roles.count, rule->role))
			*vector_append(a, &roles) = arena_strdup(a, rule->role);
	}
	if (roles.count > 0)
		qsort(roles.at, roles.count, sizeof(char *),
		      classify_compare_text);
	*vector_append(a, &roles) = NULL;
	return roles.at;
}

static bool classify_by_mapping(struct arena *a, const struct municipality *m,
                                const struct source_mapping *p,
                                const struct source_entry *entry,
                                char **group_dns,
                                struct classification *ret_classification)
{
	if (!text_equal(p->directory->name, entry->directory) ||
	    !dn_is_under(
		entry->normal_dn,
		classify_absolute_dn(a, p->directory->base, p->subtree)))
		return false;
	const struct people_rule *rule =
	    classify_kind(a, p, entry->normal_dn, group_dns);
	if (!rule)
		return false;
	*ret_classification = (struct classification){
		.municipality = m,
		.kind = rule->kind,
		.rule = rule,
		.mapping = p,
		.roles = classify_roles(a, p, rule->kind, entry->normal_dn,
		                        group_dns),
		.joins_by_national_id = p->join_by_national_id,
	};
	return true;
}

bool classify_entry(struct arena *a, const struct config *cfg,
                    const struct source_entry *entry, char **group_dns,
                    struct classification *ret_classification)
{
	if (!text_equal(entry->class, "person"))
		return false;
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		for (size_t p = 0; p < m->source_mapping_count; p++)
			if (classify_by_mapping(a, m, &m->source_mappings[p],
			                        entry, group_dns,
			                        ret_classification))
				return true;
	}
	return false;
}

/* ---- a stored entry */

bool source_entry_is_excluded(struct arena *a, const char *directory,
                              const char *anchor)
{
	const struct sync_override *d =
	    overrides_of_entry(a, directory, anchor);

	return d && text_equal(d->action, "out");
}

static bool classify_loaded(struct arena *a, const struct config *cfg,
                            const struct source_entry *entry,
                            struct classification *ret_classification)
{
	return classify_entry(a, cfg, entry, source_entry_groups(a, entry),
	                      ret_classification);
}

/* Once for an entry that is kept. */
static bool classify_kept(const struct config *cfg,
                          const struct source_entry *entry,
                          struct classification *ret_classification)
{
	struct source_entry_memo *memo = entry->memo;
	struct arena *a = source_entry_memo_lives_in();

	if (!memo->was_classified)
		memo->is_classified =
		    classify_loaded(a, cfg, entry, &memo->classification);
	memo->was_classified = true;
	if (memo->is_classified)
		*ret_classification = memo->classification;
	return memo->is_classified;
}

bool source_entry_classify(struct arena *a, const struct config *cfg,
                           const struct source_entry *entry,
                           struct classification *ret_classification)
{
	return entry &&
	       (entry->memo && source_entry_memo_lives_in()
	            ? classify_kept(cfg, entry, ret_classification)
	            : classify_loaded(a, cfg, entry, ret_classification)) &&
	       !source_entry_is_excluded(a, entry->directory, entry->anchor);
}
