import FunctionRuntime
import NIOCore
import NIOHTTP1

/// Writes the answer to one request: a function's, whole or streamed, or a problem of the host's own.
struct HTTPAnswerWriter {
    let exchange: HTTPExchange
    let options: HTTPOptions
    let trace: TraceParent
    let channel: any Channel

    /// - Throws: `InvocationFailure` when the answer cannot be sent as it is and nothing has been written yet.
    func write(_ answer: InvocationAnswer, id: String? = nil) async throws(InvocationFailure) {
        var headers = HTTPHeaders()
        headers.reserveCapacity(answer.headers.count + 8)
        for field in answer.headers where !HopByHop.contains(field.name) {
            guard Self.isToken(field.name), Self.isFieldValue(field.value) else {
                throw .function(
                    .upstream("the function answered with a header \"\(field.name)\" that HTTP does not allow"))
            }
            headers.add(name: field.name, value: field.value)
        }
        guard (200...599).contains(answer.status) else {
            throw .function(
                .upstream("the function answered with status \(answer.status), which is no final HTTP status"))
        }
        if let id { headers.add(name: "x-invocation-id", value: id) }
        if !answer.build.isEmpty { headers.add(name: "x-function-build", value: answer.build) }
        let status = HTTPResponseStatus(statusCode: answer.status)
        switch answer.body {
        case .whole(let bytes): send(status, headers, bytes)
        case .stream(let stream): await send(status, headers, stream)
        }
    }

    /// A problem as `application/problem+json`.
    func write(_ problem: ProblemDetails, id: String? = nil) async throws {
        var headers: HTTPHeaders = ["content-type": Failure.problemType, "cache-control": "no-store"]
        for field in problem.headers where Self.isToken(field.name) && Self.isFieldValue(field.value) {
            headers.replaceOrAdd(name: field.name, value: field.value)
        }
        if let id { headers.add(name: "x-invocation-id", value: id) }
        send(HTTPResponseStatus(statusCode: problem.status), headers, problem.body(traceId: trace.traceId))
    }

    /// `OPTIONS` where no function takes it: what is allowed, also to browsers of other origins (the Fetch standard's CORS
    /// protocol).
    func writeOptions(allowed: [String]) async throws {
        var headers: HTTPHeaders = ["allow": allowed.joined(separator: ", ")]
        if allowedOrigin != nil, exchange.head.headers.contains(name: "access-control-request-method") {
            headers.add(name: "access-control-allow-methods", value: allowed.joined(separator: ", "))
            if let asked = exchange.head.headers.first(name: "access-control-request-headers") {
                headers.add(name: "access-control-allow-headers", value: asked)
            }
            headers.add(name: "access-control-max-age", value: "600")
        }
        send(.noContent, headers, [])
    }

    // MARK: Sending

    private func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        var headers = headers
        let isBodiless = status == .noContent || status == .notModified
        if !isBodiless {
            // For HEAD a function may know the length of a body that it does not send.
            if exchange.head.method != .HEAD || !headers.contains(name: "content-length") {
                headers.replaceOrAdd(name: "content-length", value: String(body.count))
            }
        } else {
            headers.remove(name: "content-length")
        }
        addCommon(&headers)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        let hasBody = !body.isEmpty && !isBodiless && exchange.head.method != .HEAD
        channel.writeAndFlush(
            HTTPOutput.whole(head, hasBody ? channel.allocator.buffer(bytes: body) : nil), promise: nil)
    }

    /// Each piece is flushed before the next is asked for: a client that does not read thereby stops the function.
    private func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ stream: AnswerStream) async {
        var headers = headers
        addCommon(&headers)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        if exchange.head.method == .HEAD {
            stream.cancel(.user)
            channel.writeAndFlush(HTTPOutput.whole(head, nil), promise: nil)
            return
        }
        do {
            try await channel.writeAndFlush(HTTPOutput.head(head)).get()
            while let bytes = try await stream.next() {
                try await channel.writeAndFlush(HTTPOutput.chunk(channel.allocator.buffer(bytes: bytes))).get()
            }
            try await channel.writeAndFlush(HTTPOutput.end).get()
        } catch {
            // Half an answer cannot be taken back: a connection that ends without the last chunk says that it is cut short.
            stream.cancel(.clientGone)
            channel.close(promise: nil)
        }
    }

    private func addCommon(_ headers: inout HTTPHeaders) {
        if let origin = allowedOrigin {
            headers.replaceOrAdd(name: "access-control-allow-origin", value: origin)
            headers.add(name: "vary", value: "origin")
        }
        guard options.securityHeaders else { return }
        setDefault(&headers, "x-content-type-options", "nosniff")
        setDefault(&headers, "referrer-policy", "no-referrer")
        setDefault(&headers, "x-frame-options", "DENY")
    }

    private func setDefault(_ headers: inout HTTPHeaders, _ name: String, _ value: String) {
        if !headers.contains(name: name) { headers.add(name: name, value: value) }
    }

    private var allowedOrigin: String? {
        if options.allowedOrigins.isEmpty { return nil }
        guard let origin = exchange.head.headers.first(name: "origin") else { return nil }
        return options.allowedOrigins.contains(origin) || options.allowedOrigins.contains("*") ? origin : nil
    }

    // MARK: What a header may be (RFC 9110, sections 5.1 and 5.5)

    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 94...122, 124, 126, 33, 35...39, 42, 43, 45, 46: true
                default: false
                }
            }
    }

    static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }
}
