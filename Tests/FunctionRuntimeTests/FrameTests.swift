import FoundationEssentials
import FunctionRuntime
import JSON
import Testing

struct FrameTests {
    private static let time = Date(timeIntervalSince1970: 1_795_202_551.123)
    private static let http = HTTPEvent(
        method: .post, path: "/a%20b/1", route: "/{name}/{id}", parameters: ["name": "a b", "id": "1"],
        query: ["q": ["x", "y\u{2028}"], "one": ["1"]], headers: ["accept": "a", "Accept": "b", "x": "1"],
        client: "::1", body: .text("{\"a\":\"\u{2029}\n\"}"))
    private static let object = StoredObject(
        id: "e-1", event: .deleted, time: time, store: "azure", bucket: "b", key: "uploads/ü.png", size: 3, etag: "x",
        contentType: "image/png", metadata: ["prompt": "a cat"])

    static let frames: [Frame] = [
        .hello(.init(name: "F", build: "b1", concurrency: 3, streaming: false)),
        .initialize(instance: "F-1", limits: FrameLimits(line: 1, chunk: 2, credit: 3)), .ready,
        .initError(message: "no", errors: ["A is missing", "B \"x\""]), .drain, .bye,
        .invoke(Invocation(id: "1", event: .http(http), deadline: time, remaining: .milliseconds(1500), attempt: 2)),
        .invoke(
            Invocation(
                id: "2", event: .http(HTTPEvent(method: .put, path: "/", route: "/", body: .bytes([0, 10, 255]))),
                traceparent: "00-a-b-01")),
        .invoke(Invocation(id: "3", event: .http(HTTPEvent(method: .get, path: "/", route: "/", body: .stream)))),
        .invoke(
            Invocation(
                id: "4",
                event: .queue(Message(id: "m", queue: "q", attempt: 3, enqueuedAt: time, body: ["jobId": "1"])),
                attempt: 3)),
        .invoke(Invocation(id: "5", event: .object(object))),
        .invoke(Invocation(id: "6", event: .timer(Tick(schedule: "every 5s", due: time)))),
        .cancel(id: "1", reason: .clientGone), .result(id: "1", http: nil, body: .none),
        .result(id: "1", http: HTTPHead(status: 204), body: .none),
        .result(
            id: "1", http: HTTPHead(status: 200, headers: ["set-cookie": "a", "Set-Cookie": "b"]), body: .text("é")),
        .result(id: "1", http: HTTPHead(status: 200), body: .bytes(Array("{\"type\":\"x\"}\n".utf8))),
        .head(id: "1", http: HTTPHead(status: 206, headers: ["a": "b"])), .chunk(id: "1", bytes: [10, 13, 0]),
        .chunk(id: "1", bytes: []), .end(id: "1"), .credit(id: "1", bytes: 4096),
        .error(id: "1", failure: .invalid([FieldError("a.b", "is missing"), FieldError("c", "must be a number")])),
        .error(id: "1", failure: .limited(retryAfter: .milliseconds(1500))),
        .error(id: "1", failure: .upstream("later", retry: .backoff)),
        .log(id: "1", record: LogRecord(level: .warning, message: "m\n", fields: ["n": 1])),
        .log(id: nil, record: LogRecord(level: .info, message: "outside")),
        .progress(id: "1", value: 0.25, message: "a quarter"), .progress(id: "1", value: nil, message: nil),
    ]

    @Test(arguments: frames)
    func `every frame survives the wire`(frame: Frame) throws {
        var reader = FrameReader()
        reader.append(try frame.encoded())
        #expect(try reader.next() == frame)
        #expect(try reader.next() == nil)
        try reader.finish()
    }

    @Test func `frames may come byte by byte`() throws {
        var reader = FrameReader()
        var read: [Frame] = []
        for byte in try Self.frames.flatMap({ try $0.encoded() }) {
            reader.append([byte])
            while let frame = try reader.next() { read.append(frame) }
        }
        #expect(read == Self.frames)
    }

    @Test(arguments: [2, 7, 100, 1000])
    func `frames may come in pieces of any size`(size: Int) throws {
        let bytes = try Self.frames.flatMap { try $0.encoded() }
        var reader = FrameReader()
        var read: [Frame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(bytes[start..<min(start + size, bytes.count)])
            while let frame = try reader.next() { read.append(frame) }
        }
        #expect(read == Self.frames)
    }

    @Test func `each frame is one line, with its raw bytes after it`() throws {
        for frame in Self.frames {
            let bytes = try frame.encoded()
            let newline = try #require(bytes.firstIndex(of: 0x0A))
            let line = try JSON(parsing: bytes[..<newline])
            #expect(line["type"] == .string(frame.type))
            let raw = frame.type == "credit" ? 0 : line["bytes"]?.int ?? 0
            #expect(bytes.count == newline + 1 + raw)
        }
    }

    @Test func `unknown types and keys are passed over, with their raw bytes`() throws {
        var reader = FrameReader()
        reader.append(
            Array("{\"type\":\"later\",\"id\":\"1\",\"bytes\":3}\n{\n}{\"type\":\"ready\",\"new\":[]}\r\n".utf8))
        #expect(try reader.next() == .unknown(type: "later"))
        #expect(try reader.next() == .ready)
    }

    @Test func `a line may have 262,144 bytes and no more`() throws {
        let frame = #"{"type":"ready"}"#
        for (extra, fits) in [(0, true), (1, false)] {
            var reader = FrameReader()
            let space = String(repeating: " ", count: 262_144 - frame.utf8.count + extra)
            reader.append(Array((frame + space + "\n").utf8))
            if fits {
                #expect(try reader.next() == .ready)
            } else {
                #expect(throws: FrameError.lineTooLong(limit: 262_144)) { try reader.next() }
            }
        }
    }

    @Test func `a line that never ends is refused while it comes`() throws {
        var reader = FrameReader()
        reader.append([UInt8](repeating: 0x20, count: 262_144))
        #expect(try reader.next() == nil)
        reader.append([0x20])
        #expect(throws: FrameError.lineTooLong(limit: 262_144)) { try reader.next() }
    }

    @Test func `a frame may have 1 MiB of raw bytes and no more`() throws {
        let whole = Frame.chunk(id: "1", bytes: [UInt8](repeating: 7, count: 1_048_576))
        var reader = FrameReader()
        reader.append(try whole.encoded())
        #expect(try reader.next() == whole)
        reader.append(Array("{\"type\":\"chunk\",\"id\":\"1\",\"bytes\":1048577}\n".utf8))
        #expect(throws: FrameError.chunkTooLong(bytes: 1_048_577, limit: 1_048_576)) { try reader.next() }
        let over = Frame.chunk(id: "1", bytes: [UInt8](repeating: 7, count: 1_048_577))
        #expect(throws: FrameError.chunkTooLong(bytes: 1_048_577, limit: 1_048_576)) { try over.encoded() }
    }

    @Test func `a frame that is too long leaves what was written before`() throws {
        var writer = FrameWriter()
        try writer.write(.ready)
        let before = writer.bytes
        let long = Frame.head(
            id: "1", http: HTTPHead(status: 200, headers: ["x": String(repeating: "x", count: 262_144)]))
        #expect(throws: FrameError.lineTooLong(limit: 262_144)) { try writer.write(long) }
        #expect(writer.bytes == before)
    }

    @Test(arguments: ["Loading model...", "", "[]", "{}", "{\"type\":1}", "{\"type\":\"ready\"", "12"])
    func `a line that is no frame is quoted`(line: String) throws {
        var reader = FrameReader()
        reader.append(Array("\(line)\n{\"type\":\"ready\"}\n".utf8))
        let error = #expect(throws: FrameError.self) { try reader.next() }
        guard case .notAFrame(line, _) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(error?.description.contains("\"\(line)\"") == true)
        #expect(try reader.next() == .ready)
    }

    @Test(
        arguments: [
            (#"{"type":"invoke","id":"7"}"#, "7", "has none"),
            (#"{"type":"invoke","id":"7","http":{"path":"/"}}"#, "7", "method is missing"),
            (#"{"type":"invoke","id":"7","http":{"method":"BREW","path":"/"}}"#, "7", "http.method must be one of"),
            (#"{"type":"invoke","http":{"method":"GET","path":"/"}}"#, nil, "id is missing"),
            (#"{"type":"end","id":""}"#, "", "1 to 64 characters"),
            (#"{"type":"head","id":"7","http":{"status":99}}"#, "7", "http.status"),
            (#"{"type":"credit","id":"7","bytes":-1}"#, "7", "bytes must be"),
            (#"{"type":"chunk","id":"7","bytes":-1}"#, "7", "bytes must be"),
            (#"{"type":"result","id":"7","http":{"status":200,"headers":{"a":[1]}}}"#, "7", "headers.a"),
        ] as [(String, String?, String)])
    func `a frame that lacks something says what, and whose it is`(line: String, id: String?, reason: String) {
        var reader = FrameReader()
        reader.append(Array("\(line)\n".utf8))
        let error = #expect(throws: FrameError.self) { try reader.next() }
        guard case .malformed(_, id, let why) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(why.contains(reason))
    }

    @Test func `input that ends within a frame is noticed`() throws {
        for bytes in [
            try Frame.ready.encoded().dropLast(), try Frame.chunk(id: "1", bytes: [1, 2]).encoded().dropLast(),
        ] {
            var reader = FrameReader()
            reader.append(bytes)
            #expect(try reader.next() == nil)
            #expect(throws: FrameError.self) { try reader.finish() }
        }
    }

    @Test func `messages and object events are CloudEvents`() throws {
        for frame in Self.frames {
            guard case .invoke(let invocation) = frame else { continue }
            let line = try JSON(parsing: frame.encoded().prefix { $0 != 0x0A })
            guard let event = line["queue"] ?? line["object"] else { continue }
            #expect(event["specversion"] == "1.0", "\(invocation.id)")
            for name in ["id", "source", "type", "time", "datacontenttype"] { #expect(event[name]?.string != nil) }
        }
    }
}
