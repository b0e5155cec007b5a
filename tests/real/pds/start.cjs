// Starts a real PDS and its account directory on loopback. Usage: node start.cjs MODULES DATA, where MODULES holds
// node_modules and DATA is an empty folder. Prints one line of JSON when both answer; ends when its input is closed.
const { createRequire } = require("node:module");
const { randomBytes } = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const [modules, data] = process.argv.slice(2).map((folder) => path.resolve(folder));
const load = createRequire(path.join(modules, "package.json"));

// Neither server can be told an address to listen on, and both would open every interface of the machine.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port, host: "127.0.0.1" }, ...rest.filter((part) => typeof part === "function"));
};

// A test that was killed closes our input; nothing may stay behind and listen.
process.stdin.on("end", () => process.exit(0)).resume();

async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function main() {
  const plc = load("@did-plc/server");
  const pds = load("@atproto/pds");
  const [plcPort, pdsPort] = [await freePort(), await freePort()];
  await plc.PlcServer.create({ db: plc.Database.mock(), port: plcPort }).start();
  fs.mkdirSync(path.join(data, "blobs"), { recursive: true });
  const hex = (bytes) => randomBytes(bytes).toString("hex");
  const env = {
    port: pdsPort, hostname: "localhost", devMode: true, dataDirectory: data,
    blobstoreDiskLocation: path.join(data, "blobs"), didPlcUrl: `http://127.0.0.1:${plcPort}`,
    serviceHandleDomains: [".test"], inviteRequired: false, rateLimitsEnabled: false, logEnabled: false,
    jwtSecret: hex(16), adminPassword: hex(16), plcRotationKeyK256PrivateKeyHex: hex(32),
    crawlers: [], disableSsrfProtection: true,
  };
  await (await pds.PDS.create(pds.envToCfg(env), pds.envToSecrets(env))).start();
  console.log(JSON.stringify({ pds: `http://127.0.0.1:${pdsPort}`, plc: `http://127.0.0.1:${plcPort}` }));
}

main().catch((error) => { console.error(error); process.exit(1); });
