import Foundation

/// A WebSocket server that nobody here wrote (Python's `websockets`), plain and over TLS, and beside it one that sends whatever
/// bytes a test wants. It ends with the test process.
actor WebSocketServer {
    static let shared = WebSocketServer()

    struct Ports: Sendable, Decodable {
        var plain: Int
        var secure: Int
        var raw: Int
        /// PEM file of the certificate that the secure one shows.
        var certificate: String
    }

    struct NotStarted: Error, CustomStringConvertible {
        var description: String {
            "the WebSocket server did not start: install the Python package websockets, and openssl"
        }
    }

    private var running: Task<Ports, any Error>?
    private var process: Process?
    private var input: Pipe?

    /// Where it is; started by the first who asks.
    func ports() async throws -> Ports {
        if let running { return try await running.value }
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        (self.process, self.input) = (process, input)
        let running = Task {
            let line = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: output.fileHandleForReading.availableData) }
            }
            guard let ports = try? JSONDecoder().decode(Ports.self, from: line) else { throw NotStarted() }
            return ports
        }
        self.running = running
        return try await running.value
    }

    /// The address of the raw server that opens a WebSocket and then sends `bytes`.
    ///
    /// - Parameters:
    ///   - then: `hang`, or `end` to hang up.
    ///   - head: what the answer to the handshake is instead; `ACCEPT` in it stands for the right proof.
    static func raw(_ bytes: [UInt8] = [], then: String = "hang", head: String? = nil) async throws -> String {
        func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        let answer = head.map { "&head=" + hex($0.utf8) } ?? ""
        return "ws://127.0.0.1:\(try await shared.ports().raw)/?then=\(then)&send=\(hex(bytes))\(answer)"
    }

    /// Ends when its input does: when this process is gone.
    private static let script = #"""
        import asyncio, base64, hashlib, json, ssl, subprocess, sys, tempfile, urllib.parse
        from websockets.asyncio.server import serve

        async def handle(socket):
            path = socket.request.path
            if path == "/echo":
                async for message in socket:
                    await socket.send(message)
            elif path == "/header":
                await socket.send(socket.request.headers.get("X-Probe", ""))
            elif path == "/fragments":
                await socket.send(["frag", "men", "ted"])
                await socket.send([b"\x00\x01", b"\x02"])
            elif path == "/ping":
                await (await socket.ping(b"are you there"))
                await socket.send("answered")
            elif path == "/many":
                for number in range(64):
                    await socket.send(bytes([number]) * 100_000)
            elif path == "/goodbye":
                await socket.close(4000, "enough")
            elif path == "/drop":
                await socket.send("last words")
                socket.transport.abort()
            elif path == "/wait":
                await socket.wait_closed()

        async def raw(reader, writer):
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.split(" ")[1]).query, True)
            key = next(line.split(": ")[1] for line in request.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
            proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            head = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                    "Sec-WebSocket-Accept: ACCEPT\r\n\r\n")
            if "head" in query:
                head = bytes.fromhex(query["head"][0]).decode()
            writer.write(head.replace("ACCEPT", base64.b64encode(proof).decode()).encode())
            writer.write(bytes.fromhex(query.get("send", [""])[0]))
            await writer.drain()
            if query["then"][0] == "hang":
                await reader.read()
            writer.close()

        async def main():
            folder = tempfile.mkdtemp()
            key, certificate = folder + "/key.pem", folder + "/certificate.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                check=True, capture_output=True)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
            plain = await serve(handle, "127.0.0.1", 0, compression=None, max_size=None)
            secure = await serve(handle, "127.0.0.1", 0, ssl=tls, max_size=None)
            other = await asyncio.start_server(raw, "127.0.0.1", 0)
            port = lambda server: list(server.sockets)[0].getsockname()[1]
            print(json.dumps({"plain": port(plain), "secure": port(secure), "raw": port(other),
                              "certificate": certificate}), flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

        asyncio.run(main())
        """#
}
