/* SPDX-License-Identifier: AGPL-3.0-or-later
 * members_sql.h: SQL for the members of a source group: by its `member`,
 * through nested groups, and as the primary group of an account (Active
 * Directory), which `member` does not have. */
#ifndef SYNC_ENGINE_STATE_MEMBERS_SQL_H
#define SYNC_ENGINE_STATE_MEMBERS_SQL_H

/* For WITH RECURSIVE inside(place) AS (...): the recursive terms, which add the
 * members of the groups found.  UNION visits each place once, so a cycle ends
 * and a nesting of any depth costs its number of members.  ?1: directory. */
#define MEMBERS_OF_NESTED_SQL                                                \
	"  UNION SELECT m.place FROM inside AS i CROSS JOIN records AS g"    \
	"  ON g.directory = ?1 AND g.place = i.place AND g.class = 'group'"  \
	"  CROSS JOIN members AS m ON m.directory = ?1 AND m.grp = g.anchor" \
	"  UNION SELECT p.place FROM inside AS i CROSS JOIN records AS g"    \
	"  ON g.directory = ?1 AND g.place = i.place AND g.class = 'group'"  \
	"  CROSS JOIN records AS p ON p.directory = ?1 AND p.sid = g.sid"    \
	"  AND p.class = 'person'"

/* The CTE `inside` with the places of all members of group ?2. */
#define MEMBERS_INSIDE_SQL                                                 \
	" WITH RECURSIVE inside(place) AS (SELECT place FROM members"      \
	"  WHERE directory = ?1 AND grp = ?2"                              \
	"  UNION SELECT p.place FROM records AS g CROSS JOIN records AS p" \
	"  ON p.directory = ?1 AND p.sid = g.sid AND p.class = 'person'"   \
	"  WHERE g.directory = ?1 AND g.anchor = ?2 AND g.class = "        \
	"'group'" MEMBERS_OF_NESTED_SQL ")"

#endif
