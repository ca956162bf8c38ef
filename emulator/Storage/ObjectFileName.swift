import Cryptography

/// Which keys can be the name of a file.
enum ObjectFileName {
    /// Whether every part of the key is a plain name of a file.
    static func isSafe(_ key: String) -> Bool {
        key.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part != ".objects" && part.utf8.count <= 255
                && !part.utf8.contains(0)
        }
    }

    /// Whether a list may name the file: one that leads out of the folder is nobody's object.
    static func isInside(_ file: String) -> Bool {
        isSafe(file.hasPrefix(".objects/") ? String(file.dropFirst(9)) : file)
    }

    /// A name for any other.
    static func hashed(_ key: String) -> String { Hex.encode(SHA256.hash(key.utf8)) }
}
