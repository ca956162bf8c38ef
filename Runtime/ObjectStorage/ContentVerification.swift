import Cryptography

/// Compares what arrives with the checksums that the store tells of it: one of the whole, or one of each part.
struct ContentVerification: Sendable {
    /// Bytes that have a checksum of their own.
    struct Piece: Hashable, Sendable {
        /// `Int.max`: up to the end.
        var length = Int.max
        let digest: [UInt8]
    }

    private let key: String
    private var pieces: ArraySlice<Piece>
    private let empty: any HashFunction
    private var hash: any HashFunction
    /// Bytes of the first piece that are yet to come.
    private var missing: Int

    init(_ key: String, _ pieces: [Piece], _ hash: any HashFunction) {
        self.key = key
        self.pieces = pieces[...]
        self.hash = hash
        empty = hash
        missing = pieces.first?.length ?? 0
    }

    /// Nil without a checksum in `text`, which is written in base64.
    init?(_ key: String, _ text: String?, _ hash: any HashFunction) {
        guard let digest = text.flatMap({ Base64.decode($0) }), digest.count == type(of: hash).byteCount else {
            return nil
        }
        self.init(key, [Piece(digest: digest)], hash)
    }

    /// - Throws: ``ObjectStorageError/Kind/damaged`` as soon as a part is complete and is not what the store has.
    mutating func update(_ bytes: [UInt8]) throws(ObjectStorageError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try closeCompletePieces()
            if pieces.isEmpty { throw damaged }
            let chunk = rest.prefix(missing)
            hash.update(chunk)
            rest = rest.dropFirst(chunk.count)
            if missing != .max { missing -= chunk.count }
        }
    }

    /// - Throws: ``ObjectStorageError/Kind/damaged``.
    mutating func finish() throws(ObjectStorageError) {
        if missing == .max { missing = 0 }
        try closeCompletePieces()
        guard pieces.isEmpty else { throw damaged }
    }

    private mutating func closeCompletePieces() throws(ObjectStorageError) {
        while missing == 0, let piece = pieces.popFirst() {
            guard hash.finalize() == piece.digest else { throw damaged }
            hash = empty
            missing = pieces.first?.length ?? 0
        }
    }

    private var damaged: ObjectStorageError {
        ObjectStorageError(
            .damaged, "what arrived does not have the checksum that the store tells of it; get it again",
            operation: "get", key: key)
    }
}
