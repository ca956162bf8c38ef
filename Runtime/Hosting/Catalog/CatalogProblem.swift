/// An executable that is not a usable function, and why, as a sentence.
package struct CatalogProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let path: String
    package let message: String

    package var description: String { "\(path): \(message)" }
}
