/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.h: compares the relative DNs of the configuration files. */
#ifndef REGION_LDAP_DN_H
#define REGION_LDAP_DN_H

#include <stdbool.h>

/* Returns whether inner equals outer or is below it.  Ignores ASCII case and
 * spaces around commas, equals and plus signs.  It does not decode escapes;
 * dn_is_under() with normalised DNs does.  outer NULL: everything is below it;
 * inner NULL: only below NULL. */
bool dn_text_is_within(const char *inner, const char *outer);

#endif
