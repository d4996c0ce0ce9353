/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_effects_test.c: what a changed configuration does to the access of a
 * hundred thousand affiliations; how long it takes is printed. */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/policy/policy_effects.h"
#include "tests/unit/region/config/fixture.h"

enum {
	MUNICIPALITIES = 14,
	SERVICES = 20,
	PEOPLE = 100 * 1000,
};

static const char effects_region[] =
    "region r {\n\tname R\n\tlogin-url https://login.r.example\n\tcontact I\n"
    "\tcatalogue ldapi://%2frun%2fx {\n\t\tbase dc=r\n"
    "\t\treader cn=r secret @r\n\t\twriter cn=w secret @r\n"
    "\t\tadmin cn=a secret @r\n\t}\n\tsession-store unix:/run/x\n}\n"
    "network school 10.40.0.0/16\n";

static const int numbers[MUNICIPALITIES] = { 999802001, 999802028, 999802036,
	                                     999802044, 999802052, 999802060,
	                                     999802079, 999802087, 999802095,
	                                     999802109, 999802117, 999802125,
	                                     999802133, 999802141 };

/* pupils: what is added for the pupils of the first municipality. */
static struct config *effects_config(struct fixture *f, const char *pupils)
{
	struct strbuf text = strbuf_init(f->arena);

	strbuf_append(&text, effects_region);
	for (int i = 0; i < SERVICES; i++)
		strbuf_appendf(
		    &text,
		    "service s%d {\n\tname S%d\n\tissuer region\n"
		    "\toidc s%d {\n\t\tredirect-uri "
		    "https://s%d.example/cb\n\t\tsecret @r\n\t}\n}\n",
		    i, i, i, i);
	for (int i = 0; i < MUNICIPALITIES; i++)
		strbuf_appendf(
		    &text,
		    "municipality m%d {\n\tname M%d\n\torganisation-number "
		    "%d\n\tdomain m%d.example\n\tcontact I\n\trules {\n"
		    "\t\temployees may enter any unless unit Lager\n"
		    "\t\tpupils may enter s1 s2 when from school\n"
		    "\t\tpupils may enter s3 when unit U7 or unit U8\n%s"
		    "\t}\n}\n",
		    i, i, numbers[i], i, i == 0 ? pupils : "");
	return fixture_rules(f, text.data);
}

static void one_town_of_fourteen_is_counted_among_100000(void **state)
{
	struct fixture f = fixture_open();
	struct config *before = effects_config(&f, ""),
		      *after = effects_config(&f, "\t\tpupils may enter s4\n");
	struct policy_effects *e =
	    policy_effects_open(f.arena, before, after, clock_now());
	int64_t began = clock_monotonic_ms();
	size_t count = 0;

	(void)state;
	for (int i = 0; i < PEOPLE; i++) {
		struct arena *a = arena_open();
		char *units[] = { arena_printf(a, "U%d", i / 28 % 40), NULL };
		const struct affiliation one = {
			.id = arena_printf(a, "%d", i),
			.municipality =
			    arena_printf(a, "m%d", i % MUNICIPALITIES),
			.kind = i / 14 % 2 ? KIND_PUPIL : KIND_EMPLOYEE,
			.units = units,
			.roles = units + 1,
			.position = i % 5 * 20,
			.from = 1000000 + i, /* each has its own */
			.status = STATUS_ACTIVE,
		};

		policy_effects_add(e, &one, NULL, NULL);
		arena_close(a);
	}
	const struct policy_effect *list = policy_effects_list(e, &count);
	int64_t took = clock_monotonic_ms() - began;

	print_message("%d affiliations, %d services: %lld ms\n", PEOPLE,
	              SERVICES, (long long)took);
	assert_int_equal(policy_effects_total(e), PEOPLE);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].municipality, "m0");
	assert_string_equal(list[0].service, "s4");
	assert_int_equal(list[0].gained, list[0].total);
	assert_int_equal(list[0].lost, 0);
	assert_in_range(list[0].gained, 3500, 3600);
	policy_effects_close(e);
	config_unref(before);
	config_unref(after);
	arena_close(f.arena);
}

TESTS(one_town_of_fourteen_is_counted_among_100000)
