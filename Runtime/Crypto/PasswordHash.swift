/// A password, stored so that it can be checked and not read.
///
/// Its text carries everything that checking needs, in the PHC string format:
///
///     $scrypt$ln=15,r=8,p=1$<salt>$<hash>          (salt and hash in base64 without padding)
///
/// Both operations keep a core busy for about 70 ms: do not call them where other tasks wait for the thread.
package struct PasswordHash: Hashable, Sendable {
    /// What the hash cost; a lower cost than today's is a reason to hash again at the next sign-in.
    package let cost: Scrypt.Cost
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes `password` under a fresh salt of 16 bytes.
    package init(_ password: String, cost: Scrypt.Cost = Scrypt.Cost()) throws(CryptoError) {
        self.cost = cost
        salt = SecureRandom.bytes(16)
        hash = try Scrypt.derive(password: password.utf8, salt: salt, cost: cost, byteCount: 32)
    }

    /// Reads a stored hash.
    /// - Throws: ``CryptoError/malformedPasswordHash(_:)``; also for a cost that would exhaust this process.
    package init(parsing stored: String) throws(CryptoError) {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else {
            throw .malformedPasswordHash("want $scrypt$ln=…,r=…,p=…$salt$hash")
        }
        let numbers = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers[0].hasPrefix("ln="), numbers[1].hasPrefix("r="), numbers[2].hasPrefix("p="),
            let logN = Int(numbers[0].dropFirst(3)), let blockSize = Int(numbers[1].dropFirst(2)),
            let parallelism = Int(numbers[2].dropFirst(2))
        else { throw .malformedPasswordHash("want ln=…,r=…,p=… and got \(parts[2])") }
        cost = Scrypt.Cost(logN: logN, blockSize: blockSize, parallelism: parallelism)
        guard cost.isSane else { throw .malformedPasswordHash("\(parts[2]) is out of range") }
        guard let salt = Base64.decode(String(parts[3]), padded: false), salt.count >= 8,
            let hash = Base64.decode(String(parts[4]), padded: false), hash.count >= 16, hash.count <= 64
        else { throw .malformedPasswordHash("salt and hash must be base64 without padding") }
        self.salt = salt
        self.hash = hash
    }

    /// The text to store.
    package var stored: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Base64.encode(salt, padded: false))$\(Base64.encode(hash, padded: false))"
    }

    /// Whether `password` is the one that was hashed.
    package func matches(_ password: String) throws(CryptoError) -> Bool {
        let candidate = try Scrypt.derive(password: password.utf8, salt: salt, cost: cost, byteCount: hash.count)
        return ConstantTime.equal(candidate, hash)
    }
}
