/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cleanup.h: releases an object of another library when its variable goes out
 * of scope.
 *
 *	own(release_json) json_t *claims = NULL;
 *
 * DEFINE_CLEANUP defines release_json, which is called with a pointer to the
 * variable, from the library's free function:
 *
 *	DEFINE_CLEANUP(release_json, json_t *, json_decref)
 */
#ifndef LIB_CLEANUP_H
#define LIB_CLEANUP_H

#define own(release) __attribute__((cleanup(release)))

#define DEFINE_CLEANUP(name, type, free_function)                    \
	__attribute__((unused)) static inline void name(type *thing) \
	{                                                            \
		if (*thing)                                          \
			free_function(*thing);                       \
	}

#endif
