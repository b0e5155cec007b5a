// One key presses one of the page's own buttons while a question has focus (WCAG 2.1.4: single keys only there).
// Everything works without this file.
"use strict";

const ANSWERS = { j: "ja", n: "nej", o: "osaker" };
const STEPS = { k: 1, arrowright: 1, arrowleft: -1 };
const questions = [...document.querySelectorAll(".question")];
const said = document.getElementById("sagt");
let sent = false;

document.documentElement.classList.add("with-keys");
document.addEventListener("keydown", press);
// The back button may bring the page back as it was left.
window.addEventListener("pageshow", () => { sent = false; });

function press(event) {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const here = event.target.closest(".question");
  const key = event.key.toLowerCase();
  if (here && key in ANSWERS) answer(here, ANSWERS[key]);
  else if (key in STEPS && (here || key !== "k")) go(here, STEPS[key]);
  else return;
  event.preventDefault();
}

function answer(question, value) {
  if (sent) return;
  sent = true;
  const button = question.querySelector(`button[value="${value}"]`);
  said.textContent = `Svarar ${button.firstChild.textContent.toLowerCase()}.`;
  button.click();
}

function go(here, step) {
  const next = here ? questions[questions.indexOf(here) + step] : questions[0];
  if (next) next.focus();
  else said.textContent = step > 0 ? "Det var den sista frågan." : "Det var den första frågan.";
}
