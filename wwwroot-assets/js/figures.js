// Downloads of figures, made in the browser of what is on the page. Buttons carry data-download inside an element with data-figure, its name.

const styles = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"];

document.addEventListener("click", event => {
  const button = event.target.closest?.("[data-download]");
  const figure = button?.closest("[data-figure]");
  if (!figure) return;
  const kind = button.dataset.download;
  save(`${figure.dataset.figure}.${kind}`, kind === "svg" ? picture(figure.querySelector("svg")) : table(figure.querySelector("table")));
});

// The page's style sheet does not travel with the file: each element takes along how it looks.
function picture(svg) {
  const copy = svg.cloneNode(true);
  const own = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const look = getComputedStyle(own[i]);
    for (const name of styles) element.setAttribute(name, look.getPropertyValue(name));
    element.removeAttribute("class");
  });
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(svg.closest(".card")).backgroundColor);
  copy.prepend(ground);
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}

function table(element) {
  const lines = [...element.rows].map(row => [...row.cells].map(cell => field(cell)).join(","));
  // With the mark by which spreadsheets know UTF-8.
  return new Blob(["\uFEFF" + lines.join("\r\n") + "\r\n"], { type: "text/csv" });
}

function field(cell) {
  const value = cell.querySelector("data")?.value;
  if (value !== undefined) return value;
  const text = cell.textContent.trim();
  // A class may be named as a spreadsheet's formula begins, wherever the spreadsheet parts cells. The rule is the one of exports (SafeCsv).
  const marked = text.replaceAll(/(?<=^|[;\t\r\n])(?=[ "]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n'])/gu, "'");
  return `"${marked.replaceAll('"', '""')}"`;
}

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
