import FoundationEssentials
import HTTPClient
import XML

/// Sends signed requests, tries again where that is safe, and turns refusals into errors.
struct StorageTransport: Sendable {
    let client: HTTPClient
    private static let attempts = 5
    private static let longestErrorBody = 64 << 10

    /// The longest pause that a busy service may ask for, in seconds; beyond it the caller is told at once.
    private static let longestPause = 30

    /// Sends what `make` builds; builds and signs anew for each attempt. A service that says when to come again
    /// (`Retry-After`) is not asked before.
    /// - Returns: a response with a status of 200 to 299.
    func send(
        _ call: StorageCall, _ make: (Date) -> StorageRequest
    ) async throws -> HTTPClient.Response {
        for attempt in 1... {
            var pause = Self.pause(after: attempt)
            do {
                let response = try await client.execute(Self.request(make(Date())))
                if response.isSuccess { return response }
                let error = await refusal(call, response)
                let isPassing = error.kind == .unavailable || error.kind == .damaged
                guard isPassing, attempt < Self.attempts else { throw error }
                // Nothing was done then.
                let isUndone = error.kind == .damaged || response.status == 503 || response.status == 429
                guard call.isRepeatable || isUndone else { throw error }
                if let seconds = response.headers["retry-after"].flatMap({ Int($0) }) {
                    guard seconds <= Self.longestPause else { throw error }
                    pause = max(pause, .seconds(seconds))
                }
            } catch let error as HTTPClientError {
                let isPassing =
                    error.kind != .invalidRequest && error.kind != .bodyUnavailable && error.kind != .shutDown
                guard isPassing, call.isRepeatable || error.wasNotSent, attempt < Self.attempts else {
                    let kind: ObjectStorageError.Kind = isPassing ? .unavailable : .invalidRequest
                    throw ObjectStorageError(kind, "\(error)", operation: call.operation, key: call.key)
                }
            }
            try await Task.sleep(for: pause)
        }
        fatalError("the last attempt returns or throws")
    }

    /// Reads the XML document of a successful response.
    func document(of response: HTTPClient.Response, _ call: StorageCall) async throws -> XMLElement {
        do {
            return try XMLElement(parsing: try await response.body.collect(upTo: 16 << 20))
        } catch let error as XMLError {
            throw ObjectStorageError(
                .invalidResponse, "the answer is not what the protocol says: \(error)", operation: call.operation,
                key: call.key, status: response.status)
        } catch let error as HTTPClientError {
            throw ObjectStorageError(.unavailable, "\(error)", operation: call.operation, key: call.key)
        }
    }

    /// Exponential, with full jitter: 0 to 100 ms, 200 ms, 400 ms, 800 ms.
    private static func pause(after attempt: Int) -> Duration {
        .milliseconds(Int.random(in: 0...(50 << attempt)))
    }

    private static func request(_ request: StorageRequest) -> HTTPClient.Request {
        var headers = HTTPHeaders()
        // libcurl sets the length itself, from the same body.
        for (name, value) in request.headers where name != "content-length" { headers.add(name, value) }
        let body: HTTPClient.RequestBody =
            switch request.body {
            case .none: .none
            case .bytes(let bytes): .bytes(bytes)
            case .file(let path): .file(path: path)
            case .chunks(let file): .stream(file, length: file.length)
            }
        return HTTPClient.Request(request.method, request.url, headers: headers, body: body)
    }

    private func refusal(_ call: StorageCall, _ response: HTTPClient.Response) async -> ObjectStorageError {
        var code = response.headers["x-ms-error-code"]
        var message: String?
        var region: String?
        // An error's body may be missing, cut or no XML at all; the status says enough then.
        if let bytes = try? await response.body.collect(upTo: Self.longestErrorBody),
            let document = try? XMLElement(parsing: bytes)
        {
            code = code ?? document["Code"]
            message = document["Message"]
            region = document["Region"]
        }
        let kind = StorageRefusal.kind(status: response.status, code: code)
        if kind == .invalidConfiguration, let region = response.headers["x-amz-bucket-region"] ?? region {
            message = "the bucket is in the region \(region): configure that one, and its endpoint"
        }
        return ObjectStorageError(
            kind, message ?? "refused", operation: call.operation, key: call.key, status: response.status, code: code)
    }
}
