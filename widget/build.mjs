// Builds the launcher, the visitor's panel and the console into chatsvc/static. `--budget` also fails on a size over budget.
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
const BUDGETS = { "w.js": 4_096, panel: 25 * 1_024, console: 80 * 1_024 };

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

const html = (title, css, js) =>
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
    `<title>${title}</title>`,
    '<link rel="icon" href="data:,">',
    `<link rel="stylesheet" href="${css}">`,
    `<script type="module" src="${js}"></script>`,
    "</head>",
    '<body><div id="app"></div></body>',
    "</html>",
    "",
  ].join("\n");

async function page(name, title) {
  const entry = src(name, "main.tsx");
  if (!existsSync(entry)) return null;
  const texts = languages(name).map(([lang, bytes]) => [lang, asset(`${name}.${lang}`, "json", bytes)]);
  const langs = Object.fromEntries(texts.map(([lang, file]) => [lang, file.path]));
  const [js, css] = await Promise.all([
    bundle(entry, { format: "esm", define: { __LANGS__: JSON.stringify(langs) } }),
    bundle(src(name, `${name}.css`)),
  ]);
  const files = { js: asset(name, "js", js), css: asset(name, "css", css) };
  const markup = html(title, files.css.path, files.js.path);
  writeFileSync(join(out, `${name}.html`), markup);
  const text = Math.max(0, ...texts.map(([, file]) => file.gz));
  const parts = { html: gzipSync(markup, { level: 9 }).length, js: files.js.gz, css: files.css.gz, text };
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
const sizes = (await Promise.all([launcher(), page("panel", "Chat"), page("console", "Console")])).filter(Boolean);
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
