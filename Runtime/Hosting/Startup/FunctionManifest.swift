import FunctionRuntime
import Glibc
import JSON
import SystemPackage

/// The file that functions find in `FUNCTIONS_MANIFEST`: every description, `{"functions":[…]}`.
package enum FunctionManifest {
    /// The name of the variable.
    package static let key = "FUNCTIONS_MANIFEST"

    package static func contents(_ functions: [LocatedFunction]) -> [UInt8] {
        let manifest: JSON = ["functions": .array(functions.map(\.description.json))]
        return manifest.serialized
    }

    /// Writes the file, whole or not at all.
    /// - Throws: `Errno`.
    package static func write(_ functions: [LocatedFunction], to path: String) throws {
        let temporary = path + ".new"
        let file = try FileDescriptor.open(
            temporary, .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(contents(functions)) }
        guard rename(temporary, path) == 0 else { throw Errno(rawValue: errno) }
    }
}
