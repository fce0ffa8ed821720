// What a page does beyond HTML: theme, copying, menus, dialogs, the palette, toasts, rows of a schema form.
// Everything is found by data attributes and works on parts that arrive later, because the document listens.
"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Theme: a cookie, so that the server draws the next page right from the start.
  function toggleTheme() {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const next = dark ? "light" : "dark";
    root.dataset.theme = next;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax${secure}`;
  }

  // Copy: the text of the nearest code, without its prompt.
  function textOf(code) {
    const copy = code.cloneNode(true);
    all("[data-skip]", copy).forEach((part) => part.remove());
    return copy.textContent;
  }

  function fallbackCopy(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function copy(button) {
    const code = button.dataset.copy ? one(button.dataset.copy) : one("code, pre, textarea", button.parentElement);
    if (!code) return;
    const text = code.value ?? textOf(code);
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = fallbackCopy(text);
    }
    if (!done) return;
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1600);
  }

  // Dialogs: browsers without command and commandfor get them here.
  const native = "commandForElement" in HTMLButtonElement.prototype;

  function command(button) {
    const target = document.getElementById(button.getAttribute("commandfor"));
    if (!target) return;
    if (button.getAttribute("command") === "show-modal" && !target.open) target.showModal();
    if (button.getAttribute("command") === "close") target.close();
  }

  function besides(event, dialog) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  // Palette: arrows choose, Enter opens; the input keeps the focus.
  const palette = () => one("dialog[data-palette]");
  const hits = () => all('[role="option"]', palette());

  function openPalette() {
    const dialog = palette();
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const input = one("input", dialog);
    input.select();
    window.htmx?.trigger(input, "palette-open");
  }

  function choose(index) {
    const options = hits();
    const input = one("input", palette());
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const chosen = options[index];
    if (!chosen) return input.removeAttribute("aria-activedescendant");
    chosen.id ||= `hit-${index}`;
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  function paletteKey(event) {
    const options = hits();
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      choose((at + step + options.length) % options.length);
    } else if (event.key === "Enter" && options.length) {
      event.preventDefault();
      options[Math.max(at, 0)].click();
    }
  }

  // Toasts: they leave after a while, unless one is read or bad.
  const STAY = 6000;

  function leave(toast) {
    setTimeout(() => (toast.matches(":hover, :focus-within") ? leave(toast) : toast.remove()), STAY);
  }

  function show({ text, tone = "info" }) {
    const toast = one("#toast-template").content.firstElementChild.cloneNode(true);
    const use = one("use", toast);
    const name = { ok: "circle-check", warn: "circle-alert", bad: "circle-alert" }[tone] ?? "info";
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
    toast.classList.add(tone);
    one("span", toast).textContent = text;
    one("#toasts").append(toast);
    if (tone !== "bad") leave(toast);
  }

  // Schema form: a row of a list is a copy of its template with the next free number.
  function addRow(button) {
    const list = button.closest("[data-rows]");
    const number = Number(list.dataset.next);
    list.dataset.next = String(number + 1);
    const holder = document.createElement("template");
    holder.innerHTML = one("template", list).innerHTML.replaceAll("__i__", String(number));
    const row = holder.content.firstElementChild;
    button.before(row);
    one("input, select, textarea", row)?.focus();
  }

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest?.(selector);
    let found;
    if (on("[data-toggle-theme]")) toggleTheme();
    else if ((found = on("[data-copy]"))) copy(found);
    else if (on("[data-find]")) openPalette();
    else if ((found = on("[data-dismiss]"))) found.closest(".toast").remove();
    else if ((found = on("[data-add-row]"))) {
      // Without a script the same button asks the server for the row.
      event.preventDefault();
      addRow(found);
    } else if ((found = on("[data-drop-row]"))) {
      event.preventDefault();
      found.closest(".item").remove();
    } else if (!native && (found = on("button[commandfor]"))) command(found);
    else if (event.target.nodeName === "DIALOG" && besides(event, event.target)) event.target.close();
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    } else if (event.key === "Escape") {
      const menu = one("details.menu[open]");
      if (menu) {
        menu.open = false;
        one("summary", menu).focus();
      }
    } else if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
      const search = one('main input[type="search"]');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.target.closest?.("dialog[data-palette]")) paletteKey(event);
  });

  document.addEventListener("htmx:after:swap", () => palette()?.open && choose(hits().length ? 0 : -1));
  document.addEventListener("toast", (event) => show(event.detail));
  document.addEventListener("DOMContentLoaded", () => all("#toasts .toast:not(.bad)").forEach(leave));
  if (document.readyState !== "loading") all("#toasts .toast:not(.bad)").forEach(leave);
})();
