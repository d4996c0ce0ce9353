/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_service.c: builds the services of the configuration: OpenID Connect
 * clients and SAML service providers. */
#include <string.h>

#include "lib/text.h"
#include "region/build.h"

/* ---- oidc { } */

static bool has_word(char **words, const char *word)
{
	for (; *words; words++)
		if (text_equal(*words, word))
			return true;
	return false;
}

static void build_proofs(struct build *b, const struct conf_block *in,
                         struct oidc_client *c)
{
	char **said = build_words(b, in, "proves-by");
	bool any = !*said;

	c->public_client = conf_find(in, "public") != NULL;
	c->basic_allowed = any ? c->secret != NULL : has_word(said, "basic");
	c->post_allowed = any ? c->secret != NULL : has_word(said, "post");
	c->key_only = c->keys && !c->basic_allowed && !c->post_allowed;
}

/* Reports contradictory client authentication settings. */
static void refuse_proofs(struct build *b, const struct conf_statement *s,
                          const struct oidc_client *c)
{
	const char *id = conf_word_at(s, 1);
	bool key = has_word(build_words(b, &s->block, "proves-by"), "key");

	if (c->public_client && (c->secret || c->keys))
		conf_complain(b->wrong, s, 0,
		              "%s cannot be public and have a secret or keys",
		              id);
	if (!c->public_client && !c->secret && !c->keys)
		conf_complain(b->wrong, s, 0,
		              "%s lacks a secret or keys; a client that can "
		              "keep none says public",
		              id);
	if ((c->basic_allowed || c->post_allowed) && !c->secret)
		conf_complain(b->wrong, s, 0,
		              "%s cannot prove itself by a secret it has not",
		              id);
	if (key && !c->keys)
		conf_complain(b->wrong, s, 0,
		              "%s cannot prove itself by keys it has not", id);
	if (c->public_client && c->client_credentials)
		conf_complain(b->wrong, s, 0,
		              "%s is public and has nothing to prove itself "
		              "with: client-credentials is not for it",
		              id);
}

static void build_grants(struct build *b, const struct conf_block *in,
                         struct oidc_client *c)
{
	char **said = build_words(b, in, "grants");

	c->code = !*said || has_word(said, "code");
	c->refresh = has_word(said, "refresh");
	c->client_credentials = has_word(said, "client-credentials");
}

static void refuse_grants(struct build *b, const struct conf_statement *s,
                          const struct oidc_client *c)
{
	if (c->code && !c->redirects[0])
		conf_complain(b->wrong, s, 0, "%s lacks redirect", c->id);
	if (c->refresh && !c->code)
		conf_complain(b->wrong, s, 0,
		              "%s cannot refresh without asking for a code",
		              c->id);
}

/* OpenID Connect Core 8.1: the host component, without the port. */
static const char *sector_of(struct build *b, const char *url)
{
	const char *host = build_host(b, url);

	if (!host)
		return NULL;
	size_t length =
	    host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	return arena_bytes(b->arena, host, length);
}

static const struct oidc_client *build_client(struct build *b,
                                              const struct conf_statement *s)
{
	struct oidc_client *c = arena_new(b->arena, struct oidc_client);
	const struct conf_block *in = &s->block;
	const struct conf_statement *told = conf_find(in, "back-channel");

	c->id = conf_word_at(s, 1);
	c->secret = build_secret(b, conf_find(in, "secret"), 1);
	c->keys = build_file(b, conf_find(in, "keys"));
	c->id_token_alg = conf_value(in, "sign", "RS256");
	c->redirects = build_words(b, in, "redirect");
	c->after_logout = build_words(b, in, "after-logout");
	c->back_channel = conf_word_at(told, 1);
	c->back_channel_session = conf_word_at(told, 2) == NULL;
	c->sector = sector_of(b, c->redirects[0]);
	build_proofs(b, in, c);
	build_grants(b, in, c);
	if (c->id) {
		refuse_proofs(b, s, c);
		refuse_grants(b, s, c);
	}
	return c;
}

/* ---- service { } */

static const struct issuer *named_issuer(struct build *b,
                                         const struct conf_statement *s)
{
	const struct conf_statement *said = conf_find(&s->block, "issuer");
	const char *name = said ? conf_word_at(said, 1) : "region";
	const struct issuer *i = region_issuer(b->region, name);

	if (name && !i && region_municipality(b->region, name))
		conf_complain(b->wrong, said, 1,
		              "%s has no issuer of its own; say issuer in its "
		              "municipality, or region here",
		              name);
	else if (name && !i)
		conf_complain(b->wrong, said, 1,
		              "there is no municipality \"%s\"%s", name,
		              build_suggest(b, name, "municipality"));
	return i;
}

static void build_protocol(struct build *b, const struct conf_statement *s,
                           struct service *service)
{
	const struct conf_statement *oidc = conf_find(&s->block, "oidc");
	const struct conf_statement *saml = conf_find(&s->block, "saml");

	if (oidc)
		service->oidc = build_client(b, oidc);
	service->saml = build_file(b, saml);
	if (!oidc == !saml)
		conf_complain(b->wrong, s, 1, "%s has either oidc or saml",
		              service->name);
}

static void refuse_double_client(struct build *b,
                                 const struct conf_statement *s,
                                 const struct service *service)
{
	const struct service *e = b->region->services;

	for (; service->oidc && e < service; e++)
		if (e->oidc && e->issuer == service->issuer &&
		    text_equal(e->oidc->id, service->oidc->id))
			conf_complain(b->wrong, conf_find(&s->block, "oidc"), 1,
			              "%s is the client id of %s already",
			              e->oidc->id, e->name);
}

static void build_service(struct build *b, const struct conf_statement *s,
                          struct service *service)
{
	const struct conf_block *in = &s->block;
	const char *subject = conf_value(in, "subject", "person");

	service->name = conf_word_at(s, 1);
	service->place = build_place(s);
	service->display = conf_value(in, "name", service->name);
	service->address = conf_value(in, "address", NULL);
	service->issuer = named_issuer(b, s);
	service->receives = build_words(b, in, "receives");
	service->subject = text_equal(subject, "affiliation")
	                       ? SUBJECT_AFFILIATION
	                       : SUBJECT_PERSON;
	if (text_equal(service->name, "portal") ||
	    text_equal(service->name, "any"))
		conf_complain(b->wrong, s, 1,
		              "\"%s\" has a meaning of its own in rules",
		              service->name);
	build_protocol(b, s, service);
	refuse_double_client(b, s, service);
}

void build_services(struct build *b)
{
	struct service *all =
	    arena_array(b->arena, struct service, build_count(b, "service"));
	size_t count = 0;

	b->region->services = all;
	for (const struct conf_statement *s = conf_find(b->top, "service"); s;
	     s = conf_next(b->top, s))
		build_service(b, s, &all[count++]);
	b->region->service_count = count;
}
