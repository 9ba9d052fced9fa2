// A large image is sent small, and over it, where the reader looks closely, its own pixels in tiles: only those that can be seen, at the size at which
// they are seen. Those of another size stay until the new ones have come, so that nothing turns blurred meanwhile.
const SHOWN_SIDE = 1024; // the longest side at which the server sends an image as it is
const MARGIN = 0.5; // so much of the stage more on each side

export class TileLayer {
  constructor(stage) {
    this.stage = stage;
    this.tiles = new Map();
  }

  // A new image is in front: what it is, and whether it has tiles, is asked once it is known to have been made smaller.
  async begin(picture, changed) {
    this.end();
    if (Math.max(picture.naturalWidth, picture.naturalHeight) < SHOWN_SIDE) return;
    const asking = this.asking = new AbortController();
    const address = `/images/${picture.dataset.image}/tiles`;
    try {
      const response = await fetch(address, { signal: asking.signal });
      if (!response.ok) return;
      const pyramid = await response.json();
      if (asking.signal.aborted) return;
      Object.assign(this, { address, pyramid });
      changed();
    } catch {
      // The image is there, only not as sharp as it could be.
    }
  }

  end() {
    this.asking?.abort();
    this.pyramid = null;
    this.tiles.clear();
    this.layer()?.replaceChildren();
  }

  layer() {
    return this.stage.querySelector(".tiles");
  }

  // fit: css pixels for one of the image where the whole is seen; view: what the reader made of that.
  show(room, fit, view) {
    const layer = this.layer();
    if (!this.pyramid || !layer) return;
    const { width, height, tileSide, levels } = this.pyramid;
    const [shown, magnified] = [fit * view.scale, fit * view.scale * devicePixelRatio];
    Object.assign(layer.style, { width: `${width * fit}px`, height: `${height * fit}px`, transform: `translate(-50%, -50%) translate(${view.x}px, ${view.y}px) scale(${view.scale})` });
    if (magnified * Math.max(width, height) <= SHOWN_SIDE) {
      this.tiles.clear();
      layer.replaceChildren();
      return;
    }
    const level = Math.max(0, Math.min(levels - 1, levels - 1 + Math.ceil(Math.log2(magnified))));
    const size = tileSide * 2 ** (levels - 1 - level);
    const seen = (offset, length, stage) => [offset, offset + stage].map((edge, end) => {
      const at = (edge - stage / 2 + (end ? MARGIN : -MARGIN) * stage) / shown + length / 2;
      return Math.max(0, Math.min(Math.ceil(length / size) - 1, Math.floor(at / size)));
    });
    const [left, right] = seen(-view.x, width, room.width);
    const [top, bottom] = seen(-view.y, height, room.height);
    const wanted = new Set();
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const key = `${level}/${column}/${row}`;
        wanted.add(key);
        if (!this.tiles.has(key)) this.add(key, column * size, row * size, size);
      }
    }
    this.wanted = wanted;
    this.prune();
  }

  add(key, left, top, size) {
    const { width, height } = this.pyramid;
    const tile = new Image();
    tile.alt = "";
    tile.draggable = false;
    Object.assign(tile.style, {
      left: `${100 * left / width}%`, top: `${100 * top / height}%`,
      width: `${100 * Math.min(size, width - left) / width}%`, height: `${100 * Math.min(size, height - top) / height}%`,
    });
    tile.addEventListener("load", () => this.prune());
    tile.addEventListener("error", () => this.drop(key));
    tile.src = `${this.address}/${key}`;
    this.tiles.set(key, tile);
    this.layer().append(tile);
  }

  drop(key) {
    this.tiles.get(key)?.remove();
    this.tiles.delete(key);
  }

  prune() {
    if ([...this.wanted].some(key => this.tiles.get(key)?.complete === false)) return;
    for (const key of [...this.tiles.keys()].filter(key => !this.wanted.has(key))) this.drop(key);
  }
}
