// Test only, never shipped: runs a function given as text, with (vscode, ...args), in this window's extension host.
const { renameSync, unlinkSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const vscode = require('vscode');

exports.activate = async (context) => {
  const folder = process.env.BRIDGE_DIR;
  if (!folder) return;
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    let answer;
    try {
      const { source, args } = JSON.parse(Buffer.concat(chunks).toString());
      // biome-ignore lint/security/noGlobalEval: the whole purpose of this test extension
      const run = globalThis.eval(`(${source})`);
      answer = { ok: true, value: await run(vscode, ...args) };
    } catch (error) {
      answer = { ok: false, error: String(error?.stack || error) };
    }
    response.end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = path.join(folder, `${process.pid}.json`);
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  writeFileSync(`${file}.tmp`, JSON.stringify({ pid: process.pid, port: server.address().port, folder: workspace }));
  renameSync(`${file}.tmp`, file);
  context.subscriptions.push({
    dispose() {
      try {
        unlinkSync(file);
      } catch {}
      server.close();
      server.closeAllConnections?.();
    },
  });
};
