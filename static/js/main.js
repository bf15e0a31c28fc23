// Everything works without this; it keeps the page fresh. Modules that few pages need are loaded on demand.
import "./keyboard.js";
import { poll } from "./poll.js";
import "./time-zone.js";
import "./toasts.js";

const PARTS = {
  "[data-composer], [data-category=posted]": "./composer.js",
  "[data-copy]": "./copy.js",
  "[data-newer]": "./newer.js",
  "[data-shown]": "./unread.js",
  "[data-task]": "./cards.js",
};
const region = document.querySelector("[data-news]");
const cards = () => import("./cards.js");
const underWay = () => document.querySelector(".task progress") !== null;
const handlers = {
  task_progress: async (data) => (await cards()).showProgress(data),
  unread_message_count: async (count) => (await import("./unread.js")).showUnread("messages", count),
  unread_news_count: async (count) => (await import("./unread.js")).showUnread("news", count),
};

for (const [selector, part] of Object.entries(PARTS)) {
  if (document.querySelector(selector)) import(part);
}

if (region) {
  poll(region.dataset.news, region.dataset.cursor, {
    busy: underWay,
    handle: ({ name, data }) => handlers[name]?.(data),
    afterwards: async () => underWay() && (await cards()).refreshStale(),
  });
}

document.addEventListener("mouseover", async ({ target }) => {
  const link = target.closest("a[data-person]");
  if (link) (await import("./person-card.js")).restOn(link);
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  (await import("./dialog.js")).open(link.href);
});
