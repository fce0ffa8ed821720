// A conversation in a page: what is typed is kept, answers arrive as they are made, every tab shows the same.
// The server draws all of it; this puts it where it belongs. Without this file the forms answer with whole pages.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const controls = (within) => all("a[href], button, input, select, textarea, summary, [tabindex]", within);
  const NEAR = 120; // pixels from the end at which the page follows what comes
  const REST = 60_000; // a hidden page that waits for nothing gives its connection back

  function fragment(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  }

  class Chat {
    constructor(root) {
      this.root = root;
      this.thread = one("[data-thread]", root);
      this.source = null;
      this.stay = true;
      this.wire();
      this.restore();
      this.show(root.dataset.state);
      this.connect();
      if (location.hash || one(".turn.person", root)) this.toEnd();
    }

    get data() {
      return this.root.dataset;
    }

    get text() {
      return one("[data-composer] textarea", this.root);
    }

    // What is typed: kept for this tab until it was sent.
    get store() {
      return `chat ${this.data.key}`;
    }

    keep() {
      try {
        if (this.text?.value) sessionStorage.setItem(this.store, this.text.value);
        else sessionStorage.removeItem(this.store);
      } catch {
        /* a browser that keeps nothing */
      }
    }

    restore() {
      try {
        const kept = sessionStorage.getItem(this.store);
        if (kept && this.text && !this.text.value) this.text.value = kept;
      } catch {
        /* as above */
      }
      this.grow();
    }

    grow() {
      const area = this.text;
      if (!area || CSS.supports("field-sizing", "content")) return;
      area.rows = Math.min(12, area.value.split("\n").length);
    }

    wire() {
      this.root.addEventListener("submit", (event) => {
        const form = event.target;
        const by = event.submitter;
        if (form.matches("[data-send]")) this.send(event, form, by);
        else if (form.matches("[data-answer]")) this.answer(event, form, by);
        else if (form.matches("[data-stop-form]")) this.stop(event, form);
      });
      this.root.addEventListener("keydown", (event) => {
        if (event.target !== this.text || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        one("[data-composer]", this.root).requestSubmit(one("[data-send-button]", this.root));
      });
      this.root.addEventListener("input", (event) => {
        if (event.target !== this.text) return;
        this.keep();
        this.grow();
        this.problem("");
      });
      this.root.addEventListener("click", (event) => {
        const button = event.target.closest?.("[data-copy-turn], [data-to-end]");
        if (button?.matches("[data-to-end]")) {
          this.stay = true;
          this.toEnd();
        } else if (button) this.copy(button);
      });
      const scrolled = () => {
        const box = this.scroller;
        this.stay = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
        const button = one("[data-to-end]", this.root);
        if (button) button.hidden = this.stay;
      };
      (this.own ? this.thread : window).addEventListener("scroll", scrolled, { passive: true });
      addEventListener("resize", () => this.stay && this.toEnd());
      document.addEventListener("visibilitychange", () => this.seen());
    }

    // The page scrolls, or in a panel the thread.
    get own() {
      return this.root.classList.contains("trial");
    }

    get scroller() {
      return this.own ? this.thread : document.scrollingElement;
    }

    toEnd() {
      const box = this.scroller;
      box.scrollTop = box.scrollHeight;
    }

    followed(change) {
      change();
      if (this.stay) this.toEnd();
    }

    // Sending

    async post(url, form, by) {
      const body = new FormData(form);
      if (by?.name) body.set(by.name, by.value);
      try {
        const answer = await fetch(url, { method: "POST", body, headers: this.headers() });
        const found = await answer.json().catch(() => ({}));
        return { ok: answer.ok, status: answer.status, ...found };
      } catch {
        return { ok: false, sentence: this.data.saidLost };
      }
    }

    headers() {
      const token = one("input[name=csrfmiddlewaretoken]", this.root);
      return { Accept: "application/json", "X-CSRFToken": token?.value ?? "" };
    }

    async send(event, form, by) {
      event.preventDefault();
      const composed = form.matches("[data-composer]");
      if (composed && !this.text.value.trim() && !one(".input-form", form)) return this.text.focus();
      if (this.data.state !== "idle") return this.problem(this.data.saidBusy);
      this.problem("");
      this.show("sending");
      const found = await this.post(this.data.say, form, by);
      if (!found.ok) {
        this.show("idle");
        return this.problem(found.sentence ?? this.data.saidLost);
      }
      if (composed) {
        this.text.value = "";
        this.keep();
        this.grow();
        one("details.more", form)?.removeAttribute("open");
      }
      this.begun(found);
    }

    begun(found) {
      const first = this.data.stream !== found.stream;
      for (const name of ["say", "stream", "stop", "key"]) this.data[name] = found[name];
      all("[data-send]", this.root).forEach((form) => form.setAttribute("action", found.say));
      one("[data-stop-form]", this.root)?.setAttribute("action", found.stop);
      all(".composer .starters", this.root).forEach((form) => form.remove());
      this.stay = true;
      this.turn(found);
      this.data.run = found.run;
      this.show("running");
      if (found.left !== null && found.left !== undefined) this.left(found.left);
      if (first) {
        this.connect();
        if (!this.own) this.moved(found.url);
      } else if (!this.source) this.connect();
      this.text?.focus({ preventScroll: true });
    }

    // A first message made the conversation: the address, the title and the list say so.
    moved(url) {
      history.pushState(null, "", url);
      this.refresh(url);
    }

    async refresh(url) {
      try {
        const page = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
        document.title = page.title;
        for (const part of ["[data-talks=side]", "[data-talks=menu]", ".title .actions"]) {
          const [old, made] = [one(part), one(part, page)];
          if (old && made) old.replaceWith(made);
        }
      } catch {
        /* the list is older than it could be */
      }
    }

    left(count) {
      all("[data-left]").forEach((place) => (place.textContent = String(count)));
    }

    async answer(event, form, by) {
      event.preventDefault();
      all("button", form).forEach((button) => (button.disabled = true));
      const found = await this.post(form.getAttribute("action"), form, by);
      if (found.ok) {
        this.stay = true;
        this.show("running");
        if (!this.source) this.connect();
        return;
      }
      all("button", form).forEach((button) => (button.disabled = false));
      if (found.block) {
        form.closest(".piece").replaceWith(fragment(found.block));
        one('.ask-card [aria-invalid="true"]', this.root)?.focus();
      } else this.problem(found.sentence ?? this.data.saidLost);
    }

    async stop(event, form) {
      event.preventDefault();
      const found = await this.post(this.data.stop, form);
      if (!found.ok) this.problem(found.sentence ?? this.data.saidLost);
    }

    // Showing

    problem(sentence) {
      const place = one("[data-problem]", this.root);
      place.hidden = !sentence;
      one("span", place).textContent = sentence;
    }

    status(words) {
      one("[data-status]", this.root).textContent = words;
    }

    show(state) {
      const was = this.data.state;
      this.data.state = state;
      const button = one("[data-send-button]", this.root);
      if (button) button.disabled = state === "sending";
      if (state === "running" && was !== "running") this.status(this.data.saidAnswering);
      const running = one("[data-stop-form] [name=run]", this.root);
      if (running) running.value = this.data.run;
      const busy = document.getElementById(this.message ?? "");
      if (busy) busy.toggleAttribute("aria-busy", state === "running");
      if (busy && state === "running") busy.setAttribute("aria-busy", "true");
    }

    turn({ turn, html, position }) {
      this.followed(() => {
        this.root.classList.remove("fresh");
        for (const article of fragment(turn ?? html).querySelectorAll("article")) {
          const old = document.getElementById(article.id);
          if (!old) this.thread.append(article);
          if (article.matches(".assistant")) this.message = article.id;
        }
      });
      this.data.position = String(Math.max(Number(this.data.position), position));
    }

    body(message) {
      const article = document.getElementById(message);
      if (article) this.message = message;
      return article && one(".body", article);
    }

    whole({ message, html }) {
      const body = this.body(message);
      if (!body) return;
      this.followed(() => body.replaceChildren(fragment(html)));
      this.ask(body);
    }

    // Never to the button itself: an Enter that was meant for the text must not allow anything.
    ask(place) {
      if (document.activeElement === this.text && !this.text.value) one(".ask-card", place)?.focus({ preventScroll: true });
    }

    block({ message, key, html }) {
      const body = this.body(message);
      if (!body) return;
      const old = document.getElementById(`${message}-${key}`);
      const made = fragment(html).firstElementChild;
      this.followed(() => {
        if (!made) return old?.remove();
        if (old) {
          const [was, is] = [one("details", old), one("details", made)];
          if (was && is && was.open) is.open = true;
          const held = controls(old).indexOf(document.activeElement);
          old.replaceWith(made);
          if (held >= 0) controls(made)[held]?.focus({ preventScroll: true });
          return;
        }
        const place = Number(key.slice(1));
        const next = [...body.children].find((other) => Number(other.dataset.key?.slice(1)) > place);
        body.insertBefore(made, next ?? null);
      });
      if (made) this.ask(made);
    }

    grown({ message, key, keep, html }) {
      const text = one(".said", document.getElementById(`${message}-${key}`) ?? document.createElement("p"));
      if (!text) return;
      this.followed(() => {
        while (text.children.length > keep) text.lastElementChild.remove();
        text.append(fragment(html));
      });
    }

    foot({ message, html }) {
      const article = document.getElementById(message);
      if (article) this.followed(() => one(".foot", article).replaceChildren(fragment(html)));
    }

    state({ state, run, words }) {
      if (state === "running") {
        this.data.run = run;
        return this.show("running");
      }
      const was = this.data.state;
      this.show("idle");
      if (was === "running") this.status(words);
    }

    async copy(button) {
      const article = button.closest("article");
      const text = all(".said", article).map((part) => part.innerText).join("\n\n");
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        return;
      }
      button.dataset.done = "";
      setTimeout(() => delete button.dataset.done, 1600);
    }

    // The stream: it goes on behind the last event after a break; the browser sees to that.

    connect() {
      this.source?.close();
      this.source = null;
      if (!this.data.stream) return;
      const asked = new URLSearchParams({ position: this.data.position, run: this.data.run });
      const source = new EventSource(`${this.data.stream}?${asked}`);
      this.source = source;
      const on = (kind, act) => source.addEventListener(kind, (event) => act.call(this, JSON.parse(event.data)));
      on("turn", this.turn);
      on("whole", this.whole);
      on("block", this.block);
      on("text", this.grown);
      on("foot", this.foot);
      on("state", this.state);
      source.addEventListener("open", () => this.root.removeAttribute("data-broken"));
      source.addEventListener("error", () => {
        this.root.setAttribute("data-broken", "");
        if (source.readyState === EventSource.CLOSED) setTimeout(() => this.source === source && this.connect(), 5000);
      });
    }

    seen() {
      clearTimeout(this.resting);
      if (!document.hidden) {
        if (!this.source && this.data.stream) this.connect();
        return;
      }
      this.resting = setTimeout(() => {
        if (this.data.state !== "idle") return;
        this.source?.close();
        this.source = null;
      }, REST);
    }
  }

  const start = () => all("[data-chat]").forEach((root) => (root.chat ??= new Chat(root)));
  addEventListener("popstate", () => location.reload());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
