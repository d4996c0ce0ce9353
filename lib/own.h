/* SPDX-License-Identifier: AGPL-3.0-or-later
 * own.h: what another library made gives itself back when its name goes out
 * of scope.
 *
 *	own(release_json) json_t *claims = NULL;
 *
 * release_json takes a pointer to the variable; OWNER makes it out of the
 * library's free function:
 *
 *	OWNER(release_json, json_t *, json_decref)
 */
#ifndef LIB_OWN_H
#define LIB_OWN_H

#define own(release) __attribute__((cleanup(release)))

#define OWNER(name, type, give_back)                                 \
	__attribute__((unused)) static inline void name(type *thing) \
	{                                                            \
		if (*thing)                                          \
			give_back(*thing);                           \
	}

#endif
