// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server while the console is being worked on: made-up devices, live feed, tiles from an MBTiles
// file by the sqlite3 program. A development tool only; the end-to-end tests run against the real server.
//   node dev/stand_in.mjs [--port 8099] [--tiles FILE] [--entities 600] [--hertz 1] [--web dist]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeTown } from './made_up_town.mjs';
import { acceptWebSocket } from './web_socket.mjs';

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '8099' },
    tiles: { type: 'string' },
    entities: { type: 'string', default: '600' },
    hertz: { type: 'string', default: '1' },
    web: { type: 'string', default: join(dirname(fileURLToPath(import.meta.url)), '..', 'dist') },
  },
});

const town = makeTown(Number(flags.entities));
const tiles = flags.tiles ? readTiles(flags.tiles) : null;
const clients = new Set();

function readTiles(file) {
  const query = (sql) =>
    execFileSync('sqlite3', ['-separator', '|', file, sql], { maxBuffer: 1 << 30, encoding: 'latin1' });
  const found = new Map();
  for (const line of query('select zoom_level, tile_column, tile_row, hex(tile_data) from tiles').split('\n')) {
    const [z, x, row, hex] = line.split('|');
    if (hex) found.set(`${z}/${x}/${2 ** Number(z) - 1 - Number(row)}`, Buffer.from(hex, 'hex'));
  }
  const bounds = query("select value from metadata where name = 'bounds'").trim().split(',').map(Number);
  return { found, bounds };
}

function send(response, status, json, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(json));
}

function entities(url, response) {
  const wanted = url.searchParams.get('type')?.split(',');
  const all = town.all().filter((entity) => !wanted || wanted.includes(entity.type));
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const limit = Number(url.searchParams.get('limit') ?? 20);
  send(response, 200, all.slice(offset, offset + limit), { 'NGSILD-Results-Count': String(all.length) });
}

function temporal(url, id, response) {
  const attribute = url.searchParams.get('attrs') ?? '';
  const answer = town.history(
    id,
    attribute,
    Date.parse(url.searchParams.get('timeAt')),
    Date.parse(url.searchParams.get('endTimeAt')),
  );
  if (answer) send(response, 200, answer);
  else send(response, 404, { type: 'about:blank', title: 'Resource not found', status: 404 });
}

function tile(path, response) {
  const data = tiles?.found.get(path.replace(/\.\w+$/, ''));
  if (!data) return response.writeHead(204).end();
  response.writeHead(200, {
    'Content-Type': 'application/vnd.mapbox-vector-tile',
    ...(data[0] === 0x1f ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(data);
}

function tileJson(request, response) {
  if (!tiles) return send(response, 404, { title: 'No tiles', status: 404 });
  const origin = `http://${request.headers.host}`;
  send(response, 200, {
    tilejson: '3.0.0',
    tiles: [`${origin}/tiles/{z}/{x}/{y}`],
    minzoom: 6,
    maxzoom: 14,
    bounds: tiles.bounds,
  });
}

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

function file(path, response) {
  for (const name of [normalize(path), '/index.html']) {
    try {
      const body = readFileSync(join(flags.web, name));
      response.writeHead(200, {
        'Content-Type': types[extname(name)] ?? 'application/octet-stream',
        'Content-Security-Policy':
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; child-src blob:",
      });
      return response.end(body);
    } catch {
      // The next name is tried: an unknown path is a room of the console.
    }
  }
  response.writeHead(404).end();
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const path = decodeURIComponent(url.pathname);
  if (path === '/ngsi-ld/v1/types') return send(response, 200, { type: 'EntityTypeList', typeList: town.types() });
  if (path === '/ngsi-ld/v1/entities') return entities(url, response);
  if (path.startsWith('/ngsi-ld/v1/temporal/entities/')) return temporal(url, path.slice(30), response);
  if (path.startsWith('/ngsi-ld/v1/entities/')) {
    const entity = town.get(path.slice(21));
    return entity ? send(response, 200, entity) : send(response, 404, { title: 'Resource not found', status: 404 });
  }
  if (path === '/tiles.json') return tileJson(request, response);
  if (path.startsWith('/tiles/')) return tile(path.slice(7), response);
  return file(path, response);
});

server.on('upgrade', (request, socket) => {
  const say = acceptWebSocket(request, socket);
  clients.add(say);
  socket.on('close', () => clients.delete(say));
  socket.on('error', () => clients.delete(say));
  say(JSON.stringify({ kind: 'hello', cursor: '0' }));
});

function broadcast(message) {
  const text = JSON.stringify(message);
  for (const say of clients) say(text);
}

setInterval(() => broadcast({ kind: 'beat', at: new Date().toISOString() }), 2000);
setInterval(
  () => {
    broadcast({ kind: 'changes', at: new Date().toISOString(), entities: town.step(Date.now()) });
  },
  1000 / Number(flags.hertz),
);
server.listen(Number(flags.port), '127.0.0.1', () => console.log(`stand-in at http://127.0.0.1:${flags.port}`));
