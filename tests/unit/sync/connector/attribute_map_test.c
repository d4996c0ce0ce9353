/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"
#include "sync/connector/attribute_map.h"

enum { VALUES = 200, BYTES = 990 };

static const char *const names[] = {
	"uid",   "displayName",     "givenName", "sn", "preferredLanguage",
	"mail",  "telephoneNumber", "title",     "ou", "employeeNumber",
	"other",
};

/* Every attribute that is read, with far too many bytes in each. */
static struct directory_entry overfull(struct arena *a, char what)
{
	struct directory_entry e = {
		.dn = "uid=mange,ou=ansatte,dc=tinn,dc=example",
		.attributes = arena_array(a, struct directory_attribute,
		                          LENGTH(names) + 1),
		.count = LENGTH(names) + 1,
	};
	struct directory_value *class = arena_new(a, struct directory_value);

	*class = (struct directory_value){ arena_strdup(a, "person"), 6 };
	e.attributes[0] =
	    (struct directory_attribute){ "objectClass", class, 1 };
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct directory_value *values =
		    arena_array(a, struct directory_value, VALUES);

		for (size_t v = 0; v < VALUES; v++) {
			values[v].bytes = arena_alloc(a, BYTES + 1);
			memset(values[v].bytes, what, BYTES);
			values[v].length = BYTES;
		}
		e.attributes[i + 1] =
		    (struct directory_attribute){ names[i], values, VALUES };
	}
	return e;
}

static const char *entry_dump(struct arena *a, const struct sync_entry *entry)
{
	json_t *written;
	struct error err = { 0 };

	if (!sync_entry_write(entry, &written, &err))
		fail_msg("%s", err.text);
	return js_dump(a, js_own(a, written));
}

static void any_entry_fits_into_a_frame(void **state)
{
	static const char letters[] = { 'x', '\x01', '"', '\\', '\xff' };
	const struct directory_conf d = { .name = "tinn" };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(letters); i++) {
		const struct directory_entry e = overfull(a, letters[i]);
		const struct sync_entry *entry =
		    attribute_map_entry(a, &d, "anchor", &e);

		assert_true(strlen(entry_dump(a, entry)) < 40 * 1024);
		assert_string_equal(entry_class_name(entry->class), "person");
		assert_int_equal(js_array(entry->attributes, "login") != NULL,
		                 letters[i] != '\xff');
	}
	arena_close(a);
}

static void a_dn_too_long_or_not_utf8_is_omitted(void **state)
{
	const struct directory_conf d = { .name = "tinn" };
	struct arena *a = arena_open();
	char *dn = arena_alloc(a, 70000);
	const struct directory_entry far = { .dn = memset(dn, 'x', 69999) };
	const struct directory_entry bad = { .dn = "uid=\xff\xfe,dc=tinn" };

	(void)state;
	assert_null(attribute_map_entry(a, &d, "anchor", &far)->dn);
	assert_null(attribute_map_entry(a, &d, "anchor", &bad)->dn);
	arena_close(a);
}

/* A person entry of Active Directory. */
struct ad_entry {
	struct directory_value values[8];
	struct directory_attribute attributes[8];
	struct directory_entry e;
};

static const struct directory_entry *ad_entry_of(struct ad_entry *s,
                                                 const char *control,
                                                 const char *expires)
{
	const char *const rows[][2] = {
		{ "objectClass", "organizationalPerson" },
		{ "sAMAccountName", "Kari" },
		{ "displayName", "Kari Heddal" },
		{ "department", "Skole" },
		{ "employeeID", "17912099997" },
		{ "userAccountControl", control },
		{ "accountExpires", expires },
		{ "uid", "another" },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		s->values[i] = (struct directory_value){ (char *)rows[i][1],
			                                 strlen(rows[i][1]) };
		s->attributes[i] =
		    (struct directory_attribute){ rows[i][0], &s->values[i],
			                          1 };
	}
	s->e = (struct directory_entry){ "CN=Kari,DC=tinn", s->attributes,
		                         LENGTH(rows) };
	return &s->e;
}

static const char *field_of(const struct sync_entry *entry, const char *name)
{
	return json_string_value(
	    json_array_get(js_array(entry->attributes, name), 0));
}

static void active_directory_has_its_own_attributes(void **state)
{
	const struct directory_conf d = { .name = "tinn",
		                          .type = DIRECTORY_AD };
	struct arena *a = arena_open();
	struct ad_entry s;
	const struct sync_entry *entry = attribute_map_entry(
	    a, &d, "anchor", ad_entry_of(&s, "514", "116444736010000000"));

	(void)state;
	assert_string_equal(field_of(entry, "login"), "Kari");
	assert_string_equal(field_of(entry, "unit"), "Skole");
	assert_string_equal(field_of(entry, "employee-number"), "17912099997");
	assert_string_equal(field_of(entry, "disabled"), "1");
	assert_string_equal(field_of(entry, "expires"), "19700101000001Z");
	assert_null(attribute_map_national_id(&d, &s.e));
	entry =
	    attribute_map_entry(a, &d, "anchor", ad_entry_of(&s, "512", "0"));
	assert_null(field_of(entry, "disabled"));
	assert_null(field_of(entry, "expires"));
	entry =
	    attribute_map_entry(a, &d, "anchor", ad_entry_of(&s, "4096", "0"));
	assert_string_equal(entry_class_name(entry->class), "other");
	arena_close(a);
}

static void active_directory_sends_sids_of_groups(void **state)
{
	static const char sid[] =
	    "\x01\x02\0\0\0\0\0\x05\x15\0\0\0\x50\x04\0\0";
	static const struct {
		enum directory_type type;
		const char *class, *own, *primary;
	} rows[] = {
		{ DIRECTORY_AD, "group", "S-1-5-21-1104", NULL },
		{ DIRECTORY_AD, "person", NULL, "S-1-5-21-513" },
		{ DIRECTORY_AD, "container", NULL, NULL },
		{ DIRECTORY_OPENLDAP, "group", NULL, NULL },
		{ DIRECTORY_OPENLDAP, "person", NULL, NULL },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct directory_conf d = { .name = "tinn",
			                          .type = rows[i].type };
		struct directory_value v[] = {
			{ (char *)rows[i].class, strlen(rows[i].class) },
			{ (char *)"512", 3 },
			{ (char *)"513", 3 },
			{ (char *)sid, sizeof(sid) - 1 },
		};
		struct directory_attribute t[] = {
			{ "objectClass", &v[0], 1 },
			{ "userAccountControl", &v[1], 1 },
			{ "primaryGroupID", &v[2], 1 },
			{ "objectSid", &v[3], 1 },
		};
		const struct directory_entry e = { "CN=Kari,DC=tinn", t,
			                           LENGTH(t) };
		const struct sync_entry *entry =
		    attribute_map_entry(a, &d, "anchor", &e);

		if (!text_equal(field_of(entry, "sid"), rows[i].own) ||
		    !text_equal(field_of(entry, "primary-group"),
		                rows[i].primary))
			fail_msg("row %zu", i);
	}
	arena_close(a);
}

static void a_national_number_attribute_has_no_other_field(void **state)
{
	struct attribute_mapping reads[] = {
		{ .field = "national-id", .attribute = "employeeid" },
		{ .field = "phone", .attribute = "EmployeeID" },
	};
	const struct directory_conf d = { .name = "tinn",
		                          .type = DIRECTORY_AD,
		                          .attribute_map = reads,
		                          .attribute_map_count =
		                              LENGTH(reads) };
	struct arena *a = arena_open();
	struct ad_entry s;
	struct sync_entry *entry =
	    attribute_map_entry(a, &d, "anchor", ad_entry_of(&s, "512", "0"));

	(void)state;
	assert_string_equal(attribute_map_national_id(&d, &s.e), "17912099997");
	assert_null(strstr(entry_dump(a, entry), "17912099997"));
	arena_close(a);
}

/* Returns the fields of a person with these attributes: pairs,
 * NULL-terminated. */
static const json_t *fields_of(struct arena *a, const char *const *pairs)
{
	const struct directory_conf d = { .name = "tinn" };
	struct directory_attribute attributes[8];
	struct directory_value values[8];
	size_t count = 0;

	for (; pairs[0]; pairs += 2) {
		values[count] = (struct directory_value){ (char *)pairs[1],
			                                  strlen(pairs[1]) };
		attributes[count] =
		    (struct directory_attribute){ pairs[0], &values[count], 1 };
		count++;
	}
	const struct directory_entry e = { "uid=kari,dc=tinn", attributes,
		                           count };
	return attribute_map_entry(a, &d, "anchor", &e)->attributes;
}

static const char *first_of(const json_t *fields, const char *what)
{
	return json_string_value(json_array_get(js_array(fields, what), 0));
}

static void an_account_expires_at_its_earliest_date(void **state)
{
	static const char *const both[] = {
		"objectClass", "person",     "shadowExpire",
		"20000",       "pwdEndTime", "20240101120000Z",
		NULL
	};
	static const char *const day_first[] = {
		"objectClass", "person",     "shadowExpire",
		"19000",       "pwdEndTime", "20240101120000Z",
		NULL
	};
	static const char *const none[] = { "objectClass", "person", NULL };
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(first_of(fields_of(a, both), "expires"),
	                    "20240101120000Z");
	assert_string_equal(first_of(fields_of(a, day_first), "expires"),
	                    "20220108000000Z");
	assert_null(first_of(fields_of(a, none), "expires"));
	arena_close(a);
}

static void a_start_time_becomes_the_from_date(void **state)
{
	static const char *const later[] = { "objectClass", "person",
		                             "pwdStartTime", "20300101000000Z",
		                             NULL };
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(first_of(fields_of(a, later), "from"),
	                    "20300101000000Z");
	arena_close(a);
}

static void a_time_that_cannot_be_read_is_sent_as_such(void **state)
{
	static const char *const attributes[][2] = {
		{ "shadowExpire", "31.10.2027" },
		{ "shadowExpire", "20271031" },
		{ "pwdEndTime", "2027-10-31" },
		{ "pwdStartTime", "soon" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(attributes); i++) {
		const char *const entry[] = { "objectClass", "person",
			                      attributes[i][0],
			                      attributes[i][1], NULL };
		struct arena *a = arena_open();

		assert_string_equal(
		    first_of(fields_of(a, entry), i == 3 ? "from" : "expires"),
		    "unreadable");
		arena_close(a);
	}
}

static void a_negative_shadow_expire_is_no_end(void **state)
{
	static const char *const never[] = { "objectClass", "person",
		                             "shadowExpire", "-1", NULL };
	struct arena *a = arena_open();

	(void)state;
	assert_null(first_of(fields_of(a, never), "expires"));
	arena_close(a);
}

static void values_are_a_set_and_what_is_left_out_is_listed(void **state)
{
	struct directory_value person = { (char *)"person", 6 };
	struct directory_value mails[] = { { (char *)"mu@x", 4 },
		                           { (char *)"aaa@x", 5 } };
	struct directory_value title = { (char *)"\xff", 1 };
	struct directory_attribute attributes[] = { { "objectClass", &person,
		                                      1 },
		                                    { "mail", mails, 2 },
		                                    { "title", &title, 1 } };
	const struct directory_entry small = { "uid=a,dc=tinn", attributes, 3 };
	const struct directory_conf d = { .name = "tinn" };
	struct arena *a = arena_open();
	const struct directory_entry large = overfull(a, 'x');
	const json_t *fields =
	    attribute_map_entry(a, &d, "anchor", &small)->attributes;

	(void)state;
	assert_string_equal(first_of(fields, "mail"), "aaa@x");
	assert_string_equal(first_of(fields, "left-out"), "title not-utf8");
	fields = attribute_map_entry(a, &d, "anchor", &large)->attributes;
	assert_string_equal(first_of(fields, "left-out"), "login too-many");
	arena_close(a);
}

/* One field that restricts, with this value repeated, in an entry whose other
 * values fill the frame. */
static const json_t *restricted_fields(struct arena *a, const char *field,
                                       struct directory_value value,
                                       size_t count)
{
	struct attribute_mapping read = { .field = field, .attribute = "hr" };
	const struct directory_conf d = { .name = "tinn",
		                          .attribute_map = &read,
		                          .attribute_map_count = 1 };
	struct directory_value *values =
	    arena_array(a, struct directory_value, count);
	struct directory_entry e = overfull(a, 'x');

	for (size_t i = 0; i < count; i++)
		values[i] = value;
	e.attributes[e.count - 1] =
	    (struct directory_attribute){ "hr", values, count };
	return attribute_map_entry(a, &d, "anchor", &e)->attributes;
}

static const char *last_of(const json_t *fields, const char *what)
{
	const json_t *list = js_array(fields, what);
	size_t count = json_array_size(list);

	return count > 0 ? json_string_value(json_array_get(list, count - 1))
	                 : NULL;
}

static void a_restriction_that_is_left_out_is_sent_as_unreadable(void **state)
{
	static const char *const fields[] = { "from", "until", "protected" };
	struct arena *a = arena_open();
	char *text = arena_alloc(a, 1002);

	(void)state;
	memset(text, 'x', 1001);
	for (size_t i = 0; i < LENGTH(fields); i++) {
		const struct {
			struct directory_value value;
			size_t count;
			const char *sent;
		} rows[] = {
			{ { (char *)"2027\xff", 5 }, 1, "unreadable" },
			{ { text, 1001 }, 1, "unreadable" },
			{ { text, 300 }, 9, "unreadable" },
			{ { (char *)"7", 1 }, 51, "unreadable" },
			{ { (char *)"2027-07-31", 10 }, 1, "2027-07-31" },
		};

		for (size_t r = 0; r < LENGTH(rows); r++)
			if (!text_equal(last_of(restricted_fields(
						    a, fields[i], rows[r].value,
						    rows[r].count),
			                        fields[i]),
			                rows[r].sent))
				fail_msg("%s, row %zu", fields[i], r);
	}
	arena_close(a);
}

static void a_temporary_lockout_is_not_disabled(void **state)
{
	static const struct {
		const char *name, *value;
		bool disables;
	} rows[] = {
		{ "pwdAccountLockedTime", "000001010000Z", true },
		{ "pwdAccountLockedTime", "20261122101500Z", false },
		{ "nsAccountLock", "true", true },
		{ "nsAccountLock", "TRUE", true },
		{ "nsAccountLock", "false", false },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *const pairs[] = { "objectClass", "person",
			                      rows[i].name, rows[i].value,
			                      NULL };

		if ((first_of(fields_of(a, pairs), "disabled") != NULL) !=
		    rows[i].disables)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
	}
	arena_close(a);
}

static void an_unclear_status_value_is_disabled(void **state)
{
	static const struct {
		const char *value;
		bool disables;
	} rows[] = {
		{ "disabled", true }, { "TRUE", true },   { "sperret", true },
		{ "1", true },        { "", true },       { "active", false },
		{ "False", false },   { "aktiv", false }, { "0", false },
	};
	struct attribute_mapping read = { .field = "disabled",
		                          .attribute = "accountStatus" };
	const struct directory_conf d = { .name = "tinn",
		                          .attribute_map = &read,
		                          .attribute_map_count = 1 };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct directory_value person = { arena_strdup(a, "person"),
			                          6 };
		struct directory_value value = { arena_strdup(a, rows[i].value),
			                         strlen(rows[i].value) };
		struct directory_attribute both[] = {
			{ "objectClass", &person, 1 },
			{ "accountStatus", &value, 1 },
		};
		const struct directory_entry e = { "uid=kari", both, 2 };
		const struct sync_entry *entry =
		    attribute_map_entry(a, &d, "anchor", &e);

		if ((field_of(entry, "disabled") != NULL) != rows[i].disables)
			fail_msg("accountStatus: %s", rows[i].value);
	}
	arena_close(a);
}

static void another_kind_of_directory_has_another_scope(void **state)
{
	char *no_uris[] = { NULL };
	struct directory_conf d = { .name = "tinn",
		                    .uris = no_uris,
		                    .base = "dc=tinn",
		                    .bind_dn = "cn=portvakt" };
	struct arena *a = arena_open();

	(void)state;
	char *before = attribute_map_scope_hash(a, &d);
	assert_string_equal(attribute_map_scope_hash(a, &d), before);
	d.type = DIRECTORY_OTHER;
	assert_string_not_equal(attribute_map_scope_hash(a, &d), before);
	arena_close(a);
}

static void another_conversion_has_another_scope(void **state)
{
	static const struct attribute_conversion rows[] = {
		{ 0 },
		{ .trim = true },
		{ .lower = true },
		{ .first = true },
		{ .default_value = "a" },
		{ .default_value = "b" },
		{ .date_format = "unix" },
		{ .date_format = "filetime" },
		{ .where_attribute = "a", .where_value = "b" },
		{ .where_attribute = "a", .where_value = "c" },
	};
	char *hashes[LENGTH(rows)];
	char *no_uris[] = { NULL };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct attribute_mapping m = { "unit", "ou", rows[i] };
		const struct directory_conf d = { .name = "tinn",
			                          .uris = no_uris,
			                          .base = "dc=tinn",
			                          .bind_dn = "cn=portvakt",
			                          .attribute_map = &m,
			                          .attribute_map_count = 1 };

		hashes[i] = attribute_map_scope_hash(a, &d);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(hashes[i], hashes[k]);
	}
	arena_close(a);
}

static void the_attribute_of_a_condition_is_requested(void **state)
{
	struct attribute_mapping m = { "unit",
		                       "ou",
		                       { .where_attribute = "hrType",
		                         .where_value = "x" } };
	const struct directory_conf d = { .name = "tinn",
		                          .attribute_map = &m,
		                          .attribute_map_count = 1 };
	struct arena *a = arena_open();
	bool found = false;

	(void)state;
	for (const char **name = attribute_map_names(a, &d); *name; name++)
		found |= text_equal(*name, "hrType");
	assert_true(found);
	arena_close(a);
}

TESTS(any_entry_fits_into_a_frame, a_dn_too_long_or_not_utf8_is_omitted,
      active_directory_has_its_own_attributes,
      active_directory_sends_sids_of_groups,
      a_national_number_attribute_has_no_other_field,
      an_account_expires_at_its_earliest_date,
      a_start_time_becomes_the_from_date,
      a_time_that_cannot_be_read_is_sent_as_such,
      a_negative_shadow_expire_is_no_end,
      values_are_a_set_and_what_is_left_out_is_listed,
      a_restriction_that_is_left_out_is_sent_as_unreadable,
      a_temporary_lockout_is_not_disabled, an_unclear_status_value_is_disabled,
      another_kind_of_directory_has_another_scope,
      another_conversion_has_another_scope,
      the_attribute_of_a_condition_is_requested)
