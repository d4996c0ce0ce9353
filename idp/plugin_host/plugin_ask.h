/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_ask.h: plugins of a configuration that is not active, for `portvaktctl
 * test-policy`. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_ASK_H
#define IDP_PLUGIN_HOST_PLUGIN_ASK_H

#define PLUGIN_ASK_ARGUMENT "--ask-plugins"
enum { PLUGIN_ASK_SOCKET = 3 };

/* Loads owner's plugins in workers and answers evaluate requests on its socket
 * until that is closed.  Returns the exit status: 1, with the faults on the
 * standard error, if a plugin cannot be used. */
int plugin_ask_main(const char *file, const char *owner);

#endif
