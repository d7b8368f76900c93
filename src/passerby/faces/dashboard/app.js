// What pages do beyond being read: times in the viewer's zone, fresh numbers, the live list, copying. All of it is optional.
"use strict";

const two = (n) => String(n).padStart(2, "0");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";

function written(date, form) {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (form === "clock") return clock;
  if (form === "day") return day.slice(5);
  return `${day} ${clock}`;
}

function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    time.textContent = written(date, time.dataset.form);
    time.title = `${written(date)}.${String(date.getMilliseconds()).padStart(3, "0")} ${zone}\n${time.dateTime}`;
  }
  for (const text of root.querySelectorAll("text[data-at]")) {
    const date = new Date(text.dataset.at);
    if (!Number.isNaN(date.getTime())) text.textContent = written(date, text.dataset.form).slice(0, 16);
  }
  for (const lanes of root.querySelectorAll(".to-end")) lanes.scrollLeft = lanes.scrollWidth;
}

function refresh(element) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(element.dataset.refresh, { redirect: "error" });
      if (!answer.ok) return;
      element.innerHTML = await answer.text();
      localize(element);
    } catch {
      // The service is away; the page keeps what it has and asks again.
    }
  }, Number(element.dataset.every));
}

function stream(list) {
  const most = 200;
  const state = document.querySelector("[data-live-state]");
  const pause = document.querySelector("[data-pause]");
  const empty = document.querySelector("[data-when-empty]");
  let held = null;
  const show = (html) => {
    const rows = document.createElement("template");
    rows.innerHTML = html;
    localize(rows.content);
    for (const row of rows.content.children) row.classList.add("fresh");
    list.prepend(rows.content);
    while (list.children.length > most) list.lastElementChild.remove();
    empty.hidden = list.children.length > 0;
  };
  const source = new EventSource(list.dataset.stream);
  source.onopen = () => { state.textContent = "connected: operations as they are stored"; };
  source.onerror = () => { state.textContent = "connection lost: trying again"; };
  source.onmessage = (message) => { if (held) held.push(message.data); else show(message.data); };
  pause.addEventListener("click", () => {
    const waiting = held;
    held = held ? null : [];
    pause.textContent = held ? "Go on" : "Pause";
    pause.setAttribute("aria-pressed", String(Boolean(held)));
    for (const html of waiting || []) show(html);
  });
}

// A selector that no browser understands would hide nothing, silently.
function checkRules(rules) {
  const isWrong = (line) => {
    const [, selector] = /^(?:exclude|mask|unmask)\s+(\S.*)$/.exec(line.trim()) || [];
    try {
      document.querySelector(selector || "");
    } catch {
      return true;
    }
    return false;
  };
  const wrong = rules.value.split("\n").filter((line) => line.trim()).find(isWrong);
  rules.setCustomValidity(wrong === undefined ? "" : `Not a rule: ${wrong.trim().slice(0, 80)}`);
}

localize(document);
for (const rules of document.querySelectorAll("[data-rules]")) rules.addEventListener("input", () => checkRules(rules));
for (const element of document.querySelectorAll("[data-refresh]")) refresh(element);
for (const list of document.querySelectorAll("[data-stream]")) stream(list);
for (const select of document.querySelectorAll("[data-submit]")) select.addEventListener("change", () => select.form.requestSubmit());
document.querySelector("[data-now]")?.scrollIntoView({ block: "center" });
document.addEventListener("click", async (click) => {
  const button = click.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.previousElementSibling.textContent);
  button.textContent = "Copied";
});
