// Sends a file as the request's body; returns null when it was taken, or the server's sentence.
export async function upload(address, inputId, pattern, site, looksFirst) {
  const file = document.getElementById(inputId).files[0];
  if (!file) return "No file was chosen.";
  // Not in the address: a file's name may name a patient, and addresses end up in logs.
  const headers = { "X-SafeMedLabel-Name": encodeURIComponent(file.name), "X-SafeMedLabel-Pattern": encodeURIComponent(pattern), "X-SafeMedLabel-Site": encodeURIComponent(site) };
  if (looksFirst) headers["X-SafeMedLabel-Dry-Run"] = "1";
  try {
    const response = await fetch(address, { method: "POST", body: file, headers });
    return response.ok ? null : (await response.text()).replace(/^"|"$/g, "") || "The upload failed.";
  } catch {
    return "The connection was lost during the upload; please try again.";
  }
}
