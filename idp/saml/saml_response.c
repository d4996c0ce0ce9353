/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_response.c: builds and sends a Response (SAML Core 3.3.3).  The
 * Assertion is signed, then the Response around it, so an SP may verify
 * either. */
#include "idp/saml/saml_response.h"

#include "idp/saml/authn_context.h"
#include "idp/saml/canonical_xml_writer.h"
#include "idp/saml/saml_uris.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/strbuf.h"

static const struct saml_status saml_status_success = { STATUS_SUCCESS, NULL };

/* Returns the element signed.  The signer hashes it without a signature, as
 * the SP does by the enveloped-signature transform. */
static bool saml_response_sign(struct request_context *ctx,
                               const struct issuer *i,
                               const struct xml_fragment *fragment,
                               const char **ret_xml, struct error *err)
{
	const struct sign_saml_request request = {
		.issuer = i->name,
		.element = saml_write_fragment(ctx->arena, fragment, NULL),
	};
	struct sign_saml_reply reply;

	if (!sign_saml_call(ctx->backends->signer, ctx->arena, ctx->cfg->hash,
	                    &request, &reply, err))
		return false;
	*ret_xml = saml_write_fragment(ctx->arena, fragment, reply.signature);
	return true;
}

/* Returns a signed Response with a signed Assertion, by one signer request. */
static bool saml_response_sign_both(struct request_context *ctx,
                                    const struct issuer *i,
                                    const struct xml_fragment *assertion,
                                    const struct xml_fragment *response,
                                    const char **ret_xml, struct error *err)
{
	const struct sign_saml_response_request request = {
		.issuer = i->name,
		.response_head = response->head,
		.response_tail = response->tail,
		.assertion_head = assertion->head,
		.assertion_tail = assertion->tail,
		.response_end = SAML_RESPONSE_END,
	};
	struct sign_saml_response_reply reply;

	if (!sign_saml_response_call(ctx->backends->signer, ctx->arena,
	                             ctx->cfg->hash, &request, &reply, err))
		return false;
	*ret_xml = arena_printf(ctx->arena, "%s%s%s%s%s%s%s", response->head,
	                        reply.response_signature, response->tail,
	                        assertion->head, reply.assertion_signature,
	                        assertion->tail, SAML_RESPONSE_END);
	return true;
}

static bool saml_response_post(struct request_context *ctx,
                               const struct issuer *i, const struct service *s,
                               const json_t *request,
                               const struct saml_status *status,
                               const char *assertion, struct error *err)
{
	const char *acs = js_string(request, "acs");
	struct xml_fragment response =
	    saml_write_response(ctx->arena, i, acs, js_string(request, "id"),
	                        clock_now(), status, assertion);
	const char *xml = NULL;

	if (!saml_response_sign(ctx, i, &response, &xml, err))
		return false;
	saml_binding_post(ctx, s, acs, xml, js_string(request, "relay"));
	return true;
}

bool saml_status_send(struct request_context *ctx, const struct issuer *i,
                      const struct service *s, const json_t *request,
                      const struct saml_status *status, struct error *err)
{
	return saml_response_post(ctx, i, s, request, status, NULL, err);
}

static void saml_response_add_attributes(struct request_context *ctx,
                                         const struct login_result *login,
                                         struct assertion_data *data)
{
	size_t count = 0;

	while (login->service->attributes[count])
		count++;
	struct assertion_attribute *list =
	    arena_array(ctx->arena, struct assertion_attribute, count + 1);

	for (size_t i = 0; i < count; i++) {
		const struct attribute *attr =
		    released_attribute_find(login->service->attributes[i]);

		if (!attr || !*attr->saml_name)
			continue;
		list[data->attribute_count++] = (struct assertion_attribute){
			.attribute = attr,
			.values = released_attribute_values(
			    ctx->arena, attr, ctx->cfg, login->person,
			    login->affiliation),
		};
	}
	data->attributes = list;
}

/* Returns the error status if the request cannot be satisfied (SAML Core
 * 3.2.2.2); NULL: it can. */
static const struct saml_status *saml_response_refusal(
    const json_t *request, const struct assertion_data *data)
{
	static const struct saml_status no_context = { STATUS_RESPONDER,
		                                       STATUS_NO_CONTEXT };
	static const struct saml_status no_name = { STATUS_RESPONDER,
		                                    STATUS_BAD_POLICY };
	static const struct saml_status unknown_principal = {
		STATUS_RESPONDER, STATUS_UNKNOWN_PRINCIPAL
	};
	const char *subject = js_string(request, "subject");

	if (!data->authn_class_ref)
		return &no_context;
	if (!data->name.value)
		return &no_name;
	if (subject && !text_equal(subject, data->name.value))
		return &unknown_principal;
	return NULL;
}

/* Returns the SessionIndex: constant for a session and a service. */
static const char *saml_session_index(struct request_context *ctx,
                                      const struct login_result *login)
{
	if (login->participant && login->participant->index)
		return login->participant->index;
	return arena_printf(ctx->arena, "_%s", random_secret(ctx->arena));
}

static bool saml_response_collect(struct request_context *ctx,
                                  const struct auth_txn *txn,
                                  const struct login_result *login,
                                  const struct sp_metadata *sp,
                                  struct assertion_data *ret_data,
                                  struct error *err)
{
	struct assertion_data data = {
		.issuer = login->issuer,
		.id =
		    arena_printf(ctx->arena, "_%s", random_secret(ctx->arena)),
		.audience = sp->entity_id,
		.acs = js_string(txn->request, "acs"),
		.in_response_to = js_string(txn->request, "id"),
		.authn_class_ref =
		    authn_context_satisfied(js_array(txn->request, "classes"),
		                            login->acr, login->method),
		.session_index = saml_session_index(ctx, login),
		.now = clock_now(),
		.auth_time = login->auth_time,
	};

	if (!nameid_create(ctx, login, sp->entity_id,
	                   js_string(txn->request, "format"), &data.name, err))
		return false;
	saml_response_add_attributes(ctx, login, &data);
	*ret_data = data;
	return true;
}

static bool saml_response_post_both_signed(struct request_context *ctx,
                                           const struct issuer *i,
                                           const struct service *s,
                                           const json_t *request,
                                           const struct xml_fragment *assertion,
                                           struct error *err)
{
	const char *acs = js_string(request, "acs");
	struct xml_fragment response = saml_write_response_start(
	    ctx->arena, i, acs, js_string(request, "id"), clock_now(),
	    &saml_status_success);
	const char *xml = NULL;

	if (!saml_response_sign_both(ctx, i, assertion, &response, &xml, err))
		return false;
	saml_binding_post(ctx, s, acs, xml, js_string(request, "relay"));
	return true;
}

/* Signs the Assertion too, unless the SP's metadata has
 * WantAssertionsSigned="false". */
static bool saml_response_post_assertion(struct request_context *ctx,
                                         const struct auth_txn *txn,
                                         const struct login_result *login,
                                         const struct sp_metadata *sp,
                                         const struct assertion_data *data,
                                         struct error *err)
{
	struct xml_fragment assertion = saml_write_assertion(ctx->arena, data);

	if (!sp->response_signature_only)
		return saml_response_post_both_signed(
		    ctx, login->issuer, login->service, txn->request,
		    &assertion, err);
	return saml_response_post(
	    ctx, login->issuer, login->service, txn->request,
	    &saml_status_success,
	    saml_write_fragment(ctx->arena, &assertion, NULL), err);
}

bool saml_response_send(struct request_context *ctx, const struct auth_txn *txn,
                        const struct login_result *login,
                        struct session_participant *ret_participant,
                        struct error *err)
{
	const struct sp_metadata *sp;
	struct assertion_data data;

	/* An earlier login of this SP still needs a logout request. */
	if (login->participant) {
		ret_participant->name_id = login->participant->name_id;
		ret_participant->index = login->participant->index;
	}
	if (!sp_metadata_of_service(ctx, login->service->name, &sp, err))
		return false;
	/* The metadata may have changed since the request was read. */
	if (!sp_metadata_has_acs(sp, js_string(txn->request, "acs")))
		return error_set_reason(err, ERROR_INVALID, "unknown-address",
		                        "AssertionConsumerService is no longer "
		                        "in the metadata of %s",
		                        login->service->name);
	if (!saml_response_collect(ctx, txn, login, sp, &data, err))
		return false;
	const struct saml_status *refusal =
	    saml_response_refusal(txn->request, &data);

	if (refusal)
		return saml_status_send(ctx, login->issuer, login->service,
		                        txn->request, refusal, err);
	if (!saml_response_post_assertion(ctx, txn, login, sp, &data, err))
		return false;
	ret_participant->name_id = nameid_to_string(ctx->arena, &data.name);
	ret_participant->index = data.session_index;
	return true;
}
