// Copies what is shown only once, and says so. Without script, it can be selected.
import { toast } from "./toasts.js";

const field = document.querySelector("#secret");
const button = document.querySelector("[data-copy]");
button.hidden = false;
button.addEventListener("click", async () => {
  field.select();
  // Browsers have a clipboard only on sites of https.
  await (navigator.clipboard?.writeText(field.value) ?? document.execCommand("copy"));
  toast(button.dataset.copy);
});
