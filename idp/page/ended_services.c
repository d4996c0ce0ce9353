/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_services.c: the list of services and their status. */
#include "idp/page/ended_services.h"

#include "lib/strbuf.h"
#include "pages.h"

static const struct {
	enum message_id message;
	const char *colour;
} status_labels[] = {
	[LOGOUT_FAILED] = { MSG_logout_status_failed, "danger" },
	[LOGOUT_DONE] = { MSG_logout_status_done, "success" },
	[LOGOUT_UNSUPPORTED] = { MSG_logout_status_unsupported, "warning" },
	[LOGOUT_BY_BROWSER] = { MSG_logout_status_in_progress, "info" },
	[LOGOUT_VISITED] = { MSG_logout_status_unsupported, "warning" },
	[LOGOUT_IN_PROGRESS] = { MSG_logout_status_in_progress, "info" },
};

struct service_status page_service_status(const struct request_context *ctx,
                                          const struct logout_result *result)
{
	if (result->status == LOGOUT_FAILED && result->retried)
		return (struct service_status){
			page_message(ctx, MSG_logout_status_retried), "warning"
		};
	return (struct service_status){
		page_message(ctx, status_labels[result->status].message),
		status_labels[result->status].colour,
	};
}

bool page_service_is_open(const struct logout_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].status == LOGOUT_FAILED ||
		    report->results[i].status == LOGOUT_UNSUPPORTED)
			return true;
	return false;
}

/* The texts around the list; none NULL: no text where it is empty. */
struct ended_texts {
	enum message_id heading, open;
	const char *none;
};

static const char *page_ended(struct request_context *ctx,
                              const struct logout_report *report,
                              const struct ended_texts *texts)
{
	struct ended_services_services *list = arena_array(
	    ctx->arena, struct ended_services_services, report->count + 1);
	struct strbuf out = strbuf_init(ctx->arena);

	for (size_t i = 0; i < report->count; i++) {
		const struct service_status status =
		    page_service_status(ctx, &report->results[i]);

		list[i] = (struct ended_services_services){
			.name = report->results[i].service,
			.status = status.text,
			.colour = status.colour,
		};
	}
	fill_ended_services(&out, page_language(ctx),
	                    &(struct ended_services_page){
				.heading = page_message(ctx, texts->heading),
				.none = texts->none,
				.open = page_service_is_open(report)
	                                    ? page_message(ctx, texts->open)
	                                    : NULL,
				.has_services = report->count > 0,
				.services = list,
				.services_count = report->count });
	return out.data;
}

const char *page_ended_elsewhere(struct request_context *ctx,
                                 const struct logout_report *report)
{
	const struct ended_texts texts = {
		.heading = MSG_ended_elsewhere_services,
		.open = MSG_ended_elsewhere_open,
		.none = page_message(ctx, MSG_ended_elsewhere_none),
	};

	return page_ended(ctx, report, &texts);
}

const char *page_ended_here(struct request_context *ctx,
                            const struct logout_report *report)
{
	static const struct ended_texts texts = {
		.heading = MSG_logout_services,
		.open = MSG_logout_close_browser,
	};

	return page_ended(ctx, report, &texts);
}
