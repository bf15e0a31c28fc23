// Replaces parts of the page by what the server renders now; the focus stays where it was.
import { request } from "./request.js";

// What depends on tasks besides their cards: the button that starts an export, and the list of tasks.
export async function redraw() {
  const parts = document.querySelectorAll("[data-redrawn]");
  if (!parts.length) return;
  const drawn = (await parsed(await request(location))).querySelectorAll("[data-redrawn]");
  if (drawn.length === parts.length) parts.forEach((part, number) => swap(part, drawn[number]));
}

export async function parsed(answer) {
  if (!answer.ok) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// The focus goes to the control that does the same in the new part, else to the part itself.
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
