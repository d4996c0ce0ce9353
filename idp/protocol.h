/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protocol.h: the interface between the login flow and a protocol.  oidc, saml
 * and portal do not include one another: they share the auth transaction and
 * the session, and idp/web/routes.c lists them. */
#ifndef IDP_PROTOCOL_H
#define IDP_PROTOCOL_H

#include "idp/session/auth_transaction.h"

/* A completed login: all that a protocol may put into its response. */
struct login_result {
	const struct issuer *issuer;
	const struct service *service;
	const struct person *person;
	const struct affiliation
	    *affiliation; /* the selected one, and no other */
	const char *acr;
	const char *method; /* "pwd" */
	int64_t auth_time;
	const char *sid;
	const char *receipt_code; /* of the receipt */
	const struct session_participant
	    *participant; /* of an earlier login, or NULL */
};

enum protocol_error {
	PROTOCOL_ACCESS_DENIED =
	    0,                   /* access_denied; AuthnFailed/RequestDenied */
	PROTOCOL_LOGIN_REQUIRED, /* login_required; NoPassive */
	PROTOCOL_INTERACTION_REQUIRED,    /* interaction_required; NoPassive */
	PROTOCOL_ACR_NOT_MET,             /* unmet_authentication_requirements;
	                                     NoAuthnContext */
	PROTOCOL_TEMPORARILY_UNAVAILABLE, /* temporarily_unavailable; Responder
	                                   */
};

/* The result of notifying a participant that the session has ended. */
enum logout_status {
	LOGOUT_FAILED = 0,
	LOGOUT_DONE,
	LOGOUT_UNSUPPORTED,
	LOGOUT_BY_BROWSER,  /* the browser has yet to go there */
	LOGOUT_VISITED,     /* in the record of a past session: the browser was
	                       sent there, and has not returned */
	LOGOUT_IN_PROGRESS, /* in a report: it is being notified now */
};

/* What a participant is notified of. */
struct logout_notice {
	const char *sid; /* of the session that ended */
	const struct session_participant *participant;
	/* The RelayState value, which logout_continue receives; NULL: there is
	 * no browser that could visit the participant. */
	const char *relay_state;
	int timeout_ms;
};

struct protocol {
	const char *name;
	/* Sends the response with the released attributes and sets
	 * ret_participant (name_id, index), which the caller adds to the
	 * session before the response is sent. */
	bool (*issue_response)(struct request_context *ctx,
	                       const struct auth_txn *txn,
	                       const struct login_result *login,
	                       struct session_participant *ret_participant,
	                       struct error *err);
	/* Sends the error response of the protocol. */
	bool (*send_error)(struct request_context *ctx,
	                   const struct auth_txn *txn, enum protocol_error code,
	                   struct error *err);
	/* Notifies a participant that the session has ended, within the
	 * timeout.  Returns LOGOUT_BY_BROWSER where only the browser can do
	 * it, by going to *ret_url; LOGOUT_UNSUPPORTED where that is so and
	 * there is no browser.  LOGOUT_FAILED is tried again.  Called on a
	 * thread of its own: ctx has an arena, cfg, backends and issuer, but
	 * neither request nor response. */
	enum logout_status (*notify_logout)(struct request_context *ctx,
	                                    const struct logout_notice *notice,
	                                    const char **ret_url);
	/* Sends the logout response to the initiator once all participants are
	 * done; request is the parameter of logout_start.  Returns false where
	 * the result page is to be shown instead. */
	bool (*complete_logout)(struct request_context *ctx,
	                        const json_t *request, bool all_done,
	                        struct error *err);
};

/* idp/login/login_flow.c: starts the login for a validated request.  Sends the
 * protocol's response at once where a session satisfies the request, otherwise
 * shows or redirects to the next page.  Always fills ctx->response; an error
 * becomes an error page. */
void login_start(struct request_context *ctx, struct auth_txn *txn);

/* Returns the protocol called name from backends->protocols, or NULL
 * (idp/session/protocol_registry.c). */
const struct protocol *protocol_find(const struct request_context *ctx,
                                     const char *name);

#endif
