import FunctionRuntime
import Glibc
import JSON
import ProviderStandIns

/// The environment that functions get: what the emulator offers, then the `.env` file, then the emulator's own environment;
/// the later wins.
struct FunctionEnvironment: Sendable {
    /// What the person set: the `.env` file and, over it, the emulator's own environment.
    let given: [String: String]

    /// Reads the `.env` file.
    ///
    /// - Parameters:
    ///   - file: its path; nil: `.env` in the working folder, which may be absent.
    ///   - inherited: the emulator's own environment.
    /// - Throws: ``EmulatorError`` naming file and line when it is not of the form NAME=value.
    init(file: String?, inherited: [String: String]) throws {
        var given: [String: String] = [:]
        if let text = TextFile.read(file ?? ".env") {
            do {
                given = try EnvironmentFile.parse(text, path: file ?? ".env")
            } catch {
                throw EmulatorError("\(error)")
            }
        } else if let file {
            throw EmulatorError("--env-file \(file) cannot be read: \(SystemMessage.text(ENOENT))")
        }
        self.given = given.merging(inherited) { $1 }
    }

    /// One value that the person set; empty counts as not set.
    subscript(name: String) -> String? {
        given[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Everything that a function gets.
    ///
    /// - Parameters:
    ///   - addresses: where the emulator's servers are.
    ///   - standIns: what leads to each stand-in for a provider.
    ///   - login: the functions' own login at the private Postgres; nil: the one of its address.
    ///   - storage: the dialect of the object store that functions speak.
    ///   - manifest: the file with the descriptions of all functions.
    func composed(
        addresses: Addresses, standIns: [StandInSettings] = [], login: String? = nil, storage: StorageDialect,
        manifest: String
    ) -> [String: String] {
        let owner = "//\(PostgresCluster.name)@"
        let database = login.map { addresses.postgres.replacing(owner, with: "//\($0)@") } ?? addresses.postgres
        var values = [
            "DATABASE_URL": database, "REDIS_URL": addresses.redis,
            "STORAGE_PROVIDER": storage.rawValue,
            "S3_ENDPOINT": addresses.s3Endpoint, "S3_PUBLIC_ENDPOINT": addresses.s3Endpoint, "S3_REGION": "us-east-1",
            "S3_BUCKET": addresses.bucket, "S3_ACCESS_KEY_ID": addresses.s3Users.first?.access ?? "",
            "S3_SECRET_ACCESS_KEY": addresses.s3Users.first?.secret ?? "",
            "AZURE_STORAGE_CONNECTION_STRING": addresses.blobConnectionString,
            "AZURE_STORAGE_CONTAINER": addresses.bucket,
            "FUNCTIONS_MANIFEST": manifest, "PUBLIC_URL": addresses.gateway,
            "DEVELOPMENT_USER": "developer@localhost",
        ]
        // A key of the person's own means the real provider: it is never sent to a stand-in, unless that is asked for.
        let played = standIns.filter { $0.reserved.allSatisfy { self[$0] == nil } }
        for settings in played { values.merge(settings.values) { first, _ in first } }
        // A stand-in takes whatever comes; limits show where somebody sets them.
        if !played.isEmpty {
            values["PROVIDER_LIMITS"] = played.map { "\($0.name): 1000/s 60000/min 64" }.joined(separator: "; ")
        }
        return values.merging(given) { $1 }
    }

    /// The emulator's own environment.
    static var inherited: [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return values
    }
}
