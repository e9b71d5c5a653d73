// Makes quicker what works without it: every page is links and forms first.
"use strict";

const csrf = () => document.querySelector('input[name="csrf"]')?.value ?? "";

// The browser's zone, taken for strangers, and proposed to others, where nobody has chosen one.
function proposeZone() {
  const note = document.querySelector(".zone-note");
  if (!note || note.dataset.chosen === "true") return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === note.dataset.zone) return;
  const address = new URL(location.href);
  address.searchParams.set("zone", zone);
  // Whoever comes for the first time sees their own times at once; whoever is signed in has said where they live.
  if (note.dataset.own !== "true" && !proposeZone.isDone) {
    proposeZone.isDone = true;
    return swap(address.href, false).catch(() => proposeZone());
  }
  const link = document.createElement("a");
  link.href = address.pathname + address.search;
  link.textContent = `Show times in ${zone.split("/").pop().replaceAll("_", " ")} time`;
  note.append(" · ", link);
}

// The calendar's weeks and days, swapped in place.
async function swap(address, push) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  if (push) history.pushState({ swapped: true }, "", address);
  proposeZone();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".is-free-times a.day, .calendar .week-head a, .calendar .empty a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const day = link.matches(".day") && link.getAttribute("href");
  swap(link.href, true)
    .then(() => {
      const again = day && document.querySelector(`a.day[href="${CSS.escape(day)}"]`);
      (again ?? document.querySelector(".week-head a"))?.focus();
    })
    .catch(() => location.assign(link.href));
});

addEventListener("popstate", () => {
  if (document.querySelector(".calendar")) swap(location.href, false).catch(() => location.reload());
});

// A held time counts down; leaving the page gives it back, coming back takes it up again.
function countDown() {
  const note = document.querySelector(".countdown");
  if (!note) return;
  const path = note.dataset.hold;
  const tell = (what) => {
    const body = new URLSearchParams({ csrf: csrf() });
    return fetch(`${path}/${what}`, { method: "POST", body, keepalive: true }).catch(() => {});
  };
  let isLeaving = true;
  document.addEventListener("submit", () => (isLeaving = false));
  addEventListener("pagehide", () => {
    if (isLeaving) tell("leave");
  });
  addEventListener("pageshow", () => tell("back"));

  const end = Date.now() + Number(note.dataset.seconds) * 1000;
  const shown = note.querySelector("strong");
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(timer);
    note.setAttribute("role", "alert");
    note.querySelector("span").textContent =
      "The five minutes are over. You can still confirm: if nobody else has taken the time, it is yours.";
  };
  const timer = setInterval(tick, 1000);
  tick();
}

// Hours of the week: painted by mouse, finger or keys, or typed; either way the fields say what is meant, and what
// follows from it is shown before it is saved.
function paintHours() {
  const form = document.querySelector("form#week");
  const painter = form?.querySelector(".painter");
  if (!painter) return;
  const HALF = 30;
  const days = [...form.querySelectorAll(".week-day")].map((row) => ({
    row,
    field: row.querySelector("input"),
    name: row.querySelector("label").textContent.trim(),
    windows: [],
  }));
  const read = (text) =>
    text
      .split(" ")
      .filter(Boolean)
      .map((pair) => pair.split("-").map(Number));
  const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  const said = (windows) => windows.map(([from, until]) => `${clock(from)}–${clock(until)}`).join(", ");
  const covers = (windows, at) => windows.some(([from, until]) => from <= at && at + HALF <= until);
  const touches = (windows, at) => windows.some(([from, until]) => from < at + HALF && at < until);
  // The windows with a span added to them or taken out of them.
  const changed = (windows, from, until, isOn) => {
    const rest = windows.flatMap(([a, b]) => [
      [a, Math.min(b, from)],
      [Math.max(a, until), b],
    ]);
    const all = rest.filter(([a, b]) => a < b);
    if (isOn) all.push([from, until]);
    all.sort((one, other) => one[0] - other[0]);
    return all.reduce((merged, [a, b]) => {
      const last = merged.at(-1);
      if (last && a <= last[1]) last[1] = Math.max(last[1], b);
      else merged.push([a, b]);
      return merged;
    }, []);
  };

  for (const day of days) day.windows = read(day.row.dataset.windows ?? "");
  const used = days.flatMap((day) => day.windows);
  const first = Math.min(7, ...used.map(([from]) => Math.floor(from / 60)));
  const last = Math.max(22, ...used.map(([, until]) => Math.ceil(until / 60)));
  const table = document.createElement("table");
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", "Hours of each day. Arrow keys move, Space marks or clears half an hour, Shift with up and down goes on.");
  const head = table.createTHead().insertRow();
  head.append(document.createElement("td"));
  for (const day of days) {
    const th = document.createElement("th");
    th.scope = "col";
    const [short, rest] = [day.name.slice(0, 3), document.createElement("span")];
    rest.className = "sr-only";
    rest.textContent = day.name.slice(3);
    th.append(short, rest);
    head.append(th);
  }
  const cells = [];
  const body = table.createTBody();
  for (let at = first * 60; at < last * 60; at += HALF) {
    const row = body.insertRow();
    const th = document.createElement("th");
    th.scope = "row";
    const time = document.createElement("span");
    time.textContent = clock(at);
    if (at % 60) time.className = "sr-only";
    th.append(time);
    row.append(th);
    cells.push(
      days.map((day, column) => {
        const cell = row.insertCell();
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        Object.assign(cell.dataset, { at, column });
        return cell;
      }),
    );
  }
  const show = () => {
    for (const cell of cells.flat()) {
      const { windows, name } = days[cell.dataset.column];
      const at = Number(cell.dataset.at);
      const isOn = covers(windows, at);
      cell.setAttribute("aria-selected", isOn);
      cell.classList.toggle("is-part", !isOn && touches(windows, at));
      cell.setAttribute("aria-label", `${name} ${clock(at)}`);
    }
  };
  const paint = (from, to, isOn, before) => {
    const [top, bottom] = [from.dataset.at, to.dataset.at].map(Number).sort((a, b) => a - b);
    const [left, right] = [from.dataset.column, to.dataset.column].map(Number).sort((a, b) => a - b);
    days.forEach((day, column) => {
      const isMeant = left <= column && column <= right;
      day.windows = isMeant ? changed(before[column], top, bottom + HALF, isOn) : before[column];
      if (isMeant) day.field.value = said(day.windows);
    });
    isChanged = true;
    show();
  };
  const windows = () => days.map((day) => day.windows.map((pair) => [...pair]));

  // What would follow, from the server: nobody else reads hours.
  let waits;
  const preview = (after) => {
    clearTimeout(waits);
    waits = setTimeout(async () => {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("action", "preview");
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields }).catch(() => null);
      if (!answer?.ok) return form.querySelector("#preview")?.remove();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = new URLSearchParams(new FormData(form));
      now.set("action", "preview");
      if (now.toString() !== fields.toString()) return;
      const [coming, shown] = [page.querySelector("#coming"), page.querySelector("#preview")];
      // Whoever has been signed out meanwhile finds another page there.
      if (!coming || !shown) return;
      form.querySelector("#coming").replaceWith(coming);
      form.querySelector("#preview")?.remove();
      form.querySelector(":scope > .row").before(shown);
      page.querySelectorAll(".week-day").forEach((row, column) => (days[column].windows = read(row.dataset.windows ?? "")));
      show();
    }, after);
  };

  // Hours that are not saved yet are not lost without a question, whichever way the page is left.
  let isChanged = false;
  for (const day of days) day.field.addEventListener("input", () => (isChanged = true));
  form.addEventListener("submit", () => (isChanged = false));
  addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });

  let drag = null;
  const cellAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".painter [role=gridcell]");
  table.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (!cell || event.button !== 0) return;
    event.preventDefault();
    drag = { from: cell, isOn: cell.getAttribute("aria-selected") !== "true", before: windows() };
    reach(cell);
    paint(cell, cell, drag.isOn, drag.before);
  });
  document.addEventListener("pointermove", (event) => {
    const cell = drag && cellAt(event);
    if (cell) paint(drag.from, cell, drag.isOn, drag.before);
  });
  const end = () => {
    if (drag) preview(0);
    drag = null;
  };
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);

  let here = cells[Math.max(0, (9 - first) * 2)][0];
  const reach = (cell) => {
    here.tabIndex = -1;
    here = cell;
    here.tabIndex = 0;
    here.focus({ preventScroll: drag !== null });
  };
  here.tabIndex = 0;
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  table.addEventListener("keydown", (event) => {
    const isOn = here.getAttribute("aria-selected") === "true";
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      paint(here, here, !isOn, windows());
      return preview(600);
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const row = cells.findIndex((row) => row.includes(here));
    const next = cells[row + step[0]]?.[Number(here.dataset.column) + step[1]];
    if (!next) return;
    if (event.shiftKey) {
      paint(here, next, isOn, windows());
      preview(600);
    }
    reach(next);
  });

  for (const day of days) day.field.addEventListener("input", () => preview(600));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    const hours = document.getElementById(button.dataset.copy).value;
    for (const day of days.slice(0, 5)) day.field.value = hours;
    isChanged = true;
    preview(0);
  });
  show();
  painter.append(table);
  painter.hidden = false;
  form.querySelector(".painter-hint").hidden = false;
}

for (const button of document.querySelectorAll("[data-copy-text]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copyText);
    button.lastChild.textContent = "Copied";
  });
}

for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}

// Where somebody says where they live, the browser knows the zone.
const zone = document.querySelector('form[action$="/join"] select[name="zone"], form[action$="/zone"] select[name="zone"]');
if (zone && ["", "UTC"].includes(zone.value)) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === own)) zone.value = own;
}

// What is hard to take back asks first. Without script the form simply goes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const button = event.submitter;
  const dialog = document.createElement("dialog");
  const words = document.createElement("p");
  words.id = "dialog-words";
  words.textContent = form.dataset.confirm;
  dialog.setAttribute("aria-labelledby", words.id);
  const choice = (text, style, value) => {
    const choice = document.createElement("button");
    choice.className = `button ${style}`;
    choice.value = value;
    choice.textContent = text;
    return choice;
  };
  const answers = document.createElement("form");
  answers.method = "dialog";
  answers.className = "row";
  answers.append(choice(button?.textContent.trim() || "Continue", "is-danger", "yes"), choice("Cancel", "is-quiet", "no"));
  // What can be undone is a key away, what cannot is not.
  answers.lastElementChild.autofocus = true;
  dialog.append(words, answers);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") return button?.focus();
    form.dataset.confirmed = "true";
    form.requestSubmit(button);
  });
  dialog.showModal();
});

// Passkeys: the browser makes or asks for one, and the form takes along what it says.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.passkey || form.elements.credential.value) return;
  event.preventDefault();
  const problem = form.querySelector("[role=alert]");
  const say = (words) => {
    problem.textContent = words;
    problem.hidden = false;
  };
  const isNew = form.dataset.passkey === "create";
  const read = window.PublicKeyCredential?.[isNew ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
  if (!read) return say("This browser does not support passkeys. Use another browser, or another way to verify it’s you.");
  const publicKey = read.call(PublicKeyCredential, JSON.parse(form.dataset.options).publicKey);
  (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }))
    .then((credential) => {
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    })
    .catch((error) =>
      say(
        error.name === "InvalidStateError"
          ? "This device already has a passkey for your account."
          : "That did not work. Try again, or use another way to verify it’s you.",
      ),
    );
});

// An application saves itself as a draft; what cannot be saved now is kept in this browser until it can.
function keepDraft() {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const state = form.querySelector("[data-save-state]");
  const key = `draft:${form.getAttribute("action")}:${form.elements.role.value}`;
  const written = () => {
    // Files go on their own.
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    fields.delete("csrf");
    return fields;
  };
  const fill = (fields) => {
    for (const control of form.elements) {
      if (!control.name || ["hidden", "submit", "file"].includes(control.type)) continue;
      const values = fields.getAll(control.name);
      if (["checkbox", "radio"].includes(control.type)) control.checked = values.includes(control.value);
      else if (control.tagName === "SELECT") {
        const place = [...form.querySelectorAll("select")].filter((other) => other.name === control.name).indexOf(control);
        control.value = values[place] ?? "";
      } else control.value = values[0] ?? "";
    }
  };
  const progress = form.querySelector("progress");
  const count = () => {
    if (!progress) return;
    const fields = written();
    const names = new Set([...form.querySelectorAll("[required][name^='f-'], [data-required]")].map((c) => c.name || c.dataset.required));
    const isAttached = (name) => form.elements[`kept-${name.slice(2)}`]?.disabled === false;
    const answered = [...names].filter((name) => isAttached(name) || fields.getAll(name).some((value) => value.trim())).length;
    progress.value = answered;
    form.querySelector("[data-progress]").textContent = `${answered} of ${progress.max} required questions answered`;
  };

  const left = JSON.parse(localStorage.getItem(key) ?? "null");
  let isChanged = false;
  if (left && left.at > (Date.parse(form.dataset.saved ?? "") || 0)) {
    fill(new URLSearchParams(left.fields));
    state.textContent = "What you had typed in this browser is back. It is being saved.";
    isChanged = true;
  } else localStorage.removeItem(key);

  const save = async () => {
    if (!isChanged) return;
    isChanged = false;
    const fields = written();
    fields.set("csrf", csrf());
    fields.set("action", "autosave");
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, keepalive: true, redirect: "manual" }).catch(() => null);
    if (answer?.status === 204) {
      if (!isChanged) localStorage.removeItem(key);
      state.textContent = "Draft saved just now.";
    } else {
      isChanged = true;
      state.textContent = "Not saved yet. It is kept in this browser, and saved as soon as that works.";
      clearTimeout(waits);
      waits = setTimeout(save, 15000);
    }
  };
  let waits;
  const changed = () => {
    isChanged = true;
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: written().toString() }));
    count();
    clearTimeout(waits);
    waits = setTimeout(save, 1500);
  };
  // A file is sent as soon as it is chosen, so that it is there whatever happens next.
  const attach = async (control) => {
    const frame = control.closest(".attachment");
    frame.querySelector(".problem")?.remove();
    const fail = (words) => {
      const problem = document.createElement("p");
      problem.className = "problem";
      problem.setAttribute("role", "alert");
      problem.textContent = words;
      control.after(problem);
    };
    const fields = new FormData(form);
    // Only this file.
    for (const other of form.querySelectorAll("input[type=file]")) if (other !== control) fields.delete(other.name);
    const body = new FormData();
    body.set("csrf", csrf());
    for (const [name, value] of fields) if (name !== "csrf") body.append(name, value);
    body.set("action", "autosave");
    state.textContent = `Sending ${control.files[0].name} …`;
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" }).catch(() => null);
    const said = answer?.ok ? await answer.json() : { attached: {}, problems: {} };
    const attached = said.attached[control.name];
    if (attached) {
      const shown = frame.querySelector("[data-attached]");
      const kept = shown.querySelector("input[type=hidden]");
      shown.hidden = kept.disabled = false;
      [kept.value, shown.querySelector("[data-attached-name]").textContent] = attached;
      shown.querySelector("input[type=checkbox]").checked = false;
      control.value = "";
      control.required = false;
      state.textContent = "Draft saved just now.";
    } else {
      state.textContent = "";
      fail(said.problems[control.name] ?? (answer?.status === 413 ? "This file is larger than 10 MB." : "This file could not be sent. It is tried again when you save."));
    }
    count();
  };
  const change = (event) => (event.target.type === "file" ? event.target.files.length && attach(event.target) : changed());
  form.addEventListener("input", (event) => event.target.type !== "file" && changed());
  form.addEventListener("change", change);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
  form.addEventListener("submit", () => {
    clearTimeout(waits);
    isChanged = false;
  });
  count();
  if (isChanged) save();
}

document.querySelector(".neighbours [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
proposeZone();
countDown();
paintHours();
keepDraft();
