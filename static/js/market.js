// Arrow keys go through the results of the marketplace; Escape leads back to the search box.
"use strict";
document.addEventListener("keydown", (event) => {
  const search = document.querySelector('#market input[type="search"]');
  const rows = [...document.querySelectorAll("#found [data-row]")];
  const at = rows.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!search || event.altKey || event.ctrlKey || event.metaKey) return;
  if (step && (at >= 0 || document.activeElement === search) && rows.length) {
    event.preventDefault();
    (rows[at + step] ?? (at + step < 0 ? search : rows[at])).focus();
  } else if (event.key === "Escape" && at >= 0) {
    search.focus();
  }
});
