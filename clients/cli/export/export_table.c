#include "export_table.h"

#include <assert.h>
#include <string.h>

#include "detail.h"
#include "names.h"
#include "tell.h"

/* ---- words ---- */

const char *export_word(const char *set, unsigned code)
{
	return pd_word_in(PD_language_chinese, set, code);
}

const char *export_event_word(enum pd_type type)
{
	switch (type) {
	case PD_MSG_area_set: return "区域变更";
	case PD_MSG_household_set: return "户变更";
	case PD_MSG_person_set: return "人员变更";
	case PD_MSG_category_set: return "类别变更";
	case PD_MSG_duty_set: return "值班任务变更";
	case PD_MSG_plan_set: return "预案变更";
	case PD_MSG_mode_begun: return "预案启用";
	case PD_MSG_mode_ended: return "预案停用";
	case PD_MSG_listed: return "供需登记";
	case PD_MSG_claimed: return "认领";
	case PD_MSG_fulfilled: return "认领办结";
	case PD_MSG_withdrawn: return "供需撤回";
	case PD_MSG_calendar_set: return "日历变更";
	case PD_MSG_ladder_set: return "阶梯变更";
	default: return pd_move_in(PD_language_chinese, type);
	}
}

/* ---- cells ---- */

static struct export_cell text_cell(struct pd_slice text)
{
	return (struct export_cell){.kind = text.bytes ? EXPORT_TEXT : EXPORT_EMPTY, .text = text};
}

static struct export_cell number_cell(enum export_kind kind, uint64_t number)
{
	return (struct export_cell){.kind = kind, .number = (int64_t)number};
}

/* Empty when the number is 0. */
static struct export_cell given_cell(enum export_kind kind, uint64_t number)
{
	return number_cell(number ? kind : EXPORT_EMPTY, number);
}

static struct export_cell word_cell(const char *set, unsigned code)
{
	return (struct export_cell){.kind = EXPORT_WORD, .number = code, .set = set};
}

static struct export_cell named_cell(struct cli *cli, struct pd_client *client, enum name_kind kind, uint32_t id)
{
	struct export_cell cell = given_cell(EXPORT_NAMED, id);
	if (id)
		cell.text = pd_text(names_get(cli, client, kind, id)->text);
	return cell;
}

/* ---- orders ---- */

enum {
	ORDER_ID,
	ORDER_STATE,
	ORDER_CATEGORY,
	ORDER_URGENCY,
	ORDER_TEXT,
	ORDER_PLACE,
	ORDER_LONGITUDE,
	ORDER_LATITUDE,
	ORDER_DISTRICT,
	ORDER_STREET,
	ORDER_COMMUNITY,
	ORDER_GRID,
	ORDER_MICROGRID,
	ORDER_HOLDER,
	ORDER_SUBMITTED,
	ORDER_ACCEPTED,
	ORDER_DUE_BY,
	ORDER_DONE,
	ORDER_ENDED,
	ORDER_WAS_LATE,
	ORDER_CLIMBED,
	ORDER_IS_STUCK,
	ORDER_IS_DUPLICATE,
	ORDER_RESULT,
	ORDER_RATING,
	ORDER_ATTEMPT,
	ORDER_REQUESTER,
	ORDER_HOUSEHOLD,
	ORDER_ACCEPTOR,
	ORDER_SOURCE,
	ORDER_KEY,
	ORDER_COLUMNS
};

static const struct export_column order_columns[ORDER_COLUMNS] = {
	[ORDER_ID] = {"id", "点单编号", 38},
	[ORDER_STATE] = {"state", "状态", 9},
	[ORDER_CATEGORY] = {"category", "类别", 22},
	[ORDER_URGENCY] = {"urgency", "紧急程度", 9},
	[ORDER_TEXT] = {"text", "内容", 50},
	[ORDER_PLACE] = {"place", "地点", 28},
	[ORDER_LONGITUDE] = {"longitude", "经度", 13},
	[ORDER_LATITUDE] = {"latitude", "纬度", 13},
	[ORDER_DISTRICT] = {"district", "区", 12},
	[ORDER_STREET] = {"street", "镇街", 14},
	[ORDER_COMMUNITY] = {"community", "社区", 16},
	[ORDER_GRID] = {"grid", "网格", 22},
	[ORDER_MICROGRID] = {"microgrid", "微网格", 30},
	[ORDER_HOLDER] = {"holder", "承办区域", 30},
	[ORDER_SUBMITTED] = {"submitted", "提交时间", 20},
	[ORDER_ACCEPTED] = {"accepted", "接单时间", 20},
	[ORDER_DUE_BY] = {"due", "期限", 20},
	[ORDER_DONE] = {"done", "办结时间", 20},
	[ORDER_ENDED] = {"ended", "结束时间", 20},
	[ORDER_WAS_LATE] = {"late", "超期", 7},
	[ORDER_CLIMBED] = {"climbed", "逾期上报级数", 13},
	[ORDER_IS_STUCK] = {"stuck", "逾期到顶", 9},
	[ORDER_IS_DUPLICATE] = {"duplicate", "重复", 7},
	[ORDER_RESULT] = {"result", "办理结果", 40},
	[ORDER_RATING] = {"rating", "评分", 7},
	[ORDER_ATTEMPT] = {"attempt", "派单次数", 9},
	[ORDER_REQUESTER] = {"requester", "请求人", 12},
	[ORDER_HOUSEHOLD] = {"household", "户号", 12},
	[ORDER_ACCEPTOR] = {"acceptor", "接单人", 12},
	[ORDER_SOURCE] = {"source", "来源系统", 16},
	[ORDER_KEY] = {"key", "来源编号", 22},
};

const struct export_table export_orders = {"点单", order_columns, ORDER_COLUMNS};
_Static_assert((int)ORDER_COLUMNS <= (int)EXPORT_CELLS_MAX, "there is room for an order");

/* The names of the areas from the one where it comes from up to the district. */
static void area_cells(struct cli *cli, struct pd_client *client, uint32_t area, struct export_cell *cells)
{
	for (int depth = 0; area && depth < PD_level_end; depth++) {
		const struct name *name = names_get(cli, client, NAME_AREA, area);
		if (name->code >= PD_level_district && name->code <= PD_level_microgrid)
			cells[ORDER_DISTRICT + name->code - PD_level_district] = text_cell(pd_text(name->text));
		area = name->above;
	}
}

static void time_cells(const struct pd_order *order, struct export_cell *cells)
{
	bool cancelled = order->state == PD_STATE_cancelled;
	cells[ORDER_SUBMITTED] = given_cell(EXPORT_TIME, order->submitted_ms);
	cells[ORDER_ACCEPTED] = given_cell(EXPORT_TIME, order->accepted_ms);
	cells[ORDER_DUE_BY] = given_cell(EXPORT_TIME, order->target_ms);
	cells[ORDER_DONE] = given_cell(EXPORT_TIME, cancelled ? order->ended_ms : order->completed_ms);
	cells[ORDER_ENDED] = given_cell(EXPORT_TIME, order->ended_ms);
	cells[ORDER_WAS_LATE] = number_cell(EXPORT_YES, order->late);
	cells[ORDER_CLIMBED] = number_cell(EXPORT_NUMBER, order->step);
	cells[ORDER_IS_STUCK] = number_cell(EXPORT_YES, order->stuck);
	cells[ORDER_IS_DUPLICATE] = number_cell(EXPORT_YES, order->duplicate);
}

void export_order_cells(struct cli *cli, struct pd_client *client, const struct pd_order *order,
			struct export_cell *cells)
{
	static char id[PD_ID_TEXT_BYTES];
	bool placed = order->lon_e7 || order->lat_e7;
	memset(cells, 0, ORDER_COLUMNS * sizeof *cells);
	cells[ORDER_ID] = text_cell(pd_text(pd_id_print(&order->order, id)));
	cells[ORDER_STATE] = word_cell("state", order->state);
	cells[ORDER_CATEGORY] = text_cell(pd_text(names_get(cli, client, NAME_CATEGORY, order->category)->text));
	cells[ORDER_URGENCY] = word_cell("urgency", order->urgency);
	cells[ORDER_TEXT] = text_cell(order->text);
	cells[ORDER_PLACE] = text_cell(order->place);
	if (placed) {
		cells[ORDER_LONGITUDE] = (struct export_cell){.kind = EXPORT_DEGREES, .number = order->lon_e7};
		cells[ORDER_LATITUDE] = (struct export_cell){.kind = EXPORT_DEGREES, .number = order->lat_e7};
	}
	area_cells(cli, client, order->area, cells);
	cells[ORDER_HOLDER] = text_cell(pd_text(names_get(cli, client, NAME_AREA, order->holder)->text));
	time_cells(order, cells);
	cells[ORDER_RESULT] = text_cell(order->result);
	cells[ORDER_RATING] = given_cell(EXPORT_NUMBER, order->rating);
	cells[ORDER_ATTEMPT] = number_cell(EXPORT_NUMBER, order->attempt);
	cells[ORDER_REQUESTER] = named_cell(cli, client, NAME_PERSON, order->requester);
	cells[ORDER_HOUSEHOLD] = given_cell(EXPORT_NUMBER, order->household);
	cells[ORDER_ACCEPTOR] = named_cell(cli, client, NAME_PERSON, order->acceptor);
	cells[ORDER_SOURCE] = text_cell(order->source);
	cells[ORDER_KEY] = text_cell(order->key);
}

/* ---- events ---- */

enum {
	EVENT_SEQ,
	EVENT_TIME,
	EVENT_TYPE,
	EVENT_ACTOR,
	EVENT_ORDER,
	EVENT_VERSION,
	EVENT_HOLDER,
	EVENT_FROM,
	EVENT_DUE,
	EVENT_SUBJECT,
	EVENT_WORDS,
	EVENT_COLUMNS
};

static const struct export_column event_columns[EVENT_COLUMNS] = {
	[EVENT_SEQ] = {"seq", "序号", 10},           [EVENT_TIME] = {"time", "时间", 20},
	[EVENT_TYPE] = {"type", "事件", 12},         [EVENT_ACTOR] = {"actor", "操作人", 12},
	[EVENT_ORDER] = {"order", "点单编号", 38},   [EVENT_VERSION] = {"version", "版本", 7},
	[EVENT_HOLDER] = {"holder", "承办区域", 30}, [EVENT_FROM] = {"from", "原承办区域", 30},
	[EVENT_DUE] = {"due", "期限", 20},           [EVENT_SUBJECT] = {"subject", "登记编号", 12},
	[EVENT_WORDS] = {"words", "内容", 60},
};

const struct export_table export_events = {"流水", event_columns, EVENT_COLUMNS};

static struct pd_slice registry_words(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_area_set: return event->area_set.name;
	case PD_MSG_household_set: return event->household_set.address;
	case PD_MSG_person_set: return event->person_set.name;
	case PD_MSG_category_set: return event->category_set.name;
	case PD_MSG_ladder_set: return event->ladder_set.name;
	case PD_MSG_duty_set: return event->duty_set.name;
	case PD_MSG_plan_set: return event->plan_set.name;
	case PD_MSG_mode_begun:
	case PD_MSG_mode_ended: return pd_said(event);
	default: return pd_text("");
	}
}

void export_event_cells(struct cli *cli, struct pd_client *client, const struct pd_message *event,
			struct export_cell *cells)
{
	static char id[PD_ID_TEXT_BYTES];
	const struct pd_order_event *e = (const struct pd_order_event *)&event->submitted;
	memset(cells, 0, EVENT_COLUMNS * sizeof *cells);
	names_learn(cli->names, event);
	cells[EVENT_SEQ] = number_cell(EXPORT_NUMBER, event->request);
	cells[EVENT_TIME] = given_cell(EXPORT_TIME, e->time_ms);
	cells[EVENT_TYPE] = number_cell(EXPORT_EVENT, event->type);
	cells[EVENT_ACTOR] = named_cell(cli, client, NAME_PERSON, e->actor);
	if (pd_is_listing_event(event->type)) {
		cells[EVENT_SUBJECT] = text_cell(pd_text(pd_id_print(&event->listing_event.listing, id)));
		cells[EVENT_HOLDER] = named_cell(cli, client, NAME_AREA, event->listing_event.area);
		cells[EVENT_WORDS] = text_cell(pd_said(event));
		return;
	}
	if (!pd_is_order_event(event->type)) {
		/* Every event of the registry names what it sets first. */
		cells[EVENT_SUBJECT] = number_cell(EXPORT_NUMBER, event->area_set.area);
		cells[EVENT_WORDS] = text_cell(registry_words(event));
		return;
	}
	cells[EVENT_ORDER] = text_cell(pd_text(pd_id_print(&e->order, id)));
	cells[EVENT_VERSION] = number_cell(EXPORT_NUMBER, e->version);
	cells[EVENT_HOLDER] = named_cell(cli, client, NAME_AREA, e->holder);
	cells[EVENT_FROM] = named_cell(cli, client, NAME_AREA, e->from);
	cells[EVENT_DUE] = given_cell(EXPORT_TIME, e->due_ms);
	cells[EVENT_WORDS] = event->type == PD_MSG_escalated ? word_cell("escalation", event->escalated.why)
							     : text_cell(pd_said(event));
}
_Static_assert(offsetof(struct pd_area_set, area) == offsetof(struct pd_household_set, household) &&
		       offsetof(struct pd_area_set, area) == offsetof(struct pd_person_set, person) &&
		       offsetof(struct pd_area_set, area) == offsetof(struct pd_category_set, category) &&
		       offsetof(struct pd_area_set, area) == offsetof(struct pd_calendar_set, calendar) &&
		       offsetof(struct pd_area_set, area) == offsetof(struct pd_ladder_set, ladder),
	       "events of the registry begin alike");
