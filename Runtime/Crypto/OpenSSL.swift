import COpenSSL

/// The one place where OpenSSL's return codes are looked at.
enum OpenSSL {
    /// Throws OpenSSL's own explanation unless `code` is 1.
    ///
    /// For calls that can fail because of what the caller passed: parameters, keys, memory limits.
    static func check(_ code: Int32, _ call: StaticString) throws(CryptoError) {
        if code != 1 { throw failure(call) }
    }

    /// OpenSSL's own explanation of what just failed.
    static func failure(_ call: StaticString) -> CryptoError {
        CryptoError.openSSL(call: "\(call)", reason: reason())
    }

    /// Stops the process unless `code` is 1.
    ///
    /// For calls that cannot fail because of any input: going on with a digest that was not computed, or with random
    /// bytes that are not random, would be worse than ending.
    static func require(_ code: Int32, _ call: StaticString) {
        if code != 1 { fatalError("OpenSSL: \(call) failed: \(reason())") }
    }

    /// Unwraps what an OpenSSL constructor returned; stops the process when there was no memory for it.
    static func require<Value>(_ value: Value?, _ call: StaticString) -> Value {
        guard let value else { fatalError("OpenSSL: \(call) failed: \(reason())") }
        return value
    }

    /// Takes the newest entry off this thread's error queue, and empties it so that it explains no later failure.
    private static func reason() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        if code == 0 { return "no reason given" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
