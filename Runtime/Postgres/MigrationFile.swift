package import FoundationEssentials

/// One numbered file of a migrations folder, such as `0003_jobs.sql`.
package struct MigrationFile: Sendable, Hashable {
    /// The number at the beginning of the name.
    package let version: Int
    /// The file's name.
    package let name: String
    package let contents: Data

    /// - Returns: nil when the name is not four digits, an underscore, lower-case letters, digits or underscores, and `.sql`.
    package init?(name: String, contents: Data) {
        let bytes = Array(name.utf8)
        guard bytes.count > 9, bytes[4] == UInt8(ascii: "_"), name.hasSuffix(".sql") else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard bytes[..<4].allSatisfy(digits.contains), let version = Int(name.prefix(4)) else { return nil }
        guard bytes[5..<(bytes.count - 4)].allSatisfy({ letters.contains($0) || digits.contains($0) || $0 == bytes[4] })
        else {
            return nil
        }
        self.version = version
        self.name = name
        self.contents = contents
    }

    /// Reads the files of a folder, in order; files that do not end in `.sql` are left alone.
    ///
    /// - Throws: `PostgresError.migration` for a folder or file that cannot be read, a name out of the pattern, or a number that
    ///   two files have.
    package static func files(in directory: String) throws(PostgresError) -> [MigrationFile] {
        var files: [MigrationFile] = []
        for name in try names(in: directory).sorted() where name.hasSuffix(".sql") {
            let path = directory + "/" + name
            guard let contents = FileManager.default.contents(atPath: path) else {
                throw .migration("cannot read the migration \(path)")
            }
            guard let file = MigrationFile(name: name, contents: contents) else {
                throw .migration(
                    "\(path) is not named as a migration is: rename it to the pattern 0001_what_it_does.sql, in lower case"
                )
            }
            if let other = files.last, other.version == file.version {
                throw .migration(
                    "\(other.name) and \(file.name) in \(directory) have the same number: give one of them the next free number"
                )
            }
            files.append(file)
        }
        return files
    }

    private static func names(in directory: String) throws(PostgresError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw .migration(
                "cannot read the migrations folder \(directory): name one that is there and may be read (this project's is infra/migrations)"
            )
        }
    }

    /// The file as text.
    func text() throws(PostgresError) -> String {
        guard let text = String(validating: contents, as: UTF8.self) else {
            throw .migration("the migration \(name) is not UTF-8: save it as UTF-8")
        }
        return text
    }
}
