import Cryptography
import FoundationEssentials
import Testing

@testable import ObjectStorage

@Suite struct ConfigurationTests {
    @Test func `reads the portal's connection string`() throws {
        let text = "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=AAEC;EndpointSuffix=core.windows.net"
        let configuration = try AzureConfiguration(connectionString: text, container: "c")
        #expect(configuration.endpoint.description == "https://me.blob.core.windows.net")
        #expect(configuration.credential == .sharedKey([0, 1, 2]))
        #expect(!configuration.description.contains("AAEC"))
    }

    @Test func `reads an emulator's connection string, and the short form`() throws {
        let text =
            "AccountName=devstoreaccount1;AccountKey=\(AzureConfiguration.developmentKey);"
            + "BlobEndpoint=http://localhost:4000/devstoreaccount1/;"
        let configuration = try AzureConfiguration(connectionString: text, container: "c")
        #expect(configuration.endpoint.description == "http://localhost:4000/devstoreaccount1")
        let short = try AzureConfiguration(connectionString: "UseDevelopmentStorage=true", container: "c")
        #expect(short.endpoint.description == "http://127.0.0.1:10000/devstoreaccount1")
        #expect(short.credential == configuration.credential)
    }

    @Test func `reads a shared access signature`() throws {
        let text = "BlobEndpoint=https://me.blob.core.windows.net;SharedAccessSignature=?sv=1&sig=a%2Fb%3D"
        let configuration = try AzureConfiguration(connectionString: text, container: "c")
        #expect(configuration.credential == .sharedAccessSignature("sv=1&sig=a%2Fb%3D"))
    }

    @Test(arguments: [
        "", "nonsense", "AccountName=a", "AccountKey=AAEC", "AccountName=a;AccountKey=secret!",
        "BlobEndpoint=http://h;AccountKey=AAEC", "BlobEndpoint=ftp://h;AccountName=a;AccountKey=AAEC",
    ])
    func `says what a connection string lacks, and not what is in it`(text: String) throws {
        let error = try #require(throws: ObjectStorageError.self) {
            try AzureConfiguration(connectionString: text, container: "c")
        }
        #expect(error.kind == .invalidConfiguration)
        #expect(!error.description.contains("secret") && !error.description.contains("AAEC"))
    }

    @Test(arguments: [
        ("https://h", "https://h"), ("HTTPS://H:443/", "https://h"), ("http://h:80/a/b/", "http://h/a/b"),
        ("http://h:9000", "http://h:9000"),
    ])
    func `reads an endpoint`(text: String, expected: String) throws {
        #expect(try StorageEndpoint(text).description == expected)
    }

    @Test(arguments: ["", "h:9000", "ftp://h", "http://", "http://u:secret@h", "http://h?x=secret", "http:///x"])
    func `refuses what is no endpoint`(text: String) throws {
        let error = try #require(throws: ObjectStorageError.self) { try StorageEndpoint(text) }
        #expect(!error.description.contains("secret"))
    }

    @Test(arguments: [
        (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "20000229T123456Z", "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_369_353_600, "20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT"),
        (4_107_542_399, "21000228T235959Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (-1, "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `writes and reads times`(seconds: Int, basic: String, http: String) {
        let date = Date(timeIntervalSince1970: Double(seconds))
        #expect(UTCTime(date).basic == basic)
        #expect(UTCTime(date).http == http)
        #expect(UTCTime.date(http: http) == date)
        #expect(UTCTime.date(extended: UTCTime(date).extended) == date)
    }

    @Test(arguments: ["", "yesterday", "Thu, 01 Foo 1970 00:00:00 GMT", "1970-13-01T00:00:00Z", "1970-01-01 00:00:00"])
    func `reads nothing into what is no time`(text: String) {
        #expect(UTCTime.date(http: text) == nil)
        #expect(UTCTime.date(extended: text) == nil)
    }

    @Test(arguments: ["", "plain", "é", "a é b", " edges ", "=?x", "tab\tline\n", "😀"])
    func `carries any text in a header`(text: String) {
        let encoded = EncodedWord.encode(text)
        #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(EncodedWord.decode(encoded) == text)
    }

    @Test func `reads the encoded words of S3`() {
        #expect(EncodedWord.decode("=?UTF-8?Q?caf=C3=A9_au?= x") == "café au x")
        #expect(EncodedWord.decode("=?UTF-8?B?***?=") == "=?UTF-8?B?***?=")
    }

    @Test(arguments: [
        ("=?utf-8?b?w6k=?= =?utf-8?q?_=C3=A8?=", "é è"), ("=?UTF-8?Q?=C3=A9?=\t =?UTF-8?Q?=C3=A8?=", "éè"),
        ("a  =?UTF-8?Q?=C3=A9?=  b", "a  é  b"), ("=?UTF-8*fr?Q?=C3=A9?=", "é"), ("=?ISO-8859-1?Q?=E9?=", "é"),
        ("=?UTF-8?Q?=C3?=", "=?UTF-8?Q?=C3?="), ("=?UTF-8?Q?=C?=", "=?UTF-8?Q?=C?="),
        ("=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="), ("=?KOI8-R?Q?abc?=", "=?KOI8-R?Q?abc?="),
        ("=?UTF-8?Q?=C3=A9?= =?UTF-8?Q?=C3?=", "é =?UTF-8?Q?=C3?="), ("what =? this", "what =? this"),
    ])
    func `joins encoded words and takes wrong ones literally`(text: String, meaning: String) {
        #expect(EncodedWord.decode(text) == meaning)
    }

    @Test(arguments: [
        ("a-b", true, false), ("a_b", true, true), ("1a", true, false), ("a b", false, false), ("é", false, false),
        ("", false, false), ("a:b", false, false),
    ])
    func `knows which metadata names a vendor takes`(name: String, s3: Bool, azure: Bool) {
        #expect(((try? MetadataRules.s3.headers([name: "x"])) != nil) == s3)
        #expect(((try? MetadataRules.azure.headers([name: "x"])) != nil) == azure)
    }

    @Test func `refuses more metadata than a vendor takes`() {
        let metadata = ["a": String(repeating: "x", count: 3000)]
        #expect(throws: ObjectStorageError.self) { try MetadataRules.s3.headers(metadata) }
        #expect(throws: Never.self) { try MetadataRules.azure.headers(metadata) }
    }

    @Test(
        arguments: [
            (404, "NoSuchKey", ObjectStorageError.Kind.notFound), (404, "NoSuchBucket", .containerNotFound),
            (404, nil, .notFound),
            (409, "BlobAlreadyExists", .preconditionFailed), (412, nil, .preconditionFailed),
            (403, "AccessDenied", .accessDenied),
            (409, "BucketAlreadyExists", .conflict), (503, "SlowDown", .unavailable), (500, nil, .unavailable),
            (400, "EntityTooLarge", .tooLarge), (400, "InvalidArgument", .invalidRequest),
            (416, nil, .rangeNotSatisfiable),
            (302, nil, .invalidResponse),
        ] as [(Int, String?, ObjectStorageError.Kind)])
    func `understands refusals`(status: Int, code: String?, kind: ObjectStorageError.Kind) {
        #expect(StorageRefusal.kind(status: status, code: code) == kind)
    }
}
