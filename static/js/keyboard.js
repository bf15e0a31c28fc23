// Keyboard shortcuts: n writes, r answers, w shows what is new, / searches, j and k step through posts or
// people, p lists people, ? lists them all. Part of the first script: no key is lost while another one loads.
const ROWS = ".post, .log > .line";
const acts = {
  n: write, r: answer, w: news, "/": search, j: () => step(1), k: () => step(-1),
  p: () => location.assign("/people"), "?": list,
};

document.addEventListener("keydown", (event) => {
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
  (await import("./dialog.js")).open(document.body.dataset.keys);
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
