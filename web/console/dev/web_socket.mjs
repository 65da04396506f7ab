// SPDX-License-Identifier: Apache-2.0
// The server's side of a WebSocket that only speaks: handshake and unmasked text frames (RFC 6455).
import { createHash } from 'node:crypto';

export function acceptWebSocket(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (data) => {
    if ((data[0] & 0x0f) === 8) socket.end();
  });
  return (text) => socket.writable && socket.write(frame(Buffer.from(text)));
}

function frame(payload) {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([0x81, 126, length >> 8, length & 255]), payload]);
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
