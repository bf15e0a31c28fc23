// What keeps a page fresh: the polls, what is unread, the tab's title, and how many posts are newer.
import { hasTaskUnderWay, parsed, request } from "./main.js";

const BUSY_MS = 1_000;
const IDLE_MS = 10_000;
const SLOWEST_MS = 160_000;
const NEWER_MS = 60_000;
const region = document.querySelector("[data-news]");
const handlers = {
  task_progress: async (data) => (await cards()).showProgress(data),
  unread_message_count: (count) => showUnread("messages", count),
  unread_news_count: (count) => showUnread("news", count),
};

const cards = () => import("./cards.js");

if (region) poll(region.dataset.news, region.dataset.cursor);

// Every second while a task is under way, else every ten; never in a hidden tab.
function poll(url, cursor) {
  let timer;
  let failures = 0;
  let asking = false;
  let signedOut = false;

  async function ask() {
    clearTimeout(timer);
    if (asking || signedOut || document.hidden) return;
    asking = true;
    try {
      await hear();
      failures = 0;
    } catch {
      failures += 1;
    }
    asking = false;
    timer = setTimeout(ask, pause());
  }

  async function hear() {
    const answer = await request(`${url}?since=${cursor}`);
    signedOut = answer.status === 401;
    if (signedOut) return;
    if (!answer.ok) throw new Error(answer.statusText);
    for (const { id, name, data } of await answer.json()) {
      await handlers[name]?.(data);
      // Moved only now: news that could not be handled is fetched again.
      cursor = id;
    }
    if (hasTaskUnderWay()) await (await cards()).refreshStale();
  }

  function pause() {
    const usual = hasTaskUnderWay() ? BUSY_MS : IDLE_MS;
    return Math.min(usual * 2 ** failures, SLOWEST_MS);
  }

  document.addEventListener("visibilitychange", ask);
  timer = setTimeout(ask, hasTaskUnderWay() ? BUSY_MS / 4 : IDLE_MS);
}

// What is unread: the badges in the bar and the "(2)" in the tab's title. A thread shows what comes, and what was
// shown is marked as read.

const badges = [...document.querySelectorAll("[data-unread]")];
const thread = document.querySelector("[data-thread]");
let shown = document.querySelector("form[data-shown]");

const find = (name) => badges.find(({ dataset }) => dataset.unread === name);
// The server counts no further than to a thousand.
const told = (count) => (count < 1000 ? count : "999+");
const countOf = (badge) => Number(badge.lastElementChild.textContent.replace("999+", 1000));

async function showUnread(name, count) {
  const badge = find(name);
  badge.lastElementChild.textContent = told(count);
  badge.hidden = count === 0;
  countUnread(badges.reduce((sum, each) => sum + countOf(each), 0));
  if (name === "messages" && count && thread) await hearThread();
}

// Adds what is new to the thread, which is a live region, and leaves alone what is being written below it.
async function hearThread() {
  const page = await parsed(await request(location));
  for (const message of page.querySelectorAll("[data-thread] .post")) {
    if (!document.getElementById(message.id)) add(message);
  }
  document.activeElement.closest("[data-composer]")?.scrollIntoView({ block: "nearest" });
  shown ??= page.querySelector("form[data-shown]");
  markRead();
}

function add(message) {
  const day = message.closest("section");
  const last = thread.lastElementChild;
  const date = (section) => section?.querySelector("time").dateTime;
  if (date(last) === date(day)) last.querySelector("ol").append(message);
  else thread.append(day);
}

// Not while hidden: a tab opened in the background has shown nothing yet.
async function markRead() {
  if (document.hidden || !shown) return;
  const form = shown;
  shown = null;
  const news = document.querySelectorAll(".post[data-new]").length;
  // The response redirects to the page that is already here.
  const answer = await request(form.action, {
    method: "POST",
    body: new FormData(form),
    redirect: "manual",
  }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return;
  form.remove();
  const name = form.dataset.shown;
  showUnread(name, Math.max(0, countOf(find(name)) - news));
}

document.addEventListener("visibilitychange", markRead);

// The tab's title: the task's progress while the page has no focus, otherwise its own title.

let ownTitle = document.title;
let ofTask = "";

export function title(card, percent) {
  const ended = card.querySelector("progress") === null;
  ofTask = ended ? card.dataset.title : `${percent} % · ${card.dataset.title}`;
  showTitle();
}

function countUnread(unread) {
  ownTitle = ownTitle.replace(/^(\(\d+\+?\) )?/, unread ? `(${told(unread)}) ` : "");
  showTitle();
}

function showTitle() {
  const seen = document.hasFocus();
  document.title = ofTask && !seen ? ofTask : ownTitle;
  // An end that was seen is not news any more.
  if (seen && !hasTaskUnderWay()) ofTask = "";
}

window.addEventListener("blur", showTitle);
window.addEventListener("focus", showTitle);
document.addEventListener("visibilitychange", showTitle);
markRead();

// "3 new posts" above the log, as a link: nothing moves by itself. Asked once a minute, not in hidden tabs.

const line = document.querySelector("[data-newer]");
const timer = line && setInterval(askForNewer, NEWER_MS);
let asked_at = Date.now();

async function askForNewer() {
  if (document.hidden || Date.now() - asked_at < NEWER_MS - 1_000) return;
  asked_at = Date.now();
  const answer = await request(line.dataset.newer).catch(() => null);
  if (answer?.status === 401) clearInterval(timer);
  if (!answer?.ok) return;
  const { text } = await answer.json();
  if (!text || text === line.textContent) return;
  // Reuse the link when the number grows: it may have the focus.
  const link = line.querySelector("a") ?? line.appendChild(document.createElement("a"));
  link.className = "button go";
  link.href = location.pathname;
  link.textContent = text;
}

if (line) document.addEventListener("visibilitychange", askForNewer);
