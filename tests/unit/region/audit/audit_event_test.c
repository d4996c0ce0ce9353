/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_event_test.c: the contents of audit events, without secrets. */
#include "tests/unit/region/config/fixture.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/log.h"
#include "region/audit/audit_event.h"
#include "region/policy/policy_context.h"

#define PERSON      "7d1f7a52-5a3a-4c53-9f5d-2b1f3f4a9d01"
#define AFFILIATION "0c9d2a8e-7c11-4f6b-8e0a-66d0c6d8b702"

static struct fixture f;
static const struct network network = { .name = "office",
	                                .listener = "office-proxy" };
static struct config r = { .networks = &network, .network_count = 1 };
static struct ipc_client *audit;
static char last_request[IPC_MAX_BODY_BYTES]; /* as text */
static const char *response_code; /* receipt code, or NULL: close the
                                     connection */

/* Serves one request.  Returns false if there is none, or no response. */
static bool serve_one(int fd)
{
	struct arena *a = arena_open();
	uint8_t kind;
	uint64_t id;
	json_t *body;
	bool good = ipc_frame_receive(a, fd, 10000, &kind, &id, &body, NULL) &&
	            response_code;

	if (good) {
		own(release_json) json_t *answer =
		    json_pack("{s:s}", "code", response_code);

		(void)snprintf(last_request, sizeof(last_request), "%s",
		               js_dump(a, body));
		good = ipc_frame_send(fd, kind | IPC_REPLY, id, answer, NULL);
	}
	arena_close(a);
	return good;
}

/* The connection is persistent, as in portvakt-audit: closing it after a
 * response could lose the next request. */
static void *serve(void *listening)
{
	for (;;) {
		int fd = accept(*(int *)listening, NULL, NULL);

		while (serve_one(fd))
			continue;
		(void)close(fd);
	}
	return NULL;
}

static int open_all(void **state)
{
	static int listening;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	pthread_t thread;

	(void)state;
	f = fixture_open();
	memset(r.hash, '0', 64);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s",
	               fixture_path(&f, "s"));
	listening = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(listening, 4), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, &listening), 0);
	(void)pthread_detach(thread);
	audit = ipc_client_open(at.sun_path, 1, 1000);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	ipc_client_close(audit);
	arena_close(f.arena);
	return 0;
}

static struct audit_event event(void)
{
	return (struct audit_event){
		.cfg = &r,
		.municipality = "tinn",
		.person = PERSON,
		.affiliation = AFFILIATION,
		.service = "arkiv",
		.issuer = "region",
		.address = "10.40.1.2",
		.sid = "the-session-id",
		.acr = "idporten-loa-low",
		.took_ms = 12,
	};
}

static void a_granted_access_names_the_rule(void **state)
{
	struct audit_event e = event();
	const struct policy_decision d = {
		.verdict = POLICY_ALLOW,
		.location = { "/etc/portvakt/policies/tinn.conf", 31 },
	};
	char *released[] = { (char[]){ "name" }, (char[]){ "mail" }, NULL };
	char *code;

	(void)state;
	response_code = "A-1121-7K4Q";
	assert_true(audit_access_granted(audit, f.arena, &e, &d, released,
	                                 &code, NULL));
	assert_string_equal(code, "A-1121-7K4Q");
	const char *receipt = strstr(last_request, "\"receipt\":");

	assert_non_null(receipt);
	assert_true(strlen(receipt) < 400);
	assert_non_null(strstr(receipt, "\"rule\":\"tinn.conf:31\""));
	assert_non_null(strstr(receipt, "\"released\":\"name mail\""));
	assert_non_null(strstr(receipt, AFFILIATION));
	assert_non_null(strstr(last_request, "\"municipality\":\"tinn\""));
	assert_non_null(strstr(last_request, "\"conf\":\"0000000000000000\""));
}

static void a_denied_access_contains_everything_but_secrets(void **state)
{
	struct audit_event e = event();
	const struct policy_decision d = { .reason = "network" };
	char *code;

	(void)state;
	response_code = "A-1121-7K4Q";
	e.reason = "network";
	e.detail = "may not";
	assert_true(audit_access_denied(audit, f.arena, &e, &d, &code, NULL));
	assert_non_null(strstr(last_request, "\"what\":\"refused\""));
	assert_non_null(strstr(last_request, "\"reason\":\"network\""));
	assert_non_null(strstr(last_request, "\"decision\":{"));
	assert_non_null(strstr(last_request, "\"address\":\"10.40.1.2\""));
	assert_non_null(strstr(last_request, PERSON));
	assert_null(strstr(last_request, "the-session-id"));
}

/* The facts of a Saturday at 23:05 in Oslo. */
static const struct portvakt_context *facts(void)
{
	static const char *const units[] = { "skole", NULL };
	static const char *const none[] = { NULL };
	static const char *const networks[] = { "office", NULL };
	static struct portvakt_context c;

	c = (struct portvakt_context){
		.person = PERSON,
		.affiliation = AFFILIATION,
		.municipality = "tinn",
		.kind = "teacher",
		.units = units,
		.roles = none,
		.networks = networks,
		.service_networks = none,
		.service_units = none,
		.position = 80,
		.service = "arkiv",
		.acr = "idporten-loa-low",
		.address = "10.40.1.2",
		.now = 1795298700,
		.weekday = 6,
		.hour = 23,
		.minute = 5,
	};
	return &c;
}

/* Returns the event of the last request. */
static json_t *last_event(void)
{
	json_t *request;

	assert_true(js_parse(f.arena, last_request, strlen(last_request),
	                     &request, NULL));
	return js_object(request, "receipt");
}

static void check_circumstances(void)
{
	const json_t *e = last_event();
	const struct portvakt_context *read =
	    policy_context_from_json(f.arena, js_object(e, "facts"));

	assert_string_equal(js_dump(f.arena, js_array(e, "amr")),
	                    "[\"pwd\",\"mfa\"]");
	assert_string_equal(js_dump(f.arena, js_array(e, "networks")),
	                    "[\"office\"]");
	assert_string_equal(js_string(e, "local"), "Saturday 23:05");
	assert_string_equal(js_string(e, "conf"), "0000000000000000");
	/* All that rules saw can be read again. */
	assert_string_equal(read->kind, "teacher");
	assert_string_equal(read->units[0], "skole");
	assert_string_equal(read->networks[0], "office");
	assert_int_equal(read->position, 80);
	assert_int_equal(read->now, 1795298700);
	assert_int_equal(read->weekday, 6);
	assert_int_equal(read->minute, 5);
}

static void an_access_event_has_what_a_policy_depends_on(void **state)
{
	struct audit_event e = event();
	const struct policy_decision d = { .facts = facts() };
	char *code;

	(void)state;
	response_code = "A-1121-7K4Q";
	e.method = "pwd";
	e.second_factor = true;
	e.listener = "office-proxy";
	assert_true(
	    audit_access_granted(audit, f.arena, &e, &d, NULL, &code, NULL));
	check_circumstances();
	assert_true(audit_access_denied(audit, f.arena, &e, &d, &code, NULL));
	check_circumstances();
}

static void an_access_event_without_an_affiliation_has_no_facts(void **state)
{
	struct audit_event e = event();

	(void)state;
	response_code = "A-1121-7K4Q";
	assert_true(audit_access_denied(audit, f.arena, &e, NULL, NULL, NULL));
	assert_null(js_object(last_event(), "facts"));
	assert_null(js_array(last_event(), "amr"));
	assert_non_null(js_array(last_event(), "networks"));
	assert_non_null(js_string(last_event(), "local"));
}

static void an_access_states_the_login_that_proves_it(void **state)
{
	const struct audit_proof proof = { "f-k", "kongsberg", "kongsberg",
		                           "pwd", "f-t" };
	struct audit_event e = event();
	char *code;

	(void)state;
	response_code = "A-1121-7K4Q";
	e.proof = &proof;
	assert_true(
	    audit_access_granted(audit, f.arena, &e, NULL, NULL, &code, NULL));
	json_t *seen = js_object(last_event(), "proof");

	assert_string_equal(js_string(seen, "affiliation"), "f-k");
	assert_string_equal(js_string(seen, "directory"), "kongsberg");
	assert_string_equal(js_string(seen, "municipality"), "kongsberg");
	assert_string_equal(js_string(seen, "method"), "pwd");
	assert_string_equal(js_string(seen, "link"), "f-t");
	assert_true(audit_access_denied(audit, f.arena, &e, NULL, &code, NULL));
	assert_non_null(js_object(last_event(), "proof"));
}

static void an_event_has_the_request_id(void **state)
{
	struct audit_event e = event();

	(void)state;
	response_code = "A-1121-7K4Q";
	log_request_set("0123456789abcdef");
	assert_true(audit_login(audit, f.arena, &e, NULL, NULL));
	assert_string_equal(js_string(last_event(), "request"),
	                    "0123456789abcdef");
	log_request_clear();
	assert_true(audit_login(audit, f.arena, &e, NULL, NULL));
	assert_null(js_string(last_event(), "request"));
}

static void a_detail_is_cut_between_characters_and_never_dropped(void **state)
{
	struct audit_event e = event();
	char detail[1024] = "a";

	(void)state;
	response_code = "A-1121-7K4Q";
	while (strlen(detail) < 900)
		strcat(detail, "\xC3\xB8");
	e.detail = detail;
	assert_true(audit_access_denied(audit, f.arena, &e, NULL, NULL, NULL));
	assert_int_equal(strlen(js_string(last_event(), "detail")), 499);
	e.detail = "cn=b\xF8";
	assert_true(audit_access_denied(audit, f.arena, &e, NULL, NULL, NULL));
	assert_string_equal(js_string(last_event(), "detail"), "cn=b\\xf8");
}

static void an_event_without_a_municipality_belongs_to_the_region(void **state)
{
	struct audit_event e = event();
	char *code;

	(void)state;
	response_code = "A-1121-7K4Q";
	e.municipality = NULL;
	assert_true(audit_admin_command(audit, f.arena, &e, "keys roll", "root",
	                                &code, NULL));
	assert_non_null(strstr(last_request, "\"municipality\":\"region\""));
	assert_non_null(strstr(last_request, "\"by\":\"root\""));
	own(release_json) json_t *results =
	    json_pack("{s:s}", "arkiv", "failed");

	assert_true(
	    audit_logout(audit, f.arena, &e, "logout", results, &code, NULL));
	assert_non_null(
	    strstr(last_request, "\"logout\":{\"arkiv\":\"failed\"}"));
	assert_true(audit_login(audit, f.arena, &e, NULL, NULL));
	assert_non_null(strstr(last_request, "\"what\":\"login\""));
}

static void an_unacknowledged_event_is_an_error(void **state)
{
	struct audit_event e = event();
	struct error err = { 0 };
	char *code = NULL;

	(void)state;
	response_code = NULL;
	assert_false(audit_login(audit, f.arena, &e, &code, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_string_equal(err.reason, "audit-unavailable");
	assert_null(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_granted_access_names_the_rule),
		cmocka_unit_test(an_access_states_the_login_that_proves_it),
		cmocka_unit_test(
		    a_denied_access_contains_everything_but_secrets),
		cmocka_unit_test(an_access_event_has_what_a_policy_depends_on),
		cmocka_unit_test(
		    an_access_event_without_an_affiliation_has_no_facts),
		cmocka_unit_test(an_event_has_the_request_id),
		cmocka_unit_test(
		    a_detail_is_cut_between_characters_and_never_dropped),
		cmocka_unit_test(
		    an_event_without_a_municipality_belongs_to_the_region),
		cmocka_unit_test(an_unacknowledged_event_is_an_error),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_all,
	                                   close_all);
}
