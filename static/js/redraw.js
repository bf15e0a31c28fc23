// Parts of the page exchanged for those that the server draws now; the focus stays where it was.

// What depends on tasks beside their cards: the button that starts an export, the list of what was asked for.
export async function redraw() {
  const parts = document.querySelectorAll("[data-redrawn]");
  if (!parts.length) return;
  const drawn = (await parsed(await fetch(location))).querySelectorAll("[data-redrawn]");
  if (drawn.length === parts.length) parts.forEach((part, number) => swap(part, drawn[number]));
}

export async function parsed(answer) {
  if (!answer.ok) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// The focus goes to what does the same in the new one, else to the whole of it.
export function swap(old, fresh) {
  const focused = old.contains(document.activeElement) && document.activeElement;
  old.replaceWith(fresh);
  if (focused) (twin(fresh, focused) ?? fresh).focus({ preventScroll: true });
}

function twin(fresh, { form, href }) {
  const action = form?.getAttribute("action");
  return [...fresh.querySelectorAll("a, button")].find((each) =>
    form ? each.form?.getAttribute("action") === action : each.href === href && href,
  );
}
