/** The page: up to three panes, the naive one beside them, what breaks them, and a link that opens it all again. */
import "../styles/colours.css";
import "../styles/page.css";
import "../styles/pane.css";
import "../styles/log.css";
import "../styles/lens.css";
import "../styles/dialogs.css";
import { Agreement } from "./agreement.js";
import { Bench } from "./bench.js";
import { CopyDialog } from "./copy_dialog.js";
import { panesMax, readLink, writeLink } from "./deep_link.js";
import { element, part } from "./elements.js";
import { Faults } from "./faults.js";
import { NaivePane } from "./naive_pane.js";
import { Pane } from "./pane.js";
import { ReplayDialog } from "./replay_dialog.js";
import { chooseTheme } from "./theme.js";
import { versionOfNode, VersionWatch } from "./version_watch.js";

const names = ["ana", "ben", "chloe", "dara", "emil", "fatou", "goran", "hana", "ines", "jun"];
const roomDefault = "general";
const wideQuery = matchMedia("(min-width: 900px)");

const readers = new Agreement();
const main = part(document, "main");
const thirdButton = part<HTMLButtonElement>(document, ".third");
const naiveButton = part<HTMLButtonElement>(document, ".naive-button");
const bothButton = part<HTMLButtonElement>(document, ".both");
const versions = new VersionWatch(versionOfNode, showNewVersion);

let panes: Pane[] = [];
let naive: NaivePane | null = null;
let givenNodes: string[] = []; // by the address
let clusterNodes: string[] = []; // by the node itself
let isReading = false; // the address is being read: do not write it

const bench = new Bench(part(document, ".bench"), { panes: () => panes, naive: () => naive });

function addPane(): Pane {
  const pane = new Pane(panes.length + 1, {
    urls: () => (givenNodes.length > 0 ? givenNodes : clusterNodes.length > 0 ? clusterNodes : [location.origin]),
    entered: changed,
    left: changed,
    nodeMayDiffer: () => void versions.look(),
    compare: (room, event) => readers.compare(room, event),
  });
  panes.push(pane);
  main.insertBefore(pane.root, naive?.root ?? null);
  pane.showLens(wideQuery.matches);
  return pane;
}

function setThird(isShown: boolean): void {
  if (isShown && panes.length < panesMax) {
    const used = panes.map(({ suggested }) => suggested.user);
    addPane().suggest(names.find((name) => !used.includes(name))!, panes[0]!.suggested.room);
  } else if (!isShown && panes.length === panesMax) {
    const [last] = panes.splice(-1);
    last!.remove();
  }
  thirdButton.setAttribute("aria-pressed", String(panes.length === panesMax));
  changed();
}

function setNaive(isShown: boolean): void {
  const room = panes[0]!.chat ? panes[0]!.room : panes[0]!.suggested.room;
  if (naive && (!isShown || naive.room !== room)) {
    naive.close();
    naive = null;
  }
  if (isShown && !naive) {
    naive = new NaivePane(room);
    main.append(naive.root);
  }
  naiveButton.setAttribute("aria-pressed", String(isShown));
  changed();
}

/** The address always names what is open. */
function changed(): void {
  main.dataset.count = String(panes.length + (naive ? 1 : 0));
  bothButton.hidden = panes.every(({ chat }) => chat);
  bench.showState();
  if (isReading) return;
  if (naive && panes[0]!.chat && naive.room !== panes[0]!.room) return setNaive(true); // it follows the first pane
  const seats = panes.map(({ chat, user, room }) => (chat ? { user, room } : null));
  const link = { seats, room: panes[0]!.suggested.room, naive: naive !== null, nodes: givenNodes };
  history.replaceState(null, "", writeLink(link));
  document.title = panes[0]!.chat ? `${panes[0]!.room} · Parley` : "Parley";
}

function openLink(): void {
  const link = readLink(location.hash, roomDefault);
  givenNodes = link.nodes;
  isReading = true;
  setThird(Boolean(link.seats[2]) || panes.length === panesMax);
  // Two tabs should not both suggest the same person.
  const start = Math.floor(Math.random() * names.length);
  panes.forEach((pane, index) => {
    const seat = link.seats[index];
    pane.suggest(seat?.user ?? names[(start + index) % names.length]!, seat?.room ?? link.room);
    if (seat) pane.enter(seat.user, seat.room);
  });
  if (!link.seats[0] && matchMedia("(pointer: fine)").matches) panes[0]!.focus();
  setNaive(link.naive);
  isReading = false;
  changed();
}

function enterAll(): void {
  for (const pane of panes) if (!pane.chat) pane.enter(pane.suggested.user, pane.suggested.room);
  part<HTMLTextAreaElement>(panes[0]!.root, ".composer textarea").focus();
}

function showNewVersion(from: string, to: string): void {
  const reload = element("button", "small", "Reload");
  reload.type = "button";
  reload.onclick = () => location.reload();
  const banner = part(document, ".banner");
  const says = `This page came with parleyd ${from}; the node is now ${to}. It goes on, and a reload brings the new page.`;
  banner.replaceChildren(says, reload);
  banner.hidden = false;
}

async function offerFaults(): Promise<void> {
  const faults = await Faults.of(location.origin, (url, init) => fetch(url, init));
  if (!faults) return;
  clusterNodes = [...faults.nodes];
  bench.offer(faults);
}

addPane();
addPane();
chooseTheme(part(document, ".theme"));
thirdButton.onclick = () => setThird(panes.length < panesMax);
naiveButton.onclick = () => setNaive(naive === null);
bothButton.onclick = enterAll;
new CopyDialog(part(document, ".code-button"), () => {
  const open = panes.find(({ chat }) => chat);
  return open ? { room: open.room, user: open.user } : panes[0]!.suggested;
});
new ReplayDialog(part(document, ".replay-button"), (room) => panes[0]!.enter(panes[0]!.suggested.user, room));
// The cluster's other nodes must be known before a pane connects: it goes there when its node is gone.
void offerFaults().then(() => {
  openLink();
  void versions.look();
});
addEventListener("hashchange", openLink);
