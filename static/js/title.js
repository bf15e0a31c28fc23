// The tab's title: how far the task is while nobody looks, the page's own when somebody does.
let own = document.title;
let news = "";

export function title(card, percent) {
  const ended = card.querySelector("progress") === null;
  news = ended ? card.dataset.title : `${percent} % · ${card.dataset.title}`;
  show();
}

export function number(unread) {
  own = own.replace(/^(\(\d+\) )?/, unread ? `(${unread}) ` : "");
  show();
}

function show() {
  const seen = document.hasFocus();
  document.title = news && !seen ? news : own;
  // An end that was seen is no news.
  if (seen && !document.querySelector(".task progress")) news = "";
}

window.addEventListener("blur", show);
window.addEventListener("focus", show);
document.addEventListener("visibilitychange", show);
