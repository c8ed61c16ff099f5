// Questions by keyboard. Without it the same pages are plain forms.
"use strict";
(() => {
  // Keys of an input method are not ours.
  const foreign = (event) =>
    event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey;

  // ---- the interview: a digit chooses an answer ----------------------------

  const digits = document.querySelector("form[data-digits]");
  if (digits) {
    const kind = digits.dataset.digits;
    const at = (digit) => digits.querySelector(`[data-digit="${digit}"]`);
    let sent = false;
    digits.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    digits.addEventListener("keydown", (event) => {
      if (kind === "text") {
        if (event.key === "Enter" && event.ctrlKey && !event.isComposing) digits.requestSubmit();
        return;
      }
      if (foreign(event)) return;
      if (event.key === "Enter" && event.target.tagName === "INPUT") {
        event.preventDefault();
        if (!event.repeat) digits.requestSubmit(digits.querySelector("button"));
        return;
      }
      if (!/^[0-9]$/.test(event.key) || event.repeat) return;
      const found = at(event.key);
      if (!found) return;
      event.preventDefault();
      if (found.tagName === "BUTTON") return digits.requestSubmit(found);
      found.checked = kind === "many" ? !found.checked : true;
      found.focus();
      if (kind === "one") digits.requestSubmit(digits.querySelector("button"));
    });
  }

  // ---- the sheet: every answer leads on to the next line --------------------

  const keying = document.querySelector("form[data-keying]");
  if (keying) {
    const fields = [...keying.querySelectorAll("input[data-takes]")];
    let sent = false;
    keying.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    const next = (field) => {
      const after = fields[fields.indexOf(field) + 1];
      if (!after) return keying.requestSubmit();
      after.focus();
      after.select();
    };
    const length = { one: 1, code: 8 };
    keying.addEventListener("input", (event) => {
      const wanted = length[event.target.dataset.takes];
      if (!wanted || event.isComposing) return;
      const typed = event.target.value.normalize("NFKC").replace(/[^0-9]/g, "");
      if (typed.length >= wanted) next(event.target);
    });
    keying.addEventListener("keydown", (event) => {
      if (foreign(event) || event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      if (!event.repeat) next(event.target);
    });
  }
})();
