// The cards of tasks: moved by notifications, exchanged for the server's when state or phase change.
import { phrase } from "./time-left.js";
import { title } from "./title.js";
import { toast } from "./toasts.js";

const STALE_MS = 10_000;
const UNFINISHED = "[data-state=queued], [data-state=running]";
const region = document.querySelector("[data-card]");
const announcer = document.querySelector("[data-announcer]");
const heardAt = new Map();
const quarters = new Map();

const find = (id) => region.querySelector(`[data-task="${CSS.escape(id)}"]`);

for (const card of region.querySelectorAll(UNFINISHED)) {
  heardAt.set(card.dataset.task, Date.now());
  quarters.set(card.dataset.task, Math.floor(percentOf(card) / 25));
  title(card, percentOf(card));
}

export async function showProgress(data) {
  const card = find(data.task_id);
  const same = card?.dataset.state === data.state && card.dataset.phase === data.phase;
  heardAt.set(data.task_id, Date.now());
  if (!same || !move(card, data)) await exchange(data.task_id);
  speak(data);
}

// Nothing was heard for a while: the worker may be gone, or others ahead may be done. The server knows.
export async function refreshStale() {
  for (const { dataset } of region.querySelectorAll(UNFINISHED)) {
    if (Date.now() - heardAt.get(dataset.task) < STALE_MS) continue;
    heardAt.set(dataset.task, Date.now());
    await exchange(dataset.task);
  }
}

// False when the card says something else than its progress just now.
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
  const answer = await fetch(region.dataset.card.replace(/[0-]{36}/, id));
  if (answer.status === 404) return find(id)?.remove();
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-task]");
  for (const next of fresh.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
  const ended = find(id)?.matches(UNFINISHED) && !fresh.matches(UNFINISHED);
  put(fresh, find(id));
  title(fresh, percentOf(fresh));
  if (ended) await offerStart();
}

// The button that starts an export is gone while one is under way; now the server draws it again.
async function offerStart() {
  const start = document.querySelector("[data-start]");
  if (!start || start.childElementCount) return;
  const page = await (await fetch(location)).text();
  start.replaceWith(new DOMParser().parseFromString(page, "text/html").querySelector("[data-start]"));
}

function put(fresh, old) {
  if (!old) return region.prepend(fresh);
  if (fresh.textContent === old.textContent) return;
  const action = old.contains(document.activeElement) && document.activeElement.form?.getAttribute("action");
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  const button = action && fresh.querySelector(`form[action="${CSS.escape(action)}"] button`);
  if (focused) (button || fresh).focus({ preventScroll: true });
}

// At the quarters and at the end only; the toast is a live region itself.
function speak({ task_id: id, progress, state }) {
  const card = find(id);
  if (!card) return;
  const name = card.querySelector("h2").textContent;
  const quarter = Math.floor(progress / 25);
  if (!card.matches(UNFINISHED)) toast(name, card.querySelector("a[download]"));
  else if (quarter > (quarters.get(id) ?? 0)) announcer.textContent = `${name} ${quarter * 25} %`;
  quarters.set(id, quarter);
}

function percentOf(card) {
  return Number(card.querySelector(".percent span")?.textContent ?? 100);
}
