"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("script");

  const byId = (id) => document.getElementById(id);
  const changes = [...document.querySelectorAll("article.change")].map((element) => ({
    element,
    details: element.querySelector("details"),
    summary: element.querySelector("summary"),
    level: element.dataset.level,
    stage: element.dataset.stage,
    address: element.dataset.address.toLowerCase(),
  }));
  const stages = [...document.querySelectorAll("section.stage")].map((element) => ({
    element,
    nothing: element.querySelector(".nothing"),
  }));
  const levels = [...document.querySelectorAll("[data-filter-level]")];
  const search = byId("search");
  const picked = byId("stage");

  // -- the filter

  function filter() {
    const shownLevels = new Set(levels.filter(isOn).map((button) => button.dataset.filterLevel));
    const words = search ? search.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    const stage = picked ? picked.value : "";
    const counts = new Map();
    for (const change of changes) {
      const fits =
        shownLevels.has(change.level) &&
        (!stage || change.stage === stage) &&
        words.every((word) => change.address.includes(word));
      change.element.hidden = !fits;
      if (fits) counts.set(change.stage, (counts.get(change.stage) || 0) + 1);
    }
    for (const { element, nothing } of stages) {
      element.hidden = Boolean(stage) && element.id !== stage;
      if (nothing) nothing.hidden = counts.has(element.id);
    }
    if (byId("shown")) {
      byId("shown").textContent = [...counts.values()].reduce((sum, count) => sum + count, 0);
    }
  }

  const isOn = (button) => button.getAttribute("aria-pressed") === "true";

  function toggle(button) {
    button.setAttribute("aria-pressed", String(!isOn(button)));
    filter();
  }

  function reset() {
    levels.forEach((button) => button.setAttribute("aria-pressed", "true"));
    if (search) search.value = "";
    if (picked) picked.value = "";
    filter();
  }

  levels.forEach((button) => button.addEventListener("click", () => toggle(button)));
  document.querySelectorAll(".reset").forEach((button) => button.addEventListener("click", reset));
  search?.addEventListener("input", filter);
  picked?.addEventListener("change", filter);

  // -- moving about

  const shown = () => changes.filter((change) => !change.element.hidden);

  function here() {
    const article = document.activeElement?.closest("article.change");
    return changes.find((change) => change.element === article);
  }

  function move(step) {
    const list = shown();
    const current = list.indexOf(here());
    const next = list[current < 0 ? (step > 0 ? 0 : list.length - 1) : current + step];
    if (!next) return;
    next.summary.focus({ preventScroll: true });
    next.element.scrollIntoView({ block: "nearest" });
    if (next.element.getBoundingClientRect().top < 0 || next.details.open) {
      next.element.scrollIntoView({ block: "start" });
    }
  }

  function openAll(open) {
    shown().forEach((change) => (change.details.open = open));
  }

  function reveal() {
    let target = null;
    try {
      target = byId(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;
    }
    if (!target) return;
    if (target.closest("[hidden]")) reset();
    if (target.matches("article.change")) {
      target.querySelector("details").open = true;
      target.querySelector("summary").focus({ preventScroll: true });
    }
    target.scrollIntoView({ block: "start" });
  }

  byId("open-all")?.addEventListener("click", () => openAll(true));
  byId("close-all")?.addEventListener("click", () => openAll(false));
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((it) => (it.open = true)));
  if (location.hash) reveal();

  // -- light and dark: what the system says until somebody says otherwise

  function theme() {
    const said = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = said === "dark" ? "light" : "dark";
  }
  byId("theme")?.addEventListener("click", theme);

  // -- the digest

  async function copy(button) {
    const code = byId(button.dataset.copy);
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }
  document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));

  // -- the keyboard

  const help = byId("help");
  const showHelp = () => help.showModal();
  byId("help-open")?.addEventListener("click", showHelp);

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: () => here() && (here().details.open = !here().details.open),
    e: () => openAll(true),
    c: () => openAll(false),
    t: theme,
    "/": () => search?.focus(),
    "?": showHelp,
    0: reset,
  };
  levels.forEach((button, index) => (keys[index + 1] = () => toggle(button)));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape" && event.target === search) {
        search.value = "";
        filter();
        search.blur();
      }
      return;
    }
    const action = byId("keys").checked && Object.hasOwn(keys, event.key) && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
