/// Where the stand-ins are served over TLS, for clients that speak nothing else.
package struct SecureListener: Sendable {
    /// 0 for any free one.
    package let port: Int
    /// The PEM file that gets the certificate of the authority, for clients to trust. It is another one at each start: no
    /// private key is ever written.
    package let authority: String
    package let onRunning: @Sendable (Int) async -> Void

    package init(port: Int, authority: String, onRunning: @escaping @Sendable (Int) async -> Void) {
        self.port = port
        self.authority = authority
        self.onRunning = onRunning
    }
}
