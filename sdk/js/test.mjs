// Runs every */test/**/*.test.ts with Node's own runner. esbuild turns them into modules first, because the oldest Node we
// support reads no TypeScript; import.meta.url still names the source, so that tests find the vectors in place.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { flat } from "./flat.mjs";

const home = dirname(fileURLToPath(import.meta.url));
const outdir = join(home, "dist/test");
const wanted = process.argv.slice(2);

const sources = ["core", "browser", "flows"].flatMap((name) => {
  const folder = join(home, name, "test");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(name, "test", path));
});
const chosen = sources.filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));
if (chosen.length === 0) {
  console.log(`no test of the SDK ${wanted.length ? `matches ${wanted.join(" ")}` : "yet"}`);
  process.exit(wanted.length ? 1 : 0);
}

rmSync(outdir, { recursive: true, force: true });
// The core is tested as it is written, and as bundles have it.
const runs = chosen.map((path) => ({ path, outfile: join(outdir, path.replace(/\.ts$/, ".mjs")), plugins: [] }));
runs.push(...runs.filter(({ path }) => path.startsWith("core")).map(({ path, outfile }) => ({ path, outfile: outfile.replace(".test", ".flat.test"), plugins: [flat()] })));
await Promise.all(
  runs.map(({ path, outfile, plugins }) =>
    build({
      absWorkingDir: home,
      entryPoints: [path],
      outfile,
      plugins,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node18",
      packages: "external",
      define: { "import.meta.url": JSON.stringify(pathToFileURL(join(home, path)).href) },
      sourcemap: "inline",
      logLevel: "warning",
    }),
  ),
);
const { status } = spawnSync(process.execPath, ["--test", ...runs.map(({ outfile }) => outfile)], { stdio: "inherit" });
process.exit(status ?? 1);
