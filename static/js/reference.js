// The API reference: one language for all examples, the place in the page, and forms that send a request.
"use strict";
(() => {
  const root = document.querySelector("[data-reference]");
  if (!root) return;
  const all = (selector, within = root) => [...within.querySelectorAll(selector)];
  const words = root.dataset;
  const MOST = 200_000; // characters of a body that are shown
  const LANGUAGE = "reference-language";

  // One language for all examples, also on the next page.
  function speak(language) {
    all('.snippets input[type="radio"]').forEach((radio) => (radio.checked = radio.value === language));
  }
  const stored = localStorage.getItem(LANGUAGE);
  if (stored && root.querySelector(`.snippets input[value="${CSS.escape(stored)}"]`)) speak(stored);

  // A link to an operation opens nothing: it is all there. Its entry at the side is marked while it is read.
  const links = new Map(all('.ref-side a[href^="#"]').map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const link = links.get(entry.target.id);
        if (!link || !entry.isIntersecting) continue;
        links.forEach((other) => other.removeAttribute("aria-current"));
        link.setAttribute("aria-current", "true");
        if (link.offsetParent && getComputedStyle(link.closest("nav")).position === "sticky") link.scrollIntoView({ block: "nearest" });
      }
    },
    { rootMargin: "-80px 0px -70% 0px" },
  );
  all(".op[id]").forEach((part) => watcher.observe(part));

  function element(name, css, text) {
    const made = document.createElement(name);
    if (css) made.className = css;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // JSON in the five colours of the site; what is no JSON stays as it is.
  const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],]/g;

  function paint(code, text) {
    let at = 0;
    for (const found of text.matchAll(TOKEN)) {
      code.append(text.slice(at, found.index));
      const [whole, string, colon, word] = found;
      const css = string ? (colon ? "k" : "s") : word ? "k" : "{}[],".includes(whole) ? "d" : "n";
      code.append(element("span", css, string ?? whole));
      if (colon) code.append(element("span", "d", colon));
      at = found.index + whole.length;
    }
    code.append(text.slice(at));
  }

  function block(text, label, json) {
    const pre = element("pre", "code");
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", label);
    const code = element("code");
    if (json) paint(code, text);
    else code.textContent = text;
    pre.append(code);
    return pre;
  }

  // What is wrong with a control is said by the browser, beside it.
  function complain(control, text) {
    control.setCustomValidity(text);
    control.reportValidity();
    control.focus();
  }

  const values = (control) =>
    "list" in control.dataset ? control.value.split(",").map((part) => part.trim()).filter(Boolean) : [control.value];

  function requestOf(form) {
    const { method, path, type } = form.dataset;
    const headers = new Headers({ Accept: "application/json" });
    const controls = all("[data-place]", form);
    const query = new URLSearchParams();
    const parts = type === "application/x-www-form-urlencoded" ? new URLSearchParams() : new FormData();
    let address = path;
    for (const control of controls) {
      const { place } = control.dataset;
      if (place === "path") address = address.replaceAll(`{${control.name}}`, encodeURIComponent(control.value));
      else if (control.type === "file") for (const file of control.files) parts.append(control.name, file);
      else if (control.value === "") continue;
      else if (place === "header") headers.set(control.name, control.value);
      else values(control).forEach((value) => (place === "query" ? query : parts).append(control.name, value));
    }
    if ([...query].length) address += `?${query}`;
    let body;
    const box = form.querySelector("[data-body]");
    if (controls.some((control) => control.dataset.place === "form")) body = parts;
    else if (box?.type === "file") body = box.files[0];
    else if (box && box.value.trim()) body = box.value;
    // A form of parts names its own boundary.
    if (type && body !== undefined && body !== parts) headers.set("Content-Type", type);
    const key = form.querySelector("[data-key]")?.value.trim();
    if (key) headers.set("Authorization", `Bearer ${key}`);
    else headers.set("X-CSRFToken", JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"]);
    return [address, { method, headers, body, credentials: key ? "omit" : "same-origin", redirect: "manual" }];
  }

  function usable(form) {
    all("input, select, textarea", form).forEach((control) => control.setCustomValidity(""));
    const box = form.querySelector("textarea[data-body]");
    if (box && /json/.test(form.dataset.type) && box.value.trim()) {
      try {
        JSON.parse(box.value);
      } catch (problem) {
        complain(box, `${words.noJson}: ${problem.message}`);
        return false;
      }
    }
    return form.reportValidity();
  }

  async function show(answer, took, into) {
    const head = element("p", "try-head");
    head.append(element("b", answer.status >= 400 ? "bad" : "", `${answer.status} ${answer.statusText}`.trim()));
    head.append(element("span", "num", `${Math.round(took)} ms`));
    const type = answer.headers.get("Content-Type") ?? "";
    if (type) head.append(element("span", "", type));
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const more = element("details", "more");
    more.append(element("summary", "", root.dataset.headers), block(headers, root.dataset.headers, false));
    into.replaceChildren(head, more);
    const text = await answer.text();
    if (!text) into.append(element("p", "quiet", words.empty));
    else if (!/json|text|xml|javascript/.test(type)) into.append(element("p", "quiet", words.binary));
    else into.append(block(...pretty(text)));
    if (text.length > MOST) into.append(element("p", "quiet", words.cut));
  }

  function pretty(text) {
    try {
      const laid = JSON.stringify(JSON.parse(text), null, 2);
      return [laid.slice(0, MOST), words.answer, laid.length <= MOST];
    } catch {
      return [text.slice(0, MOST), words.answer, false];
    }
  }

  async function send(form) {
    const button = form.querySelector(".form-do button");
    const into = form.querySelector("[data-result]");
    const stop = new AbortController();
    form.stop = stop;
    const said = button.lastChild.textContent;
    button.lastChild.textContent = words.stop;
    into.className = "try-result";
    into.replaceChildren(element("p", "quiet", words.sending));
    const start = performance.now();
    try {
      const [address, options] = requestOf(form);
      const answer = await fetch(address, { ...options, signal: stop.signal });
      await show(answer, performance.now() - start, into);
    } catch {
      into.replaceChildren(element("p", "quiet", stop.signal.aborted ? words.stopped : words.unreached));
    } finally {
      delete form.stop;
      button.lastChild.textContent = said;
    }
  }

  // A hit of Ctrl-K may be on this very page, which then is not loaded again.
  addEventListener("hashchange", () => document.querySelector("dialog[data-palette]")?.close());

  root.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-try]");
    if (!form) return;
    event.preventDefault();
    if (form.stop) form.stop.abort();
    else if (usable(form)) send(form);
  });

  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("[data-try]")?.requestSubmit();
  });

  root.addEventListener("input", (event) => {
    event.target.setCustomValidity?.("");
    // One key for all forms of the page, kept nowhere else.
    if ("key" in event.target.dataset) all("[data-key]").forEach((other) => (other.value = event.target.value));
  });

  root.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches('.snippets input[type="radio"]')) {
      // The examples above change their height: what was clicked stays where it is.
      const before = target.getBoundingClientRect().top;
      speak(target.value);
      localStorage.setItem(LANGUAGE, target.value);
      scrollBy(0, target.getBoundingClientRect().top - before);
    } else if (target.dataset.place === "path") {
      const same = (other) => other.name === target.name && !other.value;
      all('[data-place="path"]').filter(same).forEach((other) => (other.value = target.value));
    }
  });
})();
