/* SPDX-License-Identifier: AGPL-3.0-or-later
 * identity.c: reads the ids of a supervisor's users, and changes to them.  What
 * a system call filter cannot compare is not called: supplementary groups are
 * kept or emptied, and setuid() and its relatives are replaced by setresuid().
 */
#include "lib/process/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/process/capabilities.h"
#include "lib/strbuf.h"

enum {
	MAX_USERS = 24,
	MAX_GROUPS = 32,
	MAX_SOCKET_GROUPS = 4,
	MAX_RULES = 2 * MAX_USERS + MAX_SOCKET_GROUPS + 2,
};

struct identity {
	const char *user;
	uid_t uid;
	gid_t gid;
	bool has_groups; /* the supplementary ones of the table */
};

static struct {
	struct identity users[MAX_USERS];
	size_t user_count; /* 0: not a supervisor that changes users */
	gid_t groups[MAX_GROUPS];
	size_t group_count;
	gid_t socket_groups[MAX_SOCKET_GROUPS];
	size_t socket_group_count;
	struct syscall_rule rules[MAX_RULES];
} table;

bool identity_can_change(void)
{
	return capabilities_can_change_user();
}

/* ---- reading */

static int identity_compare_groups(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Returns the number of the user's supplementary groups, in order; -1: too
 * many. */
static int identity_read_groups(const struct passwd *entry,
                                gid_t ret_groups[MAX_GROUPS])
{
	gid_t all[MAX_GROUPS];
	int count = MAX_GROUPS, kept = 0;

	if (getgrouplist(entry->pw_name, entry->pw_gid, all, &count) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		if (all[i] != entry->pw_gid)
			ret_groups[kept++] = all[i];
	qsort(ret_groups, (size_t)kept, sizeof(*ret_groups),
	      identity_compare_groups);
	return kept;
}

/* The first user with supplementary groups decides which they are. */
static bool identity_match_groups(const gid_t *groups, size_t count)
{
	if (table.group_count == 0) {
		memcpy(table.groups, groups, count * sizeof(*groups));
		table.group_count = count;
	}
	return count == 0 ||
	       (count == table.group_count &&
	        memcmp(table.groups, groups, count * sizeof(*groups)) == 0);
}

/* In order: root's group would be the first. */
static bool identity_is_root(const struct passwd *entry, const gid_t *groups,
                             int count)
{
	return entry->pw_uid == 0 || entry->pw_gid == 0 ||
	       (count > 0 && groups[0] == 0);
}

static const struct passwd *identity_find_user(const char *user,
                                               struct error *err)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry)
		(void)error_set(err, ERROR_REFUSED,
		                "user %s does not exist; systemd-sysusers "
		                "creates the users of Portvakt",
		                user);
	return entry;
}

static bool identity_add_user(const char *user, struct error *err)
{
	gid_t groups[MAX_GROUPS] = { 0 };
	const struct passwd *entry = identity_find_user(user, err);
	int count = entry ? identity_read_groups(entry, groups) : -1;

	if (!entry)
		return false;
	if (count < 0 || table.user_count == MAX_USERS)
		return error_set(err, ERROR_REFUSED,
		                 "user %s: too many users or groups", user);
	if (identity_is_root(entry, groups, count))
		return error_set(err, ERROR_REFUSED,
		                 "user %s has the ids of root", user);
	if (!identity_match_groups(groups, (size_t)count))
		return error_set(err, ERROR_REFUSED,
		                 "user %s is in other groups than the users "
		                 "before it; each of them is in all of these "
		                 "groups or in none",
		                 user);
	table.users[table.user_count++] =
	    (struct identity){ user, entry->pw_uid, entry->pw_gid, count > 0 };
	return true;
}

static bool identity_read(const struct identity_names *names, struct error *err)
{
	for (size_t i = 0; names->users && names->users[i]; i++)
		if (!identity_add_user(names->users[i], err))
			return false;
	for (size_t i = 0; names->groups && names->groups[i] &&
	                   table.socket_group_count < MAX_SOCKET_GROUPS;
	     i++) {
		const struct group *entry = getgrnam(names->groups[i]);

		if (entry && entry->gr_gid != 0)
			table.socket_groups[table.socket_group_count++] =
			    entry->gr_gid;
	}
	return true;
}

/* ---- changing */

/* A change of ids makes a process dumpable where fs.suid_dumpable is set. */
static void identity_forbid_dumps(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}

static bool identity_errno_error(const char *user, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "cannot change to user %s: %s",
	                 user, strerror(errno));
}

static bool identity_become_supervisor(const char *user, struct error *err)
{
	const struct passwd *entry = identity_find_user(user, err);
	const bool is_root = geteuid() == 0;

	if (!entry)
		return false;
	if (identity_is_root(entry, NULL, 0))
		return error_set(err, ERROR_REFUSED,
		                 "user %s has the ids of root", user);
	if (!capabilities_keep_for_supervisor(
		is_root ? entry->pw_uid : (uid_t)-1,
		is_root ? entry->pw_gid : (gid_t)-1, err))
		return false;
	return setgroups(table.group_count, table.groups) == 0 ||
	       identity_errno_error(user, err);
}

bool identity_supervise(const struct identity_names *names, struct error *err)
{
	if (!identity_can_change())
		return error_set(err, ERROR_REFUSED,
		                 "root without CAP_SETUID and CAP_SETGID");
	if (!identity_read(names, err) ||
	    !identity_become_supervisor(names->supervisor, err))
		return false;
	identity_forbid_dumps();
	return geteuid() != 0 ||
	       error_set(err, ERROR_REFUSED, "the supervisor is still root");
}

static const struct identity *identity_find(const char *user)
{
	for (size_t i = 0; i < table.user_count; i++)
		if (text_equal(table.users[i].user, user))
			return &table.users[i];
	return NULL;
}

/* The filter permits this: all groups of the supervisor, or none. */
static bool identity_change_in_table(const char *user, struct error *err)
{
	const struct identity *i = identity_find(user);

	if (!i)
		return error_set(err, ERROR_REFUSED,
		                 "user %s is not one of this supervisor's",
		                 user);
	return ((i->has_groups || setgroups(0, NULL) == 0) &&
	        setresgid(i->gid, i->gid, i->gid) == 0 &&
	        setresuid(i->uid, i->uid, i->uid) == 0) ||
	       identity_errno_error(user, err);
}

static bool identity_change_as_root(const char *user, struct error *err)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry)
		return error_set(err, ERROR_INVALID, "user %s does not exist",
		                 user);
	return (initgroups(user, entry->pw_gid) == 0 &&
	        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) == 0 &&
	        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) == 0) ||
	       identity_errno_error(user, err);
}

bool identity_change(const char *user, struct error *err)
{
	if (!user || (table.user_count == 0 && !identity_can_change()))
		return true;
	if (!(table.user_count > 0 ? identity_change_in_table(user, err)
	                           : identity_change_as_root(user, err)) ||
	    !capabilities_drop(err))
		return false;
	identity_forbid_dumps();
	return setresuid(0, 0, 0) != 0 ||
	       error_set(err, ERROR_REFUSED,
	                 "root can be regained after the change of user");
}

bool identity_set_group(gid_t gid, struct error *err)
{
	if (setresgid((gid_t)-1, gid, (gid_t)-1) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot change to group %u: %s", (unsigned)gid,
		                 strerror(errno));
	identity_forbid_dumps();
	return true;
}

/* ---- the filter */

enum { ALL_BITS = 0xffffffffU, UNCHANGED = 0xffffffffU };

static struct syscall_rule identity_rule(const char *call, uint64_t real,
                                         uint64_t effective, uint64_t saved)
{
	return (struct syscall_rule){ .names = call,
		                      .conditions = {
					  { 0, ALL_BITS, real },
					  { 1, ALL_BITS, effective },
					  { 2, ALL_BITS, saved },
				      } };
}

struct syscall_table identity_rules(void)
{
	const struct identity *user = table.users;
	size_t n = 0;

	if (table.user_count == 0)
		return (struct syscall_table){ NULL, 0 };
	for (size_t i = 0; i < table.user_count; i++, user++) {
		table.rules[n++] =
		    identity_rule("setresuid", user->uid, user->uid, user->uid);
		table.rules[n++] =
		    identity_rule("setresgid", user->gid, user->gid, user->gid);
	}
	for (size_t i = 0; i < table.socket_group_count; i++)
		table.rules[n++] = identity_rule(
		    "setresgid", UNCHANGED, table.socket_groups[i], UNCHANGED);
	table.rules[n++] =
	    identity_rule("setresgid", UNCHANGED, getegid(), UNCHANGED);
	table.rules[n++] =
	    (struct syscall_rule){ .names = "setgroups",
		                   .conditions = { { 0, ALL_BITS, 0 } } };
	return (struct syscall_table){ table.rules, n };
}
