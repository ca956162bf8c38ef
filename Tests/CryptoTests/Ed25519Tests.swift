import Cryptography
import Testing

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1, tests 1 and 3.
    static let vectors = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: vectors)
    func `accepts the signatures of RFC 8032, and nothing near them`(
        key: String, message: String, signature: String
    ) throws {
        let key = Hex.decode(key)!
        let message = Hex.decode(message)!
        var signature = Hex.decode(signature)!
        #expect(try Ed25519.isValid(signature: signature, for: message, publicKey: key))
        #expect(try !Ed25519.isValid(signature: signature, for: message + [0], publicKey: key))
        #expect(try !Ed25519.isValid(signature: signature.dropLast(), for: message, publicKey: key))
        signature[3] ^= 1
        #expect(try !Ed25519.isValid(signature: signature, for: message, publicKey: key))
    }

    @Test(arguments: [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", 0),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", 1),
    ])
    func `makes the signatures of RFC 8032`(privateKey: String, vector: Int) throws {
        let privateKey = Hex.decode(privateKey)!
        let (key, message, signature) = Self.vectors[vector]
        #expect(Hex.encode(try Ed25519.publicKey(of: privateKey)) == key)
        #expect(Hex.encode(try Ed25519.sign(Hex.decode(message)!, privateKey: privateKey)) == signature)
        #expect(throws: CryptoError.self) { try Ed25519.sign([], privateKey: [1]) }
    }

    @Test func `refuses a key of the wrong length`() {
        let expected = CryptoError.wrongLength(what: "Ed25519 public key", expected: 32, actual: 31)
        #expect(throws: expected) {
            try Ed25519.isValid(signature: [], for: [], publicKey: [UInt8](repeating: 1, count: 31))
        }
    }
}
