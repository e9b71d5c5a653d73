// Makes quicker what works without it: every page is links and forms first.
"use strict";

const csrf = () => document.querySelector('input[name="csrf"]')?.value ?? "";

// The browser's zone, proposed where nobody has chosen one.
function proposeZone() {
  const note = document.querySelector(".zone-note");
  if (!note || note.dataset.chosen === "true") return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === note.dataset.zone) return;
  const address = new URL(location.href);
  address.searchParams.set("zone", zone);
  const link = document.createElement("a");
  link.href = address.pathname + address.search;
  link.textContent = `Show times in ${zone.split("/").pop().replaceAll("_", " ")} time`;
  note.append(" ", link);
}

// The calendar's months and days, swapped in place.
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
  const link = event.target.closest(".calendar a.day, .month-head a, .month p a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const label = link.getAttribute("aria-label");
  swap(link.href, true)
    .then(() => {
      const again = label && document.querySelector(`.calendar a.day[aria-label="${CSS.escape(label)}"]`);
      (again ?? document.querySelector(".month-head a"))?.focus();
      if (again && matchMedia("(max-width: 48rem)").matches) {
        document.querySelector(".day-times")?.scrollIntoView({ block: "start" });
      }
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

// "Copy to weekdays" without a round trip.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const hours = document.getElementById(button.dataset.copy).value;
  for (const day of ["mon", "tue", "wed", "thu", "fri"]) document.getElementById(day).value = hours;
});

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

proposeZone();
countDown();
