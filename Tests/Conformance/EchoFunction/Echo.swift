import FunctionRuntime

/// A whole answer or a streamed one.
enum Echo: Answer {
    case bytes([UInt8], String?)
    case stream(count: Int)

    static func text(_ text: String) -> Echo { .bytes(Array(text.utf8), "text/plain") }

    static var schema: Schema { Schema() }

    func write(to reply: Reply) async throws {
        switch self {
        case .bytes(let bytes, let type):
            try await Response.raw(bytes, type: type ?? "application/octet-stream").write(to: reply)
        case .stream(let count):
            try await Response.stream(type: "application/octet-stream") { writer in
                var left = count
                while left > 0 {
                    try await writer.write([UInt8](repeating: UInt8(ascii: "."), count: min(left, 65_536)))
                    left -= min(left, 65_536)
                }
            }.write(to: reply)
        }
    }
}
