import FunctionRuntime
import FunctionTesting
import Synchronization

/// As much of an S3 store as functions need: objects by key, whatever the signature. The real protocol has its own tests.
final class LocalStore: Sendable {
    private let objects: Objects
    let server: LocalServer

    private final class Objects: Sendable {
        let byKey = Mutex<[String: [UInt8]]>([:])
    }

    init() throws {
        let objects = Objects()
        self.objects = objects
        server = try LocalServer { request in
            let path = request.path.prefix { $0 != "?" }
            guard path.hasPrefix("/darkroom/") else { return .init(status: 404) }
            let key = String(path.dropFirst("/darkroom/".count))
            if request.method == "PUT" {
                objects.byKey.withLock { $0[key] = request.body }
                return .init(headers: ["ETag": "\"\(request.body.count)\""])
            }
            guard let bytes = objects.byKey.withLock({ $0[key] }) else {
                return .init(status: 404, body: Array("<Error><Code>NoSuchKey</Code></Error>".utf8))
            }
            return .init(headers: ["ETag": "\"\(bytes.count)\"", "Content-Length": "\(bytes.count)"], body: bytes)
        }
    }

    subscript(key: String) -> [UInt8]? {
        get { objects.byKey.withLock { $0[key] } }
        set { objects.byKey.withLock { $0[key] = newValue } }
    }

    var environment: [String: String] {
        [
            "STORAGE_PROVIDER": "s3", "S3_ENDPOINT": server.url, "S3_BUCKET": "darkroom", "S3_ACCESS_KEY_ID": "key",
            "S3_SECRET_ACCESS_KEY": "secret",
        ]
    }
}
