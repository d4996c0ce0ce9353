/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_event.h: audit events, one typed function each. portvakt-audit
 * acknowledges the event before the response to the user is sent. */
#ifndef REGION_AUDIT_AUDIT_EVENT_H
#define REGION_AUDIT_AUDIT_EVENT_H

#include "region/ipc/ipc_client.h"
#include "region/policy/policy_evaluate.h"

/* The login that proves the affiliation that is acted in. */
struct audit_proof {
	const char *affiliation, *directory, *municipality;
	const char *method; /* "pwd" */
	const char *link;   /* the affiliation of the proved link that it counts
	                       across, or NULL */
};

/* Fields common to all events.  NULL: not applicable. */
struct audit_event {
	const struct config *cfg;
	const char *municipality; /* NULL: the region's own audit log */
	const char *person;       /* catalogue id */
	const char *affiliation;
	const char *service;
	const char *issuer;
	const char *address;  /* client address */
	const char *listener; /* of the reverse proxy */
	const char *method;   /* authentication method of the session, "pwd" */
	bool second_factor;
	const struct audit_proof *proof;
	const char *sid; /* the SHA-256 hash of it is logged */
	const char *acr;
	const char *reason; /* code from reasons.def */
	const char *detail; /* for operators: the text of an error */
	int took_ms;
};

/* Each sends one event with the thread's request id and returns its receipt
 * code, allocated in a; NULL for a refusal that is only counted.  On error
 * returns false (ERROR_UNAVAILABLE, reason "audit-unavailable"), and the caller
 * must not perform the operation. */
bool audit_login(struct ipc_client *audit, struct arena *a,
                 const struct audit_event *e, char **ret_code,
                 struct error *err) must_check;
/* Both access events have all a policy can depend on, so that it can be
 * evaluated again later: amr (RFC 8176), names of networks, weekday and minute
 * in Europe/Oslo, the digits "conf" of the configuration's hash, the
 * decision's facts as policy_context_from_json() reads them, and in "plugins"
 * the plugins that were asked, with the hashes of file and data. */
bool audit_access_granted(struct ipc_client *audit, struct arena *a,
                          const struct audit_event *e,
                          const struct policy_decision *d, char **released,
                          char **ret_code, struct error *err) must_check;
bool audit_access_denied(struct ipc_client *audit, struct arena *a,
                         const struct audit_event *e,
                         const struct policy_decision *d, char **ret_code,
                         struct error *err) must_check;
/* cause: why the session ended (idp/session/session_end.h).  results: service
 * name -> logout status, as far as it is known; NULL: of none. */
bool audit_logout(struct ipc_client *audit, struct arena *a,
                  const struct audit_event *e, const char *cause,
                  json_t *results, char **ret_code,
                  struct error *err) must_check;
/* A new password for the affiliation of e, before it is set. by: the
 * affiliation that sets it. */
bool audit_password_change(struct ipc_client *audit, struct arena *a,
                           const struct audit_event *e, const char *by,
                           char **ret_code, struct error *err) must_check;
/* command: an operator's command as given to portvaktctl. by: the operator. */
bool audit_admin_command(struct ipc_client *audit, struct arena *a,
                         const struct audit_event *e, const char *command,
                         const char *by, char **ret_code,
                         struct error *err) must_check;

#endif
