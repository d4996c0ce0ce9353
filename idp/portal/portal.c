/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portal.c: the portal: the services that a person can log in to, and with
 * which affiliation. */
#include "idp/portal/portal.h"

#include <string.h>

#include "idp/http/guard.h"
#include "idp/page/page.h"
#include "idp/session/who.h"
#include "lib/text.h"
#include "pages.h"

/* A person's access to one service. */
struct doorway {
	const struct affiliation *only; /* the only or selected one, or NULL */
	size_t allowed;
};

/* The session and its active affiliations. */
struct here {
	struct visit *visit;
	const struct session *session;
	const struct affiliation **list;
	size_t count;
};

static bool lets_in(const struct here *h, const struct service *service,
                    const struct affiliation *f)
{
	struct decision d;

	who_judge(h->visit, h->session, service, f, &d);
	return d.verdict == ALLOW;
}

static const char *chosen_for(const struct service *service,
                              const struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(parts[i].service, service->name) &&
		    text_equal(parts[i].issuer, service->issuer->name))
			return parts[i].affiliation;
	return NULL;
}

static struct doorway look(const struct here *h, const struct service *service,
                           const char *chosen)
{
	struct doorway d = { 0 };
	const struct affiliation *remembered = NULL, *last = NULL;

	for (size_t i = 0; i < h->count; i++) {
		if (!lets_in(h, service, h->list[i]))
			continue;
		d.allowed++;
		last = h->list[i];
		if (text_equal(last->id, chosen))
			remembered = last;
	}
	d.only = d.allowed == 1 ? last : remembered;
	return d;
}

static const char *as_text(struct visit *v, const struct affiliation *f)
{
	if (!f)
		return page_text(v, WORD_portal_several);
	enum word kind = page_word("kind", kind_name(f->kind));
	const struct municipality *m =
	    region_municipality(v->region, f->municipality);

	return arena_print(
	    v->arena, "%s, %s",
	    page_text(v, kind == WORD_COUNT ? WORD_kind_none : kind),
	    m ? m->display : f->municipality);
}

static size_t list_services(const struct here *h, const struct part *parts,
                            size_t part_count, struct portal_services *list)
{
	struct visit *v = h->visit;
	size_t count = 0;

	for (size_t i = 0; i < v->region->service_count; i++) {
		const struct service *one = &v->region->services[i];
		struct doorway d =
		    look(h, one, chosen_for(one, parts, part_count));

		if (d.allowed == 0)
			continue;
		list[count++] = (struct portal_services){
			.name = one->display,
			.address = one->address,
			.as = as_text(v, d.only),
			.change = d.allowed > 1
			              ? arena_print(v->arena, "/as?service=%s",
			                            one->name)
			              : NULL,
		};
	}
	return count;
}

static const struct municipality *home_of(struct visit *v,
                                          const struct session *s)
{
	const struct affiliation *f =
	    person_affiliation(s->person, s->proved_by);

	return f ? region_municipality(v->region, f->municipality) : NULL;
}

static bool has_own_password(const struct visit *v, const struct session *s)
{
	const struct affiliation *f =
	    person_affiliation(s->person, s->proved_by);
	const struct directory_conf *d =
	    f && f->directory ? region_directory(v->region, f->directory)
			      : NULL;

	return d && d->own_passwords;
}

static void show(const struct here *h, const struct part *parts,
                 size_t part_count)
{
	struct visit *v = h->visit;
	const struct session *s = h->session;
	struct portal_services *list = arena_array(
	    v->arena, struct portal_services, v->region->service_count + 1);
	size_t count = list_services(h, parts, part_count, list);
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);

	fill_portal(
	    &body, page_language(v),
	    &(struct portal_page){
		.name = s->person->display,
		.word = guard_word(v->arena, browser,
	                           portal_logout_purpose(v->arena, s, NULL)),
		.any = count > 0,
		.password = has_own_password(v, s),
		.pupils = portal_has_pupils(v, h->list, h->count),
		.services = list,
		.services_count = count });
	page_put(v, &(struct sheet){ .status = 200,
	                             .title = page_text(v, WORD_portal_title),
	                             .body = body.at,
	                             .m = home_of(v, s),
	                             .back = "portal" });
}

/* Returns true if the policy allows the portal for one affiliation. */
static bool may_see(const struct here *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (lets_in(h, NULL, h->list[i]))
			return true;
	return false;
}

void portal_page(struct visit *v)
{
	struct here h = { .visit = v };
	struct part *parts;
	size_t count;
	struct fault why = { 0 };

	if (!session_find(v, &h.session, &why) ||
	    (h.session && !who_counts(v, h.session, &h.list, &h.count, &why))) {
		page_fault(v, &why);
		return;
	}
	/* The login flow shows the denial and appends the audit event. */
	if (!may_see(&h)) {
		login_enter(
		    v, &(struct ticket){ .front = "portal", .max_age = -1 });
		return;
	}
	if (!session_parts(v, h.session, &parts, &count, &why))
		page_fault(v, &why);
	else
		show(&h, parts, count);
}

/* ---- protocol "portal": a login to the portal itself -------------------- */

static bool finish(struct visit *v, const struct ticket *t,
                   const struct entry *e, struct part *ret_part,
                   struct fault *why)
{
	(void)t, (void)e, (void)ret_part, (void)why;
	answer_see_other(v->answer, arena_print(v->arena, "%s/portal",
	                                        v->region->login_url));
	return true;
}

static bool refuse(struct visit *v, const struct ticket *t,
                   enum front_refusal how, struct fault *why)
{
	(void)t, (void)how, (void)why;
	page_refused(v, "not-allowed", NULL, NULL);
	return true;
}

const struct front portal_front = {
	.name = "portal",
	.finish = finish,
	.refuse = refuse,
};
