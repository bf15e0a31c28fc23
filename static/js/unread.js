// Unread messages: the badge in the bar and the "(2)" in the tab's title; marks shown messages as read.
import { request } from "./request.js";
import { countUnread } from "./title.js";

const badge = document.querySelector("[data-unread]");
const shown = document.querySelector("form[data-shown]");

export function showUnread(count) {
  badge.lastElementChild.textContent = count;
  badge.hidden = count === 0;
  countUnread(count);
}

// Not while hidden: a tab opened in the background has shown nothing yet.
function markRead() {
  if (document.hidden) return;
  document.removeEventListener("visibilitychange", markRead);
  const body = new FormData(shown);
  // The response redirects to the page that is already here.
  request(shown.action, { method: "POST", body, redirect: "manual" }).then((answer) => {
    if (answer.type !== "opaqueredirect") return;
    shown.remove();
    showUnread(Math.max(0, badge.lastElementChild.textContent - document.querySelectorAll(".post[data-new]").length));
  }, () => {});
}

if (shown) {
  document.addEventListener("visibilitychange", markRead);
  markRead();
}
