import Cryptography
import Testing

@Suite struct HashFunctionTests {
    static let alphabet = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

    /// FIPS 180-4 examples, RFC 1321 appendix A.5.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (alphabet, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func `hashes with SHA-256 as FIPS 180-4 prints it`(text: String, digest: String) {
        #expect(Hex.encode(SHA256.hash(text.utf8)) == digest)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (alphabet, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func `hashes with SHA-1 as FIPS 180-4 prints it`(text: String, digest: String) {
        #expect(Hex.encode(SHA1.hash(text.utf8)) == digest)
    }

    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    ])
    func `hashes with MD5 as RFC 1321 prints it`(text: String, digest: String) {
        #expect(Hex.encode(MD5.hash(text.utf8)) == digest)
    }

    /// The catalogue of parametrised CRC algorithms (https://reveng.sourceforge.io/crc-catalogue/all.htm).
    @Test func `checks text as the catalogue of CRC algorithms has it`() {
        #expect(Hex.encode(CRC32.hash("123456789".utf8)) == "cbf43926")
        #expect(Hex.encode(CRC32C.hash("123456789".utf8)) == "e3069283")
        #expect(Hex.encode(CRC64NVME.hash("123456789".utf8)) == "ae8b14860a799888")
        #expect(CRC32.hash([]).count == CRC32.byteCount && CRC32C.hash([]).count == CRC32C.byteCount)
        #expect(CRC64NVME.hash([]).count == CRC64NVME.byteCount)
    }

    @Test func `gives the same digest piece by piece as at once`() {
        let bytes = SecureRandom.bytes(100_000)
        var hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 777) {
            hash.update(bytes[start..<min(start + 777, bytes.count)])
        }
        #expect(hash.finalize() == SHA256.hash(bytes))
    }

    @Test func `takes a sequence that is not contiguous`() {
        #expect(SHA1.hash("abc".utf8.lazy.map { $0 }) == SHA1.hash("abc".utf8))
    }

    @Test func `goes on after a digest, and a copy goes its own way`() {
        var hash = MD5()
        hash.update("a".utf8)
        let first = hash.finalize()
        var copy = hash
        copy.update("x".utf8)
        hash.update("bc".utf8)
        #expect(first == MD5.hash("a".utf8))
        #expect(hash.finalize() == MD5.hash("abc".utf8))
        #expect(copy.finalize() == MD5.hash("ax".utf8))
    }
}
