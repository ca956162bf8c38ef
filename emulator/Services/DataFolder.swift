import CLinux
import FoundationEssentials
import Glibc

/// The folder that holds everything one emulator keeps, locked for it as long as it lives.
final class DataFolder: Sendable {
    /// Its absolute path, symbolic links resolved.
    let path: String
    private let lock: Int32

    /// Opens the folder, making it when it is not there, and locks it.
    ///
    /// - Throws: ``EmulatorError`` when it cannot be made, or another emulator runs on it.
    init(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            var status = stat()
            let isFile = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
            throw EmulatorError(
                isFile
                    ? "\(path) is no folder: name another one with --data"
                    : "cannot make the data folder \(path): is a folder above it a file, or closed to you? Choose another with --data"
            )
        }
        guard let resolved = realpath(path, nil) else {
            throw EmulatorError("cannot use the data folder \(path): \(SystemMessage.last)")
        }
        self.path = String(cString: resolved)
        free(resolved)
        lock = open(self.path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw EmulatorError("cannot write to the data folder \(path): \(SystemMessage.last)") }
        guard linux_try_lock(lock) == 0 else {
            close(lock)
            throw EmulatorError(Self.occupied(self.path))
        }
        try TextFile.write("\(getpid())\n", to: self.path + "/pid")
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    }

    deinit {
        // Not by closing alone: a child that is just being started may still have a copy of the descriptor.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// Where the addresses of the running emulator stand.
    var runtimeFile: String { Self.runtimeFile(in: path) }
    /// The descriptions of all functions, for those that serve them (OpenAPI): ``FUNCTIONS_MANIFEST``.
    var manifest: String { path + "/functions.json" }
    /// Logs of the servers.
    var logs: String { path + "/logs" }
    /// The object store.
    var objects: String { path + "/objects" }
    /// Redis' append-only file.
    var redis: String { path + "/redis" }
    /// Postgres' cluster, when the account that runs it can reach it here.
    var postgres: String { path + "/postgres" }
    /// The certificate that clients of the stand-ins over TLS are to trust.
    var providersCertificate: String { path + "/providers.pem" }

    /// Where an emulator on this folder leaves its addresses.
    static func runtimeFile(in folder: String) -> String { folder + "/emulator.json" }

    private static func occupied(_ path: String) -> String {
        let holder = TextFile.read(path + "/pid")?.split(separator: "\n").first.map { " (process \($0))" } ?? ""
        return "another emulator\(holder) runs on \(path): stop it, or choose another folder with --data"
    }
}
