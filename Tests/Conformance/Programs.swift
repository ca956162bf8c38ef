import FoundationEssentials

/// The executables that the kit is tried on.
enum Programs {
    /// Built by the package, beside the tests.
    static let swift = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/EchoFunction"
    static let python = URL(filePath: #filePath).deletingLastPathComponent().path + "/echo.py"

    /// A Python program of that text; to be removed afterwards.
    static func script(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/conformance-\(UUID().uuidString).py"
        try Data("#!/usr/bin/env python3\n\(text)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    static func remove(_ path: String) {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) is left: \(error)") }
    }
}
