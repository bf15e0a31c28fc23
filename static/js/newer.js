// "3 new posts" above the log: told, not pushed in. Asked for once a minute, and by nobody who does not look.
const EVERY_MS = 60_000;
const line = document.querySelector("[data-newer]");
const timer = setInterval(ask, EVERY_MS);
let asked_at = Date.now();

async function ask() {
  if (document.hidden || Date.now() - asked_at < EVERY_MS - 1_000) return;
  asked_at = Date.now();
  const answer = await fetch(line.dataset.newer).catch(() => null);
  if (answer?.status === 401) clearInterval(timer);
  if (!answer?.ok) return;
  const { text } = await answer.json();
  if (!text || text === line.textContent) return;
  // The link stays when its number grows: it may have the focus.
  const link = line.querySelector("a") ?? line.appendChild(document.createElement("a"));
  link.className = "button go";
  link.href = location.pathname;
  link.textContent = text;
}

document.addEventListener("visibilitychange", ask);
