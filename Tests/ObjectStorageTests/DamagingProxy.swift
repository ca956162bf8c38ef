/// A proxy between the client and a store that changes certain words in what it carries: `DAMAGE-UP` on the way to the
/// store, `DAMAGE-ONCE` the first time only, `DAMAGE-DOWN` on the way back.
struct DamagingProxy {
    let port: Int
    private let server: ChildServer

    init(upstream: Int) async throws {
        server = try ChildServer(["/usr/bin/env", "python3", "-c", Self.script, "\(upstream)"])
        port = Int(try await server.line().filter(\.isNumber)) ?? 0
    }

    private static let script = """
        import asyncio, os, sys, threading
        upstream, damaged = int(sys.argv[1]), []

        def up(data):
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
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        asyncio.run(main())
        """
}
