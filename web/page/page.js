/// The page: two panes, a deep link, light and dark.
///
/// `#room=general&user=ana` enters the first pane; `&with=ben` the second one too, `&with_room=ROOM` elsewhere.
import { agreement } from "./agreement.js";
import { pane } from "./pane.js";

const names = ["ana", "ben", "chloe", "dara", "emil", "fatou", "goran", "hana", "ines", "jun"];
const room_default = "general";

const readers = new agreement();
const panes = [1, 2].map((number) => {
  const root = document.querySelector("#pane").content.firstElementChild.cloneNode(true);
  root.setAttribute("aria-label", `Pane ${number}`);
  document.querySelector("main").append(root);
  return new pane(root, number, {
    entered: write_link,
    left: write_link,
    compare: (room, event) => readers.compare(room, event),
  });
});

/// The address always names what is open, so that a reload or a shared link opens it again.
function write_link() {
  const [first, second] = panes;
  const link = new URLSearchParams();
  if (first.stream) {
    link.set("room", first.room);
    link.set("user", first.user);
  }
  if (second.stream) {
    link.set("with", second.user);
    if (second.room !== first.room || !first.stream) link.set("with_room", second.room);
  }
  history.replaceState(null, "", `#${link}`);
  document.title = first.stream ? `${first.room} · Parley` : "Parley";
}

function read_link() {
  const link = new URLSearchParams(location.hash.slice(1));
  const room = link.get("room") || room_default;
  // Two tabs should not both suggest the same person.
  const start = Math.floor(Math.random() * names.length);
  const suggested = [names[start], names[(start + 1) % names.length]];
  panes[0].suggest(link.get("user") || suggested[0], room);
  panes[1].suggest(link.get("with") || suggested[1], link.get("with_room") || room);
  // Read all before entering: entering writes the link anew.
  if (link.get("user")) panes[0].enter(link.get("user"), room);
  else if (matchMedia("(pointer: fine)").matches) panes[0].focus();
  if (link.get("with")) panes[1].enter(link.get("with"), link.get("with_room") || room);
}

function choose_theme() {
  const button = document.querySelector(".theme");
  const order = ["auto", "light", "dark"];
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Colours: ${theme}`;
  };
  const stored = () => {
    try {
      return localStorage.getItem("parley.theme");
    } catch {
      return null;
    }
  };
  let theme = order.includes(stored()) ? stored() : "auto";
  show(theme);
  button.onclick = () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    show(theme);
    try {
      localStorage.setItem("parley.theme", theme);
    } catch {
      // Chosen for this visit only.
    }
  };
}

choose_theme();
read_link();
window.addEventListener("hashchange", read_link);
window.addEventListener("online", () => panes.forEach(({ stream }) => stream?.hurry()));
