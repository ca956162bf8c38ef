/// Names and values in the order they were set: headers, metadata, tags and whatever else a dialect wants to keep with
/// an object, in one column.
///
/// Names are compared byte by byte. A prefix tells the kinds apart: plain names are system headers in lower case,
/// `meta:` is user metadata, `tag:` a tag; dialects add their own.
struct FieldList: Sendable, Equatable {
    private(set) var fields: [(name: String, value: String)] = []

    init() {}

    subscript(name: String) -> String? {
        get { index(name).map { fields[$0].value } }
        set {
            switch (index(name), newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append((name, value))
            case (nil, nil): break
            }
        }
    }

    private func index(_ name: String) -> Int? { fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }

    /// The fields whose names begin with `prefix`, without it.
    func all(_ prefix: String) -> [(name: String, value: String)] {
        fields.compactMap { field in
            field.name.utf8.starts(with: prefix.utf8)
                ? (String(field.name.dropFirst(prefix.count)), field.value) : nil
        }
    }

    /// Replaces every field whose name begins with `prefix`.
    mutating func replaceAll(_ prefix: String, with new: [(name: String, value: String)]) {
        removeAll(prefix)
        fields.append(contentsOf: new.map { (prefix + $0.name, $0.value) })
    }

    mutating func removeAll(_ prefix: String) {
        fields.removeAll { $0.name.utf8.starts(with: prefix.utf8) }
    }

    static func == (left: FieldList, right: FieldList) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

// MARK: The column

extension FieldList {
    /// Each name and each value as its length (four bytes, little-endian) and its UTF-8.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(0) { $0 + 8 + $1.name.utf8.count + $1.value.utf8.count })
        for (name, value) in fields {
            for text in [name, value] {
                withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: text.utf8)
            }
        }
        return bytes
    }

    /// Passes over a ``RowSeal`` at the end.
    init(decoding bytes: UnsafeRawBufferPointer) {
        var offset = 0
        func text() -> String? {
            guard let range = Self.text(at: offset, in: bytes) else { return nil }
            offset = range.upperBound
            return String(decoding: bytes[range], as: UTF8.self)
        }
        while let name = text(), let value = text() { fields.append((name, value)) }
    }

    /// Where the last value ends.
    static func end(in bytes: UnsafeRawBufferPointer) -> Int {
        var end = 0
        while let name = text(at: end, in: bytes), let value = text(at: name.upperBound, in: bytes) {
            end = value.upperBound
        }
        return end
    }

    private static func text(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        guard offset + 4 <= bytes.count else { return nil }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard offset + 4 + count <= bytes.count else { return nil }
        return offset + 4..<offset + 4 + count
    }
}
