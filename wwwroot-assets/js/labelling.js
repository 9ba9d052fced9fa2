// Keys of the labelling page, and the moment an image is on the screen.
import { attach as attachViewer } from "./viewer.js";

export function attach(page) {
  let stage = null;
  let viewer = null;
  const onKeyDown = event => {
    if (event.repeat || event.altKey || event.metaKey && event.key.toLowerCase() !== "z") return;
    // A slider takes no text: answers are heard while it has the focus.
    if (event.target.closest("input:not([type=range]), textarea, select, [contenteditable]")) return;
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (!undo && event.ctrlKey) return;
    const key = undo ? event.shiftKey ? "redo" : "undo" : event.key.toLowerCase();
    if (!/^([1-9 fnw?]|undo|redo|escape)$/.test(key)) return;
    event.preventDefault();
    page.invokeMethodAsync("PressAsync", key);
  };
  document.addEventListener("keydown", onKeyDown);
  // A focused button would take the space bar as a click too.
  const onKeyUp = event => { if (event.key === " " && event.target.closest("button, summary")) event.preventDefault(); };
  document.addEventListener("keyup", onKeyUp);

  return {
    watch(id) {
      const image = document.querySelector(`img[data-image="${id}"]`);
      if (!image) return;
      if (image.parentElement !== stage) {
        viewer?.detach();
        stage = image.parentElement;
        viewer = attachViewer(stage, document.querySelector(".viewer-bar"));
      }
      image.decode().then(() => {
        if (!image.classList.contains("current")) return;
        viewer.begin();
        // Two frames: decoded is not yet drawn.
        requestAnimationFrame(() => requestAnimationFrame(() => page.invokeMethodAsync("Shown", id)));
      }, () => {
        // It may also have left the page meanwhile, which is no failure.
        if (image.isConnected) page.invokeMethodAsync("NotShown", id);
      });
    },
    detach() {
      viewer?.detach();
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("keyup", onKeyUp);
    },
  };
}
