import Cryptography
import NIOCore
import NIOHTTP1

/// A body that was taken whole, with what is known of it.
struct ReceivedContent: Sendable {
    let content: PendingContent
    /// Of what the client sent.
    let md5: [UInt8]
    /// Of what the client sent, where it was computed.
    let crc64: CRC?

    /// Bytes that the client sent.
    var size: Int64 { content.segments.byteCount }
    var segments: [Segment] { content.segments }

    /// Tells the client the checksum by which it can see that everything came through.
    func show(in headers: inout HTTPHeaders) {
        headers.add(name: "Content-MD5", value: Base64.encode(md5))
        if let crc64 {
            headers.add(name: "x-ms-content-crc64", value: Base64.encode(crc64.littleEndianBytes))
        }
    }
}

extension AzureCall {
    /// Takes the body as one content, checked against the hashes the client stated, encrypted with the key it brought.
    ///
    /// - Parameters:
    ///   - withCRC: whether its CRC-64 is wanted where the client states none.
    ///   - comparesMD5: whether the MD5 that goes with the request counts.
    func receive(limit: Int64, withCRC: Bool = false, comparesMD5: Bool = true) async throws -> ReceivedContent {
        guard request.headers.contains(name: "content-length") || request.headers.contains(name: "transfer-encoding")
        else { throw AzureError(411, "MissingContentLengthHeader", "The Content-Length header was not specified.") }
        if let length = try numberHeader("content-length"), length > limit { throw AzureError.tooLarge }
        let md5 = try statedMD5("content-md5")
        let crc = try statedCRC("x-ms-content-crc64")
        if md5 != nil && crc != nil { throw AzureError.bothChecksums }
        var message = try structuredMessage()
        var checksum = crc != nil || withCRC && md5 == nil ? CRC(.crc64nvme) : nil
        var writer = SealedWriter(store, encryption.key)
        while let bytes = try await request.body.next() {
            let content = try message?.decode(bytes) ?? bytes
            if checksum != nil { content.withUnsafeReadableBytes { checksum?.update($0) } }
            try writer.write(content)
            if writer.size > limit { throw AzureError.tooLarge }
        }
        try message?.finish()
        if message != nil, writer.size != (try numberHeader("x-ms-structured-content-length")) {
            throw AzureError.invalidHeader(
                "x-ms-structured-content-length", request.header("x-ms-structured-content-length") ?? "")
        }
        let (content, digest) = try await writer.finish()
        let received = ReceivedContent(content: content, md5: digest, crc64: checksum)
        try check(received, md5: comparesMD5 ? md5 : nil, crc: crc)
        return received
    }

    /// Refuses, and forgets, content that does not have the checksums the client stated.
    func check(_ received: ReceivedContent, md5: [UInt8]?, crc: [UInt8]?) throws(AzureError) {
        if let md5, md5 != received.md5 {
            store.discard(received.content)
            throw AzureError.md5Mismatch
        }
        if let crc, crc != received.crc64?.littleEndianBytes {
            store.discard(received.content)
            throw AzureError.crc64Mismatch
        }
    }

    func statedMD5(_ name: String) throws(AzureError) -> [UInt8]? {
        guard let text = request.header(name) else { return nil }
        guard let digest = Base64.decode(text), digest.count == 16 else { throw .invalidMD5 }
        return digest
    }

    func statedCRC(_ name: String) throws(AzureError) -> [UInt8]? {
        guard let text = request.header(name) else { return nil }
        guard let digest = Base64.decode(text), digest.count == 8 else { throw .invalidHeader(name, text) }
        return digest
    }

    private func structuredMessage() throws(AzureError) -> StructuredMessageDecoder? {
        guard let text = request.header("x-ms-structured-body") else { return nil }
        guard Self.isStructuredMessage(text) else { throw .invalidHeader("x-ms-structured-body", text) }
        guard request.headers.contains(name: "x-ms-structured-content-length") else {
            throw .missingHeader("x-ms-structured-content-length")
        }
        return StructuredMessageDecoder()
    }

    static func isStructuredMessage(_ text: String) -> Bool {
        text.filter { $0 != " " }.lowercased() == "xsm/1.0;properties=crc64"
    }

    /// Tells a client that sent a structured message that it was understood as one.
    func addStructuredBody(to headers: inout HTTPHeaders) {
        if let text = request.header("x-ms-structured-body") {
            headers.add(name: "x-ms-structured-body", value: text)
        }
    }
}
