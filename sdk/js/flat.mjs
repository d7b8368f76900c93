/**
 * The core as bundles have it. Its functions take what the page keeps as their first argument, `c` (core/src/machine.ts).
 * In a bundle they stand within the one function that makes it, so that they need not be given it, and its members are
 * variables: that is 3 % less for browsers to load. `c` itself is left with what the platform sees. The tests run on
 * both.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** What `Machine` shows of `c`. */
const SEEN = ["hasSpoken"];
/** Modules of the core that know nothing of `c`; the platform uses some of them too. */
const OTHERS = ["./json-text", "./placeholder", "./tried", "./uid"];
const MAKES = "function makeMachine(ports) {\n  const c = { ...ports };\n";

/** `absent`: optional ports that the bundle's platform does not give; what would be done with them is left out. */
export const flat = (absent = []) => ({
  name: "flat",
  setup({ onLoad, initialOptions }) {
    onLoad({ filter: /core\/src\/machine\.ts$/ }, async ({ path }) => {
      const folder = dirname(path);
      const isOther = (name) => OTHERS.includes(name) || initialOptions.external?.includes(name);
      const others = { name: "others", setup: ({ onResolve }) => onResolve({ filter: /^\.\// }, ({ path: name }) => (isOther(name) ? { path: name, external: true } : undefined)) };
      const { outputFiles } = await build({ entryPoints: [path], bundle: true, format: "esm", target: "es2020", write: false, plugins: [others] });
      const [, ports] = /export interface Ports \{(.*?)\n\}/s.exec(readFileSync(join(folder, "ports.ts"), "utf8"));
      const names = [...ports.matchAll(/^  (\w+)\??[(:]/gm)].map(([, name]) => name).filter((name) => !absent.includes(name));
      return { contents: flattened(outputFiles[0].text, names), loader: "js", resolveDir: folder };
    });
  },
});

function flattened(text, ports) {
  const imports = text.match(/^import [^;]*;$/gm).join("\n");
  const [functions, machine] = text.replace(/^(import|export) [^;]*;$/gm, "").split(MAKES);
  if (!machine) throw new Error("the core makes its machine otherwise than flat.mjs knows");
  const body = `${functions}${machine}`
    .replace(/\.bind\(null, c\)/g, "")
    .replace(/\(c(, |\))/g, (_, end) => (end == ")" ? "()" : "("))
    .replace(/\bc\.(\w+)/g, (found, name) => (SEEN.includes(name) ? found : `c_${name}`));
  const bare = body.match(/.*\bc\b(?!\.).*/g);
  if (bare) throw new Error(`the core uses c otherwise than flat.mjs knows:\n${bare.join("\n")}`);
  const kept = [...new Set(body.match(/\bc_\w+/g))].filter((name) => !ports.includes(name.slice(2)));
  const given = ports.map((name) => `${name}: c_${name}`);
  return `${imports}
export function makeMachine(ports) {
  const { ${given.join(", ")} } = ports;
  const c = {};
  let ${kept.join(", ")};
  ${body.replace("return Object.assign(", "return Object.assign(c, ")}`;
}
