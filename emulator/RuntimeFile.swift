import Glibc
import JSON

/// `emulator.json` in the data folder: how the other verbs find the running emulator.
struct RuntimeFile: Sendable {
    /// The process that runs.
    let process: Int32
    /// The base URL of its dashboard.
    let dashboard: String

    /// Leaves the addresses; readable by the owner only, because keys are among them.
    ///
    /// - Throws: ``EmulatorError`` when it cannot be written.
    static func write(_ addresses: Addresses, in data: DataFolder) throws {
        try TextFile.write(addresses.json.text + "\n", to: data.runtimeFile, mode: 0o600)
    }

    /// Takes the addresses away: the emulator stops.
    static func remove(from data: DataFolder) {
        unlink(data.runtimeFile)
    }

    /// The emulator that runs on a data folder, or nil when none does: no file, or one that a killed emulator left.
    ///
    /// - Throws: ``EmulatorError`` when the file is not one that an emulator wrote.
    static func find(in folder: String) throws -> RuntimeFile? {
        let path = DataFolder.runtimeFile(in: folder)
        guard let text = TextFile.read(path) else { return nil }
        guard let json = try? JSON(parsing: Array(text.utf8)), let process = json["process"]?.int,
            let dashboard = json["dashboard"]?.string
        else {
            throw EmulatorError("\(path) is not what an emulator writes: remove it")
        }
        guard kill(pid_t(process), 0) == 0 || errno == EPERM else { return nil }
        return RuntimeFile(process: Int32(process), dashboard: dashboard)
    }

    /// The emulator that runs on a data folder.
    ///
    /// - Throws: ``EmulatorError`` when none does.
    static func require(in folder: String) throws -> RuntimeFile {
        if let found = try find(in: folder) { return found }
        throw EmulatorError(
            "no emulator runs on \(folder): start one (emulator start --data \(folder)), or name its folder with --data"
        )
    }
}
