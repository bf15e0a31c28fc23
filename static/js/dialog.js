// Opens a small page as a dialog over the current one; without script it is a page of its own.
import { request } from "./request.js";

export async function open(url) {
  const answer = await request(url).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const sheet = page && page.querySelector("main .sheet");
  // Signed out, deleted or offline: the page itself explains that best.
  if (!sheet || document.querySelector("dialog")) return sheet || location.assign(url);
  adapt(sheet, url);
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

// Points forms that meant "this page", when the sheet was a page of its own, to the right address.
function adapt(sheet, url) {
  const forms = sheet.matches("form") ? [sheet] : sheet.querySelectorAll("form");
  for (const form of forms) if (!form.getAttribute("action")) form.action = url;
  for (const next of sheet.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
}
