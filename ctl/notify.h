/* SPDX-License-Identifier: AGPL-3.0-or-later
 * notify.h: mails to municipalities whose people are held or in doubt, or were
 * joined with another municipality's. */
#ifndef CTL_NOTIFY_H
#define CTL_NOTIFY_H

#include <stdbool.h>

#include "ctl/ctl.h"
#include "lib/json.h"
#include "region/config/config.h"

/* Sends what is due: to each municipality one mail a day, and one at once for a
 * new kind; only_new: only the latter.  What was sent is kept in
 * report/sent.json in the state directory.  Returns false if a mail was not
 * sent or sync does not respond; this is logged. */
bool notify_send(const struct command *c, const struct config *cfg,
                 bool only_new);

/* What a municipality is notified of. */
struct notification {
	const struct municipality *municipality;
	const json_t *held, *doubts; /* {directory, reason, people} */
	int64_t joins;               /* people joined in the last day */
};

/* Returns the mail, with its header: counts and commands, no names or
 * numbers. */
char *notify_format_mail(struct arena *a, const struct config *cfg,
                         const struct notification *n);

/* Runs the region's notify-command with this text on its standard input, as
 * user portvakt-notify if this process is root and that user exists; 20 seconds
 * at most.  On error returns false. */
bool notify_run_command(const struct config *cfg, const char *text,
                        struct error *err) must_check;

#endif
