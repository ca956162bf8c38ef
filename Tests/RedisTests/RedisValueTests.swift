import Testing

@testable import Redis

struct RedisValueTests {
    @Test(
        arguments: [
            (RedisValue.integer(7), "7", 7, 7.0), (.bytes(Array("12".utf8)), "12", 12, 12.0),
            (.bytes(Array("1.5".utf8)), "1.5", nil, 1.5), (.status("OK"), "OK", nil, nil), (.null, nil, nil, nil),
            (.array([]), nil, nil, nil),
        ] as [(RedisValue, String?, Int64?, Double?)])
    func `reads a reply as text and as a number`(value: RedisValue, text: String?, integer: Int64?, double: Double?) {
        #expect(value.string == text)
        #expect(value.integer == integer)
        #expect(value.double == double)
    }

    @Test func `reads names and values`() {
        let value = RedisValue.array([.bytes([97]), .integer(1), .bytes([98]), .null])
        #expect(value.dictionary == ["a": .integer(1), "b": .null])
        #expect(RedisValue.array([.bytes([97])]).dictionary == nil)
    }

    @Test func `throws when a reply is of another kind, or an error`() {
        #expect(throws: RedisError.unexpectedReply("null")) { try RedisValue.null.expect(\.integer) }
        let error = RedisError.server(code: "ERR", message: "no")
        #expect(throws: error) { try RedisValue.error(error).expect(\.integer) }
    }

    @Test func `writes words, numbers, bytes and arrays as bulk strings`() {
        var output: [UInt8] = []
        RedisCommand("SET", "ключ", 5, [0, 13, 10] as [UInt8], ["a", "b"], "").write(to: &output)
        let expected = "*7\r\n$3\r\nSET\r\n$8\r\nключ\r\n$1\r\n5\r\n$3\r\n\0\r\n\r\n$1\r\na\r\n$1\r\nb\r\n$0\r\n\r\n"
        #expect(String(decoding: output, as: UTF8.self) == expected)
    }

    @Test func `reads replies that come in pieces`() throws {
        let text = Array("*3\r\n:1\r\n$2\r\nab\r\n*1\r\n$-1\r\n+OK\r\n-WRONGTYPE not so\r\n".utf8)
        let reader = ReplyReader()
        var replies: [RedisValue] = []
        for byte in text {
            try withUnsafeBytes(of: byte) { try reader.feed($0) }
            while let reply = try reader.next() { replies.append(reply) }
        }
        #expect(
            replies == [
                .array([.integer(1), .bytes([97, 98]), .array([.null])]), .status("OK"),
                .error(.server(code: "WRONGTYPE", message: "not so")),
            ])
    }

    @Test func `refuses what is not the Redis protocol`() throws {
        let reader = ReplyReader()
        let error = #expect(throws: RedisError.self) {
            try Array("HTTP/1.1 400 Bad Request\r\n".utf8).withUnsafeBytes { try reader.feed($0) }
            _ = try reader.next()
        }
        #expect("\(error!)".contains("does not speak the Redis protocol"))
    }

    @Test func `waits longer after each failure to connect, up to a second`() {
        var backoff = ReconnectBackoff()
        let waits = (0..<8).map { _ in backoff.next { _ in 0 } }
        #expect(waits.map { $0 / .milliseconds(1) } == [50, 100, 200, 400, 800, 1000, 1000, 1000])
        backoff.reset()
        #expect(backoff.next { _ in 0.5 } == .milliseconds(25))
    }

    @Test func `keeps the order of a queue while its storage is compacted`() {
        var fifo = FIFO<Int>()
        var out: [Int] = []
        for round in 0..<50 {
            fifo.append(contentsOf: Array(round * 100..<round * 100 + 100))
            for _ in 0..<70 { out.append(fifo.removeFirst()!) }
        }
        #expect(out + fifo.removeAll() == Array(0..<5000))
        #expect(fifo.isEmpty && fifo.first == nil)
    }
}
