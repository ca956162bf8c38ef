/// A new build did not take over; the old one serves on.
package struct ReplacementFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}
