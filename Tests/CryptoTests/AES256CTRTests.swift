import Cryptography
import Testing

/// NIST SP 800-38A, F.5.5.
@Suite struct AES256CTRTests {
    let key = Hex.decode("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")!
    let counter = Hex.decode("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")!
    let text = Hex.decode(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
            + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")!
    let encrypted = Hex.decode(
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
            + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6")!

    @Test func `encrypts and decrypts as SP 800-38A prints it`() throws {
        #expect(try apply(text[...], offset: 0) == encrypted)
        #expect(try apply(encrypted[...], offset: 0) == text)
    }

    /// The first counter ends in ff: every block after the first one needs the carry.
    @Test(arguments: [1, 15, 16, 17, 32, 48, 63, 64])
    func `decrypts from any place`(offset: Int) throws {
        #expect(try apply(encrypted[offset...], offset: Int64(offset)) == Array(text[offset...]))
    }

    @Test(arguments: [0, 1, 255, 256, 65_536, 1 << 20])
    func `passes over blocks as if they had been used`(blocks: Int) throws {
        let whole = try apply([UInt8](repeating: 0, count: blocks * 16 + 16)[...], offset: 0)
        let last = try apply([UInt8](repeating: 0, count: 16)[...], offset: Int64(blocks * 16))
        #expect(Array(whole.suffix(16)) == last)
    }

    @Test func `wants 32 bytes of key and 16 of counter`() {
        #expect(throws: CryptoError.wrongLength(what: "AES-256 key", expected: 32, actual: 16)) {
            _ = try AES256CTR(key: Array(key.prefix(16)), counter: counter)
        }
        #expect(throws: CryptoError.wrongLength(what: "counter block", expected: 16, actual: 12)) {
            _ = try AES256CTR(key: key, counter: Array(counter.prefix(12)))
        }
    }

    private func apply(_ bytes: ArraySlice<UInt8>, offset: Int64) throws -> [UInt8] {
        var bytes = Array(bytes)
        var cipher = try AES256CTR(key: key, counter: counter, offset: offset)
        bytes.withUnsafeMutableBytes { cipher.apply(to: $0) }
        return bytes
    }
}
