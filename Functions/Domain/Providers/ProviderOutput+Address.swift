internal import Cryptography

extension ProviderOutput {
    /// The output behind an address that a provider gave: `http`, `https`, or `data` with Base64 (RFC 2397).
    ///
    /// - Returns: nil for anything else, which nothing is fetched from.
    init?(address: String) {
        if address.hasPrefix("http://") || address.hasPrefix("https://") {
            self = .address(address)
            return
        }
        guard address.hasPrefix("data:"), let comma = address.firstIndex(of: ","),
            address[..<comma].hasSuffix(";base64"),
            let bytes = Base64.decode(String(address[address.index(after: comma)...])), !bytes.isEmpty
        else { return nil }
        self = .bytes(bytes)
    }
}
