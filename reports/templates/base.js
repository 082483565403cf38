// Light and dark: the system's choice until the reader makes one, which the browser remembers.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const mode = () => root.dataset.mode || (dark.matches ? "dark" : "light");
  window.pageMode = mode;
  const changed = () => dispatchEvent(new Event("modechange"));
  document.getElementById("mode").addEventListener("click", () => {
    root.dataset.mode = mode() === "dark" ? "light" : "dark";
    try { localStorage.setItem("insider-tiers-mode", root.dataset.mode); } catch { /* no storage: for this visit only */ }
    changed();
  });
  dark.addEventListener("change", () => { if (!root.dataset.mode) changed(); });
})();
