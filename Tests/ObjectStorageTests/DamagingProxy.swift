import Foundation
import Glibc

/// A proxy between the client and a store that changes certain words in what it carries: `DAMAGE-UP` on the way to the
/// store, `DAMAGE-ONCE` the first time only, `DAMAGE-DOWN` on the way back.
final class DamagingProxy: Sendable {
    let port: Int
    /// PEM file of the certificate for `localhost` that it shows; nil where it does not speak TLS.
    let certificate: String?
    private let server: ChildServer
    private let record: String?

    /// - Parameter records: whether it keeps what it carries to the store, for ``recorded()``.
    init(upstream: Int, isSecure: Bool = false, records: Bool = false) async throws {
        certificate = isSecure ? "/tmp/darkroom-certificate-\(UInt64.random(in: 0 ... .max)).pem" : nil
        record = records ? "/tmp/darkroom-record-\(UInt64.random(in: 0 ... .max))" : nil
        server = try ChildServer(
            ["/usr/bin/env", "python3", "-c", Self.script, "\(upstream)", certificate ?? "", record ?? ""])
        port = Int(try await server.line().filter(\.isNumber)) ?? 0
    }

    deinit { for path in [certificate, record] { if let path { unlink(path) } } }

    /// The text in what it carried to the store so far, of all connections as it came.
    func recorded() throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: record ?? "")), as: UTF8.self)
    }

    private static let script = #"""
        import asyncio, os, re, ssl, subprocess, sys, threading
        upstream, damaged, context = int(sys.argv[1]), [], None
        record = open(sys.argv[3], "wb", buffering=0) if sys.argv[3] else None
        if certificate := sys.argv[2]:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                 "-keyout", certificate + ".key", "-out", certificate], check=True, stderr=subprocess.DEVNULL)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, certificate + ".key")
            os.remove(certificate + ".key")

        def up(data):
            if record:
                record.write(re.sub(rb"[^ -~\r\n]+", b"", data))
            if b"DAMAGE-ONCE" in data and not damaged:
                damaged.append(True)
                data = data.replace(b"DAMAGE-ONCE", b"damage-once")
            return data.replace(b"DAMAGE-UP", b"damage-up")

        def down(data):
            return data.replace(b"DAMAGE-DOWN", b"damage-down")

        async def carry(reader, writer, change):
            try:
                while data := await reader.read(65536):
                    writer.write(change(data))
                    await writer.drain()
            finally:
                writer.close()

        async def serve(reader, writer):
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", upstream)
            await asyncio.gather(
                carry(reader, other_writer, up), carry(other_reader, writer, down), return_exceptions=True)

        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        asyncio.run(main())
        """#
}
