/* SPDX-License-Identifier: AGPL-3.0-or-later
 * built-in.h: the conditions that ship with Portvakt, for the table of built-in
 * plugins. */
#ifndef PLUGINS_BUILT_IN_H
#define PLUGINS_BUILT_IN_H

#include "plugins/portvakt-plugin.h"

extern const struct portvakt_plugin portvakt_network;
extern const struct portvakt_plugin portvakt_hours;
extern const struct portvakt_plugin portvakt_weekday;
extern const struct portvakt_plugin portvakt_date;
extern const struct portvakt_plugin portvakt_validity;
extern const struct portvakt_plugin portvakt_position;
extern const struct portvakt_plugin portvakt_role;
extern const struct portvakt_plugin portvakt_unit;
extern const struct portvakt_plugin portvakt_second_factor;

#endif
