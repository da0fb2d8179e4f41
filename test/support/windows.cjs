// Runs before every program of the tests under Wine: the runner and its children by NODE_OPTIONS, the router as a banner of its bundle.
{
  const childProcess = require('node:child_process');
  const fs = require('node:fs');
  const path = require('node:path');
  const { LLM_ROUTER_PIDS, LLM_ROUTER_BEFORE } = process.env;

  // Wine 8 lacks the TCP keep-alive options that libuv sets: without this every kept-alive connection fails with UNKNOWN.
  process.binding('tcp_wrap').TCP.prototype.setKeepAlive = () => 0;

  // Windows has no /proc: programs of the tests write down who they are (process/harness.ts looks there).
  if (LLM_ROUTER_PIDS) fs.writeFileSync(path.join(LLM_ROUTER_PIDS, String(process.pid)), JSON.stringify(process.argv));

  const isScript = (file, { cwd = '.' }) => {
    try {
      const start = Buffer.alloc(2);
      const fd = fs.openSync(path.resolve(String(cwd), file));
      fs.readSync(fd, start);
      fs.closeSync(fd);
      return start.toString() === '#!';
    } catch {
      return false;
    }
  };

  // Windows does not know `#!`: the made-up cloudflared, ngrok and tailscale are run by the runtime that starts them.
  const { spawn } = childProcess;
  childProcess.spawn = (file, args = [], options = {}) => {
    if (!isScript(file, options)) return spawn(file, args, options);
    const env = { ...(options.env ?? process.env), LLM_ROUTER_PIDS, LLM_ROUTER_BEFORE };
    return spawn(process.execPath, ['--require', LLM_ROUTER_BEFORE, file, ...args], { ...options, env });
  };
  require('node:module').syncBuiltinESMExports();
}
