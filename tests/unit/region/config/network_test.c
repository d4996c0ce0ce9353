/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network_test.c: named networks: what they contain, how they are written, and
 * what limits count as one. */
#include "tests/unit/region/config/fixture.h"

#include "region/config/network.h"

static struct fixture f;
static struct config *cfg;

/* The example region with two networks of our own. */
static int load(void **state)
{
	struct conf_errors errors = { 0 };
	const char *path;

	(void)state;
	f = fixture_open();
	errors.arena = f.arena;
	path = fixture_example(&f);
	const char *text = whole_file(f.arena, path);

	text = replaced(f.arena, text, "network school  10.40.0.0/16",
	                "network school 10.40.0.0/16 2001:db8:40::/48 "
	                "192.0.2.9 {\n\tshared yes\n}");
	fixture_put(&f, "region.conf", text);
	cfg = config_load(f.arena, path, &errors);
	for (size_t i = 0; i < errors.count; i++)
		print_error("%s\n", conf_error_format(f.arena, &errors.at[i]));
	assert_non_null(cfg);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	config_unref(cfg);
	arena_close(f.arena);
	return 0;
}

static void a_range_is_written_as_in_the_configuration(void **state)
{
	static const char *const written[] = { "10.40.0.0/16",
		                               "2001:db8:40::/48",
		                               "192.0.2.9/32" };
	const struct network *n = config_network(cfg, "school");

	(void)state;
	assert_int_equal(n->range_count, LENGTH(written));
	for (size_t i = 0; i < LENGTH(written); i++)
		assert_string_equal(network_range_text(f.arena, &n->ranges[i]),
		                    written[i]);
}

static void limits_count_a_network_an_address_or_a_subnet(void **state)
{
	static const struct {
		const char *address, *listener, *subject;
		bool known;
	} rows[] = {
		{ "10.40.9.9", "", "network school", true },
		{ "192.0.2.9", "", "network school", true },
		{ "198.51.100.1", "sikker-sone", "network closed", true },
		{ "198.51.100.1", "https", "198.51.100.1", false },
		{ "::ffff:198.51.100.1", "", "198.51.100.1", false },
		{ "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64", false },
		{ "2001:db8:1:2::6", "", "2001:db8:1:2::/64", false },
		{ "2001:db8:1:3::6", "", "2001:db8:1:3::/64", false },
		{ "", "", "", false },
		{ NULL, NULL, "", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		bool known;

		assert_string_equal(
		    network_limit_subject(f.arena, cfg, rows[i].address,
		                          rows[i].listener, &known),
		    rows[i].subject);
		assert_int_equal(known, rows[i].known);
	}
}

/* Of an IPv6 address that is in no network. */
static void a_site_is_the_48_of_an_address(void **state)
{
	static const char *const rows[][3] = {
		{ "2001:db8:1:2:3:4:5:6", "", "2001:db8:1::/48" },
		{ "2001:db8:1:ffff::6", "https", "2001:db8:1::/48" },
		{ "2001:db8:2:1::6", "", "2001:db8:2::/48" },
		{ "2001:db8:2:1::6", "sikker-sone", NULL },
		{ "198.51.100.1", "", NULL },
		{ "::ffff:198.51.100.1", "", NULL },
		{ "10.40.9.9", "", NULL },
		{ "", "", NULL },
		{ NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *site =
		    network_limit_site(f.arena, cfg, rows[i][0], rows[i][1]);

		if (!text_equal(site, rows[i][2]))
			fail_msg("%s: %s", rows[i][0], site);
	}
}

static void only_a_network_with_the_keyword_is_shared(void **state)
{
	(void)state;
	assert_true(address_is_shared(f.arena, cfg, "10.40.9.9", ""));
	assert_true(address_is_shared(f.arena, cfg, "2001:db8:40::1", ""));
	assert_false(address_is_shared(f.arena, cfg, "10.41.0.1", ""));
	assert_false(
	    address_is_shared(f.arena, cfg, "198.51.100.1", "sikker-sone"));
	assert_false(address_is_shared(f.arena, cfg, "", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_written_as_in_the_configuration),
		cmocka_unit_test(limits_count_a_network_an_address_or_a_subnet),
		cmocka_unit_test(a_site_is_the_48_of_an_address),
		cmocka_unit_test(only_a_network_with_the_keyword_is_shared),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, load, unload);
}
