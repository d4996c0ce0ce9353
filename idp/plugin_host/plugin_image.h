/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_image.h: a private copy of a plugin and its data in memory that can no
 * longer change, which is what workers load. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_IMAGE_H
#define IDP_PLUGIN_HOST_PLUGIN_IMAGE_H

#include "region/plugin/plugin_file.h"

struct plugin_image {
	int library_fd, data_fd; /* sealed memfds; -1: none */
	char hash[PLUGIN_HASH_SIZE];
	char data_hash[PLUGIN_HASH_SIZE]; /* "-" without data */
};

/* Reads both files into memory; data NULL: none.  On error ERROR_REFUSED with a
 * sentence, or ERROR_UNAVAILABLE. */
bool plugin_image_open(struct plugin_image *ret, const char *library,
                       const char *data, struct error *err) must_check;
void plugin_image_close(struct plugin_image *image);

/* Returns "HASH DATA-HASH", each the first 16 digits, allocated in a. */
const char *plugin_image_identity(struct arena *a,
                                  const struct plugin_image *image);

/* Writes the bytes to these files. */
bool plugin_image_save(const struct plugin_image *image, const char *library,
                       const char *data, struct error *err) must_check;

#endif
