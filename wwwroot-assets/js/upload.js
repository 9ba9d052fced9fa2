// Sends a file part by part, and goes on where it was when the connection comes back or the same file is chosen again.
// Returns null when its import was taken, or a sentence that says why not.
import { newKey } from "./answers.js";

const partSize = 8 * 1024 * 1024;
const mostTries = 8;

export async function upload(project, inputId, pattern, site, patchSize, looksFirst) {
  const file = document.getElementById(inputId).files[0];
  if (!file) return "No file was chosen.";
  // Not in the address: a file's name may name a patient, and addresses end up in logs.
  const headers = { "X-SafeMedLabel-Name": encodeURIComponent(file.name), "X-SafeMedLabel-Size": String(file.size), "X-SafeMedLabel-Modified": String(file.lastModified) };
  const address = `/projects/${project}/upload`;
  const progress = new Progress(file.size);
  try {
    let failures = 0;
    let offset = 0;
    let known = false;
    while (!known || offset < file.size) {
      try {
        if (!known) {
          offset = Number(await text(await fetch(address, { headers })));
          known = true;
          progress.begin(offset);
          continue;
        }
        const part = file.slice(offset, offset + partSize);
        offset = Number(await text(await fetch(address, { method: "PUT", body: part, headers: { ...headers, "X-SafeMedLabel-Offset": String(offset) } })));
        failures = 0;
        progress.show(offset);
      } catch (error) {
        if (error instanceof Refused && !error.mayGoOn) return error.message;
        if (error.seconds) {
          await pause(error.seconds);
          continue;
        }
        if (++failures >= mostTries) return "The connection was lost during the upload; choose the same file again, and it goes on where it was.";
        progress.wait();
        await pause(Math.min(30, 2 ** failures));
        known = false;
      }
    }
    const wanted = { ...headers, "X-SafeMedLabel-Pattern": encodeURIComponent(pattern), "X-SafeMedLabel-Site": encodeURIComponent(site) };
    if (patchSize !== null) wanted["X-SafeMedLabel-Patch-Size"] = String(patchSize);
    if (looksFirst) wanted["X-SafeMedLabel-Dry-Run"] = "1";
    // However often it is sent, the import is started once.
    wanted["X-SafeMedLabel-Key"] = newKey();
    for (let failures = 1; ; failures++) {
      try {
        await text(await fetch(`/projects/${project}/imports`, { method: "POST", headers: wanted }));
        return null;
      } catch (error) {
        if (error instanceof Refused && !error.mayGoOn || failures >= mostTries) throw error;
        progress.wait();
        await pause(error.seconds ?? Math.min(30, 2 ** failures));
      }
    }
  } catch (error) {
    return error instanceof Refused ? error.message : "The connection was lost after the upload; choose the same file again.";
  } finally {
    progress.end();
    // The same file can be chosen again.
    document.getElementById(inputId).value = "";
  }
}

const pause = seconds => new Promise(done => setTimeout(done, 1000 * seconds));

class Refused extends Error {
  constructor(message, mayGoOn, seconds) {
    super(message);
    this.mayGoOn = mayGoOn;
    this.seconds = seconds;
  }
}

async function text(response) {
  if (response.ok && !response.redirected) return await response.text();
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const said = isProblem ? (await response.json()).detail : (await response.text()).replace(/^"|"$/g, "");
  // Another tab may have gone on with it, a server that starts answers with 5xx, and who sends too often is told for how long to wait.
  const mayGoOn = response.status === 409 || response.status === 429 || response.status >= 500;
  const hasEnded = response.redirected || response.status === 401;
  const seconds = response.status === 429 ? Number(response.headers.get("Retry-After") ?? 10) : undefined;
  throw new Refused(hasEnded ? "Your session has ended; sign in again and choose the same file." : said || "The upload failed.", mayGoOn, seconds);
}

class Progress {
  constructor(size) {
    this.size = size;
    this.bar = document.getElementById("upload-progress");
    this.text = document.getElementById("upload-text");
  }

  begin(offset) {
    this.from = offset;
    this.since = performance.now();
    this.show(offset);
  }

  show(offset) {
    this.bar.hidden = false;
    this.bar.value = offset / this.size;
    const seconds = (performance.now() - this.since) / 1000;
    const left = offset > this.from ? (this.size - offset) * seconds / (offset - this.from) : 0;
    const minutes = Math.ceil(left / 60);
    this.text.textContent = `${Math.floor(100 * offset / this.size)} %${left > 90 ? `, about ${minutes} minutes left` : ""}`;
  }

  wait() {
    this.text.textContent = "The connection is lost; trying again…";
  }

  end() {
    this.bar.hidden = true;
    this.text.textContent = "";
  }
}
