/// Writes docs/client-reference.md out of the types and comments in src/, as TypeScript's compiler sees them: every name that
/// an application may import, and what each has.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const library = fileURLToPath(new URL("../", import.meta.url));
const page = fileURLToPath(new URL("../../../docs/client-reference.md", import.meta.url));
const entries = [
  ["@parley/client", "src/index.ts"],
  ["@parley/client/protobuf", "src/protobuf/index.ts"],
];
const begin = `# \`@parley/client\`, every name

Made by \`web/client/scripts/make-reference.js\` out of the comments in \`web/client/src\`: change those. How it is used: [client.md](client.md).
`;

const is_hidden = (node) =>
  ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private ||
  ts.isPrivateIdentifier(node.name ?? node) ||
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal");

/// @returns the page's text
export function reference() {
  const read = ts.readConfigFile(`${library}tsconfig.json`, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, library);
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const seen = new Set(); // a name that two entries export is told once
  const parts = entries.map(([name, file]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(`${library}${file}`));
    const exported = checker.getExportsOfModule(module).map((symbol) => target_of(symbol, checker));
    const fresh = exported.filter((symbol) => !seen.has(symbol) && seen.add(symbol));
    const told = fresh.map((symbol) => entry(symbol, checker)).sort(by_rank);
    return `## \`${name}\`\n\n${told.map(({ text }) => text).join("\n")}`;
  });
  return `${begin}\n${parts.join("\n")}`;
}

const target_of = (symbol, checker) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/// What is called or made first, then classes, then types; each by name.
const by_rank = (a, b) => a.rank - b.rank || a.name.localeCompare(b.name, "en");

function entry(symbol, checker) {
  const [node] = symbol.declarations;
  const name = symbol.name;
  const lines = [`### \`${name}\``, "", ...paragraph(doc(symbol, checker))];
  if (ts.isFunctionDeclaration(node)) {
    lines.push(code(`function ${name}${signature(node, checker)}`));
    return { name, rank: 0, text: lines.join("\n") };
  }
  if (ts.isVariableDeclaration(node)) {
    lines.push(code(`const ${name}: ${type_of(node, checker)}`));
    return { name, rank: 0, text: lines.join("\n") };
  }
  if (ts.isTypeAliasDeclaration(node)) {
    lines.push(code(node.getText().replace(/^export /u, "")));
    return { name, rank: 2, text: lines.join("\n") };
  }
  const heads = (node.heritageClauses ?? []).map((clause) => clause.getText());
  lines.push(...paragraph(heads.length > 0 ? `\`${heads.join(" ")}\`` : ""));
  for (const member of [...base_members(node, checker), ...node.members].filter((one) => !is_hidden(one)))
    lines.push(...item(member, checker));
  return { name, rank: ts.isClassDeclaration(node) ? 1 : 2, text: [...lines, ""].join("\n") };
}

/// Of bases in the same file that nobody can import, which would be told nowhere else.
function base_members(node, checker) {
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
    types.map((type) => checker.getTypeAtLocation(type)),
  );
  const declared = bases.flatMap((type) => type.symbol?.declarations ?? []);
  const is_own = (base) => base.getSourceFile() === node.getSourceFile() && base.name.text.endsWith("Base");
  return declared.filter(is_own).flatMap(({ members }) => [...members]);
}

function item(member, checker) {
  const symbol = checker.getSymbolAtLocation(member.name ?? member);
  if (!symbol || ts.isSetAccessor(member)) return [];
  const meaning = doc(symbol, checker);
  return [`- \`${shape(member, checker)}\`${meaning ? `: ${meaning}` : ""}`];
}

function shape(member, checker) {
  const name = member.name.getText();
  const is_static = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static ? "static " : "";
  if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member))
    return `${is_static}${name}${signature(member, checker)}`;
  const is_fixed =
    ts.isGetAccessor(member) || ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Readonly ? "readonly " : "";
  return `${is_static}${is_fixed}${name}${member.questionToken ? "?" : ""}: ${type_of(member, checker)}`;
}

function signature(node, checker) {
  const written = (list) => (list ?? []).map((one) => one.getText().replaceAll(/\s+/gu, " ")).join(", ");
  const generic = node.typeParameters ? `<${written(node.typeParameters)}>` : "";
  const result = checker.getSignatureFromDeclaration(node).getReturnType();
  return `${generic}(${written(node.parameters)}): ${node.type?.getText() ?? checker.typeToString(result, node)}`;
}

function type_of(node, checker) {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
  const told = node.type?.getText() ?? checker.typeToString(checker.getTypeAtLocation(node), node, flags);
  return told.replaceAll(/\s+/gu, " ");
}

/// The comment's text and its tags, in one line.
function doc(symbol, checker) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = symbol.getJsDocTags(checker).map(({ name, text: parts }) => {
    const words = ts.displayPartsToString(parts);
    return name === "param" ? `\`${words.replace(" ", "`: ")}` : `*${name}* ${words}`;
  });
  return [text, ...tags]
    .map((part) => part.replaceAll(/\s+/gu, " ").trim())
    .filter(Boolean)
    .map((part) => (/[.:?]$/u.test(part) ? part : `${part}.`))
    .join(" ");
}

const paragraph = (text) => (text ? [text, ""] : []);
const code = (text) => `\`\`\`ts\n${text}\n\`\`\`\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = reference();
  if (!process.argv.includes("--check")) writeFileSync(page, text);
  else if (readFileSync(page, "utf8") !== text) {
    console.error(`${page} is not what the comments say: run web/client/scripts/make-reference.js`);
    process.exit(1);
  }
}
