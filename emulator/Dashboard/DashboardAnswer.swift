import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore

/// What the dashboard answers to one request.
enum DashboardAnswer: Sendable {
    case json(JSON, status: HTTPResponse.Status = .ok)
    case page([UInt8])
    /// Log lines as server-sent events, until the client goes.
    case lines(AsyncStream<LogLine>, function: String?)

    /// A refusal as problem details (RFC 9457).
    static func problem(_ status: HTTPResponse.Status, _ detail: String) -> DashboardAnswer {
        .json(
            [
                "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(Int64(status.code)),
                "detail": .string(detail),
            ], status: status)
    }

    /// The HTTP response.
    var response: Response {
        switch self {
        case .json(let json, let status):
            let type = status.code >= 400 ? "application/problem+json" : "application/json"
            return Response(
                status: status, headers: [.contentType: type, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.serialized)))
        case .page(let bytes):
            let policy =
                "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
                + "connect-src 'self'; frame-ancestors 'none'"
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .contentSecurityPolicy: policy,
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .lines(let lines, let function):
            let body = ResponseBody { writer in
                try await writer.write(ByteBuffer(string: ": log lines\n\n"))
                for await line in lines where line.concerns(function) {
                    try await writer.write(ByteBuffer(string: "id: \(line.sequence)\ndata: \(line.json.text)\n\n"))
                }
                try await writer.finish(nil)
            }
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
        }
    }
}
