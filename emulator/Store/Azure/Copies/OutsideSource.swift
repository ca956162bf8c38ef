import HTTPClient
import NIOCore

/// Takes what a copy wants from an address outside of this store.
struct OutsideSource: Sendable {
    /// A source that answered; its bytes are still to come.
    struct Opened: Sendable {
        /// The content properties that the source stated.
        let fields: FieldList
        /// Bytes, where the source said.
        let size: Int64?
        let body: HTTPClient.ResponseBody
    }

    private static let names = [
        "content-type", "content-encoding", "content-language", "cache-control", "content-disposition",
    ]
    private let client = HTTPClient()

    /// - Parameter headers: sent along: a range, conditions, an authorization.
    /// - Throws: ``AzureError`` `CannotVerifyCopySource`, with what the source answered.
    func open(_ url: String, _ headers: [(name: String, value: String)]) async throws -> Opened {
        var request = HTTPClient.Request(.get, url, addresses: .any)
        for (name, value) in headers { request.headers.add(name, value) }
        do {
            let response = try await client.execute(request)
            let wanted = request.headers["range"] == nil ? 200 : 206
            guard response.status == wanted else { throw Self.refusal(response.status, wanted) }
            var fields = FieldList()
            for name in Self.names { fields[name] = response.headers[name] }
            let size = response.headers["content-length"].flatMap { Int64($0) }
            return Opened(fields: fields, size: size, body: response.body)
        } catch let error as HTTPClientError {
            throw Self.unreadable(error)
        }
    }

    /// Takes the rest of an answer.
    ///
    /// - Parameter limit: the most bytes that are taken.
    func receive(
        _ opened: Opened, limit: Int64, into store: ObjectStore, key: CustomerKey?
    ) async throws -> ReceivedContent {
        do {
            var writer = SealedWriter(store, key)
            for try await bytes in opened.body {
                try writer.write(ByteBuffer(bytes: bytes))
                if writer.size > limit { throw AzureError.tooLarge }
            }
            let (content, md5) = try await writer.finish()
            return ReceivedContent(content: content, md5: md5, crc64: nil)
        } catch let error as HTTPClientError {
            throw Self.unreadable(error)
        }
    }

    private static func unreadable(_ error: HTTPClientError) -> AzureError {
        AzureError(400, "CannotVerifyCopySource", "The source could not be read: \(error.reason).")
    }

    private static func refusal(_ status: Int, _ wanted: Int) -> AzureError {
        if status == 304 || status == 412 {
            return AzureError(412, "CannotVerifyCopySource", AzureError.conditionNotMet.message)
        }
        let told = status == 404 ? 404 : status == 401 || status == 403 ? 403 : 400
        return AzureError(
            told, "CannotVerifyCopySource", "The source answered with status \(status) in place of \(wanted).")
    }
}
