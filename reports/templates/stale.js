// A page lies where it was put: how old its data is, only the day it is read on can say.
(() => {
  "use strict";
  const stale = document.getElementById("stale"), newest = stale.dataset.newest;
  if (!newest || stale.dataset.simulated === "yes") return;
  const days = Math.floor((Date.now() - Date.parse(newest)) / 864e5);
  if (days <= Number(stale.dataset.allowed)) return;
  stale.textContent = `Stale: the newest filing day on this page is ${days.toLocaleString("en")} days ago. Later filings are missing; the pipeline may have stopped.`;
  stale.hidden = false;
})();
