import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import NIOCore

/// Brings each request to its stand-in, and the answer on its way as the knobs have it.
struct StandInRouter: Sendable {
    let state: StandInState
    let standIns: [any StandIn]
    let logger: Logger

    /// The largest body a stand-in takes: what OpenAI's edits allow for one picture, with room for its form.
    private static let bodyLimit = 64 << 20

    /// Answers one request.
    ///
    /// - Throws: to have the connection closed.
    @concurrent func respond(to request: Request, _ writer: consuming ResponseWriter) async throws {
        let (response, delivery) = await answer(request)
        if delivery.isLost { throw ConnectionDropped() }
        var head = HTTPResponse(status: response.status, headerFields: response.headers)
        switch response.body {
        case .bytes(let bytes) where !delivery.isTruncated && delivery.duration == .zero:
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .bytes(let bytes):
            head.headerFields[.contentLength] = String(bytes.count)
            var body: any ResponseBodyWriter = try await writer.writeHead(head)
            try await Self.send(bytes, delivery, &body)
            try await body.finish(nil)
        case .stream(let write):
            var stream = StreamWriter(try await writer.writeHead(head), delivery)
            try await write(&stream)
            try await stream.finish()
        }
    }

    /// Who takes a WebSocket that this request asks for.
    func socket(for request: HTTPRequest) -> StandInSocket.Handler? {
        guard let (standIn, path) = find(request.path ?? "/"),
            let call = try? call(standIn, request, path, body: [])
        else { return nil }
        return standIn.socket(for: call)
    }

    /// Sends a body over its time, in ten pieces, or half of it.
    @concurrent private static func send(
        _ bytes: [UInt8], _ delivery: Delivery, _ body: inout any ResponseBodyWriter
    ) async throws {
        let kept = delivery.isTruncated ? bytes.count / 2 : bytes.count
        let size = max(1, bytes.count / 10)
        for start in stride(from: 0, to: kept, by: size) {
            if delivery.duration > .zero { try await Task.sleep(for: delivery.duration / 10) }
            try await body.write(ByteBuffer(bytes: bytes[start..<min(start + size, kept)]))
        }
        if delivery.isTruncated { throw ConnectionDropped() }
    }

    private func answer(_ request: Request) async -> (StandInResponse, Delivery) {
        do {
            let body = Array(buffer: try await request.body.collect(upTo: Self.bodyLimit))
            let path = request.uri.path.split(separator: "/").map(String.init(percentEncoded:))
            guard let first = path.first else {
                return (.json(["stand_ins": .array(standIns.map { .string($0.name) })]), Delivery())
            }
            if first == "_stand-in" {
                let controls = StandInControls(state: state, names: standIns.map(\.name))
                return (try controls.respond(request.method, Array(path.dropFirst()), body), Delivery())
            }
            guard let (standIn, rest) = find(request.head.path ?? "/") else {
                let known = standIns.map { "/\($0.name)" }.joined(separator: ", ")
                let error = "There is no stand-in at /\(first). There are: \(known)."
                return (.json(["error": .string(error)], status: .notFound), Delivery())
            }
            let call = try call(standIn, request.head, rest, body: body)
            let response = try await standIn.respond(to: call)
            return (response, response.delivery ?? state.delivery(call))
        } catch is NIOTooManyBytesError {
            let error = "The body has more than \(Self.bodyLimit) bytes."
            return (.json(["error": .string(error)], status: .contentTooLarge), Delivery())
        } catch let error as StandInError {
            return (.json(["error": .string(error.description)], status: .badRequest), Delivery())
        } catch let error as JSONError {
            return (.json(["error": .string("The settings are not JSON: \(error)")], status: .badRequest), Delivery())
        } catch {
            logger.error("A stand-in failed: \(error)")
            return (.json(["error": .string("\(error)")], status: .internalServerError), Delivery())
        }
    }

    /// The stand-in that a path leads to, and the path below it.
    private func find(_ target: String) -> (any StandIn, path: [String])? {
        let path = URI(target).path.split(separator: "/").map(String.init(percentEncoded:))
        guard let standIn = standIns.first(where: { $0.name == path.first }) else { return nil }
        return (standIn, Array(path.dropFirst()))
    }

    private func call(
        _ standIn: any StandIn, _ head: HTTPRequest, _ path: [String], body: [UInt8]
    ) throws -> StandInRequest {
        var knobs = try state.knobs.knobs(of: standIn.name)
        if let header = head.headerFields[.standIn] { try knobs.apply(JSON(parsing: Array(header.utf8))) }
        let query = URI(head.path ?? "/").queryParameters.map { ($0.key.description, $0.value.description) }
        return StandInRequest(
            provider: standIn.name, method: head.method, path: path,
            query: Dictionary(query, uniquingKeysWith: { _, last in last }), headers: head.headerFields, body: body,
            base: "\(head.scheme ?? "http")://\(head.authority ?? "localhost")/\(standIn.name)", knobs: knobs)
    }
}
