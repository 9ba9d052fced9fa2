// Sends a file as the request's body; returns null when it was taken, or the server's sentence.
export async function upload(address, inputId, pattern) {
  const file = document.getElementById(inputId).files[0];
  if (!file) return "No file was chosen.";
  const query = new URLSearchParams({ name: file.name, pattern });
  try {
    const response = await fetch(`${address}?${query}`, { method: "POST", body: file, headers: { "X-SafeMedLabel": "1" } });
    return response.ok ? null : (await response.text()).replace(/^"|"$/g, "") || "The upload failed.";
  } catch {
    return "The connection was lost during the upload; please try again.";
  }
}
