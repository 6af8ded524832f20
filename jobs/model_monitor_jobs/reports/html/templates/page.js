"use strict";
(() => {
  document.documentElement.classList.add("js");
  const table = document.getElementById("columns");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const compare = new Intl.Collator(undefined, {numeric: true}).compare;
  const sort = (head, column) => {
    const numbers = head.classList.contains("n");
    const now = head.getAttribute("aria-sort");
    const up = now ? now === "descending" : !numbers;
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keys = new Map(rows.map(row => [row, numbers ? parseFloat(row.cells[column].dataset.v) : row.cells[column].textContent]));
    const sign = up ? 1 : -1;
    rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (!numbers) return sign * compare(x, y);
      // What has no number comes last, whichever way.
      return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : sign * (x - y);
    });
    body.append(...rows);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
  const filter = document.getElementById("filter"), shown = document.getElementById("shown");
  filter.addEventListener("input", () => {
    const text = filter.value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(text);
      if (!row.hidden) count += 1;
    }
    shown.textContent = text ? `${count} of ${rows.length}` : "";
  });
})();
