/// Why a text was not accepted as XML.
package struct XMLError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    package enum Kind: Hashable, Sendable {
        /// Not well-formed.
        case malformed
        /// Holds a document type declaration; those are refused, whatever is in them.
        case documentType
        /// Longer, deeper or with more elements than the limits allow.
        case tooLarge
    }

    package let kind: Kind
    /// In words.
    package let reason: String
    /// 1 is the first.
    package let line: Int
    /// 1 is the first.
    package let column: Int

    package var description: String { "XML, line \(line), column \(column): \(reason)" }
}
