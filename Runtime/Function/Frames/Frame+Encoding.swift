internal import JSON

extension Frame {
    /// The raw bytes that follow the line.
    var payload: [UInt8]? {
        switch self {
        case .chunk(_, let bytes): bytes
        case .result(_, _, .bytes(let bytes)): bytes
        case .invoke(let invocation): invocation.payload
        default: nil
        }
    }

    /// Appends the line without its newline.
    func appendLine(to bytes: inout [UInt8]) {
        let taken = bytes
        bytes = []
        var line = FrameLine(into: taken)
        line.open()
        line.string("type", type)
        if let id { line.string("id", id) }
        members(to: &line)
        line.close()
        bytes = line.bytes
    }

    private func members(to line: inout FrameLine) {
        switch self {
        case .hello(let hello):
            line.integer("protocol", hello.protocolVersion)
            line.string("name", hello.name)
            line.string("build", hello.build)
            line.integer("concurrency", hello.concurrency)
            line.bool("streaming", hello.streaming)
        case .initialize(let instance, let limits):
            line.string("instance", instance)
            line.open("limits")
            line.integer("line", limits.line)
            line.integer("chunk", limits.chunk)
            line.integer("credit", limits.credit)
            line.close()
        case .initError(let message, let errors):
            line.string("message", message)
            line.json("errors", .array(errors.map(JSON.string)))
        case .invoke(let invocation): invocation.append(to: &line)
        case .cancel(_, let reason): line.string("reason", reason.rawValue)
        case .result(_, let http, let body): line.append(http, body)
        case .head(_, let http): line.append(http, .none)
        case .error(_, let failure): line.append(failure)
        case .log(_, let record):
            line.string("level", record.level.rawValue)
            line.string("message", record.message)
            if !record.fields.isEmpty { line.json("fields", .object(record.fields)) }
        case .progress(_, let value, let message):
            if let value { line.json("value", .number(value)) }
            if let message { line.string("message", message) }
        case .chunk(_, let bytes): line.integer("bytes", bytes.count)
        case .credit(_, let bytes): line.integer("bytes", bytes)
        case .ready, .drain, .bye, .end, .unknown: break
        }
    }
}

extension FrameLine {
    fileprivate mutating func append(_ http: HTTPHead?, _ body: FrameBody) {
        if case .bytes(let bytes) = body { integer("bytes", bytes.count) }
        guard let http else { return }
        open("http")
        integer("status", http.status)
        headers(http.headers)
        if case .text(let text) = body { string("body", text) }
        close()
    }

    fileprivate mutating func append(_ failure: Failure) {
        string("code", failure.code.rawValue)
        string("message", failure.message)
        switch failure.retry {
        case .never: string("retry", "never")
        case .backoff: string("retry", "backoff")
        case .after(let delay):
            open("retry")
            integer("after", delay.milliseconds)
            close()
        }
        if !failure.errors.isEmpty { json("errors", failure.errorsJSON) }
        if !failure.headers.isEmpty { headers(failure.headers) }
    }
}
