"use strict";
// What the page does beyond standing still: the table of samples, the choice of a liquid, words beside points. Without it all else is there.

const make = (name, properties = {}) => Object.assign(document.createElement(name), properties);

// The number at the beginning of "1.23 ± 0.04", "(3.2 ± 0.4)e-6" or "1.50e-07"; NaN of other texts.
function number(text) {
  const found = /^\(?(-?[\d.]+)(?:[^e]*e(-?\d+))?/.exec(text);
  return found ? Number(`${found[1]}e${found[2] || 0}`) : NaN;
}

function startSamples(section) {
  const rowsOnPage = 25;
  const { numeric, bad, rows } = JSON.parse(document.getElementById("samples-data").textContent);
  const [table, search, count, previous, next] = ["table", "input", "output", ".previous", ".next"].map((name) => section.querySelector(name));
  const heads = [...table.tHead.rows[0].cells];
  const isBad = new Set(bad);
  const isNumeric = new Set(numeric);
  const searched = rows.map((row) => row.join("\n").toLowerCase());
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  let sortedBy = 0;
  let direction = 1;
  let order = rows.map((_, index) => index);
  let found = order;
  let page = 0;

  function draw() {
    const first = page * rowsOnPage;
    const body = make("tbody");
    for (const index of found.slice(first, first + rowsOnPage)) {
      const line = body.insertRow();
      line.classList.toggle("bad", isBad.has(index));
      rows[index].forEach((text, column) => {
        const cell = line.insertCell();
        cell.textContent = text;
        cell.classList.toggle("number", isNumeric.has(column));
      });
    }
    table.tBodies[0].replaceWith(body);
    const last = Math.min(first + rowsOnPage, found.length);
    const [from, to, those, all] = [first + 1, last, found.length, rows.length].map((count) => count.toLocaleString("en"));
    const among = found.length === rows.length ? `${all} samples` : `${those} found among ${all} samples`;
    count.textContent = found.length ? `${from} to ${to} of ${among}` : `none of ${all} samples`;
    previous.disabled = page === 0;
    next.disabled = last === found.length;
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = words.length ? order.filter((index) => words.every((word) => searched[index].includes(word))) : order;
    page = 0;
    draw();
  }

  function sort(column) {
    direction = column === sortedBy ? -direction : 1;
    sortedBy = column;
    const keys = rows.map((row) => (isNumeric.has(column) ? number(row[column]) : row[column]));
    order = rows.map((_, index) => index);
    if (isNumeric.has(column)) {
      // What is not known stands last in both directions.
      order.sort((a, b) => isNaN(keys[a]) - isNaN(keys[b]) || direction * (keys[a] - keys[b]) || a - b);
    } else {
      order.sort((a, b) => (keys[a] === "") - (keys[b] === "") || direction * byName(keys[a], keys[b]) || a - b);
    }
    heads.forEach((head, index) => head.setAttribute("aria-sort", index !== column ? "none" : direction > 0 ? "ascending" : "descending"));
    filter();
  }

  heads.forEach((head, column) => {
    const button = make("button", { type: "button", textContent: head.textContent });
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
    head.setAttribute("aria-sort", column ? "none" : "ascending");
  });
  search.addEventListener("input", filter);
  previous.addEventListener("click", () => (page--, draw()));
  next.addEventListener("click", () => (page++, draw()));
  section.querySelectorAll("[hidden]").forEach((element) => (element.hidden = false));
  section.querySelector(".static").hidden = true;
  draw();

  // The outcomes in the table of reasons show their samples.
  for (const row of document.querySelectorAll("#reasons tbody tr")) {
    const [stage, outcome] = row.cells;
    if (!["atomistic", "inversion"].includes(stage.textContent)) continue;
    const button = make("button", { type: "button", textContent: outcome.textContent, title: "show these samples in the table" });
    button.addEventListener("click", () => {
      search.value = button.textContent;
      filter();
      section.scrollIntoView();
      search.focus({ preventScroll: true });
    });
    outcome.replaceChildren(button);
  }
}

function startLiquids(control) {
  const select = control.querySelector("select");
  function choose() {
    document.querySelectorAll(".liquid").forEach((element) => (element.hidden = select.value !== "" && element.dataset.liquid !== select.value));
    document.querySelectorAll(".plot circle").forEach((circle) => circle.classList.toggle("of-liquid", circle.dataset.liquid === select.value));
  }
  select.addEventListener("change", choose);
  control.hidden = false;
  choose();
}

function startSpots(points) {
  const tip = document.getElementById("tip");
  const circles = [...points.querySelectorAll("circle")];
  const words = circles.map((circle) => circle.textContent);
  let shown = -1;

  function show(index) {
    circles[shown]?.classList.remove("shown");
    shown = index;
    tip.hidden = index < 0;
    if (index < 0) return;
    circles[index].classList.add("shown");
    tip.textContent = words[index];
    const place = circles[index].getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left + place.width / 2 - tip.offsetWidth / 2, document.documentElement.clientWidth - tip.offsetWidth - 8));
    const above = place.top - tip.offsetHeight - 6;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 0 ? above : place.bottom + 6) + scrollY}px`;
  }

  circles.forEach((circle, index) => {
    circle.replaceChildren();
    circle.addEventListener("pointerenter", () => show(index));
    circle.addEventListener("click", () => show(index));
  });
  points.addEventListener("pointerleave", () => show(-1));
  points.addEventListener("blur", () => show(-1));
  points.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") show(-1);
    if (!step) return;
    event.preventDefault();
    show((shown + step + circles.length + (shown < 0 && step < 0)) % circles.length);
  });
  points.tabIndex = 0;
}

// What scrolls sideways must be reached by keyboard too.
function markScrolling() {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

const section = document.getElementById("samples");
if (document.getElementById("samples-data")) startSamples(section);
const control = document.getElementById("choose-liquid");
if (control) startLiquids(control);
document.querySelectorAll(".plot svg").forEach(startSpots);
addEventListener("resize", markScrolling);
markScrolling();
