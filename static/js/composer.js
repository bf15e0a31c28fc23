// The composer: counts characters, posts with Ctrl+Enter, keeps the draft for the tab until it is saved.
const LOW = 20;
const SENT = "sent";
const form = document.querySelector("[data-composer]");

// The page after the sending may be one without a composer.
if (document.querySelector("[data-category=posted]")) sessionStorage.removeItem(sessionStorage.getItem(SENT));

if (form) {
  const field = form.querySelector("textarea");
  const output = form.querySelector("output");
  const draft = `draft:${form.dataset.draft}`;

  field.value ||= sessionStorage.getItem(draft) ?? "";
  // At once too: who types fast has begun before this is loaded.
  keep();

  field.addEventListener("input", keep);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    // A second click before the answer is there would post twice.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    sessionStorage.setItem(SENT, draft);
  });
  // A key on another page sent the reader here to write.
  if (location.hash === `#${field.id}`) field.focus();
  window.addEventListener("pageshow", () => delete form.dataset.sent);

  function keep() {
    sessionStorage.setItem(draft, field.value);
    count();
  }

  // By code points, after the server's own trimming: an emoji counts as it does there.
  function count() {
    const left = field.dataset.most - [...field.value.trim().normalize("NFC")].length;
    output.value = left;
    output.toggleAttribute("data-low", left < LOW);
    field.setCustomValidity(left < 0 ? field.dataset.tooLong : "");
  }
}
