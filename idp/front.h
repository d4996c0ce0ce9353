/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protocol.h: the interface between the login flow and a protocol.  oidc, saml
 * and portal do not include one another: they share the auth transaction and
 * the session, and idp/web/routes.c lists them. */
#ifndef IDP_FRONT_H
#define IDP_FRONT_H

#include "idp/session/ticket.h"

/* A completed login: all that a protocol may put into its response. */
struct entry {
	const struct issuer *issuer;
	const struct service *service;
	const struct person *person;
	const struct affiliation
	    *affiliation; /* the selected one, and no other */
	const char *acr;
	const char *method; /* "pwd" */
	int64_t proved_at;
	const char *sid;
	const char *code;        /* of the receipt */
	const struct part *part; /* of an earlier login, or NULL */
};

enum front_refusal {
	FRONT_DENIED = 0,      /* access_denied; AuthnFailed/RequestDenied */
	FRONT_LOGIN_REQUIRED,  /* login_required; NoPassive */
	FRONT_CHOICE_REQUIRED, /* interaction_required; NoPassive */
	FRONT_ACR_UNMET, /* unmet_authentication_requirements; NoAuthnContext */
	FRONT_AWAY,      /* temporarily_unavailable; Responder */
};

/* The result of notifying a participant that the session has ended. */
enum told { TOLD_AWAY = 0, TOLD_YES, TOLD_CANNOT, TOLD_BROWSER };

struct front {
	const char *name;
	/* Sends the response with the released attributes and sets
	 * ret_participant (name_id, index), which the caller adds to the
	 * session before the response is sent. */
	bool (*finish)(struct visit *v, const struct ticket *t,
	               const struct entry *e, struct part *ret_part,
	               struct fault *why);
	/* Sends the error response of the protocol. */
	bool (*refuse)(struct visit *v, const struct ticket *t,
	               enum front_refusal how, struct fault *why);
	/* Notifies a participant that the session has ended, within 1 s.
	 * Returns LOGOUT_FRONT_CHANNEL where only the browser can do it, by
	 * going to *ret_url.  Called on a thread of its own: ctx has an arena,
	 * cfg, backends and issuer, but neither request nor response.
	 * relay_state: the RelayState value, which logout_continue receives. */
	enum told (*tell)(struct visit *v, const struct session *s,
	                  const struct part *p, const char *leave,
	                  const char **ret_address);
	/* Sends the logout response to the initiator once all participants are
	 * done; request is the parameter of logout_start.  Returns false where
	 * the result page is to be shown instead. */
	bool (*left)(struct visit *v, const json_t *request, bool all_told,
	             struct fault *why);
};

/* idp/login/login_flow.c: starts the login for a validated request.  Sends the
 * protocol's response at once where a session satisfies the request, otherwise
 * shows or redirects to the next page.  Always fills ctx->response; an error
 * becomes an error page. */
void login_enter(struct visit *v, struct ticket *t);

/* Returns the protocol called name from backends->protocols, or NULL
 * (idp/session/protocol_registry.c). */
const struct front *front_find(const struct visit *v, const char *name);

#endif
