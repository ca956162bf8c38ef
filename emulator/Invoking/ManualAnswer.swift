import FoundationEssentials
import FunctionRuntime
import Hosting
import JSON

/// The answer of a function that was called by hand, as JSON.
enum ManualAnswer {
    /// The longest body that is shown; the rest of a longer one is left out.
    private static let limit = 8 * 1024 * 1024

    /// Status, headers and body; a body that is no text is in `bodyBase64`.
    ///
    /// - Throws: `InvocationFailure` when a streamed answer breaks off.
    static func json(_ answer: InvocationAnswer) async throws -> JSON {
        var object: JSONObject = [
            "status": .integer(Int64(answer.status)), "instance": .string(answer.instance),
            "build": .string(answer.build),
        ]
        object["headers"] = .array(answer.headers.map { .array([.string($0.name), .string($0.value)]) })
        let bytes = try await body(answer.body)
        if let text = String(validating: bytes, as: UTF8.self) {
            object["body"] = .string(text)
        } else {
            object["bodyBase64"] = .string(Data(bytes).base64EncodedString())
        }
        return .object(object)
    }

    private static func body(_ body: InvocationAnswer.Body) async throws -> [UInt8] {
        switch body {
        case .whole(let bytes): return bytes
        case .stream(let stream):
            var bytes: [UInt8] = []
            for try await chunk in stream {
                bytes += chunk
                if bytes.count > limit { break }
            }
            return Array(bytes.prefix(limit))
        }
    }
}
