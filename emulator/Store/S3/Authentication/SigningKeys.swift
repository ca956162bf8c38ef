import Cryptography
import Synchronization

/// The keys that signature version 4 derives from a secret for one day, region and service; each is derived once.
final class SigningKeys: Sendable {
    private struct Scope: Hashable {
        let secret: String
        let date: String
        let region: String
        let service: String
    }

    private let keys = Mutex<[Scope: [UInt8]]>([:])

    func key(secret: String, date: String, region: String, service: String) -> [UInt8] {
        let scope = Scope(secret: secret, date: date, region: region, service: service)
        if let key = keys.withLock({ $0[scope] }) { return key }
        let dateKey = HMAC.sha256(date.utf8, key: ("AWS4" + secret).utf8)
        let regionKey = HMAC.sha256(region.utf8, key: dateKey)
        let serviceKey = HMAC.sha256(service.utf8, key: regionKey)
        let key = HMAC.sha256("aws4_request".utf8, key: serviceKey)
        keys.withLock { keys in
            // Only known secrets get here, but regions are the client's to choose.
            if keys.count > 1000 { keys.removeAll() }
            keys[scope] = key
        }
        return key
    }
}
