import Cryptography
import Testing

@Suite struct PasswordHashTests {
    static let cheap = Scrypt.Cost(logN: 4)

    /// RFC 7914, section 12.
    @Test(arguments: [
        (
            "", "", Scrypt.Cost(logN: 4, blockSize: 1, parallelism: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", Scrypt.Cost(logN: 10, blockSize: 8, parallelism: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", Scrypt.Cost(logN: 14, blockSize: 8, parallelism: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func `derives what RFC 7914 prints`(password: String, salt: String, cost: Scrypt.Cost, key: String) throws {
        let derived = try Scrypt.derive(password: password.utf8, salt: Array(salt.utf8), cost: cost, byteCount: 64)
        #expect(Hex.encode(derived) == key)
    }

    @Test func `knows the right password after a round trip through text`() throws {
        let stored = try PasswordHash("correct horse", cost: Self.cheap).stored
        let hash = try PasswordHash(parsing: stored)
        #expect(try hash.matches("correct horse"))
        #expect(try !hash.matches("correct house"))
        #expect(try !hash.matches(""))
        #expect(hash.cost == Self.cheap)
        #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
    }

    @Test func `salts each hash anew`() throws {
        #expect(try PasswordHash("x", cost: Self.cheap).stored != PasswordHash("x", cost: Self.cheap).stored)
    }

    @Test(arguments: [
        "", "secret", "$bcrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=4,r=99,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA", "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$",
    ])
    func `refuses a stored text that is no hash, or too costly a one`(stored: String) {
        #expect(throws: CryptoError.self) { try PasswordHash(parsing: stored) }
    }
}
