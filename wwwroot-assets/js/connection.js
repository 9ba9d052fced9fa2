// What happens when the page's connection breaks: an answer that was on its way is sent when it is back, and a page whose place on the
// server is gone is loaded anew, once that answer is safe.
import { deliver, isReachable, reached, sendAgain, waiting } from "./answers.js";

const dialog = document.getElementById("components-reconnect-modal");
let recovering = false;
let reachableAt = null; // the attempt before which the server was known to be there

// A server may be there and yet not take the page back, as one that no longer knows who is signed in.
async function recoverIfRefused(attempt) {
  if (reachableAt === null) reachableAt = await isReachable() ? attempt : null;
  else if (attempt > reachableAt) await recover();
}

async function recover() {
  if (recovering) return;
  recovering = true;
  const name = waiting();
  const refusal = name === null ? await reached() : await deliver();
  if (!refusal) return location.reload();
  dialog.classList.add("refused");
  dialog.querySelector("[data-refusal]").textContent = `${name}: ${refusal}`;
}

dialog.addEventListener("components-reconnect-state-changed", event => {
  const { state, currentAttempt } = event.detail;
  if (state === "show" || state === "hide") reachableAt = null;
  if (state === "show") dialog.classList.remove("components-reconnect-rejected");
  // A page that was taken up elsewhere has no place for the answer any more.
  else if (state === "hide") sendAgain().catch(recover);
  else if (state === "retrying") recoverIfRefused(currentAttempt);
  else if (state === "failed" || state === "rejected" || state === "resume-failed") recover();
});
