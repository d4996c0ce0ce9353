/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_counters.h: the names of the counters of failed logins, which
 * portvakt-web counts (idp/login/rate_limit.c) and an operator clears
 * (idp/admin/lockout.c). */
#ifndef REGION_REDIS_LOGIN_COUNTERS_H
#define REGION_REDIS_LOGIN_COUNTERS_H

/* Of an account (person_account_key()) by browsers that are new to it; its
 * logins from networks of the configuration are counted apart, with this at the
 * end of the key. */
#define LOGIN_COUNTER_ACCOUNT "guess"
#define LOGIN_NETWORK_SUFFIX  " network"
/* Of an address, network or site (network_limit_subject()). */
#define LOGIN_COUNTER_ADDRESS "from"
/* Of a password at an address; the subject is a MAC with the number of
 * LOGIN_COUNTER_CLEARS of that address. */
#define LOGIN_COUNTER_PASSWORD "same"
#define LOGIN_COUNTER_CLEARS   "cleared"
/* Of login names that no directory has, at an address or network. */
#define LOGIN_COUNTER_UNKNOWN "unknown"
/* What is counted beside the failures: attempts of this minute, and refusals
 * until the alarm. */
#define LOGIN_COUNTER_TURNS    "-turn"
#define LOGIN_COUNTER_REFUSALS "-refused"

enum { LOGIN_COUNTER_WINDOW_S = 10 * 60 };

#endif
