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
  document.title = news && !document.hasFocus() ? news : own;
}

window.addEventListener("blur", show);
window.addEventListener("focus", () => {
  show();
  if (!document.querySelector(".task progress")) news = "";
});
document.addEventListener("visibilitychange", show);
