// A page that asks or tells something small opens over the page one is on; without script it is a page.
export async function open(url) {
  const answer = await fetch(url).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const sheet = page && page.querySelector("main .sheet");
  // Signed out, deleted, offline: the page itself says so best.
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
  // The browser keeps the focus inside, and gives it back to where it was.
  dialog.showModal();
}

// What meant "this page" on the page of its own.
function adapt(sheet, url) {
  const forms = sheet.matches("form") ? [sheet] : sheet.querySelectorAll("form");
  for (const form of forms) if (!form.getAttribute("action")) form.action = url;
  for (const next of sheet.querySelectorAll("[name=next]")) next.value = location.pathname + location.search;
}
