// Copies what is vendored and draws the icon sprite; "strip" then removes source map comments from what was built.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = join(root, "node_modules");
const text = (path) => readFileSync(path, "utf8");
const version = (name) => JSON.parse(text(join(modules, name, "package.json"))).version;
const withoutMap = (source) => source.replace(/\n?(\/\/# sourceMappingURL=.*|\/\*# sourceMappingURL=.*?\*\/)\s*$/s, "\n");

const VENDOR = [
  ["htmx.org", "dist/htmx.min.js", "htmx.min.js"],
  ["htmx.org", "dist/ext/hx-sse.min.js", "hx-sse.min.js"],
  ["htmx.org", "LICENSE", "htmx.LICENSE"],
  ["lucide-static", "LICENSE", "lucide.LICENSE"],
];

function vendor() {
  const out = join(root, "static", "vendor");
  mkdirSync(out, { recursive: true });
  const rows = VENDOR.map(([name, from, to]) => {
    const target = join(out, to);
    if (to.endsWith(".js")) writeFileSync(target, withoutMap(text(join(modules, name, from))));
    else copyFileSync(join(modules, name, from), target);
    const sum = createHash("sha256").update(readFileSync(target)).digest("hex");
    return `${sum}  ${to}  ${name} ${version(name)}`;
  });
  writeFileSync(join(out, "VERSIONS"), rows.join("\n") + "\n");
}

function sprite() {
  const names = text(join(root, "static", "src", "icons.txt")).split(/\s+/).filter(Boolean).sort();
  const symbols = names.map((name) => {
    const svg = text(join(modules, "lucide-static", "icons", `${name}.svg`));
    const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>")}</symbol>`;
  });
  const licence = "<!-- Icons: Lucide, ISC licence, static/vendor/lucide.LICENSE -->";
  writeFileSync(join(root, "static", "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${licence}\n${symbols.join("\n")}\n</svg>\n`);
}

if (process.argv[2] === "strip") {
  const css = join(root, "static", "css", "app.css");
  writeFileSync(css, withoutMap(text(css)));
} else {
  vendor();
  sprite();
}
