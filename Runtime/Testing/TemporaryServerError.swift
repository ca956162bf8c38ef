/// Why a server for tests could not be started.
package struct TemporaryServerError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
