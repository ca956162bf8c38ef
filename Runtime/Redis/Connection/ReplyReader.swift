internal import CHiredis

/// Bytes in, replies out: hiredis' reader.
struct ReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = redisReaderCreate() else { preconditionFailure("there is no memory for a reply reader") }
        self.reader = reader
    }

    deinit {
        redisReaderFree(reader)
    }

    /// Adds what came from the socket.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        let status = redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        guard status == REDIS_OK else { throw failure }
    }

    /// The next whole reply, nil when more bytes are needed.
    func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisValue(reply.assumingMemoryBound(to: redisReply.self))
    }

    private var failure: RedisError {
        // errstr is a C array, imported as a tuple; it is zero-terminated.
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .connectionLost("the server does not speak the Redis protocol (\(text))")
    }
}

extension RedisValue {
    fileprivate init(_ reply: UnsafePointer<redisReply>) {
        let text = UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: self = .bytes(Array(text))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_ERROR:
            let words = String(decoding: text, as: UTF8.self).split(separator: " ", maxSplits: 1)
            self = .error(
                .server(code: String(words.first ?? "ERR"), message: words.count > 1 ? String(words[1]) : ""))
        case REDIS_REPLY_ARRAY:
            self = .array(
                (0..<reply.pointee.elements).map { index in
                    reply.pointee.element[index].map { RedisValue($0) } ?? .null
                })
        default: self = .null
        }
    }
}
