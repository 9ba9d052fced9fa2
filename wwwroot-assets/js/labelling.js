// Keys and buttons of the pages where somebody looks at an image and answers, and the moment an image is on the screen.
import { give, settled } from "./answers.js";
import { readingTime } from "./reading-time.js";
import { attach as attachViewer } from "./viewer.js";

let attached = null;

export function attach(page) {
  // A page that was taken up on another connection attaches once more.
  attached?.detach();
  const time = readingTime();
  const listeners = new AbortController();
  const on = (type, handler) => document.addEventListener(type, handler, { signal: listeners.signal });
  let stage = null;
  let viewer = null;
  let watched = null;
  let seen = null;

  function answer(button) {
    const { address, image } = button.closest(".answers").dataset;
    const { kind, class: classIndex } = button.dataset;
    // Nobody labels what they have not seen.
    if (kind === "Label" && seen !== image) return;
    const given = { imageId: image, kind, classIndex: classIndex ? Number(classIndex) : null, elapsedMilliseconds: time.milliseconds() };
    give(given, button.querySelector("span").textContent, sent => page.invokeMethodAsync("AnswerAsync", sent), address)
      // The connection has broken: it is sent when that is back.
      .catch(() => {});
  }

  on("keydown", event => {
    if (event.repeat || event.altKey || event.metaKey && event.key.toLowerCase() !== "z") return;
    // A slider takes no text: answers are heard while it has the focus.
    if (event.target.closest("input:not([type=range]), textarea, select, [contenteditable]")) return;
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (!undo && event.ctrlKey) return;
    const key = undo ? event.shiftKey ? "redo" : "undo" : event.key === " " ? "space" : event.key.toLowerCase();
    const button = document.querySelector(`.answers [data-key="${CSS.escape(key)}"]`);
    const command = /^(undo|redo|escape)$/.test(key) ? key : JSON.parse(document.querySelector("[data-keys]").dataset.keys)[key];
    if (!button && !command) return;
    event.preventDefault();
    if (button) answer(button);
    else page.invokeMethodAsync("PressAsync", command);
  });
  on("click", event => {
    const button = event.target.closest(".answers [data-key]");
    if (button) answer(button);
  });
  // A focused button would take the space bar as a click too.
  on("keyup", event => { if (event.key === " " && event.target.closest("button, summary")) event.preventDefault(); });

  attached = {
    watch(id) {
      const image = document.querySelector(`img[data-image="${id}"]`);
      // The page asks after each of its renderings.
      if (!image || image === watched) return;
      watched = image;
      if (image.parentElement !== stage) {
        viewer?.detach();
        stage = image.parentElement;
        viewer = attachViewer(stage, document.querySelector(".viewer-bar"));
      }
      image.decode().then(() => {
        if (!image.classList.contains("current")) return;
        viewer.begin();
        // Two frames: decoded is not yet drawn.
        requestAnimationFrame(() => requestAnimationFrame(async () => {
          time.begin();
          await settled();
          if (image !== watched) return;
          seen = id;
          stage.dataset.shown = id;
          page.invokeMethodAsync("Shown", id);
        }));
      }, () => {
        // It may also have left the page meanwhile, which is no failure.
        if (!image.isConnected) return;
        image.dataset.failed = "";
        page.invokeMethodAsync("NotShown", id);
      });
    },
    detach() {
      viewer?.detach();
      time.detach();
      listeners.abort();
    },
  };
  return attached;
}
