// The tab's title: the task's progress while the page has no focus, otherwise its own title.
let own = document.title;
let news = "";

export function title(card, percent) {
  const ended = card.querySelector("progress") === null;
  news = ended ? card.dataset.title : `${percent} % · ${card.dataset.title}`;
  show();
}

export function countUnread(unread) {
  own = own.replace(/^(\(\d+\) )?/, unread ? `(${unread}) ` : "");
  show();
}

function show() {
  const seen = document.hasFocus();
  document.title = news && !seen ? news : own;
  // An end that was seen is not news any more.
  if (seen && !document.querySelector(".task progress")) news = "";
}

window.addEventListener("blur", show);
window.addEventListener("focus", show);
document.addEventListener("visibilitychange", show);
