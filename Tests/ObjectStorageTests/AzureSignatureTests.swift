import Cryptography
import FoundationEssentials
import HTTPClient
import Testing

@testable import ObjectStorage

@Suite struct AzureSignatureTests {
    static let key = Base64.decode(AzureConfiguration.developmentKey)!

    /// The example of https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key; its signature is
    /// by azure-storage-blob 12 with the emulator's key.
    @Test func `signs the documented request`() throws {
        let endpoint = try StorageEndpoint("https://myaccount.blob.core.windows.net")
        let query = [("timeout", "20"), ("restype", "container"), ("comp", "metadata")]
        var request = StorageRequest(.get, endpoint, path: "/mycontainer", query: query)
        request.headers = [("x-ms-version", "2015-02-21"), ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT")]
        let signer = AzureSharedKey(account: "myaccount", key: Self.key)
        #expect(
            signer.stringToSign(request)
                == "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
                + "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20")
        signer.sign(&request)
        #expect(
            request["authorization"] == "SharedKey myaccount:1u9lui2jDxj0+fpbHjQ5m5NnastJRSYM+PSmfi8TXx4=")
    }

    @Test func `puts every header in its line, and an emulator's account twice`() throws {
        let endpoint = try StorageEndpoint("http://127.0.0.1:10000/devstoreaccount1")
        var request = StorageRequest(.put, endpoint, path: "/pictures/a b")
        request.headers = [
            ("content-length", "11"), ("content-type", "text/plain"), ("if-none-match", "*"), ("range", "bytes=0-1"),
            ("x-ms-meta-a0", "2"), ("x-ms-meta-a_b", "1"),
        ]
        #expect(
            AzureSharedKey(account: "devstoreaccount1", key: Self.key).stringToSign(request)
                == "PUT\n\n\n11\n\ntext/plain\n\n\n\n*\n\nbytes=0-1\nx-ms-meta-a_b:1\nx-ms-meta-a0:2\n"
                + "/devstoreaccount1/devstoreaccount1/pictures/a%20b")
    }

    @Test func `leaves out a length of zero`() throws {
        var request = StorageRequest(.put, try StorageEndpoint("https://a.blob.core.windows.net"), path: "/c")
        request.headers = [("content-length", "0")]
        #expect(AzureSharedKey(account: "a", key: Self.key).stringToSign(request) == "PUT\n\n\n\n\n\n\n\n\n\n\n\n/a/c")
    }

    static let expires = UTCTime.date(extended: "2024-05-06T07:08:09Z")!

    /// Signatures made by azure-storage-blob 12 for the same parameters.
    @Test(arguments: [
        (
            AzureSharedAccessSignature(
                permissions: "r", expires: expires, allowsOnlyHTTPS: false, cacheControl: "no-store",
                contentDisposition: "attachment; filename=\"x.png\"", contentType: "image/png"),
            "r\n\n2024-05-06T07:08:09Z\n/blob/devstoreaccount1/pictures/a b/é.png\n\n\n\n2021-12-02\nb\n\n\n"
                + "no-store\nattachment; filename=\"x.png\"\n\n\nimage/png",
            "7Kn7cBYvaazjoaW/4RYfU7hUqRIjh4FYmBm1WsW6rHo="
        ),
        (
            AzureSharedAccessSignature(permissions: "cw", expires: expires, allowsOnlyHTTPS: true),
            "cw\n\n2024-05-06T07:08:09Z\n/blob/devstoreaccount1/pictures/a b/é.png\n\n\nhttps\n2021-12-02\nb\n\n\n"
                + "\n\n\n\n",
            "v/9rrxWBlZktoMA8gLhlR9V/iIGwu0k+0JveqElr9UQ="
        ),
    ])
    func `makes the service's shared access signature`(
        signature: AzureSharedAccessSignature, text: String, expected: String
    ) {
        let blob = "a b/é.png"
        #expect(signature.stringToSign(account: "devstoreaccount1", container: "pictures", blob: blob) == text)
        let query = signature.query(account: "devstoreaccount1", key: Self.key, container: "pictures", blob: blob)
        #expect(query.first { $0.0 == "sig" }?.1 == expected)
    }

    @Test func `presigns an upload and a download at the public endpoint`() throws {
        let connection = "UseDevelopmentStorage=true"
        let configuration = try AzureConfiguration(
            connectionString: connection, container: "pictures", publicEndpoint: "https://files.example/store")
        let storage = ObjectStorage(.azure(configuration), client: HTTPClient())
        let upload = PresignedUpload(contentType: "image/png", contentLength: 5, metadata: ["Prompt": "é"])
        let put = try storage.presignPut("a/b.png", upload, expiry: .seconds(60), at: Self.expires)
        #expect(put.method == "PUT")
        #expect(
            put.headers == [
                "content-type": "image/png", "x-ms-blob-type": "BlockBlob", "x-ms-meta-prompt": "=?UTF-8?B?w6k=?=",
            ])
        #expect(put.url.hasPrefix("https://files.example/store/pictures/a/b.png?se=2024-05-06T07%3A09%3A09Z&sig="))
        #expect(put.url.hasSuffix("&sp=cw&spr=https&sr=b&sv=2021-12-02"))
        #expect(put.expires == Self.expires + 60)
        let get = try storage.presignGet("a/b.png", expiry: .seconds(60), at: Self.expires)
        #expect(get.url.contains("&sp=r&"))
    }
}
