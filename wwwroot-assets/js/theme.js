// Loaded before the first paint, so that a dark page never flashes white.
// The theme is the only thing kept in the browser: never anything of patients or answers.
globalThis.theme = {
  isDark() {
    const kept = localStorage.getItem("safemedlabel.dark");
    return kept === null ? matchMedia("(prefers-color-scheme: dark)").matches : kept === "1";
  },

  setDark(dark) {
    localStorage.setItem("safemedlabel.dark", dark ? "1" : "0");
    theme.apply();
  },

  apply() {
    document.documentElement.classList.toggle("dark", theme.isDark());
  },
};

theme.apply();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme.apply());
