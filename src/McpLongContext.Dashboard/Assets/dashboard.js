"use strict";

// Parts of a page that stay current: the server renders them, and says when to ask again.
const away = document.getElementById("away");
const wait = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

function show(region, html) {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...region.querySelectorAll("details[open]")].map((part) => part.id);
  region.innerHTML = html;
  for (const id of open) {
    const part = id && document.getElementById(id);
    if (part) part.open = true;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function follow(region) {
  let shown = "";
  for (;;) {
    let pause = 2000;
    if (!document.hidden) {
      try {
        const response = await fetch(region.dataset.live);
        if (response.status === 401) location.reload(); // the session has ended
        const html = await response.text();
        pause = Number(response.headers.get("X-Next")) || pause;
        if (response.ok && html !== shown) {
          show(region, html);
          shown = html;
        }
        away.hidden = true;
      } catch {
        away.hidden = false;
      }
    }
    await wait(pause);
  }
}

for (const region of document.querySelectorAll("[data-live]")) follow(region);

// Parts that are loaded when they are opened.
document.addEventListener(
  "toggle",
  async (event) => {
    const part = event.target;
    const place = part.open && part.dataset.load ? part.querySelector("[data-place]") : null;
    if (!place || part.dataset.loaded) return;
    part.dataset.loaded = "yes";
    try {
      const response = await fetch(part.dataset.load);
      if (!response.ok) throw new Error(response.status);
      place.innerHTML = await response.text();
    } catch {
      delete part.dataset.loaded;
      place.textContent = "Not available: the datastore has changed, or the server does not answer.";
    }
  },
  true,
);

// Parts that a check box shows.
document.addEventListener("change", (event) => {
  const part = event.target.dataset.shows && document.getElementById(event.target.dataset.shows);
  if (part) part.hidden = !event.target.checked;
});

// The heat map of one term of the question, or of all.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-term]");
  if (!chip) return;
  const map = chip.closest(".heatmap");
  const term = Number(chip.dataset.term);
  for (const other of map.querySelectorAll("[data-term]")) other.setAttribute("aria-pressed", String(other === chip));
  for (const span of map.querySelectorAll(".heat")) {
    const levels = span.dataset.levels.split(" ").map(Number);
    span.className = `heat heat-${term < 0 ? Math.max(...levels) : levels[term]}`;
  }
});
