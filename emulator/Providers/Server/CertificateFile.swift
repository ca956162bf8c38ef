import SystemPackage

/// A file that others read.
enum CertificateFile {
    /// Writes a file whole, in place of an older one.
    ///
    /// - Throws: `StandInError` naming the file.
    static func write(_ text: String, to path: String) throws {
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            throw StandInError("the certificate cannot be written to \(path): \(error)")
        }
    }
}
