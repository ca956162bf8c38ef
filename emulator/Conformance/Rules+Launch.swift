internal import FunctionRuntime
internal import JSON

extension Rule {
    /// The three ways of running, and the handshake.
    static let launch: [Rule] = [
        Rule("--describe prints the same description again") { subject in
            let again = try await Conformance.describe(subject.path, subject.environment)
            guard again == subject.description else { throw Deviation("a second --describe differs from the first") }
            guard !again.triggers.isEmpty else { throw Deviation("it names no trigger") }
            return "\(again.name), build \(again.build), \(again.triggers.count) triggers"
        },
        Rule("one event on standard input is answered and the process exits") { subject in
            let status = try await oneShot(subject, subject.oneShotEvent.serialized)
            return "exit status \(status)"
        },
        Rule("a pretty-printed event is one event") { subject in
            let compact = try await oneShot(subject, subject.oneShotEvent.serialized)
            let pretty = try await oneShot(subject, subject.oneShotEvent.spread)
            guard compact == pretty else {
                throw Deviation("exit status \(compact) for one line, \(pretty) for several lines")
            }
            return "exit status \(pretty)"
        },
        Rule("no event is an error with a sentence") { subject in
            let child = try ChildFunction(subject.path, environment: subject.environment, frames: false)
            return try await onChild(child) { child in
                await child.closeInput()
                let seen = try await child.end()
                guard seen.status == 1 else { throw Deviation("exit status \(seen.status ?? 0); want 1") }
                guard !seen.standardError.isEmpty else { throw Deviation("standard error says nothing") }
                return String(seen.standardError.prefix(200))
            }
        },
        Rule("hello comes first and agrees with the description") { subject in
            try await onChild(try subject.launch()) { child in
                let hello = try await subject.greet(child)
                guard hello.protocolVersion == Frame.protocolVersion else {
                    throw Deviation("protocol \(hello.protocolVersion); want \(Frame.protocolVersion)")
                }
                let description = subject.description
                guard hello.name == description.name, hello.build == description.build,
                    hello.concurrency == description.limits.concurrency
                else { throw Deviation("hello says \(hello), the description \(description.json)") }
                return "\(hello.name), build \(hello.build), \(hello.concurrency) at once"
            }
        },
        Rule("nothing is sent between hello and init") { subject in
            try await onChild(try subject.launch()) { child in
                guard case .hello = try await child.frame("hello") else { throw Deviation("no hello") }
                do {
                    let early = try await child.frame("a frame before init", within: .milliseconds(300))
                    throw Deviation("a \(early.type) frame came before init")
                } catch let deviation as Deviation where deviation.detail.hasPrefix("no a frame before init") {
                    return "it waited"
                }
            }
        },
    ]

    private static func oneShot(_ subject: Subject, _ event: [UInt8]) async throws -> Int32 {
        let child = try ChildFunction(subject.path, environment: subject.environment, frames: false)
        defer { child.kill() }
        try child.send(event)
        await child.closeInput()
        let seen = try await child.end(within: .seconds(30))
        guard let status = seen.status, status == 0 || status == 1 else {
            throw Deviation("exit status \(seen.status ?? 0); want 0, or 1 for an error: \(child.standardError)")
        }
        return status
    }
}

extension Subject {
    /// The event of an invocation as one shot takes it: without type and id.
    fileprivate var oneShotEvent: JSON {
        let invocation = invocation("any")
        var event: JSONObject = [:]
        switch invocation.event {
        case .http(let http):
            event["http"] = [
                "method": .string(http.method.rawValue), "path": .string(http.path), "route": .string(http.route),
                "params": .object(JSONObject(http.parameters.map { ($0.key, .string($0.value)) })),
            ]
        case .queue(let message): event["queue"] = message.cloudEvent
        case .object(let object): event["object"] = object.cloudEvent
        case .timer(let tick): event["timer"] = ["schedule": .string(tick.schedule)]
        }
        return .object(event)
    }
}

extension JSON {
    /// The text with a newline after every bracket, comma and colon outside of strings.
    fileprivate var spread: [UInt8] {
        var bytes: [UInt8] = []
        var quoted = false
        var escaped = false
        for byte in serialized {
            bytes.append(byte)
            if escaped {
                escaped = false
            } else if quoted, byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                quoted.toggle()
            } else if !quoted, "{},:[]".utf8.contains(byte) {
                bytes += [0x0A, 0x20]
            }
        }
        return bytes
    }
}
