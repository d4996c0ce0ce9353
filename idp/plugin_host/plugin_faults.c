/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_faults.c: checks a plugin with the conditions that use it. */
#include "idp/plugin_host/plugin_faults.h"

#include <string.h>

#include "lib/file.h"
#include "lib/strbuf.h"
#include "region/config/policy_parse.h"
#include "region/plugin/plugin_file.h"

enum { MAX_CONF_BYTES = 1024 * 1024 };

void plugin_fault_add(struct conf_errors *faults,
                      const struct plugin_conf *plugin, const char *sentence)
{
	conf_error_add_at(
	    faults, plugin->location.file, (unsigned)plugin->location.line,
	    (unsigned)plugin->column, "plugin %s: %s", plugin->name, sentence);
}

/* ---- conditions */

struct clause_check {
	struct plugin_pool *pool;
	const struct config *cfg;
	const char *owner;
	const struct plugin_conf *plugin;
	struct conf_errors *faults;
};

/* Returns the position of a token in a line, after `from`. */
static const char *clause_find_token(const char *from, const char *token)
{
	const size_t length = strlen(token);

	for (const char *at = strstr(from, token); at;
	     at = strstr(at + 1, token))
		if (at > from && strchr(" \t\"", at[-1]) &&
		    strchr(" \t\"\n{", at[length]))
			return at;
	return NULL;
}

/* The rules keep their lines only, so the column is looked up: that of the
 * argument, or of the condition. */
static unsigned clause_column(struct arena *a,
                              const struct source_location *location,
                              const struct condition *c, size_t argument)
{
	char *text;
	size_t length;

	if (!file_read(a, location->file, MAX_CONF_BYTES, &text, &length, NULL))
		return 1;
	for (int line = 1; line < location->line && text; line++)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	const char *at = text ? clause_find_token(text, c->name) : NULL;

	for (size_t i = 0; at && i < argument && i < c->count; i++)
		at = clause_find_token(at, c->arguments[i]);
	return at ? (unsigned)(at - text) + 1 : 1;
}

static void clause_check_one(const struct clause_check *k,
                             const struct source_location *location,
                             const struct condition *c)
{
	struct error err = { 0 };
	size_t argument;

	if (c->built_in || !text_equal(c->plugin_host, k->owner) ||
	    !plugin_defines_condition(k->plugin->name, c->name) ||
	    plugin_pool_validate(k->pool, c->name,
	                         (const char *const *)c->arguments, c->count,
	                         &argument, &err))
		return;
	conf_error_add_at(
	    k->faults, location->file, (unsigned)location->line,
	    clause_column(k->faults->arena, location, c, argument),
	    "plugin %s: %s", k->plugin->name, err.text);
}

static void clause_check_rules(const struct clause_check *k,
                               const struct policy_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < rules[i].condition_count; n++)
			clause_check_one(k, &rules[i].location,
			                 &rules[i].conditions[n]);
}

bool plugin_check_pool(struct plugin_pool *pool, const struct config *cfg,
                       const char *owner, const struct plugin_conf *plugin,
                       struct conf_errors *faults)
{
	const struct clause_check check = { pool, cfg, owner, plugin, faults };
	const size_t before = faults->count;
	struct error err = { 0 };

	if (!plugin_pool_ready(pool, &err)) {
		plugin_fault_add(faults, plugin, err.text);
		return false;
	}
	for (size_t i = 0; i < cfg->municipality_count; i++)
		clause_check_rules(&check, cfg->municipalities[i].rules,
		                   cfg->municipalities[i].rule_count);
	for (size_t i = 0; i < cfg->service_count; i++)
		clause_check_rules(&check, cfg->services[i].requirements,
		                   cfg->services[i].requirement_count);
	return faults->count == before;
}
