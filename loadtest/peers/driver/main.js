/// Loads one server, by its protocol, and counts what comes. Prints `begin` when what it measures begins, then a line of
/// JSON with the figures and one with what its check saw. Exit codes: 0 measured, 1 failed, 64 usage.
import { parseArgs } from "node:util";
import { load } from "./load.js";

const protocols = ["parley", "node", "socketio", "nats", "ejabberd"];
const modes = ["paced", "fan-out", "publish"];
const text = (fallback) => ({ type: "string", default: fallback });
const shape = {
  peer: text(""),
  to: text("127.0.0.1:8080"),
  prefix: text("run"), // of the rooms' names: a fresh one for each run
  mode: text("paced"),
  rooms: text("10"),
  readers: text("100"), // of each room
  rate: text("50"), // publishes/s of a paced run
  window: text("4"), // messages of one room under way, of the others
  "text-bytes": text("160"),
  "warm-up": text("2"), // seconds before what is measured
  seconds: text("10"),
};

function usage(why) {
  console.error(`driver: ${why}`);
  process.exit(64);
}

function options_of(argv) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: shape }));
  } catch (error) {
    usage(error.message);
  }
  const number = (name, least) => {
    const value = Number(values[name]);
    if (!(value >= least)) usage(`--${name} must be a number from ${least} on`);
    return value;
  };
  if (!protocols.includes(values.peer)) usage(`--peer must be one of ${protocols.join(", ")}`);
  if (!modes.includes(values.mode)) usage(`--mode must be one of ${modes.join(", ")}`);
  const { peer, to, prefix, mode } = values;
  return {
    ...{ peer, to, prefix, mode },
    rooms: number("rooms", 1),
    readers: number("readers", 0),
    rate: number("rate", 0.1),
    window: number("window", 1),
    text_bytes: number("text-bytes", 60),
    warm_up_s: number("warm-up", 0),
    seconds: number("seconds", 0.1),
    drain_s: 15,
  };
}

const options = options_of(process.argv.slice(2));
const run = new load(await import(`./${options.peer}.js`), options);
try {
  await run.open();
  const figures = await run.run(() => console.log("begin"));
  console.log(JSON.stringify(figures));
  console.log(JSON.stringify(await run.settle()));
} catch (error) {
  run.trouble ??= error.stack;
}
if (run.trouble) console.error(`driver: ${run.trouble}`);
process.exit(run.trouble ? 1 : 0);
