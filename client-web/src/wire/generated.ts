// Made from server/domain/src/wire by `UPDATE=1 cargo test -p handrail-domain generated`. Do not edit.

export type Role = "mentee" | "mentor" | "guest_officer" | "supervisor" | "coordinator" | "operator";

export type Severity = "low" | "medium" | "high" | "urgent";

export type Category = "abuse" | "hate" | "threat" | "self_harm" | "sexual" | "drugs" | "offending" | "contact_phone" | "contact_email" | "contact_handle" | "contact_address" | "contact_url" | "meet" | "money" | "secrecy" | "restricted" | "drift" | "filter";

export type Evasion = "invisible" | "look_alike" | "marks" | "leet" | "separators" | "stretched" | "masked" | "reversed" | "number_words" | "split";

export type Span = [number, number];

export type Part = { 
/**
 * The earlier message.
 */
message: string, 
/**
 * Its text, for the supervisor's eyes.
 */
text: string, 
/**
 * Where in it.
 */
span: Span, };

export type Finding = { 
/**
 * The rule's id, such as `secrecy.dont-tell`.
 */
rule: string, 
/**
 * What it is about.
 */
category: Category, 
/**
 * How soon a person must look.
 */
severity: Severity, 
/**
 * Where in this message; nothing if the finding is about the whole.
 */
span: Span | null, 
/**
 * Where in earlier messages, if the finding spreads over several.
 */
parts: Array<Part>, 
/**
 * The words that matched, as they were typed.
 */
excerpt: string, 
/**
 * Why this is held, in words a person reads.
 */
why: string, 
/**
 * How it was hidden, if it was.
 */
evasion: Array<Evasion>, };

export type Kind = "pair" | "circle";

export type ConversationState = "open" | "paused" | "ended";

export type MessageStatus = "held" | "consent" | "delivered" | "rejected" | "rephrase" | "withdrawn" | "expired";

export type StateName = "waiting" | "claimed" | "decided" | "closed";

export type OutcomeName = "released" | "altered" | "rejected" | "rephrase" | "withdrawn" | "expired";

export type ActName = "claim" | "unclaim" | "release" | "alter" | "reject" | "rephrase" | "escalate" | "note" | "undo" | "acknowledge";

export type Code = "bad_frame" | "unknown_op" | "unauthenticated" | "code_needed" | "forbidden" | "not_found" | "rate_limited" | "too_long" | "empty" | "cid_conflict" | "conversation_paused" | "conversation_ended" | "briefing_needed" | "not_yet" | "busy" | "unavailable" | "stale_version" | "claimed_by_other" | "not_claimed" | "already_closed" | "not_held" | "own_item" | "own_work" | "internal";

export type Scope = "address" | "connection" | "account" | "conversation";

export type Reason = "abuse" | "hate" | "threat" | "self_harm" | "sexual" | "drugs" | "offending" | "contact_details" | "meeting" | "money" | "secrecy" | "restricted" | "privacy" | "other";

export type ReportReason = "unsafe" | "upset" | "change_mentor" | "other";

export type Presence = "online" | "away" | "offline";

export type Resumed = "live" | "replay" | "reset";

export type Resume = { 
/**
 * The record's epoch, which a restore changes.
 */
epoch: string, 
/**
 * The last offset that was seen.
 */
offset: number, 
/**
 * The mark that came with it.
 */
mark: string, };

export type DecisionBody = { "kind": "release" } | { "kind": "alter", text: string, reason: Reason, note?: string, log?: string, } | { "kind": "reject", reason: Reason, note: string, log?: string, } | { "kind": "rephrase", note: string, } | { "kind": "escalate", log: string, } | { "kind": "note", log: string, };

export type FromClient = { "op": "hello", id: number, resume?: Resume, } | { "op": "send", id: number, conversation: string, cid: string, text: string, } | { "op": "withdraw", id: number, message: string, } | { "op": "answer", id: number, message: string, accept: boolean, } | { "op": "read", conversation: string, seq: number, } | { "op": "typing", conversation: string, on: boolean, } | { "op": "away", on: boolean, } | { "op": "report", id: number, cid: string, conversation: string, reason: ReportReason, text: string, pause: boolean, } | { "op": "watch", id: number, queue: string, } | { "op": "unwatch", id: number, queue: string, } | { "op": "claim", id: number, item: string, } | { "op": "unclaim", id: number, item: string, } | { "op": "decide", id: number, item: string, version: number, decision: DecisionBody, } | { "op": "undo", id: number, item: string, version: number, } | { "op": "acknowledge", id: number, item: string, } | { "op": "lift", id: number, conversation: string, } | { "op": "ack", offset: number, } | { "op": "ping", } | { "op": "pong", };

export type SharedQueue = { site: string, name: string, };

export type Me = { id: string, name: string, role: Role, site: string, 
/**
 * Other sites whose queues this supervisor may watch, since they share a rota. In `welcome` alone. (Feature `scheme`.)
 */
shares?: Array<SharedQueue>, };

export type PartyView = { account: string, name: string, role: Role, presence: Presence, };

export type Person = { account: string, name: string, role: Role, };

export type Holder = { account: string, name: string, };

export type ConsentView = { text: string, reason: Reason, note?: string, answer_by: string, };

export type Pending = { message: string, cid: string, text: string, sent_at: string, status: MessageStatus, 
/**
 * What one is asked, while the status is `consent`. (Feature `consent`.)
 */
consent?: ConsentView, 
/**
 * How long it is likely to wait from now on, while the status is `held`; nobody is on duty, if absent. (Feature `expected_wait`.)
 */
expected_wait_s?: number, };

export type ConversationView = { id: string, kind: Kind, state: ConversationState, site: string, parties: Array<PartyView>, last_seq: number, read_seq: number, pending: Array<Pending>, 
/**
 * Whether the reader must confirm what they must know before they write. (Feature `scheme`.)
 */
to_read?: boolean, 
/**
 * Whether it is time to ask the reader whether this helps. (Feature `scheme`.)
 */
asks?: boolean, 
/**
 * What both are told while it is paused, or because it has ended. (Feature `scheme`.)
 */
words?: string, };

export type ContextLine = { message: string, from: string, text: string, at: string, status: MessageStatus, };

export type Proposal = { by: Holder, decision: DecisionBody, };

export type ItemView = { item: string, version: number, site: string, conversation: string, message: string, from: Person, to: Array<Person>, text: string, held_at: string, due_at: string, severity: Severity, rules: string, findings: Array<Finding>, state: StateName, claimed_by: Holder | null, claimed_until: string | null, decided_by: Holder | null, effective_at: string | null, outcome: OutcomeName | null, withdrawn: boolean, tier: number, ringing: boolean, context: Array<ContextLine>, acts: Array<ActName>, 
/**
 * Whether two people must want it delivered before it is. (Feature `second`.)
 */
second?: boolean, 
/**
 * What one of them decided. (Feature `second`.)
 */
proposed?: Proposal, };

export type HelpArticle = { id: string, title: string, phone?: string, text?: string, };

export type MessageView = { conversation: string, message: string, seq: number, from: string, text: string, altered: boolean, sent_at: string, delivered_at: string, cid?: string, };

export type StatusView = { conversation: string, message: string, cid: string, status: MessageStatus, sent_at: string, text?: string, expected_wait_s?: number, seq?: number, altered?: boolean, reason?: Reason, note?: string, answer_by?: string, };

export type ReportView = { id: string, conversation: string, from: string, 
/**
 * Their name and role. (Feature `report`.)
 */
name: string, role: Role, reason: ReportReason, text: string, pause: boolean, at: string, };

export type EventBody = { "type": "message" } & MessageView | { "type": "status" } & StatusView | { "type": "help", message: string, articles: Array<HelpArticle>, } | { "type": "conversation", conversation: ConversationView, } | { "type": "item", item: ItemView, } | { "type": "report", report: ReportView, };

export type Limits = { frame_bytes: number, text_chars: number, unanswered: number, replay_max: number, pong_ms: number, };

export type Welcome = { id: number, account: Me, conversations: Array<ConversationView>, epoch: string, head: number, mark: string, resume: Resumed, heartbeat_ms: number, limits: Limits, 
/**
 * When the site's team is there, in the site's words. (Feature `expected_wait`.)
 */
hours?: string, features: Array<string>, now: string, build: string, };

export type OkBody = { message?: string, status?: MessageStatus, seq?: number, duplicate?: boolean, queue?: string, head?: number, item?: ItemView, 
/**
 * What the rules saw in an altered text: for the supervisor's eyes, never a bar.
 */
findings?: Array<Finding>, report?: string, conversation?: string, state?: ConversationState, };

export type FromServer = { "op": "welcome" } & Welcome | { "op": "event", queue?: string, offset: number, mark?: string, } & ({ "type": "message" } & MessageView | { "type": "status" } & StatusView | { "type": "help", message: string, articles: Array<HelpArticle>, } | { "type": "conversation", conversation: ConversationView, } | { "type": "item", item: ItemView, } | { "type": "report", report: ReportView, }) | { "op": "live", head: number, mark: string, } | { "op": "presence", account: string, state: Presence, } | { "op": "typing", conversation: string, account: string, on: boolean, } | { "op": "read", conversation: string, seq: number, } | { "op": "ok", id: number, message?: string, status?: MessageStatus, seq?: number, duplicate?: boolean, queue?: string, head?: number, item?: ItemView, 
/**
 * What the rules saw in an altered text: for the supervisor's eyes, never a bar.
 */
findings?: Array<Finding>, report?: string, conversation?: string, state?: ConversationState, } | { "op": "err", id?: number, code: Code, scope?: Scope, retry_after_ms?: number, temporary: boolean, message: string, item?: ItemView, } | { "op": "ping", head: number, mark: string, queues: Record<string, number>, } | { "op": "pong", } | { "op": "bye", code: number, reason: string, reconnect_after_ms: number, };

export type SignIn = { username: string, password: string, 
/**
 * The code of the second step, where one is set up.
 */
code?: string, 
/**
 * A passkey in its place.
 */
passkey?: PasskeyShown, 
/**
 * Whether the answer shall carry the token too, for a client that sends it as a bearer.
 */
token?: boolean, 
/**
 * Whether the device is this person's own phone, where a session does not end because nobody does anything.
 */
own?: boolean, };

export type SignedIn = { account: Me, token?: string, 
/**
 * Beside the token, where a code was given: see [`Proved`].
 */
proof?: string, expires_at: string | null, };

export type SessionView = { 
/**
 * Whether it is the one that asks.
 */
this: boolean, since: string, expires_at: string | null, };

export type SessionPage = { sessions: Array<SessionView>, };

export type Language = "en" | "cy";

export type Quiet = { 
/**
 * The minute of the day they begin.
 */
from: number, 
/**
 * The minute of the day they end, on the next day if that is not later.
 */
to: number, 
/**
 * How many minutes the phone's clock is ahead of UTC.
 */
ahead: number, };

export type PushState = { 
/**
 * The key that a browser's push service must be given (RFC 8292), in base64url.
 */
key: string, 
/**
 * Whether this device is told.
 */
on: boolean, quiet: Quiet | null, };

export type StepState = "off" | "missing" | "set";

export type Here = { 
/**
 * After how long without a touch this session ends; never, if nothing.
 */
idle_ms: number | null, };

export type SecondStepView = { state: StepState, since: string | null, 
/**
 * Spare codes that are left.
 */
spare_codes: number, 
/**
 * Until when the last code counts for what matters; nothing, if it must be given again.
 */
proved_until: string | null, 
/**
 * Whether an app gives codes.
 */
app: boolean, passkeys: Array<PasskeyView>, };

export type SecondStepBegun = { 
/**
 * For typing, in base 32 (RFC 4648).
 */
secret: string, 
/**
 * The same as an app reads it.
 */
uri: string, 
/**
 * The same as a picture for a camera: rows of `0` and `1`, with 1 for dark.
 */
picture: Array<string>, };

export type CodeGiven = { code: string, };

export type SpareCodes = { spare_codes: Array<string>, };

export type PasskeyView = { 
/**
 * In base64url, as everything that a device says.
 */
id: string, name: string, at: string, used_at: string | null, };

export type PasskeyAsked = { challenge: string, 
/**
 * The host that the passkey is for.
 */
host: string, 
/**
 * Whose it is to be, as their own list of passkeys shows it.
 */
account: string, username: string, 
/**
 * Those that they have: to sign with one of them, or to make another on a device that has none.
 */
passkeys: Array<string>, };

export type PasskeyNew = { name: string, client_data: string, authenticator_data: string, };

export type PasskeyShown = { id: string, client_data: string, authenticator_data: string, signature: string, };

export type PasswordGiven = { username: string, password: string, };

export type StepGiven = { code?: string, passkey?: PasskeyShown, };

export type Proved = { 
/**
 * What to send as `handrail-proof`, for a client that shows its session as a bearer; a browser has a cookie.
 */
proof?: string, until: string, };

export type PushAsked = { endpoint: string, 
/**
 * The device's public key, in base64url.
 */
p256dh: string, 
/**
 * Its secret, in base64url.
 */
auth: string, language: Language, quiet: Quiet | null, };

export type HistoryPage = { messages: Array<MessageView>, 
/**
 * Whether there are older ones.
 */
more: boolean, };

export type ItemPage = { items: Array<ItemView>, 
/**
 * The queue's head when this was read.
 */
head: number, 
/**
 * What to pass as `after` for the next page.
 */
next: string | null, };

export type ReportPage = { reports: Array<ReportView>, 
/**
 * What to pass as `after` for the next page.
 */
next: string | null, };

export type Score = { 
/**
 * Its id.
 */
rule: string, 
/**
 * How many messages it helped to hold.
 */
holds: number, 
/**
 * How many of them a person released as they were.
 */
released: number, 
/**
 * How many a person altered, rejected or sent back to be said differently: true hits.
 */
upheld: number, 
/**
 * How many still wait, were taken back, or expired: nobody said.
 */
unsaid: number, 
/**
 * Its last true hit.
 */
last_upheld_at: string | null, 
/**
 * How long messages waited that it alone held and a person released as they were, in milliseconds.
 */
delay_ms: number, 
/**
 * Whether so few of its holds were upheld that somebody should look at it. Never for a rule that saw something urgent.
 */
review: boolean, };

export type RulesPage = { version: string, rules: number, 
/**
 * The version of the set that judges in shadow, if one does.
 */
shadow: string | null, 
/**
 * The rule with the most holds first.
 */
scores: Array<Score>, };

export type ArticleKind = "article" | "service";

export type Topic = "crisis" | "work" | "learning" | "money" | "housing" | "health" | "family" | "rights" | "other";

export type ArticleState = "draft" | "in_review" | "published" | "archived";

export type ArticleAct = "save" | "submit" | "send_back" | "publish" | "archive";

export type ArticlePart = { 
/**
 * The words.
 */
text: string, 
/**
 * Where they lead: `https:` or `tel:`.
 */
link?: string, };

export type Block = { "kind": "heading", 
/**
 * Its words.
 */
text: string, } | { "kind": "text", 
/**
 * Its parts, in order.
 */
parts: Array<ArticlePart>, } | { "kind": "list", 
/**
 * Its lines, each in parts.
 */
items: Array<Array<ArticlePart>>, };

export type ArticleLine = { id: string, kind: ArticleKind, topic: Topic, language: Language, title: string, 
/**
 * How long it takes to read.
 */
minutes: number, };

export type ArticlePage = { articles: Array<ArticleLine>, 
/**
 * Whether there are more than are shown: a search finds them.
 */
more: boolean, };

export type ArticleView = { blocks: Array<Block>, phone: string | null, link: string | null, published_at: string | null, id: string, kind: ArticleKind, topic: Topic, language: Language, title: string, 
/**
 * How long it takes to read.
 */
minutes: number, };

export type Manuscript = { kind: ArticleKind, topic: Topic, language: Language, title: string, body: string, phone: string | null, link: string | null, };

export type Preview = { blocks: Array<Block>, 
/**
 * The school year whose pupils can read it; nothing for Welsh, which the measure was not made for.
 */
grade: number | null, minutes: number, };

export type ShelfLine = { id: string, kind: ArticleKind, topic: Topic, language: Language, title: string, state: ArticleState, changed_at: string, review_by: string | null, 
/**
 * How often it was read in the last thirty days.
 */
reads: number, };

export type ShelfPage = { articles: Array<ShelfLine>, };

export type VersionView = { id: string, version: number, state: ArticleState, content: Manuscript, 
/**
 * The name of who wrote last in it.
 */
author: string | null, changed_at: string, published_by: string | null, published_at: string | null, review_by: string | null, 
/**
 * The version that is read meanwhile, if it is another.
 */
read: number | null, 
/**
 * What this reader may do with it.
 */
acts: Array<ArticleAct>, };

export type Seen = { version: number, state: ArticleState, changed_at: string, 
/**
 * What is to be saved; absent with any other act.
 */
content?: Manuscript, };

export type Problem = { type: string, title: string, status: number, code: Code, detail: string, retry_after_ms?: number, };

export type OnDuty = { account: string, name: string, tier: number, since: string, connected: boolean, };

export type Waiting = { open: number, ringing: number, oldest: string | null, };

export type Handover = { name: string, at: string, note: string, };

export type LeftItem = { severity: Severity, from: string, held_at: string, tier: number, held_by: string | null, };

export type Left = { 
/**
 * The most urgent first, fifty at most.
 */
open: Array<LeftItem>, 
/**
 * Parties of conversations that are paused.
 */
paused: Array<string>, 
/**
 * Reports that came since one's shift began.
 */
reports: number, };

export type DutyPage = { 
/**
 * Who is on duty, and whether their device is connected.
 */
on: Array<OnDuty>, 
/**
 * One's own shift.
 */
mine: OnDuty | null, 
/**
 * Supervisors whose device is connected, on duty or not.
 */
connected: number, waiting: Waiting, 
/**
 * What the last shifts left, the newest first.
 */
handovers: Array<Handover>, 
/**
 * What one's own note should speak of.
 */
left: Left, };

export type StartShift = { tier: number, };

export type FinishShift = { 
/**
 * To those who come next.
 */
note: string, };

export type RestrictionFact = { term: string, reason: string, until: string, };

export type PastDecision = { outcome: OutcomeName, severity: Severity, at: string, };

export type PersonFacts = { person: Person, held: number, released: number, 
/**
 * Altered, rejected, or sent back to be said differently.
 */
kept_back: number, 
/**
 * The last decisions on what they said, the newest first.
 */
last: Array<PastDecision>, };

export type RingView = { at: string, tier: number, rung: Array<string>, answered_by: string | null, answered_at: string | null, };

export type LookReason = "sample" | "appeal" | "doubt" | "new_facts";

export type Opinion = "deliver" | "keep_back";

export type ReadReason = "decide" | "safeguarding" | "report" | "second_look";

export type LookFact = { reason: LookReason, asked_by: string | null, asked_at: string, said_by: string | null, opinion: Opinion | null, category: Category | null, agrees: boolean | null, };

export type Decided = { by: Holder, decision: DecisionBody, 
/**
 * Who proposed it, where two had to agree.
 */
proposed_by: Holder | null, };

export type Background = { 
/**
 * What was said before it, oldest first: more than the item carries.
 */
before: Array<ContextLine>, restrictions: Array<RestrictionFact>, 
/**
 * Its sender first.
 */
people: Array<PersonFacts>, 
/**
 * Reports about this conversation in ninety days.
 */
reports: number, 
/**
 * Other items of this conversation that are open.
 */
also_open: string[], rings: Array<RingView>, 
/**
 * What was decided, once it was.
 */
decided: Decided | null, 
/**
 * Looks that somebody asked for at this decision, and what was said.
 */
looks: Array<LookFact>, };

export type ReadAsked = { reason: ReadReason, 
/**
 * `next` of the page before.
 */
before?: string, };

export type ReadLine = { message: string, from: string, text: string, 
/**
 * What was shown in its place.
 */
shown: string | null, at: string, status: MessageStatus, decided: Decided | null, };

export type ReadPage = { people: Array<Person>, lines: Array<ReadLine>, next: string | null, };

export type LookView = { id: string, conversation: string, from: Person, to: Array<Person>, text: string, at: string, before: Array<ContextLine>, 
/**
 * Whether somebody asked for it, and so knows that it was held.
 */
asked: boolean, };

export type LookSaid = { opinion: Opinion, 
/**
 * What the message is about, if one would keep it back.
 */
category: Category | null, };

export type LookTold = { agrees: boolean, 
/**
 * Whether the filter let it pass.
 */
passed: boolean, outcome: OutcomeName | null, by: string | null, };

export type LookAsked = { reason: LookReason, };

export type WaitsView = { held: number, decided: number, in_time: number, p50_ms: number | null, p95_ms: number | null, };

export type SeverityWaits = { severity: Severity, target_ms: number, waits: WaitsView, };

export type HourWaits = { hour: number, waits: WaitsView, };

export type OutcomeCount = { outcome: OutcomeName, count: number, };

export type Looks = { 
/**
 * Messages that the filter let pass, of which somebody said what they think.
 */
passed: number, 
/**
 * How many of these they would have kept back: the filter missed them.
 */
missed: number, 
/**
 * Decisions that were drawn at random and looked at.
 */
decided: number, 
/**
 * How many of these they would have made otherwise.
 */
otherwise: number, 
/**
 * Decisions that were looked at because somebody asked.
 */
asked: number, 
/**
 * How many of these they would have made otherwise.
 */
reversed: number, };

export type PersonLoad = { name: string, role: Role, on_duty_ms: number, decided: number, serious: number, };

export type OversightPage = { days: number, held: number, waits: Array<SeverityWaits>, 
/**
 * The hours of the day at which something was held.
 */
hours: Array<HourWaits>, outcomes: Array<OutcomeCount>, looks: Looks, 
/**
 * By name, not by number.
 */
people: Array<PersonLoad>, rules: Array<Score>, };

export type Right = "converse" | "be_told" | "supervise" | "oversee" | "write_library" | "run_scheme" | "own_restrictions" | "answer_for_record" | "read_feedback" | "break_glass";

export type Answer = boolean | number | string | Array<string>;

export type Standing = "new" | "invited" | "active" | "suspended";

export type Shared = { 
/**
 * In which field they meet.
 */
field: string, 
/**
 * What they share.
 */
word: string, };

export type Against = "no_referral" | "apart" | "women_only" | "paired" | "not_vetted" | "full" | "same_area" | "no_language" | "no_time";

export type Told = { 
/**
 * The number; nothing, if it is kept back.
 */
number: number | null, };

export type AreaLine = { 
/**
 * The area.
 */
area: string, 
/**
 * People whose last word on it was better.
 */
better: Told, 
/**
 * The same.
 */
same: Told, 
/**
 * Worse.
 */
worse: Told, 
/**
 * Goals that were reached.
 */
reached: Told, };

export type PaperKind = "identity" | "referral" | "officer" | "needs" | "offer" | "check" | "also" | "note" | "plan" | "condition" | "goal" | "check_in" | "meeting" | "time" | "debrief" | "concern" | "feedback" | "pulse" | "basis" | "childrens_access" | "illegal_content" | "childrens_risk" | "measures";

export type About = "person" | "relationship" | "site";

export type TaskKind = "concern" | "uncovered" | "certificate" | "site_paper" | "glass" | "first_meeting" | "briefing" | "unmatched" | "no_referral" | "not_joined" | "silent" | "meeting" | "check" | "condition" | "plan_ends" | "rule" | "article";

export type RightLine = { right: Right, roles: Array<Role>, };

export type RolesPage = { rights: Array<RightLine>, };

export type InputView = { "kind": "line", most: number, } | { "kind": "text", most: number, } | { "kind": "day" } | { "kind": "moment" } | { "kind": "number", least: number, most: number, } | { "kind": "choice", words: Array<string>, } | { "kind": "choices", words: Array<string>, } | { "kind": "yes" } | { "kind": "people" };

export type FieldView = { name: string, input: InputView, needed: boolean, };

export type FormView = { kind: PaperKind, about: About, 
/**
 * Of a person: whose roles it may be about.
 */
of: Array<Role>, 
/**
 * Whether there is one at a time.
 */
one: boolean, 
/**
 * Whether the reader writes it.
 */
writes: boolean, fields: Array<FieldView>, };

export type FormsPage = { forms: Array<FormView>, };

export type PaperView = { id: string, kind: PaperKind, account: string | null, conversation: string | null, 
/**
 * What it says; nothing, if that was erased.
 */
answers: { [key in string]: Answer } | null, version: number, by: Person, made_at: string, changed_at: string, due_at: string | null, closed_at: string | null, 
/**
 * Who has signed it as it is now.
 */
signed: Array<Person>, 
/**
 * Whether the reader may change it, put it away, sign it.
 */
writes: boolean, closes: boolean, signs: boolean, };

export type SitePapersPage = { 
/**
 * Every version, the newest first.
 */
papers: Array<SitePaperView>, forms: Array<FormView>, };

export type SitePaperView = { id: string, kind: PaperKind, version: number, answers: { [key in string]: Answer }, 
/**
 * Who wrote it; nothing: whoever runs the server.
 */
by: Person | null, at: string, due_at: string | null, };

export type NewSitePaper = { kind: PaperKind, 
/**
 * The version that its writer read; 0, if there was none.
 */
version: number, answers: { [key in string]: Answer }, };

export type NewPaper = { kind: PaperKind, account: string | null, conversation: string | null, answers: { [key in string]: Answer }, };

export type PaperWritten = { 
/**
 * The version that its writer read.
 */
version: number, answers: { [key in string]: Answer }, };

export type PaperSeen = { version: number, };

export type PersonLine = { account: string, name: string, role: Role, standing: Standing, 
/**
 * Relationships that are open or paused.
 */
relationships: number, since: string, };

export type PeoplePage = { people: Array<PersonLine>, };

export type NewPerson = { name: string, role: Role, };

export type Invited = { account: string, name: string, code: string, until: string, };

export type InviteAgain = { 
/**
 * How it was checked who asks for a new password. Needed for somebody who has one.
 */
checked: string, };

export type Join = { code: string, username: string, password: string, };

export type Member = { account: string, name: string, role: Role, 
/**
 * Whether they still have to confirm what they must know.
 */
to_read: boolean, };

export type RelationshipLine = { id: string, kind: Kind, state: ConversationState, parties: Array<Member>, began: string, ended: string | null, 
/**
 * When somebody last said something there.
 */
said: string | null, };

export type SecondStepSeen = { since: string, 
/**
 * Which colleague asked, in the last day, for it to be taken away.
 */
asked_by: string | null, 
/**
 * Whether it is the reader's word that is still missing.
 */
waits_for_you: boolean, };

export type PersonPage = { person: PersonLine, 
/**
 * The name to sign in with, once they have one.
 */
username: string | null, relationships: Array<RelationshipLine>, papers: Array<PaperView>, 
/**
 * Whether there is a paper that says who they really are.
 */
has_identity: boolean, 
/**
 * Until when the reader may read it.
 */
glass_until: string | null, 
/**
 * Their second step, if they have set one. (Feature `second_step`.)
 */
second_step?: SecondStepSeen, };

export type BreakGlass = { reason: string, };

export type WithReason = { reason: string, };

export type RelationshipsPage = { relationships: Array<RelationshipLine>, };

export type RelationshipPage = { relationship: RelationshipLine, 
/**
 * What both are told while it is paused, or because it has ended.
 */
words: string | null, papers: Array<PaperView>, minutes: number, };

export type NewRelationship = { parties: Array<string>, 
/**
 * What the plan says; see the form.
 */
plan: { [key in string]: Answer }, };

export type RelationshipAct = { 
/**
 * What both are told.
 */
words: string, 
/**
 * Of `hand_over`: the next mentor.
 */
to: string | null, };

export type MatchLine = { mentor: PersonLine, offer: { [key in string]: Answer }, reasons: Array<Shared>, against: Array<Against>, 
/**
 * Whether something stands against it that nobody may pass over.
 */
stopped: boolean, };

export type MatchPage = { mentee: PersonLine, needs: { [key in string]: Answer }, mentors: Array<MatchLine>, };

export type TaskView = { kind: TaskKind, about: string, account: string | null, conversation: string | null, paper: string | null, glass: string | null, at: string | null, };

export type HomePage = { tasks: Array<TaskView>, 
/**
 * Whether there are more than are shown.
 */
more: boolean, };

export type OwnPapers = { papers: Array<PaperView>, forms: Array<FormView>, 
/**
 * What this party must know, in words for them.
 */
briefing: Array<string>, 
/**
 * Whether they still have to confirm it.
 */
to_read: boolean, };

export type BriefingRead = { read: Array<string>, };

export type SchemeNumber = "people_engaged" | "people_supported" | "volunteers" | "relationships_begun" | "relationships_ended" | "messages" | "held" | "hours_given" | "meetings" | "meetings_missed" | "concerns" | "concerns_closed" | "feedback" | "answers" | "helping_tenths" | "appeals";

export type SchemeLine = { what: SchemeNumber, told: Told, };

export type SchemePage = { site: string, from: string, until: string, lines: Array<SchemeLine>, areas: Array<AreaLine>, };

export type CategoryChoice = { category: Category, hold_from: Severity, second_from: Severity | null, };

export type OtherSite = { site: string, name: string, 
/**
 * Whether it has chosen to share its rota with this one.
 */
agrees: boolean, };

export type SiteChoices = { 
/**
 * Read, never written.
 */
name: string, hours: string | null, low_minutes: number, medium_minutes: number, high_minutes: number, urgent_minutes: number, undo_seconds: number, consent: boolean, 
/**
 * Whether a member of a mentee's family may be in a relationship.
 */
family: boolean, 
/**
 * For ever, if nothing.
 */
retention_days: number | null, categories: Array<CategoryChoice>, 
/**
 * Sites that this one would share its rota with.
 */
shares_with: Array<string>, 
/**
 * The other sites of the system. Read, never written.
 */
others: Array<OtherSite>, };

export type Import = { 
/**
 * Lines of a table (RFC 4180): `role,name,with`.
 */
csv: string, 
/**
 * Nothing is done: what would be is said.
 */
dry: boolean, };

export type BadLine = { line: number, advice: string, };

export type Imported = { people: number, relationships: number, problems: Array<BadLine>, 
/**
 * The codes of those who were added, shown once.
 */
invited: Array<Invited>, };
