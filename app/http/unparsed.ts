import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemBody } from './problem.ts';
import { type ProblemType, problems } from './problems.ts';

type ParseError = Error & { readonly code?: string; readonly rawPacket?: Buffer };

/** What else Node's parser rejects is a `bad-request`. */
const types: Readonly<Record<string, ProblemType>> = {
  HPE_INVALID_METHOD: 'not-implemented',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/**
 * Answers what never becomes a request, such as a method that Node does not know or a byte beyond ASCII in the path, with a
 * problem that has a request id. Node's own answer has neither.
 */
export function answerUnparsed(server: Server): void {
  const lastOn = new WeakMap<Socket, ServerResponse>();
  server.on('request', (req, res) => void lastOn.set(req.socket, res));
  server.on('clientError', (error: ParseError, socket: Socket) => {
    const last = lastOn.get(socket);
    const isAnswered = last?.writableFinished ?? true;
    // What follows a complete request cannot be answered before it: its answer would be taken for that of the request. And a
    // request whose body breaks after its answer has one.
    const cannotAnswer = isAnswered !== (last?.req.complete ?? true);
    if (error.code === 'ECONNRESET' || !socket.writable || cannotAnswer) return void socket.destroy();
    const type = types[error.code ?? ''] ?? 'bad-request';
    const { status } = problems[type];
    const [, id = randomUUID()] =
      /\r\nx-request-id: *([A-Za-z0-9._-]{1,64})\r\n/i.exec(error.rawPacket?.toString('latin1') ?? '') ?? [];
    // A handler that reads no body may have begun before the body was found broken.
    const done = isAnswered ? ' Nothing was done.' : '';
    const body = problemBody(type, `${problems[type].title}.${done}`, id);
    const headers = [
      `X-Request-Id: ${id}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  });
}
