/// One answer of a list.
package struct ObjectPage: Hashable, Sendable {
    /// In the order of their keys' UTF-8 bytes.
    package var objects: [ObjectInfo]
    /// What lies between the prefix and the next delimiter, once each; empty without a delimiter.
    package var prefixes: [String]
    /// Where the next page begins; nil after the last.
    package var continuation: String?
}
