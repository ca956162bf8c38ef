import Foundation
import HTTPClient
import Testing

@testable import ObjectStorage

/// When a request is sent again, and when it must not be.
@Suite(.timeLimit(.minutes(2))) struct RetryTests {
    private typealias Answer = ScriptedServer.Answer
    private static let stored = Answer(headers: ["ETag": "\"e\""])
    private static let attempts = 5

    private static func storage(
        _ answers: [Answer], partSize: Int = 8 << 20
    ) async throws -> (ObjectStorage, ScriptedServer) {
        let server = try await ScriptedServer(answers)
        let configuration = try S3Configuration(
            endpoint: server.endpoint, bucket: "b", accessKeyID: "key", secretAccessKey: "secret")
        return (ObjectStorage(.s3(configuration), client: HTTPClient(), partSize: partSize), server)
    }

    private static func count(
        _ answers: [Answer], _ body: (ObjectStorage) async throws -> Void
    ) async throws -> (requests: Int, error: ObjectStorageError?) {
        let (storage, server) = try await storage(answers)
        var failure: ObjectStorageError?
        do { try await body(storage) } catch let error as ObjectStorageError { failure = error }
        return (try await server.requests().count, failure)
    }

    @Test(arguments: [500, 502, 503, 504, 429, 0])
    func `what changes nothing the second time is sent until it succeeds`(status: Int) async throws {
        let answers = [Answer(status: status), Answer(status: status), Self.stored]
        let (requests, error) = try await Self.count(answers) { try await $0.put("a", .bytes([1])) }
        #expect(requests == 3 && error == nil)
    }

    @Test(arguments: [503, 0]) func `and given up in the end`(status: Int) async throws {
        let (requests, error) = try await Self.count([Answer(status: status)]) { _ = try await $0.head("a") }
        #expect(requests == Self.attempts && error?.kind == .unavailable)
    }

    /// The first one may have been carried out though its answer was lost; the second would then meet what it wrote.
    @Test(arguments: [500, 502, 504, 0])
    func `what must not overwrite is sent once where nobody knows what became of it`(status: Int) async throws {
        let (requests, error) = try await Self.count([Answer(status: status), Self.stored]) {
            try await $0.put("a", .bytes([1]), PutOptions(condition: .ifMissing))
        }
        #expect(requests == 1 && error?.kind == .unavailable)
    }

    @Test(arguments: [503, 429]) func `and again where it was not carried out`(status: Int) async throws {
        let (requests, error) = try await Self.count([Answer(status: status), Self.stored]) {
            try await $0.put("a", .bytes([1]), PutOptions(condition: .ifMatches("e")))
        }
        #expect(requests == 2 && error == nil)
    }

    @Test(arguments: [
        (400, ObjectStorageError.Kind.invalidRequest), (403, .accessDenied), (404, .notFound), (409, .conflict),
        (412, .preconditionFailed), (501, .invalidRequest),
    ])
    func `what is refused is not sent again`(status: Int, kind: ObjectStorageError.Kind) async throws {
        let (requests, error) = try await Self.count([Answer(status: status)]) { _ = try await $0.get("a") }
        #expect(requests == 1 && error?.kind == kind)
    }

    @Test func `completing an upload is sent once, and its parts are freed`() async throws {
        let begun = Answer(
            body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
        let (storage, server) = try await Self.storage(
            [begun, Self.stored, Self.stored, Answer(status: 500), Answer(status: 204)], partSize: 2)
        let kind = try await S3RoundTripTests.kind {
            try await storage.put(
                "a",
                .stream(
                    AsyncStream {
                        $0.yield([1, 2, 3]); $0.finish()
                    }))
        }
        #expect(kind == .unavailable)
        #expect(try await server.requests().map(\.method) == ["POST", "PUT", "PUT", "POST", "DELETE"])
    }

    @Test func `a service that says when to come again is not asked before`() async throws {
        let (storage, server) = try await Self.storage([
            Answer(status: 503, headers: ["Retry-After": "1"]), Self.stored,
        ])
        try await storage.put("a", .bytes([1]))
        let times = try await server.requests().map(\.time)
        #expect(times.count == 2 && times[1] - times[0] >= 1)
    }

    @Test func `a service that wants to be left alone for long is`() async throws {
        let answers = [Answer(status: 503, headers: ["Retry-After": "3600"])]
        let (requests, error) = try await Self.count(answers) { try await $0.put("a", .bytes([1])) }
        #expect(requests == 1 && error?.kind == .unavailable)
    }

    @Test(arguments: [
        Answer(status: 301, headers: ["x-amz-bucket-region": "eu-west-1", "content-length": "0"]),
        Answer(
            status: 400,
            body:
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>"
        ),
        Answer(
            status: 307, headers: ["x-amz-bucket-region": "eu-west-1", "Location": "http://127.0.0.1:1/"],
            body: "<Error><Code>TemporaryRedirect</Code></Error>"),
    ])
    private func `a bucket of another region is named as what it is, and nobody is followed`(
        answer: Answer
    ) async throws {
        let (requests, error) = try await Self.count([answer]) { _ = try await $0.get("a") }
        #expect(requests == 1 && error?.kind == .invalidConfiguration)
        #expect(error?.message.contains("region eu-west-1") == true)
    }

    @Test func `an error that comes after the answer has begun is one`() async throws {
        let answer = Answer(body: "<Error><Code>InternalError</Code><Message>late</Message></Error>")
        let (requests, error) = try await Self.count([answer]) { try await $0.copy("a", to: "b") }
        #expect(requests == 1 && error?.kind == .unavailable && error?.message == "late")
    }

    @Test(arguments: ["", "{}", "<a>"]) func `what is no document is said to be none`(body: String) async throws {
        let (_, error) = try await Self.count([Answer(body: body)]) { try await $0.copy("a", to: "b") }
        #expect(error?.kind == .invalidResponse)
    }
}
