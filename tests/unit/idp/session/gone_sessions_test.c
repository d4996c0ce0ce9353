/* SPDX-License-Identifier: AGPL-3.0-or-later
 * gone_sessions_test.c: the list of ended sessions in portvakt-web. */
#include "tests/unit/region/config/fixture.h"

#include <time.h>

#include "idp/session/gone_sessions.h"
#include "region/ipc/ipc_client.h"

static void before_the_list_is_known_nothing_is_certain(void **state)
{
	struct gone_sessions *t = gone_sessions_open();
	struct ipc_client *none = ipc_client_open("/nowhere.example", 1, 50);
	struct config cfg = { .hash = "0" };
	struct error err = { 0 };
	bool gone = true;

	(void)state;
	assert_false(gone_sessions_find(t, "sid", &gone, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_string_equal(err.reason, "session-store-unavailable");
	assert_false(gone_sessions_update(t, none, &cfg, NULL));
	assert_false(gone_sessions_find(t, "sid", &gone, NULL));
	ipc_client_close(none);
	gone_sessions_close(t);
}

static void what_ended_here_is_found_among_many(void **state)
{
	struct gone_sessions *t = gone_sessions_open();
	char sid[32];
	bool gone;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(sid, sizeof(sid), "sid-%d", i);
		gone_sessions_add(t, sid);
		gone_sessions_add(t, sid);
	}
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(sid, sizeof(sid), "sid-%d", i);
		(void)!gone_sessions_find(t, sid, &gone, NULL);
		assert_true(gone);
	}
	(void)!gone_sessions_find(t, "sid-20000", &gone, NULL);
	assert_false(gone);
	gone_sessions_close(t);
}

/* With a max-lifetime of zero each update begins a new one. */
static void an_end_is_kept_for_a_whole_max_lifetime_and_then_dropped(
    void **state)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000000L };
	struct gone_sessions *t = gone_sessions_open();
	struct ipc_client *none = ipc_client_open("/nowhere.example", 1, 50);
	struct config cfg = { .hash = "0" };
	bool gone;

	(void)state;
	gone_sessions_add(t, "sid");
	for (int updates = 0; updates < 3; updates++) {
		(void)!gone_sessions_find(t, "sid", &gone, NULL);
		assert_int_equal(gone, updates < 2);
		(void)nanosleep(&pause, NULL);
		assert_false(gone_sessions_update(t, none, &cfg, NULL));
	}
	ipc_client_close(none);
	gone_sessions_close(t);
}

TESTS(before_the_list_is_known_nothing_is_certain,
      what_ended_here_is_found_among_many,
      an_end_is_kept_for_a_whole_max_lifetime_and_then_dropped)
