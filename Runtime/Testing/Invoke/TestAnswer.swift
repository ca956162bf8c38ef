package import FunctionRuntime
package import JSON

/// What a function answered in a test.
package struct TestAnswer: Sendable, Hashable {
    /// One report of progress.
    package struct Progress: Sendable, Hashable {
        package let value: Double?
        package let message: String?

        package init(value: Double?, message: String?) {
            self.value = value
            self.message = message
        }
    }

    /// Status and header fields; nil for messages, object events and ticks, and for failures.
    package internal(set) var head: HTTPHead?
    /// The whole body, streamed or not.
    package internal(set) var body: [UInt8] = []
    /// Why it failed; nil when it did not.
    package internal(set) var failure: Failure?
    /// Whether the body was streamed.
    package internal(set) var isStreamed = false
    package internal(set) var progress: [Progress] = []

    /// The status of the response, or the one that the failure becomes.
    package var status: Int? { head?.status ?? failure?.code.status }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    ///
    /// - Throws: `JSONError` when it is none.
    package func json() throws -> JSON { try JSON(parsing: body) }

    mutating func take(_ frame: Frame) {
        switch frame {
        case .result(_, let head, let body):
            self.head = head
            self.body = body.bytes ?? []
        case .head(_, let head):
            self.head = head
            isStreamed = true
        case .chunk(_, let bytes): body += bytes
        case .error(_, let failure): self.failure = failure
        case .progress(_, let value, let message): progress.append(Progress(value: value, message: message))
        default: break
        }
    }
}
