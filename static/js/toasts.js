// Short messages, the server's flashes among them: spoken, can be dismissed, go by themselves.
const STAYS_MS = 10_000;
const region = document.querySelector(".toasts");

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
  button.ariaLabel = region.dataset.dismiss;
  button.textContent = "✕";
  button.addEventListener("click", () => dismiss(message));
  message.append(button);
  region.append(message);
  setTimeout(() => leave(message), STAYS_MS);
}

// The focus goes on to the next one, else to what the page is about, and is never lost.
function dismiss(message) {
  message.remove();
  (region.querySelector("button") ?? document.querySelector("main")).focus({ preventScroll: true });
}

// Not from under somebody's pointer or focus.
function leave(message) {
  if (message.matches(":hover, :focus-within")) setTimeout(() => leave(message), STAYS_MS);
  else message.remove();
}

// What stands there when the page is loaded is not spoken; what is added is.
for (const message of region.querySelectorAll(".toast")) show(message);
