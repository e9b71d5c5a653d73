// For coordinators who write a program: its file, its form, its dates. Each of these works without it.
"use strict";

// What is not saved yet is not lost without a question, whichever way the page is left.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const note = form.querySelector("[data-unsaved-note]");
  let isChanged = form.dataset.unsaved === "true";
  const change = () => {
    isChanged = true;
    if (note) note.hidden = false;
  };
  form.addEventListener("input", (event) => event.target.id !== "add-kind" && change());
  form.addEventListener("moved", change);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") isChanged = false;
  });
  addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
}

// The blocks of a form: moved by their buttons, the arrow keys on the grip, or by dragging; removed with a way back.
function moveBlocks() {
  const list = document.querySelector("[data-blocks]");
  if (!list) return;
  const form = list.closest("form");
  const said = document.createElement("p");
  said.className = "sr-only";
  said.setAttribute("role", "status");
  list.after(said);
  const title = (block) => block.querySelector("[data-block-title]").textContent;
  const moved = (block) => {
    form.dispatchEvent(new Event("moved"));
    const blocks = [...list.children];
    said.textContent = `${title(block)}: place ${blocks.indexOf(block) + 1} of ${blocks.length}`;
  };
  const move = (block, how) => {
    const other = how === "up" ? block.previousElementSibling : block.nextElementSibling;
    if (!other) return;
    how === "up" ? other.before(block) : other.after(block);
    moved(block);
  };
  const remove = (block) => {
    const back = document.createElement("button");
    back.type = "button";
    back.className = "button is-quiet is-small";
    back.textContent = "Undo";
    const words = document.createElement("p");
    words.className = "row is-apart";
    words.append(`“${title(block)}” will be removed when you save.`, back);
    const parts = [...block.children];
    const fields = [...block.querySelectorAll("input, select, textarea")].filter((field) => !field.disabled);
    for (const part of parts) part.hidden = true;
    for (const field of fields) field.disabled = true;
    block.append(words);
    back.focus();
    back.addEventListener("click", () => {
      words.remove();
      for (const part of parts) part.hidden = false;
      for (const field of fields) field.disabled = false;
      block.querySelector("summary").focus();
    });
    form.dispatchEvent(new Event("moved"));
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const block = button.closest("[data-block]");
    if (button.dataset.move === "remove") return remove(block);
    move(block, button.dataset.move);
    button.focus();
  });
  list.addEventListener("input", (event) => {
    const block = event.target.closest("[data-block]");
    if (event.target.name.startsWith("label-")) {
      const name = event.target.value || "New question";
      block.querySelector("[data-block-title]").textContent = name;
      for (const button of block.querySelectorAll("[data-move]")) button.querySelector(".sr-only").textContent = `${button.title}: ${name}`;
    }
    const word = (name) => block.querySelector(`select[name^="${name}-"]`).selectedOptions[0].textContent;
    const isRequired = block.querySelector('input[name^="required-"]').checked;
    block.querySelector("[data-block-facts]").textContent = `${word("kind")} · ${word("role")}${isRequired ? " · required" : ""}`;
  });

  // After the browser has gone to where the address says.
  addEventListener("load", () => list.querySelector("[data-newest] input[name^='label-']")?.focus());

  let dragged = null;
  for (const grip of list.querySelectorAll("[data-grip]")) {
    grip.hidden = false;
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      dragged = grip.closest("[data-block]");
      dragged.classList.add("is-dragged");
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (!dragged) return;
      const over = document.elementsFromPoint(event.clientX, event.clientY).find((element) => element.matches("[data-block]") && element !== dragged);
      if (!over) return;
      const middle = over.getBoundingClientRect().top + over.getBoundingClientRect().height / 2;
      const isAbove = over.compareDocumentPosition(dragged) & Node.DOCUMENT_POSITION_PRECEDING;
      if (isAbove && event.clientY > middle) over.after(dragged);
      else if (!isAbove && event.clientY < middle) over.before(dragged);
    });
    const end = () => {
      if (!dragged) return;
      dragged.classList.remove("is-dragged");
      moved(dragged);
      dragged = null;
    };
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }
}

// The file: numbered lines, what is wrong beside the line it is in, checked while one types.
function checkFile() {
  const text = document.querySelector("textarea#text");
  if (!text) return;
  const form = text.form;
  const frame = document.createElement("div");
  frame.className = "editor";
  const gutter = document.createElement("div");
  gutter.className = "gutter";
  gutter.setAttribute("aria-hidden", "true");
  text.before(frame);
  frame.append(gutter, text);
  text.wrap = "off";
  const here = document.createElement("p");
  here.className = "problem";
  here.setAttribute("role", "status");
  frame.after(here);

  let wrong = new Map();
  const readFindings = () => {
    wrong = new Map();
    for (const item of document.querySelectorAll("#check [data-line]")) {
      const line = Number(item.dataset.line);
      const found = wrong.get(line) ?? { blocks: false, words: [] };
      found.blocks ||= item.dataset.weight === "blocks";
      found.words.push(item.dataset.message);
      wrong.set(line, found);
    }
  };
  const lineOf = (at) => text.value.slice(0, at).split("\n").length;
  const number = () => {
    const count = text.value.split("\n").length;
    gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const line = document.createElement("span");
        const found = wrong.get(index + 1);
        line.textContent = index + 1;
        if (found) {
          line.className = found.blocks ? "is-wrong" : "is-doubtful";
          line.title = found.words.join("\n");
        }
        return line;
      }),
    );
    gutter.scrollTop = text.scrollTop;
  };
  const tell = () => {
    const found = wrong.get(lineOf(text.selectionStart));
    here.textContent = found && document.activeElement === text ? found.words.join(" ") : "";
  };
  const goTo = (line) => {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + lines[line - 1].length);
    text.scrollTop = Math.max(0, (text.scrollHeight * (line - 4)) / lines.length);
    tell();
  };
  gutter.addEventListener("click", (event) => event.target.matches("span") && goTo(Number(event.target.textContent)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#check a[data-go]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.go));
  });
  text.addEventListener("scroll", () => (gutter.scrollTop = text.scrollTop));
  text.addEventListener("selectionchange", tell);
  document.addEventListener("selectionchange", tell);

  let waits;
  text.addEventListener("input", () => {
    number();
    clearTimeout(waits);
    waits = setTimeout(async () => {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("action", "check");
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields }).catch(() => null);
      if (!answer?.ok || fields.get("text") !== new FormData(form).get("text")) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["check", "publishing"]) {
        const [shown, fresh] = [document.getElementById(id), page.getElementById(id)];
        if (shown && fresh) shown.replaceWith(fresh);
      }
      readFindings();
      number();
      tell();
    }, 700);
  });
  readFindings();
  number();
  const line = Number(new URLSearchParams(location.search).get("line"));
  if (line) goTo(line);
}

// A date is picked in its field or by its point on the line, whichever is at hand.
function pickDates() {
  const form = document.querySelector("form[data-dates]");
  if (!form) return;
  const DAY = 86400000;
  const dayOf = (value) => Math.round(Date.parse(`${value}T00:00:00Z`) / DAY);
  const valueOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);
  const said = (day) => new Date(day * DAY).toLocaleDateString(undefined, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
  const rails = [...form.querySelectorAll("[data-rail]")];
  form.querySelector("[data-rails]").hidden = false;
  for (const rail of rails) {
    const field = document.getElementById(rail.dataset.rail);
    const range = rail.querySelector("input[type=range]");
    const shown = rail.querySelector("output");
    const show = () => {
      const words = field.value ? said(dayOf(field.value)) : "Not set";
      shown.textContent = words;
      range.setAttribute("aria-valuetext", words);
      rail.classList.toggle("is-unset", !field.value);
    };
    range.disabled = false;
    range.addEventListener("input", () => {
      field.value = valueOf(Number(range.value));
      show();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", () => {
      if (field.value) range.value = dayOf(field.value);
      show();
    });
    show();
  }
  // What is wrong with the dates, as they are chosen.
  let waits;
  form.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(async () => {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("action", "check");
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields }).catch(() => null);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const fresh of page.querySelectorAll("[data-findings]")) {
        const rail = form.querySelector(`[data-rail="${fresh.dataset.findings}"]`);
        rail?.classList.toggle("is-wrong", fresh.childElementCount > 0);
        if (rail) rail.title = fresh.textContent.trim();
        document.querySelector(`[data-findings="${fresh.dataset.findings}"]`)?.replaceChildren(...fresh.childNodes);
      }
    }, 500);
  });
}

moveBlocks();
checkFile();
pickDates();
