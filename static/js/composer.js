// The composer: counts characters, posts with Ctrl+Enter, keeps the draft for the tab until it is saved.
const LOW = 20;
const SENT = "sent";
const form = document.querySelector("[data-composer]");

// The page after sending may have no composer.
if (document.querySelector("[data-category=posted]")) sessionStorage.removeItem(sessionStorage.getItem(SENT));

if (form) {
  const field = form.querySelector("textarea");
  const output = form.querySelector("output");
  const draft = `draft:${form.dataset.draft}`;

  field.value ||= sessionStorage.getItem(draft) ?? "";
  // Also at once: fast typists have begun before this is loaded.
  keep();

  field.addEventListener("input", keep);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    // A second click before the response arrives would post twice.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    sessionStorage.setItem(SENT, draft);
  });
  // The key "n" on another page leads here.
  if (location.hash === `#${field.id}`) field.focus();
  window.addEventListener("pageshow", () => delete form.dataset.sent);

  function keep() {
    sessionStorage.setItem(draft, field.value);
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
