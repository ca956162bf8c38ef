import Foundation
import HTTPClient

@testable import ObjectStorage

/// Our own store in a process of its own; it ends with the test process, its folder with the value.
final class OwnStore: Sendable {
    /// Which protocol is spoken with it.
    enum Dialect: String, CaseIterable, Sendable { case s3, azure }

    private let folder = "/tmp/darkroom-store-\(UInt64.random(in: 0 ... .max))"
    private let server: ChildServer
    /// By the dialect's name in the harness.
    private let ports: [String: Int]

    init() async throws {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        server = try ChildServer([products + "/StoreHarness", folder, "--fast"])
        let endpoints = try JSONDecoder().decode([String: String].self, from: Data(try await server.line().utf8))
        ports = endpoints.compactMapValues { URL(string: $0)?.port }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A port of it.
    func port(_ dialect: Dialect) -> Int { ports[dialect == .s3 ? "s3" : "blob"] ?? 0 }

    /// A bucket or container of it, behind a proxy.
    func storage(_ dialect: Dialect) async throws -> (ObjectStorage, DamagingProxy) {
        let proxy = try await DamagingProxy(upstream: port(dialect))
        let configuration = try Self.configuration(dialect, "http://127.0.0.1:\(proxy.port)")
        let storage = ObjectStorage(configuration, client: HTTPClient(), partSize: 5 << 20)
        try await storage.createContainerIfMissing()
        return (storage, proxy)
    }

    /// How a new bucket or container is reached at `host`.
    static func configuration(
        _ dialect: Dialect, _ host: String, usesPathStyle: Bool = true
    ) throws -> ObjectStorageConfiguration {
        let name = "test-\(UInt32.random(in: 0 ... .max))"
        switch dialect {
        case .s3:
            return .s3(
                try S3Configuration(
                    endpoint: host, bucket: name, accessKeyID: "minioadmin", secretAccessKey: "minioadmin",
                    usesPathStyle: usesPathStyle))
        case .azure:
            return .azure(
                try AzureConfiguration(
                    connectionString: "AccountName=\(AzureConfiguration.developmentAccount);"
                        + "AccountKey=\(AzureConfiguration.developmentKey);"
                        + "BlobEndpoint=\(host)/\(AzureConfiguration.developmentAccount)",
                    container: name))
        }
    }
}
