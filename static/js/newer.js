// "3 new posts" above the log, as a link: nothing moves by itself. Polled once a minute, not in hidden tabs.
import { request } from "./request.js";

const EVERY_MS = 60_000;
const line = document.querySelector("[data-newer]");
const timer = setInterval(ask, EVERY_MS);
let asked_at = Date.now();

async function ask() {
  if (document.hidden || Date.now() - asked_at < EVERY_MS - 1_000) return;
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

document.addEventListener("visibilitychange", ask);
