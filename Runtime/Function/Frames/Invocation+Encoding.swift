internal import JSON

extension Invocation {
    /// The raw bytes that follow the line.
    var payload: [UInt8]? {
        if case .http(let event) = event, case .bytes(let bytes) = event.body { bytes } else { nil }
    }

    func append(to line: inout FrameLine) {
        line.string("trigger", event.kind)
        if let deadline { line.string("deadline", RFC3339.string(from: deadline)) }
        if let remaining { line.integer("remaining", remaining.milliseconds) }
        if let traceparent { line.string("traceparent", traceparent) }
        line.integer("attempt", attempt)
        switch event {
        case .http(let event): append(event, to: &line)
        case .queue(let message): line.json("queue", message.cloudEvent)
        case .object(let object): line.json("object", object.cloudEvent)
        case .timer(let tick):
            line.json("timer", ["schedule": .string(tick.schedule), "due": .string(RFC3339.string(from: tick.due))])
        }
    }

    private func append(_ event: HTTPEvent, to line: inout FrameLine) {
        switch event.body {
        case .none, .text: break
        case .bytes(let bytes): line.integer("bytes", bytes.count)
        case .stream: line.bool("stream", true)
        }
        line.open("http")
        line.string("method", event.method.rawValue)
        line.string("path", event.path)
        line.string("route", event.route)
        line.values("params", event.parameters.map { ($0.key, [$0.value]) })
        line.values("query", event.query.map { ($0.key, $0.value) })
        line.headers(event.headers)
        line.string("client", event.client)
        if case .text(let text) = event.body { line.string("body", text) }
        line.close()
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
