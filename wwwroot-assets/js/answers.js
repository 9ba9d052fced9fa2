// The answer on its way: kept here, in memory alone, until the server has it or refuses it. There is never more than one, for the next
// image comes only then. It goes over the page's connection or, when that has broken for good, over HTTP.
const LATE = 700;
const VERY_LATE = 5000;
const AGAIN = 2000;

let underway = null; // { answer, name, send, address, timers, settled, isSettled() }
let refused = null;

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
// What an answer says, by which the server too knows it again: not how long the image was looked at.
const content = ({ clientKey, elapsedMilliseconds, ...said }) => JSON.stringify(said);

// A key of its own for a request, by which it is known again. crypto.randomUUID is there on secure origins alone, and a hospital's own network may
// have others.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  const digits = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// A line that is in the page for this; its texts are in its data, in the page's language.
function tell(state) {
  for (const line of document.querySelectorAll("[data-delivery]")) {
    line.hidden = !state;
    line.textContent = state ? line.dataset[state].replace("{0}", underway.name) : "";
  }
}

function settle(entry) {
  if (underway !== entry) return;
  entry.timers.forEach(clearTimeout);
  tell(null);
  underway = null;
  entry.isSettled();
}

// The name of the answer that the server does not have yet; null when there is none.
export const waiting = () => underway?.name ?? null;

// When there is none on its way. An image is drawn a little before the word comes that the answer before it is stored, and a key pressed
// between the two would go unheard.
export const settled = () => underway?.settled ?? Promise.resolve();

// Sends an answer with a key of its own, so that however often it arrives it is stored once.
export async function give(answer, name, send, address) {
  if (underway) return;
  // What could not be stored may have been, and be pressed again.
  const key = refused && content(refused) === content(answer) ? refused.clientKey : newKey();
  underway = { answer: { ...answer, clientKey: key }, name, send, address };
  underway.settled = new Promise(done => { underway.isSettled = done; });
  underway.timers = [setTimeout(tell, LATE, "late"), setTimeout(tell, VERY_LATE, "kept")];
  await sendAgain();
}

// Also when the connection is back: what it did not carry is sent once more.
export async function sendAgain() {
  const entry = underway;
  if (!entry) return;
  const wasSent = entry.wasSent;
  entry.wasSent = true;
  const delivery = await entry.send(entry.answer);
  // A page that was taken up anew may not know the image yet: what was held on to is not dropped for that.
  if (wasSent && delivery !== "Stored" && delivery !== "Refused") throw new Error("Not taken.");
  refused = delivery === "Refused" ? entry.answer : null;
  settle(entry);
}

const post = ({ address, answer }, options) => fetch(address, {
  method: "POST", body: JSON.stringify(answer), headers: { "Content-Type": "application/json" }, redirect: "manual", ...options,
});

// Its sentence: alone, or in the details of a problem (RFC 9457).
const sentence = async response => response.status === 200 || response.status === 409 ? await response.text()
  : response.headers.get("Content-Type")?.startsWith("application/problem+json") ? (await response.json()).detail ?? `${response.status}`
  : `${response.status}`;

// Over HTTP, until the server says something. Returns null when it has the answer, or its sentence why not, or why not all of a grid.
export async function deliver() {
  const entry = underway;
  while (entry) {
    try {
      const response = await post(entry);
      const isSignedOut = response.type === "opaqueredirect" || response.status === 401;
      if (isSignedOut) tell("signedOut");
      else if (response.status < 500) {
        settle(entry);
        return response.status === 204 ? null : await sentence(response);
      }
    } catch {
      tell("kept");
    }
    await pause(AGAIN);
  }
  return null;
}

export const isReachable = () => fetch("/health/live").then(response => response.ok, () => false);

export async function reached() {
  while (!await isReachable()) await pause(AGAIN);
}

// Who leaves all the same is asked, and if they do not stay, the browser carries the answer on when the page is gone.
addEventListener("beforeunload", event => { if (underway) event.preventDefault(); });
addEventListener("pagehide", () => { if (underway) post(underway, { keepalive: true }).catch(() => {}); });
