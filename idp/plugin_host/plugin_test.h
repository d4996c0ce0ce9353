/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_test.h: a conformance test of one plugin. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_TEST_H
#define IDP_PLUGIN_HOST_PLUGIN_TEST_H

/* arguments: FILE.so [--data FILE] [--clause TEXT [--expect RESULT]] ...
 * [--role NAME] ..., NULL-terminated. Prints one line for each test, "ok - " or
 * "not ok - ".  Returns the exit status: 1 if one failed, 64 for a usage error.
 */
int plugin_test_main(const char *program, char **arguments);

#endif
