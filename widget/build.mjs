// Builds the launcher, the visitor's panel, the console and the planning page into chatsvc/static. `--budget` also fails on a size over budget.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const src = (...parts) => join(here, "src", ...parts);
const out = process.env.CHATSVC_STATIC ?? join(here, "..", "chatsvc", "static");

/** Bytes gzipped that each page may take at its first open, everything counted, in its largest language. */
const BUDGETS = { "w.js": 4_096, panel: 25 * 1_024, console: 80 * 1_024, manage: 80 * 1_024 };

const shared = {
  bundle: true,
  minify: true,
  legalComments: "none",
  charset: "utf8",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  absWorkingDir: here,
  write: false,
};

const hashed = (name, ext, bytes) => {
  const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  return `${name}-${mark}.${ext}`;
};

const written = {};

/** Writes an asset under a name that changes with its content; gives its path on the server. */
function asset(name, ext, bytes) {
  const file = hashed(name, ext, bytes);
  writeFileSync(join(out, "assets", file), bytes);
  written[`${name}.${ext}`] = `/assets/${file}`;
  return { path: `/assets/${file}`, gz: gzipSync(bytes, { level: 9 }).length };
}

/** The text files of a page: lang → JSON. */
function languages(page) {
  const own = src(page, "i18n");
  const files = [
    ...readdirSync(src("i18n")).filter((file) => file.startsWith(`${page}.`)).map((file) => src("i18n", file)),
    ...(existsSync(own) ? readdirSync(own).map((file) => join(own, file)) : []),
  ];
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => [basename(file, ".json").split(".").pop(), Buffer.from(JSON.stringify(JSON.parse(readFileSync(file, "utf8"))))]);
}

async function bundle(entry, options = {}) {
  const result = await build({ ...shared, entryPoints: [entry], outdir: out, ...options });
  return Buffer.from(result.outputFiles[0].contents);
}

/** What an output loads before it runs: itself and its imports, all the way down. */
function closure(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") closure(outputs, next, seen);
  return seen;
}

/** Bundles a page's scripts; the entries after the first are loaded later and share what they have in common. */
async function scripts(name, entries, define) {
  const { metafile, outputFiles } = await build({
    ...shared,
    entryPoints: entries,
    outdir: join(out, "assets"),
    splitting: entries.length > 1,
    format: "esm",
    metafile: true,
    entryNames: `${name}.[name]-[hash]`,
    chunkNames: `${name}.[name]-[hash]`,
    define: Object.fromEntries(Object.entries(define).map(([word, value]) => [word, JSON.stringify(value)])),
  });
  for (const file of outputFiles) writeFileSync(file.path, file.contents);
  const texts = new Map(outputFiles.map((file) => [file.path, file.contents]));
  const size = (path) => gzipSync(texts.get(join(here, path)), { level: 9 }).length;
  const outputOf = (entry) => Object.keys(metafile.outputs).find((path) => join(here, metafile.outputs[path].entryPoint ?? "") === entry);
  const served = (path) => `/assets/${basename(path)}`;
  const [first, ...later] = entries.map(outputOf);
  const atFirst = [...closure(metafile.outputs, first)];
  for (const path of Object.keys(metafile.outputs)) written[basename(path).replace(/-[^-]+$/, ".js")] = served(path);
  return {
    first: served(first),
    preload: atFirst.slice(1).map(served),
    later: later.map(served),
    gz: atFirst.reduce((sum, path) => sum + size(path), 0),
  };
}

/** Bundles what a page does in a worker; gives its path on the server. */
async function worker(name) {
  return asset(`${name}.proving`, "js", await bundle(src(name, "proving.ts"), { format: "iife" })).path;
}

const html = ({ title, css, js, preload, later }) =>
  [
    "<!doctype html>",
    '<html lang="fi">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="robots" content="noindex">',
    '<meta name="chatsvc-embedders" content="__EMBEDDERS__">',
    '<meta name="chatsvc-help" content="__HELP__">',
    `<title>${title}</title>`,
    '<link rel="icon" href="data:,">',
    `<link rel="stylesheet" href="${css}">`,
    ...preload.map((path) => `<link rel="modulepreload" href="${path}">`),
    `<script type="module" src="${js}"></script>`,
    "</head>",
    `<body><div id="app"${later ? ` data-script="${later.js}" data-style="${later.css}"` : ""}></div></body>`,
    "</html>",
    "",
  ].join("\n");

/** Builds the page `src/{name}`; its conversation, when it is a part of its own, is loaded once there is one. */
async function page(name, title) {
  if (!existsSync(src(name, "main.tsx")) || !existsSync(src(name, `${name}.css`))) return null;
  const texts = languages(name).map(([lang, bytes]) => [lang, asset(`${name}.${lang}`, "json", bytes)]);
  const langs = Object.fromEntries(texts.map(([lang, file]) => [lang, file.path]));
  const talk = src(name, "Talk.tsx");
  const later = existsSync(talk);
  const style = async (file) => asset(basename(file, ".css"), "css", await bundle(src(name, file)));
  const define = { __LANGS__: langs, ...(later && { __WORKER__: await worker(name) }) };
  const js = await scripts(name, [src(name, "main.tsx"), ...(later ? [talk] : [])], define);
  const css = await style(`${name}.css`);
  const markup = html({
    title, css: css.path, js: js.first, preload: js.preload,
    later: later && { js: js.later[0], css: (await style("talk.css")).path },
  });
  writeFileSync(join(out, `${name}.html`), markup);
  const text = Math.max(0, ...texts.map(([, file]) => file.gz));
  const parts = { html: gzipSync(markup, { level: 9 }).length, js: js.gz, css: css.gz, text };
  return { name, parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

async function launcher() {
  const bytes = await bundle(src("loader.ts"), { format: "iife" });
  writeFileSync(join(out, "w.js"), bytes);
  const size = gzipSync(bytes, { level: 9 }).length;
  return { name: "w.js", parts: { js: size }, total: size };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
const sizes = (await Promise.all([launcher(), page("panel", "Chat"), page("console", "Console"), page("manage", "Planning")])).filter(Boolean);
writeFileSync(
  join(out, "manifest.json"),
  `${JSON.stringify({ assets: written, sizes: Object.fromEntries(sizes.map((size) => [size.name, size.total])) }, null, 2)}\n`,
);

let over = false;
for (const { name, parts, total } of sizes) {
  const detail = Object.entries(parts).map(([part, size]) => `${part} ${size}`).join(" + ");
  const fits = total <= BUDGETS[name];
  over ||= !fits;
  console.log(`${fits ? "fits" : "OVER"}  ${name}: ${total} of ${BUDGETS[name]} bytes gzipped (${detail})`);
}
if (over && process.argv.includes("--budget")) process.exit(1);
