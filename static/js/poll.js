// Polls for news: every second while a task is under way, else every ten; never in a hidden tab.
import { request } from "./request.js";

const BUSY_MS = 1_000;
const IDLE_MS = 10_000;
const SLOWEST_MS = 160_000;

export function poll(url, cursor, { busy, handle, afterwards }) {
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
    for (const news of await answer.json()) {
      await handle(news);
      // Moved only now: news that could not be handled is fetched again.
      cursor = news.id;
    }
    await afterwards();
  }

  function pause() {
    const usual = busy() ? BUSY_MS : IDLE_MS;
    return Math.min(usual * 2 ** failures, SLOWEST_MS);
  }

  document.addEventListener("visibilitychange", ask);
  timer = setTimeout(ask, busy() ? BUSY_MS / 4 : IDLE_MS);
}
