// A card about a person, opened by hovering over their name; without script the name is a link.
import { request } from "./request.js";

const RESTS_MS = 400;
const LEAVES_MS = 250;
const token = document.querySelector("[name=csrf_token]")?.value;
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
  const answer = await request(link.dataset.person, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || !link.matches(":hover")) return;
  close();
  card = draw(await answer.json());
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => soon(close, LEAVES_MS));
  link.parentElement.append(card);
}

function close() {
  clearTimeout(timer);
  card?.remove();
  card = undefined;
}

function draw({ username, url, about_me: about, facts, act }) {
  const name = make("a", username);
  name.href = url;
  const drawn = make("span");
  drawn.className = "card";
  drawn.append(name);
  if (about) drawn.append(make("span", about));
  drawn.append(make("span", facts.join(" · ")));
  if (act) drawn.append(button(act));
  return drawn;
}

function button({ url, label }) {
  const form = make("form");
  form.method = "post";
  form.action = url;
  form.append(hidden("csrf_token", token), hidden("next", location.pathname + location.search), make("button", label));
  return form;
}

function hidden(name, value) {
  return Object.assign(make("input"), { type: "hidden", name, value });
}

function make(element, text = "") {
  const made = document.createElement(element);
  made.textContent = text;
  return made;
}
