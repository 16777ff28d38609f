// Leaves the page at once: it is replaced, so that the Back button does not lead to it.
"use strict";
(() => {
  const link = document.getElementById("exit");
  if (!link) return;
  const leave = () => {
    // What stands here is gone before the other site is there.
    document.documentElement.hidden = true;
    document.title = "";
    window.location.replace(link.href);
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (event.timeStamp - last < 1500 && last > 0) leave();
    last = event.timeStamp;
  });
})();
