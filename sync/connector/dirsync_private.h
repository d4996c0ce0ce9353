/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirsync_private.h: shared by the files of a session with Active Directory.
 *
 *	dirsync_session  the session
 *	dirsync_changes  three methods to read changes, and their cookie */
#ifndef SYNC_CONNECTOR_DIRSYNC_PRIVATE_H
#define SYNC_CONNECTOR_DIRSYNC_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "lib/vector.h"
#include "region/ldap/directory.h"
#include "sync/connector/source_session.h"

/* Methods to read changes; the first one that the account may use is used. */
enum ad_change_method {
	AD_DIRSYNC = 0,
	/* LDAP_DIRSYNC_OBJECT_SECURITY: needs no replication right, returns
	 * only the objects that the account may read. */
	AD_DIRSYNC_OBJECT_SECURITY,
	AD_USN, /* by uSNChanged, where DirSync is refused */
	AD_CHANGE_METHOD_COUNT
};

/* A changed object, living in the list's arena. */
struct ad_change {
	const char *guid;
	bool deleted; /* as reported; it may have been restored */
	bool moved;   /* renamed, moved or restored, or possibly so */
};
struct ad_change_list {
	struct arena *arena;
	VECTOR(struct ad_change) all;
};

struct ad_session {
	struct source_session *session;
	struct directory *directory;
	struct directory_ad_info server;
	const char **attributes; /* to request of an entry */
	const char *base;        /* normalised */
	bool can_see_deleted;
	json_t *groups; /* DNs of the groups to read again, a set; or NULL */
	enum ad_change_method method;
	struct arena *cookie_arena;
	struct directory_value cookie; /* of DirSync; lives in cookie_arena */
	int64_t usn;                   /* all changes up to this one have been
	                                  read */
};

/* Matches the objects that are synchronised. */
extern const char ad_filter[];

/* Selects the first method that is not refused, and takes the present position
 * as the one from which changes are read.  On error returns false. */
bool ad_changes_start(struct ad_session *ad, struct error *err) must_check;
/* Appends the changes since that position, living in the list's arena.  On
 * error returns false: with INVALID or REFUSED the session must restart without
 * a cookie. */
bool ad_changes_read(struct ad_session *ad, struct ad_change_list *list,
                     struct error *err) must_check;

/* Sets the position as the cookie of the next provisioner_commit_run(). */
void ad_cookie_save(struct ad_session *ad);
/* Restores method and position.  Returns false if the cookie is malformed, too
 * old, of another domain controller, or of a database that has been restored
 * from a backup since. */
bool ad_cookie_load(struct ad_session *ad, const char *cookie, size_t length);

/* Returns whether the server's last change is older than the cookie, which may
 * be NULL: it was restored from a backup. */
bool ad_cookie_went_back(const struct directory_ad_info *server,
                         const char *cookie);

/* Returns the attributes to request, living in s->arena. */
const char **ad_attribute_names(struct source_session *s);

#endif
