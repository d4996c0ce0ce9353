/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_services.c: describes for services what changes when a municipality
 * moves. A service that trusts the municipality's own issuer is unaffected;
 * one that trusts the region's issuer needs a mapping of subject
 * identifiers. */
#include <string.h>

#include "idp/admin/leaving.h"
#include "lib/file.h"
#include "lib/text.h"
#include "lib/xml.h"

enum { METADATA_MOST = 1 << 20 };

#define METADATA "urn:oasis:names:tc:SAML:2.0:metadata"

/* Returns the SP's entityID; NULL for an OpenID Connect client or unreadable
 * metadata. */
static const char *entity_id(struct arena *a, const struct service *s)
{
	const struct xml *root;
	size_t length;
	char *text;

	if (!s->saml ||
	    !file_read(a, s->saml, METADATA_MOST, &text, &length, NULL) ||
	    !xml_read(a, text, length, METADATA_MOST, XML_FILE, &root, NULL) ||
	    !xml_is(root, METADATA, "EntityDescriptor"))
		return NULL;
	return xml_get(a, root, "entityID");
}

/* ---- services.json */

static json_t *list_of(char **words)
{
	json_t *list = json_array();

	for (; words && *words; words++)
		(void)json_array_append_new(list, json_string(*words));
	return list;
}

static void add_oidc(json_t *to, const struct oidc_client *c)
{
	js_put(to, "protocol", "oidc");
	js_put(to, "client", c->id);
	js_put(to, "sector", c->sector);
	js_put(to, "alg", c->id_token_alg);
	js_put(to, "back-channel", c->back_channel);
	(void)json_object_set_new(to, "redirects", list_of(c->redirects));
	(void)json_object_set_new(to, "after-logout", list_of(c->after_logout));
}

static void add_saml(struct arena *a, json_t *to, const struct service *s)
{
	size_t length;
	char *text;

	js_put(to, "protocol", "saml");
	js_put(to, "entity", entity_id(a, s));
	if (file_read(a, s->saml, METADATA_MOST, &text, &length, NULL))
		js_put(to, "metadata", text);
}

static json_t *described(const struct leaving *l, const struct service *s)
{
	json_t *one = js_keep(l->arena, json_object());

	js_put(one, "name", s->name);
	js_put(one, "display", s->display);
	js_put(one, "address", s->address);
	js_put(one, "issuer", s->issuer->url);
	js_put(one, "trusts", s->issuer->owner ? "own" : "region");
	js_put(one, "subject",
	       s->subject == SUBJECT_AFFILIATION ? "affiliation" : "person");
	(void)json_object_set_new(one, "receives", list_of(s->receives));
	if (s->oidc)
		add_oidc(one, s->oidc);
	else
		add_saml(l->arena, one, s);
	return one;
}

static bool concerns(const struct leaving *l, const struct service *s)
{
	return s->issuer->owner == l->m || leaving_must_be_told(l->m, s);
}

bool leaving_services(const struct leaving *l, struct parcel *p,
                      struct fault *why)
{
	const struct region *r = l->act->region;
	json_t *list = js_keep(l->arena, json_array());

	(void)why;
	for (size_t i = 0; i < r->service_count; i++)
		if (concerns(l, &r->services[i]))
			(void)json_array_append(list,
			                        described(l, &r->services[i]));
	parcel_add(p, js_write(l->arena,
	                       js_keep(l->arena, json_pack("{s:i, s:O}", "v", 1,
	                                                   "services", list))));
	parcel_add(p, "\n");
	return true;
}

/* ---- subjects.csv */

/* One service and the parameters of its subject identifiers. */
struct called {
	const struct leaving *l;
	const struct service *s;
	struct parcel *parcel;
	const char *kind, *sector, *old_issuer, *new_issuer;
};

static bool name_at(const struct called *c, struct arena *a, const char *issuer,
                    const char *id, const char **ret, struct fault *why)
{
	json_t *answer;
	json_t *question = js_keep(
	    a, json_pack("{s:s, s:s, s:s, s:s}", "issuer", issuer, "kind",
	                 c->kind, "sector", c->sector, "id", id));

	if (!ask(clerk.keeper, a, ASK_SUBJECT, c->l->act->region->hash,
	         question, &answer, why))
		return false;
	*ret = js_string(answer, "value");
	return *ret || fault(why, FAULT_UNAVAILABLE, "the keeper gave no name");
}

static bool tell_one(const struct called *c, const char *id, struct fault *why)
{
	struct arena *a = arena_open();
	const char *was, *is;
	bool good = name_at(c, a, c->s->issuer->name, id, &was, why) &&
	            name_at(c, a, c->l->m->issuer->name, id, &is, why);

	if (good)
		parcel_add(c->parcel,
		           arena_print(a, "%s,%s,%s,%s,%s\n", c->s->name,
		                       c->old_issuer, was, c->new_issuer, is));
	arena_close(a);
	return good;
}

static bool tell_all(const struct called *c, struct fault *why)
{
	const json_t *whom = c->s->subject == SUBJECT_AFFILIATION
	                         ? c->l->affiliations
	                         : c->l->people;
	const char *id;
	json_t *ignored;

	json_object_foreach((json_t *)(uintptr_t)whom, id, ignored)
	{
		if (!tell_one(c, id, why))
			return false;
	}
	return true;
}

static bool tell_service(const struct leaving *l, struct parcel *p,
                         const struct service *s, struct fault *why)
{
	struct called c = { .l = l, .s = s, .parcel = p };

	c.kind = s->oidc ? "sub" : "nameid";
	c.sector = s->oidc ? s->oidc->sector : entity_id(l->arena, s);
	c.old_issuer = s->oidc ? s->issuer->url : s->issuer->entity_id;
	c.new_issuer = s->oidc ? l->m->issuer->url : l->m->issuer->entity_id;
	if (!c.sector)
		return fault(why, FAULT_INVALID,
		             "the metadata of %s cannot be read", s->name);
	return tell_all(&c, why);
}

bool leaving_subjects(const struct leaving *l, struct parcel *p,
                      struct fault *why)
{
	const struct region *r = l->act->region;

	if (!l->m->issuer)
		return fault(why, FAULT_INVALID, "%s has no issuer of its own",
		             l->m->name);
	parcel_add(p, "service,old-issuer,old-sub,new-issuer,new-sub\n");
	for (size_t i = 0; i < r->service_count; i++)
		if (leaving_must_be_told(l->m, &r->services[i]) &&
		    !tell_service(l, p, &r->services[i], why))
			return false;
	return true;
}
