/* SPDX-License-Identifier: AGPL-3.0-or-later
 * state.c: the provisioner's cache, a SQLite database. */
#include "sync/engine/state/state.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { MAX_STATEMENTS = 512, EXIT_STATE_FAILED = 70 };

/* Increment it with every change of the schema. */
#define SCHEMA_VERSION "13"

static const char schema_sql[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE sources(directory TEXT PRIMARY KEY, cookie TEXT, scope TEXT,"
    " complete INT DEFAULT 0, full_at INT DEFAULT 0,"
    " changed_at INT DEFAULT 0, heard_at INT DEFAULT 0, state TEXT,"
    " error TEXT, error_at INT DEFAULT 0, wholes INT DEFAULT 0,"
    " was TEXT, is_now TEXT,"       /* accepted and present identifier */
    " went_back_at INT DEFAULT 0);" /* restored from a backup */
    /* Source entries.  path: the normalized DN from the root downwards. */
    "CREATE TABLE records(directory TEXT, anchor TEXT, dn TEXT, place TEXT,"
    " class TEXT, body TEXT, joins TEXT, sealed TEXT, flaw TEXT, csn TEXT,"
    " path TEXT,"
    /* Of a group its SID, of a person that of the primary group. */
    " sid TEXT AS (CASE class WHEN 'group' THEN json_extract(body, '$.sid[0]')"
    " WHEN 'person' THEN json_extract(body, '$.\"primary-group\"[0]') END),"
    " PRIMARY KEY(directory, anchor));"
    "CREATE INDEX records_sid ON records(directory, sid, class)"
    " WHERE sid IS NOT NULL;"
    "CREATE INDEX records_place ON records(directory, place);"
    "CREATE INDEX records_path ON records(directory, path);"
    "CREATE INDEX records_joins ON records(joins);"
    /* listed: the DN in the group, if the member has another one now. */
    "CREATE TABLE members(directory TEXT, grp TEXT, bucket INT, place TEXT,"
    " listed TEXT, PRIMARY KEY(directory, grp, bucket, place)) WITHOUT ROWID;"
    "CREATE INDEX members_place ON members(directory, place, grp);"
    "CREATE INDEX members_listed ON members(directory, listed)"
    " WHERE listed IS NOT NULL;"
    /* Places that an entry had, while a group lists them. */
    "CREATE TABLE former_places(directory TEXT, place TEXT, anchor TEXT,"
    " PRIMARY KEY(directory, place)) WITHOUT ROWID;"
    "CREATE INDEX former_places_anchor ON former_places(directory, anchor);"
    /* Login names and mail addresses of entries, folded; kind: enum
     * name_kind. */
    "CREATE TABLE names(kind INT, name TEXT, directory TEXT, anchor TEXT,"
    " PRIMARY KEY(kind, name, directory, anchor)) WITHOUT ROWID;"
    /* Those given up in the catalogue, by the affiliation or the tombstone. */
    "CREATE TABLE released(kind INT, name TEXT, owner TEXT, directory TEXT,"
    " municipality TEXT, at INT, PRIMARY KEY(kind, name, owner))"
    " WITHOUT ROWID;"
    "CREATE INDEX released_owner ON released(owner);"
    "CREATE INDEX released_at ON released(at);"
    /* Runs that are not committed. */
    "CREATE TABLE staged(seq INTEGER PRIMARY KEY, run INT, what TEXT,"
    " anchor TEXT, dn TEXT, place TEXT, class TEXT, body TEXT, joins TEXT,"
    " sealed TEXT, flaw TEXT, csn TEXT);"
    "CREATE INDEX staged_run ON staged(run, what, anchor);"
    /* Entries to process. */
    "CREATE TABLE dirty(directory TEXT, anchor TEXT, at INT,"
    " gen INT DEFAULT 0, evaluated INT DEFAULT -1, cause TEXT,"
    " PRIMARY KEY(directory, anchor));"
    "CREATE INDEX dirty_at ON dirty(at);"
    "CREATE INDEX dirty_evaluated ON dirty(at) WHERE evaluated <> gen;"
    /* Counted effects of dirty and held entries, and those applied lately.
     * kind, unit, ou: where they count; free: enum suspect_free. */
    "CREATE TABLE suspects(directory TEXT, anchor TEXT, what INT, detail TEXT,"
    " kind TEXT, unit TEXT, ou TEXT, free INT DEFAULT 0,"
    " PRIMARY KEY(directory, anchor, what, detail)) WITHOUT ROWID;"
    "CREATE TABLE to_hold(anchor TEXT, reason TEXT, mask INT,"
    " PRIMARY KEY(anchor, reason, mask)) WITHOUT ROWID;"
    "CREATE TABLE held(directory TEXT, anchor TEXT, reason TEXT, mask INT,"
    " since INT,"
    " PRIMARY KEY(directory, anchor, reason, mask)) WITHOUT ROWID;"
    "CREATE TABLE passed(directory TEXT, anchor TEXT, what INT, detail TEXT,"
    " kind TEXT, unit TEXT, ou TEXT, at INT, free INT DEFAULT 0,"
    " PRIMARY KEY(directory, anchor, what, detail)) WITHOUT ROWID;"
    "CREATE INDEX passed_by ON passed(directory, what, at);"
    /* Values that affiliations got within a day; detail: attribute and value.
     */
    "CREATE TABLE got(directory TEXT, detail TEXT, former TEXT, anchor TEXT,"
    " at INT, PRIMARY KEY(directory, detail, former, anchor)) WITHOUT ROWID;"
    "CREATE INDEX got_at ON got(directory, at);"
    /* Unused approvals. */
    "CREATE TABLE allowed(directory TEXT, anchor TEXT, approval TEXT, at INT,"
    " PRIMARY KEY(directory, anchor, approval)) WITHOUT ROWID;"
    "CREATE TABLE announced(directory TEXT, anchor TEXT,"
    " PRIMARY KEY(directory, anchor)) WITHOUT ROWID;"
    "CREATE TABLE gone(directory TEXT, anchor TEXT, at INT,"
    " PRIMARY KEY(directory, anchor));"
    /* Doubts; area: the rules that found it (enum quarantine_area). */
    "CREATE TABLE quarantine(directory TEXT, anchor TEXT, reason TEXT,"
    " since INT, area INT, other TEXT,"
    " PRIMARY KEY(directory, anchor, area));"
    /* Optional values that were left out. */
    "CREATE TABLE not_taken(directory TEXT, anchor TEXT, attribute TEXT,"
    " cause TEXT, since INT,"
    " PRIMARY KEY(directory, anchor, attribute)) WITHOUT ROWID;"
    /* Overrides in force, and their subjects. */
    "CREATE TABLE decisions(id TEXT PRIMARY KEY, decides TEXT, at INT,"
    " body TEXT);"
    "CREATE TABLE decided(subject TEXT, decides TEXT, at INT, id TEXT,"
    " PRIMARY KEY(subject, id)) WITHOUT ROWID;"
    "CREATE INDEX decided_id ON decided(id);"
    /* The catalogue, as last written or read. */
    "CREATE TABLE people(id TEXT PRIMARY KEY, joins TEXT, form TEXT,"
    " csn TEXT);"
    "CREATE INDEX people_joins ON people(joins);"
    "CREATE TABLE affiliations(id TEXT PRIMARY KEY, person TEXT,"
    " directory TEXT, anchor TEXT, form TEXT, csn TEXT, status TEXT,"
    " suspended INT, under TEXT, person_before TEXT,"
    " seen INT DEFAULT 0, made INT DEFAULT 0);"
    "CREATE UNIQUE INDEX affiliations_anchor"
    " ON affiliations(directory, anchor);"
    "CREATE INDEX affiliations_person ON affiliations(person);"
    "CREATE INDEX affiliations_login"
    " ON affiliations(json_extract(form, '$.portvaktLogin[0]'));"
    "CREATE INDEX affiliations_mail"
    " ON affiliations(lower(json_extract(form, '$.mail[0]')));"
    "CREATE INDEX affiliations_made ON affiliations(directory, made)"
    " WHERE form IS NOT NULL;"
    /* Partial indexes: these dates are queried in every loop. */
    "CREATE INDEX affiliations_until"
    " ON affiliations(json_extract(form, '$.portvaktUntil[0]'))"
    " WHERE json_extract(form, '$.portvaktUntil[0]') IS NOT NULL;"
    "CREATE INDEX affiliations_expires"
    " ON affiliations(json_extract(form, '$.portvaktExpires[0]'))"
    " WHERE json_extract(form, '$.portvaktExpires[0]') IS NOT NULL;"
    "CREATE INDEX affiliations_from"
    " ON affiliations(json_extract(form, '$.portvaktFrom[0]'))"
    " WHERE json_extract(form, '$.portvaktFrom[0]') IS NOT NULL;"
    /* Active affiliations are counted for each deactivation. */
    "CREATE INDEX affiliations_status ON affiliations(directory, status);"
    "CREATE INDEX affiliations_suspended ON affiliations(suspended)"
    " WHERE status = 'suspended';"
    /* Overrides of a former entry apply to this one. */
    "CREATE TABLE former_entries(subject TEXT, former TEXT,"
    " PRIMARY KEY(subject, former)) WITHOUT ROWID;"
    "CREATE INDEX former_entries_former ON former_entries(former);"
    /* Ids of removed people. */
    "CREATE TABLE tombstones(id TEXT PRIMARY KEY, joins TEXT, until INT,"
    " form TEXT);"
    "CREATE INDEX tombstones_joins ON tombstones(joins);"
    "CREATE INDEX tombstones_until ON tombstones(until);"
    /* Entries seen by catalogue_verify. */
    "CREATE TABLE met(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    /* Groups of the catalogue, one for each school year. */
    "CREATE TABLE groups(id TEXT PRIMARY KEY, directory TEXT, anchor TEXT,"
    " year INT, municipality TEXT, kind TEXT, live INT DEFAULT 0,"
    " next INT DEFAULT 0, form TEXT, csn TEXT, found INT);"
    "CREATE UNIQUE INDEX groups_anchor ON groups(directory, anchor, year);"
    "CREATE INDEX groups_next ON groups(next) WHERE next > 0;"
    "CREATE TABLE holding(grp TEXT, member TEXT, found INT,"
    " PRIMARY KEY(grp, member)) WITHOUT ROWID;"
    "CREATE INDEX holding_member ON holding(member);"
    /* Groups and members to process; held: 1 postponed, 2 by the threshold, 3
     * released. */
    "CREATE TABLE regroup(what TEXT, name TEXT, directory TEXT,"
    " held INT DEFAULT 0, gen INT DEFAULT 0, PRIMARY KEY(what, name));"
    "CREATE INDEX regroup_held ON regroup(held, directory);"
    /* People of Feide's trees; form: attributes as published. */
    "CREATE TABLE feide(affiliation TEXT PRIMARY KEY, municipality TEXT,"
    " uid TEXT, form TEXT, found TEXT, seen INT);"
    "CREATE INDEX feide_uid ON feide(municipality, uid);"
    "CREATE TABLE feide_due(affiliation TEXT PRIMARY KEY,"
    " gen INT DEFAULT 0);"
    "CREATE TABLE ungrouped(directory TEXT, at INT, count INT);"
    "PRAGMA user_version = " SCHEMA_VERSION ";";

/* In memory, while a run is committed: the members before it, and the places
 * added or removed. */
static const char temp_schema_sql[] =
    "CREATE TEMP TABLE were(directory TEXT, grp TEXT, place TEXT, bucket INT,"
    " PRIMARY KEY(directory, grp, place, bucket)) WITHOUT ROWID;"
    "CREATE TEMP TABLE touched(place TEXT);";

static struct {
	pthread_mutex_t lock; /* for the database and all fields */
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} statements[MAX_STATEMENTS];
	size_t count;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Crash-only: the next process continues from the file. */
static void state_fail(const char *action)
{
	log_event(LOG_SYNC_STATE_FAILED, "action", action, "error",
	          state.db ? sqlite3_errmsg(state.db) : "not open", NULL);
	_exit(EXIT_STATE_FAILED);
}

static bool state_has_current_version(void)
{
	sqlite3_stmt *s = NULL;
	bool good =
	    sqlite3_prepare_v2(state.db, "PRAGMA user_version", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW &&
	    text_equal((const char *)sqlite3_column_text(s, 0), SCHEMA_VERSION);

	(void)sqlite3_finalize(s);
	return good;
}

static bool state_open_file(const char *path)
{
	/* A cache: what a power loss removes is read again. */
	static const char pragmas[] = "PRAGMA journal_mode = WAL;"
				      "PRAGMA synchronous = NORMAL;"
				      "PRAGMA wal_autocheckpoint = 4000;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA cache_size = -32000;";

	return sqlite3_open_v2(path, &state.db,
	                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	                           SQLITE_OPEN_NOMUTEX,
	                       NULL) == SQLITE_OK &&
	       sqlite3_exec(state.db, pragmas, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_exec(state.db, temp_schema_sql, NULL, NULL, NULL) ==
	           SQLITE_OK;
}

static void state_remove_file(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct arena *a = arena_open();

	(void)sqlite3_close_v2(state.db);
	state.db = NULL;
	for (size_t i = 0; i < LENGTH(suffixes); i++)
		(void)unlink(arena_printf(a, "%s%s", path, suffixes[i]));
	arena_close(a);
}

bool state_open(const char *path, struct error *err)
{
	/* SQLite's memory statistics are not used. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (state_open_file(path) && state_has_current_version())
		return true;
	state_remove_file(path);
	if (state_open_file(path) &&
	    sqlite3_exec(state.db, schema_sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "%s: %s", path,
	                 sqlite3_errmsg(state.db));
}

bool state_recreate(struct error *err)
{
	struct arena *a = arena_open();
	char *path = arena_strdup(a, sqlite3_db_filename(state.db, "main"));

	for (size_t i = 0; i < state.count; i++)
		(void)sqlite3_finalize(state.statements[i].stmt);
	state.count = 0;
	state_remove_file(path);
	bool good = state_open(path, err);

	arena_close(a);
	return good;
}

void state_close(void)
{
	for (size_t i = 0; i < state.count; i++)
		(void)sqlite3_finalize(state.statements[i].stmt);
	state.count = 0;
	(void)sqlite3_close_v2(state.db);
	state.db = NULL;
}

void state_release_memory(void)
{
	state_lock();
	(void)sqlite3_db_release_memory(state.db);
	state_unlock();
}

void state_lock(void)
{
	(void)pthread_mutex_lock(&state.lock);
}

void state_unlock(void)
{
	(void)pthread_mutex_unlock(&state.lock);
}

static sqlite3_stmt *state_prepare(const char *sql)
{
	for (size_t i = 0; i < state.count; i++)
		if (state.statements[i].sql == sql)
			return state.statements[i].stmt;
	sqlite3_stmt *stmt = NULL;
	if (state.count == MAX_STATEMENTS ||
	    sqlite3_prepare_v3(state.db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                       &stmt, NULL) != SQLITE_OK)
		state_fail(sql);
	state.statements[state.count].sql = sql;
	state.statements[state.count++].stmt = stmt;
	return stmt;
}

static sqlite3_stmt *state_bind(const char *sql, const char *types,
                                va_list args)
{
	sqlite3_stmt *s = state_prepare(sql);

	for (int i = 1; *types; types++, i++) {
		int rc = *types == 'i'
		             ? sqlite3_bind_int64(s, i, va_arg(args, int64_t))
		             : sqlite3_bind_text(s, i, va_arg(args, char *), -1,
		                                 SQLITE_TRANSIENT);
		if (rc != SQLITE_OK)
			state_fail(sql);
	}
	return s;
}

/* Returns true while there are rows. */
static bool state_step(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		state_fail(sqlite3_sql(s));
	(void)sqlite3_reset(s);
	return false;
}

void state_exec(const char *sql, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	sqlite3_stmt *s = state_bind(sql, types, args);
	va_end(args);
	while (state_step(s))
		continue;
}

/* Deferred: a round that only reads takes no lock of the file for writing.
 * This is its only writer. */
void state_begin(void)
{
	state_exec("BEGIN", "");
}

void state_commit(void)
{
	state_exec("COMMIT", "");
}

void state_rollback(void)
{
	state_exec("ROLLBACK", "");
}

static char **state_read_row(struct arena *a, sqlite3_stmt *s)
{
	int columns = sqlite3_column_count(s);
	char **row = arena_array(a, char *, (size_t)columns);

	for (int i = 0; i < columns; i++)
		row[i] =
		    arena_strdup(a, (const char *)sqlite3_column_text(s, i));
	return row;
}

char ***state_rows(struct arena *a, size_t *ret_count, const char *sql,
                   const char *types, ...)
{
	VECTOR(char **) rows = { 0 };
	va_list args;

	va_start(args, types);
	sqlite3_stmt *s = state_bind(sql, types, args);
	va_end(args);
	while (state_step(s))
		*vector_append(a, &rows) = state_read_row(a, s);
	*ret_count = rows.count;
	return rows.at;
}

char *state_text(struct arena *a, const char *sql, const char *types, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, types);
	sqlite3_stmt *s = state_bind(sql, types, args);
	va_end(args);
	if (state_step(s))
		text = arena_strdup(a, (const char *)sqlite3_column_text(s, 0));
	(void)sqlite3_reset(s);
	return text;
}

int64_t state_number(const char *sql, const char *types, ...)
{
	int64_t number = 0;
	va_list args;

	va_start(args, types);
	sqlite3_stmt *s = state_bind(sql, types, args);
	va_end(args);
	if (state_step(s))
		number = sqlite3_column_int64(s, 0);
	(void)sqlite3_reset(s);
	return number;
}

/* ---- time */

int64_t state_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
