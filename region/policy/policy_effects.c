/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_effects.c: compares two configurations over all affiliations. Those
 * whose facts are equal are evaluated once: a hundred thousand affiliations
 * have some thousand different facts. */
#include "region/policy/policy_effects.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/policy/policy_usage.h"

/* Affiliations with the same facts. */
struct facts_class {
	const char *key;
	enum policy_reach *before, *after; /* of each service */
	size_t first_effect; /* index of that of the first service */
};

struct policy_effects {
	struct arena *arena;
	const struct config *before, *after;
	int64_t now;
	const char **services;
	size_t service_count, total;
	void *classes; /* a tree of struct facts_class, tsearch(3) */
	VECTOR(struct policy_effect) effects;
	struct policy_usage *usage;
	bool uses_own_dates; /* a rule does */
};

/* ---- reach of one affiliation */

static enum policy_verdict verdict_assuming(struct arena *a,
                                            const struct config *cfg,
                                            const struct affiliation *f,
                                            const char *service, int64_t now,
                                            enum policy_assumption assume)
{
	const struct person p = { .id = "", .status = STATUS_ACTIVE };
	const struct policy_request c = {
		.service = service,
		.address = "",
		.listener = "",
		.now = now,
		.assume = assume,
	};
	struct policy_decision d;

	policy_evaluate(a, cfg, &p, f, &c, NULL, &d);
	return d.verdict;
}

enum policy_reach policy_reach(struct arena *a, const struct config *cfg,
                               const struct affiliation *f, const char *service,
                               int64_t now)
{
	if (verdict_assuming(a, cfg, f, service, now, ASSUME_FAVOURABLE) ==
	    POLICY_DENY)
		return REACH_NEVER;
	return verdict_assuming(a, cfg, f, service, now, ASSUME_ADVERSE) ==
	               POLICY_ALLOW
	           ? REACH_ALWAYS
	           : REACH_SOMETIMES;
}

const char *policy_reach_name(enum policy_reach r)
{
	static const char *const names[] = { "never", "sometimes", "always" };

	return names[r];
}

/* ---- services of both configurations */

static bool effects_has_service(const struct policy_effects *e,
                                const char *name)
{
	for (size_t i = 0; i < e->service_count; i++)
		if (text_equal(e->services[i], name))
			return true;
	return false;
}

static void effects_add_services(struct policy_effects *e,
                                 const struct config *cfg)
{
	for (size_t i = 0; i < cfg->service_count; i++)
		if (!effects_has_service(e, cfg->services[i].name))
			e->services[e->service_count++] = cfg->services[i].name;
}

static bool uses_own_dates(const struct policy_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rules[i].condition_count; k++)
			if (text_starts(rules[i].conditions[k].name, "own-"))
				return true;
	return false;
}

static bool config_uses_own_dates(const struct config *cfg)
{
	bool found = false;

	for (size_t i = 0; i < cfg->municipality_count; i++)
		found |= uses_own_dates(cfg->municipalities[i].rules,
		                        cfg->municipalities[i].rule_count);
	for (size_t i = 0; i < cfg->service_count; i++)
		found |= uses_own_dates(cfg->services[i].requirements,
		                        cfg->services[i].requirement_count);
	return found;
}

struct policy_effects *policy_effects_open(struct arena *a,
                                           const struct config *before,
                                           const struct config *after,
                                           int64_t now)
{
	struct policy_effects *e = arena_new(a, struct policy_effects);

	e->arena = a;
	e->before = before;
	e->after = after;
	e->now = now;
	e->usage = policy_usage_open(a, after);
	e->uses_own_dates =
	    config_uses_own_dates(before) || config_uses_own_dates(after);
	e->services = arena_array(
	    a, const char *, before->service_count + after->service_count + 1);
	e->services[e->service_count++] = "portal";
	effects_add_services(e, before);
	effects_add_services(e, after);
	return e;
}

/* ---- classes of equal facts */

static int text_compare(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* Appends the list in an order of its own, each with its length. */
static void key_append_list(struct strbuf *key, char **list)
{
	VECTOR(char *) sorted = { 0 };

	for (; list && *list; list++)
		*vector_append(key->arena, &sorted) = *list;
	if (sorted.count > 1)
		qsort(sorted.at, sorted.count, sizeof(*sorted.at),
		      text_compare);
	for (size_t i = 0; i < sorted.count; i++)
		strbuf_appendf(key, "|%zu:%s", strlen(sorted.at[i]),
		               sorted.at[i]);
	strbuf_append(key, "/");
}

/* Own dates only where rules use them: people have many different ones. */
static const char *facts_key(const struct policy_effects *e, struct arena *a,
                             const struct affiliation *f)
{
	struct strbuf key = strbuf_init(a);

	strbuf_appendf(&key, "%s %d %d", f->municipality, f->kind, f->position);
	if (e->uses_own_dates)
		strbuf_appendf(&key, " %lld %lld", (long long)f->from,
		               (long long)f->until);
	key_append_list(&key, f->units);
	key_append_list(&key, f->roles);
	return key.data;
}

static int class_compare(const void *x, const void *y)
{
	const struct facts_class *a = x, *b = y;

	return strcmp(a->key, b->key);
}

static void class_evaluate(const struct policy_effects *e,
                           const struct affiliation *f, struct facts_class *c)
{
	struct arena *scratch = arena_open();

	c->before = arena_array(e->arena, enum policy_reach, e->service_count);
	c->after = arena_array(e->arena, enum policy_reach, e->service_count);
	for (size_t i = 0; i < e->service_count; i++) {
		c->before[i] =
		    policy_reach(scratch, e->before, f, e->services[i], e->now);
		c->after[i] =
		    policy_reach(scratch, e->after, f, e->services[i], e->now);
	}
	arena_close(scratch);
}

/* Returns the index of the effects of this municipality and type, one for each
 * service in order; new ones are 0. */
static size_t effects_find(struct policy_effects *e,
                           const struct affiliation *f)
{
	const size_t count = e->effects.count;

	for (size_t i = 0; i < count; i += e->service_count)
		if (e->effects.at[i].kind == f->kind &&
		    text_equal(e->effects.at[i].municipality, f->municipality))
			return i;
	const char *municipality = arena_strdup(e->arena, f->municipality);

	for (size_t i = 0; i < e->service_count; i++)
		*vector_append(e->arena, &e->effects) = (struct policy_effect){
			.municipality = municipality,
			.kind = f->kind,
			.service = e->services[i],
		};
	return count;
}

static const struct facts_class *effects_class(struct policy_effects *e,
                                               const struct affiliation *f)
{
	struct arena *scratch = arena_open();
	struct facts_class probe = { .key = facts_key(e, scratch, f) };
	struct facts_class *const *found =
	    tfind(&probe, &e->classes, class_compare);
	struct facts_class *c = found ? *found : NULL;

	if (!c) {
		c = arena_new(e->arena, struct facts_class);
		c->key = arena_strdup(e->arena, probe.key);
		class_evaluate(e, f, c);
		policy_usage_add(e->usage, f);
		c->first_effect = effects_find(e, f);
		if (!tsearch(c, &e->classes, class_compare))
			abort();
	}
	arena_close(scratch);
	return c;
}

/* ---- counting */

static void effect_count(struct policy_effect *to, enum policy_reach before,
                         enum policy_reach after)
{
	to->total++;
	if (before == after)
		return;
	if (after == REACH_NEVER)
		to->lost++;
	else if (before == REACH_NEVER)
		to->gained++;
	else if (after == REACH_ALWAYS)
		to->widened++;
	else
		to->narrowed++;
}

void policy_effects_add(struct policy_effects *e, const struct affiliation *f,
                        void (*changed)(void *data, const struct affiliation *f,
                                        const char *service,
                                        enum policy_reach before,
                                        enum policy_reach after),
                        void *data)
{
	if (!affiliation_is_valid_at(f, e->now))
		return;
	const struct facts_class *c = effects_class(e, f);

	e->total++;
	for (size_t i = 0; i < e->service_count; i++) {
		effect_count(&e->effects.at[c->first_effect + i], c->before[i],
		             c->after[i]);
		if (changed && c->before[i] != c->after[i])
			changed(data, f, e->services[i], c->before[i],
			        c->after[i]);
	}
}

static int effect_compare(const void *x, const void *y)
{
	const struct policy_effect *a = x, *b = y;
	int order = strcmp(a->municipality, b->municipality);

	if (order == 0)
		order = strcmp(a->service, b->service);
	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

const struct policy_effect *policy_effects_list(struct policy_effects *e,
                                                size_t *ret_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->effects.count; i++) {
		struct policy_effect one = e->effects.at[i];

		if (one.gained + one.lost + one.widened + one.narrowed > 0)
			e->effects.at[kept++] = one;
	}
	if (kept > 1)
		qsort(e->effects.at, kept, sizeof(*e->effects.at),
		      effect_compare);
	*ret_count = kept;
	return e->effects.at;
}

void policy_effects_notes(const struct policy_effects *e,
                          void (*note)(void *data, const char *text),
                          void *data)
{
	policy_usage_list(e->usage, note, data);
}

static void class_keep(void *unused)
{
	(void)unused; /* it belongs to the arena */
}

void policy_effects_close(struct policy_effects *e)
{
	if (!e)
		return;
	tdestroy(e->classes, class_keep);
	e->classes = NULL;
	policy_usage_close(e->usage);
}

size_t policy_effects_total(const struct policy_effects *e)
{
	return e->total;
}

/* ---- text */

enum { SMALL_CHANGE = 5 }; /* affiliations; not more is never large */

bool policy_effect_is_large(const struct policy_effect *e, int percent)
{
	size_t loses = e->lost + e->narrowed, gains = e->gained + e->widened;
	size_t most = loses > gains ? loses : gains;

	return most > SMALL_CHANGE && most * 100 > e->total * (size_t)percent;
}

const char *policy_effect_text(struct arena *a, const struct policy_effect *e)
{
	struct strbuf line = strbuf_init(a);
	const struct {
		const char *what;
		size_t count;
	} parts[] = {
		{ "can enter no longer", e->lost },
		{ "can enter now", e->gained },
		{ "can enter in fewer circumstances", e->narrowed },
		{ "can enter in more circumstances", e->widened },
	};

	for (size_t i = 0; i < LENGTH(parts); i++)
		if (parts[i].count > 0)
			strbuf_appendf(&line, "%s %zu %s",
			               line.length > 0 ? "," : "",
			               parts[i].count, parts[i].what);
	return arena_printf(a, "%s: %s: %s:%s, of %zu", e->municipality,
	                    affiliation_type_name(e->kind), e->service,
	                    line.data, e->total);
}

const char *policy_change_text(struct arena *a, const struct config *cfg,
                               const struct affiliation *f, const char *service,
                               enum policy_reach before,
                               enum policy_reach after)
{
	const struct municipality *m =
	    config_municipality(cfg, f->municipality);

	return arena_printf(
	    a, "  %s@%s as %s: %s: %s, was %s",
	    f->login ? f->login : "(hidden)", m ? m->domain : f->municipality,
	    affiliation_type_name(f->kind), service, policy_reach_name(after),
	    policy_reach_name(before));
}
