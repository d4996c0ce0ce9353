/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keyword_macros.h: initialisers for the keyword tables.  Private to
 * those files. */
#ifndef REGION_WORDS_H
#define REGION_WORDS_H

#include "lib/conf_check.h"

#define LOCAL_LDAP \
	"ldaps:// ldapi:// ldap://127.0.0.1 ldap://[::1] ldap://localhost"
#define KEYWORD(word)                                \
	{                                            \
		.type = CONF_ONE_OF, .words = (word) \
	}
#define WORDS(words_)                                  \
	{                                              \
		.type = CONF_ONE_OF, .words = (words_) \
	}
#define HTTPS                                         \
	{                                             \
		.type = CONF_URL, .words = "https://" \
	}
#define HTTP                                                  \
	{                                                     \
		.type = CONF_URL, .words = "https:// http://" \
	}
#define CALLED(name_)                                \
	{                                            \
		.type = CONF_TEXT, .called = (name_) \
	}
#define END                  \
	{                    \
		.name = NULL \
	}

extern const struct conf_word service_words[];
extern const struct conf_word groups_words[];
extern const struct conf_word feide_words[];
extern const struct conf_word school_year_words[];

#endif
