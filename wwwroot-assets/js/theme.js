// The theme is the only thing kept in the browser: never anything of patients or answers.
const key = "safemedlabel.dark";

export function isDark() {
  const kept = localStorage.getItem(key);
  return kept === null ? matchMedia("(prefers-color-scheme: dark)").matches : kept === "1";
}

export function setDark(dark) {
  localStorage.setItem(key, dark ? "1" : "0");
}
