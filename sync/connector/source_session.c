/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_session.c: connects a session with the source directory, and decides
 * when it must end. */
#include "sync/connector/source_session.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/connector/connector.h"
#include "sync/connector/skew_and_cert_check.h"
#include "sync/connector/source_identity.h"

enum { DEADLINE_MS = 20000 }; /* without a message, during a request */

bool source_session_connect(struct source_session *s, struct directory **ret_d,
                            struct error *err)
{
	const struct directory_conf *d = s->directory;
	struct connector *c = s->connector;
	struct directory_address at = { .uris = d->uris + c->skip_addresses,
		                        .tls_ca_file = d->tls_ca_file,
		                        .bind_dn = d->bind_dn,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!config_read_secret(s->cfg, s->arena, d->secret, &password, err))
		return false;
	at.password = password;
	s->first_address = c->skip_addresses;
	c->skip_addresses = 0;
	if (!directory_open(&at, ret_d, err))
		return false;
	source_certificate_set_expiry(c,
	                              directory_certificate_not_after(*ret_d));
	source_identity_read(s, *ret_d);
	return true;
}

void source_session_skip_address(struct source_session *s)
{
	struct connector *c = s->connector;
	size_t count = 0;

	while (s->directory->uris[count])
		count++;
	c->skip_addresses =
	    s->first_address + 1 < count ? s->first_address + 1 : 0;
}

bool source_session_must_end(struct source_session *s, struct error *err)
{
	struct config *now = config_current();
	bool changed = strcmp(now->hash, s->cfg->hash) != 0;

	config_unref(now);
	source_certificate_warn(s->connector);
	s->restart_now = changed;
	if (changed)
		return !error_set(err, ERROR_REFUSED, "configuration changed");
	if (!atomic_exchange(&s->connector->full_sync_requested, false) &&
	    clock_monotonic_ms() < s->full_sync_at)
		return false;
	s->restart_without_cookie = true;
	s->restart_now = true;
	return !error_set(err, ERROR_REFUSED, "full sync is due");
}
