/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_message.c: finds and serves the messages of ipc_messages.def. */
#include "region/ipc/ipc_message.h"

#include "lib/strbuf.h"
#include "region/ipc/ipc_server.h"

const struct ipc_message *ipc_message_find(unsigned type)
{
	for (size_t i = 0; i < ipc_message_count; i++)
		if (ipc_messages[i].type == type)
			return &ipc_messages[i];
	return NULL;
}

const char *ipc_name(const char *const *names, size_t count, unsigned value)
{
	return value < count ? names[value] : NULL;
}

unsigned ipc_name_find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 1; i < count; i++)
		if (text_equal(names[i], name))
			return (unsigned)i;
	return 0;
}

bool ipc_message_unsupported(const char *name, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "%s is not served by this process",
	                 name);
}

bool ipc_message_serve(const struct ipc_handlers *handlers,
                       const struct ipc_request *q, unsigned type,
                       const json_t *body, json_t **ret_reply,
                       struct error *err)
{
	const struct ipc_message *m = ipc_message_find(type);
	json_t *reply = NULL;

	if (!m)
		return error_set(err, ERROR_REFUSED, "there is no message %u",
		                 type);
	if (!m->serve(handlers, q, body, &reply, err))
		return false;
	*ret_reply = js_own(q->arena, reply);
	return true;
}

static bool ipc_envelope_member(struct arena *a, json_t *body, const char *name,
                                const char **ret, struct error *err)
{
	const json_t *value = json_object_get(body, name);

	if (value && !json_is_string(value))
		return error_set(err, ERROR_INVALID, "%s is not a text", name);
	*ret = arena_strdup(a, json_string_value(value));
	(void)json_object_del(body, name);
	return true;
}

bool ipc_envelope_take(struct arena *a, json_t *body, struct ipc_envelope *ret,
                       struct error *err)
{
	return ipc_envelope_member(a, body, "conf", &ret->conf, err) &&
	       ipc_envelope_member(a, body, "request", &ret->request_id, err);
}
