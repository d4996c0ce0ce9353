/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn.c: the state of a logout in progress, as JSON. */
#include "idp/logout/logout_txn.h"

#include "lib/strbuf.h"

enum { VERSION = 1 };

size_t logout_txn_select(struct session_participant *participants, size_t count,
                         const char *initiator)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (participants[i].name_id &&
		    !text_equal(participants[i].service, initiator))
			participants[kept++] = participants[i];
	return kept;
}

static json_t *logout_txn_result(const struct logout_notification *notification)
{
	json_t *row = json_object();

	js_set_string(row, "service", notification->participant.service);
	js_set_string(row, "state", logout_status_name(notification->status));
	js_set_string(row, "issuer", notification->participant.issuer);
	js_set_string(row, "address", notification->redirect_url);
	json_object_set_new(row, "retried",
	                    json_boolean(notification->retried));
	return row;
}

/* "alone": no participant except the initiator.  Where initiator->service is
 * NULL, one result may be its own. */
json_t *logout_txn_create(struct arena *a,
                          const struct logout_initiator *initiator,
                          const struct logout_notification *notifications,
                          size_t count)
{
	json_t *logout = js_own(a, json_object());
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows,
		                      logout_txn_result(&notifications[i]));
	json_object_set_new(logout, "v", json_integer(VERSION));
	json_object_set_new(logout, "leave", json_true());
	json_object_set_new(logout, "rows", rows);
	json_object_set_new(
	    logout, "alone",
	    json_boolean(count <= (initiator->service ? 0 : 1)));
	js_set_string(logout, "front", initiator->protocol);
	js_set_string(logout, "issuer", initiator->issuer);
	if (initiator->request)
		json_object_set(logout, "request", initiator->request);
	return logout;
}

bool logout_txn_is_valid(const json_t *logout)
{
	return js_true(logout, "leave") && js_array(logout, "rows");
}

enum logout_status logout_txn_status(const json_t *row)
{
	return logout_status_parse(js_string(row, "state"));
}

json_t *logout_txn_next_front_channel(const json_t *logout)
{
	json_t *rows = js_array(logout, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (logout_txn_status(json_array_get(rows, i)) ==
		    LOGOUT_BY_BROWSER)
			return json_array_get(rows, i);
	return NULL;
}

bool logout_txn_all_done(const json_t *logout)
{
	json_t *rows = js_array(logout, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (logout_txn_status(json_array_get(rows, i)) != LOGOUT_DONE)
			return false;
	return true;
}

bool logout_txn_nothing_to_show(const json_t *logout)
{
	return !logout_txn_next_front_channel(logout) &&
	       js_true(logout, "alone") && logout_txn_all_done(logout);
}

void logout_txn_set_unreachable(json_t *logout)
{
	json_t *row;

	while ((row = logout_txn_next_front_channel(logout)) != NULL)
		js_set_string(row, "state", logout_status_name(LOGOUT_FAILED));
}

bool logout_txn_set_answer(json_t *logout, const char *service, bool success)
{
	json_t *rows = js_array(logout, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		if (!text_equal(js_string(row, "service"), service))
			continue;
		if (logout_txn_status(row) == LOGOUT_BY_BROWSER)
			js_set_string(row, "state",
			              logout_status_name(success
			                                     ? LOGOUT_DONE
			                                     : LOGOUT_FAILED));
		return true;
	}
	return false;
}

const char *logout_txn_issuer(const json_t *logout, const char *service)
{
	json_t *rows = js_array(logout, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (text_equal(js_string(json_array_get(rows, i), "service"),
		               service))
			return js_string(json_array_get(rows, i), "issuer");
	return NULL;
}

json_t *logout_txn_results(struct arena *a, const json_t *logout)
{
	json_t *results = js_own(a, json_object());
	json_t *rows = js_array(logout, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		js_set_string(results, js_string(row, "service"),
		              js_string(row, "state"));
	}
	return results;
}
