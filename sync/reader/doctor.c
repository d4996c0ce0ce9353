/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_check.c: `portvaktctl sync check-source`: whether a source directory
 * can be reached, has the controls it needs, and grants our account what is
 * configured.  Each failure is reported with a remedy in terms of that server's
 * own tools. */
#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/reader/doctor.h"

enum {
	DEADLINE_MS = 5000,
	SAMPLE = 500, /* people whose attributes are read */
	SKEW = 60,    /* seconds between two clocks that are in order */
	PAGE = 500,
};

void doctor_well(struct doctor *k, const char *what)
{
	(void)k;
	answer_line(k->q, "ok      %s", what);
}

void doctor_wrong(struct doctor *k, const char *what, const char *to_do)
{
	k->wrong++;
	answer_line(k->q, "WRONG   %s", what);
	answer_line(k->q, "        %s", to_do);
}

/* Possibly intended: the operator decides. */
static void perhaps(struct doctor *k, const char *what, const char *to_do)
{
	answer_line(k->q, "look    %s", what);
	answer_line(k->q, "        %s", to_do);
}

/* ---- addresses */

static bool connect_to(struct doctor *k, char *uri, struct fault *why)
{
	char *uris[] = { uri, NULL };
	struct directory_address at = { .uris = uris,
		                        .trust = k->conf->trust,
		                        .bind_as = k->conf->bind_as,
		                        .deadline_ms = DEADLINE_MS };
	struct directory *d = NULL;
	char *password = NULL;

	if (!region_secret(k->region, k->arena, k->conf->secret, &password,
	                   why))
		return false;
	at.password = password;
	if (!directory_open(&at, &d, why))
		return false;
	if (k->d)
		directory_close(d);
	else
		k->d = d;
	return true;
}

static void look_at_certificate(struct doctor *k)
{
	int64_t until = directory_certificate_until(k->d);
	int days = clocks_days_left(until, clock_now());

	if (until == 0)
		return;
	if (days == 0)
		doctor_well(k, arena_print(k->arena,
		                           "its certificate is good until %s",
		                           clock_iso(k->arena, until)));
	else
		doctor_wrong(k,
		             arena_print(k->arena, "its certificate ends %s",
		                         clock_iso(k->arena, until)),
		             "renew it; from that moment nobody there can log "
		             "in");
}

static void look_at_addresses(struct doctor *k)
{
	for (char **uri = k->conf->uris; *uri; uri++) {
		struct fault why = { 0 };
		int64_t began = clock_monotonic_ms();

		if (connect_to(k, *uri, &why))
			doctor_well(
			    k, arena_print(
				   k->arena,
				   "%s answers in %d ms; it is who it says, "
				   "and lets us in",
				   *uri, (int)(clock_monotonic_ms() - began)));
		else
			doctor_wrong(
			    k, arena_print(k->arena, "%s: %s", *uri, why.text),
			    "check the address, the authority in `trust`, the "
			    "name in its certificate, `bind-as` and its "
			    "password");
	}
}

/* ---- controls and capabilities */

static const struct {
	enum directory_kind kind;
	const char *control, *what, *to_do;
} abilities[] = {
	{ DIRECTORY_OPENLDAP, "1.3.6.1.4.1.4203.1.9.1.1",
	  "tells us of changes (RFC 4533)",
	  "slapd.conf, in that database: `overlay syncprov`, "
	  "`syncprov-sessionlog 1000`; above it `moduleload syncprov`" },
	{ DIRECTORY_389DS, "1.3.6.1.4.1.4203.1.9.1.1",
	  "tells us of changes (RFC 4533)",
	  "`dsconf INSTANCE plugin retro-changelog enable`, `dsconf INSTANCE "
	  "plugin contentsync enable`, `dsctl INSTANCE restart`" },
	{ DIRECTORY_AD, "1.2.840.113556.1.4.841",
	  "tells us of changes (DirSync)",
	  "is it a domain controller? `kind other` reads anything that can "
	  "search" },
	{ DIRECTORY_OTHER, "1.2.840.113556.1.4.319",
	  "can be read in pages (RFC 2696)",
	  "without pages everything must come at once: the server's size limit "
	  "for our entry must be above what it holds" },
};

static bool has_value(const struct doctor *k, const char *name,
                      const char *value)
{
	for (char **v = entry_texts(k->arena, k->root, name); *v; v++)
		if (text_equal(*v, value))
			return true;
	return false;
}

static void look_at_abilities(struct doctor *k)
{
	for (size_t i = 0; i < LENGTH(abilities); i++) {
		if (abilities[i].kind != k->conf->kind)
			continue;
		if (has_value(k, "supportedControl", abilities[i].control))
			doctor_well(k, arena_print(k->arena, "the server %s",
			                           abilities[i].what));
		else
			doctor_wrong(k,
			             arena_print(k->arena,
			                         "nothing says the server %s",
			                         abilities[i].what),
			             abilities[i].to_do);
	}
	if (k->conf->kind == DIRECTORY_389DS &&
	    !entry_text(k->root, "firstChangeNumber"))
		doctor_wrong(
		    k, "it has no change log",
		    "`dsconf INSTANCE plugin retro-changelog enable`, `dsctl "
		    "INSTANCE restart`");
}

/* Only some servers have currentTime in their root DSE. */
static void look_at_clock(struct doctor *k)
{
	const char *said = entry_text(k->root, "currentTime");
	int64_t theirs = 0;

	if (!said || !clock_from_ldap(said, &theirs))
		return;
	int64_t ahead = theirs - clock_now();
	char *text = arena_print(k->arena,
	                         "its clock is %" PRId64 " s from ours", ahead);
	if (ahead >= -SKEW && ahead <= SKEW)
		doctor_well(k, text);
	else
		doctor_wrong(k, text, "one of the two machines needs NTP");
}

/* ---- read access */

static const char *const to_see_all[] = {
	[DIRECTORY_OPENLDAP] = "slapd.conf: `limits dn.exact=\"%s\" "
			       "size=unlimited time=unlimited`",
	[DIRECTORY_389DS] =
	    "set nsSizeLimit: -1 and nsLookThroughLimit: -1 on %s",
	[DIRECTORY_AD] = "give %s read access to all below the base (dsacls)",
	[DIRECTORY_OTHER] = "raise the server's size limit for %s",
};

struct counting {
	size_t entries;
};

static bool count_one(void *with, const struct directory_entry *e,
                      struct fault *why)
{
	struct counting *c = with;

	(void)e, (void)why;
	c->entries++;
	return true;
}

static char *for_us(struct doctor *k, const char *const *by_kind)
{
	const char *form = by_kind[k->conf->kind];
	const char *at = strstr(form, "%s");

	return arena_print(k->arena, "%.*s%s%s", (int)(at - form), form,
	                   k->conf->bind_as, at + 2);
}

static void look_at_all(struct doctor *k)
{
	static const char *const none[] = { "1.1", NULL };
	struct counting c = { 0 };
	struct fault why = { 0 };

	if (!directory_pages(k->d, k->conf->base, "(objectClass=*)", none, PAGE,
	                     count_one, &c, &why))
		doctor_wrong(k,
		             arena_print(k->arena,
		                         "%s cannot be read whole: %s",
		                         k->conf->base, why.text),
		             for_us(k, to_see_all));
	else if (c.entries < 2)
		doctor_wrong(k,
		             "there is nothing below the base that we may see",
		             for_us(k, to_see_all));
	else
		doctor_well(k, arena_print(k->arena,
		                           "%zu entries may be read below %s",
		                           c.entries, k->conf->base));
}

/* ---- DNs of the configuration */

static bool is_there(struct doctor *k, const char *dn)
{
	static const char *const none[] = { "1.1", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	return directory_search(k->d, k->arena, dn, SCOPE_BASE,
	                        "(objectClass=*)", none, 1, &found, &count,
	                        NULL) &&
	       count == 1;
}

static void look_for(struct doctor *k, const char *relative,
                     const struct place *place, const char *what)
{
	if (!relative || !*relative)
		return;
	char *dn = arena_print(k->arena, "%s,%s", relative, k->conf->base);
	if (is_there(k, dn))
		doctor_well(k, arena_print(k->arena, "%s is there", dn));
	else
		doctor_wrong(k,
		             arena_print(k->arena,
		                         "%s:%d: there is no %s that we may "
		                         "see",
		                         place->file, place->line, dn),
		             arena_print(k->arena,
		                         "correct %s, or let our entry read "
		                         "it",
		                         what));
}

static void look_at_people(struct doctor *k, const struct people_from *p)
{
	look_for(k, p->under, &p->place, "`people from`");
	for (size_t i = 0; i < p->rule_count; i++) {
		look_for(k, p->rules[i].under, &p->rules[i].place, "the line");
		look_for(k, p->rules[i].group, &p->rules[i].place, "the group");
	}
}

/* While the canary is missing, no person is deactivated. */
static void look_at_canary(struct doctor *k)
{
	const char *canary = k->conf->canary;

	if (!canary)
		return;
	if (!dn_is_under(dn_normal(k->arena, canary),
	                 dn_normal(k->arena, k->conf->base)))
		doctor_wrong(k,
		             arena_print(k->arena,
		                         "the canary %s is not below the base",
		                         canary),
		             "name an entry below it, whole: nobody leaves "
		             "until then");
	else if (is_there(k, canary))
		doctor_well(k, "the canary is there");
	else
		doctor_wrong(
		    k, arena_print(k->arena, "there is no canary %s", canary),
		    "make the entry, or correct `canary`: nobody "
		    "leaves until then");
}

static void look_at_municipalities(struct doctor *k)
{
	for (size_t i = 0; i < k->region->municipality_count; i++) {
		const struct municipality *m = &k->region->municipalities[i];

		for (size_t p = 0; p < m->people_count; p++)
			if (m->people[p].directory == k->conf)
				look_at_people(k, &m->people[p]);
	}
}

/* ---- attributes of people */

/* Attributes of the first people found. */
struct sample {
	struct doctor *doctor;
	size_t people, passwords, numbers, flaws;
	json_t *have; /* field -> number of people */
};

static void count_fields(struct sample *s, const json_t *entry)
{
	const char *name;
	json_t *value;

	json_object_foreach(js_object(entry, "attributes"), name, value)(void)
	    json_object_set_new(s->have, name,
	                        json_integer(js_number(s->have, name, 0) + 1));
}

static bool look_at_one(void *with, const struct directory_entry *e,
                        struct fault *why)
{
	struct sample *s = with;
	struct doctor *k = s->doctor;
	struct arena *a = arena_open();
	const char *number = national_plain(a, fields_national(k->conf, e));
	const json_t *entry = fields_entry(a, k->conf, "-", e);

	if (text_equal(js_string(entry, "class"), "person")) {
		s->people++;
		s->passwords += entry_attribute(e, "userPassword") != NULL;
		s->numbers += number != NULL;
		s->flaws += number && !national_is_local(number, clock_now()) &&
		            !national_is_valid(
				number, national_is_synthetic_in(k->region),
				clock_now());
		count_fields(s, entry);
	}
	arena_close(a);
	return s->people < SAMPLE || fault(why, FAULT_REFUSED, "enough");
}

static const char *const to_hide_passwords[] = {
	[DIRECTORY_OPENLDAP] = "slapd.conf: `access to attrs=userPassword by "
			       "anonymous auth by * none`, before what lets %s "
			       "read",
	[DIRECTORY_389DS] = "an aci that denies %s read on userPassword",
	[DIRECTORY_AD] = "%s reads a password's hash: no domain controller "
			 "shows one",
	[DIRECTORY_OTHER] = "take from %s the right to read userPassword",
};

static void tell_sample(struct doctor *k, const struct sample *s)
{
	static const char *const needed[] = { "login", "name", "family-name",
		                              "mail" };

	for (size_t i = 0; i < LENGTH(needed); i++)
		if (js_number(s->have, needed[i], 0) == 0)
			doctor_wrong(
			    k,
			    arena_print(k->arena,
			                "of %zu people nobody has `%s`",
			                s->people, needed[i]),
			    "say `read WORD from ATTRIBUTE`, or let our entry "
			    "read the attribute");
	for (size_t i = 0; i < k->conf->read_count; i++)
		if (js_number(s->have, k->conf->reads[i].what, 0) == 0 &&
		    !text_equal(k->conf->reads[i].what, "national-id") &&
		    !text_equal(k->conf->reads[i].what, "disabled"))
			perhaps(
			    k,
			    arena_print(k->arena,
			                "of %zu people nobody has %s, from "
			                "which `%s` is read",
			                s->people, k->conf->reads[i].from,
			                k->conf->reads[i].what),
			    "is it spelled so there, and may our entry read "
			    "it?");
	if (s->passwords > 0)
		doctor_wrong(k, "our entry may read password hashes",
		             for_us(k, to_hide_passwords));
	answer_line(k->q,
	            "        of %zu people looked at, %zu have a national "
	            "number, of which %zu cannot be right",
	            s->people, s->numbers, s->flaws);
}

static void look_at_sample(struct doctor *k)
{
	const char **names = fields_names(k->arena, k->conf);
	LIST(const char *) also = { 0 };
	struct sample s = { .doctor = k,
		            .have = js_keep(k->arena, json_object()) };
	struct fault why = { 0 };

	while (*names)
		*list_add(k->arena, &also) = *names++;
	*list_add(k->arena, &also) = "userPassword";
	*list_add(k->arena, &also) = NULL;
	(void)!directory_pages(k->d, k->conf->base, "(objectClass=*)", also.at,
	                       PAGE, look_at_one, &s, &why);
	if (s.people == 0)
		doctor_wrong(k, "nobody is there whom we may see",
		             for_us(k, to_see_all));
	else
		tell_sample(k, &s);
}

/* ---- all checks */

static bool read_root(struct doctor *k)
{
	static const char *const all[] = { "*", "+", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;
	struct fault why = { 0 };

	if (directory_search(k->d, k->arena, "", SCOPE_BASE, "(objectClass=*)",
	                     all, 1, &found, &count, &why) &&
	    count == 1) {
		k->root = &found[0];
		return true;
	}
	doctor_wrong(
	    k,
	    arena_print(k->arena, "the root DSE cannot be read: %s", why.text),
	    "let everybody read the entry with the empty name");
	return false;
}

static void visit(struct doctor *k)
{
	look_at_addresses(k);
	if (!k->d || !read_root(k))
		return;
	look_at_certificate(k);
	look_at_abilities(k);
	look_at_clock(k);
	look_at_all(k);
	look_at_canary(k);
	look_at_municipalities(k);
	look_at_sample(k);
	/* Last: the connection cannot be used afterwards, as results are still
	 * arriving. */
	doctor_try_following(k);
}

bool doctor_visit(const struct question *q, const char *name, struct fault *why)
{
	struct region *r = snapshot_current();
	struct doctor k = { .arena = q->arena,
		            .q = q,
		            .region = r,
		            .conf = region_directory(r, name) };

	if (k.conf) {
		answer_line(q, "%s", name);
		visit(&k);
		answer_line(q, "%s: %zu wrong", name, k.wrong);
	}
	directory_close(k.d);
	region_release(r);
	if (!k.conf || k.wrong > 0)
		return fault(why, FAULT_REFUSED, "%s is not well", name);
	return true;
}
