// Where in a large image the reader is: the whole in small in a corner of the stage, with a frame around what is seen. A click or a pull goes there.
const SIDE = 150; // css pixels of the longer side
const SEEN = 0.25; // shown while no more than this part of the image is seen

export class OverviewMap {
  // goTo: centres the stage on a place of the image, given as parts of its width and height.
  constructor(stage, goTo) {
    this.stage = stage;
    this.goTo = goTo;
    this.listeners = new AbortController();
    const options = { signal: this.listeners.signal };
    // Before the stage hears of it, which would move the image.
    stage.addEventListener("pointerdown", event => {
      if (!this.isOver(event) || event.button !== 0) return;
      event.stopImmediatePropagation();
      this.map().setPointerCapture(event.pointerId);
      this.follow(event);
    }, options);
    stage.addEventListener("pointermove", event => { if (this.isOver(event) && event.buttons === 1) this.follow(event); }, options);
    stage.addEventListener("dblclick", event => { if (this.isOver(event)) event.stopImmediatePropagation(); }, options);
  }

  map() {
    return this.stage.querySelector(".overview");
  }

  isOver(event) {
    return this.map()?.contains(event.target);
  }

  follow(event) {
    const box = this.map().getBoundingClientRect();
    this.goTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  // pixels: of the image; shown: css pixels for one of them; view: by how much its middle is moved.
  show(picture, pixels, room, shown, view) {
    const map = this.map();
    if (!map) return;
    const part = (length, space, moved) => {
      const [from, to] = [-1, 1].map(end => Math.min(1, Math.max(0, 0.5 + (end * space / 2 - moved) / (length * shown))));
      return { from, size: to - from };
    };
    const [across, down] = [part(pixels.width, room.width, view.x), part(pixels.height, room.height, view.y)];
    map.hidden = across.size * down.size > SEEN;
    if (map.hidden) return;
    this.draw(map.querySelector("canvas"), picture, pixels);
    const frame = map.querySelector("span").style;
    Object.assign(frame, { left: `${100 * across.from}%`, top: `${100 * down.from}%`, width: `${100 * across.size}%`, height: `${100 * down.size}%` });
  }

  // Drawn from the image that is there: no other request is made.
  draw(canvas, picture, pixels) {
    if (this.drawn === picture) return;
    this.drawn = picture;
    const scale = SIDE / Math.max(pixels.width, pixels.height);
    const [width, height] = [pixels.width, pixels.height].map(side => Math.max(1, Math.round(side * scale)));
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    Object.assign(canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  }

  end() {
    this.drawn = null;
    const map = this.map();
    if (map) map.hidden = true;
  }

  detach() {
    this.listeners.abort();
    this.end();
  }
}
