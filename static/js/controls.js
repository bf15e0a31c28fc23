// What one acts on: the composer, dialogs, cards about people, the button that copies.
import { parsed, request, toast } from "./main.js";

const LOW = 20;
const SHOWN_FROM = 40;
const SENT = "sent";
const KEPT = 20;
// Where Unicode has no script of that name.
const SCRIPTS = { Hans: ["Hani"], Hant: ["Hani"], Jpan: ["Hani", "Hira", "Kana"], Kore: ["Hang"] };
const RESTS_MS = 400;
const LEAVES_MS = 250;

// The composer: counts characters, posts with Ctrl+Enter, keeps the draft for the tab until it is sent.

const form = document.querySelector("[data-composer]");
const token = (draft) => `once:${draft}`;

// The page after sending may have no composer.
if (document.querySelector("[data-category=posted]")) {
  const draft = sessionStorage.getItem(SENT);
  // A copy of this tab has a copy of the draft, and knows it by this: the last few are kept.
  localStorage.setItem(SENT, [sessionStorage.getItem(token(draft)), ...sentLately()].slice(0, KEPT));
  forget(draft);
}

function sentLately() {
  return (localStorage.getItem(SENT) ?? "").split(",");
}

function forget(draft) {
  sessionStorage.removeItem(draft);
  sessionStorage.removeItem(token(draft));
}

if (form) {
  const field = form.querySelector("textarea");
  const output = form.querySelector("output");
  const { once, language } = form.elements;
  const fresh = once.value;
  const draft = `draft:${form.dataset.draft}`;

  restore();
  // Also at once: fast typists have begun before this is loaded.
  keep();

  field.addEventListener("input", () => {
    once.value = fresh;
    keep();
  });
  language?.addEventListener("change", () => (language.dataset.chosen = ""));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  // Pressed twice it is sent twice, and posted once: after a stopped attempt it may be pressed again.
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, draft));
  // The key "n" on another page leads here.
  if (location.hash === `#${field.id}`) field.focus();
  // A page that the browser had put aside still shows what was sent from it.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    field.value = sessionStorage.getItem(draft) ?? "";
    count();
  });

  // The draft brings its own token: if it has arrived after all, it does not arrive again.
  function restore() {
    const known = sessionStorage.getItem(token(draft));
    if (known && sentLately().includes(known)) forget(draft);
    const kept = sessionStorage.getItem(draft) ?? "";
    if ("shared" in field.dataset) {
      if (kept && kept !== field.value) field.value = `${kept}\n${field.value}`;
      // Else a reload would add it again.
      history.replaceState(null, "", location.pathname);
    } else if (kept && !field.value) {
      field.value = kept;
      once.value = known ?? fresh;
    }
  }

  function keep() {
    sessionStorage.setItem(draft, field.value);
    sessionStorage.setItem(token(draft), once.value);
    count();
    if (language && !("chosen" in language.dataset)) guess(language, field.value);
  }

  // In code points and trimmed, as the server counts: an emoji is one.
  function count() {
    const left = field.dataset.most - [...field.value.trim().normalize("NFC")].length;
    output.value = left < SHOWN_FROM ? left : "";
    output.toggleAttribute("data-low", left < LOW);
    field.setCustomValidity(left < 0 ? field.dataset.tooLong : "");
  }
}

// Of the offered languages, likeliest first, the one in whose script most of *text* is written.
function guess(select, text) {
  const signs = ({ value }) => text.match(script(value))?.length ?? 0;
  const likeliest = [...select.options].reduce((best, each) => (signs(each) > signs(best) ? each : best));
  select.value = likeliest.value;
}

function script(language) {
  const { script } = new Intl.Locale(language).maximize();
  const names = SCRIPTS[script] ?? [script];
  try {
    return new RegExp(names.map((name) => `\\p{sc=${name}}`).join("|"), "gu");
  } catch {
    // A script that this browser does not know.
    return /[]/g;
  }
}

// A small page as a dialog over the current one; without script it is a page of its own.

export async function openDialog(url) {
  const page = await request(url)
    .then(parsed)
    .catch(() => null);
  const sheet = page?.querySelector("main .sheet");
  // Signed out, deleted or offline: the page itself explains that best.
  if (!sheet || document.querySelector("dialog")) return sheet || location.assign(url);
  // Forms that meant "this page", when the sheet was a page of its own.
  for (const each of sheet.querySelectorAll("form")) if (!each.getAttribute("action")) each.action = url;
  if (sheet.matches("form") && !sheet.getAttribute("action")) sheet.action = url;
  comeBackHere(sheet);
  const dialog = document.createElement("dialog");
  dialog.ariaLabel = sheet.querySelector("h1").textContent;
  dialog.append(sheet);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    const leaves = event.target === dialog || event.target.closest("[data-close]");
    if (!leaves) return;
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  // The browser keeps the focus inside and returns it afterwards.
  dialog.showModal();
}

function comeBackHere(part) {
  for (const next of part.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
}

// A card about a person, opened by resting on their name; without script the name is a link.

let timer;
let card;

export function restOn(link) {
  if (link.parentElement.contains(card)) return clearTimeout(timer);
  link.addEventListener("mouseleave", () => soon(closeCard, LEAVES_MS), { once: true });
  return soon(() => openCard(link), RESTS_MS);
}

document.addEventListener("keydown", (event) => event.key === "Escape" && closeCard());

function soon(act, pause_ms) {
  clearTimeout(timer);
  timer = setTimeout(act, pause_ms);
}

async function openCard(link) {
  const page = await request(link.dataset.person)
    .then(parsed)
    .catch(() => null);
  const drawn = page?.querySelector("template")?.content.firstElementChild;
  if (!drawn || !link.matches(":hover")) return;
  closeCard();
  card = drawn;
  comeBackHere(card);
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => soon(closeCard, LEAVES_MS));
  link.parentElement.append(card);
}

function closeCard() {
  clearTimeout(timer);
  card?.remove();
  card = undefined;
}

// Copies what is shown only once, and says so. Without script, it can be selected.

const secret = document.querySelector("#secret");
const button = document.querySelector("[data-copy]");

if (button) {
  button.hidden = false;
  button.addEventListener("click", copy);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(secret.value);
  } catch {
    // Without https there is no clipboard, and a browser may refuse it.
    secret.select();
    document.execCommand("copy");
    button.focus();
  }
  toast(button.dataset.copy);
}
