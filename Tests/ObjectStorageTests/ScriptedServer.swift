import Foundation
import HTTPClient

/// A server that answers what a test wants, one request after another, and tells what it was asked.
final class ScriptedServer: Sendable {
    /// What a request is answered with; the last one for all that follow.
    struct Answer: Codable, Sendable {
        /// 0: the connection is closed without a word.
        var status = 200
        var headers: [String: String] = [:]
        var body = ""
    }

    /// What came.
    struct Request: Codable, Sendable {
        let method: String
        let path: String
        let body: String
        /// Seconds, of a clock that only goes forward.
        let time: Double
    }

    private let server: ChildServer
    private let port: Int

    init(_ answers: [Answer]) async throws {
        let script = String(decoding: try JSONEncoder().encode(answers), as: UTF8.self)
        server = try ChildServer(["/usr/bin/env", "python3", "-c", Self.program, script])
        port = Int(try await server.line().filter(\.isNumber)) ?? 0
    }

    var endpoint: String { "http://127.0.0.1:\(port)" }

    /// Everything that was asked so far.
    func requests() async throws -> [Request] {
        let answer = try await HTTPClient().execute(.init(.get, endpoint + "/_requests"))
        return try JSONDecoder().decode([Request].self, from: Data(try await answer.body.collect(upTo: 64 << 20)))
    }

    private static let program = """
        import http.server, json, os, sys, threading, time
        answers, requests = json.loads(sys.argv[1]), []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path == "/_requests":
                    return self.send({"status": 200, "headers": {}, "body": json.dumps(requests)})
                requests.append({"method": self.command, "path": self.path, "body": body.decode("latin-1"),
                                 "time": time.monotonic()})
                self.send(answers.pop(0) if len(answers) > 1 else answers[0])

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def send(self, answer):
                if answer["status"] == 0:
                    self.close_connection = True
                    return
                self.send_response(answer["status"])
                for name, value in answer["headers"].items():
                    self.send_header(name, value)
                body = b"" if self.command == "HEAD" else answer["body"].encode()
                if "content-length" not in answer["headers"]:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        server.serve_forever()
        """
}
