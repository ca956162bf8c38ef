/// Who sent a request, and how its body is protected.
struct S3Identity {
    enum Payload {
        /// Nothing is known about the body.
        case unsigned
        /// Its SHA-256, in hexadecimal.
        case hashed(String)
        /// `aws-chunked`, each chunk signed where there is a signer, fields after the last chunk where announced.
        case chunked(signer: ChunkSigner?, trailer: Bool)
    }

    /// Nil: anonymous.
    var user: StoreUser?
    var payload: Payload = .unsigned
}
