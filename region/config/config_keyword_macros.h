/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keyword_macros.h: initialisers for the keyword tables.  Private to
 * those files. */
#ifndef REGION_CONFIG_CONFIG_KEYWORD_MACROS_H
#define REGION_CONFIG_CONFIG_KEYWORD_MACROS_H

#include "lib/conf/conf_schema.h"

#define LDAP_URL_PREFIXES \
	"ldaps:// ldapi:// ldap://127.0.0.1 ldap://[::1] ldap://localhost"
#define LITERAL_ARG(value_)                              \
	{                                                \
		.type = CONF_ONE_OF, .choices = (value_) \
	}
#define CHOICE_ARG(values_)                               \
	{                                                 \
		.type = CONF_ONE_OF, .choices = (values_) \
	}
#define HTTPS_ARG                                       \
	{                                               \
		.type = CONF_URL, .choices = "https://" \
	}
#define HTTP_ARG                                                \
	{                                                       \
		.type = CONF_URL, .choices = "https:// http://" \
	}
#define TEXT_ARG(name_)                                   \
	{                                                 \
		.type = CONF_TEXT, .placeholder = (name_) \
	}
#define END_OF_KEYWORDS      \
	{                    \
		.name = NULL \
	}

extern const struct conf_keyword region_keywords[];
extern const struct conf_keyword service_keywords[];
extern const struct conf_keyword groups_keywords[];
extern const struct conf_keyword plugin_keywords[];
extern const struct conf_keyword feide_keywords[];
extern const struct conf_keyword school_year_keywords[];
extern const struct conf_keyword limits_keywords[];

#endif
