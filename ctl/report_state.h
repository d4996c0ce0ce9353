/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_state.h: what the daily report states about one directory.  Each
 * directory of the configuration is in exactly one list. */
#ifndef CTL_REPORT_STATE_H
#define CTL_REPORT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"

/* What an operator must do something about, as bits. */
enum report_problem {
	PROBLEM_NO_STATUS = 1,        /* sync reports nothing about it */
	PROBLEM_UNCONFIGURED = 2,     /* removed from the configuration */
	PROBLEM_UNREADABLE = 4,       /* the last contact failed */
	PROBLEM_NEVER_SYNCED = 8,     /* no full synchronisation yet */
	PROBLEM_OVERDUE = 16,         /* the last one was long ago */
	PROBLEM_BACKLOG = 32,         /* changes are not written */
	PROBLEM_HELD = 64,            /* changes of people are held */
	PROBLEM_GROUPS_HELD = 128,    /* losses of group members are held */
	PROBLEM_QUARANTINED = 256,    /* entries are in doubt */
	PROBLEM_MANY_SUSPENDED = 512, /* many were suspended within a day */
	PROBLEM_CERTIFICATE = 1024,   /* its certificate ends within a week */
	PROBLEM_NOT_TAKEN = 2048,     /* values were left out */
	PROBLEM_DATES = 4096,         /* dates cannot be read */
	PROBLEM_NAMES = 8192,         /* names that others have */
	PROBLEM_ELSEWHERE = 16384,    /* doubts of others about people here */
};

enum report_list {
	LIST_TODO, /* with any problem */
	LIST_DRY_RUN,
	LIST_WELL
};

/* health: the directory's object of sync's health, NULL if there is none;
 * changes: that of its changes of the last day, NULL: no changes.  now: Unix
 * time.  Returns the problems. */
unsigned report_problems(const json_t *health, const json_t *changes,
                         int64_t now);
enum report_list report_list_of(const json_t *health, unsigned problems);

/* Returns the end of the certificate if it is within 30 days and not urgent; 0:
 * nothing to state. */
int64_t report_certificate_soon(const json_t *health, int64_t now);

/* Returns how many people have a held change for any reason. */
int64_t report_held_count(const json_t *health);

#endif
