/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_services.c: describes for services what changes when a municipality
 * moves. A service that trusts the municipality's own issuer is unaffected;
 * one that trusts the region's issuer needs a mapping of subject
 * identifiers. */
#include <string.h>

#include "idp/admin/offboard/offboarding.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "lib/xml.h"

enum { METADATA_MAX_BYTES = 1 << 20 };

#define SAML_METADATA_NS "urn:oasis:names:tc:SAML:2.0:metadata"

/* Returns the SP's entityID; NULL for an OpenID Connect client or unreadable
 * metadata. */
static const char *offboard_sp_entity_id(struct arena *a,
                                         const struct service *s)
{
	const struct xml *root;
	size_t length;
	char *text;

	if (!s->saml_metadata ||
	    !file_read(a, s->saml_metadata, METADATA_MAX_BYTES, &text, &length,
	               NULL) ||
	    !xml_parse(a, text, length, METADATA_MAX_BYTES, XML_FILE, &root,
	               NULL) ||
	    !xml_is(root, SAML_METADATA_NS, "EntityDescriptor"))
		return NULL;
	return xml_attribute(a, root, "entityID");
}

/* ---- services.json */

static json_t *offboard_string_list(char **strings)
{
	json_t *list = json_array();

	for (; strings && *strings; strings++)
		(void)json_array_append_new(list, json_string(*strings));
	return list;
}

static void offboard_describe_oidc(json_t *to, const struct oidc_client *c)
{
	js_set_string(to, "protocol", "oidc");
	js_set_string(to, "client-id", c->id);
	js_set_string(to, "sector", c->sector_identifier);
	js_set_string(to, "id-token-signed-response-alg",
	              c->id_token_signed_response_alg);
	js_set_string(to, "backchannel-logout-uri", c->backchannel_logout_uri);
	(void)json_object_set_new(to, "redirect-uris",
	                          offboard_string_list(c->redirect_uris));
	(void)json_object_set_new(
	    to, "post-logout-redirect-uris",
	    offboard_string_list(c->post_logout_redirect_uris));
}

static void offboard_describe_saml(struct arena *a, json_t *to,
                                   const struct service *s)
{
	size_t length;
	char *text;

	js_set_string(to, "protocol", "saml");
	js_set_string(to, "entity", offboard_sp_entity_id(a, s));
	if (file_read(a, s->saml_metadata, METADATA_MAX_BYTES, &text, &length,
	              NULL))
		js_set_string(to, "metadata", text);
}

static json_t *offboard_describe_service(const struct offboarding *off,
                                         const struct service *s)
{
	json_t *description = js_own(off->arena, json_object());

	js_set_string(description, "name", s->name);
	js_set_string(description, "display", s->display);
	js_set_string(description, "launch-url", s->launch_url);
	js_set_string(description, "initiate-login-uri", s->initiate_login_uri);
	js_set_string(description, "issuer", s->issuer->url);
	js_set_string(description, "trusts",
	              s->issuer->owner ? "own" : "region");
	js_set_string(description, "subject-is",
	              s->subject == SUBJECT_AFFILIATION ? "affiliation"
	                                                : "person");
	(void)json_object_set_new(description, "attributes",
	                          offboard_string_list(s->attributes));
	if (s->oidc)
		offboard_describe_oidc(description, s->oidc);
	else
		offboard_describe_saml(off->arena, description, s);
	return description;
}

static bool offboard_concerns_service(const struct offboarding *off,
                                      const struct service *s)
{
	return s->issuer->owner == off->m ||
	       offboarding_service_needs_mapping(off->m, s);
}

bool offboard_services_json(const struct offboarding *off,
                            struct reply_stream *out, struct error *err)
{
	const struct config *cfg = off->cmd->cfg;
	json_t *list = js_own(off->arena, json_array());

	(void)err;
	for (size_t i = 0; i < cfg->service_count; i++)
		if (offboard_concerns_service(off, &cfg->services[i]))
			(void)json_array_append(
			    list,
			    offboard_describe_service(off, &cfg->services[i]));
	reply_stream_append(
	    out, js_dump(off->arena,
	                 js_own(off->arena, json_pack("{s:i, s:O}", "v", 1,
	                                              "services", list))));
	reply_stream_append(out, "\n");
	return true;
}

/* ---- subjects.csv */

/* One service and the parameters of its subject identifiers. */
struct subject_mapping {
	const struct offboarding *off;
	const struct service *s;
	struct reply_stream *out;
	enum subject_kind kind;
	const char *sector, *old_issuer, *new_issuer;
};

static bool offboard_subject_at(const struct subject_mapping *c,
                                struct arena *a, const char *issuer,
                                const char *id, const char **ret,
                                struct error *err)
{
	const struct subject_identifier_request request = {
		.issuer = issuer,
		.kind = c->kind,
		.sector = c->sector,
		.id = id,
	};
	struct subject_identifier_reply reply;

	if (!subject_identifier_call(admin_backends.signer, a,
	                             c->off->cmd->cfg->hash, &request, &reply,
	                             err))
		return false;
	*ret = reply.value;
	return true;
}

static bool offboard_add_subject(const struct subject_mapping *c,
                                 const char *id, struct error *err)
{
	struct arena *a = arena_open();
	const char *old_subject, *new_subject;
	bool good = offboard_subject_at(c, a, c->s->issuer->name, id,
	                                &old_subject, err) &&
	            offboard_subject_at(c, a, c->off->m->issuer->name, id,
	                                &new_subject, err);

	if (good)
		reply_stream_append(
		    c->out, arena_printf(a, "%s,%s,%s,%s,%s\n", c->s->name,
		                         c->old_issuer, old_subject,
		                         c->new_issuer, new_subject));
	arena_close(a);
	return good;
}

static bool offboard_add_subjects(const struct subject_mapping *c,
                                  struct error *err)
{
	const json_t *ids = c->s->subject == SUBJECT_AFFILIATION
	                        ? c->off->affiliations
	                        : c->off->people;
	const char *id;
	json_t *ignored;

	json_object_foreach((json_t *)(uintptr_t)ids, id, ignored)
	{
		if (!offboard_add_subject(c, id, err))
			return false;
	}
	return true;
}

static bool offboard_add_service_subjects(const struct offboarding *off,
                                          struct reply_stream *out,
                                          const struct service *s,
                                          struct error *err)
{
	struct subject_mapping c = { .off = off, .s = s, .out = out };

	c.kind = s->oidc ? SUBJECT_KIND_SUB : SUBJECT_KIND_NAMEID;
	c.sector = s->oidc ? s->oidc->sector_identifier
	                   : offboard_sp_entity_id(off->arena, s);
	c.old_issuer = s->oidc ? s->issuer->url : s->issuer->entity_id;
	c.new_issuer =
	    s->oidc ? off->m->issuer->url : off->m->issuer->entity_id;
	if (!c.sector)
		return error_set(err, ERROR_INVALID,
		                 "the metadata of %s cannot be read", s->name);
	return offboard_add_subjects(&c, err);
}

bool offboard_subjects_csv(const struct offboarding *off,
                           struct reply_stream *out, struct error *err)
{
	const struct config *cfg = off->cmd->cfg;

	if (!off->m->issuer)
		return error_set(err, ERROR_INVALID,
		                 "%s has no issuer of its own", off->m->name);
	reply_stream_append(out,
	                    "service,old-issuer,old-sub,new-issuer,new-sub\n");
	for (size_t i = 0; i < cfg->service_count; i++)
		if (offboarding_service_needs_mapping(off->m,
		                                      &cfg->services[i]) &&
		    !offboard_add_service_subjects(off, out, &cfg->services[i],
		                                   err))
			return false;
	return true;
}
