/* SPDX-License-Identifier: AGPL-3.0-or-later
 * front.h: how a protocol room begins and finishes a login.  saml, oidc and
 * portal never include one another; what they share is a ticket and a
 * session, and idp/web/routes.c, which knows them all. */
#ifndef IDP_FRONT_H
#define IDP_FRONT_H

#include "idp/session/ticket.h"

/* A person let in: everything a protocol may say. */
struct entry {
	const struct issuer *issuer;
	const struct service *service;
	const struct person *person;
	const struct affiliation
	    *affiliation; /* the chosen one, and no other */
	const char *acr;
	const char *method; /* "pwd" */
	int64_t proved_at;
	const char *sid;
	const char *code;        /* the receipt's */
	const struct part *part; /* as noted in an earlier entry, or NULL */
};

enum front_refusal {
	FRONT_DENIED = 0,      /* access_denied; AuthnFailed/RequestDenied */
	FRONT_LOGIN_REQUIRED,  /* login_required; NoPassive */
	FRONT_CHOICE_REQUIRED, /* interaction_required; NoPassive */
	FRONT_ACR_UNMET, /* unmet_authentication_requirements; NoAuthnContext */
	FRONT_AWAY,      /* temporarily_unavailable; Responder */
};

/* What became of telling a service that its session has ended. */
enum told { TOLD_AWAY = 0, TOLD_YES, TOLD_CANNOT, TOLD_BROWSER };

struct front {
	const char *name;
	/* Answers the service with what it may receive, and sets ret_part
	 * (name_id, index) for the session's list of participants BEFORE the
	 * answer is final: called with the part not yet noted. */
	bool (*finish)(struct visit *v, const struct ticket *t,
	               const struct entry *e, struct part *ret_part,
	               struct fault *why);
	/* Tells the service that nobody comes, by its protocol. */
	bool (*refuse)(struct visit *v, const struct ticket *t,
	               enum front_refusal how, struct fault *why);
	/* Tells a participant that the session is over, within 1 s.
	 * TOLD_BROWSER: only the browser can, by going to *ret_address.  Called
	 * on a thread of its own: v has an arena, region, staff and issuer, but
	 * neither request nor answer.  leave: what the service brings back, as
	 * RelayState, for leave_go_on. */
	enum told (*tell)(struct visit *v, const struct session *s,
	                  const struct part *p, const char *leave,
	                  const char **ret_address);
	/* Answers whoever asked for the logout, when all are told; request is
	 * what it gave leave_begin.  False: the page is shown. */
	bool (*left)(struct visit *v, const json_t *request, bool all_told,
	             struct fault *why);
};

/* idp/login/enter.c: takes a checked request as far as it goes now: finishes
 * at once where there is a good session, otherwise shows or leads to the next
 * page.  Fills the visit's answer in every case; errors become pages. */
void login_enter(struct visit *v, struct ticket *t);

/* The front called name, from staff->fronts, which routes.c filled; so no room
 * calls upwards (idp/session/front.c). */
const struct front *front_find(const struct visit *v, const char *name);

#endif
