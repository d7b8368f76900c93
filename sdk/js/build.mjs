// Builds what browsers load. Files for the service go to its assets folder, source maps and modules to dist/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { minify as uglify } from "uglify-js";
import { flat } from "./flat.mjs";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const assets = join(home, "../../src/passerby/faces/assets");

/** Members that only our own code knows, by whatever name: not on the wire, not in the API, and no browser's. */
const INTERNAL = `
  activity_write_ms began bound bundle_operations_max flush_ms hold mobile outbox_chars_max queue_operations_max retry_max_ms retry_ms
  settle_ms changed clearTimer disown entry expiry isSuspicious leaving mint note notify pages send setTimer storage strays wallMs write read
  app entries hasSpoken isCapturing isUnknown navigated reply state timer limits stamp dueAt api domain isLoud machine await
`.trim().split(/\s+/);
const told = [
  readFileSync(join(home, "types/src/index.ts"), "utf8").replace(/\/\*.*?\*\//gs, ""),
  ...readFileSync(join(home, "../../spec/wire.md"), "utf8").match(/`.*?`|".*?"/g),
].join("\n");
for (const name of INTERNAL) if (new RegExp(`\\b${name}\\b`).test(told)) throw new Error(`${name} is no internal name`);

/** Ports that browsers do not give: their notes on a uid come with the reply (ID-9.1). */
const ABSENT = ["isSuspicious"];
const given = readFileSync(join(home, "browser/src/index.ts"), "utf8");
for (const name of ABSENT) if (given.includes(name)) throw new Error(`browsers give ${name}`);

const bundles = [
  { entry: "browser/src/index.ts", file: "fs.js", format: "iife", served: true, mangled: INTERNAL, absent: ABSENT },
  { entry: "flows/src/global.ts", file: "fs-flows.js", format: "iife", served: true },
  { entry: "flows/src/index.ts", file: "flows.mjs", format: "esm", served: false },
  // These two are only weighed: the core, and the core without its queue.
  { entry: "core/src/index.ts", file: "core.mjs", format: "esm", served: false, mangled: INTERNAL },
  { entry: "core/src/index.ts", file: "identity.mjs", format: "esm", served: false, mangled: INTERNAL, external: ["./queue"] },
];

for (const folder of [dist, assets]) mkdirSync(folder, { recursive: true });
for (const { entry, file, served, mangled = [], absent, ...options } of bundles) {
  if (!existsSync(join(home, entry))) continue;
  const { outputFiles } = await build({
    absWorkingDir: home,
    entryPoints: [entry],
    outfile: join(dist, file),
    bundle: true,
    minify: true,
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    mangleProps: new RegExp(["[a-z]_$", ...mangled.map((name) => `^${name}$`)].join("|")),
    sourcemap: "external",
    write: false,
    logLevel: "warning",
    ...options,
    plugins: [flat(absent)],
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  // esbuild bundles; terser, which looks longer, and uglify-js, which looks otherwise, take another twentieth off.
  const terse = await minify(code, {
    module: options.format === "esm",
    ecma: 2020,
    compress: { passes: 5, pure_getters: true, unsafe_arrows: true, unsafe_methods: true, sequences: false, hoist_funs: true, reduce_funcs: false },
    mangle: false,
    sourceMap: { content: map, filename: file },
  });
  // Nothing that it calls unsafe: it would fill in `SERVED_FROM`, and `String` of a symbol would throw.
  const small = uglify(terse.code, {
    module: options.format === "esm",
    compress: { passes: 5, pure_getters: true, inline: 1, rests: false, varify: false, strings: false },
    sourceMap: { content: terse.map, filename: file },
  });
  if (small.error) throw small.error;
  const quoted = mangled.find((name) => new RegExp(`["'\`]${name}["'\`]`).test(small.code));
  if (quoted) throw new Error(`${file} names ${quoted} in a text: it cannot be internal`);
  writeFileSync(join(dist, file), small.code);
  writeFileSync(join(dist, `${file}.map`), small.map);
  if (served) writeFileSync(join(assets, file), small.code);
  console.log(`${file}: ${small.code.length} bytes, ${gzipSync(small.code, { level: 9 }).length} gzipped`);
}
