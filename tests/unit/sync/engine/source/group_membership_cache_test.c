/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The groups of an entry: by `member`, as primary group, and through nested
 * groups; and which entries a change of a group concerns. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/source/group_membership_cache.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/staging.h"
#include "sync/engine/state/state.h"

#define BASE ",dc=tinn,dc=example"
#define KARI "cn=kari,ou=ansatte" BASE
#define SID  "S-1-5-21-1-2-3-"

enum { MEMBERS = 3, LEVELS = 1000 };

static struct directory_conf directory = { .name = "tinn",
	                                   .type = DIRECTORY_AD,
	                                   .base = "dc=tinn,dc=example" };
static struct config region = { .directories = &directory,
	                        .directory_count = 1 };

static char folder[] = "/tmp/pv-groups-XXXXXX";
static int opened;

/* Opens an empty state. */
static struct arena *empty_state(void)
{
	struct arena *a = arena_open();
	struct error err = { 0 };

	if (!state_open(arena_printf(a, "%s/cache%d", folder, opened++), &err))
		fail_msg("%s", err.text);
	return a;
}

static void close_state(struct arena *a)
{
	state_close();
	arena_close(a);
}

static const struct ipc_handlers staging_handlers = {
	.sync_open = staging_open,
	.sync_begin = staging_begin,
	.sync_entries = staging_add_entries,
	.sync_present = staging_add_present,
	.sync_deleted = staging_add_deleted,
	.sync_commit = staging_commit,
	.sync_abort = staging_abort,
};

static json_t *request(struct arena *a, enum ipc_message_type how, json_t *body)
{
	const struct ipc_request q = { .arena = a, .cfg = &region };
	struct error err = { 0 };
	json_t *answer = NULL;

	if (!ipc_message_serve(&staging_handlers, &q, how, js_own(a, body),
	                       &answer, &err))
		fail_msg("%s", err.text);
	return answer;
}

/* Commits a run with these entries and this deleted anchor, or NULL. */
static void commit(struct arena *a, json_t *entries, const char *deleted)
{
	(void)request(
	    a, IPC_SYNC_OPEN,
	    json_pack("{s:s, s:s}", "directory", "tinn", "scope", "x"));
	const json_int_t count = (json_int_t)json_array_size(entries);
	int64_t run = js_number(
	    request(a, IPC_SYNC_BEGIN,
	            json_pack("{s:s, s:s, s:b, s:i}", "directory", "tinn",
	                      "scope", "x", "full", 0, "certificate", 0)),
	    "run", 0);

	(void)request(a, IPC_SYNC_ENTRIES,
	              json_pack("{s:I, s:o}", "run", run, "entries", entries));
	if (deleted)
		(void)request(
		    a, IPC_SYNC_DELETED,
		    json_pack("{s:I, s:[s]}", "run", run, "anchors", deleted));
	(void)request(a, IPC_SYNC_COMMIT,
	              json_pack("{s:I, s:b, s:I, s:b}", "run", run,
	                        "delete_unnamed", 0, "count", count,
	                        "went_back", 0));
}

/* A group, or an account with this primary group. */
struct member_of {
	const char *anchor, *name;
	const char *sid; /* its own, or its primary group's; or NULL */
	const char *members[MEMBERS];
};

static json_t *entry(struct arena *a, const struct member_of *e, bool group)
{
	json_t *members = json_array();
	json_t *body =
	    json_pack("{s:s, s:s, s:s, s:{}}", "anchor", e->anchor, "dn",
	              arena_printf(a, "cn=%s,ou=%s" BASE, e->name,
	                           group ? "grupper" : "ansatte"),
	              "class", group ? "group" : "person", "attributes");
	json_t *fields = js_object(body, "attributes");

	for (size_t i = 0; i < MEMBERS && e->members[i]; i++)
		(void)json_array_append_new(members,
		                            json_string(e->members[i]));
	if (group)
		(void)json_object_set(fields, "member", members);
	json_decref(members);
	if (e->sid)
		(void)json_object_set_new(fields,
		                          group ? "sid" : "primary-group",
		                          json_pack("[s]", e->sid));
	return body;
}

static json_t *group(struct arena *a, struct member_of e)
{
	return entry(a, &e, true);
}

static json_t *account(struct arena *a, const char *name, const char *primary)
{
	const struct member_of e = { .anchor = name,
		                     .name = name,
		                     .sid = primary };

	return entry(a, &e, false);
}

/* The names of the groups of an account, sorted, in one text. */
static char *groups_of(struct arena *a, const char *name)
{
	const struct source_entry *e = source_entry_load(a, "tinn", name);
	struct strbuf t = strbuf_init(a);

	assert_non_null(e);
	char **places = source_entry_groups(a, e);
	for (char c = 'a'; c <= 'z'; c++)
		for (size_t i = 0; places[i]; i++)
			if (text_starts(places[i], "cn=") &&
			    places[i][3] == c && places[i][4] == ',')
				strbuf_appendf(&t, "%c", c);
	return t.data ? t.data : arena_strdup(a, "");
}

static size_t dirty_accounts(void)
{
	return (size_t)state_number("SELECT count(*) FROM dirty AS d JOIN"
	                            " records AS r ON r.directory = d.directory"
	                            " AND r.anchor = d.anchor"
	                            " WHERE r.class = 'person'",
	                            "");
}

static void a_primary_group_counts_like_member(void **state)
{
	static const struct {
		const char *primary, *groups;
		struct member_of all[4];
	} rows[] = {
		/* its own, beside one by `member` */
		{ SID "513",
		  "ab",
		  { { "1", "a", SID "513", { NULL } },
		    { "2", "b", SID "600", { KARI } } } },
		/* nested in another, which is nested in a third */
		{ SID "513",
		  "abc",
		  { { "1", "a", SID "513", { NULL } },
		    { "2", "b", NULL, { "cn=a,ou=grupper" BASE } },
		    { "3", "c", SID "7", { "CN=B,OU=Grupper" BASE } } } },
		/* in a cycle */
		{ SID "513",
		  "abc",
		  { { "1", "a", SID "513", { "cn=c,ou=grupper" BASE } },
		    { "2", "b", NULL, { "cn=a,ou=grupper" BASE } },
		    { "3", "c", NULL, { "cn=b,ou=grupper" BASE } } } },
		/* listed in `member` too; two groups with one SID */
		{ SID "513",
		  "ab",
		  { { "1", "a", SID "513", { KARI } },
		    { "2", "b", SID "513", { NULL } } } },
		/* another RID, another domain, none */
		{ SID "514", "", { { "1", "a", SID "513", { NULL } } } },
		{ "S-1-5-21-9-2-3-513",
		  "",
		  { { "1", "a", SID "513", { NULL } } } },
		{ SID "51", "", { { "1", "a", SID "513", { NULL } } } },
		{ NULL,
		  "b",
		  { { "1", "a", NULL, { NULL } },
		    { "2", "b", NULL, { KARI } } } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = empty_state();
		json_t *list = json_array();

		(void)json_array_append_new(
		    list, account(a, "kari", rows[i].primary));
		for (size_t g = 0; g < 4 && rows[i].all[g].anchor; g++)
			(void)json_array_append_new(list,
			                            group(a, rows[i].all[g]));
		commit(a, list, NULL);
		if (!text_equal(groups_of(a, "kari"), rows[i].groups))
			fail_msg("row %zu: %s", i, groups_of(a, "kari"));
		close_state(a);
	}
}

/* Kari and Ola have the primary group a, which is nested in b. */
static struct arena *primary_and_nested(void)
{
	struct arena *a = empty_state();

	commit(
	    a,
	    json_pack(
		"[o, o, o, o, o]", account(a, "kari", SID "513"),
		account(a, "ola", SID "513"), account(a, "turid", SID "9"),
		group(a, (struct member_of){ "1", "a", SID "513", { NULL } }),
		group(a,
	              (struct member_of){
			  "2", "b", NULL, { "cn=a,ou=grupper" BASE } })),
	    NULL);
	state_exec("DELETE FROM dirty", "");
	return a;
}

static void a_change_of_a_group_concerns_its_primary_members(void **state)
{
	static const struct {
		struct member_of after;
		const char *deleted;
		size_t concerned;
	} rows[] = {
		/* renamed, deleted, another SID */
		{ { "1", "x", SID "513", { NULL } }, NULL, 2 },
		{ { NULL }, "1", 2 },
		{ { "1", "a", SID "9", { NULL } }, NULL, 3 },
		/* taken out of b; b renamed; b deleted */
		{ { "2", "b", NULL, { NULL } }, NULL, 2 },
		{ { "2", "x", NULL, { "cn=a,ou=grupper" BASE } }, NULL, 2 },
		{ { NULL }, "2", 2 },
		/* a new group with Turid's SID, or around a */
		{ { "3", "x", SID "9", { NULL } }, NULL, 1 },
		{ { "3", "x", NULL, { "cn=a,ou=grupper" BASE } }, NULL, 2 },
		/* unchanged; a new member alone */
		{ { "1", "a", SID "513", { NULL } }, NULL, 0 },
		{ { "1", "a", SID "513", { "cn=turid,ou=ansatte" BASE } },
		  NULL,
		  1 },
		/* a person of that primary group leaves */
		{ { NULL }, "ola", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = primary_and_nested();

		commit(a,
		       rows[i].after.anchor
		           ? json_pack("[o]", group(a, rows[i].after))
		           : json_array(),
		       rows[i].deleted);
		if (dirty_accounts() != rows[i].concerned)
			fail_msg("row %zu: %zu", i, dirty_accounts());
		close_state(a);
	}
}

static void another_primary_group_concerns_the_account_alone(void **state)
{
	struct arena *a = primary_and_nested();

	(void)state;
	assert_string_equal(groups_of(a, "kari"), "ab");
	commit(a, json_pack("[o]", account(a, "kari", SID "9")), NULL);
	assert_int_equal(dirty_accounts(), 1);
	assert_string_equal(groups_of(a, "kari"), "");
	assert_string_equal(groups_of(a, "ola"), "ab");
	close_state(a);
}

/* Group 0 is Kari's primary group; each group is a member of the next, and the
 * first is a member of the last. */
static void a_thousand_levels_and_a_cycle_end(void **state)
{
	struct arena *a = empty_state();
	json_t *list = json_array();

	(void)state;
	(void)json_array_append_new(list, account(a, "kari", SID "513"));
	for (int i = 0; i < LEVELS; i++)
		(void)json_array_append_new(
		    list,
		    group(a,
		          (struct member_of){
			      arena_printf(a, "%d", i),
			      i == LEVELS - 1 ? "z" : arena_printf(a, "g%d", i),
			      i == 0 ? SID "513" : NULL,
			      { arena_printf(
				  a, "cn=%s,ou=grupper" BASE,
				  i == 0 ? "z"
					 : arena_printf(a, "g%d", i - 1)) } }));
	commit(a, list, NULL);
	char **places =
	    source_entry_groups(a, source_entry_load(a, "tinn", "kari"));
	size_t count = 0;
	while (places[count])
		count++;
	assert_int_equal(count, LEVELS);
	assert_string_equal(groups_of(a, "kari"), "z");
	state_exec("DELETE FROM dirty", "");
	membership_mark_dirty("tinn", "999");
	assert_int_equal(dirty_accounts(), 1);
	close_state(a);
}

static int open_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct arena *a = arena_open();

	(void)state;
	for (int n = 0; n < opened; n++)
		for (size_t i = 0; i < LENGTH(suffixes); i++)
			(void)unlink(arena_printf(a, "%s/cache%d%s", folder, n,
			                          suffixes[i]));
	arena_close(a);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_primary_group_counts_like_member),
		cmocka_unit_test(
		    a_change_of_a_group_concerns_its_primary_members),
		cmocka_unit_test(
		    another_primary_group_concerns_the_account_alone),
		cmocka_unit_test(a_thousand_levels_and_a_cycle_end),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_folder,
	                                   remove_folder);
}
