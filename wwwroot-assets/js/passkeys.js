// Between a form's button and the server stands the person's device, which asks for a finger, a face or a PIN. Forms name what they are about
// (data-passkey: 'create' or 'get') and where the challenge comes from (data-options); the device's answer goes out as the form's credential.
// Loaded before the page is parsed: a form that can be sent before this listens would go out without the device having been asked.
(() => {
  "use strict";

  document.addEventListener("submit", async event => {
    const form = event.target;
    const kind = form.dataset.passkey;
    if (!kind) return;
    event.preventDefault();
    const button = event.submitter;
    const problem = form.querySelector("[data-passkey-problem]");
    problem.textContent = "";
    button.disabled = true;
    try {
      const options = await challenge(form);
      const credential = kind === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.querySelector("[data-passkey-credential]").value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      problem.textContent = sentence(error);
      button.disabled = false;
    }
  });

  class Refused extends Error { }

  async function challenge(form) {
    if (!window.isSecureContext) throw new Refused("Passkeys need a connection by HTTPS; use your password here.");
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) throw new Refused("This browser is too old for passkeys; use your password here.");
    const password = form.querySelector("[data-passkey-password]")?.value;
    const response = await fetch(form.dataset.options, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ password }) });
    if (response.redirected || response.status === 401) throw new Refused("Your session has ended; sign in again.");
    if (!response.ok) throw new Refused(await refusal(response));
    return await response.json();
  }

  // What the server refuses it says in a sentence; what it could not do, on a page.
  async function refusal(response) {
    if (response.headers.get("Content-Type")?.startsWith("text/plain")) return await response.text();
    if (response.status === 503) return "Nothing can be stored at the moment; please try again in a few minutes.";
    return "The server did not answer; please try again.";
  }

  function sentence(error) {
    if (error instanceof Refused) return error.message;
    if (error instanceof TypeError) return "The server was not reached; please try again.";
    if (error.name === "InvalidStateError") return "This device has a passkey of yours already.";
    // Browsers say the same of a person who cancels, one who waits too long, and a device without a passkey, so that no page can tell them apart.
    if (error.name === "NotAllowedError") return "Your device did not confirm it; please try again.";
    return "Your device could not do it; use your password here.";
  }
})();
