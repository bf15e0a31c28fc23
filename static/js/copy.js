// Copies what is shown only once, and says so. Without script, it can be selected.
import { toast } from "./toasts.js";

const field = document.querySelector("#secret");
const button = document.querySelector("[data-copy]");
button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without https there is no clipboard, and a browser may refuse it.
    field.select();
    document.execCommand("copy");
    button.focus();
  }
  toast(button.dataset.copy);
});
