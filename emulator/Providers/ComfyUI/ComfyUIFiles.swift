import FoundationEssentials

/// ComfyUI's folders of pictures: `input`, `output` and `temp`.
struct ComfyUIFiles: Sendable {
    /// Where a picture is, as answers name it.
    struct Name: Hashable, Sendable {
        var filename: String
        var subfolder: String
        var type: String
    }

    private enum Content: Sendable {
        case bytes([UInt8])
        case picture(Picture)
    }

    /// Pictures that were drawn and are still there; the oldest go first, as nobody empties the folder of a stand-in.
    private static let capacity = 4096
    private var contents: [Name: Content] = [:]
    private var drawn: [Name] = []
    private var counters: [String: Int] = [:]

    subscript(name: Name) -> [UInt8]? {
        switch contents[name] {
        case .bytes(let bytes): bytes
        case .picture(let picture): picture.png()
        case nil: nil
        }
    }

    /// The uploaded pictures, by the names that a LoadImage node takes.
    var inputs: [String: [UInt8]] {
        var inputs: [String: [UInt8]] = [:]
        for (name, content) in contents where name.type == "input" {
            guard case .bytes(let bytes) = content else { continue }
            inputs[name.subfolder.isEmpty ? name.filename : "\(name.subfolder)/\(name.filename)"] = bytes
        }
        return inputs
    }

    /// Keeps an upload; one of the same name gets a number, unless it is the same picture or may be replaced.
    mutating func upload(_ bytes: [UInt8], as wanted: Name, overwrites: Bool) -> Name {
        var name = wanted
        var number = 1
        let dot = wanted.filename.lastIndex(of: ".") ?? wanted.filename.endIndex
        while !overwrites, let existing = self[name], existing != bytes {
            name.filename = "\(wanted.filename[..<dot]) (\(number))\(wanted.filename[dot...])"
            number += 1
        }
        contents[name] = .bytes(bytes)
        return name
    }

    /// Saves a drawing, under the next number of its prefix, which may begin with a folder.
    mutating func save(_ picture: Picture, prefix: String, type: String) -> Name {
        counters["\(type)/\(prefix)", default: 0] += 1
        let number = String(counters["\(type)/\(prefix)"]!)
        let parts: [String] = prefix.split(separator: "/").map { String($0) }
        let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
        let name = Name(
            filename: "\(parts.last ?? "ComfyUI")_\(padded)_.png", subfolder: parts.dropLast().joined(separator: "/"),
            type: type)
        contents[name] = .picture(picture)
        drawn.append(name)
        if drawn.count > Self.capacity {
            for old in drawn.prefix(Self.capacity / 10) { contents[old] = nil }
            drawn.removeFirst(Self.capacity / 10)
        }
        return name
    }
}
