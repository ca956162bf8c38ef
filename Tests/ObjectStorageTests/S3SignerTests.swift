import Cryptography
import FoundationEssentials
import HTTPClient
import Testing

@testable import ObjectStorage

/// The worked examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
@Suite struct S3SignerTests {
    static let signer = S3Signer(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region: "us-east-1")
    static let date = UTCTime.date(extended: "2013-05-24T00:00:00Z")!
    static let emptyHash = Hex.encode(SHA256.hash([]))

    static func request(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], headers: [(String, String)] = []
    ) throws -> StorageRequest {
        let endpoint = try StorageEndpoint("https://examplebucket.s3.amazonaws.com")
        var request = StorageRequest(method, endpoint, path: path, query: query)
        request.headers = headers
        return request
    }

    static func signature(_ request: StorageRequest, _ payloadHash: String = emptyHash) -> String? {
        var request = request
        signer.sign(&request, payloadHash: payloadHash, at: date)
        return request["authorization"]?.split(separator: "Signature=").last.map(String.init)
    }

    @Test func `signs the GET of an object`() throws {
        var request = try Self.request(.get, "/test.txt", headers: [("range", "bytes=0-9")])
        Self.signer.sign(&request, payloadHash: Self.emptyHash, at: Self.date)
        #expect(
            request["authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func `signs the PUT of an object`() throws {
        let headers = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")]
        let request = try Self.request(.put, "/test$file.text", headers: headers)
        let hash = Hex.encode(SHA256.hash("Welcome to Amazon S3.".utf8))
        #expect(
            Self.signature(request, hash) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `signs a parameter without a value`() throws {
        let request = try Self.request(.get, "/", query: [("lifecycle", "")])
        #expect(Self.signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func `signs a list`() throws {
        let request = try Self.request(.get, "/", query: [("prefix", "J"), ("max-keys", "2")])
        #expect(Self.signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    /// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html.
    @Test func `signs chunks, and what follows them`() throws {
        let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: 65_536)
        var plain = Self.signer.chunkSigner(
            seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", at: Self.date)
        #expect(
            plain.sign(chunk: chunk) == "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
        #expect(
            plain.sign(chunk: Array(chunk.prefix(1024)))
                == "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497")
        #expect(plain.sign(chunk: []) == "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")
        var followed = Self.signer.chunkSigner(
            seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", at: Self.date)
        #expect(
            followed.sign(chunk: chunk) == "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2")
        _ = followed.sign(chunk: Array(chunk.prefix(1024)))
        #expect(followed.sign(chunk: []) == "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992")
        #expect(
            followed.sign(trailer: "x-amz-checksum-crc32c:sOO8/Q==\n")
                == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435")
    }

    @Test func `makes a presigned URL`() throws {
        let url = Self.signer.presignedURL(
            try Self.request(.get, "/test.txt"), expiry: .seconds(86400), at: Self.date)
        #expect(
            url == "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }
}
