/// One frame of the invocation protocol. PROTOCOL.md beside this code is the specification.
package enum Frame: Sendable, Hashable {
    // Handshake.
    case hello(Hello)
    case initialize(instance: String, limits: FrameLimits)
    case ready
    case initError(message: String, errors: [String])

    // Host to function.
    case invoke(Invocation)
    case cancel(id: String, reason: CancelReason)
    case drain

    // Function to host.
    /// Whole answer: `http` for a request, nil when a message, object event or tick is acknowledged.
    case result(id: String, http: HTTPHead?, body: FrameBody)
    case head(id: String, http: HTTPHead)
    case error(id: String, failure: Failure)
    /// `id` is nil outside an invocation.
    case log(id: String?, record: LogRecord)
    case progress(id: String, value: Double?, message: String?)
    case bye

    // Both ways: streamed bodies.
    case chunk(id: String, bytes: [UInt8])
    case end(id: String)
    case credit(id: String, bytes: Int)

    /// A frame of a type that this version does not know; it is ignored.
    case unknown(type: String)

    /// The version of the protocol.
    package static let protocolVersion = 1

    /// What a function says first.
    package struct Hello: Sendable, Hashable {
        package var protocolVersion: Int
        package var name: String
        package var build: String
        package var concurrency: Int
        package var streaming: Bool

        package init(
            protocolVersion: Int = Frame.protocolVersion, name: String, build: String, concurrency: Int,
            streaming: Bool = true
        ) {
            self.protocolVersion = protocolVersion
            self.name = name
            self.build = build
            self.concurrency = concurrency
            self.streaming = streaming
        }
    }

    /// The invocation it is about; nil for frames about the process.
    package var id: String? {
        switch self {
        case .invoke(let invocation): invocation.id
        case .cancel(let id, _), .result(let id, _, _), .head(let id, _), .error(let id, _), .progress(let id, _, _),
            .chunk(let id, _), .end(let id), .credit(let id, _):
            id
        case .log(let id, _): id
        case .hello, .initialize, .ready, .initError, .drain, .bye, .unknown: nil
        }
    }

    /// The `type` on the wire.
    package var type: String {
        switch self {
        case .hello: "hello"
        case .initialize: "init"
        case .ready: "ready"
        case .initError: "init_error"
        case .invoke: "invoke"
        case .cancel: "cancel"
        case .drain: "drain"
        case .result: "result"
        case .head: "head"
        case .error: "error"
        case .log: "log"
        case .progress: "progress"
        case .bye: "bye"
        case .chunk: "chunk"
        case .end: "end"
        case .credit: "credit"
        case .unknown(let type): type
        }
    }
}
