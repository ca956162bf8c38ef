import FunctionRuntime
import PageAssets

/// The web page: Generate, History and Architecture, embedded into this executable.
@main struct Page: Function {
    static let triggers: [Trigger] = [.http(.get, "/"), .http(.get, "/assets/{file}")]
    static let summary = "The web page: generate, history, architecture"
    static let limits = Limits(concurrency: 64, timeout: .seconds(5), memory: 32)

    private let assets: [String: Asset]

    init(_ configuration: Configuration) {
        var count = 0
        let table = page_assets(&count)
        let embedded = UnsafeBufferPointer(start: table, count: count).map(Asset.init)
        assets = Dictionary(uniqueKeysWithValues: embedded.map { ($0.path, $0) })
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<RawBody> {
        guard let asset = assets[request.path] else {
            throw Failure.notFound("The page has no file \(request.path); it begins at /.")
        }
        // The browser asks each time and gets 304 while the build is the same: a new build shows at once.
        let headers: Headers = [
            "etag": asset.etag, "cache-control": "no-cache", "content-security-policy": Self.contentSecurityPolicy,
        ]
        if request.headers["if-none-match"] == asset.etag { return Response(status: 304, headers: headers) }
        return .raw(asset.bytes, type: asset.contentType, headers: headers)
    }

    /// Scripts and styles are the page's own; pictures and uploads go to whichever storage signed their addresses.
    private static let contentSecurityPolicy =
        "default-src 'self'; img-src 'self' blob: data: http: https:; connect-src 'self' http: https:; "
        + "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
}

/// One embedded file.
private struct Asset: Sendable {
    let path: String
    let contentType: String
    let bytes: [UInt8]
    /// A digest of the bytes (FNV-1a, 64 bits), quoted as RFC 9110, section 8.8.3 wants it.
    let etag: String

    init(_ asset: page_asset) {
        path = String(cString: asset.path)
        contentType = String(cString: asset.content_type)
        bytes = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.size))
        let digest = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        etag = "\"\(String(digest, radix: 16))\""
    }
}
