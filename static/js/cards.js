// Task cards: updated by notifications, replaced by the server's when anything else changes.
import { parsed, redraw, swap } from "./redraw.js";
import { request } from "./request.js";
import { phrase } from "./time-left.js";
import { title } from "./title.js";
import { toast } from "./toasts.js";

const STALE_MS = 10_000;
const UNFINISHED = "[data-state=queued], [data-state=running]";
const region = document.querySelector("[data-card]");
const announcer = document.querySelector("[data-announcer]");
const updatedAt = new Map();
const quarters = new Map();

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
  if (!old) region.prepend(fresh);
  else if (differs) swap(old, fresh);
  // That its mail has left is no news.
  if (moved || fresh.matches(UNFINISHED)) title(fresh, percentOf(fresh));
  // Whatever else on the page depends on it, such as a line that says where the mail is.
  if (moved || (differs && !fresh.matches(UNFINISHED))) await redraw();
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

function summary(card) {
  return JSON.parse(card.dataset.summary);
}

function percentOf(card) {
  return Number(card.querySelector(".percent span")?.textContent ?? 100);
}
