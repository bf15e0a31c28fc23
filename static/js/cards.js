// Task cards: updated by notifications, replaced by the server's when anything else changes.

import { parsed, request, toast } from "./main.js";
import { title } from "./polling.js";

const STALE_MS = 10_000;
const STEP_S = 5;
const MINUTE_S = 60;
const UNFINISHED = "[data-state=queued], [data-state=running]";
const region = document.querySelector("[data-card]");
const announcer = document.querySelector("[data-announcer]");
const updatedAt = new Map();
const quarters = new Map();
const lefts = new Map();

const find = (id) => region.querySelector(`[data-task="${CSS.escape(id)}"]`);

for (const card of region.querySelectorAll(UNFINISHED)) {
  updatedAt.set(card.dataset.task, Date.now());
  quarters.set(card.dataset.task, Math.floor(percentOf(card) / 25));
  move(card, summary(card));
  title(card, percentOf(card));
}

export async function showProgress(data) {
  const card = find(data.task_id);
  const before = card?.dataset.state;
  updatedAt.set(data.task_id, Date.now());
  if (before !== data.state || !move(card, data)) await exchange(data.task_id);
  announce(data, before);
}

// No notification for a while: the worker may be gone, or tasks ahead may be done. Ask the server.
export async function refreshStale() {
  for (const { dataset } of region.querySelectorAll(UNFINISHED)) {
    if (Date.now() - updatedAt.get(dataset.task) < STALE_MS) continue;
    updatedAt.set(dataset.task, Date.now());
    await exchange(dataset.task);
  }
}

// False when the card shows something other than its progress.
function move(card, data) {
  const text = card.querySelector("[data-of]");
  if (!text || data.total === null) return false;
  card.querySelector("progress").value = data.progress;
  card.querySelector(".percent span").textContent = data.progress;
  text.textContent = phrase(text.dataset, data);
  title(card, data.progress);
  return true;
}

async function exchange(id) {
  const old = find(id);
  const answer = await request(region.dataset.card.replace(/[0-]{36}/, id));
  if (answer.status === 404) {
    // Perhaps dismissed in another tab.
    old?.remove();
    return redraw();
  }
  const fresh = (await parsed(answer)).querySelector("[data-task]");
  for (const next of fresh.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
  // The time left continues from what this tab showed last.
  move(fresh, summary(fresh));
  const moved = old?.dataset.state !== fresh.dataset.state;
  const differs = moved || old.textContent !== fresh.textContent;
  const ended = !fresh.matches(UNFINISHED);
  if (!old && ended && "onlyUnderWay" in region.dataset) return;
  if (!old) region.prepend(fresh);
  else if (differs) swap(old, fresh);
  // That its mail has left is no news.
  if (moved || !ended) title(fresh, percentOf(fresh));
  // Whatever else on the page depends on it, such as a line that says where the mail is.
  if (moved || (differs && ended)) await redraw();
}

// Announce only quarters and the end, not what becomes of the mail; the toast is itself a live region.
function announce({ task_id: id, progress, state }, before) {
  const card = find(id);
  if (!card) return;
  const name = card.querySelector("h2").textContent;
  const quarter = Math.floor(progress / 25);
  const ended = !card.matches(UNFINISHED);
  if (ended && before !== state) toast(name, card.querySelector("a[download]"));
  // Emptied at the end: whoever reads through the page must not find it still under way.
  if (ended) announcer.textContent = "";
  else if (quarter > (quarters.get(id) ?? 0)) announcer.textContent = `${name} ${quarter * 25} %`;
  quarters.set(id, quarter);
}

// What was downloaded needs no card any more, wherever the link to it stood.
document.addEventListener("click", async ({ target }) => {
  const file = target.closest("a[download]")?.href;
  const card = [...region.querySelectorAll(".ended")].find(
    (each) => each.querySelector("[download]")?.href === file,
  );
  if (!file || !card) return;
  const form = card.querySelector("form[action$=dismiss]");
  await request(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  if (card.contains(document.activeElement)) document.querySelector("main").focus({ preventScroll: true });
  card.remove();
});

function summary(card) {
  return JSON.parse(card.dataset.summary);
}

function percentOf(card) {
  return Number(card.querySelector(".percent span")?.textContent ?? 100);
}

// Replaces parts of the page by what the server renders now; the focus stays where it was.

// What depends on tasks besides their cards: the button that starts an export, and the list of tasks.
async function redraw() {
  const parts = document.querySelectorAll("[data-redrawn]");
  if (!parts.length) return;
  const drawn = (await parsed(await request(location))).querySelectorAll("[data-redrawn]");
  if (drawn.length !== parts.length) return;
  for (const [number, part] of parts.entries()) swap(part, drawn[number]);
}

// The focus goes to the control that does the same in the new part, else to the part itself.
function swap(old, fresh) {
  const focused = old.contains(document.activeElement) && document.activeElement;
  old.replaceWith(fresh);
  if (focused) (twin(fresh, focused) ?? fresh).focus({ preventScroll: true });
}

function twin(fresh, { form, href }) {
  const action = form?.getAttribute("action");
  return [...fresh.querySelectorAll("a, button")].find((each) =>
    form ? each.form?.getAttribute("action") === action : each.href === href && href,
  );
}

// "3,128 of 5,214 · about 20 s left", in the words of the server's `time_left`.

export function phrase(words, { task_id: id, done, total, seconds_left: left }) {
  const counted = words.of.replace("{done}", grouped(done)).replace("{total}", grouped(total));
  return left === null ? counted : `${counted} · ${timeLeft(words, steady(id, left))}`;
}

function timeLeft(words, seconds) {
  return seconds <= MINUTE_S
    ? words.seconds.replace("{left}", seconds)
    : words.minutes.replace("{left}", seconds / MINUTE_S);
}

// Smoothed, rounded up to the displayed steps, and never growing twice before it has shrunk.
function steady(id, left) {
  const before = lefts.get(id);
  const smooth = before ? (before.smooth + left) / 2 : left;
  const step = smooth > MINUTE_S ? MINUTE_S : STEP_S;
  let seconds = Math.max(STEP_S, Math.ceil(smooth / step) * step);
  if (before?.grew) seconds = Math.min(seconds, before.seconds);
  const grew =
    before !== undefined && (seconds > before.seconds || (before.grew && seconds === before.seconds));
  lefts.set(id, { smooth, seconds, grew });
  return seconds;
}

// Otherwise Spanish would leave "3128" ungrouped, unlike the server.
function grouped(value) {
  return value.toLocaleString(document.documentElement.lang, { useGrouping: "always" });
}
