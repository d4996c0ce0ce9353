/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ad.h: what the files of the conversation with Active Directory share.
 *
 *	ad          the conversation
 *	ad_changes  three ways of asking what has changed, and the cookie */
#ifndef SYNC_READER_AD_H
#define SYNC_READER_AD_H

#include "lib/list.h"
#include "sync/reader/reader.h"

/* How changes are asked for; the first one that this account may use. */
enum ad_way {
	AD_DIRSYNC = 0,
	AD_DIRSYNC_VISIBLE, /* without the right to replicate: what we may
	                       read, and no more */
	AD_USN,             /* by uSNChanged, where DirSync is refused */
	AD_WAYS
};

/* An object that has changed. */
struct ad_change {
	const char *guid;
	bool deleted; /* so it is said; it may be back already */
	bool moved;   /* renamed, moved or brought back, or that may be */
};
struct ad_changes {
	struct arena *arena;
	LIST(struct ad_change) all;
};

struct ad {
	struct talk *talk;
	struct directory *directory;
	struct directory_ad server;
	const char **names; /* of an entry that is read */
	const char *base;   /* normal */
	bool sees_deleted;
	json_t *groups; /* DNs of those to be read again, as a set; or NULL */
	enum ad_way way;
	struct arena *cookies;
	struct directory_value cookie; /* DirSync's, living in cookies */
	int64_t usn;                   /* all that came before has been read */
};

/* The objects that count. */
extern const char ad_filter[];

/* Where changes begin that are asked for from now on, in the first way that
 * is not refused. */
bool ad_begin(struct ad *ad, struct fault *why) must_check;
/* What has changed since, living in list's arena.  INVALID or REFUSED where
 * only a new beginning helps. */
bool ad_ask(struct ad *ad, struct ad_changes *list,
            struct fault *why) must_check;

/* What the writer keeps of that goes along with the next commit. */
void ad_keep_cookie(struct ad *ad);
/* False: it is of another server, or of another life of its database, or of
 * one that has been set back since, or too old. */
bool ad_read_cookie(struct ad *ad, const char *cookie, size_t length);

/* The attributes of an entry, living in t->kept. */
const char **ad_names(struct talk *t);

#endif
