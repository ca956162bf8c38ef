import NIOCore
import NIOHTTP1

extension AzureCall {
    /// Many deletes or tier changes in one request, each with its own authorization and its own answer
    /// (https://learn.microsoft.com/rest/api/storageservices/blob-batch).
    func batch(_ perform: (HTTPRequest) async -> HTTPReply) async throws -> HTTPReply {
        let type = request.header("content-type") ?? ""
        guard type.lowercased().hasPrefix("multipart/mixed"), let equals = type.firstIndex(of: "=") else {
            throw AzureError.invalidHeader("Content-Type", type)
        }
        let boundary = type[type.index(after: equals)...].filter { $0 != "\"" }
        var body = ByteBuffer()
        while var bytes = try await request.body.next() {
            guard body.readableBytes + bytes.readableBytes <= 4 << 20 else { throw AzureError.tooLarge }
            body.writeBuffer(&bytes)
        }
        let parts = try Self.parts(String(buffer: body), boundary: boundary)
        guard (1...256).contains(parts.count) else {
            throw AzureError(
                400, "InvalidInput", "One of the request inputs is not valid: a batch holds 1 to 256 requests.")
        }
        let answerBoundary = "batchresponse_" + AzureResponder.requestID(request.id)
        var answer = ""
        for part in parts {
            var head = part.head
            if !head.headers.contains(name: "host"), let host = request.header("host") {
                head.headers.add(name: "host", value: host)
            }
            let inner = HTTPRequest(head: head, body: HTTPRequestBody(), peer: request.peer, id: RequestID.next())
            let reply =
                if let reason = refusal(of: inner) {
                    AzureError(400, "InvalidInput", "One of the request inputs is not valid: \(reason).")
                        .reply(requestID: AzureResponder.requestID(inner.id), isHead: false)
                } else {
                    await perform(inner)
                }
            answer += "--\(answerBoundary)\r\nContent-Type: application/http\r\n"
            if let id = part.contentID { answer += "Content-ID: \(id)\r\n" }
            let status = HTTPResponseStatus(statusCode: reply.status)
            answer += "\r\nHTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
            for (name, value) in reply.headers { answer += "\(name): \(value)\r\n" }
            if case .bytes(let bytes) = reply.body {
                answer += "Content-Length: \(bytes.readableBytes)\r\n\r\n" + String(buffer: bytes)
            } else {
                answer += "\r\n"
            }
            answer += "\r\n"
        }
        answer += "--\(answerBoundary)--\r\n"
        return HTTPReply(
            202, ["Content-Type": "multipart/mixed; boundary=\(answerBoundary)"],
            body: .bytes(ByteBuffer(string: answer)))
    }

    private func refusal(of inner: HTTPRequest) -> String? {
        if inner.method != "DELETE" && inner.parameter("comp") != "tier" {
            return "only deletes and tier changes can be batched"
        }
        guard !address.container.isEmpty, let other = try? AzureAddress(inner, accounts: options.accounts) else {
            return nil
        }
        return other.container == address.container && other.account == address.account
            ? nil : "a batch of a container is about its blobs"
    }

    private static func parts(
        _ text: String, boundary: String
    ) throws(AzureError) -> [(contentID: String?, head: HTTPRequestHead)] {
        var parts: [(contentID: String?, head: HTTPRequestHead)] = []
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let invalid = AzureError(400, "InvalidInput", "One of the request inputs is not valid.")
        while let line = lines.popFirst() {
            if line == "--\(boundary)--" { return parts }
            guard line == "--\(boundary)" else { continue }
            let outer = headers(&lines)
            guard let start = lines.popFirst() else { throw invalid }
            let words = start.split(separator: " ")
            guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { throw invalid }
            let head = HTTPRequestHead(
                version: .http1_1, method: HTTPMethod(rawValue: String(words[0])), uri: String(words[1]),
                headers: headers(&lines))
            parts.append((outer.first(name: "content-id"), head))
        }
        return parts
    }

    /// Takes header lines up to the empty one.
    private static func headers(_ lines: inout ArraySlice<Substring>) -> HTTPHeaders {
        var headers = HTTPHeaders()
        while let line = lines.popFirst(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.add(name: String(line[..<colon]), value: String(line[line.index(after: colon)...]).trimmingSpaces)
        }
        return headers
    }
}
