// Short messages, including the server's flashes: announced, dismissible, gone after a while.
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

// The focus moves to the next one, else to the main content, so that it is never lost.
function dismiss(message) {
  message.remove();
  (region.querySelector("button") ?? document.querySelector("main")).focus({ preventScroll: true });
}

// Not while it has the pointer or the focus.
function leave(message) {
  if (message.matches(":hover, :focus-within")) setTimeout(() => leave(message), STAYS_MS);
  else message.remove();
}

// Live regions announce only what is added, so flashes are added again.
for (const message of region.querySelectorAll(".toast")) show(message);
