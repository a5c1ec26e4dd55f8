(() => {
  "use strict";
  const form = document.getElementById("filter");
  const text = form.elements.namedItem("text");
  const verdict = form.elements.namedItem("verdict");
  const count = document.getElementById("shown");
  const cases = [...document.querySelectorAll("details.case")];
  const groups = [...document.querySelectorAll("section.group")];
  const fits = (one) => {
    const wanted = verdict.value;
    const verdicts = one.dataset.verdicts.split(" ");
    const graded =
      wanted === "" ||
      (wanted === "blamed"
        ? verdicts.some((name) => name === "fail" || name === "harness-error")
        : verdicts.includes(wanted));
    return graded && one.dataset.text.toLowerCase().includes(text.value.trim().toLowerCase());
  };
  const apply = () => {
    let shown = 0;
    for (const one of cases) {
      one.hidden = !fits(one);
      shown += one.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("details.case:not([hidden])");
    }
    count.textContent = `${shown} of ${cases.length} cases`;
  };
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      text.value = "";
      verdict.value = "";
      apply();
      target.open = true;
      target.scrollIntoView();
    }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", unfold);
  apply();
  unfold();
})();
