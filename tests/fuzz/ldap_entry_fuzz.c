/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_entry_fuzz.c: arbitrary bytes as a SearchResultEntry of a directory
 * (RFC 4511 4.5.2), read by libldap from a socket and mapped to a person as the
 * connector maps it.  The first byte selects the kind of directory and the
 * form: an entry in BER, or lines "NAME VALUE" that are encoded here.  The
 * entry fits into a frame, is what its reader accepts, and does not depend on
 * the attribute of the national identity number.
 *
 * with: sync/connector/attribute_map.c sync/connector/national_id.c
 */
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "region/ldap/directory_private.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/national_id.h"

enum {
	BER_SEQUENCE = 0x30,
	BER_SET = 0x31,
	BER_OCTETS = 0x04,
	SEARCH_RESULT_ENTRY = 0x64,
	INPUT_MAX = 16 * 1024, /* fits into the socket's buffer */
	ENTRY_MAX = 40 * 1024, /* attribute_map.c's limits, as JSON */
	NOW = 1790000000,      /* in 2026 */
	TEXT_FORM = 0x80,
};

#define NATIONAL_ID "norEduPersonNIN"

static struct attribute_mapping conversions[] = {
	{ "national-id", NATIONAL_ID, { 0 } },
	{ "employee-number", NATIONAL_ID, { 0 } }, /* never sent */
	{ "login", "mail", { .trim = true, .lower = true, .first = true } },
	{ "until", "employeeEnd", { .date_format = "DD.MM.YYYY" } },
	{ "disabled", "loginDisabled", { 0 } },
	{ "unit",
	  "ou",
	  { .where_attribute = "employeeType",
	    .where_value = "ansatt",
	    .default_value = "ukjent" } },
};
static const struct directory_conf directories[] = {
	{ .name = "tinn", .type = DIRECTORY_OPENLDAP },
	{ .name = "tinn", .type = DIRECTORY_AD },
	{ .name = "tinn",
	  .type = DIRECTORY_OPENLDAP,
	  .attribute_map = conversions,
	  .attribute_map_count = 6 },
	{ .name = "tinn",
	  .type = DIRECTORY_389DS,
	  .attribute_map = conversions,
	  .attribute_map_count = 2 },
};

/* ---- what the server sends */

static void ber_put(struct strbuf *out, int tag, const char *bytes, size_t size)
{
	const char head[] = { (char)tag, (char)0x83, (char)(size >> 16),
		              (char)(size >> 8), (char)size };

	strbuf_append_bytes(out, head, sizeof(head));
	strbuf_append_bytes(out, bytes, size);
}

static void put_attribute(struct arena *a, struct strbuf *out, const char *line,
                          size_t length)
{
	const char *blank = memchr(line, ' ', length);
	const char *value = blank ? blank + 1 : line + length;
	struct strbuf both = strbuf_init(a), set = strbuf_init(a);

	ber_put(&set, BER_OCTETS, value, (size_t)(line + length - value));
	ber_put(&both, BER_OCTETS, line,
	        blank ? (size_t)(blank - line) : length);
	ber_put(&both, BER_SET, set.data, set.length);
	ber_put(out, BER_SEQUENCE, both.data, both.length);
}

/* Returns the DN and the attributes of an entry in lines. */
static struct strbuf entry_of_lines(struct arena *a, const uint8_t *data,
                                    size_t size)
{
	struct strbuf entry = strbuf_init(a), attributes = strbuf_init(a);
	size_t length;
	char *line = fuzz_line(a, &data, &size, &length);

	ber_put(&entry, BER_OCTETS, line, length);
	while (size > 0) {
		line = fuzz_line(a, &data, &size, &length);
		put_attribute(a, &attributes, line, length);
	}
	ber_put(&entry, BER_SEQUENCE, attributes.data, attributes.length);
	return entry;
}

static const char message_id[] = { 0x02, 0x01, 0x01 };

static struct strbuf server_messages(struct arena *a,
                                     const struct strbuf *entry)
{
	static const char done[] = { 0x30, 0x0c, 0x02, 0x01, 0x01, 0x65, 0x07,
		                     0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00 };
	struct strbuf operation = strbuf_init(a), all = strbuf_init(a);

	strbuf_append_bytes(&operation, message_id, sizeof(message_id));
	ber_put(&operation, SEARCH_RESULT_ENTRY, entry->data, entry->length);
	ber_put(&all, BER_SEQUENCE, operation.data, operation.length);
	strbuf_append_bytes(&all, done, sizeof(done));
	return all;
}

/* ---- what is read */

static json_t *entry_written(struct arena *a, const struct sync_entry *entry)
{
	struct error err = { 0 };
	json_t *written = NULL;

	assert(sync_entry_write(entry, &written, &err));
	return js_own(a, written);
}

static struct directory_entry without_national_id(
    struct arena *a, const struct directory_entry *e)
{
	struct directory_entry copy = directory_entry_copy(a, e);
	size_t kept = 0;

	for (size_t i = 0; i < copy.count; i++)
		if (strcasecmp(copy.attributes[i].name, NATIONAL_ID) != 0)
			copy.attributes[kept++] = copy.attributes[i];
	copy.count = kept;
	return copy;
}

static bool check_entry(void *data, const struct directory_entry *e,
                        struct error *err)
{
	const struct directory_conf *d = data;
	struct arena *a = arena_open();
	struct sync_entry again;
	json_t *written =
	    entry_written(a, attribute_map_entry(a, d, "anchor", e));

	assert(strlen(js_dump(a, written)) < ENTRY_MAX ||
	       json_array_size(json_object_get(
		   json_object_get(written, "attributes"), "member")) > 0);
	assert(sync_entry_read(a, written, &again, err));
	if (d->attribute_map_count > 0) {
		const struct directory_entry rest = without_national_id(a, e);
		const struct sync_entry *mapped =
		    attribute_map_entry(a, d, "anchor", &rest);

		assert(json_equal(written, entry_written(a, mapped)));
	}
	const char *number =
	    national_id_strip_separators(a, attribute_map_national_id(d, e));

	if (number && national_id_is_valid(number, false, NOW))
		assert(strlen(number) == 11 &&
		       strspn(number, "0123456789") == 11);
	arena_close(a);
	return true;
}

static LDAP *client_of(int fd)
{
	const int version = LDAP_VERSION3;
	LDAP *ld = NULL;

	assert(ldap_init_fd(fd, LDAP_PROTO_IPC, "ldapi://", &ld) ==
	       LDAP_SUCCESS);
	(void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	return ld;
}

static void search_answered_with(const struct directory_conf *conf,
                                 const struct strbuf *messages)
{
	struct error err = { 0 };
	int ends[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	assert(write(ends[1], messages->data, messages->length) ==
	       (ssize_t)messages->length);
	assert(shutdown(ends[1], SHUT_WR) == 0);
	struct directory d = { .ld = client_of(ends[0]), .deadline_ms = 1000 };

	if (!directory_search_each(&d, "", SCOPE_SUBTREE, "(a=b)", NULL,
	                           check_entry, (void *)conf, &err))
		assert(err.kind == ERROR_UNAVAILABLE ||
		       err.kind == ERROR_INVALID);
	(void)ldap_unbind_ext(d.ld, NULL, NULL);
	(void)close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();

	if (size > 0 && size < INPUT_MAX) {
		struct strbuf entry = strbuf_init(a);

		if (data[0] & TEXT_FORM)
			entry = entry_of_lines(a, data + 1, size - 1);
		else
			strbuf_append_bytes(&entry, (const char *)data + 1,
			                    size - 1);
		const struct strbuf messages = server_messages(a, &entry);

		search_answered_with(&directories[data[0] & 3], &messages);
	}
	arena_close(a);
	return 0;
}
