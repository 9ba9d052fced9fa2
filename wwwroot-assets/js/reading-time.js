// How long somebody looked at an image: while the page can be seen, and not the pauses. Whoever gives no sign for a minute, by a key, a
// touch or a move, is taken to be away since the last one.
const PAUSE = 60_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "visibilitychange"];

export function readingTime() {
  let active = 0;
  let since = performance.now();
  let wasVisible = document.visibilityState === "visible";
  const listeners = new AbortController();

  function note() {
    const now = performance.now();
    if (wasVisible && now - since <= PAUSE) active += now - since;
    since = now;
    wasVisible = document.visibilityState === "visible";
  }

  for (const sign of SIGNS) document.addEventListener(sign, note, { capture: true, passive: true, signal: listeners.signal });

  return {
    begin() {
      note();
      active = 0;
    },
    milliseconds() {
      note();
      return Math.round(active);
    },
    detach: () => listeners.abort(),
  };
}
