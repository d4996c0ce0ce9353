/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slo.c: single logout by Redirect (SAML Profiles 4.4).  An SP can end only the
 * session of this browser, and only as a participant of it.  The other
 * participants are notified by idp/logout/single_logout.c. */
#include "idp/saml/slo.h"

#include <string.h>

#include "idp/logout/single_logout.h"
#include "idp/page/page.h"
#include "idp/saml/binding.h"
#include "idp/saml/canonical_xml_writer.h"
#include "idp/saml/idp_metadata.h"
#include "idp/saml/saml.h"
#include "idp/saml/saml_uris.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"

struct slo_message {
	struct request_context *ctx;
	struct saml_envelope envelope;
	struct saml_message message;
	const struct issuer *issuer;
	const struct sp_metadata *sp;
	struct error *err;
};

/* ---- received messages ---- */

/* The login host accepts messages for any issuer: the one of Destination, or
 * of the host if the message has none and is not signed. */
static bool slo_find_issuer(struct slo_message *l)
{
	const struct config *cfg = l->ctx->cfg;
	const char *to = l->message.destination;

	if (!to && !l->envelope.signed_octets)
		l->issuer = l->ctx->issuer;
	for (size_t i = 0; to && i < cfg->issuer_count; i++)
		if (text_equal(to, idp_metadata_slo_url(l->ctx->arena,
		                                        &cfg->issuers[i])))
			l->issuer = &cfg->issuers[i];
	return l->issuer ||
	       saml_message_error(
		   l->err, "Destination is not the URL of this endpoint");
}

/* Profiles 4.4.4: the sender must be authenticated, here by a signature; an SP
 * without a key in its metadata is exempt. */
static bool slo_check_signature(const struct slo_message *l, struct error *err)
{
	if (l->message.is_signed)
		return saml_message_error(
		    err, "XML signature not allowed with HTTP-Redirect");
	if (l->sp->key_count == 0 && !l->envelope.signed_octets)
		return true;
	return saml_binding_verify(&l->envelope, l->sp->keys, l->sp->key_count,
	                           err);
}

static bool slo_read_message(struct slo_message *l)
{
	struct request_context *ctx = l->ctx;

	if (!saml_binding_read(ctx->arena, ctx->request, &l->envelope, l->err))
		return false;
	if (l->envelope.binding != BINDING_REDIRECT)
		return saml_message_error(l->err,
		                          "binding is not HTTP-Redirect");
	if (!saml_message_parse(ctx->arena, l->envelope.xml, l->envelope.length,
	                        clock_now(), &l->message, l->err))
		return false;
	return slo_find_issuer(l) &&
	       sp_metadata_by_entity_id(ctx, l->issuer, l->message.issuer,
	                                &l->sp, l->err);
}

/* ---- LogoutRequest ---- */

static bool slo_request_is_expired(struct arena *a,
                                   const struct saml_message *m)
{
	const char *until = xml_attribute(a, m->root, "NotOnOrAfter");
	int64_t when;

	return until && (!clock_parse_iso(until, &when) ||
	                 when + SAML_MAX_SKEW_S <= clock_now());
}

static bool slo_request_has_index(struct arena *a, const struct saml_message *m,
                                  const char *index)
{
	const struct xml *e = xml_child(m->root, NS_PROTOCOL, "SessionIndex");

	if (!e)
		return true;
	for (; e; e = xml_next_same_name(e))
		if (text_equal(xml_text(a, e), index))
			return true;
	return false;
}

bool slo_matches_participant(struct arena *a, const struct saml_message *m,
                             const struct session_participant *participant)
{
	const struct xml *e = xml_child(m->root, NS_ASSERTION, "NameID");
	const char *format = xml_attribute(a, e, "Format");
	struct name_id name_id;

	if (!e || xml_next_same_name(e) ||
	    !nameid_from_string(a, participant->name_id, &name_id))
		return false;
	if (format && !text_equal(format, name_id.format))
		return false;
	return text_equal(xml_text(a, e), name_id.value) &&
	       slo_request_has_index(a, m, participant->index);
}

static bool slo_find_participant(const struct slo_message *l,
                                 const struct session *s, bool *ret_found)
{
	struct request_context *ctx = l->ctx;
	struct session_participant *participants;
	size_t count;

	if (!session_participants(ctx, s, &participants, &count, l->err))
		return false;
	*ret_found = false;
	for (size_t i = 0; i < count; i++)
		if (text_equal(participants[i].service, l->sp->service) &&
		    text_equal(participants[i].issuer, l->issuer->name) &&
		    slo_matches_participant(ctx->arena, &l->message,
		                            &participants[i]))
			*ret_found = true;
	return true;
}

/* Returns what slo_response_send needs later. */
static json_t *slo_request_to_json(const struct slo_message *l)
{
	json_t *request = js_own(l->ctx->arena, json_object());

	js_set_string(request, "issuer", l->issuer->name);
	js_set_string(request, "service", l->sp->service);
	js_set_string(request, "id", l->message.id);
	js_set_string(request, "relay", l->envelope.relay_state);
	return request;
}

static bool slo_response_redirect(struct request_context *ctx,
                                  const json_t *request,
                                  const struct saml_status *status,
                                  struct error *err)
{
	const struct issuer *i =
	    config_issuer(ctx->cfg, js_string(request, "issuer"));
	const struct sp_metadata *sp;
	const char *url;

	if (!i || !sp_metadata_of_service(ctx, js_string(request, "service"),
	                                  &sp, err))
		return error_set(err, ERROR_INVALID,
		                 "requesting SP is no longer configured");
	if (!sp->slo_response_url)
		return error_set(err, ERROR_INVALID,
		                 "metadata of %s has no SingleLogoutService "
		                 "for the response",
		                 sp->service);
	const char *xml = saml_write_logout_response(
	    ctx->arena, i, sp->slo_response_url, js_string(request, "id"),
	    clock_now(), status);

	if (!saml_binding_redirect_url(ctx, i, sp->slo_response_url,
	                               "SAMLResponse", xml,
	                               js_string(request, "relay"), &url, err))
		return false;
	response_redirect(ctx->response, url);
	return true;
}

/* Core 3.7.3.2: a principal without a matching session gets UnknownPrincipal,
 * and this browser's session continues. */
static bool slo_handle_request(struct slo_message *l)
{
	static const struct saml_status unknown_principal = {
		STATUS_REQUESTER, STATUS_UNKNOWN_PRINCIPAL
	};
	struct request_context *ctx = l->ctx;
	const struct session *s;
	bool found = true;

	if (l->envelope.is_response || !slo_check_signature(l, l->err))
		return l->envelope.is_response
		           ? saml_message_error(
				 l->err, "LogoutRequest sent as SAMLResponse")
		           : false;
	if (slo_request_is_expired(ctx->arena, &l->message))
		return saml_message_error(l->err, "NotOnOrAfter has passed");
	if (!session_find(ctx, &s, l->err))
		return false;
	if (s && !slo_find_participant(l, s, &found))
		return false;
	if (!found)
		return slo_response_redirect(ctx, slo_request_to_json(l),
		                             &unknown_principal, l->err);
	logout_start(ctx, s, "saml", slo_request_to_json(l), l->sp->service);
	return true;
}

/* ---- LogoutResponse ---- */

static bool slo_response_is_success(struct arena *a,
                                    const struct saml_message *m)
{
	const struct xml *status = xml_child(m->root, NS_PROTOCOL, "Status");
	const struct xml *code = xml_child(status, NS_PROTOCOL, "StatusCode");

	return text_equal(xml_attribute(a, code, "Value"), STATUS_SUCCESS) &&
	       !xml_first_child(code);
}

/* An invalid response counts as a failed logout; the logout continues. */
static bool slo_handle_response(struct slo_message *l)
{
	struct arena *a = l->ctx->arena;
	const char *relay_state = l->envelope.relay_state;
	struct error signature_err = { 0 };

	if (!l->envelope.is_response || !relay_state)
		return saml_message_error(l->err,
		                          "LogoutResponse without RelayState, "
		                          "or sent as SAMLRequest");
	bool ok = slo_check_signature(l, &signature_err);

	if (!ok)
		log_event(LOG_SAML_LOGOUT_RESPONSE_INVALID, "service",
		          l->sp->service, "error", signature_err.text, NULL);
	const char *in_response_to =
	    xml_attribute(a, l->message.root, "InResponseTo");

	ok = ok && slo_response_is_success(a, &l->message) &&
	     text_equal(in_response_to,
	                slo_request_id(a, relay_state, l->sp->service));
	logout_continue(l->ctx, relay_state, l->sp->service, ok);
	return true;
}

static bool slo_handle(struct request_context *ctx, struct error *err)
{
	struct slo_message l = { .ctx = ctx, .err = err };

	if (!slo_read_message(&l))
		return false;
	switch (l.message.kind) {
	case MESSAGE_LOGOUT_REQUEST:
		return slo_handle_request(&l);
	case MESSAGE_LOGOUT_RESPONSE:
		return slo_handle_response(&l);
	case MESSAGE_AUTHN_REQUEST:
	case MESSAGE_NONE:
		break;
	}
	return saml_message_error(
	    err, "message is not a LogoutRequest or LogoutResponse");
}

/* The session cookie is set on the login host only.  The query is redirected
 * unchanged, as the signature covers its octets. */
static void slo_forward_to_login_host(struct request_context *ctx)
{
	const char *query = ctx->request->query;

	if (ctx->request->method != METHOD_GET) {
		error_page_reason(ctx, "wrong-method", NULL, NULL);
		return;
	}
	for (const char *c = query; *c; c++) {
		if (*c > 0x20 && *c < 0x7F)
			continue;
		error_page_reason(ctx, "bad-saml", NULL, NULL);
		return;
	}
	response_redirect(ctx->response,
	                  arena_printf(ctx->arena, "%s/saml/slo?%s",
	                               ctx->cfg->login_url, query));
}

void saml_slo(struct request_context *ctx)
{
	struct error err = { 0 };

	if (!ctx->on_login_host)
		slo_forward_to_login_host(ctx);
	else if (!slo_handle(ctx, &err))
		error_page_show(ctx, &err);
}

/* ---- sent messages ---- */

char *slo_request_id(struct arena *a, const char *relay_state,
                     const char *service)
{
	return arena_printf(
	    a, "_%s",
	    hash_sha256_base64url(
		a, arena_printf(a, "%s %s", relay_state, service)));
}

enum logout_status slo_request_send(struct request_context *ctx,
                                    const struct logout_notice *notice,
                                    const char **ret_url)
{
	const struct session_participant *participant = notice->participant;
	const char *relay_state = notice->relay_state;
	const struct issuer *i = config_issuer(ctx->cfg, participant->issuer);
	const struct sp_metadata *sp;
	struct error err = { 0 };
	struct name_id name;

	if (!participant->name_id)
		return LOGOUT_DONE; /* no NameID was issued: nothing to end */
	if (!relay_state || !i ||
	    !sp_metadata_of_service(ctx, participant->service, &sp, &err) ||
	    !sp->slo_url ||
	    !nameid_from_string(ctx->arena, participant->name_id, &name))
		return LOGOUT_UNSUPPORTED;
	const char *xml = saml_write_logout_request(
	    ctx->arena, i,
	    slo_request_id(ctx->arena, relay_state, participant->service),
	    sp->slo_url, clock_now(), sp->entity_id, &name, participant->index);

	return saml_binding_redirect_url(ctx, i, sp->slo_url, "SAMLRequest",
	                                 xml, relay_state, ret_url, &err)
	           ? LOGOUT_BY_BROWSER
	           : LOGOUT_FAILED;
}

bool slo_response_send(struct request_context *ctx, const json_t *request,
                       bool all_done, struct error *err)
{
	const struct saml_status status = { STATUS_SUCCESS,
		                            all_done ? NULL : STATUS_PARTIAL };

	return slo_response_redirect(ctx, request, &status, err);
}
