/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of address_share.c. */
#include "tests/unit/test.h"

#include <stdio.h>

#include "idp/web/address_share.h"

static void one_address_has_its_share_of_requests(void **state)
{
	(void)state;
	for (int i = 0; i < ADDRESS_SHARE_MAX; i++)
		assert_true(address_share_enter("192.0.2.1"));
	assert_false(address_share_enter("192.0.2.1"));
	assert_true(address_share_enter("192.0.2.2"));
	address_share_leave("192.0.2.1");
	assert_true(address_share_enter("192.0.2.1"));
	assert_false(address_share_enter("192.0.2.1"));
	address_share_leave("192.0.2.2");
	for (int i = 0; i < ADDRESS_SHARE_MAX; i++)
		address_share_leave("192.0.2.1");
	assert_true(address_share_enter("192.0.2.1"));
	address_share_leave("192.0.2.1");
}

static void a_network_of_the_region_has_no_limit(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * ADDRESS_SHARE_MAX; i++)
		assert_true(address_share_enter(NULL));
	address_share_leave(NULL);
}

static void every_address_has_room_after_the_others_have_left(void **state)
{
	char share[32];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 256; i++) {
			(void)snprintf(share, sizeof(share), "192.0.2.%d", i);
			assert_true(address_share_enter(share));
		}
		assert_false(address_share_enter("198.51.100.1"));
		for (int i = 0; i < 256; i++) {
			(void)snprintf(share, sizeof(share), "192.0.2.%d", i);
			address_share_leave(share);
		}
	}
}

TESTS(one_address_has_its_share_of_requests,
      a_network_of_the_region_has_no_limit,
      every_address_has_room_after_the_others_have_left)
