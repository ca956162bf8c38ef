import Cryptography
import FoundationEssentials
import HTTPClient
import Testing
import XML

@testable import ObjectStorage

/// What objects are compared with when they are read: checksums of any kind, of the whole and of parts.
@Suite(.serialized, .timeLimit(.minutes(3))) struct VerificationTests {
    private static let word = Array("a DAMAGE-DOWN b".utf8)
    private static let part = [UInt8](repeating: 7, count: 5 << 20)

    /// A bucket of our store behind a proxy that damages what it brings.
    private static func dialect(_ store: OwnStore) async throws -> (S3Dialect, DamagingProxy) {
        let proxy = try await DamagingProxy(upstream: store.port(.s3))
        guard case .s3(let configuration) = try OwnStore.configuration(.s3, "http://127.0.0.1:\(proxy.port)") else {
            preconditionFailure()
        }
        let dialect = S3Dialect(configuration, client: HTTPClient())
        try await dialect.createContainer()
        return (dialect, proxy)
    }

    private static func digest(_ checksum: ObjectChecksum, _ bytes: [UInt8]) -> String {
        var hash = checksum.hash
        hash.update(bytes)
        return Base64.encode(hash.finalize())
    }

    /// Stores two parts with checksums of a kind, as another client would.
    private static func putInParts(
        _ dialect: S3Dialect, _ key: String, _ parts: [[UInt8]], _ checksum: ObjectChecksum, isComposite: Bool
    ) async throws {
        let call = StorageCall("put", key)
        var begin = dialect.request(.post, key, query: [("uploads", "")])
        begin.set("x-amz-checksum-algorithm", checksum.rawValue.uppercased())
        begin.set("x-amz-checksum-type", isComposite ? "COMPOSITE" : "FULL_OBJECT")
        let begun = try await dialect.transport.document(of: dialect.send(call, begin), call)
        let upload = try #require(begun["UploadId"])
        var xml = XMLWriter()
        var tags: [String] = []
        for (index, bytes) in parts.enumerated() {
            var request = dialect.request(.put, key, query: [("partNumber", "\(index + 1)"), ("uploadId", upload)])
            request.set(checksum.header, digest(checksum, bytes))
            request.body = .bytes(bytes)
            tags.append(try await dialect.send(call, request).headers["etag"] ?? "")
        }
        xml.element("CompleteMultipartUpload") { xml in
            for (index, bytes) in parts.enumerated() {
                xml.element("Part") { xml in
                    xml.element("PartNumber", index + 1)
                    xml.element("ETag", tags[index])
                    xml.element(checksum.element, digest(checksum, bytes))
                }
            }
        }
        var complete = dialect.request(.post, key, query: [("uploadId", upload)])
        complete.body = .bytes(xml.bytes)
        _ = try await dialect.result(of: dialect.send(call, complete), call)
    }

    private static func expectDamage(_ dialect: S3Dialect, _ key: String) async throws {
        #expect(
            try await S3RoundTripTests.kind { for try await _ in try await dialect.get(key, range: nil).body {} }
                == .damaged)
    }

    @Test(arguments: ObjectChecksum.allCases)
    func `an object is compared with the checksum that another client gave it`(checksum: ObjectChecksum) async throws {
        let store = try await OwnStore()
        let (dialect, proxy) = try await Self.dialect(store)
        for (key, bytes) in [("damaged", Self.word), ("whole", Array("a b".utf8))] {
            var request = dialect.request(.put, key)
            request.set(checksum.header, Self.digest(checksum, bytes))
            request.body = .bytes(bytes)
            let answer = try await dialect.send(StorageCall("put", key), request)
            #expect(answer.headers[checksum.header] == Self.digest(checksum, bytes))
        }
        #expect(try await dialect.get("whole", range: nil).body.collect(upTo: 10) == Array("a b".utf8))
        try await Self.expectDamage(dialect, "damaged")
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(
        arguments: [
            (.sha256, true), (.sha1, true), (.crc32, true), (.crc32c, true), (.crc32, false), (.crc32c, false),
            (.crc64nvme, false),
        ] as [(ObjectChecksum, Bool)])
    func `an object in parts of any size is compared with theirs, or as a whole`(
        checksum: ObjectChecksum, isComposite: Bool
    ) async throws {
        let store = try await OwnStore()
        let (dialect, proxy) = try await Self.dialect(store)
        // Without optimization a CRC over megabytes takes its time.
        let isFast = checksum == .sha256 || checksum == .sha1
        let whole = isFast ? [Self.part, Self.part + [1], [2, 3]] : [[1, 2, 3]]
        try await Self.putInParts(dialect, "whole", whole, checksum, isComposite: isComposite)
        let body = try await dialect.get("whole", range: nil).body
        #expect(body.verification != nil)
        #expect(try await body.collect(upTo: 20 << 20) == whole.flatMap { $0 })
        for damaged in isFast ? [[Self.part + Self.word, [1]], [Self.part, Self.word]] : [[Self.word]] {
            try await Self.putInParts(dialect, "damaged", damaged, checksum, isComposite: isComposite)
            try await Self.expectDamage(dialect, "damaged")
        }
        withExtendedLifetime((store, proxy)) {}
    }

    @Test func `a part that arrives damaged ends the download where it ends`() throws {
        let pieces = [[1, 2], [], [3], [4, 5, 6]].map { (bytes: [UInt8]) in
            ContentVerification.Piece(length: bytes.count, digest: SHA256.hash(bytes))
        }
        for step in 1...7 {
            var verification = ContentVerification("k", pieces, SHA256())
            let bytes: [UInt8] = [1, 2, 3, 4, 5, 6]
            for start in stride(from: 0, to: 6, by: step) {
                try verification.update(Array(bytes[start..<min(start + step, 6)]))
            }
            try verification.finish()
        }
        var early = ContentVerification("k", pieces, SHA256())
        try early.update([1, 9])
        #expect(throws: ObjectStorageError.self) { try early.update([3]) }
        var short = ContentVerification("k", pieces, SHA256())
        try short.update([1, 2, 3, 4, 5])
        #expect(throws: ObjectStorageError.self) { try short.finish() }
        var long = ContentVerification("k", pieces, SHA256())
        #expect(throws: ObjectStorageError.self) { try long.update([1, 2, 3, 4, 5, 6, 7]) }
    }

    /// moto tells no parts, and many others do not know the question.
    @Test func `where a store does not tell the parts, an object in parts is read all the same`() async throws {
        let storage = try await S3RoundTripTests.storage(partSize: 5 << 20)
        let bytes = Self.part + [1]
        try await storage.put("s", .bytes(bytes))
        try await storage.put(
            "s",
            .stream(
                AsyncStream {
                    $0.yield(bytes); $0.finish()
                }))
        #expect(try await storage.head("s").etag.hasSuffix("-2"))
        #expect(try await storage.get("s").body.collect(upTo: 10 << 20) == bytes)
        let error = "<Error><Code>NotImplemented</Code><Message>m</Message></Error>"
        let server = try await ScriptedServer([
            .init(headers: ["ETag": "\"e-2\"", "x-amz-checksum-sha256": Self.digest(.sha256, []) + "-2"], body: "abc"),
            .init(status: 501, body: error),
        ])
        let configuration = try S3Configuration(
            endpoint: server.endpoint, bucket: "b", accessKeyID: "key", secretAccessKey: "secret")
        let other = ObjectStorage(.s3(configuration), client: HTTPClient())
        #expect(try await other.get("a").body.collect(upTo: 10) == Array("abc".utf8))
        #expect(try await server.requests().map(\.path) == ["/b/a", "/b/a?attributes="])
    }

    /// The parts of "abc" in pages, as a store tells them; the object's own answer says `header` and brings `body`.
    private static func server(
        _ header: String, _ body: String, tag: String = "e-2", sizes: [Int] = [1, 2], nextMarker: String = "1"
    ) async throws -> (ObjectStorage, ScriptedServer) {
        var answers = [
            ScriptedServer.Answer(headers: ["ETag": "\"e-2\"", "x-amz-checksum-sha256": header], body: body)
        ]
        for (index, text) in ["a", "bc"].enumerated() {
            answers.append(
                .init(
                    body: """
                        <GetObjectAttributesResponse><ETag>\(tag)</ETag><ObjectParts>
                        <IsTruncated>\(index == 0)</IsTruncated><NextPartNumberMarker>\(nextMarker)</NextPartNumberMarker>
                        <Part><PartNumber>\(index + 1)</PartNumber><Size>\(sizes[index])</Size>
                        <ChecksumSHA256>\(digest(.sha256, Array(text.utf8)))</ChecksumSHA256></Part></ObjectParts>
                        </GetObjectAttributesResponse>
                        """))
        }
        let server = try await ScriptedServer(answers)
        let configuration = try S3Configuration(
            endpoint: server.endpoint, bucket: "b", accessKeyID: "key", secretAccessKey: "secret")
        return (ObjectStorage(.s3(configuration), client: HTTPClient()), server)
    }

    private static let composite = digest(.sha256, SHA256.hash("a".utf8) + SHA256.hash("bc".utf8))

    @Test func `parts are asked for page by page`() async throws {
        let (storage, server) = try await Self.server(Self.composite + "-2", "abc")
        #expect(try await storage.get("a").body.collect(upTo: 10) == Array("abc".utf8))
        #expect(try await server.requests().map(\.path) == ["/b/a", "/b/a?attributes=", "/b/a?attributes="])
        let (other, _) = try await Self.server(Self.composite + "-2", "abd")
        #expect(try await S3RoundTripTests.kind { _ = try await other.get("a").body.collect(upTo: 10) } == .damaged)
    }

    /// Parts of another object than the one that comes would make it look damaged.
    @Test func `parts are compared with only where they are this object's`() async throws {
        let servers = [
            try await Self.server(Self.composite + "-2", "abd", tag: "other-2"),
            try await Self.server(Self.composite + "-2", "abd", sizes: [1, 3]),
            try await Self.server(Self.composite + "-3", "abd"),
            try await Self.server(Self.digest(.sha256, []) + "-2", "abd"),
            try await Self.server(Self.composite + "-2", "abd", nextMarker: "0"),
        ]
        for (storage, _) in servers { #expect(try await storage.get("a").body.verification == nil) }
    }

    @Test func `a range of a blob is compared with its own checksum`() async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(.azure)
        try await storage.put("a", .bytes(Self.word))
        #expect(try await storage.get("a", range: 0..<5).body.collect(upTo: 10) == Array("a DAM".utf8))
        let kind = try await S3RoundTripTests.kind {
            _ = try await storage.get("a", range: 1..<15).body.collect(upTo: 100)
        }
        #expect(kind == .damaged)
        // The service makes no checksum of more than 4 MiB.
        try await storage.put("long", .bytes(Self.part))
        #expect(
            try await storage.get("long", range: 0..<(4 << 20) + 1).body.collect(upTo: 5 << 20).count == (4 << 20) + 1)
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `completing an upload tells the checksums of what was sent`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let proxy = try await DamagingProxy(upstream: store.port(dialect), records: true)
        let storage = ObjectStorage(
            try OwnStore.configuration(dialect, "http://127.0.0.1:\(proxy.port)"), client: HTTPClient(),
            partSize: 5 << 20)
        try await storage.createContainerIfMissing()
        try await storage.put(
            "s",
            .stream(
                AsyncStream {
                    $0.yield(Self.part + [1, 2, 3]); $0.finish()
                }))
        let sent = try proxy.recorded()
        switch dialect {
        case .s3:
            for bytes in [Self.part, [1, 2, 3]] {
                #expect(sent.contains("<ChecksumSHA256>\(Self.digest(.sha256, bytes))</ChecksumSHA256>"))
                #expect(sent.contains("x-amz-checksum-sha256: \(Self.digest(.sha256, bytes))"))
            }
        case .azure:
            #expect(sent.contains("x-ms-blob-content-md5: \(Base64.encode(MD5.hash(Self.part + [1, 2, 3])))"))
            let list = try #require(sent.firstRange(of: "<?xml"))
            let end = try #require(sent.firstRange(of: "</BlockList>"))
            let document = sent[list.lowerBound..<end.upperBound]
            #expect(sent.contains("content-md5: \(Base64.encode(MD5.hash(document.utf8)))"))
            for bytes in [Self.part, [1, 2, 3]] {
                #expect(sent.contains("content-md5: \(Base64.encode(MD5.hash(bytes)))"))
            }
        }
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `bytes and files that are long are sent in parts`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let proxy = try await DamagingProxy(upstream: store.port(dialect), records: true)
        let storage = ObjectStorage(
            try OwnStore.configuration(dialect, "http://127.0.0.1:\(proxy.port)"), client: HTTPClient(),
            partSize: 5 << 20, partsThreshold: 6 << 20)
        try await storage.createContainerIfMissing()
        let bytes = Self.part + Self.part + [1, 2, 3]
        let path = "/tmp/darkroom-\(UInt64.random(in: 0 ... .max))"
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let options = PutOptions(contentType: "x/y", metadata: ["k": "v"])
        for (key, body) in [("bytes", ObjectBody.bytes(bytes)), ("file", .file(path: path))] {
            try await storage.put(key, body, options)
            let download = try await storage.get(key)
            #expect(download.info.contentType == "x/y" && download.info.metadata == ["k": "v"])
            #expect(try await download.body.collect(upTo: 20 << 20) == bytes)
        }
        try await storage.put("short", .bytes(Array(bytes.prefix(6 << 20))))
        let count =
            try proxy.recorded().split(separator: dialect == .s3 ? "partNumber=3&" : "comp=block HTTP").count - 1
        #expect(count == (dialect == .s3 ? 2 : 6))
        withExtendedLifetime((store, proxy)) {}
    }
}
