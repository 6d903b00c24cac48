// One's own PIN, set after a sign-in with a password.
import { put } from "../api.js";

const form = document.getElementById("pin-form");
const input = document.getElementById("pin");
const saved = document.getElementById("pin-saved");
const error = document.getElementById("pin-error");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  saved.hidden = true;
  try {
    await put("/me/pin", { pin: input.value });
    input.value = "";
    error.hidden = saved.hidden = true;
    saved.hidden = false;
  } catch {
    error.hidden = false;
    input.focus();
  }
});
