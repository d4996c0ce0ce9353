/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The audit log: append, resume, look up, and detect changes. */
#include "tests/unit/region/config/fixture.h"

#include <openssl/pem.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "idp/audit/audit_log.h"
#include "idp/signer/key_crypto.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "region/audit/audit_chain.h"
#include "region/audit/audit_head_signature.h"

static struct fixture f;
static struct key key;
static const char *public_pem;

static int open_fixture(void **state)
{
	(void)state;
	f = fixture_open();
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	audit_log_close();
	arena_close(f.arena);
	return 0;
}

static char *write_one(const char *municipality, int number)
{
	own(release_json) json_t *receipt =
	    json_pack("{s:s, s:i}", "what", "entered", "n", number);
	struct error err = { 0 };
	char *code;

	if (!audit_log_append(f.arena, municipality, receipt, &code, &err))
		fail_msg("%s", err.text);
	return code;
}

static const char *file_of(const char *municipality, const char *ending)
{
	return arena_printf(f.arena, "%s/audit/%s/%s", f.folder, municipality,
	                    audit_file_name(f.arena,
	                                    audit_day(f.arena, clock_now()),
	                                    "a", ending));
}

static void put_file(const char *path, const char *text)
{
	assert_true(file_write(path, text, strlen(text), 0600, NULL));
}

static bool verify(const char *municipality,
                   struct audit_chain_summary *ret_found, struct error *err)
{
	return audit_chain_verify(
	    arena_printf(f.arena, "%s/audit/%s", f.folder, municipality),
	    municipality, "a", public_pem, ret_found, err);
}

static bool sign_by_test(void *data, struct arena *a, const char *head,
                         json_t **ret_members)
{
	const char *text = arena_printf(a, "portvakt record head 1\n%s", head);
	unsigned char *signature;
	size_t length;

	(void)data;
	assert_true(
	    key_sign(a, &key, text, strlen(text), &signature, &length, NULL));
	*ret_members =
	    js_own(a, json_pack("{s:s}", "signature",
	                        base64url_encode(a, signature, length)));
	return true;
}

/* ---- codes */

static void receipt_code_is_parsed_as_typed(void **state)
{
	const char *code, *node, *day;
	uint64_t counter;
	struct arena *a = arena_open();
	char *written =
	    receipt_code_format(a, "a", "1121", 7 * 1024 + 4 * 32 + 19);

	(void)state;
	assert_true(text_starts(written, "A-1121-74K"));
	assert_true(
	    receipt_code_parse(a, written, &code, &node, &day, &counter));
	assert_string_equal(code, written);
	assert_string_equal(node, "a");
	assert_string_equal(day, "1121");
	assert_int_equal(counter, 7 * 1024 + 4 * 32 + 19);
	assert_true(receipt_code_parse(a, text_lower(a, written), &code, &node,
	                               &day, &counter));
	assert_string_equal(code, written);
	written = receipt_code_format(a, "node-2", "0101", 1);
	assert_true(text_starts(written, "NODE-2-0101-001"));
	written =
	    replaced(a, replaced(a, written, "-001", "-OOI"), "0101", "OIOL");
	assert_true(
	    receipt_code_parse(a, written, &code, &node, &day, &counter));
	assert_int_equal(counter, 1);
	assert_string_equal(node, "node-2");
	arena_close(a);
}

static void receipt_code_with_wrong_letter_is_refused(void **state)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	const char *code, *node, *day;
	uint64_t counter;
	struct arena *a = arena_open();
	int wrong = 0, tried = 0;

	(void)state;
	for (uint64_t n = 1; n < 4000; n += 37) {
		char *good = receipt_code_format(a, "a", "1121", n);

		for (char *at = good + strlen("A-1121-"); *at; at++) {
			const char was = *at;

			for (const char *c = letters; *c; c++) {
				*at = *c;
				tried += *c != was;
				wrong += *c != was && receipt_code_parse(
							  a, good, &code, &node,
							  &day, &counter);
			}
			*at = was;
		}
	}
	/* The values of 0 and Z are equal modulo 31. */
	assert_true(tried > 10000);
	assert_true(wrong * 100 < tried);
	arena_close(a);
}

static void malformed_receipt_code_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"-",
		"--",
		"A",
		"A-1121",
		"A-1121-",
		"-1121-001K",
		"A-11X1-001K",
		"A-112-001K",
		"A-1121-0",
		"A-1121-00U",
		"A-1121-0000000000000000000000K",
		"A-1121-../../etc/passwd",
	};
	const char *code, *node, *day;
	uint64_t counter;
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_false(receipt_code_parse(a, rows[i], &code, &node, &day,
		                                &counter));
	arena_close(a);
}

/* ---- append and find */

static void event_is_found_by_its_code(void **state)
{
	char *codes[40];
	json_t *found;

	(void)state;
	for (int i = 0; i < 40; i++)
		codes[i] = write_one(i % 2 ? "tinn" : "notodden", i);
	for (int i = 0; i < 40; i++) {
		assert_true(audit_lookup(f.arena, fixture_path(&f, "audit"),
		                         codes[i], &found, NULL));
		assert_non_null(found);
		assert_int_equal(js_number(found, "n", -1), i);
		assert_string_equal(js_string(found, "municipality"),
		                    i % 2 ? "tinn" : "notodden");
	}
	const char *other = receipt_code_format(
	    f.arena, "a", arena_memdup(f.arena, codes[0] + 2, 4), 9999);

	assert_true(audit_lookup(f.arena, fixture_path(&f, "audit"), other,
	                         &found, NULL));
	assert_null(found);
	assert_false(audit_lookup(f.arena, fixture_path(&f, "audit"),
	                          "A-1121-0000", &found, NULL));
}

static void codes_continue_after_restart(void **state)
{
	struct audit_chain_summary found;
	char *before = write_one("tinn", 1);
	char *last = write_one("notodden", 2);

	(void)state;
	audit_log_close();
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	char *after = write_one("tinn", 3);

	assert_string_not_equal(after, before);
	assert_string_not_equal(after, last);
	assert_true(strcmp(arena_memdup(f.arena, last + 7, 3),
	                   arena_memdup(f.arena, after + 7, 3)) < 0);
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.lines, 2);
}

static void torn_last_line_is_truncated_and_logged(void **state)
{
	struct audit_chain_summary found;

	char *text;

	(void)state;
	(void)write_one("tinn", 1);
	(void)write_one("tinn", 2);
	audit_log_close();
	text = whole_file(f.arena, file_of("tinn", "jsonl"));
	put_file(file_of("tinn", "jsonl"),
	         arena_memdup(f.arena, text, strlen(text) - 10));
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	(void)write_one("tinn", 3);
	text = whole_file(f.arena, file_of("tinn", "jsonl"));
	assert_non_null(strstr(text, "torn-line-cut"));
	assert_null(strstr(text, "\"n\":2"));
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.lines, 3);
}

/* Acknowledged events survive kill -9 of the writer. */
static void acknowledged_events_survive_kill_9(void **state)
{
	struct audit_chain_summary found;
	int pipe_ends[2];
	char code[64];
	size_t acknowledged = 0;

	(void)state;
	audit_log_close();
	assert_int_equal(pipe(pipe_ends), 0);
	pid_t child = fork();

	if (child == 0) {
		if (!audit_log_open(fixture_path(&f, "audit"), "a", NULL))
			_exit(1);
		for (int i = 0;; i++) {
			char *one = write_one("tinn", i);

			(void)snprintf(code, sizeof(code), "%s", one);
			(void)!write(pipe_ends[1], code, sizeof(code));
		}
	}
	for (; acknowledged < 200; acknowledged++)
		assert_int_equal(read(pipe_ends[0], code, sizeof(code)),
		                 sizeof(code));
	assert_int_equal(kill(child, SIGKILL), 0);
	(void)waitpid(child, NULL, 0);
	(void)close(pipe_ends[1]);
	while (read(pipe_ends[0], code, sizeof(code)) == sizeof(code))
		acknowledged++;
	(void)close(pipe_ends[0]);
	/* The process held the lock. */
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	(void)write_one("tinn", -1);
	assert_true(verify("tinn", &found, NULL));
	assert_true(found.lines >= acknowledged + 1);
}

static void event_cannot_set_prev_or_code(void **state)
{
	own(release_json) json_t *receipt =
	    json_pack("{s:s, s:s, s:s, s:i, s:i}", "what", "entered", "prev",
	              "abc", "code", "A-1121-0000", "v", 9, "at", 1);
	struct audit_chain_summary found;
	char *code;
	json_t *kept;

	(void)state;
	(void)write_one("tinn", 1);
	assert_true(audit_log_append(f.arena, "tinn", receipt, &code, NULL));
	assert_true(verify("tinn", &found, NULL));
	assert_true(audit_lookup(f.arena, fixture_path(&f, "audit"), code,
	                         &kept, NULL));
	assert_int_equal(js_number(kept, "v", 0), 2);
	assert_true(js_number(kept, "at", 0) > 1000);
}

static void municipality_is_not_a_path(void **state)
{
	static const char *const rows[] = {
		"", "..", "a/b", "../x", "Tinn", "."
	};
	own(release_json) json_t *receipt = json_pack("{s:s}", "what", "x");
	char *code;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_false(
		    audit_log_append(f.arena, rows[i], receipt, &code, NULL));
}

static void deletion_removes_one_municipality_only(void **state)
{
	struct error err = { 0 };
	size_t files;

	(void)state;
	(void)write_one("tinn", 1);
	(void)write_one("notodden", 2);
	assert_true(audit_log_delete(f.arena, "tinn", &files, &err));
	assert_int_equal(files, 1);
	assert_int_equal(access(fixture_path(&f, "audit/tinn"), F_OK), -1);
	assert_int_equal(access(file_of("notodden", "jsonl"), F_OK), 0);
	assert_true(audit_log_delete(f.arena, "tinn", &files, &err));
	assert_int_equal(files, 0);
	assert_false(audit_log_delete(f.arena, "../notodden", &files, &err));
	(void)write_one("tinn", 3);
	assert_int_equal(access(file_of("tinn", "jsonl"), F_OK), 0);
}

/* A folder that cannot be created: the event is not acknowledged. */
static void unwritable_event_is_refused(void **state)
{
	own(release_json) json_t *receipt = json_pack("{s:s}", "what", "x");
	struct error err = { 0 };
	char *code;

	(void)state;
	put_file(fixture_path(&f, "audit/tinn"), "in the way");
	assert_false(audit_log_append(f.arena, "tinn", receipt, &code, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_string_equal(err.reason, "audit-unavailable");
	/* Other municipalities see no error. */
	(void)write_one("notodden", 1);
}

/* A disk that is full in the middle of a line: no part of it stays. */
static void partial_line_is_truncated(void **state)
{
	own(release_json) json_t *receipt = json_pack("{s:s}", "what", "x");
	struct rlimit before, small;
	struct audit_chain_summary found;
	struct error err = { 0 };
	struct stat st;
	char *code;

	(void)state;
	(void)write_one("tinn", 1);
	assert_int_equal(stat(file_of("tinn", "jsonl"), &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 20;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool written = audit_log_append(f.arena, "tinn", receipt, &code, &err);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(written);
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	(void)write_one("tinn", 2);
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.lines, 2);
}

/* ---- changes are detected */

static char *lines_of(size_t *ret_count, char ***ret_lines, char *text)
{
	*ret_lines = text_split(f.arena, text, "\n", ret_count);
	return text;
}

static void put_lines(char **lines, size_t count)
{
	struct strbuf out = strbuf_init(f.arena);

	for (size_t i = 0; i < count; i++)
		strbuf_appendf(&out, "%s\n", lines[i]);
	put_file(file_of("tinn", "jsonl"), out.data);
}

/* Makes one random change; returns false if it changed nothing. */
static bool change(char **lines, size_t *count, unsigned *seed)
{
	size_t at = (size_t)rand_r(seed) % *count;
	size_t other = (size_t)rand_r(seed) % *count;
	char *line = arena_strdup(f.arena, lines[at]);
	char *letter = line + (size_t)rand_r(seed) % strlen(line);

	switch (rand_r(seed) % 4) {
	case 0: /* edited */
		*letter = *letter == 'x' ? 'y' : 'x';
		lines[at] = line;
		return true;
	case 1: /* deleted */
		memmove(lines + at, lines + at + 1,
		        (*count - at - 1) * sizeof(*lines));
		(*count)--;
		return true;
	case 2: /* two swapped */
		lines[at] = lines[other];
		lines[other] = line;
		return at != other;
	default: /* duplicated */
		memmove(lines + at + 1, lines + at,
		        (*count - at) * sizeof(*lines));
		(*count)++;
		return true;
	}
}

static void thousand_random_changes_are_detected(void **state)
{
	struct audit_chain_summary found;
	size_t count, tried = 0, missed = 0;
	char **lines, **kept;
	unsigned seed = 20261121;

	(void)state;
	for (int i = 0; i < 60; i++)
		(void)write_one("tinn", i);
	audit_log_sign_heads(sign_by_test, NULL);
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.lines, 60);
	assert_int_equal(found.heads, 1);
	assert_int_equal(found.unsigned_lines, 0);
	(void)lines_of(&count, &kept,
	               whole_file(f.arena, file_of("tinn", "jsonl")));
	lines = arena_array(f.arena, char *, count + 2);
	while (tried < 1000) {
		size_t now = count;

		memcpy(lines, kept, count * sizeof(*lines));
		if (!change(lines, &now, &seed))
			continue;
		put_lines(lines, now);
		tried++;
		missed += verify("tinn", &found, NULL);
	}
	assert_int_equal(missed, 0);
	put_lines(kept, count);
	assert_true(verify("tinn", &found, NULL));
}

static void rebuilt_chain_differs_from_signed_head(void **state)
{
	struct audit_chain_summary found;
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		(void)write_one("tinn", i);
	audit_log_sign_heads(sign_by_test, NULL);
	const char *heads = whole_file(f.arena, file_of("tinn", "heads"));

	/* With write access, another valid chain can be built. */
	audit_log_close();
	assert_int_equal(unlink(file_of("tinn", "jsonl")), 0);
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	for (int i = 0; i < 5; i++)
		(void)write_one("tinn", 100 + i);
	assert_false(verify("tinn", &found, &err));
	assert_non_null(strstr(err.text, "does not match the signed head"));
	/* The head cannot be changed to match without the signer's key. */
	char *line = whole_file(f.arena, file_of("tinn", "heads"));
	char *hash = strstr(line, "\"hash\":\"") + strlen("\"hash\":\"");

	*hash = *hash == '0' ? '1' : '0';
	put_file(file_of("tinn", "heads"), line);
	assert_false(verify("tinn", &found, &err));
	assert_non_null(strstr(err.text, "signature of the head is invalid"));
	/* Deleting the day's file is detected too. */
	put_file(file_of("tinn", "heads"), heads);
	assert_int_equal(unlink(file_of("tinn", "jsonl")), 0);
	assert_false(verify("tinn", &found, &err));
}

static void lines_after_last_head_count_as_unsigned(void **state)
{
	struct audit_chain_summary found;

	(void)state;
	(void)write_one("tinn", 1);
	audit_log_sign_heads(sign_by_test, NULL);
	audit_log_sign_heads(sign_by_test,
	                     NULL); /* no new lines: no signature */
	(void)write_one("tinn", 2);
	(void)write_one("tinn", 3);
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.heads, 1);
	assert_int_equal(found.unsigned_lines, 2);
}

/* The chain continues over midnight, so removing a day is detected. */
static void chain_continues_across_days(void **state)
{
	struct audit_chain_summary found;
	char *text;

	(void)state;
	(void)write_one("tinn", 1);
	(void)write_one("tinn", 2);
	audit_log_close();
	text = whole_file(f.arena, file_of("tinn", "jsonl"));
	put_file(fixture_path(&f, "audit/tinn/2026-01-01.a.jsonl"), text);
	assert_int_equal(unlink(file_of("tinn", "jsonl")), 0);
	assert_true(audit_log_open(fixture_path(&f, "audit"), "a", NULL));
	(void)write_one("tinn", 3);
	assert_true(verify("tinn", &found, NULL));
	assert_int_equal(found.files, 2);
	assert_int_equal(found.lines, 3);
	put_file(fixture_path(&f, "audit/tinn/2026-01-01.a.jsonl"),
	         arena_memdup(f.arena, text,
	                      (size_t)(strchr(text, '\n') + 1 - text)));
	assert_false(verify("tinn", &found, NULL));
}

static int make_the_key(void **state)
{
	struct arena *a = arena_open();
	BIO *out;
	char *pem, *bytes;

	(void)state;
	assert_true(key_create(a, "ES256", NULL, &pem, NULL));
	assert_true(key_parse(a, pem, &key, NULL));
	out = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PUBKEY(out, key.pkey));
	long length = BIO_get_mem_data(out, &bytes);

	public_pem = strndup(bytes, (size_t)length);
	BIO_free(out);
	arena_close(a);
	return 0;
}

static int drop_the_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key.pkey);
	free((char *)(uintptr_t)public_pem);
	return 0;
}

#define IN_A_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipt_code_is_parsed_as_typed),
		cmocka_unit_test(receipt_code_with_wrong_letter_is_refused),
		cmocka_unit_test(malformed_receipt_code_is_refused),
		IN_A_FOLDER(event_is_found_by_its_code),
		IN_A_FOLDER(codes_continue_after_restart),
		IN_A_FOLDER(torn_last_line_is_truncated_and_logged),
		IN_A_FOLDER(acknowledged_events_survive_kill_9),
		IN_A_FOLDER(event_cannot_set_prev_or_code),
		IN_A_FOLDER(municipality_is_not_a_path),
		IN_A_FOLDER(deletion_removes_one_municipality_only),
		IN_A_FOLDER(unwritable_event_is_refused),
		IN_A_FOLDER(partial_line_is_truncated),
		IN_A_FOLDER(thousand_random_changes_are_detected),
		IN_A_FOLDER(rebuilt_chain_differs_from_signed_head),
		IN_A_FOLDER(lines_after_last_head_count_as_unsigned),
		IN_A_FOLDER(chain_continues_across_days),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_the_key,
	                                   drop_the_key);
}
