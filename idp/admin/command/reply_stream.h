/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reply_stream.h: text and LDIF (RFC 2849) sent to portvaktctl in chunks. */
#ifndef IDP_ADMIN_COMMAND_REPLY_STREAM_H
#define IDP_ADMIN_COMMAND_REPLY_STREAM_H

#include "idp/admin/command/command.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"

struct reply_stream {
	const struct admin_command *cmd;
	struct strbuf pending;
};
struct reply_stream reply_stream_init(const struct admin_command *cmd);
void reply_stream_append(struct reply_stream *out, const char *text);
void reply_stream_flush(struct reply_stream *out);

/* Write LDIF (RFC 2849): one attribute value, or an entry without secret
 * attributes and without values for which keep (NULL: keep all) returns
 * false. */
void ldif_write_value(struct reply_stream *out, const char *name,
                      const struct directory_value *v);
void ldif_write_text(struct reply_stream *out, const char *name,
                     const char *value);
void ldif_write_entry(struct reply_stream *out, const struct directory_entry *e,
                      bool (*keep)(void *data, const char *name,
                                   const struct directory_value *v),
                      void *data);

#endif
