/* SPDX-License-Identifier: AGPL-3.0-or-later
 * service.c: lists services, or prints one service's configuration and the
 * access rules that name it. */
#include "idp/admin/admin.h"

#include "lib/strbuf.h"

static const char *admin_service_protocol(const struct service *s)
{
	return s->oidc ? "oidc" : "saml";
}

static void admin_service_list(const struct admin_command *cmd)
{
	for (size_t i = 0; i < cmd->cfg->service_count; i++) {
		const struct service *s = &cmd->cfg->services[i];

		ipc_reply_line(cmd->request, "%-16s %-5s %-14s %s", s->name,
		               admin_service_protocol(s), s->issuer->name,
		               s->display);
	}
}

static void admin_service_show_oidc(const struct admin_command *cmd,
                                    const struct oidc_client *c)
{
	ipc_reply_line(cmd->request, "client-id                 %s", c->id);
	for (char **u = c->redirect_uris; *u; u++)
		ipc_reply_line(cmd->request, "redirect-uri              %s",
		               *u);
	for (char **u = c->post_logout_redirect_uris; u && *u; u++)
		ipc_reply_line(cmd->request, "post-logout-redirect-uri  %s",
		               *u);
	ipc_reply_line(cmd->request, "backchannel-logout-uri    %s",
	               c->backchannel_logout_uri
	                   ?: "none: the service is not notified of logouts");
	ipc_reply_line(cmd->request, "id-token-signed-response-alg  %s%s",
	               c->id_token_signed_response_alg,
	               text_equal(c->id_token_signed_response_alg, "RS256")
	                   ? " (ES256 needs a tenth of the CPU time)"
	                   : "");
}

static void admin_service_show_rules(const struct admin_command *cmd,
                                     const struct service *s)
{
	for (size_t i = 0; i < cmd->cfg->municipality_count; i++) {
		const struct municipality *m = &cmd->cfg->municipalities[i];

		for (size_t k = 0; k < m->rule_count; k++)
			for (char **n = m->rules[k].services; *n; n++)
				if (text_equal(*n, s->name) ||
				    text_equal(*n, "any"))
					ipc_reply_line(
					    cmd->request, "%s:%d: %s",
					    m->rules[k].location.file,
					    m->rules[k].location.line,
					    m->rules[k].text);
	}
}

static bool admin_service_check(const struct admin_command *cmd,
                                struct error *err)
{
	const struct service *s = config_service(cmd->cfg, cmd->argv[2]);

	if (!s)
		return error_set(err, ERROR_INVALID, "unknown service %s",
		                 cmd->argv[2]);
	ipc_reply_line(cmd->request, "%s (%s), %s:%d", s->name, s->display,
	               s->location.file, s->location.line);
	ipc_reply_line(cmd->request, "issuer                    %s",
	               s->issuer->url);
	if (s->oidc)
		admin_service_show_oidc(cmd, s->oidc);
	else
		ipc_reply_line(cmd->request, "saml                      %s",
		               s->saml_metadata);
	for (char **w = s->attributes; w && *w; w++)
		ipc_reply_line(cmd->request, "attributes                %s",
		               *w);
	admin_service_show_rules(cmd, s);
	return true;
}

bool admin_service(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 2 && text_equal(cmd->argv[1], "list")) {
		admin_service_list(cmd);
		return true;
	}
	if (cmd->argc == 3 && text_equal(cmd->argv[1], "check"))
		return admin_service_check(cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: service list | check NAME");
}
