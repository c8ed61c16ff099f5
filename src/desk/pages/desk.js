// The call desk by keyboard. Every key ticks a box or presses a button of the plain form,
// which is then posted in the background; the answered screen takes the place of the old one.
"use strict";
(() => {
  const form = document.getElementById("desk");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const one = (selector, within = form) => within && within.querySelector(selector);
  const all = (selector, within = form) => (within ? [...within.querySelectorAll(selector)] : []);
  const parts = ["part-caller", "part-asks", "part-plan", "desk-bar"];

  // ---- the line to the server ---------------------------------------------

  let busy = false; // a new screen is on its way; keys wait for it
  let saving = null; // answers are on their way
  let changed = false; // there are answers that no save has taken yet
  let retry = 0;
  const waiting = [];

  function body(button) {
    const data = new FormData(form, button);
    // Ticks go out in the order in which they were pressed: it is the order of the wishes.
    for (const ask of all("[data-multiple][data-order]")) {
      const name = ask.dataset.ask;
      const ticked = data.getAll(name);
      data.delete(name);
      for (const digit of ask.dataset.order) if (ticked.includes(digit)) data.append(name, digit);
    }
    return new URLSearchParams(data);
  }

  async function post(address, sent) {
    const headers = { "X-Fragment": "1" };
    const answer = await fetch(address, { method: "POST", body: sent, headers });
    // What is on the screen is worth more than any page of a service in trouble.
    if (answer.status >= 500) throw new Error("nothing can be stored");
    if (answer.status === 204) return { ok: true };
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById("desk")) return { page, ok: answer.ok };
    // Logged out: the browser shows where.
    if (answer.redirected) location.assign(answer.url);
    throw new Error("an answer without a desk");
  }

  function say(text) {
    const line = byId("saved");
    if (line && line.textContent !== text) line.textContent = text;
  }

  function put(page, ids) {
    for (const id of ids) {
      const next = page.getElementById(id);
      const now = byId(id);
      if (now && next) now.replaceWith(document.adoptNode(next));
    }
  }

  const trouble = (on) => {
    const notice = byId("trouble");
    if (notice.hidden === on) notice.hidden = !on;
  };

  function failed() {
    changed = true;
    trouble(true);
    say(form.dataset.unsaved);
    clearTimeout(retry);
    retry = setTimeout(save, 5000);
    return false;
  }

  // Saves the answers without taking the cursor; later answers wait for the save before them.
  function save() {
    changed = true;
    if (!saving && !busy) startSave();
  }

  function startSave() {
    saving = saveOnce().then((ok) => {
      saving = null;
      if (ok && changed && !busy) startSave();
      return ok;
    });
    return saving;
  }

  async function saveOnce() {
    changed = false;
    say(form.dataset.saving);
    try {
      const { page, ok } = await post("/desk/hearing", body());
      trouble(false);
      if (!ok) {
        put(page, parts);
        lead();
        return true;
      }
      // A seat that is gone must be seen at once, wherever the cursor stands.
      if (page.getElementById("gone") && !byId("gone")) {
        put(page, ["carried", "part-caller", "part-plan", "desk-bar"]);
        if (document.activeElement === document.body) lead();
        return true;
      }
      // The operator may be busy in the third column, and newer answers make it old anyway.
      const stay = changed || byId("part-plan").contains(document.activeElement);
      put(page, stay ? ["carried"] : ["carried", "part-plan", "desk-bar"]);
      say(form.dataset.saved);
      return true;
    } catch {
      return failed();
    }
  }

  // Presses a button of the form: the answered screen replaces this one.
  async function press(button) {
    if (busy || !button) return;
    busy = true;
    if (saving) await saving;
    try {
      const { page } = await post(button.getAttribute("formaction") || form.action, body(button));
      changed = false;
      clearTimeout(retry);
      trouble(false);
      put(page, parts);
      lead();
    } catch {
      failed();
    }
    free();
  }

  // The seat of the call stays kept while somebody works at this screen.
  const IDLE = 30 * 60 * 1000;
  let sign = performance.now(); // the last key or click
  let beaten = performance.now();

  async function beat() {
    beaten = performance.now();
    if (!byId("kept") || busy || saving || beaten - sign > IDLE) return;
    try {
      const { page } = await post("/desk/stay", body());
      if (!page || busy || saving || changed) return;
      put(page, parts);
      lead();
    } catch {
      failed();
    }
  }

  // From the questions to the days, once these follow from the newest answers.
  async function jump() {
    busy = true;
    while (saving || changed) if (!(await (saving || startSave()))) break;
    toSeats() || go(byId("no-steps")) || go(byId("finish"));
    free();
  }

  function free() {
    busy = false;
    while (waiting.length && !busy) replay(waiting.shift());
    if (changed && !saving && !busy) startSave();
  }

  // ---- the cursor -----------------------------------------------------------

  function go(element) {
    if (!element) return false;
    const box = element.closest("details");
    if (box) box.open = true;
    element.focus();
    if (element.matches("input.input:not([type=date])")) element.select();
    return true;
  }

  const first = (group) => go(one("input:checked", group) || one("input, button", group));
  const asks = () => all("fieldset[data-ask]").filter((ask) => !ask.closest("[hidden]"));
  const isOpen = (ask) => !one("input:checked", ask);
  const toAsks = () => first(asks().find(isOpen) || asks()[0]);
  const toSeats = () => byId("seats") && first(byId("seats"));
  const lead = () => go(one("[autofocus]")) || toSeats() || go(byId("finish"));

  function onward(ask, back) {
    const list = asks();
    const next = list[list.indexOf(ask) + (back ? -1 : 1)];
    if (next) return first(next);
    if (back) return go(byId("find"));
    jump();
    return true;
  }

  // ---- what a key means where ------------------------------------------------

  const isDigit = (key) => /^[0-9]$/.test(key);
  const withDigit = (group, digit) => one(`[data-digit="${digit}"]`, group);
  let edit = ""; // a change of the path that waits for its reason

  function answered(ask) {
    for (const later of all("[data-after]")) {
      const [id, digit] = later.dataset.after.split(":");
      if (id === ask.dataset.ask) later.hidden = !withDigit(ask, digit).checked;
    }
    save();
  }

  function tick(ask, input, on) {
    input.checked = on;
    if ("multiple" in ask.dataset) {
      const before = ask.dataset.order ?? all("input:checked", ask).map((i) => i.value).join("");
      const others = before.replace(input.value, "");
      ask.dataset.order = on ? others + input.value : others;
    }
  }

  // Whose the caller's number is, is asked by a key of its own: every other key goes on.
  const toWhose = () => go(one("#whose button"));

  function inWhose(key, group) {
    if (key === "Enter" || key === "Escape") return toAsks();
    return choose(key, group);
  }

  function inQuestion(key, group) {
    if (key === "Escape") return press(byId("as-it-is")), true;
    return choose(key, group);
  }

  function inBooking(key, row) {
    if (key !== "Delete") return false;
    press(one('[formaction="/desk/cancel"]', row));
    return true;
  }

  function inNoSteps(key) {
    if (key === "+") return go(byId("add"));
    if (key === "Enter") return go(byId("finish"));
    return key === "Escape" ? toAsks() : isDigit(key);
  }

  function inAsk(key, ask) {
    if (key === "+") return toWhose();
    if (key === "*") return jump(), true;
    if (key === "Enter") {
      if (isOpen(ask) && ask.dataset.before) {
        for (const digit of ask.dataset.before) tick(ask, withDigit(ask, digit), true);
        answered(ask);
      }
      return onward(ask);
    }
    if (key === "Shift+Enter") return onward(ask, true);
    if (!isDigit(key)) return false;
    const input = withDigit(ask, key);
    const multiple = "multiple" in ask.dataset;
    if (key === "0" && !input) {
      for (const ticked of all("input:checked", ask)) tick(ask, ticked, false);
    } else if (input) {
      tick(ask, input, !multiple || !input.checked);
    } else {
      return true;
    }
    answered(ask);
    return multiple && key !== "0" ? go(input) : onward(ask);
  }

  function inSeats(key, seats) {
    const more = { n: "seats-more", b: "seats-back" }[key.toLowerCase()];
    if (more) return byId(more) ? (press(byId(more)), true) : true;
    if (key === "+") return go(byId("add"));
    if (key === "Escape" || key === "Shift+Enter") return toAsks();
    const chosen = key === "Enter" ? one("input:checked", seats) : isDigit(key) && withDigit(seats, key);
    if (key === "Enter" && !chosen) return go(byId("finish"));
    if (!chosen) return isDigit(key);
    chosen.checked = true;
    press(byId("hold"));
    return true;
  }

  function inPlan(key, row) {
    const step = row.dataset.step;
    const verb = { "Alt+ArrowUp": "up", "Alt+ArrowDown": "down", Delete: "drop" }[key];
    if (verb) {
      edit = `${verb}:${step}`;
      return first(one("#path-edit fieldset"));
    }
    if (key === "+") return go(byId("add"));
    if (key === "ArrowUp") return go(row.previousElementSibling) || true;
    if (key === "ArrowDown") return go(row.nextElementSibling) || true;
    if (key === "Enter") return one("button", row) ? (press(one("button", row)), true) : toSeats();
    return key === "Escape" && toAsks();
  }

  function inWhy(key, group) {
    const why = isDigit(key) && withDigit(group, key);
    if (!why) return false;
    why.checked = true;
    const button = one(`button[name="edit"][value="${edit}"]`);
    edit = "";
    if (button) press(button);
    return true;
  }

  function inFields(key, at) {
    if (key === "Escape") return go(byId("find"));
    if (key !== "Enter") return false;
    if (at.id === "find") press(byId("find-go"));
    else if (at.id === "kana") first(byId("band"));
    else if (at.id === "add") return (edit = "add"), first(one("#path-edit fieldset"));
    else if (at.id === "call-back") go(byId("finish"));
    else if (at.closest("#fresh")) press(byId("fresh-go"));
    else return false;
    return true;
  }

  function choose(key, group, next) {
    const found = isDigit(key) && withDigit(group, key);
    if (!found) return false;
    if (found.matches("button")) press(found);
    else {
      found.checked = true;
      const box = found.closest("details");
      if (box) box.open = true;
      // A promised call needs its day.
      go(group.id === "outcome" && key === "3" ? byId("call-back") : next);
    }
    return true;
  }

  function everywhere(key) {
    if (key === "F2") byId("carried").querySelector("[name=call]").value ? press(byId("leave")) : go(byId("find"));
    else if (key === "F4" || key === "Alt+1") go(byId("find"));
    else if (key === "Alt+2") toAsks();
    else if (key === "Alt+3") go(one("#plan li"));
    else if (key === "Alt+4") toSeats();
    else if (key === "Alt+5") go(byId("memo"));
    else if (key === "Alt+6") go(byId("finish"));
    else if (key === "Ctrl+Enter") press(byId("finish"));
    else return false;
    return true;
  }

  // Does what a key means at `at`; false leaves the key to the browser.
  function act(key, at) {
    if (everywhere(key)) return true;
    const groups = "[data-ask], #seats, #candidates, #band, #outcome, #path-edit fieldset, #plan li";
    const group = at.closest(`${groups}, #question, #whose`);
    if (group && group.id === "whose") return inWhose(key, group);
    if (at.matches("button") && key === "Enter") return false;
    if (group && group.id === "question") return inQuestion(key, group);
    if (key === "." && !at.matches("input.input, textarea, select")) return jump(), true;
    if (at.id === "no-steps") return inNoSteps(key);
    // Who goes on with the answers need not look where the cursor stands.
    if (at.closest("#bookings")) {
      if (!isDigit(key)) return inBooking(key, at.closest("li"));
      toAsks();
      return act(key, document.activeElement);
    }
    if (group && group.dataset.ask) return inAsk(key, group);
    if (group && group.id === "seats") return inSeats(key, group);
    if (group && group.id === "candidates") return choose(key, group) || inFields(key, at);
    if (group && group.id === "band") return choose(key, group, byId("fresh-go")) || inFields(key, at);
    if (at.id === "finish" && isDigit(key)) return choose(key, byId("outcome"), at);
    if (group && group.id === "outcome") return choose(key, group, byId("finish"));
    if (group && group.dataset.step) return at === group && inPlan(key, group);
    if (group) return inWhy(key, group);
    if (at.matches("input, select")) return inFields(key, at);
    return key === "Escape" && at.id !== "memo" ? toAsks() : false;
  }

  function nameOf(event) {
    const held = (event.ctrlKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "");
    return held + (event.shiftKey && event.key === "Enter" ? "Shift+" : "") + event.key;
  }

  // A key that had to wait for a screen is done on the new one, as the browser would.
  function replay(key) {
    const at = document.activeElement;
    if (act(key, at)) return;
    if (key === "Enter" && at.matches("button")) at.click();
    if (key.length === 1 && at.matches("input.input, textarea")) {
      at.setRangeText(key, at.selectionStart, at.selectionEnd, "end");
    }
  }

  document.addEventListener("keydown", (event) => {
    // Keys that belong to the conversion of kana are not ours.
    if (event.isComposing || event.keyCode === 229) return;
    const key = nameOf(event);
    sign = performance.now();
    if (busy) {
      if (key.length > 1 && !/Enter$|^(F2|F4|Escape|Alt\+\d)$/.test(key)) return;
      event.preventDefault();
      if (!event.repeat) waiting.push(key);
    } else if (act(key, event.target)) {
      event.preventDefault();
    }
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(event.submitter || byId("save"));
  });

  form.addEventListener("change", (event) => {
    const ask = event.target.closest("[data-ask]");
    if (ask) {
      tick(ask, event.target, event.target.checked);
      answered(ask);
    }
  });

  let typing = 0;
  form.addEventListener("input", (event) => {
    if (event.target.id !== "memo") return;
    clearTimeout(typing);
    typing = setTimeout(save, 800);
  });

  document.addEventListener("pointerdown", () => (sign = performance.now()));

  // How long the call has lasted, and a sign of life now and then.
  setInterval(() => {
    if (performance.now() - beaten >= Number(form.dataset.beat) * 1000) beat();
    const clock = byId("clock");
    if (!clock) return;
    clock.dataset.since ??= String(performance.now());
    const passed = (performance.now() - Number(clock.dataset.since)) / 1000;
    const seconds = Math.floor(Number(clock.dataset.seconds) + passed);
    const { minutes, unit } = clock.dataset;
    clock.textContent = `${Math.floor(seconds / 60)}${minutes}${seconds % 60}${unit}`;
  }, 1000);

  // Whoever lost the connection keeps what was typed until it is saved.
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
})();
