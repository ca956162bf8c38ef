import HTTPClient
import NIOCore

/// Takes what a copy wants from an address outside of this store.
struct OutsideSource: Sendable {
    struct Fetched: Sendable {
        let content: PendingContent
        /// The content properties that the source stated.
        let fields: FieldList
    }

    private static let names = [
        "content-type", "content-encoding", "content-language", "cache-control", "content-disposition",
    ]
    private let client = HTTPClient()

    /// - Parameters:
    ///   - headers: sent along: a range, conditions, an authorization.
    ///   - limit: the most bytes that are taken.
    /// - Throws: ``AzureError`` `CannotVerifyCopySource`, with what the source answered.
    func fetch(
        _ url: String, _ headers: [(name: String, value: String)], limit: Int64, into store: ObjectStore
    ) async throws -> Fetched {
        var request = HTTPClient.Request(.get, url, addresses: .any)
        for (name, value) in headers { request.headers.add(name, value) }
        do {
            let response = try await client.execute(request)
            let wanted = request.headers["range"] == nil ? 200 : 206
            guard response.status == wanted else { throw Self.refusal(response.status, wanted) }
            var writer = store.contentWriter()
            for try await bytes in response.body {
                try writer.write(ByteBuffer(bytes: bytes))
                if writer.size > limit { throw AzureError.tooLarge }
            }
            var fields = FieldList()
            for name in Self.names { fields[name] = response.headers[name] }
            return Fetched(content: try await writer.finish(), fields: fields)
        } catch let error as HTTPClientError {
            throw AzureError(400, "CannotVerifyCopySource", "The source could not be read: \(error.reason).")
        }
    }

    private static func refusal(_ status: Int, _ wanted: Int) -> AzureError {
        if status == 304 || status == 412 {
            return AzureError(412, "SourceConditionNotMet", "The source condition specified was not met.")
        }
        let told = status == 404 ? 404 : status == 401 || status == 403 ? 403 : 400
        return AzureError(
            told, "CannotVerifyCopySource", "The source answered with status \(status) in place of \(wanted).")
    }
}
