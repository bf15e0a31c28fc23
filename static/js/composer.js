// The composer: counts characters, posts with Ctrl+Enter, keeps the draft for the tab until it is sent.
const LOW = 20;
const SENT = "sent";
const form = document.querySelector("[data-composer]");
const token = (draft) => `once:${draft}`;

// The page after sending may have no composer.
if (document.querySelector("[data-category=posted]")) {
  const draft = sessionStorage.getItem(SENT);
  // A copy of this tab has a copy of the draft, and knows it by this.
  localStorage.setItem(SENT, sessionStorage.getItem(token(draft)));
  forget(draft);
}

function forget(draft) {
  sessionStorage.removeItem(draft);
  sessionStorage.removeItem(token(draft));
}

if (form) {
  const field = form.querySelector("textarea");
  const output = form.querySelector("output");
  const { once } = form.elements;
  const fresh = once.value;
  const draft = `draft:${form.dataset.draft}`;

  restore();
  // Also at once: fast typists have begun before this is loaded.
  keep();

  field.addEventListener("input", () => {
    once.value = fresh;
    keep();
  });
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
    if (known && known === localStorage.getItem(SENT)) forget(draft);
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
  }

  // In code points and trimmed, as the server counts: an emoji is one.
  function count() {
    const left = field.dataset.most - [...field.value.trim().normalize("NFC")].length;
    output.value = left;
    output.toggleAttribute("data-low", left < LOW);
    field.setCustomValidity(left < 0 ? field.dataset.tooLong : "");
  }
}
