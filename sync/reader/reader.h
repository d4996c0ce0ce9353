/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reader.h: portvakt-reader's files: one process follows one directory and
 * tells the writer what is in it.
 *
 *	talk       one conversation with the directory after another
 *	follow     ... by RFC 4533
 *	sweep      ... and what its end means for what it did not name
 *	compare    ... by reading all of it
 *	ad         ... with Active Directory (ad.h)
 *	changelog  does 389-DS still know what was since our cookie?
 *	clocks     what its clock and its certificate will come to
 *	tell       what it says is told to the writer
 *	group      a group, in pieces
 *	identity   which directory it is
 *	fields     an entry as the writer wants it
 *	national   is it a national identity number?
 *	secrets    what the keeper makes of one
 *	doctor     is the directory as we need it? */
#ifndef SYNC_READER_READER_H
#define SYNC_READER_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/answer.h"
#include "region/ask.h"
#include "region/directory.h"
#include "region/region.h"

struct reader {
	const char *name; /* the directory's, in the configuration */
	struct ask *writer;
	struct ask *keeper;
	atomic_bool compare_now;
	/* What outlives a conversation; its thread's own. */
	size_t skip;               /* addresses whose server is behind us */
	int64_t behind_since;      /* clock_monotonic_ms; 0: none is */
	int64_t certificate_until; /* 0: unknown */
	int days_told;
};

/* Follows for ever; comes back when the directory is no longer configured. */
void reader_follow(struct reader *r);

/* One conversation with the directory. */
struct talk {
	struct reader *reader;
	const struct region *region;
	const struct directory_conf *directory;
	bool synthetic;
	bool cookie_sent;
	const char *identity; /* the directory's own; NULL: it says none */
	bool whole;           /* the next run to be begun compares everything */
	int64_t known;        /* records the writer has of it */
	int64_t run;          /* 0: none is open */
	json_t *batch;
	size_t batch_bytes;
	int64_t entries;            /* of this run */
	int64_t received, presents; /* of the refresh */
	char *cookie;               /* to be committed; lives in cookies */
	struct arena *cookies;
	struct arena *kept; /* as long as the conversation */
	int64_t compare_at; /* clock_monotonic_ms */
	size_t from;        /* the first address that was tried */
	bool idle;          /* nothing came for a while */
	bool skew_told;
	bool whole_next;    /* the next conversation begins without a cookie */
	bool was_good;      /* it came to the end of its refresh */
	bool ended;         /* by us, to begin another at once */
	int64_t age;        /* seconds since a full compare, as hello said */
	const char *health; /* what an operator is to know, told along with
	                       each commit; or NULL */
};

/* ---- talk */

/* Connected and bound as the configuration says; the caller's to close. */
bool talk_connect(struct talk *t, struct directory **ret_d,
                  struct fault *why) must_check;
/* The next conversation begins with the address behind. */
void talk_skip(struct talk *t);
/* Whether something ends this conversation for a reason of ours, which is
 * then in why; to be asked about every second. */
bool talk_is_over(struct talk *t, struct fault *why);

/* ---- conversations: each returns false, and why, when it is over */

bool follow_converse(struct talk *t, struct fault *why) must_check;
bool compare_converse(struct talk *t, struct fault *why) must_check;
bool ad_converse(struct talk *t, struct fault *why) must_check;

/* ---- sweep */

/* How a refresh ended. */
struct sweep_facts {
	enum directory_kind kind;
	int code; /* directory_follow's; 0: it came to its end */
	bool cookie_sent, cookie_came;
	bool deletes; /* the server says that it named all that is gone */
	int64_t received, presents;
	int64_t known; /* the entries we had of it */
};
enum sweep {
	SWEEP_DISCARD = 0, /* it has not been; the cookie stays as it was */
	SWEEP_AFRESH,      /* nor has it, and the next one sends no cookie */
	SWEEP_BEHIND,      /* nor has it: this server knows less than we do */
	SWEEP_NAMED,       /* only what was named is gone */
	SWEEP_ABSENT, /* what was not named may be gone: that is for the brake
	               */
};
enum sweep sweep_decide(const struct sweep_facts *f);

/* ---- changelog */

/* root: its root entry.  False where it cannot be told. */
bool changelog_reaches(const char *cookie, size_t length,
                       const struct directory_entry *root);
bool changelog_check(struct talk *t, struct directory *d, const char *cookie,
                     size_t length, bool *ret_reaches,
                     struct fault *why) must_check;

/* ---- clocks */

/* The newest time in slapd's cookie; false where there is none. */
bool clocks_of_cookie(struct arena *a, const char *cookie, int64_t *ret_newest);
/* Warns, once a conversation.  is_now: it came with a change as that was
 * made. */
void clocks_look(struct talk *t, const char *cookie, size_t length,
                 bool is_now);
/* 30, 7 or 1 when no more days than that are left, 0 before. */
int clocks_days_left(int64_t until, int64_t now);
void clocks_certificate(struct reader *r, int64_t until);
/* Warns, once for each of these. */
void clocks_tell(struct reader *r);

/* ---- tell */

/* The cookie the writer has for this question, living in t->kept, or NULL;
 * what it knows and when it last compared goes into t. */
bool tell_hello(struct talk *t, char **ret_cookie, size_t *ret_length,
                struct fault *why) must_check;
/* A new run; tell_run: unless one is open. */
bool tell_begin(struct talk *t, struct fault *why) must_check;
bool tell_run(struct talk *t, struct fault *why) must_check;
/* The entry as it is, its national number as join and sealed value only. */
bool tell_entry(struct talk *t, const char *anchor,
                const struct directory_entry *e, struct fault *why) must_check;
/* ASK_PRESENT or ASK_DELETED. */
bool tell_anchors(struct talk *t, enum kind_of_question kind, char **anchors,
                  size_t count, struct fault *why) must_check;
/* Goes along with the next commit. */
void tell_cookie(struct talk *t, const char *cookie, size_t length);
/* Into the run, sooner or later; and at once, before anything else, with the
 * writer's answer.  What is added to an entry that was told says more: true. */
bool tell_put(struct talk *t, struct arena *a, json_t *entry,
              struct fault *why) must_check;
bool tell_alone(struct talk *t, struct arena *a, json_t *entry,
                json_t **ret_answer, struct fault *why) must_check;
/* The run is whole.  sweep: what it did not name is gone. */
bool tell_commit(struct talk *t, bool sweep, struct fault *why) must_check;
/* The open run, if any, has not been. */
void tell_abort(struct talk *t, const struct fault *why);

/* ---- group */

/* A group, {anchor, ..., attributes: {member, ...}}, in as many pieces as it
 * needs. */
bool group_put(struct talk *t, struct arena *a, json_t *entry,
               struct fault *why) must_check;

/* ---- identity */

/* Sets t->identity to the hash of what the base is known by. */
void identity_read(struct talk *t, struct directory *d);

/* ---- fields */

/* The attributes to ask for, NULL-terminated, living in a. */
const char **fields_names(struct arena *a, const struct directory_conf *d);
/* {anchor, dn, class, attributes}, without the national number. */
json_t *fields_entry(struct arena *a, const struct directory_conf *d,
                     const char *anchor, const struct directory_entry *e);
/* The national number as the entry has it, or NULL. */
const char *fields_national(const struct directory_conf *d,
                            const struct directory_entry *e);
/* What the cookie is good for: the same entries read the same way. */
char *fields_scope(struct arena *a, const struct directory_conf *d);

/* ---- national */

/* Eleven digits with both check digits, a real day and month; a D-number has
 * its day raised by 40.  synthetic: those of Test-Norge, month raised by 80,
 * and only those; invented people never meet real ones. */
bool national_is_valid(const char *number, bool synthetic, int64_t now);
/* A number of another kind, right in itself, that health services and the
 * immigration authority give: two of them may be one person, so nobody is
 * known by it elsewhere. */
bool national_is_local(const char *number, int64_t now);
/* As people write it, without the blanks; NULL for NULL. */
char *national_plain(struct arena *a, const char *said);
/* Only an invented region, under a name that can never be real (RFC 2606),
 * has invented people. */
bool national_is_synthetic_in(const struct region *r);

/* ---- secrets */

/* Adds join and sealed to entry. */
bool secrets_add(struct reader *r, const struct region *region, struct arena *a,
                 const char *number, json_t *entry,
                 struct fault *why) must_check;

/* ---- doctor */

/* Looks at the directory and tells whoever asked, line by line, what is wrong
 * and what to do about it.  False: something is, or there is no such
 * directory. */
bool doctor_visit(const struct question *q, const char *name,
                  struct fault *why) must_check;

#endif
