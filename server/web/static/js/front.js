// The sign-in form says that it works, and cannot be sent twice.
const form = document.querySelector("form[data-busy]");
form?.addEventListener("submit", () => {
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  button.textContent = form.dataset.busy;
});
document.querySelector("#refused") && document.getElementById("password")?.focus();
