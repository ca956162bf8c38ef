internal import FunctionRuntime

extension Rule {
    /// Bodies: raw, streamed, and the credit that keeps them from filling memory.
    static let bodies: [Rule] = [
        .serving("raw bytes after a line are a body, whatever they are") { subject, child in
            let bytes = Array("{\"type\":\"drain\"}\n\0\r\n".utf8) + (0...255).map { UInt8($0) }
            return try await echo(subject, child, .bytes(bytes)) ? "they came back" : "it answered"
        },
        .serving("a body of 1 MiB is taken") { subject, child in
            let bytes = (0..<FrameLimits.standard.chunk).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            return try await echo(subject, child, .bytes(bytes)) ? "it came back" : "it answered"
        },
        .serving("a streamed body is taken, within its credit") { subject, child in
            let echoes = (try? subject.request("one", path: "/echo", body: .stream)) != nil
            let request = try subject.request("one", path: echoes ? "/echo" : nil, body: .stream)
            let body = (0..<4 * Subject.limits.credit).map { UInt8(truncatingIfNeeded: $0 &* 17 >> 2) }
            let answer = try await stream(body, request, child)
            guard let answer else { return "it answered without reading all of the body" }
            guard !echoes || answer.body == body else {
                throw Deviation("/echo answered \(answer.body.count) bytes, not the \(body.count) it was sent")
            }
            return echoes ? "\(body.count) bytes came back" : "it answered"
        },
        .serving("a streamed answer keeps to its credit") { subject, child in
            try child.send(.invoke(subject.request("one", path: "/stream")))
            var sent = 0
            while sent < Subject.limits.credit {
                switch try await child.frame("a chunk of /stream") {
                case .head: continue
                case .chunk(_, let bytes): sent += bytes.count
                case let other: throw Deviation("instead of a chunk, a \(other.type) frame")
                }
            }
            guard sent == Subject.limits.credit else {
                throw Deviation("\(sent) bytes with \(Subject.limits.credit) of credit")
            }
            try await quiet(child, "though its credit is spent")
            try child.send(.invoke(subject.invocation("other")))
            let other = try await child.frame("answer to another id")
            guard other.id == "other" else { throw Deviation("a \(other.type) frame for one, beyond its credit") }
            if case .head = other { _ = try await child.reception("other") }
            try child.send(.cancel(id: "one", reason: .clientGone))
            _ = try await rest(of: "one", child)
            return "it stopped at \(sent) bytes, and others went on"
        },
        .serving("a streamed answer is whole") { subject, child in
            try child.send(.invoke(subject.request("one", path: "/stream")))
            let answer = try await child.reception("one")
            guard answer.failure == nil, answer.head != nil else { throw Deviation("/stream failed") }
            return "\(answer.body.count) bytes"
        },
    ]

    /// Streams a body as its credit allows; nil when the answer came before the end of the body.
    private static func stream(
        _ body: [UInt8], _ request: Invocation, _ child: ChildFunction
    ) async throws -> Reception? {
        try child.send(.invoke(request))
        var credit = Subject.limits.credit
        var sent = 0
        while sent < body.count {
            while credit == 0 {
                let frame = try await child.frame("credit for the body")
                switch frame {
                case .credit(_, let bytes): credit += bytes
                case .result, .error: return nil
                case .head:
                    _ = try await rest(of: request.id, child)
                    return nil
                default: throw Deviation("instead of credit, a \(frame.type) frame")
                }
            }
            let count = min(credit, 10_000, body.count - sent)
            try child.send(.chunk(id: request.id, bytes: Array(body[sent..<sent + count])))
            sent += count
            credit -= count
        }
        try child.send(.end(id: request.id))
        return try await child.reception(request.id)
    }

    /// Reads until the id is finished, whatever it sends.
    static func rest(of id: String, _ child: ChildFunction) async throws -> Frame {
        while true {
            let frame = try await child.frame("the end of \(id)")
            guard frame.id == id else { throw Deviation("a \(frame.type) frame that nobody waits for") }
            switch frame {
            case .result, .error, .end: return frame
            case .chunk(_, let bytes): try child.send(.credit(id: id, bytes: bytes.count))
            default: continue
            }
        }
    }

    /// Sees that nothing comes for a moment.
    private static func quiet(_ child: ChildFunction, _ though: String) async throws {
        do {
            let frame = try await child.frame("silence", within: .milliseconds(200))
            throw Deviation("a \(frame.type) frame came \(though)")
        } catch let deviation as Deviation where deviation.detail.hasPrefix("no silence") {
            return
        }
    }
}
