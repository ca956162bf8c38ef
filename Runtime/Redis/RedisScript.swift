internal import COpenSSL

/// A Lua script, sent by its SHA-1 and in full only when Redis does not have it (after a restart or `SCRIPT FLUSH`).
package struct RedisScript: Sendable {
    package let source: String
    /// The SHA-1 of the source in hexadecimal: the name Redis knows the script by.
    package let digest: String

    package init(_ source: String) {
        self.source = source
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let bytes = Array(source.utf8)
        let done = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha1(), nil)
        precondition(done == 1, "SHA-1 is always there: Redis itself names scripts by it")
        self.digest = digest.prefix(Int(length)).reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    func command(_ keys: [String], _ arguments: [any RedisArgument], full: Bool) -> RedisCommand {
        RedisCommand(
            full ? "EVAL" : "EVALSHA",
            arguments: [full ? source : digest, keys.count, keys] + arguments)
    }
}
