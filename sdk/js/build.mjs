// Builds what browsers load. Files for the service go to its assets folder, source maps and modules to dist/.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const assets = join(home, "../../src/passerby/faces/assets");

const bundles = [
  { entry: "browser/src/index.ts", file: "fs.js", format: "iife", served: true },
  { entry: "flows/src/global.ts", file: "fs-flows.js", format: "iife", served: true },
  { entry: "flows/src/index.ts", file: "flows.mjs", format: "esm", served: false },
  { entry: "core/src/index.ts", file: "core.mjs", format: "esm", served: false },
];

for (const folder of [dist, assets]) mkdirSync(folder, { recursive: true });
for (const { entry, file, served, ...options } of bundles) {
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
    mangleProps: /[a-z]_$/,
    sourcemap: "external",
    write: false,
    logLevel: "warning",
    ...options,
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  // esbuild bundles; terser, which looks longer, takes another twentieth off.
  const small = await minify(code, {
    module: options.format === "esm",
    ecma: 2020,
    compress: { passes: 3, pure_getters: true, unsafe_arrows: true },
    sourceMap: { content: map, filename: file },
  });
  writeFileSync(join(dist, file), small.code);
  writeFileSync(join(dist, `${file}.map`), small.map);
  if (served) writeFileSync(join(assets, file), small.code);
  console.log(`${file}: ${small.code.length} bytes, ${gzipSync(small.code, { level: 9 }).length} gzipped`);
}
