import FoundationEssentials
import HTTPClient
import JSON
import ObjectStorage
import ObjectStore
import Synchronization

/// A way to the store of a data folder for the storage verbs: the servers of the emulator that runs there, or, when none
/// does, the store itself behind a server of our own for as long as it takes.
struct StoreSession: Sendable {
    let endpoint: String
    let accessKey: String
    let secretKey: String
    /// How Azure's clients reach the same objects; nil where only S3 is served.
    var blobConnectionString: String?
    private let client = HTTPClient()

    /// One bucket, as the client of the functions sees it.
    ///
    /// - Throws: ``EmulatorError`` when it is no bucket's name.
    func bucket(_ name: String) throws -> ObjectStorage {
        let configuration = try S3Configuration(
            endpoint: endpoint, bucket: name, accessKeyID: accessKey, secretAccessKey: secretKey)
        return ObjectStorage(.s3(configuration), client: client)
    }

    /// The same bucket through the other dialect.
    ///
    /// - Throws: ``EmulatorError`` where it is not served.
    func container(_ name: String) throws -> ObjectStorage {
        guard let blobConnectionString else {
            throw EmulatorError("Azure's dialect is served by a running emulator only")
        }
        let configuration = try AzureConfiguration(connectionString: blobConnectionString, container: name)
        return ObjectStorage(.azure(configuration), client: client)
    }

    /// The names of all buckets.
    let bucketNames: @Sendable () async throws -> [String]

    /// Runs a verb against the store of a data folder.
    ///
    /// - Throws: ``EmulatorError`` when there is none, and what the body throws.
    static func with<Result: Sendable>(
        _ folder: String, _ body: @Sendable @escaping (StoreSession) async throws -> Result
    ) async throws -> Result {
        if let running = try RuntimeFile.find(in: folder) {
            let json = try JSON(parsing: Array((TextFile.read(DataFolder.runtimeFile(in: folder)) ?? "").utf8))
            guard let endpoint = json["s3"]?["endpoint"]?.string, let access = json["s3"]?["accessKey"]?.string,
                let secret = json["s3"]?["secretKey"]?.string
            else { throw EmulatorError("\(DataFolder.runtimeFile(in: folder)) does not say where S3 is: remove it") }
            let emulator = RunningEmulator(running)
            return try await body(
                StoreSession(
                    endpoint: endpoint, accessKey: access, secretKey: secret,
                    blobConnectionString: json["blob"]?["connectionString"]?.string,
                    bucketNames: {
                        try await emulator.get("/api/storage/buckets").array?.compactMap(\.string) ?? []
                    }))
        }
        return try await withIdleStore(folder) { store in try await serve(store, body) }
    }

    /// Opens the store of a folder that no emulator runs on.
    ///
    /// - Parameter making: whether one that is not there is made.
    /// - Throws: ``EmulatorError`` when there is none, or somebody else has it open.
    static func withIdleStore<Result: Sendable>(
        _ folder: String, making: Bool = false, _ body: (ObjectStore) async throws -> Result
    ) async throws -> Result {
        guard making || FileManager.default.fileExists(atPath: folder + "/objects") else {
            throw EmulatorError(
                "there is no store in \(folder): start an emulator there (emulator start --data \(folder)), or name its "
                    + "folder with --data")
        }
        let data = try DataFolder(folder)
        // Its lock keeps an emulator from starting there meanwhile.
        defer { withExtendedLifetime(data) {} }
        let store = try ObjectStore(directory: data.objects)
        let result: Result
        do { result = try await body(store) } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        return result
    }

    private static func serve<Result: Sendable>(
        _ store: ObjectStore, _ body: @Sendable @escaping (StoreSession) async throws -> Result
    ) async throws -> Result {
        let user = StoreUser.standard
        let (ports, bound) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                defer { bound.finish() }
                try await S3Server(store: store, options: S3Options(port: 0), onBound: { bound.yield($0) }).run()
                return nil
            }
            group.addTask {
                for await port in ports {
                    return try await body(
                        StoreSession(
                            endpoint: "http://127.0.0.1:\(port)", accessKey: user.accessKey,
                            secretKey: user.secretKey, bucketNames: { try store.carriedBuckets().map(\.name) }))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw EmulatorError("the store's server ended before the work began")
        }
    }
}
