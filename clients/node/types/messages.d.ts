// Made by `npm run types` from schema.json; change proto/*.def.
/** How to make a call. */
export interface CallOptions {
	/** Reject with NoAnswer after this time; the command may still be done. Without it the call waits until it is answered. */
	timeout_ms?: number
	/** Stop waiting. */
	signal?: AbortSignal
}

/** a level of the tree of areas; a smaller number is further up */
export type Level = 'district' | 'street' | 'community' | 'grid' | 'microgrid'

/** what sort of area */
export type AreaKind = 'plain' | 'urban' | 'village' | 'dedicated' | 'agency' | 'social' | 'property' | 'volunteers'

/** a person's post */
export type Post = 'resident' | 'merchant' | 'centre' | 'leader' | 'grid_leader' | 'staff' | 'supervisor' | 'courier' | 'administrator'

/** how urgent; a smaller number is pushed first */
export type Urgency = 'emergency' | 'high' | 'normal' | 'low'

/** how the time for accepting or completing an order runs */
export type Clock = 'always' | 'working' | 'days' | 'workdays'

/** why an order climbed by itself */
export type Escalation = 'not_accepted' | 'not_completed' | 'idle'

/** why a holder is told of an order */
export type Warning = 'half' | 'soon' | 'idle' | 'urged'

/** what is looked at to find out where an order belongs, in this order; the first that knows decides */
export type RouteStep = 'household' | 'area' | 'coordinate' | 'nearest' | 'address' | 'category' | 'requester' | 'desk' | 'rule' | 'holder'

/** what came of a step */
export type RouteWhy = 'decided' | 'border' | 'not_needed' | 'not_said' | 'nowhere' | 'unmatched' | 'retired' | 'other_category' | 'outside_area' | 'other_post' | 'outside_hours' | 'keyword_missing' | 'holder_retired' | 'by_level'

/** what becomes of times that run when a plan is switched on */
export type Running = 'keep' | 'shorten' | 'restart'

/** on which side of the lists something stands */
export type ListingSide = 'offer' | 'need'

/** of what kind an offer or a need is */
export type ListingKind = 'volunteers' | 'skill' | 'goods' | 'place' | 'money' | 'service' | 'activity'

/** how an offer or a need stands */
export type ListingState = 'open' | 'claimed' | 'fulfilled' | 'withdrawn' | 'expired'

/** a language that people read */
export type Language = 'english' | 'chinese'

/** what a notice is */
export type NoticeKind = 'notice' | 'roll_call' | 'visits'

/** what a notice wants of each member */
export type Want = 'nothing' | 'read' | 'confirmation' | 'answer'

/** who the members of a notice are */
export type MemberSort = 'household' | 'person'

/** what a member has received, or answers */
export type AnswerKind = 'delivered' | 'read' | 'confirmed' | 'done' | 'refused' | 'away' | 'not_found' | 'visited'

/** why a household is visited before others */
export type HouseholdPriority = 'alone' | 'elderly' | 'disabled' | 'in_need'

/** how far an order has come */
export type State = 'waiting' | 'accepted' | 'completed' | 'closed' | 'cancelled' | 'merged' | 'suspended'

/** Names of refusals; a newer broker may have more. */
export type RefusalName = 'malformed' | 'unknown_type' | 'bad_field' | 'not_a_command' | 'bad_identity' | 'protocol' | 'no_hello' | 'unknown_person' | 'not_entitled' | 'not_allowed' | 'retired' | 'unknown_order' | 'order_exists' | 'bad_id' | 'stale' | 'taken' | 'wrong_state' | 'unknown_household' | 'unknown_category' | 'unknown_area' | 'no_place' | 'too_late' | 'too_many' | 'same_holder' | 'bad_times' | 'bad_until' | 'bad_calendar' | 'bad_ladder' | 'bad_clock' | 'unknown_ladder' | 'too_soon' | 'already' | 'not_following' | 'bad_merge' | 'bad_parent' | 'bad_centre' | 'in_use' | 'bad_level' | 'no_import' | 'import_rows' | 'import_busy' | 'import_large' | 'bad_shape' | 'shape_overlaps' | 'never_matches' | 'bad_target' | 'disk_full' | 'busy' | 'read_failed' | 'unknown_notice' | 'notice_exists' | 'bad_notice' | 'bad_end' | 'notice_over' | 'not_member' | 'not_wanted' | 'answered_otherwise' | 'not_next' | 'unknown_listing' | 'listing_exists' | 'not_left' | 'listing_over' | 'bad_match' | 'unknown_claim' | 'bad_period' | 'unknown_plan' | 'mode_on' | 'mode_off' | (string & {})

/** First message on a connection, and again whenever the broker answers no_hello. Said again, it begins the connection anew: what it worked for is forgotten. Answered by welcome. */
export interface Hello {
	/** who this connection speaks for; 0 is the operator at the machine (person) */
	person: number
	/** name and version of the program, for the broker's log (1 to 64 characters) */
	client: string
	/** version of this protocol that the client was written for */
	protocol: number
	/** in which the details of refusals are to be; 0: English */
	language?: Language | number
	/** tell this connection what concerns its person: notices are pushed to it */
	listen?: boolean
}

/** Sign of life, to be sent when nothing else was for heartbeat_ms of the welcome. Answered by pong. */
export interface Ping {
}

/** Asks for the waiting orders of an area, at most credit of them unanswered at a time, most urgent first, then oldest. Said again it changes the credit; 0 stops. Answered by ok. */
export interface Work {
	/** the holder whose queue it is; the connection's person holds a post of work in this very area, or may act for others (area) */
	area: number
	/** orders of this area that may be with this connection at a time, pushed and not yet gone from the queue (orders) */
	credit: number
}

/** Leaves: what was pushed here and not accepted goes to others at once. Answered by ok. */
export interface Bye {
}

/** A new order (点单). The id is made by the client, so that sending it again is the same order. */
export interface Submit {
	/** a new UUIDv7 (RFC 9562) */
	order: string
	/** what it is about (category) */
	category: number
	/** the request in the resident's words (1 to 4000 characters) */
	text: string
	/** where it is; 0: see "Routing" (household) */
	household?: number
	/** how urgent; 0: as the category says */
	urgency?: Urgency | number
	/** for whom, when staff submit for a resident; 0: the actor (person) */
	requester?: number
	/** where it is, when there is no household; 0: see "Routing" (area) */
	area?: number
	/** where exactly, in words (0 to 200 characters) */
	place?: string
	/** longitude of the place; 0 with lat_e7 0: not given (degrees * 10^7, WGS84) */
	lon_e7?: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7?: number
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** where a picture of it is to be found, as a URL or otherwise (0 to 300 characters) */
	picture?: string
}

/** The actor takes the order on (接单). Of several accepts exactly one wins. */
export interface Accept {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The holder cannot do it: the order goes to the level above, with the reason. */
export interface Decline {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** why (1 to 500 characters) */
	reason: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Gives the order to another holder, where it waits anew. */
export interface Transfer {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** who shall hold it (area) */
	holder: number
	/** why (1 to 500 characters) */
	reason: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The acceptor reports the work as done (办结). */
export interface Complete {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** what was done (1 to 4000 characters) */
	result: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The requester agrees that it is done (确认) and rates it; the order is closed. */
export interface Confirm {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** 1 (bad) to 5 (very good) (stars) */
	rating: number
	/** a word with it (0 to 500 characters) */
	text?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The requester says it is not done: the order waits again, one attempt and one level further up. */
export interface Reopen {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** why (1 to 500 characters) */
	reason: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The requester takes a waiting order back. */
export interface Cancel {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** why (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds a remark to an order that is not over. */
export interface Note {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** the remark (1 to 4000 characters) */
	text: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** A past order of another system, whole: it was submitted there, and may have ended there. By the operator and administrators alone. The id is made from the source's name and key, so that recording it again is the same order. One that is still open becomes a waiting order of its holder. */
export interface Record {
	/** a UUIDv7 (RFC 9562) of submitted_ms, its other bits from source and key */
	order: string
	/** what it is about (category) */
	category: number
	/** the request (1 to 4000 characters) */
	text: string
	/** when it was submitted there; not in the future (ms since 1970 UTC) */
	submitted_ms: number | bigint
	/** how it stands there: waiting, completed, closed or cancelled */
	state: State | number
	/** the other system's name (1 to 64 characters) */
	source: string
	/** the order's key there (1 to 128 characters) */
	key: string
	/** when it was completed, closed or cancelled; 0: it is waiting (ms since 1970 UTC) */
	ended_ms?: number | bigint
	/** by when it was to be done; 0: nothing was said (ms since 1970 UTC) */
	target_ms?: number | bigint
	/** it says what another order said before */
	duplicate?: boolean
	/** where it is; 0: see area (household) */
	household?: number
	/** how urgent; 0: as the category says */
	urgency?: Urgency | number
	/** who asked for it; 0: not known here (person) */
	requester?: number
	/** where it is, when there is no household; 0: by household or requester (area) */
	area?: number
	/** where exactly, in words (0 to 200 characters) */
	place?: string
	/** longitude of the place; 0 with lat_e7 0: not given (degrees * 10^7, WGS84) */
	lon_e7?: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7?: number
	/** what was done (0 to 4000 characters) */
	result?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The acceptor cannot go on: the order waits again at its holder. */
export interface Release {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** why (1 to 500 characters) */
	reason: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The acceptor puts the order off until a day. What is left of the time to complete it is kept, and runs on from then. */
export interface Suspend {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** when it goes on by itself; in the future, within a year (ms since 1970 UTC) */
	until_ms: number | bigint
	/** why (1 to 500 characters) */
	reason: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** A suspended order goes on before its day. */
export interface Resume {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** a word with it (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The requester or a follower asks for haste (催办): it is counted, and told to the holder's workers and the acceptor. At most once in a set time for each order. */
export interface Urge {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** a word with it (0 to 500 characters) */
	text?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The actor wants to hear of every later move of the order, as its requester does: a neighbour of the same community, or a person with a post of work. */
export interface Follow {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The actor does not want to hear of it any more. */
export interface Unfollow {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** The order says what another open order says: it ends, and its requester and all its followers follow the other one from now on. */
export interface Merge {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** the other order, which is waiting or accepted and goes on */
	into: string
	/** why (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** A follower agrees that it is done and rates it (附议确认), once after each completion; the order stays as it is. */
export interface Endorse {
	/** the order that is meant */
	order: string
	/** the order's version as the sender knows it; another version is refused as stale, a repeat is answered as at first */
	version: number
	/** 1 (bad) to 5 (very good) (stars) */
	rating: number
	/** a word with it (0 to 500 characters) */
	text?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds an area to the tree, or makes it what this says. */
export interface PutArea {
	/** the area's id (area) */
	area: number
	/** the area above; 0 for the district (area) */
	parent: number
	/** its level; higher up than it is the parent's */
	level: Level | number
	/** what sort of area it is */
	kind: AreaKind | number
	/** its name (1 to 64 characters) */
	name: string
	/** no longer in use */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds a household, or makes it what this says. */
export interface PutHousehold {
	/** the household's id (household) */
	household: number
	/** its micro-grid (area) */
	area: number
	/** the centre household (中心户) that looks after it, of the same micro-grid; a centre household names itself (household) */
	centre: number
	/** its address (1 to 200 characters) */
	address: string
	/** its longitude (degrees * 10^7, WGS84) */
	lon_e7: number
	/** its latitude (degrees * 10^7, WGS84) */
	lat_e7: number
	/** no longer there */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** why it is visited before others; 0: it is not */
	priority?: HouseholdPriority | number
}

/** Adds a person with their post, or makes them what this says. */
export interface PutPerson {
	/** the person's id (person) */
	person: number
	/** the post */
	post: Post | number
	/** where the post is held (area) */
	area: number
	/** where the person lives; 0: not housed in this district (household) */
	household: number
	/** the name (1 to 64 characters) */
	name: string
	/** a telephone number (0 to 32 characters) */
	phone?: string
	/** holds the post no longer */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds a category of orders, or makes it what this says. It holds for orders that come after it. */
export interface PutCategory {
	/** the category's id (category) */
	category: number
	/** its name (1 to 64 characters) */
	name: string
	/** the level that holds its orders */
	level: Level | number
	/** how urgent its orders are unless they say otherwise */
	urgency: Urgency | number
	/** the holder accepts within this time (s) */
	accept_within_s: number
	/** the acceptor completes within this time of accepting (s) */
	complete_within_s: number
	/** not for new orders */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** how the time to accept runs; 0: always */
	accept_clock?: Clock | number
	/** how the time to complete runs; 0: always. By days and workdays, the time is of whole days of 86,400 s */
	complete_clock?: Clock | number
	/** how its orders climb; 0: level by level, each with accept_within_s (ladder) */
	ladder?: number
	/** an acceptor who says nothing for this time is reminded, and after as much again the order climbs; 0: never (s) */
	idle_within_s?: number
	/** where its orders are when nothing says more; 0: see "Routing" (area) */
	area?: number
	/** its orders are taken only where a plan that names it is on */
	emergency_only?: boolean
}

/** Says which days of a year are holidays and which are worked though they are weekends. Without it, a year has its weekends alone. */
export interface PutCalendar {
	/** the year (year) */
	calendar: number
	/** days without work (yyyymmdd) */
	holidays: number[]
	/** Saturdays and Sundays that are worked (yyyymmdd) */
	workdays: number[]
	/** what the days are called: a line for each holiday, then for each working day (0 to 4000 characters) */
	names?: string
	/** working hours, from and to by turns; none: 08:30 to 12:00 and 13:30 to 17:30 (minutes of the day) */
	hours?: number[]
	/** its days count no longer */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Says how orders climb when nobody accepts them: through which levels, and how long they wait on each. */
export interface PutLadder {
	/** its id (ladder) */
	ladder: number
	/** its name (1 to 64 characters) */
	name: string
	/** level and time to accept by turns, each level further up than the one before, the district last (level, s) */
	steps: number[]
	/** no longer in use */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds a rule by which new orders get another holder than the area they come from has for their category, or makes it what this says. Rules are looked through by rank, and the first that matches decides. A rule that could never match is refused. */
export interface PutRule {
	/** the rule's id, and its rank: of those that match, the smallest decides (rule) */
	rule: number
	/** its name (1 to 64 characters) */
	name: string
	/** orders of this category; 0: of any (category) */
	category: number
	/** orders that come from this area or below it; 0: from anywhere (area) */
	area: number
	/** orders whose requester has this post; 0: any */
	post: Post | number
	/** on these days, a bit each: 1 Monday, 2 Tuesday, 4 Wednesday, ... 64 Sunday */
	weekdays: number
	/** from this time of day, by the district's clock (min of the day) */
	from_min: number
	/** until before this time; before from_min: of the next day (min of the day) */
	to_min: number
	/** orders whose text holds one of these words, which | separates; empty: any (0 to 200 characters) */
	keyword: string
	/** who shall hold them: an area, a dedicated grid, an organisation; 0: see level (area) */
	holder: number
	/** the level that shall hold them, on the way up from where they come from; 0: see holder */
	level: Level | number
	/** no longer in use */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Gives an area polygons, or makes them what this says. Refused when they are empty, cross themselves, have their axes in the wrong order, or cover more than a sliver of another area of the same level. */
export interface PutShape {
	/** whose ground it is (area) */
	area: number
	/** its polygons: pairs of i32, little-endian, longitude and latitude, ring after ring; the last point joins the first. Between two rings stands the pair (-2147483648, 1) when a hole of the same polygon follows, (-2147483648, 0) when a further polygon's outer ring does (degrees * 10^7, WGS84) */
	rings: Uint8Array
	/** no longer in use */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** From here on the put_ messages of this connection are laid aside, without answers, until import_commit. Answered by ok. */
export interface ImportBegin {
	/** a new UUIDv7 */
	import: string
}

/** Takes all that was laid aside since import_begin into the registry, or nothing of it. Answered by imported, or refused with the row that is at fault: the request id of its put_ message. */
export interface ImportCommit {
	/** as in import_begin */
	import: string
	/** how many put_ messages there were; another number is refused */
	rows: number
	/** only say what would change */
	dry_run?: boolean
	/** what is in the registry and not in the import is retired */
	complete?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Adds a plan for an emergency (平战结合), or makes it what this says. One that is on cannot be changed. */
export interface PutPlan {
	/** its id (plan) */
	plan: number
	/** its name (1 to 64 characters) */
	name: string
	/** where it may be switched on: in this area, or in one below it (area) */
	area: number
	/** times to accept while it is on, of the ordinary ones (%) */
	accept_percent: number
	/** times to complete while it is on, of the ordinary ones (%) */
	complete_percent: number
	/** what becomes of times that run when it is switched on */
	running: Running | number
	/** after this time it ends by itself, if nothing else is said when it is switched on (s) */
	lasts_s: number
	/** how orders climb while it is on; 0: as their categories say (ladder) */
	ladder?: number
	/** categories for emergencies alone of which orders are taken while it is on (category) */
	categories?: number[]
	/** no longer to be switched on */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** a notice to the households there, sent when it is switched on; empty: none (0 to 4000 characters) */
	notice?: string
	/** a roll-call of the households there, handed out when it is switched on; empty: none (0 to 4000 characters) */
	roll_call?: string
	/** of the roll-call's orders (category) */
	roll_category?: number
	/** who is called out by a notice of their own that wants to be confirmed, when it is switched on: posts, 1 << enum post, added up; 0: nobody */
	call_out?: number
}

/** Adds a duty, or makes it what this says: orders that the broker makes by itself, on days of the week or of the month. After a stop only the latest of those that were missed is made. */
export interface PutDuty {
	/** its id (duty) */
	duty: number
	/** its name (1 to 64 characters) */
	name: string
	/** what its orders are about; it says who holds them and by when they are to be done (category) */
	category: number
	/** where they are to be done (area) */
	area: number
	/** an order for each micro-grid of the area; otherwise one for the area itself */
	each: boolean
	/** what is to be done (1 to 4000 characters) */
	text: string
	/** on which days of the week: 1 Monday, 2 Tuesday, 4 Wednesday, ... 64 Sunday, added up; 0: by the day of the month */
	weekdays: number
	/** on which day of the month, in a shorter month on its last; 0: by the days of the week */
	month_day: number
	/** at what time, by China's clock (minutes of the day) */
	minute: number
	/** the first day; 0: from now on (yyyymmdd) */
	from_day?: number
	/** the last day; 0: for ever (yyyymmdd) */
	until_day?: number
	/** only on days that are worked, by the calendar; what falls on others is left out */
	workdays?: boolean
	/** no orders any more */
	retired?: boolean
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Switches a plan on in an area and all below it. By staff and supervisors of the area or above it. Refused where another plan is on, at, above or below; preview_mode says beforehand what it would do. */
export interface SwitchOn {
	/** the plan (plan) */
	plan: number
	/** where; 0: in the plan's own area (area) */
	area?: number
	/** when it ends by itself, within a year; 0: after the plan's time (ms since 1970 UTC) */
	until_ms?: number | bigint
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** the how many-th time this plan is switched on, counted from 1: another one is refused, so an old copy switches nothing; 0: the next */
	nth?: number
}

/** Ends a plan before its time, and with it the notice, the roll-call and the call-out that it sent. By staff and supervisors of the area where it is on or above it. */
export interface SwitchOff {
	/** the plan (plan) */
	plan: number
	/** why (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
	/** the how many-th time it was switched on, which is to end: another one is refused; 0: the one that is on */
	nth?: number
}

/** Puts something on a community's or an organisation's list: an offer (资源) or a need (需求). By people with a post of work there or above. The id is made by the client, so that sending it again is the same listing. */
export interface PutListing {
	/** a new UUIDv7 (RFC 9562) */
	listing: string
	/** offered or needed */
	side: ListingSide | number
	/** of what kind; a match is of the same */
	kind: ListingKind | number
	/** whose listing it is: a community, an organisation or another area (area) */
	area: number
	/** what it is, and of what the quantity counts (1 to 4000 characters) */
	text: string
	/** how much there is or is needed; it can be claimed in parts */
	quantity: number
	/** from when; 0: from now on (ms since 1970 UTC) */
	from_ms?: number | bigint
	/** until when, and what is left then expires; 0: until it is withdrawn (ms since 1970 UTC) */
	until_ms?: number | bigint
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Takes a listing, or a part of it: a community takes an offer, an organisation takes on a need. By people with a post of work in the area that takes it, or above. With other, an offer and a need are matched, and both are claimed. */
export interface Claim {
	/** what is taken */
	listing: string
	/** a new UUIDv7, so that sending it again is the same claim */
	claim: string
	/** how much of it; more than is left is refused */
	quantity: number
	/** which area takes it; with other, that listing's area (area) */
	by: number
	/** the listing of the other side that it is matched with; all zero: none */
	other: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Ends a claim: with what came of it. Quantity 0 says that nothing did; what was claimed and not done is left again. By people with a post of work in the area that claimed, in the listing's, or above. */
export interface Fulfil {
	/** the listing that was claimed */
	listing: string
	/** the claim of it */
	claim: string
	/** how much was done, at most what was claimed */
	quantity: number
	/** what was done, or why nothing was (1 to 4000 characters) */
	result: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Takes a listing back: what is left of it can be claimed no longer. Claims that are made already go on. By people with a post of work in its area or above. */
export interface WithdrawListing {
	/** the listing */
	listing: string
	/** why (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** A notice (通知) to an area and all below it, to their households or their people; who connects later gets it as long as it is valid. A roll-call (点名任务) and a round of visits (敲门行动) are notices that want an answer for each of them: they are handed to every micro-grid as an order of its own. By people with a post of work in the area or above it. */
export interface Notify {
	/** a new UUIDv7 (RFC 9562) */
	notice: string
	/** to whom: this area and all below it (area) */
	area: number
	/** what it is */
	kind: NoticeKind | number
	/** what is wanted of each member; of a roll-call and of visits an answer */
	want: Want | number
	/** who its members are: households or people; of visits households */
	sort: MemberSort | number
	/** what it says (1 to 4000 characters) */
	text: string
	/** until when it is valid and can be answered; then it ends by itself. At most 400 days from now (ms since 1970 UTC) */
	until_ms: number | bigint
	/** of the orders that a roll-call or visits are handed out with; 0 for a notice (category) */
	category?: number
	/** what the numbers of an answer count, in their order, with commas between them (0 to 200 characters) */
	labels?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** What one member has received, or answers. By the member, somebody of the household, its centre household, or people with a post of work there or above; an answer to a roll-call or visits by the last of these alone. What was reached is never taken back: who has confirmed has read. */
export interface Answer {
	/** the notice */
	notice: string
	/** whose answer it is; 0: the actor's own, or their household's (household or person) */
	member: number
	/** what is answered */
	answer: AnswerKind | number
	/** numbers with it, at most 1,000,000,000 each */
	numbers?: number[]
	/** a word with it; what was found; needed to correct an answer (0 to 500 characters) */
	text?: string
	/** seq of the answer that this one replaces; 0: it is the first. Another answer than the one that is there is refused, unless it is named */
	corrects?: number | bigint
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Tells a notice again to those who have not given what it wants. By people with a post of work in the area or above it. */
export interface RemindMissing {
	/** the notice */
	notice: string
	/** which reminder of this notice it is: one more than there were */
	nth: number
	/** only in this area and below it; 0: all (area) */
	area?: number
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** Ends a notice before its time. What is still open of the orders that it handed out lapses. By people with a post of work in its area or above it. */
export interface EndNotice {
	/** the notice */
	notice: string
	/** why (0 to 500 characters) */
	reason?: string
	/** who acts, if not the connection's own person; only a connection entitled to it may name another (person) */
	actor?: number
}

/** One order. Answered by order; with story then by a past for each of its events, oldest first; always by end. */
export interface GetOrder {
	/** the order */
	order: string
	/** its events, too */
	story?: boolean
}

/** Orders, a page at a time. Answered by order for each and end. Of an area: by holder, state, urgency, age; of a requester or of all: newest first. */
export interface ListOrders {
	/** held in this area or below it; 0: anywhere (area) */
	area?: number
	/** of this requester; 0: of anyone; not together with area (person) */
	requester?: number
	/** in this state; 0: in any */
	state?: State | number
	/** at most so many; 0: 100 (orders) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
	/** wait until the book holds this seq: one reads what one has written; a seq that has not been given yet is not waited for */
	after_seq?: number | bigint
	/** all of it in the order of the ids, oldest first, whatever the filters: each order comes once, even if it moves between two pages; with result and target_ms, which take a look at its story */
	whole?: boolean
	/** submitted at this time or later; 0: any (ms since 1970 UTC) */
	since_ms?: number | bigint
	/** submitted before this time; 0: any (ms since 1970 UTC) */
	until_ms?: number | bigint
	/** of this category; 0: of any (category) */
	category?: number
}

/** Areas in the order of their ids. Answered by area for each and end. */
export interface ListAreas {
	/** this area and all below it; 0: all (area) */
	area?: number
	/** at most so many; 0: 100 (areas) */
	limit?: number
	/** beginning after this id (area) */
	after?: number
}

/** People in the order of their ids; residents, merchants and couriers get no telephone numbers but their own. Answered by person for each and end. */
export interface ListPeople {
	/** with a post in this area or below it; 0: anywhere (area) */
	area?: number
	/** with this post; 0: with any */
	post?: Post | number
	/** at most so many; 0: 100 (people) */
	limit?: number
	/** beginning after this id (person) */
	after?: number
	/** only this person (person) */
	person?: number
}

/** Households in the order of their ids, for people with a post of work. Answered by household for each and end. */
export interface ListHouseholds {
	/** in this area or below it; 0: anywhere (area) */
	area?: number
	/** at most so many; 0: 100 (households) */
	limit?: number
	/** beginning after this id (household) */
	after?: number
}

/** All categories. Answered by category for each and end. */
export interface ListCategories {
}

/** Figures of an area and all below it. Answered by stats. */
export interface GetStats {
	/** the area; 0: all (area) */
	area?: number
	/** with the histograms from which the percentiles come */
	counts?: boolean
	/** without the registry's figures, for which the broker walks over all households and people */
	orders_only?: boolean
}

/** Events from the journal, oldest first. Answered by past for each and end, whose seq is where to go on. */
export interface ReadEvents {
	/** events after this one */
	after_seq: number | bigint
	/** at most so many; 0: 100 (events) */
	limit?: number
	/** only of this area and those below it; 0: all (area) */
	area?: number
}

/** A hash over the whole state in memory, for paidan verify. Answered by digest. */
export interface GetDigest {
}

/** Notices, roll-calls and visits, newest first, open ones before those that have ended. Answered by notice for each and end. */
export interface ListNotices {
	/** sent to this area or below it; 0: anywhere (area) */
	area?: number
	/** only what this person, or their household, was sent; 0: anything, for people with a post of work (person) */
	person?: number
	/** of this kind; 0: of any */
	kind?: NoticeKind | number
	/** those that have ended, instead of the open ones */
	ended?: boolean
	/** at most so many; 0: 100 (notices) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
	/** of ended ones: wait until the book holds this seq */
	after_seq?: number | bigint
	/** only this one, open or ended; all zero: any */
	notice?: string
}

/** How far a notice is: in an area and, each by itself, in those directly below it. Answered by progress for each and end. */
export interface GetProgress {
	/** the notice */
	notice: string
	/** the area, within the notice's; 0: the notice's (area) */
	area?: number
}

/** Members who have not given what a notice wants, for people with a post of work; of visits the priority households first, then in the order of their ids. Answered by household or person for each and end. */
export interface ListMissing {
	/** the notice */
	notice: string
	/** in this area and below it; 0: all (area) */
	area?: number
	/** at most so many; 0: 100 (members) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
}

/** What has been answered: to one notice, in the order of the members' ids, or by one member over all rounds, oldest first. Answered by answer_row for each and end. */
export interface ListAnswers {
	/** the notice; all zero: all rounds of the member */
	notice?: string
	/** only this member; 0: all of the notice (household or person) */
	member?: number
	/** of all rounds: whether the member is a household or a person; 0: a household */
	sort?: MemberSort | number
	/** answered in this area or below it; 0: anywhere (area) */
	area?: number
	/** at most so many; 0: 100 (answers) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
	/** wait until the book holds this seq */
	after_seq?: number | bigint
}

/** Calendars, ladders and what else is set up, each by the event that last set it. Answered by past for each and end. */
export interface ListSetup {
	/** the type of the event, e.g. that of ladder_set (type of a message) */
	type: number
	/** at most so many; 0: 100 */
	limit?: number
	/** beginning after this id */
	after?: number
}

/** Where an order that says this would go, and why. Answered by route for each step and each rule, in the order in which they are tried, and end. */
export interface ExplainRoute {
	/** what it is about (category) */
	category: number
	/** as in submit (household) */
	household?: number
	/** as in submit (area) */
	area?: number
	/** for whom; 0: the connection's person (person) */
	requester?: number
	/** longitude of the place; 0 with lat_e7 0: not given (degrees * 10^7, WGS84) */
	lon_e7?: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7?: number
	/** as in submit (0 to 200 characters) */
	place?: string
	/** the request, in which rules look for their words (0 to 4000 characters) */
	text?: string
	/** when it would be submitted; 0: now (ms since 1970 UTC) */
	time_ms?: number | bigint
}

/** What switching a plan on would do to the orders that are open now. Answered by effect for the area and for each area directly below it, and end. */
export interface PreviewMode {
	/** the plan (plan) */
	plan: number
	/** where; 0: in the plan's own area (area) */
	area?: number
}

/** Listings, newest first, for people with a post of work. Answered by listing for each and end; with counts by listing_counts for the area and for each area directly below it, and end. */
export interface ListListings {
	/** of this area or below it; 0: of any (area) */
	area?: number
	/** only what is offered, or needed; 0: both */
	side?: ListingSide | number
	/** only of this kind; 0: of any */
	kind?: ListingKind | number
	/** only in this state; 0: in any */
	state?: ListingState | number
	/** figures instead, each of an area and all below it; the filters do not count then */
	counts?: boolean
	/** at most so many; 0: 100 (listings) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
	/** wait until the book holds this seq, as in list_orders */
	after_seq?: number | bigint
}

/** A listing, its claims, and what fits it: open listings of the other side and the same kind whose times overlap with its own, those of the same grid or community first, then of the same street, then of the district. Answered by listing for itself, claim_row for each claim, listing for each match, and end. */
export interface ListMatches {
	/** the listing */
	listing: string
	/** at most so many matches; 0: 100 (listings) */
	limit?: number
}

/** Open orders of a category near a place: is it one of these? The place is told as by submit; without a coordinate of its own or of a household, it is the area alone. Nearest first; residents get those that they might follow. Answered by order for each and end. */
export interface ListSimilar {
	/** of this category (category) */
	category: number
	/** where it is; 0: see the others (household) */
	household?: number
	/** longitude of the place; 0 with lat_e7 0: not given (degrees * 10^7, WGS84) */
	lon_e7?: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7?: number
	/** where it is; 0: by household, or by requester (area) */
	area?: number
	/** so near; 0: as the broker is set (m) */
	radius_m?: number
	/** submitted so recently; 0: as the broker is set (h) */
	within_hours?: number
	/** at most so many; 0: 10 (orders) */
	limit?: number
	/** where this person lives, when neither household nor area is named; 0: the connection's own (person) */
	requester?: number
}

/** Orders in queues that come from an area or below it and are held outside of it, because they climbed, were transferred, or are another level's matter: oldest first. Answered by order for each and end. */
export interface ListAway {
	/** the area that they come from (area) */
	area: number
	/** at most so many; 0: 100 (orders) */
	limit?: number
	/** the cursor of the page before */
	cursor?: Uint8Array
}

/** How many orders a person has asked for, by state. Of oneself; of others for people with a post of work. Answered by counts. */
export interface CountOrders {
	/** whose; 0: the connection's own person (person) */
	requester: number
	/** submitted at this time or later; 0: any (ms since 1970 UTC) */
	since_ms?: number | bigint
	/** submitted before this time; 0: any (ms since 1970 UTC) */
	until_ms?: number | bigint
	/** as in list_orders: wait until the book holds this seq */
	after_seq?: number | bigint
}

/** Done, and on disk: the one answer that is a promise. */
export interface Ok {
	type: 'ok'
	/** the seq of the event; of a repeated command, that of the first; 0 when nothing was recorded */
	seq: number
	/** the order's version after it */
	version: number
}

/** Not done, and nothing was changed. */
export interface Refused {
	type: 'refused'
	/** which refusal: stable, for programs */
	code: number
	/** the refusal's name: stable, for programs (1 to 64 characters) */
	name: string
	/** what is wrong, for people (1 to 400 characters) */
	sentence: string
	/** what exactly, for people (0 to 400 characters) */
	detail: string
	/** the order's version now */
	version: number
	/** who was first, when that is the reason (person) */
	person: number
	/** of an import: the request id of the put_ message at fault */
	row: number
}

/** The answer to hello. */
export interface Welcome {
	type: 'welcome'
	/** the broker's protocol version */
	protocol: number
	/** the broker's name and version (1 to 64 characters) */
	broker: string
	/** a number drawn at the broker's start: another one means it was restarted */
	instance: number | bigint
	/** the seq of the last event on disk */
	seq: number
	/** a connection that is silent for three times this is taken for dead (ms) */
	heartbeat_ms: number
}

/** The answer to ping; unasked, it is to see whether the connection is still there. */
export interface Pong {
	type: 'pong'
	/** as in welcome */
	instance: number | bigint
}

/** The answer to count_orders. */
export interface Counts {
	type: 'counts'
	/** whose orders they are (person) */
	requester: number
	/** the event up to which they count */
	seq: number
	/** all of them (orders) */
	orders: number
	/** by state, in the order of the states' codes from 1 on (orders) */
	states: number[]
	/** those that were rated (orders) */
	rated: number
	/** the sum of the ratings (stars) */
	stars: number
	/** there are more than the broker counts at a time, which are the newest 100,000 */
	more: boolean
}

/** An order as it stands. */
export interface Order {
	type: 'order'
	/** its id */
	order: string
	/** its version: the number of its events */
	version: number
	/** its state */
	state: State | number
	/** who holds it (area) */
	holder: number
	/** where it comes from (area) */
	area: number
	/** who asked for it (person) */
	requester: number
	/** the household it is about (household) */
	household: number
	/** what it is about (category) */
	category: number
	/** how urgent it is */
	urgency: Urgency | number
	/** 1, and one more for each reopening */
	attempt: number
	/** who accepted it; 0: nobody yet (person) */
	acceptor: number
	/** the requester's rating; 0: none (stars) */
	rating: number
	/** when it was submitted (ms since 1970 UTC) */
	submitted_ms: number
	/** since when it waits or waited at its holder (ms since 1970 UTC) */
	waiting_ms: number
	/** when it was accepted; 0: not (ms since 1970 UTC) */
	accepted_ms: number
	/** when it was completed; 0: not (ms since 1970 UTC) */
	completed_ms: number
	/** when it was closed or cancelled, or lapsed; 0: not (ms since 1970 UTC) */
	ended_ms: number
	/** when the next step is due; 0: none is (ms since 1970 UTC) */
	due_ms: number
	/** seq of its first event */
	seq: number
	/** seq of its last event */
	last_seq: number
	/** the request (0 to 4000 characters) */
	text: string
	/** where exactly, in words (0 to 200 characters) */
	place: string
	/** longitude of the place; 0 with lat_e7 0: not given (degrees * 10^7, WGS84) */
	lon_e7: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7: number
	/** it was not completed when it was due */
	late: boolean
	/** recorded as saying what another order said before */
	duplicate: boolean
	/** of a recorded order: the system it came from (0 to 64 characters) */
	source: string
	/** of a recorded order: its key there (0 to 128 characters) */
	key: string
	/** what was done last; of list_orders with whole alone (0 to 4000 characters) */
	result: string
	/** by when it is or was to be accepted or completed, whichever came last; 0: nothing was said; of list_orders with whole alone (ms since 1970 UTC) */
	target_ms: number
	/** how many levels it has climbed in this attempt because a time passed (levels) */
	step: number
	/** it passed its last deadline: it stays with the district */
	stuck: boolean
	/** of a suspended one: what is left of the time to complete it, by the clock of its category; due_ms is when it goes on (s) */
	left_s: number
	/** by when it will be accepted, while it waits; 0: it does not wait (ms since 1970 UTC) */
	accept_by_ms: number
	/** by when it will be completed; of one that waits, if it is accepted in time, of a suspended one, if it goes on on its day; 0: it is completed or over, or it waits and is one of a list (ms since 1970 UTC) */
	complete_by_ms: number
	/** it is waiting or accepted, and should not be any more, or stuck */
	overdue: boolean
	/** how often it was urged */
	urges: number
	/** who follow it beside its requester; of get_order alone, as the next three (people) */
	followers: number
	/** followers who rated this completion (people) */
	endorsements: number
	/** the sum of their ratings (stars) */
	endorsed_stars: number
	/** of a merged order: the id of the one that goes on; otherwise empty */
	merged_into: Uint8Array
	/** where a picture of it is to be found (0 to 300 characters) */
	picture: string
	/** the roll-call or round of visits that it is part of; all zero: none */
	notice: string
}

/** An area. */
export interface Area {
	type: 'area'
	/** its id (area) */
	area: number
	/** the area above (area) */
	parent: number
	/** its level */
	level: Level | number
	/** what sort of area it is */
	kind: AreaKind | number
	/** its name (1 to 64 characters) */
	name: string
	/** the ids from the district down: its topic (1 to 128 characters) */
	path: string
	/** no longer in use */
	retired: boolean
	/** orders that wait here and below, now (orders) */
	waiting: number
}

/** A person. */
export interface Person {
	type: 'person'
	/** the id (person) */
	person: number
	/** the post */
	post: Post | number
	/** where the post is held (area) */
	area: number
	/** where the person lives; 0: not housed here (household) */
	household: number
	/** the name (1 to 64 characters) */
	name: string
	/** a telephone number (0 to 32 characters) */
	phone: string
	/** holds the post no longer */
	retired: boolean
}

/** A household. */
export interface Household {
	type: 'household'
	/** its id (household) */
	household: number
	/** its micro-grid (area) */
	area: number
	/** its centre household (household) */
	centre: number
	/** its address (1 to 200 characters) */
	address: string
	/** its longitude (degrees * 10^7, WGS84) */
	lon_e7: number
	/** its latitude (degrees * 10^7, WGS84) */
	lat_e7: number
	/** no longer there */
	retired: boolean
	/** why it is visited before others; 0: it is not */
	priority: HouseholdPriority | number
}

/** A category of orders. */
export interface Category {
	type: 'category'
	/** its id (category) */
	category: number
	/** its name (1 to 64 characters) */
	name: string
	/** the level that holds its orders */
	level: Level | number
	/** how urgent its orders are */
	urgency: Urgency | number
	/** time to accept (s) */
	accept_within_s: number
	/** time to complete (s) */
	complete_within_s: number
	/** not for new orders */
	retired: boolean
	/** how the time to accept runs; 0: always */
	accept_clock: Clock | number
	/** how the time to complete runs; 0: always */
	complete_clock: Clock | number
	/** how its orders climb; 0: level by level (ladder) */
	ladder: number
	/** after which silence an acceptor is reminded; 0: never (s) */
	idle_within_s: number
	/** where its orders are when nothing says more; 0: nowhere in particular (area) */
	area: number
	/** its orders are taken only where a plan that names it is on */
	emergency_only: boolean
}

/** Figures of an area and all below it; all but pushed and workers can be had again, exactly, by a replay of the journal. Also published once a second for each area whose figures changed, on its topic, after a published. */
export interface Stats {
	type: 'stats'
	/** the area; 0: all (area) */
	area: number
	/** when they were taken (ms since 1970 UTC) */
	time_ms: number
	/** the event up to which they count */
	seq: number
	/** submitted so far (orders) */
	submitted: number
	/** accepted so far (orders) */
	accepted: number
	/** completed so far (orders) */
	completed: number
	/** closed so far (orders) */
	closed: number
	/** cancelled so far, by their requesters or because they lapsed (orders) */
	cancelled: number
	/** reopened so far (orders) */
	reopened: number
	/** declined or transferred away so far (orders) */
	declined: number
	/** waiting now (orders) */
	waiting: number
	/** accepted and not completed now (orders) */
	working: number
	/** since when the oldest of the waiting waits; 0: none waits (ms since 1970 UTC) */
	oldest_ms: number
	/** p50, p90, p99 of the time from waiting to accepted (ms) */
	accept_ms: number[]
	/** p50, p90, p99 of the time from accepted to completed (ms) */
	complete_ms: number[]
	/** pushed to workers since the broker's start (orders) */
	pushed: number
	/** workers there now (workers) */
	workers: number
	/** districts, streets, communities, urban communities, grids, dedicated grids, micro-grids, households, centre households, then people by post in the order of the posts, then organisations; none in what is published */
	registry: number[]
	/** histogram of the times to accept; its buckets are described under "Histograms" */
	accept_counts: number[]
	/** histogram of the times to complete */
	complete_counts: number[]
	/** submitted with a time by which something is due: all that were submitted here, and the recorded ones that had one (orders) */
	due: number
	/** not completed when they were due, each counted once; recorded ones, too (orders) */
	late: number
	/** recorded as duplicates (orders) */
	duplicate: number
	/** times that an order was urged */
	urged: number
	/** merged into others (orders) */
	merged: number
	/** times that an order climbed because a deadline passed */
	escalated: number
	/** times that an acceptor was reminded of an idle order */
	reminded: number
	/** the emergency plan that is on in the area or above it; 0: none (plan) */
	plan: number
	/** how many are on in areas below it (plans) */
	plans_below: number
}

/** An event from the journal. */
export interface Past {
	type: 'past'
	/** the event, as a whole message, as it was published */
	event: AnyEvent
}

/** The last of the answers to a query. */
export interface End {
	type: 'end'
	/** how many there were before it */
	count: number
	/** the answers hold up to this event */
	seq: number
	/** there may be further ones; the next page can turn out empty */
	more: boolean
	/** of list_orders and list_away: where the next page begins */
	cursor: Uint8Array
	/** of the registry's lists: where the next page begins */
	after: number
	/** of read_events: how many publications the area has had, see published */
	publications: number
}

/** What an import changed, or with dry_run would change. Each: added, changed, moved, retired, unchanged. */
export interface Imported {
	type: 'imported'
	/** seq of the last event; 0 when nothing was recorded */
	seq: number
	/** areas */
	areas: number[]
	/** households */
	households: number[]
	/** people */
	people: number[]
	/** categories */
	categories: number[]
	/** rules */
	rules: number[]
	/** shapes */
	shapes: number[]
	/** calendars, ladders and what else is set up, all together */
	setup: number[]
}

/** A hash over the registry, the orders in queues and the figures. */
export interface Digest {
	type: 'digest'
	/** the event up to which it counts */
	seq: number
	/** the hash (BLAKE2b-256) */
	hash: Uint8Array
}

/** A step on the way to an order's holder: what was looked at, and what came of it. */
export interface Route {
	type: 'route'
	/** what was looked at */
	step: RouteStep | number
	/** what came of it */
	why: RouteWhy | number
	/** the area it gave, or would have given; 0: none (area) */
	area: number
	/** of a rule: which (rule) */
	rule: number
	/** of a place outside all polygons: how far the nearest is, if it is near (m) */
	metres: number
	/** of a rule its name, of an address the beginning that was found (0 to 200 characters) */
	name: string
}

/** What a plan would do to the open orders of an area and all below it. */
export interface Effect {
	type: 'effect'
	/** the area (area) */
	area: number
	/** waiting or accepted, with a time that runs (orders) */
	open: number
	/** of these, those that would be due at another time (orders) */
	changed: number
	/** of these, those that would be due earlier than now (orders) */
	earlier: number
	/** of these, those that would be due at once (orders) */
	overdue: number
}

/** An offer or a need. */
export interface Listing {
	type: 'listing'
	/** its id */
	listing: string
	/** whose it is (area) */
	area: number
	/** offered or needed */
	side: ListingSide | number
	/** of what kind */
	kind: ListingKind | number
	/** its state */
	state: ListingState | number
	/** how much it was */
	quantity: number
	/** how much can be claimed still */
	left: number
	/** how much is claimed, and not done yet */
	claimed: number
	/** how much was done */
	fulfilled: number
	/** from when (ms since 1970 UTC) */
	from_ms: number
	/** until when; 0: until it is withdrawn (ms since 1970 UTC) */
	until_ms: number
	/** when it was put on the list (ms since 1970 UTC) */
	listed_ms: number
	/** who put it there (person) */
	actor: number
	/** seq of its first event */
	seq: number
	/** what it is (1 to 4000 characters) */
	text: string
}

/** A claim of a listing. */
export interface ClaimRow {
	type: 'claim_row'
	/** its id */
	claim: string
	/** what is claimed */
	listing: string
	/** the listing of the other side that it is matched with; all zero: none */
	other: string
	/** which area claims it (area) */
	by: number
	/** how much */
	quantity: number
	/** how much was done */
	fulfilled: number
	/** nothing more will be done */
	ended: boolean
	/** who claimed it (person) */
	actor: number
	/** when (ms since 1970 UTC) */
	claimed_ms: number
	/** what came of it; empty: it is not ended (0 to 4000 characters) */
	result: string
}

/** Figures of the lists of an area and all below it; they can be had again, exactly, by a replay of the journal. */
export interface ListingCounts {
	type: 'listing_counts'
	/** the area; 0: all (area) */
	area: number
	/** offers so far (listings) */
	offered: number
	/** needs so far (listings) */
	needed: number
	/** claims of them so far (claims) */
	claimed: number
	/** claims that came to something (claims) */
	fulfilled: number
	/** claims that came to nothing (claims) */
	failed: number
	/** taken back (listings) */
	withdrawn: number
	/** expired with something left (listings) */
	expired: number
	/** offers of which something is left, now (listings) */
	open_offers: number
	/** needs of which something is left, now (listings) */
	open_needs: number
}

/** A notice, roll-call or round of visits. */
export interface Notice {
	type: 'notice'
	/** its id */
	notice: string
	/** to whom (area) */
	area: number
	/** what it is */
	kind: NoticeKind | number
	/** what is wanted of each member */
	want: Want | number
	/** who its members are */
	sort: MemberSort | number
	/** what it says (1 to 4000 characters) */
	text: string
	/** when it was sent (ms since 1970 UTC) */
	time_ms: number
	/** until when it is valid (ms since 1970 UTC) */
	until_ms: number
	/** who sent it (person) */
	actor: number
	/** of its orders; 0: it has none (category) */
	category: number
	/** what the numbers of an answer count (0 to 200 characters) */
	labels: string
	/** when it ended; 0: it is open (ms since 1970 UTC) */
	ended_ms: number
	/** how often the missing were reminded */
	reminders: number
	/** seq of its first event */
	seq: number
	/** handed out to micro-grids so far (orders) */
	orders: number
	/** of an ended one: its members then */
	members: number
	/** of an ended one: members who had given what was wanted */
	answered: number
	/** of people: only those who hold one of these posts, 1 << enum post, added up; 0: all of them */
	posts: number
}

/** How far a notice is in one area and all below it. Delivered, read and confirmed are counted each by itself: who has confirmed counts in all three. */
export interface Progress {
	type: 'progress'
	/** the notice */
	notice: string
	/** the area (area) */
	area: number
	/** households or people, now */
	members: number
	/** members to whom it was delivered */
	delivered: number
	/** members who have read it */
	read: number
	/** members who have confirmed it */
	confirmed: number
	/** members with an answer */
	answered: number
	/** members who have not given what is wanted */
	missing: number
	/** members whose answer is done, refused, away, not_found, visited */
	answers: number[]
	/** sums of the answers' numbers */
	sums: number[]
}

/** What one member has received and answered. */
export interface AnswerRow {
	type: 'answer_row'
	/** the notice */
	notice: string
	/** the member (household or person) */
	member: number
	/** where it belonged when it first answered (area) */
	area: number
	/** delivered, read or confirmed; 0: none of them */
	reached: AnswerKind | number
	/** its answer; 0: none */
	answer: AnswerKind | number
	/** the answer's numbers */
	numbers: number[]
	/** the word with its last answer (0 to 500 characters) */
	text: string
	/** of its last event (ms since 1970 UTC) */
	time_ms: number
	/** of its last event (person) */
	actor: number
	/** seq of its answer, to be named by a correction; 0: none */
	seq: number
	/** what the notice is */
	kind: NoticeKind | number
}

/** A dispatch (派单): an order that waits at an area this connection works for. It promises nothing: accept it, or leave it. */
export interface Push {
	type: 'push'
	/** the order */
	order: string
	/** its version, to be named by accept */
	version: number
	/** the area in whose queue it waits (area) */
	holder: number
	/** which attempt it is */
	attempt: number
	/** since when it waits here (ms since 1970 UTC) */
	waiting_ms: number
	/** by when it is to be accepted (ms since 1970 UTC) */
	due_ms: number
	/** the order's first event, submitted, as a whole message: category, urgency, text and the rest; of a recorded order a submitted that says the same */
	submitted: Submitted
}

/** An order that was pushed here is no longer to be had: someone else accepted it, or it left the queue. */
export interface Withdraw {
	type: 'withdraw'
	/** the order */
	order: string
	/** the area it was pushed for (area) */
	holder: number
	/** who moved it (person) */
	person: number
}

/** Tells those who work for an area of an order that it holds and that must not be forgotten. It changes nothing. */
export interface Warned {
	type: 'warned'
	/** the order */
	order: string
	/** its version */
	version: number
	/** who holds it (area) */
	holder: number
	/** who accepted it; 0: nobody yet (person) */
	acceptor: number
	/** why */
	why: Warning | number
	/** by when its next step is due (ms since 1970 UTC) */
	due_ms: number
}

/** A move of an order that the connection's person asked for or follows, as it happens; lapsed, too, of one that the person had accepted; and urged of one that the person accepted, or that waits at an area this connection works for. To connections that said hello with listen, but for the one that made the move. */
export interface Moved {
	type: 'moved'
	/** the event, as a whole message, as it was published */
	event: AnyEvent
}

/** A notice to the person of a connection that listens, or to their household: when it is sent, when they connect and have not given what it wants, and when they are reminded. */
export interface NoticePush {
	type: 'notice_push'
	/** the event, as a whole message: what it says and what it wants */
	notified: Notified
	/** which reminder this is; 0: none */
	reminder: number
}

/** An order was submitted, and dispatched to its holder. */
export interface Submitted {
	type: 'submitted'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** for whom (person) */
	requester: number
	/** the household it is about (household) */
	household: number
	/** where it comes from (area) */
	area: number
	/** what it is about (category) */
	category: number
	/** how urgent it is */
	urgency: Urgency | number
	/** the request (1 to 4000 characters) */
	text: string
	/** where exactly, in words (0 to 200 characters) */
	place: string
	/** longitude of the place (degrees * 10^7, WGS84) */
	lon_e7: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7: number
	/** what told the area it comes from; 0: the broker was too old to say */
	route: RouteStep | number
	/** which rule chose the holder; 0: none, the category's level did (rule) */
	rule: number
	/** the duty that made it; 0: none (duty) */
	duty: number
	/** of a duty: for when it was made (ms since 1970 UTC) */
	occurrence_ms: number
	/** of a duty: further micro-grids get one for the same time */
	more: boolean
	/** where a picture of it is to be found (0 to 300 characters) */
	picture: string
	/** the roll-call or round of visits by which the broker submitted it; all zero: none */
	notice: string
}

/** The actor accepted the order. */
export interface Accepted {
	type: 'accepted'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
}

/** The holder declined it; it waits one level up. */
export interface Declined {
	type: 'declined'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** why (1 to 500 characters) */
	reason: string
}

/** It was given to another holder. */
export interface Transferred {
	type: 'transferred'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** why (1 to 500 characters) */
	reason: string
}

/** The acceptor reported it as done. */
export interface Completed {
	type: 'completed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** what was done (1 to 4000 characters) */
	result: string
}

/** The requester confirmed and rated it; it is closed. */
export interface Confirmed {
	type: 'confirmed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the rating (stars) */
	rating: number
	/** a word with it (0 to 500 characters) */
	text: string
}

/** Nobody confirmed it in time; it closed by itself. */
export interface Closed {
	type: 'closed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
}

/** The requester says it is not done; it waits again, one level up. */
export interface Reopened {
	type: 'reopened'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** which attempt begins */
	attempt: number
	/** why (1 to 500 characters) */
	reason: string
}

/** The requester took it back. */
export interface Cancelled {
	type: 'cancelled'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** why (0 to 500 characters) */
	reason: string
}

/** A remark was added. */
export interface Noted {
	type: 'noted'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the remark (1 to 4000 characters) */
	text: string
}

/** A past order of another system was taken in. Its event is of now; its own times stand in its fields. It begins as submitted does. */
export interface Recorded {
	type: 'recorded'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** who asked for it; 0: not known here (person) */
	requester: number
	/** the household it is about; 0: none (household) */
	household: number
	/** where it comes from (area) */
	area: number
	/** what it is about (category) */
	category: number
	/** how urgent it is */
	urgency: Urgency | number
	/** the request (1 to 4000 characters) */
	text: string
	/** where exactly, in words (0 to 200 characters) */
	place: string
	/** longitude of the place (degrees * 10^7, WGS84) */
	lon_e7: number
	/** latitude of the place (degrees * 10^7, WGS84) */
	lat_e7: number
	/** its state after it: waiting, completed, closed or cancelled */
	state: State | number
	/** when it was submitted there (ms since 1970 UTC) */
	submitted_ms: number
	/** when it was completed, closed or cancelled; 0: it is waiting (ms since 1970 UTC) */
	ended_ms: number
	/** by when it was to be done; 0: nothing was said (ms since 1970 UTC) */
	target_ms: number
	/** it says what another order said before */
	duplicate: boolean
	/** the other system's name (1 to 64 characters) */
	source: string
	/** the order's key there (1 to 128 characters) */
	key: string
	/** what was done (0 to 4000 characters) */
	result: string
}

/** Its acceptor gave it back; it waits again. */
export interface Released {
	type: 'released'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** why (1 to 500 characters) */
	reason: string
}

/** Its acceptor put it off; due_ms is when it goes on. */
export interface Suspended {
	type: 'suspended'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** what is left of the time to complete it, by the clock of its category (s) */
	left_s: number
	/** why (1 to 500 characters) */
	reason: string
}

/** It goes on. */
export interface Resumed {
	type: 'resumed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** a word with it (0 to 500 characters) */
	reason: string
}

/** A time has passed: it waits one level up; or, from the district, which it came to before, it goes no further. */
export interface Escalated {
	type: 'escalated'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** why */
	why: Escalation | number
}

/** Its acceptor said nothing of it for long, and was reminded. */
export interface Reminded {
	type: 'reminded'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
}

/** The registry has changed: the household, or the place, that the order is about belongs to another area now. Its holder follows if it was one of the old area's, and then the order waits anew, unless its acceptor went the same way. */
export interface Rerouted {
	type: 'rerouted'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** where it comes from, now (area) */
	area: number
	/** its state after it */
	state: State | number
}

/** The requester or a follower asked for haste. */
export interface Urged {
	type: 'urged'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** how often it was urged by now */
	urges: number
	/** a word with it (0 to 500 characters) */
	text: string
}

/** The actor follows it from now on. */
export interface Followed {
	type: 'followed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
}

/** The actor follows it no longer. */
export interface Unfollowed {
	type: 'unfollowed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
}

/** It was merged into another order, which its requester and its followers follow from now on. */
export interface Merged {
	type: 'merged'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the order that goes on */
	into: string
	/** why (0 to 500 characters) */
	reason: string
}

/** A follower agreed that it is done, and rated it. */
export interface Endorsed {
	type: 'endorsed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the rating (stars) */
	rating: number
	/** a word with it (0 to 500 characters) */
	text: string
}

/** Its time was changed, for a plan was switched on or has ended where it is held. */
export interface Redated {
	type: 'redated'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the plan (plan) */
	plan: number
	/** it has ended: the order gets the time that it would have had without it */
	ended: boolean
}

/** The roll-call or round of visits that handed it out has ended: nobody can answer any more, so nobody has to work on it. It is cancelled, whether it waited, was accepted or suspended. */
export interface Lapsed {
	type: 'lapsed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the order it happened to */
	order: string
	/** the order's version after it */
	version: number
	/** who holds the order after it (area) */
	holder: number
	/** who held it before; 0 for a new order (area) */
	from: number
	/** by when the next step is due; 0 when none is (ms since 1970 UTC) */
	due_ms: number
	/** the roll-call or round of visits */
	notice: string
}

/** An area was added or changed. */
export interface AreaSet {
	type: 'area_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (area) */
	area: number
	/** the area above (area) */
	parent: number
	/** its level */
	level: Level | number
	/** what sort of area it is */
	kind: AreaKind | number
	/** its name (1 to 64 characters) */
	name: string
	/** no longer in use */
	retired: boolean
}

/** A household was added or changed. */
export interface HouseholdSet {
	type: 'household_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (household) */
	household: number
	/** its micro-grid (area) */
	area: number
	/** its centre household (household) */
	centre: number
	/** its address (1 to 200 characters) */
	address: string
	/** its longitude (degrees * 10^7, WGS84) */
	lon_e7: number
	/** its latitude (degrees * 10^7, WGS84) */
	lat_e7: number
	/** no longer there */
	retired: boolean
	/** why it is visited before others; 0: it is not */
	priority: HouseholdPriority | number
}

/** A person was added or changed. */
export interface PersonSet {
	type: 'person_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the id (person) */
	person: number
	/** the post */
	post: Post | number
	/** where the post is held (area) */
	area: number
	/** where the person lives; 0: not housed here (household) */
	household: number
	/** the name (1 to 64 characters) */
	name: string
	/** a telephone number (0 to 32 characters) */
	phone: string
	/** holds the post no longer */
	retired: boolean
}

/** A category was added or changed. */
export interface CategorySet {
	type: 'category_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (category) */
	category: number
	/** its name (1 to 64 characters) */
	name: string
	/** the level that holds its orders */
	level: Level | number
	/** how urgent its orders are */
	urgency: Urgency | number
	/** time to accept (s) */
	accept_within_s: number
	/** time to complete (s) */
	complete_within_s: number
	/** not for new orders */
	retired: boolean
	/** how the time to accept runs; 0: always */
	accept_clock: Clock | number
	/** how the time to complete runs; 0: always */
	complete_clock: Clock | number
	/** how its orders climb; 0: level by level (ladder) */
	ladder: number
	/** after which silence an acceptor is reminded; 0: never (s) */
	idle_within_s: number
	/** where its orders are when nothing says more; 0: nowhere in particular (area) */
	area: number
	/** its orders are taken only where a plan that names it is on */
	emergency_only: boolean
}

/** A year's calendar was added or changed. */
export interface CalendarSet {
	type: 'calendar_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the year (year) */
	calendar: number
	/** days without work (yyyymmdd) */
	holidays: number[]
	/** Saturdays and Sundays that are worked (yyyymmdd) */
	workdays: number[]
	/** what the days are called, a line each (0 to 4000 characters) */
	names: string
	/** working hours; none: the usual ones (minutes of the day) */
	hours: number[]
	/** its days count no longer */
	retired: boolean
}

/** A ladder was added or changed. */
export interface LadderSet {
	type: 'ladder_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (ladder) */
	ladder: number
	/** its name (1 to 64 characters) */
	name: string
	/** level and time to accept by turns (level, s) */
	steps: number[]
	/** no longer in use */
	retired: boolean
}

/** A rule was added or changed. */
export interface RuleSet {
	type: 'rule_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the rule's id, and its rank: of those that match, the smallest decides (rule) */
	rule: number
	/** its name (1 to 64 characters) */
	name: string
	/** orders of this category; 0: of any (category) */
	category: number
	/** orders that come from this area or below it; 0: from anywhere (area) */
	area: number
	/** orders whose requester has this post; 0: any */
	post: Post | number
	/** on these days, a bit each: 1 Monday, 2 Tuesday, 4 Wednesday, ... 64 Sunday */
	weekdays: number
	/** from this time of day, by the district's clock (min of the day) */
	from_min: number
	/** until before this time; before from_min: of the next day (min of the day) */
	to_min: number
	/** orders whose text holds one of these words, which | separates; empty: any (0 to 200 characters) */
	keyword: string
	/** who shall hold them: an area, a dedicated grid, an organisation; 0: see level (area) */
	holder: number
	/** the level that shall hold them, on the way up from where they come from; 0: see holder */
	level: Level | number
	/** no longer in use */
	retired: boolean
}

/** An area's polygons were added or changed. */
export interface ShapeSet {
	type: 'shape_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** whose ground it is (area) */
	area: number
	/** its polygons: pairs of i32, little-endian, longitude and latitude, ring after ring; the last point joins the first. Between two rings stands the pair (-2147483648, 1) when a hole of the same polygon follows, (-2147483648, 0) when a further polygon's outer ring does (degrees * 10^7, WGS84) */
	rings: Uint8Array
	/** no longer in use */
	retired: boolean
}

/** A plan was added or changed. */
export interface PlanSet {
	type: 'plan_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (plan) */
	plan: number
	/** its name (1 to 64 characters) */
	name: string
	/** where it may be switched on: in this area, or in one below it (area) */
	area: number
	/** times to accept while it is on, of the ordinary ones (%) */
	accept_percent: number
	/** times to complete while it is on, of the ordinary ones (%) */
	complete_percent: number
	/** what becomes of times that run when it is switched on */
	running: Running | number
	/** after this time it ends by itself, if nothing else is said when it is switched on (s) */
	lasts_s: number
	/** how orders climb while it is on; 0: as their categories say (ladder) */
	ladder: number
	/** categories for emergencies alone of which orders are taken while it is on (category) */
	categories: number[]
	/** no longer to be switched on */
	retired: boolean
	/** a notice to the households there, sent when it is switched on; empty: none (0 to 4000 characters) */
	notice: string
	/** a roll-call of the households there, handed out when it is switched on; empty: none (0 to 4000 characters) */
	roll_call: string
	/** of the roll-call's orders (category) */
	roll_category: number
	/** who is called out by a notice of their own that wants to be confirmed, when it is switched on: posts, 1 << enum post, added up; 0: nobody */
	call_out: number
}

/** A duty was added or changed. The broker keeps its last occurrence with it. */
export interface DutySet {
	type: 'duty_set'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** its id (duty) */
	duty: number
	/** its name (1 to 64 characters) */
	name: string
	/** what its orders are about; it says who holds them and by when they are to be done (category) */
	category: number
	/** where they are to be done (area) */
	area: number
	/** an order for each micro-grid of the area; otherwise one for the area itself */
	each: boolean
	/** what is to be done (1 to 4000 characters) */
	text: string
	/** on which days of the week: 1 Monday, 2 Tuesday, 4 Wednesday, ... 64 Sunday, added up; 0: by the day of the month */
	weekdays: number
	/** on which day of the month, in a shorter month on its last; 0: by the days of the week */
	month_day: number
	/** at what time, by China's clock (minutes of the day) */
	minute: number
	/** the first day; 0: from now on (yyyymmdd) */
	from_day: number
	/** the last day; 0: for ever (yyyymmdd) */
	until_day: number
	/** only on days that are worked, by the calendar; what falls on others is left out */
	workdays: boolean
	/** no orders any more */
	retired: boolean
	/** the occurrence for which orders were made last; 0: none yet (ms since 1970 UTC) */
	last_ms: number
	/** the micro-grid for which one was made last, while they are being made; 0: they are made (area) */
	last_area: number
}

/** A plan was switched on. */
export interface ModeBegun {
	type: 'mode_begun'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the plan (plan) */
	plan: number
	/** where (area) */
	area: number
	/** when it ends by itself (ms since 1970 UTC) */
	until_ms: number
	/** the how many-th time it is */
	nth: number
	/** the broker keeps here what the plan has sent: 1 its notice, 2 its roll-call, 4 its call-out, added up */
	told: number
}

/** A plan is on no longer: it was switched off, or its time has passed. What it sent when it was switched on ends with it. */
export interface ModeEnded {
	type: 'mode_ended'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the plan (plan) */
	plan: number
	/** where it was on (area) */
	area: number
	/** since when it was on (ms since 1970 UTC) */
	begun_ms: number
	/** the how many-th time it was */
	nth: number
	/** its time has passed */
	expired: boolean
	/** why (0 to 500 characters) */
	reason: string
}

/** Something was put on a list. */
export interface Listed {
	type: 'listed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** whose listing it is (area) */
	area: number
	/** the listing it happened to */
	listing: string
	/** offered or needed */
	side: ListingSide | number
	/** of what kind */
	kind: ListingKind | number
	/** how much */
	quantity: number
	/** from when (ms since 1970 UTC) */
	from_ms: number
	/** until when; 0: until it is withdrawn (ms since 1970 UTC) */
	until_ms: number
	/** what it is (1 to 4000 characters) */
	text: string
}

/** A listing, or a part of it, was claimed; with other, two listings were matched. */
export interface Claimed {
	type: 'claimed'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** whose listing it is (area) */
	area: number
	/** the listing it happened to */
	listing: string
	/** the claim */
	claim: string
	/** which area claims it (area) */
	by: number
	/** the listing of the other side; all zero: none */
	other: string
	/** how much of it */
	quantity: number
	/** how much is left of the listing then */
	left: number
}

/** A claim was ended, with what came of it. */
export interface Fulfilled {
	type: 'fulfilled'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** whose listing it is (area) */
	area: number
	/** the listing it happened to */
	listing: string
	/** the claim */
	claim: string
	/** which area had claimed it (area) */
	by: number
	/** the listing of the other side; all zero: none */
	other: string
	/** how much was done; 0: nothing */
	quantity: number
	/** how much is left of the listing then */
	left: number
	/** what was done, or why nothing was (1 to 4000 characters) */
	result: string
}

/** A listing can be claimed no longer: it was taken back, or its time has passed. */
export interface Withdrawn {
	type: 'withdrawn'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** whose listing it is (area) */
	area: number
	/** the listing it happened to */
	listing: string
	/** its time has passed */
	expired: boolean
	/** how much was left of it */
	quantity: number
	/** why (0 to 500 characters) */
	reason: string
}

/** A notice was sent. It says nothing of its members: it is one event, however many they are. */
export interface Notified {
	type: 'notified'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the notice */
	notice: string
	/** to whom (area) */
	area: number
	/** what it is */
	kind: NoticeKind | number
	/** what is wanted of each member */
	want: Want | number
	/** who its members are */
	sort: MemberSort | number
	/** what it says (1 to 4000 characters) */
	text: string
	/** until when it is valid (ms since 1970 UTC) */
	until_ms: number
	/** of its orders; 0: it has none (category) */
	category: number
	/** what the numbers of an answer count (0 to 200 characters) */
	labels: string
	/** the emergency plan that sent it; 0: none (plan) */
	plan: number
	/** of people: only those who hold one of these posts, 1 << enum post, added up; 0: all of them */
	posts: number
}

/** A member has received a notice, or answered it. */
export interface Answered {
	type: 'answered'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the notice */
	notice: string
	/** the member (household or person) */
	member: number
	/** where it counts: where the member belonged at its first answer (area) */
	area: number
	/** what was answered */
	answer: AnswerKind | number
	/** numbers with it */
	numbers: number[]
	/** a word with it (0 to 500 characters) */
	text: string
	/** seq of the answer that it replaces; 0: none */
	corrects: number
}

/** Those who are missing were told again. */
export interface MissingReminded {
	type: 'missing_reminded'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the notice */
	notice: string
	/** which reminder of this notice it is */
	nth: number
	/** in this area and below it (area) */
	area: number
	/** how many were missing there */
	missing: number
}

/** A notice has ended, by itself or before its time. Its figures stay as they are now; what is still open of the orders that it handed out lapses. */
export interface NoticeEnded {
	type: 'notice_ended'
	/** its place in the sequence of all events */
	seq: number
	/** when it happened (ms since 1970 UTC) */
	time_ms: number
	/** who did it; 0 is the operator or the broker itself (person) */
	actor: number
	/** the notice */
	notice: string
	/** to whom it was (area) */
	area: number
	/** its members now */
	members: number
	/** to whom it was delivered */
	delivered: number
	/** who have read it */
	read: number
	/** who have confirmed it */
	confirmed: number
	/** who have given what was wanted */
	answered: number
	/** why before its time (0 to 500 characters) */
	reason: string
	/** it has ended before its time, with the emergency plan that had sent it; 0: it has not (plan) */
	plan: number
}

/** Stands before the event, or the stats, in each published frame, with the same seq: how many publications each area of the topic has had since the broker's start, from the district down. Whoever subscribed to an area sees its number grow by one each time; if it grows by more, something was lost, and is to be had by read_events. A number that is smaller than before: the broker was restarted. */
export interface Published {
	type: 'published'
	/** its place in the sequence of all events */
	seq: number
	/** publications so far, one number for each id in the topic; this one counts */
	counts: number[]
	/** the broker's run, as in its welcome; the counts of another run say nothing of this one's */
	instance: number | bigint
}

/** What happens: an event of the journal. */
export type AnyEvent = Submitted | Accepted | Declined | Transferred | Completed | Confirmed | Closed | Reopened | Cancelled | Noted | Recorded | Released | Suspended | Resumed | Escalated | Reminded | Rerouted | Urged | Followed | Unfollowed | Merged | Endorsed | Redated | Lapsed | AreaSet | HouseholdSet | PersonSet | CategorySet | CalendarSet | LadderSet | RuleSet | ShapeSet | PlanSet | DutySet | ModeBegun | ModeEnded | Listed | Claimed | Fulfilled | Withdrawn | Notified | Answered | MissingReminded | NoticeEnded

/** What a program sends, by name. */
export interface Sent {
	hello: Hello
	ping: Ping
	work: Work
	bye: Bye
	submit: Submit
	accept: Accept
	decline: Decline
	transfer: Transfer
	complete: Complete
	confirm: Confirm
	reopen: Reopen
	cancel: Cancel
	note: Note
	record: Record
	release: Release
	suspend: Suspend
	resume: Resume
	urge: Urge
	follow: Follow
	unfollow: Unfollow
	merge: Merge
	endorse: Endorse
	put_area: PutArea
	put_household: PutHousehold
	put_person: PutPerson
	put_category: PutCategory
	put_calendar: PutCalendar
	put_ladder: PutLadder
	put_rule: PutRule
	put_shape: PutShape
	import_begin: ImportBegin
	import_commit: ImportCommit
	put_plan: PutPlan
	put_duty: PutDuty
	switch_on: SwitchOn
	switch_off: SwitchOff
	put_listing: PutListing
	claim: Claim
	fulfil: Fulfil
	withdraw_listing: WithdrawListing
	notify: Notify
	answer: Answer
	remind_missing: RemindMissing
	end_notice: EndNotice
	get_order: GetOrder
	list_orders: ListOrders
	list_areas: ListAreas
	list_people: ListPeople
	list_households: ListHouseholds
	list_categories: ListCategories
	get_stats: GetStats
	read_events: ReadEvents
	get_digest: GetDigest
	list_notices: ListNotices
	get_progress: GetProgress
	list_missing: ListMissing
	list_answers: ListAnswers
	list_setup: ListSetup
	explain_route: ExplainRoute
	preview_mode: PreviewMode
	list_listings: ListListings
	list_matches: ListMatches
	list_similar: ListSimilar
	list_away: ListAway
	count_orders: CountOrders
}

/** The last answer to what a program sends, by name. */
export interface Answers {
	submit: Ok
	accept: Ok
	decline: Ok
	transfer: Ok
	complete: Ok
	confirm: Ok
	reopen: Ok
	cancel: Ok
	note: Ok
	record: Ok
	release: Ok
	suspend: Ok
	resume: Ok
	urge: Ok
	follow: Ok
	unfollow: Ok
	merge: Ok
	endorse: Ok
	put_area: Ok
	put_household: Ok
	put_person: Ok
	put_category: Ok
	put_calendar: Ok
	put_ladder: Ok
	put_rule: Ok
	put_shape: Ok
	import_begin: Ok
	import_commit: Imported
	put_plan: Ok
	put_duty: Ok
	switch_on: Ok
	switch_off: Ok
	put_listing: Ok
	claim: Ok
	fulfil: Ok
	withdraw_listing: Ok
	notify: Ok
	answer: Ok
	remind_missing: Ok
	end_notice: Ok
	get_order: End
	list_orders: End
	list_areas: End
	list_people: End
	list_households: End
	list_categories: End
	get_stats: Stats
	read_events: End
	get_digest: Digest
	list_notices: End
	get_progress: End
	list_missing: End
	list_answers: End
	list_setup: End
	explain_route: End
	preview_mode: End
	list_listings: End
	list_matches: End
	list_similar: End
	list_away: End
	count_orders: Counts
}

/** The commands, each a method of the client. Refused: a Refusal is thrown. */
export interface Commands {
	/** The actor takes the order on (接单). Of several accepts exactly one wins. */
	accept(fields: Accept, options?: CallOptions): Promise<Ok>
	/** The holder cannot do it: the order goes to the level above, with the reason. */
	decline(fields: Decline, options?: CallOptions): Promise<Ok>
	/** Gives the order to another holder, where it waits anew. */
	transfer(fields: Transfer, options?: CallOptions): Promise<Ok>
	/** The acceptor reports the work as done (办结). */
	complete(fields: Complete, options?: CallOptions): Promise<Ok>
	/** The requester agrees that it is done (确认) and rates it; the order is closed. */
	confirm(fields: Confirm, options?: CallOptions): Promise<Ok>
	/** The requester says it is not done: the order waits again, one attempt and one level further up. */
	reopen(fields: Reopen, options?: CallOptions): Promise<Ok>
	/** The requester takes a waiting order back. */
	cancel(fields: Cancel, options?: CallOptions): Promise<Ok>
	/** Adds a remark to an order that is not over. */
	note(fields: Note, options?: CallOptions): Promise<Ok>
	/** A past order of another system, whole: it was submitted there, and may have ended there. By the operator and administrators alone. The id is made from the source's name and key, so that recording it again is the same order. One that is still open becomes a waiting order of its holder. */
	record(fields: Record, options?: CallOptions): Promise<Ok>
	/** The acceptor cannot go on: the order waits again at its holder. */
	release(fields: Release, options?: CallOptions): Promise<Ok>
	/** The acceptor puts the order off until a day. What is left of the time to complete it is kept, and runs on from then. */
	suspend(fields: Suspend, options?: CallOptions): Promise<Ok>
	/** A suspended order goes on before its day. */
	resume(fields: Resume, options?: CallOptions): Promise<Ok>
	/** The requester or a follower asks for haste (催办): it is counted, and told to the holder's workers and the acceptor. At most once in a set time for each order. */
	urge(fields: Urge, options?: CallOptions): Promise<Ok>
	/** The actor wants to hear of every later move of the order, as its requester does: a neighbour of the same community, or a person with a post of work. */
	follow(fields: Follow, options?: CallOptions): Promise<Ok>
	/** The actor does not want to hear of it any more. */
	unfollow(fields: Unfollow, options?: CallOptions): Promise<Ok>
	/** The order says what another open order says: it ends, and its requester and all its followers follow the other one from now on. */
	merge(fields: Merge, options?: CallOptions): Promise<Ok>
	/** A follower agrees that it is done and rates it (附议确认), once after each completion; the order stays as it is. */
	endorse(fields: Endorse, options?: CallOptions): Promise<Ok>
	/** Adds an area to the tree, or makes it what this says. */
	put_area(fields: PutArea, options?: CallOptions): Promise<Ok>
	/** Adds a household, or makes it what this says. */
	put_household(fields: PutHousehold, options?: CallOptions): Promise<Ok>
	/** Adds a person with their post, or makes them what this says. */
	put_person(fields: PutPerson, options?: CallOptions): Promise<Ok>
	/** Adds a category of orders, or makes it what this says. It holds for orders that come after it. */
	put_category(fields: PutCategory, options?: CallOptions): Promise<Ok>
	/** Says which days of a year are holidays and which are worked though they are weekends. Without it, a year has its weekends alone. */
	put_calendar(fields: PutCalendar, options?: CallOptions): Promise<Ok>
	/** Says how orders climb when nobody accepts them: through which levels, and how long they wait on each. */
	put_ladder(fields: PutLadder, options?: CallOptions): Promise<Ok>
	/** Adds a rule by which new orders get another holder than the area they come from has for their category, or makes it what this says. Rules are looked through by rank, and the first that matches decides. A rule that could never match is refused. */
	put_rule(fields: PutRule, options?: CallOptions): Promise<Ok>
	/** Gives an area polygons, or makes them what this says. Refused when they are empty, cross themselves, have their axes in the wrong order, or cover more than a sliver of another area of the same level. */
	put_shape(fields: PutShape, options?: CallOptions): Promise<Ok>
	/** Adds a plan for an emergency (平战结合), or makes it what this says. One that is on cannot be changed. */
	put_plan(fields: PutPlan, options?: CallOptions): Promise<Ok>
	/** Adds a duty, or makes it what this says: orders that the broker makes by itself, on days of the week or of the month. After a stop only the latest of those that were missed is made. */
	put_duty(fields: PutDuty, options?: CallOptions): Promise<Ok>
	/** Switches a plan on in an area and all below it. By staff and supervisors of the area or above it. Refused where another plan is on, at, above or below; preview_mode says beforehand what it would do. */
	switch_on(fields: SwitchOn, options?: CallOptions): Promise<Ok>
	/** Ends a plan before its time, and with it the notice, the roll-call and the call-out that it sent. By staff and supervisors of the area where it is on or above it. */
	switch_off(fields: SwitchOff, options?: CallOptions): Promise<Ok>
	/** Puts something on a community's or an organisation's list: an offer (资源) or a need (需求). By people with a post of work there or above. The id is made by the client, so that sending it again is the same listing. */
	put_listing(fields: PutListing, options?: CallOptions): Promise<Ok>
	/** Takes a listing, or a part of it: a community takes an offer, an organisation takes on a need. By people with a post of work in the area that takes it, or above. With other, an offer and a need are matched, and both are claimed. */
	claim(fields: Claim, options?: CallOptions): Promise<Ok>
	/** Ends a claim: with what came of it. Quantity 0 says that nothing did; what was claimed and not done is left again. By people with a post of work in the area that claimed, in the listing's, or above. */
	fulfil(fields: Fulfil, options?: CallOptions): Promise<Ok>
	/** Takes a listing back: what is left of it can be claimed no longer. Claims that are made already go on. By people with a post of work in its area or above. */
	withdraw_listing(fields: WithdrawListing, options?: CallOptions): Promise<Ok>
	/** A notice (通知) to an area and all below it, to their households or their people; who connects later gets it as long as it is valid. A roll-call (点名任务) and a round of visits (敲门行动) are notices that want an answer for each of them: they are handed to every micro-grid as an order of its own. By people with a post of work in the area or above it. */
	notify(fields: Notify, options?: CallOptions): Promise<Ok>
	/** What one member has received, or answers. By the member, somebody of the household, its centre household, or people with a post of work there or above; an answer to a roll-call or visits by the last of these alone. What was reached is never taken back: who has confirmed has read. */
	answer(fields: Answer, options?: CallOptions): Promise<Ok>
	/** Tells a notice again to those who have not given what it wants. By people with a post of work in the area or above it. */
	remind_missing(fields: RemindMissing, options?: CallOptions): Promise<Ok>
	/** Ends a notice before its time. What is still open of the orders that it handed out lapses. By people with a post of work in its area or above it. */
	end_notice(fields: EndNotice, options?: CallOptions): Promise<Ok>
}
