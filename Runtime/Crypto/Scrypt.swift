import COpenSSL

/// The scrypt key derivation function (RFC 7914).
package enum Scrypt {
    /// What a derivation costs.
    package struct Cost: Hashable, Sendable {
        /// Binary logarithm of N: 15 means 32,768 rounds. 1 to 20 here.
        package var logN: Int
        /// Block size r. Memory is 128 · N · r bytes.
        package var blockSize: Int
        /// Parallelism p.
        package var parallelism: Int

        /// 32 MiB and about 70 ms of one core (N = 2¹⁵, r = 8, p = 1), unless told otherwise.
        package init(logN: Int = 15, blockSize: Int = 8, parallelism: Int = 1) {
            self.logN = logN
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// Bytes of memory that one derivation takes.
        package var memory: Int { 128 * blockSize * ((1 << logN) + parallelism + 2) }

        var isSane: Bool {
            (1...20).contains(logN) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
        }
    }

    /// Derives `byteCount` bytes from `password`.
    ///
    /// Keeps one core busy for as long as `cost` says: do not call it where other tasks wait for the thread.
    /// - Throws: ``CryptoError/openSSL(call:reason:)`` when OpenSSL refuses the cost.
    package static func derive(
        password: some Sequence<UInt8>, salt: [UInt8], cost: Cost, byteCount: Int
    ) throws(CryptoError) -> [UInt8] {
        let password = Array(password).map { CChar(bitPattern: $0) }
        var key = [UInt8](repeating: 0, count: byteCount)
        let code = EVP_PBE_scrypt(
            password, password.count, salt, salt.count, UInt64(1) << UInt64(cost.logN), UInt64(cost.blockSize),
            UInt64(cost.parallelism), UInt64(cost.memory), &key, key.count)
        try OpenSSL.check(code, "EVP_PBE_scrypt")
        return key
    }
}
