// Zoom, pan and window of the image in front. Nothing here asks the server: a wheel's turn must not wait for a network.
// How the reader set brightness, contrast and gamma stays from image to image; zoom and pan begin anew with each.
import { OverviewMap } from "./overview.js";
import { TileLayer } from "./tiles.js";

const MAXIMUM_ZOOM = 40; // screen pixels for a pixel of the image
const STEP = 1.25;
const ARROW = 60;
const SCALE_BAR = 140; // at most so many screen pixels
const NEUTRAL = { brightness: 0, contrast: 0, gamma: 0, invert: false };

export function attach(stage, bar) {
  const zoomText = bar.querySelector("[data-zoom]");
  const curves = document.querySelectorAll("#reading-window :is(feFuncR, feFuncG, feFuncB)");
  const sliders = bar.querySelectorAll("input[type=range]");
  const pointers = new Map();
  let window_ = { ...NEUTRAL };
  let exact = false;
  let view = { scale: 1, x: 0, y: 0 };

  const tiles = new TileLayer(stage);
  const overview = new OverviewMap(stage, (across, down) => {
    const picture = image();
    const [pixels, shown] = [pixelsOf(picture), unitOf(picture) * view.scale];
    view = { ...view, x: (0.5 - across) * pixels.width * shown, y: (0.5 - down) * pixels.height * shown };
    show();
  });

  const image = () => stage.querySelector("img.current");
  // Before any zoom, and not rounded to whole pixels as clientWidth is: much enlarged, the rounding could be seen.
  const sizeOf = element => {
    const style = getComputedStyle(element);
    return { width: parseFloat(style.width), height: parseFloat(style.height) };
  };
  // Pixels of the image itself, which is sent smaller where it is large.
  const pixelsOf = picture => tiles.pyramid ?? { width: picture.naturalWidth, height: picture.naturalHeight };
  // CSS pixels for one of the image where the whole image is seen, as it lies in a box of another shape.
  const unitOf = picture => {
    const [size, pixels] = [sizeOf(picture), pixelsOf(picture)];
    return Math.min(size.width / pixels.width, size.height / pixels.height);
  };
  // The same in screen pixels.
  const fitted = picture => unitOf(picture) * devicePixelRatio;
  const limits = picture => ({ least: Math.min(1, 1 / fitted(picture)), most: Math.max(1, MAXIMUM_ZOOM / fitted(picture)) });
  const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

  function show() {
    const picture = image();
    // Before it has come, nobody knows how large its pixels are.
    if (!picture?.naturalHeight) return;
    const { least, most } = limits(picture);
    view.scale = clamp(view.scale, least, most);
    // No gap opens beside an image that is larger than its stage, and a smaller one stays in the middle.
    const [pixels, room, fit] = [pixelsOf(picture), sizeOf(stage), unitOf(picture)];
    const spareOf = (length, space) => Math.max(0, (length * fit * view.scale - space) / 2);
    const spare = { x: spareOf(pixels.width, room.width), y: spareOf(pixels.height, room.height) };
    view.x = clamp(view.x, -spare.x, spare.x);
    view.y = clamp(view.y, -spare.y, spare.y);
    picture.style.transform = view.scale === 1 && view.x === 0 && view.y === 0 ? "" : `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    zoomText.textContent = `${Math.round(view.scale * fitted(picture) * 100)} %`;
    stage.classList.toggle("pannable", spare.x > 0 || spare.y > 0);
    tiles.show(room, fit, view);
    if (tiles.pyramid) overview.show(picture, pixels, room, fit * view.scale, view);
    showScale(fit * view.scale);
  }

  // The longest bar of 1, 2 or 5 units that fits.
  function showScale(perPixel) {
    const bar = stage.querySelector(".scale-bar");
    if (!bar) return;
    const perMicrometre = perPixel / Number(bar.dataset.micrometresPerPixel);
    const power = Math.pow(10, Math.floor(Math.log10(SCALE_BAR / perMicrometre)));
    const length = power * [5, 2, 1].find(n => n * power * perMicrometre <= SCALE_BAR);
    const [amount, unit] = length >= 1000 ? [length / 1000, "mm"] : length >= 1 ? [length, "µm"] : [length * 1000, "nm"];
    bar.style.width = `${length * perMicrometre}px`;
    bar.textContent = `${Number(amount.toPrecision(3))} ${unit}`;
  }

  // What lies under the point, in pixels from the stage's centre, stays under it.
  function zoom(factor, x = 0, y = 0) {
    const picture = image();
    if (!picture?.naturalHeight) return;
    const { least, most } = limits(picture);
    const scale = clamp(view.scale * factor, least, most);
    const ratio = scale / view.scale;
    view = { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
    show();
  }

  function pan(x, y) {
    view = { ...view, x: view.x + x, y: view.y + y };
    show();
  }

  function fit() {
    view = { scale: 1, x: 0, y: 0 };
    show();
  }

  function actualSize() {
    const picture = image();
    if (picture?.naturalHeight) zoom(1 / fitted(picture) / view.scale, view.x, view.y);
  }

  // One curve for all: contrast about the middle, brightness, gamma, inversion.
  function adjust() {
    const changed = Object.keys(NEUTRAL).some(key => window_[key] !== NEUTRAL[key]);
    const values = Array.from({ length: 65 }, (_, i) => {
      const linear = (i / 64 - 0.5) * Math.pow(4, window_.contrast / 100) + 0.5 + window_.brightness / 200;
      const bent = Math.pow(clamp(linear, 0, 1), Math.pow(3, -window_.gamma / 100));
      return (window_.invert ? 1 - bent : bent).toFixed(4);
    });
    curves.forEach(curve => curve.setAttribute("tableValues", values.join(" ")));
    stage.classList.toggle("adjusted", changed);
    stage.classList.toggle("exact", exact);
    bar.classList.toggle("adjusted", changed);
    bar.querySelector("[data-do=invert]").setAttribute("aria-pressed", window_.invert);
    bar.querySelector("[data-do=exact]").setAttribute("aria-pressed", exact);
    sliders.forEach(slider => { slider.value = window_[slider.name]; });
  }

  const actions = {
    in: () => zoom(STEP),
    out: () => zoom(1 / STEP),
    fit,
    actual: actualSize,
    exact() { exact = !exact; adjust(); },
    invert() { window_.invert = !window_.invert; adjust(); },
    reset() { window_ = { ...NEUTRAL }; adjust(); },
  };

  const keys = {
    "+": actions.in, "=": actions.in, "-": actions.out, "0": fit,
    arrowleft: () => pan(ARROW, 0), arrowright: () => pan(-ARROW, 0), arrowup: () => pan(0, ARROW), arrowdown: () => pan(0, -ARROW),
  };

  const fromCentre = event => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };

  function onPointerMove(event) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = fromCentre(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other) {
      const distance = point => Math.hypot(point[0] - other[0], point[1] - other[1]);
      zoom(distance(now) / Math.max(1, distance(before)), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
    // Two fingers that move together move the image as one does.
    const share = other ? 0.5 : 1;
    pan((now[0] - before[0]) * share, (now[1] - before[1]) * share);
  }

  const listeners = new AbortController();
  const on = (target, type, handler, options = {}) => target.addEventListener(type, handler, { signal: listeners.signal, ...options });
  on(stage, "wheel", event => {
    event.preventDefault();
    zoom(Math.exp(-clamp(event.deltaY, -240, 240) * 0.002), ...fromCentre(event));
  }, { passive: false });
  on(stage, "pointerdown", event => {
    if (event.button !== 0 || pointers.size > 1) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, fromCentre(event));
  });
  on(stage, "pointermove", onPointerMove);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) on(stage, end, event => pointers.delete(event.pointerId));
  on(stage, "dblclick", event => view.scale === 1 ? zoom(3, ...fromCentre(event)) : fit());
  on(bar, "click", event => actions[event.target.closest("[data-do]")?.dataset.do]?.());
  on(bar, "input", event => {
    window_[event.target.name] = Number(event.target.value);
    adjust();
  });
  on(document, "keydown", event => {
    if (event.key === "Escape") bar.querySelector("details").open = false;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable], .neighbours")) return;
    const action = keys[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  const resized = new ResizeObserver(show);
  resized.observe(stage);

  return {
    // A new image is in front, and has come.
    begin() {
      pointers.clear();
      tiles.end();
      overview.end();
      fit();
      if (image()) tiles.begin(image(), show);
    },
    detach() {
      listeners.abort();
      tiles.end();
      overview.detach();
      resized.disconnect();
    },
  };
}
