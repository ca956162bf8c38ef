/// The parts a multipart upload was completed with, kept with the object: `1:5242880:<checksum>,2:…`.
struct S3Parts {
    var parts: [(number: Int64, size: Int64, checksum: String)]

    init(_ parts: [(number: Int64, size: Int64, checksum: String)]) { self.parts = parts }

    /// Nil for an object that was put in one piece.
    init?(_ record: ObjectRecord) {
        guard let text = record.fields["parts"] else { return nil }
        parts = text.split(separator: ",").compactMap { part in
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, let number = Int64(fields[0]), let size = Int64(fields[1]) else { return nil }
            return (number, size, String(fields[2]))
        }
    }

    var field: String { parts.map { "\($0.number):\($0.size):\($0.checksum)" }.joined(separator: ",") }

    /// The checksum of the `index`-th part, counted from 1; nil where it has none.
    func checksum(_ index: Int) -> String? {
        guard (1...max(1, parts.count)).contains(index), index <= parts.count else { return nil }
        let checksum = parts[index - 1].checksum
        return checksum.isEmpty ? nil : checksum
    }

    /// The bytes of the `index`-th part, counted from 1.
    func range(_ index: Int) -> Range<Int64>? {
        guard (1...max(1, parts.count)).contains(index), index <= parts.count else { return nil }
        let start = parts[..<(index - 1)].reduce(0) { $0 + $1.size }
        return start..<(start + parts[index - 1].size)
    }
}
