// Keys and buttons of the page where many images are confirmed at once. Which are marked is the browser's matter until it is sent.
import { give, settled } from "./answers.js";
import { readingTime } from "./reading-time.js";

let attached = null;

export function attach(page) {
  // A page that was taken up on another connection attaches once more.
  attached?.detach();
  const time = readingTime();
  const listeners = new AbortController();
  const on = (type, handler) => document.addEventListener(type, handler, { signal: listeners.signal });
  let watched = null;

  const grid = () => document.querySelector(".cells");
  const toggle = cell => cell.setAttribute("aria-pressed", cell.getAttribute("aria-pressed") !== "true");

  function submit() {
    const cells = grid();
    // Nobody confirms what they have not seen.
    if (!cells || cells.dataset.shown !== cells.dataset.grid) return;
    const images = marked => Array.from(cells.querySelectorAll(`[data-image][aria-pressed=${marked}]`), cell => cell.dataset.image);
    const said = { classIndex: Number(cells.dataset.class), confirmed: images(false), exceptions: images(true), elapsedMilliseconds: time.milliseconds() };
    give(said, `${said.confirmed.length} × ${cells.dataset.name}`, sent => page.invokeMethodAsync("SubmitAsync", sent), cells.dataset.address)
      // The connection has broken: it is sent when that is back.
      .catch(() => {});
  }

  // To the image beside, above or below, as they lie on the screen.
  function move(key) {
    const cells = [...grid()?.querySelectorAll("[data-image]") ?? []];
    const columns = cells.filter(cell => cell.offsetTop === cells[0].offsetTop).length;
    const step = { arrowleft: -1, arrowright: 1, arrowup: -columns, arrowdown: columns }[key];
    const from = cells.indexOf(document.activeElement);
    cells[from < 0 ? 0 : Math.min(cells.length - 1, Math.max(0, from + step))]?.focus();
  }

  on("keydown", event => {
    if (event.repeat && !event.key.startsWith("Arrow") || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const undo = (event.ctrlKey || event.metaKey) && key === "z";
    if (!undo && (event.ctrlKey || event.metaKey)) return;
    const command = undo ? "undo" : JSON.parse(document.querySelector("[data-keys]").dataset.keys)[key];
    if (key === "enter") {
      if (event.target.closest("a, .reading-bar button, [data-testid=undo]")) return;
      submit();
    } else if (key.startsWith("arrow")) move(key);
    else if (command) page.invokeMethodAsync("PressAsync", command);
    else return;
    event.preventDefault();
  });
  on("click", event => {
    const cell = event.target.closest(".cells [data-image]");
    if (cell) toggle(cell);
    if (event.target.closest("[data-submit]")) submit();
  });

  attached = {
    async watch(key) {
      const cells = grid();
      // The page asks after each of its renderings.
      if (cells?.dataset.grid !== key || watched === key) return;
      watched = key;
      const drawn = await Promise.allSettled(Array.from(cells.querySelectorAll("img"), async image => {
        await image.decode().catch(error => {
          // What cannot be shown is read alone, where that is told.
          image.closest("[data-image]").setAttribute("aria-pressed", "true");
          throw error;
        });
      }));
      if (drawn.length === 0) return;
      requestAnimationFrame(() => requestAnimationFrame(async () => {
        time.begin();
        await settled();
        cells.dataset.shown = key;
      }));
    },
    detach() {
      time.detach();
      listeners.abort();
    },
  };
  return attached;
}
