// What is unread: the badges in the bar and the "(2)" in the tab's title. A thread shows what comes, and what was
// shown is marked as read.
import { parsed } from "./redraw.js";
import { request } from "./request.js";
import { countUnread } from "./title.js";

const badges = [...document.querySelectorAll("[data-unread]")];
const thread = document.querySelector("[data-thread]");
let shown = document.querySelector("form[data-shown]");

const find = (name) => badges.find(({ dataset }) => dataset.unread === name);
const countOf = (badge) => Number(badge.lastElementChild.textContent);

export async function showUnread(name, count) {
  const badge = find(name);
  badge.lastElementChild.textContent = count;
  badge.hidden = count === 0;
  countUnread(badges.reduce((sum, each) => sum + countOf(each), 0));
  if (name === "messages" && count && thread) await hear();
}

// Adds what is new to the thread, which is a live region, and leaves alone what is being written below it.
async function hear() {
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
  const answer = await request(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return;
  form.remove();
  const name = form.dataset.shown;
  showUnread(name, Math.max(0, countOf(find(name)) - news));
}

document.addEventListener("visibilitychange", markRead);
markRead();
