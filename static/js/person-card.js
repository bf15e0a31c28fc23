// A card about a person, opened by hovering over their name; without script the name is a link.
import { request } from "./request.js";

const RESTS_MS = 400;
const LEAVES_MS = 250;
let timer;
let card;

export function restOn(link) {
  if (link.parentElement.contains(card)) return clearTimeout(timer);
  link.addEventListener("mouseleave", () => soon(close, LEAVES_MS), { once: true });
  return soon(() => open(link), RESTS_MS);
}

document.addEventListener("keydown", (event) => event.key === "Escape" && close());

function soon(act, pause_ms) {
  clearTimeout(timer);
  timer = setTimeout(act, pause_ms);
}

async function open(link) {
  const answer = await request(link.dataset.person).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const drawn = page && page.querySelector("template")?.content.firstElementChild;
  if (!drawn || !link.matches(":hover")) return;
  close();
  card = drawn;
  for (const next of card.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => soon(close, LEAVES_MS));
  link.parentElement.append(card);
}

function close() {
  clearTimeout(timer);
  card?.remove();
  card = undefined;
}
