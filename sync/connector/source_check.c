/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.c: checks for `portvaktctl sync check-source` that a source
 * directory can be reached, supports the controls that its type needs, and
 * grants our account read access to what is configured.  The remedy of a
 * failure names that server's own tools. */
#include "sync/connector/source_check.h"

#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/dn.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/national_id.h"
#include "sync/connector/skew_and_cert_check.h"
#include "sync/connector/source_check_private.h"

enum {
	DEADLINE_MS = 5000,
	SAMPLE_PEOPLE = 500, /* people whose attributes are read */
	MAX_SKEW_S = 60,
	URGENT_DAYS = 7, /* until the certificate ends */
	PAGE_SIZE = 500,
};

/* ---- addresses */

static bool source_check_connect(struct source_check *check, char *uri,
                                 struct error *err)
{
	char *uris[] = { uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file = check->conf->tls_ca_file,
		                        .bind_dn = check->conf->bind_dn,
		                        .deadline_ms = DEADLINE_MS };
	struct directory *d = NULL;
	char *password = NULL;

	if (!config_read_secret(check->cfg, check->arena, check->conf->secret,
	                        &password, err))
		return false;
	at.password = password;
	if (!directory_open(&at, &d, err))
		return false;
	if (check->directory)
		directory_close(d);
	else
		check->directory = d;
	return true;
}

static void source_check_certificate(struct source_check *check)
{
	int64_t until = directory_certificate_not_after(check->directory);
	int days = source_certificate_days(until, clock_now());

	if (until == 0)
		return;
	const char *text =
	    arena_printf(check->arena, "the certificate expires %s",
	                 clock_format_iso(check->arena, until));
	if (days == 0)
		source_check_ok(
		    check, arena_printf(check->arena,
		                        "the certificate is valid until %s",
		                        clock_format_iso(check->arena, until)));
	else if (days > URGENT_DAYS)
		source_check_warn(check, text, "plan its renewal");
	else
		source_check_fail(
		    check, text,
		    "renew it; afterwards logins with this directory fail");
}

static void source_check_addresses(struct source_check *check)
{
	for (char **uri = check->conf->uris; *uri; uri++) {
		struct error err = { 0 };
		int64_t started = clock_monotonic_ms();

		if (source_check_connect(check, *uri, &err))
			source_check_ok(
			    check,
			    arena_printf(
				check->arena,
				"%s responds in %d ms; TLS and bind "
				"succeed",
				*uri, (int)(clock_monotonic_ms() - started)));
		else
			source_check_fail(
			    check,
			    arena_printf(check->arena, "%s: %s", *uri,
			                 err.text),
			    "check the URL, the CA in `tls-ca-file`, the name "
			    "in its certificate, `bind-dn` and its password");
	}
}

/* ---- controls and capabilities */

static const struct {
	enum directory_type kind;
	const char *control, *capability, *remedy;
} required_controls[] = {
	{ DIRECTORY_OPENLDAP, "1.3.6.1.4.1.4203.1.9.1.1",
	  "supports content synchronisation (RFC 4533)",
	  "slapd.conf, in that database: `overlay syncprov`, "
	  "`syncprov-sessionlog 1000`; above it `moduleload syncprov`" },
	{ DIRECTORY_389DS, "1.3.6.1.4.1.4203.1.9.1.1",
	  "supports content synchronisation (RFC 4533)",
	  "`dsconf INSTANCE plugin retro-changelog enable`, `dsconf INSTANCE "
	  "plugin contentsync enable`, `dsctl INSTANCE restart`" },
	{ DIRECTORY_AD, "1.2.840.113556.1.4.841", "supports DirSync",
	  "check that it is a domain controller; `kind other` reads any LDAP "
	  "server" },
	{ DIRECTORY_OTHER, "1.2.840.113556.1.4.319",
	  "supports paged results (RFC 2696)",
	  "without paged results the server's size limit for our account must "
	  "exceed the number of entries" },
};

static bool root_dse_has_value(const struct source_check *check,
                               const char *name, const char *value)
{
	for (char **v =
	         directory_entry_texts(check->arena, check->root_dse, name);
	     *v; v++)
		if (text_equal(*v, value))
			return true;
	return false;
}

static void source_check_controls(struct source_check *check)
{
	for (size_t i = 0; i < LENGTH(required_controls); i++) {
		if (required_controls[i].kind != check->conf->type)
			continue;
		if (root_dse_has_value(check, "supportedControl",
		                       required_controls[i].control))
			source_check_ok(
			    check,
			    arena_printf(check->arena, "the server %s",
			                 required_controls[i].capability));
		else
			source_check_fail(
			    check,
			    arena_printf(check->arena,
			                 "no sign that the server %s",
			                 required_controls[i].capability),
			    required_controls[i].remedy);
	}
	if (check->conf->type == DIRECTORY_389DS &&
	    !directory_entry_text(check->root_dse, "firstChangeNumber"))
		source_check_fail(
		    check, "the server has no change log",
		    "`dsconf INSTANCE plugin retro-changelog enable`, `dsctl "
		    "INSTANCE restart`");
}

/* Only some servers have currentTime in their root DSE. */
static void source_check_clock(struct source_check *check)
{
	const char *current_time =
	    directory_entry_text(check->root_dse, "currentTime");
	int64_t server_time = 0;

	if (!current_time ||
	    !clock_parse_generalized_time(current_time, &server_time))
		return;
	int64_t ahead = server_time - clock_now();
	char *text =
	    arena_printf(check->arena, "clock difference %" PRId64 " s", ahead);
	if (ahead >= -MAX_SKEW_S && ahead <= MAX_SKEW_S)
		source_check_ok(check, text);
	else
		source_check_fail(check, text,
		                  "synchronise both clocks with NTP");
}

/* ---- read access */

static const char *const read_access_remedies[] = {
	[DIRECTORY_OPENLDAP] = "slapd.conf: `limits dn.exact=\"%s\" "
			       "size=unlimited time=unlimited`",
	[DIRECTORY_389DS] =
	    "set nsSizeLimit: -1 and nsLookThroughLimit: -1 on %s",
	[DIRECTORY_AD] =
	    "grant %s read access to all entries below the base (dsacls)",
	[DIRECTORY_OTHER] = "raise the server's size limit for %s",
};

struct entry_counter {
	size_t entries;
};

static bool source_check_count_entry(void *data,
                                     const struct directory_entry *e,
                                     struct error *err)
{
	struct entry_counter *c = data;

	(void)e, (void)err;
	c->entries++;
	return true;
}

static char *remedy_for_account(struct source_check *check,
                                const char *const *remedies)
{
	const char *format = remedies[check->conf->type];
	const char *at = strstr(format, "%s");

	return arena_printf(check->arena, "%.*s%s%s", (int)(at - format),
	                    format, check->conf->bind_dn, at + 2);
}

static void source_check_read_access(struct source_check *check)
{
	static const char *const none[] = { "1.1", NULL };
	struct entry_counter c = { 0 };
	struct error err = { 0 };

	if (!directory_search_paged(check->directory, check->conf->base,
	                            "(objectClass=*)", none, PAGE_SIZE,
	                            source_check_count_entry, &c, &err))
		source_check_fail(
		    check,
		    arena_printf(check->arena,
		                 "%s cannot be read completely: %s",
		                 check->conf->base, err.text),
		    remedy_for_account(check, read_access_remedies));
	else if (c.entries < 2)
		source_check_fail(
		    check, "no entry below the base is readable",
		    remedy_for_account(check, read_access_remedies));
	else
		source_check_ok(
		    check, arena_printf(check->arena,
		                        "%zu entries are readable below %s",
		                        c.entries, check->conf->base));
}

/* ---- DNs of the configuration */

static bool source_check_entry_exists(struct source_check *check,
                                      const char *dn)
{
	static const char *const none[] = { "1.1", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	return directory_search(check->directory, check->arena, dn, SCOPE_BASE,
	                        "(objectClass=*)", none, 1, &found, &count,
	                        NULL) &&
	       count == 1;
}

static void source_check_dn(struct source_check *check, const char *relative,
                            const struct source_location *place,
                            const char *what)
{
	if (!relative || !*relative)
		return;
	char *dn =
	    arena_printf(check->arena, "%s,%s", relative, check->conf->base);
	if (source_check_entry_exists(check, dn))
		source_check_ok(check,
		                arena_printf(check->arena, "%s exists", dn));
	else
		source_check_fail(
		    check,
		    arena_printf(check->arena,
		                 "%s:%d: %s does not exist or is not "
		                 "readable",
		                 place->file, place->line, dn),
		    arena_printf(check->arena,
		                 "correct %s, or grant our account read "
		                 "access",
		                 what));
}

static void source_check_people(struct source_check *check,
                                const struct source_mapping *p)
{
	source_check_dn(check, p->subtree, &p->location, "`people from`");
	for (size_t i = 0; i < p->rule_count; i++) {
		source_check_dn(check, p->rules[i].subtree,
		                &p->rules[i].location, "the line");
		source_check_dn(check, p->rules[i].group, &p->rules[i].location,
		                "the group");
	}
}

/* While the canary entry is missing, deactivations are held. */
static void source_check_canary(struct source_check *check)
{
	const char *canary = check->conf->canary;

	if (!canary)
		return;
	if (!dn_is_under(dn_normalize(check->arena, canary),
	                 dn_normalize(check->arena, check->conf->base)))
		source_check_fail(
		    check,
		    arena_printf(check->arena,
		                 "the canary %s is not below the base", canary),
		    "set `canary` to the full DN of an entry below it; until "
		    "then deactivations are held");
	else if (source_check_entry_exists(check, canary))
		source_check_ok(check, "the canary exists");
	else
		source_check_fail(
		    check,
		    arena_printf(check->arena, "the canary %s does not exist",
		                 canary),
		    "create the entry, or correct `canary`; until then "
		    "deactivations are held");
}

static void source_check_municipalities(struct source_check *check)
{
	for (size_t i = 0; i < check->cfg->municipality_count; i++) {
		const struct municipality *m = &check->cfg->municipalities[i];

		for (size_t p = 0; p < m->source_mapping_count; p++)
			if (m->source_mappings[p].directory == check->conf)
				source_check_people(check,
				                    &m->source_mappings[p]);
	}
}

/* ---- attributes of people */

/* Counts over the first people found. */
struct people_sample {
	struct source_check *check;
	size_t people, passwords, national_ids, invalid_ids;
	json_t *field_counts; /* field -> number of people */
};

static void sample_count_fields(struct people_sample *s,
                                const struct sync_entry *entry)
{
	const char *name;
	json_t *value;

	json_object_foreach(entry->attributes, name, value)(void)
	    json_object_set_new(
		s->field_counts, name,
		json_integer(js_number(s->field_counts, name, 0) + 1));
}

static bool sample_add_entry(void *data, const struct directory_entry *e,
                             struct error *err)
{
	struct people_sample *s = data;
	struct source_check *check = s->check;
	struct arena *a = arena_open();
	const char *number = national_id_strip_separators(
	    a, attribute_map_national_id(check->conf, e));
	const struct sync_entry *entry =
	    attribute_map_entry(a, check->conf, "-", e);

	if (entry->class == ENTRY_CLASS_PERSON) {
		s->people++;
		s->passwords +=
		    directory_entry_attribute(e, "userPassword") != NULL;
		s->national_ids += number != NULL;
		s->invalid_ids +=
		    number && !national_id_is_auxiliary(number, clock_now()) &&
		    !national_id_is_valid(
			number, national_id_accepts_synthetic(check->cfg),
			clock_now());
		sample_count_fields(s, entry);
	}
	arena_close(a);
	return s->people < SAMPLE_PEOPLE ||
	       error_set(err, ERROR_REFUSED, "sample complete");
}

static const char *const hide_password_remedies[] = {
	[DIRECTORY_OPENLDAP] = "slapd.conf: `access to attrs=userPassword by "
			       "anonymous auth by * none`, before what lets %s "
			       "read",
	[DIRECTORY_389DS] =
	    "add an ACI that denies %s read access to userPassword",
	[DIRECTORY_AD] =
	    "%s reads password hashes, which a domain controller never "
	    "returns",
	[DIRECTORY_OTHER] = "remove read access to userPassword from %s",
};

static void source_check_report_sample(struct source_check *check,
                                       const struct people_sample *s)
{
	static const char *const needed[] = { "login", "name", "family-name",
		                              "mail" };

	for (size_t i = 0; i < LENGTH(needed); i++)
		if (js_number(s->field_counts, needed[i], 0) == 0)
			source_check_fail(
			    check,
			    arena_printf(check->arena,
			                 "none of %zu people has `%s`",
			                 s->people, needed[i]),
			    "set `map FIELD from ATTRIBUTE`, or grant our "
			    "account "
			    "read access to the attribute");
	for (size_t i = 0; i < check->conf->attribute_map_count; i++)
		if (js_number(s->field_counts,
		              check->conf->attribute_map[i].field, 0) == 0 &&
		    !text_equal(check->conf->attribute_map[i].field,
		                "national-id") &&
		    !text_equal(check->conf->attribute_map[i].field,
		                "disabled"))
			source_check_warn(
			    check,
			    arena_printf(
				check->arena,
				"none of %zu people has %s, which is "
				"mapped to `%s`",
				s->people,
				check->conf->attribute_map[i].attribute,
				check->conf->attribute_map[i].field),
			    "check the spelling and our account's read access");
	if (s->passwords > 0)
		source_check_fail(
		    check, "our account can read password hashes",
		    remedy_for_account(check, hide_password_remedies));
	ipc_reply_line(check->request,
	               "        of %zu people checked, %zu have a national "
	               "number, %zu of them invalid",
	               s->people, s->national_ids, s->invalid_ids);
}

static void source_check_sample(struct source_check *check)
{
	const char **names = attribute_map_names(check->arena, check->conf);
	VECTOR(const char *) names_and_password = { 0 };
	struct people_sample s = { .check = check,
		                   .field_counts =
		                       js_own(check->arena, json_object()) };
	struct error err = { 0 };

	while (*names)
		*vector_append(check->arena, &names_and_password) = *names++;
	*vector_append(check->arena, &names_and_password) = "userPassword";
	*vector_append(check->arena, &names_and_password) = NULL;
	(void)!directory_search_paged(check->directory, check->conf->base,
	                              "(objectClass=*)", names_and_password.at,
	                              PAGE_SIZE, sample_add_entry, &s, &err);
	if (s.people == 0)
		source_check_fail(
		    check, "no person is readable",
		    remedy_for_account(check, read_access_remedies));
	else
		source_check_report_sample(check, &s);
}

/* ---- all checks */

static bool source_check_read_root_dse(struct source_check *check)
{
	static const char *const all[] = { "*", "+", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;
	struct error err = { 0 };

	if (directory_search(check->directory, check->arena, "", SCOPE_BASE,
	                     "(objectClass=*)", all, 1, &found, &count, &err) &&
	    count == 1) {
		check->root_dse = &found[0];
		return true;
	}
	source_check_fail(check,
	                  arena_printf(check->arena,
	                               "the root DSE cannot be read: %s",
	                               err.text),
	                  "grant all users read access to the root DSE");
	return false;
}

static void source_check_all(struct source_check *check)
{
	source_check_addresses(check);
	if (!check->directory || !source_check_read_root_dse(check))
		return;
	source_check_certificate(check);
	source_check_controls(check);
	source_check_clock(check);
	source_check_read_access(check);
	source_check_canary(check);
	source_check_municipalities(check);
	source_check_sample(check);
	/* Last: the connection cannot be used afterwards, as results are still
	 * arriving. */
	source_check_session(check);
}

bool source_check_run(const struct ipc_request *q, const char *name,
                      struct error *err)
{
	struct config *cfg = config_current();
	struct source_check check = { .arena = q->arena,
		                      .request = q,
		                      .cfg = cfg,
		                      .conf = config_directory(cfg, name) };

	if (check.conf) {
		ipc_reply_line(q, "%s", name);
		source_check_all(&check);
		ipc_reply_line(q, "%s: %zu failed", name, check.failures);
	}
	directory_close(check.directory);
	config_unref(cfg);
	if (!check.conf || check.failures > 0)
		return error_set(err, ERROR_REFUSED, "checks of %s failed",
		                 name);
	return true;
}
