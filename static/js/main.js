// The first script, complete by itself: keys, menus, toasts, the time zone; it loads the others where a page has
// what they are about. Everything works without script.
const TIMEOUT_MS = 15_000;
const STAYS_MS = 10_000;
const ROWS = ".post, .log > .line";
const MENUS = "details[name][open]";
const PARTS = {
  "[data-news], [data-newer]": "./polling.js",
  "[data-task]": "./cards.js",
  "[data-composer], [data-copy], [data-category=posted]": "./controls.js",
};

for (const [selector, part] of Object.entries(PARTS)) {
  if (document.querySelector(selector)) import(part);
}

// fetch that gives up: a request that never ends must not end the polling, or whatever else waits for it.
export const request = (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });

export async function parsed(answer) {
  if (!answer.ok) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

export const hasTaskUnderWay = () => document.querySelector(".task progress") !== null;

// Keys: n writes, r answers, w shows what is new, / searches, j and k step through posts or people, p lists people,
// ? lists them all. They are in the first script: no key is lost while another one loads.

const acts = {
  n: write,
  r: answer,
  w: news,
  "/": search,
  j: () => step(1),
  k: () => step(-1),
  p: () => location.assign("/people"),
  "?": list,
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenu();
  if (!document.body.dataset.keys || !Object.hasOwn(acts, event.key)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  event.preventDefault();
  acts[event.key]();
});

function write() {
  const field = document.querySelector("[data-composer] textarea");
  if (field) field.focus();
  else location.assign(`${document.querySelector(".brand").href}#post`);
}

// The focused post; without one, what the page has a composer for.
function answer() {
  const link = document.activeElement.closest(".post")?.querySelector("a.when");
  if (link) location.assign(`${link.href}#post`);
  else document.querySelector("[name=reply_to] ~ textarea")?.focus();
}

function news() {
  document.querySelector("[data-unread=news]")?.closest("a").click();
}

async function list() {
  (await import("./controls.js")).openDialog(document.body.dataset.keys);
}

function search() {
  document.querySelector("[type=search]")?.select();
}

// From the focused post, else from the first one that is fully visible.
function step(by) {
  const posts = [...document.querySelectorAll(ROWS)];
  const here = posts.indexOf(document.activeElement.closest(ROWS));
  const top = document.querySelector(".bar").offsetHeight;
  const seen = posts.findIndex((post) => post.getBoundingClientRect().top >= top);
  const next = posts[here < 0 ? seen : here + by];
  // Focus its link, so that Enter opens it.
  next?.querySelector(".when, a")?.focus();
}

// Of tabs that scroll sideways the present one is in sight.
document.querySelector(".boxes > [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Menus: <details> that also close by Escape and by a click beside them.

function closeMenu() {
  const menu = document.querySelector(MENUS);
  if (!menu) return;
  const focused = menu.contains(document.activeElement);
  menu.open = false;
  if (focused) menu.firstElementChild.focus();
}

// A dialog over the page closes none: its end leads back to where it was opened.
function closeMenusBeside(target) {
  if (target.closest("dialog")) return;
  for (const menu of document.querySelectorAll(MENUS)) if (!menu.contains(target)) menu.open = false;
}

document.addEventListener("click", async (event) => {
  closeMenusBeside(event.target);
  const link = event.target.closest("a[data-dialog], a[data-copied]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.dataset.copied) return copy(event, link);
  event.preventDefault();
  (await import("./controls.js")).openDialog(link.href);
});

// Where there is no clipboard, which needs https, the link leads to the post.
async function copy(event, link) {
  if (!navigator.clipboard) return;
  event.preventDefault();
  closeMenu();
  try {
    await navigator.clipboard.writeText(link.href);
    toast(link.dataset.copied);
  } catch {
    location.assign(link.href);
  }
}

document.addEventListener("mouseover", async ({ target }) => {
  const link = target.closest("a[data-person]");
  if (link) (await import("./controls.js")).restOn(link);
});

// Toasts: short messages, including the server's flashes: announced, dismissible, gone after a while.

const toasts = document.querySelector(".toasts");

export function toast(text, link) {
  const message = document.createElement("p");
  message.className = "toast";
  message.append(text);
  if (link) message.append(plain(link));
  show(message);
}

function plain(link) {
  const copy = link.cloneNode(true);
  copy.removeAttribute("class");
  return copy;
}

function show(message) {
  const button = document.createElement("button");
  button.className = "quiet";
  button.type = "button";
  button.ariaLabel = toasts.dataset.dismiss;
  button.textContent = "✕";
  button.addEventListener("click", () => dismiss(message));
  message.append(button);
  toasts.append(message);
  setTimeout(() => leave(message), STAYS_MS);
}

// The focus moves to the next one, else to the main content, so that it is never lost.
function dismiss(message) {
  message.remove();
  (toasts.querySelector("button") ?? document.querySelector("main")).focus({ preventScroll: true });
}

// Not while it has the pointer or the focus.
function leave(message) {
  if (message.matches(":hover, :focus-within")) setTimeout(() => leave(message), STAYS_MS);
  else message.remove();
}

// Live regions announce only what is added, so flashes are added again.
for (const message of toasts.querySelectorAll(".toast")) show(message);

// The reader's time zone, told to the server so that the next page shows local times.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const wanted = `${document.documentElement.dataset.zone}=${zone}`;

if (zone && !document.cookie.split("; ").includes(wanted)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${wanted}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
